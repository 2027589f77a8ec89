"""Bytes on the wire, both ways: an idle hour, a raised hand, a join, a whole session; Socket.IO's JSON beside them.

    python benchmarks/wire_bytes.py [--quick] [--json]

Real server processes and real clients, which reach them through a relay of this script on loopback that reads every
WebSocket frame that passes. *Application*: the payloads of messages. *On the wire*: all that TCP carries, which is the
opening handshake, frames with their headers, keep-alives; the headers of TCP and IP are left out, and so is TLS.

Socket.IO's figures are a translation, not a measurement: each message that really passed is written as somebody would
write it in JSON (names of fields, without those that have their default; ids and sealed texts in base64url; a message
for each entry; the state in full on joining) and framed as Socket.IO frames it: `42["event",{…}]` in a text frame,
`2` and `3` every 25 s to keep the connection, WebSocket from the first byte, nothing compressed (its default).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import time
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from evenly_client import demo
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.new_room import set_up
from evenly_client.peer import Peer
from evenly_client.rehearsal import FAY, Rehearsal, RehearsalMember
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.hands import RaiseHand
from evenly_protocol.room import Entry, Room
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.wire import (
    Chunk,
    CommandFrame,
    Entries,
    Events,
    Welcome,
    decode_client,
    decode_server,
    read_entry,
)
from evenly_protocol.words import FloorMode, Intent, Lobby
from figures import Found, Goal, Growth, command_line, table
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

PEOPLE = 11
DOUBLING_PEOPLE = (5, 10, 20, 40, 80)
DOUBLING_TURNS = (8, 16, 32, 64)
IDLE_S = 60.0
"""Seconds that are listened to: six keep-alives of each side, and one question for the time where a turn runs."""

IN_AN_HOUR = 3600 / IDLE_S
STILL_S = 0.3
"""Nothing under way: no message for so many seconds."""

WITHIN_S = 360.0
SESSION_MINUTES = 8.0
QUICK_MINUTES = 2.0
ENGINE_PING_S = 25
"""Between two pings of engine.io, its default."""

SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")
PHASE = PhasePlan("talk", b"", 60, FloorMode.QUEUE)
SID = "x" * 20
"""As long as an id of engine.io's and of Socket.IO's."""

ENGINE_OPEN = f'0{{"sid":"{SID}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}}'


class Seen(NamedTuple):
    """What passed: on which connection, which way, its payload, and its bytes on the wire. No opcode: the handshake."""

    connection: int
    up: bool
    opcode: Opcode | None
    payload: bytes
    wire: int


class Bytes(NamedTuple):
    """Application bytes and bytes on the wire, both ways; `messages`: how many, both ways together."""

    up: float = 0
    down: float = 0
    wire_up: float = 0
    wire_down: float = 0
    messages: float = 0

    @property
    def wire(self) -> float:
        """On the wire, both ways together."""
        return self.wire_up + self.wire_down

    def and_also(self, other: Bytes) -> Bytes:
        """The sum."""
        return Bytes(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, factor: float) -> Bytes:
        """So many times that."""
        return Bytes(*(a * factor for a in self))


def counted(seen: Iterable[Seen]) -> Bytes:
    """All of it added up."""
    total = dict.fromkeys(Bytes._fields, 0)
    for one in seen:
        way = "up" if one.up else "down"
        total[f"wire_{way}"] += one.wire
        if is_message(one):
            total[way] += len(one.payload)
            total["messages"] += 1
    return Bytes(**total)


def is_message(one: Seen) -> bool:
    """Whether it carries anything of the application's."""
    return one.opcode in (Opcode.BINARY, Opcode.TEXT)


def is_keep_alive(one: Seen) -> bool:
    """Whether it only keeps the connection."""
    return one.opcode in (Opcode.PING, Opcode.PONG)


def framed(connection: int, up: bool, opcode: Opcode, payload: bytes) -> Seen:
    """As it stands on the wire: what a client sends is masked."""
    return Seen(connection, up, opcode, payload, len(Frame(opcode, payload).serialize(mask=up)))


# -- what passes -------------------------------------------------------------------------------------------------


