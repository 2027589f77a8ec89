"""A room as one file on a member's side: written whole or not at all, read back checked, for the right link only."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
from pathlib import Path

import msgpack
import pytest
from evenly_client.archive import ArchiveRefused, file_name, read_archive, room_in, write_archive
from evenly_client.links import Link
from evenly_client.peer import State
from evenly_client.sealing import DeviceKey
from evenly_client.whole_file import FileRefused
from evenly_protocol.wire import decode_entry, encode_entry
from evenly_server.clock import SystemClock
from evenly_server.journal.archive import backup, import_room, restore
from evenly_server.journal.sqlite import SqliteJournal

from tests.harness import Member, encoded, folded, serving, soon
from tests.old_data.make import HERE

ROOM = b"r" * 16
LINK = Link("127.0.0.1", 7447, ROOM, b"s" * 16)


def body(seq: int, *events: object) -> bytes:
    return msgpack.packb([seq, bytes([seq]) * 16, seq, 0, 0, [*events]])


BODIES = [body(1, ["room_created", bytes(32)]), body(2, ["invitation_set", False]), body(3, ["sunrise", 1])]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "room.evenly"
    write_archive(path, ROOM, BODIES)
    return path


def rows(journal: Path) -> list[tuple[int, bytes, bytes]]:
    with sqlite3.connect(journal) as db:
        found = db.execute("SELECT seq, hash, body FROM records ORDER BY room, seq").fetchall()
    db.close()
    return found


def test_a_file_is_read_back_without_what_this_version_does_not_know(exported: Path) -> None:
    """Every entry, in order."""
    entries = read_archive(exported, LINK)
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [len(entry.events) for entry in entries] == [1, 1, 0]
    assert room_in(exported) == ROOM


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_file_is_private_and_nothing_is_left_beside_it(exported: Path) -> None:
    """Sealed, and still nobody else's business."""
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert list(exported.parent.iterdir()) == [exported]


def test_a_file_in_the_way_is_replaced_only_when_told_so(exported: Path) -> None:
    """Also when it is only a link to nowhere."""
    before = exported.read_bytes()
    with pytest.raises(FileRefused, match=r"exists already.*--force"):
        write_archive(exported, ROOM, BODIES[:1])
    assert exported.read_bytes() == before
    write_archive(exported, ROOM, BODIES[:1], force=True)
    assert len(read_archive(exported, LINK)) == 1
    dangling = exported.with_name("dangling")
    dangling.symlink_to("nowhere")
    with pytest.raises(FileRefused):
        write_archive(dangling, ROOM, BODIES)


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """And what was begun is gone."""
    path = tmp_path / "room.evenly"

    class Late(list[bytes]):
        def __iter__(self):
            path.write_text("precious")
            return super().__iter__()

    with pytest.raises(FileRefused):
        write_archive(path, ROOM, Late(BODIES))
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_another_rooms_link_does_not_go_with_it(exported: Path) -> None:
    """Its secret would open nothing."""
    with pytest.raises(ArchiveRefused, match="another room"):
        read_archive(exported, Link("127.0.0.1", 7447, b"q" * 16, b"s" * 16))


