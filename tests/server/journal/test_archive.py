"""A journal goes into an archive whole, also while it is served, and comes back checked or not at all."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from evenly_protocol import archive
from evenly_protocol.archive import GENESIS, ArchiveWriter, chain
from evenly_protocol.wire import encode_entry
from evenly_server.journal import archive as archives
from evenly_server.journal.archive import ArchiveError, backup, import_room, restore
from evenly_server.journal.interface import JournalRefused, Outcome, Record, Snapshot
from evenly_server.journal.sqlite import SqliteJournal

from tests.protocol.world import World

ROOMS = [bytes([number]) * 16 for number in range(1, 6)]


async def fill(path: Path) -> None:
    """Five rooms of 1 to 5 records; the third has a snapshot and was alive until 1234."""
    journal = await SqliteJournal.open(path)
    for number, room in enumerate(ROOMS, 1):
        assert await journal.append(room, 0, [b"body %d" % seq for seq in range(number)]) is Outcome.OK
    head = (await journal.read(ROOMS[2], 2))[0]
    assert await journal.save_snapshot(ROOMS[2], Snapshot(3, head.hash, b"state")) is Outcome.OK
    journal.touch(ROOMS[2], 1234)
    await journal.close()


async def everything(path: Path) -> dict[bytes, tuple[list[Record], Snapshot | None, int | None]]:
    journal = await SqliteJournal.open(path)
    found = {
        room: (
            await journal.read(room, 0),
            await journal.load_snapshot(room),
            await journal.alive_until(room),
        )
        for room in await journal.rooms()
    }
    await journal.close()
    return found


@pytest.fixture
async def source(tmp_path: Path) -> Path:
    await fill(tmp_path / "journal.db")
    return tmp_path / "journal.db"


@pytest.fixture
def saved(source: Path, tmp_path: Path) -> Path:
    backup(source, tmp_path / "saved.evenly")
    return tmp_path / "saved.evenly"


async def test_what_was_saved_is_restored(source: Path, saved: Path, tmp_path: Path) -> None:
    done = restore(saved, tmp_path / "restored.db")
    assert (done.rooms, done.records, done.left_out) == (5, 15, ())
    restored = await everything(tmp_path / "restored.db")
    assert restored == await everything(source)
    assert restored[ROOMS[2]][1:] == (Snapshot(3, restored[ROOMS[2]][0][2].hash, b"state"), 1234)


async def test_a_journal_is_saved_while_it_is_served_as_of_one_moment(source: Path, tmp_path: Path) -> None:
    """Every append of the server during the backup is either wholly in it or not at all."""
    journal = await SqliteJournal.open(source)
    saving = asyncio.create_task(asyncio.to_thread(backup, source, tmp_path / "saved"))
    seq = 1
    while not saving.done():
        outcomes = await asyncio.gather(*(journal.append(ROOMS[0], seq + more, [b"a", b"b"]) for more in (0, 2)))
        assert outcomes == [Outcome.OK, Outcome.OK]
        seq += 4
    await saving
    await journal.close()
    restore(tmp_path / "saved", tmp_path / "restored.db")
    records = (await everything(tmp_path / "restored.db"))[ROOMS[0]][0]
    assert (len(records) - 1) % 4 == 0
    assert records == (await everything(source))[ROOMS[0]][0][: len(records)]


def test_saving_a_journal_that_nobody_serves_leaves_it_as_it_was(source: Path, tmp_path: Path) -> None:
    before = source.read_bytes()
    backup(source, tmp_path / "saved")
    assert source.read_bytes() == before


def test_progress_is_told_room_by_room(source: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup(source, tmp_path / "saved", lambda done, of: told.append((done, of)))
    restore(tmp_path / "saved", tmp_path / "restored.db", lambda done, of: told.append((done, of)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)] * 2


def messages_of(file: Path) -> list[list[object]]:
    unpacker = msgpack.Unpacker()
    unpacker.feed(file.read_bytes())
    return list(unpacker)


def test_any_messagepack_reader_can_read_an_archive(saved: Path) -> None:
    messages = messages_of(saved)
    assert messages[0] == ["evenly-archive", 1, 5]
    assert messages[1] == ["room", ROOMS[0], None, None]
    assert messages[2][:2] == ["record", 1]
    assert messages[3] == ["room-end", 1, messages[2][2]]
    assert messages[-1][:3] == ["archive-end", 5, 15]


def test_a_file_in_the_way_is_not_overwritten_unless_forced(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "saved"
    target.write_bytes(b"precious")
    with pytest.raises(ArchiveError, match="exists already"):
        backup(source, target)
    assert target.read_bytes() == b"precious"
    backup(source, target, force=True)
    restore(target, tmp_path / "restored.db")


def test_a_journal_in_the_way_is_never_overwritten(source: Path, saved: Path) -> None:
    before = source.read_bytes()
    with pytest.raises(ArchiveError, match="exists already"):
        restore(saved, source)
    assert source.read_bytes() == before


def test_a_missing_journal_is_not_made_by_saving_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no journal"):
        backup(tmp_path / "none.db", tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_a_newer_journal_is_not_saved(source: Path, tmp_path: Path) -> None:
    db = sqlite3.connect(source)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalRefused, match="newer Evenly"):
        backup(source, tmp_path / "saved")


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_archive_and_restored_journal_are_private(saved: Path, tmp_path: Path) -> None:
    restore(saved, tmp_path / "restored.db")
    for file in (saved, tmp_path / "restored.db"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_damaged_room_is_left_out_and_named_and_the_others_are_saved(source: Path, tmp_path: Path) -> None:
    db = sqlite3.connect(source)
    db.execute("UPDATE records SET body = x'00' WHERE room = ? AND seq = 2", (ROOMS[3],))
    db.commit()
    db.close()
    done = backup(source, tmp_path / "saved")
    assert [(damage.room, damage.seq) for damage in done.left_out] == [(ROOMS[3], 2)]
    restore(tmp_path / "saved", tmp_path / "restored.db")
    assert sorted(await everything(tmp_path / "restored.db")) == [*ROOMS[:3], ROOMS[4]]


def test_an_archive_cut_anywhere_is_refused_and_leaves_nothing(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    cut, target = tmp_path / "cut", tmp_path / "restored.db"
    cut.touch()
    before = sorted(tmp_path.iterdir())
    for length in range(0, len(whole), 13):
        cut.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            restore(cut, target)
    assert sorted(tmp_path.iterdir()) == before


def test_a_bit_flipped_anywhere_in_an_archive_is_found(saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    for position in range(0, len(whole), 7):
        altered = bytearray(whole)
        altered[position] ^= 1 << position % 8
        (tmp_path / "altered").write_bytes(altered)
        with pytest.raises(ArchiveError):
            restore(tmp_path / "altered", tmp_path / "restored.db")
    assert not (tmp_path / "restored.db").exists()


Messages = list[list[object]]


def swap_records(messages: Messages) -> None:
    messages[5], messages[6] = messages[6], messages[5]


def repeat_a_room(messages: Messages) -> None:
    messages[1:1] = messages[1:4]


def drop_a_room(messages: Messages) -> None:
    del messages[1:4]


def change_alive_until(messages: Messages) -> None:
    messages[1][2] = 5


def huge_alive_until(messages: Messages) -> None:
    messages[1][2] = 2**64 - 1


def drop_the_snapshot(messages: Messages) -> None:
    next(message for message in messages if message[0] == "room" and message[3])[3] = None


def add_something(messages: Messages) -> None:
    messages.append(["room", b"x", None, None])


@pytest.mark.parametrize(
    "alter",
    [
        swap_records,
        repeat_a_room,
        drop_a_room,
        change_alive_until,
        huge_alive_until,
        drop_the_snapshot,
        add_something,
    ],
)
def test_an_archive_put_together_anew_is_refused(
    saved: Path, tmp_path: Path, alter: Callable[[Messages], None]
) -> None:
    messages: Messages = messages_of(saved)
    alter(messages)
    (tmp_path / "altered").write_bytes(b"".join(msgpack.packb(message) for message in messages))
    with pytest.raises(ArchiveError, match="altered"):
        restore(tmp_path / "altered", tmp_path / "restored.db")


def test_a_newer_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "newer").write_bytes(msgpack.packb(["evenly-archive", 2, 0, "more"]))
    with pytest.raises(ArchiveError, match="Update Evenly"):
        restore(tmp_path / "newer", tmp_path / "restored.db")


@pytest.mark.parametrize("content", [b"", b"Dear diary", msgpack.packb({"a": 1}), msgpack.packb(["tar", 1, 0])])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(ArchiveError):
        restore(tmp_path / "other", tmp_path / "restored.db")


def test_a_message_larger_than_allowed_is_refused_before_it_is_read(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A header that claims four gigabytes must not make anyone reserve them."""
    start = msgpack.packb(["evenly-archive", 1, 1])
    (tmp_path / "bomb").write_bytes(start + b"\x94\xa4room\xc6\xff\xff\xff\xff" + bytes(1000))
    with pytest.raises(ArchiveError):
        restore(tmp_path / "bomb", tmp_path / "restored.db")
    monkeypatch.setattr(archive, "LARGEST_MESSAGE", 4)
    with pytest.raises(ArchiveError):
        restore(saved, tmp_path / "restored.db")


