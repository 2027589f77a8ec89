"""When something is due, as people write it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from babel.dates import format_date
from evenly_client.due import LONGEST, Due, NotADate, from_day, parse_due, say_due, to_day
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2026, 11, 25)
"""A Wednesday."""

DATES = st.dates(date(2020, 1, 1), date(2090, 1, 1))


def _date(text: str, today: date = TODAY, *languages: str) -> date | None:
    due = parse_due(text, today, languages=("en", *languages))
    assert isinstance(due, Due), due
    assert not due.next_session
    return due.date


def _refusal(text: str, today: date = TODAY) -> NotADate:
    refused = parse_due(text, today)
    assert isinstance(refused, NotADate), refused
    return refused


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-25"),
        ("tonight", "2026-11-25"),
        ("tomorrow", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("friday", "2026-11-27"),
        ("Fri.", "2026-11-27"),
        ("by Friday!", "2026-11-27"),
        ("this friday", "2026-11-27"),
        ("next friday", "2026-12-04"),
        ("next monday", "2026-11-30"),
        ("wednesday", "2026-12-02"),
        ("this wednesday", "2026-11-25"),
        ("next wednesday", "2026-12-02"),
        ("thurs", "2026-11-26"),
        ("monday", "2026-11-30"),
        ("monday week", "2026-12-07"),
        ("a week on monday", "2026-12-07"),
        ("next week", "2026-12-04"),
        ("end of next week", "2026-12-04"),
        ("end of the week", "2026-11-27"),
        ("this week", "2026-11-27"),
        ("the weekend", "2026-11-29"),
        ("next weekend", "2026-12-06"),
        ("end of month", "2026-11-30"),
        ("end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("next month", "2026-12-31"),
        ("end of January", "2027-01-31"),
        ("end of november", "2026-11-30"),
        ("end of february 2028", "2028-02-29"),
        ("in two weeks", "2026-12-09"),
        ("two weeks", "2026-12-09"),
        ("in 2 weeks' time", "2026-12-09"),
        ("in a fortnight", "2026-12-09"),
        ("in ten days", "2026-12-05"),
        ("in a month", "2026-12-25"),
        ("in three years", "2029-11-25"),
        ("3 dec", "2026-12-03"),
        ("Dec. 3rd", "2026-12-03"),
        ("December the 3rd", "2026-12-03"),
        ("3rd of december", "2026-12-03"),
        ("3 December 2026", "2026-12-03"),
        ("December 3, 2026", "2026-12-03"),
        ("Thursday, 3 December", "2026-12-03"),
        ("3 dec 27", "2027-12-03"),
        ("３ ＤＥＣ", "2026-12-03"),
        ("24 november", "2027-11-24"),
        ("25 november", "2026-11-25"),
        ("29 feb", "2028-02-29"),
        ("the 3rd", "2026-12-03"),
        ("the 25th", "2026-11-25"),
        ("31st", "2026-12-31"),
        ("2026-12-03", "2026-12-03"),
        ("2026/12/3", "2026-12-03"),
        ("3.12.", "2026-12-03"),
        ("3.12.2026", "2026-12-03"),
        ("13/12", "2026-12-13"),
        ("12/13", "2026-12-13"),
        ("5/5", "2027-05-05"),
        ("3/12/2026", "2026-12-03"),
    ],
)
def test_what_people_write_is_read(text: str, day: str) -> None:
    """Seen from Wednesday 25 November 2026; where people differ, by the module's table."""
    assert _date(text) == date.fromisoformat(day)
    assert _date(f"  {text.upper()} ") == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["", "  ", "next session", "Next time", "by the next session", "by next meeting."])
def test_nothing_written_means_the_next_session(text: str) -> None:
    """With its date, when one is planned."""
    assert parse_due(text, TODAY) == Due(None, next_session=True)
    planned = parse_due(text, TODAY, next_session=date(2026, 12, 9))
    assert planned == Due(date(2026, 12, 9), next_session=True)
    assert isinstance(planned, Due)
    assert planned.day == 0


