"""The agenda: planned phases, the one under way, and what moving one does to the others. Source: domain.md, "Formats".

Every phase has an *allotment*, at first its planned minutes. The projection is the end of the phase under way and then
what each phase to come has left of its allotment; *behind* is the projection minus the agreed end, which moves only
when somebody decides that it moves. See docs/decisions/005-agenda.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol import checkins
from evenly_protocol.activities import ACTIVITIES, keeps_time
from evenly_protocol.checkins import PlannedCheckIn
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.floor import FloorModeSet, entering
from evenly_protocol.hands import fit_mode, lowered_from
from evenly_protocol.issues import note_holder
from evenly_protocol.members import somebody, takes_part
from evenly_protocol.pairs import end_pairs
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.rounds import Round
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.turns import TurnEnded, end_turn
from evenly_protocol.words import MILLISECONDS_A_MINUTE, FloorMode, Role, Source

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session

PHASES_AT_MOST = 64
MINUTES_AT_MOST = 600
ISSUES_AT_MOST = 16

KEEPS_MS = MILLISECONDS_A_MINUTE
"""What every phase to come keeps when others need time, and what one returned to has at least, milliseconds."""


class PhasePlan(msgspec.Struct, array_like=True, frozen=True):
    """A phase as planned.

    Attributes:
        activity: its kind, a key of `ACTIVITIES`.
        title: its sealed title; empty where the activity's own name will do.
        minutes: planned length.
        mode: the floor mode that it begins with.
        counted: whether talk in it counts towards equal air time.
        holder: the seat of the issue-holder, 0 for none.
        with_facilitators: whether facilitators speak in its round.
        guidance: sealed lines for the facilitator; empty where the activity's own will do.
        issue: the number of the issue that it belongs to, from 1; 0 for none.
        speaker: the seat that has the floor in its solo, or begins its round; 0: the issue-holder, or by the rule.
        check_in: the check-in that it opens; with fewer than three there it is a round instead.
    """

    activity: str
    title: bytes
    minutes: int
    mode: FloorMode
    counted: bool = True
    holder: int = 0
    with_facilitators: bool = False
    guidance: bytes = b""
    issue: int = 0
    speaker: int = 0
    check_in: PlannedCheckIn | None = None


class Phase(msgspec.Struct, array_like=True):
    """The phase under way.

    Attributes:
        activity, title, minutes, mode, counted, holder: as planned, or as changed since.
        started: UTC milliseconds.
        extra_ms: milliseconds added to its end, or taken from it.
        held_ms: how long it has stood still in holds, milliseconds.
        visit: how many phases have begun in the session, this one included.
        issue: the number of its issue.
    """

    activity: str
    title: bytes
    minutes: int
    mode: FloorMode
    counted: bool
    holder: int
    started: int
    extra_ms: int = 0
    held_ms: int = 0
    visit: int = 1
    issue: int = 0

    @property
    def ends_at(self) -> int:
        """When it ends by plan, holds added, UTC milliseconds."""
        return self.started + self.minutes * MILLISECONDS_A_MINUTE + self.extra_ms + self.held_ms


class Visit(msgspec.Struct, array_like=True, frozen=True):
    """A phase that has been: `index` in the plan; `started`, `ended` in UTC milliseconds; `held_ms` of it on hold."""

    index: int
    started: int
    ended: int
    held_ms: int = 0


class PhaseBefore(msgspec.Struct, array_like=True):
    """What a phase's beginning replaced, so that it can be taken back.

    Attributes:
        index, phase: the phase that it ended.
        mode, questions_put, timekeeper, round: as they stood then.
        speaking: whose turn in the round it cut; 0 for nobody's.
        allotted: the allotment of the phase that began, until then.
        was_skipped: the phase that began was to be left out.
    """

    index: int
    phase: Phase
    mode: FloorMode
    questions_put: dict[int, int] = {}
    timekeeper: int = 0
    round: Round | None = None
    speaking: int = 0
    allotted: int = 0
    was_skipped: bool = False


class StartPhase(Command, frozen=True):
    """Start a phase: the next, a later or an earlier one.

    `ends` is the visit number of the phase that it ends, so that two people who press at once start one. `seat` is who
    has the floor in a solo, or begins a round; 0 is as planned.
    """

    index: int
    ends: int
    seat: int = 0


class ExtendPhase(Command, frozen=True):
    """Move the phase's end by so many milliseconds.

    `from_later`: the phases to come give the time, or get it; what they cannot give moves the session's end.
    """

    ms: int
    from_later: bool = False


class TakeFromLater(Command, frozen=True):
    """The phases to come give so many milliseconds. `move_end`: the agreed end comes earlier by as much."""

    ms: int
    move_end: bool = False


class SkipPhase(Command, frozen=True):
    """Leave a phase to come out, or (`skip` false) take it in again."""

    index: int
    skip: bool = True


class CountPhase(Command, frozen=True):
    """Say whether talk counts, from now on."""

    counted: bool


class SetIssueHolder(Command, frozen=True):
    """Say whose issue it is; seat 0 for nobody's. `issue`: its number; 0 is the one of the phase under way."""

    seat: int
    issue: int = 0


