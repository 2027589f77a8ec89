"""Figures over the sessions of a room: how evenly, how many, how much was done. Numbers alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from evenly_protocol.words import ActionState, CheckInKind

from evenly_client.checkins.results import MEASURED
from evenly_client.reports.check_ins import Asked, CheckInWent
from evenly_client.reports.chronicle import ActionWent, Chronicle, SessionWent
from evenly_client.reports.report import Point, Trend, Unit
from evenly_client.translation import _

_TITLES: Final = {
    "evenness": (_("Shared evenly, parts in 100"), _("Room {n}: shared evenly, parts in 100")),
    "attending": (_("People on the call"), _("Room {n}: people on the call")),
    "done": (_("Actions done"), _("Room {n}: actions done")),
}
"""Of one room, and of one of several."""


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


def trends(chronicle: Chronicle, until: int, room: int = 0) -> list[Trend]:
    """Evenness, attendance and actions done over the sessions up to number `until`; none where there is one session.

    `room`: its number in titles and keys, where there are several.
    """
    sessions = [s for s in chronicle.sessions if s.number <= until]
    if len(sessions) < 2:
        return []
    labels = [str(s.number) for s in sessions]

    def trend(name: str, unit: Unit, values: Sequence[int | None], top: int = 0) -> Trend:
        alone, of_room = _TITLES[name]
        points = tuple(Point(label, value) for label, value in zip(labels, values, strict=True))
        if not room:
            return Trend(name, alone, unit, points, top)
        return Trend(f"room_{room}_{name}", of_room.format(n=room), unit, points, top)

    return [
        trend("evenness", Unit.OF_100, [evenness_of(s) for s in sessions], 100),
        trend("attending", Unit.COUNT, [len(taking_part(chronicle, s)) for s in sessions]),
        trend("done", Unit.COUNT, [done_in(chronicle.actions, s.number) for s in sessions]),
    ]


def figure_of(check_in: CheckInWent) -> float | None:
    """The mean answer of a check-in, or the yes in 100; None where there is none."""
    return None if check_in.result is None else check_in.result.figure


def tenths(check_in: CheckInWent) -> int | None:
    """The same in tenths."""
    figure = figure_of(check_in)
    return None if figure is None else round(10 * figure)


def figure_title(kind: CheckInKind, question: str) -> str:
    """What the figure of a kind is: `Pace (mean, 1 to 3)`; without a question `Yes in 100, over the sessions`."""
    if kind is CheckInKind.YESNO:
        words = _("{question} (yes in 100)") if question else _("Yes in 100, over the sessions")
        return words.format(question=question)
    least, most = MEASURED[kind]
    words = _("{question} (mean, {least} to {most})") if question else _("Mean, {least} to {most}, over the sessions")
    return words.format(question=question, least=least, most=most)


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
    figures = {n: figure for n, c in by_session.items() if (figure := figure_of(c)) is not None}
    points = tuple(
        Point(str(n), round(scale * figures[n]) if n in figures else None)
        for n in range(min(figures), max(figures) + 1)
    )
    return Trend(key, figure_title(kind, title), unit, points, most, least)
