"""The disk under a running session is full: members are told, nothing is lost, and it goes on once there is room."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest
from evenly_protocol.agreement import NameRoom
from evenly_protocol.sealed import FieldKind

from tests.endurance.figures import long
from tests.endurance.loop_disk import LoopDisk
from tests.harness import Member, Server, encoded, entries_in, eventually, folded, make_room, soon

PIECE = bytes(64 * 1024)


def fill(disk: Path) -> Path:
    """Takes all that is left of a disk. What took it."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
        while out.write(PIECE) == len(PIECE):
            pass
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as out:
        while out.write(b"x"):
            pass
    return filler


async def write(member: Member, done: list[bytes], going: asyncio.Event) -> None:
    """One name of the room after the other, each with its acknowledgement."""
    while not going.is_set():
        id = Member.new_id()
        assert await member.ask(NameRoom(member.seal(FieldKind.ROOM, "x" * 40, bytes(16))), id) is None
        done.append(id)


async def fill_and_make_room(times: int, tmp_path: Path) -> int:
    """The number of entries that were acknowledged, all of which are there, once."""
    done: list[bytes] = []
    with LoopDisk(tmp_path, mebibytes=8) as disk:
        async with (
            Server(disk.path / "rooms.db", "--no-pace", log=tmp_path / "log") as server,
            make_room(server, 3, session=True) as group,
        ):
            ends = asyncio.Event()
            writing = asyncio.create_task(write(group.leader, done, ends))
            for _ in range(times):
                filler = fill(disk.path)
                await eventually(lambda: all(member.saving for member in group.members))
                before = len(done)
                filler.unlink()
                await eventually(lambda: not any(member.saving for member in group.members))
                await eventually(lambda before=before: len(done) > before + 20)  # type: ignore[misc]
            ends.set()
            await soon(writing)
            await group.caught_up()
            entries = entries_in(server.journal, group.link.room)
            there = Counter(entry.id for entry in entries)
            assert all(there[id] == 1 for id in done)
            assert max(there.values()) == 1
            assert {encoded(member.room) for member in group.members} == {encoded(folded(group.link.room, entries))}
    return len(done)


async def test_a_full_disk_is_told_loses_nothing_and_goes_on_by_itself(tmp_path: Path) -> None:
    assert await fill_and_make_room(2, tmp_path) > 10


@pytest.mark.endurance
async def test_twenty_full_disks_lose_nothing(tmp_path: Path) -> None:
    times = long(20)
    print(f"{times} times full, {await fill_and_make_room(times, tmp_path)} entries: 0 lost, 0 twice")
