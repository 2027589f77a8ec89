"""The whole record of a room: in pages, over connections that break, from servers that make mistakes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from evenly_client import history as history_module
from evenly_client import peer as peer_module
from evenly_client.history import IN_VAIN_AT_MOST, Answer, HistoryUnreadable, Leafing
from evenly_client.peer import State, TurnedAway
from evenly_protocol.attendance import ListenToday
from evenly_protocol.room import Entry
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import (
    Bye,
    ByeFrame,
    Challenge,
    Entries,
    Frame,
    History,
    Proof,
    Purpose,
    Refused,
    decode_client,
    encode_entry,
)
from evenly_protocol.words import Lobby
from evenly_server import actor as actor_module
from evenly_server.journal.sqlite import SqliteJournal
from hypothesis import given
from hypothesis import strategies as st

from tests.client.test_peer import Stage, a_room, playing
from tests.harness import Local, Member, encoded, eventually, folded, make_room, serving, soon


def record(size: int, mark: int = 0) -> list[bytes]:
    """So many entries, as a journal has them."""
    return [encode_entry(Entry(seq, bytes([mark]) * 16, seq, 0, 0, [])) for seq in range(1, size + 1)]


def page(bodies: list[bytes], after: int, until: int) -> Entries:
    """The entries behind `after` up to `until`."""
    return Entries([msgspec.Raw(body) for body in bodies[after:until]], until < len(bodies))


async def questions(stage: Stage) -> list[int]:
    """The next message with questions about history; what each asks after."""
    while True:
        message = await stage.socket.recv(decode=False)
        asked = [frame.after for frame in decode_client(message) if isinstance(frame, History)]
        if asked:
            return asked


# -- pages -------------------------------------------------------------------------------------------------------


@given(st.data())
def test_pages_of_any_size_repeated_and_overtaken_make_the_record(data: st.DataObject) -> None:
    """Answers come in any order, some twice; every entry is there once, in its place."""
    bodies = record(data.draw(st.integers(1, 30)))
    leafing = Leafing()
    answer = Answer.MORE
    strays = data.draw(st.integers(0, IN_VAIN_AT_MOST - 2))
    while answer is not Answer.LAST:
        asked = leafing.next().after
        while strays and data.draw(st.booleans()):  # an answer to something asked before
            strays -= 1
            after = data.draw(st.integers(0, len(leafing.bodies)))
            if leafing.take(page(bodies, after, after + data.draw(st.integers(1, 7))), len(bodies)) is not Answer.NONE:
                asked = leafing.next().after
        answer = leafing.take(page(bodies, asked, asked + data.draw(st.integers(1, 7))), len(bodies))
    assert leafing.bodies == bodies
    assert [entry.seq for entry in leafing.entries] == list(range(1, len(bodies) + 1))


def test_an_entry_as_large_as_a_page_is_read_past_after_a_break() -> None:
    """The page after a break holds nothing but what is here already."""
    bodies = record(3)
    leafing = Leafing()
    leafing.next()
    assert leafing.take(page(bodies, 0, 1), 3) is Answer.MORE
    assert leafing.after_a_break() == History(0)
    assert leafing.take(page(bodies, 0, 1), 3) is Answer.MORE
    assert leafing.next() == History(1)


@pytest.mark.parametrize(
    "pages",
    [
        [page(record(9), 3, 5)],
        [page(record(9), 0, 2), page(record(9), 1, 2)],
        [Entries([], True)],
        [Entries([], False)],
        [Entries([msgspec.Raw(encode_entry(Entry(0, bytes(16), 0, 0, 0, [])))], True)],
        [Entries([msgspec.Raw(encode_entry(Entry(-1, bytes(16), 0, 0, 0, [])))], True)],
        [page(record(2), 0, 2)],
    ],
    ids=["a gap", "the same again and again", "nothing, and more", "nothing", "zero", "below zero", "too few"],
)
def test_a_server_that_goes_on_sending_what_does_not_follow_is_not_asked_for_ever(pages: list[Entries]) -> None:
    """Nine entries are known to be there."""
    leafing = Leafing()
    for one in pages[:-1]:
        assert leafing.take(one, 9) is not Answer.LAST

    def go_on() -> None:
        for _ in range(20):
            leafing.next()
            assert leafing.take(pages[-1], 9) is not Answer.LAST

    with pytest.raises(HistoryUnreadable, match="gaps"):
        go_on()


def test_what_is_no_entry_is_refused() -> None:
    """Whatever is in the page beside it."""
    with pytest.raises(HistoryUnreadable, match="cannot be read"):
        Leafing().take(Entries([msgspec.Raw(record(1)[0]), msgspec.Raw(b"\x93\x01\x02\x03")], False), 1)


@pytest.mark.parametrize("size", [2, 3, 9])
def test_another_record_than_the_one_begun_is_read_from_its_beginning(size: int) -> None:
    """A server restored from a backup: shorter, as long, longer; the entries differ from the second on."""
    before, after = record(5), record(1) + record(size, mark=7)[1:]
    leafing = Leafing()
    assert leafing.take(page(before, 0, 3), 5) is Answer.MORE
    asked = leafing.after_a_break().after
    for _ in range(10):
        if leafing.take(page(after, asked, len(after)), min(5, size)) is Answer.LAST:
            break
        asked = leafing.next().after
    assert leafing.bodies == after


def test_events_of_a_newer_version_are_left_out_and_their_bytes_kept() -> None:
    """A report leaves them out; an archive does not."""
    body = msgspec.msgpack.encode([1, bytes(16), 1, 0, 0, [["pixie_dust_thrown", 7], ["invitation_set", False]]])
    leafing = Leafing()
    assert leafing.take(Entries([msgspec.Raw(body)], False), 1) is Answer.LAST
    assert leafing.bodies == [body]
    assert len(leafing.entries[0].events) == 1


# -- a real server -----------------------------------------------------------------------------------------------


async def many_entries(leader: Member, count: int = 20) -> None:
    for number in range(count):
        assert await leader.ask(ChangeSettings(Settings(lobby=Lobby.OFF, limit_ms=60_000 + number))) is None


async def test_the_record_is_the_journals_byte_for_byte_and_makes_the_same_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over many pages; progress grows to the number of entries."""
    monkeypatch.setattr(actor_module, "HISTORY_PAGE", 300)
    journal = await SqliteJournal.open(tmp_path / "rooms.db")
    async with serving(journal, paced=False) as server, make_room(server, 2, session=True) as group:
        await many_entries(group.leader)
        told: list[tuple[int, int]] = []
        entries = await soon(group.leader.history(progress=lambda done, of: told.append((done, of))))
        bodies = await soon(group.leader.records())
        assert bodies == [r.body for r in await journal.read(group.link.room, 0)]
    assert encoded(folded(group.link.room, entries)) == encoded(group.leader.room)
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == (len(entries), len(entries))


