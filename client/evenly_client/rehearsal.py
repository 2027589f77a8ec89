"""Rehearsal members: ordinary clients with different temperaments, for trying a session alone.

They see the room as anybody does and act at moments of room time drawn from a seed: asking for the floor,
speaking, finishing, skipping, coming late. `Rehearsal.run` lets that time pass, act by act, at a speed.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from evenly_protocol.agenda import PhasePlan, SetIssueHolder
from evenly_protocol.facts import Command
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import RaiseHand
from evenly_protocol.members import is_facilitator, seat_of
from evenly_protocol.rounds import SkipRound
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import EndSession, Hold, Resume, StartSession
from evenly_protocol.turns import CallNext, ConfirmSpeaker, Speak, Turn, finish_of, turn_with
from evenly_protocol.words import FloorMode, Intent, Role

from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer, State
from evenly_client.sealing import DeviceKey

SLICE_S = 0.05
"""Real seconds between two advances of the clock while nothing is planned."""


@dataclass(frozen=True)
class Temperament:
    """How a rehearsal member is. Times in seconds.

    Attributes:
        name: who.
        wish_every: mean time between two wishes to speak.
        speaks_for: mean length of a turn.
        arrives_after: when they come, from the session's start.
        intents: what their hands are for; the more often named, the more often raised.
        skips: how likely they skip in a round.
    """

    name: str
    wish_every: float
    speaks_for: float
    arrives_after: float = 0.0
    intents: tuple[Intent, ...] = (Intent.SPEAK,)
    skips: float = 0.0


MEMBERS = (
    Temperament("Ana", 15, 35, intents=(Intent.SPEAK, Intent.REPLY, Intent.SPEAK, Intent.CLARIFY)),
    Temperament("Ben", 45, 12, intents=(Intent.REPLY, Intent.CLARIFY)),
    Temperament("Chris", 150, 25, skips=0.5),
    Temperament("Dora", 40, 95, intents=(Intent.SPEAK, Intent.SPEAK, Intent.PROCESS)),
    Temperament("Emil", 50, 40, arrives_after=75),
)
"""Eager, brief, quiet, rambling, late."""

QUESTIONS = (
    "What would you lose if you waited?",
    "Who else has a say in it?",
    "What have you tried so far?",
    "How would you notice that it got better?",
    "What is the part that you can change?",
)
POINTS = ("I see it differently", "one number on that", "something that helped us", "")


@dataclass(frozen=True)
class Act:
    """Something planned: at a moment of room time (UTC milliseconds)."""

    at: int
    do: Callable[[], Awaitable[None]]


class Rehearsal:
    """The members of a rehearsal and the time that passes for them.

    `on` is the room's link; the server there must have been started with a fed clock.
    """

    def __init__(self, server: LocalServer, on: Link, *, seed: int, speed: float, at: int) -> None:
        self.server = server
        self.link = on
        self.speed = speed
        self.now = at
        self.peers: list[Peer] = []
        self._random = random.Random(seed)
        self._plan: list[tuple[int, int, Act]] = []
        self._at_the_door: list[Peer] = []
        self._order = itertools.count()

    # -- time ----------------------------------------------------------------------------------------------------

    def plan(self, after: float, do: Callable[[], Awaitable[None]]) -> None:
        """Plans something `after` so many seconds of room time from now."""
        act = Act(self.now + max(1, int(after * 1000)), do)
        heapq.heappush(self._plan, (act.at, next(self._order), act))

    async def run(self, until: Callable[[], bool]) -> None:
        """Lets time pass, acting as planned, until `until` says so or nothing is planned any more."""
        began, real = self.now, time.monotonic()
        while not until() and self._plan:
            at = self._plan[0][0]
            if self.speed:
                due = real + (at - began) / 1000 / self.speed
                wait = due - time.monotonic()
                if wait > SLICE_S:
                    await asyncio.sleep(SLICE_S)
                    here = began + int((time.monotonic() - real) * 1000 * self.speed)
                    await self._advance(min(at, here))
                    continue
                await asyncio.sleep(max(0.0, wait))
            await self._advance(at)
            _, _, act = heapq.heappop(self._plan)
            await act.do()
            await self.caught_up()

    async def _advance(self, at: int) -> None:
        if at > self.now:
            self.now = at
            await self.server.advance(at)
            await self.caught_up()

    async def caught_up(self) -> None:
        """Waits until every replica has folded what any of them has."""
        live = [p for p in self.peers if p.state is State.LIVE]
        most = max((p.room.seq for p in live), default=0)
        for peer in live:
            await peer.until(lambda room: room.seq >= most)

    # -- members -------------------------------------------------------------------------------------------------

    async def knock(self, name: str, *, create: bool = False) -> Peer:
        """Another ordinary client comes to the room's door: it may have to wait in the lobby."""
        key = DeviceKey.from_bytes(self._random.randbytes(32))
        peer = Peer(self.link, key, name, create_key="" if create else None, rate=self.speed or 1.0)
        self._at_the_door.append(peer)
        peer.start()
        await peer.until(lambda _: peer.state not in (State.CONNECTING, State.LOST))
        if peer.state is State.LOBBY:
            for lead in self.peers:
                if is_facilitator(lead.room, lead.seat):
                    await lead.until(lambda _, lead=lead: bool(lead.waiting))
        return peer

    async def enter(self, peer: Peer) -> bool:
        """Whoever is let in comes in; False while they wait."""
        if peer.state is State.LOBBY and not any(seat_of(p.room, peer.key.public) for p in self.peers):
            return False
        await peer.until(lambda _: peer.state in (State.LIVE, State.AGREEMENT))
        if peer.state is State.AGREEMENT:
            await peer.answer_agreement()
        await peer.entered()
        self.peers.append(peer)
        return True

    async def bring(self, temperaments: Sequence[Temperament] = MEMBERS) -> None:
        """The members come in, those on time at once, the late ones when they do."""
        for temperament in temperaments:
            member = RehearsalMember(self, temperament, random.Random(self._random.random()))
            if temperament.arrives_after:
                self.plan(temperament.arrives_after, member.arrive)
            else:
                await member.arrive()

    async def stop(self) -> None:
        """Everybody leaves."""
        for peer in self._at_the_door:
            await peer.stop()


