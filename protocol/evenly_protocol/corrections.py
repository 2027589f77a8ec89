"""Corrections of the ledger: moving a span, or its last seconds. Source: domain.md, "Air time".

A facilitator or the timekeeper may move any; a member may claim seconds (moved from whoever has them; in `open`,
added) or give own seconds back. The ledger itself is never rewritten: a correction stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evenly_protocol.airtime import Correction, owners_from
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import tracks
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import GENERAL_TALK, FloorMode, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session


class CorrectAirTime(Command, frozen=True):
    """Move a span to another seat.

    Attributes:
        span: index in the ledger of the running session, or of the last one until the next starts.
        seat: to whom; 0 is nobody.
        last_ms: only its last milliseconds; 0 is the whole span.
    """

    span: int
    seat: int
    last_ms: int = 0


class AirTimeCorrected(Event, frozen=True):
    """From `start` (UTC milliseconds) on, the span is this seat's; `added`: this seat spoke in it too."""

    span: int
    start: int
    seat: int
    added: bool


class CorrectionUndone(Event, frozen=True):
    """The correction of that command holds no longer."""

    correction: bytes


def _correct(room: Room, command: CorrectAirTime, asking: Asking) -> list[Event] | Refusal:
    session = room.session
    if session is None:
        return refuse("no_session")
    if not 0 <= command.span < len(session.ledger):
        return refuse("no_such_span")
    member = room.members.get(command.seat)
    if command.seat != GENERAL_TALK and (member is None or member.removed):
        return refuse("no_such_seat")
    span = session.ledger[command.span]
    if not 0 <= command.last_ms <= span.end - span.start:
        return refuse("bad_number")
    start = span.end - command.last_ms if command.last_ms else span.start
    owners = set(owners_from(session, command.span, start))
    if owners == {command.seat} or _has_added(session, command, start):
        return []
    me = room.members[asking.by]
    claims = command.seat == asking.by and me.role is not Role.OBSERVER
    gives_back = owners == {asking.by} and command.seat == GENERAL_TALK
    if not (tracks(room, asking.by) or claims or gives_back):
        return refuse("not_yours")
    added = claims and not tracks(room, asking.by) and span.mode is FloorMode.OPEN
    return [AirTimeCorrected(command.span, start, command.seat, added)]


def _has_added(session: Session, command: CorrectAirTime, start: int) -> bool:
    return any(
        c.added and not c.undone and c.span == command.span and c.seat == command.seat and c.start <= start
        for c in session.corrections
    )


def can_undo(room: Room, correction: bytes) -> bool:
    """Whether a correction holds and no later one that holds touches the same span."""
    session = room.session
    if session is None:
        return False
    found = next((i for i, c in enumerate(session.corrections) if c.id == correction and not c.undone), None)
    if found is None:
        return False
    span = session.corrections[found].span
    return all(c.undone or c.span != span for c in session.corrections[found + 1 :])


def _corrected(room: Room, event: AirTimeCorrected, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.corrections.append(
            Correction(stamp.id, event.span, event.start, event.seat, stamp.by, event.added)
        )


def _undone(room: Room, event: CorrectionUndone, stamp: Stamp) -> None:
    if room.session is not None:
        for correction in room.session.corrections:
            if correction.id == event.correction:
                correction.undone = True


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {CorrectAirTime: _correct}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    AirTimeCorrected: _corrected,
    CorrectionUndone: _undone,
}
