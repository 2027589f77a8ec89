"""What is typed, as Textual's driver reads it: any byte is taken, also one that is no UTF-8."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from functools import partial


def take_any_bytes() -> None:
    """Textual decodes what is typed as UTF-8, and ends the program at the first byte that is none.

    On a terminal of another character set a single `ä` would do. So what is typed is decoded as standard input is
    (`charset.settle`), and what cannot be is replaced.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver

    linux_driver.__dict__["getincrementaldecoder"] = _lenient


def _lenient(_: str) -> Callable[[], codecs.IncrementalDecoder]:
    encoding = "utf-8" if sys.__stdin__ is None else sys.__stdin__.encoding
    return partial(codecs.getincrementaldecoder(encoding), errors="replace")
