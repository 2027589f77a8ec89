"""The rooms in memory: each loaded once, let go when nobody is there, set apart when its record is damaged."""

from __future__ import annotations

import asyncio
import logging

from evenly_protocol.wire import Bye

from evenly_server.actor import RoomActor, Tools
from evenly_server.clock import Alarm
from evenly_server.journal.interface import JournalDamaged, room_mark
from evenly_server.logs import note

SWEEP_EVERY_MS = 60_000


class Rooms:
    """All rooms of this server by id."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
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
            actor = await RoomActor.load(room_id, self._tools)
        except JournalDamaged as damaged:
            note("room set apart", logging.ERROR, room=room_mark(room_id), seq=damaged.seq, reason=damaged.reason)
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
        """Tells everybody, and writes everything down. No room is opened any more."""
        self.stopping = True
        self._next_sweep.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for actor in self.all():
            for line in actor.lines():
                line.goodbye(Bye.STOPPING)
        await asyncio.gather(*(actor.stop() for actor in self.all()), *self._letting_go)

    def _sweep(self) -> None:
        """Lets go of the rooms in which nobody has been for a whole turn."""
        deserted = {actor for actor in self._actors.values() if actor.deserted}
        for room_id, actor in list(self._actors.items()):
            if actor.ended or actor in (deserted & self._deserted):
                del self._actors[room_id]
                task = actor.stop()
                self._letting_go.add(task)
                task.add_done_callback(self._letting_go.discard)
        self._deserted = deserted - self._deserted
        self._next_sweep = self._alarm()
