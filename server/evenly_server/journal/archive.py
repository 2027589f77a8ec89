"""Journals and archives: a whole journal into a file and back, and one room from a file into a journal.

The format is the protocol's (`evenly_protocol.archive`): members write the same for one room.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar

from evenly_protocol.archive import (
    READ_AT_ONCE,
    ArchiveBegins,
    ArchiveEnds,
    ArchiveUnreadable,
    ArchiveWriter,
    Part,
    RoomBegins,
    RoomEnds,
    read_archive,
)
from evenly_protocol.room import Room, evolve
from evenly_protocol.wire import decode_entry

from .interface import GENESIS, JournalDamaged, JournalError, Record, snapshot_checksum, verified
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

ROOM_BYTES = 16

Progress = Callable[[int, int], None]
"""Called after each room with the number of rooms done and of rooms to expect."""


class ArchiveError(JournalError):
    """An archive that cannot be written, restored or imported; the target is left as it was."""

    code: ClassVar[str] = "archive"


@dataclass(frozen=True, slots=True)
class Archived:
    """What went through: rooms, records, and the rooms left out because they were damaged (backup only)."""

    rooms: int
    records: int
    left_out: tuple[JournalDamaged, ...] = ()


@dataclass(frozen=True, slots=True)
class _OneRoom:
    """What an archive of one room holds: the hash of each of its records, oldest first."""

    room: bytes
    hashes: list[bytes]


# -- a whole journal ---------------------------------------------------------------------------------------------


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
    with contextlib.closing(open_for_reading(source)) as db, _whole_file(target) as (out, _):
        done = _write_archive(db, out, progress)
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
    with _said_as_ours(), open(archive, "rb") as source, _fresh_journal(target) as db:
        return _store(db, read_archive(_chunks(source)), progress)


def _write_archive(db: sqlite3.Connection, out: BinaryIO, progress: Progress | None) -> Archived:
    db.execute("BEGIN")  # one read transaction: every query below sees the same moment
    rooms = list_rooms(db)
    writer = ArchiveWriter(out.write, len(rooms))
    written = records = 0
    left_out: list[JournalDamaged] = []
    for number, room in enumerate(rooms, 1):
        try:
            _verify_room(db, room)
        except JournalDamaged as damage:
            left_out.append(damage)
        else:
            rows = (Record(seq, body, record_hash) for seq, record_hash, body in rows_of(db, room))
            records += writer.room(room, rows, load_alive(db, room), load_snapshot(db, room))
            written += 1
        if progress is not None:
            progress(number, len(rooms))
    writer.end()
    return Archived(written, records, tuple(left_out))


def rows_of(db: sqlite3.Connection, room: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield a room's stored `(seq, hash, body)`; raises `JournalDamaged` where they are not readable."""
    try:
        rows: Iterator[tuple[int, bytes, bytes]] = db.execute(SELECT_RECORDS, (room, 0, -1))
        # Not `yield from`: that would close the cursor late, after its connection.
        for row in rows:  # noqa: UP028
            yield row
    except sqlite3.Error as error:
        raise JournalDamaged(room, 0, str(error)) from error


def _verify_room(db: sqlite3.Connection, room: bytes) -> None:
    for _ in verified(room, 0, GENESIS, rows_of(db, room)):
        pass
    load_alive(db, room)


def _store(db: sqlite3.Connection, parts: Iterable[Part], progress: Progress | None = None) -> Archived:
    """Store what an archive holds, in the transaction that is open."""
    room, rooms, expected = b"", 0, 0
    for part in parts:
        match part:
            case Record():
                db.execute(INSERT_RECORD, (room, part.seq, part.hash, part.body))
            case RoomBegins():
                room, kept = part.room, part.snapshot
                if kept is not None:
                    checksum = snapshot_checksum(room, kept)
                    db.execute(INSERT_SNAPSHOT, (room, kept.seq, kept.hash, kept.body, checksum))
                if part.alive_until is not None:
                    db.execute(INSERT_ALIVE, (room, part.alive_until))
            case RoomEnds():
                rooms += 1
                if progress is not None:
                    progress(rooms, expected)
            case ArchiveBegins():
                expected = part.rooms
            case ArchiveEnds():
                return Archived(part.rooms, part.records)
    raise AssertionError("an archive that is read without an error has an end")


# -- one room ----------------------------------------------------------------------------------------------------