class Tap:
    """A relay for TCP on a port of its own, which keeps what passed; `to` is the server's port."""

    def __init__(self) -> None:
        self.port = self.to = 0
        self._seen: list[Seen] = []
        self._numbers = itertools.count()
        self._last = time.monotonic()

    def taken(self) -> list[Seen]:
        """What has passed since the last time."""
        seen, self._seen = self._seen, []
        return seen

    async def still(self) -> None:
        """Waits until no message has passed for a while."""
        while (left := self._last + STILL_S - time.monotonic()) > 0:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(left)

    async def relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Serves one connection, until either side closes it."""
        number = next(self._numbers)
        answers, server = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(self._pump(number, True, source, server), self._pump(number, False, answers, sink))

    async def _pump(self, number: int, up: bool, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        stream = StreamReader()
        reading = self._read(number, up, stream)
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                stream.feed_data(data)
                next(reading)
                sink.write(data)
                await sink.drain()
        sink.close()

    def _read(self, number: int, up: bool, stream: StreamReader) -> Generator[None, None, None]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += yield from stream.read_line(8192)
        self._seen.append(Seen(number, up, None, head, len(head)))
        while True:
            frame = yield from Frame.parse(stream.read_exact, mask=up)
            one = framed(number, up, frame.opcode, bytes(frame.data))
            self._seen.append(one)
            if is_message(one):
                self._last = time.monotonic()


@asynccontextmanager
async def served(fed_at: int | None = None) -> AsyncGenerator[tuple[LocalServer, Tap]]:
    """A server and the way to it; `fed_at`: its clock stands there (UTC milliseconds) until it is told."""
    tap = Tap()
    listening = await asyncio.start_server(tap.relay, "127.0.0.1", 0)
    tap.port = listening.sockets[0].getsockname()[1]
    server = await LocalServer.start([*SERVER, "--name", f"127.0.0.1:{tap.port}"], fed_at=fed_at)
    tap.to = server.port
    try:
        yield server, tap
    finally:
        await server.kill()
        listening.close()


# -- rooms -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def entered(link: Link, number: int) -> AsyncGenerator[Peer]:
    """One more member of the room, the first of whom makes it."""
    async with Peer(link, DeviceKey.generate(), f"Member {number}", create_key=None if number else "") as peer:
        await peer.entered()
        yield peer


@asynccontextmanager
async def group(tap: Tap, people: int) -> AsyncGenerator[list[Peer]]:
    """A new room with so many members, in a session, nothing under way."""
    link = Link("127.0.0.1", tap.port, Peer.new_id(), Peer.new_id())
    async with contextlib.AsyncExitStack() as stack:
        peers: list[Peer] = []
        for number in range(people):
            peers.append(await stack.enter_async_context(entered(link, number)))
            if not number:
                await peers[0].ask(ChangeSettings(Settings(lobby=Lobby.OFF)))
        await together(peers)
        await granted(peers[0].ask(StartSession([PHASE])))
        await caught_up(peers)
        await tap.still()
        yield peers


async def together(peers: Sequence[Peer]) -> None:
    """Waits until everybody sees everybody."""
    for peer in peers:
        await peer.until(lambda _, peer=peer: len(peer.connected) == len(peers))


async def caught_up(peers: Sequence[Peer]) -> None:
    """Waits until everybody has what anybody has."""
    most = max(peer.room.seq for peer in peers)
    for peer in peers:
        await peer.until(lambda room: room.seq >= most)


async def granted(asked: Any) -> None:
    """Waits for the end of what was asked; raises if it was refused, as then nothing was measured."""
    refusal = await asked
    if refusal is not None:
        raise RuntimeError(f"refused: {refusal.code}")


# -- what is measured --------------------------------------------------------------------------------------------


async def hand(tap: Tap, peers: Sequence[Peer]) -> list[Seen]:
    """A hand is raised: the command, and the event to everybody, which is the acknowledgement too."""
    tap.taken()
    await granted(peers[-1].ask(RaiseHand(Intent.SPEAK)))
    await caught_up(peers)
    await tap.still()
    return without_keep_alives(tap.taken())


async def join(tap: Tap, peers: Sequence[Peer]) -> list[Seen]:
    """One more comes in: all that it sends and is sent, and what the others are told."""
    tap.taken()
    async with entered(peers[0].link, len(peers)) as peer:
        everybody = [*peers, peer]
        await together(everybody)
        await caught_up(everybody)
        await tap.still()
        return without_keep_alives(tap.taken())


def without_keep_alives(seen: Iterable[Seen]) -> list[Seen]:
    """What would have passed at any speed."""
    return [one for one in seen if not is_keep_alive(one)]


async def idle(*, turn: bool) -> list[Seen]:
    """A minute of a room in which nobody does anything, between sessions, or with a turn running."""
    async with served() as (_, tap), group(tap, PEOPLE) as peers:
        lead = peers[0]
        if turn:
            await granted(peers[1].ask(RaiseHand(Intent.SPEAK)))
            await granted(lead.ask(CallNext()))
        else:
            await granted(lead.ask(EndSession(1)))
        await caught_up(peers)
        await tap.still()
        tap.taken()
        await asyncio.sleep(IDLE_S)
        return tap.taken()


async def turns(number: int) -> Bytes:
    """A session of so many turns, from its first command to its end."""
    at = int(time.time() * 1000)
    async with served(at) as (server, tap), group(tap, PEOPLE) as peers:
        tap.taken()
        lead = peers[0]
        for speaker in itertools.islice(itertools.cycle(peers[1:]), number):
            await granted(speaker.ask(RaiseHand(Intent.SPEAK)))
            await server.advance(at := at + 5_000)
            await granted(lead.ask(CallNext()))
            await speaker.until(lambda room: bool(room.floor.turns))
            await server.advance(at := at + 30_000)
            await granted(speaker.ask(Finish(speaker.room.floor.turns[0].id)))
            await caught_up(peers)
        await granted(lead.ask(EndSession(1)))
        await caught_up(peers)
        await tap.still()
        return counted(without_keep_alives(tap.taken()))


class Played(NamedTuple):
    """A demo session: what passed (without keep-alives), how long it was in its own time, how many came."""

    seen: list[Seen]
    minutes: float
    people: int


async def session(minutes: float) -> Played:
    """What `evenly demo` plays, from the first member's coming to the last one's going, as fast as it goes."""
    plan = demo.Plan(speed=demo.FAST, minutes=minutes)
    at = int(time.time() * 1000)
    async with served(at) as (server, tap):
        link = Link("127.0.0.1", tap.port, Peer.new_id(), Peer.new_id())
        rehearsal = Rehearsal(server, link, seed=plan.seed, speed=plan.speed, at=at)
        lead = RehearsalMember(rehearsal, FAY)
        await lead.arrive(create=True)
        peer = rehearsal.peers[0]
        await set_up(peer, "Rehearsal")
        leading = demo.led(rehearsal, peer, plan)
        await demo.bring(rehearsal)
        await rehearsal.run(lambda: leading.over)
        people = len(rehearsal.peers)
        await rehearsal.stop()
        if not leading.over:
            raise RuntimeError("the session did not come to its end")
        return Played(without_keep_alives(tap.taken()), (rehearsal.now - at) / 60_000, people)


# -- the same in Socket.IO's JSON --------------------------------------------------------------------------------


def in_socket_io(seen: Iterable[Seen]) -> Iterator[Seen]:
    """Each message as Socket.IO would carry it; keep-alives are left out, see `engine_pings`."""
    states: dict[int, State] = {}
    for one in seen:
        if one.opcode is None:
            yield from opened(one)
        elif is_message(one):
            state = states.setdefault(one.connection, State())
            for text in upward(one.payload) if one.up else downward(one.payload, state):
                yield text_frame(one.connection, one.up, text)
        elif one.opcode is Opcode.CLOSE:
            yield one


def opened(handshake: Seen) -> Iterator[Seen]:
    """The opening handshake, and the packets with which engine.io and Socket.IO begin."""
    head = handshake.payload.replace(b"GET / ", b"GET /socket.io/?EIO=4&transport=websocket ", 1)
    yield handshake._replace(payload=head, wire=len(head))
    if handshake.up:
        yield text_frame(handshake.connection, True, "40")
    else:
        yield text_frame(handshake.connection, False, ENGINE_OPEN)
        yield text_frame(handshake.connection, False, f'40{{"sid":"{SID}"}}')


def text_frame(connection: int, up: bool, text: str) -> Seen:
    """A packet in a frame of its own."""
    return framed(connection, up, Opcode.TEXT, text.encode())


class State:
    """The chunks of a snapshot that are still to come, and those that came."""

    def __init__(self) -> None:
        self.expected = 0
        self.chunks: list[bytes] = []


def upward(message: bytes) -> Iterator[str]:
    """A member's frames: a command is an event of its own name."""
    for frame in decode_client(message):
        if isinstance(frame, CommandFrame):
            head = {"id": plain(frame.id), "counter": frame.counter}
            yield event(tag(frame.body), {**head, **plain(frame.body)})
        else:
            yield event(tag(frame), plain(frame))


