"""The rooms in memory: each loaded once, let go when nobody is there, set apart when its record is damaged."""

from __future__ import annotations

import asyncio

from evenly_protocol.wire import Bye

from evenly_server.actor import RoomActor, Tools
from evenly_server.journal.interface import JournalDamaged, room_mark
from evenly_server.logs import note

SWEEP_EVERY_MS = 60_000


class Rooms:
    """All rooms of this server by id."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._actors: dict[bytes, RoomActor] = {}
        self._loading: dict[bytes, asyncio.Future[RoomActor | None]] = {}
        self._tools.clock.alarm(self._tools.clock.now() + SWEEP_EVERY_MS, self._sweep)
        self._letting_go: set[asyncio.Task[None]] = set()

    async def get(self, room_id: bytes) -> RoomActor | None:
        """The room, loaded if need be; None when there is none.

        Raises:
            JournalDamaged: its record is damaged.
        """
        actor = self._actors.get(room_id)
        if actor is not None:
            return actor
        loading = self._loading.get(room_id)
        if loading is None:
            loading = asyncio.ensure_future(self._load(room_id))
            self._loading[room_id] = loading
        return await asyncio.shield(loading)

    async def _load(self, room_id: bytes) -> RoomActor | None:
        try:
            actor = await RoomActor.load(room_id, self._tools)
        except JournalDamaged as damaged:
            note("room set apart", 40, room=room_mark(room_id), seq=damaged.seq, reason=damaged.reason)
            raise
        finally:
            self._loading.pop(room_id, None)
        if actor is not None:
            self._actors[room_id] = actor
        return actor

    def all(self) -> list[RoomActor]:
        """Every room in memory."""
        return list(self._actors.values())

    async def idle(self) -> None:
        """Waits until no room has anything to decide or to write."""
        for actor in self.all():
            await actor.idle()

    async def stop(self) -> None:
        """Tells everybody, and writes everything down."""
        for actor in self.all():
            for line in actor.lines():
                line.goodbye(Bye.STOPPING)
        await asyncio.gather(*(actor.stop() for actor in self.all()), *self._letting_go)

    def _sweep(self) -> None:
        for room_id, actor in list(self._actors.items()):
            if actor.deserted:
                del self._actors[room_id]
                task = asyncio.create_task(actor.stop())
                self._letting_go.add(task)
                task.add_done_callback(self._letting_go.discard)
        self._tools.clock.alarm(self._tools.clock.now() + SWEEP_EVERY_MS, self._sweep)
