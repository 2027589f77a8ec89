"""What a server is told and what it holds: the traffic on its lines, unmasked, and the memory of its process; and a
search for many things at once in all of it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import sys
from bisect import bisect_left
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from pathlib import Path

_STEP = 8
"""Bytes that are looked up at once."""

_PAGE = 4096


class Way:
    """One direction of a connection as it went over the wire."""

    def __init__(self) -> None:
        self.raw = bytearray()
        self._ends: list[tuple[int, int]] = []

    def add(self, data: bytes, moment: int) -> None:
        """Bytes that went by; `moment`: how many times any went by on any connection."""
        self.raw += data
        self._ends.append((len(self.raw), moment))

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """The WebSocket messages, unmasked (RFC 6455, 5.2), whole ones, each with the moment at which it was there."""
        at = self.raw.find(b"\r\n\r\n") + 4
        while len(self.raw) >= at + 2 > 5:
            opcode, masked, length = self.raw[at] & 15, self.raw[at + 1] & 128, self.raw[at + 1] & 127
            at += 2
            if longer := {126: 2, 127: 8}.get(length, 0):
                length = int.from_bytes(self.raw[at : at + longer], "big")
                at += longer
            mask = bytes(self.raw[at : at + 4]) if masked else bytes(4)
            at += 4 if masked else 0
            payload = bytes(self.raw[at : at + length])
            at += length
            if opcode < 8 and len(payload) == length:
                pad = (mask * (length // 4 + 1))[:length]
                plain = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(length, "big")
                yield self._ends[bisect_left(self._ends, (at, 0))][1], plain

    def all(self) -> bytes:
        """Everything: as it went over the wire, and with the masks of WebSocket taken off."""
        return bytes(self.raw) + b"".join(plain for _, plain in self.messages())


class Line:
    """One connection: up to the server, and down from it."""

    def __init__(self) -> None:
        self.up = Way()
        self.down = Way()


class Recorder:
    """Passes bytes on between members and the server, and keeps them all.

    Attributes:
        port: members connect here.
        server_port: it passes on to here.
        lines: each connection, in the order in which they were made.
    """

    def __init__(self) -> None:
        self.port = 0
        self.server_port = 0
        self.lines: list[Line] = []
        self._moment = 0
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def quiet(self) -> bool:
        """Whether no connection is left."""
        return not self._pumps

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Listens on a port of this machine."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for pump in list(self._pumps):
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.server_port)
        line = Line()
        self.lines.append(line)
        for source, sink, way in ((reader, back, line.up), (there, writer, line.down)):
            pump = asyncio.create_task(self._pump(source, sink, way))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: Way) -> None:
        try:
            while data := await source.read(65536):
                self._moment += 1
                way.add(data, self._moment)
                sink.write(data)
        except ConnectionError:
            pass
        finally:
            sink.close()

    def sent(self) -> bytes:
        """All that members sent."""
        return b"".join(line.up.all() for line in self.lines)

    def received(self) -> bytes:
        """All that the server sent."""
        return b"".join(line.down.all() for line in self.lines)


def memory_of(pid: int) -> bytes | None:
    """All that a process has in memory that it could write to, without pages of zeros; None where there is no /proc."""
    there = Path("/proc") / str(pid)
    if not (there / "mem").exists():
        return None
    kept: list[bytes] = []
    with (there / "mem").open("rb", buffering=0) as memory:
        for line in (there / "maps").read_text().splitlines():
            where, access, *_ = line.split()
            if not access.startswith("rw"):
                continue
            begin, end = (int(address, 16) for address in where.split("-"))
            with contextlib.suppress(OSError):  # what was given back meanwhile
                memory.seek(begin)
                region = memory.read(end - begin)
                kept.extend(page for at in range(0, len(region), _PAGE) if any(page := region[at : at + _PAGE]))
    return b"".join(kept)


def shapes_of_bytes(plain: bytes) -> Iterator[bytes]:
    """Bytes as they may stand among others: as they are, as hex, as base64 at each of its three offsets."""
    yield plain
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for offset in range(3):
        # Of base64, only the characters that depend on these bytes alone.
        inside = slice((0, 2, 3)[offset], (offset + len(plain)) * 8 // 6)
        whole = base64.b64encode(bytes(offset) + plain)[inside]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def shapes_of_word(word: str) -> Iterator[bytes]:
    """A word as it may stand in bytes, in every encoding in which Python's own strings stand in memory too."""
    for text in {word, word.lower(), word.upper()}:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
            yield from shapes_of_bytes(text.encode(encoding))
        with contextlib.suppress(UnicodeEncodeError):
            yield text.encode("latin-1")


def found(wanted: Mapping[bytes, str], haystack: bytes) -> set[str]:
    """What of this stands in these bytes: `wanted` says by shape what it is. Shapes of under 8 bytes are left out."""
    by_start: dict[int, list[bytes]] = {}
    for shape in wanted:
        if len(shape) >= _STEP:
            by_start.setdefault(int.from_bytes(shape[:_STEP], sys.byteorder), []).append(shape)
    starts, view = set(by_start), memoryview(haystack)
    here: set[int] = set()
    for offset in range(_STEP):
        end = offset + max(0, len(haystack) - offset) // _STEP * _STEP
        here |= starts.intersection(view[offset:end].cast("Q"))
    return {wanted[shape] for start in here for shape in by_start[start] if shape in haystack}


def by_shape(words: Iterable[str]) -> dict[bytes, str]:
    """Every shape of these words, for `found`."""
    return {shape: word for word in words for shape in shapes_of_word(word)}
