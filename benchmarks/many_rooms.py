"""Many quiet rooms: 500 rooms of 11, in each of which 4 members send one command a second each.

    python benchmarks/many_rooms.py [--quick] [--json]

Nothing is saturated: the load generator sends at its own pace, all commands spread evenly over the time. Server and
load generator have a core each. Memory is what the server's process has of its own beyond what it had before anybody
came, for each connection, rooms included. It is measured when all have come and nothing was sent yet.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fanout import OURS, rounds
from figures import Found, Goal, Growth, command_line, resident_bytes, table
from load import SERVER_CORE, Contestant, Load, Run, Sender
from our_servers import Evenly, Limit
from peer_servers import Hocuspocus, PlainWs, SocketIO

ROOMS, MEMBERS, SENDERS = 500, 11, 4
EVERY_S = 1.0
"""Seconds between two commands of one sender."""

COMMANDS = 16
"""Commands of one sender; a quarter of them is the warm-up."""

ROUNDS = 3
CONTESTANTS: tuple[Callable[[], Contestant], ...] = (
    Evenly,
    lambda: Evenly(journal=False),
    SocketIO,
    PlainWs,
    Hocuspocus,
    lambda: Limit(coalesced=True),
)


@dataclass(frozen=True)
class Crowd(Run):
    """A run with many rooms.

    Attributes:
        memory: of the server for each connection, bytes.
        syncs: of the disk a second.
    """

    memory: float
    syncs: float


def crowd(contestant: Contestant, rooms: int) -> Crowd:
    """One run."""
    load = None
    try:
        process = contestant.start(SERVER_CORE)
        load = Load(contestant, process)
        before = resident_bytes(process)
        firsts: list[int] = []
        for _ in range(rooms):
            firsts.append(load.add_room(MEMBERS))
            load.drain()
        memory = (resident_bytes(process) - before) / (rooms * MEMBERS)
        syncs, began = _syncs(contestant), time.monotonic()
        run = load.paced(senders(contestant, firsts), EVERY_S)
        a_second = (_syncs(contestant) - syncs) / (time.monotonic() - began)
        return Crowd(**vars(run), memory=memory, syncs=a_second)
    finally:
        if load is not None:
            load.close()
        contestant.stop()


def senders(contestant: Contestant, firsts: Sequence[int]) -> list[Sender]:
    """First one sender of each room, then another: the commands of one room come apart from each other.

    `firsts`: each room's first connection.
    """
    return [
        Sender(first + 1 + i, contestant.commands(room, i * len(firsts) + room, COMMANDS))
        for i in range(SENDERS)
        for room, first in enumerate(firsts)
    ]


def _syncs(contestant: Contestant) -> int:
    return contestant.syncs() if isinstance(contestant, Evenly) else 0


def measure(quick: bool) -> Found:
    """By number of rooms and name the medians of `Crowd`."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sizes = (20,) if quick else (ROOMS // 4, ROOMS // 2, ROOMS)
    found: dict[str, dict[str, dict[str, float]]] = {}
    thrown: list[str] = []
    for size in sizes:
        whole = size == sizes[-1]
        contestants, times = (CONTESTANTS, ROUNDS) if whole and not quick else (CONTESTANTS[:3], 1)
        found[str(size)], bad = rounds(contestants, lambda c, n=size: crowd(c, n), times)
        thrown += [f"{size} rooms, {what}" for what in bad]
    most = str(sizes[-1])
    return {
        "rounds": 1 if quick else ROUNDS,
        "rooms": found,
        "thrown_away": thrown,
        "goals": goals(found[most]),
        "growth": growth(found),
    }


def goals(found: dict[str, dict[str, float]]) -> list[Goal]:
    """The figures of the design, where both sides were measured."""
    ours, peer = found[OURS], found.get("Socket.IO")
    reached = [Goal("memory a connection, many quiet rooms, KiB", ours["memory"] / 1024, 16)]
    if peer is not None:
        ratio = peer["cpu_us"] / ours["cpu_us"]
        what = "events delivered a CPU-second, many quiet rooms, journal on, times Socket.IO's without any"
        reached.insert(0, Goal(what, ratio, 1.4, at_most=False))
        reached.append(Goal("the same, times Socket.IO's", ours["memory"] / peer["memory"], 1))
    return reached


def growth(found: dict[str, dict[str, dict[str, float]]]) -> list[Growth]:
    """CPU and memory by rooms."""
    if len(found) < 2:
        return []
    why = "a room knows of no other; with more rooms a sync is shared by more commands"
    kinds = (("server CPU a second", "ms", _cpu_ms), ("memory a connection", "KiB", lambda run: run["memory"] / 1024))
    return [
        Growth(
            f"{what}, many quiet rooms, {OURS}: by rooms", unit, [(int(n), of(f[OURS])) for n, f in found.items()], why
        )
        for what, unit, of in kinds
    ]


def _cpu_ms(run: dict[str, float]) -> float:
    return run["server_busy"] * 1000


def page(found: Found) -> str:
    """The section."""
    rooms, runs = list(found["rooms"].items())[-1]
    heads = [
        f"{rooms} rooms of {MEMBERS}",
        "CPU an event, us",
        "p50, ms",
        "p99, ms",
        "memory a connection, KiB",
        "syncs a second",
        "server busy",
        "load busy",
    ]
    rows = [
        [
            name,
            f"{run['cpu_us']:.1f}",
            f"{run['p50_ms']:.2f}",
            f"{run['p99_ms']:.2f}",
            f"{run['memory'] / 1024:.1f}",
            f"{run['syncs']:,.0f}" if run["syncs"] else "",
            f"{run['server_busy']:.2f}",
            f"{run['load_busy']:.2f}",
        ]
        for name, run in runs.items()
    ]
    thrown = found["thrown_away"]
    return "\n".join([
        "## Many quiet rooms",
        "",
        (__doc__ or "").partition("--json]\n\n")[2].strip(),
        "",
        table(heads, rows),
        "",
        f"Medians of {found['rounds']} rounds.",
        f"Runs thrown away: {len(thrown) or 'none'}{''.join(f'; {what}' for what in thrown)}.",
    ])  # fmt: skip


if __name__ == "__main__":
    command_line(__doc__, measure, page)
