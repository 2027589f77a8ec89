"""The programmatic client against a real server, and against servers that misbehave."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import msgpack
import msgspec
import pytest
from evenly_client import peer as peer_module
from evenly_client.links import Link, Server
from evenly_client.outbox import StoredOutbox
from evenly_client.peer import Entered, Happened, Notice, Settled, State, StateChanged, TurnedAway, back_off
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store
from evenly_protocol.agreement import NameRoom
from evenly_protocol.attendance import ListenToday
from evenly_protocol.hands import RaiseHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import STATE_VERSION, Entry, Room
from evenly_protocol.session import Hold
from evenly_protocol.wire import (
    FAREWELLS,
    KNOCKS_SINCE,
    AgreementFirst,
    Bye,
    ByeFrame,
    Challenge,
    Chunk,
    CommandFrame,
    Events,
    Frame,
    Pong,
    Refused,
    Waiting,
    Welcome,
    decode_client,
    encode,
)
from evenly_protocol.words import Intent
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.harness import Local, Member, encoded, eventually, make_room, soon

HAND = RaiseHand(Intent.SPEAK)
Script = Callable[["Stage"], Awaitable[None]]


class Stage:
    """A connection as a made-up server sees it."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.socket = socket
        self.number = number

    async def send(self, *frames: Frame) -> None:
        await self.socket.send(encode(frames))

    async def handshake(self) -> None:
        """Hello and proof, believed."""
        await self.socket.recv()
        await self.send(Challenge(1, 0, bytes(32)))
        await self.socket.recv()

    async def show(self, room: Room) -> None:
        """The room, in one chunk."""
        await self.send(Welcome(1, room.seq, 0, 1, STATE_VERSION), Chunk(msgspec.msgpack.encode(room)))

    async def command(self) -> CommandFrame:
        """The next command; what comes before it is passed over."""
        while True:
            message = await self.socket.recv()
            assert isinstance(message, bytes)
            for frame in decode_client(message):
                if isinstance(frame, CommandFrame):
                    return frame


@contextlib.asynccontextmanager
async def playing(script: Script, **options: object) -> AsyncGenerator[Member]:
    """A member of a made-up server, which plays `script` on every connection."""
    numbers = iter(range(1_000_000))

    async def play(socket: ServerConnection) -> None:
        await script(Stage(socket, next(numbers)))

    async with serve(play, "127.0.0.1", 0, compression=None, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        link = Link("127.0.0.1", port, bytes(16), bytes(16))
        member = Member(link, DeviceKey.generate(), "Ana", **options)  # type: ignore[arg-type]
        async with member:
            yield member


def a_room(seq: int = 5) -> Room:
    return Room(bytes(16), seq=seq, last=bytes([seq]) * 16)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """No waiting between two tries; what would have been waited for is kept."""
    asked: list[tuple[int, float]] = []

    def at_once(attempt: int, lost_for: float) -> float:
        asked.append((attempt, lost_for))
        return 0.0

    monkeypatch.setattr(peer_module, "back_off", at_once)
    return asked


async def test_through_a_gateway_nobody_enters_by_a_server_that_does_not_let_them_wait() -> None:
    """An older server would let a visitor walk in where the room's setting says so: nothing is proved to it."""
    proved: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def older(stage: Stage) -> None:
        await stage.socket.recv()
        await stage.send(Challenge(1, KNOCKS_SINCE - 1, bytes(32)))
        with contextlib.suppress(ConnectionClosed):
            await stage.socket.recv()
            proved.set_result(True)
        if not proved.done():
            proved.set_result(False)

    async with playing(older, at_gateway=True) as visitor:
        assert not await proved
        await eventually(lambda: visitor.state is State.ENDED)
        assert visitor.turned_away is not None
        assert visitor.turned_away.code == "version"


# -- staying connected -------------------------------------------------------------------------------------------


def test_tries_come_ever_later_and_never_all_at_once() -> None:
    first_minute = [[back_off(attempt, 1.0) for _ in range(200)] for attempt in range(12)]
    for attempt, waits in enumerate(first_minute):
        longest = min(1.0, 0.1 * 2**attempt)
        assert longest / 2 <= min(waits)
        assert max(waits) <= longest
        assert len(set(waits)) > 100
    later = [back_off(50, 61.0) for _ in range(200)]
    assert min(later) >= 5
    assert max(later) <= 10


async def test_of_several_servers_each_is_tried_before_it_is_said_that_none_answers(
    hasty: list[tuple[int, float]],
) -> None:
    tried: list[int] = []

    async def note(socket: ServerConnection) -> None:
        tried.append(socket.local_address[1])
        await socket.close()

    async with serve(note, "127.0.0.1", 0) as one, serve(note, "127.0.0.1", 0) as two:
        ports = [next(iter(server.sockets)).getsockname()[1] for server in (one, two)]
        link = Link("h", 1, bytes(16), bytes(16)).on(*(Server("127.0.0.1", port) for port in ports))
        member = Member(link, DeviceKey.generate(), "Ana")
        states: list[tuple[State, int]] = []
        member.watch(lambda notice: states.append((member.state, len(tried))))
        async with member:
            await eventually(lambda: len(hasty) >= 6)
        assert tried[:6] == ports * 3
        assert states[0] == (State.LOST, 2)
        assert [attempt for attempt, _ in hasty[:6]] == [0, 0, 1, 1, 2, 2]


async def test_a_server_that_lets_in_and_closes_is_not_run_down(hasty: list[tuple[int, float]]) -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())

    async with playing(script) as member:
        await eventually(lambda: len(hasty) >= 12)
        assert [attempt for attempt, _ in hasty[:12]] == list(range(12))
        assert member.room.seq == 5


