"""Rooms from one journal into another: SQLite to NATS, and back. Every hash is followed on the way."""

from __future__ import annotations

from typing import NamedTuple

from .archive import Progress
from .check import PAGE
from .interface import Journal, JournalError, JournalRefused, Outcome, room_mark


class Moved(NamedTuple):
    """How much there was."""

    rooms: int
    records: int


async def move(source: Journal, target: Journal, progress: Progress = lambda done, expected: None) -> Moved:
    """Copies all rooms of `source`, whose records stay; `progress` is told of rooms, done and expected.

    A room of which `target` has the beginning already (a move that was broken off) is gone on with.

    Raises:
        JournalDamaged: a room of `source` does not chain.
        JournalRefused: `target` has another room of this name, or cannot be written.
    """
    rooms = await source.rooms()
    records = 0
    for done, room in enumerate(rooms):
        progress(done, len(rooms))
        records += await _move_room(source, target, room)
    progress(len(rooms), len(rooms))
    return Moved(len(rooms), records)


async def _move_room(source: Journal, target: Journal, room: bytes) -> int:
    seq = await target.head(room)
    if seq:
        theirs, ours = await target.read(room, seq - 1, 1), await source.read(room, seq - 1, 1)
        if theirs != ours:
            raise JournalRefused(
                f"Room {room_mark(room)} is there already, and is another", "Move into an empty journal"
            )
    while page := await source.read(room, seq, PAGE):
        outcome = await target.append(room, seq, [record.body for record in page])
        if outcome is not Outcome.OK:
            raise _not_written(outcome)
        seq = page[-1].seq
    ours, theirs = await source.read(room, seq - 1, 1), await target.read(room, seq - 1, 1)
    if ours != theirs:
        raise JournalRefused(f"Room {room_mark(room)} did not arrive as it was", "Move into an empty journal")
    alive = await source.alive_until(room)
    if alive is not None:
        target.touch(room, alive)
    snapshot = await source.load_snapshot(room)
    if snapshot is not None:
        await target.save_snapshot(room, snapshot)
    return seq


def _not_written(outcome: Outcome) -> JournalError:
    if outcome is Outcome.CONFLICT:
        return JournalRefused("Somebody else writes into the journal", "Stop that server first")
    return JournalRefused(f"The journal cannot be written ({outcome.value})", "Look at its disk")
