"""The floor: its mode, and everything on it. Turns are in turns.py, hands in hands.py, rounds in rounds.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.attendance import arrival
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.hands import Hand, fit_mode, take_out
from evenly_protocol.members import somebody
from evenly_protocol.queue import places_for_pins
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.rounds import Round, RoundBegan, guide_ms, next_in_round, round_order
from evenly_protocol.texts import N_
from evenly_protocol.turns import Turn, TurnBegan, TurnEnded, end_turn
from evenly_protocol.words import FloorMode, Intent, Role, Source

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

MODES: dict[FloorMode, str] = {
    FloorMode.QUEUE: N_("Members raise hands; one turn at a time."),
    FloorMode.ROUND: N_("Everyone attending speaks once, in seat order."),
    FloorMode.SOLO: N_("One named member has the floor."),
    FloorMode.QUESTIONS: N_("Every hand is a question; the issue-holder answers."),
    FloorMode.OPEN: N_("Everyone marks themselves as speaking; several at once may."),
    FloorMode.SILENCE: N_("Held silence: no turns, and time is charged to nobody."),
}
"""The floor modes, one at a time, in a sentence each. Printed into docs/protocol.md."""


class Floor(msgspec.Struct, array_like=True):
    """Everything on the floor.

    Attributes:
        mode: who may speak, and how turns are given.
        turns: the running turns; at most one but in `open`.
        hands: the raised hands, in the order they went up.
        queue_open: whether hands may go up.
        manual: the hands that a facilitator has placed, in `manual` order, by id.
        round: the round under way.
        process_since: the seats that spoke on how we work since the last other turn.
        questions_put: questions begun in this phase, by seat.
        idle_since: since when nobody has been speaking, UTC milliseconds.
        just_ended: the turn that ended in this same entry; None between entries.
    """

    mode: FloorMode = FloorMode.QUEUE
    turns: list[Turn] = []
    hands: list[Hand] = []
    queue_open: bool = True
    manual: list[bytes] = []
    round: Round | None = None
    process_since: list[int] = []
    questions_put: dict[int, int] = {}
    idle_since: int = 0
    just_ended: Turn | None = None


class ChangeMode(Command, frozen=True):
    """Change the floor mode.

    `seat` is who has the floor in `solo`, or begins the round (0: the turn of a seat from session to session).
    """

    mode: FloorMode
    seat: int = 0
    least_heard_first: bool = False
    with_facilitators: bool = False


class FloorModeSet(Event, frozen=True):
    """The floor has this mode; what was running has ended."""

    mode: FloorMode


def entering(
    room: Room,
    at: int,
    mode: FloorMode,
    *,
    minutes: int,
    seat: int = 0,
    least_heard_first: bool = False,
    with_facilitators: bool = False,
) -> list[Event] | Refusal:
    """What entering a floor mode makes happen: the mode, the solo turn, or the round and its first turn."""
    events: list[Event] = [FloorModeSet(mode)]
    if mode is FloorMode.SOLO:
        member = somebody(room, seat)
        if member is None or member.role is Role.OBSERVER:
            return refuse("no_such_seat")
        if not member.attending:
            events.extend(arrival(room, member, vouched=True))
        events.append(TurnBegan(seat, Intent.SPEAK, Source.SOLO))
    if mode is FloorMode.ROUND:
        order = round_order(
            room,
            at,
            beginner=seat,
            least_heard_first=least_heard_first,
            with_facilitators=with_facilitators,
        )
        if not order:
            return refuse("nobody_there")
        began = RoundBegan(order, guide_ms(minutes, len(order)), with_facilitators)
        following, first = next_in_round(room, Round(order))
        events.append(began)
        events.extend(following)
        if first:
            events.append(TurnBegan(first, Intent.SPEAK, Source.ROUND))
    return events


def _change_mode(room: Room, command: ChangeMode, asking: Asking) -> list[Event] | Refusal:
    session = room.session
    following = entering(
        room,
        asking.at,
        command.mode,
        minutes=session.phase.minutes if session else 0,
        seat=command.seat,
        least_heard_first=command.least_heard_first,
        with_facilitators=command.with_facilitators,
    )
    if isinstance(following, Refusal):
        return following
    return [*(TurnEnded(t.id) for t in room.floor.turns), *following]


def _mode_set(room: Room, event: FloorModeSet, stamp: Stamp) -> None:
    floor = room.floor
    for turn in list(floor.turns):
        end_turn(room, turn.id, stamp.at)
    floor.just_ended = None
    floor.mode = event.mode
    floor.round = None
    floor.idle_since = stamp.at
    fit_mode(floor)


def note_members(room: Room, at: int) -> None:
    """Whoever is no longer of the room, or sees only, has no turn, no hand and no place in a round.

    A fold of every event that touches who is a member, in which role.
    """
    session = room.running
    if session is None:
        return
    floor = session.floor
    out = {m.seat for m in room.members.values() if m.removed or m.role is Role.OBSERVER}
    for turn in [t for t in floor.turns if t.seat in out]:
        end_turn(room, turn.id, at)
    leaving = [h.id for h in floor.hands if h.seat in out]
    if leaving:
        places = places_for_pins(room, at)
        for hand in sorted(leaving, key=lambda h: -places.get(h, 0)):
            take_out(floor, hand, places.get(hand, 0))
    if floor.round is not None:
        for seat in out:
            floor.round.forget(seat)


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {ChangeMode: _change_mode}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {FloorModeSet: _mode_set}
