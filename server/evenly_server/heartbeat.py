"""The heartbeat: who has been silent is asked for a sign of life, and who gives none is cut.

One task for all connections, where the library would keep one for each, with a timer, a future and random bytes for
every ping. Anything that comes is a sign of life, so a client that pings by itself is never asked. The ping is
written past the library, which is sound as a fan-out's frames are (fanout.py); the pong is read by the library, which
passes over one that it did not ask for.
"""

from __future__ import annotations

import asyncio
import weakref
from heapq import heappop, heappush
from itertools import count
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
TICK_S: Final = 0.5
"""Seconds between two looks at who has been silent, at most."""


class HeardConnection(ServerConnection):
    """A connection that knows when something last came, and when it was last asked for that (seconds, loop's time).

    One that is `passed_on` has another server's heart beating for it.
    """

    heard_at = 0.0
    asked_at = 0.0
    passed_on = False

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.heard_at = self.loop.time()
        super().data_received(data)


class Heartbeat:
    """Asks every connection that has been silent for `every_s`, and cuts it after `within_s` more seconds.

    It keeps no connection that has ended.
    """

    def __init__(self, every_s: float, within_s: float) -> None:
        self._every_s = every_s
        self._within_s = within_s
        self._due: list[tuple[float, int, weakref.ref[HeardConnection]]] = []
        self._numbers = count()

    def watch(self, connection: HeardConnection) -> None:
        """From now until it ends."""
        self._again(connection, connection.heard_at + self._every_s)

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        tick = min(TICK_S, self._every_s / 4, self._within_s / 4)
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(tick)
            self._beat(clock())

    def _again(self, connection: HeardConnection, at: float) -> None:
        heappush(self._due, (at, next(self._numbers), weakref.ref(connection)))

    def _beat(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            connection = heappop(self._due)[2]()
            if connection is None or connection.passed_on:
                continue
            transport = connection.transport
            if connection.protocol.state is not OPEN or transport.is_closing():
                continue
            if connection.asked_at > connection.heard_at:
                transport.abort()
            elif connection.heard_at + self._every_s > now:
                self._again(connection, connection.heard_at + self._every_s)
            else:
                transport.write(PING)
                connection.asked_at = now
                self._again(connection, now + self._within_s)
