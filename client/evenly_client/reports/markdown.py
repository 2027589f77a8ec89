"""A report as Markdown (CommonMark with GitHub's tables), in which people's text stays text.

Every character with which text could become markup, a link, HTML or a table's edge is escaped where it could: a text
can neither form any of these nor end the cell or the list entry that it stands in. Links are shown as code: nothing in
the file can be clicked by mistake, and a long address keeps its characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from evenly_client.reports.report import Bars, Block, Items, Paragraph, Report, Table, Trend, Unit
from evenly_client.reports.shown import shown

_ANYWHERE: Final = re.compile(r"[\\`*_\[\]<>&|~$^]")
_ADDRESS: Final = re.compile(r":(?=/)|@|(?<=[^\W\d])\.(?=\w)")
_LINE_BEGINS: Final = re.compile(r"^(#{1,6}|[-+=:]|\d{1,9}(?=[.)]))")
_SPARKS: Final = "▁▂▃▄▅▆▇█"


def render(report: Report) -> str:
    """The whole report, ending with a line end."""
    lines = [f"# {escaped(report.title)}", "", f"**{escaped(report.first_line)}**"]
    for section in report.sections:
        lines += ["", f"## {escaped(section.title)}"]
        for block in section.blocks:
            lines += ["", *_block(block)] if not isinstance(block, Bars) else []
    return "\n".join(lines) + "\n"


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
        case Table():
            yield from _table(block)
        case Items():
            if block.title:
                yield from (f"### {escaped(block.title)}", "")
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
        yield from (f"### {escaped(table.title)}", "")
    yield _row(escaped(c.title) for c in table.columns)
    yield _row("--:" if c.unit.is_figure else "---" for c in table.columns)
    for row in table.rows:
        yield _row(_cell(shown(cell, c.unit), c.unit) for cell, c in zip(row, table.columns, strict=True))


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str, unit: Unit) -> str:
    if unit is Unit.LINK and text:
        return code(text)
    return " / ".join(_lines(text))


def code(text: str) -> str:
    """A text as code on one line, with a fence longer than any in it; in a table too."""
    text = " ".join(text.split()).replace("|", "%7C")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _trend(trend: Trend) -> str:
    there = [p.value for p in trend.points if p.value is not None]
    top = trend.top or max(there) or 1
    spark = "".join("·" if p.value is None else _SPARKS[min(7, p.value * 8 // top)] for p in trend.points)
    figures = ", ".join(shown(p.value, trend.unit) for p in trend.points)
    return f"{escaped(trend.title)}: {spark} ({figures})"
