"""The rooms in memory: each loaded once, let go when nobody is there, set apart when its record is damaged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from evenly_protocol.seats import Admit
from evenly_protocol.wire import Bye

from evenly_server.actor import RoomActor, Tools, create
from evenly_server.clock import Alarm
from evenly_server.journal.interface import JournalDamaged, Outcome, room_mark
from evenly_server.logs import note

SWEEP_EVERY_MS = 60_000


class Elsewhere(Exception):
    """The room is at another server: whoever comes again is passed on there."""


class Rooms:
    """All rooms of this server by id."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._journal = tools.journal
        self._journal.homes.moved = self._moved
        self._actors: dict[bytes, RoomActor] = {}
        self._loading: dict[bytes, asyncio.Task[RoomActor | None]] = {}
        self._deserted: set[RoomActor] = set()
        self._letting_go: set[asyncio.Task[None]] = set()
        self.stopping = False
        self._next_sweep = self._alarm()

    def _alarm(self) -> Alarm:
        return self._tools.clock.alarm(self._tools.clock.now() + SWEEP_EVERY_MS, self._sweep)

    async def get(self, room_id: bytes) -> RoomActor | None:
        """The room, loaded if need be; None when there is none.

        Raises:
            JournalDamaged: its record is damaged.
            Elsewhere: it is at another server.
        """
        actor = self._actors.get(room_id)
        if actor is not None and not actor.ended:
            return actor
        loading = self._loading.get(room_id)
        if loading is None:
            loading = asyncio.create_task(self._load(room_id), name=f"room {room_mark(room_id)} loads")
            self._loading[room_id] = loading
        return await asyncio.shield(loading)

    async def _load(self, room_id: bytes) -> RoomActor | None:
        try:
            # Asked before it is claimed: a room that is not there costs no write.
            if not await self._journal.head(room_id):
                return None
            async with self._claimed(room_id):
                actor = await RoomActor.load(room_id, self._tools)
                if actor is not None:
                    self._actors[room_id] = actor
                return actor
        except JournalDamaged as damaged:
            note("room set apart", logging.ERROR, room=room_mark(room_id), seq=damaged.seq, reason=damaged.reason)
            raise
        finally:
            self._loading.pop(room_id, None)

    async def create(self, room_id: bytes, token: bytes, admit: Admit) -> Outcome:
        """Makes a room with its first member; see `actor.create`.

        Raises:
            Elsewhere: another server has it.
        """
        async with self._claimed(room_id):
            return await create(room_id, token, admit, self._tools)

    @contextlib.asynccontextmanager
    async def _claimed(self, room_id: bytes) -> AsyncGenerator[None]:
        """Has the room here; afterwards only if it is in memory.

        Should two overlap, the one that ends first may let go of what the other has just claimed: then its first append
        is not stored, and who is in it comes again (`Homes.still_here`).
        """
        if not await self._journal.homes.claim(room_id):
            raise Elsewhere
        try:
            yield
        finally:
            if room_id not in self._actors:
                await self._journal.homes.release(room_id)

    def _moved(self, room_id: bytes) -> None:
        actor = self._actors.get(room_id)
        if actor is not None:
            actor.move_away()

    def all(self) -> list[RoomActor]:
        """Every room in memory."""
        return list(self._actors.values())

    async def idle(self) -> None:
        """Waits until no room has anything to decide or to write."""
        for actor in self.all():
            await actor.idle()

    async def stop(self) -> None:
        """Tells everybody, and writes everything down. No room is opened any more."""
        self.stopping = True
        self._next_sweep.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for actor in self.all():
            for line in actor.lines():
                line.goodbye(Bye.STOPPING)
        await asyncio.gather(*(actor.stop() for actor in self.all()), *self._letting_go)

    async def _let_go(self, room_id: bytes, actor: RoomActor) -> None:
        await actor.stop()
        if room_id not in self._actors and room_id not in self._loading:
            await self._journal.homes.release(room_id)

    def _sweep(self) -> None:
        """Lets go of the rooms in which nobody has been for a whole turn."""
        deserted = {actor for actor in self._actors.values() if actor.deserted}
        for room_id, actor in list(self._actors.items()):
            if actor.ended or actor in (deserted & self._deserted):
                del self._actors[room_id]
                task = asyncio.create_task(self._let_go(room_id, actor))
                self._letting_go.add(task)
                task.add_done_callback(self._letting_go.discard)
        self._deserted = deserted - self._deserted
        self._next_sweep = self._alarm()