class LeaveOpen(Command, frozen=True):
    """The session is over, and the room stays open for informal talk. `ends`: as for `StartPhase`."""

    ends: int


class PhaseStarted(Event, frozen=True):
    """A phase has begun; the one before it has ended."""

    index: int
    seat: int = 0


class PhaseTakenBack(Event, frozen=True):
    """The phase of this visit had not begun after all."""

    visit: int


class PhaseExtended(Event, frozen=True):
    """The phase's end, and the session's agreed end, have moved, milliseconds. `visit` 0: whatever is under way."""

    ms: int
    visit: int = 0


class AgendaResized(Event, frozen=True):
    """The phases have these allotments now, and the agreed end has moved by so much in all; milliseconds.

    `visit`: the phase under way; 0: whatever is.
    """

    allotted: list[int]
    end_moved_ms: int
    visit: int = 0


class PhaseSkipped(Event, frozen=True):
    """A phase to come is left out, or taken in again."""

    index: int
    skip: bool


class PhaseCounted(Event, frozen=True):
    """Talk counts from now on, or does not."""

    counted: bool


class IssueHolderSet(Event, frozen=True):
    """It is this member's issue; 0: nobody's. `issue`: its number; 0 is the phase under way alone."""

    seat: int
    issue: int = 0


class RoomLeftOpen(Event, frozen=True):
    """The session is over; informal talk goes on."""


# -- what is to come ---------------------------------------------------------------------------------------------


def allotment(session: Session, index: int) -> int:
    """The milliseconds that a phase has in all."""
    if index < len(session.allotted):
        return session.allotted[index]
    return session.phases[index].minutes * MILLISECONDS_A_MINUTE


def used(session: Session, index: int) -> int:
    """The milliseconds of its allotment that earlier visits of a phase have used, holds not counted."""
    return sum(v.ended - v.started - v.held_ms for v in session.visits if v.index == index)


def remaining(session: Session, index: int) -> int:
    """What a phase to come takes: its allotment, less what was used if it is returned to, at least a minute."""
    return max(KEEPS_MS, allotment(session, index) - used(session, index))


def to_come(session: Session) -> list[int]:
    """The phases after the one under way that are not skipped, in order. Nothing, once the session is over."""
    if session.closed_at is not None:
        return []
    return [i for i in range(session.phase_index + 1, len(session.phases)) if i not in session.skipped]


def next_phase(session: Session) -> int | None:
    """The phase after the one under way; None when that is the last."""
    return next(iter(to_come(session)), None)


