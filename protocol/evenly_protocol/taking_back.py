"""Taking a turn back that was given by mistake: the one before it runs on, its hand is up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evenly_protocol.facts import Event, Stamp
from evenly_protocol.hands import Hand, hand_with, put_back
from evenly_protocol.turns import Before, Turn, turn_with
from evenly_protocol.words import Intent, Source

if TYPE_CHECKING:
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session


class TurnTakenBack(Event, frozen=True):
    """The turn had been given by mistake: the one before it runs on."""

    turn: bytes


def _taken_back(room: Room, event: TurnTakenBack, stamp: Stamp) -> None:
    session = room.session
    floor = room.floor
    turn = turn_with(floor, event.turn)
    if session is None or turn is None:
        return
    before = turn.before or Before()
    floor.turns.remove(turn)
    floor.process_since = list(before.process_since)
    if turn.source is Source.ROUND and floor.round is not None:
        floor.round.take_back(turn.seat, before.round)
    if turn.intent is Intent.QUESTION:
        floor.questions_put[turn.seat] = before.questions_put
    for passed in before.passed:
        hand = hand_with(floor, passed)
        if hand is not None and hand.passed:
            hand.passed -= 1
    if turn.hand is not None and not any(_same_request(h, turn.hand) for h in floor.hands):
        put_back(floor, [turn.hand], [before.place], before.manual)
        for freed in before.freed:
            hand = hand_with(floor, freed)
            if hand is not None and not hand.behind:
                hand.behind = turn.hand.id
    if before.turn is not None:
        _runs_on(session, before.turn, turn.held_ms, stamp.at)
        if before.turn.source is Source.ROUND and floor.round is not None:
            floor.round.begin(before.turn.seat)


def _runs_on(session: Session, turn: Turn, held_ms: int, at: int) -> None:
    """A turn that had ended runs again, as if it had never ended."""
    while session.ledger and session.ledger[-1].turn == turn.id:
        session.ledger.pop()
    turn.held_ms += held_ms
    turn.press(at)
    session.floor.turns.append(turn)


def _same_request(one: Hand, other: Hand) -> bool:
    return one.seat == other.seat and (one.intent is Intent.PROCESS) == (other.intent is Intent.PROCESS)


def can_take_back(room: Room, turn_id: bytes) -> bool:
    """Whether the turn still runs, and nothing was corrected in the one it ended."""
    session = room.running
    turn = None if session is None else turn_with(session.floor, turn_id)
    if session is None or turn is None or turn.before is None:
        return False
    ended = turn.before.turn
    if ended is None:
        return True
    first = len(session.ledger)
    while first and session.ledger[first - 1].turn == ended.id:
        first -= 1
    gone = all(span.turn != ended.id for span in session.ledger[:first])
    return gone and all(c.span < first for c in session.corrections)


EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    TurnTakenBack: _taken_back,
}
