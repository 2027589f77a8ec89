"""A key that is held down is one press. Pure: the time (seconds, monotonic) is given."""

from __future__ import annotations

from enum import Enum

REPEATS_WITHIN_S = 0.35
"""What follows this soon after the same key is the terminal repeating it."""

FIRST_REPEAT_WITHIN_S = 0.9
"""Terminals wait up to this long before they begin to repeat a held key."""

SETTLES_AFTER_S = 0.12
"""A second press that might be the first repeat counts once no other has followed for this long."""


class Press(Enum):
    """What a key event means."""

    ACT = "act"
    WAIT = "wait"
    REPEAT = "repeat"


class HeldKeys:
    """Tells presses from repeats, key by key."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._acted: dict[str, float] = {}
        self._waiting: dict[str, float] = {}

    def press(self, key: str, now: float) -> Press:
        """`WAIT`: ask `settled` after `SETTLES_AFTER_S`."""
        since = now - self._last.get(key, float("-inf"))
        since_acted = now - self._acted.get(key, float("-inf"))
        self._last[key] = now
        self._waiting.pop(key, None)
        if since < REPEATS_WITHIN_S:
            return Press.REPEAT
        if since_acted < FIRST_REPEAT_WITHIN_S:
            self._waiting[key] = now
            return Press.WAIT
        self._acted[key] = now
        return Press.ACT

    def settled(self, key: str, pressed: float, now: float) -> bool:
        """Whether the press of that moment was one, and not the first of many repeats."""
        if self._waiting.get(key) != pressed:
            return False
        del self._waiting[key]
        self._acted[key] = now
        return True
