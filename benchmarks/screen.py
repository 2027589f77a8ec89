"""What the session screen costs while a session runs: processor, terminal, wire and memory.

    python benchmarks/screen.py [--json] [--quick]

Real `evenly join`s in pseudo-terminals of 80×24 and 120×40, in one room of a real server; the other members are peers
in this process. What a change costs is the client's processor time over many changes, each in a paint of its own, less
what it uses in the same time when nothing changes; somebody speaks all the while, so a counter runs. What crosses the
wire is counted by a proxy that reads the frames of WebSocket. The burst comes from a server that is scripted here: a
snapshot of that room, and then 20,000 prepared entries, a message each, as fast as the client takes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import secrets
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

import figures
import msgspec
from cold_start import BARE, surroundings
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store, profile_directory
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.attendance import ComeBack, StepAway
from evenly_protocol.facts import Asking, Command
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import STATE_VERSION, Entry, Room, decide, evolve
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import GiveFloor
from evenly_protocol.wire import (
    VERSION,
    Challenge,
    Chunk,
    Events,
    Welcome,
    encode,
)
from evenly_protocol.words import FloorMode, Intent, Lobby
from websockets.asyncio.server import ServerConnection, serve

SMALL, WIDE = "80×24", "120×40"
TERMINALS = {SMALL: (24, 80), WIDE: (40, 120)}
FEW, MANY = 11, 300
CHANGE_GOAL_MS, MANY_GOAL, IDLE_GOAL = 5.0, 1.5, 0.01
WITHIN_S = 60.0
SETTLED_S = 1.5
"""After which a client has painted all that it knows."""

QUIET_S = 9.0
"""After which nothing is said any more of what has happened."""

SERVER = (
    *("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error"),
    *("--connections", "400", "--no-pace"),
)
IN_THE_ROOM = "here ●"
IN_THE_SESSION = "on the call ●"
LAST = "Zoe"
"""The member whose name is painted when the last entry of the burst has been taken in, and not before."""

BURST_ROUND = 100
"""Entries of the burst from one speaker to the next; the others are hands that go up and down."""


# -- the client --------------------------------------------------------------------------------------------------


class Screen:
    """A program in a pseudo-terminal.

    Attributes:
        writes: when it wrote, on `time.perf_counter`.
    """

    def __init__(self, command: Sequence[str], terminal: str, environment: dict[str, str]) -> None:
        """Starts it. `terminal`: of `TERMINALS`."""
        self.writes: list[float] = []
        self._written = bytearray()
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *TERMINALS[terminal], 0, 0))
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True, close_fds=True
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._ours, 65536):
                self.writes.append(time.perf_counter())
                self._written += data

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def cpu_ms(self) -> float:
        """The processor's time that it has used until now, milliseconds."""
        return figures.cpu_seconds(self.pid) * 1000

    @property
    def bytes_written(self) -> int:
        """What it has written to the terminal until now."""
        return len(self._written)

    async def shows(self, text: str) -> None:
        """Waits until it has written a text in one piece."""
        wanted, until = text.encode(), time.perf_counter() + WITHIN_S
        while wanted not in self._written:
            if time.perf_counter() > until or self._process.poll() is not None:
                raise RuntimeError(f"{text!r} was never written:\n{self._written[-2000:].decode(errors='replace')}")
            await asyncio.sleep(0.005)

    def end(self) -> None:
        """Ends it at once."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        os.close(self._ours)


@contextlib.contextmanager
def running(command: Sequence[str], terminal: str, environment: dict[str, str]) -> Generator[Screen]:
    """A program in a pseudo-terminal, ended at the end."""
    screen = Screen(command, terminal, environment)
    try:
        yield screen
    finally:
        screen.end()


def evenly_join(link: Link) -> list[str]:
    """The command line of a client."""
    return [str(Path(sys.executable).with_name("evenly")), "join", link.invite_text()]


# -- the wire ----------------------------------------------------------------------------------------------------


class Frames:
    """One direction of a WebSocket connection, its frames counted (RFC 6455, section 5.2).

    Attributes:
        application: bytes of application messages, framing included; pings, pongs and closing are not among them.
        kinds: how many messages there were of each kind: the tag of their first frame.
    """

    def __init__(self) -> None:
        self.application = 0
        self.kinds: Counter[str] = Counter()
        self._unread = bytearray()
        self._handshake = True

    def feed(self, data: bytes) -> None:
        """Takes what has come."""
        self._unread += data
        if self._handshake:
            _, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                return
            self._handshake, self._unread = False, rest
        while self._one():
            pass

    def _one(self) -> bool:
        """Takes a frame off what is unread, if it is there as a whole."""
        unread = self._unread
        if len(unread) < 2:
            return False
        size, at = unread[1] & 127, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(unread[2:at])
        mask_at = at
        if unread[1] & 128:
            at += 4
        if len(unread) < at + size:
            return False
        if unread[0] & 15 < 8:
            mask = bytes(unread[mask_at:at]) or b"\0"
            payload = bytes(byte ^ mask[i % len(mask)] for i, byte in enumerate(unread[at : at + size]))
            self.kinds[msgspec.msgpack.decode(payload)[0][0]] += 1
            self.application += at + size
        del unread[: at + size]
        return True


class Tap:
    """A proxy in front of a server, for one client at a time."""

    def __init__(self) -> None:
        self.port = 0
        self.towards = 0
        self.sent, self.received = Frames(), Frames()
        self._pumps: set[asyncio.Task[None]] = set()

    @classmethod
    async def listening(cls) -> Tap:
        """It listens; `towards`, the server's port, may be known later."""
        tap = cls()
        tap._server = await asyncio.start_server(tap._connected, "127.0.0.1", 0)
        tap.port = tap._server.sockets[0].getsockname()[1]
        return tap

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sent, self.received = Frames(), Frames()
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.towards)
        ways = ((reader, to_server, self.sent), (from_server, writer, self.received))
        self._pumps = {asyncio.create_task(_pump(*way)) for way in ways}

    async def close(self) -> None:
        """Listens no longer."""
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frames: Frames) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            frames.feed(data)
            writer.write(data)
            await writer.drain()
    writer.close()


