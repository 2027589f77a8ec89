"""A report as plain data: what every renderer is given, and all that it knows.

Every text in it is plain text; to make it safe in its own form is each renderer's work. Keys are stable: scripts and
spreadsheets go by them; titles are for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Cell = str | int | None
"""What stands in a table; None where nothing is known."""


class Unit(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    """A word or a few: a name, a date, a state; a line for each where there are several."""
    WORDS = "words"
    """Somebody's words, of any length."""
    LINK = "link"
    """An address that somebody gave."""
    COUNT = "count"
    MILLISECONDS = "milliseconds"
    """A length of time; shown as a stopwatch shows it, in a spreadsheet as minutes."""
    INSTANT = "instant"
    """UTC milliseconds; shown in local time."""
    OF_100 = "of_100"
    """Parts in 100."""
    TENTHS = "tenths"
    """A figure with one decimal, as its tenths: 34 is shown as 3.4."""

    @property
    def is_figure(self) -> bool:
        """Whether it stands to the right, figure below figure."""
        return self not in (Unit.TEXT, Unit.WORDS, Unit.LINK)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    key: str
    title: str
    unit: Unit = Unit.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under columns; every row has a cell for each column. `key` names it: `--table KEY`."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two. `quiet`: it explains, and is not what happened."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list: what was said, by whom or when (`about`; empty for nothing)."""

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list. `title` is empty where the section's own will do."""

    key: str
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What the blocks behind it are about, up to the next heading."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and how many gave it."""

    label: str
    many: int


@dataclass(frozen=True, slots=True)
class Answers:
    """How many gave each answer, in the order that they have: bars in a browser, else a small table.

    `people`: how many took part; a bar of all of them is the longest.
    """

    answers: tuple[Answer, ...]
    people: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A length, and what was planned for it, milliseconds; `planned` None: nothing was."""

    label: str
    value: int
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Lengths of time to compare, in the order that they have; a table beside it holds the same figures."""

    key: str
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of a trend; `value` None where there is none to show."""

    label: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure over the sessions. `unit`: COUNT, MILLISECONDS, OF_100 or TENTHS.

    `bottom`, `top`: the least and the most that it can be; a `top` of 0 for any.
    """

    key: str
    title: str
    unit: Unit
    points: tuple[Point, ...]
    top: int = 0
    bottom: int = 0

    def share(self, value: int) -> float:
        """How far a value stands from the least (0) to the most (1) that there is."""
        top = self.top or max((p.value for p in self.points if p.value is not None), default=0) or 1
        return (value - self.bottom) / (top - self.bottom)


Block = Table | Paragraph | Heading | Items | Answers | Bars | Trend


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a title of its own.

    `sheets`: the same for scripts and spreadsheets, where the blocks are arranged for reading; without any, the tables
    among the blocks are. Headings and answers stand only in sections that have sheets.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    sheets: tuple[Table, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """For scripts and spreadsheets."""
        return self.sheets or tuple(b for b in self.blocks if isinstance(b, Table))


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `kind`: `session`, `own` or `sponsor`; `first_line`: what it may hold, for whoever holds it."""

    kind: str
    title: str
    first_line: str
    sections: tuple[Section, ...]

    def tables(self) -> list[Table]:
        """All its tables, in order, for scripts and spreadsheets."""
        return [table for section in self.sections for table in section.tables]


def section(key: str, title: str, *blocks: Block | None, sheets: tuple[Table, ...] = ()) -> list[Section]:
    """A section of the blocks that there are; none where there is nothing to say."""
    there = tuple(b for b in blocks if b is not None and not is_empty(b))
    return [Section(key, title, there, tuple(s for s in sheets if not is_empty(s)))] if there else []


def is_empty(block: Block) -> bool:
    """Whether a block says nothing."""
    match block:
        case Table():
            return not block.rows
        case Items():
            return not block.items
        case Answers():
            return not block.answers
        case Bars():
            return not block.bars
        case Trend():
            return all(p.value is None for p in block.points)
        case Paragraph() | Heading():
            return not block.text
