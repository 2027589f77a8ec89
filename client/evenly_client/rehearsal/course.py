"""A whole series in fast time: planned, held session by session, and what lies between the sessions.

On the way two members change places, somebody says that they cannot come, and somebody joins late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenly_protocol import series
from evenly_protocol.airtime import Totals, totals
from evenly_protocol.issues import issues_held
from evenly_protocol.series import Planned, PlanSeries, SayAway, SwapHolders
from evenly_protocol.session import Session
from evenly_protocol.words import ActionState, CheckInKind, PostKind

from evenly_client import starting
from evenly_client.formats.planning import FEEDBACK, planned
from evenly_client.formats.shape import Format
from evenly_client.narration.check_ins import result_of
from evenly_client.new_room import set_up
from evenly_client.peer import Peer
from evenly_client.rehearsal.by_format import ByFormat
from evenly_client.rehearsal.member import RehearsalMember
from evenly_client.rehearsal.passing import Rehearsal
from evenly_client.sealing import DeviceKey
from evenly_client.translation import _

DAY_S = 86_400.0
DAY_MS = 86_400_000
EVERY_DAYS = 14
BEFORE_MS = 5 * 60_000
"""How long before a session its people are there, milliseconds."""

SWAP_AFTER, JOINS_AFTER, AWAY_AFTER = 1, 2, 2
"""After so many sessions: two change places, the late one joins, somebody says that they cannot come."""


@dataclass(frozen=True)
class Held:
    """A session of the series, once it is over. Members are seats.

    Attributes:
        number, at: which, and when it began (UTC milliseconds).
        holders, host, feedback_by: whose issue, who led, whose feedback it began with; 0 for nobody.
        away: who was not there.
        added, done, carried: actions committed to, done since the session before, and carried over.
        sums: its air time.
        check_in: the kind and the figure of its last check-in that has one; None for none.
    """

    number: int
    at: int
    holders: list[int]
    host: int
    feedback_by: int
    away: list[int]
    added: int
    done: int
    carried: int
    sums: Totals
    check_in: tuple[CheckInKind, float] | None = None


class Course:
    """The series of a rehearsal.

    Attributes:
        held: the sessions so far.
        lead: who opened the room, the standing facilitator.
        members: everybody else, by seat.
    """

    def __init__(self, rehearsal: Rehearsal, format: Format, *, minutes: float = 0) -> None:
        """`minutes`: the length of each session; 0 for the format's own."""
        self.rehearsal = rehearsal
        self.held: list[Held] = []
        self.members: dict[int, RehearsalMember] = {}
        self._format = format
        self._minutes = minutes
        self._draw = rehearsal.draw()
        self._lead: RehearsalMember | None = None

    @property
    def peer(self) -> Peer:
        """The client of who opened the room."""
        assert self._lead is not None
        assert self._lead.peer is not None
        return self._lead.peer

    async def open(self, lead: RehearsalMember, members: Sequence[RehearsalMember]) -> None:
        """The room, its people, and the plan of the series; the first session a week from now."""
        self._lead = lead
        await lead.arrive(create=True)
        await set_up(self.peer, _("Rehearsal"))
        for member in members:
            await self.join(member)
        await self._plan(self.rehearsal.now + 7 * DAY_MS)

    async def join(self, member: RehearsalMember) -> None:
        """Somebody is a member from now on."""
        await member.arrive()
        self.members[member.seat] = member

    async def play(
        self,
        late: Sequence[RehearsalMember],
        *,
        begins: Callable[[Planned], None],
        told: Callable[[Held], None],
        stay: bool = False,
    ) -> None:
        """Every session of the series. `late` join on the way. `stay`: the room is left open after the last.

        `begins` is told of a session before it begins, `told` once it is over.
        """
        while (coming := series.next_planned(self.peer.room)) is not None:
            await self._between(coming)
            begins(coming)
            last = len(series.to_come(self.peer.room)) == 1
            self.held.append(await self._hold_session(coming, stays=stay and last))
            told(self.held[-1])
            await self._afterwards(late)

    async def hand_over(self, key: DeviceKey) -> None:
        """Whoever has this key acts by themselves from now on: their rehearsal member goes."""
        for member in [self._lead, *self.members.values()]:
            if member is not None and member.key.public == key.public:
                self.rehearsal.looking.remove(member)
                await member.leave()

    async def _hold_session(self, coming: Planned, *, stays: bool) -> Held:
        away = [self.members[seat] for seat in coming.away if seat in self.members]
        for member in away:
            await member.leave()
        before = self.peer.room.session
        since = 0 if before is None else before.ended_at or 0
        host = self.members.get(coming.host)
        leads = host.peer if host is not None and host.peer is not None else self.peer
        leader = ByFormat(self.rehearsal, leads, self._format, minutes=self._minutes, informal=stays)
        leader.begin()
        await self.rehearsal.run(lambda: leader.over or (stays and self._left_open()))
        leader.done()
        for member in away:
            await member.arrive()
        session = self.peer.room.session
        assert session is not None
        return self._told(session, since, [m.seat for m in away])

    def _left_open(self) -> bool:
        running = self.peer.room.running
        return running is not None and running.closed_at is not None

    def _told(self, session: Session, since: int, away: list[int]) -> Held:
        room, number = self.peer.room, session.number
        feedback = [session.phases[v.index].holder for v in session.visits if _gives_feedback(session, v.index)]
        steps = [step for action in room.actions for step in action.history]
        return Held(
            number=number,
            at=session.started_at,
            holders=list(issues_held(session).values()),
            host=session.host,
            feedback_by=feedback[0] if feedback else 0,
            away=away,
            added=sum(a.session == number for a in room.actions),
            done=sum(s.by != 0 and s.state is ActionState.DONE and s.at > since for s in steps),
            carried=sum(s.by == 0 and s.session == number for s in steps),
            sums=totals(session, session.ended_at or room.at),
            check_in=self._figure(number),
        )

    def _figure(self, number: int) -> tuple[CheckInKind, float] | None:
        """What the last check-in of this session came to, as far as that is a figure."""
        asked = [c for c in reversed(self.peer.room.check_ins) if c.session == number]
        results = [r for c in asked if (r := result_of(self.peer, c)) is not None]
        return next(((r.kind, r.figure) for r in results if r.figure is not None), None)

    # -- between the sessions ------------------------------------------------------------------------------------

    async def _between(self, coming: Planned) -> None:
        """Days pass: buddies ask, asks are answered, actions are done, whoever holds the issue brings it."""
        left = max(0.0, (coming.at - BEFORE_MS - self.rehearsal.now) / 1000)
        for seat, member in sorted(self.members.items()):
            plan, some = self.rehearsal.plan, self._draw.uniform
            if seat in coming.holders:
                plan(some(0.5, 0.9) * left, member.boards.bring_issue)
            plan(some(0.1, 0.6) * left, member.boards.ask_how_it_goes)
            plan(some(0.2, 0.8) * left, member.boards.answer_an_ask)
            plan(some(0.3, 0.9) * left, member.boards.reconsider)
            if not any(phase.activity == starting.PROGRESS for phase in planned(self._format)):
                plan(some(0.6, 0.95) * left, member.boards.review)
            if self._draw.random() < 0.2:
                plan(some(0.1, 0.9) * left, lambda member=member: member.boards.post(PostKind.RESOURCE))
        await self.rehearsal.run_to(max(self.rehearsal.now, coming.at - 1_000))

    async def _afterwards(self, late: Sequence[RehearsalMember]) -> None:
        """What makes a plan change: a swap, a late joiner, somebody who cannot come."""
        number, coming = len(self.held), series.to_come(self.peer.room)
        if not coming:
            return
        await self.rehearsal.run_to(self.rehearsal.now + DAY_MS)
        with_issue = [p for p in coming if p.holders]
        if number == SWAP_AFTER and len(with_issue) > 1:
            one, other = with_issue[0], with_issue[-1]
            await self.members[one.holders[0]].ask(SwapHolders(one.id, other.id))
        replan = False
        if number == JOINS_AFTER:
            for member in late:
                await self.join(member)
                replan = True
        if number == AWAY_AFTER and with_issue and with_issue[0].holders:
            await self.members[with_issue[0].holders[0]].ask(SayAway(with_issue[0].id))
            replan = True
        await self.rehearsal.caught_up()
        if replan:
            await self._plan(coming[0].at)

    async def _plan(self, first_at: int) -> None:
        assert self._lead is not None
        drafts = starting.series_of(self.peer.room, self._format, first_at=first_at, every_days=EVERY_DAYS)
        await self._lead.ask(PlanSeries(drafts))
        await self.rehearsal.caught_up()


def _gives_feedback(session: Session, index: int) -> bool:
    return session.phases[index].activity == FEEDBACK
