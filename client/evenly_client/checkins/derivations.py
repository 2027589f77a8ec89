"""Every derivation of a check-in, byte for byte (anonymity.md, section 2). tests/vectors/anonymity.json has examples.

Primitives are from `cryptography` (X25519, ChaCha20, ChaCha20-Poly1305) and the standard library; here stands only
what goes into them, in which order. `lp` and `H` are the protocol's, `expand` is `sealing`'s.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_protocol.hashing import H, lp

from evenly_client.sealing import KEY_ID, expand

if TYPE_CHECKING:
    from evenly_protocol.relayed import Revealed

WORDS_COMPARED: Final = 3
WORD_BITS: Final = 11
_ZERO_NONCE: Final = bytes(12)
_CHACHA20_NONCE: Final = bytes(16)
"""The block counter (4 bytes) and the nonce (12) of RFC 8439: a key is used once."""


def u32(number: int) -> bytes:
    """An unsigned number in four bytes, big endian."""
    return number.to_bytes(4, "big")


def prg(key: bytes, length: int) -> int:
    """PRG(key, length): so many bytes of ChaCha20's keystream, read as a little-endian number."""
    stream = Cipher(algorithms.ChaCha20(key, _CHACHA20_NONCE), mode=None).encryptor()
    return int.from_bytes(stream.update(bytes(length)), "little")


def number(vector: bytes) -> int:
    """A vector as the number it is."""
    return int.from_bytes(vector, "little")


def vector(value: int, length: int) -> bytes:
    """A number modulo 2^(8·length) as a vector of so many bytes."""
    return (value % (1 << 8 * length)).to_bytes(length, "little")


# -- the epoch ---------------------------------------------------------------------------------------------------


def commitment(room: bytes, session: int, ik: bytes, xk: bytes, nonce: bytes) -> bytes:
    """What a member commits to before anybody shows a key."""
    return H("commit", room, u32(session), ik, xk, nonce)


def key_message(room: bytes, session: int, xk: bytes) -> bytes:
    """What a member signs when it shows its key."""
    return H("xk", room, u32(session), xk)


def roster_hash(room: bytes, session: int, revealed: Sequence[Revealed]) -> bytes:
    """T: the epoch as a hash; `revealed` in any order."""
    parts = [part for r in sorted(revealed, key=lambda r: r.ik) for part in (r.ik, r.xk, r.nonce)]
    return H("roster", room, u32(session), *parts)


def pair_root(mine: X25519PrivateKey, theirs: bytes, roster: bytes, room_key: bytes) -> bytes:
    """root_uv: what two members of an epoch share with nobody else; `roster` is T.

    Raises:
        ValueError: `theirs` is no key that gives a secret (a point of small order).
    """
    shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    low, high = sorted((mine.public_key().public_bytes_raw(), theirs))
    return hmac.digest(roster, lp(shared, low, high, room_key), "sha256")


def code(roster: bytes) -> tuple[str, str, str]:
    """The three words of an epoch (`roster` is T): 33 bits, the first word from the first 11."""
    bits = int.from_bytes(expand(roster, b"code"), "big") >> (256 - WORDS_COMPARED * WORD_BITS)
    mask = (1 << WORD_BITS) - 1
    words = everyday_words()
    first, second, third = (words[bits >> shift & mask] for shift in (2 * WORD_BITS, WORD_BITS, 0))
    return first, second, third


@cache
def everyday_words() -> list[str]:
    """The 2,048 English words of BIP-39, in order."""
    from mnemonic import Mnemonic

    return Mnemonic("english").wordlist


# -- the attempt -------------------------------------------------------------------------------------------------


class Context(NamedTuple):
    """What an attempt is bound to.

    Attributes:
        room: its id, 16 bytes.
        session: the number of the check-in's session.
        roster_hash: T of the epoch.
        check_in: its id.
        question_key: qk.
        stage: `N`, `A` or `B`.
        k: which attempt.
        length: L, of a vector, bytes.
        bind: H("A", occupancy) in `B`; empty in the others.
        roster: (ik, xk) of each member of the attempt, sorted by ik.
    """

    room: bytes
    session: int
    roster_hash: bytes
    check_in: bytes
    question_key: bytes
    stage: str
    k: int
    length: int
    bind: bytes
    roster: tuple[tuple[bytes, bytes], ...]

    def hashed(self) -> bytes:
        """ctx."""
        return H(
            "ctx",
            self.room,
            u32(self.session),
            self.roster_hash,
            self.check_in,
            self.question_key,
            self.stage.encode(),
            u32(self.k) + u32(self.length),
            self.bind,
            *(ik + xk for ik, xk in self.roster),
        )


