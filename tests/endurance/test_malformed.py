"""Malformed input: refused as it is said to be, whatever the bytes are; never a crash, a hang, or all memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endurance.figures import long, seed
from tests.endurance.malformed import Target, targets

NAMES = (
    "frames of a member",
    "frames of a server",
    "envelopes",
    "entries",
    "conversations",
    "archives",
    "formats",
    "config",
    "links",
    "RTTM",
)
INPUTS = 10_000_000


@pytest.fixture(scope="module")
def all_targets() -> Iterator[dict[str, Target]]:
    with targets() as found:
        assert tuple(found) == NAMES
        yield found


@st.composite
def spoilt(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Something sound, with some of it changed, cut out, doubled or exchanged for a part of another."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 30)))
        other = draw(st.sampled_from(seeds))
        begin = draw(st.integers(0, len(other)))
        data[at:until] = draw(
            st.binary(max_size=12) | st.just(bytes(data[at:until] * 2)) | st.just(other[begin : begin + 40])
        )
    return bytes(data)


@pytest.mark.parametrize("name", NAMES)
def test_what_makes_sense_is_taken(name: str, all_targets: dict[str, Target]) -> None:
    for sound in all_targets[name].seeds:
        assert all_targets[name].take(sound)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_malformed_is_refused_and_nothing_else_happens(name: str, all_targets: dict[str, Target]) -> None:
    target = all_targets[name]

    @settings(max_examples=250, deadline=None, database=None, derandomize=True)
    @given(spoilt(target.seeds) | st.binary(max_size=300))
    def given_anything(data: bytes) -> None:
        target.take(data)

    given_anything()


@pytest.mark.endurance
@pytest.mark.skipif(find_spec("atheris") is None, reason="for this, `pip install atheris` (Linux, CPython)")
@pytest.mark.parametrize("name", NAMES)
def test_ten_million_inputs_that_look_for_a_way_in(name: str, tmp_path: Path) -> None:
    inputs = long(INPUTS // len(NAMES))
    command = [sys.executable, "-m", "tests.endurance.fuzz", name, str(tmp_path), f"-runs={inputs}", f"-seed={seed()}"]
    fuzzer = subprocess.run(command, env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True)
    assert fuzzer.returncode == 0, fuzzer.stderr[-5_000:]
    print(f"{name}: {inputs} inputs, 0 crashes, 0 hangs; {fuzzer.stderr.strip().splitlines()[-1]}")
