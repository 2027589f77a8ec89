"""A bad network between members and a server: what passes is held up, torn apart, changed, and cut off."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from tests.harness import Served

PIECES: Final = (1, 3, 17, 200, 4_096, 65_536)
"""Bytes that are taken at a time, at most."""


@dataclass(frozen=True)
class Faults:
    """What befalls a piece: the chance of an end, and of a bit that turns over; seconds it waits, at most."""

    cut: float = 0.0
    flip: float = 0.0
    delay_s: float = 0.0


class FaultProxy(Served):
    """Passes TCP on from `host` to `to`, a port of this machine, with `faults`; all chance is of one seed."""

    def __init__(self, seed: int, host: str = "127.0.0.1") -> None:
        self._host = host
        self.to = 0
        self.faults = Faults()
        self.cuts = 0
        self.flips = 0
        self.connections = 0
        self._dice = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accepted, self._host, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connected(reader, writer))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            return
        try:
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        except (OSError, _Cut):
            pass
        finally:
            for one in (writer, back):
                one.transport.abort()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dice = self._dice
        while piece := await reader.read(dice.choice(PIECES)):
            faults = self.faults
            if dice.random() < faults.cut:
                self.cuts += 1
                raise _Cut
            if dice.random() < faults.flip:
                self.flips += 1
                changed = bytearray(piece)
                changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
                piece = bytes(changed)
            if faults.delay_s:
                await asyncio.sleep(dice.random() * faults.delay_s)
            writer.write(piece)
            await writer.drain()
        raise _Cut


class _Cut(Exception):
    """The connection ends, in both directions."""
