"""How moments and counts are said in a report, which is read long after: days with their year, hours by their zone."""

from __future__ import annotations

import time
from datetime import date

from evenly_protocol.words import ActionState, PostKind

from evenly_client.due import from_day
from evenly_client.phrases import spoken, time_of_day
from evenly_client.translation import _, ngettext, pgettext
from evenly_client.written import day_in_figures, day_in_words

STATE_WORDS = {
    ActionState.PROPOSED: pgettext("state of an action", "not confirmed"),
    ActionState.COMMITTED: pgettext("state of an action", "open"),
    ActionState.DOING: pgettext("state of an action", "under way"),
    ActionState.BLOCKED: pgettext("state of an action", "blocked"),
    ActionState.DONE: pgettext("state of an action", "done"),
    ActionState.DROPPED: pgettext("state of an action", "dropped"),
}
KIND_WORDS = {
    PostKind.ASK: pgettext("what is on the exchange", "ask"),
    PostKind.OFFER: pgettext("what is on the exchange", "offer"),
    PostKind.RESOURCE: pgettext("what is on the exchange", "resource"),
    PostKind.INSIGHT: pgettext("what is on the exchange", "insight"),
    PostKind.WIN: pgettext("what is on the exchange", "win"),
}


def day(at: int) -> str:
    """The local day of an instant (UTC milliseconds): `Friday 27 November 2026`."""
    return day_in_words(date.fromtimestamp(at / 1000))


def short_day(at: int) -> str:
    """The same as figures, in a sentence or a list: `2026-11-27`, or as the reader's language has it."""
    return day_in_figures(date.fromtimestamp(at / 1000))


def sortable_day(at: int) -> str:
    """The same as figures, in a column of a table: `2026-11-27` in every language."""
    return date.fromtimestamp(at / 1000).isoformat()


def day_and_time(at: int) -> str:
    """A local day and time: `Friday 27 November 2026, 10:00`."""
    # Translators: {day} is written as your language writes days: “Friday 27 November 2026, 10:00”
    return _("{day}, {time}").format(day=day(at), time=time_of_day(at))


def zone(at: int) -> str:
    """The zone that local times are in at an instant: `UTC+01:00`."""
    seconds = time.localtime(at / 1000).tm_gmtoff
    if not seconds:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{'+' if seconds > 0 else '-'}{hours:02}:{minutes:02}"


def due(days: int) -> str:
    """When an action is due: `next session`, `27 November 2026`."""
    found = from_day(days)
    return _("next session") if found is None else day_in_words(found, weekday=False)


def often(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    often = {1: _("once"), 2: _("twice")}.get(count)
    return often or ngettext("{n} time", "{n} times", count).format(n=count)


def took_part(people: int) -> str:
    """`1 person took part.`, `3 people took part.`"""
    return ngettext("{n} person took part.", "{n} people took part.", people).format(n=people)


def hours(ms: int) -> str:
    """A length of time as hours and minutes: `1 h 32 min`; under an hour with its seconds: `12 min 30`."""
    if not ms:
        return _("{minutes} min").format(minutes=0)
    if ms < 3_600_000:
        return spoken(ms)
    whole, minutes = divmod(ms // 60_000, 60)
    words = _("{hours} h {minutes} min") if minutes else _("{hours} h")
    return words.format(hours=whole, minutes=f"{minutes:02}")
