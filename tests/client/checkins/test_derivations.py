"""What the derivations keep apart. That they come to the right bytes is in test_vectors.py."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from evenly_client.checkins import derivations
from evenly_client.checkins.derivations import Context
from hypothesis import given
from hypothesis import strategies as st

ROOM, ROOM_KEY, CHECK_IN, T, H1 = b"R" * 16, b"K" * 32, b"C" * 16, b"T" * 32, b"1" * 32
CONTEXT = Context(ROOM, 3, T, CHECK_IN, b"q" * 32, "N", 1, 24, b"", ((b"a" * 32, b"x" * 32), (b"b" * 32, b"y" * 32)))


@given(st.integers(-(2**200), 2**200), st.integers(1, 40))
def test_a_number_becomes_a_vector_and_a_vector_a_number(value: int, length: int) -> None:
    """Modulo 2^(8·length), whatever its sign."""
    vector = derivations.vector(value, length)
    assert len(vector) == length
    assert (derivations.number(vector) - value) % 2 ** (8 * length) == 0


def test_a_longer_pad_goes_on_where_a_shorter_one_ends() -> None:
    """So many bytes of one keystream, the first one lowest."""
    long = derivations.vector(derivations.prg(b"k" * 32, 300), 300)
    assert derivations.vector(derivations.prg(b"k" * 32, 100), 100) == long[:100]
    assert len(set(long)) > 100


def test_the_words_are_those_of_bip_39() -> None:
    """2,048 different ones, in its order: by the digest of its file english.txt."""
    words = derivations.everyday_words()
    assert len(set(words)) == len(words) == 2048
    digest = hashlib.sha256("".join(word + "\n" for word in words).encode()).hexdigest()
    assert digest == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


@pytest.mark.parametrize(
    "change",
    [
        {"room": b"r" * 16},
        {"session": 4},
        {"roster_hash": b"t" * 32},
        {"check_in": b"c" * 16},
        {"question_key": b"Q" * 32},
        {"stage": "A"},
        {"k": 2},
        {"length": 25},
        {"k": 24, "length": 1},
        {"bind": b"\0"},
        {"roster": CONTEXT.roster[:1]},
        {"roster": CONTEXT.roster[::-1]},
        {"roster": (*CONTEXT.roster[:1], (b"b" * 32, b"z" * 32))},
        {"roster": (*CONTEXT.roster[:1], (b"c" * 32, b"y" * 32))},
    ],
    ids=str,
)
def test_attempts_that_differ_in_anything_have_nothing_in_common(change: dict[str, object]) -> None:
    """Another context: so other pads, other commitments, other shares."""
    mine, other = CONTEXT.hashed(), CONTEXT._replace(**change).hashed()  # type: ignore[arg-type]
    assert mine != other
    assert derivations.own_pad(b"s" * 32, mine, 24) != derivations.own_pad(b"s" * 32, other, 24)
    assert derivations.pair_pad(b"r" * 32, mine, 24) != derivations.pair_pad(b"r" * 32, other, 24)
    assert derivations.group_pad(ROOM_KEY, mine, 24) != derivations.group_pad(ROOM_KEY, other, 24)
    assert derivations.seed_commitment(mine, b"s" * 32) != derivations.seed_commitment(other, b"s" * 32)
    with pytest.raises(InvalidTag):
        derivations.opened_share(
            b"r" * 32, other, b"a" * 32, derivations.sealed_share(b"r" * 32, mine, b"a" * 32, b"s" * 32)
        )


def test_one_key_gives_a_different_pad_for_each_use() -> None:
    """Own, shared and the group's pads never meet, though all were made of one key."""
    ctx = CONTEXT.hashed()
    pads = [make(b"k" * 32, ctx, 24) for make in (derivations.own_pad, derivations.pair_pad, derivations.group_pad)]
    assert len(set(pads)) == 3


