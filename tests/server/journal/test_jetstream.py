"""What only a journal on other machines can do wrong: answer late or never, change its leader, be served by two."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evenly_server.journal.check import check_rooms
from evenly_server.journal.interface import JournalDamaged, JournalRefused, JournalUnavailable, Outcome, Snapshot
from evenly_server.journal.jetstream import JetStreamJournal
from evenly_server.journal.jetstream_reading import JetStreamReader, Message
from evenly_server.journal.memory import MemoryJournal
from evenly_server.journal.moving import move
from evenly_server.journal.nats_homes import NatsHomes
from evenly_server.journal.nats_streams import ROOMS, STATE, Shards, check_streams, connect, make_streams
from evenly_server.journal.opening import Access
from evenly_server.journal.sqlite import SqliteJournal
from nats.js.errors import APIError

from tests.endurance.fault_proxy import FaultProxy
from tests.harness import eventually
from tests.nats_servers import Nats, made_on, one_nats, three_nats
from tools.three_nats import free_ports

ROOM, OTHER = b"\x01" * 16, b"\x02" * 16


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    async with one_nats(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def journal(nats: Nats) -> AsyncIterator[JetStreamJournal]:
    opened = await made_on(nats.url)
    yield opened
    await opened.close()


async def bodies_of(journal: Any, room: bytes = ROOM) -> list[bytes]:
    return [record.body for record in await journal.read(room, 0)]


class Deaf(FaultProxy):
    """Passes on what is asked; answers wait while it is `deaf`."""

    def __init__(self, to: int) -> None:
        super().__init__(1)
        self.to = to
        self.hears = asyncio.Event()
        self.hears.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)

        async def answers() -> None:
            while piece := await there.read(65_536):
                await self.hears.wait()
                writer.write(piece)

        async def questions() -> None:
            while piece := await reader.read(65_536):
                back.write(piece)

        both = {asyncio.create_task(answers()), asyncio.create_task(questions())}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            for one in (writer, back):
                one.transport.abort()


async def test_an_append_whose_answer_is_held_back_is_there_once(nats: Nats, tmp_path: Path) -> None:
    """No answer is not "no": the write is let through, the answer waits for longer than anybody waits for it."""
    await (await made_on(nats.url)).close()
    async with Deaf(int(nats.url.rpartition(":")[2])) as proxy:
        journal = await JetStreamJournal.open(Access.parse(f"nats://127.0.0.1:{proxy.port}"))
        assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
        proxy.hears.clear()
        append = asyncio.create_task(journal.append(ROOM, 1, [b"two"]))
        await asyncio.sleep(2.5)
        assert not append.done(), "acknowledged without an answer"
        proxy.hears.set()
        assert await asyncio.wait_for(append, 20) is Outcome.OK
        assert await bodies_of(journal) == [b"one", b"two"]
        assert await journal.append(ROOM, 2, [b"three"]) is Outcome.OK
        await journal.close()


async def test_what_is_held_of_a_room_s_end_is_not_believed_after_a_conflict(
    nats: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server's late writes come in one after the other, while this one looks where the room ends."""
    monkeypatch.setattr(NatsHomes, "may_write", lambda *_: True)
    await (await made_on(nats.url)).close()
    journal, other = [await JetStreamJournal.open(Access.parse(nats.url), serving=True) for _ in range(2)]
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    assert await other.append(ROOM, 1, [b"two"]) is Outcome.OK
    for _ in range(2):
        assert await journal.append(ROOM, 1, [b"no"]) is Outcome.CONFLICT
    assert await other.append(ROOM, 2, [b"three"]) is Outcome.OK
    assert await bodies_of(journal) == [b"one", b"two", b"three"]
    assert await journal.append(ROOM, 3, [b"four"]) is Outcome.OK
    await journal.close()
    await other.close()