@pytest.mark.parametrize(
    "text",
    [
        "friday 3pm",
        "friday at 5",
        "friday, 15:00",
        "by Friday morning",
        "friday eod",
        "end of day friday",
        "Fri 5 p.m.",
    ],
)
def test_times_of_day_are_left_out(text: str) -> None:
    """A due date is a whole day."""
    assert _date(text) == date(2026, 11, 27)


def test_a_time_of_its_own_is_no_day() -> None:
    """And does not count as nothing written."""
    for text in ("3 pm", "15:00", "at 5", "noon"):
        assert _refusal(text).title == "On which day?"


@pytest.mark.parametrize(
    "text",
    [
        *("banana", "5", "may be", "we 3", "now now", "now", "we", "a", "q", "I", "-5", "1e3", "asap", "soon", "²"),
        *("march on", "mon ami", "sun and sea", "in june bugs", "friday friday", "3 bananas", "second", "utc", "z"),
        *("٣ december", "ты", "金曜日", "\x00", "next", "the", "of", "by", "in", "next next friday", "friday!?"),
        *("5 3", "x" * 5000),
    ],
)
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    """The library would take several of these."""
    refused = _refusal(text)
    assert refused.title == "That is no date."
    assert "2026-12-03" in str(refused)


@pytest.mark.parametrize("text", ["may", "december", "in march", "december 2026", "2027", "next year", "this year"])
def test_a_month_or_a_year_is_asked_for_its_day(text: str) -> None:
    """The library would choose one."""
    assert _refusal(text).title == "Which day?"


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "2026-13-01", "30 feb", "31 november", "29 feb 2027", "13/13", "0/0", "the 32nd", "0th", "31.11."],
)
def test_a_day_that_is_none_is_refused(text: str) -> None:
    """Not moved to one that is."""
    assert _refusal(text).title == "There is no such day."


@pytest.mark.parametrize("text", ["12/3", "3/12", "03-12", "3/12/27"])
def test_figures_that_could_be_two_days_are_asked_about(text: str) -> None:
    """Both are written out, the earlier first."""
    refused = _refusal(text)
    assert "3 December" in refused.title
    assert "12 March" in refused.title
    assert _refusal("12/3") == NotADate("3 December or 12 March?", "Write 2026-12-03 or 2027-03-12.")


def test_a_weekday_that_is_not_that_days_is_asked_about() -> None:
    """One of the two is a slip."""
    assert _refusal("friday 3 december") == NotADate(
        "3 December 2026 is a Thursday.", "Write 2026-12-03 if you mean it."
    )


@pytest.mark.parametrize("text", ["3 nov 2026", "2026-11-24", "24.11.2026", "this monday", "3 dec 2020"])
def test_the_past_is_refused_with_its_date(text: str) -> None:
    """So that a slip is seen."""
    assert _refusal(text).title.startswith("That is in the past: ")
    assert _refusal("2026-11-24").title == "That is in the past: 24 November 2026."


@pytest.mark.parametrize("text", ["yesterday", "last friday", "two weeks ago"])
def test_words_for_the_past_are_refused(text: str) -> None:
    """As such, not as garbage."""
    assert _refusal(text).title == "That is in the past."


def test_more_than_three_years_ahead_is_refused() -> None:
    """The day three years from now is the last."""
    assert _date("2029-11-25") == date(2029, 11, 25)
    for text in ("2029-11-26", "in four years", "in 9999 weeks", "9999-12-31"):
        assert _refusal(text).title.startswith("That is far ahead: ")
    assert "3 years" in _refusal("in 9999 years").advice
    leap = date(2028, 2, 29)
    assert _date("2031-02-28", leap) == date(2031, 2, 28)
    assert _refusal("2031-03-01", leap).advice == "Choose a date within 3 years."


def test_at_the_weekend_the_weeks_end_is_sunday() -> None:
    """From Monday to Friday it is Friday."""
    assert [_date("end of the week", date(2026, 11, day)) for day in (23, 27, 28, 29)] == [
        *[date(2026, 11, 27)] * 2,
        *[date(2026, 11, 29)] * 2,
    ]


@given(DATES, st.integers(0, 1090))
def test_a_date_written_out_is_read_back(today: date, days: int) -> None:
    """In figures, and as it is said."""
    day = today + timedelta(days=days)
    assert _date(day.isoformat(), today) == day
    assert _date(say_due(day, today), today) == day


