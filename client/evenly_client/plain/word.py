"""What a word that can be typed is, and what words have in common."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from evenly_protocol import series
from evenly_protocol.facts import Command
from evenly_protocol.sealed import FieldKind

from evenly_client.due import NotADate, parse_due
from evenly_client.series_words import parse_moment
from evenly_client.text import same_name_key

if TYPE_CHECKING:
    from evenly_client.outlook import Outlook
    from evenly_client.plain.lines import PlainLines

NOBODY = ("none", "nobody")


class Unclear(Exception):
    """A line that is not understood: what was meant to stand there."""


@dataclass(frozen=True)
class Word:
    """A word that can be typed: its one-letter form, what stands behind it, and what it does.

    `leads`: it is for those who lead. `forms`: what else can stand behind it, and what that does.
    """

    letter: str
    after: str
    does: str
    leads: bool
    run: Callable[[PlainLines, list[str]], Awaitable[None]]
    forms: tuple[tuple[str, str], ...] = ()


# -- numbers, seats, dates ---------------------------------------------------------------------------------------


def is_number(words: Sequence[str]) -> bool:
    """Whether the first word is a number that can be meant."""
    return bool(words) and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 4


def number(words: Sequence[str], what: str) -> int:
    """The number that stands first."""
    if is_number(words):
        return int(words[0])
    count = what.removeprefix("number of ")
    which = f"Which {what}? Type its" if count == what else f"How many {count}? Type a"
    raise Unclear(f"{which} number, for example 3.")


def seat(lines: PlainLines, words: Sequence[str], *, nobody: bool = False) -> int:
    """A seat, by its number or by a name; with `nobody`, 0 for `none`."""
    if is_number(words) and len(words) == 1:
        found = int(words[0])
        if found in lines.look.everybody or (nobody and not found):
            return found
        raise Unclear(f"There is nobody in seat {found}. Type who for those who are here.")
    said = " ".join(words)
    if nobody and said.lower() in NOBODY:
        return 0
    if said.lower() == "me":
        return lines.peer.seat
    key = same_name_key(said)
    named = [s for s in lines.look.everybody if key and same_name_key(lines.peer.name_of(s)) == key]
    if len(named) == 1:
        return named[0]
    raise Unclear("Who? Type a seat's number or a name.")


def hand_of(lines: PlainLines, seat: int) -> bytes:
    """The hand that a seat has up."""
    for hand in lines.look.floor.hands:
        if hand.seat == seat:
            return hand.id
    raise Unclear(f"Seat {seat} has no hand up.")


def span_and_seconds(lines: PlainLines, words: list[str]) -> tuple[int, int]:
    """The span that a line names (as `spans` numbers them), and how many of its last seconds; 0 is all."""
    session = lines.peer.room.session
    named = number(words, "span")
    if session is None or not 1 <= named <= len(session.ledger):
        raise Unclear("There is no such span. Type spans to see them.")
    return named - 1, number(words[1:], "number of seconds") if len(words) > 1 else 0


def due_day(look: Outlook, text: str) -> int:
    """The day by which, as on the wire."""
    planned = series.next_planned(look.room)
    at = date.fromtimestamp(planned.at / 1000) if planned is not None and planned.at else None
    due = parse_due(text, date.fromtimestamp(look.now / 1000), next_session=at)
    if isinstance(due, NotADate):
        raise Unclear(str(due))
    return due.day


def moment(look: Outlook, text: str) -> int:
    """A day and a time of day, UTC milliseconds."""
    at = parse_moment(text, look.now)
    if isinstance(at, NotADate):
        raise Unclear(str(at))
    return at


# -- texts -------------------------------------------------------------------------------------------------------

_PARTS = re.compile(r"\s+/\s+")


def parts(words: Sequence[str]) -> list[str]:
    """What was typed, cut at each / that stands alone."""
    return [part.strip() for part in _PARTS.split(" ".join(words))]


def text_and_seat(lines: PlainLines, words: Sequence[str]) -> tuple[str, int]:
    """A text, and behind `/ for` the guest seat that it is of; 0 for oneself."""
    said, *rest = parts(words)
    whose = 0
    for part in rest:
        first, *more = part.split() or [""]
        if first.lower() != "for" or not more:
            raise Unclear(f"I do not understand {part[:40]!r}. Behind a / stands: for and a guest seat.")
        whose = seat(lines, more)
    return said, whose


async def sealed(lines: PlainLines, kind: FieldKind, text: str, of: Callable[[bytes], Command], said: str = "") -> None:
    """Seals a text to a command's own id and gives the command that `of` makes of it."""
    id = lines.peer.new_id()
    await lines.do(of(lines.peer.seal(kind, text, id)), said, id)


# -- lists -------------------------------------------------------------------------------------------------------


def listed(lines: PlainLines, name: str, words: Sequence[str], see: str) -> bytes:
    """What has this number in the list of this name, as it was last printed by the word `see`."""
    ids = lines.lists.get(name)
    if ids is None:
        raise Unclear(f"Type {see} first: the number is that of the list as you last read it.")
    index = number(words, "one")
    if not 1 <= index <= len(ids):
        raise Unclear(f"Number {index} is not in that list. Type {see} to read it again.")
    return ids[index - 1]
