"""Sixteen bytes and their 26 characters."""

from __future__ import annotations

import pytest
from evenly_protocol import base32
from hypothesis import given
from hypothesis import strategies as st

SIXTEEN = st.binary(min_size=16, max_size=16)


@given(SIXTEEN)
def test_what_is_written_is_read_back(raw: bytes) -> None:
    """Every 16 bytes survive the way there and back, in either case and with hyphens anywhere."""
    text = base32.encode(raw)
    assert len(text) == 26
    assert base32.decode(text) == base32.decode(text.lower()) == raw
    assert base32.decode("-".join(text), hyphens=True) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (bytes(16), "0" * 26),
        (b"\xff" * 16, "Z" * 25 + "W"),
        (b"\x80" + bytes(15), "G" + "0" * 25),
        (bytes(15) + b"\x01", "0" * 25 + "4"),
    ],
)
def test_bits_go_left_to_right_with_two_zeros_behind(raw: bytes, text: str) -> None:
    """The first bit is the highest of the first character; the last character ends in two zero bits."""
    assert base32.encode(raw) == text


@given(SIXTEEN)
def test_the_bits_are_those_of_the_number(raw: bytes) -> None:
    """An independent computation, bit by bit in text, comes to the same characters."""
    bits = "".join(f"{byte:08b}" for byte in raw) + "00"
    expected = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(bits[i : i + 5], 2)] for i in range(0, 130, 5))
    assert base32.encode(raw) == expected


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    """I and L are 1, O is 0, in either case."""
    assert base32.decode("ILilOo" + "0" * 20) == base32.decode("111100" + "0" * 20)


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "0" * 27, "U" + "0" * 25, "u" + "0" * 25, " " + "0" * 25, "é" + "0" * 25, "0" * 25 + "1"],
)
def test_what_is_not_sixteen_bytes_is_refused(text: str) -> None:
    """Wrong lengths, foreign characters and spare bits that are not zero raise ValueError."""
    with pytest.raises(ValueError, match=r"character"):
        base32.decode(text)


def test_hyphens_are_refused_where_nobody_asked_for_them() -> None:
    """A room's id has no hyphens, so that it has one form."""
    with pytest.raises(ValueError, match="characters are needed"):
        base32.decode("-" + "0" * 26)


def test_a_message_never_repeats_the_text() -> None:
    """The text may be a secret, and messages are shown."""
    with pytest.raises(ValueError, match="character 26") as caught:
        base32.decode("ABCDEFGHJKMNPQRSTVWXYZ012!"[:25] + "!")
    assert "ABC" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", bytes(15), bytes(17)])
def test_other_than_sixteen_bytes_cannot_be_written(raw: bytes) -> None:
    """Only ids, secrets and pins of 16 bytes have this form."""
    with pytest.raises(ValueError, match="16 bytes"):
        base32.encode(raw)
