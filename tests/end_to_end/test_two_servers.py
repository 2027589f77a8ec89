"""Two servers on NATS, members of one room on both: neither a server's death nor NATS's loses or doubles anything."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_client.links import Link
from evenly_client.peer import State
from evenly_client.sealing import DeviceKey
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.room import Entry
from evenly_protocol.wire import VERSION, Hello, PresenceFrame, Purpose, Waiting, decode_entry
from evenly_protocol.words import CheckInKind, CheckInState, Intent, Lobby
from evenly_server.journal.interface import JournalRefused
from evenly_server.journal.jetstream_reading import JetStreamReader
from evenly_server.journal.nats_streams import ROOMS, check_streams, connect
from evenly_server.journal.opening import Access
from nats.aio.client import Client
from nats.errors import Error as NatsError
from websockets.exceptions import InvalidStatus

from tests.end_to_end.kills import MEMBERS, Disk, Load, check_all, settle
from tests.end_to_end.test_checkins import Table
from tests.endurance.fault_proxy import FaultProxy
from tests.endurance.figures import long
from tests.endurance.loop_disk import LoopDisk
from tests.harness import Member, Served, Server, encoded, eventually, make_room, metric, wire
from tests.nats_servers import Nats, made_on, one_nats, three_nats
from tools.three_nats import free_ports

ROUNDS = int(os.environ.get("EVENLY_ROUNDS", "60"))
"""Of trouble, in the long form."""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room is at another server ten seconds after its own was last heard of."""
    monkeypatch.setattr("tests.harness.PATIENCE_S", 90.0)


@pytest.fixture
async def nats(tmp_path: Path) -> AsyncIterator[Nats]:
    async with one_nats(tmp_path / "nats") as server:
        await (await made_on(server.url)).close()
        yield server


class Balancer(FaultProxy):
    """Gives each connection to the next of several servers."""

    def among(self, *servers: Server) -> None:
        """These."""
        self._ports = itertools.cycle(servers)

    @property
    def to(self) -> int:  # type: ignore[override]
        """The next one's port."""
        return next(self._ports).port

    @to.setter
    def to(self, port: int) -> None:
        pass


class Both(Served):
    """Two servers whose links name both."""

    def __init__(self, *servers: Server) -> None:
        self._servers = servers

    def new_link(self) -> Link:
        """A link to a room that nobody has made yet."""
        first, *_ = links = [server.new_link() for server in self._servers]
        return first.on(*(link.servers[0] for link in links))


