"""Reading what is in NATS JetStream, with or without serving it: rooms' records, snapshots, and until when they lived.

Records come from any replica, many at a time; where a room ends, the leader of the stream is asked.
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import logging
import re
from bisect import bisect_right
from collections.abc import Awaitable
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from .interface import (
    GENESIS,
    JournalDamaged,
    JournalUnavailable,
    Record,
    Snapshot,
    following,
    room_mark,
    snapshot_checksum,
    verified,
)
from .nats_streams import ANSWER_WITHIN_S, NO_LEADER, STATE, Shards

BATCH: Final = 256
"""Messages that are asked for at a time."""

PLACES_KEPT: Final = 512
"""Places of a room's records in the stream that are held in memory."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_ROOM = re.compile(r"(?:[0-9a-f]{2})+")
Row = tuple[int, bytes, bytes]
"""A record as it is stored: seq, hash, body."""

_rows = msgspec.msgpack.Decoder(list[Row])
_snapshot = msgspec.msgpack.Decoder(tuple[int, bytes, bytes, bytes, int])


class Head(NamedTuple):
    """A room's last record, and the number in the stream of the message that holds it (0: there is none)."""

    seq: int
    hash: bytes
    place: int


class Message(NamedTuple):
    """What stands at a place in a stream."""

    place: int
    data: bytes


class Places:
    """Where records of a room lie: some records, each with the number in the stream of the message that it begins."""

    def __init__(self) -> None:
        self._seqs: list[int] = []
        self._places: list[int] = []

    def note(self, seq: int, place: int) -> None:
        """The record `seq` is the first in the message `place`."""
        at = bisect_right(self._seqs, seq)
        if at and self._seqs[at - 1] == seq:
            return
        self._seqs.insert(at, seq)
        self._places.insert(at, place)
        if len(self._seqs) > PLACES_KEPT:
            del self._seqs[1::2], self._places[1::2]

    def before(self, seq: int) -> tuple[int, int]:
        """A record at or before `seq`, and its message's place."""
        at = bisect_right(self._seqs, seq)
        return (self._seqs[at - 1], self._places[at - 1]) if at else (1, 1)


