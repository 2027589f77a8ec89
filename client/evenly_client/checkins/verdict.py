"""What a recorded result is to one member."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """Whether what I said is in it, as far as this machine can know."""

    IN = "in"
    """My answer, or my abstention, is in it; it is what was computed here."""
    NOT_IN = "not_in"
    """I was to take part, and what I said is not in it."""
    DIFFERS = "differs"
    """It is another result than was computed here."""
    UNKNOWN = "unknown"
    """My connection was lost while it closed: what I said may be in it or not."""
    ABSENT = "absent"
    """I had no part in it."""
