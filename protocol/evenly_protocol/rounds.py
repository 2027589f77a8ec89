"""Rounds: everyone attending speaks once. Source: domain.md, "The floor", mode `round`.

The list is fixed at the start; who arrives goes to its end; who is away when reached is put off once, then
passed. A member may skip ("listening this time") or come back later, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol import airtime
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import is_facilitator, takes_part
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import MILLISECONDS_A_MINUTE, Role, Source

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room


class Round(msgspec.Struct, array_like=True):
    """A round under way, or just over (`pending` empty, its last turn running).

    Attributes:
        pending: the seats still to come, in order.
        heard: the seats that have had their turn.
        listening: the seats that skipped.
        later: the seats that have come back later once.
        missed: the seats that were away when reached, once.
        guide_ms: the guide for each, milliseconds: phase minutes ÷ people; 0 for none.
        with_facilitators: whether facilitators speak in it.
    """

    pending: list[int]
    heard: list[int] = []
    listening: list[int] = []
    later: list[int] = []
    missed: list[int] = []
    guide_ms: int = 0
    with_facilitators: bool = False

    def copy(self) -> Round:
        """The same round, its lists its own."""
        return msgspec.structs.replace(
            self,
            pending=list(self.pending),
            heard=list(self.heard),
            listening=list(self.listening),
            later=list(self.later),
            missed=list(self.missed),
        )

    def begin(self, seat: int) -> None:
        """This seat has its turn now, also if it had skipped."""
        for seats in (self.pending, self.listening):
            if seat in seats:
                seats.remove(seat)
        if seat not in self.heard:
            self.heard.append(seat)

    def forget(self, seat: int) -> None:
        """This seat is not in the round any more."""
        for seats in (self.pending, self.heard, self.listening, self.later, self.missed):
            if seat in seats:
                seats.remove(seat)

    def take_back(self, seat: int, before: Round | None) -> None:
        """This seat has not had its turn after all: it stands where it stood."""
        if seat in self.heard:
            self.heard.remove(seat)
        if seat not in self.pending:
            stood = before.pending.index(seat) if before is not None and seat in before.pending else 0
            self.pending.insert(stood, seat)

    def welcome(self, room: Room, seat: int) -> None:
        """Who arrives while the round runs goes to its end, if not in it already."""
        known = seat in self.pending or seat in self.heard or seat in self.listening
        member = room.members.get(seat)
        if known or member is None or member.role is Role.OBSERVER:
            return
        if member.role is Role.FACILITATOR and not self.with_facilitators:
            return
        self.pending.append(seat)


class SkipRound(Command, frozen=True):
    """I am listening this time. `seat` is 0 for oneself; a facilitator may name another."""

    seat: int = 0


class ComeBackLater(Command, frozen=True):
    """Come back to me at the end of the round. `seat` is 0 for oneself; a facilitator may name another."""

    seat: int = 0


class RoundBegan(Event, frozen=True):
    """A round has begun, in this order."""

    pending: list[int]
    guide_ms: int
    with_facilitators: bool


class RoundPutOff(Event, frozen=True):
    """This seat comes at the end: by its own choice, or being away when reached."""

    seat: int
    chosen: bool


class RoundSkipped(Event, frozen=True):
    """This seat does not speak in this round: listening by its own choice, or away twice."""

    seat: int
    chosen: bool


class RoundEnded(Event, frozen=True):
    """Everybody has had their turn."""


def round_order(room: Room, at: int, *, beginner: int, least_heard_first: bool, with_facilitators: bool) -> list[int]:
    """Who speaks in a round, in order.

    Whoever begins, then by seat; without a beginner named, the first seat moves on from session to session. A member
    who leads as this session's host is in every round, like any other; a facilitator by role where the phase says so.
    """
    seats = [s for s in takes_part(room) if with_facilitators or room.members[s].role is not Role.FACILITATOR]
    if least_heard_first:
        balances = airtime.queue_balances(room, at)
        return sorted(seats, key=lambda seat: (balances.get(seat, 0), seat))
    if not seats:
        return []
    number = room.session.number if room.session else 1
    start = seats.index(beginner) if beginner in seats else (number - 1) % len(seats)
    return seats[start:] + seats[:start]


def guide_ms(phase_minutes: int, people: int) -> int:
    """The guide for each in a round, milliseconds."""
    return phase_minutes * MILLISECONDS_A_MINUTE // people if people else 0


def next_in_round(room: Room, current: Round) -> tuple[list[Event], int]:
    """Who comes next: what that makes happen, and the seat (0 when the round is over)."""
    events: list[Event] = []
    pending = list(current.pending)
    missed = set(current.missed)
    here = set(takes_part(room))
    while pending:
        seat = pending.pop(0)
        if seat in here:
            return events, seat
        if seat in missed:
            events.append(RoundSkipped(seat, chosen=False))
            continue
        missed.add(seat)
        pending.append(seat)
        events.append(RoundPutOff(seat, chosen=False))
    events.append(RoundEnded())
    return events, 0


def _skip(room: Room, command: SkipRound, asking: Asking) -> list[Event] | Refusal:
    return _step_aside(room, command.seat, asking, RoundSkipped)


def _later(room: Room, command: ComeBackLater, asking: Asking) -> list[Event] | Refusal:
    return _step_aside(room, command.seat, asking, RoundPutOff)


def _step_aside(
    room: Room, named: int, asking: Asking, fact: type[RoundSkipped] | type[RoundPutOff]
) -> list[Event] | Refusal:
    from evenly_protocol.turns import TurnEnded, next_turn

    seat = named or asking.by
    if seat != asking.by and not is_facilitator(room, asking.by):
        return refuse("not_allowed")
    current = room.floor.round
    if current is None:
        return refuse("wrong_mode")
    speaking = next((t for t in room.floor.turns if t.seat == seat and t.source is Source.ROUND), None)
    if speaking is None and seat not in current.pending:
        return refuse("not_in_round")
    if fact is RoundPutOff and seat in current.later:
        return refuse("later_used")
    if speaking is None:
        return [fact(seat, chosen=True)]
    if fact is RoundPutOff and not current.pending:
        return refuse("no_one_behind")
    after = current.copy()
    if fact is RoundPutOff:
        after.pending.append(seat)
    return [TurnEnded(speaking.id), fact(seat, chosen=True), *next_turn(room, asking.at, after)]


def _began(room: Room, event: RoundBegan, stamp: Stamp) -> None:
    room.floor.round = Round(list(event.pending), guide_ms=event.guide_ms, with_facilitators=event.with_facilitators)


def _put_off(room: Room, event: RoundPutOff, stamp: Stamp) -> None:
    current = room.floor.round
    if current is None:
        return
    for seats in (current.pending, current.heard):
        if event.seat in seats:
            seats.remove(event.seat)
    current.pending.append(event.seat)
    (current.later if event.chosen else current.missed).append(event.seat)


def _skipped(room: Room, event: RoundSkipped, stamp: Stamp) -> None:
    current = room.floor.round
    if current is None:
        return
    for seats in (current.pending, current.heard):
        if event.seat in seats:
            seats.remove(event.seat)
    if event.chosen:
        current.listening.append(event.seat)


def _ended(room: Room, event: RoundEnded, stamp: Stamp) -> None:
    room.floor.round = None


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    SkipRound: _skip,
    ComeBackLater: _later,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    RoundBegan: _began,
    RoundPutOff: _put_off,
    RoundSkipped: _skipped,
    RoundEnded: _ended,
}