class JetStreamReader:
    """The reading half of a `Journal` in NATS JetStream."""

    def __init__(self, client: Client, shards: Shards) -> None:
        self._client = client
        self._shards = shards
        self._manager = client.jsm(timeout=ANSWER_WITHIN_S)
        self._places: dict[bytes, Places] = {}

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        """See `Journal.read`."""
        if limit == 0:
            return []
        # The record before the first one wanted is read too: it holds the hash the chain goes on from.
        first = max(after, 1)
        wanted = None if limit is None else limit + (after > 0)
        return following(room, after, await self._rows_from(room, first, wanted))

    async def head(self, room: bytes) -> int:
        """See `Journal.head`."""
        return (await self._ask_for_head(room)).seq

    async def load_snapshot(self, room: bytes) -> Snapshot | None:
        """See `Journal.load_snapshot`."""
        data = await self._last(STATE, f"snap.{room.hex()}")
        if data is None:
            return None
        try:
            seq, hash, body, checksum, place = _snapshot.decode(data.data)
            snapshot = Snapshot(seq, hash, body)
            if checksum == snapshot_checksum(room, snapshot):
                self._places_of(room).note(seq, place)
                stored = await self._rows_from(room, seq, 1)
                if stored and stored[0][:2] == (seq, hash):
                    return snapshot
            reason = "its checksum or its record does not match"
        except (msgspec.MsgspecError, JournalDamaged, OverflowError) as error:
            reason = type(error).__name__
        self._places.pop(room, None)
        _log.warning("room %s: the snapshot is damaged (%s), reading its records instead", room_mark(room), reason)
        return None

    async def rooms(self) -> list[bytes]:
        """See `Journal.rooms`."""
        found: list[bytes] = []
        for stream in self._shards.streams:
            info = await self._asked(self._manager.stream_info(stream, subjects_filter="room.>"))
            names = (subject.rpartition(".")[2] for subject in (info.state.subjects or {} if info else {}))
            found.extend(bytes.fromhex(name) for name in names if _ROOM.fullmatch(name))
        return sorted(found)

    async def alive_until(self, room: bytes) -> int | None:
        """See `Journal.alive_until`."""
        data = await self._last(STATE, f"alive.{room.hex()}")
        try:
            return None if data is None else msgspec.msgpack.decode(data.data, type=int)
        except msgspec.MsgspecError:
            return None

    async def _ask_for_head(self, room: bytes) -> Head:
        message = await self._last(self._shards.stream(room), self._shards.subject(room))
        if message is None:
            return Head(0, GENESIS, 0)
        rows = _decoded(room, message)
        list(verified(room, rows[0][0], rows[0][1], rows[1:]))
        return Head(rows[-1][0], rows[-1][1], message.place)

    def _places_of(self, room: bytes) -> Places:
        return self._places.setdefault(room, Places())

    async def _asked(self, answer: Awaitable[_T]) -> _T | None:
        """The answer of the leader; None for what is not there."""
        try:
            return await answer
        except NotFoundError:
            return None
        except (NatsError, TimeoutError, OSError) as error:
            raise JournalUnavailable(f"NATS does not answer ({type(error).__name__})", NO_LEADER) from None

    async def _last(self, stream: str, subject: str) -> Message | None:
        found = await self._asked(self._manager.get_last_msg(stream, subject))
        return None if found is None else Message(int(found.seq or 0), found.data or b"")

    async def _rows_from(self, room: bytes, first: int, wanted: int | None) -> list[Row]:
        """The records from `first` on as they are stored, so many at most (None: all); their chain is not looked at."""
        rows: list[Row] = []
        at, place = self._places_of(room).before(first)
        while wanted is None or len(rows) < wanted:
            # A message holds one record at least.
            most = BATCH if wanted is None else min(BATCH, max(1, first + wanted - at))
            batch = await self._from(room, place, most)
            if not batch:
                break
            for message in batch:
                found = _decoded(room, message)
                self._places_of(room).note(found[0][0], message.place)
                rows.extend(row for row in found if row[0] >= first)
                at, place = found[-1][0] + 1, message.place + 1
        return rows[:wanted]

    async def _from(self, room: bytes, place: int, most: int) -> list[Message]:
        """A room's messages from this place on, so many at most; none only when the leader has none.

        Any replica gives them, many at a time; one that lags is not believed about the end.
        """
        stream, subject = self._shards.stream(room), self._shards.subject(room)
        found = await self._asked(self._direct(stream, subject, place, most))
        if found:
            return found
        one = await self._asked(self._manager.get_msg(stream, seq=place, subject=subject, next=True))
        return [] if one is None else [Message(int(one.seq or 0), one.data or b"")]

    async def _direct(self, stream: str, subject: str, place: int, most: int) -> list[Message]:
        """A batch from the nearest replica (ADR-31)."""
        answers = await self._client.subscribe(self._client.new_inbox())
        try:
            question = msgspec.json.encode({"seq": place, "next_by_subj": subject, "batch": most})
            await self._client.publish(f"$JS.API.DIRECT.GET.{stream}", question, reply=answers.subject)
            found: list[Message] = []
            while True:
                message = await answers.next_msg(timeout=ANSWER_WITHIN_S)
                headers: dict[str, Any] = message.headers or {}
                if "Status" in headers:
                    return found
                found.append(Message(int(headers["Nats-Sequence"]), message.data))
        finally:
            await answers.unsubscribe()


def _decoded(room: bytes, message: Message) -> list[Row]:
    try:
        rows = _rows.decode(message.data)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(room, 0, "a message of records is not readable") from error
    if not rows:
        raise JournalDamaged(room, 0, "a message without records")
    return rows
