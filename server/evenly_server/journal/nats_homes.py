"""At which server a room is, when NATS keeps the rooms: a message for each server that lives, and for each room in use.

A server's message is a lease, gone by itself when it is dead. A room's names a server, and counts while that one lives.
It is written behind the last one that is known, so that of two servers one has the room.
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Final, Protocol, TypeVar
from weakref import WeakValueDictionary

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NotFoundError

from .homes import Neighbour
from .interface import JournalRefused, JournalUnavailable, room_mark
from .nats_lease import CONFLICT, EXPECTED, LEASE_S, Lease
from .nats_streams import ALONE, ANSWER_WITHIN_S, NO_LEADER, STATE

REGAINED_AT_ONCE: Final = 50
"""Rooms that are asked for at a time after the server's own lease had lapsed."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_neighbour = msgspec.msgpack.Decoder(Neighbour)


class Gate(Protocol):
    """What lets a journal write."""

    def may_write(self, room: bytes) -> bool | None:
        """Whether it may write into a room now; None while that is not known."""
        ...

    async def leave(self) -> None:
        """Nothing is written any more.

        Raises:
            NatsError, TimeoutError, OSError: NATS does not answer; what stood there is gone in ten seconds.
        """
        ...


class NatsHomes:
    """The `Homes` of a server, which lives there from `join` to `leave`.

    `forget` is called for a room of which another server may have written more than is known here; `moved` for one that
    was here and is at another server now.
    """

    def __init__(self, client: Client, forget: Callable[[bytes], object]) -> None:
        self.moved: Callable[[bytes], object] = lambda room: None
        self.me = secrets.token_bytes(8)
        self._forget = forget
        self._client = client
        self._js = client.jetstream(timeout=ANSWER_WITHIN_S)
        self._manager = client.jsm(timeout=ANSWER_WITHIN_S)
        self._lease = Lease(client, _server(self.me), b"")
        self._here: dict[bytes, int] = {}
        """The rooms that are here, each with the place of its message."""
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def own_address(self) -> str:
        """See `Homes.own_address`: the one by which it reaches NATS."""
        at = self._client.connected_url
        if at is None or at.hostname is None:
            return "127.0.0.1"
        family = socket.getaddrinfo(at.hostname, at.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family[0], family[1]) as one:
            one.connect(family[4])  # sends nothing: the system only chooses the way
            return str(one.getsockname()[0])

    async def join(self, neighbour: Neighbour) -> None:
        """See `Homes.join`; however long NATS has no leader. Refused while somebody moves rooms."""
        self._lease = Lease(self._client, _server(self.me), msgspec.msgpack.encode(neighbour))
        self._lease.regained = self._look_after_all
        await _until_answered(self._lease.take)
        # Whoever moves rooms writes first and looks then, too: one of the two sees the other.
        if await _until_answered(partial(self._last, ALONE)) is not None:
            await self._lease.give_back()
            raise JournalRefused("Rooms are being moved here", "Start again when that is done")

    async def leave(self) -> None:
        """See `Gate.leave`: the others may have all rooms at once."""
        await self._lease.give_back()

    def may_write(self, room: bytes) -> bool | None:
        """See `Gate.may_write`: a room that is here, while this server is known to live."""
        if room not in self._here:
            return False
        return True if self._lease.held else None

    async def elsewhere(self, room: bytes) -> Neighbour | None:
        """See `Homes.elsewhere`."""
        if room in self._here:
            return None
        found = await self._home_of(room)
        return None if found is None or found[1] == self.me else await self._living(found[1])

    async def claim(self, room: bytes) -> bool:
        """See `Homes.claim`."""
        async with self._only_one(room):
            if room in self._here:
                return True
            found = await self._home_of(room)
            if found is not None and found[1] != self.me and await self._living(found[1]) is not None:
                return False
            self._forget(room)
            return await self._write(room, 0 if found is None else found[0])

    async def release(self, room: bytes) -> None:
        """See `Homes.release`."""
        async with self._only_one(room):
            place = self._here.pop(room, 0)
            if place:
                # Left where it is, it would only say that the room is here, and who comes here has it again.
                with contextlib.suppress(NatsError, TimeoutError, OSError):
                    await self._manager.delete_msg(STATE, place)

    async def still_here(self, room: bytes) -> bool:
        """See `Homes.still_here`."""
        async with self._only_one(room):
            found = await self._home_of(room)
            if found is not None and found[0] == self._here.get(room):
                return True
            self._here.pop(room, None)
            return False

    async def _look_after_all(self) -> None:
        """Nobody had heard of this server: each of its rooms is still here, or another server has it by now."""
        rooms = list(self._here)
        for first in range(0, len(rooms), REGAINED_AT_ONCE):
            await asyncio.gather(*map(self._look_after, rooms[first : first + REGAINED_AT_ONCE]))

    async def _look_after(self, room: bytes) -> None:
        async with self._only_one(room):
            place = self._here.get(room)
            if place is None or await self._write(room, place):
                return
            found = await self._home_of(room)
            if found is not None and found[1] == self.me:  # written before, and the answer was lost
                self._here[room] = found[0]
                return
            self._here.pop(room, None)
        _log.warning("room %s is at another server now", room_mark(room))
        self._forget(room)
        self.moved(room)

    async def _write(self, room: bytes, behind: int) -> bool:
        """Writes that a room is here; whether nobody else has written meanwhile."""
        try:
            written = await self._js.publish(
                _home(room), self.me, timeout=ANSWER_WITHIN_S, headers={EXPECTED: str(behind)}
            )
        except APIError as error:
            if error.err_code in CONFLICT:
                return False
            raise _unavailable(error) from None
        except (NatsError, TimeoutError, OSError) as error:
            raise _unavailable(error) from None
        self._here[room] = written.seq
        return True

    async def _home_of(self, room: bytes) -> tuple[int, bytes] | None:
        """The place of a room's message, and the server that it names."""
        return await self._last(_home(room))

    async def _living(self, server: bytes) -> Neighbour | None:
        found = await self._last(_server(server))
        with contextlib.suppress(msgspec.MsgspecError):
            return None if found is None else _neighbour.decode(found[1])
        return None

    async def _last(self, subject: str) -> tuple[int, bytes] | None:
        try:
            found = await self._manager.get_last_msg(STATE, subject)
        except NotFoundError:
            return None
        except (NatsError, TimeoutError, OSError) as error:
            raise _unavailable(error) from None
        return int(found.seq or 0), found.data or b""

    @contextlib.asynccontextmanager
    async def _only_one(self, room: bytes) -> AsyncGenerator[None]:
        lock = self._locks.setdefault(room, asyncio.Lock())
        async with lock:
            yield


