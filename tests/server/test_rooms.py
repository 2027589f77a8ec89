"""The rooms in memory: each loaded once, kept while anybody is there or at the door, let go after."""

import asyncio
import gc
import secrets
import sqlite3
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn, cast

import pytest
from evenly_client.peer import State
from evenly_client.sealing import DeviceKey
from evenly_protocol.agreement import SetAgreement
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.hands import RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import AgreementFirst, Purpose, Waiting
from evenly_protocol.words import Intent, Lobby
from evenly_server.clock import FedClock
from evenly_server.journal.interface import JournalDamaged
from evenly_server.journal.sqlite import SqliteJournal
from evenly_server.rooms import SWEEP_EVERY_MS

from tests.harness import NOON, Local, Member, encoded, eventually, make_room, serving, soon, wire
from tests.server.faulty import FaultyJournal


@pytest.fixture
def journal() -> FaultyJournal:
    return FaultyJournal()


@pytest.fixture
async def server(journal: FaultyJournal) -> AsyncIterator[Local]:
    async with serving(journal, FedClock(NOON), paced=False) as local:
        yield local


async def empty(server: Local) -> None:
    """Waits until the server has noticed that all have gone, and its rooms have nothing to do."""
    await eventually(lambda: not server.process.metrics.connections)
    await soon(server.process.rooms.idle())


async def test_a_room_that_two_ask_for_at_once_is_loaded_once(server: Local) -> None:
    async with make_room(server, 1) as group:
        room = group.link.room
    await empty(server)
    await server.advance(3 * SWEEP_EVERY_MS)
    assert server.process.rooms.all() == []
    first, second = await asyncio.gather(server.process.rooms.get(room), server.process.rooms.get(room))
    assert first is not None
    assert first is second is await server.process.rooms.get(room)


async def test_a_room_that_nobody_made_is_none(server: Local) -> None:
    assert await server.process.rooms.get(secrets.token_bytes(16)) is None
    assert server.process.rooms.all() == []


async def test_a_room_is_let_go_when_nobody_is_there_and_comes_back_as_it_was(server: Local) -> None:
    async with make_room(server, 2) as group:
        await server.advance(3 * SWEEP_EVERY_MS)
        assert len(server.process.rooms.all()) == 1
        before = encoded(group.leader.room)
        for member in group.members:
            await member.stop()
        await empty(server)
        await server.advance(SWEEP_EVERY_MS)
        assert len(server.process.rooms.all()) == 1, "somebody may be on the way in"
        await server.advance(SWEEP_EVERY_MS)
        assert server.process.rooms.all() == []
        async with Member(group.link, group.leader.key, "Ana") as back:
            await back.entered()
            assert encoded(back.room) == before


async def test_a_room_with_a_session_that_somebody_attends_stays(server: Local) -> None:
    async with make_room(server, 1, session=True) as group:
        await group.leader.stop()
        await empty(server)
        await server.advance(100_000)
        assert len(server.process.rooms.all()) == 1
        await server.advance(10 * SWEEP_EVERY_MS)  # by now they count as gone
        assert server.process.rooms.all() == []


async def test_a_room_stays_while_somebody_only_looks(server: Local) -> None:
    async with make_room(server, 1) as group, wire(group.link, group.leader.key) as looking:
        await looking.enter(Purpose.VIEW)
        await group.leader.stop()
        await eventually(lambda: server.process.metrics.connections == 1)
        await server.advance(10 * SWEEP_EVERY_MS)
        assert len(server.process.rooms.all()) == 1


async def test_a_room_stays_while_a_newcomer_reads_the_agreement(server: Local) -> None:
    async with make_room(server, 1) as group:
        text = group.leader.seal(FieldKind.AGREEMENT, "Be kind.", bytes(16))
        assert await group.leader.ask(SetAgreement(text)) is None
        async with Member(group.link, DeviceKey.generate(), "Ben") as newcomer:
            await newcomer.until(lambda room: newcomer.state is State.AGREEMENT)
            await group.leader.stop()
            await eventually(lambda: server.process.metrics.connections == 1)
            await server.advance(10 * SWEEP_EVERY_MS)
            await soon(newcomer.answer_agreement())
            await newcomer.entered()
            assert len(server.process.rooms.all()) == 1


async def test_a_room_stays_while_somebody_knocks(server: Local) -> None:
    async with make_room(server, 1, lobby=Lobby.ALWAYS) as group, wire(group.link) as newcomer:
        await newcomer.prove()
        await newcomer.next(Waiting)
        await group.leader.stop()
        await eventually(lambda: server.process.metrics.connections == 1)
        await server.advance(10 * SWEEP_EVERY_MS)
        async with Member(group.link, group.leader.key, "Ana") as leader:
            await leader.until(lambda room: bool(leader.waiting))


async def test_a_running_session_that_all_have_left_is_let_go(server: Local) -> None:
    async with make_room(server, 1, session=True) as group:
        assert await group.leader.ask(LeaveCall()) is None
        await group.leader.stop()
        await empty(server)
        await server.advance(10 * SWEEP_EVERY_MS)
        assert server.process.rooms.all() == []
        async with Member(group.link, group.leader.key, "Ana") as back:
            await back.entered()
            assert await back.ask(RaiseHand(Intent.SPEAK)) is None


