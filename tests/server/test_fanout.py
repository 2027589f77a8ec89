"""Real servers and clients on the loopback, on both event loops, by both ways of sending."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

import pytest
from evenly_server.fanout import WRITE_BUFFER_LIMIT, Fanout, FramedOnce, LibraryBroadcast, choose_fanout
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from tests.self_signed import self_signed

try:
    from uvloop import new_event_loop as uvloop_loop
except ImportError:  # Windows
    uvloop_loop = None

LOOPS = [
    pytest.param(asyncio.new_event_loop, id="asyncio"),
    pytest.param(uvloop_loop, id="uvloop", marks=pytest.mark.skipif(uvloop_loop is None, reason="no uvloop")),
]

Run = Callable[[Coroutine[object, object, None]], None]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Run a coroutine on one of the loops, at most 30 seconds."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield lambda scenario: runner.run(asyncio.wait_for(scenario, 30))


@pytest.fixture(params=[FramedOnce, LibraryBroadcast])
def fanout(request: pytest.FixtureRequest) -> Fanout:
    return request.param()


class Room:
    """A server that only keeps its connections, in the order they came."""

    def __init__(self) -> None:
        self.port = 0
        self.connections: list[ServerConnection] = []
        self._came = asyncio.Condition()

    async def stay(self, connection: ServerConnection) -> None:
        async with self._came:
            self.connections.append(connection)
            self._came.notify_all()
        with contextlib.suppress(ConnectionClosed):
            async for _ in connection:
                pass

    async def holds(self, count: int) -> None:
        async with self._came:
            await self._came.wait_for(lambda: len(self.connections) >= count)


@contextlib.asynccontextmanager
async def open_room(tls: ssl.SSLContext | None = None) -> AsyncIterator[Room]:
    room = Room()
    async with serve(room.stay, "127.0.0.1", 0, compression=None, close_timeout=2, ssl=tls) as server:
        room.port = next(iter(server.sockets)).getsockname()[1]
        yield room
        for connection in room.connections:
            connection.transport.abort()


@contextlib.asynccontextmanager
async def members(room: Room, count: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[list[ClientConnection]]:
    async with contextlib.AsyncExitStack() as stack:
        uri = f"{'wss' if tls else 'ws'}://127.0.0.1:{room.port}/"
        joined: list[ClientConnection] = []
        before = len(room.connections)
        for number in range(count):
            joined.append(await stack.enter_async_context(connect(uri, compression=None, ssl=tls)))
            await room.holds(before + number + 1)
        yield joined


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_everybody_receives_the_same_bytes(run: Run, fanout: Fanout, size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)

    async def scenario() -> None:
        async with open_room() as room, members(room, 3) as joined:
            assert fanout.send(payload, room.connections) == (3, [])
            assert [await member.recv() for member in joined] == [payload] * 3
        header = 2 if size < 126 else 4 if size < 65536 else 10
        assert (fanout.delivered, fanout.cut) == (3, 0)
        assert fanout.bytes_out == 3 * (size + header)

    run(scenario())


def test_both_ways_put_the_same_bytes_on_the_wire(run: Run) -> None:
    payloads = [b"", b"x" * 300, bytes(70_000)]
    seen: dict[type[Fanout], bytes] = {}

    async def scenario(fanout: Fanout) -> None:
        async with open_room() as room, raw_member(room) as (reader, _):
            for payload in payloads:
                fanout.send(payload, room.connections)
            seen[type(fanout)] = await reader.readexactly(2 + 4 + 300 + 10 + 70_000)

    for fanout in (FramedOnce(), LibraryBroadcast()):
        run(scenario(fanout))
    assert seen[FramedOnce] == seen[LibraryBroadcast]


def test_the_messages_of_send_and_pings_stay_in_order_between_fan_outs(run: Run, fanout: Fanout) -> None:
    async def scenario() -> None:
        async with open_room() as room, members(room, 1) as [member]:
            [connection] = room.connections
            for number in range(50):
                fanout.send(b"fan-out %d" % number, room.connections)
                pong = await connection.ping()
                await connection.send(b"send %d" % number)
            for number in range(50):
                assert await member.recv() == b"fan-out %d" % number
                assert await member.recv() == b"send %d" % number
            await pong

    run(scenario())


@contextlib.asynccontextmanager
async def raw_member(room: Room, **options: object) -> AsyncIterator[tuple[asyncio.StreamReader, ClientProtocol]]:
    """A member whose bytes the test reads by itself, after the handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", room.port, **options)
    protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{room.port}/"))
    protocol.send_request(protocol.connect())
    writer.writelines(protocol.data_to_send())
    protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
    assert isinstance(protocol.events_received()[0], Response)
    assert protocol.state is State.OPEN
    await room.holds(1)
    try:
        yield reader, protocol
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(("size", "piece"), [(300, 1), (70_000, 7)])
def test_a_member_whose_network_delivers_crumbs_gets_whole_messages(
    run: Run, fanout: Fanout, size: int, piece: int
) -> None:
    payload = b"0123456789" * (size // 10)

    async def scenario() -> None:
        async with open_room() as room, raw_member(room) as (reader, protocol):
            fanout.send(payload, room.connections)
            fanout.send(b"next", room.connections)
            events: list[object] = []
            while len(events) < 2:
                data = await reader.read(4096)
                for start in range(0, len(data), piece):
                    protocol.receive_data(data[start : start + piece])
                    events += protocol.events_received()
        received = [event.data for event in events if isinstance(event, Frame)]
        assert received == [payload, b"next"]

    run(scenario())


def test_a_member_who_closes_during_fan_outs_disturbs_nobody(run: Run, fanout: Fanout) -> None:
    async def scenario() -> None:
        async with open_room() as room, members(room, 3) as [leaver, *others]:
            closing: asyncio.Task[None] | None = None
            for number in range(30):
                if number == 10:
                    closing = asyncio.create_task(leaver.close())
                assert fanout.send(b"%d" % number, room.connections).cut == []
                for member in others:
                    assert await member.recv() == b"%d" % number
            assert closing is not None
            await closing
            await room.connections[0].wait_closed()
            assert fanout.send(b"after", room.connections) == (2, [])
            assert [await member.recv() for member in others] == [b"after"] * 2

    run(scenario())


@pytest.mark.parametrize("way", ["close", "abort"])
def test_a_connection_that_goes_in_the_middle_of_a_fan_out_is_skipped(run: Run, fanout: Fanout, way: str) -> None:
    async def scenario() -> None:
        async with open_room() as room, members(room, 3) as [first, _, last]:

            def one_leaves() -> Iterator[ServerConnection]:
                for number, connection in enumerate(room.connections):
                    if number == 1:
                        getattr(connection.transport, way)()
                    yield connection

            assert fanout.send(b"x", one_leaves()) == (2, [])
            assert [await first.recv(), await last.recv()] == [b"x", b"x"]

    run(scenario())


def test_a_transport_that_raises_is_dropped_and_the_others_get_the_message(run: Run) -> None:
    """After `write_eof` both loops raise RuntimeError from `write`, as uvloop does on a closing handle."""

    async def scenario() -> None:
        fanout = FramedOnce()
        async with open_room() as room, members(room, 3) as joined:
            room.connections[0].transport.write_eof()
            assert fanout.send(b"x", room.connections) == (2, [])
            assert [await member.recv() for member in joined[1:]] == [b"x", b"x"]
            await room.connections[0].wait_closed()

    run(scenario())


def test_a_member_who_does_not_read_is_cut_and_the_others_get_everything(run: Run, fanout: Fanout) -> None:
    """The sleeper joins first, so that a fault in cutting would hit those behind it."""
    payload = bytes(32 * 1024)

    async def scenario() -> None:
        async with open_room() as room:
            small = socket.socket()
            small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            small.setblocking(False)
            await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", room.port))
            async with asleep(room, small), members(room, 2) as others:
                slow = room.connections[0]
                rounds = 0
                cut: list[ServerConnection] = []
                while not cut:
                    backlog = slow.transport.get_write_buffer_size()
                    delivered, cut = fanout.send(payload, room.connections)
                    assert bool(cut) == (backlog > WRITE_BUFFER_LIMIT)
                    assert delivered == 3 - len(cut)
                    assert [await member.recv() for member in others] == [payload, payload]
                    rounds += 1
                assert cut == [slow]
                assert rounds > WRITE_BUFFER_LIMIT // len(payload)
                assert fanout.send(b"on we go", room.connections) == (2, [])
                assert [await member.recv() for member in others] == [b"on we go"] * 2
                await slow.wait_closed()
                assert fanout.cut == 1

    run(scenario())


@contextlib.asynccontextmanager
async def asleep(room: Room, sock: socket.socket) -> AsyncIterator[None]:
    """A member who completes the handshake on `sock` and never reads again."""
    loop = asyncio.get_running_loop()
    protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{room.port}/"))
    protocol.send_request(protocol.connect())
    await loop.sock_sendall(sock, b"".join(protocol.data_to_send()))
    await room.holds(1)
    try:
        yield
    finally:
        sock.close()


def test_a_connection_amid_a_fragmented_message_is_cut_rather_than_garbled(run: Run, fanout: Fanout) -> None:
    async def scenario() -> None:
        async with open_room() as room, members(room, 2) as [_, other]:
            amid, go_on = asyncio.Event(), asyncio.Event()

            async def fragments() -> AsyncIterator[bytes]:
                yield b"first"
                amid.set()
                await go_on.wait()
                yield b"second"

            sending = asyncio.create_task(room.connections[0].send(fragments()))
            await amid.wait()
            assert fanout.send(b"x", room.connections) == (1, [room.connections[0]])
            assert await other.recv() == b"x"
            go_on.set()
            with pytest.raises(ConnectionClosed):
                await sending

    run(scenario())


def test_nothing_is_written_before_the_handshake_is_done(run: Run, fanout: Fanout) -> None:
    async def scenario() -> None:
        sent: list[object] = []

        def during_handshake(connection: ServerConnection, _: object) -> None:
            sent.append(fanout.send(b"too early", [connection]))

        async def handler(connection: ServerConnection) -> None:
            fanout.send(b"in time", [connection])
            await connection.wait_closed()

        server = await serve(
            handler, "127.0.0.1", 0, compression=None, process_request=during_handshake, close_timeout=2
        )
        port = next(iter(server.sockets)).getsockname()[1]
        async with server, connect(f"ws://127.0.0.1:{port}/", compression=None) as member:
            assert await member.recv() == b"in time"
        assert sent == [(0, [])]

    run(scenario())


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a self-signed certificate and of a client who trusts it."""
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


def test_it_works_the_same_through_tls(run: Run, fanout: Fanout, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = tls

    async def scenario() -> None:
        async with open_room(server) as room, members(room, 3, client) as [leaver, *others]:
            assert fanout.send(bytes(100_000), room.connections) == (3, [])
            assert [await member.recv() for member in (leaver, *others)] == [bytes(100_000)] * 3
            closing = asyncio.create_task(leaver.close())
            for number in range(10):
                fanout.send(b"%d" % number, room.connections)
                assert [await member.recv() for member in others] == [b"%d" % number] * 2
            await closing

    run(scenario())


def test_the_setting_chooses_the_way() -> None:
    assert isinstance(choose_fanout(), FramedOnce)
    assert isinstance(choose_fanout(framed_once=False), LibraryBroadcast)
