"""What a member may send instead of what it should: the lies of a changed program, signed with its own good key.

Those that need no key are in `tests/hall.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable

import msgspec
from evenly_client.checkins import derivations
from evenly_client.checkins.attempt import Attempt
from evenly_protocol.relayed import Masked, Opened, Standing, pack, unpack
from evenly_protocol.wire import Relay, RelayType

from tests.hall import Device, Lie, instead, refuses, silent


def _signed_anew(change: Callable[[Masked], Masked]) -> Lie:
    """Masks with something changed, and signed as if nothing were."""

    def lie(device: Device, honest: Relay) -> Iterable[Relay]:
        mask, current = unpack(honest.payload, Masked), device.mine._current
        if honest.type is not RelayType.MASK or mask is None or current is None:
            return [honest]
        mask = change(mask)
        hashed, shares = derivations.hash_of_vector(mask.y), derivations.hash_of_shares(mask.shares)
        message = derivations.mask_message(current.ctx, hashed, mask.com, shares)
        mask = msgspec.structs.replace(mask, signature=device.key.sign(message))
        return [msgspec.structs.replace(honest, payload=pack(mask))]

    return lie


def _other_vector(mask: Masked) -> Masked:
    return msgspec.structs.replace(mask, y=secrets.token_bytes(len(mask.y)))


def _other_commitment(mask: Masked) -> Masked:
    return msgspec.structs.replace(mask, com=secrets.token_bytes(32))


def _other_shares(mask: Masked) -> Masked:
    return msgspec.structs.replace(mask, shares=[secrets.token_bytes(len(s)) for s in mask.shares])


def _shares_in_another_order(mask: Masked) -> Masked:
    own = next((i for i, s in enumerate(mask.shares) if not s), 0)
    others = [s for s in mask.shares if s]
    others = others[1:] + others[:1]
    return msgspec.structs.replace(mask, shares=[*others[:own], b"", *others[own:]] if others else mask.shares)


def two_masks(device: Device, honest: Relay) -> Iterable[Relay]:
    """Two different masks for one attempt, the second good."""
    if honest.type is not RelayType.MASK:
        return [honest]
    return [*_signed_anew(_other_vector)(device, honest), honest]


def another_seed(device: Device, honest: Relay) -> Iterable[Relay]:
    """Opens with a seed that it did not commit to, signed."""
    attempt = next((a for a in _attempts_of(device, honest.check_in) if a.h1), None)
    if honest.type is not RelayType.OPEN or attempt is None:
        return [honest]
    seed = secrets.token_bytes(31) + b"\0"
    opened = Opened(seed, device.key.sign(derivations.open_message(attempt.h1, seed)))
    return [msgspec.structs.replace(honest, payload=pack(opened))]


def _attempts_of(device: Device, check_in: bytes) -> list[Attempt]:
    """The attempt that this device has opened, and the one it is in."""
    c = device.mine._check_ins.get(check_in)
    return [a for a in (c.opened if c else None, device.mine._current) if a is not None]


def other_shares_released(device: Device, honest: Relay) -> Iterable[Relay]:
    """Releases numbers that are no shares."""
    shares = unpack(honest.payload, dict[int, bytes])
    if honest.type is not RelayType.SHARES or shares is None:
        return [honest]
    return [msgspec.structs.replace(honest, payload=pack({place: secrets.token_bytes(32) for place in shares}))]


def shares_of_others(device: Device, honest: Relay) -> Iterable[Relay]:
    """Releases shares of members who are not missing."""
    made_up = pack({place: bytes(32) for place in range(1, 9)})
    return instead(RelayType.SHARES, payload=made_up)(device, honest)


def replays(device: Device, honest: Relay) -> Iterable[Relay]:
    """Sends before each envelope what it has said before."""
    return [*device.said[-5:], honest, honest]


def says_it_twice(device: Device, honest: Relay) -> Iterable[Relay]:
    """Everything comes twice."""
    return [honest, honest]


def stands_elsewhere(device: Device, honest: Relay) -> Iterable[Relay]:
    """Says of itself what is not so, whenever it is asked and whenever it is not."""
    roster = sorted(d.key.public for d in device.hall.devices)
    claim = Standing(b"T" * 32, 2**31, True, "N", 3, b"h" * 32, roster, Opened(b"s" * 32, b"g" * 64))
    if honest.type is RelayType.ROSTER:
        return [msgspec.structs.replace(honest, payload=pack(claim))]
    made_up = Relay(RelayType.ROSTER, 0, pack(claim), honest.check_in, honest.epoch)
    return [honest, made_up] if honest.type is RelayType.DONE else [honest]


LIES: dict[str, Lie] = {
    **{f"says nothing at {type.value}": silent(type) for type in RelayType if type.value in ("mask", "open", "result")},
    **{f"has no key at {type}": silent(type) for type in (RelayType.COMMIT, RelayType.REVEAL)},
    **{
        f"refuses {type.value} with {code}": refuses(type, code)
        for type in (RelayType.MASK, RelayType.OPEN, RelayType.RESULT)
        for code in ("bad_step", "burned", "asked_again", "collision", "spoiled", "?")
    },
    **{f"sends nonsense for {type.value}": instead(type, payload=b"\x93\1\2\3") for type in RelayType},
    **{f"sends nothing in {type.value}": instead(type, payload=b"") for type in RelayType},
    "another key than it committed to": instead(RelayType.COMMIT, payload=bytes(32)),
    "another vector": _signed_anew(_other_vector),
    "another commitment": _signed_anew(_other_commitment),
    "other shares": _signed_anew(_other_shares),
    "shares for others": _signed_anew(_shares_in_another_order),
    "a mask that it did not sign": instead(RelayType.MASK, payload=lambda p: p[:-8] + bytes(8)),
    "two masks": two_masks,
    "another seed": another_seed,
    "an opening that it did not sign": instead(RelayType.OPEN, payload=lambda p: p[:-8] + bytes(8)),
    "other shares released": other_shares_released,
    "shares of others": shares_of_others,
    "another result": instead(RelayType.RESULT, payload=lambda p: p[::-1]),
    "replays": replays,
    "everything twice": says_it_twice,
    "stands elsewhere": stands_elsewhere,
}
