"""Fixtures for all tests; what they are made of is in `harness.py`."""

from __future__ import annotations

import os

# Before anything asks for a word: whatever the machine's language is, tests read English, or a strange language
# that is read as if it were (pseudo.py).
if "EVENLY_READ_TO" not in os.environ:
    os.environ["EVENLY_LANGUAGE"] = "en"
    os.environ.pop("EVENLY_CATALOGUES", None)

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_server.clock import FedClock

from tests.harness import NOON, Local, Server, serving


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    """A server inside the test's loop, on real time, with its journal in memory."""
    async with serving() as server:
        yield server


@pytest.fixture
async def fed() -> AsyncIterator[Local]:
    """The same, told the time by the test: `advance`."""
    async with serving(clock=FedClock(NOON)) as server:
        yield server


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server process on a free port, its journal in a file."""
    async with Server(tmp_path / "rooms.db") as started:
        yield started


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms run only when asked for: `make endure`."""
    if "endurance" in config.getoption("markexpr"):
        return
    skipped = [item for item in items if item.get_closest_marker("endurance")]
    config.hook.pytest_deselected(items=skipped)
    items[:] = [item for item in items if item not in skipped]
