"""A session from start to end, its holds, its hosts, and what is kept of the one before. Phases are in agenda.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol import actions, agenda, airtime, checkins, issues, pairs, series
from evenly_protocol.agenda import Phase, PhaseBefore, PhasePlan, PhaseStarted, Visit
from evenly_protocol.airtime import Correction, Segment, Span
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.floor import Floor
from evenly_protocol.issues import Question
from evenly_protocol.members import attending
from evenly_protocol.pairs import Pairs
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.seats import visitors_leave
from evenly_protocol.steps import Step
from evenly_protocol.turns import end_turn
from evenly_protocol.words import FloorMode, Presence, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

PAST_SESSIONS_KEPT = 200


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
        allotted: what each phase has in all, milliseconds; empty where none was ever moved.
        skipped: phases to come that are left out, by index.
        visits: the phases that have been, in order.
        before: what the beginning of the phase under way replaced; None for the first.
        holders: whose issue each is, by its number.
        end_moved_ms: by how much the agreed end has moved, milliseconds.
        closed_at: since when only informal talk goes on, UTC milliseconds.
        planned: the planned session that this is; empty for none.
        brought: the issue that was brought, by its number in the session.
        questions: what was asked in words, in order.
        questions_kept: the numbers of the issues whose questions their holder keeps for themselves.
        pairs: the pairs that talk now, or did last.
        hosts: everybody who has been host, in order.
        held_ms: how long it has stood still in holds, informal talk apart, milliseconds.
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
    allotted: list[int] = []
    skipped: list[int] = []
    visits: list[Visit] = []
    before: PhaseBefore | None = None
    holders: dict[int, int] = {}
    end_moved_ms: int = 0
    closed_at: int | None = None
    planned: bytes = b""
    brought: dict[int, bytes] = {}
    questions: list[Question] = []
    questions_kept: list[int] = []
    pairs: Pairs | None = None
    hosts: list[int] = []
    held_ms: int = 0

    @property
    def over_at(self) -> int | None:
        """When its agenda ended, UTC milliseconds: at its end, or when it was left open; None while it goes on."""
        return self.ended_at if self.closed_at is None else self.closed_at

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


class PastSession(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a session once the next begins: totals only.

    `counted` is milliseconds by seat; `evenness` and `coverage` are in thousandths, −1 where not defined. `held`: the
    seats whose issue it was; `hosts`: the seats that led it as hosts; `planned`: the planned session that it was.
    """

    number: int
    started_at: int
    ended_at: int
    counted: dict[int, int]
    evenness: int
    coverage: int
    held: list[int] = []
    hosts: list[int] = []
    planned: bytes = b""


class StartSession(Command, frozen=True):
    """Start a session with these phases. `host` leads it; `planned`: the planned session that it is."""

    phases: list[PhasePlan]
    host: int = 0
    planned: bytes = b""


class EndSession(Command, frozen=True):
    """End the session. `number` names it, so that two people end one."""

    number: int


class HandOver(Command, frozen=True):
    """This member leads the session as its host from now on; 0: nobody but the standing facilitators."""

    seat: int


class Hold(Command, frozen=True):
    """Pause everything.

    `after` is the last hold of which its author knew (`last_hold`), None where that is not told. A later one, of
    whomever, is what was asked for: so a hold that is given again after a lost answer holds once, though nothing says
    whose it was.
    """

    after: bytes | None = None


class Resume(Command, frozen=True):
    """Go on, to the same second."""


class EndDeserted(Command, frozen=True):
    """The server: nobody is there any more for informal talk. `number` names the session."""

    number: int


class NoticeGap(Command, frozen=True):
    """The server: it was away from then (UTC milliseconds) until now."""

    since: int


class SessionStarted(Event, frozen=True):
    """A session has begun; these seats are on the call."""

    phases: list[PhasePlan]
    attending: list[int]
    host: int
    author: bytes
    planned: bytes = b""


class SessionEnded(Event, frozen=True):
    """The session is over."""


