"""A server that comes back with an older journal: whoever was in the room is told that it has lost something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from evenly_client.phrases import set_back
from evenly_protocol.agreement import NameRoom
from evenly_protocol.sealed import FieldKind

from tests.harness import Group, Server, make_room


async def name_it(group: Group, times: int) -> None:
    leader = group.leader
    for number in range(times):
        assert await leader.ask(NameRoom(leader.seal(FieldKind.ROOM, str(number), bytes(16)))) is None
    await group.caught_up()


async def back_to(folder: Path, server: Server, group: Group) -> None:
    """The server ends, and comes back with the journal that lies in `folder`."""
    await server.kill()
    for file in server.journal.parent.glob("evenly.db*"):
        file.unlink()
    for file in folder.iterdir():
        shutil.copy(file, server.journal.parent)
    await server.start()
    for member in group.members:
        member.reconnect_now()


@pytest.mark.parametrize("lost", [1, 3])
async def test_members_are_told_how_much_an_older_journal_lacks(lost: int, tmp_path: Path) -> None:
    (tmp_path / "now").mkdir()
    async with Server(tmp_path / "now/evenly.db", log=tmp_path / "log") as server, make_room(server, 2) as group:
        await name_it(group, 2)
        await server.stop()
        shutil.copytree(tmp_path / "now", tmp_path / "before")
        await server.start()
        for member in group.members:
            member.reconnect_now()
        await name_it(group, lost)
        assert [member.set_back for member in group.members] == [0, 0]
        seq = group.leader.room.seq
        await back_to(tmp_path / "before", server, group)
        for member in group.members:
            await member.until(lambda room: room.seq == seq - lost)
            assert member.set_back == lost
        await name_it(group, 1)
        assert group.leader.room.seq == seq - lost + 1


def test_it_is_said_how_many() -> None:
    assert "the last change that was seen here" in set_back(1)
    assert "the last 3 changes" in set_back(3)
