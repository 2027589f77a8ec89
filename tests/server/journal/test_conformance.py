"""What every journal does: the same sentences for SQLite, for memory, and for NATS JetStream."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_server.journal.interface import GENESIS, Journal, Outcome, Snapshot, entry_hash
from evenly_server.journal.memory import MemoryJournal
from evenly_server.journal.sqlite import SqliteJournal

from tests.nats_servers import made_on, one_nats

ROOM, OTHER = b"\x01" * 16, b"\x02" * 16


@pytest.fixture(params=["memory", "sqlite", "nats"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    async with contextlib.AsyncExitStack() as stack:
        opened: Journal
        match request.param:
            case "memory":
                opened = MemoryJournal()
            case "sqlite":
                opened = await SqliteJournal.open(tmp_path / "journal.db")
            case _:
                server = await stack.enter_async_context(one_nats(tmp_path / "nats"))
                opened = await made_on(server.url)
        yield opened
        await opened.close()


async def test_an_empty_room_has_head_0_and_no_records(journal: Journal) -> None:
    assert await journal.head(ROOM) == 0
    assert await journal.read(ROOM, 0) == []
    assert await journal.rooms() == []
    assert await journal.load_snapshot(ROOM) is None
    assert await journal.alive_until(ROOM) is None


async def test_what_was_appended_is_read_back_in_order(journal: Journal) -> None:
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    assert await journal.append(ROOM, 1, [b"two", b""]) is Outcome.OK
    records = await journal.read(ROOM, 0)
    assert [(record.seq, record.body) for record in records] == [(1, b"one"), (2, b"two"), (3, b"")]
    assert await journal.head(ROOM) == 3


async def test_each_hash_chains_to_the_one_before(journal: Journal) -> None:
    await journal.append(ROOM, 0, [b"one", b"two"])
    first, second = await journal.read(ROOM, 0)
    assert first.hash == entry_hash(ROOM, 1, GENESIS, b"one")
    assert second.hash == entry_hash(ROOM, 2, first.hash, b"two")


def test_the_hash_is_of_parts_behind_their_lengths() -> None:
    """A vector written out by hand: room "r", seq 1, after 32 zero bytes, body "b"."""
    framed = (
        b"\x00\x00\x00\x0eevenly/1/entry" + b"\x00\x00\x00\x01r" + b"\x00\x00\x00\x08" + bytes(7) + b"\x01"
        b"\x00\x00\x00\x20" + bytes(32) + b"\x00\x00\x00\x01b"
    )
    assert entry_hash(b"r", 1, GENESIS, b"b") == hashlib.sha256(framed).digest()


async def test_the_same_bodies_in_another_room_have_other_hashes(journal: Journal) -> None:
    await journal.append(ROOM, 0, [b"one"])
    await journal.append(OTHER, 0, [b"one"])
    assert (await journal.read(ROOM, 0))[0].hash != (await journal.read(OTHER, 0))[0].hash


@pytest.mark.parametrize("expected", [0, 1, 3, 10])
async def test_an_append_behind_another_head_is_a_conflict_and_stores_nothing(journal: Journal, expected: int) -> None:
    await journal.append(ROOM, 0, [b"one", b"two"])
    assert await journal.append(ROOM, expected, [b"three"]) is Outcome.CONFLICT
    assert await journal.head(ROOM) == 2
    assert await journal.append(ROOM, 2, [b"three"]) is Outcome.OK


async def test_an_append_without_bodies_is_a_mistake(journal: Journal) -> None:
    with pytest.raises(ValueError, match="at least one"):
        await journal.append(ROOM, 0, [])


async def test_of_many_who_append_behind_the_same_head_one_succeeds(journal: Journal) -> None:
    bodies = [bytes([number]) for number in range(20)]
    outcomes = await asyncio.gather(*(journal.append(ROOM, 0, [body]) for body in bodies))
    assert sorted(outcome.value for outcome in outcomes) == ["conflict"] * 19 + ["ok"]
    [record] = await journal.read(ROOM, 0)
    assert record.body == bodies[outcomes.index(Outcome.OK)]


async def test_a_conflict_does_not_spoil_appends_made_at_the_same_time(journal: Journal) -> None:
    outcomes = await asyncio.gather(
        journal.append(ROOM, 0, [b"one"]),
        journal.append(ROOM, 7, [b"wrong"]),
        journal.append(ROOM, 1, [b"two"]),
        journal.append(OTHER, 0, [b"other"]),
    )
    assert outcomes == [Outcome.OK, Outcome.CONFLICT, Outcome.OK, Outcome.OK]
    assert [record.body for record in await journal.read(ROOM, 0)] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("after", "limit", "seqs"),
    [(0, 2, [1, 2]), (2, 2, [3, 4]), (3, None, [4, 5]), (5, None, []), (9, 1, []), (0, 0, []), (2, 0, [])],
)
async def test_reading_pages_through_the_records(
    journal: Journal, after: int, limit: int | None, seqs: list[int]
) -> None:
    await journal.append(ROOM, 0, [b"1", b"2", b"3", b"4", b"5"])
    assert [record.seq for record in await journal.read(ROOM, after, limit)] == seqs


async def test_rooms_are_listed_once_each(journal: Journal) -> None:
    await journal.append(OTHER, 0, [b"x", b"y"])
    await journal.append(ROOM, 0, [b"x"])
    assert await journal.rooms() == [ROOM, OTHER]


async def test_the_last_snapshot_of_a_stored_record_is_kept(journal: Journal) -> None:
    await journal.append(ROOM, 0, [b"one", b"two"])
    for record in await journal.read(ROOM, 0):
        snapshot = Snapshot(record.seq, record.hash, b"state after " + record.body)
        assert await journal.save_snapshot(ROOM, snapshot) is Outcome.OK
        assert await journal.load_snapshot(ROOM) == snapshot
    assert await journal.load_snapshot(OTHER) is None


async def test_a_snapshot_of_a_record_that_is_not_stored_is_a_conflict(journal: Journal) -> None:
    await journal.append(ROOM, 0, [b"one"])
    for seq, record_hash in [(1, b"wrong"), (2, GENESIS), (0, GENESIS)]:
        assert await journal.save_snapshot(ROOM, Snapshot(seq, record_hash, b"")) is Outcome.CONFLICT
    assert await journal.load_snapshot(ROOM) is None


async def test_the_latest_touch_wins(journal: Journal) -> None:
    journal.touch(ROOM, 2000)
    journal.touch(OTHER, 5)
    journal.touch(ROOM, 1000)
    assert await journal.alive_until(ROOM) == 1000
    assert await journal.alive_until(OTHER) == 5


async def test_it_counts_appends_and_its_queue_is_empty_when_all_have_ended(journal: Journal) -> None:
    await asyncio.gather(*(journal.append(bytes([number]), 0, [b"x"]) for number in range(10)))
    await journal.append(ROOM, 9, [b"conflict"])
    assert journal.appends == 10
    assert 1 <= journal.commits <= 10
    assert journal.queue_length == 0


async def test_closing_twice_is_harmless(journal: Journal) -> None:
    await asyncio.gather(journal.close(), journal.close())
    await journal.close()
