"""The server's clocks, in UTC milliseconds, and what is due when.

`SystemClock` is wall time at the start of the process plus monotonic time since: a wall clock that is set does
not reach a running session. `FedClock` is told the time by the parent process (demo and replays).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

Due = Callable[[], None]


class Alarm:
    """One thing that is due; `cancel` takes it back."""

    __slots__ = ("at", "call")

    def __init__(self, at: int, call: Due) -> None:
        self.at = at
        self.call: Due | None = call

    def cancel(self) -> None:
        """It is not due any more."""
        self.call = None


class Clock(Protocol):
    """What time it is, and what is due later."""

    def now(self) -> int:
        """UTC milliseconds."""
        ...

    def alarm(self, at: int, call: Due) -> Alarm:
        """Calls `call` once it is `at` (UTC milliseconds) or later."""
        ...


class _Heap:
    """All alarms of the process, the earliest first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Alarm]] = []
        self._order = itertools.count()

    def push(self, alarm: Alarm) -> None:
        heapq.heappush(self._heap, (alarm.at, next(self._order), alarm))

    def earliest(self) -> Alarm | None:
        while self._heap and self._heap[0][2].call is None:
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def ring(self, at: int) -> None:
        """Calls what is due at `at`."""
        while (alarm := self.earliest()) is not None and alarm.at <= at:
            heapq.heappop(self._heap)
            call, alarm.call = alarm.call, None
            if call is not None:
                call()


class SystemClock:
    """Real time. Its alarms cost one timer of the event loop, however many there are."""

    def __init__(self) -> None:
        self._start = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
        self._heap = _Heap()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0

    def now(self) -> int:
        """UTC milliseconds; never goes back."""
        return self._start + time.monotonic_ns() // 1_000_000

    def alarm(self, at: int, call: Due) -> Alarm:
        """See `Clock.alarm`."""
        alarm = Alarm(at, call)
        self._heap.push(alarm)
        self._arm()
        return alarm

    def _arm(self) -> None:
        earliest = self._heap.earliest()
        if earliest is None or (self._timer is not None and self._timer_at <= earliest.at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = earliest.at
        delay = max(0, earliest.at - self.now()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        try:
            self._heap.ring(self.now())
        finally:
            self._arm()


class ClockAhead:
    """Another clock, `by` milliseconds ahead: the time of a room whose record a clock wrote that was ahead of this one.

    Without it, the room's time would stand still until the clock has caught up: an hour, when the machine's clock was
    an hour fast and was set right while the server was down.
    """

    def __init__(self, clock: Clock, by: int) -> None:
        self._clock, self._by = clock, by

    def now(self) -> int:
        """UTC milliseconds."""
        return self._clock.now() + self._by

    def alarm(self, at: int, call: Due) -> Alarm:
        """See `Clock.alarm`."""
        return self._clock.alarm(at - self._by, call)


def not_before(clock: Clock, at: int) -> Clock:
    """This clock, or one that goes on from `at` (UTC milliseconds) if this one has not come so far."""
    by = at - clock.now()
    return ClockAhead(clock, by) if by > 0 else clock


class FedClock:
    """The time that it was told last. `advance` rings on the way what is due, each at its moment."""

    def __init__(self, at: int) -> None:
        self._now = at
        self._heap = _Heap()

    def now(self) -> int:
        """UTC milliseconds."""
        return self._now

    def alarm(self, at: int, call: Due) -> Alarm:
        """See `Clock.alarm`."""
        alarm = Alarm(at, call)
        self._heap.push(alarm)
        return alarm

    def step(self, until: int) -> bool:
        """Goes on to the next alarm at or before `until` and rings it; without one, to `until`, and says False."""
        earliest = self._heap.earliest()
        if earliest is None or earliest.at > until:
            self._now = max(self._now, until)
            return False
        self._now = max(self._now, earliest.at)
        self._heap.ring(self._now)
        return True
