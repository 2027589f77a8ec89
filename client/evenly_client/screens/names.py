"""Names in columns."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from evenly_client.people import at_gateway
from evenly_client.screens.looks import padded

LETTERS_AT_LEAST: Final = 3


def padded_name(shown: str, cells: int) -> str:
    """A name in exactly `cells` cells; cut, it still says that somebody takes part through a gateway."""
    behind = at_gateway("")
    room = cells - cell_len(behind)
    if cell_len(shown) <= cells or room < LETTERS_AT_LEAST or not shown.endswith(behind):
        return padded(shown, cells)
    return padded(shown.removesuffix(behind), room) + behind
