"""A journal in memory that does what disks do: take long, run full, not say how it ended, break."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from evenly_server.journal.interface import JournalDamaged, Outcome, Record
from evenly_server.journal.memory import MemoryJournal


class FaultyJournal(MemoryJournal):
    """Appends wait for `gate`. `ends`: how the next ones end, the last of them all that follow; None: as it should."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.ends: list[Outcome | Exception | None] = [None]
        self.tried = 0
        self.damaged = False

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        self.tried += 1
        await self.gate.wait()
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        if end in (Outcome.READ_ONLY, Outcome.CONFLICT):
            return end
        stored = await super().append(room, expected_seq, bodies)
        return end or stored

    async def read(self, room: bytes, after: int, limit: int | None = None) -> list[Record]:
        if self.damaged:
            raise JournalDamaged(room, after + 1, "a test says so")
        return await super().read(room, after, limit)
