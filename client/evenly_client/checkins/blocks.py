"""Answers in words: a slot for each, reserved without anybody knowing whose, then written (anonymity.md, "Words").

*Reserve* (stage `A`): each adds 1 to a random byte; the sum shows which are taken. *Write* (stage `B`): whose byte is
the r-th taken one writes block r, sealed with the room's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_protocol.checkins import BLOCK_BYTES
from evenly_protocol.words import CheckInKind

from evenly_client.translation import _, ngettext

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
LENGTH_BYTES: Final = 2
CHARACTERS_AT_MOST: Final = 280
WORDS_AT_MOST: Final = 3


def text_bytes(kind: CheckInKind) -> int:
    """How long an answer in words may be, bytes of UTF-8: 66, or 610."""
    return BLOCK_BYTES[kind] - NONCE_BYTES - TAG_BYTES - LENGTH_BYTES


def too_long(kind: CheckInKind, text: str) -> str:
    """What is too long about an answer in words, for a person; empty for nothing."""
    over = len(text.encode()) - text_bytes(kind)
    if kind is CheckInKind.WORDS and len(text.split()) > WORDS_AT_MOST:
        return _("One to three words.")
    if kind is CheckInKind.TEXT and len(text) > CHARACTERS_AT_MOST:
        n = len(text) - CHARACTERS_AT_MOST
        return ngettext("{n} character too long.", "{n} characters too long.", n).format(n=n)
    if over <= 0:
        return ""
    return ngettext(
        "{n} byte too long (a plain letter is one, an emoji about four).",
        "{n} bytes too long (a plain letter is one, an emoji about four).",
        over,
    ).format(n=over)


def reserving(slot: int) -> int:
    """The ballot that takes this slot, counted from 0."""
    return 1 << 8 * slot


def taken(occupancy: bytes, people: int) -> list[int] | None:
    """The slots that are taken, in order; None when they are not one for each of the people."""
    slots = [i for i, byte in enumerate(occupancy) if byte]
    return slots if len(slots) == people and all(occupancy[i] == 1 for i in slots) else None


def sealed_block(key: bytes, kind: CheckInKind, text: bytes, nonce: bytes | None = None) -> bytes:
    """A block with this answer, an empty one for an abstention. `nonce` is for known answers in tests.

    Raises:
        ValueError: the text is too long.
    """
    if len(text) > text_bytes(kind):
        raise ValueError("the answer is too long")
    nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
    plain = len(text).to_bytes(LENGTH_BYTES, "big") + text
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, plain.ljust(LENGTH_BYTES + text_bytes(kind), b"\0"), None)


def opened_block(key: bytes, block: bytes) -> bytes | None:
    """The answer in a block; None when it is none."""
    try:
        plain = ChaCha20Poly1305(key).decrypt(block[:NONCE_BYTES], block[NONCE_BYTES:], None)
    except InvalidTag:
        return None
    end = LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")
    return None if end > len(plain) or any(plain[end:]) else plain[LENGTH_BYTES:end]


def blocks(vector: bytes, kind: CheckInKind) -> list[bytes]:
    """The blocks of a sum, in slot order."""
    size = BLOCK_BYTES[kind]
    return [vector[i : i + size] for i in range(0, len(vector), size)]


def canonical(texts: Sequence[bytes]) -> bytes:
    """The result in words: every text in slot order, empty ones included, each behind its length."""
    return b"".join(len(text).to_bytes(LENGTH_BYTES, "big") + text for text in texts)


def texts(canonical: bytes, people: int) -> list[bytes] | None:
    """The texts of a canonical result with zeros behind it; None when it is none of so many people."""
    found: list[bytes] = []
    at = 0
    for _slot in range(people):
        end = at + LENGTH_BYTES + int.from_bytes(canonical[at : at + LENGTH_BYTES], "big")
        if end > len(canonical):
            return None
        found.append(canonical[at + LENGTH_BYTES : end])
        at = end
    return None if any(canonical[at:]) else found