def starts(session: Session, at: int) -> dict[int, int]:
    """When each phase to come begins by projection, UTC milliseconds."""
    moment = max(at, _end_now(session, at))
    result: dict[int, int] = {}
    for index in to_come(session):
        result[index] = moment
        moment += remaining(session, index)
    return result


def projected_end(session: Session, at: int) -> int:
    """When the session ends if everything goes as planned from now on, UTC milliseconds."""
    if session.closed_at is not None:
        return session.closed_at
    return max(at, _end_now(session, at)) + sum(remaining(session, i) for i in to_come(session))


def agreed_end(session: Session) -> int:
    """When the session is to end by agreement, UTC milliseconds."""
    planned = sum(p.minutes for p in session.phases) * MILLISECONDS_A_MINUTE
    return session.started_at + planned + session.end_moved_ms + session.held_ms


def behind(session: Session, at: int) -> int:
    """How far behind the agreed end the session is, milliseconds; below zero it is ahead."""
    return projected_end(session, at) - agreed_end(session) - _held_now(session, at)


def _end_now(session: Session, at: int) -> int:
    return session.phase.ends_at + _held_now(session, at)


def _held_now(session: Session, at: int) -> int:
    if session.held_since is None or session.closed_at is not None:
        return 0
    return max(0, at - max(session.held_since, session.phase.started))


