"""What tests of the server and of the programmatic client are made of.

serving      a server inside the test's own loop: with any journal, any clock
Server       a server process on a free port, its journal in a file: to be killed, started again, told the time
Member       a `Peer` that gives up waiting after a while, so that a test which cannot end fails instead
Wire         a connection spoken by hand, frame by frame
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import signal
import sqlite3
import sys
import urllib.request
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
from evenly_client import transport
from evenly_client.links import Link
from evenly_client.outbox import Outbox
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.facts import Command
from evenly_protocol.hashing import hello_message, profile_message
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import AnyCommand, Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import (
    VERSION,
    ByeFrame,
    Challenge,
    CommandFrame,
    Frame,
    Hello,
    Proof,
    Purpose,
    ServerFrame,
    Welcome,
    decode_entry,
    decode_server,
    encode,
)
from evenly_protocol.words import FloorMode, Lobby
from evenly_server.clock import Clock, FedClock, SystemClock
from evenly_server.journal.interface import Journal
from evenly_server.journal.memory import MemoryJournal
from evenly_server.serve import Options, Process
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 10.0
NOON = 1_790_000_000_000
"""A moment for fed clocks, UTC milliseconds."""

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Frame)


async def soon(awaitable: Awaitable[_T]) -> _T:
    """The result, within the patience of a test."""
    return await asyncio.wait_for(awaitable, PATIENCE_S)


async def eventually(condition: Callable[[], object]) -> None:
    """Lets the loop turn until something holds that nobody announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0.002)


def encoded(room: Room) -> bytes:
    """A room as bytes: two that are equal are the same to the last field."""
    return msgspec.msgpack.encode(room)


def folded(room_id: bytes, entries: Iterable[Entry]) -> Room:
    """The room that these entries make."""
    room = Room(room_id)
    for entry in entries:
        evolve(room, entry)
    return room


def entries_in(journal: Path, room: bytes) -> list[Entry]:
    """What a journal's file holds of a room, served or not."""
    with contextlib.closing(sqlite3.connect(journal)) as db:
        rows = db.execute("SELECT body FROM records WHERE room = ? ORDER BY seq", (room,)).fetchall()
    return [decode_entry(body) for (body,) in rows]


def phase(mode: FloorMode = FloorMode.QUEUE, minutes: int = 60, counted: bool = True) -> PhasePlan:
    """A plan of one phase."""
    return PhasePlan("talk", b"", minutes, mode, counted)


class Member(Peer):
    """A peer whose waiting ends."""

    async def until(self, condition: Callable[[Room], bool]) -> None:
        await soon(super().until(condition))

    async def ask(self, command: Command, id: bytes = b"") -> Refusal | None:
        return await soon(super().ask(command, id))

    async def caught_up(self, other: Peer) -> None:
        """Waits until this replica stands where the other one stands now."""
        seq = other.room.seq
        await self.until(lambda room: room.seq >= seq)

    def cut(self) -> None:
        """Ends the connection as a pulled cable does, whatever is under way."""
        socket = self._socket
        assert socket is not None
        socket.transport.abort()


class Served:
    """Something that serves rooms on a port of this machine."""

    port: int

    def new_link(self) -> Link:
        """A link to a room that nobody has made yet."""
        return Link("127.0.0.1", self.port, secrets.token_bytes(16), secrets.token_bytes(16))


class Local(Served):
    """A server inside the test's loop."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    @property
    def journal(self) -> Journal:
        return self.process.journal

    async def entries(self, room: bytes) -> list[Entry]:
        """What its journal holds of a room."""
        return [decode_entry(record.body) for record in await self.journal.read(room, 0)]

    async def advance(self, ms: int) -> None:
        """Lets so much time pass, and waits until all that was due is decided."""
        clock = self.process.clock
        assert isinstance(clock, FedClock)
        until = clock.now() + ms
        await soon(self.process.rooms.idle())
        while clock.step(until):
            await soon(self.process.rooms.idle())
        await soon(self.process.rooms.idle())


@contextlib.asynccontextmanager
async def serving(journal: Journal | None = None, clock: Clock | None = None, **options: Any) -> AsyncGenerator[Local]:
    """A server inside the test's loop, stopped in order at the end."""
    wanted = Options(port=0, create="anyone", **{"journal": "memory", **options})
    process = Process(wanted, journal or MemoryJournal(), clock or SystemClock())
    port = await process.listen()
    try:
        yield Local(process, port)
    finally:
        await soon(process.stop())