# -- one room into a journal -------------------------------------------------------------------------------------


def bodies_of(people: int = 3) -> list[bytes]:
    """A room's entries, as a journal has them."""
    return [encode_entry(entry) for entry in World(people).entries]


def export(path: Path, room: bytes, bodies: list[bytes], snapshot: Snapshot | None = None) -> Path:
    """An archive of one room."""
    with path.open("wb") as out:
        writer = ArchiveWriter(out.write, 1)
        writer.room(room, chain(room, 0, GENESIS, bodies), 77, snapshot)
        writer.end()
    return path


ROOM = b"r" * 16


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    return export(tmp_path / "room.evenly", ROOM, bodies_of())


async def test_a_room_is_put_beside_the_others(source: Path, exported: Path) -> None:
    before = await everything(source)
    done = import_room(exported, source)
    after = await everything(source)
    records, snapshot, alive = after.pop(ROOM)
    assert (done.rooms, done.records) == (1, len(records))
    assert records == chain(ROOM, 0, GENESIS, bodies_of())
    assert (snapshot, alive) == (None, 77)
    assert after == before


async def test_a_room_is_put_into_a_journal_made_for_it(exported: Path, tmp_path: Path) -> None:
    import_room(exported, tmp_path / "new.db")
    assert [*await everything(tmp_path / "new.db")] == [ROOM]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


