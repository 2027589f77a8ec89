"""When something is due, as people write it: a date, or "next session".

What is written is matched with a small table of shapes first, because the library that knows dates is eager: it
takes `5`, `we 3` and `now now` for dates. What these words mean, where people differ:

=====================================  =================================================================
`friday`                               the coming one, never today
`this friday`                          the one in this calendar week, Monday to Sunday
`next friday`                          the one in the calendar week after this
`friday week`, `a week on friday`      a week after the coming one
`next week`, `end of next week`        Friday of the next calendar week
`week after next`                      Friday of the one after that
`end of the week`, `this week`         Friday of this one; from Saturday on, Sunday
`next month`, `end of next month`      the last day of the next month
`the 3rd`                              the coming 3rd, today included; likewise `3 december` without a year
`3/12`                                 refused with both readings, unless only one could be meant
`3.12.`                                3 December: with full stops the day comes first
=====================================  =================================================================

Other languages are put into these words by day_words.py; what it does not know is left to the library. Times of day are
left out. The wire holds whole days since 1970-01-01; 0 is the next session.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from evenly_client.day_words import in_english
from evenly_client.phrases import either
from evenly_client.translation import ENGLISH, _, language, ngettext, pgettext
from evenly_client.written import MONTHS, WEEKDAYS, day_in_words, weekday_in_words

MOST_YEARS: Final = 3
"""A due date lies at most this many years ahead."""

LONGEST: Final = 80
"""Characters; what is longer is no date."""

_EPOCH: Final = date(1970, 1, 1)
_NEAR: Final = 180
"""Days: nearer than this a date is said with its weekday and without its year."""
_FRIDAY: Final = 4
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due. By the next session: `date` is that session's, None when there is none planned."""

    date: date | None
    next_session: bool = False

    @property
    def day(self) -> int:
        """As on the wire: whole days since 1970-01-01; 0 is the next session."""
        return 0 if self.next_session or self.date is None else to_day(self.date)


@dataclass(frozen=True, slots=True)
class NotADate:
    """Why what was written is not taken, and what to write instead; both are for the person who wrote it.

    `unread`: it has the shape of no date at all, and may well be something else.
    """

    title: str
    advice: str
    unread: bool = False

    def __str__(self) -> str:
        return f"{self.title} {self.advice}"


class _Refused(Exception):
    """Carries a refusal out of the reading of one shape."""

    def __init__(self, title: str, advice: str = "", *, unread: bool = False) -> None:
        super().__init__(title)
        self.refusal = NotADate(title, advice or _("Write it like 2026-12-03."), unread)


def to_day(day: date) -> int:
    """A date as whole days since 1970-01-01.

    Raises:
        ValueError: 1970-01-01 or earlier; 0 means the next session.
    """
    days = (day - _EPOCH).days
    if days < 1:
        raise ValueError(f"no due date: {day}")
    return days


def from_day(days: int) -> date | None:
    """The date of so many whole days since 1970-01-01; 0, the next session, is None.

    Raises:
        ValueError: below zero, or after the year 9999.
    """
    if days < 0 or days > (date.max - _EPOCH).days:
        raise ValueError(f"no due date: day {days}")
    return _EPOCH + timedelta(days=days) if days else None


