"""Figures over the sessions of a room: how evenly, how many, how much was done. Numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

from evenly_protocol.words import ActionState

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
