"""Check-ins against known answers: every derivation, and whole attempts, to the byte.

The known answers in tests/vectors/anonymity.json are worked out by tests/vectors/make_anonymity.py from anonymity.md,
section 2, with nothing of Evenly's own.
"""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from evenly_client.checkins import ballots, blocks, derivations, sharing
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.epoch import Epoch, Handshake
from evenly_client.sealing import DeviceKey, RoomKeys
from evenly_protocol.checkins import counters, vector_bytes
from evenly_protocol.hashing import H
from evenly_protocol.relayed import Committed, Released, Revealed, restorable
from evenly_protocol.words import CheckInKind

from tests.client.checkins.table import opened, show_masks
from tests.vectors.make_anonymity import (
    FILE,
    BallotVector,
    BlockVector,
    EpochVector,
    MemberVector,
    PartVector,
    QuestionVector,
    RoundVector,
    Vectors,
    computed,
)

KNOWN = msgspec.json.decode(FILE.read_bytes(), type=Vectors)
B = bytes.fromhex
ROOM, ROOM_KEY, CHECK_IN = B(KNOWN.room), B(KNOWN.room_key), B(KNOWN.check_in)
DEVICES = [DeviceKey.from_bytes(B(member.device_private)) for member in KNOWN.members]

each_epoch = pytest.mark.parametrize("vector", KNOWN.epochs, ids=lambda v: f"{v.people}")
each_round = pytest.mark.parametrize("vector", KNOWN.rounds, ids=lambda v: f"{v.people}-{v.stage}")


def little(value: str) -> int:
    """A number of the file."""
    return int.from_bytes(B(value), "little")


def epoch_of(people: int) -> EpochVector:
    """The epoch of so many members."""
    return next(epoch for epoch in KNOWN.epochs if epoch.people == people)


def question_of(vector: RoundVector) -> QuestionVector:
    """What a round asks."""
    return KNOWN.questions[vector.question]


def context_of(vector: RoundVector) -> Context:
    """What a round is bound to."""
    return Context(
        ROOM,
        KNOWN.session,
        B(epoch_of(vector.people).T),
        CHECK_IN,
        B(question_of(vector).qk),
        vector.stage,
        vector.k,
        vector.length,
        B(vector.bind),
        tuple((B(m.ik), B(m.xk)) for m in KNOWN.members[: vector.people]),
    )


def roots_of(people: int, place: int) -> dict[bytes, bytes]:
    """What the member in this place shares with each other one, by device key."""
    found: dict[bytes, bytes] = {}
    for vector in epoch_of(people).roots:
        if place in vector.places:
            other = next(p for p in vector.places if p != place)
            found[B(KNOWN.members[other - 1].ik)] = B(vector.root)
    return found


def attempts_of(vector: RoundVector) -> list[Attempt]:
    """Everybody's side of a round."""
    return [
        Attempt(
            context_of(vector),
            DEVICES[place - 1],
            ROOM_KEY,
            roots_of(vector.people, place),
            little(part.x),
            seed=little(part.seed),
            coefficients=[little(c) for c in part.coefficients] or None,
        )
        for place, part in enumerate(vector.parts, start=1)
    ]


def parts(vector: RoundVector) -> list[tuple[bytes, PartVector]]:
    """Each member's device key and part."""
    return [(B(KNOWN.members[i].ik), part) for i, part in enumerate(vector.parts)]


def test_the_known_answers_are_those_of_the_document() -> None:
    """The file says what the formulas, followed by hand, come to."""
    assert computed() == KNOWN


def test_they_are_of_three_without_shares_and_of_five_with_in_every_stage() -> None:
    """So that no derivation is left out."""
    assert [(v.people, v.stage) for v in KNOWN.rounds] == [(n, stage) for n in (3, 5) for stage in "NAB"]
    assert [restorable(v.people) for v in KNOWN.rounds] == [0, 0, 0, 1, 1, 1]
    assert {v.kind for v in KNOWN.ballots} | {v.kind for v in KNOWN.blocks} == set(CheckInKind)