@given(DATES, st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]))
def test_weekdays_are_the_coming_one_and_the_one_in_the_next_calendar_week(today: date, name: str) -> None:
    """On every day of every year."""
    coming, following = _date(name, today), _date(f"next {name}", today)
    assert coming is not None
    assert following is not None
    assert coming.strftime("%u") == following.strftime("%u")
    assert 1 <= (coming - today).days <= 7
    assert following.isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]
    assert _date(f"{name} week", today) == coming + timedelta(days=7)


@given(DATES)
def test_the_end_of_a_month_is_its_last_day(today: date) -> None:
    """This one's and the next one's."""
    this, following = _date("end of the month", today), _date("end of next month", today)
    assert this is not None
    assert following is not None
    assert (this.year, this.month) == (today.year, today.month)
    assert (this + timedelta(days=1)).day == (following + timedelta(days=1)).day == 1
    assert 28 <= (following - this).days <= 31


@given(st.text(max_size=LONGEST + 20), DATES)
def test_any_text_gives_a_date_to_come_or_a_refusal(text: str, today: date) -> None:
    """Never an error; what is refused is explained."""
    due = parse_due(text, today)
    if isinstance(due, NotADate):
        assert due.title[-1] in ".?"
        assert due.advice[-1] == "."
    else:
        assert due.next_session or (due.date is not None and today <= due.date)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("de", "Freitag", "2026-11-27"),
        ("de", "3. Dezember", "2026-12-03"),
        ("de", "25. November", "2026-11-25"),
        ("de", "in zwei Wochen", "2026-12-09"),
        ("de", "morgen", "2026-11-26"),
        ("de", "friday", "2026-11-27"),
        ("fr", "3 décembre", "2026-12-03"),
        ("fr", "vendredi", "2026-11-27"),
    ],
)
def test_other_languages_beside_english(language: str, text: str, day: str) -> None:
    """Those that are asked for."""
    assert _date(text, TODAY, language) == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["so", "so 3", "do 3", "Dezember", "Banane", "5", "jetzt jetzt", "mi"])
def test_other_languages_are_not_read_eagerly_either(text: str) -> None:
    """Short weekdays are other words, too."""
    assert isinstance(parse_due(text, TODAY, languages=("en", "de")), NotADate)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-24", "yesterday"),
        ("2026-11-25", "today"),
        ("2026-11-26", "tomorrow"),
        ("2026-11-27", "Friday 27 November"),
        ("2026-11-20", "Friday 20 November"),
        ("2027-03-12", "Friday 12 March"),
        ("2027-11-27", "27 November 2027"),
        ("2026-01-02", "2 January 2026"),
    ],
)
def test_dates_are_said_as_people_say_them(day: str, said: str) -> None:
    """More than half a year away with the year."""
    assert say_due(date.fromisoformat(day), TODAY) == said


@given(DATES)
def test_days_on_the_wire_are_read_back(day: date) -> None:
    """Whole days since 1970-01-01."""
    assert from_day(to_day(day)) == day
    assert Due(day).day == to_day(day)


def test_days_on_the_wire_by_hand() -> None:
    """0 is the next session; what no date has is refused."""
    assert to_day(date(1970, 1, 2)) == 1
    assert to_day(date(2026, 11, 25)) == 20_782
    assert from_day(0) is None
    assert from_day(to_day(date.max)) == date.max
    for day in (-1, to_day(date.max) + 1, 10**30):
        with pytest.raises(ValueError, match="no due date"):
            from_day(day)
    for day in (date(1970, 1, 1), date(1969, 7, 21)):
        with pytest.raises(ValueError, match="no due date"):
            to_day(day)


