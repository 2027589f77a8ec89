"""Which character set the terminal is said to have, and what is written to one that is not UTF-8.

It is said by the first of `LC_ALL`, `LC_CTYPE` and `LANG` that has a value: by what stands behind its dot, or by being
`C` or `POSIX`, which are ASCII. Where nothing names one (as in most containers) it is UTF-8, whether or not the locale
exists. `PYTHONUTF8=1` says UTF-8 too: a gateway's visitors have it.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Final, NamedTuple, TypeGuard

_SAYING: Final = ("LC_ALL", "LC_CTYPE", "LANG")
_ASCII: Final = ("C", "POSIX")
_PUT_THERE_BY_PYTHON: Final = "C.UTF-8"


class Charset(NamedTuple):
    """A character set as it is named, and the variable that names it; empty where none does."""

    name: str
    said_by: str = ""

    @property
    def utf8(self) -> bool:
        """Whether every character can be written."""
        return self.name.lower().replace("-", "").replace("_", "") == "utf8"

    @property
    def codec(self) -> str:
        """Python's name of what is typed in it: Latin-1, which has every byte, where Python does not know it."""
        try:
            return codecs.lookup(self.name).name
        except LookupError:
            return "iso8859-1"


def named(environment: Mapping[str, str] = os.environ, *, utf8_mode: bool = bool(sys.flags.utf8_mode)) -> Charset:
    """The character set that the environment names. `utf8_mode`: as Python settled it when it started."""
    if environment.get("PYTHONUTF8") == "1":
        return Charset("UTF-8", "PYTHONUTF8")
    for variable in _SAYING:
        value = environment.get(variable, "")
        # Where the locale is C or does not exist, Python puts this there itself (PEP 538) and turns its UTF-8 mode on.
        if not value or (variable == "LC_CTYPE" and utf8_mode and value == _PUT_THERE_BY_PYTHON):
            continue
        if value in _ASCII:
            return Charset("ASCII", variable)
        # On macOS, LC_CTYPE may be the bare name of a character set.
        charset = value if value.upper() == "UTF-8" else value.partition(".")[2].partition("@")[0]
        return Charset(charset, variable) if charset else Charset("UTF-8")
    return Charset("UTF-8")


def settle() -> None:
    """Makes the standard streams such that nothing that is written or typed breaks them.

    A terminal that is not UTF-8 is written plain signs (`plain_signs`); what is no terminal, a file or another program,
    gets UTF-8 whatever the locale, so that nothing of it is lost.
    """
    charset = named()
    if charset.utf8:
        return
    from evenly_client.plain_signs import ERRORS

    for stream in (sys.stdout, sys.stderr):
        if _is_terminal(stream):
            stream.reconfigure(encoding="ascii", errors=ERRORS)
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    if _is_terminal(sys.stdin):
        sys.stdin.reconfigure(encoding=charset.codec, errors="replace")


def _is_terminal(stream: object) -> TypeGuard[TextIOWrapper]:
    return isinstance(stream, TextIOWrapper) and stream.isatty()


def legible(line: str) -> str:
    """A line for a terminal, in plain signs where that is not UTF-8."""
    if line.isascii() or named().utf8:
        return line
    from evenly_client.plain_signs import in_plain_signs

    return in_plain_signs(line)
