"""Figures over the sessions of a room: how evenly, how many, how much was done. Numbers alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evenly_protocol.words import ActionState, CheckInKind

from evenly_client.checkins.results import MEASURED
from evenly_client.reports.check_ins import Asked, CheckInWent
from evenly_client.reports.chronicle import ActionWent, Chronicle, SessionWent
from evenly_client.reports.report import Point, Trend, Unit


def done_in(actions: Sequence[ActionWent], session: int) -> int:
    """How many actions were done in a session or between it and the next."""
    return sum(any(s.session == session and s.state is ActionState.DONE for s in a.steps) for a in actions)


def evenness_of(session: SessionWent) -> int | None:
    """How evenly the time was shared, 0-100; None where that may not be said."""
    totals = session.totals
    return round(totals.evenness) if totals.evenness is not None and totals.evenness_shown else None


def taking_part(chronicle: Chronicle, session: SessionWent) -> dict[int, int]:
    """The milliseconds that each seat attended, observers left out."""
    return {seat: ms for seat, ms in session.attended.items() if not chronicle.watches(seat)}


def trends(chronicle: Chronicle, until: int, prefix: str = "", key: str = "") -> list[Trend]:
    """Evenness, attendance and actions done over the sessions up to number `until`; none where there is one session.

    `prefix` goes before the titles, `key` before the keys.
    """
    sessions = [s for s in chronicle.sessions if s.number <= until]
    if len(sessions) < 2:
        return []
    labels = [str(s.number) for s in sessions]

    def trend(name: str, title: str, unit: Unit, values: Sequence[int | None], top: int = 0) -> Trend:
        title = f"{prefix}{title}" if prefix else f"{title[:1].upper()}{title[1:]}"
        points = tuple(Point(label, value) for label, value in zip(labels, values, strict=True))
        return Trend(f"{key}{name}", title, unit, points, top)

    return [
        trend("evenness", "shared evenly, parts in 100", Unit.OF_100, [evenness_of(s) for s in sessions], 100),
        trend("attending", "people on the call", Unit.COUNT, [len(taking_part(chronicle, s)) for s in sessions]),
        trend("done", "actions done", Unit.COUNT, [done_in(chronicle.actions, s.number) for s in sessions]),
    ]


def figure_of(check_in: CheckInWent) -> float | None:
    """The mean answer of a check-in, or the yes in 100; None where there is none."""
    return None if check_in.result is None else check_in.result.figure


def tenths(check_in: CheckInWent) -> int | None:
    """The same in tenths."""
    figure = figure_of(check_in)
    return None if figure is None else round(10 * figure)


def figure_title(kind: CheckInKind) -> str:
    """What the figure of a kind is: `yes in 100`, `mean, 1 to 5`."""
    if kind is CheckInKind.YESNO:
        return "yes in 100"
    least, most = MEASURED[kind]
    return f"mean, {least} to {most}"


def followed(check_ins: Iterable[CheckInWent]) -> dict[Asked, dict[int, CheckInWent]]:
    """Questions with a figure, in the order in which they came up: by session, the last time that each was asked."""
    result: dict[Asked, dict[int, CheckInWent]] = {}
    for check_in in check_ins:
        if check_in.asked is not None and figure_of(check_in) is not None:
            result.setdefault(check_in.asked, {})[check_in.session] = check_in
    return result


def check_in_trend(by_session: Mapping[int, CheckInWent], key: str, title: str) -> Trend | None:
    """The figure of one question from the first session to the last in which it was asked; None where that is one.

    `by_session`: as `followed` gives it. `title`: what the question is called; empty where it stands beside it.
    """
    if len(by_session) < 2:
        return None
    kind = next(iter(by_session.values())).kind
    # A mean is shown to the tenth, the yes in 100 is not.
    unit, scale = (Unit.OF_100, 1) if kind is CheckInKind.YESNO else (Unit.TENTHS, 10)
    least, most = (scale * end for end in MEASURED[kind])
    said = figure_title(kind)
    figures = {n: figure for n, c in by_session.items() if (figure := figure_of(c)) is not None}
    points = tuple(
        Point(str(n), round(scale * figures[n]) if n in figures else None)
        for n in range(min(figures), max(figures) + 1)
    )
    full = f"{title} ({said})" if title else f"{said[:1].upper()}{said[1:]}, over the sessions"
    return Trend(key, full, unit, points, most, least)
