"""What a question and a result are as rows: they fit into every width, and no colour says anything alone."""

import pytest
from evenly_client.checkins.results import Bar, Result, TrendPoint
from evenly_client.screens.checkins.answer_left import left
from evenly_client.screens.checkins.asked import answers, keys_of
from evenly_client.screens.checkins.shown import result_rows, trend_rows
from evenly_protocol.checkins import COUNTERS
from evenly_protocol.words import TEXT_KINDS, CheckInKind
from rich.cells import cell_len

WIDTHS = (51, 69, 73)
OPTIONS = {CheckInKind.SCALE: ("none", "plenty"), CheckInKind.CHOICE: tuple("ABCDEFGH"), CheckInKind.MULTI: ("A", "B")}
LONG = "An answer of 家族 that goes on and on, so that it has to be broken into lines wherever it stands. " * 2


@pytest.mark.parametrize("kind", list(CheckInKind))
def test_every_answer_has_a_key_of_its_own(kind: CheckInKind) -> None:
    options = OPTIONS.get(kind, ())
    keys = keys_of(kind, len(options))
    wanted = 0 if kind in TEXT_KINDS else COUNTERS.get(kind, len(options))
    assert len(keys) == len(set(keys)) == wanted


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", [kind for kind in CheckInKind if kind not in TEXT_KINDS])
def test_the_answers_fit_and_the_chosen_is_told_apart_without_colour(kind: CheckInKind, width: int) -> None:
    for options in (OPTIONS.get(kind, ()), (LONG, f"{LONG}!") if kind in OPTIONS else ()):
        before, after = answers(kind, options, (), width), answers(kind, options, (1,), width)
        for rows in (before, after):
            assert all(cell_len(row.text) <= width for row in rows)
        assert [row.text for row in before] != [row.text for row in after]


def test_a_click_on_an_answer_says_which() -> None:
    rows = answers(CheckInKind.YESNO, (), (), 69)
    assert {span.press for row in rows[:3] for span in row.left if span.press} == {"answer:0", "answer:1"}


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        (CheckInKind.WORDS, "", "3 words and 66 bytes left"),
        (CheckInKind.WORDS, "  glad \u202e ", "2 words and 62 bytes left"),
        (CheckInKind.WORDS, "a b c d", "1 word too many"),
        (CheckInKind.WORDS, "ü" * 34, "2 bytes too long (a plain letter is one, an emoji about four)"),
        (CheckInKind.TEXT, "x" * 280, "0 characters and 330 bytes left"),
        (CheckInKind.TEXT, "x" * 281, "1 character too many"),
        (CheckInKind.TEXT, "家" * 204, "2 bytes too long (a plain letter is one, an emoji about four)"),
    ],
)
def test_what_is_left_is_counted_as_it_would_be_sent(kind: CheckInKind, typed: str, said: str) -> None:
    counted = left(kind, typed)
    assert counted.words == said
    assert counted.fits is said.endswith("left")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("people", [3, 11, 250])
def test_bars_are_as_long_as_their_numbers_and_fit(people: int, width: int) -> None:
    """Twice as many have a bar twice as long; one alone has a bar; none has none, and its number."""
    bars = (Bar("all", people), Bar("one", 1), Bar("nobody", 0), Bar(LONG, people // 2))
    for labels in (bars[:3], bars):
        rows = result_rows(Result("?", CheckInKind.CHOICE, people, 0, labels), width)
        assert all(cell_len(row.text) <= width for row in rows)
        lengths = [row.text.count("█") for row in rows if row.key and row.key[0] == "bar"]
        assert lengths[0] == max(lengths)
        assert lengths[1] >= 1
        assert lengths[2] == 0
        if people == 11:
            assert lengths[0] == 11 * lengths[1]
        assert [row.text.split()[-1] for row in rows if row.key and row.key[0] == "bar"][:3] == [str(people), "1", "0"]


@pytest.mark.parametrize("width", WIDTHS)
def test_texts_stand_on_cards_with_straight_edges(width: int) -> None:
    rows = result_rows(Result("?", CheckInKind.TEXT, 3, 1, texts=(LONG, "日本 [/]")), width)[2:]
    assert {cell_len(row.text) for row in rows} == {width}
    assert {row.text[0] for row in rows} == set("╭│├╰")


def test_nobody_answered_is_said() -> None:
    for kind in TEXT_KINDS:
        assert "Nobody gave an answer." in [row.text for row in result_rows(Result("?", kind, 3, 3), 60)]


def test_a_trend_has_its_figures_beside_it_and_needs_two_sessions() -> None:
    points = [TrendPoint(1, 0, 1.0, 5), TrendPoint(2, 0, 5.0, 5)]
    assert trend_rows(CheckInKind.SCALE, points[:1], 60) == []
    (row,) = trend_rows(CheckInKind.SCALE, points, 60)
    assert row.text == "▁█ session 1: 1.0 · session 2: 5.0"
