"""How a cell is shown to a person, in Markdown, HTML and plain lines alike."""

from __future__ import annotations

from typing import Final

from evenly_client.reports.report import Cell, Unit
from evenly_client.reports.saying import day_and_time, hours

NOT_KNOWN: Final = "–"


def shown(cell: Cell, unit: Unit) -> str:
    """A cell as text, on one line or, where it is somebody's text, on several."""
    if cell is None:
        return NOT_KNOWN
    if isinstance(cell, str):
        return cell
    match unit:
        case Unit.MILLISECONDS:
            return hours(cell)
        case Unit.INSTANT:
            return day_and_time(cell)
        case Unit.TENTHS:
            return f"{cell / 10:.1f}"
        case _:
            return str(cell)