async def test_a_connection_that_lasted_makes_the_next_try_prompt(
    hasty: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_module, "STEADY_S", 0.0)

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())

    async with playing(script):
        await eventually(lambda: len(hasty) >= 5)
        assert {attempt for attempt, _ in hasty[:5]} == {0}


@pytest.mark.parametrize(
    "message",
    ["text", b"", b"\xc1", msgpack.packb(1), encode([Events([Entry(9, bytes(16), 1, 0, 0, [])])])],
    ids=["text", "nothing", "garbage", "a number", "an entry that is not the next"],
)
async def test_nonsense_from_a_server_costs_a_reconnect_and_nothing_else(
    message: str | bytes, hasty: list[tuple[int, float]]
) -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        if stage.number == 0:
            await stage.socket.send(message)
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await eventually(lambda: hasty)
        await member.entered()
        assert member.room.seq == 5
        assert member.trouble == ""


async def test_an_entry_that_cannot_be_folded_is_made_up_for_by_a_snapshot(
    hasty: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def chokes(room: Room, entry: Entry) -> None:
        raise KeyError("a rule of a newer server")

    monkeypatch.setattr(peer_module, "evolve", chokes)

    async def script(stage: Stage) -> None:
        await stage.socket.recv()
        await stage.send(Challenge(1, 0, bytes(32)))
        (proof,) = decode_client(await stage.socket.recv(decode=False))
        held.append(proof.seq)  # type: ignore[union-attr]
        await stage.show(a_room(5 + stage.number))
        if stage.number == 0:
            await stage.send(Events([Entry(6, bytes(16), 1, 0, 0, [])]))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.until(lambda room: room.seq == 6)
        assert held == [-1, -1]


async def test_frames_and_events_of_a_newer_server_are_skipped_and_counted() -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        entry = [6, bytes(16), 1, 0, 0, [["pixie_dust_thrown", 7], ["invitation_set", False]]]
        await stage.socket.send(msgpack.packb([["confetti", 1], ["events", [entry]]]))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.until(lambda room: room.seq == 6)
        assert member.skipped == 2
        assert not member.room.invitation_open


async def test_a_snapshot_of_a_newer_server_is_told_as_that() -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.send(Welcome(1, 5, 0, 1, STATE_VERSION + 1))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        with pytest.raises(TurnedAway) as ended:
            await member.entered()
        assert ended.value.code == "version"


FINAL = [code for code in Bye if code in peer_module.FINAL]


@pytest.mark.parametrize("code", FINAL)
async def test_a_goodbye_for_good_ends_all_waiting_even_if_the_server_does_not_close(code: Bye) -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        await stage.command()
        await stage.send(ByeFrame(code))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.entered()
        waiting = asyncio.create_task(member.until(lambda room: False))
        await asyncio.sleep(0)
        with pytest.raises(TurnedAway) as ended:
            await member.ask(ListenToday(True))
        assert ended.value.code == code
        assert (ended.value.title, ended.value.advice) == FAREWELLS[code]
        with pytest.raises(TurnedAway):
            await soon(waiting)
        assert member.state is State.ENDED
        assert member._task is not None
        await soon(member._task)
        with pytest.raises(TurnedAway):
            await member.entered()
        with pytest.raises(TurnedAway):
            await member.ask(HAND)


@pytest.mark.parametrize("code", [code for code in Bye if code not in FINAL])
async def test_other_goodbyes_are_told_and_tried_again(code: Bye, hasty: list[tuple[int, float]]) -> None:
    async def script(stage: Stage) -> None:
        await stage.handshake()
        if stage.number == 0:
            await stage.send(ByeFrame(code))
            return
        await stage.show(a_room())
        await stage.socket.wait_closed()

    troubles: list[str] = []
    async with playing(script) as member:
        member.watch(lambda notice: troubles.append(member.trouble))
        await member.entered()
        assert troubles[0] == " ".join(FAREWELLS[code])
        assert member.trouble == ""


def test_a_goodbye_that_is_not_known_says_so_much() -> None:
    assert TurnedAway("from-the-future").advice == "Update Evenly."


async def test_trying_now_does_not_wait_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_module, "back_off", lambda attempt, lost_for: 3_600.0)

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room(5 + stage.number))
        if stage.number == 1:
            await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.until(lambda room: member.state is State.LOST)
        member.reconnect_now()
        await member.until(lambda room: room.seq == 6)


