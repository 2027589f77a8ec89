"""A report as a file: for its owner's eyes (mode 0600), there whole or not at all, never in the place of another."""

from __future__ import annotations

import os
from pathlib import Path

from evenly_client.errors import UserError


class FileRefused(UserError):
    """A report that cannot be written where it should be; nothing was changed."""


def refuse_existing(path: Path) -> None:
    """Raises FileRefused where there is something already."""
    if path.exists() or path.is_symlink():
        raise FileRefused(f"{path} exists already.", "Give another name, or --force to replace it.")


def save(path: Path, content: bytes, *, force: bool = False) -> None:
    """Writes the file.

    Raises:
        FileRefused: there is such a file and `force` is not given, or it cannot be written.
    """
    if not force:
        refuse_existing(path)
    unfinished = path.with_name(f".{path.name}.{os.urandom(4).hex()}.partial")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            if not force:
                refuse_existing(path)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise FileRefused(f"{path} cannot be written ({reason}).", "Give a place where you may write.") from error
