"""A network and a server in virtual time: the real door, rooms, lines and conversations, without sockets.

All chance is drawn from dice that are given: the same dice, the same run.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from typing import Any, cast

from evenly_client.links import Link
from evenly_protocol.wire import Bye
from evenly_server.actor import Tools
from evenly_server.clock import Alarm, Due
from evenly_server.conversation import converse
from evenly_server.door import Creating, Door
from evenly_server.fanout import Delivery
from evenly_server.journal.interface import Outcome
from evenly_server.journal.memory import MemoryJournal
from evenly_server.line import Line
from evenly_server.metrics import Metrics
from evenly_server.passing import Arrival
from evenly_server.rooms import Rooms
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError

START = 1_800_000_000_000
"""When the simulated world begins, UTC milliseconds."""

LONGEST_S = 0.3
"""How long a message is under way, at most."""


class End:
    """One end of a connection, as much of a WebSocket as client and server use of one."""

    def __init__(self, dice: random.Random, number: int) -> None:
        self.remote_address = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", 1)
        self.transport = self
        self.other: End = self
        self.closed = False
        self._dice = dice
        self._here: deque[bytes] = deque()
        self._somebody_waits: asyncio.Future[None] | None = None
        self._last_arrives = 0.0

    def post(self, message: bytes) -> None:
        """Sends a message: it arrives later, behind those before it."""
        loop = asyncio.get_running_loop()
        to = self.other
        to._last_arrives = max(to._last_arrives + 1e-6, loop.time() + to._dice.random() ** 4 * LONGEST_S)
        loop.call_at(to._last_arrives, to._arrive, message)

    def _arrive(self, message: bytes) -> None:
        if not self.closed:
            self._here.append(message)
            self._wake()

    def _wake(self) -> None:
        if self._somebody_waits is not None and not self._somebody_waits.done():
            self._somebody_waits.set_result(None)

    async def recv(self) -> bytes:
        """The next message."""
        while not self._here:
            if self.closed:
                raise ConnectionClosedError(None, None)
            self._somebody_waits = asyncio.get_running_loop().create_future()
            await self._somebody_waits
        return self._here.popleft()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.recv()

    async def send(self, message: bytes) -> None:
        """Sends a message, in its turn."""
        if self.closed:
            raise ConnectionClosedError(None, None)
        self.post(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends the connection, once what was sent has arrived."""
        await asyncio.sleep(LONGEST_S)
        self.abort()

    def abort(self) -> None:
        """Ends the connection; what is under way is lost."""
        for end in (self, self.other):
            end.closed = True
            end._wake()

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing is ever written faster than it is taken."""


class Posts:
    """The sending side of all rooms."""

    delivered = 0
    bytes_out = 0
    cut = 0

    def send(self, payload: bytes, connections: Iterable[ServerConnection]) -> Delivery:
        """See `Fanout.send`."""
        ready = [end for end in cast("Iterable[End]", connections) if not end.closed]
        for end in ready:
            end.post(payload)
        return Delivery(len(ready), [])


class LoopClock:
    """The loop's time as the server's. After `stop` nothing is due any more."""

    def __init__(self) -> None:
        self._stopped = False

    def now(self) -> int:
        """UTC milliseconds."""
        return START + int(asyncio.get_running_loop().time() * 1000)

    def alarm(self, at: int, call: Due) -> Alarm:
        """See `Clock.alarm`."""
        alarm = Alarm(at, call)
        asyncio.get_running_loop().call_at((at - START) / 1000 + 0.0005, self._ring, alarm)
        return alarm

    def _ring(self, alarm: Alarm) -> None:
        if alarm.call is not None and not self._stopped:
            alarm.call()

    def stop(self) -> None:
        """Its server is dead."""
        self._stopped = True


class TroubledJournal(MemoryJournal):
    """Takes its time, and now and then cannot store, or does not know whether it has; while `troubled`."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.troubled = True
        self.refused = 0
        self._dice = dice

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """See `Journal.append`. Whoever is cancelled meanwhile may find it stored or not."""
        chance, first = self._dice.random(), self._dice.random() < 0.5
        stored = await super().append(room, expected_seq, bodies) if first and chance > 0.02 else None
        await asyncio.sleep(self._dice.random() ** 4 * 0.1)
        if self.troubled and chance < 0.02:
            self.refused += 1
            return Outcome.READ_ONLY if chance < 0.01 else Outcome.UNKNOWN
        stored = stored or await super().append(room, expected_seq, bodies)
        unknown = self.troubled and 0.02 <= chance < 0.03
        return Outcome.UNKNOWN if unknown and stored is Outcome.OK else stored


class SimServer:
    """A server that can die and begin again on the same journal."""

    def __init__(self, journal: TroubledJournal, seed: str) -> None:
        self.journal = journal
        self.connections: list[End] = []
        self.alive = False
        self.lives = 0
        self.made = 0
        self._seed = seed
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Begins a life."""
        self.alive = True
        self.lives += 1
        ids = random.Random(f"{self._seed} ids {self.lives}")
        self._clock = LoopClock()
        self._posts = Posts()
        tools = Tools(self.journal, self._clock, self._posts, Metrics(), lambda: ids.randbytes(16))
        self.rooms = Rooms(tools)
        self._door = Door(self.rooms, tools, Creating("anyone", ""))

    async def die(self) -> None:
        """As by kill -9: nothing is told, nothing written."""
        self.alive = False
        self._clock.stop()
        for end in self.connections:
            end.abort()
        self.connections.clear()
        actors = self.rooms.all()
        for actor in actors:
            actor._check_ins.stop()
        tasks = [*self._tasks, *(actor._task for actor in actors), *(t for a in actors for t in a._catching_up)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def connected(self, link: Link, *, insecure: bool = False) -> AsyncGenerator[Any]:
        """See `evenly_client.transport.connected`."""
        await asyncio.sleep(0.001)
        if not self.alive:
            raise ConnectionRefusedError
        self.made += 1
        dice = random.Random(f"{self._seed} connection {self.made}")
        mine, theirs = End(dice, self.made), End(dice, self.made)
        mine.other, theirs.other = theirs, mine
        self.connections.append(mine)
        task = asyncio.create_task(self._serve(theirs, self.made))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            yield mine
        finally:
            mine.abort()
            if mine in self.connections:
                self.connections.remove(mine)

    async def _serve(self, end: End, number: int) -> None:
        line = Line(number, cast(ServerConnection, end), self._posts, None)
        await converse(line, self._door, Arrival(end.remote_address[0], frozenset(["127.0.0.1:1"])), None, 5.0)
        if not line.over or not end.closed:
            await end.close(1000, Bye.STOPPING)
