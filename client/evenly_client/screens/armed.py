"""Screens that take no key that was meant for what stood there before them; the app asks `arm` before each key."""

from __future__ import annotations

from typing import Final, TypeVar

from textual.screen import Screen

ARMS_AFTER_S: Final = 0.6

Value = TypeVar("Value")


class Armed(Screen[Value]):
    """A screen whose keys work once no key has been pressed for `ARMS_AFTER_S`."""

    armed: bool = False

    def arm(self, quiet_s: float) -> bool:
        """A key comes after so many quiet seconds: whether it may do something."""
        self.armed = self.armed or quiet_s >= ARMS_AFTER_S
        return self.armed