# -- the room ----------------------------------------------------------------------------------------------------


@dataclass
class Seated:
    """A client on a screen, and what belongs to it."""

    terminal: str
    home: Path
    tap: Tap
    link: Link
    screen: Screen

    @property
    def environment(self) -> dict[str, str]:
        """Of its process."""
        return surroundings(self.home)


@dataclass
class Hall:
    """A room, and from `grown` on a running session in which somebody speaks.

    Attributes:
        peers: the members in this process; the first leads.
        seated: those on screens.
    """

    link: Link
    peers: list[Peer] = field(default_factory=list[Peer])
    seated: list[Seated] = field(default_factory=list[Seated])

    @property
    def members(self) -> int:
        """How many there are in the room."""
        return len(self.peers) + len(self.seated)

    async def joined(self, name: str, *, creates: bool = False) -> Peer:
        """One more member."""
        peer = Peer(self.link, DeviceKey.generate(), name, create_key="" if creates else None)
        peer.start()
        await peer.entered()
        self.peers.append(peer)
        return peer

    async def grown(self, members: int) -> None:
        """As many members are there, a new session runs, and every client knows."""
        lead = self.peers[0]
        if lead.room.running is not None:
            await self.do(lead, EndSession(lead.room.running.number))
        while self.members < members:
            await self.joined(f"Member {self.members + 1}")
        everybody = sorted(lead.room.members)
        await lead.until(lambda room: sorted(lead.connected) == everybody)
        await self.do(lead, StartSession([PhasePlan("talk", b"", 600, FloorMode.QUEUE)]))
        await self.do(lead, GiveFloor(self.peers[1].seat))
        for peer in self.peers:
            await peer.until(lambda room: room.seq >= lead.room.seq)
        await asyncio.sleep(SETTLED_S)

    async def do(self, peer: Peer, command: Command) -> None:
        """A command that must be accepted."""
        refusal = await peer.ask(command)
        if refusal is not None:
            raise RuntimeError(f"{type(command).__name__} was refused: {refusal.sentence}")

    # -- the changes ---------------------------------------------------------------------------------------------

    async def hand(self, step: int) -> None:
        """A hand goes up, and at the next step down."""
        peer = self.peers[3]
        mine = next((h.id for h in peer.room.floor.hands if h.seat == peer.seat), None)
        await self.do(peer, RaiseHand(Intent.SPEAK) if mine is None else LowerHand(mine))

    async def turn(self, step: int) -> None:
        """The turn passes on."""
        await self.do(self.peers[0], GiveFloor(self.peers[1 + step % 2].seat))

    async def presence(self, step: int) -> None:
        """A member is away, and at the next step back."""
        peer = self.peers[4]
        attending = peer.room.members[peer.seat].attending
        await self.do(peer, StepAway() if attending else ComeBack())


