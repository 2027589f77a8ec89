"""What a visitor's client may not do, whatever is asked of it: a second wall, should a feature of it open a way.

It starts no other program and stops none, writes nowhere but in its visitor's own folder, and reads nothing but that
and what the program itself is made of: not the gateway's keys, links and profiles, not another visitor's folder or
terminal, no file of the computer. Python's audit events (PEP 578) cannot be taken back once they are heard, by no code
of this process.
"""

from __future__ import annotations

import errno
import os
import sys
import zoneinfo
from collections.abc import Iterator
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
        "os.utime",
    }
)
"""Events that change what lies on the disk; their first arguments are paths."""

CLOCK: Final = ("/etc/localtime", "/etc/timezone")
"""Which time it is here."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


def raise_fence(home: Path, evenly: Path) -> None:
    """From now on, for as long as this process lives: nothing outside of `home`, and nothing else in `evenly`.

    `home`: the visitor's folder. `evenly`: where all of Evenly's files on this computer lie; `home` may be in it.
    What is refused raises PermissionError where it was tried.
    """
    own, others = os.path.realpath(home), os.path.realpath(evenly)
    open_to_all, program = frozenset(_terminal()), tuple(_program())

    def allowed(path: object, *, writing: bool) -> bool:
        if isinstance(path, int):
            return True  # a file that is open already, by its number
        real = os.path.realpath(os.fsdecode(path if isinstance(path, str | bytes) else str(path)))
        if _within(real, own) or real in open_to_all:
            return True
        if writing or _within(real, others):
            return False
        return any(_within(real, place) for place in program)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        if event in PROGRAMS:
            raise _refused("no other program is started here")
        if event == "open":
            path, _mode, flags = arguments
            if not allowed(path, writing=isinstance(flags, int) and bool(flags & _WRITING)):
                raise _refused("that file is not the visitor's")
        elif event == "sqlite3.connect":
            # A name that is a URI would be read as another path than the one that is looked at here.
            name = str(arguments[0])
            if name != ":memory:" and (name.startswith("file:") or not allowed(name, writing=True)):
                raise _refused("that file is not the visitor's")
        elif event in CHANGES:
            paths = arguments[:2] if event in ("os.rename", "os.link", "os.symlink") else arguments[:1]
            if not all(allowed(path, writing=True) for path in paths):
                raise _refused("that file is not the visitor's")
        elif event in ("os.listdir", "os.scandir"):
            if not allowed(arguments[0] or ".", writing=False):
                raise _refused("that folder is not the visitor's")
        elif event == "os.killpg" or (event == "os.kill" and arguments[0] != os.getpid()):
            raise _refused("that process is not the visitor's")
        elif event == "socket.connect" and isinstance(arguments[1], str | bytes):
            raise _refused("no other program of this computer is spoken to")

    sys.addaudithook(heard)


def _terminal() -> Iterator[str]:
    """The process's own terminal, by its names; and what takes everything and gives nothing."""
    yield "/dev/null"
    if os.isatty(0):
        yield from ("/dev/tty", os.path.realpath(os.ttyname(0)))


def _program() -> Iterator[str]:
    """Where the program lies, Python with it, and the clock's tables."""
    catalogues = os.environ.get("EVENLY_CATALOGUES", "")
    places = (*sys.path, sys.prefix, sys.base_prefix, sys.exec_prefix, *zoneinfo.TZPATH, *CLOCK, catalogues)
    for place in places:
        real = os.path.realpath(place)
        if place and real != os.sep:
            yield real


def _refused(why: str) -> PermissionError:
    return PermissionError(errno.EACCES, why)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
