"""A report as Markdown (CommonMark with GitHub's tables), in which people's text stays text.

Every character with which text could become markup, a link, HTML or a table's edge is escaped where it could: a text
can neither form any of these nor end the cell or the list entry that it stands in. Links are shown as code: nothing in
the file can be clicked by mistake, and a long address keeps its characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from evenly_client.reports.report import (
    Answers,
    Bars,
    Block,
    Cell,
    Heading,
    Items,
    Paragraph,
    Report,
    Table,
    Trend,
    Unit,
)
from evenly_client.reports.shown import in_a_row, shown
from evenly_client.translation import pgettext

_ANYWHERE: Final = re.compile(r"[\\`*_\[\]<>&|~$^]")
_ADDRESS: Final = re.compile(r":(?=/)|@|(?<=[^\W\d])\.(?=\w)")
_LINE_BEGINS: Final = re.compile(r"^(#{1,6}|[-+=:]|\d{1,9}(?=[.)]))")
_HEADING_ENDS: Final = re.compile(r" (#+)$")
_SPARKS: Final = "▁▂▃▄▅▆▇█"


def render(report: Report) -> str:
    """The whole report, ending with a line end."""
    lines = [_heading(1, report.title), "", f"**{escaped(report.first_line)}**"]
    for section in report.sections:
        lines += ["", _heading(2, section.title)]
        for block in section.blocks:
            lines += ["", *_block(block)] if not isinstance(block, Bars) else []
    return "\n".join(lines) + "\n"


def _heading(level: int, text: str) -> str:
    said = _HEADING_ENDS.sub(r" \\\1", escaped(text))
    return f"{'#' * level} {said}"


def escaped(text: str) -> str:
    """A text on one line that means nothing to Markdown."""
    return _line(" ".join(text.split()))


def _line(line: str) -> str:
    """One line without line ends; safe at its beginning too."""
    line = line.strip()
    begins = _LINE_BEGINS.match(line)
    head = ""
    if begins is not None:
        head, line = begins[0], line[begins.end() :]
        if head.isdigit():  # the mark behind it is what would make it a list
            head, line = f"{head}\\{line[:1]}", line[1:]
        else:
            head = f"\\{head}"
    line = _ADDRESS.sub(lambda m: f"\0{m[0]}", line)
    return head + _ANYWHERE.sub(lambda m: f"\\{m[0]}", line).replace("\0", "\\")


def _lines(text: str) -> list[str]:
    return [_line(line) for line in text.split("\n") if line.strip()]


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            text = "\\\n".join(_lines(block.text))
            yield f"*{text}*" if block.quiet else text
        case Heading():
            yield _heading(3, block.text)
        case Table():
            yield from _table(block)
        case Answers():
            yield from _answers(block)
        case Items():
            if block.title:
                yield from (_heading(3, block.title), "")
            for item in block.items:
                yield _item(item.text, item.about)
        case Trend():
            yield _trend(block)
        case Bars():
            pass  # the table beside it holds the same figures


def _item(text: str, about: str) -> str:
    lines = _lines(text) or [""]
    if about:
        lines.append(f"— {escaped(about)}")
    return "- " + "\\\n  ".join(lines)


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield from (_heading(3, table.title), "")
    yield _row(escaped(c.title) for c in table.columns)
    yield _row("--:" if c.unit.is_figure else "---" for c in table.columns)
    for row in table.rows:
        yield _row(_cell(cell, c.unit) for cell, c in zip(row, table.columns, strict=True))


def _answers(block: Answers) -> Iterator[str]:
    yield _row(iter((pgettext("column", "Answer"), pgettext("column", "How many"))))
    yield _row(iter(("---", "--:")))
    for answer in block.answers:
        yield _row(iter((_cell(answer.label, Unit.TEXT), str(answer.many))))


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, unit: Unit) -> str:
    if not isinstance(cell, str):
        return shown(cell, unit)
    if unit is Unit.LINK and cell:
        return code(cell)
    return " / ".join(_lines(cell))


def code(text: str) -> str:
    """A text as code on one line, with a fence longer than any in it; in a table too."""
    text = " ".join(text.split()).replace("|", "%7C")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _trend(trend: Trend) -> str:
    spark = "".join("·" if p.value is None else _SPARKS[min(7, int(trend.share(p.value) * 8))] for p in trend.points)
    return f"{escaped(trend.title)}: {spark} ({in_a_row(trend)})"