def say_due(day: date, today: date) -> str:
    """A date as it is said: `today`, `tomorrow`, `Friday 27 November`; a far one with its year."""
    away = (day - today).days
    if near := {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get(away):
        return near
    if abs(away) <= _NEAR:
        return day_in_words(day, year=False)
    return _in_full(day)


def parse_due(
    text: str, today: date, *, next_session: date | None = None, languages: Sequence[str] | None = None
) -> Due | NotADate:
    """What somebody wrote as a due date, in the words of the module's table. `languages`: codes like `de`, read
    beside English, without any the language that words are in; nothing depends on the time zone of the machine.

    Nothing written means the next session.
    """
    words = _plain(text)
    languages = (language().partition("_")[0],) if languages is None else languages
    others = tuple(code for code in languages if code != ENGLISH)
    said = (words, *(in_english(words, code) for code in others))
    if words == _plain(_NEXT) or any(_LEADING.sub("", way) in _NEXT_SESSION for way in said if way or not words):
        return Due(next_session, next_session=True)
    try:
        return Due(_possible(_read(said, today, others), today))
    except _Refused as refused:
        return refused.refusal


# ---- the words, made plain

_LEADING = re.compile(r"^(?:due|by|until|till|on|for|no later than|at the latest by|am|bis(?: zum)?|spätestens)\s+")
_TIMES = re.compile(
    r"\s*\b(?:at|by|before|around)?\s*(?:"
    r"\d{1,2}\s?[ap]\.?m\b\.?|\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|(?<=at )\d{1,2}(?:\s?h\b|$)|"
    r"noon|midnight|morning|afternoon|evening|night|eod|end of (?:the )?day|close of business|cob)(?=\s|$)"
)
_ISO_TIME = re.compile(r"(?<=\d)t\d\d:.*$")
_NEXT_SESSION = frozenset(
    ("", "next session", "the next session", "next time", "next meeting", "the next meeting")  # no words: typed ones
)
_NEXT: Final = pgettext("typed for a day", "next session")


def _plain(text: str) -> str:
    """Small letters, single spaces, no commas, no full stop after a word."""
    text = unicodedata.normalize("NFKC", text[: LONGEST + 1]).casefold().replace("’", "'")
    return " ".join(re.sub(r"(?<=[a-z])\.(?=[\s,]|$)|,|!", " ", text).split())


def _without_time(words: str) -> str:
    return _TIMES.sub(" ", _ISO_TIME.sub("", words)).strip()


# ---- the shapes

_WEEKDAY_NAMES = {
    **{name.lower(): number for number, name in enumerate(WEEKDAYS)},
    **{name[:3].lower(): number for number, name in enumerate(WEEKDAYS)},
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
_MONTH_NAMES = {
    **{name.lower(): number for number, name in enumerate(MONTHS, start=1)},
    **{name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)},
    "sept": 9,
}


def _any_of(names: Sequence[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_WD = rf"(?P<weekday>{_any_of(tuple(_WEEKDAY_NAMES))})"
_MONTH = rf"(?P<month>{_any_of(tuple(_MONTH_NAMES))})"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:\s(?P<year>\d{4}|\d\d))?"
_FIGURES = r"(?P<one>\d{1,2})\s?(?P<mark>[-/.])\s?(?P<two>\d{1,2})(?:\s?(?P=mark)\s?(?P<year>\d{4}|\d\d))?\.?"
_COUNT = r"(?:\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"


def _coming(weekday: int, today: date) -> date:
    """The first such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _end_of_month(day: date, *, later: int = 0) -> date:
    """The last day of the month `later` months after that of `day`."""
    months = day.year * 12 + day.month + later
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _this_week(today: date) -> date:
    friday = _monday(today) + timedelta(days=_FRIDAY)
    return friday if friday >= today else _monday(today) + timedelta(days=6)


def _weekday(found: re.Match[str], today: date) -> date:
    number = _WEEKDAY_NAMES[found["weekday"]]
    which = found["which"]
    if which == "next":
        return _monday(today) + timedelta(days=7 + number)
    if which == "this":
        return _monday(today) + timedelta(days=number)
    return _coming(number, today)


def _weekday_week(found: re.Match[str], today: date) -> date:
    return _coming(_WEEKDAY_NAMES[found["weekday"]], today) + _WEEK


def _week(found: re.Match[str], today: date) -> date:
    return _monday(today) + timedelta(days=7 + _FRIDAY) if found["next"] else _this_week(today)


def _week_after_next(found: re.Match[str], today: date) -> date:
    return _monday(today) + timedelta(days=14 + _FRIDAY)


def _weekend(found: re.Match[str], today: date) -> date:
    return _monday(today) + timedelta(days=13 if found["next"] else 6)


def _month_end(found: re.Match[str], today: date) -> date:
    return _end_of_month(today, later=1 if found["next"] else 0)


def _named_month_end(found: re.Match[str], today: date) -> date:
    month = _MONTH_NAMES[found["month"]]
    year = int(found["year"]) if found["year"] else today.year + (month < today.month)
    return _end_of_month(date(year, month, 1))


def _day_of_month(found: re.Match[str], today: date) -> date:
    number = int(found["day"])
    months = (_end_of_month(today, later=later) for later in range(13))
    fitting = (end.replace(day=number) for end in months if 1 <= number <= end.day)
    for day in fitting:
        if day >= today:
            return day
    raise _Refused(_("There is no such day."))


def _exact(found: re.Match[str], today: date) -> date:
    return _a_day(int(found["year"]), int(found["month"]), int(found["day"]))


def _a_day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise _Refused(_("There is no such day.")) from None


def _coming_day(day: int, month: int, year: str | None, today: date) -> date | None:
    """The day of these figures; without a year the coming one, today included. None: there is none."""
    years = range(today.year, today.year + 9) if year is None else (int(year) + (2000 if len(year) == 2 else 0),)
    for number in years:
        try:
            found = date(number, month, day)
        except ValueError:
            continue
        if year is not None or found >= today:
            return found
    return None


def _figures(found: re.Match[str], today: date) -> date:
    """Day and month in figures: which is which may have to be asked."""
    one, two, year = int(found["one"]), int(found["two"]), found["year"]
    day_first = _coming_day(one, two, year, today)
    month_first = None if found["mark"] == "." else _coming_day(two, one, year, today)
    readings = sorted({day for day in (day_first, month_first) if day is not None})
    if not readings:
        raise _Refused(_("There is no such day."))
    possible = [day for day in readings if today <= day and not _too_far(day, today)]
    if len(possible) < 2:
        return _agreed((possible or readings)[0], found["weekday"])
    said = either([day_in_words(day, weekday=False, year=False) for day in possible])
    raise _Refused(f"{said}?", _("Write {dates}.").format(dates=either([day.isoformat() for day in possible])))


def _named_day(found: re.Match[str], today: date) -> date:
    """A day of a named month, read by the library."""
    words = " ".join(filter(None, (found["day"], found["month"], found["year"])))
    # The library takes today's own date without a year for next year's: it reads from yesterday on.
    day = _by_library(_NAMED, words, today - timedelta(days=1))
    if day is None:
        raise _Refused(_("There is no such day."))
    return _agreed(day, found["weekday"])


def _agreed(day: date, weekday: str | None) -> date:
    """The day, if the weekday that was written beside it is its own."""
    if weekday and _WEEKDAY_NAMES[weekday] != day.weekday():
        title = _("{day} is a {weekday}.").format(day=_in_full(day), weekday=weekday_in_words(day))
        raise _Refused(title, _("Write {day} if you mean it.").format(day=day.isoformat()))
    return day


def _counted(found: re.Match[str], today: date) -> date:
    words = re.sub(r"'? (?:time|from now|from today)$", "", found[0])
    day = _by_library(_COUNTED, words if words.startswith("in ") else f"in {words}", today)  # no words: typed
    if day is None:
        raise _Refused(_("That is too far ahead."), _within())
    return day


def _relative(found: re.Match[str], today: date) -> date:
    day = _by_library(_COUNTED, found[0], today)
    if day is None:
        raise _Refused(_("That is no date."), _EXAMPLES, unread=True)
    return day


def _gone(found: re.Match[str], today: date) -> date:
    raise _Refused(_("That is in the past."), _("Choose a date from today on."))


def _which_day(found: re.Match[str], today: date) -> date:
    raise _Refused(_("Which day?"), _("Write the day too, like 3 December, or 2026-12-03."))


_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...]] = tuple(
    (re.compile(pattern, re.ASCII), reading)
    for pattern, reading in (
        (r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})", _exact),
        (rf"(?:{_WD}\s)?{_FIGURES}", _figures),
        (rf"(?:(?P<which>next|this)\s)?{_WD}", _weekday),
        (rf"{_WD}\sweek", _weekday_week),
        (rf"(?:a|one)\sweek\s(?:on|from|after)\s{_WD}", _weekday_week),
        (r"(?:the\s)?(?:end\sof\s)?(?:(?P<next>next)|the|this)\sweek|end\sof\sweek", _week),
        (r"(?:the\s)?week\safter\snext", _week_after_next),
        (r"(?:(?P<next>next)|the|this)\sweekend|weekend", _weekend),
        (r"(?:the\s)?end\sof\s(?:(?:(?P<next>next)|the|this)\s)?month", _month_end),
        (r"(?:(?P<next>next)|this)\smonth", _month_end),
        (rf"(?:the\s)?end\sof\s{_MONTH}(?:\s(?P<year>\d{{4}}))?", _named_month_end),
        (r"the\s(?P<day>\d{1,2})(?:st|nd|rd|th)?", _day_of_month),
        (r"(?P<day>\d{1,2})(?:st|nd|rd|th)", _day_of_month),
        (rf"(?:{_WD}\s)?(?:the\s)?{_D}\s(?:of\s)?{_MONTH}{_YEAR}", _named_day),
        (rf"(?:{_WD}\s)?{_MONTH}\s(?:the\s)?{_D}{_YEAR}", _named_day),
        (rf"(?:in\s)?{_COUNT}\s(?:day|week|fortnight|month|year)s?'?(?:\s(?:time|from\snow|from\stoday))?", _counted),
        (r"today|tomorrow|(?:the\s)?day\safter\stomorrow", _relative),
        (rf"yesterday|(?:the\s)?day\sbefore\syesterday|last\s[a-z]+|{_COUNT}\s[a-z]+\sago", _gone),
        (rf"(?:(?:in|this|next)\s)?{_MONTH}(?:\s\d{{4}})?|\d{{4}}|(?:next|this)\syear", _which_day),
    )
)


def _read(said: Sequence[str], today: date, others: Sequence[str]) -> date:
    """The day of what somebody wrote: as it is, then in English words from each of the other languages."""
    if len(said[0]) > LONGEST:
        raise _Refused(_("That is no date."), _EXAMPLES, unread=True)
    ways = [_the_day_alone(words) for words in said]
    if "" in ways:
        raise _Refused(_("On which day?"), _EXAMPLES)
    for words in ways:
        for pattern, reading in _SHAPES:
            if found := pattern.fullmatch(words):
                return reading(found, today)
    if others and (day := _in_another_language(ways[0], today, others)) is not None:
        return day
    raise _Refused(_("That is no date."), _EXAMPLES, unread=True)


def _the_day_alone(words: str) -> str:
    """Without the time of day, and without what stands before a day."""
    words = re.sub(r"\btonight$", "today", words)
    return _LEADING.sub("", _without_time(_LEADING.sub("", words)))


# Translators: what is typed is read in English and in your language; “next session” as you translate it by itself
_EXAMPLES = _("Write something like friday, in two weeks, 3 December, 2026-12-03 or next session.")


def _possible(day: date, today: date) -> date:
    if day < today:
        raise _Refused(_("That is in the past: {day}.").format(day=_in_full(day)), _("Choose a date from today on."))
    if _too_far(day, today):
        raise _Refused(_("That is far ahead: {day}.").format(day=_in_full(day)), _within())
    return day


def _within() -> str:
    return ngettext("Choose a date within {n} year.", "Choose a date within {n} years.", MOST_YEARS).format(
        n=MOST_YEARS
    )


def _too_far(day: date, today: date) -> bool:
    return (day.year, day.month, day.day) > (today.year + MOST_YEARS, today.month, today.day)


def _in_full(day: date) -> str:
    return day_in_words(day, weekday=False)


# ---- the library

_COUNTED: Final = "relative-time"
_NAMED: Final = "absolute-time"
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")


def _in_another_language(words: str, today: date, languages: Sequence[str]) -> date | None:
    """A date in another language: so many days from now, a day of a named month, or one long word (short ones are
    other words too: `so`, `do`, `mi`)."""
    counted = _by_library(_COUNTED, words, today, languages)
    if counted is not None and (counted != today or " " not in words):
        return counted
    yesterday = today - timedelta(days=1)
    return _by_library(_NAMED, words, yesterday, languages, parts=("day", "month")) or (
        _by_library(_NAMED, words, today, languages) if _LONG_WORD.fullmatch(words) else None
    )


def _by_library(
    kind: str, words: str, base: date, languages: Sequence[str] = ("en",), *, parts: Sequence[str] = ()
) -> date | None:
    """What dateparser takes the words for, seen from `base`; None for nothing, or a month or a year without a day."""
    from dateparser.date import DateDataParser  # pyright: ignore[reportMissingTypeStubs]

    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": datetime(base.year, base.month, base.day),
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": [kind],
        "REQUIRE_PARTS": list(parts),
    }
    try:
        read = DateDataParser(languages=list(languages), settings=settings).get_date_data(words)
    except (OverflowError, ValueError):
        return None
    whole = kind == _COUNTED or read.period == "day"
    return read.date_obj.date() if read.date_obj is not None and whole else None