def test_the_room_key_and_the_field_are_those_of_the_file() -> None:
    """K_room from the link's secret, and p."""
    assert RoomKeys.from_secret(B(KNOWN.secret)).room_key == ROOM_KEY
    assert little(KNOWN.p) == sharing.P


# -- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", KNOWN.members, ids=lambda v: v.ik[:8])
def test_commitments_and_shown_keys(vector: MemberVector) -> None:
    """What is committed to, and what is signed when the key is shown."""
    device = DeviceKey.from_bytes(B(vector.device_private))
    assert device.public == B(vector.ik)
    where = ROOM, KNOWN.session
    assert derivations.commitment(*where, B(vector.ik), B(vector.xk), B(vector.nonce)).hex() == vector.commitment
    assert derivations.key_message(*where, B(vector.xk)).hex() == vector.key_message
    assert device.sign(B(vector.key_message)).hex() == vector.key_signature


@each_epoch
def test_the_hash_of_the_roster_and_the_three_words(vector: EpochVector) -> None:
    """T, in whatever order the keys come; 33 bits; the same words."""
    revealed = [Revealed(B(m.ik), B(m.xk), B(m.nonce), b"") for m in KNOWN.members[: vector.people]]
    assert derivations.roster_hash(ROOM, KNOWN.session, revealed).hex() == vector.T
    assert derivations.roster_hash(ROOM, KNOWN.session, revealed[::-1]).hex() == vector.T
    words = derivations.code(B(vector.T))
    assert list(words) == vector.words
    first, second, third = (derivations.everyday_words().index(word) for word in words)
    assert (first << 22) + (second << 11) + third == vector.first_33_bits


@each_epoch
def test_what_two_members_share(vector: EpochVector) -> None:
    """root_uv, the same from both sides."""
    for root in vector.roots:
        u, v = (KNOWN.members[place - 1] for place in root.places)
        for mine, theirs in ((u, v), (v, u)):
            private = X25519PrivateKey.from_private_bytes(B(mine.x25519_private))
            assert derivations.pair_root(private, B(theirs.xk), B(vector.T), ROOM_KEY).hex() == root.root


@each_epoch
def test_a_whole_exchange_of_keys(vector: EpochVector) -> None:
    """COMMIT, REVEAL and ROSTER of the members themselves."""
    those = KNOWN.members[: vector.people]
    shaking = [
        Handshake(
            ROOM,
            ROOM_KEY,
            DeviceKey.from_bytes(B(m.device_private)),
            1,
            KNOWN.session,
            X25519PrivateKey.from_private_bytes(B(m.x25519_private)),
            B(m.nonce),
        )
        for m in those
    ]
    commitments = [Committed(B(m.ik), shake.commitment()) for m, shake in zip(those, shaking, strict=True)]
    assert [c.commitment.hex() for c in commitments] == [m.commitment for m in those]
    revealed = [shake.reveal(commitments) for shake in shaking]
    assert revealed == [Revealed(B(m.ik), B(m.xk), B(m.nonce), B(m.key_signature)) for m in those]
    for place, shake in enumerate(shaking, start=1):
        roots = roots_of(vector.people, place)
        keys = {B(m.ik): B(m.xk) for m in those}
        assert shake.standing(revealed) == Epoch(1, KNOWN.session, B(vector.T), keys, roots)


# -- questions and answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", KNOWN.questions, ids=lambda v: v.kind)
def test_the_key_of_a_question(vector: QuestionVector) -> None:
    """qk, from the texts as they stand inside their seals."""
    options = [option.encode() for option in vector.options]
    assert H("question", vector.kind.encode(), vector.question.encode(), *options).hex() == vector.hash
    assert derivations.question_key(ROOM_KEY, vector.kind, vector.question.encode(), options).hex() == vector.qk


@pytest.mark.parametrize("vector", KNOWN.ballots, ids=lambda v: f"{v.kind}-{v.options}-{v.chosen}")
def test_ballots(vector: BallotVector) -> None:
    """Counters of four bytes, the abstentions last."""
    kind = CheckInKind(vector.kind)
    length = vector_bytes(kind, vector.options, "N", 3)
    ballot = ballots.ballot(kind, counters(kind, vector.options), vector.chosen)
    assert derivations.vector(ballot, length).hex() == vector.ballot


