"""A session from start to end: its phases, hold, and what is kept of the one before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol import airtime
from evenly_protocol.airtime import Correction, Segment, Span
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.floor import Floor
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.steps import Step
from evenly_protocol.turns import end_turn
from evenly_protocol.words import MILLISECONDS_A_MINUTE, FloorMode, Presence

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

PHASES_AT_MOST = 64
MINUTES_AT_MOST = 600
PAST_SESSIONS_KEPT = 200


class PhasePlan(msgspec.Struct, array_like=True, frozen=True):
    """A phase as planned.

    Attributes:
        activity: its kind, an ASCII word such as `talk`.
        title: its sealed title; empty where the activity's own name will do.
        minutes: planned length.
        mode: the floor mode that it begins with.
        counted: whether talk in it counts towards equal air time.
        holder: the seat of the issue-holder, 0 for none.
        with_facilitators: whether facilitators speak in its round.
    """

    activity: str
    title: bytes
    minutes: int
    mode: FloorMode
    counted: bool = True
    holder: int = 0
    with_facilitators: bool = False


class Phase(msgspec.Struct, array_like=True):
    """The phase under way. `started`: UTC milliseconds; `extra_ms`, `held_ms`: milliseconds added to its end."""

    activity: str
    title: bytes
    minutes: int
    mode: FloorMode
    counted: bool
    holder: int
    started: int
    extra_ms: int = 0
    held_ms: int = 0

    @property
    def ends_at(self) -> int:
        """When it ends by plan, holds added, UTC milliseconds."""
        return self.started + self.minutes * MILLISECONDS_A_MINUTE + self.extra_ms + self.held_ms


class Session(msgspec.Struct, array_like=True):
    """A session, running or the last one ended.

    Attributes:
        id: the id of the command that started it.
        number: 1, 2, 3… in the room.
        started_at: UTC milliseconds.
        phases: the plan.
        phase_index: which phase is under way.
        phase: the phase under way.
        author: the device key that sealed the titles.
        host: the seat that leads it, beside the standing facilitators; 0 for none.
        ended_at: UTC milliseconds, None while it runs.
        held_since: since when it is paused, None when it is not.
        floor: what is on the floor.
        ledger: the closed spans.
        corrections: what was moved in the ledger.
        timeline: since when who was eligible.
        steps: what can be undone, the oldest first.
    """

    id: bytes
    number: int
    started_at: int
    phases: list[PhasePlan]
    phase_index: int
    phase: Phase
    author: bytes = b""
    host: int = 0
    ended_at: int | None = None
    held_since: int | None = None
    floor: Floor = msgspec.field(default_factory=Floor)
    ledger: list[Span] = []
    corrections: list[Correction] = []
    timeline: list[Segment] = []
    steps: list[Step] = []

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


class PastSession(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a session once the next begins: totals only.

    `counted` is milliseconds by seat; `evenness` and `coverage` are in thousandths, −1 where not defined.
    """

    number: int
    started_at: int
    ended_at: int
    counted: dict[int, int]
    evenness: int
    coverage: int


class StartSession(Command, frozen=True):
    """Start a session with these phases."""

    phases: list[PhasePlan]
    host: int = 0


class EndSession(Command, frozen=True):
    """End the session. `number` names it, so that two people end one."""

    number: int


class Hold(Command, frozen=True):
    """Pause everything."""


class Resume(Command, frozen=True):
    """Go on, to the same second."""


class ExtendPhase(Command, frozen=True):
    """Move the phase's end by so many milliseconds."""

    ms: int


class CountPhase(Command, frozen=True):
    """Say whether talk counts, from now on."""

    counted: bool


class SetIssueHolder(Command, frozen=True):
    """Say whose issue it is; 0 for nobody's."""

    seat: int


class NoticeGap(Command, frozen=True):
    """The server: it was away from then (UTC milliseconds) until now."""

    since: int


class SessionStarted(Event, frozen=True):
    """A session has begun; these seats are on the call."""

    phases: list[PhasePlan]
    attending: list[int]
    host: int
    author: bytes


class SessionEnded(Event, frozen=True):
    """The session is over."""


class HoldBegan(Event, frozen=True):
    """Everything stands still."""


class HoldEnded(Event, frozen=True):
    """It goes on."""


class PhaseExtended(Event, frozen=True):
    """The phase's end has moved, milliseconds."""

    ms: int


class PhaseCounted(Event, frozen=True):
    """Talk counts from now on, or does not."""

    counted: bool


class IssueHolderSet(Event, frozen=True):
    """It is this member's issue; 0: nobody's."""

    seat: int


class GapNoticed(Event, frozen=True):
    """The server was away since then (UTC milliseconds)."""

    since: int


GAP_COUNTS_UNTIL_MS = 30_000
"""A gap up to this long counts as spoken; in a longer one nobody is sure who spoke."""


def _start(room: Room, command: StartSession, asking: Asking) -> list[Event] | Refusal:
    if room.running is not None:
        return refuse("session_running")
    if not 1 <= len(command.phases) <= PHASES_AT_MOST:
        return refuse("bad_number")
    for plan in command.phases:
        if not 1 <= plan.minutes <= MINUTES_AT_MOST or len(plan.activity) > 32:
            return refuse("bad_number")
        if plan.title and not allowed_length(FieldKind.TITLE, len(plan.title)):
            return refuse("bad_length")
    if command.phases[0].mode in (FloorMode.SOLO, FloorMode.ROUND):
        return refuse("wrong_mode")
    if command.host and not _has_screen(room, command.host):
        return refuse("no_such_seat")
    here = [
        m.seat
        for m in room.members.values()
        if not m.removed and (m.seat in asking.connected or (m.is_guest and m.attending))
    ]
    author = room.members[asking.by].ik if asking.by in room.members else b""
    return [SessionStarted(command.phases, here, command.host, author)]


