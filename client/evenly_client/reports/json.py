"""A report as JSON with stable keys, for scripts.

    {"version": 1, "report": "session", "title": …, "first_line": …,
     "sections": {KEY: {"title": …, "paragraphs": […], "tables": {KEY: [{COLUMN: cell, …}, …]},
                        "lists": {KEY: [{"text": …, "about": …}]}, "trends": {KEY: [{"session": …, "value": …}]}}}}

What elsewhere is arranged for reading, as check-ins are, is in tables here. Lengths of time are milliseconds, in keys
that end with `_ms`; moments are UTC milliseconds, in keys that end with `_at`. What is not known is null. New keys may
be added; those there are keep their meaning.
"""

from __future__ import annotations

import json
from typing import Final

from evenly_client.people import LEFT_TO_RIGHT_MARK
from evenly_client.reports.report import (
    Answers,
    Bars,
    Cell,
    Column,
    Heading,
    Items,
    Paragraph,
    Report,
    Section,
    Table,
    Trend,
    Unit,
)

VERSION: Final = 1

_ENDS: Final = {Unit.MILLISECONDS: "_ms", Unit.INSTANT: "_at"}

Value = Cell | float | list["Value"] | dict[str, "Value"]


def render(report: Report) -> str:
    """The whole report, ending with a line end."""
    told: dict[str, Value] = {
        "version": VERSION,
        "report": report.kind,
        "title": report.title,
        "first_line": report.first_line,
        "sections": {section.key: _section(section) for section in report.sections},
    }
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    return text.replace(LEFT_TO_RIGHT_MARK, "")  # for the eye alone


def _section(section: Section) -> Value:
    paragraphs: list[Value] = []
    tables: dict[str, Value] = {}
    lists: dict[str, Value] = {}
    trends: dict[str, Value] = {}
    for block in section.sheets or section.blocks:
        match block:
            case Paragraph():
                paragraphs.append(block.text)
            case Table():
                tables[block.key] = [_row(block.columns, row) for row in block.rows]
            case Items():
                lists[block.key] = [{"text": item.text, "about": item.about} for item in block.items]
            case Trend():
                trends[block.key] = [{"session": p.label, "value": _value(p.value, block.unit)} for p in block.points]
            case Bars() | Answers() | Heading():
                pass  # a table holds the same figures
    told: dict[str, Value] = {"title": section.title}
    for key, value in (("paragraphs", paragraphs), ("tables", tables), ("lists", lists), ("trends", trends)):
        if value:
            told[key] = value
    return told


def _row(columns: tuple[Column, ...], row: tuple[Cell, ...]) -> dict[str, Value]:
    return {f"{c.key}{_ENDS.get(c.unit, '')}": _value(cell, c.unit) for c, cell in zip(columns, row, strict=True)}


def _value(cell: Cell, unit: Unit) -> Value:
    return cell / 10 if unit is Unit.TENTHS and isinstance(cell, int) else cell
