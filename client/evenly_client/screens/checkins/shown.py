"""A result on the screen: bars with their numbers, words by how often they came, texts as cards; and its trend.

Pure rows, widths in terminal cells. Nothing in them belongs to a member.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from evenly_protocol.words import CheckInKind
from rich.cells import cell_len

from evenly_client.checkins.results import Bar, Result, TrendPoint, figure_words, sparkline
from evenly_client.screens.looks import BLANK, Look, Row, Span, padded, wrapped
from evenly_client.translation import _, ngettext
from evenly_client.written import decimal

LABELS_BESIDE: Final = 24
"""Labels up to this wide stand beside their bars; longer ones above them."""

UNIT_AT_MOST: Final = 3
CARD_LINES: Final = 14
TRENDS_SHOWN: Final = 6
NUMBER: Final = 4


def result_rows(result: Result, width: int) -> list[Row]:
    """How many took part, then every answer."""
    rows = [_line(taking_part(result), Look.NOTE, "people"), BLANK]
    if result.kind is CheckInKind.TEXT:
        return [*rows, *_cards(result.texts, width)]
    return [*rows, *_bars(result.words or result.bars, result.people, width)]


def taking_part(result: Result) -> str:
    """`6 answered, 1 abstained · 3.4 of 5`."""
    n, m = result.people - result.abstained, result.abstained
    said = ngettext("{n} answered", "{n} answered", n).format(n=n)
    if m:
        abstained = ngettext("{n} abstained", "{n} abstained", m).format(n=m)
        said = f"{said}, {abstained}"
    return said if result.figure is None else f"{said} · {figure_words(result.kind, result.figure)}"


def _bars(bars: Sequence[Bar], people: int, width: int) -> list[Row]:
    """A bar an answer, its number at its end: as long for each of the people."""
    if not bars:
        return [_line(_("Nobody gave an answer."), Look.PLAIN, "none")]
    widest = max(cell_len(bar.label) for bar in bars)
    beside = widest if widest <= min(LABELS_BESIDE, width // 2) else 0
    room = width - NUMBER - (beside + 2 if beside else 2)
    rows: list[Row] = []
    for i, bar in enumerate(bars):
        drawn = "█" * _cells(bar.many, people, room)
        number = Span(f" {bar.many}" if drawn else str(bar.many), Look.STRONG)
        if not beside:
            rows.extend(_line(line, Look.PLAIN, ("label", i, n)) for n, line in enumerate(wrapped(bar.label, width, 2)))
        head = Span(f"{padded(bar.label, beside)}  " if beside else "  ")
        rows.append(Row((head, Span(drawn, Look.MINE), number), (), ("bar", i)))
    return rows


def _cells(many: int, people: int, room: int) -> int:
    """How long a bar is: the same for each person, as far as there is room; never nothing for somebody."""
    unit = min(UNIT_AT_MOST, room // max(1, people))
    return many * unit if unit else max(1 if many else 0, many * room // people)


def _cards(texts: Sequence[str], width: int) -> list[Row]:
    """A card each, in the order of the result, which is nobody's."""
    if not texts:
        return [_line(_("Nobody gave an answer."), Look.PLAIN, "none")]
    inside = width - 4
    rows = [_line(f"╭{'─' * (width - 2)}╮", Look.DIM, "top")]
    for i, text in enumerate(texts):
        if i:
            rows.append(_line(f"├{'─' * (width - 2)}┤", Look.DIM, ("edge", i)))
        for n, line in enumerate(wrapped(text, inside, CARD_LINES) or [""]):
            edges = Span("│ ", Look.DIM), Span(padded(line, inside)), Span(" │", Look.DIM)
            rows.append(Row(edges, (), ("card", i, n)))
    return [*rows, _line(f"╰{'─' * (width - 2)}╯", Look.DIM, "bottom")]


def trend_rows(kind: CheckInKind, points: Sequence[TrendPoint], width: int) -> list[Row]:
    """What the question came to session by session; nothing where it was asked in one alone."""
    if len(points) < 2:
        return []
    shown = points[-TRENDS_SHOWN:]
    figures = " · ".join(_("session {n}: {figure}").format(n=p.session, figure=_short(kind, p.figure)) for p in shown)
    said = f"{sparkline(kind, [p.figure for p in points])} {figures}"
    return [_line(line, Look.NOTE, ("trend", i)) for i, line in enumerate(wrapped(said, width, 3))]


def _short(kind: CheckInKind, figure: float) -> str:
    return _("{n} in 100").format(n=round(figure)) if kind is CheckInKind.YESNO else decimal(figure)


def _line(text: str, look: Look, key: object) -> Row:
    return Row((Span(text, look),), (), ("line", key))
