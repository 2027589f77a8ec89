"""Undo: the inverse of each step that can be taken back, and when it still can.

While an entry of somebody who leads is folded, the inverse of each of its events is worked out from the room as
it stood before (`inverse_of`) and kept as a step. Undoing a step tells these events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.agenda import (
    AgendaResized,
    IssueHolderSet,
    PhaseCounted,
    PhaseExtended,
    PhaseSkipped,
    PhaseStarted,
    PhaseTakenBack,
    RoomLeftOpen,
    allotment,
)
from evenly_protocol.checkins import CheckInOpened, CheckInWithdrawn, open_check_in
from evenly_protocol.corrections import AirTimeCorrected, CorrectionUndone, can_undo
from evenly_protocol.facts import Command, Event, Stamp, wire_name
from evenly_protocol.floor import FloorModeSet
from evenly_protocol.hands import HandPlaced, HandsLowered, HandsRestored, QueueSwitched, hand_with
from evenly_protocol.members import is_facilitator, somebody, tracks
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.series import PlannedChanged, SeriesPlanned, draft_of, planned_with
from evenly_protocol.series import to_come as planned_to_come
from evenly_protocol.session import HostSet
from evenly_protocol.settings import SettingsChanged
from evenly_protocol.steps import STEPS_KEPT, Step
from evenly_protocol.taking_back import TurnTakenBack, can_take_back
from evenly_protocol.turns import TurnBegan, TurnExtended, turn_with
from evenly_protocol.words import FloorMode, Intent, Order, Source

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session

Inverse = (
    HandsRestored
    | QueueSwitched
    | FloorModeSet
    | PhaseExtended
    | PhaseCounted
    | IssueHolderSet
    | TurnExtended
    | HandPlaced
    | CorrectionUndone
    | TurnTakenBack
    | SettingsChanged
    | PhaseTakenBack
    | PhaseSkipped
    | AgendaResized
    | HostSet
    | SeriesPlanned
    | PlannedChanged
    | CheckInWithdrawn
)
"""The events that take steps back."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Inverse]).decode


class Undo(Command, frozen=True):
    """Take this step back."""

    step: bytes


class StepUndone(Event, frozen=True):
    """The step is taken back by the events that follow."""

    step: bytes


def last_step(room: Room, seat: int) -> Step | None:
    """The step that *undo* takes back for this seat: the last of those who lead, or its own correction."""
    session = room.session
    if session is None:
        return None
    leads = is_facilitator(room, seat)
    mine = (s for s in reversed(session.steps) if leads or s.by == seat)
    return next((s for s in mine if _can_undo(room, session, s)), None)


def inverse_of(room: Room, event: Event, stamp: Stamp) -> Inverse | None:
    """The event that takes this one back, from the room as it stands before it; None where none does."""
    find = _INVERSE.get(type(event))
    return None if find is None else find(room, event, stamp)


def remember(room: Room, stamp: Stamp, events: list[Event], inverses: list[Inverse]) -> None:
    """Keeps the step that an entry was, if it can be taken back."""
    session = room.session
    if session is None or not inverses or any(isinstance(e, StepUndone) for e in events):
        return
    # A phase that is taken back takes its floor, its round and its speaker with it.
    if any(isinstance(i, PhaseTakenBack) for i in inverses):
        inverses = [i for i in inverses if isinstance(i, PhaseTakenBack | HandsRestored)]
    # A check-in that opened with its session is taken back alone: the session's floor stays.
    elif any(isinstance(i, CheckInWithdrawn) for i in inverses):
        inverses = [i for i in inverses if isinstance(i, CheckInWithdrawn)]
    what = wire_name(type(inverses[-1]).__name__)
    session.steps.append(Step(stamp.id, stamp.by, what, _encode(inverses[::-1])))
    del session.steps[:-STEPS_KEPT]


def _undo(room: Room, command: Undo, asking: Asking) -> list[Event] | Refusal:
    session = room.session
    step = None if session is None else next((s for s in session.steps if s.id == command.step), None)
    if session is None or step is None:
        return refuse("nothing_to_undo")
    if step.by != asking.by and not is_facilitator(room, asking.by):
        return refuse("not_yours")
    if not _can_undo(room, session, step):
        return refuse("undo_too_late")
    return [StepUndone(step.id), *_decode(step.inverse)]


