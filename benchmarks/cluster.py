"""Several servers of Evenly on three of NATS: 1, 2 and 4, each with its share of the rooms; and everybody passed on.

    python benchmarks/cluster.py [--quick] [--json]

It takes twenty minutes, and is no part of `python benchmarks`.

Each room has four members, of whom one gives a command every so often, all of them spread evenly over the time. NATS
keeps everything three times, with `sync_interval: always`. *Passed on*: two servers, the rooms at the first, all
members but the facilitator at the second. Everything runs on this machine, which has fewer cores than processes: what a
command takes until the last member has it says little about machines of their own. What it costs each part does: CPU
of the servers of Evenly for each event delivered to a member, and of all three of NATS for each command.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from figures import Found, command_line, cpu_seconds, table
from load import Load, Sender
from our_servers import Evenly, started

sys.path.append(str(Path(__file__).parents[1] / "tools"))
from three_nats import free_ports, start_three

MEMBERS = 4
SIZES, SIZES_QUICK = ((200, 1.0), (2_000, 10.0)), ((20, 1.0),)
"""Rooms, and the seconds between two commands of one: two hundred commands a second in all."""

IDLE_S = 4.0
"""Seconds in which it is seen what all cost with nobody doing anything; that is no cost of a command."""

COMMANDS = 8
"""Of a room; a quarter is the warm-up."""

SERVERS, SERVERS_QUICK = (1, 2, 4), (1, 2)
NATIONAL, OF_EACH, EVERY_S = 10_000, 11, 5.0
"""Rooms of the estimate, the members of each, and the seconds between two commands in it."""


@dataclass(frozen=True)
class Cost:
    """What was seen.

    Attributes:
        evenly_us: CPU of all servers of Evenly for an event delivered to a member, microseconds.
        nats_us: CPU of all servers of NATS for a command, microseconds.
        a_second: commands.
        p50_ms, p99_ms: from a command to the last member's receipt.
    """

    evenly_us: float
    nats_us: float
    a_second: float
    p50_ms: float
    p99_ms: float


class Cluster(Evenly):
    """Servers that share the rooms; each room's members come to one of them, or (`passed`) to another one."""

    def __init__(self, servers: int, *, passed: bool = False) -> None:
        super().__init__()
        self.name = f"{servers} {'server' if servers == 1 else 'servers'}{', passed on' if passed else ''}"
        self._servers, self._passed = servers, passed
        self._ports: list[int] = []
        self._stack = contextlib.ExitStack()
        self._of_nats: list[subprocess.Popen[bytes]] = []
        self._of_evenly: list[subprocess.Popen[str]] = []

    def start(self, core: int) -> int:
        """See `Contestant.start`. All share all cores."""
        everywhere = range(os.cpu_count() or 1)
        ports = free_ports(6)
        url, self._of_nats = start_three(self._stack, Path(self._folder.name), ports[:3], ports[3:])
        serve = ["serve", "--port", "0", "--journal", url, "--create", "anyone", "--no-pace", "--connections", "20000"]
        for _ in range(self._servers):
            process, port = started([sys.executable, "-m", "evenly_server", *serve, "--log", "error"], core)
            os.sched_setaffinity(process.pid, everywhere)
            self._of_evenly.append(process)
            self._ports.append(port)
        return self._of_evenly[0].pid

    def connect(self, room: int, members: int) -> list[socket.socket]:
        """See `Contestant.connect`."""
        self.port = self._ports[0 if self._passed else room % self._servers]
        self.others_port = self._ports[1] if self._passed else self.port
        return super().connect(room, members)

    def cpu(self) -> tuple[float, float]:
        """Seconds until now: Evenly's, NATS's."""
        return sum(cpu_seconds(p.pid) for p in self._of_evenly), sum(cpu_seconds(p.pid) for p in self._of_nats)

    def stop(self) -> None:
        """See `Contestant.stop`."""
        for process in self._of_evenly:
            process.kill()
            process.wait()
        self._stack.close()
        super().stop()


def cost(cluster: Cluster, rooms: int, every_s: float) -> Cost:
    """One run."""
    load = None
    try:
        load = Load(cluster, cluster.start(0))
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        firsts: list[int] = []
        for _ in range(rooms):
            firsts.append(load.add_room(MEMBERS))
            load.drain()
        senders = [Sender(first + 1, cluster.commands(room, room, COMMANDS)) for room, first in enumerate(firsts)]
        load.drain(200)
        began, before = time.monotonic(), cluster.cpu()
        time.sleep(IDLE_S)
        idle_s, then = time.monotonic() - began, cluster.cpu()
        idle = [(b - a) / idle_s for a, b in zip(before, then, strict=True)]
        run = load.paced(senders, every_s)
        took_s, after = time.monotonic() - began - idle_s, cluster.cpu()
        evenly, nats = (b - a - i * took_s for a, b, i in zip(then, after, idle, strict=True))
        commands = rooms * COMMANDS
        return Cost(evenly / (commands * MEMBERS) * 1e6, nats / commands * 1e6, run.a_second, run.p50_ms, run.p99_ms)
    finally:
        if load is not None:
            load.close()
        cluster.stop()


def measure(quick: bool) -> Found:
    """By rooms and servers what it cost; and an estimate."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    found: dict[str, dict[str, dict[str, float]]] = {}
    for rooms, every_s in SIZES_QUICK if quick else SIZES:
        servers = SERVERS_QUICK if quick else SERVERS
        clusters = [*(Cluster(number) for number in servers), Cluster(2, passed=True)]
        found[str(rooms)] = {one.name: asdict(cost(one, rooms, every_s)) for one in clusters}
    return {"rooms": found, "estimate": estimate(next(iter(found.values()))), "goals": [], "growth": []}


def estimate(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Cores for `NATIONAL` rooms, with half of the members passed on.

    An upper bound for Evenly: most of what a command costs it costs once, and is counted here for each member.
    """
    commands = NATIONAL / EVERY_S
    here, passed = found["2 servers"], found["2 servers, passed on"]
    return {
        "commands": commands,
        "evenly": commands * OF_EACH * (here["evenly_us"] + passed["evenly_us"]) / 2 / 1e6,
        "nats": commands * here["nats_us"] / 1e6,
    }


def page(found: Found) -> str:
    """The section."""
    heads = [
        "rooms of 4",
        "servers of Evenly",
        "Evenly, us an event",
        "NATS, us a command",
        "commands a second",
        "p50, ms",
        "p99, ms",
    ]
    rows = [
        [
            rooms,
            name,
            f"{run['evenly_us']:.0f}",
            f"{run['nats_us']:.0f}",
            f"{run['a_second']:.0f}",
            f"{run['p50_ms']:.1f}",
            f"{run['p99_ms']:.1f}",
        ]
        for rooms, runs in found["rooms"].items()
        for name, run in runs.items()
    ]
    guess = found["estimate"]
    return "\n".join([
        "## Several servers on NATS",
        "",
        (__doc__ or "").partition("`python benchmarks`.\n\n")[2].strip(),
        "",
        table(heads, rows),
        "",
        f"An estimate for {NATIONAL:,} rooms of {OF_EACH}, in each a command every {EVERY_S:.0f} s, half of the",
        f"members passed on, from the first of these figures alone: {guess['commands']:,.0f} commands a second,",
        f"at most {guess['evenly']:.1f} cores for Evenly, {guess['nats']:.1f} for the three of NATS together.",
    ])  # fmt: skip


if __name__ == "__main__":
    command_line(__doc__, measure, page)
