"""Days as people write them in other languages, put into the English words that due.py reads.

    in_english("bis Ende nächster Woche", "de")  ->  "by end of next week"

A language is a table of expressions and what they become, tried in order, each on what the ones before have left; so
what is not known stays as it is. Words are small and single-spaced (`ß` is `ss`), without commas. What a day means is
due.py's table in every language: `nächsten Freitag` is that of the next calendar week, `kommenden Freitag` the first to
come. Short weekdays (`so`, `do`, `mi`) are other words too, and are days only beside a date.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from evenly_client.written import MONTHS, WEEKDAYS

_DAYS: Final = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag")
_SHORT_DAYS: Final = ("mo", "di", "mi", "do", "fr", "sa", "so")
_MONTHS: Final = (
    *("januar|jänner|jan", "februar|feber|feb", "märz|maerz|mär", "april|apr", "mai", "juni|jun", "juli|jul"),
    *("august|aug", "september|sept|sep", "oktober|okt", "november|nov", "dezember|dez"),
)
_ANY_DAY: Final = f"(?:{'|'.join(_DAYS)})"
_ANY_MONTH: Final = f"(?:{'|'.join(_MONTHS)})"
_NUMBERS: Final = (
    *(("ein(?:e[mnrs]?)?", "one"), ("zwei", "two"), ("drei", "three"), ("vier", "four"), ("fünf", "five")),
    *(("sechs", "six"), ("sieben", "seven"), ("acht", "eight"), ("neun", "nine"), ("zehn", "ten")),
    *(("elf", "eleven"), ("zwölf", "twelve")),
)

_GERMAN: Final = (
    # times of day, which a due date has none of
    (rf"\b(heute|{_ANY_DAY})\s?(?:morgen|früh)$", r"\1"),
    (r"\b(?:um|gegen) \d{1,2}(?:[:.]\d\d)?(?:\s?uhr(?: \d\d)?)?$|\b\d{1,2}(?:[:.]\d\d)?\s?uhr(?: \d\d)?$", ""),
    (r"\s?(?:\bfrüh|\bmorgens|(?:vor|nach)?mittags?|(?<!sonn)abends?|nachts?)$", ""),
    (r" (?:um|gegen)$", ""),
    # the next session
    (r"\bnächste[mnrs]? (?:sitzung|treffen|termin|mal)$", "next session"),
    # what lasts: weeks, months, years
    (rf"\b({_ANY_DAY}) (?:der )?(nächste|diese)[nrs]? woche$", r"\2n \1"),
    (rf"\b(nächste|diese)[nrs]? woche (?:am )?({_ANY_DAY})$", r"\1n \2"),
    (rf"\b({_ANY_DAY}) in einer woche$", r"\1 week"),
    (r"\bübernächste[nrs]? woche$", "week after next"),
    (r"\b(?:der )?kommende[nrs]? woche$", "nächste woche"),
    (r"\b(?:anfang|beginn) (?:der )?nächste[nrs]? woche$", "next monday"),
    (r"\bmitte (?:der )?nächste[nrs]? woche$", "next wednesday"),
    (r"\bmitte (?:der|dieser) woche$", "this wednesday"),
    (r"\b(?:ende (?:der )?)?nächste[nrs]? woche$", "end of next week"),
    (r"\b(?:ende (?:der )?)?diese[nrs]? woche$|\bende der woche$", "end of this week"),
    (r"\bnächste[mns]? wochenende$", "next weekend"),
    (r"\b(?:(?:diese|kommende)[mns]? )?wochenende$", "this weekend"),
    (r"\b(?:ende (?:des )?)?(?:nächste|kommende)[mns]? monats?$", "end of next month"),
    (r"\bende (?:des|diese[ns]) monats$|\bmonatsende$|\bdiesen monat$", "end of this month"),
    (r"\bende (?:des|diese[ns]) jahres$|\bjahresende$", "31 december"),
    (r"\bin einem halben jahr$", "in six months"),
    (rf"\bende (?={_ANY_MONTH})", "end of "),
    (rf"\b(?:anfang|mitte) (?={_ANY_MONTH})", "in "),
    (r"\bheute in |\bbinnen |\binnerhalb (?:von )?", "in "),
    (r"\bvor (\S+ (?:tag|woche|monat|jahr)\w*)$", r"\1 ago"),
    # single words
    (r"\b(?:vor)?gestern\b", "yesterday"),
    (r"\bübermorgen\b", "day after tomorrow"),
    (r"\bmorgen\b", "tomorrow"),
    (r"\bheute\b", "today"),
    (r"\b(?:letzte|vorige|vergangene)[mnrs]?\b", "last"),
    (r"\bnächste[mnrs]?\b", "next"),
    (r"\bdiese[mnrs]?\b", "this"),
    (r"\bkommende[mnrs]? ", ""),
    *((rf"\b(?:{name})\b", english.lower()) for name, english in zip(_DAYS, WEEKDAYS, strict=True)),
    *(
        (rf"\b{name} (?:de[mnr] )?(?=\d{{1,2}}[. ])", f"{english.lower()} ")
        for name, english in zip(_SHORT_DAYS, WEEKDAYS, strict=True)
    ),
    *((rf"\b(?:{name})\b", english.lower()) for name, english in zip(_MONTHS, MONTHS, strict=True)),
    *((rf"\b{name}(?= (?:tag|woche|monat|jahr))", english) for name, english in _NUMBERS),
    (r"\btage?n?\b", "days"),
    (r"\bwochen?\b", "weeks"),
    (r"\bmonate?n?\b", "months"),
    (r"\bjahre?n?\b", "years"),
    # what stands around a day
    (r"^(?:(?:bis|spätestens|zum|zur|beim|am|im|der|dem|den) )+", "by "),
    (r"(?<=[a-z]) de[mnr] (?=\d)", " "),
    (rf"\b(\d{{1,2}})\. ?(?={'|'.join(month.lower() for month in MONTHS)})", r"\1 "),
    (r"^(by )?(\d{1,2})\.$", r"\1the \2"),
)

_LANGUAGES: Final = {"de": _GERMAN}


def in_english(words: str, language: str) -> str:
    """The words with those of a language (a code such as `de`) put into English; as they are, of one not known here."""
    for expression, english in _table(language):
        words = expression.sub(english, words)
    return " ".join(words.split())


@cache
def _table(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(expression), english) for expression, english in _LANGUAGES.get(language, ()))