def question_key(room_key: bytes, kind: str, question: bytes, options: Sequence[bytes]) -> bytes:
    """qk: a question, kept from a server that would guess it. `question`, `options`: as inside their seals."""
    return expand(room_key, b"question" + H("question", kind.encode(), question, *options))


def own_pad(seed: bytes, ctx: bytes, length: int) -> int:
    """The pad that only this member's seed gives."""
    return prg(expand(seed, b"self" + ctx), length)


def pair_pad(root: bytes, ctx: bytes, length: int) -> int:
    """m_uv: the pad that two members share; one adds it, the other takes it away."""
    return prg(expand(root, b"mask" + ctx), length)


def group_pad(room_key: bytes, ctx: bytes, length: int) -> int:
    """g: what keeps even the total from the server."""
    return prg(expand(room_key, b"group" + ctx), length)


def seed_commitment(ctx: bytes, seed: bytes) -> bytes:
    """com."""
    return H("com", ctx, seed)


def sealed_share(root: bytes, ctx: bytes, sender: bytes, share: bytes) -> bytes:
    """A share of the seed of `sender`, for the one with whom it shares `root`."""
    return ChaCha20Poly1305(_share_key(root, ctx, sender)).encrypt(_ZERO_NONCE, share, ctx)


def opened_share(root: bytes, ctx: bytes, sender: bytes, blob: bytes) -> bytes:
    """The share in a blob.

    Raises:
        cryptography.exceptions.InvalidTag: it is none of `sender`'s for this attempt.
    """
    return ChaCha20Poly1305(_share_key(root, ctx, sender)).decrypt(_ZERO_NONCE, blob, ctx)


def _share_key(root: bytes, ctx: bytes, sender: bytes) -> bytes:
    return expand(root, b"share" + ctx + sender)


def hash_of_vector(y: bytes) -> bytes:
    """H("y", y)."""
    return H("y", y)


def hash_of_shares(shares: Sequence[bytes]) -> bytes:
    """H("shares", blob, …) in roster order."""
    return H("shares", *shares)


def mask_message(ctx: bytes, vector_hash: bytes, com: bytes, shares_hash: bytes) -> bytes:
    """What a member signs when it sends its mask."""
    return H("mask", ctx, vector_hash, com, shares_hash)


def opening_hash(ctx: bytes, signatures: Sequence[bytes], total: bytes | None = None) -> bytes:
    """h1: everybody's masks, and in `A` and `B` the sum that came with them (`total`)."""
    return H("h1", ctx, *signatures) if total is None else H("h1", ctx, H("y", total), *signatures)


def open_message(h1: bytes, seed: bytes) -> bytes:
    """What a member signs when it opens."""
    return H("open", h1, seed)


# -- the result --------------------------------------------------------------------------------------------------


def sealed_result(room_key: bytes, room: bytes, check_in: bytes, h1: bytes, canonical: bytes, length: int) -> bytes:
    """The result as it is recorded: the same bytes from everybody, of a length that says nothing."""
    nonce = h1[:12]
    padded = canonical.ljust(length, b"\0")
    return KEY_ID + nonce + ChaCha20Poly1305(_result_key(room_key)).encrypt(nonce, padded, _bound(room, check_in))


def opened_result(room_key: bytes, room: bytes, check_in: bytes, sealed: bytes) -> bytes | None:
    """The canonical result and the zeros behind it; None when it does not open."""
    from cryptography.exceptions import InvalidTag

    if len(sealed) < 1 + 12 + 16 or sealed[:1] != KEY_ID:
        return None
    try:
        return ChaCha20Poly1305(_result_key(room_key)).decrypt(sealed[1:13], sealed[13:], _bound(room, check_in))
    except InvalidTag:
        return None


def _result_key(room_key: bytes) -> bytes:
    return expand(room_key, b"result")


def _bound(room: bytes, check_in: bytes) -> bytes:
    return lp(room, b"result", check_in)


# -- words -------------------------------------------------------------------------------------------------------


def binding(occupancy: bytes) -> bytes:
    """bind of `B`: the slots of its `A`."""
    return H("A", occupancy)


def ballot_key(room_key: bytes, bind: bytes) -> bytes:
    """The key of the blocks of a `B`."""
    return expand(room_key, b"ballot" + bind)
