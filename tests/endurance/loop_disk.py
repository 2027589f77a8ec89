"""A small disk of its own for a journal: an ext4 image on a loop mount, whose power can be cut."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

SHUTDOWN: Final = 0x8004587D
"""EXT4_IOC_SHUTDOWN: from now on nothing reaches the disk (fs/ext4/ext4.h)."""

WITHOUT_THE_LOG: Final = struct.pack("I", 2)
"""EXT4_GOING_FLAGS_NOLOGFLUSH: what the file system itself still had in memory is lost, too."""


class LoopDisk:
    """Mounted at `path` while the context lasts.

    Raises:
        Skipped: this machine gives no loop mounts to whoever runs the tests.
    """

    def __init__(self, directory: Path, mebibytes: int = 32) -> None:
        self.path = directory / "disk"
        self._image = directory / "disk.ext4"
        self._mebibytes = mebibytes

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            pytest.skip("mounting a disk image needs root")
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(self._mebibytes << 20)
        try:
            _run("mkfs.ext4", "-q", "-F", str(self._image))
            self._mount()
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no loop mounts here: {error}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _run("umount", "--lazy", str(self.path))

    def cut(self) -> None:
        """The power is gone: what was not synced never reaches the disk, and every write fails from now on."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, WITHOUT_THE_LOG)
        finally:
            os.close(folder)

    def back(self) -> None:
        """The power is back; the file system mends itself from its log. Nobody may have a file open."""
        _run("umount", str(self.path))
        self._mount()

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.path))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