def _can_undo(room: Room, session: Session, step: Step) -> bool:
    if not _still_fits(room, step):
        return False
    if step.what == _CORRECTION:
        return True
    newer = session.steps[session.steps.index(step) + 1 :]
    return not any(_goes_first(n, step) and (n.what == _BEGINNING or _still_fits(room, n)) for n in newer)


_CORRECTION = wire_name(CorrectionUndone.__name__)
_BEGINNING = wire_name(PhaseTakenBack.__name__)
_TIME = {_BEGINNING, *(wire_name(kind.__name__) for kind in (PhaseExtended, AgendaResized))}
_OF_A_PHASE = {*_TIME, *(wire_name(kind.__name__) for kind in (PhaseCounted, IssueHolderSet, FloorModeSet))}


def _goes_first(newer: Step, step: Step) -> bool:
    """Whether the newer of two steps is to be taken back before the other.

    So it is with two of a kind, with all that moves the agenda, and with what a phase's beginning has left behind.
    """
    kinds = {newer.what, step.what}
    return len(kinds) == 1 or kinds <= (_OF_A_PHASE if _BEGINNING in kinds else _TIME)


def _still_fits(room: Room, step: Step) -> bool:
    return all(_fits(room, event) for event in _decode(step.inverse))


def _fits(room: Room, event: Inverse) -> bool:
    """Whether taking back still means what it meant."""
    floor = room.floor
    match event:
        case CorrectionUndone():
            return can_undo(room, event.correction)
        case TurnTakenBack():
            return can_take_back(room, event.turn)
        case TurnExtended():
            return turn_with(floor, event.turn) is not None
        case HandPlaced():
            return hand_with(floor, event.hand) is not None
        case HandsRestored():
            up = {(h.seat, h.intent is Intent.PROCESS) for h in floor.hands}
            back = {(h.seat, h.intent is Intent.PROCESS) for h in event.hands}
            return room.running is not None and not up & back
        case SettingsChanged():
            return True
        case CheckInWithdrawn():
            check_in = open_check_in(room)
            return check_in is not None and check_in.id == event.check_in
        case PhaseTakenBack():
            session = room.running
            return session is not None and session.before is not None and session.phase.visit == event.visit
        case PhaseExtended():
            return room.running is not None and event.visit in (0, room.running.phase.visit)
        case AgendaResized():
            session = room.running
            if session is None or event.visit not in (0, session.phase.visit):
                return False
            return len(event.allotted) == len(session.phases)
        case IssueHolderSet() | HostSet():
            return room.running is not None and _all_there(room, [event.seat])
        case PhaseSkipped():
            return room.running is not None and event.index > room.running.phase_index
        case SeriesPlanned():
            held = any(p.number and p.id == d.id for p in room.series for d in event.sessions)
            away = (seat for p in event.before for seat in p.away)
            return not held and _all_there(room, [*away, *(s for d in event.sessions for s in (*d.holders, d.host))])
        case PlannedChanged():
            draft = event.session
            return planned_with(room, draft.id) is not None and _all_there(room, [*draft.holders, draft.host])
        case _:
            return room.running is not None


def _all_there(room: Room, seats: list[int]) -> bool:
    return all(not seat or somebody(room, seat) is not None for seat in seats)


