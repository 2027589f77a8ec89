"""The bases of everything that happens: commands ask, events tell.

A command is imperative and may be refused. An event is a fact in the past tense: frozen, of a closed set, and
foldable for ever. Both cross the wire as MessagePack arrays whose first element is the name; new fields come
last and have defaults.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec


def wire_name(class_name: str) -> str:
    """`RaiseHand` as it stands on the wire: `raise_hand`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in class_name).lstrip("_")


class Command(msgspec.Struct, frozen=True, array_like=True, tag=wire_name):
    """What somebody asks of the room."""


class Event(msgspec.Struct, frozen=True, array_like=True, tag=wire_name):
    """What happened in the room."""


class Stamp(NamedTuple):
    """What an entry says of all its events.

    Attributes:
        seq: the entry's place in the room's journal, from 1.
        at: when the server decided it, UTC milliseconds, never below the entry before.
        id: the command's id, 16 bytes: also the id of the object it makes.
        by: the seat that asked; 0 is the server, or somebody who is not recorded.
    """

    seq: int
    at: int
    id: bytes
    by: int


class Asking(NamedTuple):
    """Who asks, when, and what only the server knows.

    Attributes:
        by: the seat that asks; 0 is the server.
        at: UTC milliseconds.
        id: the command's id, 16 bytes.
        connected: the seats that have a connection now; used only when a session starts.
    """

    by: int
    at: int
    id: bytes
    connected: Collection[int] = ()
