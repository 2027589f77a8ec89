"""Two servers on NATS, behind a balancer: one serves, the other waits; members lose nothing when one dies."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.room import Entry
from evenly_protocol.wire import decode_entry
from evenly_protocol.words import Intent
from evenly_server.journal.jetstream_reading import JetStreamReader
from evenly_server.journal.nats_streams import ROOMS, connect
from evenly_server.journal.opening import Access

from tests.end_to_end.kills import MEMBERS, Load, check_all, settle
from tests.endurance.fault_proxy import FaultProxy
from tests.harness import Server, eventually, make_room
from tests.nats_servers import Nats, made_on, one_nats, three_nats

TAKEN_OVER_WITHIN_S = 40


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits takes over ten seconds after the other was last heard of."""
    monkeypatch.setattr("tests.harness.PATIENCE_S", 60.0)


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    async with one_nats(tmp_path / "nats") as server:
        await (await made_on(server.url)).close()
        yield server


async def entries_of(url: str, room: bytes) -> list[Entry]:
    """What is stored of a room."""
    client = await connect(Access.parse(url))
    try:
        return [decode_entry(record.body) for record in await JetStreamReader(client).read(room, 0)]
    finally:
        await client.close()


def server_on(url: str, log: Path, balancer: FaultProxy) -> Server:
    """A server whose links name the balancer."""
    return Server(url, "--no-pace", "--connections", "500", "--name", f"127.0.0.1:{balancer.port}", log=log)


@pytest.mark.parametrize("way", ["kill", "stop"])
async def test_the_one_that_waits_goes_on_where_the_other_ended(nats: Nats, tmp_path: Path, way: str) -> None:
    async with FaultProxy(1) as balancer, server_on(nats.url, tmp_path / "a", balancer) as first:
        balancer.to = first.port
        second = server_on(nats.url, tmp_path / "b", balancer)
        waiting = asyncio.create_task(second.start())
        async with make_room(balancer, MEMBERS, session=True) as group:
            load = Load(group, random.Random(1))
            tasks = [asyncio.create_task(load.write(member)) for member in group.members]
            await eventually(lambda: len(load.ended) > 100)
            assert not waiting.done()
            before = len(load.ended)
            await (first.kill() if way == "kill" else first.stop())
            try:
                await waiting
                balancer.to = second.port
                for member in group.members:
                    member.reconnect_now()
                await eventually(lambda: len(load.ended) > before + 100)
                await settle(load, tasks)
                await check_all(load, await entries_of(nats.url, group.link.room))
            finally:
                await second.kill()


async def test_members_read_that_it_is_saving_while_nats_does_not_answer(nats: Nats, tmp_path: Path) -> None:
    async with FaultProxy(1) as balancer, server_on(nats.url, tmp_path / "a", balancer) as server:
        balancer.to = server.port
        async with make_room(balancer, 3, session=True) as group:
            nats.send(signal.SIGSTOP)
            asked = [asyncio.create_task(member.ask(RaiseHand(Intent.SPEAK))) for member in group.members]
            await eventually(lambda: all(member.saving for member in group.members))
            assert not any(task.done() for task in asked)
            nats.send(signal.SIGCONT)
            assert await asyncio.gather(*asked) == [None] * 3
            await eventually(lambda: not any(member.saving for member in group.members))
            await group.caught_up()
            assert [hand.seat for hand in group.leader.room.floor.hands] == [1, 2, 3]
            for member in group.members:
                mine = [hand.id for hand in member.room.floor.hands if hand.seat == member.seat]
                assert await member.ask(LowerHand(mine[0])) is None


async def test_the_leader_of_three_is_killed_in_a_session(tmp_path: Path) -> None:
    async with three_nats(tmp_path / "nats") as servers:
        url = ",".join(server.url for server in servers)
        journal = await made_on(url, replicas=3)
        info = await journal._manager.stream_info(ROOMS)
        (leader,) = [one for one in servers if one.name == info.cluster.leader]
        await journal.close()
        async with FaultProxy(1) as balancer, server_on(url, tmp_path / "a", balancer) as server:
            balancer.to = server.port
            async with make_room(balancer, 4, session=True) as group:
                load = Load(group, random.Random(1))
                tasks = [asyncio.create_task(load.write(member)) for member in group.members]
                await eventually(lambda: len(load.ended) > 50)
                await leader.kill()
                before = len(load.ended)
                async with asyncio.timeout(TAKEN_OVER_WITHIN_S):
                    while len(load.ended) < before + 100:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                await settle(load, tasks)
                await check_all(load, await entries_of(url, group.link.room))
