"""`evenly export` and `evenly import` as people type them: real servers, real files, both directions."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from evenly_client.archive import read_archive
from evenly_client.commands import keeping
from evenly_client.links import Link
from evenly_client.my_rooms import remember
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_client.store import open_store
from evenly_protocol.agreement import NameRoom
from evenly_protocol.hands import RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import Intent, Lobby
from evenly_server.journal.archive import backup, restore

from tests.harness import Member, Server, encoded, entries_in, phase, soon

NAME = "Peer set 3"
WITHIN_S = 60


class Done:
    """How a command ended: its status, and what it said on either stream."""

    def __init__(self, status: int, out: bytes, err: bytes) -> None:
        self.status, self.out, self.err = status, out.decode(), err.decode()


async def evenly(home: Path, *arguments: str) -> Done:
    """Runs a command in a folder of its own, with nobody at the terminal."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "evenly_client.cli", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env={**os.environ, "EVENLY_HOME": str(home)},
    )
    out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode is not None
    assert b"Traceback" not in err, err
    return Done(process.returncode, out, err)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A member's computer."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("EVENLY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


async def a_room_with_a_past(server: Server, home: Path) -> tuple[Link, DeviceKey]:
    """A room of two with a session behind it, remembered on this computer. The link, and the other member's key."""
    link, other = server.new_link(), DeviceKey.generate()
    with open_store(None) as store:
        lead = Member(link, store.device_key(), "Ana", create_key="")
        remember(store, lead)
        async with lead:
            await lead.entered()
            id = lead.new_id()
            await lead.ask(NameRoom(lead.seal(FieldKind.ROOM, NAME, id)), id)
            assert await lead.ask(ChangeSettings(Settings(lobby=Lobby.OFF))) is None
            async with Member(link, other, "Ben") as member:
                await member.entered()
                await lead.until(lambda room: len(room.members) == 2)
                assert await lead.ask(StartSession([phase()])) is None
                assert await member.ask(RaiseHand(Intent.SPEAK)) is None
                assert lead.room.session is not None
                assert await lead.ask(EndSession(lead.room.session.number)) is None
    return link, other


async def test_a_room_goes_from_one_server_to_another_with_all_that_was_in_it(
    server: Server, home: Path, tmp_path: Path
) -> None:
    """Exported from one that runs, imported into a fresh journal, served: the same member, the same room."""
    link, other = await a_room_with_a_past(server, home)
    before = entries_in(server.journal, link.room)

    exported = await evenly(home, "export", NAME, "set.evenly")
    assert exported.status == 0, exported.err
    file = home / "set.evenly"
    assert f"holds {NAME}: {len(before)} entries, 1 session." in exported.out
    assert "evenly import set.evenly" in exported.out
    assert read_archive(file, link) == before
    for word in (b"Ana", b"Ben", NAME.encode()):
        assert word not in file.read_bytes()

    journal = tmp_path / "new" / "evenly.db"
    journal.parent.mkdir()
    imported = await evenly(home, "import", "set.evenly", "--journal", str(journal))
    assert imported.status == 0, imported.err
    assert f"{len(before)} entries" in imported.out
    assert f'evenly invite "{NAME}" --on HOST' in imported.out

    async with Server(journal) as second:
        there = replace(link, port=second.port)
        invited = await evenly(home, "invite", NAME, "--on", f"127.0.0.1:{second.port}")
        assert there.invite_text() in invited.out
        async with Member(link, other, "Ben") as here, Member(there, other, "Ben") as member:
            await here.entered()
            await member.entered()
            assert encoded(member.room) == encoded(here.room)
            assert member.seat == 2
            assert member.name_of(1) == "Ana"
            assert await soon(member.history()) == before
            assert await member.ask(RaiseHand(Intent.SPEAK)) is not None  # no session: a rule of the room answers
        done = backup(journal, tmp_path / "backup.evenly")
        assert (done.rooms, done.left_out) == (1, ())
    restore(tmp_path / "backup.evenly", tmp_path / "again.db")
    assert entries_in(tmp_path / "again.db", link.room)[: len(before)] == before


async def test_a_room_is_imported_into_a_server_that_runs(server: Server, home: Path, tmp_path: Path) -> None:
    """And served at once, though it was asked for in vain before."""
    link, other = await a_room_with_a_past(server, home)
    assert (await evenly(home, "export", NAME, "set.evenly")).status == 0
    async with Server(tmp_path / "second.db") as second:
        there = replace(link, port=second.port)
        assert (await evenly(home, "import", "set.evenly", "--journal", str(second.journal))).status == 0
        async with Member(there, other, "Ben") as member:
            await member.entered()
            assert len(member.room.past) + (member.room.session is not None) == 1
        again = await evenly(home, "import", "set.evenly", "--journal", str(second.journal))
        assert again.status == 1
        assert "The room is there already" in again.err


