"""Numeric answers: the ballot of each kind, the sum, and counts that cannot be."""

from __future__ import annotations

import pytest
from evenly_client.checkins.ballots import BadAnswer, Counts, ballot, counts, possible
from evenly_protocol.checkins import counters, vector_bytes
from evenly_protocol.words import TEXT_KINDS, CheckInKind
from hypothesis import given
from hypothesis import strategies as st

NUMERIC = {
    CheckInKind.SCALE: (0, 5),
    CheckInKind.MOOD: (0, 5),
    CheckInKind.YESNO: (0, 2),
    CheckInKind.CHOICE: (3, 3),
    CheckInKind.MULTI: (8, 8),
    CheckInKind.FIST: (0, 6),
}
"""Each kind with a number of options, and how many answers that makes."""

SINGLE = [kind for kind in NUMERIC if kind is not CheckInKind.MULTI]


def summed(kind: CheckInKind, *chosen: tuple[int, ...]) -> Counts:
    """What these answers come to."""
    options, answers = NUMERIC[kind]
    total = sum(ballot(kind, answers, answer) for answer in chosen)
    return counts(total.to_bytes(vector_bytes(kind, options, "N", len(chosen)), "little"))


def test_these_are_all_numeric_kinds() -> None:
    """With as many answers as the protocol counts."""
    assert set(NUMERIC) == set(CheckInKind) - set(TEXT_KINDS)
    assert all(counters(kind, options) == answers for kind, (options, answers) in NUMERIC.items())


@pytest.mark.parametrize("kind", NUMERIC)
def test_every_answer_of_every_kind_is_counted_in_its_place(kind: CheckInKind) -> None:
    """One person, one answer."""
    answers = NUMERIC[kind][1]
    for answer in range(answers):
        found = summed(kind, (answer,))
        assert found == Counts(tuple(int(i == answer) for i in range(answers)), 0)
        assert possible(kind, found, 1)


@pytest.mark.parametrize("kind", NUMERIC)
def test_no_answer_is_an_abstention(kind: CheckInKind) -> None:
    """The last counter."""
    assert summed(kind, ()) == Counts((0,) * NUMERIC[kind][1], 1)


def test_several_answers_where_several_may_be_given() -> None:
    """Each counts once, however often it was pressed."""
    assert summed(CheckInKind.MULTI, (0, 7, 7), (7,), ()) == Counts((1, 0, 0, 0, 0, 0, 0, 2), 1)


@pytest.mark.parametrize("kind", SINGLE)
def test_two_answers_where_one_is_asked_for_are_refused(kind: CheckInKind) -> None:
    with pytest.raises(BadAnswer):
        ballot(kind, NUMERIC[kind][1], (0, 1))


@pytest.mark.parametrize("kind", NUMERIC)
@pytest.mark.parametrize("beyond", [-1, 0, 1_000])
def test_an_answer_that_is_none_is_refused(kind: CheckInKind, beyond: int) -> None:
    """The counter of abstentions is none either."""
    answers = NUMERIC[kind][1]
    with pytest.raises(BadAnswer):
        ballot(kind, answers, (beyond if beyond < 0 else answers + beyond,))


@given(st.sampled_from(list(NUMERIC)), st.data())
def test_the_sum_of_honest_ballots_is_possible_and_says_how_many(kind: CheckInKind, data: st.DataObject) -> None:
    """Whatever was answered."""
    answers = NUMERIC[kind][1]
    most = answers if kind is CheckInKind.MULTI else 1
    chosen = data.draw(
        st.lists(st.sets(st.integers(0, answers - 1), max_size=most).map(tuple), min_size=1, max_size=300)
    )
    found = summed(kind, *chosen)
    assert possible(kind, found, len(chosen))
    assert found.abstained == sum(not answer for answer in chosen)
    assert found.answers == tuple(sum(i in answer for answer in chosen) for i in range(answers))
    if kind is not CheckInKind.MULTI:
        assert found.people == len(chosen)


@pytest.mark.parametrize(
    ("answers", "abstained"),
    [
        ((2, 2), 0),
        ((1, 1), 0),
        ((4, 0), 0),
        ((0, 0), 4),
        ((3, 0), 1),
        ((2**32 - 1, 4), 0),
        ((2**32 - 1, 0), 4),
        ((0, 0), 0),
    ],
)
def test_counts_of_three_that_cannot_be(answers: tuple[int, int], abstained: int) -> None:
    """They must add up, and none can be more than all."""
    assert not possible(CheckInKind.YESNO, Counts(answers, abstained), 3)
    assert possible(CheckInKind.YESNO, Counts((2, 0), 1), 3)


@pytest.mark.parametrize(
    ("answers", "abstained"),
    [
        ((0, 0, 0), 4),
        ((3, 0, 0), 1),
        ((1, 0, 0), 0),
        ((1, 0, 0), 1),
        ((4, 3, 3), 0),
        ((0, 0, 0), 2),
        ((1, 0, 0), 3),
        ((2**32 - 1, 0, 0), 0),
        ((0, 0, 0), 2**32 - 1),
    ],
)
def test_counts_of_several_answers_that_cannot_be(answers: tuple[int, int, int], abstained: int) -> None:
    """Abstentions at most all; no answer more often than people voted; and who voted gave one at least."""
    assert not possible(CheckInKind.MULTI, Counts(answers, abstained), 3)


@pytest.mark.parametrize(
    ("answers", "abstained"), [((3, 3, 3), 0), ((1, 1, 1), 0), ((0, 0, 0), 3), ((2, 0, 0), 1), ((2, 2, 2), 1)]
)
def test_counts_of_several_answers_that_can_be(answers: tuple[int, int, int], abstained: int) -> None:
    """The bounds themselves."""
    assert possible(CheckInKind.MULTI, Counts(answers, abstained), 3)


@pytest.mark.parametrize("kind", NUMERIC)
def test_a_ballot_stuffed_by_a_changed_program_is_noticed_when_the_counts_become_impossible(kind: CheckInKind) -> None:
    """Two answers too many in one counter; a counter below nothing borrows from the next one."""
    options, answers = NUMERIC[kind]
    length = vector_bytes(kind, options, "N", 3)
    honest = [ballot(kind, answers, (0,)), ballot(kind, answers, (1,))]
    for forged in (3, -1, 3 << 32, -(1 << 32), 1 << 8 * length - 1):
        total = (sum(honest) + forged) % (1 << 8 * length)
        assert not possible(kind, counts(total.to_bytes(length, "little")), 3), forged
