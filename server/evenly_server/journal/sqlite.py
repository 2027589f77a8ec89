"""The embedded journal: one SQLite file, one writer thread, one sync for everything that waits.

Why so (architecture.md, Journal): WAL with `synchronous=FULL` lost nothing in simulated power cuts, NORMAL
did; group commit makes the sync cheap under load; a hash chain finds flipped bits that SQLite does not.

A transaction whose COMMIT fails is rolled back and its frames in the WAL are overwritten by the next one.
Should the process die in between, recovery may still find them whole: such an entry then appears though
nobody was told so, which the room answers by its command id like any other outcome that was lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from .homes import Homes, OneServer
from .interface import (
    GENESIS,
    JournalDamaged,
    JournalRefused,
    JournalUnavailable,
    Outcome,
    Record,
    Snapshot,
    chain,
    following,
    room_mark,
    snapshot_checksum,
)

SCHEMA_VERSION: Final = 1
"""The `PRAGMA user_version` this code writes; a file with a higher one is refused."""

ALIVE_FLUSH_S: Final = 1.0
"""Longest time a `touch` waits for a transaction to travel with, seconds."""

ROOMS_KNOWN: Final = 20_000
"""Rooms whose last record and time are held in memory; with more, they are read from the file again."""

SCHEMA: Final = f"""
BEGIN;
CREATE TABLE records (
    room BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE TABLE snapshots (
    room BLOB NOT NULL PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL,
    checksum BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE alive (room BLOB NOT NULL PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

INSERT_RECORD: Final = "INSERT INTO records (room, seq, hash, body) VALUES (?, ?, ?, ?)"
INSERT_SNAPSHOT: Final = "INSERT OR REPLACE INTO snapshots (room, seq, hash, body, checksum) VALUES (?, ?, ?, ?, ?)"
INSERT_ALIVE: Final = "INSERT OR REPLACE INTO alive (room, at) VALUES (?, ?)"
SELECT_RECORDS: Final = "SELECT seq, hash, body FROM records WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ?"
# One seek for each room, where DISTINCT would read every record.
SELECT_ROOMS: Final = """
WITH RECURSIVE found(room) AS (
    SELECT min(room) FROM records
    UNION ALL
    SELECT (SELECT min(room) FROM records WHERE room > found.room) FROM found WHERE found.room IS NOT NULL
) SELECT room FROM found WHERE room IS NOT NULL
"""

_DISK_FAILS: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that speak of the disk or the machine, not of what was being stored."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Head = tuple[int, bytes]


@dataclass(slots=True)
class _Append:
    room: bytes
    expected_seq: int
    bodies: Sequence[bytes]
    done: asyncio.Future[Outcome]


@dataclass(slots=True)
class _SaveSnapshot:
    room: bytes
    snapshot: Snapshot
    done: asyncio.Future[Outcome]


_Write = _Append | _SaveSnapshot
_Verdict = Outcome | JournalDamaged
_STOP: Final = "stop"
_TOUCHED: Final = "touched"


@dataclass(frozen=True, slots=True)
class _Opened:
    """Connections to the file, and the descriptor of its lock: `writer` syncs each commit, `lazy` none."""

    writer: sqlite3.Connection
    lazy: sqlite3.Connection
    reader: sqlite3.Connection
    lock: int


@dataclass(slots=True)
class _Plan:
    """What one transaction stores, and the verdict on each write if it succeeds."""

    verdicts: list[_Verdict] = field(default_factory=list[_Verdict])
    records: list[tuple[bytes, int, bytes, bytes]] = field(default_factory=list[tuple[bytes, int, bytes, bytes]])
    snapshots: list[tuple[bytes, int, bytes, bytes, bytes]] = field(
        default_factory=list[tuple[bytes, int, bytes, bytes, bytes]]
    )
    heads: dict[bytes, _Head] = field(default_factory=dict[bytes, _Head])
    appends: int = 0


class SqliteJournal:
    """A `Journal` in one SQLite file, owned by one event loop; made by `SqliteJournal.open`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: _Opened,
        window_ms: float,
    ) -> None:
        self.commits = 0
        self.appends = 0
        self.queue_length = 0
        self.homes: Homes = OneServer()
        self._loop = loop
        self._writer = opened.writer
        self._lazy = opened.lazy
        self._reader = opened.reader
        self._lock = opened.lock
        self._window_s = window_ms / 1000
        self._heads: dict[bytes, _Head] = {}
        self._alive: dict[bytes, int] = {}
        self._touched: dict[bytes, int] = {}
        self._touched_lock = threading.Lock()
        self._flush_at: float | None = None
        self._queue: SimpleQueue[_Write | str] = SimpleQueue()
        self._closing: asyncio.Future[None] | None = None
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path | str, *, window_ms: float = 2.0) -> SqliteJournal:
        """Open or make the journal at `path` (mode 0600) for the running event loop.

        Args:
            path: the file; SQLite's `-wal` and `-shm` and our `.lock` lie beside it.
            window_ms: under load, how long after a commit ended the next may wait to gather more.

        Raises:
            JournalRefused: newer schema, not a journal, or served by another process.
            OSError: the file cannot be made.
        """
        loop = asyncio.get_running_loop()
        return cls(loop, await asyncio.to_thread(_open, Path(path).resolve()), window_ms)

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """See `Journal.append`."""
        if not bodies:
            raise ValueError("an append has at least one body")
        return await self._enqueue(_Append(room, expected_seq, bodies, self._loop.create_future()))

    async def save_snapshot(self, room: bytes, snapshot: Snapshot) -> Outcome:
        """See `Journal.save_snapshot`; it travels in the same transactions as appends."""
        return await self._enqueue(_SaveSnapshot(room, snapshot, self._loop.create_future()))

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        """See `Journal.read`."""
        return await self._in_reader(lambda: _read(self._reader, room, after, limit))

    async def head(self, room: bytes) -> int:
        """See `Journal.head`."""
        known = self._heads.get(room)
        if known is not None:
            return known[0]
        return (await self._in_reader(lambda: _load_head(self._reader, room)))[0]

    async def load_snapshot(self, room: bytes) -> Snapshot | None:
        """See `Journal.load_snapshot`."""
        return await self._in_reader(lambda: load_snapshot(self._reader, room))

    async def rooms(self) -> list[bytes]:
        """See `Journal.rooms`."""
        return await self._in_reader(lambda: list_rooms(self._reader))

    def touch(self, room: bytes, at: int) -> None:
        """See `Journal.touch`."""
        self._refuse_when_closed()
        if len(self._alive) > ROOMS_KNOWN:
            self._alive.clear()
        self._alive[room] = at
        with self._touched_lock:
            first = not self._touched
            self._touched[room] = at
        if first:
            self._queue.put(_TOUCHED)

    async def alive_until(self, room: bytes) -> int | None:
        """See `Journal.alive_until`."""
        known = self._alive.get(room)
        if known is not None:
            return known
        return await self._in_reader(lambda: load_alive(self._reader, room))

    async def close(self) -> None:
        """See `Journal.close`."""
        if self._closing is None:
            self._queue.put(_STOP)
            self._closing = self._loop.run_in_executor(None, self._shut)
        await asyncio.shield(self._closing)

    # The event loop's side.

    def _refuse_when_closed(self) -> None:
        if self._closing is not None:
            raise RuntimeError("the journal is closed")

    def _enqueue(self, write: _Write) -> asyncio.Future[Outcome]:
        self._refuse_when_closed()
        self.queue_length += 1
        self._queue.put(write)
        return write.done

    async def _in_reader(self, query: Callable[[], _T]) -> _T:
        self._refuse_when_closed()
        return await self._loop.run_in_executor(self._reads, query)

    def _deliver(self, batch: list[_Write], verdicts: list[_Verdict]) -> None:
        self.queue_length -= len(batch)
        for write, verdict in zip(batch, verdicts, strict=True):
            if write.done.done():
                continue
            if isinstance(verdict, Outcome):
                write.done.set_result(verdict)
            else:
                write.done.set_exception(verdict)

    def _shut(self) -> None:
        self._thread.join()
        self._reads.shutdown()
        self._reader.close()
        self._lazy.close()
        self._writer.close()
        os.close(self._lock)

    # The writer thread's side.

    def _run(self) -> None:
        last_end = -self._window_s
        last_rooms: frozenset[bytes] = frozenset()
        stopping = False
        while not stopping:
            batch, stopping = self._gather(last_end, last_rooms)
            if not batch:
                self._flush_touched()
                continue
            verdicts = self._settle(batch)
            last_end = time.monotonic()
            last_rooms = frozenset(write.room for write in batch)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the verdicts
                self._loop.call_soon_threadsafe(self._deliver, batch, verdicts)
        self._flush_touched()

    def _gather(self, last_end: float, last_rooms: frozenset[bytes]) -> tuple[list[_Write], bool]:
        """Wait for a write, then take all there are; no write when touched rooms have waited long enough.

        A room appends again only when it has its verdict. So there is somebody to wait for, until the window has
        passed, only while a room of the commit before has not come again: one busy room alone never waits.
        """
        batch: list[_Write] = []
        while not batch:
            timeout = None if self._flush_at is None else max(0.0, self._flush_at - time.monotonic())
            try:
                item = self._queue.get(timeout=timeout)
            except Empty:
                return batch, False
            if self._take(item, batch):
                return batch, True
        stopping = self._take_all(batch)
        wait = last_end + self._window_s - time.monotonic()
        if wait > 0 and not stopping and not last_rooms.issubset(write.room for write in batch):
            time.sleep(wait)
            stopping = self._take_all(batch)
        return batch, stopping

    def _take_all(self, batch: list[_Write]) -> bool:
        """Take what is there now; whether the journal stops."""
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return False
            if self._take(item, batch):
                return True

    def _take(self, item: _Write | str, batch: list[_Write]) -> bool:
        if not isinstance(item, str):
            batch.append(item)
        elif item is _TOUCHED and self._flush_at is None:
            self._flush_at = time.monotonic() + ALIVE_FLUSH_S
        return item is _STOP

    def _settle(self, batch: list[_Write]) -> list[_Verdict]:
        """Store a batch in one transaction and return the verdict on each write."""
        try:
            plan = self._plan(batch)
            if not plan.records and not plan.snapshots:
                return plan.verdicts
            failure = self._store(plan)
        except Exception:
            _log.exception("the journal's writer met something unforeseen")
            return [Outcome.UNKNOWN] * len(batch)
        if failure is None:
            if len(self._heads) > ROOMS_KNOWN:
                self._heads.clear()
            self._heads.update(plan.heads)
            self.commits += 1
            self.appends += plan.appends
            return plan.verdicts
        for room in plan.heads:
            self._heads.pop(room, None)
        if isinstance(failure, Outcome):
            return [failure] * len(batch)
        if len(batch) > 1:
            return [self._settle([write])[0] for write in batch]
        return [_blame(batch[0], failure)]

    def _plan(self, batch: list[_Write]) -> _Plan:
        plan = _Plan()
        for write in batch:
            try:
                if isinstance(write, _Append):
                    verdict = self._plan_append(plan, write)
                else:
                    verdict = self._plan_snapshot(plan, write)
            except JournalDamaged as damage:
                verdict = damage
            except JournalUnavailable:
                verdict = Outcome.READ_ONLY
            plan.verdicts.append(verdict)
        return plan

    def _plan_append(self, plan: _Plan, write: _Append) -> Outcome:
        room = write.room
        head = plan.heads.get(room) or self._heads.get(room)
        if head is None:
            head = self._heads[room] = _load_head(self._writer, room)
        seq, head_hash = head
        if seq != write.expected_seq:
            return Outcome.CONFLICT
        records = chain(room, seq, head_hash, write.bodies)
        plan.records.extend((room, record.seq, record.hash, record.body) for record in records)
        plan.heads[room] = (records[-1].seq, records[-1].hash)
        plan.appends += 1
        return Outcome.OK

    def _plan_snapshot(self, plan: _Plan, write: _SaveSnapshot) -> Outcome:
        snapshot = write.snapshot
        if _hash_at(self._writer, write.room, snapshot.seq) != snapshot.hash:
            return Outcome.CONFLICT
        checksum = snapshot_checksum(write.room, snapshot)
        plan.snapshots.append((write.room, snapshot.seq, snapshot.hash, snapshot.body, checksum))
        return Outcome.OK

    def _store(self, plan: _Plan) -> Outcome | sqlite3.Error | None:
        """Write one synced transaction; a failure is an outcome for all, or the error of one write."""
        db = self._writer
        touched = self._take_touched()
        try:
            db.execute("BEGIN IMMEDIATE")
            db.executemany(INSERT_RECORD, plan.records)
            if plan.snapshots:
                db.executemany(INSERT_SNAPSHOT, plan.snapshots)
            if touched:
                db.executemany(INSERT_ALIVE, touched.items())
        except sqlite3.Error as error:
            self._roll_back(db, touched)
            return _outcome_of(error) or error
        try:
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back(db, touched)
            return _outcome_of(error) or Outcome.UNKNOWN
        return None

    def _flush_touched(self) -> None:
        """Store touched rooms alone, without a sync; the next synced commit makes them durable."""
        touched = self._take_touched()
        if not touched:
            return
        try:
            self._lazy.execute("BEGIN IMMEDIATE")
            self._lazy.executemany(INSERT_ALIVE, touched.items())
            self._lazy.execute("COMMIT")
        except sqlite3.Error:
            self._roll_back(self._lazy, touched)

    def _take_touched(self) -> dict[bytes, int]:
        self._flush_at = None
        with self._touched_lock:
            touched, self._touched = self._touched, {}
        return touched

    def _roll_back(self, db: sqlite3.Connection, touched: dict[bytes, int]) -> None:
        if db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        with self._touched_lock:
            self._touched = touched | self._touched
        if touched:
            self._flush_at = time.monotonic() + ALIVE_FLUSH_S


def list_rooms(db: sqlite3.Connection) -> list[bytes]:
    """Return the rooms that have records; raises as `Journal.rooms`."""
    try:
        rooms: list[bytes] = [room for (room,) in db.execute(SELECT_ROOMS)]
    except sqlite3.Error as error:
        raise _unreadable(b"", 0, error) from error
    return rooms


def load_snapshot(db: sqlite3.Connection, room: bytes) -> Snapshot | None:
    """Return the room's snapshot if its checksum holds and the record it names is stored, or log why not."""
    query = "SELECT seq, hash, body, checksum FROM snapshots WHERE room = ?"
    try:
        row: tuple[int, bytes, bytes, bytes] | None = db.execute(query, (room,)).fetchone()
        if row is None:
            return None
        snapshot = Snapshot(*row[:3])
        if row[3] == snapshot_checksum(room, snapshot) and _hash_at(db, room, snapshot.seq) == snapshot.hash:
            return snapshot
        reason = "its checksum or its record does not match"
    except (sqlite3.Error, JournalDamaged, JournalUnavailable, TypeError, AttributeError, OverflowError) as error:
        reason = type(error).__name__
    _log.warning("room %s: the snapshot is damaged (%s), reading its records instead", room_mark(room), reason)
    return None


def load_alive(db: sqlite3.Connection, room: bytes) -> int | None:
    """Return the stored *alive until* (ms, room time); raises `JournalDamaged`, `JournalUnavailable`: unreadable."""
    try:
        row: tuple[object] | None = db.execute("SELECT at FROM alive WHERE room = ?", (room,)).fetchone()
    except sqlite3.Error as error:
        raise _unreadable(room, 0, error) from error
    return row[0] if row is not None and isinstance(row[0], int) else None


def check_schema(db: sqlite3.Connection, path: Path) -> bool:
    """Return whether the file is a journal already (False: it is empty).

    Raises:
        JournalRefused: it was written by a newer version, or is something else.
    """
    try:
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        tables: int = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise JournalRefused(f"{path} cannot be read: {error}", "Look at the disk and the rights.") from error
        raise JournalRefused(f"{path} is not a journal of Evenly", "Give another file.") from error
    if version > SCHEMA_VERSION:
        raise JournalRefused(
            f"{path} was written by a newer Evenly (format {version}, this one knows {SCHEMA_VERSION})",
            "Update Evenly.",
        )
    if version == 0 and tables:
        raise JournalRefused(f"{path} is not a journal of Evenly", "Give another file.")
    return version > 0


def _open(path: Path) -> _Opened:
    with contextlib.ExitStack() as undo:
        lock = _hold(path)
        undo.callback(os.close, lock)
        _make_private(path)
        writer = undo.enter_context(contextlib.closing(_connect(path)))
        if not check_schema(writer, path):
            writer.executescript(SCHEMA)
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute("PRAGMA fullfsync = 1")  # macOS: there a plain fsync does not reach the disk
        lazy = undo.enter_context(contextlib.closing(_connect(path)))
        lazy.execute("PRAGMA synchronous = NORMAL")  # in WAL mode: no sync at a commit
        reader = undo.enter_context(contextlib.closing(_connect(path)))
        reader.execute("PRAGMA query_only = 1")
        undo.pop_all()
        return _Opened(writer, lazy, reader, lock)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.text_factory = bytes  # a flipped type bit must not end in a decoding error
    return db


def _make_private(path: Path) -> None:
    """Make the file with mode 0600; SQLite gives `-wal` and `-shm` the mode of the file itself."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    os.chmod(path, 0o600)


def _hold(path: Path) -> int:
    """Take the lock beside the journal; the system lets go of it when the process ends, however it ends."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise JournalRefused(
            f"{path} is being served by another process", "Stop that server, or give another file."
        ) from error
    return lock


def _read(db: sqlite3.Connection, room: bytes, after: int, limit: int | None) -> list[Record]:
    # The record before the first one wanted is read too: it holds the hash the chain goes on from.
    rows_wanted = -1 if limit is None else limit + (after > 0)
    try:
        rows: list[tuple[object, object, object]] = db.execute(
            SELECT_RECORDS, (room, max(after, 1), rows_wanted)
        ).fetchall()
    except sqlite3.Error as error:
        raise _unreadable(room, after + 1, error) from error
    return following(room, after, rows)


def _load_head(db: sqlite3.Connection, room: bytes) -> _Head:
    """Return the seq and hash of the last record, once it was seen to chain to the one before."""
    try:
        row: tuple[object] = db.execute("SELECT max(seq) FROM records WHERE room = ?", (room,)).fetchone()
    except sqlite3.Error as error:
        raise _unreadable(room, 0, error) from error
    if row[0] is None:
        return 0, GENESIS
    if not isinstance(row[0], int) or row[0] < 1:
        raise JournalDamaged(room, 0, "the last entry is not readable")
    last = _read(db, room, row[0] - 1, 1)[0]
    return last.seq, last.hash


def _hash_at(db: sqlite3.Connection, room: bytes, seq: int) -> bytes | None:
    try:
        row: tuple[bytes] | None = db.execute(
            "SELECT hash FROM records WHERE room = ? AND seq = ?", (room, seq)
        ).fetchone()
    except sqlite3.Error as error:
        raise _unreadable(room, seq, error) from error
    return row[0] if row is not None else None


def _unreadable(room: bytes, seq: int, error: sqlite3.Error) -> JournalDamaged | JournalUnavailable:
    """What an error while reading means: the disk fails, or what it gives is no journal's."""
    return JournalUnavailable(str(error)) if _outcome_of(error) else JournalDamaged(room, seq, str(error))


def _outcome_of(error: sqlite3.Error) -> Outcome | None:
    """Return `READ_ONLY` for errors of the disk, None for those of one write."""
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return Outcome.READ_ONLY if code in _DISK_FAILS else None


def _blame(write: _Write, error: sqlite3.Error) -> _Verdict:
    """Return the verdict on a write that failed alone, for a reason of its own."""
    if isinstance(error, sqlite3.IntegrityError):
        return Outcome.CONFLICT
    seq = write.expected_seq + 1 if isinstance(write, _Append) else write.snapshot.seq
    return JournalDamaged(write.room, seq, str(error))
