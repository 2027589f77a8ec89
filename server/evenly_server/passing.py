"""Passing on: whoever comes to a server at which their room is not is connected with the one at which it is.

    member ──▶ this server ──▶ the room's server

The member's first message is read here, for the room's id, and sent on. From then on bytes go by unread, both ways:
what either side writes are whole WebSocket messages of an agreed form (no extension, masked on the way there, unmasked
on the way back; RFC 6455, 5.1), as if there were one connection. So everything else is as at one server: who is
connected, the lobby, check-ins, limits. Whoever reads too slowly fills the room's server's buffer, and is cut there.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from typing import Final, NamedTuple

from evenly_protocol.wire import Bye
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN

from evenly_server.heartbeat import HeardConnection
from evenly_server.journal.homes import Homes, Neighbour
from evenly_server.line import CLOSE_WITHIN_S, Line

SECRET: Final = "Evenly-Secret"  # noqa: S105 (the name of a header)
ADDRESS: Final = "Evenly-Address"
NAME: Final = "Evenly-Name"

REACHED_WITHIN_S: Final = 3.0
WAITING_AT_MOST: Final = 64 * 1024
"""Bytes that wait here for one side until the other is not read any more."""


class Arrival(NamedTuple):
    """How somebody came: from which address, and to a server of which names (HOST:PORT)."""

    address: str
    names: frozenset[str]


def passed_by(request: Request, secret: bytes) -> Arrival | None:
    """What another server says of somebody whom it passes on here; None when it is none."""
    said = request.headers.get_all(SECRET)
    if len(said) != 1 or not hmac.compare_digest(said[0].encode(), secret.hex().encode()):
        return None
    return Arrival(request.headers.get(ADDRESS, ""), frozenset(request.headers.get_all(NAME)))


class Passing:
    """Those who are passed on from here.

    Attributes:
        homes: where rooms are.
    """

    def __init__(self, homes: Homes) -> None:
        self.homes = homes
        self._under_way: set[_End] = set()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._under_way)

    async def through(self, line: Line, arrival: Arrival, neighbour: Neighbour, first: str | bytes) -> None:
        """Connects a member, who has sent `first` and nothing else, with their room's server, until one ends."""
        names = [(NAME, name) for name in arrival.names]
        headers = [(SECRET, neighbour.secret.hex()), (ADDRESS, arrival.address), *names]
        try:
            there = await connect(
                f"ws://{neighbour.address}/",
                additional_headers=headers,
                compression=None,
                ping_interval=None,
                open_timeout=REACHED_WITHIN_S,
                proxy=None,
            )
        except (OSError, TimeoutError, WebSocketException):
            line.goodbye(Bye.MOVING)  # its server may have just died: who comes again finds it at another one
            return
        here = line.socket
        if here.protocol.state is not OPEN or there.protocol.state is not OPEN:  # one has ended meanwhile
            here.transport.abort()
            there.transport.abort()
            return
        if isinstance(here, HeardConnection):
            here.passed_on = True
        member, server = _End(here), _End(there)
        member.other, server.other = server, member
        assert isinstance(first, bytes)
        server.transport.write(Frame(Opcode.BINARY, first).serialize(mask=True))
        for end in (member, server):
            end.begin()
        self._under_way.add(member)
        try:
            await asyncio.gather(member.over.wait(), server.over.wait())
        finally:
            self._under_way.discard(member)
            for end in (member, server):
                end.transport.abort()

    def end(self) -> None:
        """Cuts all: they come again, elsewhere."""
        for member in self._under_way:
            member.transport.abort()


class _End(asyncio.Protocol):
    """One side of a passage, in place of the library's protocol: what comes is written to the other."""

    other: _End

    def __init__(self, connection: ServerConnection | ClientConnection) -> None:
        self.transport = connection.transport
        self.over = asyncio.Event()
        self._connection_lost: Callable[[Exception | None], None] = connection.connection_lost

    def begin(self) -> None:
        """From now on."""
        self.transport.set_write_buffer_limits(WAITING_AT_MOST)
        self.transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if not self.other.transport.is_closing():
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        if not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        if not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`: the other side is given what is on the way to it, and ends too."""
        self.over.set()
        self._connection_lost(exc)
        other = self.other.transport
        if not other.is_closing():
            other.close()
            asyncio.get_running_loop().call_later(CLOSE_WITHIN_S, other.abort)