class Server(Served):
    """A server process. Its journal outlives it.

    `before`: Python that the process runs first; `inside`: what is put before its command.
    """

    def __init__(
        self,
        journal: Path | str,
        *arguments: str,
        before: str = "",
        uvloop: bool = True,
        fed: int | None = None,
        create: str = "anyone",
        log: Path | None = None,
        inside: Sequence[str] = (),
    ) -> None:
        self.journal = Path(journal)
        self.port = 0
        self.log = log or self.journal.with_suffix(".log")
        self._where = str(journal)
        self._arguments = arguments
        self._before = before + ("" if uvloop else "import sys; sys.modules['uvloop'] = None; ")
        self._fed = fed
        self._create = create
        self._inside = inside
        self.process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def start(self, at: int | None = None) -> None:
        """Starts it, on the port that it had before; `at`: the time of a fed clock."""
        program = f"{self._before}from evenly_server.__main__ import app; app()"
        clock = [] if self._fed is None else ["--clock", f"stdin:{at or self._fed}"]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._inside,
                sys.executable,
                "-c",
                program,
                "serve",
                *("--port", str(self.port), "--journal", self._where, "--create", self._create),
                *clock,
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        word, number = (await self._line()).split()
        assert word == "listening"
        self.port = int(number)

    async def _line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        line = (await soon(self.process.stdout.readline())).decode().strip()
        assert line, self.log.read_text()
        return line

    async def tell_time(self, at: int) -> None:
        """A fed clock goes to `at`, and all that was due is on disk."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(b"%d\n" % at)
        assert await self._line() == f"at {at}"

    async def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.kill()
        await soon(self.process.wait())

    async def stop(self) -> int:
        """In order, as Ctrl-C or a service manager does. Its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await soon(self.process.wait())


def metric(server: Served, name: str) -> int:
    """What a server counts, from its page of metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=PATIENCE_S) as page:
        lines = page.read().decode().splitlines()
    return int(next(line for line in lines if line.startswith(f"evenly_{name} ")).split()[1])


async def server_command(*arguments: str, directory: Path | None = None) -> tuple[int, str, str]:
    """Runs the server's command line, in `directory`. Its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "evenly_server", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=directory,
    )
    out, err = await soon(process.communicate())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Group:
    """A room and who is in it; seat 1, the first, is the facilitator."""

    def __init__(self, link: Link, members: Sequence[Member]) -> None:
        self.link = link
        self.members = members
        self.leader = members[0]
        self.others = members[1:]

    async def caught_up(self) -> None:
        """All that anybody has seen, everybody has seen."""
        furthest = max(self.members, key=lambda member: member.room.seq)
        for member in self.members:
            await member.caught_up(furthest)


@contextlib.asynccontextmanager
async def make_room(
    server: Served,
    size: int,
    *,
    others: Sequence[Served] = (),
    names: Sequence[str] = ("Ana", "Ben", "Cleo", "Dov", "Eve", "Finn", "Gül", "Hal"),
    session: bool = False,
    lobby: Lobby = Lobby.OFF,
    outbox: Callable[[DeviceKey, Link], Outbox] | None = None,
) -> AsyncGenerator[Group]:
    """A new room with so many members, connected; `session`: one phase with a queue is running.

    With `others`, the members come to `server` and to these in turn.
    """
    link = server.new_link()
    links = [link, *(dataclasses.replace(link, port=other.port) for other in others)]
    members: list[Member] = []
    async with contextlib.AsyncExitStack() as stack:
        for number in range(size):
            key = DeviceKey.generate()
            member = Member(
                links[number % len(links)],
                key,
                names[number % len(names)] + ("" if number < len(names) else f" {number}"),
                create_key="" if number == 0 else None,
                outbox=outbox(key, link) if outbox else None,
            )
            members.append(await stack.enter_async_context(member))
            await member.entered()
        group = Group(link, members)
        assert await group.leader.ask(ChangeSettings(Settings(lobby=lobby))) is None
        if session:
            everybody = sorted(m.seat for m in members)
            await group.leader.until(lambda room: sorted(group.leader.connected) == everybody)
            assert await group.leader.ask(StartSession([phase()])) is None
        await group.caught_up()
        yield group