@pytest.mark.parametrize("vector", KNOWN.blocks, ids=lambda v: f"{v.kind}-{v.text[:4]}")
def test_blocks(vector: BlockVector) -> None:
    """Written and read."""
    key, kind, text = bytes(range(100, 132)), CheckInKind(vector.kind), vector.text.encode()
    assert blocks.sealed_block(key, kind, text, B(vector.nonce)).hex() == vector.block
    assert blocks.opened_block(key, B(vector.block)) == text


# -- rounds --------------------------------------------------------------------------------------------------------


@each_round
def test_the_context_and_the_pads(vector: RoundVector) -> None:
    """ctx; a member's own pad, each two members', the group's."""
    ctx = context_of(vector).hashed()
    assert ctx.hex() == vector.ctx
    kind, options = CheckInKind(question_of(vector).kind), len(question_of(vector).options)
    assert vector_bytes(kind, options, vector.stage, vector.people) == vector.length
    assert derivations.group_pad(ROOM_KEY, ctx, vector.length) == little(vector.group_pad)
    for part in vector.parts:
        assert derivations.own_pad(B(part.seed), ctx, vector.length) == little(part.own_pad)
    for pad, root in zip(vector.pair_pads, epoch_of(vector.people).roots, strict=True):
        assert pad.places == root.places
        assert derivations.pair_pad(B(root.root), ctx, vector.length) == little(pad.pad)


@each_round
def test_commitments_to_seeds_and_their_shares(vector: RoundVector) -> None:
    """com; the polynomial at each place; sealed for one, openable by that one."""
    ctx, missing = B(vector.ctx), restorable(vector.people)
    for place, (ik, part) in enumerate(parts(vector), start=1):
        assert derivations.seed_commitment(ctx, B(part.seed)).hex() == part.com
        assert derivations.hash_of_shares([B(blob) for blob in part.blobs]).hex() == part.shares_hash
        if not missing:
            assert part.blobs == [""] * vector.people
            continue
        coefficients = [little(c) for c in part.coefficients]
        places = range(1, vector.people + 1)
        values = sharing.share(little(part.seed), vector.people - missing, places, coefficients)
        assert values == [little(value) for value in part.shares]
        roots = roots_of(vector.people, place)
        for (other, _), value, blob in zip(parts(vector), part.shares, part.blobs, strict=True):
            if other == ik:
                assert blob == ""
                continue
            assert derivations.sealed_share(roots[other], ctx, ik, B(value)).hex() == blob
            assert derivations.opened_share(roots[other], ctx, ik, B(blob)).hex() == value


@each_round
def test_what_is_signed(vector: RoundVector) -> None:
    """With the mask; h1; with the opening."""
    ctx = B(vector.ctx)
    for place, (_, part) in enumerate(parts(vector)):
        y_hash = derivations.hash_of_vector(B(part.y))
        assert y_hash.hex() == part.y_hash
        message = derivations.mask_message(ctx, y_hash, B(part.com), B(part.shares_hash))
        assert message.hex() == part.mask_message
        assert DEVICES[place].sign(message).hex() == part.mask_signature
        message = derivations.open_message(B(vector.h1), B(part.seed))
        assert message.hex() == part.open_message
        assert DEVICES[place].sign(message).hex() == part.open_signature
    signatures = [B(part.mask_signature) for part in vector.parts]
    total = None if vector.stage == "N" else B(vector.total)
    assert derivations.opening_hash(ctx, signatures, total).hex() == vector.h1


@each_round
def test_a_whole_attempt(vector: RoundVector) -> None:
    """Each member's MASK and OPEN to the byte, and the sum that each arrives at."""
    those = attempts_of(vector)
    for attempt, part in zip(those, vector.parts, strict=True):
        masked = attempt.masked
        assert attempt.ctx.hex() == vector.ctx
        assert masked.y.hex() == part.y
        assert masked.com.hex() == part.com
        assert [blob.hex() for blob in masked.shares] == part.blobs
        assert masked.signature.hex() == part.mask_signature
    show_masks(those)
    assert {attempt.h1.hex() for attempt in those} == {vector.h1}
    opens = opened(those)
    assert [o.seed.hex() for o in opens] == [part.seed for part in vector.parts]
    assert [o.signature.hex() for o in opens] == [part.open_signature for part in vector.parts]
    for attempt in those:
        assert attempt.check_opens(opens) == []
        assert attempt.total == little(vector.result)