async def test_killed_again_and_again_it_keeps_what_it_acknowledged(nats: Nats, journal: JetStreamJournal) -> None:
    acknowledged = 0
    for _ in range(3):
        for _ in range(20):
            assert await journal.append(ROOM, acknowledged, [b"%d" % acknowledged]) is Outcome.OK
            acknowledged += 1
        await nats.kill()
        under_way = asyncio.create_task(journal.append(ROOM, acknowledged, [b"%d" % acknowledged]))
        await asyncio.sleep(0.5)
        assert not under_way.done()
        await nats.start()
        assert await asyncio.wait_for(under_way, 30) is Outcome.OK
        acknowledged += 1
    assert await bodies_of(journal) == [b"%d" % number for number in range(acknowledged)]


async def test_a_leader_that_is_killed_or_stopped_costs_time_and_nothing_else(tmp_path: Path) -> None:
    async with three_nats(tmp_path) as servers:
        journal = await made_on(",".join(server.url for server in servers), replicas=3)
        acknowledged = 0
        for way in ("kill", "stop"):
            info = await journal._manager.stream_info(ROOMS)
            leader = next(server for server in servers if server.name == info.cluster.leader)
            for _ in range(20):
                assert await journal.append(ROOM, acknowledged, [b"%d" % acknowledged]) is Outcome.OK
                acknowledged += 1
            await (leader.kill() if way == "kill" else leader.stop())
            assert await asyncio.wait_for(journal.append(ROOM, acknowledged, [b"%d" % acknowledged]), 60) is Outcome.OK
            acknowledged += 1
            await leader.start()
        assert await bodies_of(journal) == [b"%d" % number for number in range(acknowledged)]
        await journal.close()


async def test_a_message_that_does_not_chain_is_found_and_other_rooms_are_read(
    nats: Nats, journal: JetStreamJournal
) -> None:
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    assert await journal.append(OTHER, 0, [b"one"]) is Outcome.OK
    forged = msgspec.msgpack.encode([(2, b"h" * 32, b"forged")])
    await journal._js.publish(f"room.{ROOM.hex()}", forged)
    await journal._js.publish("room.nonsense", forged)
    assert await journal.rooms() == [ROOM, OTHER]
    with pytest.raises(JournalDamaged):
        await journal.read(ROOM, 0)
    assert await bodies_of(journal, OTHER) == [b"one"]
    found = await check_rooms(journal)
    assert [(damage.room, damage.seq) for damage in found.damaged] == [(ROOM, 2), (OTHER, 1)], "no entry, this"


async def test_what_is_stored_cannot_be_deleted(journal: JetStreamJournal) -> None:
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    for taken_away in (journal._manager.delete_msg(ROOMS, 1), journal._manager.purge_stream(ROOMS)):
        with pytest.raises(APIError):
            await taken_away


async def test_an_append_that_is_longer_than_a_message(journal: JetStreamJournal) -> None:
    long = [bytes([number]) * 100_000 for number in range(6)]
    assert await journal.append(ROOM, 0, long) is Outcome.OK
    assert await bodies_of(journal) == long
    assert await journal.append(ROOM, 6, [b"x" * 300_000]) is Outcome.READ_ONLY
    assert await journal.append(ROOM, 6, [b"after"]) is Outcome.OK


async def test_a_full_stream_is_read_only_until_there_is_room(journal: JetStreamJournal) -> None:
    await change(journal, ROOMS, max_bytes=20_000)
    seq = 0
    while (outcome := await journal.append(ROOM, seq, [b"x" * 1_000])) is Outcome.OK:
        seq += 1
    assert outcome is Outcome.READ_ONLY
    assert await journal.head(ROOM) == seq
    await change(journal, ROOMS, max_bytes=1_000_000)
    assert await journal.append(ROOM, seq, [b"y"]) is Outcome.OK


async def change(journal: JetStreamJournal, stream: str, **settings: object) -> None:
    """Changes settings of a stream, as `nats stream edit` does."""
    config = (await journal._manager.stream_info(stream)).config.as_dict() | settings
    answer = await journal._client.request(f"$JS.API.STREAM.UPDATE.{stream}", json.dumps(config).encode())
    assert "error" not in json.loads(answer.data), answer.data


