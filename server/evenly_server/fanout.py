"""One message to everybody in a room: framed once, the same bytes written to each transport.

Why not `send()` or `broadcast()`: architecture.md, Hot path. Writing to the transport behind the library's
back is sound as long as all of this holds (read in websockets 17.4, `asyncio/connection.py`):

- *No frame is ever half written.* The library queues a frame (`protocol.send_…`) and hands it to the
  transport (`send_data`) in one step of the loop without an `await` in between, in `send_context`,
  `data_received` and `broadcast` alike. So whenever our code runs, nothing is queued, and a write of ours
  lands between frames.
- *No message is fragmented.* Between two fragments `send()` does await, and a data frame there would break
  the protocol (RFC 6455, 5.4). Nobody passes an iterable to `send()` on these connections; should it happen,
  `send_in_progress` is set and the connection is cut rather than left with a gap.
- *No extension is negotiated* (`compression=None`) and server frames are not masked (RFC 6455, 5.1): the
  bytes are the same for all.
- *Only between handshake and close.* The state becomes OPEN in the step that writes the handshake's answer,
  and CLOSING in the step that writes the close frame; there is no data before the one or behind the other.
- *One thread*: that of the loop which runs the connections.

Nothing waits here. Whoever reads too slowly is cut and resumes from a snapshot (architecture.md, The door).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN

WRITE_BUFFER_LIMIT: Final = 256 * 1024
"""Bytes that may wait for a member before the connection is cut."""

NEVER_PAUSED: Final = 16 * 1024 * 1024
"""Bytes at which a transport may pause: so far above the limit that a ping, whose answer is what tells a frozen
member, never waits behind what that member does not read."""


class Delivery(NamedTuple):
    """How one fan-out ended; connections that were closing already are in neither."""

    delivered: int
    """Connections whose transport took the message."""
    cut: list[ServerConnection]
    """Connections aborted just now because they do not keep up."""


class Fanout(Protocol):
    """The sending side of a room; its totals are for the metrics."""

    delivered: int
    """Messages handed to transports, one for each connection."""
    bytes_out: int
    """Bytes of these, frame headers included."""
    cut: int
    """Connections cut for being slow."""

    def send(self, payload: bytes, connections: Iterable[ServerConnection]) -> Delivery:
        """Send one binary message to each open connection, now, and cut those that do not keep up."""
        ...


class FramedOnce:
    """Serialises the frame once and writes the same bytes to every transport."""

    def __init__(self, limit: int = WRITE_BUFFER_LIMIT) -> None:
        self.delivered = 0
        self.bytes_out = 0
        self.cut = 0
        self._limit = limit

    def send(self, payload: bytes, connections: Iterable[ServerConnection]) -> Delivery:
        """See `Fanout.send`."""
        frame = Frame(Opcode.BINARY, payload).serialize(mask=False)
        limit = self._limit
        delivered = 0
        cut: list[ServerConnection] = []
        for connection in connections:
            if connection.protocol.state is not OPEN:
                continue
            transport = connection.transport
            if transport.is_closing():
                continue
            if transport.get_write_buffer_size() > limit or connection.send_in_progress is not None:
                transport.abort()
                cut.append(connection)
                continue
            try:
                transport.write(frame)
            except (OSError, RuntimeError):  # uvloop raises on a handle that closes in this very step
                with contextlib.suppress(OSError, RuntimeError):
                    transport.abort()
                continue
            delivered += 1
        self.delivered += delivered
        self.bytes_out += delivered * len(frame)
        self.cut += len(cut)
        return Delivery(delivered, cut)


class LibraryBroadcast:
    """The same by `websockets.broadcast()`, which frames for each connection: slower, nothing of ours."""

    def __init__(self, limit: int = WRITE_BUFFER_LIMIT) -> None:
        self.delivered = 0
        self.bytes_out = 0
        self.cut = 0
        self._limit = limit

    def send(self, payload: bytes, connections: Iterable[ServerConnection]) -> Delivery:
        """See `Fanout.send`."""
        ready: list[ServerConnection] = []
        cut: list[ServerConnection] = []
        for connection in connections:
            if connection.protocol.state is not OPEN or connection.transport.is_closing():
                continue
            backlog = connection.transport.get_write_buffer_size()
            if backlog > self._limit or connection.send_in_progress is not None:
                connection.transport.abort()
                cut.append(connection)
            else:
                ready.append(connection)
        broadcast(ready, payload)
        self.delivered += len(ready)
        self.bytes_out += len(ready) * len(Frame(Opcode.BINARY, payload).serialize(mask=False))
        self.cut += len(cut)
        return Delivery(len(ready), cut)


def choose_fanout(*, framed_once: bool = True, limit: int = WRITE_BUFFER_LIMIT) -> Fanout:
    """Return the sending side a server was set to use; `limit` in bytes of write buffer."""
    return FramedOnce(limit) if framed_once else LibraryBroadcast(limit)