async def test_nothing_is_left_when_a_peer_stops(local: Local) -> None:
    before = asyncio.all_tasks()
    async with make_room(local, 2) as group:
        waiting = asyncio.create_task(group.leader.until(lambda room: False))
        await asyncio.sleep(0)
        await group.leader.stop()
        await group.leader.stop()
        with pytest.raises(TurnedAway):
            await waiting
        group.leader.tell(peer_module.RelayType.INVITE, 2)
        assert group.leader._socket is None
    await eventually(lambda: not local.process._lines)
    ours = {task for task in asyncio.all_tasks() - before if not (task.get_name() or "").startswith("room")}
    assert not ours


# -- watching and waiting ----------------------------------------------------------------------------------------


async def test_watchers_are_told_everything_in_order_until_they_look_away(local: Local) -> None:
    async with make_room(local, 1, session=True) as group:
        told: list[Notice] = []
        look_away = group.leader.watch(told.append)
        id = Member.new_id()
        assert await group.leader.ask(HAND, id) is None
        assert await group.leader.ask(HAND, again := Member.new_id()) == Refusal("hand_up")
        kinds = [n for n in told if isinstance(n, Settled | Happened)]
        assert kinds == [Settled(id, None), Happened(kinds[1].entry), Settled(again, Refusal("hand_up"))]  # type: ignore[union-attr]
        look_away()
        seen = len(told)
        await group.leader.ask(Hold())
        assert len(told) == seen


async def test_a_reconnect_is_told_as_lost_and_live_without_the_room_as_a_whole(local: Local) -> None:
    async with make_room(local, 1) as group:
        told: list[Notice] = []
        group.leader.watch(told.append)
        group.leader.cut()
        await group.leader.until(lambda room: group.leader.state is State.LOST)
        await group.leader.entered()
        states = [n.state for n in told if isinstance(n, StateChanged)]
        assert states == [State.LOST, State.LIVE]
        assert not any(isinstance(n, Entered) for n in told)


async def test_a_condition_that_fails_fails_its_own_waiter_and_nobody_elses(local: Local) -> None:
    async with make_room(local, 2) as group:
        calls = 0

        def fails(room: Room) -> bool:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise KeyError("a mistake in a condition")
            return False

        failing = asyncio.create_task(group.leader.until(fails))
        fine = asyncio.create_task(group.leader.until(lambda room: room.members[2].listening))
        await asyncio.sleep(0)
        assert await group.others[0].ask(ListenToday(True)) is None
        with pytest.raises(KeyError):
            await soon(failing)
        await soon(fine)
        assert group.leader.state is State.LIVE


