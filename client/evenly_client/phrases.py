"""How times, places and reasons are said: the same words on every screen and in every line of text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from evenly_protocol.airtime import Totals
from evenly_protocol.queue import REASONS, Place
from evenly_protocol.refusals import Refusal
from evenly_protocol.words import FloorMode, Intent, Order, Role

from evenly_client.translation import _, ngettext, pgettext
from evenly_client.written import day_in_words

_IN_LINE = (
    _("next in line"),
    _("second in line"),
    _("third in line"),
    _("fourth in line"),
    _("fifth in line"),
    _("sixth in line"),
    _("seventh in line"),
    _("eighth in line"),
    _("ninth in line"),
    _("tenth in line"),
)
_IN_ROUND = (
    _("next in this round"),
    _("second in this round"),
    _("third in this round"),
    _("fourth in this round"),
    _("fifth in this round"),
    _("sixth in this round"),
    _("seventh in this round"),
    _("eighth in this round"),
    _("ninth in this round"),
    _("tenth in this round"),
)

INTENT_WORDS = {
    Intent.PROCESS: pgettext("why a hand is up", "how we work"),
    Intent.QUESTION: pgettext("why a hand is up", "a question"),
    Intent.CLARIFY: pgettext("why a hand is up", "to clarify"),
    Intent.REPLY: pgettext("why a hand is up", "a reply"),
    Intent.SPEAK: pgettext("why a hand is up", "to speak"),
}
MODE_WORDS = {
    FloorMode.QUEUE: pgettext("floor mode", "Hands and turns"),
    FloorMode.ROUND: pgettext("floor mode", "Round"),
    FloorMode.SOLO: pgettext("floor mode", "One voice"),
    FloorMode.QUESTIONS: pgettext("floor mode", "Open questions"),
    FloorMode.OPEN: pgettext("floor mode", "Free talk"),
    FloorMode.SILENCE: pgettext("floor mode", "Silence"),
}
_MODE_AMID = {
    FloorMode.QUEUE: pgettext("amid", "hands and turns"),
    FloorMode.ROUND: pgettext("amid", "round"),
    FloorMode.SOLO: pgettext("amid", "one voice"),
    FloorMode.QUESTIONS: pgettext("amid", "open questions"),
    FloorMode.OPEN: pgettext("amid", "free talk"),
    FloorMode.SILENCE: pgettext("amid", "silence"),
}
ROLE_WORDS = {
    Role.FACILITATOR: pgettext("role", "facilitator"),
    Role.PARTICIPANT: pgettext("role", "participant"),
    Role.OBSERVER: pgettext("role", "observer"),
}
ORDER_WORDS = {
    Order.FAIR: pgettext("order of the queue", "fair: least heard first"),
    Order.ARRIVAL: pgettext("order of the queue", "in the order of hands"),
    Order.MANUAL: pgettext("order of the queue", "the facilitator's order"),
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
        return ngettext("{n} second", "{n} seconds", rest).format(n=rest)
    if not rest:
        return _("{minutes} min").format(minutes=minutes)
    # Translators: minutes and seconds, as they are said: “1 min 12”
    return _("{minutes} min {seconds}").format(minutes=minutes, seconds=f"{rest:02}")


def time_of_day(at: int) -> str:
    """An instant (UTC milliseconds) as local time of day: `11:05`, in every language, for it stands in columns."""
    return time.strftime("%H:%M", time.localtime(at / 1000))


def moment(at: int) -> str:
    """An instant (UTC milliseconds) as a local day and time: `Friday 27 November 10:00`, with the year if not this."""
    there, now = time.localtime(at / 1000), time.localtime()
    day = day_in_words(date(*there[:3]), year=there.tm_year != now.tm_year)
    # Translators: “Friday 27 November 10:00”; the day is written as your language writes it
    return _("{day} {time}").format(day=day, time=time_of_day(at))


def mode_amid(mode: FloorMode) -> str:
    """A floor mode in the middle of a sentence or a line: `free talk`."""
    return _MODE_AMID[mode]


def cue_before(limit: int) -> int:
    """How long before its limit a turn's speaker is told, milliseconds: half a minute, or a quarter of a short one."""
    return min(30_000, limit // 4)


def place(index: int) -> str:
    """A place in line, 0 being the front: `next in line`, `second in line`."""
    return _IN_LINE[index] if index < len(_IN_LINE) else _("number {n} in line").format(n=index + 1)


def place_in_round(index: int) -> str:
    """A place in a round, 0 being the front: `next in this round`."""
    return _IN_ROUND[index] if index < len(_IN_ROUND) else _("number {n} in this round").format(n=index + 1)


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    # Translators: the end of a list of two or more, “Ana, Ben and Cem”: {others} is “Ana, Ben”
    return _("{others} and {last}").format(others=", ".join(words[:-1]), last=words[-1])


def either(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    # Translators: the end of a list of two or more, “10:00, 11:00 or 12:00”: {others} is “10:00, 11:00”
    return _("{others} or {last}").format(others=", ".join(words[:-1]), last=words[-1])


def quoted(words: str) -> str:
    """What somebody wrote, between quotation marks: `“like this”`."""
    # Translators: what somebody wrote, between your language's quotation marks
    return _("“{text}”").format(text=words)


def people(count: int) -> str:
    """`1 person`, `3 people`."""
    return ngettext("{n} person", "{n} people", count).format(n=count)


def reason(where: Place, *, figures: bool) -> str:
    """Why a hand stands where it stands. `figures`: the reader may see how far it is from an equal share."""
    n = where.number
    if where.reason == "questions":
        return ngettext("{n} question so far", "{n} questions so far", n).format(n=n)
    if where.reason == "waited":
        return ngettext("waited 1 turn", "waited {n} turns", n).format(n=n)
    if where.reason == "fair" and figures and where.balance:
        away = clock(abs(where.balance))
        if where.balance < 0:
            return _("{time} under an equal share").format(time=away)
        return _("{time} over an equal share").format(time=away)
    return _(REASONS[where.reason])


def about_equal(share: Fraction) -> Fraction:
    """How far from a share (milliseconds) still is about equal: the larger of a minute or a quarter of it."""
    return max(Fraction(60_000), share / 4)


def standing(totals: Totals, seat: int) -> str:
    """How somebody stands, in words first. Source: domain.md, Visibility."""
    balance = totals.balance.get(seat)
    if balance is None:
        return _("your talk is not counted here")
    if not totals.enough_marked:
        return _("not enough was marked to say")
    if abs(balance) <= about_equal(totals.counted.get(seat, 0) - balance):
        return _("about an equal share")
    return _("there is room for you") if balance < 0 else _("you have been heard a good deal")


def evenness(totals: Totals) -> str:
    """The sentence on how evenly the talk was shared, for the review."""
    if not totals.enough_marked:
        return _("Not enough was marked to say how evenly the time was shared.")
    if totals.evenness is None:
        return _("Nothing was said yet that could have been uneven.")
    if not totals.evenness_shown:
        return _("Too little was said yet to say how evenly the time was shared.")
    parts = round(totals.evenness)
    return _("The time was shared {parts} parts in 100 evenly: does that match how it felt?").format(parts=parts)


def set_back(entries: int) -> str:
    """That the server has less of the room than this machine had: so many entries."""
    return ngettext(
        "Connected again, but the server has lost the last change that was seen here. Tell whoever runs it.",
        "Connected again, but the server has lost the last {n} changes that were seen here. Tell whoever runs it.",
        entries,
    ).format(n=entries)


def refusal_words(refusal: Refusal) -> str:
    """What was refused and why, and what to do next."""
    return f"{_(refusal.sentence)} {_(refusal.next_step)}"
