"""Private notes: of one member, in one room, on this machine. They are sealed here and never leave it.

The key is made of the device key (HKDF-Expand, RFC 5869, from its 32 random bytes) and the room's id; each note is
ChaCha20-Poly1305 (RFC 8439) under a fresh nonce, bound to its place. What lies on the disk is opaque, a half-typed
note included; with another device key, or in another room, it does not open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from evenly_protocol.hashing import lp

from evenly_client.sealing import NONCE_BYTES, UNREADABLE, DeviceKey, expand
from evenly_client.store import KeptNote
from evenly_client.text import clean
from evenly_client.translation import _

NOTE_BYTES_AT_MOST: Final = 60_000
"""The longest note, in bytes of UTF-8."""

_ID_BYTES: Final = 16
_DRAFT: Final = b"draft"
_PADDED_TO: Final = 256
"""Sealed lengths are multiples of so many bytes, so that a length says little."""


class NoteTooLong(ValueError):
    """A note is longer than `NOTE_BYTES_AT_MOST`. `title` says so; `advice` says what to do."""

    code: Final = "note-too-long"

    def __init__(self, text_bytes: int) -> None:
        words = _("This note is too long: it takes {n} bytes, and there is room for {most}.")
        self.title = words.format(n=text_bytes, most=NOTE_BYTES_AT_MOST)
        self.advice = _("Make two of it.")
        super().__init__(f"{self.title} {self.advice}")


@dataclass(frozen=True)
class PrivateNote:
    """A note, opened. `created` and `changed`: UTC milliseconds."""

    id: bytes
    text: str
    created: int
    changed: int


class Shelf(Protocol):
    """Where sealed notes lie: the store, or this program's memory."""

    def keep_note(self, room: bytes, device: bytes, id: bytes, sealed: bytes, at: int) -> None:
        """Keeps a sealed note, in the place of the one with this id."""
        ...

    def notes(self, room: bytes, device: bytes) -> list[KeptNote]:
        """The notes of a device in a room, the last changed first."""
        ...

    def delete_note(self, room: bytes, device: bytes, id: bytes) -> None:
        """Deletes a note."""
        ...


class MemoryShelf:
    """Sealed notes for as long as the program runs (a demo, a rehearsal)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bytes, bytes], KeptNote] = {}

    def keep_note(self, room: bytes, device: bytes, id: bytes, sealed: bytes, at: int) -> None:
        """As `Store.keep_note`."""
        before = self._kept.get((room, device, id))
        self._kept[room, device, id] = KeptNote(id, sealed, before.created if before is not None else at, at)

    def notes(self, room: bytes, device: bytes) -> list[KeptNote]:
        """As `Store.notes`."""
        mine = [note for (r, d, _), note in self._kept.items() if (r, d) == (room, device)]
        return sorted(mine, key=lambda n: (-n.changed, -n.created, n.id))

    def delete_note(self, room: bytes, device: bytes, id: bytes) -> None:
        """As `Store.delete_note`."""
        self._kept.pop((room, device, id), None)


class Notes:
    """The private notes of one device in one room."""

    def __init__(self, key: DeviceKey, room: bytes, shelf: Shelf) -> None:
        """`room`: its id."""
        self._cipher = ChaCha20Poly1305(expand(key.to_bytes(), b"notes" + room))
        self._device = key.public
        self._room = room
        self._shelf = shelf

    def all(self) -> list[PrivateNote]:
        """Every note, the last changed first; one that cannot be read says so."""
        return [
            PrivateNote(kept.id, self._open(kept.id, kept.sealed), kept.created, kept.changed)
            for kept in self._shelf.notes(self._room, self._device)
            if len(kept.id) == _ID_BYTES
        ]

    def note(self, id: bytes) -> PrivateNote | None:
        """The note with this id."""
        return next((note for note in self.all() if note.id == id), None)

    def keep(self, text: str, at: int, id: bytes = b"") -> bytes:
        """Keeps a new note, or (`id`) this one in other words; its draft is forgotten. Returns its id.

        Raises:
            NoteTooLong: it is longer than `NOTE_BYTES_AT_MOST`; nothing was changed.
        """
        sealed_as = id or secrets.token_bytes(_ID_BYTES)
        self._shelf.keep_note(self._room, self._device, sealed_as, self._seal(sealed_as, text), at)
        self.forget_draft(id)
        return sealed_as

    def delete(self, id: bytes) -> None:
        """Deletes a note, and what was half-typed of it."""
        self._shelf.delete_note(self._room, self._device, id)
        self.forget_draft(id)

    def draft(self, id: bytes = b"") -> str:
        """What was half-typed of a note, or of a new one; empty for nothing."""
        place = _DRAFT + id
        kept = next((n for n in self._shelf.notes(self._room, self._device) if n.id == place), None)
        return "" if kept is None else self._open(place, kept.sealed)

    def keep_draft(self, text: str, at: int, id: bytes = b"") -> None:
        """Keeps a half-typed note, as far as it is not too long; an empty one is forgotten."""
        if not text.strip():
            self.forget_draft(id)
            return
        cut = text.encode()[:NOTE_BYTES_AT_MOST].decode(errors="ignore")
        self._shelf.keep_note(self._room, self._device, _DRAFT + id, self._seal(_DRAFT + id, cut), at)

    def forget_draft(self, id: bytes = b"") -> None:
        """Nothing is half-typed any more."""
        self._shelf.delete_note(self._room, self._device, _DRAFT + id)

    def _seal(self, place: bytes, text: str) -> bytes:
        encoded = clean(text, lines=True).encode()
        if len(encoded) > NOTE_BYTES_AT_MOST:
            raise NoteTooLong(len(encoded))
        length = len(encoded).to_bytes(4, "big")
        padded = (length + encoded).ljust(-(-(4 + len(encoded)) // _PADDED_TO) * _PADDED_TO, b"\0")
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, padded, self._bound(place))

    def _open(self, place: bytes, sealed: bytes) -> str:
        try:
            padded = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(place))
            return clean(padded[4 : 4 + int.from_bytes(padded[:4], "big")].decode(), lines=True)
        except (InvalidTag, ValueError):
            return UNREADABLE

    def _bound(self, place: bytes) -> bytes:
        return lp(b"note", self._room, self._device, place)