async def test_a_watcher_that_fails_is_not_hidden(local: Local) -> None:
    async with make_room(local, 1) as group:

        def fails(notice: Notice) -> None:
            raise ZeroDivisionError

        group.leader.watch(fails)
        group.leader.send(ListenToday(True))
        with pytest.raises(ZeroDivisionError):
            await group.leader.until(lambda room: False)
        with pytest.raises(ZeroDivisionError):
            await group.leader.entered()


async def test_waiters_that_gave_up_are_forgotten(local: Local) -> None:
    async with make_room(local, 1) as group:
        for _ in range(5):
            waiting = asyncio.create_task(group.leader.until(lambda room: False))
            await asyncio.sleep(0)
            waiting.cancel()
        asking = asyncio.create_task(group.leader.ask(NameRoom(bytes(61))))
        await asyncio.sleep(0)
        asking.cancel()
        assert await group.leader.ask(ListenToday(True)) is None
        assert group.leader._waiters == []
        assert group.leader._settling == {}
        assert group.leader._counters == {}


# -- sending -----------------------------------------------------------------------------------------------------


async def test_commands_leave_in_the_order_in_which_they_were_given(local: Local) -> None:
    async with make_room(local, 1) as group:
        ids = [group.leader.send(ListenToday(number % 2 == 0)) for number in range(15)]
        await group.leader.until(lambda room: not group.leader.unsent)
        assert [e.id for e in await local.entries(group.link.room) if e.by == 1][-15:] == ids


async def test_what_was_given_before_the_connection_stands_is_sent_once_it_does(local: Local) -> None:
    async with make_room(local, 1, session=True) as group:
        newcomer = Member(group.link, DeviceKey.generate(), "Ben")
        ids = [newcomer.send(HAND), newcomer.send(RaiseHand(Intent.PROCESS))]
        held = newcomer.send(Hold())
        assert newcomer.unsent == 3
        async with newcomer:
            await newcomer.until(lambda room: not newcomer.unsent)
            entries = await local.entries(group.link.room)
            assert [e.id for e in entries if e.by == 2] == ids
            assert held in [e.id for e in entries]


async def test_an_outbox_on_disk_is_sent_by_the_next_process(local: Local, tmp_path: Path) -> None:
    key = DeviceKey.generate()
    async with make_room(local, 1, session=True) as group:
        with Store(tmp_path / "profile") as store:
            never_started = Member(group.link, key, "Ben", outbox=StoredOutbox(store, group.link.room, key.public))
            ids = [never_started.send(HAND), never_started.send(RaiseHand(Intent.PROCESS))]
        with Store(tmp_path / "profile") as store:
            outbox = StoredOutbox(store, group.link.room, key.public)
            async with Member(group.link, key, "Ben", outbox=outbox) as member:
                await member.until(lambda room: not member.unsent)
                assert [e.id for e in await local.entries(group.link.room) if e.by == 2] == ids
            async with Member(group.link, key, "Ben", outbox=outbox) as again:
                await again.entered()
                assert await again.ask(ListenToday(True)) is None
        assert len({e.id for e in await local.entries(group.link.room)}) == group.leader.room.seq


async def test_what_was_acknowledged_while_the_line_was_down_is_settled_by_the_snapshot(
    local: Local, tmp_path: Path
) -> None:
    """The process dies between the server's disk and the acknowledgement."""
    key = DeviceKey.generate()
    async with make_room(local, 1, session=True) as group:
        with Store(tmp_path / "profile") as store:
            outbox = StoredOutbox(store, group.link.room, key.public)
            async with Member(group.link, key, "Ben", outbox=outbox) as member:
                await member.entered()
                outbox.acknowledged = lambda counter: None  # type: ignore[method-assign,assignment]
                assert await member.ask(HAND) is None
            del outbox.acknowledged
            assert len(outbox.pending()) == 1
            settled: list[Notice] = []
            again = Member(group.link, key, "Ben", outbox=outbox)
            again.watch(settled.append)
            async with again:
                await again.entered()
                assert outbox.pending() == []
                assert [n.refusal for n in settled if isinstance(n, Settled)] == [None]


