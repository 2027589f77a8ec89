"""Who may come in by the browser: one-time entries that are handed out, and the key with which a browser comes back.

    <gateway home>/entries/<SHA-256 of the token>    an entry not used yet; the file's time is when it was made
    <gateway home>/returns/<identity>                a visitor whose browser may come back

The files are empty, mode 0600, and their names are hashes: whoever reads the folder can enter with nothing of it. Using
an entry is one rename from the first folder to the second. So it is used once, be there two at the same moment, and a
gateway that is killed has either not used it or knows its visitor.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

VALID_S: Final = 7 * 24 * 60 * 60
"""Seconds after which an entry that nobody has used is none any more."""

_SECRET = re.compile(r"[a-z2-7]{26}")


class Kept(NamedTuple):
    """Who came in by an entry: the visitor's identity, and the key with which their browser comes back."""

    identity: str
    key: str


class Entries:
    """The entries of one gateway; several processes may have them at once. `now`: seconds since 1970.

    Attributes:
        gateway: a short name of this gateway, no secret, the same at each start.
    """

    def __init__(self, home: Path, now: Callable[[], float] = time.time) -> None:
        """Makes the folders in `home` that are not there yet. Raises OSError where it cannot."""
        self._now = now
        self.gateway: Final = sha256(b"evenly gateway " + home.name.encode()).hexdigest()[:12]
        self._entries = _private_folder(home / "entries")
        self._returns = _private_folder(home / "returns")

    def new(self) -> str:
        """A token that opens the gateway once: 128 random bits in 26 characters. On the disk when this returns."""
        self._forget_old()
        token = _secret()
        path = self._entries / _hash(token)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.utime(path, (self._now(), self._now()))
        _sync(self._entries)
        return token

    def use(self, token: str) -> Kept | None:
        """Uses an entry up; None when there is no such entry, or none any more."""
        if not _SECRET.fullmatch(token):
            return None
        path = self._entries / _hash(token)
        key = _secret()
        identity = _identity(key)
        try:
            if self._is_old(path):
                return None
            path.rename(self._returns / identity)
        except FileNotFoundError:
            return None
        _sync(self._entries)
        _sync(self._returns)
        return Kept(identity, key)

    def returning(self, key: str) -> str | None:
        """The identity of the visitor whose browser has this key; None when it is nobody's."""
        if not _SECRET.fullmatch(key):
            return None
        identity = _identity(key)
        return identity if (self._returns / identity).exists() else None

    def forget(self, identity: str) -> None:
        """No browser comes back as this visitor any more. What is in their folder stays."""
        (self._returns / identity).unlink(missing_ok=True)
        _sync(self._returns)

    def _forget_old(self) -> None:
        for path in self._entries.iterdir():
            try:
                if self._is_old(path):
                    path.unlink()
            except FileNotFoundError:
                continue  # used or forgotten by somebody else, just now

    def _is_old(self, path: Path) -> bool:
        return path.stat().st_mtime + VALID_S <= self._now()


def _secret() -> str:
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def _hash(token: str) -> str:
    return sha256(b"evenly gateway entry " + token.encode()).hexdigest()


def _identity(key: str) -> str:
    """The identity says nothing of the key: it is made of its hash."""
    digest = sha256(b"evenly gateway return " + key.encode()).digest()
    return "web-" + base64.b32encode(digest[:20]).decode().lower()


def _private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def _sync(folder: Path) -> None:
    """A name given or taken away is on the disk: a used entry stays used after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