def downward(message: bytes, state: State) -> Iterator[str]:
    """The server's frames: an entry is an `event`, a snapshot one `state`."""
    frames, skipped = decode_server(message)
    if skipped:
        raise RuntimeError("a message that this version does not know")
    for frame in frames:
        if isinstance(frame, Events):
            yield from (event("event", plain_entry(entry)) for entry in frame.entries)
        elif isinstance(frame, Entries):
            yield from (event("event", plain_entry(read_entry(body)[0])) for body in frame.entries)
        elif isinstance(frame, Chunk):
            state.chunks.append(frame.body)
            if len(state.chunks) == state.expected:
                yield event("state", plain(msgspec.msgpack.decode(b"".join(state.chunks), type=Room)))
        else:
            if isinstance(frame, Welcome):
                state.expected, state.chunks = frame.chunks, []
            yield event(tag(frame), plain(frame))


def plain_entry(entry: Entry) -> dict[str, Any]:
    """An entry as an object: what happened lies flat in it where it is one thing."""
    head = {"seq": entry.seq, "id": plain(entry.id), "at": entry.at, "by": entry.by, "counter": entry.counter}
    events = [{"type": tag(one), **plain(one)} for one in entry.events]
    if len(events) == 1 and not head.keys() & events[0].keys():
        return head | events[0]
    return head | {"events": events}


