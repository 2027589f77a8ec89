"""A server killed again and again while eleven members write: what must hold, checked after every kill.

Each member keeps its outbox on disk. Everything is drawn from one seed but the moments themselves: where in its
work the server is when the signal comes is the machine's to say.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from evenly_client.links import Link
from evenly_client.outbox import StoredOutbox
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store
from evenly_protocol.agreement import NameRoom
from evenly_protocol.facts import Command
from evenly_protocol.hands import LowerHand, PlaceHand, RaiseHand, WordHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Hold, Resume
from evenly_protocol.turns import CallNext, Finish, GiveFloor
from evenly_protocol.wire import Chunk, Purpose
from evenly_protocol.words import Intent

from tests.harness import Group, Member, Server, encoded, entries_in, eventually, folded, make_room, soon, wire

MEMBERS = 11
LEAVES_A_TRACE = (RaiseHand, LowerHand, WordHand, NameRoom, CallNext, Resume)
"""Commands that, when they are accepted, always stand in the journal; others may find that it is so already."""


class Load:
    """What the members ask, and how each of it ended."""

    def __init__(self, group: Group, dice: random.Random) -> None:
        self.group = group
        self.dice = dice
        self.asked: dict[bytes, tuple[int, Command]] = {}
        self.ended: dict[bytes, Refusal | None] = {}
        self.done_before: dict[bytes, list[bytes]] = {}
        """For each command, those of the same member that had been acknowledged when it was asked."""
        self._done: dict[int, list[bytes]] = {}
        self.going = True

    async def write(self, member: Member) -> None:
        """Asks one thing after the other, without waiting for more than three answers at a time."""
        waiting: set[asyncio.Task[None]] = set()
        while self.going:
            waiting.add(asyncio.create_task(self._ask(member, self._something(member))))
            timeout = 0 if len(waiting) < 3 else None
            done, waiting = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)

    async def _ask(self, member: Member, command: Command) -> None:
        id = Member.new_id()
        done = self._done.setdefault(member.seat, [])
        self.asked[id], self.done_before[id] = (member.seat, command), done[-5:]
        self.ended[id] = await member.ask(command, id)
        if self.ended[id] is None:
            done.append(id)

    def _something(self, member: Member) -> Command:
        floor, dice = member.room.floor, self.dice
        mine = [hand.id for hand in floor.hands if hand.seat == member.seat]
        choices: list[Command] = [RaiseHand(Intent.SPEAK), RaiseHand(Intent.PROCESS)]
        choices += [LowerHand(hand) for hand in mine]
        choices += [WordHand(hand, dice.randbytes(61)) for hand in mine]
        if floor.turns and floor.turns[0].seat == member.seat:
            choices.append(Finish(floor.turns[0].id))
        if dice.random() < 0.05:
            choices = [Hold()]
        if member is self.group.leader:
            ends = floor.turns[0].id if floor.turns else b""
            choices += [CallNext(ends), GiveFloor(dice.randrange(MEMBERS + 1))]
            choices += [PlaceHand(hand.id, dice.randrange(1, 4)) for hand in floor.hands[:1]]
            choices.append(NameRoom(member.seal(FieldKind.ROOM, str(dice.random()), bytes(16))))
            if member.room.running is not None and member.room.running.held_since is not None:
                choices = [Resume()]
        return dice.choice(choices)


class Disk(Protocol):
    """A disk of the server's own, whose power is cut with each kill."""

    path: Path

    def cut(self) -> None:
        """What was not synced is lost, and every write fails."""

    def back(self) -> None:
        """It is there again."""