async def asked_until_answered(client: Client) -> None:
    """Waits until NATS, of which all servers were dead, has its leaders again."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(JournalRefused):
                await check_streams(client)
                return


async def entries_of(url: str, room: bytes) -> list[Entry]:
    """What is stored of a room."""
    client = await connect(Access.parse(url))
    try:
        await asked_until_answered(client)
        reader = JetStreamReader(client, (await check_streams(client)).shards)
        return [decode_entry(record.body) for record in await reader.read(room, 0)]
    finally:
        await client.close()


def server_on(url: str, log: Path, balancer: FaultProxy) -> Server:
    """A server whose links name the balancer."""
    return Server(url, "--no-pace", "--connections", "500", "--name", f"127.0.0.1:{balancer.port}", log=log)


def mine(member: Member) -> list[bytes]:
    """The hands that somebody has raised."""
    return [hand.id for hand in member.room.floor.hands if hand.seat == member.seat]


async def test_members_on_both_servers_are_in_one_session(nats: Nats, tmp_path: Path) -> None:
    async with (
        Server(nats.url, log=tmp_path / "a") as home,
        Server(nats.url, log=tmp_path / "b") as other,
        make_room(home, 4, others=[other], session=True) as group,
    ):
        assert [metric(server, "rooms") for server in (home, other)] == [1, 0]
        assert [metric(server, "passed_on") for server in (home, other)] == [0, 2]
        assert [member.connected for member in group.members] == [[1, 2, 3, 4]] * 4
        for member in group.members:
            assert await member.ask(RaiseHand(Intent.SPEAK)) is None
        await group.caught_up()
        assert [hand.seat for hand in group.leader.room.floor.hands] == [1, 2, 3, 4]
        assert len({encoded(member.room) for member in group.members}) == 1
        group.members[3].cut()
        await eventually(lambda: group.leader.connected == [1, 2, 3])
        await eventually(lambda: group.leader.connected == [1, 2, 3, 4])


async def test_the_lobby_and_check_ins_are_the_room_s_wherever_one_came(nats: Nats, tmp_path: Path) -> None:
    async with (
        Server(nats.url, log=tmp_path / "a") as home,
        Server(nats.url, log=tmp_path / "b") as other,
        make_room(home, 4, others=[other], session=True, lobby=Lobby.ALWAYS) as group,
    ):
        table = Table(group)
        id = await table.open(CheckInKind.SCALE)
        table.answer(id, [(1,), (2,), (3,), (4,)])
        assert (await table.close(id)).state is CheckInState.RECORDED
        there = dataclasses.replace(group.link, port=other.port)
        async with wire(there) as newcomer:
            await newcomer.prove()
            await newcomer.next(Waiting)
            await group.leader.until(lambda room: bool(group.leader.waiting))
            group.leader.answer_knock(group.leader.waiting[0], admit=True)
            await newcomer.next(PresenceFrame)


async def test_a_link_that_names_both_leads_to_the_room_whichever_ends(nats: Nats, tmp_path: Path) -> None:
    """Members begin where the room's id says, and go on to the other one; each is signed for by its own name."""
    async with Server(nats.url, log=tmp_path / "a") as one, Server(nats.url, log=tmp_path / "b") as two:
        both = Both(one, two)
        async with make_room(both, 3, session=True) as group:
            for _ in range(2):
                home, other = sorted((one, two), key=lambda server: -metric(server, "rooms"))
                assert [metric(server, "rooms") for server in (home, other)] == [1, 0]
                assert metric(other, "connections") == 0, "nobody needs to be passed on"
                assert await home.stop() == 0
                asked = await asyncio.gather(*(member.ask(RaiseHand(Intent.SPEAK)) for member in group.members))
                assert asked == [None] * 3
                await group.caught_up()
                assert sorted(hand.seat for hand in group.leader.room.floor.hands) == [1, 2, 3]
                for member in group.members:
                    assert await member.ask(LowerHand(mine(member)[0])) is None
                await home.start()


async def test_a_server_s_own_names_go_with_whom_it_passes_on(nats: Nats, tmp_path: Path) -> None:
    """Two servers may go by different names."""
    async with (
        Server(nats.url, log=tmp_path / "a") as home,
        Server(nats.url, "--name", "b.example", "--name", "Bücher.example:1", log=tmp_path / "b") as other,
        make_room(home, 1) as group,
    ):
        there = dataclasses.replace(group.link, port=other.port)
        for name in (f"b.example:{other.port}", "xn--bcher-kva.example:1", other.new_link().server_name):
            async with wire(there) as newcomer:
                await newcomer.enter(server_name=name)
        async with wire(there) as newcomer:
            await newcomer.prove(server_name=group.link.server_name)
            assert await newcomer.bye() == "name", "the other one's name is none of this one's"


async def test_whoever_comes_elsewhere_with_their_key_takes_over(nats: Nats, tmp_path: Path) -> None:
    async with (
        Server(nats.url, log=tmp_path / "a") as home,
        Server(nats.url, log=tmp_path / "b") as other,
        make_room(home, 2) as group,
    ):
        member = group.members[1]
        async with wire(dataclasses.replace(group.link, port=other.port), member.key) as again:
            await again.enter()
            await eventually(lambda: member.state is State.ENDED)
            assert metric(other, "passed_on") == 1