def event(name: str, body: Any) -> str:
    """As Socket.IO emits it."""
    return "42" + json.dumps([name, body], separators=(",", ":"), ensure_ascii=False)


def tag(struct: msgspec.Struct) -> str:
    """The name of a command, an event or a frame."""
    return str(struct.__struct_config__.tag)


def plain(value: Any) -> Any:
    """A value as JSON has it: fields by name, without those that have their default; bytes in base64url."""
    if isinstance(value, msgspec.Struct):
        fields = ((f, getattr(value, f.name)) for f in msgspec.structs.fields(value))
        return {f.name: plain(found) for f, found in fields if not is_default(f, found)}
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    if isinstance(value, dict):
        return {str(plain(key)): plain(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [plain(found) for found in value]
    return value


def is_default(field: msgspec.structs.FieldInfo, value: Any) -> bool:
    """Whether a field is as it is when nothing is said."""
    if field.default_factory is not msgspec.NODEFAULT:
        return value == field.default_factory()
    return field.default is not msgspec.NODEFAULT and value == field.default


def engine_pings(people: int, seconds: float) -> Bytes:
    """What keeps Socket.IO's connections for so long: a ping down, a pong up."""
    pair = [text_frame(0, False, "2"), text_frame(0, True, "3")]
    kept = counted(pair)._replace(up=0, down=0, messages=0)
    return kept.times(people * seconds / ENGINE_PING_S)


# -- all together ------------------------------------------------------------------------------------------------


async def growth(quick: bool) -> tuple[list[Growth], list[tuple[str, Bytes, Bytes]]]:
    """How a hand, a join and a session grow; and the rows for a hand and a join in a room of `PEOPLE`."""
    hands: list[tuple[float, float]] = []
    joins: list[tuple[float, float]] = []
    rows: list[tuple[str, Bytes, Bytes]] = []
    async with served(int(time.time() * 1000)) as (_, tap):
        for people in (PEOPLE, *DOUBLING_PEOPLE[: 3 if quick else None]):
            async with group(tap, people) as peers:
                raised, joined = await hand(tap, peers), await join(tap, peers)
            if people == PEOPLE:
                rows += [row(f"a raised hand, {people} members", raised)]
                rows += [row(f"a join, {people} members there", joined)]
            else:
                hands.append((people, counted(raised).wire))
                joins.append((people, counted(joined).wire))
    lengths = [(n, (await turns(n)).wire) for n in DOUBLING_TURNS[: 3 if quick else None]]
    return [
        Growth("a raised hand, by members", "B", hands, "one event to each member"),
        Growth("a join, by members there", "B", joins, "the snapshot names each member, and each is told of the join"),
        Growth(f"a session of {PEOPLE}, by turns", "B", lengths, "each turn is three commands, told to everybody once"),
    ], rows


def row(what: str, seen: Sequence[Seen]) -> tuple[str, Bytes, Bytes]:
    """Evenly and Socket.IO's translation of the same."""
    return what, counted(seen), counted(in_socket_io(seen))


async def everything(quick: bool) -> Found:
    """All that is measured; the idle rooms are listened to meanwhile, as bytes do not depend on load."""
    between, during, played, (grown, rows) = await asyncio.wait_for(
        asyncio.gather(
            idle(turn=False), idle(turn=True), session(QUICK_MINUTES if quick else SESSION_MINUTES), growth(quick)
        ),
        WITHIN_S,
    )
    hours = [
        hour(f"an idle hour between sessions, {PEOPLE} members", between),
        hour(f"an hour with a turn running, {PEOPLE} members", during),
    ]
    messages = row(f"a demo session, {played.people} members", played.seen)
    upkeep = hours[1]
    factor = played.minutes / 60 * played.people / PEOPLE
    whole = (
        "the same and what keeps it connected",
        messages[1].and_also(upkeep[1].times(factor)),
        messages[2].and_also(upkeep[2].times(factor)),
    )
    return {
        "people": PEOPLE,
        "minutes": played.minutes,
        "rows": [
            {"what": what, "evenly": ours._asdict(), "socket_io": theirs._asdict()}
            for what, ours, theirs in [*hours, *rows, messages, whole]
        ],
        "growth": grown,
        "goals": [Goal("messages in a minute of an idle room", counted(between).messages, 0)],
    }


def hour(what: str, seen: Sequence[Seen]) -> tuple[str, Bytes, Bytes]:
    """What was heard in `IDLE_S`, as an hour."""
    theirs = counted(in_socket_io(seen)).times(IN_AN_HOUR).and_also(engine_pings(PEOPLE, 3600))
    return what, counted(seen).times(IN_AN_HOUR), theirs


def measure(quick: bool) -> Found:
    """See the module."""
    return asyncio.run(everything(quick))


def page(found: Found) -> str:
    """The section."""
    heads = ["", "messages", "application up", "down", "wire up", "down", "both", "Socket.IO's JSON", "of that"]
    rows: list[list[str]] = []
    for one in found["rows"]:
        ours, theirs = Bytes(**one["evenly"]), Bytes(**one["socket_io"])
        figures = [ours.messages, ours.up, ours.down, ours.wire_up, ours.wire_down, ours.wire, theirs.wire]
        rows.append([one["what"], *(f"{value:,.0f}" for value in figures), f"{ours.wire / theirs.wire:.2f}"])
    return "\n".join(
        [
            "## Bytes on the wire",
            "",
            "Bytes of all members together. *Application*: payloads of messages. *Wire*: opening handshakes, frames "
            "with their headers, keep-alives; TCP, IP and TLS are left out. Clients and server are real, and every "
            "frame was counted on its way between them.",
            "",
            "Socket.IO's column is a translation, not a measurement: each message that passed, written as JSON with "
            "the names of its fields (defaults left out, bytes in base64url, an entry a message, the state in full on "
            "joining) and framed as Socket.IO does over WebSocket, its own ping every 25 s in place of Evenly's "
            "keep-alives. No acknowledgement is counted on either side: the event carries the command's id. "
            "*Of that*: Evenly's bytes on the wire over Socket.IO's.",
            "",
            table(heads, rows),
            "",
            f"The hours are {IDLE_S:.0f} s that were listened to, times {IN_AN_HOUR:.0f}. With a turn running each "
            "member asks for the time once a minute; the one event of a turn that nobody touches for minutes is not "
            "in it. Evenly keeps a connection by a ping from each side every 10 s, so that somebody who is gone is "
            "known in 15 s; Socket.IO by one every 25 s, known in 45 s: an idle hour costs more for that. "
            f"The demo session lasts {found['minutes']:.1f} min in its own time and was played as fast as it goes; "
            "what keeps it connected for so long is the hour with a turn running, in proportion of time and members "
            "(those who come late counted from the start).",
        ]
    )


if __name__ == "__main__":
    command_line(__doc__, measure, page)