async def survive(kills: int, seed: int, directory: Path, disk: Disk | None = None) -> int:
    """Kills the server so many times and checks everything. The number of entries that were written.

    The journal is on `disk`, if there is one; what the members keep is in the directory.

    Raises:
        AssertionError: something that anybody saw, or was promised, is gone, twice, or different.
    """
    dice = random.Random(seed)
    stores: list[Store] = []

    def outbox(key: DeviceKey, link: Link) -> StoredOutbox:
        stores.append(Store(directory / f"member-{len(stores)}"))
        return StoredOutbox(stores[-1], link.room, key.public)

    async with (
        Server(
            (directory if disk is None else disk.path) / "rooms.db", "--no-pace", log=directory / "rooms.log"
        ) as server,
        make_room(server, MEMBERS, session=True, outbox=outbox) as group,
    ):
        load = Load(group, dice)
        tasks = [asyncio.create_task(load.write(member)) for member in group.members]
        for _ in range(kills):
            settled = len(load.ended)
            some = dice.randrange(1, 60)
            await eventually(lambda settled=settled, some=some: len(load.ended) >= settled + some)  # type: ignore[misc]
            await asyncio.sleep(dice.random() * 0.02)  # somewhere between two answers
            await server.kill()
            if disk is not None:
                disk.cut()
                disk.back()
            check_replicas(server, group)
            await server.start()
            for member in group.members:
                member.reconnect_now()
        entries = await finish(load, tasks, server.journal)
        for store, member in zip(stores, group.members, strict=True):
            assert store.pending(group.link.room, member.key.public) == []
    for store in stores:
        store.close()
    return entries


async def finish(load: Load, tasks: list[asyncio.Task[None]], journal: Path) -> int:
    """Lets the members end, and checks everything. The number of entries."""
    await settle(load, tasks)
    entries = entries_in(journal, load.group.link.room)
    await check_all(load, entries)
    return len(entries)


async def settle(load: Load, tasks: list[asyncio.Task[None]]) -> None:
    """Lets the members end: nobody asks anything more, everything is answered, all have seen the same."""
    group = load.group
    load.going = False
    await soon(asyncio.gather(*tasks))
    for member in group.members:
        await member.until(lambda room, member=member: not member.unsent)  # type: ignore[misc]
    await group.caught_up()


async def check_all(load: Load, entries: list[Entry]) -> None:
    """Every promise, and that all replicas, a fresh one too, are what the journal's entries make."""
    group = load.group
    check_promises(load, entries)
    truth = encoded(folded(group.link.room, entries))
    assert {encoded(member.room) for member in group.members} == {truth}
    assert await fresh_replica(group) == truth


def check_replicas(server: Server, group: Group) -> None:
    """Everything that anybody has seen is on disk, in the same order: turn, queue, pins, hold and ledger with it."""
    entries = entries_in(server.journal, group.link.room)
    by_seq = prefixes(group.link.room, entries, {member.room.seq for member in group.members})
    for member in group.members:
        assert member.room.seq <= len(entries), "seen and not kept"
        assert encoded(member.room) == by_seq[member.room.seq], "kept, but different"


def prefixes(room_id: bytes, entries: list[Entry], seqs: set[int]) -> dict[int, bytes]:
    """The room, encoded, as it was after each of these entries."""
    return {room.seq: encoded(room) for room in _folding(room_id, entries) if room.seq in seqs}


def _folding(room_id: bytes, entries: list[Entry]) -> Iterator[Room]:
    room = Room(room_id)
    for entry in entries:
        evolve(room, entry)
        yield room


def check_promises(load: Load, entries: list[Entry]) -> None:
    """Each command that was acknowledged is in the journal once, behind those acknowledged before it was asked.

    What was refused is not there, and what each device was granted is there in the order in which it asked.
    """
    place = {entry.id: entry.seq for entry in entries}
    times = Counter(entry.id for entry in entries)
    assert set(load.ended) == set(load.asked)
    for id, refusal in load.ended.items():
        seat, command = load.asked[id]
        if refusal is not None:
            assert times[id] == 0, (seat, command, refusal)
        elif isinstance(command, LEAVES_A_TRACE):
            assert times[id] == 1, (seat, command)
        else:
            assert times[id] <= 1, (seat, command)
    for seat in range(1, MEMBERS + 1):
        counters = [entry.counter for entry in entries if entry.by == seat and entry.counter]
        assert counters == sorted(set(counters)), seat
    for id, before in load.done_before.items():
        assert all(place.get(earlier, 0) < place[id] for earlier in before if id in place)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert all(entry.by == 0 for entry in entries if isinstance(load.asked.get(entry.id, (0, None))[1], Hold))


async def fresh_replica(group: Group) -> bytes:
    """The room as somebody who looks at it for the first time is sent it."""
    async with wire(group.link, group.leader.key) as looking:
        welcome = await looking.enter(Purpose.VIEW)
        return b"".join([(await looking.next(Chunk)).body for _ in range(welcome.chunks)])
