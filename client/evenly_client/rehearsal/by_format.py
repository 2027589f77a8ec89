"""A session of any format, led from its first phase to its last: a little early here, a little late there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from evenly_protocol import agenda
from evenly_protocol.agenda import ExtendPhase, LeaveOpen, PhasePlan, SetIssueHolder, SkipPhase, StartPhase
from evenly_protocol.checkins import check_in_with, open_check_in
from evenly_protocol.issues import ChooseIssue, waiting_issues
from evenly_protocol.members import takes_part
from evenly_protocol.pairs import SetPairs
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import EndSession, Hold, Resume, Session, StartSession
from evenly_protocol.words import MILLISECONDS_A_MINUTE, UNDER_WAY, FloorMode, Role

from evenly_client import drawing, pairing, starting
from evenly_client.checkins.asking import about_issues
from evenly_client.checkins.chosen import most_chosen
from evenly_client.formats.shape import Format
from evenly_client.peer import Peer
from evenly_client.rehearsal.leading import Leading
from evenly_client.rehearsal.passing import Rehearsal
from evenly_client.starting import Start

EXPERT = "expert"
PAIR_MINUTES = 8
"""About how long a talk in pairs is."""

PAUSE_S = 20.0
INFORMAL_S = 45.0
"""How long people stay after the end, seconds."""

ANSWERED_LATE_MS = 30_000
"""How long after a phase's end a check-in is left open, milliseconds."""

CHOSEN_WITHIN_S = 60
"""How long the check-in about issues is open, seconds."""

LATE_AT_MOST = 0.1
"""How late a phase's end may be called, as a part of its length; as early, or earlier, is as likely."""


