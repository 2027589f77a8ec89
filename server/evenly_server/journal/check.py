"""A journal read through: which rooms are whole, and which are damaged and where."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from evenly_protocol.room import Room, evolve
from evenly_protocol.wire import decode_entry

from .archive import ArchiveError, Progress, open_for_reading, rows_of
from .interface import GENESIS, JournalDamaged, Record, verified
from .sqlite import list_rooms, load_alive

PAGE: Final = 1_000
"""Entries that are read at a time."""


class Readable(Protocol):
    """As much of a `Journal` as is needed to read it through."""

    async def rooms(self) -> list[bytes]:
        """See `Journal.rooms`."""
        ...

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        """See `Journal.read`."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: whole rooms, their records, and the damage: of a room, or of the file as SQLite sees it."""

    rooms: int
    records: int
    damaged: tuple[JournalDamaged, ...]


def check(journal_path: Path | str, progress: Progress | None = None) -> Checked:
    """Follow every room's chain from its first record, and fold every entry as a server does. Changes nothing.

    What a chain cannot show is that its end is missing; where the file itself is the cause, SQLite's own check does.

    Raises:
        ArchiveError: there is no journal, or nothing in it.
        JournalRefused: it is of a newer version, or none of ours.
        JournalDamaged: not even its list of rooms can be read.
    """
    path = Path(journal_path).resolve()
    if not path.exists():
        raise ArchiveError(f"There is no journal at {path}", "Give the file that `evenly serve` uses.")
    damaged: list[JournalDamaged] = []
    records = 0
    with contextlib.closing(open_for_reading(path)) as db:
        try:
            db.execute("BEGIN")  # one read transaction: every query below sees the same moment
        except sqlite3.Error as error:
            raise JournalDamaged(b"", 0, str(error)) from error
        rooms = list_rooms(db)
        for number, room in enumerate(rooms, 1):
            try:
                records += _whole(db, room)
            except JournalDamaged as damage:
                damaged.append(damage)
            if progress is not None:
                progress(number, len(rooms))
        whole = len(rooms) - len(damaged)
        damaged += _of_the_file(db)
    return Checked(whole, records, tuple(damaged))


def _of_the_file(db: sqlite3.Connection) -> list[JournalDamaged]:
    try:
        found = [str(line, "utf-8", "replace") for (line,) in db.execute("PRAGMA integrity_check(1)")]
    except sqlite3.Error as error:
        found = [str(error)]
    return [] if found == ["ok"] else [JournalDamaged(b"", 0, found[0].partition("\n")[2] or found[0])]


def _whole(db: sqlite3.Connection, room_id: bytes) -> int:
    room = Room(room_id)
    for record in verified(room_id, 0, GENESIS, rows_of(db, room_id)):
        _fold(room, record)
    load_alive(db, room_id)
    return room.seq


def _fold(room: Room, record: Record) -> None:
    try:
        evolve(room, decode_entry(record.body))
    except Exception as error:  # whatever a made-up entry makes a rule do
        raise JournalDamaged(room.id, record.seq, "an entry cannot be folded") from error


async def check_rooms(journal: Readable, progress: Progress | None = None) -> Checked:
    """The same of a journal that is no file: every room's chain, and every entry folded.

    Raises:
        JournalUnavailable: it cannot be read just now.
    """
    damaged: list[JournalDamaged] = []
    records = 0
    rooms = await journal.rooms()
    for number, room_id in enumerate(rooms, 1):
        room = Room(room_id)
        try:
            while page := await journal.read(room_id, room.seq, PAGE):
                for record in page:
                    _fold(room, record)
            records += room.seq
        except JournalDamaged as damage:
            damaged.append(damage)
        if progress is not None:
            progress(number, len(rooms))
    return Checked(len(rooms) - len(damaged), records, tuple(damaged))
