"""Keys that are pressed twice: the first press says what the second would do."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

ARMED_S: Final = 6.0


class Twice:
    """Remembers what was said, for a while. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._armed: Hashable = None
        self._until = 0.0

    def again(self, what: Hashable) -> bool:
        """Whether the same was asked for just before; if not, it is from now on."""
        same = self._armed == what and self._clock() < self._until
        self._armed, self._until = what, self._clock() + ARMED_S
        return same

    def forget(self) -> None:
        """Nothing was asked for."""
        self._armed = None
