"""Days and figures as the reader's language writes them: `Friday 27 November`, `Freitag, 27. November`.

English is written here; Babel, which knows the other languages (CLDR), takes time to load and is asked for those alone.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from evenly_client.translation import ENGLISH, language

if TYPE_CHECKING:
    from babel import Locale

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_in_words(day: date, *, weekday: bool = True, year: bool = True) -> str:
    """A day: `Friday 27 November 2026`; without its weekday or its year where they are not wanted."""
    locale = _locale()
    if locale is None:
        parts = (WEEKDAYS[day.weekday()] * weekday, str(day.day), MONTHS[day.month - 1], str(day.year) * year)
        return " ".join(filter(None, parts))
    from babel.dates import format_date

    return format_date(day, _pattern(locale, weekday=weekday, year=year), locale=locale)


def weekday_in_words(day: date) -> str:
    """The day of the week: `Friday`."""
    locale = _locale()
    if locale is None:
        return WEEKDAYS[day.weekday()]
    from babel.dates import format_date

    return format_date(day, "cccc", locale=locale)


def day_in_figures(day: date) -> str:
    """A day in few letters: `2026-11-27`, `27.11.2026`. (Where days are to be sorted, write `isoformat` instead.)"""
    locale = _locale()
    if locale is None:
        return day.isoformat()
    from babel.dates import format_date

    return format_date(day, "medium", locale=locale)


def decimal(figure: float, places: int = 1) -> str:
    """A figure with so many places after its point: `3.5`, `3,5`."""
    locale = _locale()
    if locale is None:
        return f"{figure:.{places}f}"
    from babel.numbers import format_decimal

    return format_decimal(round(figure, places), format=f"0.{'0' * places}", locale=locale)


@cache
def _locale() -> Locale | None:
    """What Babel knows of the reader's language; None for English, and for one that it does not know."""
    if language() == ENGLISH:
        return None
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language())
    except (UnknownLocaleError, ValueError):
        return None


def _pattern(locale: Locale, *, weekday: bool, year: bool) -> str:
    """The order of a day's parts and the marks between them, in whole words (CLDR, "Date Format Patterns")."""
    if year:
        return "full" if weekday else "long"
    known = locale.datetime_skeletons
    short, whole = str(known["MMMd"].pattern), str(known["MMMMd"].pattern)
    if not weekday:
        return whole
    # A weekday without a year there is only in its short form.
    pattern = str(known["MMMEd"].pattern).replace(short, whole)
    return re.sub(r"E+|c+", lambda found: found[0][0] * 4, pattern)