class HostSet(Event, frozen=True):
    """This member is host of the session now; 0 for nobody. `instead`: a seat that has not been host after all."""

    seat: int
    instead: int = 0


class HoldBegan(Event, frozen=True):
    """Everything stands still."""


class HoldEnded(Event, frozen=True):
    """It goes on."""


class GapNoticed(Event, frozen=True):
    """The server was away since then (UTC milliseconds)."""

    since: int


GAP_COUNTS_UNTIL_MS = 30_000
"""A gap up to this long counts as spoken; in a longer one nobody is sure who spoke."""


def _start(room: Room, command: StartSession, asking: Asking) -> list[Event] | Refusal:
    running = room.running
    if running is not None and running.closed_at is None:
        return refuse("session_running")
    refusal = agenda.refused_plan(room, command.phases)
    if refusal is not None:
        return refusal
    if command.host and not _has_screen(room, command.host):
        return refuse("no_such_seat")
    if command.planned and series.planned_with(room, command.planned) is None:
        return refuse("no_such_meeting")
    here = [
        m.seat
        for m in room.members.values()
        if not m.removed and (m.seat in asking.connected or (m.is_guest and m.attending))
    ]
    author = room.members[asking.by].ik if asking.by in room.members else b""
    started = SessionStarted(command.phases, here, command.host, author, command.planned)
    ended = [] if running is None else ending(room)
    first = command.phases[0]
    if first.mode not in (FloorMode.SOLO, FloorMode.ROUND) and first.check_in is None:
        return [*ended, started]
    after, stamp = agenda.copy_of(room), Stamp(room.seq + 1, asking.at, asking.id, asking.by)
    if ended:
        _ended(after, SessionEnded(), stamp)
    _started(after, started, stamp)
    following = agenda.beginning(after, PhaseStarted(0), asking)
    return following if isinstance(following, Refusal) else [*ended, started, *following]


def _has_screen(room: Room, seat: int) -> bool:
    member = room.members.get(seat)
    return member is not None and not member.removed and not member.is_guest


def ending(room: Room) -> list[Event]:
    """What the end of a session makes happen: an open check-in closes, its visitors leave with it."""
    return [*checkins.closing(room), SessionEnded(), *visitors_leave(room)]


