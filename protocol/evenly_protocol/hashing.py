"""Unambiguous hashing, and the messages that a device signs (anonymity.md, sections 1 and 2).

Every hash says what it is for (its tag) and keeps its parts apart (their lengths), so that no two different
things can ever have the same bytes.
"""

from __future__ import annotations

import hashlib
import struct

_length = struct.Struct(">I").pack


def lp(*parts: bytes) -> bytes:
    """Length-prefixed: each part behind its length in bytes, as an unsigned 32-bit big-endian number."""
    return b"".join([_length(len(part)) + part for part in parts])


def H(tag: str, *parts: bytes) -> bytes:
    """SHA-256 over `lp("evenly/1/" + tag, *parts)`: 32 bytes."""
    return hashlib.sha256(lp(b"evenly/1/" + tag.encode(), *parts)).digest()


def hello_message(server_name: str, room: bytes, server_bytes: bytes, client_bytes: bytes) -> bytes:
    """What a device signs to enter a room.

    `server_name` is the link's HOST:PORT in lower case: a proof made for one server is of no use at another.
    `server_bytes` and `client_bytes` are 32 random bytes of either side, made for this connection.
    """
    return H("hello", server_name.encode(), room, server_bytes, client_bytes)


def profile_message(room: bytes, sealed_name: bytes) -> bytes:
    """What a device signs to say that a (sealed) name is its own in this room."""
    return H("profile", room, sealed_name)