class RehearsalMember:
    """A member who acts by temperament."""

    def __init__(self, rehearsal: Rehearsal, temperament: Temperament, draw: random.Random) -> None:
        self._rehearsal = rehearsal
        self._temperament = temperament
        self._draw = draw
        self._peer: Peer | None = None
        self._turn = b""

    async def arrive(self) -> None:
        """Comes to the door."""
        await self._come_in(await self._rehearsal.knock(self._temperament.name))

    async def _come_in(self, peer: Peer) -> None:
        if not await self._rehearsal.enter(peer):
            self._rehearsal.plan(1.0, lambda: self._come_in(peer))
            return
        self._peer = peer
        self._rehearsal.plan(self._draw.uniform(0.5, 1.5), self._live)
        self._rehearsal.plan(self._draw.uniform(2, 10), self._wish)

    async def _live(self) -> None:
        """Notices, about once a second, that it is its turn."""
        peer = self._peer
        if peer is None or (peer.room.running is None and peer.room.session is not None):
            return
        mine = next((t for t in peer.room.floor.turns if _is_mine(peer, t)), None)
        if mine is not None:
            mark = mine.id + (b"a" if mine.answer_at is not None else b"")
            if mark != self._turn:
                self._turn = mark
                await self._begin(peer, mine)
        self._rehearsal.plan(self._draw.uniform(0.8, 1.2), self._live)

    async def _begin(self, peer: Peer, turn: Turn) -> None:
        in_round = peer.room.floor.round is not None
        if in_round and self._draw.random() < self._temperament.skips:
            self._rehearsal.plan(2.0, lambda: self._ask(SkipRound()))
            return
        length = self._draw.gammavariate(2.0, self._temperament.speaks_for / 2) * (0.4 if in_round else 1.0)
        if turn.intent is Intent.QUESTION and turn.answer_at is None:
            length = min(length, 12.0)
        turn_id = turn.id
        self._rehearsal.plan(max(3.0, length), lambda: self._finish(turn_id))

    async def _finish(self, turn_id: bytes) -> None:
        peer = self._peer
        turn = None if peer is None else turn_with(peer.room.floor, turn_id)
        if peer is not None and turn is not None and _is_mine(peer, turn):
            await self._ask(finish_of(turn))

    async def _wish(self) -> None:
        self._rehearsal.plan(self._draw.expovariate(1 / self._temperament.wish_every) + 1, self._wish)
        peer = self._peer
        if peer is None or peer.room.running is None or peer.room.running.held_since is not None:
            return
        floor = peer.room.floor
        if any(t.seat == peer.seat for t in floor.turns) or any(h.seat == peer.seat for h in floor.hands):
            return
        if floor.mode is FloorMode.OPEN:
            if len(floor.turns) < 2:
                await self._ask(Speak())
            return
        if floor.mode not in (FloorMode.QUEUE, FloorMode.QUESTIONS) or floor.round is not None:
            return
        holder = peer.room.running.phase.holder
        questions = floor.mode is FloorMode.QUESTIONS
        if questions and holder == peer.seat:
            return
        intent = Intent.QUESTION if questions else self._draw.choice(self._temperament.intents)
        words = self._draw.choice(QUESTIONS if questions else POINTS)
        id = self._draw.randbytes(16)
        await self._ask(RaiseHand(intent, peer.seal(FieldKind.WORDS, words, id)), id)

    async def _ask(self, command: Command, id: bytes = b"") -> None:
        if self._peer is not None:
            await self._peer.ask(command, id or self._draw.randbytes(16))