async def test_a_long_record_is_read_whole_and_by_pages(journal: JetStreamJournal) -> None:
    for seq in range(0, 1_200, 3):
        assert await journal.append(ROOM, seq, [b"%d" % n for n in range(seq, seq + 3)]) is Outcome.OK
    fresh = JetStreamReader(journal._client, Shards())
    whole = await fresh.read(ROOM, 0)
    assert [record.body for record in whole] == [b"%d" % number for number in range(1_200)]
    pages = [await fresh.read(ROOM, after, 100) for after in range(0, 1_200, 100)]
    assert [record for page in pages for record in page] == whole
    assert await fresh.read(ROOM, 1_150, 1) == [whole[1_150]]


# -- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("nats://user:secret@h:4222", "no place in an address"),
        ("http://h:4222", "no address of NATS"),
        ("nats://", "no address of NATS"),
    ],
)
def test_an_address_that_is_none(where: str, why: str) -> None:
    with pytest.raises(JournalRefused, match=why):
        Access.parse(where)


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenly_server.journal.nats_streams.FIRST_WITHIN_S", 1.0)
    with pytest.raises(JournalRefused, match="cannot be used"):
        await connect(Access.parse(f"nats://127.0.0.1:{free_ports(1)[0]}"))


async def test_a_server_that_is_too_old(nats: Nats, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await made_on(nats.url)).close()
    monkeypatch.setattr("evenly_server.journal.nats_streams.OLDEST", (99, 0))
    with pytest.raises(JournalRefused, match=r"is 2\.\d+\.\d+.*Use 99\.0 or newer"):
        await connect(Access.parse(nats.url))


async def test_streams_that_are_missing_or_set_otherwise(nats: Nats, journal: JetStreamJournal) -> None:
    await change(journal, ROOMS, discard="old")
    with pytest.raises(JournalRefused, match=r"ROOMS has discard.*nats stream edit ROOMS --discard=new"):
        await check_streams(journal._client)
    await change(journal, ROOMS, discard="new")
    await journal._manager.delete_stream(STATE)
    with pytest.raises(JournalRefused, match=r"no stream STATE.*evenly journal init"):
        await check_streams(journal._client)
    assert await make_streams(journal._client, 1) == [STATE]
    await check_streams(journal._client)


