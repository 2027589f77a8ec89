"""A simulated world: rooms, members, a network, a journal and their troubles, all of one seed; every promise checked.

The rules, the rooms, the lines, the door and the members' programs are the real ones; only time, the wire and the disk
are simulated. A seed that failed is run again by `EVENLY_SEED=… pytest tests/endurance/test_world.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import pytest
from evenly_client import peer as peer_module
from evenly_client.links import Link
from evenly_client.peer import Notice, Peer, State, StateChanged
from evenly_client.sealing import DeviceKey
from evenly_protocol import airtime
from evenly_protocol.agreement import AnswerAgreement
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry, Room, evolve
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import decode_entry
from evenly_protocol.words import FloorMode, Lobby

from tests.endurance.figures import long, seed
from tests.endurance.sim_members import something
from tests.endurance.sim_network import SimServer, TroubledJournal
from tests.harness import encoded
from tests.virtual_time import in_virtual_time

MEMBERS = 4
CALM_S = 600
"""Virtual seconds in which everything comes to rest once the troubles are over."""


@dataclass
class Simulated:
    """A room, its members, what they asked and how it ended."""

    link: Link
    peers: list[Peer]
    ended: dict[bytes, Refusal | None] = field(default_factory=dict[bytes, Refusal | None])
    asked: int = 0


@dataclass
class World:
    """What there is, and what came of it."""

    server: SimServer
    rooms: list[Simulated]
    dice: random.Random
    cuts: int = 0
    digest: str = ""


async def live(seed: int, rooms: int, commands: int) -> World:
    """Lets members ask so many commands in so many rooms amid troubles, and checks everything."""
    dice = random.Random(seed)
    journal = TroubledJournal(random.Random(f"{seed} journal"))
    server = SimServer(journal, str(seed))
    world = World(server, [], dice)
    server.begin()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(peer_module, "connected", server.connected)
        patched.setattr(peer_module, "back_off", lambda attempt, lost_for: min(1.0, 0.1 * 2 ** min(attempt, 10)))
        journal.troubled = False
        for _ in range(rooms):
            world.rooms.append(await _made(dice))
        journal.troubled = True
        each = commands // (rooms * MEMBERS)
        asking = [
            asyncio.create_task(_ask(room, number, each, random.Random(f"{seed} {index} {number}")))
            for index, room in enumerate(world.rooms)
            for number in range(MEMBERS)
        ]
        troubles = asyncio.create_task(_trouble(world))
        await asyncio.gather(*asking)
        troubles.cancel()
        await asyncio.gather(troubles, return_exceptions=True)
        journal.troubled = False
        if not server.alive:
            server.begin()
        async with asyncio.timeout(CALM_S):
            while not all(_at_rest(room, journal) for room in world.rooms):  # noqa: ASYNC110 (virtual time)
                await asyncio.sleep(1)
        world.digest = hashlib.sha256(b"".join(_checked(room, journal) for room in world.rooms)).hexdigest()
        for room in world.rooms:
            for peer in room.peers:
                await peer.stop()
        await server.die()
    return world


async def _made(dice: random.Random) -> Simulated:
    link = Link("127.0.0.1", 1, dice.randbytes(16), dice.randbytes(16))
    room = Simulated(link, [])
    for number in range(MEMBERS):
        peer = Peer(link, DeviceKey.generate(), f"M{number}", create_key="" if number == 0 else None)
        peer.watch(partial(_agree, peer))
        peer.start()
        room.peers.append(peer)
        await peer.entered()
        if number == 0:
            assert await peer.ask(ChangeSettings(Settings(lobby=Lobby.OFF))) is None
    return room


def _agree(peer: Peer, notice: Notice) -> None:
    """Whoever is shown the agreement accepts it."""
    if isinstance(notice, StateChanged) and notice.state is State.AGREEMENT and peer.agreement is not None:
        peer.send(AnswerAgreement(peer.agreement.version))


async def _ask(room: Simulated, number: int, times: int, dice: random.Random) -> None:
    """One member: up to three commands that are not settled at a time."""
    peer = room.peers[number]
    waiting: set[asyncio.Task[None]] = set()
    for _ in range(times):
        await asyncio.sleep(dice.expovariate(2.0))
        command = something(peer.room, peer.seat, dice, leads=number == 0)
        id = Peer.new_id()
        room.asked += 1
        waiting.add(asyncio.create_task(_settle(room, peer, id, peer.ask(command, id))))
        while len(waiting) >= 3:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    await asyncio.gather(*waiting)


async def _settle(room: Simulated, peer: Peer, id: bytes, asked: object) -> None:
    room.ended[id] = await asked  # type: ignore[misc]


async def _trouble(world: World) -> None:
    """Lines are cut, and the server dies, again and again."""
    while True:
        await asyncio.sleep(world.dice.expovariate(1 / 2))
        if world.dice.random() < 0.1:
            await world.server.die()
            await asyncio.sleep(world.dice.random() * 5)
            world.server.begin()
        elif world.server.connections:
            world.cuts += 1
            world.dice.choice(world.server.connections).abort()


def _at_rest(room: Simulated, journal: TroubledJournal) -> bool:
    last = len(journal._records[room.link.room])
    return all(peer.room.seq == last and not peer.unsent for peer in room.peers)


def _checked(room: Simulated, journal: TroubledJournal) -> bytes:
    """What became of a room, after all promises were looked at: what happened, in order, without its random ids."""
    entries = [decode_entry(record.body) for record in journal._records[room.link.room]]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    times = Counter(entry.id for entry in entries)
    twice = [entry for entry in entries if times[entry.id] > 1]
    assert not twice, "applied twice"
    assert len(room.ended) == room.asked, "asked, and never settled"
    assert not [id for id, refusal in room.ended.items() if refusal is not None and times[id]], "refused, and done"
    truth = Room(room.link.room)
    for entry in entries:
        assert entry.at >= truth.at, "time went back"
        evolve(truth, entry)
        _sound(truth)
    assert {encoded(peer.room) for peer in room.peers} == {encoded(truth)}, "replicas differ"
    return b"".join(_happened(entry) for entry in entries)


def _sound(room: Room) -> None:
    """What is so after every entry, whatever was asked."""
    floor = room.floor
    assert len({hand.id for hand in floor.hands}) == len(floor.hands)
    assert {hand.seat for hand in floor.hands} <= set(room.members)
    assert {turn.seat for turn in floor.turns} <= {0, *room.members}
    if floor.mode is not FloorMode.OPEN:
        assert len(floor.turns) <= 1
    if room.session is not None and room.seq % 50 == 0:
        sums = airtime.totals(room.session, room.at)
        assert sum(sums.balance.values()) == 0
        assert all(ms >= 0 for ms in sums.counted.values())
        assert sums.evenness is None or 0 <= sums.evenness <= 100
        assert 0 <= sums.coverage <= 1


def _happened(entry: Entry) -> bytes:
    return f"{entry.at} {entry.by} {[type(event).__name__ for event in entry.events]}\n".encode()


def test_a_world_in_trouble_keeps_every_promise() -> None:
    world = in_virtual_time(live(seed(1), rooms=20, commands=100_000))
    assert world.server.lives > 10
    assert world.cuts > 100
    assert world.server.journal.refused > 100


def test_the_same_seed_is_the_same_world() -> None:
    first = seed(1)
    digests = {in_virtual_time(live(first, rooms=2, commands=1_000)).digest for _ in range(2)}
    assert len(digests) == 1


@pytest.mark.endurance
def test_a_million_commands_keep_every_promise() -> None:
    first, commands, part = seed(), long(1_000_000), 50_000
    lives = cuts = 0
    for number in range(0, commands, part):
        world = in_virtual_time(live(first + number // part, rooms=20, commands=min(part, commands - number)))
        lives, cuts = lives + world.server.lives, cuts + world.cuts
    print(f"{commands} simulated commands, {lives} lives of the server, {cuts} cuts: every promise kept")
