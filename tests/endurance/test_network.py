"""A bad network: nothing is lost or doubled, all replicas are the same, and the air time is everywhere the server's."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from evenly_client.certificate import certificate_in
from evenly_client.links import Link
from evenly_client.outlook import Outlook
from evenly_protocol.airtime import totals
from evenly_protocol.turns import GiveFloor

from tests.end_to_end.kills import MEMBERS, Load, finish
from tests.endurance.fault_proxy import FaultProxy, Faults
from tests.endurance.figures import long, seed
from tests.harness import Group, Server, eventually, make_room

HOUR_MS = 3_600_000
BAD = Faults(cut=0.004, flip=0.001, delay_s=0.002)


class Tls(FaultProxy):
    """The proxy, with links that name the server's certificate: what is changed on the way ends a connection."""

    pin = b""

    def new_link(self) -> Link:
        """See `Served.new_link`."""
        return replace(super().new_link(), pin=self.pin)


@dataclass(frozen=True)
class Hall:
    """A room whose members reach their server by a bad network."""

    server: Server
    proxy: Tls
    group: Group


@contextlib.asynccontextmanager
async def hall(directory: Path, seed: int) -> AsyncGenerator[Hall]:
    """A session of eleven, on a network that is good until `faults` are set."""
    directory.mkdir(exist_ok=True)
    certificate, key, pin = certificate_in(directory)
    async with Tls(seed) as proxy:
        proxy.pin = pin
        files = ("--certificate", str(certificate), "--private-key", str(key))
        name = ("--name", f"127.0.0.1:{proxy.port}")
        async with Server(directory / "rooms.db", "--no-pace", "--connections", "5000", *files, *name) as server:
            proxy.to = server.port
            async with make_room(proxy, MEMBERS, session=True) as group:
                yield Hall(server, proxy, group)


async def reconnect(times: int, directory: Path, seed: int) -> tuple[int, Hall]:
    """Members write until so many connections have ended, some with the server; then everything is checked."""
    dice = random.Random(seed)
    async with hall(directory, seed) as here:
        load = Load(here.group, dice)
        tasks = [asyncio.create_task(load.write(member)) for member in here.group.members]
        first = here.proxy.connections
        here.proxy.faults = BAD
        for part in range(1, 5):
            until = first + times * part // 4
            await asyncio.wait_for(_reached(here, until), 60 + times)
            await here.server.kill()
            await here.server.start()
        here.proxy.faults = Faults()
        return await finish(load, tasks, here.server.journal), here


async def _reached(here: Hall, connections: int) -> None:
    while here.proxy.connections < connections:
        for member in here.group.members:
            member.reconnect_now()
        await asyncio.sleep(0.01)


async def test_nothing_is_lost_or_doubled_by_five_hundred_reconnects(tmp_path: Path) -> None:
    entries, here = await reconnect(500, tmp_path, seed(1))
    assert entries > 300
    assert here.proxy.cuts > 100
    assert here.proxy.flips > 20


@pytest.mark.endurance
async def test_nothing_is_lost_or_doubled_by_ten_thousand_reconnects(tmp_path: Path) -> None:
    rooms, first = long(20), seed()
    entries = cuts = flips = 0
    for number in range(rooms):
        # A room after the other: one that has gone on for days is so large that it hardly gets through such a network.
        written, here = await reconnect(500, tmp_path / str(number), first + number)
        entries, cuts, flips = entries + written, cuts + here.proxy.cuts, flips + here.proxy.flips
    print(f"{rooms * 500} reconnects ({cuts} cuts, {flips} flips), {entries} entries: 0 lost, 0 twice")


async def test_clocks_that_are_hours_wrong_are_set_right_over_a_slow_and_uneven_line(tmp_path: Path) -> None:
    """Members know the server's time, and so everybody's air time, to within 100 ms; server and test share a clock."""
    async with hall(tmp_path, seed(1)) as here:
        here.proxy.faults = Faults(delay_s=0.05)
        for number, member in enumerate(here.group.members):
            member.time._set(time.time() * 1000 + HOUR_MS * (number - MEMBERS // 2))
            member.time.forget()
            member.cut()
        for member in here.group.members:
            await eventually(lambda member=member: member.time._took is not None)  # type: ignore[misc]
        assert await here.group.leader.ask(GiveFloor(2)) is None
        for member in here.group.members:
            await member.until(lambda room: bool(room.floor.turns))
            now = Outlook(member).now
            assert abs(now - time.time() * 1000) < 100
            session = member.room.session
            assert session is not None
            assert totals(session, now).counted[2] == now - session.floor.turns[0].began
