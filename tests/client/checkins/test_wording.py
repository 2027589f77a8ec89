"""What is said about a check-in, sentence by sentence."""

from __future__ import annotations

import pytest
from evenly_client.checkins import wording
from evenly_client.checkins.participant import Verdict
from evenly_client.gateway.sentence import GATEWAY_SENTENCE
from evenly_protocol.checkins import ENDINGS, CheckIn
from evenly_protocol.relayed import FINAL_CODES, Progress
from evenly_protocol.words import CheckInKind


def test_the_promise_is_one_paragraph_and_says_who_cannot_see() -> None:
    """Word for word that of anonymity.md."""
    assert wording.PROMISE == (
        "Your answer is scrambled on your own computer together with everyone else's; only the finished result for "
        "the whole group can be unscrambled. Not even the person running the server can see who said what. Check "
        "once that everyone sees the same three words."
    )


def test_before_answering_one_line_says_who_sees_it_and_how_many_take_part() -> None:
    """Nothing is promised while there are no keys."""
    seven = wording.before_answering(7, compared=True)
    assert seven == (
        "Nobody, the facilitator and the server included, can see your answer: only the group's total. "
        "7 people take part."
    )
    assert "Nobody" not in wording.before_answering(0, compared=False)


def test_through_a_gateway_it_says_first_who_could_read_the_answer() -> None:
    """And promises nothing of whoever runs it."""
    said = wording.before_answering(7, compared=True, at_gateway=True)
    assert said.startswith(GATEWAY_SENTENCE)
    assert "Nobody else, the facilitator and the server included" in said
    assert GATEWAY_SENTENCE not in wording.before_answering(7, compared=True)


def test_until_the_words_were_compared_it_says_so_softly() -> None:
    """And then no more."""
    assert "unless the server's owner interfered" in wording.before_answering(7, compared=False).lower()
    assert "interfered" not in wording.before_answering(7, compared=True)


@pytest.mark.parametrize(("people", "word"), [(3, "three"), (4, "four")])
def test_among_three_or_four_it_says_how_little_that_hides(people: int, word: str) -> None:
    """Unanimity included; also to whoever answered among more."""
    little = wording.how_little(people)
    assert little.startswith(f"Among {word} this hides little")
    assert "if all say the same, everybody knows" in little
    assert wording.before_answering(people, compared=True).endswith(little)
    assert wording.fewer_now(people) == (
        f"Only {word} take part now: if all say the same, everybody knows; and whoever knows the others' answers "
        "knows yours. Shall your answer go in?"
    )


@pytest.mark.parametrize("people", [5, 9, 250])
def test_among_five_or_more_it_does_not(people: int) -> None:
    assert wording.how_little(people) == ""
    assert "hides little" not in wording.before_answering(people, compared=False)


def test_how_many_are_done() -> None:
    """Nothing where it is not known."""
    assert wording.done_words(Progress(3, 7)) == "3 of 7 are done"
    assert wording.done_words(None) == ""


@pytest.mark.parametrize(
    ("progress", "left_out", "said"),
    [
        (None, 0, "The answers are being added up…"),
        (Progress(7, 7), 0, "The answers are being added up…"),
        (Progress(6, 7), 0, "Waiting for one member…"),
        (Progress(4, 7), 0, "Waiting for 3 members…"),
        (None, 1, "Closing without one member…"),
        (Progress(4, 7), 2, "Closing without 2 members…"),
    ],
)
def test_what_is_waited_for_while_it_closes(progress: Progress | None, left_out: int, said: str) -> None:
    """Nobody is named."""
    assert wording.closing_words(progress, left_out) == said


@pytest.mark.parametrize("code", [*ENDINGS, "unheard of", ""])
def test_every_end_says_what_happened_and_what_to_do_next(code: str) -> None:
    """Two sentences at least; a code from a newer server too."""
    check_in = CheckIn(b"C" * 16, CheckInKind.SCALE, b"", [], b"", b"", 0, 1, code=code)
    said = wording.ending_words(check_in)
    assert said.endswith(".")
    assert said.count(".") >= 2
    assert ("It came to no result." in said) is (code not in ENDINGS)


def test_codes_that_hold_for_everybody_have_their_words() -> None:
    assert set(FINAL_CODES) <= set(ENDINGS)


def test_a_member_hears_of_its_own_part_where_something_is_not_as_it_should_be() -> None:
    """For every verdict there is a sentence, or nothing to say."""
    assert set(wording.VERDICTS) == set(Verdict)
    assert {v for v, said in wording.VERDICTS.items() if not said} == {Verdict.IN, Verdict.ABSENT}


def test_every_kind_can_be_offered() -> None:
    assert set(wording.KINDS) == {kind.value for kind in CheckInKind}


def test_nothing_says_what_a_screen_must_not() -> None:
    """No word of the machinery (experience.md)."""
    every = [wording.PROMISE, wording.COMPARE, wording.WORDS_DIFFER, *wording.VERDICTS.values()]
    every += [sentence for pair in ENDINGS.values() for sentence in pair]
    every += [wording.before_answering(n, compared=c) for n in (0, 3, 4, 9) for c in (True, False)]
    for sentence in every:
        for word in ("ledger", "fold", "epoch", "roster", "electorate", "burn", "mask", "seed"):
            assert word not in sentence.lower()
