"""Who is told what happened, and by which entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evenly_protocol.facts import Event
from evenly_protocol.members import is_facilitator
from evenly_protocol.room import Entry, Room

from evenly_client.peer import Peer
from evenly_client.sealing import Sealer

Sentences = dict[type[Event], Callable[["Telling", Any], str]]
"""What is said of each event, once its whole entry has been folded; empty: nothing."""


@dataclass(frozen=True)
class Telling:
    """An entry as one member hears of it."""

    peer: Peer
    entry: Entry

    @property
    def room(self) -> Room:
        """The room, the entry folded."""
        return self.peer.room

    @property
    def me(self) -> int:
        """The seat that is told."""
        return self.peer.seat

    @property
    def leads(self) -> bool:
        """Whether whoever is told leads."""
        return is_facilitator(self.room, self.me)

    @property
    def sealer(self) -> Sealer:
        """Opens the room's texts."""
        return self.peer.sealer

    def name(self, seat: int) -> str:
        """A seat by name."""
        return self.peer.name_of(seat)
