"""The one private line to somebody who has been heard a good deal: who would you like to hear from?

Never while speaking, never where bells keep quiet, at most every 20 minutes. Source: domain.md, "The floor".
"""

from __future__ import annotations

from evenly_client.narration import calm
from evenly_client.outlook import Outlook
from evenly_client.phrases import about_equal
from evenly_client.translation import _

EVERY_MS = 20 * 60_000
LOOKED_EVERY_MS = 30_000
"""How often it is worth adding up the air time for this, milliseconds."""

LINE = _("You have been heard a good deal. Who would you like to hear from?")


class HearFrom:
    """Remembers when the line was last said to this member."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._looked = 0

    def line(self, look: Outlook) -> str | None:
        """The line, when it is time for it; asked after something has happened."""
        if look.session is None or look.held or look.observes or look.leads or calm(look.floor.mode):
            return None
        if look.my_turn() is not None or (self._last is not None and look.now - self._last < EVERY_MS):
            return None
        if look.now - self._looked < LOOKED_EVERY_MS:
            return None
        self._looked = look.now
        totals = look.totals()
        balance = None if totals is None else totals.balance.get(look.seat)
        if totals is None or balance is None or not totals.evenness_shown:
            return None
        if balance <= about_equal(totals.counted.get(look.seat, 0) - balance):
            return None
        self._last = look.now
        return LINE
