"""A file that is there whole or not at all, for its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from evenly_client.whole_file import FileRefused, save


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, whatever the umask; nothing else is left behind."""
    before = os.umask(0)
    try:
        save(tmp_path / "r.md", b"# R\n")
    finally:
        os.umask(before)
    assert (tmp_path / "r.md").read_bytes() == b"# R\n"
    assert stat.S_IMODE((tmp_path / "r.md").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "r.md"]


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """A link to nowhere too; with `force` it is replaced, and the file that a link names is not."""
    there, link, target = tmp_path / "there", tmp_path / "link", tmp_path / "target"
    there.write_text("old")
    link.symlink_to(target)
    for path in (there, link):
        with pytest.raises(FileRefused, match="exists already"):
            save(path, b"new")
    target.write_text("kept")
    save(there, b"new", force=True)
    save(link, b"new", force=True)
    assert (there.read_text(), link.read_text(), target.read_text()) == ("new", "new", "kept")
    assert not link.is_symlink()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """In words; nothing is left behind."""
    with pytest.raises(FileRefused, match="cannot be written"):
        save(tmp_path / "nowhere" / "r.md", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileRefused, match="cannot be written"):
        save(tmp_path / "folder", b"", force=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
