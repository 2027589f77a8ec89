"""What all benchmarks stand on says what it says, and their page has everything in it. Nothing is timed here."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MACHINE = {"processor": "a slow one, 2 cores"}

GOOD = """\
import json, sys
def page(found): return f"## Good\\n\\nIt was {found['it']}."
if __name__ == "__main__":
    print(json.dumps({"it": "quick" if "--quick" in sys.argv else "long", "goals": [], "growth": []}))
"""
BAD = """\
import sys
print("first words", file=sys.stderr)
sys.exit("no server to be had")
"""
NOT_JSON = "print('hello')"
NO_GROWTH = """\
import json
def page(found): return "## Flat"
if __name__ == "__main__":
    print(json.dumps({"growth": [{"what": "one", "unit": "B", "points": [[1, 1]], "why": ""}]}))
"""


def script(name: str) -> ModuleType:
    """A script of benchmarks/ as a module."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name.strip('_')}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


figures: Any = script("figures")


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`python benchmarks`, as a module."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield script("__main__")
    sys.modules.pop("figures", None)


# -- figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "p"),
    [
        ([(1, 7), (10, 7), (100, 7)], 0),
        ([(1, 3), (2, 6), (4, 12), (8, 24)], 1),
        ([(2, 4), (4, 16), (8, 64)], 2),
        ([(4, 2), (16, 4), (64, 8)], 0.5),
    ],
)
def test_the_exponent_is_that_of_the_power_that_made_the_points(points: list[tuple[float, float]], p: float) -> None:
    assert figures.exponent(points) == pytest.approx(p)


def test_the_exponent_of_points_off_the_line_is_the_best_for_all() -> None:
    """Errors that cancel do not move it."""
    assert figures.exponent([(1, 1), (2, 4), (4, 2), (8, 8)]) == pytest.approx(0.8)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.79, 4), (0.99, 5), (1.0, 5)])
def test_a_percentile_is_one_of_the_values_in_whatever_order_they_come(share: float, value: float) -> None:
    assert figures.percentile([4, 1, 5, 3, 2], share) == value


def test_a_table_has_its_first_column_to_the_left_and_the_others_to_the_right() -> None:
    assert figures.table(["what", "B"], [["a hand", "7"], ["a join", "1,024"]]) == (
        "| what   |     B |\n"
        "|--------|------:|\n"
        "| a hand |     7 |\n"
        "| a join | 1,024 |"
    )  # fmt: skip


def test_the_processors_time_of_a_process_is_what_it_sees_itself() -> None:
    before = time.process_time()
    seen = figures.cpu_seconds(os.getpid())
    assert before <= seen <= time.process_time()


# -- the page ----------------------------------------------------------------------------------------------------


def rows_under(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    lines = page.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]


def test_a_goal_is_reached_on_its_own_side_of_the_limit_and_at_it(whole: Any) -> None:
    goals = [
        {"what": "below", "value": 1.2, "limit": 1.4, "at_most": True},
        {"what": "at", "value": 1.4, "limit": 1.4, "at_most": True},
        {"what": "above", "value": 1.5, "limit": 1.4, "at_most": True},
        {"what": "enough", "value": 5000, "limit": 1000, "at_most": False},
        {"what": "too few", "value": 999, "limit": 1000, "at_most": False},
    ]
    page = whole.page([whole.Ran("one", {"goals": goals})], "today", MACHINE)
    assert rows_under(page, "Goals") == [
        ["below", "1.2", "at most 1.4", "reached"],
        ["at", "1.4", "at most 1.4", "reached"],
        ["above", "1.5", "at most 1.4", "**not reached**"],
        ["enough", "5,000", "at least 1,000", "reached"],
        ["too few", "999", "at least 1,000", "**not reached**"],
    ]


def test_growth_tells_the_ends_the_exponent_and_what_doubling_does(whole: Any) -> None:
    """In whatever order the points were measured."""
    grown = [{"what": "a hand", "unit": "B", "points": [[40, 1600], [10, 100], [20, 400]], "why": "each to each"}]
    page = whole.page([whole.Ran("one", {"growth": grown})], "today", MACHINE)
    assert rows_under(page, "Growth") == [["a hand", "B", "100 at 10", "1,600 at 40", "2.00", "× 4.00", "each to each"]]


def test_the_page_has_the_sections_in_order_the_machine_and_what_failed(whole: Any) -> None:
    ran = [whole.Ran("a", {}, "## A\n\nFirst.\n"), whole.Ran("b", {}, failed="no disk"), whole.Ran("c", {}, "## C")]
    page = whole.page(ran, "on a day", MACHINE)
    assert page.startswith("# What Evenly costs\n\nMeasured on a day.\n\n- processor: a slow one, 2 cores\n")
    assert page.index("- **b** failed: no disk") < page.index("## A\n\nFirst.") < page.index("## C")
    assert "## Goals" not in page
    assert "## Growth" not in page
    assert "not to quote" not in page
    assert "not to quote" in whole.page(ran, "on a day", MACHINE, quick=True)


# -- running them ------------------------------------------------------------------------------------------------


@pytest.fixture
def scripts(whole: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """`python benchmarks`, with these scripts for benchmarks."""
    for name, text in (("good", GOOD), ("bad", BAD), ("not_json", NOT_JSON), ("no_growth", NO_GROWTH)):
        (tmp_path / f"{name}_benchmark.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(whole, "FOLDER", tmp_path)
    monkeypatch.setattr(whole, "NAMES", ("good_benchmark", "bad_benchmark"))
    return whole


def test_a_benchmark_that_fails_is_named_with_its_last_line_and_the_others_still_run(
    scripts: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "bad_benchmark", "good_benchmark", "--quick"])
    assert scripts.main() == 1
    said = capsys.readouterr()
    assert "- **bad_benchmark** failed: no server to be had\n" in said.out
    assert "## Good\n\nIt was quick." in said.out
    assert "first words" in said.err
    assert "2/2 good_benchmark … done" in said.err


def test_all_that_was_found_can_be_had_as_one_object(
    scripts: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "good_benchmark", "--json"])
    assert scripts.main() == 0
    whole = json.loads(capsys.readouterr().out)
    assert (whole["found"]["good_benchmark"]["it"], whole["failed"], whole["quick"]) == ("long", {}, False)
    assert "syncing 4 KiB to disk" in whole["machine"]


@pytest.mark.parametrize(("name", "kind"), [("not_json", "JSONDecodeError"), ("no_growth", "StatisticsError")])
def test_what_cannot_be_read_is_a_failure_of_that_benchmark_alone(scripts: Any, name: str, kind: str) -> None:
    one = scripts.run(f"{name}_benchmark", quick=True)
    assert one.failed.startswith(f"{kind}: ")
    assert (one.found, one.section) == ({}, "")


def test_no_folder_of_this_machine_stands_in_the_page(scripts: Any) -> None:
    one = scripts.run("not_there", quick=True)
    assert "not_there.py" in one.failed
    assert str(scripts.FOLDER.parent) not in one.failed
