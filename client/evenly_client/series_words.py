"""Planned sessions and their dates in words, and a moment as people write it: a day and a time of day. Pure.

The day is read by due.py; the time of day is `10:00`, `10h30`, `10am`, `3:30 pm`, `at 10`, `at 10.30`, `noon` or
`10 Uhr`, in
this machine's own time. Neither is ever guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

from evenly_protocol.room import Room
from evenly_protocol.series import DatePoll, Draft, Planned, planned_with

from evenly_client import opened, phrases
from evenly_client.due import NotADate, parse_due
from evenly_client.outlook import Outlook
from evenly_client.translation import _, pgettext

EXAMPLE: Final = pgettext("a moment, as it may be typed", "friday 10:00")

_TIMES: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"\b(?:um\s+)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?(?P<half>)\s?uhr\b",
        r"(?:\bat\s+|(?<=\d)t|\b)(?P<hour>\d{1,2})[:h](?P<minute>\d\d)(?!\d)(?::\d\d)?(?:\s?(?P<half>[ap])\.?m\b\.?)?",
        r"(?:\bat\s+|\b)(?P<hour>\d{1,2})(?P<minute>)\s?(?P<half>[ap])\.?m\b\.?",
        r"\bat\s+(?P<hour>\d{1,2})(?:\.(?P<minute>\d\d))?(?P<half>)(?=[\s,]|$)",
        r"\b(?P<hour>\d{1,2})(?P<minute>)(?P<half>)h\b",
    )
)
_SEVERAL: Final = re.compile(r"[;\n]+")


def parse_moment(text: str, now: int) -> int | NotADate:
    """The moment that somebody wrote (UTC milliseconds), seen from `now`; a day and a time of day are both needed."""
    words = " ".join(text.casefold().split()).replace("noon", "12:00")
    today = date.fromtimestamp(now / 1000)
    found = next((f for pattern in _TIMES if (f := pattern.search(words)) is not None), None)
    if found is None:
        day = parse_due(words, today)
        asked = NotADate(_("At what time?"), _("Write it too, like {example}.").format(example=EXAMPLE))
        return day if words and isinstance(day, NotADate) else asked
    clock = _time_of_day(found)
    if isinstance(clock, NotADate):
        return clock
    rest = f"{words[: found.start()]} {words[found.end() :]}".strip(" ,")
    day = parse_due(rest, today)
    if isinstance(day, NotADate):
        return day
    if not rest or not isinstance(day.date, date):
        return NotADate(_("On which day?"), _("Write it too, like {example}.").format(example=EXAMPLE))
    at = int(datetime.combine(day.date, clock).timestamp() * 1000)
    return at if at > now else NotADate(_("That is in the past."), _("Choose a moment from now on."))


def _time_of_day(found: re.Match[str]) -> time | NotADate:
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half:
        hour = 24
    if hour > 23 or minute > 59:
        return NotADate(_("There is no such time of day."), _("Write it like 10:00 or 3 pm."))
    return time(hour, minute)


def parse_moments(text: str, now: int) -> list[int] | NotADate:
    """Several moments, with ; or line ends between them, in order and each once. A refusal says which it is about."""
    moments: list[int] = []
    for part in filter(str.strip, _SEVERAL.split(text)):
        at = parse_moment(part, now)
        if isinstance(at, NotADate):
            return NotADate(f"{phrases.quoted(' '.join(part.split()))}: {at.title}", at.advice)
        moments.append(at)
    return sorted(set(moments)) or NotADate(_("On which day?"), _("Write it like {example}.").format(example=EXAMPLE))


# -- in words ----------------------------------------------------------------------------------------------------


def when(at: int) -> str:
    """`Friday 27 November 10:00`, or that the date is open."""
    return phrases.moment(at) if at else _("date open")


def of_session(planned: Planned | Draft | None) -> str:
    """`the session of Friday 27 November 10:00`."""
    if planned is None or not planned.at:
        return _("the next session")
    return _("the session of {day}").format(day=phrases.moment(planned.at))


def draft_words(o: Outlook, draft: Draft | Planned) -> str:
    """When, whose issue, who hosts: `Friday 27 November 10:00, issue: Ben, host: Ana`."""
    said = [when(draft.at)]
    if draft.holders:
        said.append(_("issue: {names}").format(names=phrases.listed([o.name(s) for s in draft.holders])))
    elif draft.feedback:
        said.append(_("feedback alone"))
    if draft.host:
        said.append(_("host: {name}").format(name=o.name(draft.host)))
    return ", ".join(said)


def planned_words(o: Outlook, planned: Planned) -> str:
    """The same, with its topic and who cannot come."""
    said = [draft_words(o, planned)]
    topic = opened.topic(o.peer.sealer, planned)
    if topic:
        said.append(_("about: {topic}").format(topic=topic))
    if planned.away:
        said.append(_("cannot come: {names}").format(names=phrases.listed([o.name(s) for s in planned.away])))
    return ", ".join(said)


def drafts_table(o: Outlook, drafts: Sequence[Draft]) -> list[str]:
    """A proposal, a line each, numbered from 1."""
    return [f"{number}: {draft_words(o, draft)}" for number, draft in enumerate(drafts, 1)]


def suits(o: Outlook, poll: DatePoll, at: int) -> str:
    """Whom a date suits: `suits 2 of 3 who answered: Ana and Ben`."""
    who = [seat for seat, fits in sorted(poll.fits.items()) if at in fits]
    answered = len(poll.fits)
    if not answered:
        return _("nobody has answered yet")
    if not who:
        return _("suits {n} of {answered} who answered").format(n=0, answered=answered)
    names = phrases.listed([o.name(s) for s in who])
    said = _("suits {n} of {answered} who answered: {names}")
    return said.format(n=len(who), answered=answered, names=names)


def how_many(poll: DatePoll, at: int) -> str:
    """How many a date suits: `suits 2 of 3`."""
    if not poll.fits:
        return ""
    n = sum(at in fits for fits in poll.fits.values())
    return _("suits {n} of {answered}").format(n=n, answered=len(poll.fits))


def asked_about(room: Room) -> Planned | None:
    """The planned session that the dates are about."""
    return None if room.poll is None else planned_with(room, room.poll.planned)
