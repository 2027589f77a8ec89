"""`evenly journal init`, `check`, `move`, and `evenly serve` on NATS, as somebody types them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import Server, encoded, entries_in, folded, make_room, server_command
from tests.nats_servers import Nats, one_nats


async def evenly(*arguments: str, directory: Path | None = None) -> tuple[int, str]:
    """Runs it. Its exit code, and all it said."""
    code, out, err = await server_command(*arguments, directory=directory)
    return code, out + err


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    async with one_nats(tmp_path / "nats") as server:
        yield server


async def made(nats: Nats) -> tuple[int, str]:
    """`init`, as soon as the server is there."""
    return await evenly("journal", "init", nats.url, "--replicas", "1")


async def test_rooms_of_a_file_are_moved_served_checked_and_moved_back(nats: Nats, tmp_path: Path) -> None:
    file = tmp_path / "rooms.db"
    async with Server(file) as server, make_room(server, 2, session=True) as group:
        link = group.link
        assert await server.stop() == 0
    before = encoded(folded(link.room, entries_in(file, link.room)))

    assert await made(nats) == (0, "Made: ROOMS\nMade: STATE\n")
    assert await made(nats) == (0, "They are there already.\n")
    code, said = await evenly("journal", "move", str(file), nats.url)
    assert (code, said.splitlines()[-1].partition(",")[0]) == (0, "1 room")
    code, said = await evenly("journal", "check", nats.url)
    assert code == 0
    assert "ROOMS: 1 replicas" in said
    assert "1 room whole" in said

    async with Server(nats.url, log=tmp_path / "log") as served:
        code, said = await evenly("journal", "move", nats.url, str(tmp_path / "back.db"))
        assert code == 1
        assert "This journal is served" in said
        assert await served.stop() == 0
    code, said = await evenly("journal", "move", nats.url, str(tmp_path / "back.db"))
    assert code == 0
    after = entries_in(tmp_path / "back.db", link.room)
    assert encoded(folded(link.room, after[: len(entries_in(file, link.room))])) == before


async def test_what_is_not_there_is_said_with_what_to_do(nats: Nats, tmp_path: Path) -> None:
    await made(nats)
    code, said = await evenly("journal", "move", str(tmp_path / "none.db"), nats.url)
    assert (code, "none.db is not there" in said) == (1, True)
    code, said = await evenly("serve", "--port", "0", "--journal", "nats://u:secret@h:4222", directory=tmp_path)
    assert code == 1
    assert "secret" not in said
    assert not (tmp_path / "evenly.key").exists(), "a refusal changes nothing"
    code, said = await evenly("journal", "check", "nonsense")
    assert (code, "no address of NATS" in said) == (1, True)
