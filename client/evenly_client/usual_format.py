"""The format that a room's sessions have unless another is named: kept on this machine, by room."""

from __future__ import annotations

from typing import Final

from evenly_client.errors import UserError
from evenly_client.formats import library
from evenly_client.formats.shape import Format
from evenly_client.formats.table import FormatError
from evenly_client.store import Store

PLAIN: Final = "open"
"""Where nothing else was said: no plan."""


def keep(store: Store, room: bytes, name: str) -> None:
    """Remembers the format of a room (its id), by its name or its file."""
    store.keep_setting(f"format {room.hex()}", name)


def of(store: Store | None, room: bytes) -> Format:
    """The format of a room; the one without a plan where none was kept, or it is there no longer."""
    name = (store.setting(f"format {room.hex()}") if store is not None else None) or PLAIN
    try:
        return library.find(name)
    except (UserError, FormatError):
        return library.find(PLAIN)
