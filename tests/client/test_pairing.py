"""Who meets whom in twos."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import combinations

import pytest
from evenly_client.pairing import OPENERS, Pair, copy_list, draw, pairs_of, repeats, rounds
from hypothesis import given, settings
from hypothesis import strategies as st


def _divisions(people: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """Every division into twos, with one three when their number is odd: by brute force."""
    if len(people) % 2:
        for three in combinations(people, 3):
            for rest in _divisions(tuple(seat for seat in people if seat not in three)):
                yield [*rest, three]
        return
    if not people:
        yield []
        return
    first, *others = people
    for other in others:
        for rest in _divisions(tuple(seat for seat in others if seat != other)):
            yield [(first, other), *rest]


def _cost(division: list[list[int]] | list[tuple[int, ...]], met: Mapping[Pair, int]) -> int:
    return sum(met.get(pair, 0) for pair in pairs_of(division))


def _most_without_repeats(people: tuple[int, ...], wanted: int) -> int:
    """By brute force: how many rounds, `wanted` at most, can be had without anybody meeting twice.

    The first round may be any: numbering the people anew makes each division out of each other.
    """
    every = [(frozenset(pairs_of(division))) for division in _divisions(people)]

    def more(used: frozenset[Pair], left: int) -> int:
        if not left:
            return 0
        found = 0
        for pairs in every:
            if not pairs & used:
                found = max(found, 1 + more(used | pairs, left - 1))
                if found == left:
                    break
        return found

    return 1 + more(every[0], wanted - 1)


@st.composite
def _series(drawn: st.DrawFn, most: int = 8) -> tuple[list[int], dict[Pair, int]]:
    """Some seats, and how often each two have met."""
    seats = drawn(st.lists(st.integers(1, 30), min_size=2, max_size=most, unique=True))
    times = {frozenset(pair): drawn(st.integers(0, 4)) for pair in combinations(sorted(seats), 2)}
    return seats, times


@given(_series(), st.integers(0, 1000))
def test_everybody_is_in_one_group_of_two_or_the_one_of_three(
    series: tuple[list[int], dict[Pair, int]], seed: int
) -> None:
    """A three only when the number is odd."""
    seats, met = series
    groups = draw(seats, met, seed=seed)
    assert sorted(seat for group in groups for seat in group) == sorted(seats)
    assert sorted(map(len, groups)) == [2] * (len(seats) // 2 - len(seats) % 2) + [3] * (len(seats) % 2)


@settings(deadline=None)
@given(_series(), st.integers(0, 1000))
def test_those_who_have_been_together_least_meet(series: tuple[list[int], dict[Pair, int]], seed: int) -> None:
    """No division has met less, by brute force over all of them, threes included."""
    seats, met = series
    least = min(_cost(division, met) for division in _divisions(tuple(seats)))
    assert _cost(draw(seats, met, seed=seed), met) == least


@settings(deadline=None)
@given(_series(), st.data())
def test_meeting_again_in_the_same_networking_is_worse_than_anything_from_before(
    series: tuple[list[int], dict[Pair, int]], data: st.DataObject
) -> None:
    """First as few repeats as can be, by brute force; then the fewest times met among those."""
    seats, met = series
    already = data.draw(st.sets(st.sampled_from(sorted(met, key=sorted))))
    ways = [(sum(pair in already for pair in pairs_of(d)), _cost(d, met)) for d in _divisions(tuple(seats))]
    groups = draw(seats, met, seed=3, already=already)
    assert (sum(pair in already for pair in pairs_of(groups)), _cost(groups, met)) == min(ways)


def test_one_pair_that_has_not_met_yet_is_found() -> None:
    """By hand: 1 and 2 have met twice, 3 and 4 once, so have 1 and 3, and 2 and 4."""
    met = {frozenset({1, 2}): 2, frozenset({3, 4}): 1, frozenset({1, 3}): 1, frozenset({2, 4}): 1}
    assert draw([1, 2, 3, 4], met, seed=0) == [[1, 4], [2, 3]]
    assert draw([1, 2, 3, 4], met, seed=0, already=[frozenset({1, 4})]) == [[1, 3], [2, 4]]


def test_the_odd_one_out_joins_the_two_it_has_met_least() -> None:
    """By hand: only 5 is left without somebody new; it has met 1 often and 3 and 4 never."""
    met = {frozenset({5, 1}): 3, frozenset({5, 2}): 1}
    met |= {frozenset(pair): 1 for pair in ((1, 3), (1, 4), (2, 3), (2, 4))}
    assert draw([1, 2, 3, 4, 5], met, seed=0) == [[1, 2], [3, 4, 5]]


@given(_series(), st.integers(0, 1000))
def test_the_same_seed_draws_the_same_whatever_the_order_of_the_seats(
    series: tuple[list[int], dict[Pair, int]], seed: int
) -> None:
    """So two screens that know the same draw the same."""
    seats, met = series
    shuffled = sorted(seats, key=lambda seat: (seat * 7 + seed) % 31)
    turned = dict(reversed(met.items()))
    assert draw(seats, met, seed=seed) == draw(shuffled, turned, seed=seed)


@pytest.mark.parametrize("number", [6, 7])
def test_another_seed_draws_otherwise_where_nothing_speaks_for_anybody(number: int) -> None:
    """Ties are broken by the seed."""
    drawn = {str(draw(range(1, number + 1), {}, seed=seed)) for seed in range(30)}
    assert len(drawn) > 5


def test_chance_never_outweighs_a_meeting() -> None:
    """Of 12 people all but one division have met once; each seed finds it."""
    lonely = [frozenset({seat, seat + 6}) for seat in range(1, 7)]
    met = {pair: 0 if pair in lonely else 1 for pair in map(frozenset, combinations(range(1, 13), 2))}
    for seed in range(20):
        assert set(pairs_of(draw(range(1, 13), met, seed=seed))) == set(lonely)


@pytest.mark.parametrize("seats", [[], [4], [4, 4], [1, 2, 3, 2]])
def test_too_few_people_are_refused_and_so_is_one_named_twice(seats: list[int]) -> None:
    """Nobody meets alone."""
    with pytest.raises(ValueError, match=r"two people|named twice"):
        draw(seats, {}, seed=1)


@pytest.mark.parametrize(("number", "most"), [(3, 1), (4, 3), (5, 1), (6, 3), (7, 3), (8, 3)])
def test_how_many_rounds_there_can_be_by_brute_force(number: int, most: int) -> None:
    """What the module's table says, up to three rounds. From 9 on, the plans in the test below are the proof."""
    assert _most_without_repeats(tuple(range(number)), 3) == most


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000), st.data())
@pytest.mark.parametrize("number", range(4, 12))
def test_nobody_meets_twice_in_up_to_three_rounds_where_that_can_be(
    number: int, seed: int, data: st.DataObject
) -> None:
    """Whoever met whom before. Five people cannot: their second round repeats one meeting."""
    every = list(map(frozenset, combinations(range(1, number + 1), 2)))
    met = data.draw(st.dictionaries(st.sampled_from(every), st.integers(1, 3)))
    for count in (1, 2, 3):
        plan = rounds(range(1, number + 1), met, count, seed)
        assert len(plan) == count
        assert repeats(plan) <= ((0, 1, 3)[count - 1] if number == 5 else 0)