async def test_a_room_is_put_into_a_journal_that_is_served_and_served_from_then_on(
    source: Path, exported: Path
) -> None:
    """Also when it was asked for in vain before."""
    journal = await SqliteJournal.open(source)
    assert await journal.head(ROOM) == 0
    appending = [asyncio.ensure_future(journal.append(ROOMS[0], 1, [b"meanwhile"]))]
    await asyncio.to_thread(import_room, exported, source)
    assert await asyncio.gather(*appending) == [Outcome.OK]
    assert await journal.head(ROOM) == len(bodies_of())
    assert await journal.append(ROOM, len(bodies_of()), [b"goes on"]) is Outcome.OK
    await journal.close()


async def test_a_snapshot_that_somebody_else_made_is_not_believed(exported: Path, tmp_path: Path) -> None:
    records = chain(ROOM, 0, GENESIS, bodies_of())
    forged = Snapshot(2, records[1].hash, b"you owe me a million")
    import_room(export(tmp_path / "forged", ROOM, bodies_of(), forged), tmp_path / "new.db")
    assert (await everything(tmp_path / "new.db"))[ROOM] == (records, None, 77)


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (bodies_of(), "with the same"),
        (bodies_of()[:2], "as it was earlier: the first 2 "),
        ([*bodies_of(), b"more", b"more"], "has gone on since"),
        ([*bodies_of()[:-1], b"else"], "with other entries"),
        ([b"else"], "with other entries"),
    ],
    ids=["the same", "less of it", "more of it", "another end", "another room"],
)
async def test_a_room_that_is_there_already_is_left_alone_and_compared(
    there: list[bytes], says: str, exported: Path, tmp_path: Path
) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    await journal.append(ROOM, 0, there)
    await journal.close()
    before = await everything(tmp_path / "journal.db")
    with pytest.raises(ArchiveError, match=says):
        import_room(exported, tmp_path / "journal.db")
    assert await everything(tmp_path / "journal.db") == before