async def test_pages_asked_for_too_fast_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than a burst: the server refuses some, and nothing is missing in the end."""
    monkeypatch.setattr(actor_module, "HISTORY_PAGE", 1)
    monkeypatch.setattr(history_module, "AGAIN_AFTER_S", 0.05)
    async with serving() as server, make_room(server, 1) as group:
        await many_entries(group.leader, 12)
        refused: list[Refused] = []
        told = group.leader._refused
        monkeypatch.setattr(group.leader, "_refused", lambda frame: (refused.append(frame), told(frame)))
        entries = await soon(group.leader.history())
        assert [entry.seq for entry in entries] == list(range(1, group.leader.room.seq + 1))
        assert refused


@pytest.mark.parametrize("purpose", [Purpose.VIEW, Purpose.STAGE])
async def test_a_second_screen_of_a_member_reads_the_record_too(purpose: Purpose, local: Local) -> None:
    """It is the member's own key."""
    async with make_room(local, 2) as group:
        async with Member(group.link, group.others[0].key, "Ben", purpose=purpose) as second:
            assert await soon(second.history()) == await local.entries(group.link.room)
        assert await group.leader.ask(ListenToday(True)) is None


async def test_who_asks_while_somebody_is_reading_waits_and_gets_what_has_happened_since(local: Local) -> None:
    """Two at once, and an entry between the two."""
    async with make_room(local, 1) as group:
        first = asyncio.create_task(group.leader.history())
        await asyncio.sleep(0)
        await many_entries(group.leader, 1)
        second = asyncio.create_task(group.leader.history())
        one, two = await soon(asyncio.gather(first, second))
        assert two[: len(one)] == one
        assert [entry.seq for entry in two] == list(range(1, group.leader.room.seq + 1))


