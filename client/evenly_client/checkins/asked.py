"""A check-in as its question stands inside its seals, and what can be answered to it."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.checkins import counters
from evenly_protocol.words import TEXT_KINDS, CheckInKind

from evenly_client.text import clean

Answer = tuple[int, ...] | str
"""What was chosen, counted from 0 (nothing: an abstention), or words (empty: an abstention)."""


@dataclass(frozen=True)
class Asked:
    """A check-in. `question`, `options`: the bytes inside their seals, as hashes are made of them."""

    id: bytes
    kind: CheckInKind
    session: int
    question: bytes
    options: tuple[bytes, ...] = ()

    @property
    def in_words(self) -> bool:
        """Whether it is answered in words of one's own."""
        return self.kind in TEXT_KINDS

    @property
    def answers(self) -> int:
        """How many answers a numeric kind has."""
        return counters(self.kind, len(self.options))

    @property
    def as_read(self) -> tuple[bytes, list[bytes]]:
        """Question and options as people read them: what looks the same is the same."""
        question, *options = (
            " ".join(clean(text.decode(errors="replace")).casefold().split()).encode()
            for text in (self.question, *self.options)
        )
        return question, options
