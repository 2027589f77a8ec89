"""One table of a format's file, and the error that names a line of it. Every value is checked as it is taken."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, NoReturn, TypeVar, cast

from evenly_client.formats.lines import Place, lines_of
from evenly_client.text import clean
from evenly_client.translation import _

_SHOWN_CELLS: Final = 40

_Word = TypeVar("_Word", bound=str)


class FormatError(Exception):
    """A format cannot be used. `title` says where and why, `advice` what to write instead.

    `where` is the file as it was named, `line` counts from 1 and is None where no line is to blame.
    """

    code: Final = "format"

    def __init__(self, where: str, line: int | None, problem: str, advice: str) -> None:
        # Translators: a file, and where in it.
        place = where if line is None else _("{file}, line {n}").format(file=where, n=line)
        self.where = where
        self.line = line
        self.title = clean(f"{place}: {problem}")
        self.advice = clean(advice)
        super().__init__(f"{self.title} {self.advice}")


class File:
    """A text and what errors call it. `say`: how a text in it is read for people."""

    def __init__(self, where: str, text: str, say: Callable[[str], str] = str) -> None:
        self.where = where
        self.say = say
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
                problem = _("{key} is not known in {place}.").format(key=shown(key), place=self._called)
                self.fail(key, problem, _instead(key, keys))

    def text(self, key: str, most_bytes: int, *, lines: bool = False) -> str | None:
        """A cleaned text that is not empty."""
        value = self._said.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            problem = _("{key} is {value}, not a text.").format(key=key, value=shown(value))
            self.fail(key, problem, _('Write a text in quotes, like {key} = "…".').format(key=key))
        cleaned = clean(self._file.say(value) if value else value, lines=lines)
        if not cleaned:
            self.fail(key, _("{key} is empty.").format(key=key), _("Write something, or leave the line out."))
        over = len(cleaned.encode()) - most_bytes
        if over > 0:
            problem = _("{key} is too long: there is room for {n} bytes.").format(key=key, n=most_bytes)
            advice = _("Shorten it by {n} (a plain letter is one byte, an emoji about four).").format(n=over)
            self.fail(key, problem, advice)
        return cleaned

    def matching(self, key: str, pattern: re.Pattern[str], advice: str) -> str:
        """A text that must be there and look like this."""
        value = self._said.get(key)
        if value is None:
            self.fail(None, _("{place} has no {key}.").format(place=self._called, key=key), advice)
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            self.fail(key, _("{value} cannot be the {key}.").format(value=shown(value), key=key), advice)
        return value

    def whole(self, key: str, fewest: int, most: int) -> int | None:
        """A whole number within these bounds."""
        value = self._said.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not fewest <= value <= most:
            advice = _("Write a whole number from {fewest} to {most}, like {key} = {example}.").format(
                fewest=fewest, most=most, key=key, example=min(max(fewest, 2), most)
            )
            self.fail(key, _("{key} is {value}.").format(key=key, value=shown(value)), advice)
        return value

    def flag(self, key: str, otherwise: bool) -> bool:
        """True or false."""
        value = self._said.get(key, otherwise)
        if not isinstance(value, bool):
            problem = _("{key} is {value}.").format(key=key, value=shown(value))
            self.fail(key, problem, _("Write {key} = true or {key} = false, without quotes.").format(key=key))
        return value

    def one_of(self, key: str, words: Iterable[_Word]) -> _Word | None:
        """One word of a closed list."""
        value, known = self._said.get(key), tuple(words)
        if value is None:
            return None
        found = next((word for word in known if word == value), None)
        if found is None:
            self.fail(key, _("{value} is no {key}.").format(value=shown(value), key=key), _instead(value, known))
        return found

    def table(self, key: str, called: str) -> Table | None:
        """A table of its own; None when it is something else."""
        value = self._said.get(key)
        if not isinstance(value, dict):
            return None
        # Translators: “the check-in of phase "welcome"”
        inside = _("{part} of {place}").format(part=called, place=self._called)
        return Table(self._file, (*self._place, key), cast(dict[str, object], value), inside)

    def texts(self, key: str, most_bytes: int) -> list[str]:
        """A list of cleaned texts, none of them empty; an empty list where the key is not there."""
        value = self._said.get(key, [])
        if not isinstance(value, list):
            problem = _("{key} is {value}, not a list.").format(key=key, value=shown(value))
            self.fail(key, problem, _('Write a list of texts, like {key} = ["…", "…"].').format(key=key))
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
        advice = _("Begin each phase with a line {header}, and below it id, activity and minutes.").format(
            header=header
        )
        if not isinstance(value, list):
            self.fail(key, _("{key} is {value}, not a list of phases.").format(key=key, value=shown(value)), advice)
        if not value:
            self.fail(key, _("{place} has no phase.").format(place=self._called), advice)
        return [self._element(key, index, said, advice) for index, said in enumerate(cast(list[object], value))]

    def _element(self, key: str, index: int, said: object, advice: str) -> Table:
        place = (*self._place, key, index)
        if not isinstance(said, dict):
            problem = _("{value} is not a phase.").format(value=shown(said))
            Table(self._file, place, {}, _("a phase")).fail(None, problem, advice)
        table = cast(dict[str, object], said)
        group = key == "phase" and ("each" in table or "repeat" in table)
        named = table.get("id")
        # Translators: {name} is what the file calls it, or its number.
        called = _("group {name}") if group else _("phase {name}")
        called = called.format(name=shown(named) if isinstance(named, str) else index + 1)
        return Table(self._file, place, table, called)


def shown(value: object) -> str:
    """A value as an error shows it: short, cleaned, in quotes where it is a text."""
    if isinstance(value, str):
        return f'"{clean(value, cells=_SHOWN_CELLS)}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**9 else _("a number far too large")
    if isinstance(value, float):
        return str(value)
    return _("a list") if isinstance(value, list) else _("a table") if isinstance(value, dict) else _("a date or time")


def _instead(value: object, possible: Iterable[str]) -> str:
    """What was probably meant, and everything that can be."""
    words = [str(word) for word in possible]
    close = difflib.get_close_matches(value[:64], words, n=1) if isinstance(value, str) else []
    known = known_are(words)
    return f"{did_you_mean(close[0])} {known}" if close else known


def did_you_mean(word: str) -> str:
    """What was probably meant."""
    return _("Did you mean {word}?").format(word=word)


def known_are(words: Iterable[str]) -> str:
    """Everything that can be written."""
    return _("Known are: {words}.").format(words=", ".join(words))
