"""A stage for sessions of a format: real clients over real sockets, a clock that is told the time, people by name.

Everybody is a `Member`; the first is the facilitator. Nothing is drawn: a test says who does what and for how long.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from evenly_client import agenda_words, opened, starting
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.results import Result, result_of
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.formats import library
from evenly_client.sealing import DeviceKey
from evenly_client.starting import Start
from evenly_protocol import agenda, airtime, series
from evenly_protocol.actions import Action, AddAction, SetActionState
from evenly_protocol.agenda import ExtendPhase, LeaveOpen, StartPhase
from evenly_protocol.checkins import check_in_with, open_check_in
from evenly_protocol.facts import Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import PlanSeries
from evenly_protocol.session import EndSession, Session
from evenly_protocol.turns import CallNext, ConfirmSpeaker, Finish, GiveFloor, Turn
from evenly_protocol.words import ActionState, FloorMode, Intent
from evenly_server.clock import FedClock

from tests.harness import NOON, Group, Local, Member, encoded, folded, make_room, serving

SECOND, MINUTE = 1_000, 60_000
CONFIRMED_EVERY = 3 * MINUTE


class Stage:
    """A room in which sessions of formats are played."""

    def __init__(self, server: Local, group: Group, names: Sequence[str], joined: contextlib.AsyncExitStack) -> None:
        self.server = server
        self.group = group
        self.people: dict[str, Member] = dict(zip(names, group.members, strict=True))
        self.lead = group.leader
        self.parts = {name: CheckIns(member, MemoryLedger()) for name, member in self.people.items()}
        self.gone: dict[str, Member] = {}
        self._hands = itertools.count(1)
        self._joined = joined

    # -- what there is -------------------------------------------------------------------------------------------

    @property
    def room(self) -> Room:
        return self.lead.room

    @property
    def session(self) -> Session:
        session = self.room.session
        assert session is not None
        return session

    @property
    def now(self) -> int:
        clock = self.server.process.clock
        assert isinstance(clock, FedClock)
        return clock.now()

    def seat(self, name: str) -> int:
        """The seat of a person; 0 for nobody."""
        return {**self.people, **self.gone}[name].seat if name else 0

    def name(self, seat: int) -> str:
        """The name of a seat; empty for nobody."""
        everybody = {**self.people, **self.gone}
        return next((name for name, member in everybody.items() if member.seat == seat), "")

    def names(self, seats: Sequence[int]) -> list[str]:
        return [self.name(seat) for seat in seats]

    @property
    def plan(self) -> list[tuple[str, int, FloorMode]]:
        """The agenda: title, minutes, floor mode."""
        return [
            (agenda_words.title_of(self.lead.sealer, self.session, i), plan.minutes, plan.mode)
            for i, plan in enumerate(self.session.phases)
        ]

    @property
    def starts(self) -> list[int]:
        """At which minute each phase begins by projection, the one under way included."""
        moments = [self.session.phase.started, *agenda.starts(self.session, self.now).values()]
        return [(moment - self.session.started_at) // MINUTE for moment in moments]

    @property
    def minute(self) -> Fraction:
        """Minutes since the session's start."""
        return Fraction(self.now - self.session.started_at, MINUTE)

    @property
    def title(self) -> str:
        return agenda_words.title_of(self.lead.sealer, self.session, self.session.phase_index)

    @property
    def turn(self) -> Turn:
        (turn,) = self.room.floor.turns
        return turn

    @property
    def has_floor(self) -> str:
        """Who has the floor; empty for nobody."""
        turns = self.room.floor.turns
        return self.name(turns[0].seat) if turns else ""

    @property
    def eligible(self) -> list[str]:
        return self.names(airtime.eligible_now(self.room, self.session))

    def counted(self, name: str) -> int:
        """Counted air time of somebody in this session, seconds."""
        return airtime.totals(self.session, self.now).counted.get(self.seat(name), 0) // SECOND

    def everything_counted(self) -> dict[str, int]:
        """Counted air time of everybody who has some, seconds."""
        counted = airtime.totals(self.session, self.now).counted
        return {self.name(seat): ms // SECOND for seat, ms in counted.items() if ms}

    def balance(self, name: str) -> Fraction:
        """The balance of somebody in this session, milliseconds."""
        return airtime.totals(self.session, self.now).balance[self.seat(name)]

    def questions_put(self) -> dict[str, int]:
        return {self.name(seat): number for seat, number in self.room.floor.questions_put.items()}

    # -- coming and going ----------------------------------------------------------------------------------------

    async def joins(self, name: str) -> None:
        """Somebody enters the room for the first time."""
        await self._connects(name, Member(self.group.link, DeviceKey.generate(), name))

    async def leaves(self, name: str) -> None:
        """Somebody closes the connection, and the server has noticed."""
        member = self.gone[name] = self.people.pop(name)
        await member.stop()
        self.group.members = list(self.people.values())
        await self.lead.until(lambda _: member.seat not in self.lead.connected)

    async def comes_back(self, name: str) -> None:
        """Somebody who has left is there again."""
        gone = self.gone.pop(name)
        await self._connects(name, Member(self.group.link, gone.key, name))

    async def _connects(self, name: str, member: Member) -> None:
        self._joined.push_async_callback(member.stop)
        member.start()
        await member.entered()
        self.people[name] = member
        self.group.members = list(self.people.values())
        await self.lead.until(lambda _: member.seat in self.lead.connected)
        await self.group.caught_up()

    # -- asking --------------------------------------------------------------------------------------------------

    async def ask(self, name: str, command: Command, id: bytes = b"") -> None:
        """Somebody asks for something, and gets it; everybody has seen it then."""
        refusal = await self.people[name].ask(command, id)
        assert refusal is None, refusal
        await self.group.caught_up()

    async def refused(self, name: str, command: Command) -> str:
        """The code with which somebody is refused."""
        refusal = await self.people[name].ask(command)
        assert refusal is not None
        return refusal.code

    async def leads(self, command: Command) -> None:
        """The facilitator asks for something, and gets it."""
        await self.ask(self.name(self.lead.seat), command)

    async def passes(self, ms: int) -> None:
        """So many milliseconds pass; what the server did meanwhile everybody has seen."""
        await self.server.advance(ms)
        entries = await self.server.entries(self.group.link.room)
        await self.lead.until(lambda room: room.seq >= entries[-1].seq)
        await self.group.caught_up()

    # -- the session ---------------------------------------------------------------------------------------------

    async def plan_series(self, format: str, *, first_at: int = 0, every_days: int = 14) -> None:
        """The facilitator puts the series in place that the planner proposes."""
        drafts = starting.series_of(self.room, library.find(format), first_at=first_at, every_days=every_days)
        await self.leads(PlanSeries(drafts))

    async def start(self, format: str, *, holders: Mapping[int, str] | None = None, by: str = "") -> Start:
        """Starts the next session in a format. `holders`: whose issue each is, where the series does not say."""
        opener = self.people[by] if by else self.lead
        start = starting.prepared(opener.room, library.find(format), by=opener.seat)
        if holders is not None:
            start = replace(start, holders={number: self.seat(name) for number, name in holders.items()})
        id = opener.new_id()
        refusal = await opener.ask(starting.command(opener, start, id), id)
        assert refusal is None, refusal
        await self.group.caught_up()
        return start

    async def next(self, title: str, *, at: int | None = None, speaker: str = "") -> None:
        """The facilitator starts the next phase; it is called so, and begins at that minute."""
        following = agenda.next_phase(self.session)
        assert following is not None
        await self.leads(StartPhase(following, self.session.phase.visit, self.seat(speaker)))
        assert self.title == title
        if at is not None:
            assert self.minute == at

    async def extend(self, minutes: int) -> None:
        """The phase gets more time from the later ones."""
        await self.leads(ExtendPhase(minutes * MINUTE, from_later=True))

    async def end(self) -> None:
        """The session ends, at once."""
        await self.leads(EndSession(self.session.number))

    async def leave_open(self) -> None:
        """The session is over, and informal talk goes on."""
        await self.leads(LeaveOpen(self.session.phase.visit))

    async def same_everywhere(self) -> None:
        """Every replica is, to the last field, what the journal makes of itself when it is folded anew."""
        await self.group.caught_up()
        anew = encoded(folded(self.group.link.room, await self.server.entries(self.group.link.room)))
        for name, member in self.people.items():
            assert encoded(member.room) == anew, name

    # -- the floor -----------------------------------------------------------------------------------------------

    async def finishes(self) -> None:
        """Whoever has the floor, or answers, is done."""
        turn = self.turn
        speaker = turn.seat if turn.answer_at is None else self.session.phase.holder
        await self.ask(self.name(speaker), Finish(turn.id))

    async def _talks(self, ms: int) -> None:
        """Time passes while somebody speaks; whoever tracks says now and then that it is still the same person."""
        while ms > CONFIRMED_EVERY:
            await self.passes(CONFIRMED_EVERY)
            ms -= CONFIRMED_EVERY
            await self.leads(ConfirmSpeaker(self.turn.id))
        await self.passes(ms)

    async def round(self, *order: str) -> None:
        """Everybody has the floor once, in this order, for the time that the guide gives them: the whole phase."""
        current = self.room.floor.round
        assert current is not None
        assert self.room.floor.mode is FloorMode.ROUND
        for name in order:
            assert self.has_floor == name, self.has_floor
            await self.passes(current.guide_ms)
            await self.finishes()
        assert self.room.floor.round is None
        assert self.has_floor == ""

    async def solo(self, name: str) -> None:
        """One person has the floor until the phase's end; nobody is called meanwhile."""
        assert (self.room.floor.mode, self.has_floor) == (FloorMode.SOLO, name)
        assert await self.refused(self.name(self.lead.seat), CallNext(self.turn.id)) == "wrong_mode"
        await self.passes(self.session.phase.ends_at - self.now)
        assert self.has_floor == name, self.has_floor

    async def raises(self, name: str, intent: Intent = Intent.SPEAK, words: str = "") -> bytes:
        """A hand goes up. Its id; those of one moment are in the order in which they went up."""
        member = self.people[name]
        id = next(self._hands).to_bytes(16)
        await self.ask(name, RaiseHand(intent, member.seal(FieldKind.WORDS, words, id)), id)
        return id

    async def calls(self, name: str) -> None:
        """The facilitator calls the next in line; it is this person's turn."""
        turns = self.room.floor.turns
        await self.leads(CallNext(turns[0].id if turns else b""))
        assert self.has_floor == name, self.has_floor

    async def answers(self, **answers: int) -> Result:
        """The check-in that the phase has opened: these people answer from 1 to 5, the others abstain; all are done."""
        check_in = open_check_in(self.room)
        assert check_in is not None
        await self.group.caught_up()
        for name, part in self.parts.items():
            await self.people[name].until(lambda _, part=part: part.mine.people == len(self.parts))
            if name in answers:
                part.answer(check_in.id, (answers[name] - 1,))
            part.done(check_in.id)
        await self.lead.until(lambda room: closed_check_in(room, check_in.id))
        found = check_in_with(self.room, check_in.id)
        assert found is not None
        result = result_of(self.lead.sealer, self.lead.keys.room_key, self.room.id, found)
        assert result is not None
        return result

    async def speaks(self, name: str, seconds: int, intent: Intent = Intent.SPEAK) -> None:
        """A hand, a call, so many seconds of talk."""
        await self.raises(name, intent)
        await self.calls(name)
        await self._talks(seconds * SECOND)
        await self.finishes()

    async def replies(self, name: str, seconds: int) -> None:
        """The facilitator marks that somebody speaks, who has not asked for it."""
        await self.leads(GiveFloor(self.seat(name)))
        await self._talks(seconds * SECOND)
        await self.finishes()

    async def asks(self, name: str, words: str, *, asking: int = 10, answering: int = 0) -> None:
        """A question in words is raised, called, put in so many seconds, and answered (0: there is no answer)."""
        await self.raises(name, Intent.QUESTION, words)
        await self.is_answered(name, asking=asking, answering=answering)

    async def is_answered(self, name: str, *, asking: int = 10, answering: int = 0) -> None:
        """The next question called is this person's."""
        await self.calls(name)
        await self._talks(asking * SECOND)
        await self.finishes()
        if answering:
            assert self.turn.answer_at == self.now
            await self._talks(answering * SECOND)
            await self.finishes()
        assert self.has_floor == ""

    # -- the boards ----------------------------------------------------------------------------------------------

    async def commits(self, name: str, text: str) -> bytes:
        """By next session I will …: the action's id."""
        member = self.people[name]
        id = member.new_id()
        await self.ask(name, AddAction(member.seal(FieldKind.ACTION, text, id)), id)
        return id

    async def says_of(self, name: str, action: bytes, state: ActionState, learnt: str = "") -> None:
        """What became of an action, and what was learnt."""
        member = self.people[name]
        id = member.new_id()
        await self.ask(name, SetActionState(action, state, member.seal(FieldKind.NOTE, learnt, id)), id)

    def action(self, id: bytes) -> Action:
        return next(a for a in self.room.actions if a.id == id)

    def questions(self) -> list[tuple[str, str]]:
        """Who asked what, in words, in this session."""
        return [(self.name(q.seat), opened.question_words(self.lead.sealer, q)) for q in self.session.questions]

    def coming(self) -> list[tuple[list[str], str, bool]]:
        """The sessions to come: issue-holders, host, whether it is feedback alone."""
        return [(self.names(p.holders), self.name(p.host), p.feedback) for p in series.to_come(self.room)]


@contextlib.asynccontextmanager
async def staged(*names: str) -> AsyncGenerator[Stage]:
    """A stage with these people; the first is the facilitator."""
    async with (
        serving(clock=FedClock(NOON), paced=False) as server,
        make_room(server, len(names), names=names) as group,
        contextlib.AsyncExitStack() as joined,
    ):
        yield Stage(server, group, names, joined)


def closed_check_in(room: Room, id: bytes) -> bool:
    """Whether there is a result."""
    found = check_in_with(room, id)
    return found is not None and found.ended_at > 0
