"""Long sessions and many of them, in fast time: nobody's time is lost, and the server's memory stops growing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path

import pytest
from evenly_protocol.airtime import totals
from evenly_protocol.facts import Command
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.session import EndSession, Hold, Resume, StartSession
from evenly_protocol.turns import GiveFloor
from evenly_protocol.words import Intent

from tests.endurance.figures import long, seed
from tests.harness import NOON, Group, Member, Server, make_room, metric, phase

MEMBERS = 11
STEP_MS = 15_000
DESERTED_MS = 10 * 60_000
"""After this long, nobody attends who is not there, and the room is out of memory."""
SESSION_MS = 9_000_000
"""Two and a half hours."""
LEFT_BY_A_SESSION = 4 * 1024
"""Bytes that a room may keep of a session that is over, beside what is on disk."""
KNOWN = 1024
"""Bytes that the journal holds of a room that it has met, at most; of some ten thousands and no more."""
PAGES = 20 * 1024
"""Bytes of the file that SQLite may hold in memory for a room; from some hundred rooms on it holds no more."""
NOISE = 1024 * 1024
"""Bytes that a process's memory goes up and down by itself."""


def memory(server: Server) -> int:
    """Bytes of the server that are in memory."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in fields if line.startswith("VmRSS"))


class Talk:
    """A session in which somebody always has the floor, and what each of them must have been counted."""

    def __init__(self, group: Group, dice: random.Random) -> None:
        self.group = group
        self.dice = dice
        self.counted: Counter[int] = Counter()
        self.speaker = 0
        self.held = False

    async def begin(self) -> None:
        """The session starts."""
        await self._ask(self.group.leader, StartSession([phase(minutes=240)]))

    async def once(self) -> None:
        """Something happens."""
        await self._ask(self.group.leader, GiveFloor(2))
        await self._ask(self.group.others[0], RaiseHand(Intent.SPEAK))

    async def step(self) -> None:
        """What happens at this moment."""
        leader, dice = self.group.leader, self.dice
        for member in dice.sample(list(self.group.members), 3):
            await self._ask(member, self._hand(member))
        if self.held:
            self.held = False
            await self._ask(leader, Resume())
        elif dice.random() < 0.02:
            self.held = True
            await self._ask(leader, Hold())
        elif dice.random() < 0.6 or not self.speaker:
            self.speaker = dice.choice([seat for seat in range(2, MEMBERS + 1) if seat != self.speaker])
            await self._ask(leader, GiveFloor(self.speaker))

    async def _ask(self, member: Member, command: Command) -> None:
        refusal = await member.ask(command)
        assert refusal is None, (member.seat, command, refusal)

    def _hand(self, member: Member) -> Command:
        hands = [hand for hand in member.room.floor.hands if hand.seat == member.seat]
        return LowerHand(hands[0].id) if hands else RaiseHand(Intent.SPEAK)

    def passed(self, ms: int) -> None:
        """So much time has gone by."""
        if not self.held and self.speaker:
            self.counted[self.speaker] += ms

    async def end(self, now: int) -> None:
        """The session ends; every member counts what was counted here."""
        session = self.group.leader.room.running
        assert session is not None
        await self._ask(self.group.leader, EndSession(session.number))
        await self.group.caught_up()
        for member in self.group.members:
            session = member.room.session
            assert session is not None
            counted = totals(session, now).counted
            assert {seat: ms for seat, ms in counted.items() if ms} == dict(self.counted)


async def soak(rooms: int, sessions: int, steps: int, directory: Path, seed: int) -> list[int]:
    """Rooms of eleven with session after session, all at once. The server's memory after each session, bytes."""
    sizes: list[int] = []
    async with contextlib.AsyncExitStack() as stack:
        options = ("--no-pace", "--connections", "5000")
        server = await stack.enter_async_context(Server(directory / "rooms.db", *options, fed=NOON))
        groups = [await stack.enter_async_context(make_room(server, MEMBERS)) for _ in range(rooms)]
        now = NOON
        for session in range(sessions):
            talks = [Talk(group, random.Random(f"{seed} {session} {n}")) for n, group in enumerate(groups)]
            await asyncio.gather(*(talk.begin() for talk in talks))
            for _ in range(steps):
                await asyncio.gather(*(talk.step() for talk in talks))
                now += STEP_MS
                await server.tell_time(now)
                for talk in talks:
                    talk.passed(STEP_MS)
            await asyncio.gather(*(talk.end(now) for talk in talks))
            sizes.append(memory(server))
    return sizes


async def come_and_go(batches: int, rooms: int, directory: Path) -> list[int]:
    """Rooms that are made, used and left, batch after batch. The server's memory after each, bytes."""
    sizes: list[int] = []
    now = NOON
    async with Server(directory / "rooms.db", "--no-pace", "--connections", "5000", fed=NOON) as server:
        for _ in range(batches):
            async with contextlib.AsyncExitStack() as stack:
                for _ in range(rooms):
                    group = await stack.enter_async_context(make_room(server, 3, session=True))
                    await Talk(group, random.Random(1)).once()
            now += DESERTED_MS
            await server.tell_time(now)
            assert await asyncio.to_thread(metric, server, "rooms") == 0
            sizes.append(memory(server))
    return sizes


def shown(sizes: list[int]) -> str:
    """Memory over time, in MiB."""
    return " ".join(f"{size / 2**20:.1f}" for size in sizes)


async def test_sessions_lose_no_time_and_memory_does_not_grow(tmp_path: Path) -> None:
    rooms = 2
    sizes = await soak(rooms, 4, 60, tmp_path, seed(1))
    assert sizes[-1] - sizes[1] < NOISE + rooms * 2 * LEFT_BY_A_SESSION, shown(sizes)


@pytest.mark.endurance
async def test_fifty_rooms_with_sessions_of_two_and_a_half_hours(tmp_path: Path) -> None:
    rooms, sessions = long(50), 3
    sizes = await soak(rooms, sessions, SESSION_MS // STEP_MS, tmp_path, seed())
    print(f"{rooms} rooms, {sessions} sessions of 2.5 h each: no time lost; memory {shown(sizes)} MiB after each")
    assert sizes[-1] - sizes[-2] < NOISE + rooms * LEFT_BY_A_SESSION


async def test_rooms_that_are_left_take_no_memory(tmp_path: Path) -> None:
    sizes = await come_and_go(12, 10, tmp_path)
    assert sizes[-1] - sizes[3] < 8 * 10 * PAGES, shown(sizes)


@pytest.mark.endurance
async def test_thousands_of_rooms_come_and_go(tmp_path: Path) -> None:
    batches, rooms = long(50), 100
    sizes = await come_and_go(batches, rooms, tmp_path)
    print(f"{batches * rooms} rooms came and went: memory {shown(sizes)} MiB after each {rooms}")
    assert sizes[-1] - sizes[batches // 3] < NOISE + batches * rooms * KNOWN