def test_what_is_not_whole_is_refused(exported: Path) -> None:
    """Cut anywhere, a bit flipped anywhere, other files, files that claim to be huge."""
    whole = exported.read_bytes()
    bad = exported.with_name("bad")
    contents = [whole[:at] for at in range(len(whole))]
    for at in range(len(whole)):
        contents.append(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
    contents += [b"Dear diary" * 9_999, whole * 2, whole[:18] + b"\x94\xa4room\xc6\xff\xff\xff\xff", b"\x91" * 9_999]
    for content in contents:
        bad.write_bytes(content)
        with pytest.raises(ArchiveRefused):
            read_archive(bad, LINK)
        room_in(bad)  # whatever it says, it says without an error


@pytest.mark.parametrize("bodies", [[b"\x01"], [body(2)], [body(1), body(3)]], ids=["no entry", "not 1", "a gap"])
def test_entries_that_are_none_or_count_wrong_are_refused(bodies: list[bytes], tmp_path: Path) -> None:
    """Though every hash is right: anybody can make hashes."""
    write_archive(tmp_path / "made.up", ROOM, bodies)
    with pytest.raises(ArchiveRefused):
        read_archive(tmp_path / "made.up", LINK)


async def test_a_backup_of_a_server_with_several_rooms_is_no_archive_of_one(tmp_path: Path) -> None:
    """With what to do."""
    journal = await SqliteJournal.open(tmp_path / "rooms.db")
    for room in (ROOM, b"q" * 16):
        await journal.append(room, 0, BODIES)
    await journal.close()
    backup(tmp_path / "rooms.db", tmp_path / "all.evenly")
    with pytest.raises(ArchiveRefused, match="holds 2 rooms"):
        read_archive(tmp_path / "all.evenly", LINK)


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("Peer set 3", "Peer-set-3-2026-11-22.evenly"),
        ("../../etc/passwd", "etc-passwd-2026-11-22.evenly"),
        ("Wer fragt? Çağrı & co. 議論", "Wer-fragt-Çağrı-co-議論-2026-11-22.evenly"),
        ("\x1b[2J🌿.", "2J-2026-11-22.evenly"),
        ("🌿 ·", "room-2026-11-22.evenly"),
        ("a" * 500, "a" * 60 + "-2026-11-22.evenly"),
    ],
)
def test_a_files_name_is_one_that_every_system_takes(room: str, name: str) -> None:
    """Letters, digits and hyphens."""
    assert file_name(room, "2026-11-22") == name


# -- the same chain as the server's ------------------------------------------------------------------------------


def versions() -> list[str]:
    return sorted(path.name for path in HERE.iterdir() if (path / "holds.json").exists())


@pytest.mark.parametrize("version", versions())
async def test_an_export_of_an_old_releases_room_has_the_servers_chain(version: str, tmp_path: Path) -> None:
    """Bytes and hashes: also of entries that this version would write otherwise.

    Two entries of an older shape go behind: with events whose last fields are missing, which reading fills in.
    """
    shutil.copy(HERE / version / "journal.db", tmp_path / "old.db")
    journal = await SqliteJournal.open(tmp_path / "old.db")
    (room,) = await journal.rooms()
    head = await journal.head(room)
    at = decode_entry((await journal.read(room, head - 1))[0].body).at
    shorter = [
        msgpack.packb([head + 1, b"i" * 16, at, 0, 0, [["settings_changed", []]]]),
        msgpack.packb([head + 2, b"j" * 16, at, 0, 0, [["settings_changed", ["fair"]]]]),
    ]
    assert all(encode_entry(decode_entry(one)) != one for one in shorter)
    await journal.append(room, head, shorter)
    draw = random.Random(1)  # as the demo that made this journal drew them
    assert draw.randbytes(16) == room
    async with serving(journal, SystemClock(), paced=False) as server:
        link = Link("127.0.0.1", server.port, room, draw.randbytes(16))
        async with Member(link, DeviceKey.generate(), "Nia") as member:
            await member.until(lambda _: member.state in (State.AGREEMENT, State.LIVE))
            await soon(member.answer_agreement())
            await member.entered()
            bodies = await soon(member.records())
            entries = await soon(member.history())
            assert encoded(folded(room, entries)) == encoded(member.room)
    write_archive(tmp_path / "room.evenly", room, bodies)
    restore(tmp_path / "room.evenly", tmp_path / "restored.db")
    import_room(tmp_path / "room.evenly", tmp_path / "imported.db")
    assert rows(tmp_path / "restored.db") == rows(tmp_path / "imported.db") == rows(tmp_path / "old.db")
    assert read_archive(tmp_path / "room.evenly", link) == entries
