"""Sessions and dues as an iCalendar file, to import or to subscribe to. Source: RFC 5545, written by icalendar.

Importing it again updates what is there: an entry keeps its UID, made of its own id and the room's, and SEQUENCE
says which is the newer. The same state gives the same bytes: nothing in the file is of the moment of writing.

Texts of others go through the same cleaning as on the screen; the library escapes and folds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import urlsplit

from evenly_client.due import from_day
from evenly_client.text import clean
from evenly_client.translation import _

if TYPE_CHECKING:
    from icalendar import Component, Event

PRODUCT: Final = "-//Evenly//Evenly//EN"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class _Filled(Protocol):
    """A component of the library, of which the types of values are not known."""

    def add(self, name: str, value: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Reminders:
    """When a calendar should remind: so long before a session, and at this hour (local time) of the day due.

    `at_hour` None: no reminder of what is due.
    """

    before: tuple[timedelta, ...] = (_DAY, timedelta(minutes=15))
    at_hour: int | None = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A planned session. `start`, `changed_at`: UTC milliseconds; `sequence` grows with each change."""

    id: bytes
    room: bytes
    start: int
    minutes: int
    title: str
    description: str = ""
    link: str = ""
    changed_at: int
    sequence: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """An action with its date. `day`: whole days since 1970-01-01, not 0 (what is due by the next session is put on
    that session's day by the caller); `changed_at`: UTC milliseconds; `sequence` grows with each change.
    """

    id: bytes
    room: bytes
    day: int
    text: str
    owner: str = ""
    changed_at: int
    sequence: int = 0
    done: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What every entry has: who it is, and which state of it this is."""

    uid: str
    changed: datetime
    sequence: int
    reminders: Sequence[timedelta] = field(default=())
    """From the start, negative before it."""


def calendar(
    name: str,
    meetings: Sequence[Meeting],
    dues: Sequence[DueItem],
    *,
    now: datetime,
    reminders: Reminders = Reminders(),
) -> bytes:
    """The file. `name` is the calendar's; `now` (with a time zone) only bounds the stamps: what says that it was
    changed later than now, by a clock that is wrong, is stamped now. What is cancelled stays in, as cancelled.

    Raises:
        ValueError: a time outside the years 1 to 9999, or a due item without a day.
    """
    # A cold start does not wait for it.
    from icalendar import Calendar

    file = Calendar()
    _add(file, "prodid", PRODUCT)
    _add(file, "version", "2.0")
    _add(file, "method", "PUBLISH")
    _add(file, "x-wr-calname", clean(name))
    for meeting in sorted(meetings, key=lambda meeting: (meeting.start, meeting.id)):
        file.add_component(_meeting(meeting, now, reminders))
    for item in sorted(dues, key=lambda item: (item.day, item.id)):
        file.add_component(_due(item, now, reminders))
    return file.to_ical()


def uid(entry: bytes, room: bytes) -> str:
    """The name of an entry in every calendar: the same for ever, and saying nothing of the room but whether two
    entries are of the same."""
    return f"{entry.hex()}@{hashlib.sha256(room).hexdigest()[:16]}.evenly"


def _meeting(meeting: Meeting, now: datetime, reminders: Reminders) -> Event:
    before = () if meeting.cancelled else tuple(-before for before in reminders.before)
    stamp = _Stamp(uid(meeting.id, meeting.room), _changed(meeting.changed_at, now), meeting.sequence, before)
    title = clean(meeting.title)
    event = _event(stamp, title)

    _add(event, "dtstart", _instant(meeting.start))
    _add(event, "dtend", _instant(meeting.start + max(0, meeting.minutes) * 60_000))
    _add(event, "status", "CANCELLED" if meeting.cancelled else "CONFIRMED")
    if description := clean(meeting.description, lines=True):
        _add(event, "description", description)
    if link := clean(meeting.link):
        _add(event, "location", link)
        if _is_address(link):
            _add(event, "url", link)
    return event


def _due(item: DueItem, now: datetime, reminders: Reminders) -> Event:
    day = from_day(item.day)
    if day is None:
        raise ValueError("what is due by the next session has no day of its own")
    silent = item.done or item.cancelled or reminders.at_hour is None
    at = () if silent else (timedelta(hours=reminders.at_hour or 0),)
    stamp = _Stamp(uid(item.id, item.room), _changed(item.changed_at, now), item.sequence, at)
    owner = clean(item.owner)
    text = clean(item.text)
    event = _event(stamp, _summary(text, owner, done=item.done))
    _add(event, "dtstart", day)
    _add(event, "dtend", day + _DAY)
    _add(event, "transp", "TRANSPARENT")
    _add(event, "status", "CANCELLED" if item.cancelled else "CONFIRMED")
    return event


def _summary(text: str, owner: str, *, done: bool) -> str:
    if owner:
        words = _("Done: {action} ({owner})") if done else _("Due: {action} ({owner})")
    else:
        words = _("Done: {action}") if done else _("Due: {action}")
    return words.format(action=text, owner=owner)


def _event(stamp: _Stamp, title: str) -> Event:
    from icalendar import Alarm, Event

    event = Event()
    _add(event, "uid", stamp.uid)
    _add(event, "dtstamp", stamp.changed)
    _add(event, "last-modified", stamp.changed)
    _add(event, "sequence", stamp.sequence)
    _add(event, "summary", title)
    for when in stamp.reminders:
        alarm = Alarm()
        _add(alarm, "action", "DISPLAY")
        _add(alarm, "description", title)
        _add(alarm, "trigger", when)
        event.add_component(alarm)
    return event


def _add(component: Component, name: str, value: str | int | date | timedelta) -> None:
    cast(_Filled, component).add(name, value)


def _changed(changed_at: int, now: datetime) -> datetime:
    return min(_instant(changed_at), now.astimezone(UTC)).replace(microsecond=0)


def _instant(ms: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise ValueError(f"no time a calendar has: {ms} ms") from None


def _is_address(link: str) -> bool:
    """Whether a calendar may offer it to be opened: a web address, and nothing else beside it."""
    if not link.isascii() or " " in link:
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
