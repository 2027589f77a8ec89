"""What the flows of check-ins need of the screen that they run on."""

from __future__ import annotations

from typing import Protocol

from evenly_client.screens.checkins.following import Following
from evenly_client.screens.hosting import BoardHost


class CheckInHost(BoardHost, Protocol):
    """A screen that follows the room's check-ins."""

    @property
    def following(self) -> Following | None:
        """The room's check-ins; None on a screen that only shows."""
        ...

    def show_check_in(self, check_in: bytes) -> None:
        """Puts a check-in over the screen."""
        ...