def _undone(room: Room, event: StepUndone, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.steps = [s for s in room.session.steps if s.id != event.step]


def _of_turn(room: Room, event: TurnBegan, stamp: Stamp) -> Inverse | None:
    if not tracks(room, stamp.by) or event.source in (Source.MARK, Source.SOLO):
        return None
    return TurnTakenBack(stamp.id)


def _of_lowered(room: Room, event: HandsLowered, stamp: Stamp) -> Inverse | None:
    hands = [h for h in room.floor.hands if h.id in event.hands]
    if not is_facilitator(room, stamp.by) or all(h.seat == stamp.by for h in hands):
        return None
    return HandsRestored([msgspec.structs.replace(h) for h in hands], list(room.floor.manual), event.places)


def _of_mode(room: Room, event: FloorModeSet, stamp: Stamp) -> Inverse | None:
    before = room.floor.mode
    return None if before in (FloorMode.ROUND, FloorMode.SOLO) else FloorModeSet(before)


def _of_placed(room: Room, event: HandPlaced, stamp: Stamp) -> Inverse | None:
    hand = hand_with(room.floor, event.hand)
    if hand is None:
        return None
    if room.settings.order is not Order.MANUAL:
        return HandPlaced(event.hand, hand.pin)
    manual = room.floor.manual
    return HandPlaced(event.hand, manual.index(event.hand) + 1 if event.hand in manual else 0)


def _of_corrected(room: Room, event: AirTimeCorrected, stamp: Stamp) -> Inverse | None:
    return CorrectionUndone(stamp.id)


def _of_queue(room: Room, event: QueueSwitched, stamp: Stamp) -> Inverse | None:
    return QueueSwitched(not event.open)


def _of_phase(room: Room, event: PhaseExtended, stamp: Stamp) -> Inverse | None:
    return PhaseExtended(-event.ms, event.visit)


def _of_resized(room: Room, event: AgendaResized, stamp: Stamp) -> Inverse | None:
    session = room.session
    if session is None:
        return None
    allotted = [allotment(session, i) for i in range(len(session.phases))]
    return AgendaResized(allotted, session.end_moved_ms, session.phase.visit)


def _of_started(room: Room, event: PhaseStarted | RoomLeftOpen, stamp: Stamp) -> Inverse | None:
    return None if room.running is None else PhaseTakenBack(room.running.phase.visit + 1)


def _of_skipped(room: Room, event: PhaseSkipped, stamp: Stamp) -> Inverse | None:
    return PhaseSkipped(event.index, not event.skip)


def _of_host(room: Room, event: HostSet, stamp: Stamp) -> Inverse | None:
    session = room.session
    return None if session is None else HostSet(session.host, 0 if event.seat in session.hosts else event.seat)


def _of_series(room: Room, event: SeriesPlanned, stamp: Stamp) -> Inverse | None:
    before = planned_to_come(room)
    return SeriesPlanned([draft_of(p) for p in before], [msgspec.structs.replace(p) for p in before])


def _of_planned(room: Room, event: PlannedChanged, stamp: Stamp) -> Inverse | None:
    planned = planned_with(room, event.session.id)
    return None if planned is None else PlannedChanged(draft_of(planned))


def _of_counted(room: Room, event: PhaseCounted, stamp: Stamp) -> Inverse | None:
    return PhaseCounted(not event.counted)


def _of_holder(room: Room, event: IssueHolderSet, stamp: Stamp) -> Inverse | None:
    session = room.session
    if session is None:
        return None
    seat = session.holders.get(event.issue, 0) if event.issue else session.phase.holder
    return IssueHolderSet(seat, event.issue)


def _of_extended(room: Room, event: TurnExtended, stamp: Stamp) -> Inverse | None:
    return TurnExtended(event.turn, -event.ms)


def _of_settings(room: Room, event: SettingsChanged, stamp: Stamp) -> Inverse | None:
    return SettingsChanged(room.settings)


def _of_opened(room: Room, event: CheckInOpened, stamp: Stamp) -> Inverse | None:
    return CheckInWithdrawn(stamp.id)


_INVERSE: dict[type[Event], Callable[[Room, Any, Stamp], Inverse | None]] = {
    TurnBegan: _of_turn,
    HandsLowered: _of_lowered,
    FloorModeSet: _of_mode,
    HandPlaced: _of_placed,
    AirTimeCorrected: _of_corrected,
    QueueSwitched: _of_queue,
    PhaseExtended: _of_phase,
    PhaseCounted: _of_counted,
    IssueHolderSet: _of_holder,
    TurnExtended: _of_extended,
    SettingsChanged: _of_settings,
    PhaseStarted: _of_started,
    RoomLeftOpen: _of_started,
    AgendaResized: _of_resized,
    PhaseSkipped: _of_skipped,
    HostSet: _of_host,
    SeriesPlanned: _of_series,
    PlannedChanged: _of_planned,
    CheckInOpened: _of_opened,
}

DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {Undo: _undo}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {StepUndone: _undone}
