"""One attempt at closing a check-in, and what members send for it, as far as the server looks at it: its shape.

Whatever has not the right shape counts as not sent. What is in it is the members' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from evenly_protocol.checkins import FEWEST, CheckIn, vector_bytes
from evenly_protocol.hashing import H
from evenly_protocol.relayed import (
    BLOB_BYTES,
    FINAL_CODES,
    HASH_BYTES,
    SHARE_BYTES,
    Masked,
    Masks,
    MaskSeen,
    Opened,
    Released,
    pack,
    restorable,
    unpack,
)
from evenly_protocol.wire import Relay, RelayType

SIGNATURE_BYTES = 64


class Attempt(NamedTuple):
    """One attempt: which check-in, which epoch's number, which stage, the how manyth, of whom (in order)."""

    check_in: CheckIn
    epoch: int
    stage: str
    k: int
    roster: list[bytes]

    def envelope(self, type: RelayType, payload: object) -> Relay:
        """An envelope of this attempt."""
        return Relay(type, 0, pack(payload), self.check_in.id, self.epoch, self.stage, self.k)

    @property
    def length(self) -> int:
        """Of a vector, bytes."""
        asked = self.check_in
        return vector_bytes(asked.kind, len(asked.options), self.stage, len(self.roster))


def masked_in(attempt: Attempt, member: bytes, relay: Relay) -> Masked | None:
    """A mask of the right sizes."""
    masked = unpack(relay.payload, Masked) if relay.type is RelayType.MASK else None
    if masked is None or len(masked.y) != attempt.length or len(masked.com) != HASH_BYTES:
        return None
    people, shared = len(attempt.roster), BLOB_BYTES if restorable(len(attempt.roster)) else 0
    sizes = [0 if m == member else shared for m in attempt.roster]
    if len(masked.signature) != SIGNATURE_BYTES or [len(s) for s in masked.shares] != sizes:
        return None
    return masked if len(masked.shares) == people else None


def shown_to_each(attempt: Attempt, masks: Mapping[bytes, Masked]) -> Iterable[tuple[bytes, Masks]]:
    """The masks as each member gets them: with the shares that are for that one."""
    every = [masks[m] for m in attempt.roster]
    summed = attempt.stage != "N"
    total = b""
    if summed:
        numbers = (int.from_bytes(m.y, "little") for m in every)
        total = (sum(numbers) % (1 << 8 * attempt.length)).to_bytes(attempt.length, "little")
    vectors = [H("y", m.y) if summed else m.y for m in every]
    hashes = [H("shares", *m.shares) for m in every]
    for i, member in enumerate(attempt.roster):
        seen = [
            MaskSeen(y, m.com, hashed, m.signature, m.shares[i])
            for y, m, hashed in zip(vectors, every, hashes, strict=True)
        ]
        yield member, Masks(seen, total)


def opening_in(relay: Relay) -> Opened | None:
    """An opening of the right sizes."""
    opened = unpack(relay.payload, Opened) if relay.type is RelayType.OPEN else None
    return opened if opened is not None and is_opened(opened) else None


def is_opened(opened: Opened) -> bool:
    """Whether an opening has a seed and a signature."""
    return len(opened.seed) == HASH_BYTES and len(opened.signature) == SIGNATURE_BYTES


def released_in(attempt: Attempt, sent: Mapping[bytes, Relay], missing: Sequence[int]) -> list[Released] | None:
    """The shares of the lowest in the roster, as many as it takes; None when they are too few."""
    found: list[Released] = []
    for place, member in enumerate(attempt.roster, start=1):
        relay = sent.get(member)
        shares = unpack(relay.payload, dict[int, bytes]) if relay and relay.type is RelayType.SHARES else None
        if shares is not None and sorted(shares) == missing and all(len(s) == SHARE_BYTES for s in shares.values()):
            found.append(Released(place, shares))
    needed = len(attempt.roster) - restorable(len(attempt.roster))
    return found[:needed] if len(found) >= needed else None


def final_code(relays: Iterable[Relay], left: int) -> str:
    """The code that refusals come to, where they hold for everybody or leave too few; empty where others may go on.

    Where it was opened before by most, or by so many that too few are left, it is lost.
    """
    codes = [r.payload.decode(errors="replace") if r.type is RelayType.REFUSE else "" for r in relays]
    final = next((code for code in FINAL_CODES if code in codes), "")
    if final or not any(codes) or (left >= FEWEST and codes.count("burned") * 2 <= len(codes)):
        return final
    return "lost" if "burned" in codes else "nothing_opened"
