"""Sharing a secret so that so many shares give it back and fewer say nothing (Shamir, CACM 22, 1979).

Over the field of p = 2^255 − 19. Tests hold it against another implementation.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

P: Final = 2**255 - 19


def random_below_p() -> int:
    """A random number of the field."""
    return secrets.randbelow(P)


def share(secret: int, threshold: int, places: Sequence[int], coefficients: Sequence[int] | None = None) -> list[int]:
    """The share for each place (x, from 1) of a secret that `threshold` shares give back.

    `coefficients` (threshold − 1 of them) are for known answers in tests; otherwise they are random.
    """
    chosen = [random_below_p() for _ in range(threshold - 1)] if coefficients is None else list(coefficients)
    polynomial = [secret, *chosen]
    return [_at(polynomial, x) for x in places]


def _at(polynomial: Sequence[int], x: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * x + coefficient) % P
    return value


def restore(shares: Mapping[int, int]) -> int:
    """The secret from shares by place: as many as its threshold, else it is any number at all."""
    secret = 0
    for x, y in shares.items():
        over, under = 1, 1
        for other in shares:
            if other != x:
                over = over * other % P
                under = under * (other - x) % P
        secret = (secret + y * over * pow(under, -1, P)) % P
    return secret
