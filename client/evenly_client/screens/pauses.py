"""How long the last pause took: those who lead are asked, for a while, where its minutes come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from evenly_protocol.agenda import PhaseExtended, PhaseStarted
from evenly_protocol.room import Entry
from evenly_protocol.session import HoldBegan, HoldEnded

ASKED_FROM_MS: Final = 20_000
"""A shorter pause moves nothing that anybody would ask about."""

ASKED_FOR_S: Final = 120.0


class Pauses:
    """Knows the pause that is still asked about. `clock`: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: int | None = None
        self._took_ms = 0
        self._asked_at = 0.0

    def happened(self, entry: Entry, *, leads: bool) -> None:
        """Something happened in the room. `leads`: I am one of those who are asked."""
        for event in entry.events:
            match event:
                case HoldBegan():
                    self._began = entry.at
                case HoldEnded():
                    if self._began is not None and leads and entry.at - self._began >= ASKED_FROM_MS:
                        self._took_ms, self._asked_at = entry.at - self._began, self._clock()
                    self._began = None
                case PhaseExtended() | PhaseStarted():
                    self.settled()
                case _:
                    pass

    @property
    def asked_ms(self) -> int:
        """How long the pause took that is asked about, milliseconds; 0 for none."""
        return self._took_ms if self._clock() - self._asked_at <= ASKED_FOR_S else 0

    def settled(self) -> None:
        """It is answered."""
        self._took_ms = 0
