"""The pair masks as a matrix, read out of the code itself: how many masked vectors are free of each other.

Row u, column {u, v}: how often, and with which sign, the mask that u and v share is in u's vector. Among n members its
rank is n − 1: every vector is masked by something new, but for the sum of all, in which the masks cancel. For h honest
ones among any coalition, who know all masks of their own, it is h − 1: nothing is seen but the sum of the honest.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import pytest
from evenly_client.checkins import derivations
from evenly_client.checkins.attempt import Attempt

from tests.client.checkins.table import attempts, devices, epochs

Matrix = list[list[int]]
PRIME = 2**61 - 1
EPOCHS = {people: epochs(devices(people)) for people in (3, 4, 5, 6, 7, 11, 25)}


def pad_matrix(monkeypatch: pytest.MonkeyPatch, people: int, stage: str = "N") -> tuple[Matrix, list[tuple[int, int]]]:
    """The matrix, and which two members each of its columns is of, by their places from 0.

    Each mask is put in as a digit of its own, every other pad and every ballot as nothing: so a masked vector spells
    out its row.
    """
    keys, standing = devices(people), EPOCHS[people]
    pairs = list(itertools.combinations(range(people), 2))
    roots = {standing[u].roots[keys[v].public]: column for column, (u, v) in enumerate(pairs)}
    assert len(roots) == len(pairs)
    with monkeypatch.context() as patched:
        patched.setattr(derivations, "own_pad", lambda seed, ctx, length: 0)
        patched.setattr(derivations, "group_pad", lambda room_key, ctx, length: 0)
        whole = derivations.pair_pad

        def digit(root: bytes, ctx: bytes, length: int) -> int:
            return (1 << 8 * roots[root]) if whole(root, ctx, length) else 0

        patched.setattr(derivations, "pair_pad", digit)
        length = len(pairs) + 1
        those = attempts(keys, standing, [0] * people, stage=stage, length=length)
        return [spelled_out(attempt, len(pairs)) for attempt in those], pairs


def spelled_out(attempt: Attempt, columns: int) -> list[int]:
    """The digits of a masked vector, each from −128 to 127."""
    rest, row = derivations.number(attempt.masked.y), []
    for _ in range(columns):
        digit = (rest + 128) % 256 - 128
        row.append(digit)
        rest = (rest - digit) >> 8
    assert rest in (0, 256)
    return row


def rank(matrix: Matrix) -> int:
    """Over a prime field: the masks are as independent there as anywhere."""
    rows, found = [list(row) for row in matrix], 0
    for column in range(len(matrix[0]) if matrix else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column] % PRIME), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        inverse = pow(rows[found][column], -1, PRIME)
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] * inverse % PRIME
            if factor:
                rows[i] = [(a - factor * b) % PRIME for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found


def known_to_none_of(matrix: Matrix, pairs: Sequence[tuple[int, int]], coalition: Collection[int]) -> Matrix:
    """What is left of the honest members' rows when the coalition has taken off every mask that it knows."""
    columns = [i for i, pair in enumerate(pairs) if not set(pair) & set(coalition)]
    return [[row[i] for i in columns] for u, row in enumerate(matrix) if u not in coalition]


def sums_to_nothing(matrix: Matrix) -> bool:
    """Whether the masks cancel in the sum of all rows."""
    return not any(map(sum, zip(*matrix, strict=True)))


def hides_all_but_the_sum(matrix: Matrix) -> bool:
    """Whether the sum of these rows is all that is free of masks."""
    return rank(matrix) == max(len(matrix) - 1, 0) and sums_to_nothing(matrix)


def coalitions(people: int) -> list[tuple[int, ...]]:
    """All of up to seven people; of more: of one size each, from either end and every other one."""
    if people <= 7:
        return [c for size in range(people) for c in itertools.combinations(range(people), size)]
    first = [tuple(range(size)) for size in range(people)]
    last = [tuple(range(people - size, people)) for size in range(people)]
    return [*first, *last, tuple(range(0, people, 2)), tuple(range(1, people, 2))]


