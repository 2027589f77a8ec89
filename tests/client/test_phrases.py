"""How times, places and standings are said."""

from __future__ import annotations

from fractions import Fraction

import pytest
from evenly_client import phrases
from evenly_protocol.airtime import Totals
from evenly_protocol.refusals import Refusal, refuse


def _totals(counted: int, balance: int, *, coverage: Fraction = Fraction(1)) -> Totals:
    return Totals({2: counted}, {2: Fraction(balance)}, coverage, Fraction(84), 10_000_000)


@pytest.mark.parametrize(
    ("ms", "clock", "spoken"),
    [
        (0, "0:00", "0 seconds"),
        (1_999, "0:01", "1 second"),
        (72_000, "1:12", "1 min 12"),
        (120_000, "2:00", "2 min"),
        (3_600_000, "1:00:00", "60 min"),
        (-5, "0:00", "0 seconds"),
    ],
)
def test_lengths_of_time(ms: int, clock: str, spoken: str) -> None:
    """As on a stopwatch, and as they are said."""
    assert phrases.clock(ms) == clock
    assert phrases.spoken(ms) == spoken


def test_places_in_line() -> None:
    """Words for the first ten, numbers after."""
    assert phrases.place(0) == "next in line"
    assert phrases.place(1) == "second in line"
    assert phrases.place(10) == "number 11 in line"
    assert phrases.place_in_round(0) == "next in this round"
    assert phrases.place_in_round(10) == "number 11 in this round"


def test_lists_end_with_a_word() -> None:
    """And, or; a name alone is itself."""
    assert phrases.listed(["Ana"]) == phrases.either(["Ana"]) == "Ana"
    assert phrases.listed(["Ana", "Ben", "{Cem}"]) == "Ana, Ben and {Cem}"
    assert phrases.either(["Ana", "Ben", "{Cem}"]) == "Ana, Ben or {Cem}"


def test_a_refusal_says_what_happened_and_what_to_do() -> None:
    """One of a newer server too."""
    assert phrases.refusal_words(refuse("no_session")) == "No session is running. A facilitator starts one."
    assert phrases.refusal_words(Refusal("of a newer server")) == "That was refused. Update Evenly."


@pytest.mark.parametrize(
    ("counted", "balance", "words"),
    [
        (600_000, 60_000, "about an equal share"),
        (600_000, 150_000, "you have been heard a good deal"),
        (600_000, -150_000, "about an equal share"),
        (200_000, -260_000, "there is room for you"),
        (60_000, 59_000, "about an equal share"),
    ],
)
def test_standing_is_said_in_words(counted: int, balance: int, words: str) -> None:
    """Within the larger of a minute or a quarter of a share it is about equal."""
    assert phrases.standing(_totals(counted, balance), 2) == words


def test_nothing_is_claimed_when_too_little_was_marked() -> None:
    """Below three quarters of the talk."""
    sums = _totals(600_000, 300_000, coverage=Fraction(74, 100))
    assert phrases.standing(sums, 2) == "not enough was marked to say"
    assert phrases.evenness(sums).startswith("Not enough was marked")


def test_evenness_is_a_sentence_that_asks() -> None:
    """Parts in 100, and does that match how it felt."""
    assert phrases.evenness(_totals(600_000, 0)) == (
        "The time was shared 84 parts in 100 evenly: does that match how it felt?"
    )
    assert phrases.evenness(_totals(600_000, 0)._replace(talk=100_000)).startswith("Too little was said")
    assert phrases.evenness(_totals(0, 0)._replace(evenness=None)).startswith("Nothing was said yet")
