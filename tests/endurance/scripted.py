"""A connection whose every message is given beforehand, to a real door and a real room, in a loop of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NoReturn, cast

import pytest
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol.hands import RaiseHand
from evenly_protocol.hashing import profile_message
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import Admit
from evenly_protocol.turns import GiveFloor
from evenly_protocol.wire import CommandFrame, Frame, Hello, History, Ping, Proof, Purpose, Relay, RelayType, encode
from evenly_protocol.words import Intent
from evenly_server import actor, conversation, door
from evenly_server.actor import Tools, create
from evenly_server.clock import FedClock
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

from tests.harness import NOON

NAME = "127.0.0.1:1"
ANEW_AFTER = 500
"""Conversations in one room before there is a new one: what they leave in it stays small."""
MINUTE_MS = 61_000


class Socket:
    """Hands out what it was given, then ends."""

    def __init__(self, messages: Iterable[bytes]) -> None:
        self.transport = self
        self._messages = deque(messages)

    async def recv(self) -> bytes:
        """The next message."""
        await asyncio.sleep(0)
        if not self._messages:
            raise ConnectionClosedError(None, None)
        return self._messages.popleft()

    async def send(self, message: bytes) -> None:
        """Nobody reads it."""

    async def close(self, code: int, reason: str) -> None:
        """It ends."""
        self._messages.clear()

    def abort(self) -> None:
        """It ends."""
        self._messages.clear()

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing is ever written."""


class Nowhere:
    """A fan-out to nobody."""

    delivered = bytes_out = cut = 0

    def send(self, payload: bytes, connections: Iterable[ServerConnection]) -> Delivery:
        """See `Fanout.send`."""
        return Delivery(0, [])


class Conversations:
    """One server for all conversations. Signatures are taken for good, so that what lies behind them is reached too."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._clock = FedClock(NOON)
        self._journal = MemoryJournal()
        self._numbers = itertools.count(1)
        self._made = 0
        self._key = DeviceKey.generate()
        self.room = bytes(16)
        self._patched = pytest.MonkeyPatch()
        self._patched.setattr(door, "verify", lambda *_: True)
        for module in (actor, conversation):
            self._patched.setattr(module, "failed", _failed)

    def close(self) -> None:
        """Signatures count again."""
        if self._made:
            self._loop.run_until_complete(self._rooms.stop())
        self._patched.undo()
        self._loop.close()

    def hold(self, messages: Iterable[bytes]) -> bool:
        """One conversation, of these messages; whether it came as far as a seat.

        Raises:
            AssertionError: it failed otherwise than by a goodbye.
        """
        return self._loop.run_until_complete(self._hold(messages))

    async def _hold(self, messages: Iterable[bytes]) -> bool:
        if self._made % ANEW_AFTER == 0:
            await self._begin()
        self._made += 1
        line = Line(self._made, cast(ServerConnection, Socket(messages)), Nowhere(), None)
        await conversation.converse(line, self._door, Arrival("127.0.0.1", frozenset([NAME])), None, 5.0)
        until = self._clock.now() + MINUTE_MS
        while self._clock.step(until):
            await self._rooms.idle()
        await self._rooms.idle()
        assert not any(room.ended for room in self._rooms.all()), "a room ended"
        return line.seat > 0

    async def _begin(self) -> None:
        if self._made:
            await self._rooms.stop()
        self._journal = MemoryJournal()
        tools = Tools(self._journal, self._clock, Nowhere(), Metrics(), lambda: next(self._numbers).to_bytes(16, "big"))
        self._rooms = Rooms(tools)
        self._door = Door(self._rooms, tools, Creating("anyone", ""))
        assert await create(self.room, bytes(32), self._admit(), tools) is Outcome.OK

    def _admit(self) -> Admit:
        name = Sealer(RoomKeys.from_secret(bytes(16)), self.room).seal(
            FieldKind.NAME, "Ana", self._key.public, bytes(16)
        )
        return Admit(self._key.public, name, bytes(16), self._key.sign(profile_message(self.room, name)), 0)

    def seeds(self) -> Iterator[list[bytes]]:
        """Conversations that make sense."""
        member = self._admit()
        for ik, purpose in ((member.ik, Purpose.MEMBER), (b"k" * 32, Purpose.MEMBER), (member.ik, Purpose.VIEW)):
            hello = Hello(1, 0, self.room, ik, bytes(32), purpose)
            proof = Proof(bytes(64), NAME, bytes(32), "", member.name, bytes(16), bytes(64))
            frames: list[Frame] = [
                CommandFrame(b"a" * 16, 1, RaiseHand(Intent.SPEAK)),
                CommandFrame(b"b" * 16, 2, GiveFloor(1)),
                Ping(5),
                History(0),
                Relay(RelayType.COMMIT, 0, b"\x90"),
            ]
            yield [encode([frame]) for frame in (hello, proof, *frames)]


def _failed(what: str, **fields: object) -> NoReturn:
    raise AssertionError(what, fields)