def test_five_people_repeat_at_least_one_meeting_in_their_second_round() -> None:
    """By brute force: so that the rounds drawn for five repeat no more than they must."""
    first, *_ = every = list(_divisions((1, 2, 3, 4, 5)))
    assert min(repeats([first, second]) for second in every) == 1


@pytest.mark.parametrize("number", [4, 6, 8, 10])
def test_an_even_number_of_people_can_all_meet(number: int) -> None:
    """n − 1 rounds, nobody twice, everybody with everybody."""
    for seed in range(5):
        plan = rounds(range(number), {}, number - 1, seed)
        assert repeats(plan) == 0
        assert len({pair for division in plan for pair in pairs_of(division)}) == number * (number - 1) // 2


def test_more_rounds_than_people_begin_again() -> None:
    """Two people meet each time; four meet everybody once before anybody twice."""
    assert rounds([1, 2], {}, 3, 0) == [[[1, 2]]] * 3
    plan = rounds([1, 2, 3, 4], {}, 6, 0)
    assert repeats(plan[:3]) == 0
    assert repeats(plan) == 6


def test_rounds_begin_with_those_who_have_met_least() -> None:
    """The first round is as good as one drawn alone."""
    met = dict.fromkeys(map(frozenset, combinations(range(1, 9), 2)), 2)
    met |= {frozenset({seat, seat + 4}): 0 for seat in range(1, 5)}
    assert rounds(range(1, 9), met, 2, 5)[0] == [[1, 5], [2, 6], [3, 7], [4, 8]]


def test_repeats_are_counted_with_the_three_pairs_of_a_three() -> None:
    """By hand."""
    assert repeats([[[1, 2, 3]], [[1, 2], [3, 4]]]) == 1
    assert repeats([[[1, 2, 3]], [[1, 2, 3]]]) == 3
    assert repeats([[[1, 2], [3, 4]], [[1, 3], [2, 4]]]) == 0


def test_the_list_for_the_calls_chat() -> None:
    """One line for each room, and when to be back."""
    names = {1: "Ana", 2: "Ben", 3: "Chloé", 4: "Dev", 5: "Eve\nRoom 9: all"}
    assert copy_list([[1, 2], [3, 4, 5]], names.__getitem__, "12:05") == (
        "Room 1: Ana and Ben\nRoom 2: Chloé, Dev and Eve Room 9: all\nBack at 12:05"
    )


def test_openers_are_open_questions() -> None:
    """Twelve, each one line on a small screen, none twice."""
    assert len(set(OPENERS)) == 12
    for opener in OPENERS:
        assert opener.endswith("?")
        assert opener.split()[0] in {"What", "Who", "Where", "How"}
        assert len(opener) <= 70


def test_importing_it_loads_no_graphs() -> None:
    """The library is loaded by the first draw alone."""
    program = "import sys, evenly_client.pairing; print('networkx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("number", [4, 6, 7, 8, 9, 10, 11])
@given(seed=st.integers(0, 1000))
@settings(max_examples=8, deadline=None)
def test_three_rounds_drawn_one_after_the_other_repeat_nobody(number: int, seed: int) -> None:
    """Each is drawn when its time has come, with room for the rounds after it."""
    already: list[frozenset[int]] = []
    met = {frozenset((1, 2)): 3, frozenset((1, 3)): 3}
    for left in (3, 2, 1):
        division = rounds(range(1, number + 1), met, left, seed + left, already)[0]
        assert not set(pairs_of(division)) & set(already)
        already += pairs_of(division)
