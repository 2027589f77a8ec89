"""The sponsor's summary: numbers alone, of one or several rooms. No name and no word of anybody's is in it.

It is made of figures that this module adds up: it takes no text from a chronicle, not even a room's name or a title.
Of check-ins it names those whose question is one of the program's own, by the program's name for it; others it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from evenly_protocol.words import ActionState, PostKind

from evenly_client.checkins.results import MEASURED
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.reports import saying
from evenly_client.reports.allowed import FEWEST_TO_TELL, anybody_may_have
from evenly_client.reports.check_ins import CheckInWent
from evenly_client.reports.chronicle import Chronicle
from evenly_client.reports.report import Cell, Column, Paragraph, Report, Table, Trend, Unit, section
from evenly_client.reports.trends import (
    check_in_trend,
    done_in,
    evenness_of,
    followed,
    taking_part,
    tenths,
    trends,
)
from evenly_client.translation import _, ngettext, pgettext

FIRST_LINE = _("Numbers alone: no names, and nothing that anybody said or wrote.")


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of a room, or of several. Times in milliseconds."""

    sessions: int
    members: int
    attended: int
    evenness: tuple[int, ...]
    made: int
    done: int
    dropped: int
    open: int
    asks: int
    met: int
    introductions: int
    coaching: int
    issues: int
    check_ins: int

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.sessions + other.sessions,
            self.members + other.members,
            self.attended + other.attended,
            self.evenness + other.evenness,
            self.made + other.made,
            self.done + other.done,
            self.dropped + other.dropped,
            self.open + other.open,
            self.asks + other.asks,
            self.met + other.met,
            self.introductions + other.introductions,
            self.coaching + other.coaching,
            self.issues + other.issues,
            self.check_ins + other.check_ins,
        )

    def took_part(self, label: str) -> tuple[Cell, ...]:
        """Under `_ROOMS`."""
        even = self.median_evenness
        return (label, self.sessions, self.members, self.attended, even, self.issues, self.check_ins, self.coaching)

    @property
    def median_evenness(self) -> int | None:
        """0-100; None where it may be said of no session."""
        return round(median(self.evenness)) if self.evenness else None

    def came_of_it(self, label: str) -> tuple[Cell, ...]:
        """Under `_OUTCOMES`."""
        actions = (self.made, self.done, self.open, self.dropped)
        return (label, *actions, self.asks, self.met, self.introductions)


_ROOMS = (
    Column("room", pgettext("column", "Room")),
    Column("sessions", pgettext("column", "Sessions"), Unit.COUNT),
    Column("members", pgettext("column", "Members"), Unit.COUNT),
    Column("attended", pgettext("column", "Attendance"), Unit.MILLISECONDS),
    Column("evenness", pgettext("column", "Shared evenly (median)"), Unit.OF_100),
    Column("issues", pgettext("column", "Issues held"), Unit.COUNT),
    Column("check_ins", pgettext("column", "Check-ins"), Unit.COUNT),
    Column("coaching", pgettext("column", "Coaching"), Unit.MILLISECONDS),
)
_OUTCOMES = (
    Column("room", pgettext("column", "Room")),
    Column("actions_made", pgettext("column", "Actions made"), Unit.COUNT),
    Column("actions_done", pgettext("column", "Completed"), Unit.COUNT),
    Column("actions_open", pgettext("column", "Open"), Unit.COUNT),
    Column("actions_dropped", pgettext("column", "Dropped"), Unit.COUNT),
    Column("asks", pgettext("column", "Asks"), Unit.COUNT),
    Column("asks_met", pgettext("column", "Asks met"), Unit.COUNT),
    Column("introductions", pgettext("column", "Introductions"), Unit.COUNT),
)
_SESSIONS = (
    Column("room", pgettext("column", "Room")),
    Column("session", pgettext("column", "Session"), Unit.COUNT),
    Column("date", pgettext("column", "Date")),
    Column("people", pgettext("column", "People"), Unit.COUNT),
    Column("attended", pgettext("column", "Attendance"), Unit.MILLISECONDS),
    Column("evenness", pgettext("column", "Shared evenly"), Unit.OF_100),
    Column("actions_done", pgettext("column", "Actions done"), Unit.COUNT),
)
_CHECK_INS = (
    Column("room", pgettext("column", "Room")),
    Column("session", pgettext("column", "Session"), Unit.COUNT),
    Column("check_in", pgettext("column", "Check-in")),
    Column("answered", pgettext("column", "Answered"), Unit.COUNT),
    Column("mean", pgettext("column", "Mean"), Unit.TENTHS),
    Column("scale", pgettext("column", "Of")),
)


