"""How long the long forms are, and from which seed: both can be set, and the seed is printed.

    EVENLY_SEED=7 EVENLY_SHARE=0.1 make endure

`EVENLY_SHARE` is the share of the long form that is run; a failed test shows what was printed, the seed with it.
"""

from __future__ import annotations

import os
import random


def seed(usual: int | None = None) -> int:
    """The seed of this run: `EVENLY_SEED`, else the usual one of a short form, else one drawn now. Printed."""
    drawn = random.SystemRandom().randrange(1_000_000) if usual is None else usual
    chosen = int(os.environ.get("EVENLY_SEED") or drawn)
    print(f"EVENLY_SEED={chosen}")
    return chosen


def long(times: int) -> int:
    """So many times, or the share of it that `EVENLY_SHARE` asks for."""
    return max(1, round(times * float(os.environ.get("EVENLY_SHARE") or 1)))
