"""What time it is at the server, by this machine's own clock. Source: architecture.md, "Time".

Three exchanges at each join and one a minute while somebody speaks give the offset; each entry corrects it when
it shows that the server's clock is ahead of the estimate (an entry cannot come from the future).
"""

from __future__ import annotations

import time
from typing import Final

DRIFT: Final = 200e-6
"""How far two clocks may run apart, as a share of the time; crystals keep within half of it."""


class ServerTime:
    """An estimate of the server's clock, UTC milliseconds. `rate`: seconds there for one here (a rehearsal's speed)."""

    def __init__(self, rate: float = 1.0) -> None:
        self._rate = rate
        self._there = time.time_ns() / 1e6
        self._here = _local()
        self._took: float | None = None
        self._exchanged = self._here

    def now(self) -> int:
        """The server's clock now, as far as known."""
        return int(self._there + (_local() - self._here) * self._rate)

    def forget(self) -> None:
        """A new connection: the next exchange counts, whatever it took."""
        self._took = None

    def stamp(self) -> int:
        """What a ping carries: this machine's monotonic clock, microseconds."""
        return int(_local() * 1000)

    def exchanged(self, sent: int, at: int) -> None:
        """A pong is back: `sent` is the stamp that the ping carried, `at` the server's clock then."""
        took = _local() - sent / 1000
        if took < 0 or (self._took is not None and took / 2 > self._uncertain_by()):
            return
        self._took, self._exchanged = took, _local()
        self._set(at + took / 2 * self._rate)

    def _uncertain_by(self) -> float:
        """How wrong the estimate may be, ms: half of what its exchange took, and more the longer ago that was.

        Source: the synchronization distance of RFC 5905, section 11.1.
        """
        return (self._took or 0.0) / 2 + (_local() - self._exchanged) * DRIFT

    def at_least(self, at: int) -> None:
        """The server's clock is at `at` or later."""
        if self.now() < at:
            self._set(at)

    def _set(self, there: float) -> None:
        self._there, self._here = there, _local()


def _local() -> float:
    return time.monotonic_ns() / 1e6
