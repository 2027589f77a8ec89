"""A line: one connection of a device, from the door until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from evenly_protocol.wire import Bye, ByeFrame, Frame, Purpose, encode
from websockets.asyncio.server import ServerConnection

from evenly_server.fanout import WRITE_BUFFER_LIMIT, Fanout

QUEUED_AT_MOST = 8
"""Commands of one line that may wait to be decided; its reading stops until there are fewer."""

CLOSE_CODE = 4000
"""WebSocket close code of an orderly goodbye (RFC 6455, 7.4.2: for private use)."""


CLOSE_WITHIN_S = 3.0


class Pace:
    """So many a second, with a burst: a token bucket counted in room time."""

    def __init__(self, a_second: float, burst: int, now: Callable[[], int]) -> None:
        self._a_second, self._burst, self._now = a_second, burst, now
        self._left, self._at = float(burst), now()

    def take(self) -> bool:
        """Whether one more goes now."""
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._at) * self._a_second / 1000)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Line:
    """One connection.

    Attributes:
        number: its number in this process, for the log.
        ik: the device key.
        seat: the member's seat, 0 before they have one.
        purpose: what it is for.
        live: it is sent the room's events.
        over: it was told goodbye, or has ended.
        behind: events kept back while a snapshot leaves.
        counter: the counter of the next command expected.
    """

    def __init__(self, number: int, socket: ServerConnection, fanout: Fanout, pace: Pace | None) -> None:
        self.number = number
        self.socket = socket
        self.ik = b""
        self.seat = 0
        self.purpose = Purpose.MEMBER
        self.live = False
        self.over = False
        self.behind: list[bytes] | None = None
        self.counter = 1
        self.pace = pace
        self._fanout = fanout
        self._closing: asyncio.Task[None] | None = None
        self._waiting = 0
        self._fewer: asyncio.Future[None] | None = None

    @property
    def counted(self) -> bool:
        """Whether it makes its member connected: `view` and `stage` do not."""
        return self.purpose is Purpose.MEMBER

    def send(self, *frames: Frame) -> None:
        """Sends frames to this line alone, now."""
        self._fanout.send(encode(frames), (self.socket,))

    def keep_back(self, payload: bytes) -> None:
        """An event while the snapshot leaves. Who takes too long over it is cut."""
        if self.behind is None:
            return
        self.behind.append(payload)
        if sum(map(len, self.behind)) > WRITE_BUFFER_LIMIT:
            self.behind.clear()
            self.socket.transport.abort()

    def queued(self) -> None:
        """A command of this line waits to be decided."""
        self._waiting += 1

    def decided(self) -> None:
        """A command of this line is decided and answered."""
        self._waiting -= 1
        if self._fewer is not None:
            if not self._fewer.done():
                self._fewer.set_result(None)
            self._fewer = None

    @property
    def full(self) -> bool:
        """Whether as many commands wait as may."""
        return self._waiting >= QUEUED_AT_MOST

    async def fewer(self) -> None:
        """Waits until one of the waiting commands is decided."""
        self._fewer = asyncio.get_running_loop().create_future()
        await self._fewer

    def goodbye(self, code: Bye) -> None:
        """Says why, and closes in the background. Said once."""
        if self.over:
            return
        self.live = False
        self.over = True
        self.send(ByeFrame(code))
        self._closing = asyncio.create_task(self._close(code), name="goodbye")

    async def _close(self, code: Bye) -> None:
        """The library waits for what was written to leave, for ever if need be; a frozen member is cut."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self.socket.close(CLOSE_CODE, code)
        except (TimeoutError, OSError):
            self.socket.transport.abort()