def test_an_archive_of_several_rooms_is_a_matter_for_restore(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"5 rooms.*evenly restore"):
        import_room(saved, tmp_path / "new.db")


def altered_archives(whole: bytes) -> dict[str, bytes]:
    """What must not come in, by name."""
    bodies = bodies_of()
    found: dict[str, bytes] = {f"cut at {at}": whole[:at] for at in range(0, len(whole), 97)}
    for at in range(0, len(whole), 61):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        found[f"flipped at {at}"] = bytes(flipped)
    found["newer"] = msgpack.packb(["evenly-archive", 2, 1])
    found["more behind"] = whole + b"\x00"
    found["huge"] = whole[:18] + b"\x94\xa4room\xc6\xff\xff\xff\xff" + bytes(1000)
    found["deep"] = b"\x91" * 100_000
    found["words"] = b"Dear diary, " * 20_000
    found["a map"] = msgpack.packb({"evenly-archive": 1})
    for name, room, made_up in (
        ("no entries", ROOM, [b"\x01", b"\x02"]),
        ("an unknown event", ROOM, [*bodies, msgpack.packb([len(bodies) + 1, bytes(16), 1, 0, 0, [["sunrise"]]])]),
        ("wrong numbers", ROOM, [bodies[0], bodies[2]]),
        ("a short room", b"short", bodies),
    ):
        out: list[bytes] = []
        writer = ArchiveWriter(out.append, 1)
        writer.room(room, chain(room, 0, GENESIS, made_up))
        writer.end()
        found[name] = b"".join(out)
    for name, rooms in (("no room", 0), ("two rooms", 2)):
        out = []
        writer = ArchiveWriter(out.append, 1)
        for number in range(rooms):
            room = bytes([number]) * 16
            writer.room(room, chain(room, 0, GENESIS, bodies))
        writer.end()
        found[name] = b"".join(out)
    return found


async def test_nothing_comes_in_that_is_not_whole_and_one_room(source: Path, exported: Path, tmp_path: Path) -> None:
    """Into a journal that is there, and into one that would have to be made: a refusal, and nothing changed."""
    before, there = await everything(source), sorted(tmp_path.iterdir())
    bad = tmp_path / "bad.evenly"
    for name, content in altered_archives(exported.read_bytes()).items():
        bad.write_bytes(content)
        for target in (source, tmp_path / "new.db"):
            print(name, target)
            with pytest.raises(ArchiveError):
                import_room(bad, target)
    bad.unlink()
    assert await everything(source) == before
    assert sorted(tmp_path.iterdir()) == there


async def test_an_archive_that_changes_while_it_is_read_changes_nothing(
    source: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look through it and the storing."""
    before = await everything(source)
    refuse_known = archives._refuse_known

    def replaced(*arguments: Any) -> None:
        refuse_known(*arguments)
        export(exported, ROOM, bodies_of(4))

    monkeypatch.setattr(archives, "_refuse_known", replaced)
    with pytest.raises(ArchiveError, match="changed while it was read"):
        import_room(exported, source)
    assert await everything(source) == before


async def test_a_journal_that_cannot_be_written_is_told_and_left(source: Path, exported: Path) -> None:
    """Somebody else keeps it locked for longer than anybody waits."""
    with sqlite3.connect(source, isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="cannot be written"):
            import_room(exported, source)
        db.execute("ROLLBACK")
    db.close()
    assert ROOM not in await everything(source)