CHANGES: dict[str, Callable[[Hall, int], Awaitable[None]]] = {
    "a hand up or down": Hall.hand,
    "the turn passes on": Hall.turn,
    "a member away or back": Hall.presence,
}
IN_SIGHT = "only rows in sight are made and painted; who is here is counted anew"
WHY = {
    "a hand up or down": f"{IN_SIGHT}; a hand that is up has its place by everybody's balance, added up for each paint",
    "the turn passes on": IN_SIGHT,
    "a member away or back": IN_SIGHT,
}
"""Why a change costs with many members what it does."""


@contextlib.asynccontextmanager
async def hall() -> AsyncGenerator[Hall]:
    """A room of `FEW`; two of them on screens."""
    folder = Path(tempfile.mkdtemp())
    taps = {terminal: await Tap.listening() for terminal in TERMINALS}
    names = [option for tap in taps.values() for option in ("--name", f"127.0.0.1:{tap.port}")]
    server = await LocalServer.start((*SERVER, *names))
    own = Hall(Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16)))
    try:
        lead = await own.joined("Fay", creates=True)
        await own.do(lead, ChangeSettings(Settings(lobby=Lobby.OFF)))
        for number in range(FEW - len(TERMINALS) - 2):
            await own.joined(f"Member {number + 2}")
        await own.joined(LAST)
        for terminal, tap in taps.items():
            tap.towards = server.port
            own.seated.append(await seat(own, folder, terminal, tap))
        yield own
    finally:
        for seated in own.seated:
            seated.screen.end()
        for peer in own.peers:
            await peer.stop()
        await server.stop()
        for tap in taps.values():
            await tap.close()
        shutil.rmtree(folder, ignore_errors=True)


async def seat(own: Hall, folder: Path, terminal: str, tap: Tap) -> Seated:
    """A client on a screen. It is started twice, so that its bytecode is there."""
    home = folder / terminal
    link = Link("127.0.0.1", tap.port, own.link.room, own.link.secret)
    with Store(profile_directory(environment={"EVENLY_HOME": str(home)})) as store:
        store.remember_room(link, 0)
        store.keep_my_name(link.room, f"Ana {terminal[:3].strip('×')}")
        store.keep_practice_done()
        store.keep_setting("surface", "screen")
    with running(evenly_join(link), terminal, surroundings(home)) as first:
        await first.shows(IN_THE_ROOM)
    screen = Screen(evenly_join(link), terminal, surroundings(home))
    await screen.shows(IN_THE_ROOM)
    return Seated(terminal, home, tap, link, screen)


# -- what is measured --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Used:
    """What a client has used in `seconds`."""

    seconds: float
    cpu_ms: float
    written: int


async def used_while(seated: Sequence[Seated], doing: Awaitable[None]) -> dict[str, Used]:
    """What the clients use while something is done, and until they have painted it; by terminal."""
    before = {own.terminal: (own.screen.cpu_ms, own.screen.bytes_written) for own in seated}
    began = time.perf_counter()
    await doing
    seconds = time.perf_counter() - began
    return {
        own.terminal: Used(
            seconds, own.screen.cpu_ms - before[own.terminal][0], own.screen.bytes_written - before[own.terminal][1]
        )
        for own in seated
    }


