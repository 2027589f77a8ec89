"""The benchmark of check-ins says what it says it measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "checkin.py"


def test_it_plays_a_numeric_and_a_written_check_in_and_gives_their_cost() -> None:
    command = [sys.executable, str(SCRIPT), "--people", "3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    scale, text = json.loads(done.stdout)["costs"]
    assert (scale["kind"], scale["people"], scale["in_full"], scale["rounds"]) == ("scale", 3, 3, 3)
    assert (text["kind"], text["rounds"]) == ("text", 6)
    assert min(scale["close_cpu_ms"], scale["close_up"], scale["close_down"], scale["close_wall_s"]) > 0
    assert text["close_up"] > scale["close_up"]


def test_it_refuses_numbers_of_people_that_cannot_be() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--people", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "from 3 to 300 people" in done.stderr