@pytest.mark.parametrize("uvloop", [True, False])
async def test_who_is_gone_before_they_could_be_passed_on_leaves_nothing_behind(
    nats: Nats, tmp_path: Path, uvloop: bool
) -> None:
    """Their room's server stands still for a moment, and they go while the one that they came to waits for it."""
    async with (
        Server(nats.url, log=tmp_path / "a") as home,
        Server(nats.url, uvloop=uvloop, log=tmp_path / "b") as other,
        make_room(home, 1) as group,
    ):
        assert home.process is not None
        home.process.send_signal(signal.SIGSTOP)
        async with wire(dataclasses.replace(group.link, port=other.port)) as gone:
            await gone.send(Hello(*VERSION, group.link.room, gone.key.public, bytes(32), Purpose.MEMBER))
            await eventually(lambda: metric(other, "connections") == 1)
        home.process.send_signal(signal.SIGCONT)
        await eventually(lambda: metric(other, "connections") == 0)
        assert metric(other, "passed_on") == 0
        assert "failed" not in other.log.read_text()


async def test_a_stranger_is_refused_between_servers(nats: Nats, tmp_path: Path) -> None:
    """What listens for other servers lets in nobody who does not know the server's secret, and shows no page."""
    port = free_ports(1)[0]
    async with Server(nats.url, "--between", f"127.0.0.1:{port}", log=tmp_path / "a") as home:
        link = dataclasses.replace(home.new_link(), port=port)
        with pytest.raises(InvalidStatus, match="403"):
            async with wire(link):
                pass


DEEDS = ("kill", "stop", "freeze")
"""What may befall a server, of Evenly or of NATS; a frozen one is so for longer than others take it for alive."""


class Trouble:
    """Three servers of NATS, two of Evenly, members who write on both; and what befalls them.

    Attributes:
        pauses: the longest time without an answer to anybody in a room, seconds, by what had befallen them.
    """

    def __init__(self, nats: list[Nats], servers: list[Server], loads: list[Load], disk: Disk | None) -> None:
        self.nats, self.servers, self.loads, self.disk = nats, servers, loads, disk
        self.pauses: dict[str, float] = {}

    async def befall(self, whom: str, deed: str) -> None:
        """`whom`: `home`, the server at which most rooms are; `other`; `leader`, of NATS; `all`, of NATS."""
        began, self._pause = asyncio.get_running_loop().time(), 0.0
        watching = asyncio.gather(*map(self._watch, self.loads))
        if whom in ("home", "other"):
            await self._evenly(whom, deed)
        else:
            await self._nats(whom, deed)
        await self.go_on(200)
        await asyncio.sleep(began + 3 - asyncio.get_running_loop().time())
        watching.cancel()
        name = f"{whom} {deed}"
        self.pauses[name] = max(self.pauses.get(name, 0.0), self._pause)

    async def go_on(self, answers: int) -> None:
        """Waits until each room has had so many more."""
        until = [(load, len(load.ended) + answers) for load in self.loads]
        await eventually(lambda: all(len(load.ended) >= enough for load, enough in until))

    async def _watch(self, load: Load) -> None:
        clock = asyncio.get_running_loop().time
        seen, at = len(load.ended), clock()
        while True:
            await asyncio.sleep(0.02)
            if len(load.ended) != seen:
                seen, at = len(load.ended), clock()
            self._pause = max(self._pause, clock() - at)

    async def _evenly(self, whom: str, deed: str) -> None:
        home, other = sorted(self.servers, key=lambda server: -metric(server, "rooms"))
        server = home if whom == "home" else other
        process = server.process
        assert process is not None
        match deed:
            case "kill":
                await server.kill()
                await asyncio.sleep(1)
                await server.start()
            case "stop":
                assert await server.stop() == 0
                await server.start()
            case _:
                process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(15)
                process.send_signal(signal.SIGCONT)

    async def _nats(self, whom: str, deed: str) -> None:
        those = self.nats if whom == "all" else [await self._leader()]
        match deed:
            case "kill":
                await asyncio.gather(*(one.kill() for one in those))
                await asyncio.sleep(1)
                await asyncio.gather(*(one.start() for one in those))
            case "cut":
                assert self.disk is not None
                await asyncio.gather(*(one.kill() for one in those))
                self.disk.cut()
                self.disk.back()
                await asyncio.gather(*(one.start() for one in those))
            case "stop":
                await asyncio.gather(*(one.stop() for one in those))
                await asyncio.gather(*(one.start() for one in those))
            case _:
                for one in those:
                    one.send(signal.SIGSTOP)
                await asyncio.sleep(12)
                for one in those:
                    one.send(signal.SIGCONT)

    async def _leader(self) -> Nats:
        client = await connect(Access.parse(",".join(one.url for one in self.nats)))
        try:
            while True:
                with contextlib.suppress(NatsError, TimeoutError):
                    info = await client.jsm(timeout=1).stream_info(ROOMS)
                    for one in self.nats:
                        if info.cluster is not None and one.name == info.cluster.leader:
                            return one
                await asyncio.sleep(0.2)
        finally:
            await client.close()