def _end(room: Room, command: EndSession, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.number != command.number:
        return refuse("no_session")
    return ending(room)


def empty_due(room: Room) -> tuple[int, Command] | None:
    """When informal talk ends by itself, because nobody with a screen is there any more, and the command for it."""
    session = room.running
    if session is None or session.closed_at is None or any(not m.is_guest for m in attending(room)):
        return None
    return room.at, EndDeserted(session.number)


def _end_deserted(room: Room, command: EndDeserted, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if session is None or session.number != command.number or empty_due(room) is None:
        return []
    return ending(room)


def _hand_over(room: Room, command: HandOver, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    if command.seat and not _has_screen(room, command.seat):
        return refuse("no_such_seat")
    if command.seat and room.members[command.seat].role is Role.OBSERVER:
        return refuse("not_allowed")
    if not command.seat and not any(m.role is Role.FACILITATOR and m.attending for m in room.members.values()):
        return refuse("last_facilitator")
    return [] if session is None or session.host == command.seat else [HostSet(command.seat)]


def last_hold(room: Room) -> bytes:
    """The id of the command that last held a session of this room; empty for none."""
    nobodys = room.seen.get(b"")
    return nobodys.recent[-1] if nobodys is not None else b""


def _hold(room: Room, command: Hold, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    done = session is None or session.held_since is not None or command.after not in (None, last_hold(room))
    return [] if done else [HoldBegan()]


def _resume(room: Room, command: Resume, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    return refuse("not_held") if session is None or session.held_since is None else [HoldEnded()]


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
    holders = {p.issue: p.holder for p in event.phases if p.issue and p.holder and p.activity != "feedback"}
    session = room.session = Session(
        id=stamp.id,
        number=(last.number if last else 0) + 1,
        started_at=stamp.at,
        phases=event.phases,
        phase_index=0,
        phase=Phase(
            first.activity,
            first.title,
            first.minutes,
            first.mode,
            first.counted,
            holders.get(first.issue, first.holder) if first.issue else first.holder,
            stamp.at,
            issue=first.issue,
        ),
        author=event.author,
        host=event.host,
        floor=Floor(mode=first.mode, idle_since=stamp.at),
        holders=holders,
        planned=event.planned,
        hosts=[event.host] if event.host else [],
    )
    for number, seat in session.holders.items():
        issues.note_holder(room, session, number, seat)
    series.note_held(room, session, stamp.at)
    actions.clear_board(room, session.number)
    checkins.clear(room, session.number)
    here = set(event.attending)
    for member in room.members.values():
        member.presence = Presence.HERE if member.seat in here else Presence.GONE
        member.vouched = member.vouched and member.seat in here


def _totals_of(session: Session) -> PastSession:
    sums = airtime.totals(session, session.ended_at or 0)
    return PastSession(
        number=session.number,
        started_at=session.started_at,
        ended_at=session.over_at or 0,
        counted=sums.counted,
        evenness=-1 if sums.evenness is None else round(sums.evenness * 10),
        coverage=round(sums.coverage * 1000),
        held=list(issues.issues_held(session).values()),
        hosts=session.hosts,
        planned=session.planned,
    )


def _ended(room: Room, event: SessionEnded, stamp: Stamp) -> None:
    session = room.running
    if session is None:
        return
    _release(room, session, stamp.at)
    for turn in list(session.floor.turns):
        end_turn(room, turn.id, stamp.at)
    session.floor = Floor(mode=session.floor.mode, idle_since=stamp.at)
    session.visits.append(Visit(session.phase_index, session.phase.started, stamp.at, session.phase.held_ms))
    session.ended_at = stamp.at
    pairs.end_pairs(room, stamp.at)
    issues.note_held(room, session)
    actions.carry_over(room, session, session.over_at or stamp.at)
    room.timekeeper = room.chair = 0
    for member in room.members.values():
        member.listening = False


def _host_set(room: Room, event: HostSet, stamp: Stamp) -> None:
    if room.session is not None:
        room.session.host = event.seat
        hosts = [s for s in room.session.hosts if s != event.instead]
        room.session.hosts = [*hosts, event.seat] if event.seat and event.seat not in hosts else hosts


def _hold_began(room: Room, event: HoldBegan, stamp: Stamp) -> None:
    session = room.running
    if session is not None and session.held_since is None:
        session.held_since = stamp.at


def _hold_ended(room: Room, event: HoldEnded, stamp: Stamp) -> None:
    if room.session is not None:
        _release(room, room.session, stamp.at)


def _release(room: Room, session: Session, at: int) -> None:
    """Every clock goes on from where it stood."""
    if session.held_since is None:
        return
    since, floor = session.held_since, session.floor
    session.held_since = None
    stood = at - max(since, session.phase.started)
    session.phase.held_ms += stood
    if session.closed_at is None:
        session.held_ms += stood
    if session.pairs is not None and not session.pairs.over:
        session.pairs.ends_at += at - max(since, session.pairs.began)
    checkins.stand_still(room, since, at)
    floor.idle_since += at - max(since, floor.idle_since)
    for turn in floor.turns:
        turn.stand_still(since, at)


def _gap_noticed(room: Room, event: GapNoticed, stamp: Stamp) -> None:
    if room.session is None or stamp.at - event.since <= GAP_COUNTS_UNTIL_MS:
        return
    for turn in room.session.floor.turns:
        since = max(event.since, turn.began)
        turn.unsure_since = since if turn.unsure_since is None else min(turn.unsure_since, since)


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    StartSession: _start,
    EndSession: _end,
    HandOver: _hand_over,
    EndDeserted: _end_deserted,
    Hold: _hold,
    Resume: _resume,
    NoticeGap: _notice_gap,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    SessionStarted: _started,
    SessionEnded: _ended,
    HostSet: _host_set,
    HoldBegan: _hold_began,
    HoldEnded: _hold_ended,
    GapNoticed: _gap_noticed,
}
