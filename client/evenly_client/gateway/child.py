"""The first steps of a visitor's process: its limits, its terminal; then it becomes the client.

    python -P -m evenly_client.gateway.child FD LIMITS MODULE

FD is where what the client needs can be read, and becomes 3; LIMITS is JSON, as `Bounds`; MODULE is run as a program.
Done here and not between fork and exec: the gateway may have threads, and there nothing may be allocated.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import runpy
import signal
import sys
import termios
from typing import Final, TypedDict

GIVEN: Final = 3
"""The file descriptor from which the client reads what it needs (visit.py)."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
"""Numbers of prctl(2)."""


class Bounds(TypedDict):
    """The limits of one process: bytes, seconds, numbers; see `Limits`."""

    memory_bytes: int
    cpu_seconds: int
    nice: int
    open_files: int
    file_bytes: int


def main(arguments: list[str]) -> None:
    """Never comes back: what the client ends with is what this process ends with."""
    descriptor, bounds, module = int(arguments[0]), json.loads(arguments[1]), arguments[2]
    if descriptor != GIVEN:
        os.dup2(descriptor, GIVEN, inheritable=False)
    # Some loops leave copies of the terminal behind.
    os.closerange(GIVEN + 1, os.sysconf("SC_OPEN_MAX"))
    os.umask(0o077)
    _hear_signals()
    if os.isatty(0):
        # It leads a session of its own; with this, it is told (SIGHUP) when the gateway has let go of the terminal.
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    _bind(bounds)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _hear_signals() -> None:
    """Whatever the gateway ignores (as under nohup) ends this process as it should."""
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _bind(bounds: Bounds) -> None:
    limits = [
        # Not RLIMIT_AS: each thread maps 64 MiB for its arena and uses next to nothing of it.
        (resource.RLIMIT_DATA, bounds["memory_bytes"]),
        (resource.RLIMIT_CPU, bounds["cpu_seconds"]),
        (resource.RLIMIT_NOFILE, bounds["open_files"]),
        (resource.RLIMIT_FSIZE, bounds["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ]
    for which, most in limits:
        hard = resource.getrlimit(which)[1]
        # A limit that is lower already stays; some systems know one or the other and do not let it be set.
        with contextlib.suppress(ValueError, OSError):
            wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (wanted, wanted))
    with contextlib.suppress(OSError):
        os.nice(bounds["nice"])
    if sys.platform == "linux":
        _close_off()


def _close_off() -> None:
    """No program that it might start gains rights, no other process looks into it, and it outlives no gateway."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