async def in_trouble(
    tmp_path: Path, deeds: list[tuple[str, str]], *, rooms: int = 1, by_link: bool = False, disk: Disk | None = None
) -> dict[str, float]:
    """Lets all that befall so many rooms, one after the other, and checks every promise. The longest pauses, seconds.

    Members come through a balancer, or, `by_link`, by a link that names both servers. All of NATS may be on one `disk`.
    """
    async with three_nats(tmp_path / "nats" if disk is None else disk.path) as nats, Balancer(1) as balancer:
        url = ",".join(server.url for server in nats)
        await (await made_on(url, replicas=3)).close()
        servers = [server_on(url, tmp_path / name, balancer) for name in "ab"]
        balancer.among(*servers)
        async with servers[0], servers[1], contextlib.AsyncExitStack() as stack:
            way = Both(*servers) if by_link else balancer
            loads: list[Load] = []
            for number in range(rooms):
                group = await stack.enter_async_context(make_room(way, MEMBERS, session=True))
                loads.append(Load(group, random.Random(number)))
            tasks = [[asyncio.create_task(load.write(one)) for one in load.group.members] for load in loads]
            trouble = Trouble(nats, servers, loads, disk)
            os.sync()  # what NATS was told by a file is there after a cut
            await trouble.go_on(100)
            for whom, deed in deeds:
                await trouble.befall(whom, deed)
            for load in loads:
                load.going = False
            for load, of_room in zip(loads, tasks, strict=True):
                await settle(load, of_room)
                await check_all(load, await entries_of(url, load.group.link.room))
            await same_on_all(nats)
            return trouble.pauses


async def same_on_all(nats: list[Nats]) -> None:
    """Every replica has come to hold what the leader holds, to the last message."""
    client = await connect(Access.parse(nats[0].url))
    try:
        async with asyncio.timeout(60):
            while True:
                info = await client.jsm(timeout=5).stream_info(ROOMS)
                assert info.cluster is not None
                if all(peer.current and not peer.lag for peer in info.cluster.replicas or []):
                    return
                await asyncio.sleep(0.2)
    finally:
        await client.close()


@pytest.mark.parametrize(
    "deeds",
    [
        [("home", "stop"), ("other", "kill")],
        [("home", "freeze")],
        [("leader", "kill")],
    ],
    ids=lambda deeds: ", ".join(map(" ".join, deeds)),
)
async def test_nothing_is_lost_or_doubled(tmp_path: Path, deeds: list[tuple[str, str]]) -> None:
    await in_trouble(tmp_path, deeds)


