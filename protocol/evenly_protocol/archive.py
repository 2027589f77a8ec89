"""Rooms as one file, to keep elsewhere: MessagePack arrays, one after the other.

====================================================  ===============================================
`["evenly-archive", version, rooms]`                  first; `rooms` is how many to expect, for progress
`["room", room, alive until, snapshot]`               ms or nil; `[seq, hash, body, checksum]` or nil
`["record", seq, hash, body]`                         oldest first, the chain as in `entry_hash`
`["room-end", records, last hash]`                    closes the room
`["archive-end", rooms, records, SHA-256]`            last; the hash is of all messages before it
====================================================  ===============================================

A server saves all its rooms so (`evenly backup`), a member one room (`evenly export`); bodies are opaque here. The
chain shows that nothing was altered or left out since the entries were written; it does not say who wrote them.

    ArchiveUnreadable     truncated, altered, of another version, or no archive at all
    BrokenChain           one record is not the one that belongs behind the record before it
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, cast

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from evenly_protocol.hashing import H
from evenly_protocol.texts import N_

FORMAT_NAME: Final = "evenly-archive"
FORMAT_VERSION: Final = 1
LARGEST_MESSAGE: Final = 64 * 1024 * 1024
"""Bytes a single message may take; a longer one is refused before it is read."""
READ_AT_ONCE: Final = 64 * 1024
"""Bytes of a chunk as readers take them from a file."""

GENESIS: Final = bytes(32)
"""The hash that stands before the first record of every room."""


class ArchiveUnreadable(ValueError):
    """What was read is no whole archive: `title` says why (without a full stop), `advice` what to do.

    `reason`: the title, with fields for what `values` holds; texts among them are sentences like it.
    """

    def __init__(self, reason: str, advice: str, **values: str | int) -> None:
        self.title = reason.format(**values)
        self.advice = advice
        self.reason = reason
        self.values = values
        super().__init__(f"{self.title}. {advice}")


class BrokenChain(ValueError):
    """The record that should be number `seq` does not belong there."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"entry {seq}: {reason}")
        self.seq = seq
        self.reason = reason


# -- the chain ---------------------------------------------------------------------------------------------------


class Record(NamedTuple):
    """One entry of a room: its seq (from 1, without gaps), opaque body, and the chain's hash up to it."""

    seq: int
    body: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room's folded state just after record `seq`, whose hash is `hash`; the body is opaque."""

    seq: int
    hash: bytes
    body: bytes


def entry_hash(room: bytes, seq: int, prev_hash: bytes, body: bytes) -> bytes:
    """Return the hash of a record: `H("entry", room, u64 seq, prev_hash, body)`, H as in anonymity.md."""
    return H("entry", room, seq.to_bytes(8, "big"), prev_hash, body)


def snapshot_checksum(room: bytes, snapshot: Snapshot) -> bytes:
    """Return the checksum stored beside a snapshot: `H("snapshot", room, u64 seq, hash, body)`."""
    return H("snapshot", room, snapshot.seq.to_bytes(8, "big"), snapshot.hash, snapshot.body)


def chain(room: bytes, seq: int, head_hash: bytes, bodies: Iterable[bytes]) -> list[Record]:
    """Make the records of bodies that follow record `seq`, whose hash is `head_hash`."""
    records: list[Record] = []
    for body in bodies:
        seq += 1
        head_hash = entry_hash(room, seq, head_hash, body)
        records.append(Record(seq, body, head_hash))
    return records


def verified(
    room: bytes, after: int, head_hash: bytes, rows: Iterable[tuple[object, object, object]]
) -> Iterator[Record]:
    """Yield the records of `(seq, hash, body)` rows that must follow record `after`, checking each.

    Raises:
        BrokenChain: at the first row that does not belong there.
    """
    for seq, stored_hash, body in rows:
        expected = after + 1
        if seq != expected:
            raise BrokenChain(expected, N_("an entry is missing"))
        if not isinstance(body, bytes) or not isinstance(stored_hash, bytes):
            raise BrokenChain(expected, N_("an entry is not readable"))
        if entry_hash(room, expected, head_hash, body) != stored_hash:
            raise BrokenChain(expected, N_("an entry does not chain to the one before"))
        after, head_hash = expected, stored_hash
        yield Record(expected, body, stored_hash)