@pytest.mark.parametrize("people", EPOCHS)
@pytest.mark.parametrize("stage", ["N", "B"])
def test_every_two_members_share_one_mask_with_opposite_signs(
    monkeypatch: pytest.MonkeyPatch, people: int, stage: str
) -> None:
    """And nobody else has it."""
    matrix, pairs = pad_matrix(monkeypatch, people, stage)
    for column, (u, v) in enumerate(pairs):
        signs = {row: matrix[row][column] for row in range(people) if matrix[row][column]}
        assert signs == {u: 1, v: -1}


@pytest.mark.parametrize("people", EPOCHS)
def test_nothing_is_free_of_masks_but_the_sum(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    """Rank n − 1."""
    matrix, _ = pad_matrix(monkeypatch, people)
    assert rank(matrix) == people - 1
    assert hides_all_but_the_sum(matrix)


@pytest.mark.parametrize("people", EPOCHS)
def test_whoever_pools_what_they_know_sees_the_sum_of_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    """Rank h − 1 for h honest, under every coalition."""
    matrix, pairs = pad_matrix(monkeypatch, people)
    for coalition in coalitions(people):
        left = known_to_none_of(matrix, pairs, coalition)
        assert rank(left) == max(people - len(coalition) - 1, 0), coalition
        assert hides_all_but_the_sum(left), coalition


@pytest.mark.parametrize("people", [4, 6])
def test_no_part_of_the_honest_can_be_seen_apart(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    """By hand, for every part of them: in the sum of its rows some mask is left."""
    matrix, pairs = pad_matrix(monkeypatch, people)
    for coalition in coalitions(people):
        left = known_to_none_of(matrix, pairs, coalition)
        for size in range(1, len(left)):
            for part in itertools.combinations(left, size):
                assert not sums_to_nothing(list(part)), coalition


# -- controls: what must not pass ----------------------------------------------------------------------------------


def roots_of(people: int, place: int, others: Collection[int] = ()) -> set[bytes]:
    """What a member shares with others, or with all of them."""
    keys = devices(people)
    return {
        root
        for ik, root in EPOCHS[people][place].roots.items()
        if not others or ik in {keys[other].public for other in others}
    }


def leave_out(monkeypatch: pytest.MonkeyPatch, roots: Collection[bytes]) -> None:
    """Breaks it: masks made of these are nothing."""
    whole = derivations.pair_pad
    monkeypatch.setattr(
        derivations, "pair_pad", lambda root, ctx, length: 0 if root in roots else whole(root, ctx, length)
    )


def test_control_a_member_without_masks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rank falls by one."""
    leave_out(monkeypatch, roots_of(5, 2))
    matrix, _ = pad_matrix(monkeypatch, 5)
    assert rank(matrix) == 3
    assert not hides_all_but_the_sum(matrix)


def test_control_all_masks_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is hidden."""
    leave_out(monkeypatch, {root for place in range(5) for root in roots_of(5, place)})
    assert rank(pad_matrix(monkeypatch, 5)[0]) == 0


def test_control_masks_with_a_neighbour_only_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a ring the rank is still n − 1: but two in a coalition part the others."""
    apart = {root for u in range(6) for root in roots_of(6, u, {v for v in range(6) if (v - u) % 6 not in (0, 1, 5)})}
    leave_out(monkeypatch, apart)
    matrix, pairs = pad_matrix(monkeypatch, 6)
    assert hides_all_but_the_sum(matrix)
    assert not hides_all_but_the_sum(known_to_none_of(matrix, pairs, (0, 3)))


def test_control_masks_of_one_sign_do_not_cancel() -> None:
    """Then no sum would come out."""
    matrix = [[1, 1, 0], [1, 0, 1], [0, 1, 1]]
    assert rank(matrix) == 3
    assert not hides_all_but_the_sum(matrix)