def import_room(archive: Path | str, journal_path: Path | str) -> Archived:
    """Put the room of an archive of one room into a journal, also of one being served; made if there is none.

    The archive is read through before anything is changed, and again while its entries are stored, in one
    transaction: all of them or none. A snapshot in it is left out: whoever wrote it, the entries are what counts.

    Raises:
        ArchiveError: the archive is damaged, of an unknown version, or holds another number of rooms than one; its
            entries cannot be folded; or the room is in the journal already.
        JournalRefused: the journal is of a newer version, or none of ours.
        OSError: a file cannot be read or written.
    """
    target = Path(journal_path).resolve()
    with _said_as_ours(), open(archive, "rb") as source:
        coming = _looked_through(read_archive(_chunks(source)))
        source.seek(0)
        with _existing_journal(target) if target.exists() else _fresh_journal(target) as db:
            _refuse_known(db, coming)
            done = _store(db, _without_snapshot(read_archive(_chunks(source))))
            stored = db.execute("SELECT hash FROM records WHERE room = ? ORDER BY seq", (coming.room,)).fetchall()
            if [record_hash for (record_hash,) in stored] != coming.hashes:
                raise ArchiveError("The archive has changed while it was read", "Try again; nothing was changed.")
    return done


def _looked_through(parts: Iterable[Part]) -> _OneRoom:
    """Read an archive of one room to its end, and fold its entries as a server will have to."""
    room, hashes = Room(b""), list[bytes]()
    for part in parts:
        match part:
            case ArchiveBegins() if part.rooms > 1:
                raise ArchiveError(
                    f"The archive holds {part.rooms} rooms, not one",
                    "`evenly restore` builds a fresh journal of all of them.",
                )
            case RoomBegins():
                if len(part.room) != ROOM_BYTES or room.id:
                    raise ArchiveError("The archive is not one of a single room", "Use another copy.")
                room = Room(part.room)
            case Record():
                _fold(room, part)
                hashes.append(part.hash)
            case _:
                pass
    if not hashes:
        raise ArchiveError("The archive holds no room", "Use another copy.")
    return _OneRoom(room.id, hashes)


def _fold(room: Room, record: Record) -> None:
    try:
        entry = decode_entry(record.body)
        evolve(room, entry)
    except Exception as error:  # whatever a made-up entry makes a rule do
        raise ArchiveError(
            f"Entry {record.seq} of the room cannot be read by this version",
            "Update Evenly, or use another copy; nothing was changed.",
        ) from error
    if entry.seq != record.seq:
        raise ArchiveError(f"Entry {record.seq} of the room calls itself {entry.seq}", "Use another copy.")


def _without_snapshot(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield RoomBegins(part.room, part.alive_until, None) if isinstance(part, RoomBegins) else part


def _refuse_known(db: sqlite3.Connection, coming: _OneRoom) -> None:
    """Refuse a room that is there already, and say how what is there compares."""
    there: list[bytes] = [
        record_hash
        for (record_hash,) in db.execute("SELECT hash FROM records WHERE room = ? ORDER BY seq", (coming.room,))
    ]
    if not there:
        return
    here, held = len(there), len(coming.hashes)
    if there == coming.hashes:
        raise ArchiveError(f"The room is there already, with the same {here} entries", "There is nothing to do.")
    if there[:held] == coming.hashes:
        how = f"and has gone on since: {here} entries there, the first {held} of them in the archive"
    elif coming.hashes[:here] == there:
        how = f"as it was earlier: the first {here} of the archive's {held} entries"
    else:
        how = f"with other entries: {here} there, {held} in the archive"
    raise ArchiveError(f"The room is there already, {how}", "It was left as it is. Import it into another journal.")


# -- files -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _said_as_ours() -> Generator[None]:
    """What is wrong with an archive, or with the disk, becomes an `ArchiveError`."""
    try:
        yield
    except ArchiveUnreadable as unreadable:
        raise ArchiveError(unreadable.title, unreadable.advice) from unreadable
    except sqlite3.Error as error:
        raise ArchiveError(
            f"The journal cannot be written: {error}", "Look at the disk and the rights; nothing was changed."
        ) from error


@contextlib.contextmanager
def _fresh_journal(target: Path) -> Generator[sqlite3.Connection]:
    """A journal that is not there yet, in a transaction; it appears when that has ended well."""
    with _whole_file(target) as (_, unfinished):
        db = sqlite3.connect(unfinished, isolation_level=None)
        with contextlib.closing(db):
            db.executescript(SCHEMA)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")
        _refuse_existing(target, force=False)


@contextlib.contextmanager
def _existing_journal(path: Path) -> Generator[sqlite3.Connection]:
    """A journal, served or not, in a transaction; a server waits with its own writing meanwhile."""
    db = sqlite3.connect(path, isolation_level=None)
    with contextlib.closing(db):  # closing without a COMMIT takes everything back
        db.text_factory = bytes
        if not check_schema(db, path):
            db.executescript(SCHEMA)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = 1")
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    return iter(partial(source.read, READ_AT_ONCE), b"")


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a journal, served or not, for reading alone.

    Raises:
        ArchiveError: it holds nothing.
        JournalRefused: it is of a newer version, or none of ours.
    """
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
    partial_file = target.with_name(f".{target.name}.{os.getpid()}.partial")
    handle = os.open(partial_file, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out, partial_file
        os.replace(partial_file, target)
    except BaseException:
        partial_file.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _refuse_existing(target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise ArchiveError(f"{target} exists already", "Give another name, or move it away.")
