"""Days and figures as languages write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from evenly_client import written

FRIDAY = date(2026, 11, 27)


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Has words be in another language."""

    def speak(language: str) -> None:
        written._locale.cache_clear()  # pyright: ignore[reportPrivateUsage]
        monkeypatch.setattr(written, "language", lambda: language)

    yield speak
    written._locale.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("language", "whole", "of_this_year", "without_weekday", "short"),
    [
        ("en", "Friday 27 November 2026", "Friday 27 November", "27 November 2026", "27 November"),
        ("de", "Freitag, 27. November 2026", "Freitag, 27. November", "27. November 2026", "27. November"),
        (
            "es",
            "viernes, 27 de noviembre de 2026",
            "viernes, 27 de noviembre",
            "27 de noviembre de 2026",
            "27 de noviembre",
        ),
        (
            "fi",
            "perjantai 27. marraskuuta 2026",
            "perjantai 27. marraskuuta",
            "27. marraskuuta 2026",
            "27. marraskuuta",
        ),
        ("xx", "Friday 27 November 2026", "Friday 27 November", "27 November 2026", "27 November"),
        ("ja", "2026年11月27日金曜日", "11月27日(金曜日)", "2026年11月27日", "11月27日"),
    ],
)
def test_days(
    speak: Callable[[str], None], language: str, whole: str, of_this_year: str, without_weekday: str, short: str
) -> None:
    """In the order and with the marks of the language, in whole words; in English where nobody knows these."""
    speak(language)
    assert written.day_in_words(FRIDAY) == whole
    assert written.day_in_words(FRIDAY, year=False) == of_this_year
    assert written.day_in_words(FRIDAY, weekday=False) == without_weekday
    assert written.day_in_words(FRIDAY, weekday=False, year=False) == short


@pytest.mark.parametrize(
    ("language", "said"), [("en", "2026-11-27"), ("de", "27.11.2026"), ("fi", "27.11.2026"), ("xx", "2026-11-27")]
)
def test_days_in_figures(speak: Callable[[str], None], language: str, said: str) -> None:
    """As the language has them, and in English the way that nobody can take for another day."""
    speak(language)
    assert written.day_in_figures(FRIDAY) == said


@pytest.mark.parametrize(
    ("language", "weekday", "figure", "precise"),
    [("en", "Friday", "3.5", "0.25"), ("de", "Freitag", "3,5", "0,25"), ("fr", "vendredi", "3,5", "0,25")],
)
def test_weekdays_and_figures(
    speak: Callable[[str], None], language: str, weekday: str, figure: str, precise: str
) -> None:
    """A weekday by itself; the language's own mark before tenths."""
    speak(language)
    assert written.weekday_in_words(FRIDAY) == weekday
    assert written.decimal(3.46) == figure
    assert written.decimal(0.25, 2) == precise