# -- writing -----------------------------------------------------------------------------------------------------


class ArchiveWriter:
    """Writes an archive through `write`, which is given bytes to be put one behind the other: `room` …, `end`."""

    def __init__(self, write: Callable[[bytes], object], rooms: int) -> None:
        self._write = write
        self._packer = _packer()
        self._digest = hashlib.sha256()
        self._rooms = self._records = 0
        self._message(FORMAT_NAME, FORMAT_VERSION, rooms)

    def room(
        self, room: bytes, records: Iterable[Record], alive_until: int | None = None, snapshot: Snapshot | None = None
    ) -> int:
        """Write one room: all its records, oldest first, chained already. Return how many there were."""
        kept = None
        if snapshot is not None:
            kept = (snapshot.seq, snapshot.hash, snapshot.body, snapshot_checksum(room, snapshot))
        self._message("room", room, alive_until, kept)
        count, last_hash = 0, GENESIS
        for record in records:
            self._message("record", record.seq, record.hash, record.body)
            count, last_hash = count + 1, record.hash
        self._message("room-end", count, last_hash)
        self._rooms += 1
        self._records += count
        return count

    def end(self) -> None:
        """Write the end; without it an archive is not whole."""
        self._message("archive-end", self._rooms, self._records, self._digest.digest())

    def _message(self, *parts: object) -> None:
        packed = self._packer.pack(parts)
        self._digest.update(packed)
        self._write(packed)


# -- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchiveBegins:
    """The first part. `rooms`: how many to expect, for progress."""

    rooms: int


@dataclass(frozen=True, slots=True)
class RoomBegins:
    """A room; its records follow. `alive_until`: room time, ms. The snapshot is checked against them as they come."""

    room: bytes
    alive_until: int | None
    snapshot: Snapshot | None


@dataclass(frozen=True, slots=True)
class RoomEnds:
    """The room that has begun is whole: how many records it has, and the last one's hash."""

    records: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class ArchiveEnds:
    """The last part: everything was there, and nothing is behind it."""

    rooms: int
    records: int


Part = ArchiveBegins | RoomBegins | Record | RoomEnds | ArchiveEnds


def read_archive(chunks: Iterable[bytes]) -> Iterator[Part]:
    """Yield the parts of an archive in order, checking each; take what was read for true only at `ArchiveEnds`.

    No more than one message and one chunk is in memory.

    Raises:
        ArchiveUnreadable: at the first thing that is not as it should be.
    """
    return _Reading(chunks).parts()


