"""The cable to another machine is pulled, and nobody is told."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from evenly_client.certificate import certificate_in
from evenly_client.links import Link
from evenly_client.links import Server as Named
from evenly_client.peer import State
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.words import Intent

from tests.endurance.fault_proxy import FaultProxy
from tests.endurance.other_host import other_host
from tests.endurance.real_members import plain_member
from tests.harness import Served, Server, eventually, make_room
from tests.nats_servers import made_on, one_nats

FOUND_WITHIN_S = 17


async def test_a_line_that_is_dead_without_a_word_is_found(tmp_path: Path) -> None:
    with other_host() as host:
        listens = ("--host", "0.0.0.0", "--insecure", "--no-pace", "--name", host.here)
        async with Server(tmp_path / "rooms.db", *listens) as server, make_room(server, 2, session=True) as group:
            link = dataclasses.replace(group.link, host=host.here)
            async with plain_member(link, tmp_path / "far", *host.inside):
                await eventually(lambda: 3 in group.leader.connected)
                host.pull()
                async with asyncio.timeout(FOUND_WITHIN_S):
                    while 3 in group.leader.connected:
                        assert await group.leader.ask(RaiseHand(Intent.SPEAK)) is None
                        assert await group.leader.ask(LowerHand(group.leader.room.floor.hands[0].id)) is None
                        await asyncio.sleep(0.2)
                assert group.leader.connected == [1, 2]


class Far(Served):
    """Two servers, of which the first is on the other machine; rooms begin there."""

    def __init__(self, far: Named, near: Named, pin: bytes) -> None:
        self.port = far.port
        self._servers = (far, near)
        self._pin = pin

    def new_link(self) -> Link:
        """See `Served.new_link`."""
        while True:
            link = dataclasses.replace(super().new_link().on(*self._servers), pin=self._pin)
            if link.ways()[0].servers == self._servers[:1]:
                return link


async def test_a_machine_that_is_gone_is_left_for_the_link_s_other_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing refuses there: members, and NATS, find out by silence. What was asked meanwhile is done once."""
    monkeypatch.setattr("tests.harness.PATIENCE_S", 60)
    certificate, key, pin = certificate_in(tmp_path)
    files = ("--certificate", str(certificate), "--private-key", str(key))
    with other_host() as host:
        async with one_nats(tmp_path / "nats") as nats, FaultProxy(1, host.here) as way:
            await (await made_on(nats.url)).close()
            way.to = int(nats.url.rpartition(":")[2])
            url = f"nats://{host.here}:{way.port}"
            name = ("--host", host.there, "--name", host.there)
            async with (
                Server(url, *name, *files, inside=host.inside, log=tmp_path / "far") as far,
                Server(nats.url, *files, log=tmp_path / "near") as near,
                make_room(
                    Far(Named(host.there, far.port), Named("127.0.0.1", near.port), pin), 3, session=True
                ) as group,
            ):
                assert {member._way.port for member in group.members} == {far.port}
                host.pull()
                asked = [asyncio.create_task(member.ask(RaiseHand(Intent.SPEAK))) for member in group.members]
                began = asyncio.get_running_loop().time()
                assert await asyncio.gather(*asked) == [None] * 3
                print(f"at the other server after {asyncio.get_running_loop().time() - began:.1f} s")
                await group.caught_up()
                assert [member.state for member in group.members] == [State.LIVE] * 3
                assert sorted(hand.seat for hand in group.leader.room.floor.hands) == [1, 2, 3]
                assert {member._way.port for member in group.members} == {near.port}