def sponsor_summary(rooms: Sequence[Chronicle]) -> Report:
    """The summary of these rooms, which are called Room 1, Room 2… in the order given."""
    sums = [_sums(room) for room in rooms]
    total = sums[0]
    for one in sums[1:]:
        total += one
    several = len(rooms) > 1
    labelled = [(_room(n), one) for n, one in enumerate(sums, start=1)]
    if several:
        labelled.append((pgettext("the rooms", "All"), total))
    took_part = tuple(one.took_part(label) for label, one in labelled)
    came_of_it = tuple(one.came_of_it(label) for label, one in labelled)
    return Report(
        kind="sponsor",
        title=_title(len(rooms)),
        first_line=FIRST_LINE,
        sections=(
            *section("in_short", _("In short"), *_in_short(rooms, total)),
            *section(
                "rooms",
                _("Rooms") if several else _("The room"),
                Table("rooms", _("Who took part"), _ROOMS, took_part),
                Table("outcomes", _("What came of it"), _OUTCOMES, came_of_it),
            ),
            *section(
                "trends",
                _("Over the sessions"),
                *_trends(rooms),
                Table("sessions", _("Session by session"), _SESSIONS, _rows(rooms)),
            ),
            *section(
                "check_ins",
                _("Check-ins"),
                *_about_check_ins(rooms),
                *_check_in_trends(rooms),
                Table("check_ins", _("Session by session"), _CHECK_INS, _check_in_rows(rooms)),
            ),
        ),
    )


def _title(rooms: int) -> str:
    words = ngettext("Peer sessions in numbers: {n} room", "Peer sessions in numbers: {n} rooms", rooms)
    return words.format(n=rooms)


def _room(number: int) -> str:
    return _("Room {n}").format(n=number)


def _in_short(rooms: Sequence[Chronicle], total: _Sums) -> list[Paragraph]:
    began = [s.started_at for room in rooms for s in room.sessions]
    if not began:
        return [Paragraph(_("There was no session yet."))]
    first, last = saying.short_day(min(began)), saying.short_day(max(began))
    n, closed = total.sessions, total.done + total.dropped + total.open
    if first == last:
        when = ngettext(
            "{n} session on {first}, {time} of attendance in all.",
            "{n} sessions on {first}, {time} of attendance in all.",
            n,
        )
    else:
        when = ngettext(
            "{n} session from {first} to {last}, {time} of attendance in all.",
            "{n} sessions from {first} to {last}, {time} of attendance in all.",
            n,
        )
    even = _("The median session shared its time {parts} parts in 100 evenly.")
    done = ngettext("{done} of {n} action completed.", "{done} of {n} actions completed.", closed)
    explained = _(
        "Attendance is the time of each person on the call, observers left out, added up. Members are those who "
        "belong to a room now, observers left out."
    )
    return [
        Paragraph(when.format(n=n, first=first, last=last, time=saying.hours(total.attended))),
        Paragraph("" if total.median_evenness is None else even.format(parts=total.median_evenness)),
        Paragraph(done.format(done=total.done, n=closed) if closed else ""),
        Paragraph(explained, quiet=True),
    ]