async def test_nothing_is_lost_or_doubled_by_a_link_that_names_both(tmp_path: Path) -> None:
    await in_trouble(tmp_path, [("home", "kill")], by_link=True)


async def test_nothing_is_lost_when_the_power_fails_on_all_of_nats(tmp_path: Path) -> None:
    """What they had not synced is gone; they acknowledge nothing before it is (`sync_interval: always`)."""
    with LoopDisk(tmp_path, mebibytes=512) as disk:
        await in_trouble(tmp_path, [("all", "cut")], disk=disk)


@pytest.mark.endurance
async def test_nothing_is_lost_when_the_power_fails_again_and_again(tmp_path: Path) -> None:
    cuts = long(20)
    with LoopDisk(tmp_path, mebibytes=2048) as disk:
        pauses = await in_trouble(tmp_path, [("all", "cut")] * cuts, disk=disk)
    print(f"{cuts} power cuts of all of NATS: 0 lost, 0 twice; longest pause {pauses['all cut']:.1f} s")


@pytest.mark.endurance
async def test_nothing_is_lost_or_doubled_for_a_long_time(tmp_path: Path) -> None:
    every = list(itertools.product(("home", "other", "leader", "all"), DEEDS))
    dice = random.Random(8)
    deeds = [one for _ in range(-(-ROUNDS // len(every))) for one in dice.sample(every, len(every))][:ROUNDS]
    pauses = await in_trouble(tmp_path, deeds, rooms=3)
    for name, seconds in sorted(pauses.items()):
        print(f"{name}: longest pause {seconds:.1f} s")


async def test_a_server_that_is_told_to_stop_does_not_wait_for_nats_for_ever(nats: Nats, tmp_path: Path) -> None:
    """What was asked meanwhile is not acknowledged, and stays with those who asked."""
    hasty = "import evenly_server.serve as serve; serve.SAVED_WITHIN_S = 1; "
    async with (
        Server(nats.url, before=hasty, log=tmp_path / "a") as server,
        make_room(server, 3, session=True) as group,
    ):
        nats.send(signal.SIGSTOP)
        asked = [asyncio.create_task(member.ask(RaiseHand(Intent.SPEAK))) for member in group.members]
        await eventually(lambda: metric(server, "journal_queue") > 0)
        assert await server.stop() == 0
        assert "what cannot be saved" in server.log.read_text()
        assert not any(task.done() for task in asked)
        assert [member.unsent for member in group.members] == [1, 1, 1]
        for task in asked:
            task.cancel()


async def test_members_read_that_it_is_saving_while_nats_does_not_answer(nats: Nats, tmp_path: Path) -> None:
    """A newcomer at a server where the room is not reads it, too."""
    async with (
        FaultProxy(1) as balancer,
        server_on(nats.url, tmp_path / "a", balancer) as server,
        server_on(nats.url, tmp_path / "b", balancer) as other,
    ):
        balancer.to = server.port
        async with make_room(balancer, 3, session=True) as group:
            nats.send(signal.SIGSTOP)
            assert nats.process is not None
            stat = Path(f"/proc/{nats.process.pid}/stat")
            await eventually(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
            asked = [asyncio.create_task(member.ask(RaiseHand(Intent.SPEAK))) for member in group.members]
            await eventually(lambda: all(member.saving for member in group.members))
            assert not any(task.done() for task in asked)
            balancer.to = other.port
            async with Member(group.link, DeviceKey.generate(), "Ana") as newcomer:
                await eventually(lambda: newcomer.trouble.startswith("The server cannot read or save just now."))
                nats.send(signal.SIGCONT)
                assert await asyncio.gather(*asked) == [None] * 3
                await newcomer.entered()
            await eventually(lambda: not any(member.saving for member in group.members))
            await group.caught_up()
            assert [hand.seat for hand in group.leader.room.floor.hands] == [1, 2, 3]
            for member in group.members:
                assert await member.ask(LowerHand(mine(member)[0])) is None
