"""What time it is at the server, by this machine's own clock. Source: architecture.md, "Time".

Three exchanges at each join and one a minute while somebody speaks give the offset; each entry corrects it when
it shows that the server's clock is ahead of the estimate (an entry cannot come from the future).
"""

from __future__ import annotations

import time


class ServerTime:
    """An estimate of the server's clock, UTC milliseconds. `rate`: seconds there for one here (a rehearsal's speed)."""

    def __init__(self, rate: float = 1.0) -> None:
        self._rate = rate
        self._there = time.time_ns() / 1e6
        self._here = _local()
        self._best: float | None = None

    def now(self) -> int:
        """The server's clock now, as far as known."""
        return int(self._there + (_local() - self._here) * self._rate)

    def forget(self) -> None:
        """A new connection: the next exchange counts, whatever it took."""
        self._best = None

    def stamp(self) -> int:
        """What a ping carries: this machine's monotonic clock, microseconds."""
        return int(_local() * 1000)

    def exchanged(self, sent: int, at: int) -> None:
        """A pong is back: `sent` is the stamp that the ping carried, `at` the server's clock then."""
        took = _local() - sent / 1000
        if took < 0 or (self._best is not None and took > self._best * 1.5 + 5):
            return
        self._best = took if self._best is None else min(self._best, took)
        self._set(at + took / 2 * self._rate)

    def at_least(self, at: int) -> None:
        """The server's clock is at `at` or later."""
        if self.now() < at:
            self._set(at)

    def _set(self, there: float) -> None:
        self._there, self._here = there, _local()


def _local() -> float:
    return time.monotonic_ns() / 1e6
