"""Fan-out: what it costs to give every command of a busy room to everybody in it, against peers and a limit.

    python benchmarks/fanout.py [--quick] [--json]

One room of 11, 100, 300 and 1,000 members, 8 of whom send commands, each with 8 that not everybody has received yet:
as many as Evenly lets one connection have. Members raise a hand and take it down; every server checks the command, and
sends it, numbered, to all (Hocuspocus numbers nothing: its document is the order). Server and load generator have a
core each. All take turns in each round; figures are medians of the rounds.

A lone command: one member sends a command every 25 ms, nobody else anything.

A run that lost, doubled or misread an event is thrown away and counted. The figures that are compared are the
processor's time of the server, all its threads together, which does not depend on how fast the load generator is;
`load` says which share of the time that was busy, so that a speed that is its own shows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from figures import Found, Goal, Growth, command_line, median, sync_ms, table
from load import SERVER_CORE, Contestant, Load, Run, Sender, ThrownAway
from our_servers import Evenly, Limit
from peer_servers import Hocuspocus, PlainWs, SocketIO

SENDERS, IN_FLIGHT = 8, 8
COMMANDS = {11: 16_000, 100: 3_200, 300: 1_280, 1_000: 640}
"""Commands of a run, by members; a quarter of them is the warm-up."""

ROUNDS = 3
LONE_COMMANDS, LONE_EVERY_S = 320, 0.025
OURS = "Evenly"
LIMIT = "C, coalesced"

CONTESTANTS: tuple[Callable[[], Contestant], ...] = (
    Evenly,
    lambda: Evenly(journal=False),
    lambda: Evenly(library=True),
    lambda: Evenly(uvloop=False),
    SocketIO,
    PlainWs,
    Hocuspocus,
    lambda: Limit(coalesced=False),
    lambda: Limit(coalesced=True),
)
LONE: tuple[Callable[[], Contestant], ...] = (Evenly, lambda: Evenly(journal=False), SocketIO, PlainWs)


def busy(contestant: Contestant, members: int) -> Run:
    """One run of a room in which 8 members send as fast as they may."""

    def run(load: Load, first: int) -> Run:
        senders = [
            Sender(first + 1 + i, contestant.commands(0, i, COMMANDS[members] // SENDERS)) for i in range(SENDERS)
        ]
        return load.saturate(senders, IN_FLIGHT)

    return _with_room(contestant, members, run)


def lone(contestant: Contestant) -> Run:
    """One run of a room of 11 in which one member sends a command now and then."""

    def run(load: Load, first: int) -> Run:
        return load.paced([Sender(first + 1, contestant.commands(0, 0, LONE_COMMANDS))], LONE_EVERY_S)

    return _with_room(contestant, 11, run)


def _with_room(contestant: Contestant, members: int, run: Callable[[Load, int], Run]) -> Run:
    load = None
    try:
        load = Load(contestant, contestant.start(SERVER_CORE))
        return run(load, load.add_room(members))
    finally:
        if load is not None:
            load.close()
        contestant.stop()


def rounds(
    contestants: Sequence[Callable[[], Contestant]], one: Callable[[Contestant], Run], times: int
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """The medians of each contestant's figures, all of them taking turns, and what was thrown away."""
    runs: dict[str, list[dict[str, float]]] = {}
    thrown: list[str] = []
    for _ in range(times):
        for make in contestants:
            contestant = make()
            try:
                runs.setdefault(contestant.name, []).append(asdict(one(contestant)))
            except ThrownAway as why:
                thrown.append(f"{contestant.name}: {why}")
            except RuntimeError as why:
                print(f"{contestant.name} was not measured: {why}", file=sys.stderr)
    return {
        name: {key: median([run[key] for run in of_one]) for key in of_one[0]} for name, of_one in runs.items()
    }, thrown


