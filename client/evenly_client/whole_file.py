"""A new file for its owner's eyes (mode 0600): there whole and on the disk, or not at all; never in another's place."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from evenly_client.errors import UserError
from evenly_client.translation import _


class FileRefused(UserError):
    """A file that cannot be written where it should be; nothing was changed."""


def refuse_existing(path: Path) -> None:
    """Raises FileRefused where there is something already, be it a link to nowhere."""
    if path.exists() or path.is_symlink():
        raise FileRefused(
            _("{path} exists already.").format(path=path), _("Give another name, or --force to replace it.")
        )


@contextmanager
def appearing(path: Path, *, force: bool = False) -> Generator[BinaryIO]:
    """A file to write, which takes its name once it is whole and on the disk.

    Raises:
        FileRefused: there is such a file, before or meanwhile, and `force` is not given.
        OSError: it cannot be written.
    """
    if not force:
        refuse_existing(path)
    unfinished = path.with_name(f".{path.name}.{os.urandom(4).hex()}.partial")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if not force:
            refuse_existing(path)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def save(path: Path, content: bytes, *, force: bool = False) -> None:
    """Writes a file.

    Raises:
        FileRefused: there is such a file and `force` is not given, or it cannot be written.
    """
    try:
        with appearing(path, force=force) as out:
            out.write(content)
    except OSError as error:
        words = _("{path} cannot be written ({reason}).")
        title = words.format(path=path, reason=error.strerror or _("unknown reason"))
        raise FileRefused(title, _("Give a place where you may write.")) from error