@pytest.mark.parametrize("vector", [v for v in KNOWN.rounds if v.restored], ids=lambda v: f"{v.people}-{v.stage}")
def test_a_seed_that_is_restored(vector: RoundVector) -> None:
    """From the shares of the others; and with it the sum."""
    for restored in vector.restored:
        having = {place: little(s) for place, s in zip(restored.places, restored.shares, strict=True)}
        assert sharing.restore(having) == little(restored.seed)
        assert restored.seed == vector.parts[restored.missing - 1].seed
        those = attempts_of(vector)
        show_masks(those)
        opens = opened(those, [restored.missing])
        there = [attempt for attempt in those if attempt.place != restored.missing]
        released: list[Released] = []
        for attempt in there:
            assert attempt.check_opens(opens) == [restored.missing]
            released.append(Released(attempt.place, attempt.release([restored.missing])))
        assert [r.shares[restored.missing].hex() for r in released] == restored.shares
        for attempt in there:
            attempt.restore(released)
            assert attempt.total == little(vector.result)


@pytest.mark.parametrize("vector", [v for v in KNOWN.rounds if v.stage == "N"], ids=lambda v: f"{v.people}")
def test_a_result_in_numbers(vector: RoundVector) -> None:
    """The sum of the ballots, abstentions included, and as it is sealed."""
    ballots_sum = sum(little(part.x) for part in vector.parts)
    assert derivations.vector(ballots_sum, vector.length).hex() == vector.result == vector.canonical
    sealed_as_known(vector)


@pytest.mark.parametrize("vector", [v for v in KNOWN.rounds if v.stage == "B"], ids=lambda v: f"{v.people}")
def test_a_result_in_words(vector: RoundVector) -> None:
    """Slots, the key of the blocks, the blocks in their order, the texts, and as they are sealed."""
    reserved = next(v for v in KNOWN.rounds if (v.people, v.stage) == (vector.people, "A"))
    assert reserved.k == vector.k
    assert [little(part.x) for part in reserved.parts] == [blocks.reserving(slot) for slot in reserved.slots]
    taken = blocks.taken(B(reserved.result), vector.people)
    assert taken == sorted(reserved.slots)
    assert derivations.binding(B(reserved.result)).hex() == vector.bind
    key = derivations.ballot_key(ROOM_KEY, B(vector.bind))
    assert key.hex() == vector.ballot_key
    for part, slot, block in zip(vector.parts, vector.slots, vector.blocks, strict=True):
        assert blocks.sealed_block(key, CheckInKind.WORDS, block.text.encode(), B(block.nonce)).hex() == block.block
        assert little(part.x) == little(block.block) << 8 * 96 * taken.index(slot)
    found = [blocks.opened_block(key, block) for block in blocks.blocks(B(vector.result), CheckInKind.WORDS)]
    in_slot_order = sorted(zip(vector.slots, vector.blocks, strict=True), key=lambda pair: pair[0])
    texts = [block.text.encode() for _, block in in_slot_order]
    assert found == texts
    assert blocks.canonical(texts).hex() == vector.canonical
    assert blocks.texts(B(vector.canonical).ljust(vector.length, b"\0"), vector.people) == texts
    sealed_as_known(vector)


def sealed_as_known(vector: RoundVector) -> None:
    """A result is sealed as the file says, and opens again."""
    h1, canonical = B(vector.h1), B(vector.canonical)
    sealed = derivations.sealed_result(ROOM_KEY, ROOM, CHECK_IN, h1, canonical, vector.length)
    assert sealed.hex() == vector.sealed_result
    assert len(sealed) == vector.length + 29
    assert derivations.opened_result(ROOM_KEY, ROOM, CHECK_IN, sealed) == canonical.ljust(vector.length, b"\0")
