"""The exchange of keys: what comes of an honest one, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from evenly_client.checkins import derivations
from evenly_client.checkins.epoch import EpochRefused, Handshake
from evenly_client.sealing import DeviceKey
from evenly_protocol.relayed import Committed, Revealed

from tests.client.checkins.table import ROOM, ROOM_KEY, SESSION, committed, devices, epochs, handshakes

KEYS = devices(4)


@pytest.mark.parametrize("people", [2, 3, 9])
def test_everybody_has_the_same_keys_and_words_and_shares_something_with_each_other_one(people: int) -> None:
    """And with nobody else: what two share, no third has."""
    keys = devices(people)
    standing = epochs(keys)
    assert len({epoch.roster_hash for epoch in standing}) == 1
    assert len({epoch.words for epoch in standing}) == 1
    for key, epoch in zip(keys, standing, strict=True):
        assert list(epoch.keys) == [k.public for k in keys]
        assert set(epoch.roots) == set(epoch.keys) - {key.public}
    roots = {
        frozenset((u.public, v.public)): {standing[i].roots[v.public], standing[j].roots[u.public]}
        for i, u in enumerate(keys)
        for j, v in enumerate(keys)
        if i < j
    }
    assert all(len(shared) == 1 for shared in roots.values())
    assert len({root for shared in roots.values() for root in shared}) == people * (people - 1) // 2


def test_each_exchange_has_new_keys() -> None:
    """Nothing of an earlier one is used again: other keys, other words."""
    first, second = epochs(KEYS)[0], epochs(KEYS)[0]
    assert not set(first.keys.values()) & set(second.keys.values())
    assert first.words != second.words


def test_a_commitment_does_not_show_the_key_and_holds_for_its_room_and_session_alone() -> None:
    """The same key in another room or session is another commitment."""
    private, nonce = X25519PrivateKey.generate(), b"n" * 16

    def commitment(room: bytes, session: int) -> bytes:
        return Handshake(room, ROOM_KEY, KEYS[0], 1, session, private, nonce).commitment()

    mine = commitment(ROOM, SESSION)
    assert mine == commitment(ROOM, SESSION)
    assert private.public_key().public_bytes_raw() not in mine
    assert len({mine, commitment(b"r" * 16, SESSION), commitment(ROOM, SESSION + 1)}) == 3


def test_keys_are_shown_in_any_order() -> None:
    """The epoch is the same."""
    shaking = handshakes(KEYS)
    commitments = committed(KEYS, shaking)
    revealed = [shake.reveal(commitments[::-1]) for shake in shaking]
    assert len({s.standing(r).roster_hash for s, r in zip(shaking, (revealed, revealed[::-1]), strict=False)}) == 1


# -- REVEAL --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[1:],
        lambda c: [],
        lambda c: [Committed(c[0].ik, b"x" * 32), *c[1:]],
        lambda c: [*c, c[1]],
        lambda c: [*c, Committed(c[1].ik, b"x" * 32)],
        lambda c: [*c, c[0]],
    ],
    ids=["without mine", "none", "not mine", "one twice", "two of one member", "mine twice"],
)
def test_the_key_is_not_shown_for_commitments_that_cannot_be(
    change: Callable[[list[Committed]], list[Committed]],
) -> None:
    """Mine must be there, and one of each member."""
    shaking = handshakes(KEYS)
    with pytest.raises(EpochRefused):
        shaking[0].reveal(change(committed(KEYS, shaking)))


def test_the_key_is_shown_once() -> None:
    """For other commitments it never is: so nobody can try until the words fit."""
    shaking = handshakes(KEYS)
    commitments = committed(KEYS, shaking)
    shaking[0].reveal(commitments)
    with pytest.raises(EpochRefused):
        shaking[0].reveal(commitments[:-1])


# -- ROSTER --------------------------------------------------------------------------------------------------------


def signed_by(key: DeviceKey, r: Revealed, *, room: bytes = ROOM, session: int = SESSION) -> Revealed:
    """The same key, signed by another device or for another place."""
    signature = key.sign(derivations.key_message(room, session, r.xk))
    return msgspec.structs.replace(r, signature=signature)


def other_key(r: Revealed, of: DeviceKey) -> Revealed:
    """A key that was not committed to, well signed."""
    xk = X25519PrivateKey.generate().public_key().public_bytes_raw()
    return signed_by(of, msgspec.structs.replace(r, xk=xk))


def swapped(r: list[Revealed]) -> list[Revealed]:
    """Two members' keys, exchanged."""
    one, two = r[1], r[2]
    return [
        r[0],
        msgspec.structs.replace(two, ik=one.ik),
        msgspec.structs.replace(one, ik=two.ik),
        *r[3:],
    ]


