"""Crockford base32 of 16 bytes: the form in which rooms, secrets and pins stand in a link.

Source: https://www.crockford.com/base32.html, without its check symbol. The 128 bits go left to right into 26
characters of 5 bits; the last two bits are zero. A person may type lower case, `I` or `L` for 1, `O` for 0.
"""

from __future__ import annotations

from evenly_protocol.texts import N_

BYTES = 16
CHARACTERS = 26

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SPARE_BITS = CHARACTERS * 5 - BYTES * 8
_VALUE_OF = (
    {character: value for value, character in enumerate(_ALPHABET)}
    | {character: value for value, character in enumerate(_ALPHABET.lower())}
    | dict.fromkeys("IiLl", 1)
    | dict.fromkeys("Oo", 0)
)


class NotBase32(ValueError):
    """A text that stands for no bytes. `reason` says why, with a field for `n`; the text itself may be a secret."""

    def __init__(self, reason: str, n: int = 0) -> None:
        super().__init__(reason.format(n=n))
        self.reason = reason
        self.n = n


def encode(raw: bytes) -> str:
    """The 26 upper-case characters that stand for 16 bytes.

    Raises:
        ValueError: there are not exactly 16 bytes.
    """
    if len(raw) != BYTES:
        raise ValueError(f"{BYTES} bytes are needed, not {len(raw)}")
    number = int.from_bytes(raw, "big") << _SPARE_BITS
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (CHARACTERS - 1), -1, -5))


def decode(text: str, *, hyphens: bool = False) -> bytes:
    """The 16 bytes that 26 characters stand for; with `hyphens`, `-` may stand anywhere and means nothing.

    Raises:
        NotBase32: a wrong length, a character outside the alphabet, or spare bits that are not zero.
    """
    if hyphens:
        text = text.replace("-", "")
    if len(text) != CHARACTERS:
        raise NotBase32(N_("26 characters are needed, not {n}"), len(text))
    number = 0
    for place, character in enumerate(text, start=1):
        value = _VALUE_OF.get(character)
        if value is None:
            raise NotBase32(N_("character {n} is not a letter or digit that is used here"), place)
        number = number << 5 | value
    if number & (1 << _SPARE_BITS) - 1:
        raise NotBase32(N_("the last character cannot be right"))
    return (number >> _SPARE_BITS).to_bytes(BYTES, "big")
