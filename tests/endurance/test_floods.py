"""Floods: strangers and a member do their worst from another process; those in a session notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from evenly_client.links import Link
from evenly_client.peer import Notice, State, StateChanged
from evenly_client.sealing import DeviceKey

from tests.endurance.figures import long
from tests.endurance.real_members import Probe, p99
from tests.harness import Group, Member, Server, eventually, make_room, metric

MEMBERS = 8
PAUSE_S = 0.75
"""Between two hands of a member: three commands a hand, below the pace of a member."""


class Session:
    """A session of people who talk, and a count of what they noticed."""

    def __init__(self, server: Server, group: Group) -> None:
        self.server = server
        self.group = group
        self.probes = [Probe(member) for member in group.members]
        self.noticed: list[State] = []
        self.talking = True
        for member in group.members:
            member.watch(self._hear)

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self.noticed.append(notice.state)

    async def talk(self, probe: Probe) -> None:
        """Hand after hand."""
        while self.talking:
            await probe.once()
            await asyncio.sleep(PAUSE_S)

    async def holds(self, connections: int) -> None:
        """Waits until the server has so many connections."""
        async with asyncio.timeout(30):
            while await asyncio.to_thread(metric, self.server, "connections") != connections:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def flooded(self, kind: str, count: int, seconds: float, link: Link | None = None) -> dict[str, int]:
        """One flood, from another process."""
        command = (sys.executable, "-m", "tests.endurance.flooder", kind, str(count), str(seconds))
        flooder = await asyncio.create_subprocess_exec(
            *command, (link or self.group.link).invite_text(), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await flooder.communicate()
        assert flooder.returncode == 0
        return json.loads(out)


def open_files(server: Server) -> int:
    """Files, connections among them, that a server has open."""
    assert server.process is not None
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


@contextlib.asynccontextmanager
async def session(directory: Path) -> AsyncGenerator[Session]:
    """A session of eight that goes on; at the end everything that each of them asked was answered, on one connection.

    The members have the usual pace; they are let in by a lobby that is off.
    """
    async with Server(directory / "rooms.db") as server, make_room(server, MEMBERS, session=True) as group:
        here = Session(server, group)
        files = open_files(server)
        talking = [asyncio.create_task(here.talk(probe)) for probe in here.probes]
        try:
            yield here
        finally:
            here.talking = False
            await asyncio.gather(*talking)
        assert here.noticed == []
        await here.holds(MEMBERS)
        await eventually(lambda: open_files(server) <= files)
        async with Member(group.link, DeviceKey.generate(), "Late") as late:
            await late.entered()
        log = server.log.read_text()
        assert '"level": "error"' not in log, log


async def test_connections_that_never_speak(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        assert await here.flooded("silent", 1_000, 12) == {"cut": 1_000}


async def test_a_request_letter_by_letter(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        assert await here.flooded("half", 300, 60) == {"cut": 300}


async def test_hellos_that_prove_nothing(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        ended = await here.flooded("slow", 400, 60)
        assert set(ended) <= {"late", "full", "too_fast", "cut"}
        assert ended["late"] > 100
        assert "held" not in ended


async def test_messages_that_are_far_too_long(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        assert await here.flooded("huge", 20, 4) == {"tried again and again": 20}


async def test_a_member_who_asks_a_hundred_times_too_fast(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        ended = await here.flooded("fast", 500, 4)
        assert ended["too_fast"] > 500


@pytest.mark.endurance
async def test_five_thousand_at_once_and_all_else_together(tmp_path: Path) -> None:
    seconds = max(10.0, float(long(60)))
    async with session(tmp_path) as here:
        await asyncio.sleep(5)
        quiet = [took for probe in here.probes for took in probe.took]
        for probe in here.probes:
            probe.took.clear()
        ended = {
            kind: await here.flooded(kind, count, seconds)
            for kind, count in (("silent", 5_000), ("half", 1_000), ("slow", 5_000), ("huge", 50), ("fast", 500))
        }
        took = [took for probe in here.probes for took in probe.took]
    print(f"floods, each {seconds:.0f} s: {ended}")
    print(f"{len(took)} answers to those in session: p99 {p99(took):.1f} ms (goal 100); before {p99(quiet):.1f} ms")


async def test_more_connections_than_the_machine_lets_it_have(tmp_path: Path) -> None:
    async with session(tmp_path) as here:
        process = here.server.process
        assert process is not None
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (64, 64))
        ended = await here.flooded("silent", 300, 12)
        assert ended["cut"] > 200
