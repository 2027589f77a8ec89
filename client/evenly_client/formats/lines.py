"""On which line each thing of a TOML text stands, so that an error can name it; `tomllib` does not say.

For texts that `tomllib` has read: it walks over what is known to be right (TOML 1.0) and checks nothing.
"""

from __future__ import annotations

import bisect
import re
import tomllib
from contextlib import suppress
from typing import Final, cast

Place = tuple[str | int, ...]
"""Keys and indices from the top, like ("phase", 3, "minutes")."""

_NAME: Final = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)"""
_NAMES: Final = re.compile(rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*")
_GAP: Final = re.compile(r"(?:[ \t\n]+|#[^\n]*)+")
_SCALAR: Final = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\n]+''', re.DOTALL
)


def lines_of(text: str) -> dict[Place, int]:
    """The line, counted from 1, on which each key, table and element begins; what was found, if the way is lost."""
    walk = _Walk(text.replace("\r\n", "\n"))
    with suppress(_Lost, RecursionError):
        walk.document()
    return walk.lines


class _Lost(Exception):
    """The text is not what was expected."""


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [at for at, character in enumerate(text) if character == "\n"]
        self._at = 0
        self._lengths: dict[Place, int] = {}
        self.lines: dict[Place, int] = {}

    def document(self) -> None:
        """Header after header, key after key."""
        table: Place = ()
        while self._gap() < len(self._text):
            line = self._line()
            if self._takes("[["):
                table = self._element(self._key(), line)
                self._takes("]]")
            elif self._takes("["):
                table = self._inside(self._key())
                self._gap()
                self._takes("]")
                self._note(table, line)
            else:
                self._pair(table)

    def _element(self, names: Place, line: int) -> Place:
        self._gap()
        array = (*self._inside(names[:-1]), names[-1])
        index = self._lengths.get(array, 0)
        self._lengths[array] = index + 1
        self._note((*array, index), line)
        return (*array, index)

    def _inside(self, names: Place) -> Place:
        """The place of a table: in an array of tables, its last element."""
        place: Place = ()
        for name in names:
            place = (*place, name)
            if length := self._lengths.get(place):
                place = (*place, length - 1)
        return place

    def _pair(self, table: Place) -> None:
        line = self._line()
        place = (*table, *self._key())
        self._note(place, line)
        self._gap()
        if not self._takes("="):
            raise _Lost
        self._gap()
        self._value(place)

    def _value(self, place: Place) -> None:
        if self._takes("["):
            index = 0
            while not self._closes("]"):
                self._note((*place, index), self._line())
                self._value((*place, index))
                index += 1
        elif self._takes("{"):
            while not self._closes("}"):
                self._pair(place)
        else:
            self._match(_SCALAR)

    def _closes(self, bracket: str) -> bool:
        self._gap()
        if self._takes(","):
            self._gap()
        return self._takes(bracket)

    def _key(self) -> Place:
        self._gap()
        inner: object = tomllib.loads(self._match(_NAMES) + "=0")
        names: list[str] = []
        while isinstance(inner, dict):
            name, inner = next(iter(cast(dict[str, object], inner).items()))
            names.append(name)
        return tuple(names)

    def _note(self, place: Place, line: int) -> None:
        for length in range(1, len(place) + 1):
            self.lines.setdefault(place[:length], line)

    def _line(self) -> int:
        return bisect.bisect_left(self._ends, self._at) + 1

    def _gap(self) -> int:
        if found := _GAP.match(self._text, self._at):
            self._at = found.end()
        return self._at

    def _takes(self, token: str) -> bool:
        taken = self._text.startswith(token, self._at)
        self._at += len(token) if taken else 0
        return taken

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _Lost
        self._at = found.end()
        return found[0]
