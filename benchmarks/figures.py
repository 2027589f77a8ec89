"""What the benchmarks share: the command line, medians, growth, goals, tables, and what the machine can do.

A benchmark is a script with `measure(quick)`, which returns what it found as plain JSON, and `page(found)`, which
makes a section of Markdown of that. Two keys are read by everybody: `growth`, a list of `Growth`, and `goals`, a list
of `Goal`, both as dictionaries.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

Found = dict[str, Any]


@dataclass(frozen=True)
class Growth:
    """How a cost grows: `points` are pairs of n and cost in `unit`; `why` says why it is as it is."""

    what: str
    unit: str
    points: list[tuple[float, float]]
    why: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure against what it should be: `at_most`, or at least, `limit`."""

    what: str
    value: float
    limit: float
    at_most: bool = True


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The p in cost ~ n^p that fits best (least squares of the logarithms): 0 constant, 1 linear, 2 quadratic."""
    xs, ys = [math.log(n) for n, _ in points], [math.log(cost) for _, cost in points]
    return statistics.linear_regression(xs, ys).slope


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        first, *others = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]  # noqa: B905
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([line(cells[0]), rule, *(line(row) for row in cells[1:])])


def cpu_seconds(pid: int) -> float:
    """The processor's time that a process, all its threads together, has used until now (user and system)."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of another process: clock_getcpuclockid(3)


def resident_bytes(pid: int) -> int:
    """The memory of a process that is its own: private pages, without what it shares with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024


def sync_ms(folder: Path | None = None, times: int = 50) -> float:
    """How long the disk takes to sync 4 KiB that were written, milliseconds, the median."""
    taken: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def machine() -> dict[str, str]:
    """What this was measured on, and with which versions."""
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    found = {
        "processor": f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
    for package in ("websockets", "uvloop", "msgspec", "textual"):
        found[package] = version(package)
    if shutil.which("node"):
        found["Node"] = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return found


def command_line(doc: str | None, measure: Callable[[bool], Found], page: Callable[[Found], str]) -> None:
    """Runs a benchmark as a script: prints its section, with `--json` what it found; `--quick` measures less."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--quick", action="store_true", help="fewer runs: to see that it works, not to quote")
    given = parser.parse_args()
    found = measure(given.quick)
    if given.json:
        print(json.dumps(found, default=asdict))
    else:
        print(page(json.loads(json.dumps(found, default=asdict))))