async def test_refusals_that_pass_are_not_told_and_the_command_is_sent_again_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "RETRY_REFUSED_S", 0.01)
    sent: list[int] = []

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        while len(sent) < 60:
            frame = await stage.command()
            sent.append(frame.counter)
            await stage.send(Refused(frame.id, ("read_only", "too_fast", "command_gap")[len(sent) % 3]))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.entered()
        told: list[Notice] = []
        member.watch(told.append)
        for _ in range(10):
            member.send(ListenToday(True))
        await eventually(lambda: len(sent) >= 60)
        assert sent[:10] == list(range(1, 11))
        assert set(sent[10:]) == {1, 2, 3}, "the rest follows when these are settled"
        assert not any(isinstance(n, Settled) for n in told)
        assert member.unsent == 10


async def test_a_command_given_while_older_ones_wait_goes_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    accepted = asyncio.Event()

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        while len(sent) < 6:
            frame = await stage.command()
            sent.append(frame.counter)
            if not accepted.is_set():
                await stage.send(Refused(frame.id, "read_only"))
            else:
                await stage.send(peer_module.Accepted(frame.id))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.entered()
        member.send(ListenToday(True))
        await eventually(lambda: member._resending)
        accepted.set()
        for _ in range(4):
            member.send(ListenToday(True))
        await eventually(lambda: not member.unsent)
        assert sent == [1, 1, 2, 3, 4, 5]


async def test_a_hundred_commands_given_offline_are_sent_in_bursts_that_each_wait_for_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "RETRY_REFUSED_S", 3_600)
    sent: list[int] = []

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        while True:
            frame = await stage.command()
            sent.append(frame.counter)
            await stage.send(peer_module.Accepted(frame.id))

    async with playing(script) as member:
        for _ in range(100):
            member.send(ListenToday(True))
        await eventually(lambda: not member.unsent)
    assert sent == list(range(1, 101))


async def test_an_answer_to_the_agreement_that_could_not_be_saved_is_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peer_module, "RETRY_REFUSED_S", 0.01)
    answers: list[bytes] = []

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.send(AgreementFirst(1, 1, b"", b"", b"", 0))
        for _ in range(3):
            frame = await stage.command()
            answers.append(frame.id)
            await stage.send(Refused(frame.id, "read_only"))
        await stage.command()
        await stage.show(a_room())
        await stage.send(peer_module.Accepted(answers[0]))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.until(lambda room: member.state is State.AGREEMENT)
        early = member.send(ListenToday(True))
        await soon(member.answer_agreement())
        await member.entered()
        assert len(set(answers)) == 1
        assert early not in answers


async def test_a_lobby_is_told_and_the_room_follows() -> None:
    let_in = asyncio.Event()

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.send(Waiting())
        await let_in.wait()
        await stage.show(a_room())
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.until(lambda room: member.state is State.LOBBY)
        let_in.set()
        await member.entered()


async def test_pings_are_three_at_first_and_none_while_nobody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    pings: list[int] = []

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        async for message in stage.socket:
            assert isinstance(message, bytes)
            for frame in decode_client(message):
                pings.append(frame.sent)  # type: ignore[union-attr]
                await stage.send(Pong(frame.sent, 1_790_000_000_000))  # type: ignore[union-attr]

    monkeypatch.setattr(peer_module, "PING_EVERY_S", 0.005)
    looked: list[bool] = []
    async with playing(script) as member:
        real = member._ping_again
        monkeypatch.setattr(member, "_ping_again", lambda *a: (looked.append(True), real(*a)))
        await eventually(lambda: len(looked) > 10)
        assert len(pings) == 3
        assert abs(member.now() - 1_790_000_000_000) < 60_000


async def test_replicas_are_equal_to_the_last_field_after_much_coming_and_going(local: Local) -> None:
    async with make_room(local, 4, session=True) as group:
        for turn, member in enumerate(group.members * 2):
            assert (await member.ask(RaiseHand(Intent.SPEAK) if turn < 4 else RaiseHand(Intent.PROCESS))) is None
            group.members[turn % 4 - 1].cut()
        for member in group.members:
            await member.until(lambda room, member=member: member.state is State.LIVE)  # type: ignore[misc]
        await group.caught_up()
        assert len({encoded(member.room) for member in group.members}) == 1
