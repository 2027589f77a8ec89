"""One connection from its first byte to its last."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from evenly_client.peer import State
from evenly_protocol.attendance import ListenToday
from evenly_protocol.hands import RaiseHand
from evenly_protocol.wire import (
    MESSAGE_AT_MOST,
    CommandFrame,
    Events,
    Frame,
    Ping,
    Pong,
    PresenceFrame,
    Refused,
    Relay,
    RelayType,
    Waiting,
)
from evenly_protocol.words import Intent, Lobby
from evenly_server import conversation
from evenly_server.line import QUEUED_AT_MOST

from tests.harness import Local, eventually, make_room, serving, soon, wire
from tests.server.faulty import FaultyJournal


@pytest.fixture
def journal() -> FaultyJournal:
    return FaultyJournal()


@pytest.fixture
async def server(journal: FaultyJournal) -> AsyncIterator[Local]:
    async with serving(journal, paced=False) as local:
        yield local


async def test_of_one_line_eight_commands_wait_at_most_and_the_others_stay_unread(
    server: Local, journal: FaultyJournal
) -> None:
    async with make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        (actor,) = server.process.rooms.all()
        (line,) = (x for x in server.process._lines if x.ik == member.key.public)
        journal.gate.clear()
        tried = journal.tried
        ids = [await member.command(n, ListenToday(on=n % 2 == 1)) for n in range(1, 13)]
        await member.send(Ping(1))
        await eventually(lambda: journal.tried > tried and line._waiting == QUEUED_AT_MOST)
        assert len(actor._inbox) < QUEUED_AT_MOST
        journal.gate.set()
        await member.next(Pong)
        assert [e.id for e in await server.entries(group.link.room) if e.by == 2][:9] == ids[:9]


async def test_frames_of_one_message_are_served_in_their_order(server: Local) -> None:
    async with make_room(server, 1, session=True) as group, wire(group.link) as member:
        await member.enter()
        await member.next(PresenceFrame)
        hand, bad = secrets.token_bytes(16), secrets.token_bytes(15)
        hand_up = CommandFrame(hand, 1, RaiseHand(Intent.SPEAK))
        await member.send(Ping(1), hand_up, Ping(2), CommandFrame(bad, 2, RaiseHand(Intent.SPEAK)))
        frames: list[Frame] = [await member.frame() for _ in range(4)]
        sent = [f.sent if isinstance(f, Pong) else f.code if isinstance(f, Refused) else "events" for f in frames]
        assert sent == [1, 2, "malformed", "events"]


async def test_frames_that_came_with_the_proof_are_not_lost(server: Local) -> None:
    async with make_room(server, 1, session=True) as group, wire(group.link) as member:
        await member.prove()
        await member.command(1, RaiseHand(Intent.SPEAK))
        await group.leader.until(lambda room: [h.seat for h in room.floor.hands] == [2])


async def test_frames_sent_in_the_lobby_do_not_break_the_connection_that_is_let_in(server: Local) -> None:
    async with make_room(server, 1, session=True, lobby=Lobby.ALWAYS) as group, wire(group.link) as newcomer:
        await newcomer.prove()
        await newcomer.next(Waiting)
        await group.leader.until(lambda room: bool(group.leader.waiting))
        group.leader.answer_knock(group.leader.waiting[0], admit=True)
        await newcomer.next(PresenceFrame)
        await newcomer.command(1, RaiseHand(Intent.SPEAK))
        await newcomer.next(Events)


async def test_what_cannot_be_read_in_the_lobby_ends_the_wait(server: Local) -> None:
    async with make_room(server, 1, lobby=Lobby.ALWAYS) as group, wire(group.link) as newcomer:
        await newcomer.prove()
        await newcomer.next(Waiting)
        await newcomer.socket.send(b"\xc1")
        assert await newcomer.bye() == "malformed"
        await group.leader.until(lambda room: not group.leader.waiting)


async def test_an_envelope_may_be_longer_than_a_command(server: Local) -> None:
    async with make_room(server, 2) as group, wire(group.link, group.others[0].key) as member:
        await member.enter()
        await member.send(Relay(RelayType.COMMIT, 0, bytes(MESSAGE_AT_MOST)))
        assert (await member.next(Refused)).code == "not_asked"  # read, and nobody waits for it


async def test_a_mistake_of_ours_ends_the_conversation_is_logged_and_is_no_refusal_for_good(
    server: Local, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with make_room(server, 2, session=True) as group:

        def relay(*_: object) -> None:
            raise KeyError("a mistake")

        monkeypatch.setattr(conversation, "_relay", relay)
        group.others[0].tell(RelayType.INVITE_ANSWER, 1)
        await group.others[0].until(lambda room: group.others[0].state is State.LOST)
        await group.others[0].entered()
        assert "a conversation failed" in [r.getMessage() for r in caplog.records]
        assert group.leader.state is State.LIVE


async def test_no_task_is_left_when_all_have_gone_and_the_server_has_stopped() -> None:
    before = asyncio.all_tasks()
    async with serving() as server:
        async with make_room(server, 3, session=True) as group, wire(group.link) as stranger:
            await stranger.greet()
            group.others[0].cut()
            await group.others[0].until(lambda room: group.others[0].state is State.LOST)
        assert server.process.rooms.all()
    await eventually(lambda: asyncio.all_tasks() == before)


async def test_connections_that_come_and_go_leave_nothing_behind(server: Local) -> None:
    async with make_room(server, 1) as group:
        (actor,) = server.process.rooms.all()
        for _ in range(30):
            async with wire(group.link, group.leader.key) as back:
                await back.enter(purpose=conversation.Hello.__struct_defaults__[0])
        await eventually(lambda: not server.process._lines)
        await soon(server.process.rooms.idle())
        assert not actor._present
        assert not actor._lines
        assert not actor._entering
        assert not actor._catching_up
        assert not server.process._addresses
        assert server.process.metrics.connections == 0
