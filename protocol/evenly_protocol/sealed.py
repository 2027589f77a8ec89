"""The sizes of sealed text: all that a server may know about a text is which of eight sizes it was padded to.

The table is anonymity.md, section 1. The server refuses every other length; the client pads to them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SIZES: Final = (32, 64, 128, 256, 512, 1024, 2048, 4096)
"""Padded sizes in bytes: two length bytes, the text in UTF-8, zeros."""

LENGTH_BYTES: Final = 2
OVERHEAD: Final = 29
"""Bytes that sealing adds to a padded size: key id 1, nonce 12, tag 16."""


class FieldKind(StrEnum):
    """What a sealed text is. The seal is bound to it, so that no text can be moved to another field."""

    NAME = "name"
    ROOM = "room"
    TITLE = "title"
    OPTION = "option"
    QUESTION = "question"
    WORDS = "words"
    ACTION = "action"
    GUIDANCE = "guidance"
    LINK = "link"
    ISSUE = "issue"
    POST = "post"
    NOTE = "note"
    AGREEMENT = "agreement"


LARGEST: Final[dict[FieldKind, int]] = {
    FieldKind.NAME: 128,
    FieldKind.ROOM: 128,
    FieldKind.TITLE: 128,
    FieldKind.OPTION: 128,
    FieldKind.QUESTION: 1024,
    FieldKind.WORDS: 512,
    FieldKind.ACTION: 512,
    FieldKind.GUIDANCE: 512,
    FieldKind.LINK: 512,
    FieldKind.ISSUE: 2048,
    FieldKind.POST: 2048,
    FieldKind.NOTE: 2048,
    FieldKind.AGREEMENT: 4096,
}
"""The largest padded size of each kind, in bytes. The text itself may be two bytes shorter."""


def allowed_length(kind: FieldKind, length: int) -> bool:
    """Whether a sealed text of this kind may be `length` bytes long, overhead included."""
    return any(size + OVERHEAD == length for size in SIZES if size <= LARGEST[kind])


def padded_size(kind: FieldKind, text_bytes: int) -> int | None:
    """The size that a text of `text_bytes` bytes is padded to, or None when it is too long for this kind."""
    fitting = (size for size in SIZES if LENGTH_BYTES + text_bytes <= size <= LARGEST[kind])
    return next(fitting, None)
