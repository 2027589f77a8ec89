"""The series: planned sessions with date, issue-holder and host, and how a date is found. Source: domain.md, "Series".

The N+1 planner is `propose`: a proposal that a facilitator puts in place with `PlanSeries`. Sessions that were held are
never planned again; a planned session that is planned anew keeps its id, so that calendars update it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.issues import issues_held
from evenly_protocol.members import author_of, is_facilitator, somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session

MILLISECONDS_A_DAY = 86_400_000
DAYS_BETWEEN = 14
"""Two to three weeks apart unless said otherwise."""

PLANNED_AT_MOST = 100
HOLDERS_AT_MOST = 8
DATES_AT_MOST = 8
MINUTES_AT_MOST = 600
LATEST_MS = 9_000_000_000_000
"""The last moment that may be planned, UTC milliseconds: in the year 2255."""


class Draft(msgspec.Struct, array_like=True, frozen=True):
    """A session as proposed or put in place.

    Attributes:
        id: 16 bytes; of a planned session that it replaces, or new.
        at: when, UTC milliseconds; 0 is not dated yet.
        holders: the issue-holders, in order; empty for none.
        host: who opens and leads it; 0 for whoever facilitates.
        minutes: planned length; 0 is not said.
        feedback: it has the last issue-holder's feedback alone.
    """

    id: bytes
    at: int = 0
    holders: list[int] = []
    host: int = 0
    minutes: int = 0
    feedback: bool = False


class Planned(msgspec.Struct, array_like=True):
    """A planned session.

    Attributes:
        id, at, holders, host, minutes, feedback: as in `Draft`.
        topic, prework: sealed; empty for none. Bound to `id` and `author`.
        author: the device key that sealed them.
        away: the seats that have said that they cannot come.
        number: of the session that it became; 0 while it is to come.
        changed: how often what a calendar shows of it has changed.
        changed_at: when it last did, UTC milliseconds.
    """

    id: bytes
    at: int = 0
    holders: list[int] = []
    host: int = 0
    minutes: int = 0
    feedback: bool = False
    topic: bytes = b""
    prework: bytes = b""
    author: bytes = b""
    away: list[int] = []
    number: int = 0
    changed: int = 0
    changed_at: int = 0


class DatePoll(msgspec.Struct, array_like=True):
    """Dates put to the group for a planned session.

    Attributes:
        id: the id of the command that asked.
        planned: the session it is about.
        dates: UTC milliseconds, in order.
        fits: by seat, the dates that suit; a seat that is not there has not answered.
        by: who asked.
    """

    id: bytes
    planned: bytes
    dates: list[int]
    fits: dict[int, list[int]] = {}
    by: int = 0


class PlanSeries(Command, frozen=True):
    """These are the sessions to come, in the place of those planned before."""

    sessions: list[Draft]


class ChangePlanned(Command, frozen=True):
    """One planned session is so instead."""

    session: Draft


class SwapHolders(Command, frozen=True):
    """The issue-holders of two planned sessions change places."""

    one: bytes
    other: bytes


class SetTopic(Command, frozen=True):
    """A planned session has this topic and this pre-work; each sealed, or empty."""

    planned: bytes
    topic: bytes
    prework: bytes = b""


class SayAway(Command, frozen=True):
    """I cannot come to a planned session, or (`away` false) can after all."""

    planned: bytes
    away: bool = True


class ProposeDates(Command, frozen=True):
    """Which of these dates (UTC milliseconds) suits, for a planned session?"""

    planned: bytes
    dates: list[int]


class AnswerDates(Command, frozen=True):
    """These of the dates suit me."""

    poll: bytes
    fits: list[int]


class DecideDate(Command, frozen=True):
    """The date is decided (UTC milliseconds); 0: the question is dropped."""

    poll: bytes
    at: int


class SeriesPlanned(Event, frozen=True):
    """These are the sessions to come. `before`: planned sessions as they were, of which what was written stays."""

    sessions: list[Draft]
    before: list[Planned] = []


class PlannedChanged(Event, frozen=True):
    """A planned session is so now."""

    session: Draft


class TopicSet(Event, frozen=True):
    """A planned session has this topic and pre-work."""

    planned: bytes
    topic: bytes
    prework: bytes
    author: bytes


class AwaySaid(Event, frozen=True):
    """A member cannot come to a planned session, or can after all."""

    planned: bytes
    seat: int
    away: bool


class DatesProposed(Event, frozen=True):
    """Which of these dates suits?"""

    planned: bytes
    dates: list[int]


class DatesAnswered(Event, frozen=True):
    """These of the dates suit a member."""

    poll: bytes
    seat: int
    fits: list[int]


class DateDecided(Event, frozen=True):
    """The date is decided; 0: the question is dropped."""

    poll: bytes
    at: int


# -- what there is -----------------------------------------------------------------------------------------------


def planned_with(room: Room, planned: bytes) -> Planned | None:
    """The planned session with this id that was not held yet."""
    return next((p for p in room.series if p.id == planned and not p.number), None)


def to_come(room: Room) -> list[Planned]:
    """The planned sessions that were not held yet, in order: dated ones by date, then the others as planned."""
    waiting = [p for p in room.series if not p.number]
    return sorted(waiting, key=lambda p: (not p.at, p.at))


def next_planned(room: Room) -> Planned | None:
    """The session that comes next."""
    return next(iter(to_come(room)), None)


def held_in_series(room: Room) -> list[int]:
    """The seats that have held an issue since the last session of feedback alone, in order; the running one apart."""
    feedback = max((p.number for p in room.series if p.feedback and not _runs(room, p.number)), default=0)
    seats = [seat for past in room.past if past.number > feedback for seat in past.held]
    last = room.session
    if last is not None and not last.running and last.number > feedback:
        seats += issues_held(last).values()
    return seats


def _runs(room: Room, number: int) -> bool:
    return room.running is not None and room.running.number == number


def have_hosted(room: Room) -> list[int]:
    """The seats that have led a session of this room as its host, once for each time."""
    seats = [seat for past in room.past for seat in past.hosts]
    return seats + (room.session.hosts if room.session is not None else [])


def rotating(room: Room) -> list[int]:
    """The seats that take their turn in holding an issue: participants and guest seats, in seat order."""
    return [m.seat for m in room.members.values() if not m.removed and m.role is Role.PARTICIPANT]


# -- the planner -------------------------------------------------------------------------------------------------


def propose(
    members: Sequence[int],
    *,
    hosts: Sequence[int],
    held: Collection[int] = (),
    hosted: Sequence[int] = (),
    issues: int = 1,
    first_at: int = 0,
    every_days: int = DAYS_BETWEEN,
    away: Mapping[int, Collection[int]] = {},
    minutes: int = 0,
    ids: Sequence[bytes] = (),
) -> list[Draft]:
    """The sessions to come so that everybody holds an issue once: ⌈waiting / issues⌉, and one for feedback alone.

    Args:
        members: the seats that hold an issue, in order.
        hosts: the seats that may host, in order.
        held: seats that have held theirs already.
        hosted: seats that have hosted, once for each time.
        issues: issues in a session.
        first_at: when the first is, UTC milliseconds; 0: not dated.
        every_days: days between two sessions.
        away: by the position of a session (0 is the next), the seats that cannot come.
        minutes: the length of each; 0 is not said.
        ids: ids for the sessions, in order; missing ones are empty.

    Nobody hosts the session of their own issue. Hosting is spread as evenly as who can come allows; where only those
    who are away are left, one of them is named. Somebody who is away takes the next session that they can come to; a
    date that suits nobody who waits is left out.
    """
    waiting = [seat for seat in members if seat not in held]
    rows: list[tuple[int, list[int]]] = []
    position = 0
    while waiting:
        out = away.get(position, ())
        row = [seat for seat in waiting if seat not in out][: max(1, issues)]
        if row:
            rows.append((position, row))
        waiting = [seat for seat in waiting if seat not in row]
        position += 1
    rows.append((position, []))
    drafts = _drafts(rows, hosts, hosted, away, first_at, every_days, minutes, ids)
    return [*drafts[:-1], msgspec.structs.replace(drafts[-1], feedback=True)]


def plain(
    sessions: int,
    *,
    hosts: Sequence[int],
    hosted: Sequence[int] = (),
    first_at: int = 0,
    every_days: int = DAYS_BETWEEN,
    minutes: int = 0,
    ids: Sequence[bytes] = (),
) -> list[Draft]:
    """So many sessions without an issue: dates, and hosts in turn. The rest as in `propose`."""
    rows = [(position, list[int]()) for position in range(sessions)]
    return _drafts(rows, hosts, hosted, {}, first_at, every_days, minutes, ids)


def _drafts(
    rows: Sequence[tuple[int, list[int]]],
    hosts: Sequence[int],
    hosted: Sequence[int],
    away: Mapping[int, Collection[int]],
    first_at: int,
    every_days: int,
    minutes: int,
    ids: Sequence[bytes],
) -> list[Draft]:
    """Sessions with these issue-holders, each at its position, their hosts spread evenly."""
    others = [[s for s in hosts if s not in row] for _, row in rows]
    able = [
        [s for s in seats if s not in away.get(position, ())] or seats
        for (position, _), seats in zip(rows, others, strict=True)
    ]
    leading = _spread(able, Counter(hosted))
    return [
        Draft(
            id=ids[number] if number < len(ids) else b"",
            at=first_at + position * every_days * MILLISECONDS_A_DAY if first_at else 0,
            holders=row,
            host=leading[number],
            minutes=minutes,
        )
        for number, (position, row) in enumerate(rows)
    ]


def _spread(able: Sequence[Sequence[int]], times: Counter[int]) -> list[int]:
    """A host for each session out of those able, 0 where there is none; `times` is how often each has hosted.

    An optimal semi-matching (Harvey and others, 2006): each session goes to whoever has hosted least of those that it
    can reach, where the host of an earlier session can be reached by giving that session to another.
    """
    chosen: list[int] = []
    for number, seats in enumerate(able):
        reached = {seat: [(number, seat)] for seat in seats}
        line = list(reached)
        for seat in line:
            for earlier in (i for i, host in enumerate(chosen) if host == seat):
                for other in able[earlier]:
                    if other not in reached:
                        reached[other] = [*reached[seat], (earlier, other)]
                        line.append(other)
        least = min(line, key=lambda seat: (times[seat], len(reached[seat])), default=0)
        chosen.append(0)
        for session, seat in reached.get(least, []):
            chosen[session] = seat
        times[least] += 1
    return chosen


# -- deciding ----------------------------------------------------------------------------------------------------


def _refused_draft(room: Room, draft: Draft) -> Refusal | None:
    if len(draft.id) != 16 or not 0 <= draft.at <= LATEST_MS or not 0 <= draft.minutes <= MINUTES_AT_MOST:
        return refuse("bad_number")
    if len(draft.holders) > HOLDERS_AT_MOST or len(set(draft.holders)) != len(draft.holders):
        return refuse("bad_number")
    for seat in (*draft.holders, *([draft.host] if draft.host else [])):
        if somebody(room, seat) is None:
            return refuse("no_such_seat")
    if draft.host and room.members[draft.host].is_guest:
        return refuse("no_such_seat")
    return refuse("own_issue") if draft.host and draft.host in draft.holders else None


def _plan(room: Room, command: PlanSeries, asking: Asking) -> list[Event] | Refusal:
    ids = [d.id for d in command.sessions]
    if len(ids) > PLANNED_AT_MOST or len(set(ids)) != len(ids):
        return refuse("bad_number")
    if any(p.number and p.id in ids for p in room.series):
        return refuse("no_such_meeting")
    refusal = next((r for d in command.sessions if (r := _refused_draft(room, d)) is not None), None)
    return refusal or [SeriesPlanned(command.sessions)]


def _change(room: Room, command: ChangePlanned, asking: Asking) -> list[Event] | Refusal:
    planned = planned_with(room, command.session.id)
    if planned is None:
        return refuse("no_such_meeting")
    refusal = _refused_draft(room, command.session)
    if refusal is not None:
        return refusal
    return [] if draft_of(planned) == command.session else [PlannedChanged(command.session)]


def _swap(room: Room, command: SwapHolders, asking: Asking) -> list[Event] | Refusal:
    one, other = planned_with(room, command.one), planned_with(room, command.other)
    if one is None or other is None or one is other:
        return refuse("no_such_meeting")
    if not is_facilitator(room, asking.by) and asking.by not in (*one.holders, *other.holders):
        return refuse("not_yours")
    first = msgspec.structs.replace(draft_of(one), holders=list(other.holders), feedback=other.feedback)
    second = msgspec.structs.replace(draft_of(other), holders=list(one.holders), feedback=one.feedback)
    # Hosts change places too, where one would lead the session of their own issue.
    if first.host in first.holders or second.host in second.holders:
        first, second = (
            msgspec.structs.replace(first, host=second.host),
            msgspec.structs.replace(second, host=first.host),
        )
    refusal = _refused_draft(room, first) or _refused_draft(room, second)
    return refusal or [PlannedChanged(first), PlannedChanged(second)]


def _topic(room: Room, command: SetTopic, asking: Asking) -> list[Event] | Refusal:
    planned = planned_with(room, command.planned)
    if planned is None:
        return refuse("no_such_meeting")
    if not is_facilitator(room, asking.by) and asking.by != planned.host:
        return refuse("not_allowed")
    for text, kind in ((command.topic, FieldKind.TITLE), (command.prework, FieldKind.NOTE)):
        if text and not allowed_length(kind, len(text)):
            return refuse("bad_length")
    return [TopicSet(planned.id, command.topic, command.prework, author_of(room, asking.by))]


def _say_away(room: Room, command: SayAway, asking: Asking) -> list[Event] | Refusal:
    planned = planned_with(room, command.planned)
    if planned is None:
        return refuse("no_such_meeting")
    same = (asking.by in planned.away) == command.away
    return [] if same else [AwaySaid(planned.id, asking.by, command.away)]


def _propose_dates(room: Room, command: ProposeDates, asking: Asking) -> list[Event] | Refusal:
    planned = planned_with(room, command.planned)
    if planned is None:
        return refuse("no_such_meeting")
    if not is_facilitator(room, asking.by) and asking.by != planned.host:
        return refuse("not_allowed")
    dates = sorted(set(command.dates))
    if not 1 <= len(dates) <= DATES_AT_MOST or not all(asking.at < d <= LATEST_MS for d in dates):
        return refuse("bad_number")
    return [DatesProposed(planned.id, dates)]


def _answer_dates(room: Room, command: AnswerDates, asking: Asking) -> list[Event] | Refusal:
    poll = room.poll
    if poll is None or poll.id != command.poll:
        return refuse("no_dates")
    fits = sorted(set(command.fits))
    if not set(fits) <= set(poll.dates):
        return refuse("bad_number")
    return [] if poll.fits.get(asking.by) == fits else [DatesAnswered(poll.id, asking.by, fits)]


def _decide_date(room: Room, command: DecideDate, asking: Asking) -> list[Event] | Refusal:
    poll = room.poll
    if poll is None or poll.id != command.poll:
        return refuse("no_dates")
    if not is_facilitator(room, asking.by) and asking.by != poll.by:
        return refuse("not_allowed")
    if command.at and command.at not in poll.dates:
        return refuse("bad_number")
    return [DateDecided(poll.id, command.at)]


def draft_of(planned: Planned) -> Draft:
    """A planned session as it could be put in place again."""
    return Draft(planned.id, planned.at, list(planned.holders), planned.host, planned.minutes, planned.feedback)


# -- folding -----------------------------------------------------------------------------------------------------


def put(planned: Planned, draft: Draft, at: int) -> None:
    """Makes a planned session what a draft says; calendars are told where that is something else. A fold."""
    if draft_of(planned) == draft:
        return
    planned.at, planned.holders, planned.host = draft.at, list(draft.holders), draft.host
    planned.minutes, planned.feedback = draft.minutes, draft.feedback
    planned.changed += 1
    planned.changed_at = at


def _planned(room: Room, event: SeriesPlanned, stamp: Stamp) -> None:
    before = {p.id: p for p in [*(msgspec.structs.replace(p) for p in event.before), *room.series]}
    held = [p for p in room.series if p.number]
    coming: list[Planned] = []
    for draft in event.sessions:
        planned = before.get(draft.id) or Planned(draft.id, changed_at=stamp.at)
        if planned.number:
            continue
        put(planned, draft, stamp.at)
        coming.append(planned)
    room.series = [*held, *coming]
    if room.poll is not None and planned_with(room, room.poll.planned) is None:
        room.poll = None


def _changed(room: Room, event: PlannedChanged, stamp: Stamp) -> None:
    planned = planned_with(room, event.session.id)
    if planned is not None:
        put(planned, event.session, stamp.at)


def _topic_set(room: Room, event: TopicSet, stamp: Stamp) -> None:
    planned = planned_with(room, event.planned)
    if planned is not None:
        planned.topic, planned.prework, planned.author = event.topic, event.prework, event.author
        planned.changed += 1
        planned.changed_at = stamp.at


def _away_said(room: Room, event: AwaySaid, stamp: Stamp) -> None:
    planned = planned_with(room, event.planned)
    if planned is not None:
        away = [s for s in planned.away if s != event.seat]
        planned.away = sorted([*away, event.seat]) if event.away else away


def _dates_proposed(room: Room, event: DatesProposed, stamp: Stamp) -> None:
    room.poll = DatePoll(stamp.id, event.planned, list(event.dates), by=stamp.by)


def _dates_answered(room: Room, event: DatesAnswered, stamp: Stamp) -> None:
    if room.poll is not None and room.poll.id == event.poll:
        room.poll.fits[event.seat] = list(event.fits)


def _date_decided(room: Room, event: DateDecided, stamp: Stamp) -> None:
    poll = room.poll
    if poll is None or poll.id != event.poll:
        return
    room.poll = None
    planned = planned_with(room, poll.planned)
    if planned is not None and event.at:
        put(planned, msgspec.structs.replace(draft_of(planned), at=event.at), stamp.at)


def note_held(room: Room, session: Session, at: int) -> None:
    """The planned session that a session was is held. A fold of the session's beginning."""
    planned = planned_with(room, session.planned)
    if planned is not None:
        planned.number = session.number
        planned.changed_at = at
        room.series.sort(key=lambda p: (not p.number, p.number))
        if room.poll is not None and room.poll.planned == planned.id:
            room.poll = None


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    PlanSeries: _plan,
    ChangePlanned: _change,
    SwapHolders: _swap,
    SetTopic: _topic,
    SayAway: _say_away,
    ProposeDates: _propose_dates,
    AnswerDates: _answer_dates,
    DecideDate: _decide_date,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    SeriesPlanned: _planned,
    PlannedChanged: _changed,
    TopicSet: _topic_set,
    AwaySaid: _away_said,
    DatesProposed: _dates_proposed,
    DatesAnswered: _dates_answered,
    DateDecided: _date_decided,
}
