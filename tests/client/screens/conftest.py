"""A server process for all tests of the screens, and one of its own for those that kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage_hand import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "rooms.db")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "rooms.db")
    server.start()
    yield server
    server.kill()
