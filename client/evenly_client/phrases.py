"""How times, places and reasons are said: the same words on every screen and in every line of text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

from evenly_protocol.airtime import Totals
from evenly_protocol.queue import REASONS, Place
from evenly_protocol.words import FloorMode, Intent, Order, Role

ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

INTENT_WORDS = {
    Intent.PROCESS: "how we work",
    Intent.QUESTION: "a question",
    Intent.CLARIFY: "to clarify",
    Intent.REPLY: "a reply",
    Intent.SPEAK: "to speak",
}
MODE_WORDS = {
    FloorMode.QUEUE: "Hands and turns",
    FloorMode.ROUND: "Round",
    FloorMode.SOLO: "One voice",
    FloorMode.QUESTIONS: "Open questions",
    FloorMode.OPEN: "Free talk",
    FloorMode.SILENCE: "Silence",
}
ROLE_WORDS = {
    Role.FACILITATOR: "facilitator",
    Role.PARTICIPANT: "participant",
    Role.OBSERVER: "observer",
}
ORDER_WORDS = {
    Order.FAIR: "fair: least heard first",
    Order.ARRIVAL: "in the order of hands",
    Order.MANUAL: "the facilitator's order",
}


def clock(ms: int | Fraction) -> str:
    """A length of time as on a stopwatch: 72,000 ms is `1:12`, 3,600,000 is `1:00:00`."""
    seconds = int(ms // 1000)
    minutes, seconds = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def spoken(ms: int | Fraction) -> str:
    """A length of time as it is said: `1 min 12`, `40 seconds`, `2 min`."""
    seconds = int(ms // 1000)
    minutes, rest = divmod(max(0, seconds), 60)
    if not minutes:
        return f"{rest} second{'' if rest == 1 else 's'}"
    return f"{minutes} min {rest:02}" if rest else f"{minutes} min"


def time_of_day(at: int) -> str:
    """An instant (UTC milliseconds) as local time of day: `11:05`."""
    return time.strftime("%H:%M", time.localtime(at / 1000))


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def moment(at: int) -> str:
    """An instant (UTC milliseconds) as a local day and time: `Friday 27 November 10:00`, with the year if not this."""
    there, now = time.localtime(at / 1000), time.localtime()
    year = "" if there.tm_year == now.tm_year else f" {there.tm_year}"
    day = f"{WEEKDAYS[there.tm_wday]} {there.tm_mday} {MONTHS[there.tm_mon - 1]}{year}"
    return f"{day} {there.tm_hour:02}:{there.tm_min:02}"


def cue_before(limit: int) -> int:
    """How long before its limit a turn's speaker is told, milliseconds: half a minute, or a quarter of a short one."""
    return min(30_000, limit // 4)


def place(index: int) -> str:
    """A place in line, 0 being the front: `next in line`, `second in line`."""
    word = ORDINALS[index] if index < len(ORDINALS) else f"number {index + 1}"
    return f"{word} in line"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def people(count: int) -> str:
    """`1 person`, `3 people`."""
    return "1 person" if count == 1 else f"{count} people"


def reason(where: Place, *, figures: bool) -> str:
    """Why a hand stands where it stands. `figures`: the reader may see how far it is from an equal share."""
    words = REASONS[where.reason].format(n=where.number)
    if where.reason == "questions":
        words = f"{where.number} question{'' if where.number == 1 else 's'} so far"
    if where.reason == "waited" and where.number == 1:
        words = "waited 1 turn"
    if where.reason == "fair" and figures and where.balance:
        side = "under" if where.balance < 0 else "over"
        return f"{clock(abs(where.balance))} {side} an equal share"
    return words


def about_equal(share: Fraction) -> Fraction:
    """How far from a share (milliseconds) still is about equal: the larger of a minute or a quarter of it."""
    return max(Fraction(60_000), share / 4)


def standing(totals: Totals, seat: int) -> str:
    """How somebody stands, in words first. Source: domain.md, Visibility."""
    balance = totals.balance.get(seat)
    if balance is None:
        return "your talk is not counted here"
    if not totals.enough_marked:
        return "not enough was marked to say"
    if abs(balance) <= about_equal(totals.counted.get(seat, 0) - balance):
        return "about an equal share"
    return "there is room for you" if balance < 0 else "you have been heard a good deal"


def evenness(totals: Totals) -> str:
    """The sentence on how evenly the talk was shared, for the review."""
    if not totals.enough_marked:
        return "Not enough was marked to say how evenly the time was shared."
    if totals.evenness is None:
        return "Nothing was said yet that could have been uneven."
    if not totals.evenness_shown:
        return "Too little was said yet to say how evenly the time was shared."
    parts = round(totals.evenness)
    return f"The time was shared {parts} parts in 100 evenly: does that match how it felt?"