def given(session: Session, ms: int) -> tuple[list[int], int]:
    """What the allotments become when the phases to come give `ms` milliseconds (below zero: get them).

    In proportion to what each can give, in whole minutes where `ms` is that, the largest remainders first, each
    keeping a minute, a check-out all of its own. Returns the allotments of all phases, and what was really given.
    """
    allotted = [allotment(session, i) for i in range(len(session.phases))]
    giving = [i for i in to_come(session) if not keeps_time(session.phases[i].activity)]
    if ms < 0:
        capacity = [allotted[i] for i in giving]
        shares = _shared(-ms, capacity, _unit(-ms)) if giving else []
        for i, share in zip(giving, shares, strict=True):
            if share:
                allotted[i] = used(session, i) + remaining(session, i) + share
        return allotted, -sum(shares)
    capacity = [max(0, remaining(session, i) - KEEPS_MS) for i in giving]
    wanted = min(ms, sum(capacity))
    unit = _unit(wanted)
    if sum(c // unit for c in capacity) * unit < wanted:
        unit = 1
    shares = _shared(wanted, [c // unit * unit for c in capacity], unit)
    for i, share in zip(giving, shares, strict=True):
        allotted[i] -= share
    return allotted, sum(shares)


def _unit(ms: int) -> int:
    return MILLISECONDS_A_MINUTE if ms % MILLISECONDS_A_MINUTE == 0 else 1


def _shared(ms: int, capacity: Sequence[int], unit: int) -> list[int]:
    """`ms` in shares that are multiples of `unit`, in proportion to the capacities and, summed, exactly `ms`."""
    total = sum(capacity)
    if not total or not ms:
        return [0] * len(capacity)
    units, whole = ms // unit, [ms * c // (total * unit) for c in capacity]
    rest = sorted(range(len(capacity)), key=lambda i: (-(ms * capacity[i] % (total * unit)), i))
    for i in rest[: units - sum(whole)]:
        whole[i] += 1
    return [w * unit for w in whole]


def holder_of(session: Session, plan: PhasePlan) -> int:
    """Whose issue a planned phase is about."""
    return session.holders.get(plan.issue, plan.holder) if plan.issue else plan.holder


# -- deciding ----------------------------------------------------------------------------------------------------


def refused_plan(room: Room, phases: Sequence[PhasePlan]) -> Refusal | None:
    """Why a session cannot have these phases; None when it can."""
    if not 1 <= len(phases) <= PHASES_AT_MOST:
        return refuse("bad_number")
    for plan in phases:
        if not 1 <= plan.minutes <= MINUTES_AT_MOST or not 0 <= plan.issue <= ISSUES_AT_MOST:
            return refuse("bad_number")
        if plan.activity not in ACTIVITIES:
            return refuse("no_such_activity")
        if plan.title and not allowed_length(FieldKind.TITLE, len(plan.title)):
            return refuse("bad_length")
        if plan.guidance and not allowed_length(FieldKind.GUIDANCE, len(plan.guidance)):
            return refuse("bad_length")
        asked = plan.check_in
        if asked is not None:
            refusal = checkins.refused_question(asked.kind, asked.question, asked.options, asked.seconds)
            if refusal is not None:
                return refusal
        for seat in (plan.holder, plan.speaker):
            member = room.members.get(seat)
            if seat and (member is None or member.removed):
                return refuse("no_such_seat")
    return None


def beginning(room: Room, event: PhaseStarted, asking: Asking) -> list[Event] | Refusal:
    """What follows the beginning of a phase: its floor mode, its round or its speaker, its check-in.

    Worked out on `room`, a copy on which the beginning has been folded.
    """
    session = room.running
    if session is None:
        return refuse("no_session")
    plan, phase = session.phases[event.index], session.phase
    opened = checkins.opened_by_phase(room, plan.check_in, asking) if plan.check_in is not None else []
    mode = FloorMode.ROUND if plan.check_in is not None and not opened else plan.mode
    seat = event.seat or plan.speaker or (phase.holder if mode is FloorMode.SOLO else 0)
    if mode is FloorMode.SOLO:
        member = room.members.get(seat)
        if member is None or member.role is Role.OBSERVER:
            return refuse("nobody_named")
        if not member.attending and not event.seat:
            return refuse("not_here")
    floor = entering(
        room,
        asking.at,
        mode,
        minutes=max(1, (phase.ends_at - phase.started) // MILLISECONDS_A_MINUTE),
        seat=seat,
        with_facilitators=plan.with_facilitators,
    )
    # A round of nobody: those who come have the queue.
    if isinstance(floor, Refusal) and floor.code == "nobody_there":
        return [FloorModeSet(FloorMode.QUEUE)]
    return floor if isinstance(floor, Refusal) else [*floor, *opened]


def _start(room: Room, command: StartPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None:
        return refuse("no_session")
    if session.phase.visit != command.ends:
        return refuse("phase_over")
    if session.closed_at is not None or not 0 <= command.index < len(session.phases):
        return refuse("no_such_phase")
    member = room.members.get(command.seat)
    if command.seat and (member is None or member.removed):
        return refuse("no_such_seat")
    started = PhaseStarted(command.index, command.seat)
    stamp = Stamp(room.seq + 1, asking.at, asking.id, asking.by)
    after = copy_of(room)
    _started(after, started, stamp)
    following = beginning(after, started, asking)
    if isinstance(following, Refusal):
        return following
    return [*(TurnEnded(t.id) for t in room.floor.turns), *checkins.closing(room), started, *following]


def copy_of(room: Room) -> Room:
    """The same room, nothing of it shared."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(room), type=type(room))


def _extend(room: Room, command: ExtendPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.closed_at is not None:
        return refuse("no_session")
    after = session.phase.minutes * MILLISECONDS_A_MINUTE + session.phase.extra_ms + command.ms
    if command.ms == 0 or not 0 <= after <= MINUTES_AT_MOST * MILLISECONDS_A_MINUTE:
        return refuse("bad_number")
    extended = PhaseExtended(command.ms, session.phase.visit)
    if not command.from_later or next_phase(session) is None:
        return [extended]
    allotted, gave = given(session, command.ms)
    allotted[session.phase_index] += command.ms
    return [extended, AgendaResized(allotted, session.end_moved_ms + command.ms - gave, session.phase.visit)]


def _take(room: Room, command: TakeFromLater, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None:
        return refuse("no_session")
    if not 0 < command.ms <= MINUTES_AT_MOST * MILLISECONDS_A_MINUTE:
        return refuse("bad_number")
    allotted, gave = given(session, command.ms)
    if not gave:
        return refuse("no_time_left")
    moved = session.end_moved_ms - (gave if command.move_end else 0)
    return [AgendaResized(allotted, moved, session.phase.visit)]


def _skip(room: Room, command: SkipPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.closed_at is not None:
        return refuse("no_session")
    if not session.phase_index < command.index < len(session.phases):
        return refuse("no_such_phase")
    same = (command.index in session.skipped) == command.skip
    return [] if same else [PhaseSkipped(command.index, command.skip)]


def _count(room: Room, command: CountPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.closed_at is not None:
        return refuse("no_session")
    return [] if session.phase.counted == command.counted else [PhaseCounted(command.counted)]


def _set_holder(room: Room, command: SetIssueHolder, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    member = room.members.get(command.seat)
    if command.seat and (member is None or member.removed):
        return refuse("no_such_seat")
    if not 0 <= command.issue <= ISSUES_AT_MOST:
        return refuse("bad_number")
    if session is None:
        return refuse("no_session")
    number = command.issue or session.phase.issue
    same = session.phase.holder if number == session.phase.issue else session.holders.get(number, 0)
    return [] if same == command.seat else [IssueHolderSet(command.seat, number)]


def _leave_open(room: Room, command: LeaveOpen, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.closed_at is not None:
        return refuse("no_session")
    if session.phase.visit != command.ends:
        return refuse("phase_over")
    hands = [h.id for h in room.floor.hands]
    return [
        *(TurnEnded(t.id) for t in room.floor.turns),
        *([lowered_from(room, hands, asking.at)] if hands else []),
        *checkins.closing(room),
        RoomLeftOpen(),
        FloorModeSet(FloorMode.OPEN),
    ]


# -- folding -----------------------------------------------------------------------------------------------------


def _started(room: Room, event: PhaseStarted, stamp: Stamp) -> None:
    session, index = room.running, event.index
    if session is None or session.closed_at is not None or not 0 <= index < len(session.phases):
        return
    before = session.before = _end_visit(room, session, stamp)
    before.allotted, before.was_skipped = allotment(session, index), index in session.skipped
    _allot(session, index, used(session, index) + remaining(session, index))
    session.phase_index = index
    session.phase = first_phase(session, index, stamp.at)
    session.phase.visit = before.phase.visit + 1
    if somebody(room, session.phase.holder) is None:
        session.phase.holder = 0
    session.skipped = [i for i in session.skipped if i != index]


def _allot(session: Session, index: int, ms: int) -> None:
    if ms != allotment(session, index):
        session.allotted = [allotment(session, i) for i in range(len(session.phases))]
        session.allotted[index] = ms


def first_phase(session: Session, index: int, at: int) -> Phase:
    """The phase of this index as it begins, with what it has left of its allotment."""
    plan = session.phases[index]
    return Phase(
        plan.activity,
        plan.title,
        plan.minutes,
        plan.mode,
        plan.counted,
        holder_of(session, plan),
        at,
        extra_ms=remaining(session, index) - plan.minutes * MILLISECONDS_A_MINUTE,
        issue=plan.issue,
    )


def _end_visit(room: Room, session: Session, stamp: Stamp) -> PhaseBefore:
    floor, phase = session.floor, session.phase
    for turn in list(floor.turns):
        end_turn(room, turn.id, stamp.at)
    # The turn was cut by this very entry, before the phase began.
    cut = floor.just_ended
    floor.just_ended = None
    before = PhaseBefore(
        session.phase_index,
        phase,
        floor.mode,
        floor.questions_put,
        room.timekeeper,
        None if floor.round is None else floor.round.copy(),
        cut.seat if cut is not None and cut.source is Source.ROUND else 0,
    )
    session.visits.append(Visit(session.phase_index, phase.started, stamp.at, phase.held_ms))
    end_pairs(room, stamp.at)
    floor.questions_put = {}
    room.timekeeper = 0
    return before


def _taken_back(room: Room, event: PhaseTakenBack, stamp: Stamp) -> None:
    session = room.running
    if session is None or session.before is None or session.phase.visit != event.visit:
        return
    floor, before = session.floor, session.before
    for turn in list(floor.turns):
        end_turn(room, turn.id, stamp.at)
    floor.just_ended = None
    check_in = checkins.open_check_in(room)
    if check_in is not None and check_in.visit == event.visit:
        checkins.withdraw(check_in, stamp.at)
    before.phase.held_ms += session.phase.held_ms
    if session.closed_at is None:
        _allot(session, session.phase_index, before.allotted)
        if before.was_skipped:
            session.skipped = sorted({*session.skipped, session.phase_index})
    else:
        session.closed_at = None
        session.phases, session.allotted = session.phases[:-1], session.allotted[:-1]
    session.phase, session.phase_index, session.before = before.phase, before.index, None
    session.visits.pop()
    floor.mode, floor.round = before.mode, before.round
    floor.questions_put, room.timekeeper = before.questions_put, before.timekeeper
    floor.idle_since = stamp.at
    if floor.round is not None:
        if before.speaking:
            floor.round.take_back(before.speaking, None)
        for seat in takes_part(room):
            floor.round.welcome(room, seat)
    fit_mode(floor)


def _extended(room: Room, event: PhaseExtended, stamp: Stamp) -> None:
    session = room.session
    if session is None or event.visit not in (0, session.phase.visit):
        return
    session.phase.extra_ms += event.ms
    session.end_moved_ms += event.ms
    _allot(session, session.phase_index, allotment(session, session.phase_index) + event.ms)


def _resized(room: Room, event: AgendaResized, stamp: Stamp) -> None:
    session = room.session
    if session is None or len(event.allotted) != len(session.phases) or event.visit not in (0, session.phase.visit):
        return
    session.allotted = list(event.allotted)
    session.end_moved_ms = event.end_moved_ms


def _skipped(room: Room, event: PhaseSkipped, stamp: Stamp) -> None:
    if room.session is None:
        return
    skipped = set(room.session.skipped)
    room.session.skipped = sorted(skipped | {event.index} if event.skip else skipped - {event.index})


def _counted(room: Room, event: PhaseCounted, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.phase.counted = event.counted


def _holder_set(room: Room, event: IssueHolderSet, stamp: Stamp) -> None:
    session = room.session
    if session is None:
        return
    if event.issue:
        session.holders[event.issue] = event.seat
        note_holder(room, session, event.issue, event.seat)
    if event.issue in (0, session.phase.issue):
        session.phase.holder = event.seat


def _left_open(room: Room, event: RoomLeftOpen, stamp: Stamp) -> None:
    session = room.running
    if session is None or session.closed_at is not None:
        return
    session.before = _end_visit(room, session, stamp)
    visit = session.phase.visit + 1
    session.phases = [*session.phases, PhasePlan("informal", b"", 0, FloorMode.OPEN, counted=False)]
    session.allotted = [*(allotment(session, i) for i in range(len(session.phases)))]
    session.phase_index = len(session.phases) - 1
    session.phase = Phase("informal", b"", 0, FloorMode.OPEN, False, 0, stamp.at, visit=visit)
    session.closed_at = stamp.at


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    StartPhase: _start,
    ExtendPhase: _extend,
    TakeFromLater: _take,
    SkipPhase: _skip,
    CountPhase: _count,
    SetIssueHolder: _set_holder,
    LeaveOpen: _leave_open,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    PhaseStarted: _started,
    PhaseTakenBack: _taken_back,
    PhaseExtended: _extended,
    AgendaResized: _resized,
    PhaseSkipped: _skipped,
    PhaseCounted: _counted,
    IssueHolderSet: _holder_set,
    RoomLeftOpen: _left_open,
}
