"""One attempt at one masked sum: MASK, OPEN, perhaps RECOVER, result (anonymity.md, "Close").

    y = x + own pad + what is shared with those above − with those below (+ the group's pad, from the lowest)

Summed over the roster the shared pads cancel; the own pads go away once every seed is open. Until then nothing of x can
be seen; afterwards nothing but the sum. No I/O and no ledger: what must be on disk before OPEN is the participant's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from evenly_protocol.relayed import Masked, Masks, MaskSeen, Opened, Released, restorable

from evenly_client.checkins import derivations, sharing
from evenly_client.checkins.derivations import Context
from evenly_client.sealing import DeviceKey, verify

SEED_BYTES = 32


class AttemptRefused(Exception):
    """Something about this attempt is not as it must be. All such failures look the same from outside."""


class Attempt:
    """One member's side of an attempt.

    Attributes:
        context: what it is bound to.
        ctx: the same, hashed.
        h1: what OPEN signs, once the masks were found good.
        total: the sum, once it is known.
    """

    def __init__(
        self,
        context: Context,
        device: DeviceKey,
        room_key: bytes,
        roots: Mapping[bytes, bytes],
        x: int,
        *,
        seed: int | None = None,
        coefficients: Sequence[int] | None = None,
    ) -> None:
        """`x`: this member's vector as a number. `seed`, `coefficients`: for known answers; otherwise random."""
        self.context = context
        self.ctx = context.hashed()
        self.h1 = b""
        self.total: int | None = None
        self._device, self._room_key, self._roots = device, room_key, roots
        self._seed = sharing.random_below_p() if seed is None else seed
        self._coefficients = coefficients
        self._masked = self._mask(x)
        self._masks: list[MaskSeen] = []
        self._sum = 0
        self._seeds: dict[int, bytes] = {}
        self._released: set[int] = set()

    @property
    def roster(self) -> list[bytes]:
        """Its members by device key, in order."""
        return [ik for ik, _ in self.context.roster]

    @property
    def people(self) -> int:
        """How many they are."""
        return len(self.context.roster)

    @property
    def place(self) -> int:
        """This member's place, from 1."""
        return self.roster.index(self._device.public) + 1

    @property
    def masked(self) -> Masked:
        """MASK: always the same bytes."""
        return self._masked

    # -- MASK ----------------------------------------------------------------------------------------------------

    def _mask(self, x: int) -> Masked:
        y = derivations.vector(x + self._pads(), self.context.length)
        com = derivations.seed_commitment(self.ctx, self._seed_bytes())
        shares = self._shares()
        message = derivations.mask_message(
            self.ctx, derivations.hash_of_vector(y), com, derivations.hash_of_shares(shares)
        )
        return Masked(y, com, shares, self._device.sign(message))

    def _pads(self) -> int:
        me, length = self._device.public, self.context.length
        pads = derivations.own_pad(self._seed_bytes(), self.ctx, length)
        for other in self.roster:
            if other != me:
                shared = derivations.pair_pad(self._roots[other], self.ctx, length)
                pads += shared if other > me else -shared
        if me == self.roster[0]:
            pads += derivations.group_pad(self._room_key, self.ctx, length)
        return pads

    def _shares(self) -> list[bytes]:
        me, missing = self._device.public, restorable(self.people)
        if not missing:
            return [b""] * self.people
        places = range(1, self.people + 1)
        values = sharing.share(self._seed, self.people - missing, places, self._coefficients)
        return [
            b""
            if ik == me
            else derivations.sealed_share(self._roots[ik], self.ctx, me, value.to_bytes(SEED_BYTES, "little"))
            for ik, value in zip(self.roster, values, strict=True)
        ]

    def _seed_bytes(self) -> bytes:
        return self._seed.to_bytes(SEED_BYTES, "little")

    # -- OPEN ----------------------------------------------------------------------------------------------------

    def check_masks(self, masks: Masks) -> None:
        """Everybody's masks are there and good: this attempt may be opened. Its `h1` is known from now on.

        Raises:
            AttemptRefused: one is missing, not signed by its member, or not mine; or others were shown before.
        """
        if len(masks.members) != self.people:
            raise AttemptRefused
        summed = self.context.stage != "N"
        for ik, mask in zip(self.roster, masks.members, strict=True):
            hashed = mask.y if summed else derivations.hash_of_vector(mask.y)
            if not summed and len(mask.y) != self.context.length:
                raise AttemptRefused
            message = derivations.mask_message(self.ctx, hashed, mask.com, mask.shares_hash)
            if not verify(ik, mask.signature, message):
                raise AttemptRefused
        if masks.members[self.place - 1].signature != self._masked.signature:
            raise AttemptRefused
        if summed and len(masks.total) != self.context.length:
            raise AttemptRefused
        signatures = [mask.signature for mask in masks.members]
        h1 = derivations.opening_hash(self.ctx, signatures, masks.total if summed else None)
        if self.h1 and self.h1 != h1:
            raise AttemptRefused
        self.h1, self._masks = h1, masks.members
        vectors = [masks.total] if summed else [mask.y for mask in masks.members]
        self._sum = sum(map(derivations.number, vectors))

    def opening(self) -> Opened:
        """OPEN: this member's seed. Only after `check_masks`, and with the burn on disk."""
        self._seeds[self.place] = self._seed_bytes()
        return Opened(self._seed_bytes(), self._device.sign(derivations.open_message(self.h1, self._seed_bytes())))

    # -- RECOVER -------------------------------------------------------------------------------------------------

    def check_opens(self, opens: Sequence[Opened]) -> list[int]:
        """The others' seeds, an empty one where it is missing. Returns the places of those that are missing.

        Raises:
            AttemptRefused: one is not what was committed to and signed, or more are missing than may be restored,
                those that were missing in an earlier answer included.
        """
        if not self.h1 or len(opens) != self.people:
            raise AttemptRefused
        for place, (ik, mask, opened) in enumerate(zip(self.roster, self._masks, opens, strict=True), start=1):
            if not opened.seed:
                continue
            if derivations.seed_commitment(self.ctx, opened.seed) != mask.com:
                raise AttemptRefused
            if not verify(ik, opened.signature, derivations.open_message(self.h1, opened.seed)):
                raise AttemptRefused
            self._seeds[place] = opened.seed
        missing = [place for place, opened in enumerate(opens, start=1) if not opened.seed]
        if len(self._released | set(missing)) > restorable(self.people):
            raise AttemptRefused
        self._finish()
        return missing

    def release(self, missing: Sequence[int]) -> dict[int, bytes]:
        """SHARES: this member's share of each missing seed that it has one of; its own seed is not among them."""
        self._released |= set(missing)
        shares: dict[int, bytes] = {}
        for place in missing:
            if place == self.place:
                continue
            sender, mask = self.roster[place - 1], self._masks[place - 1]
            try:
                shares[place] = derivations.opened_share(self._roots[sender], self.ctx, sender, mask.share)
            except InvalidTag:
                continue
        return shares

    def restore(self, released: Sequence[Released]) -> None:
        """Seeds joined from the shares of others, the lowest in the roster first; their commitments check them.

        Raises:
            AttemptRefused: a seed cannot be had from them.
        """
        threshold = self.people - restorable(self.people)
        for place in range(1, self.people + 1):
            if place in self._seeds:
                continue
            having = {r.place: r.shares[place] for r in sorted(released, key=lambda r: r.place) if place in r.shares}
            lowest = dict(list(having.items())[:threshold])
            if len(lowest) < threshold:
                raise AttemptRefused
            secret = sharing.restore({x: derivations.number(value) for x, value in lowest.items()})
            seed = secret.to_bytes(SEED_BYTES, "little")
            if derivations.seed_commitment(self.ctx, seed) != self._masks[place - 1].com:
                raise AttemptRefused
            self._seeds[place] = seed
        self._finish()

    def _finish(self) -> None:
        if len(self._seeds) < self.people:
            return
        length = self.context.length
        pads = sum(derivations.own_pad(seed, self.ctx, length) for seed in self._seeds.values())
        pads += derivations.group_pad(self._room_key, self.ctx, length)
        self.total = (self._sum - pads) % (1 << 8 * length)