def test_the_machines_time_zone_and_locale_make_no_difference() -> None:
    """And importing it does not load the library."""
    program = (
        "import sys, locale, datetime as d\nfrom evenly_client.due import *\nassert 'dateparser' not in sys.modules\n"
        "try: locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error: pass\n"
        "t = d.date(2026, 11, 25)\nfor x in ('tomorrow', 'in two weeks', '3 dec'): print(parse_due(x, t).date)"
    )
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        environment = {**os.environ, "TZ": zone, "LC_ALL": "de_DE.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
        )
        assert done.stdout.split() == ["2026-11-26", "2026-12-09", "2026-12-03"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("bis Freitag", "2026-11-27"),
        ("kommenden Freitag", "2026-11-27"),
        ("diesen Freitag", "2026-11-27"),
        ("nächsten Freitag", "2026-12-04"),
        ("Freitag nächster Woche", "2026-12-04"),
        ("nächste Woche Freitag", "2026-12-04"),
        ("Freitag in einer Woche", "2026-12-04"),
        ("Samstag", "2026-11-28"),
        ("Sonnabend", "2026-11-28"),
        ("spätestens morgen", "2026-11-26"),
        ("übermorgen", "2026-11-27"),
        ("heute Abend", "2026-11-25"),
        ("morgen früh", "2026-11-26"),
        ("Freitag morgen", "2026-11-27"),
        ("Freitagnachmittag", "2026-11-27"),
        ("Freitag um 15:30 Uhr", "2026-11-27"),
        ("Freitag um 15:30", "2026-11-27"),
        ("diese Woche", "2026-11-27"),
        ("bis Ende der Woche", "2026-11-27"),
        ("nächste Woche", "2026-12-04"),
        ("Anfang nächster Woche", "2026-11-30"),
        ("Ende nächster Woche", "2026-12-04"),
        ("übernächste Woche", "2026-12-11"),
        ("am Wochenende", "2026-11-29"),
        ("nächstes Wochenende", "2026-12-06"),
        ("Ende des Monats", "2026-11-30"),
        ("Ende nächsten Monats", "2026-12-31"),
        ("Ende Januar", "2027-01-31"),
        ("Ende des Jahres", "2026-12-31"),
        ("in einer Woche", "2026-12-02"),
        ("innerhalb von zwei Wochen", "2026-12-09"),
        ("in 14 Tagen", "2026-12-09"),
        ("in drei Monaten", "2027-02-25"),
        ("zum 4. Dezember", "2026-12-04"),
        ("4. Dez.", "2026-12-04"),
        ("4. März", "2027-03-04"),
        ("Freitag, den 4. Dezember", "2026-12-04"),
        ("Fr., 4.12.", "2026-12-04"),
        ("bis zum 4.", "2026-12-04"),
    ],
)
def test_german_as_people_write_it(text: str, day: str) -> None:
    """Not only the words that a dictionary has."""
    assert _date(text, TODAY, "de") == date.fromisoformat(day)
    assert _date(text.upper(), TODAY, "de") == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["nächste Sitzung", "bis zur nächsten Sitzung", "zum nächsten Mal", "beim nächsten Treffen"]
)
def test_the_next_session_in_german(text: str) -> None:
    """However the sentence bends it."""
    assert parse_due(text, TODAY, languages=("de",)) == Due(None, next_session=True)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("bald", "That is no date."),
        ("Ende", "That is no date."),
        ("nächste", "That is no date."),
        ("um 15 Uhr", "On which day?"),
        ("Mitte Dezember", "Which day?"),
        ("31. Februar", "There is no such day."),
        ("Mi., 3. Dezember", "3 December 2026 is a Thursday."),
        ("Fr. 3.12.", "3 December 2026 is a Thursday."),
        ("letzten Freitag", "That is in the past."),
        ("vor zwei Wochen", "That is in the past."),
    ],
)
def test_german_that_is_no_day_to_come_is_refused(text: str, title: str) -> None:
    """For the same reasons as in English."""
    refused = parse_due(text, TODAY, languages=("de",))
    assert isinstance(refused, NotADate)
    assert refused.title == title


@given(DATES, st.integers(0, 1090))
def test_a_date_written_out_in_german_is_read_back(today: date, days: int) -> None:
    """As the screens say it, with and without its year."""
    day = today + timedelta(days=days)
    said = format_date(day, "EEEE, d. MMMM" if days < 180 else "d. MMMM y", locale="de")
    assert _date(f"bis {said}", today, "de") == day


def test_what_is_no_date_at_all_says_so() -> None:
    """It may be something else that was written; what has the shape of a date is not."""
    assert _refusal("the budget").unread
    assert not _refusal("31 february").unread