async def test_nobody_is_kept_waiting_by_one_who_gave_up(local: Local) -> None:
    """The next one reads on its own."""
    async with make_room(local, 1) as group:
        given_up = asyncio.create_task(group.leader.history())
        await asyncio.sleep(0)
        given_up.cancel()
        assert len(await soon(group.leader.history())) == group.leader.room.seq
        assert given_up.cancelled()


# -- servers that are made up ------------------------------------------------------------------------------------


async def test_a_connection_that_breaks_is_made_up_for(hasty: None) -> None:
    """What was there is not asked for again, but for the last entry: to see that it is the same room's."""
    bodies, asked = record(5), list[int]()

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        (after,) = await questions(stage)
        asked.append(after)
        await stage.send(page(bodies, after, after + 2))
        if stage.number < 2:
            await questions(stage)
            stage.socket.transport.abort()
        else:
            while after + 2 < len(bodies):
                (after,) = await questions(stage)
                await stage.send(page(bodies, after, after + 2))
            await stage.socket.wait_closed()

    async with playing(script) as member:
        assert [encode_entry(entry) for entry in await soon(member.history())] == bodies
        assert asked == [0, 1, 2]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between two tries."""
    monkeypatch.setattr(peer_module, "back_off", lambda attempt, lost_for: 0.0)


async def test_nothing_is_asked_before_the_room_is_live() -> None:
    """A frame before the proof would end the connection for good."""
    said_hello, go_on = asyncio.Event(), asyncio.Event()
    frames: list[Frame] = []

    async def script(stage: Stage) -> None:
        await stage.socket.recv()
        said_hello.set()
        await go_on.wait()
        await stage.send(Challenge(1, 0, bytes(32)))
        frames.extend(decode_client(await stage.socket.recv(decode=False)))
        await stage.show(a_room(1))
        frames.extend(decode_client(await stage.socket.recv(decode=False)))
        await stage.send(page(record(1), 0, 1))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await soon(said_hello.wait())
        reading = asyncio.create_task(member.history())
        await asyncio.sleep(0)
        go_on.set()
        assert len(await soon(reading)) == 1
        assert isinstance(frames[0], Proof)
        assert frames[1] == History(0)


async def test_a_goodbye_for_good_ends_all_that_wait_for_the_record() -> None:
    """Those who are reading, those who wait for their turn, those who come later."""

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        await questions(stage)
        await stage.send(page(record(9), 0, 2), ByeFrame(Bye.REMOVED))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        both = await soon(asyncio.gather(member.history(), member.records(), return_exceptions=True))
        for ended in both:
            assert isinstance(ended, TurnedAway)
            assert ended.code == "removed"
        with pytest.raises(TurnedAway):
            await soon(member.history())


async def test_stopping_ends_the_reading() -> None:
    """With the same word as everything else that waits."""

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        await stage.socket.wait_closed()

    async with playing(script) as member:
        reading = asyncio.create_task(member.history())
        await member.entered()
        await member.stop()
        with pytest.raises(TurnedAway):
            await soon(reading)


async def test_a_record_that_cannot_be_read_costs_the_reader_an_error_and_nobody_else_anything() -> None:
    """The room goes on; what is asked next may be answered better."""

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        await questions(stage)
        await stage.send(Entries([msgspec.Raw(b"\x01")], False))
        await questions(stage)
        await stage.send(page(record(5), 0, 5))
        await stage.socket.wait_closed()

    async with playing(script) as member:
        with pytest.raises(HistoryUnreadable):
            await soon(member.history())
        assert member.state is State.LIVE
        assert len(await soon(member.history())) == 5


async def test_a_page_that_nobody_asked_for_is_passed_over() -> None:
    """Before, between and after."""
    stray = page(record(3), 0, 3)

    async def script(stage: Stage) -> None:
        await stage.handshake()
        await stage.show(a_room())
        await stage.send(stray)
        await questions(stage)
        await stage.send(page(record(9), 6, 9), page(record(5), 0, 5), stray)
        await stage.socket.wait_closed()

    async with playing(script) as member:
        await member.entered()
        assert len(await soon(member.history())) == 5
        await eventually(lambda: member.state is State.LIVE)
