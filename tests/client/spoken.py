"""Plain lines on a member of a real server: type a line, and read what is said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from evenly_client.peer import Peer
from evenly_client.plain.lines import PlainLines
from evenly_client.store import Store

from tests.harness import Group, make_room, serving

WITHIN_S = 5.0


class Spoken:
    """One member's lines; `said` is everything so far."""

    def __init__(self, peer: Peer, *, everything: bool = False, store: Store | None = None) -> None:
        self.peer = peer
        self.said: list[str] = []
        self._seen = 0
        self._more = asyncio.Event()
        self.lines = PlainLines(peer, self._hear, everything=everything, store=store)

    def _hear(self, line: str) -> None:
        self.said.append(line)
        self._more.set()

    async def type(self, line: str, *patterns: str) -> list[str]:
        """Types a line, and waits for lines like these in order; them."""
        await asyncio.wait_for(self.lines.heard(line), WITHIN_S)
        return [await self.says(pattern) for pattern in patterns]

    async def says(self, pattern: str) -> str:
        """Waits for the next line that matches."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    while self._seen < len(self.said):
                        line = self.said[self._seen]
                        self._seen += 1
                        if re.search(pattern, line):
                            return line
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"never said {pattern!r}; it said:\n" + "\n".join(self.said)) from None

    def never_said(self, pattern: str) -> bool:
        """Whether nothing like this was said so far."""
        return not any(re.search(pattern, line) for line in self.said)


class Table:
    """A room's members with their lines, the facilitator's first."""

    def __init__(self, group: Group, spoken: Sequence[Spoken]) -> None:
        self.group = group
        self.all = list(spoken)
        self.lead, *self.others = spoken

    async def everybody_says(self, pattern: str) -> None:
        """Waits for the line with everybody."""
        for spoken in self.all:
            await spoken.says(pattern)

    async def caught_up(self) -> None:
        """All that anybody has seen, everybody has seen."""
        await self.group.caught_up()


@asynccontextmanager
async def table(size: int, *, store: Store | None = None, everything: bool = False) -> AsyncGenerator[Table]:
    """A room on a server: Ana leads (seat 1), Ben, Cleo… take part."""
    async with serving() as server, make_room(server, size) as group:
        leader = group.leader
        await leader.until(lambda _: len(leader.connected) == size)
        spoken = [
            Spoken(member, everything=everything, store=store if number == 0 else None)
            for number, member in enumerate(group.members)
        ]
        yield Table(group, spoken)
