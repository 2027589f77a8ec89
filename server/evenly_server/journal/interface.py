"""The `Journal` protocol: append-only rooms of opaque entry bodies, each record chained to the one before.

Errors raised by journals and archives::

    JournalError
    ├── JournalRefused     the file cannot be served at all (newer, not ours, served by somebody else)
    ├── JournalUnavailable what is stored cannot be had just now
    ├── JournalDamaged     one room's records do not chain; other rooms are not affected
    └── ArchiveError       (archive.py) an archive that is truncated, altered or of another version

An append that is not stored is no error: it is an `Outcome`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import ClassVar, Protocol

# The chain is the same in a journal and in an archive: its rules are the protocol's, and are had from here too.
from evenly_protocol.archive import GENESIS as GENESIS
from evenly_protocol.archive import BrokenChain
from evenly_protocol.archive import Record as Record
from evenly_protocol.archive import Snapshot as Snapshot
from evenly_protocol.archive import chain as chain
from evenly_protocol.archive import entry_hash as entry_hash
from evenly_protocol.archive import snapshot_checksum as snapshot_checksum
from evenly_protocol.archive import verified as in_chain

from .homes import Homes


class Outcome(Enum):
    """How an append or a saved snapshot ended."""

    OK = "ok"
    """Stored and synced to disk."""
    CONFLICT = "conflict"
    """Not stored: the room's head is not the one expected."""
    UNKNOWN = "unknown"
    """Perhaps stored: read the room before trying again with the same expected seq."""
    READ_ONLY = "read-only"
    """Not stored: the disk is full or fails. A later append tries again by itself."""


class JournalError(Exception):
    """Root of what journals raise: a stable `code`, a `title` for a person, `advice` on what to do next."""

    code: ClassVar[str] = "journal"

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(f"{title}. {advice}")
        self.title = title
        self.advice = advice


class JournalRefused(JournalError):
    """The journal cannot be opened as it is; nothing was changed."""

    code: ClassVar[str] = "journal-refused"


class JournalDamaged(JournalError):
    """The chain of `room` is broken at `seq`: the room must be set apart, the others can be served.

    `room` is empty and `seq` 0 when the damage cannot be pinned to one room.
    """

    code: ClassVar[str] = "journal-damaged"

    def __init__(self, room: bytes, seq: int, reason: str) -> None:
        where = f"Room {room_mark(room)} is damaged at entry {seq}" if room else "The journal is damaged"
        super().__init__(f"{where}: {reason}", "Restore it from a backup; other rooms are not affected.")
        self.room = room
        self.seq = seq
        self.reason = reason


class JournalUnavailable(JournalError):
    """The disk, or the machine, did not give what is stored. It may be whole: trying again later may do."""

    code: ClassVar[str] = "journal-unavailable"

    def __init__(self, reason: str, advice: str = "Look at the disk and the rights.") -> None:
        super().__init__(f"The journal cannot be read just now: {reason}", advice)
        self.reason = reason


class Journal(Protocol):
    """Append-only records of many rooms, with snapshots and an *alive until* time for each room.

    `test_conformance.py` is the contract: the same tests run on every implementation. Whatever reads may raise
    `JournalUnavailable`, and has changed nothing then.
    """

    commits: int
    """Synced transactions since the start."""
    appends: int
    """Appends that ended `OK` since the start."""
    queue_length: int
    """Appends and snapshots waiting to be stored now."""
    homes: Homes
    """At which server rooms are."""

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """Append bodies behind record `expected_seq` (0: a new room), all or none; return after the sync.

        Cancelling the caller does not undo the append.

        Raises:
            JournalDamaged: the room's head does not chain.
            ValueError: there is no body.
        """
        ...

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        """Return at most `limit` records with seq > `after`, oldest first, their chain verified.

        Raises:
            JournalDamaged: a record is missing, altered, or unreadable.
        """
        ...

    async def head(self, room: bytes) -> int:
        """Return the seq of the room's last record, 0 when it has none.

        Raises:
            JournalDamaged: the last record is unreadable or does not chain.
        """
        ...

    async def save_snapshot(self, room: bytes, snapshot: Snapshot) -> Outcome:
        """Replace the room's snapshot; `CONFLICT` when record `snapshot.seq` is not stored with that hash."""
        ...

    async def load_snapshot(self, room: bytes) -> Snapshot | None:
        """Return the room's snapshot; a damaged one is logged and counts as none: records are enough."""
        ...

    async def rooms(self) -> list[bytes]:
        """Return the rooms that have records, in the order of their bytes.

        Raises:
            JournalDamaged: the list itself is unreadable.
        """
        ...

    def touch(self, room: bytes, at: int) -> None:
        """Note that the room was alive at `at` (ms, room time): latest wins; never causes a sync.

        A crash may lose the last second or so of notes.
        """
        ...

    async def alive_until(self, room: bytes) -> int | None:
        """Return the last `touch` of the room that is known (ms, room time)."""
        ...

    async def close(self) -> None:
        """Store what waits, then let go of everything. Calling it twice is harmless."""
        ...


def verified(
    room: bytes, after: int, head_hash: bytes, rows: Iterable[tuple[object, object, object]]
) -> Iterator[Record]:
    """Yield the records of stored `(seq, hash, body)` rows that must follow record `after`, checking each.

    Raises:
        JournalDamaged: at the first row that does not belong there.
    """
    try:
        yield from in_chain(room, after, head_hash, rows)
    except BrokenChain as broken:
        raise JournalDamaged(room, broken.seq, broken.reason) from broken


def following(room: bytes, after: int, rows: Sequence[tuple[object, object, object]]) -> list[Record]:
    """Return the records behind record `after` of stored `(seq, hash, body)` rows; the first row is that record itself.

    Raises:
        JournalDamaged: at the first row that does not belong there.
    """
    if after <= 0 or not rows:
        return list(verified(room, 0, GENESIS, rows))
    seq, head_hash, _ = rows[0]
    if seq != after or not isinstance(head_hash, bytes):
        raise JournalDamaged(room, after, "an entry is missing or not readable")
    return list(verified(room, after, head_hash, rows[1:]))


def room_mark(room: bytes) -> str:
    """Return a short hash that stands for the room in logs and messages (architecture.md, Logs)."""
    return hashlib.sha256(room).hexdigest()[:12]
