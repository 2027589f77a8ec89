"""What can be undone: each step of those who lead, with the events that take it back."""

from __future__ import annotations

import msgspec

STEPS_KEPT = 30


class Step(msgspec.Struct, array_like=True, frozen=True):
    """A step that can be undone.

    Attributes:
        id: the id of its command.
        by: the seat that did it.
        what: the wire name of the event that it is known by, for the words on the screen.
        inverse: the events that take it back, encoded as on the wire.
    """

    id: bytes
    by: int
    what: str
    inverse: bytes
