"""How much may still be said in an answer in words: counted as it is typed, and said before it is too long."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.words import CheckInKind

from evenly_client.checkins.blocks import CHARACTERS_AT_MOST, WORDS_AT_MOST, text_bytes
from evenly_client.text import clean


@dataclass(frozen=True)
class Left:
    """What is left: `count` words or characters, and `bytes` of UTF-8; below 0 where it is too long."""

    kind: CheckInKind
    count: int
    bytes: int

    @property
    def fits(self) -> bool:
        """Whether it can be an answer."""
        return self.count >= 0 and self.bytes >= 0

    @property
    def words(self) -> str:
        """What is left in words, or what is too much."""
        unit = "word" if self.kind is CheckInKind.WORDS else "character"
        if self.count < 0:
            return f"{_many(-self.count, unit)} too many"
        if self.bytes < 0:
            return f"{_many(-self.bytes, 'byte')} too long (a plain letter is one, an emoji about four)"
        return f"{_many(self.count, unit)} and {_many(self.bytes, 'byte')} left"


def left(kind: CheckInKind, typed: str) -> Left:
    """What is left after these words, as they would be sent."""
    text = clean(typed)
    words = kind is CheckInKind.WORDS
    said, most = (len(text.split()), WORDS_AT_MOST) if words else (len(text), CHARACTERS_AT_MOST)
    return Left(kind, most - said, text_bytes(kind) - len(text.encode()))


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