async def idle(own: Hall, seconds: float) -> tuple[dict[str, Used], figures.Found]:
    """What the clients use while only the speaker's counter runs, and what crosses the wire of the first meanwhile."""
    tap = own.seated[0].tap
    before = [(way.application, way.kinds.copy()) for way in (tap.sent, tap.received)]
    used = await used_while(own.seated, asyncio.sleep(seconds))
    wire = {
        name: {"bytes": way.application - size, "messages": dict(way.kinds - kinds)}
        for name, way, (size, kinds) in zip(("sent", "received"), (tap.sent, tap.received), before, strict=True)
    }
    return used, wire


async def change_costs(
    own: Hall, change: Callable[[Hall, int], Awaitable[None]], resting: dict[str, Used], times: int, every_s: float
) -> dict[str, dict[str, float]]:
    """Milliseconds of the processor and bytes to the terminal for one change, beyond what rest would use."""

    async def changes() -> None:
        for step in range(times):
            due = time.perf_counter() + every_s
            await change(own, step)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    used = await used_while(own.seated, changes())
    found: dict[str, dict[str, float]] = {}
    for terminal, all_of_it in used.items():
        share = all_of_it.seconds / resting[terminal].seconds
        found[terminal] = {
            "cpu_ms": (all_of_it.cpu_ms - resting[terminal].cpu_ms * share) / times,
            "bytes": (all_of_it.written - resting[terminal].written * share) / times,
        }
    return found


async def settled(own: Hall) -> None:
    """Everything has been done once, and nothing is said of it any more."""
    for change in CHANGES.values():
        await change(own, 0)
        await change(own, 1)
    await asyncio.sleep(QUIET_S)


