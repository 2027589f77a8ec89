"""Journals and archives of every release are read by this one, and say what they always said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from evenly_server.journal.archive import restore

from tests.old_data.make import HERE, holds

VERSIONS = sorted(path.name for path in HERE.iterdir() if (path / "holds.json").exists())


def test_there_is_old_data() -> None:
    """Of every release so far."""
    assert {"v0.1.0", "v0.2.0", "v0.3.0"} <= set(VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_journal_of_an_old_release_is_folded_to_the_same_figures(version: str, tmp_path: Path) -> None:
    """Every event that was ever written can be folded for ever."""
    journal = tmp_path / "journal.db"
    shutil.copy(HERE / version / "journal.db", journal)
    await says_the_same(journal, version)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_archive_of_an_old_release_is_restored_to_the_same_figures(version: str, tmp_path: Path) -> None:
    """And every hash in it holds."""
    restore(HERE / version / "archive.evenly", tmp_path / "journal.db")
    await says_the_same(tmp_path / "journal.db", version)


async def says_the_same(journal: Path, version: str) -> None:
    """Every figure that was kept of that release."""
    kept = json.loads((HERE / version / "holds.json").read_text())
    now = await holds(journal)
    assert {name: now[name] for name in kept} == kept
