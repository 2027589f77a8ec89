"""At which of several servers a room is: one at a time, another once that one lets it go, or is dead."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_server.journal import nats_lease
from evenly_server.journal.homes import Neighbour
from evenly_server.journal.interface import JournalRefused, JournalUnavailable, Outcome
from evenly_server.journal.jetstream import JetStreamJournal
from evenly_server.journal.nats_homes import NatsHomes
from evenly_server.journal.nats_lease import LEASE_S
from evenly_server.journal.nats_streams import STATE
from evenly_server.journal.opening import Access

from tests.harness import eventually
from tests.nats_servers import Nats, made_on, one_nats, three_nats

ROOM, OTHER = b"\x01" * 16, b"\x02" * 16


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.harness.PATIENCE_S", LEASE_S + 20.0)


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    async with one_nats(tmp_path / "nats") as server:
        await (await made_on(server.url)).close()
        yield server


def homes_of(journal: JetStreamJournal) -> NatsHomes:
    assert isinstance(journal.homes, NatsHomes)
    return journal.homes


async def serving(nats: Nats, name: str) -> JetStreamJournal:
    """The journal of a server that has joined."""
    journal = await JetStreamJournal.open(Access.parse(nats.url), serving=True)
    await journal.homes.join(Neighbour(f"{name}:1", name.encode()))
    return journal


@pytest.fixture
async def two(nats: Nats) -> AsyncIterator[tuple[JetStreamJournal, JetStreamJournal]]:
    one, other = await serving(nats, "one"), await serving(nats, "other")
    yield one, other
    await one.close()
    await other.close()


def die(journal: JetStreamJournal) -> None:
    """It is not heard of any more, as if its process stood still."""
    renewing = homes_of(journal)._lease._renewing
    assert renewing is not None
    renewing.cancel()


async def test_a_room_is_at_one_server(two: tuple[JetStreamJournal, JetStreamJournal]) -> None:
    one, other = two
    assert await one.homes.elsewhere(ROOM) is None
    assert await one.append(ROOM, 0, [b"no"]) is Outcome.READ_ONLY, "not claimed"
    assert await one.homes.claim(ROOM)
    assert await one.append(ROOM, 0, [b"one"]) is Outcome.OK
    assert not await other.homes.claim(ROOM)
    assert await other.homes.elsewhere(ROOM) == Neighbour("one:1", b"one")
    assert await one.homes.elsewhere(ROOM) is None
    assert await other.append(ROOM, 1, [b"no"]) is Outcome.READ_ONLY
    assert await other.homes.claim(OTHER), "another room may be there"


async def test_a_room_that_is_let_go_may_be_anywhere(two: tuple[JetStreamJournal, JetStreamJournal]) -> None:
    """And whoever had it before knows nothing of it any more that may have changed."""
    one, other = two
    assert await one.homes.claim(ROOM)
    assert await one.append(ROOM, 0, [b"one"]) is Outcome.OK
    await one.homes.release(ROOM)
    assert await other.homes.claim(ROOM)
    assert await other.append(ROOM, 1, [b"two"]) is Outcome.OK
    await other.homes.release(ROOM)
    assert await one.homes.claim(ROOM)
    assert await one.append(ROOM, 2, [b"three"]) is Outcome.OK


async def test_of_two_that_claim_at_once_one_has_it(two: tuple[JetStreamJournal, JetStreamJournal]) -> None:
    for number in range(20):
        room = bytes([number]) * 16
        assert sorted(await asyncio.gather(*(journal.homes.claim(room) for journal in two))) == [False, True]


async def test_a_server_that_ends_leaves_its_rooms_at_once(
    nats: Nats, two: tuple[JetStreamJournal, JetStreamJournal]
) -> None:
    one, other = two
    assert await one.homes.claim(ROOM)
    await one.close()
    assert await other.homes.elsewhere(ROOM) is None
    assert await other.homes.claim(ROOM)


async def test_what_a_dead_server_had_is_had_by_another_and_it_finds_out(
    two: tuple[JetStreamJournal, JetStreamJournal],
) -> None:
    one, other = two
    moved: list[bytes] = []
    one.homes.moved = moved.append
    for room in (ROOM, OTHER):
        assert await one.homes.claim(room)
        assert await one.append(room, 0, [b"one"]) is Outcome.OK
    die(one)
    assert not await other.homes.claim(ROOM), "it lives until its lease has run out"
    async with asyncio.timeout(LEASE_S + 5):
        while not await other.homes.claim(ROOM):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert await other.append(ROOM, 1, [b"theirs"]) is Outcome.OK
    late = [asyncio.create_task(one.append(room, 1, [b"late"])) for room in (ROOM, OTHER)]
    await asyncio.sleep(0.2)
    assert not any(append.done() for append in late), "it does not know whether it lives"
    keeping = asyncio.create_task(homes_of(one)._lease._keep())
    assert await asyncio.gather(*late) == [Outcome.READ_ONLY, Outcome.OK], "the second room nobody took"
    assert moved == [ROOM]
    assert not await one.homes.still_here(ROOM)
    assert await one.homes.still_here(OTHER)
    assert await one.homes.elsewhere(ROOM) == Neighbour("other:1", b"other")
    keeping.cancel()


async def test_a_room_that_cannot_be_looked_after_at_once_is_looked_after_again(
    two: tuple[JetStreamJournal, JetStreamJournal],
) -> None:
    one, _ = two
    assert await one.homes.claim(ROOM)
    lease = homes_of(one)._lease
    look_after, asked = lease.regained, 0

    async def once_not() -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise JournalUnavailable("no answer")
        await look_after()

    lease.regained = once_not
    lease._lapsed = True
    append = asyncio.create_task(one.append(ROOM, 0, [b"one"]))
    assert await asyncio.wait_for(append, 20) is Outcome.OK
    assert asked == 2


async def test_while_nats_is_away_nothing_is_known(nats: Nats, two: tuple[JetStreamJournal, JetStreamJournal]) -> None:
    one, other = two
    assert await one.homes.claim(ROOM)
    await nats.kill()
    for question in (other.homes.elsewhere(ROOM), other.homes.claim(ROOM), one.homes.still_here(ROOM)):
        with pytest.raises(JournalUnavailable):
            await question
    append = asyncio.create_task(one.append(ROOM, 0, [b"one"]))
    await nats.start()
    assert await asyncio.wait_for(append, 30) is Outcome.OK
    await eventually(lambda: homes_of(other)._lease.held)
    assert not await other.homes.claim(ROOM)


async def test_a_lease_whose_renewal_is_being_written_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While NATS has a leader that cannot write, it says of a second renewal that there is one already."""
    caplog.set_level("INFO")
    monkeypatch.setattr(nats_lease, "RENEW_EVERY_S", 0.3)
    async with three_nats(tmp_path / "three") as nats:
        journal = await made_on(",".join(one.url for one in nats), replicas=3)
        state = await journal._manager.stream_info(STATE)
        await journal.close()
        assert state.cluster is not None
        leader = next(one for one in nats if one.name == state.cluster.leader)
        journal = await serving(leader, "one")
        lease = homes_of(journal)._lease
        followers = [one for one in nats if one is not leader]
        for one in followers:
            one.send(signal.SIGSTOP)
        await eventually(lambda: "BadRequestError" in caplog.text)
        for one in followers:
            one.send(signal.SIGCONT)
        until = lease._until
        await eventually(lambda: lease._until > until)
        assert lease.held
        assert await journal.homes.claim(ROOM)
        await journal.close()


async def test_rooms_are_moved_while_nobody_serves(nats: Nats) -> None:
    server = await serving(nats, "one")
    with pytest.raises(JournalRefused, match="This journal is served"):
        await JetStreamJournal.open(Access.parse(nats.url))
    await server.close()
    alone = await JetStreamJournal.open(Access.parse(nats.url))
    with pytest.raises(JournalRefused, match="being moved"):
        await serving(nats, "two")
    with pytest.raises(JournalRefused, match="being moved"):
        await JetStreamJournal.open(Access.parse(nats.url))
    await alone.close()
    await (await serving(nats, "three")).close()
