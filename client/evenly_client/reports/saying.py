"""How moments and counts are said in a report, which is read long after: days with their year, hours by their zone."""

from __future__ import annotations

import time

from evenly_protocol.words import ActionState, PostKind

from evenly_client.due import from_day
from evenly_client.phrases import MONTHS, WEEKDAYS, spoken, time_of_day

STATE_WORDS = {
    ActionState.PROPOSED: "not confirmed",
    ActionState.COMMITTED: "open",
    ActionState.DOING: "under way",
    ActionState.BLOCKED: "blocked",
    ActionState.DONE: "done",
    ActionState.DROPPED: "dropped",
}
KIND_WORDS = {
    PostKind.ASK: "ask",
    PostKind.OFFER: "offer",
    PostKind.RESOURCE: "resource",
    PostKind.INSIGHT: "insight",
    PostKind.WIN: "win",
}


def day(at: int) -> str:
    """The local day of an instant (UTC milliseconds): `Friday 27 November 2026`."""
    there = time.localtime(at / 1000)
    return f"{WEEKDAYS[there.tm_wday]} {there.tm_mday} {MONTHS[there.tm_mon - 1]} {there.tm_year}"


def short_day(at: int) -> str:
    """The same as figures: `2026-11-27`."""
    return time.strftime("%Y-%m-%d", time.localtime(at / 1000))


def day_and_time(at: int) -> str:
    """A local day and time: `Friday 27 November 2026, 10:00`."""
    return f"{day(at)}, {time_of_day(at)}"


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
    return "next session" if found is None else f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def times(count: int, one: str, many: str = "") -> str:
    """`1 session`, `3 sessions`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def often(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def hours(ms: int) -> str:
    """A length of time as hours and minutes: `1 h 32 min`; under an hour with its seconds: `12 min 30`."""
    if not ms:
        return "0 min"
    if ms < 3_600_000:
        return spoken(ms)
    whole, minutes = divmod(ms // 60_000, 60)
    return f"{whole} h {minutes:02} min" if minutes else f"{whole} h"
