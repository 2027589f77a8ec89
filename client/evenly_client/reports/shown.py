"""How a cell is shown to a person, in Markdown, HTML and plain lines alike."""

from __future__ import annotations

from typing import Final

from evenly_client.reports.report import Cell, Trend, Unit
from evenly_client.reports.saying import day_and_time, hours
from evenly_client.written import decimal

NOT_KNOWN: Final = "–"


def in_a_row(trend: Trend) -> str:
    """The figures of a trend: `76, 87`."""
    figures = [shown(point.value, trend.unit) for point in trend.points]
    # Where a comma stands before tenths, it does not stand between figures.
    return ("; " if any("," in figure for figure in figures) else ", ").join(figures)


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
            return decimal(cell / 10)
        case _:
            return str(cell)
