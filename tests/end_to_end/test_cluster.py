"""`make cluster`: three NATS servers, two of Evenly and a balancer; the one at which a room is is killed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from evenly_client.peer import State
from evenly_protocol.hands import RaiseHand
from evenly_protocol.words import Intent

from tests.harness import Served, encoded, eventually, make_room, metric, soon
from tests.nats_servers import binary

CLUSTER = Path(__file__).parents[2] / "tools" / "cluster.py"


class Balanced(Served):
    """What stands behind the balancer."""

    def __init__(self, port: int) -> None:
        self.port = port


@pytest.mark.skipif(not shutil.which("haproxy", path=f"/usr/sbin:{os.environ['PATH']}"), reason="no haproxy here")
async def test_a_server_of_the_cluster_is_killed_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary()
    monkeypatch.setattr("tests.harness.PATIENCE_S", 90.0)
    shift = 10_000 + os.getpid() % 15_000  # below the ports that the system hands out
    cluster = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CLUSTER), "--folder", str(tmp_path), "--shift", str(shift)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert cluster.stdout is not None
    try:
        said = (await soon(cluster.stdout.readuntil(b"Ready."))).decode()
        pids = {name: int(pid) for name, pid in re.findall(r"^(.+): process (\d+),", said, re.MULTILINE)}
        logs = [tmp_path / f"evenly-{number}.log" for number in (1, 2)]
        await eventually(lambda: all("listening" in log.read_text() for log in logs))
        async with make_room(Balanced(7447 + shift), 3, session=True) as group:
            home = 1 if metric(Balanced(7448 + shift), "rooms") else 2
            os.kill(pids[f"Evenly {home}"], signal.SIGKILL)
            await eventually(lambda: group.leader.state is State.LOST)
            await eventually(lambda: all(member.connected == [1, 2, 3] for member in group.members))
            assert await group.leader.ask(RaiseHand(Intent.SPEAK)) is None
            await group.caught_up()
            assert len({encoded(member.room) for member in group.members}) == 1
    finally:
        cluster.terminate()
        await soon(cluster.wait())
