"""Every benchmark, one after the other, and one page of Markdown about all of them.

    python benchmarks [--quick] [--json] [--only NAME …] > page.md

Each runs as a process of its own, so that none disturbs another's figures; standard error tells which one runs. One
that fails is named in the page, and makes the exit code 1; the others still run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from figures import Found, exponent, machine, sync_ms, table

NAMES = ("fanout", "many_rooms", "history", "journal", "screen", "cold_start", "wire_bytes", "checkin")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Ran:
    """How a benchmark went: what it found and its section of the page; or, in `failed`, the last it said."""

    name: str
    found: Found
    section: str = ""
    failed: str = ""


def run(name: str, *, quick: bool) -> Ran:
    """Runs one. All that it says on standard error is passed on if it fails."""
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr)
        return Ran(name, {}, failed=last_line(done.stderr) or f"exit code {done.returncode}")
    try:
        found: Found = json.loads(done.stdout)
        one = Ran(name, found, importlib.import_module(name).page(found))
        goal_rows([one])
        growth_rows([one])
        return one
    except Exception as error:  # in what it found or in its page: a mistake in one leaves the others' figures
        return Ran(name, {}, failed=f"{type(error).__name__}: {error}")


def last_line(said: str) -> str:
    """The last line with something in it, without the folder that this lies in."""
    lines = [line.strip() for line in said.replace(f"{FOLDER.resolve().parent}/", "").splitlines()]
    return next((line for line in reversed(lines) if line), "")


def run_all(names: Sequence[str], *, quick: bool) -> Iterator[Ran]:
    """Runs them one after the other, and says so on standard error."""
    for number, name in enumerate(names, 1):
        print(f"{number}/{len(names)} {name} …", end="", file=sys.stderr, flush=True)
        began = time.monotonic()
        one = run(name, quick=quick)
        words = f"failed: {one.failed}" if one.failed else "done"
        print(f" {words} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        yield one


# -- the page ----------------------------------------------------------------------------------------------------


def page(ran: Sequence[Ran], when: str, measured_on: dict[str, str], *, quick: bool = False) -> str:
    """The whole page."""
    parts = ["# What Evenly costs", said_of(when, measured_on, quick=quick)]
    failed = [f"- **{one.name}** failed: {one.failed}" for one in ran if one.failed]
    if failed:
        parts.append("\n".join(failed))
    if goals := goal_rows(ran):
        parts += ["## Goals", table(["what", "value", "limit", ""], goals)]
    parts += [one.section.strip() for one in ran if one.section]
    if grown := growth_rows(ran):
        heads = ["cost", "unit", "from", "to", "exponent", "n doubled", "why"]
        words = (
            "How a cost grows with n: what it was at the smallest and the largest n, the p in cost ~ n^p that fits "
            "best to all that were measured, and by how much the cost is multiplied when n doubles (2^p)."
        )
        parts += ["## Growth", words, table(heads, grown)]
    return "\n\n".join(parts)


def said_of(when: str, measured_on: dict[str, str], *, quick: bool) -> str:
    """When and on what it was measured."""
    lines = [f"Measured {when}." + (" Quickly: to see that it works, not to quote." if quick else ""), ""]
    return "\n".join([*lines, *(f"- {what}: {value}" for what, value in measured_on.items())])


def goal_rows(ran: Sequence[Ran]) -> list[list[str]]:
    """Every goal, and whether it is reached."""
    rows: list[list[str]] = []
    for goal in (goal for one in ran for goal in one.found.get("goals", ())):
        value, limit, at_most = goal["value"], goal["limit"], goal["at_most"]
        reached = value <= limit if at_most else value >= limit
        bound = f"{'at most' if at_most else 'at least'} {number(limit)}"
        rows.append([goal["what"], number(value), bound, "reached" if reached else "**not reached**"])
    return rows


def growth_rows(ran: Sequence[Ran]) -> list[list[str]]:
    """Every cost that was measured at several n."""
    rows: list[list[str]] = []
    for one in (one for each in ran for one in each.found.get("growth", ())):
        points = sorted(one["points"])
        p = exponent(points)
        first, last = (f"{number(cost)} at {n:g}" for n, cost in (points[0], points[-1]))
        rows.append([one["what"], one["unit"], first, last, f"{p:.2f}", f"× {2**p:.2f}", one["why"]])
    return rows


def number(value: float) -> str:
    """Three digits that count, and all those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> int:
    """The command line. 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", default=NAMES, help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="fewer runs: to see that it works, not to quote")
    parser.add_argument("--json", action="store_true", help="print all that was found as one object")
    given = parser.parse_args()
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    measured_on = {**machine(), "syncing 4 KiB to disk": f"{sync_ms():.2f} ms"}
    ran = list(run_all(given.only, quick=given.quick))
    if given.json:
        found = {one.name: one.found for one in ran if not one.failed}
        failed = {one.name: one.failed for one in ran if one.failed}
        whole = {"measured": when, "quick": given.quick, "machine": measured_on, "found": found, "failed": failed}
        print(json.dumps(whole))
    else:
        print(page(ran, when, measured_on, quick=given.quick))
    return 1 if any(one.failed for one in ran) else 0


if __name__ == "__main__":
    sys.exit(main())
