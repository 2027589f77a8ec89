"""What a list of a board is made of: items that know their height before they are drawn.

Only those in sight are opened. Pure; widths in terminal cells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from evenly_protocol.words import Label
from rich.cells import cell_len

from evenly_client import due, phrases
from evenly_client.outlook import Outlook
from evenly_client.screens.looks import Look, Row, Span, padded
from evenly_client.screens.names import padded_name
from evenly_client.text import one_line
from evenly_client.translation import _

MARK: Final = 3
"""Cells before an item: the mark of the chosen one."""

NARROW: Final = 66
"""A list narrower than this has a line an item, and short names."""


class Board(StrEnum):
    """The boards, in the order of their numbers."""

    ACTIONS = "actions"
    ISSUES = "issues"
    EXCHANGE = "exchange"
    SERIES = "series"
    QUESTIONS = "questions"
    NOTES = "notes"


LABEL_WORDS: Final = {
    Label.ROOM: _("stays here"),
    Label.TAKEAWAY: _("may be taken home"),
    Label.SHAREABLE: _("may be shared"),
}
"""How far an item may go, beside it."""


def how_far_words(label: Label) -> str:
    """The deed that changes how far an item may go, and how far that is now."""
    return _("how far it may go: {label}").format(label=LABEL_WORDS[label])


@dataclass(frozen=True)
class Filter:
    """What of a board is shown. `what`: `all`, `mine`, `due`, `seat` (this `seat` alone), or a kind of post."""

    what: str = "all"
    seat: int = 0


class At(NamedTuple):
    """What a row of a list is about: a line of an item."""

    item: Hashable
    line: int


@dataclass(frozen=True)
class Item:
    """Something in a list: `height` lines. A heading cannot be chosen."""

    key: Hashable
    height: int
    draw: Callable[[int, bool], list[Row]]
    heading: bool = False


def group(title: str, found: list[Item], note: str = "") -> list[Item]:
    """Items under a heading, with a note beside it; nothing where there are none."""
    if not found:
        return []

    def draw(width: int, chosen: bool) -> list[Row]:
        said = (Span(f" {title}", Look.LABEL), Span(f"  {note}" if note else "", Look.DIM))
        return [Row(said, (), ("group", title))]

    return [Item(("group", title), 1, draw, heading=True), *found]


@dataclass(frozen=True)
class Told:
    """An item's words: who, what, what stands at the right of it, and a second line where there is room."""

    who: str
    mine: bool
    text: str
    right: str = ""
    second: str = ""
    indent: int = 0


def item_of(key: Hashable, lines: int, told: Callable[[], Told], *, names: int = 0) -> Item:
    """An item of so many lines. `names`: the cells of the column with who; 0: as wide as there is room for."""

    def draw(width: int, chosen: bool) -> list[Row]:
        t = told()
        who = (names or (9 if width < NARROW else 13)) if t.who else 0
        mark = Span(padded(" ▸" if chosen else "", MARK + t.indent), Look.KEY)
        look = Look.STRONG if chosen else Look.PLAIN
        left = (
            mark,
            Span(padded_name(t.who, who - 1) + " " if who else "", Look.MINE if t.mine else look),
            Span(one_line(t.text), look),
        )
        right = (Span(f"{t.right} ", Look.DIM),) if t.right and cell_len(t.right) < width // 2 else ()
        rows = [Row(left, right, At(key, 0))]
        if lines > 1:
            rows.append(Row((Span(" " * (MARK + t.indent + who)), Span(one_line(t.second), Look.DIM)), (), At(key, 1)))
        return rows

    return Item(key, lines, draw)


def joined(parts: Iterable[str]) -> str:
    """Those that say something, side by side."""
    return " · ".join(part for part in parts if part)


def whose(o: Outlook, seat: int) -> str:
    """`yours`, `Chris’s`."""
    # Translators: whose an item or an issue is, by itself or behind a comma.
    return _("yours") if seat == o.seat else _("{name}’s").format(name=o.name(seat))


def called(o: Outlook, seat: int) -> str:
    """`you`, or a name."""
    return _("you") if seat == o.seat else o.name(seat)


def names_of(o: Outlook, seats: Iterable[int]) -> str:
    """Several names in one sentence."""
    return phrases.listed([called(o, seat) for seat in seats])


def today(o: Outlook) -> date:
    """The day it is here, by the server's clock."""
    return day_of(o.now)


def day_of(at: int) -> date:
    """The local day of an instant (UTC milliseconds)."""
    return datetime.fromtimestamp(at / 1000).date()


def day_words(o: Outlook, at: int) -> str:
    """The day of an instant, as people say it."""
    return due.say_due(day_of(at), today(o))
