"""What a visitor's client may not do, whatever is asked of it: a second wall, should a feature of it open a way.

It starts no other program, writes nowhere but in its visitor's own folder, and reads nothing else of Evenly's: not the
gateway's keys, links and profiles, not another visitor's. Python's audit events (PEP 578) cannot be taken back once
they are heard, by no code of this process.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

PROGRAMS: Final = frozenset(
    {
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.system",
        "pty.spawn",
        "webbrowser.open",
    }
)
"""Events of another program being started."""

CHANGES: Final = frozenset(
    {
        "os.chmod",
        "os.chown",
        "os.link",
        "os.mkdir",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.symlink",
        "os.truncate",
    }
)
"""Events that change what lies on the disk; their first arguments are paths."""

TERMINALS: Final = ("/dev/tty", "/dev/null", "/dev/pts/")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def raise_fence(home: Path, evenly: Path) -> None:
    """From now on, for as long as this process lives: nothing outside of `home`, and nothing else in `evenly`.

    `home`: the visitor's folder. `evenly`: where all of Evenly's files on this computer lie; `home` may be in it.
    What is refused raises PermissionError where it was tried.
    """
    own, others = os.path.realpath(home), os.path.realpath(evenly)

    def allowed(path: object, *, writing: bool) -> bool:
        if isinstance(path, int):
            return True  # a file that is open already, by its number
        real = os.path.realpath(os.fsdecode(path if isinstance(path, str | bytes) else str(path)))
        if _within(real, own) or real.startswith(TERMINALS):
            return True
        return not writing and not _within(real, others)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event in PROGRAMS:
            raise _refused("no other program is started here")
        if event == "open":
            path, _mode, flags = arguments
            if not allowed(path, writing=isinstance(flags, int) and bool(flags & _WRITING)):
                raise _refused("that file is not the visitor's")
        elif event == "sqlite3.connect":
            if arguments[0] != ":memory:" and not allowed(arguments[0], writing=True):
                raise _refused("that file is not the visitor's")
        elif event in CHANGES:
            paths = arguments[:2] if event in ("os.rename", "os.link", "os.symlink") else arguments[:1]
            if not all(allowed(path, writing=True) for path in paths):
                raise _refused("that file is not the visitor's")
        elif event in ("os.listdir", "os.scandir") and not allowed(arguments[0], writing=False):
            raise _refused("that folder is not the visitor's")

    sys.addaudithook(heard)


def _refused(why: str) -> PermissionError:
    return PermissionError(errno.EACCES, why)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
