"""Hashes that keep their parts apart, and what a device signs."""

from __future__ import annotations

import hashlib
import struct

from evenly_protocol.hashing import H, hello_message, lp, profile_message
from hypothesis import given
from hypothesis import strategies as st

PARTS = st.lists(st.binary(max_size=300), max_size=6)


def test_each_part_stands_behind_its_length() -> None:
    """Four bytes, the highest first."""
    assert lp() == b""
    assert lp(b"", b"ab") == b"\0\0\0\0" + b"\0\0\0\x02ab"
    assert lp(b"x" * 258)[:4] == b"\0\0\x01\x02"


@given(PARTS)
def test_the_parts_can_be_taken_apart_again(parts: list[bytes]) -> None:
    """So no two different lists of parts have the same bytes."""
    joined, found = lp(*parts), list[bytes]()
    while joined:
        (length,) = struct.unpack(">I", joined[:4])
        found.append(joined[4 : 4 + length])
        joined = joined[4 + length :]
    assert found == parts


@given(PARTS)
def test_a_hash_begins_with_what_it_is_for(parts: list[bytes]) -> None:
    """SHA-256 over the tag behind "evenly/1/" and then the parts, each with its length."""
    whole = b"".join(struct.pack(">I", len(part)) + part for part in [b"evenly/1/tag", *parts])
    assert H("tag", *parts) == hashlib.sha256(whole).digest()
    assert H("other", *parts) != H("tag", *parts)


def test_a_proof_names_server_room_and_both_sides() -> None:
    """Changing any of the four gives another message, so a proof cannot be used elsewhere."""
    message = hello_message("h:7447", b"r", b"s", b"c")
    assert message == H("hello", b"h:7447", b"r", b"s", b"c")
    others = {
        hello_message("i:7447", b"r", b"s", b"c"),
        hello_message("h:7447", b"R", b"s", b"c"),
        hello_message("h:7447", b"r", b"S", b"c"),
        hello_message("h:7447", b"r", b"s", b"C"),
    }
    assert len(others | {message}) == 5


def test_a_profile_is_signed_for_one_room() -> None:
    """A signed name cannot be carried to another room."""
    assert profile_message(b"room", b"sealed") == H("profile", b"room", b"sealed")
    assert profile_message(b"room", b"sealed") != profile_message(b"rooms", b"ealed")
