"""Real meetings: read strictly, replayed to the millisecond, and better shared by the fair queue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_meeting_is_counted_to_the_millisecond_in_both_modes() -> None:
    """Every person's air time is what the file's spans say."""
    done = _run("replay_meetings.py", "--meeting", "IS1008a")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("difference 0 ms") == 8
    assert "1 meetings, 0 differences" in done.stdout


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("SPEAKER m 1 1.0 2.0 <NA> <NA> A <NA> <NA>\nSPKR m 1 3.0 1.0 <NA> <NA> A <NA> <NA>", ":2: not a SPEAKER"),
        ("SPEAKER m 1 one 2.0 <NA> <NA> A <NA> <NA>", ":1: 'one' is no number"),
        ("SPEAKER m 1 1.0 -2.0 <NA> <NA> A <NA> <NA>", ":1: '-2.0' is out of range"),
        ("SPEAKER m 1 NaN 2.0 <NA> <NA> A <NA> <NA>", ":1: 'NaN' is out of range"),
        ("SPEAKER m 1 1.0 2e257777777777 <NA> <NA> A <NA> <NA>", ":1: '2e257777777777' is out of range"),
        ("SPEAKER m 1 1.0 2e-257777777777 <NA> <NA> A <NA> <NA>", ":1: '2e-257777777777' is finer"),
        ("SPEAKER m 1 1.0001 2.0 <NA> <NA> A <NA> <NA>", ":1: '1.0001' is finer"),
        ("SPEAKER m 1 1.0 0 <NA> <NA> A <NA> <NA>", ":1: a span of no length"),
        ("", ":1: no spans"),
    ],
)
def test_a_malformed_file_is_refused_with_file_and_line(line: str, wrong: str, tmp_path: Path) -> None:
    """Nothing is replayed."""
    (tmp_path / "bad.rttm").write_text(line)
    done = _run("replay_meetings.py", str(tmp_path))
    assert done.returncode == 1
    assert f"bad.rttm{wrong}" in done.stderr
    assert done.stdout == ""


def test_the_fair_queue_shares_a_meeting_more_evenly_than_arrival() -> None:
    """The same requests of the same people."""
    done = _run("fairness.py", "--meeting", "IS1008d")
    assert done.returncode == 0, done.stderr
    rows = {row.split()[1]: float(row.split()[2]) for row in done.stdout.splitlines() if row.startswith("IS1008d")}
    assert rows["fair"] > rows["arrival"]