class _Reading:
    """Takes the messages of an archive in their only allowed order."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._messages = _messages(chunks)
        self._packer = _packer()
        self._digest = hashlib.sha256()
        self._rooms: set[bytes] = set()
        self._records = 0
        self._end: list[object] = []

    def parts(self) -> Iterator[Part]:
        yield self._start(next(self._messages, None))
        for message in self._messages:
            match message:
                case ["room", bytes(room), int() | None as alive_until, snapshot] if (alive_until or 0) < 2**63:
                    self._count(message)
                    yield from self._room(RoomBegins(room, alive_until, _snapshot(room, snapshot)))
                case ["archive-end", int(rooms), self._records, bytes(digest)] if rooms == len(self._rooms):
                    if digest != self._digest.digest():
                        raise altered(N_("its checksum does not match"))
                    if next(self._messages, None) is not None:
                        raise altered(N_("something follows its end"))
                    yield ArchiveEnds(rooms, self._records)
                    return
                case _:
                    raise altered(N_("a part is not where it belongs"))
        raise _truncated()

    def _count(self, message: list[object]) -> None:
        self._digest.update(self._packer.pack(message))

    def _start(self, header: list[object] | None) -> ArchiveBegins:
        match header:
            case [str(name), int(version), *_] if name == FORMAT_NAME and version != FORMAT_VERSION:
                raise ArchiveUnreadable(
                    N_("The archive has format {version}, this Evenly knows {known}"),
                    N_("Update Evenly."),
                    version=version,
                    known=FORMAT_VERSION,
                )
            case [str(name), int(), int(rooms)] if name == FORMAT_NAME:
                self._count(header)
                return ArchiveBegins(rooms)
            case _:
                raise _another_file()

    def _room(self, begins: RoomBegins) -> Iterator[Part]:
        """One room, up to and including its `room-end`."""
        room, kept = begins.room, begins.snapshot
        if room in self._rooms:
            raise altered(N_("a room appears twice"))
        self._rooms.add(room)
        yield begins
        count, last_hash = 0, GENESIS
        try:
            for record in verified(room, 0, GENESIS, self._record_rows()):
                count, last_hash = record.seq, record.hash
                if kept is not None and kept.seq == record.seq and kept.hash != record.hash:
                    raise altered(N_("a snapshot does not belong to its room"))
                yield record
        except BrokenChain as broken:
            raise altered(broken.reason) from broken
        if self._end != ["room-end", count, last_hash] or count == 0:
            raise altered(N_("a room does not end as it should"))
        if kept is not None and not 0 < kept.seq <= count:
            raise altered(N_("a snapshot does not belong to its room"))
        self._records += count
        yield RoomEnds(count, last_hash)

    def _record_rows(self) -> Iterator[tuple[object, object, object]]:
        """Yield the room's records; the message that ends them is left in `_end`."""
        for message in self._messages:
            self._count(message)
            match message:
                case ["record", seq, record_hash, body]:
                    yield seq, record_hash, body
                case _:
                    self._end = message
                    return
        raise _truncated()


def altered(reason: str) -> ArchiveUnreadable:
    """The error for an archive that says what it cannot."""
    return ArchiveUnreadable(
        N_("The archive was altered: {why}"), N_("Use another copy; nothing was changed."), why=reason
    )


def _another_file() -> ArchiveUnreadable:
    return ArchiveUnreadable(
        N_("The file is not an archive of Evenly"), N_("Give a file made by `evenly backup` or `evenly export`.")
    )


def _truncated() -> ArchiveUnreadable:
    return ArchiveUnreadable(N_("The archive is not complete"), N_("Use another copy; nothing was changed."))


def _snapshot(room: bytes, parts: object) -> Snapshot | None:
    match parts:
        case None:
            return None
        case [int(seq), bytes(record_hash), bytes(body), bytes(checksum)] if 0 < seq < 2**63:
            snapshot = Snapshot(seq, record_hash, body)
            if snapshot_checksum(room, snapshot) == checksum:
                return snapshot
        case _:
            pass
    raise altered(N_("a snapshot does not match its checksum"))


class _Packing(Protocol):
    def pack(self, obj: object) -> bytes: ...


class _Unpacking(Protocol):
    def feed(self, next_bytes: bytes) -> None: ...
    def tell(self) -> int: ...
    def __iter__(self) -> Iterator[object]: ...


def _messages(chunks: Iterable[bytes]) -> Iterator[list[object]]:
    unpacker = _unpacker()
    fed = 0
    begun = False
    try:
        for chunk in chunks:
            fed += len(chunk)
            unpacker.feed(chunk)
            for message in unpacker:
                if not isinstance(message, list):
                    raise ValueError("a part is no array")
                begun = True
                yield cast("list[object]", message)
    except (ValueError, msgpack.UnpackException) as error:
        raise (altered(N_("a part is not readable")) if begun else _another_file()) from error
    if unpacker.tell() != fed:
        raise _truncated()


def _packer() -> _Packing:
    return cast(_Packing, msgpack.Packer())  # pyright: ignore[reportUnknownMemberType]


def _unpacker() -> _Unpacking:
    unpacker = msgpack.Unpacker(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        max_buffer_size=LARGEST_MESSAGE + READ_AT_ONCE,
        max_bin_len=LARGEST_MESSAGE,
        max_str_len=64,
        max_array_len=8,
        max_map_len=0,
        max_ext_len=0,
    )
    return cast(_Unpacking, unpacker)
