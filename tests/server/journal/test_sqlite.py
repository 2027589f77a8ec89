"""What only a journal on disk can do wrong: lose, flip, run full, be opened twice."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from evenly_server.journal import sqlite
from evenly_server.journal.interface import (
    JournalDamaged,
    JournalRefused,
    Outcome,
    Snapshot,
    snapshot_checksum,
)
from evenly_server.journal.sqlite import SqliteJournal

ROOM, OTHER = b"\x01" * 16, b"\x02" * 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    opened = await SqliteJournal.open(path)
    yield opened
    await opened.close()


async def filled(path: Path) -> None:
    """Write three records to each of two rooms, and a snapshot of the first room."""
    journal = await SqliteJournal.open(path)
    for room in (ROOM, OTHER):
        assert await journal.append(room, 0, [b"one", b"two", b"three"]) is Outcome.OK
    second = (await journal.read(ROOM, 1))[0]
    assert await journal.save_snapshot(ROOM, Snapshot(2, second.hash, b"state")) is Outcome.OK
    await journal.close()


def change(path: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(path)
    try:
        assert db.execute(statement, values).rowcount == 1
        db.commit()
    finally:
        db.close()


APPENDER = textwrap.dedent(
    """
    import asyncio, os, sys
    from evenly_server.journal.interface import Outcome
    from evenly_server.journal.sqlite import SqliteJournal

    async def member(journal, room):
        seq = await journal.head(room)
        while True:
            assert await journal.append(room, seq, [room + b"%d" % (seq + 1)]) is Outcome.OK
            seq += 1
            os.write(1, b"%s %d\\n" % (room, seq))

    async def main():
        journal = await SqliteJournal.open(sys.argv[1])
        await asyncio.gather(*(member(journal, b"room-%d" % number) for number in range(5)))

    asyncio.run(main())
    """
)


@pytest.fixture
def appender(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = start_appender(path)
    yield process
    kill(process)


def start_appender(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", APPENDER, str(path)], stdout=subprocess.PIPE)


def kill(process: subprocess.Popen[bytes]) -> list[bytes]:
    """End the process at once and return the whole lines that it had still written."""
    process.kill()
    assert process.stdout is not None
    if process.stdout.closed:
        return []
    rest = process.stdout.read()
    process.stdout.close()
    process.wait()
    return [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]


async def test_every_acknowledged_append_is_there_after_a_kill_9(path: Path) -> None:
    acknowledged: dict[bytes, int] = {}
    for turn in range(20):
        process = start_appender(path)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5 + 7 * turn)]
        for line in lines + kill(process):
            room, seq = line.split()
            acknowledged[room] = int(seq)
        journal = await SqliteJournal.open(path)
        for room, seq in acknowledged.items():
            records = await journal.read(room, 0)
            assert len(records) >= seq
            assert [record.body for record in records] == [
                room + b"%d" % number for number in range(1, len(records) + 1)
            ]
        await journal.close()
    assert len(acknowledged) == 5


async def test_a_file_that_another_process_serves_is_refused(path: Path, appender: subprocess.Popen[bytes]) -> None:
    assert appender.stdout is not None
    assert appender.stdout.readline()
    with pytest.raises(JournalRefused, match="served by another process"):
        await SqliteJournal.open(path)
    kill(appender)
    await (await SqliteJournal.open(path)).close()


async def test_a_second_opener_in_the_same_process_is_refused_too(path: Path, journal: SqliteJournal) -> None:
    with pytest.raises(JournalRefused, match="served by another process"):
        await SqliteJournal.open(path)
    assert await journal.append(ROOM, 0, [b"still mine"]) is Outcome.OK


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("UPDATE records SET body = ? WHERE room = ? AND seq = 2", b"twp"),
        ("UPDATE records SET body = ? WHERE room = ? AND seq = 2", 7),
        ("UPDATE records SET hash = ? WHERE room = ? AND seq = 2", bytes(32)),
        ("UPDATE records SET seq = ? WHERE room = ? AND seq = 2", 6),
        ("UPDATE records SET seq = ? WHERE room = ? AND seq = 1", -1),
        ("UPDATE records SET room = ? WHERE room = ? AND seq = 2", b"\x03" * 16),
    ],
)
async def test_a_changed_record_is_found_and_other_rooms_are_still_read(
    path: Path, statement: str, value: object
) -> None:
    await filled(path)
    change(path, statement, value, ROOM)
    journal = await SqliteJournal.open(path)
    with pytest.raises(JournalDamaged) as damage:
        await journal.read(ROOM, 0)
    assert damage.value.room == ROOM
    assert damage.value.seq in (1, 2)
    assert len(await journal.read(OTHER, 0)) == 3
    assert await journal.append(OTHER, 3, [b"four"]) is Outcome.OK
    await journal.close()


async def test_an_append_behind_a_damaged_head_is_refused_and_spoils_no_other(path: Path) -> None:
    await filled(path)
    change(path, "UPDATE records SET body = ? WHERE room = ? AND seq = 3", b"thref", ROOM)
    journal = await SqliteJournal.open(path)
    damaged, fine = await asyncio.gather(
        journal.append(ROOM, 3, [b"four"]), journal.append(OTHER, 3, [b"four"]), return_exceptions=True
    )
    assert isinstance(damaged, JournalDamaged)
    assert fine is Outcome.OK
    with pytest.raises(JournalDamaged):
        await journal.head(ROOM)
    await journal.close()


async def test_a_bit_flipped_in_the_file_itself_is_found(path: Path) -> None:
    await filled(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"three")] ^= 0x10
    path.write_bytes(content)
    journal = await SqliteJournal.open(path)
    read = await asyncio.gather(journal.read(ROOM, 0), journal.read(OTHER, 0), return_exceptions=True)
    [damage] = [result for result in read if isinstance(result, JournalDamaged)]
    assert damage.seq == 3
    await journal.close()


@pytest.mark.parametrize("column", ["seq", "hash", "body", "checksum"])
async def test_a_damaged_snapshot_is_logged_and_ignored(
    path: Path, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    await filled(path)
    change(path, f"UPDATE snapshots SET {column} = ? WHERE room = ?", 3, ROOM)
    journal = await SqliteJournal.open(path)
    assert await journal.load_snapshot(ROOM) is None
    assert "snapshot is damaged" in caplog.text
    assert len(await journal.read(ROOM, 0)) == 3
    await journal.close()


async def test_a_sound_snapshot_of_records_that_are_gone_is_ignored(path: Path) -> None:
    await filled(path)
    ahead = Snapshot(9, bytes(32), b"from the future")
    change(
        path,
        "UPDATE snapshots SET seq = ?, hash = ?, body = ?, checksum = ?",
        ahead.seq,
        ahead.hash,
        ahead.body,
        snapshot_checksum(ROOM, ahead),
    )
    journal = await SqliteJournal.open(path)
    assert await journal.load_snapshot(ROOM) is None
    await journal.close()


async def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    await filled(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(JournalRefused, match="newer Evenly"):
        await SqliteJournal.open(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear diary, this is no database. " * 40, None])
async def test_a_file_that_is_no_journal_is_refused(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)
    else:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.close()
    with pytest.raises(JournalRefused, match="not a journal"):
        await SqliteJournal.open(path)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
async def test_all_files_are_private(path: Path, journal: SqliteJournal) -> None:
    await journal.append(ROOM, 0, [b"one"])
    files = list(path.parent.iterdir())
    assert {file.name for file in files} >= {"journal.db", "journal.db-wal", "journal.db.lock"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_commits_are_synced(journal: SqliteJournal) -> None:
    """2 is FULL, 1 NORMAL: the connection for *alive until* alone does not sync."""
    assert journal._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._lazy.execute("PRAGMA synchronous").fetchone() == (1,)
    assert journal._writer.execute("PRAGMA journal_mode").fetchone() == (b"wal",)


async def test_a_full_disk_turns_appends_read_only_until_there_is_room(journal: SqliteJournal) -> None:
    await journal.append(ROOM, 0, [b"one"])
    pages = journal._writer.execute("PRAGMA page_count").fetchone()[0]
    journal._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    journal.touch(ROOM, 77)
    outcomes = await asyncio.gather(
        journal.append(ROOM, 1, [b"x" * 100_000]), journal.append(OTHER, 0, [b"y" * 100_000])
    )
    assert outcomes == [Outcome.READ_ONLY, Outcome.READ_ONLY]
    assert await journal.head(ROOM) == 1
    assert await journal.head(OTHER) == 0
    assert await journal.append(ROOM, 1, [b"z" * 100_000]) is Outcome.READ_ONLY
    journal._writer.execute("PRAGMA max_page_count = 1000000")
    assert await journal.append(ROOM, 1, [b"x" * 100_000]) is Outcome.OK
    assert await journal.append(OTHER, 0, [b"other"]) is Outcome.OK
    assert [len(record.body) for record in await journal.read(ROOM, 0)] == [3, 100_000]
    assert journal._reader.execute("SELECT room, at FROM alive").fetchall() == [(ROOM, 77)]


async def test_a_file_that_may_not_be_written_turns_appends_read_only(journal: SqliteJournal) -> None:
    journal._writer.execute("PRAGMA query_only = 1")
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.READ_ONLY
    journal._writer.execute("PRAGMA query_only = 0")
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK


async def test_many_appends_at_once_share_few_syncs(journal: SqliteJournal) -> None:
    async def member(room: bytes) -> None:
        for seq in range(20):
            assert await journal.append(room, seq, [b"x"]) is Outcome.OK

    await asyncio.gather(*(member(b"room-%d" % number) for number in range(50)))
    assert journal.appends == 1000
    assert journal.commits <= 100


async def test_without_load_each_append_is_committed_at_once(path: Path) -> None:
    """A window of an hour would be felt if an idle journal waited for it."""
    journal = await SqliteJournal.open(path, window_ms=3_600_000)
    async with asyncio.timeout(10):
        assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    assert journal.commits == 1
    await journal.close()


async def test_rooms_of_one_commit_are_waited_for_and_share_the_next(path: Path) -> None:
    journal = await SqliteJournal.open(path, window_ms=300)
    rooms = (ROOM, OTHER)
    assert await asyncio.gather(*(journal.append(room, 0, [b"at once"]) for room in rooms)) == [Outcome.OK] * 2
    assert journal.commits == 1
    later: list[asyncio.Task[Outcome]] = []
    for room in rooms:
        later.append(asyncio.create_task(journal.append(room, 1, [b"x"])))
        await asyncio.to_thread(time.sleep, 0)  # lets the writer have its turn
    assert await asyncio.gather(*later) == [Outcome.OK] * 2
    assert journal.commits == 2
    await journal.close()


async def test_one_room_alone_never_waits_for_others(path: Path) -> None:
    journal = await SqliteJournal.open(path, window_ms=3_600_000)
    async with asyncio.timeout(60):
        for seq in range(5):
            assert await journal.append(ROOM, seq, [b"x"]) is Outcome.OK
    assert journal.commits == 5
    await journal.close()


async def test_a_caller_who_goes_away_does_not_disturb_the_others(journal: SqliteJournal) -> None:
    leaving = asyncio.create_task(journal.append(ROOM, 0, [b"one"]))
    staying = asyncio.create_task(journal.append(ROOM, 1, [b"two"]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying is Outcome.OK
    assert leaving.cancelled()
    assert await journal.head(ROOM) == 2


async def test_a_touch_travels_with_the_next_append(path: Path, journal: SqliteJournal) -> None:
    journal.touch(ROOM, 1234)
    await journal.append(OTHER, 0, [b"one"])
    assert journal._reader.execute("SELECT room, at FROM alive").fetchall() == [(ROOM, 1234)]
    assert journal.commits == 1


async def test_a_touch_alone_is_stored_in_time_without_a_sync(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "ALIVE_FLUSH_S", 0.01)
    journal.touch(ROOM, 1234)
    async with asyncio.timeout(10):
        while not journal._reader.execute("SELECT * FROM alive").fetchall():  # noqa: ASYNC110 (only the file tells)
            await asyncio.sleep(0)
    assert journal.commits == 0


async def test_everything_is_there_after_a_restart(path: Path) -> None:
    await filled(path)
    journal = await SqliteJournal.open(path)
    journal.touch(ROOM, 1234)
    await journal.close()
    journal = await SqliteJournal.open(path)
    assert await journal.alive_until(ROOM) == 1234
    assert await journal.rooms() == [ROOM, OTHER]
    assert await journal.head(ROOM) == 3
    snapshot = await journal.load_snapshot(ROOM)
    assert snapshot is not None
    assert (snapshot.seq, snapshot.body) == (2, b"state")
    assert await journal.append(ROOM, 2, [b"late"]) is Outcome.CONFLICT
    assert await journal.append(ROOM, 3, [b"four"]) is Outcome.OK
    await journal.close()


async def test_what_waits_is_stored_before_closing(path: Path) -> None:
    journal = await SqliteJournal.open(path)
    appends = [asyncio.create_task(journal.append(ROOM, seq, [b"x"])) for seq in range(5)]
    await asyncio.sleep(0)
    await journal.close()
    assert await asyncio.gather(*appends) == [Outcome.OK] * 5
    with pytest.raises(RuntimeError, match="closed"):
        await journal.append(ROOM, 5, [b"too late"])


async def test_what_is_known_of_many_rooms_is_bounded_and_read_again(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "ROOMS_KNOWN", 3)
    rooms = [bytes([number]) * 16 for number in range(10)]
    for after in range(2):
        for room in rooms:
            assert await journal.append(room, after, [b"entry"]) is Outcome.OK
            journal.touch(room, 1_000 + after)
            assert len(journal._heads) <= 4
            assert len(journal._alive) <= 4
    assert [await journal.head(room) for room in rooms] == [2] * 10
    await asyncio.sleep(0)
    await journal.append(rooms[0], 2, [b"entry"])
    assert [await journal.alive_until(room) for room in rooms] == [1_001] * 10
