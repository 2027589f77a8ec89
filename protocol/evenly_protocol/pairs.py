"""Pairs: who talks with whom in the networking phase, and who has met whom. Source: domain.md, "Formats".

Who is paired is drawn on a facilitator's machine (a matching over everybody who has met); the rules check that the
pairs fit the people here, ring the bell, and remember who has been together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import MILLISECONDS_A_MINUTE, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

MET_AFTER_MS = MILLISECONDS_A_MINUTE
"""Pairs that are drawn anew sooner than this have not met."""

MINUTES_AT_MOST = 120


class Pairs(msgspec.Struct, array_like=True):
    """Pairs that talk, or did last.

    Attributes:
        id: the id of the command that drew them.
        number: the round of pairs in this session, from 1.
        groups: seats; two each, three where the number is odd.
        began: UTC milliseconds.
        ends_at: when the bell calls everybody back, UTC milliseconds.
        opener: a sealed question to begin with; empty for none.
        author: the device key that sealed it.
        over: everybody is called back.
        before: the groups that have met in earlier rounds of this session.
        met: they have talked long enough to have met.
    """

    id: bytes
    number: int
    groups: list[list[int]]
    began: int
    ends_at: int
    opener: bytes = b""
    author: bytes = b""
    over: bool = False
    before: list[list[int]] = []
    met: bool = False


class Met(msgspec.Struct, array_like=True):
    """Two seats, the smaller first, and how often they have been paired."""

    a: int
    b: int
    times: int


class SetPairs(Command, frozen=True):
    """These talk together for so many minutes."""

    groups: list[list[int]]
    minutes: int
    opener: bytes = b""


class CallBack(Command, frozen=True):
    """Call the pairs back now. `pairs` names them."""

    pairs: bytes


class EndPairs(Command, frozen=True):
    """The server: the time of these pairs is over."""

    pairs: bytes


class PairsSet(Event, frozen=True):
    """These talk together until `ends_at` (UTC milliseconds)."""

    groups: list[list[int]]
    ends_at: int
    opener: bytes
    author: bytes


class PairsEnded(Event, frozen=True):
    """The pairs are called back."""


def met_times(room: Room) -> dict[frozenset[int], int]:
    """How often two seats have been paired in this room."""
    return {frozenset((m.a, m.b)): m.times for m in room.met}


def pairs_due(room: Room) -> tuple[int, Command] | None:
    """When the bell calls the pairs back, and the command that does."""
    session = room.running
    pairs = None if session is None else session.pairs
    return None if pairs is None or pairs.over else (pairs.ends_at, EndPairs(pairs.id))


def _set(room: Room, command: SetPairs, asking: Asking) -> list[Event] | Refusal:
    seats = [seat for group in command.groups for seat in group]
    if not command.groups or len(seats) != len(set(seats)) or any(len(g) not in (2, 3) for g in command.groups):
        return refuse("bad_pairs")
    for seat in seats:
        member = somebody(room, seat)
        if member is None or not member.attending or member.role is Role.OBSERVER:
            return refuse("bad_pairs")
    if not 1 <= command.minutes <= MINUTES_AT_MOST:
        return refuse("bad_number")
    if command.opener and not allowed_length(FieldKind.QUESTION, len(command.opener)):
        return refuse("bad_length")
    ends_at = asking.at + command.minutes * MILLISECONDS_A_MINUTE
    author = room.members[asking.by].ik if asking.by in room.members else b""
    return [PairsSet(command.groups, ends_at, command.opener, author)]


def _call_back(room: Room, command: CallBack, asking: Asking) -> list[Event] | Refusal:
    pairs = None if room.running is None else room.running.pairs
    if pairs is None or pairs.over or pairs.id != command.pairs:
        return refuse("no_pairs")
    return [PairsEnded()]


def _end(room: Room, command: EndPairs, asking: Asking) -> list[Event] | Refusal:
    pairs = None if room.running is None else room.running.pairs
    if pairs is None or pairs.over or pairs.id != command.pairs or asking.at < pairs.ends_at:
        return []
    return [PairsEnded()]


def _pairs_set(room: Room, event: PairsSet, stamp: Stamp) -> None:
    session = room.running
    if session is None:
        return
    end_pairs(room, stamp.at)
    last, number, before = session.pairs, 1, list[list[int]]()
    if last is not None:
        # Pairs that were drawn anew at once are no round of their own.
        number = last.number + 1 if last.met else last.number
        before = [*last.before, *last.groups] if last.met else last.before
    session.pairs = Pairs(
        stamp.id, number, event.groups, stamp.at, event.ends_at, event.opener, event.author, before=before
    )


def _pairs_ended(room: Room, event: PairsEnded, stamp: Stamp) -> None:
    end_pairs(room, stamp.at)


def end_pairs(room: Room, at: int) -> None:
    """Pairs that still talk are called back. A fold of whatever ends them."""
    session = room.session
    if session is None or session.pairs is None or session.pairs.over:
        return
    session.pairs.over = True
    if at - session.pairs.began < MET_AFTER_MS:
        return
    session.pairs.met = True
    times = {(m.a, m.b): m for m in room.met}
    for group in session.pairs.groups:
        for a, b in itertools.combinations(sorted(group), 2):
            if (a, b) in times:
                times[a, b].times += 1
            else:
                room.met.append(Met(a, b, 1))


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    SetPairs: _set,
    CallBack: _call_back,
    EndPairs: _end,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    PairsSet: _pairs_set,
    PairsEnded: _pairs_ended,
}