async def test_a_room_comes_to_this_computers_own_server_and_is_opened_by_its_name(server: Server, home: Path) -> None:
    """Without --journal; `evenly open` then finds this room, not a new one of that name."""
    link, _ = await a_room_with_a_past(server, home)
    assert (await evenly(home, "export", NAME, "set.evenly")).status == 0
    await server.stop()
    imported = await evenly(home, "import", "set.evenly")
    assert imported.status == 0, imported.err
    assert f'evenly open "{NAME}"' in imported.out
    journal = home / "profiles" / "default" / "server" / "evenly.db"
    assert len(entries_in(journal, link.room)) == len(entries_in(server.journal, link.room))
    opened = await evenly(home, "open", NAME, "--here", "--port", "0", "--plain")
    assert opened.status == 0, opened.err
    with open_store(None) as store:
        known = store.room(link.room)
        assert known is not None
        assert [room.link.room for room in store.rooms()] == [link.room]
        assert known.link.port != link.port
    # The server has ended with its window: the export says how to start it again.
    closed = await evenly(home, "export", NAME, "again.evenly")
    assert closed.status == 1
    assert f'evenly open "{NAME}" --here' in closed.err
    assert not (home / "again.evenly").exists()


async def test_a_name_taken_on_this_computer_is_not_given_to_the_imported_room(home: Path) -> None:
    """The room of that name here stays what it is."""
    link = Link("127.0.0.1", 1, b"r" * 16, b"s" * 16)
    with open_store(None) as store:
        store.keep_setting(f"opened {NAME.casefold()} here", "ff" * 32)
        assert keeping._to_be_opened_as(store, link, NAME) == f"{NAME} (2)"
        assert keeping._to_be_opened_as(store, link, NAME) == f"{NAME} (2)"
        assert store.setting(f"opened {NAME.casefold()} here") == "ff" * 32


async def test_a_file_in_the_way_stays_unless_forced(server: Server, home: Path) -> None:
    """The name of the file is made of the room's and the date."""
    link, _ = await a_room_with_a_past(server, home)
    assert (await evenly(home, "export", NAME)).status == 0
    (file,) = home.glob("Peer-set-3-*.evenly")
    file.write_text("precious")
    refused = await evenly(home, "export", NAME, file.name)
    assert refused.status == 1
    assert "exists already" in refused.err
    assert file.read_text() == "precious"
    assert (await evenly(home, "export", NAME, file.name, "--force")).status == 0
    assert read_archive(file, link)


async def test_what_is_no_archive_is_refused_and_makes_no_journal(home: Path) -> None:
    """A sentence, and what to do."""
    (home / "diary.evenly").write_text("Dear diary")
    for file, says in (("diary.evenly", "not an archive"), ("missing.evenly", "missing.evenly")):
        done = await evenly(home, "import", file, "--journal", "new.db")
        assert done.status == 1
        assert says in done.err
    assert not (home / "new.db").exists()


async def test_only_a_member_exports(home: Path, server: Server) -> None:
    """A link alone is no membership."""
    done = await evenly(home, "export", server.new_link().invite_text())
    assert done.status == 1
    assert "not a member" in done.err
    assert list(home.glob("*.evenly")) == []


async def test_an_export_is_not_seen_by_the_others(server: Server, home: Path) -> None:
    """It reads over a connection that is never counted: nobody comes, nothing is journaled."""
    link, other = await a_room_with_a_past(server, home)
    async with Member(link, other, "Ben") as member:
        await member.entered()
        before = member.room.seq
        connected: list[list[int]] = []
        member.watch(lambda _: connected.append(list(member.connected)))
        assert (await evenly(home, "export", NAME, "set.evenly")).status == 0
        assert all(seats in ([], [2]) for seats in connected)
        assert member.room.seq == before
    assert len(read_archive(home / "set.evenly", link)) == before


async def test_a_server_that_goes_silent_ends_an_export_with_a_sentence(
    home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entered, and then no page."""
    await a_room_with_a_past(server, home)
    monkeypatch.setattr(keeping, "STALLED_AFTER_S", 0.05)
    monkeypatch.setattr(Peer, "_ask_for_history", lambda peer, question: None)
    began = time.monotonic()
    with pytest.raises(keeping.UserError, match="stopped answering"):
        await asyncio.to_thread(keeping.export, NAME, home / "set.evenly", force=False, insecure=False, profile=None)
    assert time.monotonic() - began < keeping.ENTERED_WITHIN_S
    assert not (home / "set.evenly").exists()
