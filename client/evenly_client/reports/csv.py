"""A report's tables as CSV (RFC 4180), for a spreadsheet.

Of one table (`--table`) the file is that table alone, as a spreadsheet can sort and filter it. Without a name it holds
all tables, one below the other, a blank line between them, the table's key as first column of each row: one sheet to
look at. Lengths of time are minutes with a decimal point, moments are local and sortable.

A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
"""

from __future__ import annotations

import csv
import io
import time
from typing import Final

from evenly_client.errors import UserError
from evenly_client.people import LEFT_TO_RIGHT_MARK
from evenly_client.reports.report import Cell, Column, Report, Table, Trend, Unit
from evenly_client.translation import _, pgettext

BYTE_ORDER_MARK: Final = "\ufeff"
"""Goes before what is written to a file: without it, Excel does not take the file for UTF-8."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'=")


class NoSuchTable(UserError):
    """The report has no table of that name."""


def render(report: Report, table: str | None = None) -> str:
    """All tables, or the one of this key.

    Raises:
        NoSuchTable: there is none.
    """
    tables = all_tables(report)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if table is not None:
        found = next((t for t in tables if t.key == table), None)
        if found is None:
            title = _("This report has no table {name}.").format(name=repr(table[:40]))
            have = ", ".join(t.key for t in tables)
            raise NoSuchTable(title, _("It has: {names}.").format(names=have) if have else _("It has none at all."))
        writer.writerow([c.key for c in found.columns])
        writer.writerows(_row(found, row) for row in found.rows)
        return _for_programs(out.getvalue())
    for number, one in enumerate(tables):
        if number:
            out.write("\r\n")
        writer.writerow(["table", *(c.key for c in one.columns)])
        writer.writerows([one.key, *_row(one, row)] for row in one.rows)
    return _for_programs(out.getvalue())


def _for_programs(text: str) -> str:
    """Without what names have for the eye alone."""
    return text.replace(LEFT_TO_RIGHT_MARK, "")


def all_tables(report: Report) -> list[Table]:
    """The tables of a report; its trends are tables too, where no table has them."""
    tables = report.tables()
    points: list[tuple[Cell, ...]] = []
    for section in report.sections:
        if section.tables:
            continue
        for trend in (b for b in section.blocks if isinstance(b, Trend)):
            points += [(trend.key, p.label, _cell(p.value, trend.unit)) for p in trend.points]
    if points:
        columns = (
            Column("figure", pgettext("column", "Figure")),
            Column("session", pgettext("column", "Session")),
            Column("value", pgettext("column", "Value"), Unit.COUNT),
        )
        tables.append(Table("trends", _("Over the sessions"), columns, tuple(points)))
    return tables


def _row(table: Table, row: tuple[Cell, ...]) -> list[str]:
    return [_cell(cell, column.unit) for cell, column in zip(row, table.columns, strict=True)]


def _cell(cell: Cell, unit: Unit) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    if unit is Unit.TENTHS:
        return f"{cell / 10:.1f}"
    if unit is Unit.MILLISECONDS:
        return f"{cell / 60_000:.2f}".rstrip("0").rstrip(".")
    if unit is Unit.INSTANT:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(cell / 1000))
    return str(cell)


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
