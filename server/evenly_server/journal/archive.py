"""A whole journal as one file, to keep elsewhere: MessagePack arrays, one after the other.

====================================================  ===============================================
`["evenly-archive", version, rooms]`                  first; `rooms` is how many to expect, for progress
`["room", room, alive until, snapshot]`               ms or nil; `[seq, hash, body, checksum]` or nil
`["record", seq, hash, body]`                         oldest first, the chain as in `entry_hash`
`["room-end", records, last hash]`                    closes the room
`["archive-end", rooms, records, SHA-256]`            last; the hash is of all messages before it
====================================================  ===============================================
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, Protocol, cast

import msgpack  # pyright: ignore[reportMissingTypeStubs]

from .interface import GENESIS, JournalDamaged, JournalError, Snapshot, snapshot_checksum, verified
from .sqlite import (
    INSERT_ALIVE,
    INSERT_RECORD,
    INSERT_SNAPSHOT,
    SCHEMA,
    SELECT_RECORDS,
    check_schema,
    list_rooms,
    load_alive,
    load_snapshot,
)

FORMAT_NAME: Final = "evenly-archive"
FORMAT_VERSION: Final = 1
LARGEST_MESSAGE: Final = 64 * 1024 * 1024
"""Bytes a single message may take; a longer one is refused before it is read."""
_CHUNK: Final = 64 * 1024

Progress = Callable[[int, int], None]
"""Called after each room with the number of rooms done and of rooms to expect."""


class ArchiveError(JournalError):
    """An archive that cannot be written or restored; the target is left as it was."""

    code: ClassVar[str] = "archive"


@dataclass(frozen=True, slots=True)
class Archived:
    """What went through: rooms, records, and the rooms left out because they were damaged (backup only)."""

    rooms: int
    records: int
    left_out: tuple[JournalDamaged, ...] = ()


class _Packing(Protocol):
    def pack(self, obj: object) -> bytes: ...


class _Unpacking(Protocol):
    def feed(self, next_bytes: bytes) -> None: ...
    def tell(self) -> int: ...
    def __iter__(self) -> Iterator[object]: ...


class _Writer:
    """Packs messages into a file and keeps the hash of all of them."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._packer = _packer()
        self._digest = hashlib.sha256()

    def write(self, *message: object) -> None:
        packed = self._packer.pack(message)
        self._digest.update(packed)
        self._out.write(packed)

    def digest(self) -> bytes:
        return self._digest.digest()


def backup(
    journal_path: Path | str, out_file: Path | str, progress: Progress | None = None, *, force: bool = False
) -> Archived:
    """Write every room of a journal, also of one being served, as it is at this moment.

    Each room is verified before it is written; a damaged one is left out and named in the result, so that it
    does not keep the others from being saved. The file (mode 0600) appears whole or not at all.

    Raises:
        ArchiveError: there is no journal, or `out_file` exists and `force` is not given.
        JournalRefused: the journal is of a newer version, or none of ours.
        JournalDamaged: not even its list of rooms can be read.
    """
    source, target = Path(journal_path).resolve(), Path(out_file)
    if not source.exists():
        raise ArchiveError(f"There is no journal at {source}", "Give the file that `evenly serve` uses.")
    _refuse_existing(target, force)
    with contextlib.closing(_open_for_reading(source)) as db, _whole_file(target) as (out, _):
        done = _write_archive(db, _Writer(out), progress)
        out.flush()
        os.fsync(out.fileno())
        _refuse_existing(target, force)
    return done


def restore(archive: Path | str, journal_path: Path | str, progress: Progress | None = None) -> Archived:
    """Build a fresh journal (mode 0600) from an archive, checking every hash on the way.

    Raises:
        ArchiveError: the archive is truncated, altered or of an unknown version, or the journal exists.
        OSError: a file cannot be read or written.
    """
    target = Path(journal_path).resolve()
    _refuse_existing(target, force=False)
    with open(archive, "rb") as source, _whole_file(target) as (_, partial):
        db = sqlite3.connect(partial, isolation_level=None)
        with contextlib.closing(db):
            db.executescript(SCHEMA)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN")
            done = _Restoring(db, progress).run(_messages(source))
            db.execute("COMMIT")
        _refuse_existing(target, force=False)
    return done