def measure(quick: bool) -> Found:
    """By members and name the medians of `load.Run`."""
    sizes, times = ((11, 100), 1) if quick else (tuple(COMMANDS), ROUNDS)
    found: dict[str, dict[str, dict[str, float]]] = {}
    thrown: list[str] = []
    for members in sizes:
        found[str(members)], bad = rounds(CONTESTANTS, lambda c, n=members: busy(c, n), times)
        thrown += [f"{members} members, {what}" for what in bad]
    alone, bad = rounds(LONE, lone, times)
    thrown += [f"a lone command, {what}" for what in bad]
    sync = sync_ms()
    return {
        "rounds": times,
        "busy": found,
        "lone": alone,
        "sync_ms": sync,
        "thrown_away": thrown,
        "goals": goals(found, alone, sync),
        "growth": growth(found),
    }


def goals(found: dict[str, dict[str, dict[str, float]]], alone: dict[str, dict[str, float]], sync: float) -> list[Goal]:
    """The figures of the design, where both sides were measured."""
    reached: list[Goal] = []
    for members, peer, times in (
        ("11", "Socket.IO", 2),
        ("100", "Socket.IO", 6),
        ("11", "ws", 1.5),
        ("100", "ws", 4.5),
    ):
        costs = found[members]
        if peer in costs:
            ratio = costs[peer]["cpu_us"] / costs[OURS]["cpu_us"]
            what = f"events delivered a CPU-second, busy room of {members}, journal on, times {peer}'s"
            reached.append(Goal(what, ratio, times, at_most=False))
    for members, times in (("11", 5), ("100", 2)):
        ratio = found[members][OURS]["cpu_us"] / found[members][LIMIT]["cpu_us"]
        reached.append(
            Goal(f"CPU an event, busy room of {members}, journal on, times the coalescing limit's", ratio, times)
        )
    if "Socket.IO" in alone:
        ratio = alone[OURS]["p99_ms"] / (alone["Socket.IO"]["p99_ms"] + sync)
        what = "p99 of a lone command to the last of 11, journal on, times (Socket.IO's p99 + one sync)"
        reached.append(Goal(what, ratio, 1.5))
    return reached


def growth(found: dict[str, dict[str, dict[str, float]]]) -> list[Growth]:
    """The cost of a command by members."""
    why = {
        OURS: "deciding and saving a command costs the same for any room; what is sent to each member comes on top",
        "Socket.IO": "a message of its own to each member for each command",
        LIMIT: "a write to each member for each turn of the loop",
    }
    return [
        Growth(
            f"server CPU of a command, busy room, {name}: by members",
            "us",
            [(int(n), costs[name]["cpu_us"] * int(n)) for n, costs in found.items() if name in costs],
            reason,
        )
        for name, reason in why.items()
        if all(name in costs for costs in found.values())
    ]


def page(found: Found) -> str:
    """The section."""
    sizes = list(found["busy"])
    names = list(found["busy"][sizes[0]])
    parts = ["## Fan-out", "", (__doc__ or "").partition("--json]\n\n")[2].strip(), ""]
    for what, key, digits in (
        ("Server CPU for each event delivered to one member, microseconds", "cpu_us", 2),
        ("Commands a second", "a_second", 0),
        ("From a command to the last member's receipt, p50, milliseconds", "p50_ms", 2),
        ("The same, p99", "p99_ms", 2),
        ("Share of the time in which the server was busy", "server_busy", 2),
        ("Share of the time in which the load generator was busy", "load_busy", 2),
    ):
        rows = [
            [name, *(f"{found['busy'][n][name][key]:,.{digits}f}" if name in found["busy"][n] else "" for n in sizes)]
            for name in names
        ]
        parts += [table([what, *(f"{int(n):,} members" for n in sizes)], rows), ""]
    rows = [[name, f"{run['p50_ms']:.2f}", f"{run['p99_ms']:.2f}"] for name, run in found["lone"].items()]
    parts += [table(["A lone command to the last of 11", "p50, ms", "p99, ms"], rows), ""]
    thrown = found["thrown_away"]
    parts.append(f"One sync of this disk: {found['sync_ms']:.2f} ms. Medians of {found['rounds']} rounds.")
    parts.append(f"Runs thrown away: {len(thrown) or 'none'}{''.join(f'; {what}' for what in thrown)}.")
    return "\n".join(parts)


if __name__ == "__main__":
    command_line(__doc__, measure, page)
