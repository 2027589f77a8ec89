"""Shamir's sharing, held against another implementation (`shamirs`)."""

from __future__ import annotations

from collections import Counter

import shamirs
from evenly_client.checkins.sharing import P, random_below_p, restore, share
from hypothesis import given
from hypothesis import strategies as st

secrets = st.integers(0, P - 1)
sizes = st.integers(2, 18).flatmap(lambda people: st.tuples(st.just(people), st.integers(2, people)))


@given(secrets, sizes, st.randoms(use_true_random=False))
def test_the_oracle_restores_what_is_shared_here(secret: int, size: tuple[int, int], random: object) -> None:
    """From any so many of the shares."""
    people, threshold = size
    values = share(secret, threshold, range(1, people + 1))
    chosen = random.sample(range(1, people + 1), threshold)  # type: ignore[attr-defined]
    theirs = [shamirs.share(x, values[x - 1], P) for x in chosen]
    assert shamirs.interpolate(theirs, threshold=threshold) == secret


@given(secrets, sizes, st.randoms(use_true_random=False))
def test_what_the_oracle_shares_is_restored_here(secret: int, size: tuple[int, int], random: object) -> None:
    """From any so many of the shares."""
    people, threshold = size
    theirs = shamirs.shares(secret, people, modulus=P, threshold=threshold)
    chosen = random.sample(list(theirs), threshold)  # type: ignore[attr-defined]
    assert restore({s.index: s.value for s in chosen}) == secret


@given(secrets, st.lists(secrets, min_size=1, max_size=10), st.integers(1, 300))
def test_a_share_is_the_polynomials_value_at_its_place(secret: int, coefficients: list[int], x: int) -> None:
    """f(x) = s + a₁x + a₂x² + …"""
    (value,) = share(secret, len(coefficients) + 1, [x], coefficients)
    assert value == (secret + sum(a * x ** (i + 1) for i, a in enumerate(coefficients))) % P


@given(secrets, secrets, sizes)
def test_one_share_fewer_fits_every_secret(secret: int, other: int, size: tuple[int, int]) -> None:
    """For any other secret there is a last share that would have given that one: so the others say nothing."""
    people, threshold = size
    values = share(secret, threshold, range(1, people + 1))
    few = {x: values[x - 1] for x in range(1, threshold)}
    last = _last_share(few, threshold, other)
    assert restore({**few, threshold: last}) == other


def _last_share(few: dict[int, int], x: int, secret: int) -> int:
    """The share in place x with which these give this secret."""
    points = {0: secret, **few}
    value = 0
    for i, y in points.items():
        over, under = 1, 1
        for other in points:
            if other != i:
                over, under = over * (x - other) % P, under * (i - other) % P
        value = (value + y * over * pow(under, -1, P)) % P
    return value


def test_one_share_fewer_does_not_restore() -> None:
    """It gives some number, never again the same one."""
    found = Counter(restore(dict(enumerate(share(7, 4, [1, 2, 3]), start=1))) for _ in range(50))
    assert 7 not in found
    assert len(found) == 50


def test_a_changed_share_gives_another_secret() -> None:
    """Nothing tells so by itself: the seed's commitment does."""
    values = dict(enumerate(share(7, 3, [1, 2, 3]), start=1))
    assert restore(values) == 7
    assert restore({**values, 2: (values[2] + 1) % P}) != 7


def test_each_sharing_is_a_new_one() -> None:
    """The coefficients are random: the same secret never has the same shares."""
    assert len({tuple(share(7, 3, [1, 2, 3])) for _ in range(50)}) == 50


def test_random_numbers_are_of_the_field() -> None:
    """Different ones, below p, in its upper half as often as not."""
    drawn = [random_below_p() for _ in range(400)]
    assert len(set(drawn)) == 400
    assert all(0 <= number < P for number in drawn)
    assert 120 < sum(number > P // 2 for number in drawn) < 280


def test_p_is_a_prime() -> None:
    """2^255 − 19, by the test of Miller and Rabin with forty bases."""
    odd, twos = P - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in range(2, 42):
        value = pow(base, odd, P)
        chain = [value := pow(value, 2, P) if i else value for i in range(twos)]
        assert chain[0] == 1 or P - 1 in chain
