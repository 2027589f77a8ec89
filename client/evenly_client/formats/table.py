"""One table of a format's file, and the error that names a line of it. Every value is checked as it is taken."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final, NoReturn, TypeVar, cast

from evenly_client.formats.lines import Place, lines_of
from evenly_client.text import clean

_SHOWN_CELLS: Final = 40

_Word = TypeVar("_Word", bound=str)


class FormatError(Exception):
    """A format cannot be used. `title` says where and why, `advice` what to write instead.

    `where` is the file as it was named, `line` counts from 1 and is None where no line is to blame.
    """

    code: Final = "format"

    def __init__(self, where: str, line: int | None, problem: str, advice: str) -> None:
        place = where if line is None else f"{where}, line {line}"
        self.where = where
        self.line = line
        self.title = clean(f"{place}: {problem}")
        self.advice = clean(advice)
        super().__init__(f"{self.title} {self.advice}")


class File:
    """A text and what errors call it."""

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self._text = text

    @cached_property
    def _lines(self) -> dict[Place, int]:
        return lines_of(self._text)

    def line(self, place: Place) -> int | None:
        """The line of a place, or of the nearest thing around it."""
        around = (place[:length] for length in range(len(place), 0, -1))
        return next((self._lines[p] for p in around if p in self._lines), None)


class Table:
    """One table of the file. What it does not say is None; what it says wrongly is raised with its line."""

    def __init__(self, file: File, place: Place, said: Mapping[str, object], called: str) -> None:
        self._file = file
        self._place = place
        self._said = said
        self._called = called

    def __contains__(self, key: str) -> bool:
        return key in self._said

    def fail(self, key: str | int | None, problem: str, advice: str) -> NoReturn:
        """Raises what is wrong with a key, or with the table."""
        line = self._file.line(self._place if key is None else (*self._place, key))
        if line is None and self._place:
            problem = f"{self._called}: {problem}"
        raise FormatError(self._file.where, line, problem, advice)

    def knows(self, keys: tuple[str, ...]) -> None:
        """Refuses a key that is not one of these."""
        for key in self._said:
            if key not in keys:
                self.fail(key, f"{shown(key)} is not known in {self._called}.", _instead(key, keys))

    def text(self, key: str, most_bytes: int, *, lines: bool = False) -> str | None:
        """A cleaned text that is not empty."""
        value = self._said.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fail(key, f"{key} is {shown(value)}, not a text.", f'Write a text in quotes, like {key} = "…".')
        cleaned = clean(value, lines=lines)
        if not cleaned:
            self.fail(key, f"{key} is empty.", "Write something, or leave the line out.")
        over = len(cleaned.encode()) - most_bytes
        if over > 0:
            problem = f"{key} is too long: there is room for {most_bytes} bytes."
            self.fail(key, problem, f"Shorten it by {over} (a plain letter is one byte, an emoji about four).")
        return cleaned

    def matching(self, key: str, pattern: re.Pattern[str], advice: str) -> str:
        """A text that must be there and look like this."""
        value = self._said.get(key)
        if value is None:
            self.fail(None, f"{self._called} has no {key}.", advice)
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            self.fail(key, f"{shown(value)} cannot be the {key}.", advice)
        return value

    def whole(self, key: str, fewest: int, most: int) -> int | None:
        """A whole number within these bounds."""
        value = self._said.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not fewest <= value <= most:
            advice = f"Write a whole number from {fewest} to {most}, like {key} = {min(max(fewest, 2), most)}."
            self.fail(key, f"{key} is {shown(value)}.", advice)
        return value

    def flag(self, key: str, otherwise: bool) -> bool:
        """True or false."""
        value = self._said.get(key, otherwise)
        if not isinstance(value, bool):
            self.fail(key, f"{key} is {shown(value)}.", f"Write {key} = true or {key} = false, without quotes.")
        return value

    def one_of(self, key: str, words: Iterable[_Word]) -> _Word | None:
        """One word of a closed list."""
        value, known = self._said.get(key), tuple(words)
        if value is None:
            return None
        found = next((word for word in known if word == value), None)
        if found is None:
            self.fail(key, f"{shown(value)} is no {key}.", _instead(value, known))
        return found

    def table(self, key: str, called: str) -> Table | None:
        """A table of its own; None when it is something else."""
        value = self._said.get(key)
        if not isinstance(value, dict):
            return None
        return Table(self._file, (*self._place, key), cast(dict[str, object], value), f"{called} of {self._called}")

    def texts(self, key: str, most_bytes: int) -> list[str]:
        """A list of cleaned texts, none of them empty; an empty list where the key is not there."""
        value = self._said.get(key, [])
        if not isinstance(value, list):
            self.fail(key, f"{key} is {shown(value)}, not a list.", f'Write a list of texts, like {key} = ["…", "…"].')
        numbered = {str(n): text for n, text in enumerate(cast(list[object], value), start=1)}
        each = Table(self._file, (*self._place, key), numbered, key)
        return [each.text(n, most_bytes) or "" for n in numbered]

    def whole_numbers(self, key: str) -> list[int] | None:
        """A list of whole numbers; None too when it is something else."""
        value = self._said.get(key)
        if not isinstance(value, list):
            return None
        numbers = [n for n in cast(list[object], value) if isinstance(n, int) and not isinstance(n, bool)]
        return numbers if len(numbers) == len(cast(list[object], value)) else None

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables; there must be one."""
        value = self._said.get(key, [])
        header = f"[[{'.'.join(part for part in (*self._place, key) if isinstance(part, str))}]]"
        advice = f"Begin each phase with a line {header}, and below it id, activity and minutes."
        if not isinstance(value, list):
            self.fail(key, f"{key} is {shown(value)}, not a list of phases.", advice)
        if not value:
            self.fail(key, f"{self._called} has no phase.", advice)
        return [self._element(key, index, said, advice) for index, said in enumerate(cast(list[object], value))]

    def _element(self, key: str, index: int, said: object, advice: str) -> Table:
        place = (*self._place, key, index)
        if not isinstance(said, dict):
            Table(self._file, place, {}, "a phase").fail(None, f"{shown(said)} is not a phase.", advice)
        table = cast(dict[str, object], said)
        group = key == "phase" and ("each" in table or "repeat" in table)
        named = table.get("id")
        called = f"{'group' if group else 'phase'} {shown(named) if isinstance(named, str) else index + 1}"
        return Table(self._file, place, table, called)


def shown(value: object) -> str:
    """A value as an error shows it: short, cleaned, in quotes where it is a text."""
    if isinstance(value, str):
        return f'"{clean(value, cells=_SHOWN_CELLS)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**9 else "a number far too large"
    if isinstance(value, float):
        return str(value)
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "a date or time"


def _instead(value: object, known: Iterable[str]) -> str:
    """What was probably meant, and everything that can be."""
    words = [str(word) for word in known]
    close = difflib.get_close_matches(value[:64], words, n=1) if isinstance(value, str) else []
    meant = f"Did you mean {close[0]}? " if close else ""
    return f"{meant}Known are: {', '.join(words)}."
