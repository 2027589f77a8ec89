"""Coverage-guided malformed input, with libFuzzer's options: `python -m tests.endurance.fuzz TARGET FOLDER -runs=N`.

What it was about to take when it failed lies in FOLDER, as `crash-…`, `timeout-…` or `oom-…`; given as one more
argument, it is taken alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["evenly_protocol", "evenly_server", "evenly_client", "benchmarks"]):
    from tests.endurance.malformed import targets

WITHIN_S = 5
MEMORY_MIB = 1_024
LONGEST = 4_096
"""Bytes of an input."""


def main(name: str, folder: str, *options: str) -> None:
    """See the module."""
    seeds = Path(folder) / "seeds"
    seeds.mkdir(exist_ok=True)
    with targets() as found:
        for number, sound in enumerate(found[name].seeds):
            (seeds / str(number)).write_bytes(sound)
        limits = (f"-timeout={WITHIN_S}", f"-rss_limit_mb={MEMORY_MIB}", f"-max_len={LONGEST}", "-print_final_stats=1")
        alone = [option for option in options if not option.startswith("-")]
        where = alone or [str(seeds)]
        rest = [option for option in options if option.startswith("-")]
        atheris.Setup(["fuzz", *limits, f"-artifact_prefix={folder}/", *rest, *where], found[name].take)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