async def test_a_long_room_is_opened_with_few_questions(
    nats: Nats, journal: JetStreamJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens it knows of no place in the stream: neither its snapshot nor a page needs what is before it."""
    for seq in range(300):
        assert await journal.append(ROOM, seq, [b"%d" % seq]) is Outcome.OK
    last = (await journal.read(ROOM, 299))[0]
    assert await journal.save_snapshot(ROOM, Snapshot(300, last.hash, b"state")) is Outcome.OK
    asked: list[int] = []
    direct = JetStreamReader._direct

    async def counted(reader: JetStreamReader, stream: str, subject: str, place: int, most: int) -> list[Message]:
        asked.append(most)
        return await direct(reader, stream, subject, place, most)

    monkeypatch.setattr(JetStreamReader, "_direct", counted)
    opening = JetStreamReader(journal._client, journal._shards)
    assert await opening.load_snapshot(ROOM) == Snapshot(300, last.hash, b"state")
    assert await opening.read(ROOM, 300) == []
    assert asked == [1, 256, 256]
    asked.clear()
    page = await JetStreamReader(journal._client, journal._shards).read(ROOM, 290, 3)
    assert [record.seq for record in page] == [291, 292, 293]
    assert asked == [256, 37]


async def test_a_stream_of_an_earlier_version_is_given_what_it_lacks(nats: Nats, journal: JetStreamJournal) -> None:
    await change(journal, STATE, subjects=["snap.*", "alive.*", "lease"])
    with pytest.raises(JournalRefused, match=r"STATE has subjects.*evenly journal init"):
        await check_streams(journal._client)
    assert await make_streams(journal._client, 1) == [STATE]
    await check_streams(journal._client)


async def test_rooms_spread_over_several_streams(nats: Nats) -> None:
    journal = await made_on(nats.url, shards=4)
    rooms = [bytes([number]) * 16 for number in range(40)]
    for room in rooms:
        assert await journal.append(room, 0, [b"one", b"two"]) is Outcome.OK
        assert await journal.append(room, 2, [b"three"]) is Outcome.OK
    held = (await check_streams(journal._client)).found
    counts = [held[f"{ROOMS}_{number}"].state.messages for number in range(4)]
    assert sum(counts) == 80
    assert min(counts) > 0
    assert await journal.rooms() == rooms
    assert [await bodies_of(journal, room) for room in rooms] == [[b"one", b"two", b"three"]] * 40
    with pytest.raises(JournalRefused, match="Rooms are in 4 streams here"):
        await make_streams(journal._client, 1)
    await journal.close()
    again = await JetStreamJournal.open(Access.parse(nats.url))
    assert await bodies_of(again, rooms[7]) == [b"one", b"two", b"three"]
    await change(again, f"{ROOMS}_0", metadata={})
    with pytest.raises(JournalRefused, match="does not say over how many streams"):
        await check_streams(again._client)
    await again.close()


def test_a_room_is_where_it_was() -> None:
    """Written down (CRC-32 of the id, modulo): another hash would look for rooms where they are not."""
    assert [Shards(8).subject(bytes([number]) * 16)[:7] for number in range(4)] == [
        "room.5.",
        "room.7.",
        "room.0.",
        "room.2.",
    ]


async def test_more_replicas_than_there_are_servers(nats: Nats, journal: JetStreamJournal) -> None:
    await journal._manager.delete_stream(STATE)
    with pytest.raises(JournalRefused, match="STATE cannot be made"):
        await make_streams(journal._client, 3)
    await make_streams(journal._client, 1)


async def test_a_user_without_the_rights(tmp_path: Path) -> None:
    rights = """
    authorization {
      default_permissions = { publish = ["$JS.API.INFO"], subscribe = ["_INBOX.>"] }
      users = [ { user: evenly, password: evenly } ]
    }
    no_auth_user: evenly
    """
    server = Nats(tmp_path / "nats", free_ports(1)[0], more=rights)
    await server.start()
    try:
        client = await connect(Access.parse(server.url))
        with pytest.raises(JournalRefused, match=r"lacks a right: publish"):
            await check_streams(client)
        await client.close()
    finally:
        await server.kill()


# -- moving --------------------------------------------------------------------------------------------------------


async def test_rooms_move_to_nats_and_back_the_same_to_the_last_hash(journal: JetStreamJournal, tmp_path: Path) -> None:
    before = await SqliteJournal.open(tmp_path / "before.db")
    for room in (ROOM, OTHER):
        for seq in range(0, 30, 2):
            await before.append(room, seq, [b"%d" % seq, b"%d" % (seq + 1)])
        before.touch(room, 7)
    assert await move(before, journal) == (2, 60)
    assert await move(before, journal) == (2, 60), "a second time changes nothing"
    after = await SqliteJournal.open(tmp_path / "after.db")
    assert await move(journal, after) == (2, 60)
    for room in (ROOM, OTHER):
        assert await after.read(room, 0) == await before.read(room, 0)
        assert await after.alive_until(room) == 7
    await before.close()
    await after.close()


async def test_a_room_that_is_there_and_another_is_not_moved_into(journal: JetStreamJournal) -> None:
    other = MemoryJournal()
    await other.append(ROOM, 0, [b"one"])
    await journal.append(ROOM, 0, [b"another"])
    with pytest.raises(JournalRefused, match="is another"):
        await move(other, journal)


async def test_nobody_answers(nats: Nats, journal: JetStreamJournal) -> None:
    assert await journal.append(ROOM, 0, [b"one"]) is Outcome.OK
    await nats.kill()
    with pytest.raises(JournalUnavailable):
        await journal.rooms()
    await nats.start()
    await eventually(lambda: journal._client.is_connected)