class Wire:
    """A connection spoken by hand."""

    def __init__(self, socket: ClientConnection, link: Link, key: DeviceKey) -> None:
        self.socket = socket
        self.link = link
        self.key = key
        self.keys = RoomKeys.from_secret(link.secret)
        self.messages: list[bytes] = []
        self.proof: Proof | None = None
        self._frames: list[ServerFrame] = []

    async def send(self, *frames: Frame) -> None:
        """Sends frames as one message."""
        await self.socket.send(encode(frames))

    async def frame(self) -> ServerFrame:
        """The next frame.

        Raises:
            ConnectionClosed: there is none any more.
        """
        while not self._frames:
            message = await soon(self.socket.recv())
            assert isinstance(message, bytes)
            self.messages.append(message)
            frames, skipped = decode_server(message)
            assert skipped == 0
            self._frames.extend(frames)
        return self._frames.pop(0)

    async def next(self, kind: type[_F]) -> _F:
        """The next frame of a kind; others before it are passed over."""
        while not isinstance(frame := await self.frame(), kind):
            pass
        return frame

    async def rest(self) -> list[ServerFrame]:
        """All frames until the connection ends."""
        frames: list[ServerFrame] = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                frames.append(await self.frame())
        return frames

    async def bye(self) -> str:
        """The code of the goodbye with which the connection ends, empty when it ends without one."""
        codes = [frame.code for frame in await self.rest() if isinstance(frame, ByeFrame)]
        assert len(codes) <= 1
        return codes[0] if codes else ""

    async def greet(self, purpose: Purpose = Purpose.MEMBER, major: int = VERSION[0]) -> tuple[bytes, bytes]:
        """Says hello. The server's random bytes and ours."""
        mine = secrets.token_bytes(32)
        await self.send(Hello(major, 0, self.link.room, self.key.public, mine, purpose))
        return (await self.next(Challenge)).nonce, mine

    async def prove(self, purpose: Purpose = Purpose.MEMBER, **changes: Any) -> None:
        """Says hello and proves it, with `changes` to the proof."""
        await self.prove_it(*await self.greet(purpose), **changes)

    async def prove_it(self, theirs: bytes, mine: bytes, **changes: Any) -> None:
        """Proves what was said in `greet`, with `changes` to the proof."""
        name_id = secrets.token_bytes(16)
        name = Sealer(self.keys, self.link.room).seal(FieldKind.NAME, "Wil", self.key.public, name_id)
        server_name = changes.get("server_name", self.link.server_name)
        self.proof = Proof(
            signature=self.key.sign(hello_message(server_name, self.link.room, theirs, mine)),
            server_name=server_name,
            token=self.keys.invite_token,
            name=name,
            name_id=name_id,
            name_signature=self.key.sign(profile_message(self.link.room, name)),
        )
        self.proof = msgspec.structs.replace(self.proof, **changes)
        await self.send(self.proof)

    async def enter(self, purpose: Purpose = Purpose.MEMBER, **changes: Any) -> Welcome:
        """Enters the room. Leaves the snapshot, or the entries, to be read."""
        await self.prove(purpose, **changes)
        return await self.next(Welcome)

    async def command(self, counter: int, body: AnyCommand, id: bytes = b"") -> bytes:
        """Sends a command. Its id."""
        id = id or secrets.token_bytes(16)
        await self.send(CommandFrame(id, counter, body))
        return id


@contextlib.asynccontextmanager
async def wire(link: Link, key: DeviceKey | None = None) -> AsyncGenerator[Wire]:
    """A connection spoken by hand, to the server of a link."""
    tls = None if link.pin is None else transport._context(link)
    scheme = "ws" if tls is None else "wss"
    async with connect(
        f"{scheme}://{link.server_name}/", ssl=tls, compression=None, proxy=None, ping_interval=None
    ) as socket:
        yield Wire(socket, link, key or DeviceKey.generate())
