"""What is typed, as Textual's driver reads it: any byte is taken, also one that is no UTF-8; none is the end of it."""

from __future__ import annotations

import codecs
import os
import signal
import sys
from collections.abc import Callable


def take_any_bytes() -> None:
    """Textual decodes what is typed as UTF-8, and ends the program at the first byte that is none.

    On a terminal of another character set a single `ä` would do. So what is typed is decoded as standard input is
    (`charset.settle`), and what cannot be is replaced. And a terminal that is gone, which Textual reads again and again
    as fast as it can, ends the program as its hanging up does.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    linux_driver.__dict__["getincrementaldecoder"] = _lenient


def _lenient(_: str) -> Callable[[], _Typed]:
    return _Typed


class _Typed:
    """Decodes what comes from the terminal, piece by piece."""

    def __init__(self) -> None:
        given = sys.__stdin__
        self._decoder = codecs.getincrementaldecoder("utf-8" if given is None else given.encoding)(errors="replace")
        self._from_a_terminal = given is not None and given.isatty()

    def decode(self, data: bytes, final: bool = False) -> str:
        """As an incremental decoder does."""
        if not data and not final and self._from_a_terminal:
            _hang_up()
        return self._decoder.decode(data, final)


def _hang_up() -> None:
    """In raw mode nothing but a terminal that is gone reads as nothing. SIGHUP has not come, or is ignored (nohup)."""
    os.kill(os.getpid(), signal.SIGHUP)
    os._exit(128 + signal.SIGHUP)
