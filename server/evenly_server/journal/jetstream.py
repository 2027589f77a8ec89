"""The replicated journal: NATS JetStream keeps the rooms, on as many machines as its streams have replicas.

An append is one message with its records. It names the place of the room's last message, so that of two appends behind
the same record one is stored. No answer means "perhaps stored": the room's head is then asked for until it is had, and
says so. Until then nothing is acknowledged, and nothing is lost.

Several servers may serve: each room is at one of them (nats_homes.py), and only that one writes into it.
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from typing import Final
from weakref import WeakValueDictionary

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from .homes import Homes, OneServer
from .interface import (
    JournalDamaged,
    JournalUnavailable,
    Outcome,
    Record,
    Snapshot,
    chain,
    room_mark,
    snapshot_checksum,
)
from .jetstream_reading import Head, JetStreamReader
from .nats_homes import Alone, Gate, NatsHomes
from .nats_lease import CONFLICT, EXPECTED
from .nats_streams import ANSWER_WITHIN_S, MESSAGE_AT_MOST, Shards, check_streams, connect
from .opening import Access

TOUCH_EVERY_S: Final = 1.0
"""Longest time that a `touch` waits to be sent."""

ROOMS_KNOWN: Final = 20_000
"""Rooms of which the head is held in memory; of more, it is asked for again."""

NO_ROOM: Final = frozenset({10077, 10047, 10023, 10054})
"""Error codes of NATS: its disk, its memory, or the stream is full, or the message too large."""

_log = logging.getLogger(__name__)
_encode = msgspec.msgpack.Encoder().encode


class JetStreamJournal(JetStreamReader):
    """A `Journal` in NATS JetStream, for one event loop; made by `JetStreamJournal.open`."""

    def __init__(self, client: Client, shards: Shards, *, serving: bool) -> None:
        super().__init__(client, shards)
        self.commits = 0
        self.appends = 0
        self.queue_length = 0
        self._js = client.jetstream(timeout=ANSWER_WITHIN_S)
        self._heads: dict[bytes, Head] = {}
        self._alive: dict[bytes, int] = {}
        self._touched: dict[bytes, int] = {}
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._appending: set[asyncio.Task[Outcome]] = set()
        self._closed = False
        self.homes: Homes
        self._gate: Gate
        if serving:
            self.homes = self._gate = NatsHomes(client, self._forget)
        else:
            self.homes, self._gate = OneServer(), Alone(client)
        self._touching: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, access: Access, *, serving: bool = False) -> JetStreamJournal:
        """Connects. A server then has to join (`NatsHomes.join`); whoever does not serve is alone until it is closed.

        Raises:
            JournalRefused: NATS cannot be used, its streams are not as they must be, or somebody serves.
            JournalUnavailable: NATS has no leader, to who wants to be alone.
        """
        client = await connect(access)
        try:
            journal = cls(client, (await check_streams(client)).shards, serving=serving)
            if isinstance(journal._gate, Alone):
                await journal._gate.take()
            journal._touching = asyncio.create_task(journal._send_touches(), name="journal notes")
        except BaseException:
            await client.close()
            raise
        return journal

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """See `Journal.append`. While NATS has no leader it waits; it ends as soon as it is known what came of it."""
        if not bodies:
            raise ValueError("an append has at least one body")
        self._refuse_when_closed()
        task = asyncio.create_task(self._append(room, expected_seq, bodies), name=f"append {room_mark(room)}")
        self._appending.add(task)
        task.add_done_callback(self._appending.discard)
        return await asyncio.shield(task)

    async def head(self, room: bytes) -> int:
        """See `Journal.head`."""
        self._refuse_when_closed()
        return (await self._head(room)).seq

    async def save_snapshot(self, room: bytes, snapshot: Snapshot) -> Outcome:
        """See `Journal.save_snapshot`."""
        self._refuse_when_closed()
        try:
            stored = await self.read(room, snapshot.seq - 1, 1) if snapshot.seq > 0 else []
            if not stored or stored[0].hash != snapshot.hash:
                return Outcome.CONFLICT
            _seq, place = self._places_of(room).before(snapshot.seq)
            checksum = snapshot_checksum(room, snapshot)
            body = _encode((snapshot.seq, snapshot.hash, snapshot.body, checksum, place))
            await self._js.publish(f"snap.{room.hex()}", body, timeout=ANSWER_WITHIN_S)
        except JournalDamaged:
            return Outcome.CONFLICT
        except (JournalUnavailable, NatsError, TimeoutError) as error:
            _log.warning("room %s: no snapshot (%s): its records are enough", room_mark(room), type(error).__name__)
            return Outcome.READ_ONLY
        return Outcome.OK

    def touch(self, room: bytes, at: int) -> None:
        """See `Journal.touch`."""
        self._refuse_when_closed()
        if len(self._alive) > ROOMS_KNOWN:
            self._alive.clear()
        self._alive[room] = self._touched[room] = at

    async def alive_until(self, room: bytes) -> int | None:
        """See `Journal.alive_until`."""
        known = self._alive.get(room)
        return known if known is not None else await super().alive_until(room)

    async def close(self) -> None:
        """See `Journal.close`. Appends of which it is not known what came of them end as unknown."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*self._appending, return_exceptions=True)
        if self._touching is not None:
            self._touching.cancel()
            await asyncio.gather(self._touching, return_exceptions=True)
        with contextlib.suppress(NatsError, TimeoutError, OSError):
            await self._flush_touches()
            await self._gate.leave()
        await self._client.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the journal is closed")

    async def _append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        self.queue_length += 1
        lock = self._locks.setdefault(room, asyncio.Lock())
        try:
            async with lock:
                head = self._heads.get(room) or await self._head_in_the_end(room)
                if head is None:
                    return Outcome.READ_ONLY
                self._heads[room] = head
                if head.seq != expected_seq:
                    _log.warning("room %s: it ends at %d, not at %d", room_mark(room), head.seq, expected_seq)
                    self._forget(room)  # else what is held here, should it be old, would be believed for ever
                    return Outcome.CONFLICT
                parts = _parts(chain(room, head.seq, head.hash, bodies))
                for number, part in enumerate(parts):
                    outcome = await self._store(room, part)
                    if outcome is not Outcome.OK:
                        self._forget(room)
                        return Outcome.UNKNOWN if number else outcome
                self.appends += 1
                return Outcome.OK
        finally:
            self.queue_length -= 1

    async def _store(self, room: bytes, records: list[Record]) -> Outcome:
        """One message behind the room's head."""
        head = await self._head(room)
        subject, last = self._shards.subject(room), records[-1]
        body = _encode([(record.seq, record.hash, record.body) for record in records])
        unanswered = False
        while await self._may_write(room):
            try:
                stored = await self._js.publish(
                    subject, body, timeout=ANSWER_WITHIN_S, headers={EXPECTED: str(head.place)}
                )
            except APIError as error:
                if error.err_code in NO_ROOM:
                    return Outcome.READ_ONLY
                if error.err_code not in CONFLICT:
                    _log.info("an append was not taken (%s)", error.err_code)
            except (NatsError, TimeoutError, OSError) as error:
                unanswered = True
                _log.info("an append got no answer (%s)", type(error).__name__)
            else:
                self._now(room, Head(last.seq, last.hash, stored.seq), records[0].seq)
                return Outcome.OK
            found = await self._head_in_the_end(room)
            if found is None:
                return Outcome.UNKNOWN
            if found[:2] == (last.seq, last.hash):
                self._now(room, found, records[0].seq)
                return Outcome.OK
            if found[:2] != head[:2]:
                return Outcome.CONFLICT
            head = found
        return Outcome.UNKNOWN if unanswered else Outcome.READ_ONLY

    async def _may_write(self, room: bytes) -> bool:
        """Waits until it is known."""
        while True:
            may = self._gate.may_write(room)
            if may is not None or self._closed:
                return bool(may)
            await asyncio.sleep(0.05)

    def _forget(self, room: bytes) -> None:
        """Another server may have written more than is known here."""
        for known in (self._heads, self._places, self._alive):
            known.pop(room, None)

    def _now(self, room: bytes, head: Head, first: int) -> None:
        self.commits += 1
        if len(self._heads) > ROOMS_KNOWN:
            self._heads.clear()
            self._places.clear()
        self._heads[room] = head
        self._places_of(room).note(first, head.place)

    async def _head_in_the_end(self, room: bytes) -> Head | None:
        """The head as the leader has it, however long there is none; None when the journal is closed meanwhile."""
        pause = 0.05
        while not self._closed:
            with contextlib.suppress(JournalUnavailable):
                return await self._ask_for_head(room)
            await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 (so that not all ask at once)
            pause = min(1.0, pause * 2)
        return None

    async def _head(self, room: bytes) -> Head:
        known = self._heads.get(room)
        if known is None:
            known = self._heads[room] = await self._ask_for_head(room)
        return known

    async def _send_touches(self) -> None:
        while True:
            await asyncio.sleep(TOUCH_EVERY_S)
            with contextlib.suppress(NatsError, OSError):
                await self._flush_touches()

    async def _flush_touches(self) -> None:
        touched, self._touched = self._touched, {}
        for room, at in touched.items():
            await self._client.publish(f"alive.{room.hex()}", _encode(at))


def _parts(records: list[Record]) -> list[list[Record]]:
    """Records in parts that each go into one message; most often there is one."""
    parts: list[list[Record]] = [[]]
    size = 0
    for record in records:
        own = len(record.body) + len(record.hash) + 32
        if parts[-1] and size + own > MESSAGE_AT_MOST - 1024:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += own
    return parts
