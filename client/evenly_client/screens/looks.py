"""Rows of text before they are painted: spans with a look, fitted into a width. Pure; all widths in terminal cells."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from rich.cells import cell_len, chop_cells, set_cell_size

GAP = 3
"""Cells between two keys of the footer."""


class Look(StrEnum):
    """How a span is told apart. Never the only sign of anything: a word or a mark always says it too."""

    PLAIN = "plain"
    LABEL = "label"
    DIM = "dim"
    STRONG = "strong"
    MINE = "mine"
    KEY = "key"
    NOTE = "note"
    BANNER = "banner"


@dataclass(frozen=True)
class Span:
    """A stretch of text in one look. `press`: the action that a click on it does; empty for none."""

    text: str
    look: Look = Look.PLAIN
    press: str = ""


@dataclass(frozen=True)
class Row:
    """One line: `left` is cut with an ellipsis where it would run into `right`. `key` says what it is about."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()
    key: Hashable = None
    look: Look = Look.PLAIN

    def fitted(self, width: int) -> list[Span]:
        """The spans that fill exactly `width` cells."""
        right = _cut(self.right, width)
        room = width - _width(right)
        left = _cut(self.left, room - 1 if right else room)
        fill = room - _width(left)
        return [*left, Span(" " * fill, self.look), *right] if fill > 0 else [*left, *right]

    @property
    def text(self) -> str:
        """Its words, for tests and for what reads them aloud."""
        return "".join(s.text for s in (*self.left, *self.right))


BLANK = Row()


class Made(Sequence[Row]):
    """Rows of a long list: each is made when it is looked at, once."""

    def __init__(self, count: int, make: Callable[[int], Row]) -> None:
        """`make`: the row at an index below `count`."""
        self._count = count
        self._make = make
        self._made: dict[int, Row] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        if index not in self._made:
            self._made[index] = self._make(index)
        return self._made[index]


LABEL = 12
"""Cells of the column with the parts' names, margin included."""


def label(text: str, mark: str = " ") -> tuple[Span, ...]:
    """The name of a part at the left of its first row, and a mark."""
    return (Span(padded(f"  {text}", LABEL - 2), Look.LABEL), Span(f"{mark} ", Look.KEY))


def labelled(text: str, said: tuple[Span, ...], *, key: Hashable) -> Row:
    """A row of a part: its name (empty below the first), and what it says."""
    return Row((*label(text), *said), (), key)


def padded(text: str, width: int) -> str:
    """The text in exactly `width` cells: cut with an ellipsis, or filled with spaces."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return "" if width < 1 else set_cell_size(text, width - 1) + "…"


def wrapped(text: str, width: int, most: int) -> list[str]:
    """The text in at most `most` lines of `width` cells, broken at spaces; the last is cut with an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        parts = chop_cells(word, width) if cell_len(word) > width > 1 else [word]
        lines.extend(parts[:-1])
        line = parts[-1] if parts else ""
    if line:
        lines.append(line)
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], padded(f"{lines[most - 1]} " + " " * width, width)] if most else []


def flowed(items: Iterable[tuple[Span, ...]], width: int, rows: int) -> list[Row]:
    """Items one after another, `GAP` apart, in at most `rows` lines; what finds no place is left out."""
    lines: list[list[Span]] = [[]]
    used = 1
    for item in items:
        size = _width(item)
        if lines[-1] and used + GAP + size > width:
            if len(lines) == rows:
                continue
            lines.append([])
            used = 1
        if used + size > width:
            continue
        if lines[-1]:
            lines[-1].append(Span(" " * GAP))
            used += GAP
        else:
            lines[-1].append(Span(" "))
        lines[-1].extend(item)
        used += size
    return [Row(tuple(line)) for line in lines]


def _width(spans: Iterable[Span]) -> int:
    return sum(cell_len(s.text) for s in spans)


def _cut(spans: tuple[Span, ...], width: int) -> tuple[Span, ...]:
    if _width(spans) <= width:
        return spans
    kept: list[Span] = []
    for span in spans:
        size = cell_len(span.text)
        if size >= width:
            kept.append(Span(padded(span.text + " " * width, max(0, width)), span.look, span.press))
            break
        kept.append(span)
        width -= size
    return tuple(kept)