CHANGES: dict[str, Callable[[list[Revealed]], list[Revealed]]] = {
    "one withheld": lambda r: r[:-1],
    "none": lambda r: [],
    "one too many": lambda r: [*r, msgspec.structs.replace(r[1], ik=b"i" * 32)],
    "one twice": lambda r: [*r, r[1]],
    "one twice in the place of another": lambda r: [*r[:-1], r[1]],
    "somebody else": lambda r: [*r[:-1], msgspec.structs.replace(r[-1], ik=b"i" * 32)],
    "another key": lambda r: [r[0], other_key(r[1], KEYS[1]), *r[2:]],
    "another key of mine": lambda r: [other_key(r[0], KEYS[0]), *r[1:]],
    "another nonce": lambda r: [r[0], msgspec.structs.replace(r[1], nonce=b"n" * 16), *r[2:]],
    "two swapped": swapped,
    "signed by another": lambda r: [r[0], signed_by(KEYS[2], r[1]), *r[2:]],
    "signed for another session": lambda r: [r[0], signed_by(KEYS[1], r[1], session=SESSION + 1), *r[2:]],
    "signed for another room": lambda r: [r[0], signed_by(KEYS[1], r[1], room=b"r" * 16), *r[2:]],
    "not signed": lambda r: [r[0], msgspec.structs.replace(r[1], signature=b""), *r[2:]],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_keys_that_are_not_exactly_those_committed_to_are_refused(
    change: Callable[[list[Revealed]], list[Revealed]],
) -> None:
    """By whoever is shown them."""
    shaking = handshakes(KEYS)
    commitments = committed(KEYS, shaking)
    revealed = [shake.reveal(commitments) for shake in shaking]
    with pytest.raises(EpochRefused):
        shaking[0].standing(change(revealed))
    assert shaking[0].standing(revealed).roster_hash


def test_keys_before_my_own_is_shown_are_refused() -> None:
    """There is nothing to hold them against."""
    shaking = handshakes(KEYS)
    revealed = [shake.reveal(committed(KEYS, shaking)) for shake in shaking[1:]]
    with pytest.raises(EpochRefused):
        shaking[0].standing(revealed)


def made(privates: list[X25519PrivateKey]) -> tuple[list[Handshake], list[Revealed]]:
    """An exchange with these keys, everything committed to and signed."""
    shaking = [Handshake(ROOM, ROOM_KEY, key, 1, SESSION, private) for key, private in zip(KEYS, privates, strict=True)]
    commitments = committed(KEYS, shaking)
    return shaking, [shake.reveal(commitments) for shake in shaking]


def test_two_members_with_one_key_are_refused() -> None:
    """Though each has committed to it and signed it."""
    privates = [X25519PrivateKey.generate() for _ in KEYS]
    shaking, revealed = made([*privates[:-1], privates[1]])
    with pytest.raises(EpochRefused, match="one key"):
        shaking[0].standing(revealed)


@pytest.mark.parametrize("xk", [bytes(32), b"\1" + bytes(31), b"", b"x" * 31])
def test_a_key_that_is_none_is_refused(xk: bytes) -> None:
    """A point of small order: everybody would know what is shared with it."""
    shaking = handshakes(KEYS[:3])
    forger, nonce = KEYS[3], b"n" * 16
    forged = derivations.commitment(ROOM, SESSION, forger.public, xk, nonce)
    commitments = [*committed(KEYS[:3], shaking), Committed(forger.public, forged)]
    revealed = [shake.reveal(commitments) for shake in shaking]
    revealed.append(signed_by(forger, Revealed(forger.public, xk, nonce, b"")))
    with pytest.raises(EpochRefused, match="key that is none"):
        shaking[0].standing(revealed)


def test_whoever_stands_in_between_is_seen_in_the_words() -> None:
    """With the link and keys of members it has made up it can do it: but the two sides read different words."""
    ana, ben = KEYS[:2]
    ana_side, ben_side = epochs([ana, *KEYS[2:]]), epochs([ben, *KEYS[2:]])
    assert ana_side[0].words != ben_side[0].words


def test_whoever_stands_in_between_without_the_link_shares_nothing_with_anybody() -> None:
    """Its members have no pads that fit."""
    shaking = [*handshakes(KEYS[:3]), *handshakes(KEYS[3:], room_key=b"k" * 32)]
    commitments = committed(KEYS, shaking)
    revealed = [shake.reveal(commitments) for shake in shaking]
    standing = [shake.standing(revealed) for shake in shaking]
    assert standing[0].roots[KEYS[1].public] == standing[1].roots[KEYS[0].public]
    assert standing[0].roots[KEYS[3].public] != standing[3].roots[KEYS[0].public]
