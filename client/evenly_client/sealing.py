"""Sealed text and device keys: what leaves this machine, members alone can read (anonymity.md, section 1).

Own code is the order of the bytes; the primitives are ChaCha20-Poly1305 (RFC 8439) and Ed25519 (RFC 8032)
from `cryptography`, HMAC and SHA-256 from the standard library.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_protocol.hashing import lp
from evenly_protocol.sealed import LARGEST, LENGTH_BYTES, FieldKind, allowed_length, padded_size

from evenly_client.text import NAME_CELLS, clean
from evenly_client.translation import _, ngettext

UNREADABLE: Final = _("(cannot be read)")
"""Shown in place of a field that does not open; nothing else breaks."""

SECRET_BYTES: Final = 16
KEY_ID: Final = b"\x00"
GATEWAY_MARK: Final = "\x11"
"""Behind the name of somebody who takes part through a gateway, inside the seal. A program that does not know it
removes it with every other control character, and shows the name alone."""
NONCE_BYTES: Final = 12

_SEVERAL_LINES: Final = frozenset(
    {
        FieldKind.ACTION,
        FieldKind.GUIDANCE,
        FieldKind.ISSUE,
        FieldKind.POST,
        FieldKind.NOTE,
        FieldKind.AGREEMENT,
    }
)


class TextTooLong(ValueError):
    """A text that does not fit its field. `title` says so; `advice` says what to do."""

    code: Final = "text-too-long"

    def __init__(self, kind: FieldKind, text_bytes: int) -> None:
        most = LARGEST[kind] - LENGTH_BYTES
        words = _("This text is too long: it takes {n} bytes, and there is room for {most}.")
        self.title = words.format(n=text_bytes, most=most)
        over = text_bytes - most
        advice = ngettext(
            "Shorten it by {n} byte (a plain letter is one, an emoji about four).",
            "Shorten it by {n} bytes (a plain letter is one, an emoji about four).",
            over,
        )
        self.advice = advice.format(n=over)
        super().__init__(f"{self.title} {self.advice}")


def expand(key: bytes, info: bytes) -> bytes:
    """HKDF-Expand to 32 bytes (RFC 5869): HMAC-SHA256(key, "evenly/1/" + info + 0x01)."""
    return hmac.digest(key, b"evenly/1/" + info + b"\x01", "sha256")


@dataclass(frozen=True)
class RoomKeys:
    """The keys of a room, all made from the link's secret. Only `invite_token` is ever shown to a server."""

    invite_token: bytes = field(repr=False)
    room_key: bytes = field(repr=False)
    text_key: bytes = field(repr=False)

    @classmethod
    def from_secret(cls, secret: bytes) -> RoomKeys:
        """The keys that 16 secret bytes stand for.

        Raises:
            ValueError: there are not exactly 16 bytes.
        """
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a room's secret has {SECRET_BYTES} bytes, not {len(secret)}")
        root = hashlib.sha256(b"evenly/1/secret" + secret).digest()
        room_key = expand(root, b"room")
        return cls(invite_token=expand(root, b"invite"), room_key=room_key, text_key=expand(room_key, b"text"))


class Sealer:
    """Seals and opens the texts of one room (`room`: its id, 16 bytes)."""

    def __init__(self, keys: RoomKeys, room: bytes) -> None:
        self._cipher = ChaCha20Poly1305(keys.text_key)
        self._room = room

    def seal(self, kind: FieldKind, text: str, author_ik: bytes, object_id: bytes, nonce: bytes | None = None) -> bytes:
        """The sealed bytes of `text`, cleaned and padded; a name is cut to its 24 cells.

        `author_ik` is the device key (32 bytes) of who writes, `object_id` (16 bytes) what the text belongs
        to; both must be known to open it. `nonce` (12 bytes) is for known answers in tests: a nonce used twice
        gives the text away.

        Raises:
            TextTooLong: the cleaned text does not fit into the largest size of its kind.
        """
        cells = NAME_CELLS if kind is FieldKind.NAME else None
        encoded = clean(text, cells=cells, lines=kind in _SEVERAL_LINES).encode()
        return self._sealed(kind, encoded, author_ik, object_id, nonce)

    def _sealed(
        self, kind: FieldKind, encoded: bytes, author_ik: bytes, object_id: bytes, nonce: bytes | None
    ) -> bytes:
        size = padded_size(kind, len(encoded))
        if size is None:
            raise TextTooLong(kind, len(encoded))
        padded = (len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded).ljust(size, b"\0")
        nonce = secrets.token_bytes(NONCE_BYTES) if nonce is None else nonce
        bound = self._bound(KEY_ID, kind, author_ik, object_id)
        return KEY_ID + nonce + self._cipher.encrypt(nonce, padded, bound)

    def seal_name(self, name: str, author_ik: bytes, object_id: bytes, *, at_gateway: bool = False) -> bytes:
        """A name sealed as by `seal`, marked when its owner takes part through a gateway."""
        encoded = clean(name, cells=NAME_CELLS) + (GATEWAY_MARK if at_gateway else "")
        return self._sealed(FieldKind.NAME, encoded.encode(), author_ik, object_id, None)

    def marked(self, sealed: bytes, author_ik: bytes, object_id: bytes) -> bool:
        """Whether a sealed name says of its owner that they take part through a gateway."""
        opened = self.open_bytes(FieldKind.NAME, sealed, author_ik, object_id)
        return opened is not None and opened.endswith(GATEWAY_MARK.encode())

    def open(
        self,
        kind: FieldKind,
        sealed: bytes,
        author_ik: bytes,
        object_id: bytes,
        *,
        lines: bool = False,
        cells: int | None = None,
    ) -> str:
        """The text, cleaned for a screen as `clean` does, or `UNREADABLE`; never raises."""
        encoded = self.open_bytes(kind, sealed, author_ik, object_id)
        if encoded is None:
            return UNREADABLE
        try:
            return clean(encoded.decode(), cells=cells, lines=lines)
        except UnicodeDecodeError:
            return UNREADABLE

    def open_bytes(self, kind: FieldKind, sealed: bytes, author_ik: bytes, object_id: bytes) -> bytes | None:
        """The bytes inside the seal, as hashes and results are made of them; None when they cannot be had."""
        if not allowed_length(kind, len(sealed)) or sealed[:1] != KEY_ID:
            return None
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            padded = self._cipher.decrypt(nonce, ciphertext, self._bound(KEY_ID, kind, author_ik, object_id))
        except InvalidTag:
            return None
        end = LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES], "big")
        if end > len(padded) or any(padded[end:]):
            return None
        return padded[LENGTH_BYTES:end]

    def _bound(self, key_id: bytes, kind: FieldKind, author_ik: bytes, object_id: bytes) -> bytes:
        """What a seal is bound to: moved to another room, field, author or object, it does not open."""
        return lp(key_id, self._room, kind.value.encode(), author_ik, object_id)


class DeviceKey:
    """An Ed25519 key: its public half `ik` is the member's id. Never printed, never sent."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: Final = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> DeviceKey:
        """A new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> DeviceKey:
        """The key of 32 private bytes.

        Raises:
            ValueError: there are not exactly 32 bytes.
        """
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """The 32 private bytes, for the key file alone."""
        return self._private.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) over `message`."""
        return self._private.sign(message)


def verify(ik: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` is by the device key `ik`; a wrong shape is a no, not an error."""
    try:
        Ed25519PublicKey.from_public_bytes(ik).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
