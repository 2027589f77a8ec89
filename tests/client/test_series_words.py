"""A day and a time of day, as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from evenly_client.due import NotADate
from evenly_client.series_words import parse_moment, parse_moments

NOW = int(datetime(2026, 11, 23, 12, 0).timestamp() * 1000)
"""A Monday."""


def ms(*parts: int) -> int:
    return int(datetime(*parts).timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("friday 10:00", (2026, 11, 27, 10, 0)),
        ("Friday at 10", (2026, 11, 27, 10, 0)),
        ("10:30 on friday", (2026, 11, 27, 10, 30)),
        ("friday at 10.30", (2026, 11, 27, 10, 30)),
        ("friday 3 pm", (2026, 11, 27, 15, 0)),
        ("friday, 3:15 p.m.", (2026, 11, 27, 15, 15)),
        ("friday 12 am", (2026, 11, 27, 0, 0)),
        ("friday 10h", (2026, 11, 27, 10, 0)),
        ("friday 10h15", (2026, 11, 27, 10, 15)),
        ("friday noon", (2026, 11, 27, 12, 0)),
        ("3 december 14:00", (2026, 12, 3, 14, 0)),
        ("3.12. 14:00", (2026, 12, 3, 14, 0)),
        ("2026-12-03 14:00", (2026, 12, 3, 14, 0)),
        ("2026-12-03T14:00", (2026, 12, 3, 14, 0)),
        ("today 18:00", (2026, 11, 23, 18, 0)),
        ("in two weeks at 9", (2026, 12, 7, 9, 0)),
        ("friday um 10 Uhr", (2026, 11, 27, 10, 0)),
        ("2026-12-03 10.30 Uhr", (2026, 12, 3, 10, 30)),
    ],
)
def test_a_moment_is_read(text: str, at: tuple[int, ...]) -> None:
    assert parse_moment(text, NOW) == ms(*at)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("friday", "At what time?"),
        ("", "At what time?"),
        ("10:00", "On which day?"),
        ("next session 10:00", "On which day?"),
        ("someday 10:00", "That is no date."),
        ("someday", "That is no date."),
        ("friday 25:00", "There is no such time of day."),
        ("friday 13 pm", "There is no such time of day."),
        ("today 11:59", "That is in the past."),
        ("3/12 10:00", "3 December or 12 March?"),
    ],
)
def test_what_is_no_moment_says_what_is_missing(text: str, says: str) -> None:
    found = parse_moment(text, NOW)
    assert isinstance(found, NotADate)
    assert found.title == says


def test_several_moments_are_read_in_order_and_the_wrong_one_is_named() -> None:
    assert parse_moments("friday 10:00; thursday 9:00\nfriday 10:00\n", NOW) == [
        ms(2026, 11, 26, 9, 0),
        ms(2026, 11, 27, 10, 0),
    ]
    wrong = parse_moments("friday 10:00\nsoon", NOW)
    assert isinstance(wrong, NotADate)
    assert wrong.title == "“soon”: That is no date."
    assert isinstance(parse_moments(" ; ", NOW), NotADate)
