"""A journal in memory: for the simulated world and for measuring what the disk costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .homes import Homes, OneServer
from .interface import GENESIS, Outcome, Record, Snapshot, chain


@dataclass(slots=True)
class MemoryJournal:
    """A `Journal` that forgets everything with the process and never waits."""

    commits: int = 0
    appends: int = 0
    queue_length: int = 0
    homes: Homes = field(default_factory=OneServer)
    _records: dict[bytes, list[Record]] = field(default_factory=dict[bytes, list[Record]])
    _snapshots: dict[bytes, Snapshot] = field(default_factory=dict[bytes, Snapshot])
    _alive: dict[bytes, int] = field(default_factory=dict[bytes, int])

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """See `Journal.append`; `OK` or `CONFLICT`."""
        if not bodies:
            raise ValueError("an append has at least one body")
        records = self._records.get(room, [])
        if len(records) != expected_seq:
            return Outcome.CONFLICT
        head_hash = records[-1].hash if records else GENESIS
        records.extend(chain(room, expected_seq, head_hash, bodies))
        self._records[room] = records
        self.commits += 1
        self.appends += 1
        return Outcome.OK

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        """See `Journal.read`; memory is taken at its word."""
        end = None if limit is None else after + limit
        return self._records.get(room, [])[after:end]

    async def head(self, room: bytes) -> int:
        """See `Journal.head`."""
        return len(self._records.get(room, []))

    async def save_snapshot(self, room: bytes, snapshot: Snapshot) -> Outcome:
        """See `Journal.save_snapshot`; `OK` or `CONFLICT`."""
        records = self._records.get(room, [])
        if not 0 < snapshot.seq <= len(records) or records[snapshot.seq - 1].hash != snapshot.hash:
            return Outcome.CONFLICT
        self._snapshots[room] = snapshot
        return Outcome.OK

    async def load_snapshot(self, room: bytes) -> Snapshot | None:
        """See `Journal.load_snapshot`."""
        return self._snapshots.get(room)

    async def rooms(self) -> list[bytes]:
        """See `Journal.rooms`."""
        return sorted(self._records)

    def touch(self, room: bytes, at: int) -> None:
        """See `Journal.touch`."""
        self._alive[room] = at

    async def alive_until(self, room: bytes) -> int | None:
        """See `Journal.alive_until`."""
        return self._alive.get(room)

    async def close(self) -> None:
        """See `Journal.close`."""
