"""`evenly demo` without a terminal: a whole session as lines, repeatable, bounded, with a summary."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys

from evenly_client import demo
from evenly_client.demo import Plan


def _demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evenly_client.cli", "demo", "--speed", "0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_ends_with_status_0_and_a_summary() -> None:
    """Turns, the air time of each, evenness."""
    done = _demo("--plain", "--minutes", "6")
    assert done.returncode == 0, done.stderr
    turns = re.search(r"^(\d+) turns$", done.stdout, re.MULTILINE)
    assert turns
    assert int(turns[1]) > 5
    for name in ("Ana", "Ben", "Chris", "Dora", "Emil"):
        assert re.search(rf"^  \d  {name} +\d+:\d\d$", done.stdout, re.MULTILINE)
    assert "shared" in done.stdout.splitlines()[-1]


def test_without_a_terminal_it_prints_lines_by_itself() -> None:
    """No --plain needed in a pipe."""
    done = _demo("--minutes", "1")
    assert done.returncode == 0, done.stderr
    assert "The session has ended." in done.stdout


async def test_the_same_seed_gives_the_same_session_and_another_another() -> None:
    """Repeatable to the line."""
    runs: list[list[str]] = []
    for seed in (3, 3, 4):
        lines: list[str] = []
        assert await demo.in_lines(Plan(speed=demo.FAST, seed=seed, minutes=4), lines.append)
        runs.append(lines)
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


async def test_every_kind_of_floor_comes_up() -> None:
    """A round, hands and turns, questions with an answer, a pause, free talk, a late arrival let in."""
    lines: list[str] = []
    await demo.in_lines(Plan(speed=demo.FAST, seed=1, minutes=8), lines.append)
    told = "\n".join(lines)
    for sentence in (
        "A round:",
        "Hands and turns:",
        "Open questions:",
        "The question is put.",
        "Paused.",
        "It goes on.",
        "Free talk:",
        "Emil has joined",
    ):
        assert sentence in told


async def test_real_time_passes_at_the_speed_asked_for() -> None:
    """At 60 times, a session of a minute takes a second or more, not none."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await demo.in_lines(Plan(speed=60.0, seed=1, minutes=1), lambda _: None)
    assert loop.time() - began >= 0.9


def test_nonsense_is_refused_in_a_sentence() -> None:
    """Wrong usage is status 2, an impossible wish 1; never a traceback."""
    assert _demo("--minutes", "0").returncode == 1
    wrong = _demo("--as", "spectator")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
