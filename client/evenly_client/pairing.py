"""Who meets whom in twos, for networking: those who have been together least meet first.

A division of the seats into twos (and one three, when their number is odd) costs what its pairs have met; the
three pairs within a three count as met like any other. The cheapest division is a perfect matching of minimum
weight (Edmonds 1965, as in `networkx.max_weight_matching`); with a three, it is the cheapest over the threes.

Without meeting anybody twice, in rounds one after the other, there are as many rounds as this:

==========================  ==========================================================================
an even number n of people  n − 1 (the circle method gives them all)
3 or 5 people               1: of five, a three takes two of any earlier three, or both of the two
7 people                    at least 3, as for every odd number from 7 on (tests/client/test_pairing.py)
==========================  ==========================================================================
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, cast

from evenly_client.phrases import listed
from evenly_client.translation import _

Pair = frozenset[int]
Division = list[list[int]]
"""Twos, the three last; seats in order within each."""

TRIES: Final = 20
"""Plans drawn at most when looking for one in which nobody meets twice."""

OPENERS: Final = (
    _("What are you working on that you would like others to know about?"),
    _("What has surprised you in your work lately?"),
    _("What would make the next month a good one for you?"),
    _("Who has helped you lately, and how?"),
    _("What are you learning at the moment?"),
    _("What is easy for you that others seem to find hard?"),
    _("What would you do with one more free day a week?"),
    _("What brought you into this group?"),
    _("What do people often ask you for?"),
    _("What have you stopped doing, and what did that make room for?"),
    _("What question do you carry around with you these days?"),
    _("Where do you go when you need to think?"),
)
"""To begin a talk in twos with."""

_JITTER: Final = 1_000_000
"""Ties are broken by a random part below this, too small all together to outweigh one meeting."""


def draw(seats: Sequence[int], met: Mapping[Pair, int], *, seed: int, already: Collection[Pair] = ()) -> Division:
    """One division: first as few as can be of the pairs in `already` (met in this networking), then the fewest
    times met (`met`: how often two were together over the series). Ties are broken by `seed`; the order of the
    seats makes no difference.

    Raises:
        ValueError: fewer than two seats, or one of them twice.
    """
    return _cheapest(seats, met, Counter(already), seed)


def rounds(
    seats: Sequence[int], met: Mapping[Pair, int], count: int, seed: int, already: Collection[Pair] = ()
) -> list[Division]:
    """`count` divisions, one after the other: nobody meets twice where the number of people allows it (the table
    above), nor anybody of `already`; else as few as can be found; then those who have met least come first.

    Raises:
        ValueError: as `draw`.
    """
    before = Counter(already)
    plans = (_one_by_one(seats, met, count, seed + attempt, before) for attempt in range(TRIES))
    best: list[Division] | None = None
    for plan in plans:
        if best is None or repeats(plan, already) < repeats(best, already):
            best = plan
        if not repeats(best, already):
            return best
    assert best is not None
    circle = _circle(seats, count, seed) if len(seats) % 2 == 0 else best
    return circle if repeats(circle, already) < repeats(best, already) else best


def pairs_of(division: Iterable[Sequence[int]]) -> Iterator[Pair]:
    """The pairs who meet: the two of a two, and each two of a three."""
    for group in division:
        yield from map(frozenset, combinations(group, 2))


def repeats(plan: Iterable[Iterable[Sequence[int]]], already: Collection[Pair] = ()) -> int:
    """How many meetings in these rounds are of two who have met in them, or in `already`, before."""
    times = Counter(pair for division in plan for pair in pairs_of(division))
    return sum(number - (pair not in already) for pair, number in times.items())


def copy_list(groups: Iterable[Sequence[int]], name_of: Callable[[int], str], until: str) -> str:
    """The rooms as plain text, to paste in a call's chat. `until`: the time of day to be back, like `12:05`."""
    rooms = (listed([" ".join(name_of(seat).split()) for seat in group]) for group in groups)
    words = _("Room {number}: {names}")
    lines = [words.format(number=number, names=names) for number, names in enumerate(rooms, start=1)]
    return "\n".join([*lines, _("Back at {time}").format(time=until)])


def _one_by_one(
    seats: Sequence[int], met: Mapping[Pair, int], count: int, seed: int, before: Counter[Pair]
) -> list[Division]:
    already = Counter(before)
    plan: list[Division] = []
    for number in range(count):
        division = _cheapest(seats, met, already, seed * 1009 + number)
        already.update(pairs_of(division))
        plan.append(division)
    return plan


def _circle(seats: Sequence[int], count: int, seed: int) -> list[Division]:
    """The circle method for an even number: one stays, the others move on by a place each round."""
    first, *others = random.Random(seed).sample(sorted(seats), len(seats))
    plan: list[Division] = []
    for number in range(count):
        turn = number % len(others)
        row = [first, *others[turn:], *others[:turn]]
        plan.append(_in_order([row[i], row[-1 - i]] for i in range(len(row) // 2)))
    return plan


def _cheapest(seats: Sequence[int], met: Mapping[Pair, int], already: Mapping[Pair, int], seed: int) -> Division:
    people = sorted(seats)
    if len(set(people)) < len(people):
        raise ValueError("a seat is named twice")
    if len(people) < 2:
        raise ValueError("two people are needed to meet")
    every = [frozenset(pair) for pair in combinations(people, 2)]
    once_more = 1 + sum(met.get(pair, 0) for pair in every)
    cost = {pair: already.get(pair, 0) * once_more + met.get(pair, 0) for pair in every}
    chance = random.Random(seed)
    fine = {pair: cost[pair] * _JITTER + chance.randrange(_JITTER // len(people) ** 2) for pair in every}
    if len(people) % 2 == 0:
        return _in_order(_matched(people, fine))
    return _with_a_three(people, cost, fine, chance)


def _with_a_three(
    people: Sequence[int], cost: Mapping[Pair, int], fine: Mapping[Pair, int], chance: random.Random
) -> Division:
    """The cheapest division with a three: threes are tried from the cheapest on, until what is left cannot be less."""
    threes = [list(three) for three in combinations(people, 3)]
    chance.shuffle(threes)
    threes.sort(key=lambda three: _total([three], cost))
    least = (len(people) - 3) // 2 * min(cost.values())
    best: Division | None = None
    for three in threes:
        if best is not None and _total(best, cost) <= _total([three], cost) + least:
            break
        division = [*_matched([seat for seat in people if seat not in three], fine), three]
        if best is None or _total(division, cost) < _total(best, cost):
            best = division
    assert best is not None
    return _in_order(best)


def _total(division: Iterable[Sequence[int]], cost: Mapping[Pair, int]) -> int:
    return sum(cost[pair] for pair in pairs_of(division))


def _matched(people: Sequence[int], cost: Mapping[Pair, int]) -> Division:
    """The perfect matching of the least cost. `people` is even in number."""
    if not people:
        return []
    # Loading it takes a quarter of a second.
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    pairs = [frozenset(pair) for pair in combinations(people, 2)]
    most = max(cost[pair] for pair in pairs) + 1
    for pair in pairs:
        graph.add_edge(*sorted(pair), weight=most - cost[pair])
    matching = cast("set[tuple[int, int]]", nx.max_weight_matching(graph, maxcardinality=True))
    return [list(pair) for pair in matching]


def _in_order(groups: Iterable[Sequence[int]]) -> Division:
    """Seats in order within each group, groups by their first seat, the three last."""
    return sorted((sorted(group) for group in groups), key=lambda group: (len(group), group))
