"""An epoch: keys for those present, committed to before any is shown, so that nobody stands in between.

COMMIT, then REVEAL once all commitments are in, then the roster of all keys, whose hash T gives the three words.
Source: anonymity.md, "Epoch".
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from evenly_protocol.relayed import Committed, Revealed

from evenly_client.checkins import derivations
from evenly_client.sealing import DeviceKey, verify


class EpochRefused(Exception):
    """What the server has passed on is no honest exchange of keys."""


@dataclass(frozen=True)
class Epoch:
    """Keys that are exchanged.

    Attributes:
        number: the server's number for it.
        session: the number of the session it belongs to.
        roster_hash: T.
        keys: each member's xk by ik, in order of ik.
        roots: what this member shares with each other one, by ik.
    """

    number: int
    session: int
    roster_hash: bytes
    keys: dict[bytes, bytes]
    roots: dict[bytes, bytes]

    @property
    def words(self) -> tuple[str, str, str]:
        """The three words, the same on every honest screen."""
        return derivations.code(self.roster_hash)


class Handshake:
    """One member's side of an exchange of keys, until it stands. Its key is in memory alone."""

    def __init__(
        self,
        room: bytes,
        room_key: bytes,
        device: DeviceKey,
        number: int,
        session: int,
        private: X25519PrivateKey | None = None,
        nonce: bytes | None = None,
    ) -> None:
        """`private`, `nonce`: for known answers in tests; otherwise fresh."""
        self.number = number
        self.session = session
        self._room, self._room_key, self._device = room, room_key, device
        self._private = private or X25519PrivateKey.generate()
        self._nonce = nonce or secrets.token_bytes(16)
        self._xk = self._private.public_key().public_bytes_raw()
        self._committed: dict[bytes, bytes] | None = None

    def commitment(self) -> bytes:
        """COMMIT: binds this member to its key without showing it."""
        return derivations.commitment(self._room, self.session, self._device.public, self._xk, self._nonce)

    def reveal(self, committed: Sequence[Committed]) -> Revealed:
        """REVEAL, once all commitments are in. These are the members of the epoch; there are no others afterwards.

        Raises:
            EpochRefused: this member's own commitment is not there, there are two of one member, or there were others
                before.
        """
        by_member = {c.ik: c.commitment for c in committed}
        if self._committed not in (None, by_member):
            raise EpochRefused("other commitments than before")
        if len(by_member) != len(committed) or by_member.get(self._device.public) != self.commitment():
            raise EpochRefused("commitments that cannot be")
        self._committed = by_member
        message = derivations.key_message(self._room, self.session, self._xk)
        return Revealed(self._device.public, self._xk, self._nonce, self._device.sign(message))

    def standing(self, revealed: Sequence[Revealed]) -> Epoch:
        """The epoch, once all keys are shown.

        Raises:
            EpochRefused: they are not exactly the keys that were committed to, each signed by its member.
        """
        committed = self._committed
        if committed is None or len(revealed) != len(committed) or {r.ik for r in revealed} != set(committed):
            raise EpochRefused("not those who committed")
        if len({r.xk for r in revealed}) != len(revealed):
            raise EpochRefused("two members with one key")
        for r in revealed:
            self._check(r, committed[r.ik])
        hashed = derivations.roster_hash(self._room, self.session, revealed)
        keys = {r.ik: r.xk for r in sorted(revealed, key=lambda r: r.ik)}
        try:
            roots = {
                ik: derivations.pair_root(self._private, xk, hashed, self._room_key)
                for ik, xk in keys.items()
                if ik != self._device.public
            }
        except ValueError as error:
            raise EpochRefused("a key that is none") from error
        return Epoch(self.number, self.session, hashed, keys, roots)

    def _check(self, r: Revealed, committed: bytes) -> None:
        if derivations.commitment(self._room, self.session, r.ik, r.xk, r.nonce) != committed:
            raise EpochRefused("another key than the one committed to")
        if not verify(r.ik, r.signature, derivations.key_message(self._room, self.session, r.xk)):
            raise EpochRefused("a key that its member has not signed")
