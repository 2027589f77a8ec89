"""Answers in words: slots, blocks, and what is none."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_client.checkins import blocks
from evenly_protocol.checkins import BLOCK_BYTES, vector_bytes
from evenly_protocol.words import TEXT_KINDS, CheckInKind
from hypothesis import given
from hypothesis import strategies as st

KEY, NONCE = b"k" * 32, b"n" * 12
WORDS, TEXT = CheckInKind.WORDS, CheckInKind.TEXT
each_kind = pytest.mark.parametrize("kind", sorted(TEXT_KINDS))


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    """A block by somebody who has the key and not the manners."""
    return NONCE + ChaCha20Poly1305(key).encrypt(NONCE, plain, None)


@pytest.mark.parametrize(("kind", "most"), [(WORDS, 66), (TEXT, 610)])
def test_the_longest_answer_fits_and_one_byte_more_is_refused(kind: CheckInKind, most: int) -> None:
    """66 and 610 bytes of UTF-8."""
    assert blocks.text_bytes(kind) == most
    assert blocks.opened_block(KEY, blocks.sealed_block(KEY, kind, b"x" * most)) == b"x" * most
    with pytest.raises(ValueError, match="too long"):
        blocks.sealed_block(KEY, kind, b"x" * (most + 1))


@given(st.sampled_from(sorted(TEXT_KINDS)), st.data())
def test_what_is_written_is_read_and_its_length_is_not_seen(kind: CheckInKind, data: st.DataObject) -> None:
    """An empty one, an abstention, is as long as any."""
    text = data.draw(st.binary(max_size=blocks.text_bytes(kind)))
    block = blocks.sealed_block(KEY, kind, text)
    assert len(block) == BLOCK_BYTES[kind]
    assert blocks.opened_block(KEY, block) == text


def test_two_blocks_with_one_answer_differ() -> None:
    """The nonce is new each time."""
    assert len({blocks.sealed_block(KEY, WORDS, b"again") for _ in range(20)}) == 20


@pytest.mark.parametrize(
    "plain",
    [
        b"\0\1a\0\0\1" + bytes(62),
        b"\0\0" + bytes(65) + b"\1",
        b"\0\x43" + b"x" * 66,
        b"\xff\xff" + b"x" * 66,
        b"\0\1ab" + bytes(64),
    ],
)
def test_a_wrong_length_or_padding_that_is_not_zero_is_no_answer(plain: bytes) -> None:
    """Though it was sealed with the right key."""
    assert len(plain) == 68
    assert blocks.opened_block(KEY, sealed(plain)) is None


def test_a_well_made_block_by_the_same_hand_is_an_answer() -> None:
    """So the blocks above fail for the reason they name."""
    assert blocks.opened_block(KEY, sealed(b"\0\1a" + bytes(65))) == b"a"


@each_kind
def test_a_block_that_is_changed_anywhere_is_no_answer(kind: CheckInKind) -> None:
    """Its nonce, text or tag; or it is of another round."""
    block = blocks.sealed_block(KEY, kind, b"text")
    for place in range(len(block)):
        assert blocks.opened_block(KEY, block[:place] + bytes([block[place] ^ 1]) + block[place + 1 :]) is None
    assert blocks.opened_block(b"K" * 32, block) is None
    assert blocks.opened_block(KEY, bytes(len(block))) is None


def test_two_in_one_block_are_no_answer() -> None:
    """Added up they open no more."""
    one, two = (blocks.sealed_block(KEY, WORDS, text) for text in (b"one", b"two"))
    both = (int.from_bytes(one, "little") + int.from_bytes(two, "little")) % 2 ** (8 * 96)
    assert blocks.opened_block(KEY, both.to_bytes(96, "little")) is None


@pytest.mark.parametrize("people", [3, 4, 11, 32])
def test_there_are_at_least_sixteen_slots_for_each_pair_of_people(people: int) -> None:
    """A power of two, no larger than need be."""
    slots = vector_bytes(WORDS, 0, "A", people)
    assert slots.bit_count() == 1
    assert slots // 2 < 16 * people * people <= slots


@given(st.sets(st.integers(0, 255), min_size=3, max_size=3))
def test_slots_that_differ_are_taken_in_their_order(slots: set[int]) -> None:
    """One byte each."""
    occupancy = sum(blocks.reserving(slot) for slot in slots).to_bytes(256, "little")
    assert blocks.taken(occupancy, 3) == sorted(slots)


@pytest.mark.parametrize("slots", [(5, 5, 9), (5, 5, 5), (0, 0, 255)])
def test_a_collision_is_seen(slots: tuple[int, ...]) -> None:
    """Then nobody has a slot."""
    assert blocks.taken(sum(map(blocks.reserving, slots)).to_bytes(256, "little"), 3) is None


@pytest.mark.parametrize(
    "occupancy",
    [bytes(256), b"\1" * 2 + bytes(254), b"\1" * 4 + bytes(252), b"\1\1\2" + bytes(253), b"\3" + bytes(255)],
)
def test_slots_that_are_not_one_for_each_are_none(occupancy: bytes) -> None:
    """Too few, too many, a byte that is not 1."""
    assert blocks.taken(occupancy, 3) is None


def test_a_sum_falls_into_its_blocks() -> None:
    """In slot order."""
    assert blocks.blocks(b"a" * 96 + b"b" * 96, WORDS) == [b"a" * 96, b"b" * 96]
    assert blocks.blocks(b"a" * 640 + b"b" * 640, TEXT) == [b"a" * 640, b"b" * 640]


@given(st.sampled_from(sorted(TEXT_KINDS)), st.data())
def test_the_result_says_every_text_in_its_order(kind: CheckInKind, data: st.DataObject) -> None:
    """Empty ones included; it always fits into the vector, and the zeros behind it are not texts."""
    people = data.draw(st.integers(3, 32))
    of = st.binary(max_size=blocks.text_bytes(kind))
    texts = data.draw(st.lists(of, min_size=people, max_size=people))
    canonical = blocks.canonical(texts)
    length = vector_bytes(kind, 0, "B", people)
    assert len(canonical) <= length
    assert blocks.texts(canonical.ljust(length, b"\0"), people) == texts


@pytest.mark.parametrize("people", [2, 4, 1_000_000])
def test_a_result_of_another_number_of_people_is_none(people: int) -> None:
    """Texts left over, or too few."""
    canonical = blocks.canonical([b"one", b"two", b"three"])
    assert blocks.texts(canonical, 3) == [b"one", b"two", b"three"]
    assert blocks.texts(canonical, people) is None


@pytest.mark.parametrize("canonical", [b"", b"\0", b"\0\4abc", b"\xff\xff" + bytes(30), b"\0\1a\0\1b\0\1c\1"])
def test_bytes_that_are_no_result_are_none(canonical: bytes) -> None:
    """Cut off, or with something behind it."""
    assert blocks.texts(canonical, 3) is None
