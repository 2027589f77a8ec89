"""Where the marks of a chart go: pure figures, for inline SVG. The words and their escaping are the template's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evenly_client.reports.report import Answers, Bar, Bars, Point, Trend, Unit
from evenly_client.reports.saying import hours
from evenly_client.reports.shown import shown
from evenly_client.translation import _

WIDTH: Final = 640
HEIGHT: Final = 150
_SIDE: Final = 28
_TOP: Final = 26
_BOTTOM: Final = 30
_LABELS_AT_MOST: Final = 16


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar; `length` and `planned` are hundredths of the longest, `planned` None where nothing was planned."""

    label: str
    length: float
    planned: float | None
    words: str


def bars(chart: Bars) -> list[DrawnBar]:
    """The bars to one scale."""
    longest = max((max(b.value, b.planned or 0) for b in chart.bars), default=0) or 1
    return [
        DrawnBar(
            b.label,
            round(100 * b.value / longest, 2),
            None if b.planned is None else round(100 * b.planned / longest, 2),
            _words(b),
        )
        for b in chart.bars
    ]


def answers(counted: Answers) -> list[DrawnBar]:
    """How many gave each answer, of all who took part."""
    most = max(counted.people, *(a.many for a in counted.answers), 1)
    return [DrawnBar(a.label, round(100 * a.many / most, 2), None, str(a.many)) for a in counted.answers]


def _words(bar: Bar) -> str:
    if bar.planned is None:
        return hours(bar.value)
    # Translators: how long a phase took, of what was planned: “12 min of 15 min”
    return _("{time} of {planned}").format(time=hours(bar.value), planned=hours(bar.planned))


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a trend, in the units of the drawing; `value` and `label` are empty where there is no room."""

    x: float
    y: float
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class DrawnTrend:
    """A trend in a drawing of `WIDTH` by `HEIGHT`. `lines`: coordinates of each unbroken stretch."""

    dots: tuple[Dot, ...]
    labels: tuple[Dot, ...]
    lines: tuple[str, ...]
    base: int
    words: str


def trend(chart: Trend) -> DrawnTrend:
    """The points from left to right; a missing one breaks the line."""
    step = (WIDTH - 2 * _SIDE) / max(1, len(chart.points) - 1)
    every = -(-len(chart.points) // _LABELS_AT_MOST)
    base = HEIGHT - _BOTTOM
    dots: list[Dot] = []
    labels: list[Dot] = []
    stretches: list[list[str]] = [[]]
    for index, point in enumerate(chart.points):
        x = round(_SIDE + index * step, 1)
        told = index % every == 0 or index == len(chart.points) - 1
        if told:
            labels.append(Dot(x, HEIGHT - 8, "", point.label))
        if point.value is None:
            stretches.append([])
            continue
        y = round(base - (base - _TOP) * chart.share(point.value), 1)
        dots.append(Dot(x, y, shown(point.value, chart.unit) if told else "", point.label))
        stretches[-1].append(f"{x},{y}")
    lines = tuple(" ".join(stretch) for stretch in stretches if len(stretch) > 1)
    return DrawnTrend(tuple(dots), tuple(labels), lines, base, _told(chart))


def _told(chart: Trend) -> str:
    """The same in words, for who cannot see it."""
    return f"{chart.title}; {', '.join(_point_told(p, chart.unit) for p in chart.points)}"


def _point_told(point: Point, unit: Unit) -> str:
    if point.value is None:
        return _("session {n}: not known").format(n=point.label)
    words = _("session {n}: {figure} of 100") if unit is Unit.OF_100 else _("session {n}: {figure}")
    return words.format(n=point.label, figure=shown(point.value, unit))