class RehearsalFacilitator:
    """A facilitator who takes the group through a session: a round, hands, questions, a pause, free talk."""

    def __init__(self, rehearsal: Rehearsal, peer: Peer, minutes: float, seed: int) -> None:
        self._rehearsal = rehearsal
        self._peer = peer
        self._draw = random.Random(seed)
        self._minutes = minutes
        self.over = False

    def begin(self) -> None:
        """Plans the session: each part takes its share of the minutes."""
        seconds = self._minutes * 60
        plan = self._rehearsal.plan
        plan(1, self._start)
        plan(3, lambda: self._mode(FloorMode.ROUND))
        plan(3 + seconds * 0.25, lambda: self._mode(FloorMode.QUEUE))
        plan(seconds * 0.50, lambda: self._questions(3))
        plan(seconds * 0.75, lambda: self._ask(Hold()))
        plan(seconds * 0.75 + 5, lambda: self._ask(Resume()))
        plan(seconds * 0.85, lambda: self._mode(FloorMode.OPEN))
        plan(seconds, self._end)
        plan(2, self._look)

    async def _start(self) -> None:
        minutes = max(1, round(self._minutes))
        await self._ask(StartSession([PhasePlan("talk", b"", minutes, FloorMode.QUEUE)]))

    async def _mode(self, mode: FloorMode) -> None:
        await self._ask(ChangeMode(mode))

    async def _questions(self, holder: int) -> None:
        member = self._peer.room.members.get(holder)
        if member is not None and member.attending and member.role is Role.PARTICIPANT:
            await self._ask(SetIssueHolder(holder))
        await self._ask(ChangeMode(FloorMode.QUESTIONS))

    async def _look(self) -> None:
        """Every two seconds: somebody waits and nobody speaks, or nobody has marked who speaks."""
        if self.over:
            return
        self._rehearsal.plan(2.0, self._look)
        room = self._peer.room
        for knock in self._peer.waiting:
            self._peer.answer_knock(knock, admit=True)
            await self._peer.until(lambda room, ik=knock.ik: seat_of(room, ik) != 0)
        if room.running is None or room.running.held_since is not None:
            return
        floor = room.floor
        unsure = next((t for t in floor.turns if t.unsure_since is not None), None)
        if unsure is not None:
            await self._ask(ConfirmSpeaker(unsure.id))
        waiting = floor.hands or floor.round is not None
        if waiting and not floor.turns and floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS, FloorMode.ROUND):
            await self._ask(CallNext())

    async def _end(self) -> None:
        session = self._peer.room.running
        if session is not None:
            await self._ask(EndSession(session.number))
        self.over = True

    async def _ask(self, command: Command) -> None:
        await self._peer.ask(command, self._draw.randbytes(16))


def _is_mine(peer: Peer, turn: Turn) -> bool:
    if turn.answer_at is None:
        return turn.seat == peer.seat
    session = peer.room.running
    return session is not None and session.phase.holder == peer.seat