def _write_archive(db: sqlite3.Connection, out: _Writer, progress: Progress | None) -> Archived:
    db.execute("BEGIN")  # one read transaction: every query below sees the same moment
    rooms = list_rooms(db)
    out.write(FORMAT_NAME, FORMAT_VERSION, len(rooms))
    written = records = 0
    left_out: list[JournalDamaged] = []
    for number, room in enumerate(rooms, 1):
        try:
            _verify_room(db, room)
        except JournalDamaged as damage:
            left_out.append(damage)
        else:
            records += _write_room(db, out, room)
            written += 1
        if progress is not None:
            progress(number, len(rooms))
    out.write("archive-end", written, records, out.digest())
    return Archived(written, records, tuple(left_out))


def _rows(db: sqlite3.Connection, room: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    try:
        rows: Iterator[tuple[int, bytes, bytes]] = db.execute(SELECT_RECORDS, (room, 0, -1))
        # Not `yield from`: that would close the cursor late, after its connection.
        for row in rows:  # noqa: UP028
            yield row
    except sqlite3.Error as error:
        raise JournalDamaged(room, 0, str(error)) from error


def _verify_room(db: sqlite3.Connection, room: bytes) -> None:
    for _ in verified(room, 0, GENESIS, _rows(db, room)):
        pass
    load_alive(db, room)


def _write_room(db: sqlite3.Connection, out: _Writer, room: bytes) -> int:
    snapshot = load_snapshot(db, room)
    kept = None
    if snapshot is not None:
        kept = (snapshot.seq, snapshot.hash, snapshot.body, snapshot_checksum(room, snapshot))
    out.write("room", room, load_alive(db, room), kept)
    count, last_hash = 0, GENESIS
    for seq, record_hash, body in _rows(db, room):
        out.write("record", seq, record_hash, body)
        count, last_hash = count + 1, record_hash
    out.write("room-end", count, last_hash)
    return count


class _Restoring:
    """Takes the messages of an archive in their only allowed order and stores what they hold."""

    def __init__(self, db: sqlite3.Connection, progress: Progress | None) -> None:
        self._db = db
        self._progress = progress
        self._packer = _packer()
        self._digest = hashlib.sha256()
        self._rooms = 0
        self._records = 0
        self._end: list[object] = []

    def run(self, messages: Iterator[list[object]]) -> Archived:
        expected_rooms = self._start(next(messages, None))
        for message in messages:
            match message:
                case ["room", bytes(room), int() | None as alive_until, snapshot] if (alive_until or 0) < 2**63:
                    self._count(message)
                    self._room(room, alive_until, _snapshot(room, snapshot), messages)
                    if self._progress is not None:
                        self._progress(self._rooms, expected_rooms)
                case ["archive-end", self._rooms, self._records, bytes(digest)]:
                    if digest != self._digest.digest():
                        raise _altered("its checksum does not match")
                    if next(messages, None) is not None:
                        raise _altered("something follows its end")
                    return Archived(self._rooms, self._records)
                case _:
                    raise _altered("a part is not where it belongs")
        raise _truncated()

    def _count(self, message: list[object]) -> None:
        self._digest.update(self._packer.pack(message))

    def _start(self, header: list[object] | None) -> int:
        match header:
            case [str(name), int(version), *_] if name == FORMAT_NAME and version != FORMAT_VERSION:
                raise ArchiveError(
                    f"The archive has format {version}, this Evenly knows {FORMAT_VERSION}", "Update Evenly."
                )
            case [str(name), int(), int(rooms)] if name == FORMAT_NAME:
                self._count(header)
                return rooms
            case _:
                raise ArchiveError("The file is not an archive of Evenly", "Give a file made by `evenly backup`.")

    def _room(
        self,
        room: bytes,
        alive_until: int | None,
        kept: Snapshot | None,
        messages: Iterator[list[object]],
    ) -> None:
        """Store one room, up to and including its `room-end`."""
        count, last_hash = 0, GENESIS
        try:
            for record in verified(room, 0, GENESIS, self._record_rows(messages)):
                self._db.execute(INSERT_RECORD, (room, record.seq, record.hash, record.body))
                count, last_hash = record.seq, record.hash
                if kept is not None and kept.seq == record.seq and kept.hash != record.hash:
                    raise _altered("a snapshot does not belong to its room")
        except JournalDamaged as damage:
            raise _altered(damage.reason) from damage
        except sqlite3.IntegrityError as error:
            raise _altered("a room appears twice") from error
        if self._end != ["room-end", count, last_hash] or count == 0:
            raise _altered("a room does not end as it should")
        if kept is not None:
            if not 0 < kept.seq <= count:
                raise _altered("a snapshot does not belong to its room")
            row = (room, kept.seq, kept.hash, kept.body, snapshot_checksum(room, kept))
            self._db.execute(INSERT_SNAPSHOT, row)
        if alive_until is not None:
            self._db.execute(INSERT_ALIVE, (room, alive_until))
        self._rooms += 1
        self._records += count

    def _record_rows(self, messages: Iterator[list[object]]) -> Iterator[tuple[object, object, object]]:
        """Yield the room's records; the message that ends them is left in `_end`."""
        for message in messages:
            self._count(message)
            match message:
                case ["record", seq, record_hash, body]:
                    yield seq, record_hash, body
                case _:
                    self._end = message
                    return
        raise _truncated()


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
    raise _altered("a snapshot does not match its checksum")


def _messages(source: BinaryIO) -> Iterator[list[object]]:
    """Yield the messages of an archive; no more than one message and one chunk is in memory."""
    unpacker = _unpacker()
    fed = 0
    try:
        while chunk := source.read(_CHUNK):
            fed += len(chunk)
            unpacker.feed(chunk)
            for message in unpacker:
                if not isinstance(message, list):
                    raise _altered("a part is not readable")
                yield cast("list[object]", message)
    except (ValueError, msgpack.UnpackException) as error:
        raise _altered("a part is not readable") from error
    if unpacker.tell() != fed:
        raise _truncated()


def _packer() -> _Packing:
    return cast(_Packing, msgpack.Packer())  # pyright: ignore[reportUnknownMemberType]


def _unpacker() -> _Unpacking:
    unpacker = msgpack.Unpacker(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        max_buffer_size=LARGEST_MESSAGE + _CHUNK,
        max_bin_len=LARGEST_MESSAGE,
        max_str_len=64,
        max_array_len=8,
        max_map_len=0,
        max_ext_len=0,
    )
    return cast(_Unpacking, unpacker)


def _open_for_reading(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.text_factory = bytes
    try:
        if not check_schema(db, path):
            raise ArchiveError(f"The journal at {path} is empty", "There is nothing to save yet.")
    except JournalError:
        db.close()
        raise
    return db


@contextlib.contextmanager
def _whole_file(target: Path) -> Generator[tuple[BinaryIO, Path]]:
    """Give a private file beside `target` that takes its name at the end, or is gone when something fails."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out, partial
        os.replace(partial, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _refuse_existing(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise ArchiveError(f"{target} exists already", "Give another name, or move it away.")


def _altered(reason: str) -> ArchiveError:
    return ArchiveError(f"The archive was altered: {reason}", "Use another backup; nothing was restored.")


def _truncated() -> ArchiveError:
    return ArchiveError("The archive is not complete", "Use another backup; nothing was restored.")
