"""What the envelopes of check-ins carry: the payloads of `relay` frames. Source: anonymity.md, section 2.

    to the server                     from the server
                                      COMMIT   empty: make keys for this epoch
    COMMIT   32 bytes                 REVEAL   [Committed]: show your key
    REVEAL   Revealed                 ROSTER   [Revealed]: these are the epoch (no check-in in the envelope)
    WORDS    (from who leads)         WORDS    compare the three words of this epoch now
    DONE     (I have answered)        PROGRESS Progress: how many of how many
                                      ROSTER   empty, with a check-in: how do you stand?
    ROSTER   Standing
                                      ROSTER   [device key]: this attempt is of these
    MASK     Masked                   MASKS    Masks
    OPEN     Opened                   OPENS    [Opened], an empty seed where somebody's is missing
    SHARES   {place: share}           SHARES   [Released]
    RESULT   sealed result, or empty
    REFUSE   a code, instead of any

Whoever is in a round is named by its device key; a place is 1-based in the roster, sorted by device key. The server
moves these bytes and adds up vectors; it has no key to anything in them.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

FINAL_CODES = ("too_few", "too_many", "asked_again", "shrunk")
"""Codes of REFUSE that hold for everybody: the check-in is given up. After any other the rest may go on without."""

HASH_BYTES = 32
SHARE_BYTES = 32
BLOB_BYTES = 48
"""A sealed share: 32 bytes and a tag of 16."""


class Payload(msgspec.Struct, frozen=True, array_like=True):
    """What an envelope carries."""


class Committed(Payload, frozen=True):
    """A member's commitment to a key it has not shown, 32 bytes."""

    ik: bytes
    commitment: bytes


class Revealed(Payload, frozen=True):
    """A member's key of the epoch (X25519, 32 bytes), the 16-byte nonce of its commitment, and a signature by `ik`."""

    ik: bytes
    xk: bytes
    nonce: bytes
    signature: bytes


class Masked(Payload, frozen=True):
    """A masked vector.

    Attributes:
        y: the vector, as long as the stage says.
        com: the commitment to the seed, 32 bytes.
        shares: the seed's sealed shares in roster order, an empty one for oneself; all empty among three.
        signature: by `ik`.
    """

    y: bytes
    com: bytes
    shares: list[bytes]
    signature: bytes


class MaskSeen(Payload, frozen=True):
    """One member's mask as the others get it.

    Attributes:
        y: the vector in stage `N`; its hash H("y", y) in the others.
        com: the commitment to the seed.
        shares_hash: H("shares", blob, …).
        signature: by that member.
        share: the blob meant for whoever gets this.
    """

    y: bytes
    com: bytes
    shares_hash: bytes
    signature: bytes
    share: bytes


class Masks(Payload, frozen=True):
    """Everybody's masks in roster order; `total`: the sum of the vectors in stages `A` and `B`, empty in `N`."""

    members: list[MaskSeen]
    total: bytes = b""


class Opened(Payload, frozen=True):
    """A seed (32 bytes, little endian) and a signature by `ik`; an empty seed where it is missing."""

    seed: bytes = b""
    signature: bytes = b""


class Released(Payload, frozen=True):
    """The shares that the member in this place has released: by the place of whom they are of."""

    place: int
    shares: dict[int, bytes]


class Standing(Payload, frozen=True):
    """How a client stands when it, or the server, has come back.

    Attributes:
        roster_hash: T of its epoch; empty where it has no keys.
        highest_k: of the attempts it has sent a mask for.
        done: the member has answered, or abstains.
        stage, k, h1: of the attempt that it has opened and that is not recorded yet; empty, 0 where there is none.
        roster: of that attempt.
        opened: its own opening of it.
    """

    roster_hash: bytes
    highest_k: int = 0
    done: bool = False
    stage: str = ""
    k: int = 0
    h1: bytes = b""
    roster: list[bytes] = []
    opened: Opened = Opened()


class Progress(Payload, frozen=True):
    """So many of so many. In an envelope without a stage: are done answering; with one: have sent this step's part."""

    have: int
    of: int


_P = TypeVar("_P")
_encode = msgspec.msgpack.Encoder().encode
_decoders: dict[object, msgspec.msgpack.Decoder[object]] = {}


def pack(payload: object) -> bytes:
    """A payload as bytes."""
    return _encode(payload)


def unpack(payload: bytes, kind: type[_P]) -> _P | None:
    """The payload of this kind; None when the bytes are none: what others send is never an error here."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        return decoder.decode(payload)  # type: ignore[return-value]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def restorable(people: int) -> int:
    """d: how many seeds can be restored from shares when that many did not open: none of three, else one of sixteen."""
    return 0 if people <= 3 else max(1, people // 16)