def test_questions_that_read_alike_joined_up_have_different_keys() -> None:
    """Every part stands behind its length; and without the room's key nobody can check a guess."""
    key = derivations.question_key
    assert key(ROOM_KEY, "choice", b"q", [b"ab", b"c"]) != key(ROOM_KEY, "choice", b"q", [b"a", b"bc"])
    assert key(ROOM_KEY, "choice", b"qa", [b"b"]) != key(ROOM_KEY, "choice", b"q", [b"ab"])
    assert key(ROOM_KEY, "scale", b"q", []) != key(ROOM_KEY, "mood", b"q", [])
    assert key(ROOM_KEY, "scale", b"q", []) != key(b"k" * 32, "scale", b"q", [])


def test_who_has_not_the_link_shares_nothing() -> None:
    """The room's key is in what two members share: a server without it cannot stand in between."""
    mine, theirs = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    there = theirs.public_key().public_bytes_raw()
    here = mine.public_key().public_bytes_raw()
    root = derivations.pair_root(mine, there, T, ROOM_KEY)
    assert root == derivations.pair_root(theirs, here, T, ROOM_KEY)
    assert root != derivations.pair_root(mine, there, T, b"k" * 32)
    assert root != derivations.pair_root(mine, there, b"t" * 32, ROOM_KEY)


@pytest.mark.parametrize("theirs", [bytes(32), b"\1" + bytes(31), b"", b"x" * 31, b"x" * 33])
def test_a_key_that_gives_no_secret_is_refused(theirs: bytes) -> None:
    """Points of small order, and what is no point."""
    with pytest.raises(ValueError, match=r"."):
        derivations.pair_root(X25519PrivateKey.generate(), theirs, T, ROOM_KEY)


def test_a_share_opens_for_its_sender_alone() -> None:
    """Passed off as another's, changed or cut off, it does not."""
    ctx, root, sender = CONTEXT.hashed(), b"r" * 32, b"a" * 32
    blob = derivations.sealed_share(root, ctx, sender, b"s" * 32)
    assert len(blob) == 48
    assert derivations.opened_share(root, ctx, sender, blob) == b"s" * 32
    changed = bytes([blob[0] ^ 1]) + blob[1:]
    for wrong in ((root, sender, changed), (root, sender, blob[:-1]), (root, sender, b""), (root, b"b" * 32, blob)):
        with pytest.raises(InvalidTag):
            derivations.opened_share(wrong[0], ctx, wrong[1], wrong[2])


def test_h1_holds_the_sum_that_came_with_the_masks() -> None:
    """And every signature, in its order."""
    ctx, signatures = CONTEXT.hashed(), [b"1" * 64, b"2" * 64]
    hashes = {
        derivations.opening_hash(ctx, signatures),
        derivations.opening_hash(ctx, signatures, b""),
        derivations.opening_hash(ctx, signatures, b"t" * 24),
        derivations.opening_hash(ctx, signatures, b"u" * 24),
        derivations.opening_hash(ctx, signatures[::-1], b"t" * 24),
        derivations.opening_hash(ctx, signatures[:1], b"t" * 24),
    }
    assert len(hashes) == 6


def test_a_sealed_result_is_as_long_whatever_it_says() -> None:
    """Its vector's length and 29 bytes."""
    lengths = {
        len(derivations.sealed_result(ROOM_KEY, ROOM, CHECK_IN, H1, canonical, 288))
        for canonical in (b"", b"\0\1a" + b"\0\0" * 2, b"x" * 288)
    }
    assert lengths == {288 + 29}


def test_a_sealed_result_opens_in_its_room_for_its_check_in_alone() -> None:
    """Anything else is None: nothing here is an error."""
    sealed = derivations.sealed_result(ROOM_KEY, ROOM, CHECK_IN, H1, b"result", 24)
    opened = derivations.opened_result
    assert opened(ROOM_KEY, ROOM, CHECK_IN, sealed) == b"result".ljust(24, b"\0")
    assert opened(b"k" * 32, ROOM, CHECK_IN, sealed) is None
    assert opened(ROOM_KEY, b"r" * 16, CHECK_IN, sealed) is None
    assert opened(ROOM_KEY, ROOM, b"c" * 16, sealed) is None
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        assert opened(ROOM_KEY, ROOM, CHECK_IN, changed) is None
        assert opened(ROOM_KEY, ROOM, CHECK_IN, sealed[:place]) is None
