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
from evenly_client.plain.spelling import NOBODY, command, meant, spelled
from evenly_client.series_words import parse_moment
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.outlook import Outlook
    from evenly_client.plain.lines import PlainLines


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

WHICH_SEAT = _("Which seat? Type its number, for example 3.")
WHICH_GUEST_SEAT = _("Which guest seat? Type its number, for example 3.")
WHICH_PLACE = _("Which place? Type its number, for example 3.")
WHICH_PHASE = _("Which phase? Type its number, for example 3.")
WHICH_SPAN = _("Which span? Type its number, for example 3.")
WHICH_ISSUE = _("Which issue? Type its number, for example 3.")
WHICH_ISSUE_OF_SESSION = _("Which issue of the session? Type its number, for example 3.")
WHICH_DATE = _("Which date? Type its number, for example 3.")
WHICH_ONE = _("Which one? Type its number, for example 3.")
HOW_MANY_MINUTES = _("How many minutes? Type a number, for example 3.")
HOW_MANY_SECONDS = _("How many seconds? Type a number, for example 3.")
HOW_MANY_DAYS = _("How many days? Type a number, for example 3.")


def is_number(words: Sequence[str]) -> bool:
    """Whether the first word is a number that can be meant."""
    return bool(words) and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 4


def number(words: Sequence[str], asked: str) -> int:
    """The number that stands first. `asked`: what is asked where none does."""
    if is_number(words):
        return int(words[0])
    raise Unclear(asked)


def seat(lines: PlainLines, words: Sequence[str], *, nobody: bool = False) -> int:
    """A seat, by its number or by a name; with `nobody`, 0 for `none`."""
    if is_number(words) and len(words) == 1:
        found = int(words[0])
        if found in lines.look.everybody or (nobody and not found):
            return found
        nobody_there = spelled(_("There is nobody in seat {seat}. Type `who` for those who are here."))
        raise Unclear(nobody_there.format(seat=found))
    said = " ".join(words)
    if nobody and meant(said) in NOBODY:
        return 0
    if meant(said) == "me":
        return lines.peer.seat
    named = [s for s in lines.peer.people.called(lines.peer.room, said) if s in lines.look.everybody]
    if len(named) == 1:
        return named[0]
    raise Unclear(_("Who? Type a seat's number or a name."))


def hand_of(lines: PlainLines, seat: int) -> bytes:
    """The hand that a seat has up."""
    for hand in lines.look.floor.hands:
        if hand.seat == seat:
            return hand.id
    raise Unclear(_("Seat {seat} has no hand up.").format(seat=seat))


def span_and_seconds(lines: PlainLines, words: list[str]) -> tuple[int, int]:
    """The span that a line names (as `spans` numbers them), and how many of its last seconds; 0 is all."""
    session = lines.peer.room.session
    named = number(words, WHICH_SPAN)
    if session is None or not 1 <= named <= len(session.ledger):
        raise Unclear(spelled(_("There is no such span. Type `spans` to see them.")))
    return named - 1, number(words[1:], HOW_MANY_SECONDS) if len(words) > 1 else 0


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
        if meant(first) != "for" or not more:
            unclear = spelled(_("I do not understand {typed}. Behind a / stands: `for` and a guest seat."))
            raise Unclear(unclear.format(typed=repr(part[:40])))
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
        # Translators: {command} is what is typed to read a list, like “actions”
        unread = _("Type {command} first: the number is that of the list as you last read it.")
        raise Unclear(unread.format(command=command(see)))
    index = number(words, WHICH_ONE)
    if not 1 <= index <= len(ids):
        gone = _("Number {n} is not in that list. Type {command} to read it again.")
        raise Unclear(gone.format(n=index, command=command(see)))
    return ids[index - 1]
