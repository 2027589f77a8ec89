"""A bit of the journal's file turns over: what changed is found, and the rooms that are whole are served.

Of the database every flip is found or changes nothing. In the log beside it (the WAL, there only while a server runs or
after it was killed) SQLite takes a broken transaction, and all behind it, for one that was never finished. What is
left then is the room as it was earlier, whole; whoever was in it sees by their own replica that the server has lost
something (`Peer.set_back`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.words import Intent
from evenly_server.journal.archive import backup, restore
from evenly_server.journal.check import check
from evenly_server.journal.interface import JournalDamaged, JournalError, room_mark
from evenly_server.journal.sqlite import SqliteJournal

from tests.endurance.figures import long, seed
from tests.harness import Member, Server, make_room

ROOMS, HANDS, HANDS_LATER = 3, 60, 5
SEEN: dict[str, tuple[str, ...]] = {
    "evenly.db": ("same", "found", "refused"),
    "evenly.db-wal": ("same", "found", "refused", "earlier"),
}
"""What may come of a flip."""


class Journal:
    """A journal as a killed server leaves it: most in the database, the last in the log, and what is in it."""

    def __init__(self, folder: Path, truth: dict[bytes, list[bytes]]) -> None:
        self.folder = folder
        self.truth = truth

    def flipped(self, name: str, bit: int, folder: Path) -> Path:
        """A copy with one bit of a file turned over. The copy's database."""
        shutil.copytree(self.folder, folder)
        content = bytearray((folder / name).read_bytes())
        content[bit // 8] ^= 1 << bit % 8
        (folder / name).write_bytes(content)
        return folder / "evenly.db"


@pytest.fixture
async def killed(tmp_path: Path) -> Journal:
    """See `Journal`."""
    folder = tmp_path / "killed"
    folder.mkdir()
    path = folder / "evenly.db"
    truth: dict[bytes, list[bytes]] = {}
    async with Server(path, "--no-pace", log=tmp_path / "server.log") as server, contextlib.AsyncExitStack() as stack:
        groups = [await stack.enter_async_context(make_room(server, 2, session=True)) for _ in range(ROOMS)]
        for group in groups:
            await up_and_down(group.leader, HANDS)
        assert await server.stop() == 0
        await server.start()
        for member in (member for group in groups for member in group.members):
            member.reconnect_now()
        await up_and_down(groups[0].leader, HANDS_LATER)
        await server.kill()
        for group in groups:
            truth[group.link.room] = bodies_in(path, group.link.room)
    (folder / "evenly.db-shm").unlink(missing_ok=True)
    assert (folder / "evenly.db-wal").stat().st_size > 30_000
    return Journal(folder, truth)


async def up_and_down(member: Member, times: int) -> None:
    for _ in range(times):
        assert await member.ask(RaiseHand(Intent.SPEAK)) is None
        assert await member.ask(LowerHand(member.room.floor.hands[0].id)) is None


def bodies_in(path: Path, room: bytes) -> list[bytes]:
    """What the file holds of a room, the database being changed by nobody."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        rows = db.execute("SELECT body FROM records WHERE room = ? ORDER BY seq", (room,)).fetchall()
    return [body for (body,) in rows]


async def served(path: Path, truth: dict[bytes, list[bytes]]) -> dict[bytes, list[bytes] | None]:
    """Each room as a server reads it; None for one that it sets apart. The others are read all the same."""
    journal = await SqliteJournal.open(path)
    try:
        rooms: dict[bytes, list[bytes] | None] = {}
        for room in truth:
            try:
                rooms[room] = [record.body for record in await journal.read(room, 0)]
            except JournalDamaged:
                rooms[room] = None
        return rooms
    finally:
        await journal.close()


async def after(journal: Journal, name: str, bit: int, folder: Path) -> str:
    """What comes of a flip. Whatever is served of a room is what was in it, from the first entry on, and unchanged."""
    path = journal.flipped(name, bit, folder / "checked")
    try:
        found = check(path)
    except JournalError:
        found = None
    path = journal.flipped(name, bit, folder / "served")
    try:
        rooms = await served(path, journal.truth)
    except JournalError:
        return "refused"
    for room, bodies in rooms.items():
        assert bodies is None or bodies == journal.truth[room][: len(bodies)], (name, bit)
    if found is None or found.damaged:
        return "found"
    assert all(bodies is not None for bodies in rooms.values()), (name, bit)
    return "same" if rooms == journal.truth else "earlier"


async def flips(journal: Journal, times: int, first: int, folder: Path) -> Counter[tuple[str, str]]:
    """So many flips, anywhere in both files; what came of them."""
    dice = random.Random(first)
    came: Counter[tuple[str, str]] = Counter()
    for number in range(times):
        name = list(SEEN)[number % 2]
        bit = dice.randrange((journal.folder / name).stat().st_size * 8)
        this = folder / str(number)
        this.mkdir()
        came[name, await after(journal, name, bit, this)] += 1
        shutil.rmtree(this)
    assert all(outcome in SEEN[name] for name, outcome in came), came
    return came


async def test_a_flip_is_found_or_changes_nothing(killed: Journal, tmp_path: Path) -> None:
    came = await flips(killed, 80, seed(1), tmp_path)
    assert came["evenly.db", "found"] > 5
    assert came["evenly.db-wal", "earlier"] > 5


@pytest.mark.endurance
async def test_of_two_thousand_flips_none_is_served_wrong(killed: Journal, tmp_path: Path) -> None:
    times = long(2_000)
    came = await flips(killed, times, seed(), tmp_path)
    print(
        f"{times} flips: 0 served wrong;", ", ".join(f"{name} {what} {n}" for (name, what), n in sorted(came.items()))
    )


async def test_the_room_that_is_damaged_is_named_and_a_backup_has_it(killed: Journal, tmp_path: Path) -> None:
    path = killed.folder / "evenly.db"
    saved, again = tmp_path / "rooms.evenly", tmp_path / "again.db"
    assert backup(path, saved).rooms == ROOMS
    room, bodies = next(iter(killed.truth.items()))
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        changed = bytes(bodies[4][:-1]) + bytes([bodies[4][-1] ^ 1])
        db.execute("UPDATE records SET body = ? WHERE room = ? AND seq = 5", (changed, room))
    told = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "evenly_client.cli", "doctor", "--journal", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert f"Room {room_mark(room)} is damaged at entry 5" in told.stderr
    assert told.stdout.startswith(f"{ROOMS - 1} rooms whole")
    restore(saved, again)
    assert {room: bodies_in(again, room) for room in killed.truth} == killed.truth
    found = check(again)
    assert (found.rooms, found.damaged) == (ROOMS, ())