class ByFormat(Leading):
    """A facilitator, or the session's host, who leads through a format's phases.

    One phase is extended, the later ones giving the time; once there is a short pause, where the format has no break.
    A phase that opens a check-in is left once that has its result. Where more issues wait than the session has room
    for, the group chooses in a check-in.
    """

    def __init__(
        self, rehearsal: Rehearsal, peer: Peer, format: Format, *, minutes: float = 0, informal: bool = True
    ) -> None:
        """`minutes`: the session's length, 0 for the format's own. `informal`: the room is left open at the end."""
        super().__init__(rehearsal, peer)
        self._format = format
        self._minutes = minutes
        self._informal = informal
        self._visit = 0
        self._moving = 0
        self._extends = self._pauses = -1
        self._about_issues = b""

    def look(self) -> None:
        """See `Looking.look`."""
        super().look()
        session = self.session
        if session is None or session.closed_at is not None:
            return
        phase = session.phase
        if self._about_issues and self._issue_is_chosen():
            chosen, self._about_issues = self._about_issues, b""
            self.rehearsal.plan(self.draw.uniform(2, 4), lambda: self._take_chosen(chosen))
        if phase.visit != self._visit:
            self._visit = phase.visit
            self._phase_begins(session)
        elif self._moving != phase.visit and _said_all(session):
            self._move_on_in(self.draw.uniform(2, 5), phase.visit)

    def begin(self, after: float = 1.0) -> None:
        """Plans the session's start, so many seconds from now."""
        self.rehearsal.plan(after, self.start)

    async def start(self) -> None:
        """Starts the session that is next, in the format."""
        peer = self.peer
        start = started_with_holders(
            peer, shortened(starting.prepared(peer.room, self._format, by=peer.seat), self._minutes)
        )
        id = self.draw.randbytes(16)
        refusal = await self.ask(start_command(peer, start, id), id)
        if refusal is not None:
            raise RuntimeError(f"the session could not be started: {refusal.sentence}")
        await self.peer.until(lambda room: room.running is not None)
        session = self.peer.room.running
        if session is not None:
            self._choose_moments(session)

    def _choose_moments(self, session: Session) -> None:
        """Which phase is extended, and in which there is a pause."""
        talks = [
            i
            for i, p in enumerate(session.phases)
            if p.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS) and i < len(session.phases) - 2
        ]
        if talks:
            self._extends = max(talks, key=lambda i: session.phases[i].minutes)
        if not any(p.activity == "break" for p in session.phases):
            calm = [i for i, p in enumerate(session.phases) if p.mode not in (FloorMode.SOLO, FloorMode.SILENCE)]
            others = [i for i in calm if i != self._extends] or calm
            self._pauses = self.draw.choice(others) if others else -1

    # -- one phase -----------------------------------------------------------------------------------------------

    def _phase_begins(self, session: Session) -> None:
        phase, plan = session.phase, self.rehearsal.plan
        seconds = (phase.ends_at - phase.started) / 1000
        # Which phase: session.phase_index; a hold and an extension move its end, which is looked at again then.
        self.rehearsal.plan(
            seconds * (1 + self.draw.uniform(-LATE_AT_MOST, LATE_AT_MOST)), lambda: self._time_is_up(phase.visit)
        )
        if session.phase_index == self._extends:
            plan(seconds * 0.8, lambda: self._extend(phase.visit))
        if session.phase_index == self._pauses:
            plan(seconds * 0.5, lambda: self._pause(phase.visit))
        if phase.visit == 1:
            plan(self.draw.uniform(2, 4), self.compare_words)
            if self._has_to_choose(session):
                plan(seconds * self.draw.uniform(0.3, 0.4), lambda: self._ask_about_issues(phase.visit))
        if phase.activity == "networking":
            plan(self.draw.uniform(3, 8), lambda: self._draw_pairs(phase.visit))

    def _move_on_in(self, seconds: float, visit: int) -> None:
        self._moving = visit
        self.rehearsal.plan(seconds, lambda: self._move_on(visit))

    def _here(self, visit: int) -> Session | None:
        """The session, if this phase is still under way."""
        session = self.session
        return session if session is not None and session.phase.visit == visit else None

    async def _time_is_up(self, visit: int) -> None:
        """The phase's end has come, unless it has moved; whoever speaks may finish, and a round come to its end."""
        session = self._here(visit)
        if session is None or session.closed_at is not None:
            return
        phase = session.phase
        late = self.rehearsal.now - phase.ends_at
        tolerance = (phase.ends_at - phase.started) * LATE_AT_MOST
        if session.held_since is not None or late < -tolerance:
            wait = max(5.0, -late / 1000)
            self.rehearsal.plan(wait, lambda: self._time_is_up(visit))
            return
        patience = 90_000 if session.floor.round is not None else 20_000
        if session.floor.turns and late < patience:
            self.rehearsal.plan(3.0, lambda: self._time_is_up(visit))
            return
        await self._move_on(visit)

    async def _extend(self, visit: int) -> None:
        session = self._here(visit)
        if session is None:
            return
        minutes = max(1, round((session.phase.ends_at - session.phase.started) / MILLISECONDS_A_MINUTE / 5))
        await self.ask(ExtendPhase(minutes * MILLISECONDS_A_MINUTE, from_later=True))

    async def _pause(self, visit: int) -> None:
        if self._here(visit) is not None:
            await self.ask(Hold())
            self.rehearsal.plan(PAUSE_S, self._go_on)

    async def _go_on(self) -> None:
        await self.ask(Resume())

    async def _move_on(self, visit: int) -> None:
        session = self._here(visit)
        if session is None or session.closed_at is not None:
            return
        if session.held_since is not None:
            self.rehearsal.plan(5.0, lambda: self._move_on(visit))
            return
        if open_check_in(self.peer.room) is not None:
            # Whoever has not answered may still: then it is closed, and the phase over a little later.
            if self.rehearsal.now - session.phase.ends_at > ANSWERED_LATE_MS:
                await self.close_check_in()
            self.rehearsal.plan(3.0, lambda: self._move_on(visit))
            return
        following = agenda.next_phase(session)
        if following is None:
            await self._close(session)
        else:
            await self._start_phase(session, following)

    async def _start_phase(self, session: Session, index: int) -> None:
        visit, plan = session.phase.visit, session.phases[index]
        await self._name_holder(session, plan)
        seat = plan.speaker or (expert_of(self.peer, session.holders) if plan.activity == EXPERT else 0)
        refusal = await self.ask(StartPhase(index, visit, seat))
        if refusal is None:
            return
        # Whoever was to speak is not there: the group goes on without that phase.
        await self.ask(SkipPhase(index))
        following = agenda.next_phase(session)
        if following is not None and following != index:
            await self._start_phase(session, following)

    async def _name_holder(self, session: Session, plan: PhasePlan) -> None:
        """A phase about an issue whose holder is nobody, or not here, gets another."""
        holder = agenda.holder_of(session, plan)
        member = self.peer.room.members.get(holder)
        if not plan.issue or (member is not None and member.attending):
            return
        taken = set(session.holders.values())
        for issue in waiting_issues(self.peer.room):
            if issue.seat not in taken and self.peer.room.members[issue.seat].attending:
                await self.ask(ChooseIssue(issue.id, plan.issue))
                return
        free = [s for s in holding(self.peer) if s not in taken]
        if free:
            await self.ask(SetIssueHolder(free[0], plan.issue))

    # -- choosing an issue ---------------------------------------------------------------------------------------

    def _has_to_choose(self, session: Session) -> bool:
        """More issues wait than the session has room for, and whose it takes was not planned."""
        numbers = {p.issue for p in session.phases if p.issue}
        free = numbers and not session.planned and not session.phase.issue
        return bool(free) and len(waiting_issues(self.peer.room)) > len(numbers)

    async def _ask_about_issues(self, visit: int) -> None:
        session = self._here(visit)
        if session is None or open_check_in(self.peer.room) is not None or not self._has_to_choose(session):
            return
        self._about_issues = await self.ask_check_in(replace(about_issues(self.peer), seconds=CHOSEN_WITHIN_S))

    def _issue_is_chosen(self) -> bool:
        check_in = check_in_with(self.peer.room, self._about_issues)
        return check_in is not None and check_in.state not in UNDER_WAY

    async def _take_chosen(self, check_in: bytes) -> None:
        """What was chosen most becomes the first of the session's issues; of several the one that came first."""
        found = check_in_with(self.peer.room, check_in)
        chosen = most_chosen(self.peer, found) if found is not None else []
        if chosen and self.session is not None:
            await self.ask(ChooseIssue(chosen[0], 1))

    # -- pairs and the end ---------------------------------------------------------------------------------------

    async def _draw_pairs(self, visit: int) -> None:
        session = self._here(visit)
        if session is None:
            return
        seats = takes_part(self.peer.room)
        left = (session.phase.ends_at - self.rehearsal.now) // MILLISECONDS_A_MINUTE
        again = session.pairs is not None and session.pairs.began >= session.phase.started
        if len(seats) < 2 or left < (PAIR_MINUTES // 2 if again else 1):
            return
        minutes = min(PAIR_MINUTES, left)
        groups = drawing.drawn(self.peer.room, seats, self.draw.randrange(1 << 30))
        id = self.draw.randbytes(16)
        opener = self.peer.seal(FieldKind.QUESTION, self.rehearsal.decks.take(pairing.OPENERS), id)
        await self.ask(SetPairs(groups, minutes, opener), id)
        self.rehearsal.plan(minutes * 60 + self.draw.uniform(10, 25), lambda: self._draw_pairs(visit))

    async def _close(self, session: Session) -> None:
        if not self._informal:
            await self._end()
            return
        await self.ask(LeaveOpen(session.phase.visit))
        self.rehearsal.plan(INFORMAL_S, self._end)

    async def _end(self) -> None:
        session = self.session
        if session is not None:
            await self.ask(EndSession(session.number))
        self.done()


def _said_all(session: Session) -> bool:
    """A round or a solo that has come to its end: nothing more is said in this phase."""
    floor = session.floor
    if floor.turns or floor.round is not None or session.held_since is not None:
        return False
    return floor.mode in (FloorMode.SOLO, FloorMode.ROUND)


def holding(peer: Peer) -> list[int]:
    """Who can hold an issue now: participants on the call, those with an issue that waits first."""
    members = peer.room.members.values()
    here = [m.seat for m in members if m.seat in _here(peer) and m.role is Role.PARTICIPANT]
    brought = [i.seat for i in waiting_issues(peer.room)]
    return sorted(here, key=lambda seat: (seat not in brought, brought.index(seat) if seat in brought else seat))


def _here(peer: Peer) -> set[int]:
    running = peer.room.running is not None
    return {m.seat for m in peer.room.members.values() if m.attending} if running else set(peer.connected)


def expert_of(peer: Peer, holders: dict[int, int]) -> int:
    """Who speaks as the expert: the last of those who hold no issue; 0 for nobody."""
    free = [seat for seat in holding(peer) if seat not in holders.values()]
    return max(free, default=0)


def started_with_holders(peer: Peer, start: Start) -> Start:
    """The same start, with a holder for each issue that has none, or whose holder is not there."""
    numbers = sorted({phase.issue for phase in start.phases if phase.issue})
    there = set(holding(peer))
    holders = {n: s for n, s in start.holders.items() if s in there}
    for number in numbers:
        free = [s for s in holding(peer) if s not in holders.values() and s not in (start.host, start.feedback_by)]
        if number not in holders and free:
            holders[number] = free[0]
    feedback_by = start.feedback_by if start.feedback_by in there else 0
    return replace(start, holders=holders, feedback_by=feedback_by, host=start.host if start.host in _here(peer) else 0)


def start_command(peer: Peer, start: Start, id: bytes) -> StartSession:
    """As `starting.command`; an expert's talk gets its speaker."""
    command = starting.command(peer, start, id)
    expert = expert_of(peer, start.holders)
    phases = [
        msgspec.structs.replace(p, speaker=expert) if p.activity == EXPERT and not p.speaker else p
        for p in command.phases
    ]
    return msgspec.structs.replace(command, phases=phases)


def shortened(start: Start, minutes: float) -> Start:
    """The same start in so many minutes (0: as it is), phases in proportion, each at least a minute."""
    if not minutes:
        return start
    lengths = in_proportion([phase.minutes for phase in start.phases], round(minutes))
    return replace(start, phases=[replace(p, minutes=m) for p, m in zip(start.phases, lengths, strict=True)])


def in_proportion(minutes: Sequence[int], total: int) -> list[int]:
    """These minutes so that they add up to `total`, in proportion, each at least 1 (then perhaps to more)."""
    exact = [m * total / sum(minutes) for m in minutes]
    result = [max(1, math.floor(m)) for m in exact]
    for i in sorted(range(len(result)), key=lambda i: math.floor(exact[i]) - exact[i]):
        if sum(result) >= total:
            break
        result[i] += 1
    while sum(result) > total and max(result) > 1:
        result[result.index(max(result))] -= 1
    return result