async def test_a_damaged_room_raises_for_all_who_ask_and_again_the_next_time(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 1) as group:
        room = group.link.room
    await empty(server)
    await server.advance(3 * SWEEP_EVERY_MS)
    journal.damaged = True
    for _ in range(2):
        ends = await asyncio.gather(*(server.process.rooms.get(room) for _ in range(2)), return_exceptions=True)
        assert [type(end) for end in ends] == [JournalDamaged] * 2
    journal.damaged = False
    assert await server.process.rooms.get(room) is not None


async def test_while_the_server_stops_nobody_is_refused_for_good(journal: FaultyJournal) -> None:
    async with serving(journal) as server, make_room(server, 1) as group, wire(group.link) as late:
        greeting = await late.greet()
        server.process.rooms.stopping = True
        await late.prove_it(*greeting)
        assert await late.bye() == "stopping"
        async with wire(server.new_link()) as founder:
            await founder.prove(Purpose.CREATE)
            assert await founder.bye() == "stopping"


async def test_while_a_room_moves_to_another_server_its_members_are_told_so(
    journal: FaultyJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(room: bytes) -> bool:
        return False

    async with serving(journal) as server, make_room(server, 1) as group:
        async with wire(group.link, group.leader.key) as member:
            await member.enter()
            monkeypatch.setattr(journal.homes, "claim", refused)
            journal.homes.moved(group.link.room)
            assert await member.bye() == "moving"
        async with wire(group.link) as newcomer, wire(server.new_link()) as founder:
            await newcomer.prove()
            assert await newcomer.bye() == "moving"
            await founder.prove(Purpose.CREATE)
            assert await founder.bye() == "moving"


async def test_stopping_waits_for_rooms_that_are_being_opened(journal: FaultyJournal) -> None:
    async with serving(journal) as server:
        async with make_room(server, 1) as group:
            room = group.link.room
        await empty(server)
        await soon(server.process.rooms._actors.pop(room).stop())
        getting = asyncio.ensure_future(server.process.rooms.get(room))
        await asyncio.sleep(0)
        await soon(server.process.rooms.stop())
        actor = await soon(getting)
        assert actor is not None
        assert actor.ended


async def test_everybody_is_told_that_the_server_stops_those_at_the_door_too(journal: FaultyJournal) -> None:
    async with serving(journal) as server, make_room(server, 1) as group:
        text = group.leader.seal(FieldKind.AGREEMENT, "Be kind.", bytes(16))
        assert await group.leader.ask(SetAgreement(text)) is None
        async with wire(group.link) as reading, wire(group.link) as greeting, wire(group.link) as silent:
            await reading.prove()
            await reading.next(AgreementFirst)
            await greeting.greet()
            await eventually(lambda: server.process.metrics.connections == 4)
            troubles: list[str] = []
            group.leader.watch(lambda notice: troubles.append(group.leader.trouble))
            stopping = asyncio.create_task(server.process.stop())
            assert [await line.bye() for line in (reading, greeting, silent)] == ["stopping"] * 3
            await soon(stopping)
            await group.leader.until(lambda room: group.leader.state is State.LOST)
            assert troubles[0].startswith("The server is stopping.")


async def test_what_is_let_go_leaves_memory_at_once(server: Local) -> None:
    """Without the garbage collector, whose full turns are rare on purpose."""
    gc.collect()
    gc.disable()
    try:
        async with make_room(server, 2, session=True):
            kept: list[weakref.ref[object]] = [weakref.ref(actor) for actor in server.process.rooms.all()]
            kept += [weakref.ref(line.socket) for line in server.process._lines]
            assert len(kept) == 3
        await empty(server)
        await server.advance(10 * SWEEP_EVERY_MS)
        await eventually(lambda: [thing() for thing in kept] == [None] * 3)
    finally:
        gc.enable()


class FailingDisk:
    """A connection to SQLite whose disk gives nothing."""

    def execute(self, *_: object) -> NoReturn:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error


async def test_a_disk_that_fails_while_a_room_is_read_is_no_damage(tmp_path: Path) -> None:
    """Who comes meanwhile is told to come again, and is in once the disk gives what it has."""
    journal = await SqliteJournal.open(tmp_path / "rooms.db")
    async with serving(journal, FedClock(NOON)) as server:
        async with make_room(server, 1) as group:
            link, key = group.link, group.leader.key
        await empty(server)
        await server.advance(3 * SWEEP_EVERY_MS)
        journal._heads.clear()
        sound, journal._reader = journal._reader, cast("sqlite3.Connection", FailingDisk())
        async with wire(link, key) as member:
            await member.prove()
            assert await member.bye() == "unavailable"
        async with Member(link, key, "Ana") as member:
            await eventually(lambda: member.state is State.LOST)
            assert member.trouble.startswith("The server cannot read or save just now.")
            journal._reader = sound
            member.reconnect_now()
            await member.entered()