class Alone:
    """Nobody serves while this lives: for moving rooms."""

    def __init__(self, client: Client) -> None:
        self._lease = Lease(client, ALONE, secrets.token_bytes(16))
        self._manager = client.jsm(timeout=ANSWER_WITHIN_S)

    async def take(self) -> None:
        """From now on.

        Raises:
            JournalRefused: a server serves, or somebody else moves rooms.
            JournalUnavailable: NATS does not answer.
        """
        try:
            if not await self._lease.take():
                raise JournalRefused("Rooms are being moved here", f"Wait until that is done, or {LEASE_S} seconds")
            state = await self._manager.stream_info(STATE, subjects_filter="server.*")
            if state.state.subjects:
                await self._lease.give_back()
                raise JournalRefused("This journal is served", "Stop its servers first")
        except (NatsError, TimeoutError, OSError) as error:
            with contextlib.suppress(NatsError, TimeoutError, OSError):
                await self._lease.give_back()
            raise _unavailable(error) from None

    def may_write(self, room: bytes) -> bool | None:
        """See `Gate.may_write`."""
        if self._lease.lost:
            return False
        return True if self._lease.held else None

    async def leave(self) -> None:
        """See `Gate.leave`."""
        await self._lease.give_back()


async def _until_answered(question: Callable[[], Awaitable[_T]]) -> _T:
    """The answer, however long NATS does not give it."""
    while True:
        try:
            return await question()
        except (NatsError, TimeoutError, OSError, JournalUnavailable) as error:
            _log.warning("NATS does not answer (%s)", type(error).__name__)
            await asyncio.sleep(1.0)


def _server(id: bytes) -> str:
    return f"server.{id.hex()}"


def _home(room: bytes) -> str:
    return f"home.{room.hex()}"


def _unavailable(error: Exception) -> JournalUnavailable:
    return JournalUnavailable(f"NATS does not answer ({type(error).__name__})", NO_LEADER)