def _sums(room: Chronicle) -> _Sums:
    states = [action.state for action in room.actions]
    asks = [p for p in room.posts if p.kind is PostKind.ASK and not p.reply_to]
    evenness = [e for s in room.sessions if not s.running and (e := evenness_of(s)) is not None]
    return _Sums(
        sessions=len(room.sessions),
        members=sum(not m.removed and not room.watches(m.seat) for m in room.room.members.values()),
        attended=sum(sum(taking_part(room, s).values()) for s in room.sessions),
        evenness=tuple(evenness),
        made=len(states),
        done=states.count(ActionState.DONE),
        dropped=states.count(ActionState.DROPPED),
        open=sum(action.open for action in room.actions),
        asks=len(asks),
        met=sum(bool(p.met_by) for p in asks),
        introductions=room.introductions,
        coaching=room.coaching_minutes * 60_000,
        issues=sum(len(s.issues) for s in room.sessions),
        check_ins=len(_with_result(room)),
    )


def _rows(rooms: Sequence[Chronicle]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            _room(n),
            s.number,
            saying.sortable_day(s.started_at),
            len(here := taking_part(room, s)),
            sum(here.values()),
            evenness_of(s),
            done_in(room.actions, s.number),
        )
        for n, room in enumerate(rooms, start=1)
        for s in room.sessions
    )


def _trends(rooms: Sequence[Chronicle]) -> list[Trend]:
    several = len(rooms) > 1
    result: list[Trend] = []
    for n, room in enumerate(rooms, start=1):
        last = room.sessions[-1].number if room.sessions else 0
        result += trends(room, last, n if several else 0)
    return result


# -- check-ins ---------------------------------------------------------------------------------------------------


def _with_result(room: Chronicle) -> list[CheckInWent]:
    return [c for s in room.sessions for c in s.check_ins if c.result is not None]


def _told(room: Chronicle) -> list[CheckInWent]:
    return [c for c in _with_result(room) if anybody_may_have(c)]


def _about_check_ins(rooms: Sequence[Chronicle]) -> list[Paragraph]:
    every = [c for room in rooms for c in _with_result(room)]
    told = sum(anybody_may_have(c) for c in every)
    few = sum(bool(c.built_in) and c.in_numbers and c.answers < FEWEST_TO_TELL for c in every)
    others = len(every) - told - few
    if not every:
        return []
    came = ngettext(
        "{n} anonymous check-in came to a result; figures of {told} are here.",
        "{n} anonymous check-ins came to a result; figures of {told} are here.",
        len(every),
    )
    left_out = ngettext(
        "{n} is left out: fewer than five answered, and so few hide little.",
        "{n} are left out: fewer than five answered, and so few hide little.",
        few,
    )
    counted = ngettext(
        "{n} other is only counted: the question or the answers are somebody's words.",
        "{n} others are only counted: the question or the answers are somebody's words.",
        others,
    )
    return [
        Paragraph(came.format(n=len(every), told=told)),
        Paragraph(left_out.format(n=few) if few else ""),
        Paragraph(counted.format(n=others) if others else ""),
    ]


def _check_in_rows(rooms: Sequence[Chronicle]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (_room(n), c.session, TEMPLATES[c.built_in][0], c.answers, tenths(c), _scale(c))
        for n, room in enumerate(rooms, start=1)
        for c in _told(room)
    )


def _scale(check_in: CheckInWent) -> str:
    least_and_most = MEASURED.get(check_in.kind)
    if least_and_most is None:
        return ""
    least, most = least_and_most
    return _("{least} to {most}").format(least=least, most=most)


def _check_in_trends(rooms: Sequence[Chronicle]) -> list[Trend | None]:
    result: list[Trend | None] = []
    for n, room in enumerate(rooms, start=1):
        several = len(rooms) > 1
        for by_session in followed(_told(room)).values():
            name = next(iter(by_session.values())).built_in
            title = TEMPLATES[name][0]
            if several:
                title = _("Room {n}: {title}").format(n=n, title=title)
            result.append(check_in_trend(by_session, f"{f'room_{n}_' if several else ''}check_in_{name}", title))
    return result
