"""How much may still be said in an answer in words: counted as it is typed, and said before it is too long."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.words import CheckInKind

from evenly_client.checkins.blocks import CHARACTERS_AT_MOST, WORDS_AT_MOST, text_bytes
from evenly_client.text import clean
from evenly_client.translation import _, ngettext


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
        if self.count < 0 and self.kind is CheckInKind.WORDS:
            return ngettext("{n} word too many", "{n} words too many", -self.count).format(n=-self.count)
        if self.count < 0:
            return ngettext("{n} character too many", "{n} characters too many", -self.count).format(n=-self.count)
        if self.bytes < 0:
            return ngettext(
                "{n} byte too long (a plain letter is one, an emoji about four)",
                "{n} bytes too long (a plain letter is one, an emoji about four)",
                -self.bytes,
            ).format(n=-self.bytes)
        # Translators: what may still be typed, like “120 characters and 300 bytes left”.
        return _("{count} and {bytes} left").format(count=self._counted, bytes=_bytes(self.bytes))

    @property
    def _counted(self) -> str:
        if self.kind is CheckInKind.WORDS:
            return ngettext("{n} word", "{n} words", self.count).format(n=self.count)
        return ngettext("{n} character", "{n} characters", self.count).format(n=self.count)


def left(kind: CheckInKind, typed: str) -> Left:
    """What is left after these words, as they would be sent."""
    text = clean(typed)
    words = kind is CheckInKind.WORDS
    said, most = (len(text.split()), WORDS_AT_MOST) if words else (len(text), CHARACTERS_AT_MOST)
    return Left(kind, most - said, text_bytes(kind) - len(text.encode()))


def _bytes(n: int) -> str:
    return ngettext("{n} byte", "{n} bytes", n).format(n=n)