def memory(pid: int) -> dict[str, float]:
    """What a process holds, MiB: of its own, and in all that it has mapped and touched (VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return {"own": figures.resident_bytes(pid) / 2**20, "resident": resident / 1024}


async def bare_memory(own: Seated) -> dict[str, float]:
    """The same of a Textual program that shows two words."""
    with running([sys.executable, "-c", BARE], own.terminal, own.environment) as bare:
        await bare.shows("hello world")
        await asyncio.sleep(SETTLED_S)
        return memory(bare.pid)


async def joined_memory(own: Seated) -> dict[str, float]:
    """Of a client that has come in just now."""
    own.screen.end()
    own.screen = Screen(evenly_join(own.link), own.terminal, own.environment)
    await own.screen.shows(IN_THE_SESSION)
    await asyncio.sleep(SETTLED_S)
    return memory(own.screen.pid)


# -- the burst ---------------------------------------------------------------------------------------------------


def burst_entries(room: Room, seats: Sequence[int], last: int, count: int) -> list[Entry]:
    """Entries that go on from this room (which they change): hands and turns of these seats, at the end `last`'s."""
    entries: list[Entry] = []
    for number in range(count):
        seat = seats[number // 2 % len(seats)]
        hand = next((h.id for h in room.floor.hands if h.seat == seat), None)
        command, by = LowerHand(hand) if hand is not None else RaiseHand(Intent.SPEAK), seat
        if number == count - 1:
            command, by = GiveFloor(last), 1
        elif number % BURST_ROUND == BURST_ROUND - 1:
            command, by = GiveFloor(seat), 1
        id, at = secrets.token_bytes(16), room.at + 1
        events = decide(room, command, Asking(by, at, id, ()))
        if isinstance(events, Refusal):
            raise RuntimeError(f"{type(command).__name__} was refused: {events.sentence}")
        counter = 0 if room.members[by].ik not in room.seen else room.seen[room.members[by].ik].highest + 1
        entries.append(Entry(room.seq + 1, id, at, by, counter, events))
        evolve(room, entries[-1])
    return entries


async def burst(own: Hall, seated: Seated, count: int) -> dict[str, float]:
    """How a client takes in `count` entries at once."""
    lead, last = own.peers[0], next(peer for peer in own.peers if peer.name == LAST)
    snapshot = msgspec.msgpack.encode(lead.room)
    room = msgspec.msgpack.decode(snapshot, type=Room)
    with Store(profile_directory(environment={"EVENLY_HOME": str(seated.home)})) as store:
        key = store.device_key().public
    me = next(member.seat for member in room.members.values() if member.ik == key)
    welcome = Welcome(me, room.seq, room.at, 1, STATE_VERSION)
    seats = [peer.seat for peer in own.peers[1:] if peer is not last]
    messages = [encode([Events([entry])]) for entry in burst_entries(room, seats, last.seat, count)]
    go = asyncio.Event()

    async def scripted(socket: ServerConnection) -> None:
        await socket.recv()  # hello
        await socket.send(encode([Challenge(*VERSION, bytes(32))]))
        await socket.recv()  # the proof
        await socket.send(encode([welcome, Chunk(snapshot)]))
        await go.wait()
        for message in messages:
            await socket.send(message)
        await socket.wait_closed()

    async with serve(scripted, "127.0.0.1", 0, compression=None, max_queue=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        link = Link("127.0.0.1", port, own.link.room, own.link.secret)
        with running(evenly_join(link), seated.terminal, seated.environment) as screen:
            await screen.shows(IN_THE_SESSION)
            await asyncio.sleep(SETTLED_S)
            before, began = screen.cpu_ms, time.perf_counter()
            go.set()
            await screen.shows(LAST)
            ended = time.perf_counter()
            cpu_ms = screen.cpu_ms - before
            paints = [at for at in screen.writes if began <= at <= ended]
            gaps = [later - earlier for earlier, later in zip([began, *paints], [*paints, ended], strict=True)]
    return {
        "entries": count,
        "seconds": ended - began,
        "cpu_s": cpu_ms / 1000,
        "longest_gap_ms": max(gaps) * 1000,
        "paints": len(paints),
    }


# -- all of it ---------------------------------------------------------------------------------------------------


async def all_figures(quick: bool) -> figures.Found:
    """See `measure`."""
    sizes = (FEW, MANY) if quick else (FEW, 22, 44, 88, 176, MANY)
    times, every_s = (10, 0.15) if quick else (40, 0.15)
    found: figures.Found = {"times": times, "changes": {}, "after_quiet": {}, "idle": {}, "memory": {}}
    async with hall() as own:
        small = own.seated[0]
        await own.grown(FEW)
        found["memory"]["bare"] = await bare_memory(small)
        found["memory"][str(FEW)] = memory(small.screen.pid)
        for size in sizes:
            if size > FEW:
                await own.grown(size)
            await settled(own)
            # Longer than a minute with few, so that the clock's ping falls into it.
            seconds = 65.0 if size == FEW and not quick else 10.0
            resting, wire = await idle(own, seconds)
            found["idle"][size] = {
                "seconds": seconds,
                "wire": wire,
                "share": {terminal: used.cpu_ms / 1000 / used.seconds for terminal, used in resting.items()},
            }
            found["changes"][size] = {}
            for name, change in CHANGES.items():
                for step in range(2):
                    await change(own, step)
                    await asyncio.sleep(every_s)
                found["changes"][size][name] = await change_costs(own, change, resting, times, every_s)
            if size in (FEW, MANY):
                await settled(own)
                found["after_quiet"][size] = await change_costs(own, Hall.hand, resting, 1 if quick else 4, QUIET_S)
            if size == FEW:
                found["burst"] = await burst(own, small, 2_000 if quick else 20_000)
        found["memory"][str(MANY)] = await joined_memory(small)
    return found


def measure(quick: bool) -> figures.Found:
    """What changes, rest, a burst and being there cost; growth with the members, and the goals."""
    found = asyncio.run(all_figures(quick))
    changes, idle_shares = found["changes"], {size: own["share"] for size, own in found["idle"].items()}
    found["growth"] = [
        figures.Growth(
            f"{name}, {terminal}", "ms CPU", [(n, own[name][terminal]["cpu_ms"]) for n, own in changes.items()], why
        )
        for name, why in WHY.items()
        for terminal in TERMINALS
    ]
    few = max(own["cpu_ms"] for by_terminal in changes[FEW].values() for own in by_terminal.values())
    grown = max(
        changes[MANY][name][terminal]["cpu_ms"] / changes[FEW][name][terminal]["cpu_ms"]
        for name in CHANGES
        for terminal in TERMINALS
    )
    busiest = max(share for shares in idle_shares.values() for share in shares.values())
    kinds = [way["messages"] for own in found["idle"].values() for way in own["wire"].values()]
    others = sum(count for counted in kinds for kind, count in counted.items() if kind not in ("ping", "pong"))
    found["goals"] = [
        figures.Goal(f"one change on the session screen, {FEW} members, ms CPU", few, CHANGE_GOAL_MS),
        figures.Goal(f"one change, {MANY} members against {FEW}", grown, MANY_GOAL),
        figures.Goal("share of a core while only a counter runs", busiest, IDLE_GOAL),
        figures.Goal("application messages meanwhile, clock pings aside", others, 0),
    ]
    return found


def page(found: figures.Found) -> str:
    """The section."""
    sizes = list(found["changes"])
    costs = [
        (
            f"{name}, {terminal}",
            *(f"{found['changes'][size][name][terminal]['cpu_ms']:.1f}" for size in sizes),
            f"{found['changes'][sizes[0]][name][terminal]['bytes']:.0f}",
            f"{found['changes'][sizes[-1]][name][terminal]['bytes']:.0f}",
        )
        for name in CHANGES
        for terminal in TERMINALS
    ]
    quiet = [
        (
            terminal,
            *(f"{own[terminal]['cpu_ms']:.1f}" for own in found["after_quiet"].values()),
            f"{found['after_quiet'][sizes[0]][terminal]['bytes']:.0f}",
        )
        for terminal in TERMINALS
    ]
    shares = [
        (terminal, *(f"{own['share'][terminal] * 100:.2f} %" for own in found["idle"].values()))
        for terminal in TERMINALS
    ]
    held = [
        ("bare Textual" if who == "bare" else f"in a session of {who}", f"{own['own']:.1f}", f"{own['resident']:.1f}")
        for who, own in found["memory"].items()
    ]
    rest, burst = found["idle"][sizes[0]], found["burst"]
    return f"""## The session screen

One change, milliseconds of the client's processor time by the number of members (means over {found["times"]} changes,
each in a paint of its own, less what the same time costs without), and bytes written to the terminal.

{figures.table(("ms CPU, members:", *sizes, f"bytes, {sizes[0]}", f"bytes, {sizes[-1]}"), costs)}

Where nothing has happened for {QUIET_S:.0f} s, a line that tells of it comes, and goes again, and the screen is laid
out anew for both: one change then, all of that together.

{figures.table(("a hand up or down, ms CPU, members:", *found["after_quiet"], "bytes"), quiet)}

Nothing changes but the counter of whoever speaks: share of one core.

{figures.table(("members:", *sizes), shares)}

On the wire meanwhile, in {rest["seconds"]:.0f} s: sent {_said(rest["wire"]["sent"])}, received
{_said(rest["wire"]["received"])}. (WebSocket's own pings and pongs are not counted; a clock ping a minute is meant to
be there while a turn runs.)

A burst of {burst["entries"]:,} entries, a message each, on {SMALL}: taken in and painted after {burst["seconds"]:.1f} s
with {burst["cpu_s"]:.1f} s of the processor, {burst["paints"]} writes to the terminal, the longest gap between two
{burst["longest_gap_ms"]:.0f} ms.

Memory of the process, MiB, on {SMALL}.

{figures.table(("", "its own", "resident"), held)}
"""


def _said(way: figures.Found) -> str:
    """What crossed the wire one way."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in way["messages"].items())
    return f"{way['bytes']} bytes of application messages ({kinds or 'none'})"


if __name__ == "__main__":
    figures.command_line(__doc__, measure, page)