def _has_screen(room: Room, seat: int) -> bool:
    member = room.members.get(seat)
    return member is not None and not member.removed and not member.is_guest


def _end(room: Room, command: EndSession, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.number != command.number:
        return refuse("no_session")
    return [SessionEnded()]


def _hold(room: Room, command: Hold, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    return [] if session is None or session.held_since is not None else [HoldBegan()]


def _resume(room: Room, command: Resume, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    return refuse("not_held") if session is None or session.held_since is None else [HoldEnded()]


def _extend(room: Room, command: ExtendPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None:
        return refuse("no_session")
    after = session.phase.minutes * MILLISECONDS_A_MINUTE + session.phase.extra_ms + command.ms
    if command.ms == 0 or not 0 <= after <= MINUTES_AT_MOST * MILLISECONDS_A_MINUTE:
        return refuse("bad_number")
    return [PhaseExtended(command.ms)]


def _count(room: Room, command: CountPhase, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    return [] if session is None or session.phase.counted == command.counted else [PhaseCounted(command.counted)]


def _set_holder(room: Room, command: SetIssueHolder, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    member = room.members.get(command.seat)
    if command.seat and (member is None or member.removed):
        return refuse("no_such_seat")
    return [] if session is None or session.phase.holder == command.seat else [IssueHolderSet(command.seat)]


def _notice_gap(room: Room, command: NoticeGap, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.held_since is not None or not session.floor.turns:
        return []
    return [GapNoticed(command.since)] if asking.at > command.since else []


def _started(room: Room, event: SessionStarted, stamp: Stamp) -> None:
    last = room.session
    if last is not None:
        room.carry = airtime.carried(room, last)
        room.past.append(_totals_of(last))
        del room.past[:-PAST_SESSIONS_KEPT]
    if not event.phases:
        return
    first = event.phases[0]
    room.session = Session(
        id=stamp.id,
        number=(last.number if last else 0) + 1,
        started_at=stamp.at,
        phases=event.phases,
        phase_index=0,
        phase=Phase(first.activity, first.title, first.minutes, first.mode, first.counted, first.holder, stamp.at),
        author=event.author,
        host=event.host,
        floor=Floor(mode=first.mode, idle_since=stamp.at),
    )
    here = set(event.attending)
    for member in room.members.values():
        member.presence = Presence.HERE if member.seat in here else Presence.GONE
        member.vouched = member.vouched and member.seat in here


def _totals_of(session: Session) -> PastSession:
    ended_at = session.ended_at or 0
    sums = airtime.totals(session, ended_at)
    return PastSession(
        number=session.number,
        started_at=session.started_at,
        ended_at=ended_at,
        counted=sums.counted,
        evenness=-1 if sums.evenness is None else round(sums.evenness * 10),
        coverage=round(sums.coverage * 1000),
    )


def _ended(room: Room, event: SessionEnded, stamp: Stamp) -> None:
    session = room.running
    if session is None:
        return
    _release(session, stamp.at)
    for turn in list(session.floor.turns):
        end_turn(room, turn.id, stamp.at)
    session.floor = Floor(mode=session.floor.mode, idle_since=stamp.at)
    session.ended_at = stamp.at
    room.timekeeper = room.chair = 0
    for member in room.members.values():
        member.listening = False


def _hold_began(room: Room, event: HoldBegan, stamp: Stamp) -> None:
    session = room.running
    if session is not None and session.held_since is None:
        session.held_since = stamp.at


def _hold_ended(room: Room, event: HoldEnded, stamp: Stamp) -> None:
    if room.session is not None:
        _release(room.session, stamp.at)


def _release(session: Session, at: int) -> None:
    """Every clock goes on from where it stood."""
    if session.held_since is None:
        return
    since, floor = session.held_since, session.floor
    session.held_since = None
    session.phase.held_ms += at - max(since, session.phase.started)
    floor.idle_since += at - max(since, floor.idle_since)
    for turn in floor.turns:
        turn.stand_still(since, at)


def _extended(room: Room, event: PhaseExtended, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.phase.extra_ms += event.ms


def _counted(room: Room, event: PhaseCounted, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.phase.counted = event.counted


def _holder_set(room: Room, event: IssueHolderSet, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.phase.holder = event.seat


def _gap_noticed(room: Room, event: GapNoticed, stamp: Stamp) -> None:
    if room.session is None or stamp.at - event.since <= GAP_COUNTS_UNTIL_MS:
        return
    for turn in room.session.floor.turns:
        since = max(event.since, turn.began)
        turn.unsure_since = since if turn.unsure_since is None else min(turn.unsure_since, since)


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    StartSession: _start,
    EndSession: _end,
    Hold: _hold,
    Resume: _resume,
    ExtendPhase: _extend,
    CountPhase: _count,
    SetIssueHolder: _set_holder,
    NoticeGap: _notice_gap,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    SessionStarted: _started,
    SessionEnded: _ended,
    HoldBegan: _hold_began,
    HoldEnded: _hold_ended,
    PhaseExtended: _extended,
    PhaseCounted: _counted,
    IssueHolderSet: _holder_set,
    GapNoticed: _gap_noticed,
}
