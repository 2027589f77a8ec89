"""A report as lines of plain text, for a screen and for a screen reader: no marks, no charts, figures in words."""

from __future__ import annotations

from collections.abc import Iterator

from evenly_client.reports.report import Answers, Bars, Block, Heading, Items, Paragraph, Report, Table, Trend
from evenly_client.reports.shown import in_a_row, shown


def render(report: Report) -> list[str]:
    """The lines, each without a line end; an empty one before each section and heading."""
    lines = [report.title, report.first_line]
    for section in report.sections:
        lines += ["", section.title.upper()]
        for block in section.blocks:
            lines += _block(block)
    return [" / ".join(line.split("\n")) for line in lines]


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield from block.text.split("\n")
        case Heading():
            yield from ("", block.text)
        case Table():
            if block.title:
                yield f"{block.title}:"
            for row in block.rows:
                cells = [
                    f"{c.title}: {shown(cell, c.unit)}"
                    for cell, c in zip(row, block.columns, strict=True)
                    if cell not in (None, "")
                ]
                yield f"  {' · '.join(cells)}"
        case Answers():
            yield from (f"  {answer.label}: {answer.many}" for answer in block.answers)
        case Items():
            if block.title:
                yield f"{block.title}:"
            for item in block.items:
                yield f"  {item.about}: {item.text}" if item.about else f"  {item.text}"
        case Trend():
            yield f"{block.title}: {in_a_row(block)}"
        case Bars():
            pass  # the table beside it holds the same figures
