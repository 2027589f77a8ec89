"""What years of history cost: joining, coming again, restarting, keeping, backing up; 100 entries against 100,000.

    python benchmarks/history.py [--json] [--quick]

The rooms have the same eight members and are left in the same place of a session; only what went before differs
(`story.py`: sessions of two and a half hours, every entry decided by the rules). All rooms are in one journal and on
one server process; joins alternate between them. A join is from opening the TCP connection with an empty replica until
the room's name, its members and what waits are in words; `read` is the part of it until the whole snapshot is read.
Coming again is the same with the replica there; cold is the first join after a start, when the room is in no memory.
CPU is the processor's time of the server's process and of this one.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import figures
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_client.waiting import waits
from evenly_protocol.checkins import CHECK_INS_KEPT
from evenly_protocol.exchange import POSTS_KEPT
from evenly_protocol.room import Room
from evenly_protocol.session import PAST_SESSIONS_KEPT
from evenly_server.actor import SNAPSHOT_EVERY, RoomActor, Tools
from evenly_server.clock import SystemClock
from evenly_server.fanout import choose_fanout
from evenly_server.journal.archive import backup, restore
from evenly_server.journal.sqlite import SqliteJournal
from evenly_server.metrics import Metrics
from evenly_server.serve import COMMANDS_A_SECOND
from story import Story, snapshot_of, write

SIZES = (100, 400, 1_600, 6_400, 25_600, 100_000)
SIZES_QUICK = (100, 1_600)
PEOPLE = 8
TEN_YEARS = 260
"""Sessions of ten years, one a fortnight."""

CROWDS = ((11, 1), (11, 100), (11, 1_000), (50, 1), (50, 10), (300, 1), (300, 10))
CROWDS_QUICK = ((11, 1), (50, 1))
"""People, and the sessions that they have had, of which the snapshot is weighed."""

SERVER = ("--port", "0", "--create", "anyone", "--log", "error")
SETTLES_S = 0.01
"""Seconds in which a server is done with somebody who has left."""

JOIN_GOAL = 1.3


@dataclass(frozen=True)
class Known:
    """A room of which a member is known: what a client has on its disk."""

    link: Link
    key: DeviceKey
    entries: int


@dataclass(frozen=True)
class Cost:
    """Of one join, milliseconds: on the wall in all, and until the room is read; of both sides' processors."""

    wall: float
    read: float
    server: float
    client: float


# -- joining -----------------------------------------------------------------------------------------------------


async def joined(server: LocalServer, known: Known, held: Room | None = None) -> tuple[Cost, Room]:
    """What it costs a member to come in, and the replica; `held` is the replica from before."""
    pid = server._process.pid
    peer = Peer(replace(known.link, port=server.port), known.key, "")
    if held is not None:
        peer.room = held
    cpu, own, began = figures.cpu_seconds(pid), time.process_time(), time.perf_counter()
    peer.start()
    await peer.entered()
    read = time.perf_counter() - began
    shown(peer)
    wall, own = time.perf_counter() - began, time.process_time() - own
    await peer.stop()
    await asyncio.sleep(SETTLES_S)
    assert peer.room.seq == known.entries, (peer.room.seq, known.entries)
    return Cost(wall * 1000, read * 1000, (figures.cpu_seconds(pid) - cpu) * 1000, own * 1000), peer.room


def shown(peer: Peer) -> list[str]:
    """What stands on a screen first, in words."""
    look = Outlook(peer)
    return [look.room_name, look.phase, *(look.name(seat) for seat in look.everybody), *(w.words for w in waits(look))]


async def joins(journal: Path, rooms: Sequence[Known], runs: int) -> dict[str, list[list[Cost]]]:
    """For each kind of join what it cost, by room in their order and run; the rooms take turns."""
    server = await LocalServer.start((*SERVER, "--journal", str(journal)))
    costs: dict[str, list[list[Cost]]] = {"join": [[] for _ in rooms], "again": [[] for _ in rooms]}
    try:
        for run in range(-2, runs):
            for number, known in enumerate(rooms):
                first, replica = await joined(server, known)
                second, _ = await joined(server, known, replica)
                if run >= 0:
                    costs["join"][number].append(first)
                    costs["again"][number].append(second)
    finally:
        await server.stop()
    return costs


def ratio_of_neighbours(costs: Sequence[Sequence[Cost]]) -> float:
    """The last room's wall time against the first's: the median over the runs, which a busy machine disturbs less."""
    return median(most.wall / least.wall for least, most in zip(costs[0], costs[-1], strict=True))


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(*(median(values) for values in zip(*(astuple(cost) for cost in costs), strict=True)))


# -- starting ----------------------------------------------------------------------------------------------------


async def restarts(journal: Path, rooms: Sequence[Known], runs: int) -> tuple[list[float], list[Cost]]:
    """By room: milliseconds from starting the server's process until a member is in, and what that join costs.

    The rooms take turns; each has a process of its own, which ends as in a power cut.
    """
    starts: list[list[float]] = [[] for _ in rooms]
    costs: list[list[Cost]] = [[] for _ in rooms]
    for _ in range(runs):
        for number, known in enumerate(rooms):
            began = time.perf_counter()
            server = await LocalServer.start((*SERVER, "--journal", str(journal)))
            listens = time.perf_counter() - began
            try:
                cost, _replica = await joined(server, known)
            finally:
                await server.kill()
            costs[number].append(cost)
            starts[number].append(listens * 1000 + cost.wall)
    return [median(of_room) for of_room in starts], [typical(of_room) for of_room in costs]


async def loads(journal: Path, rooms: Sequence[Known], runs: int) -> list[float]:
    """What it takes to read a room into memory, by room, milliseconds of CPU: its snapshot, the entries behind it."""
    opened = await SqliteJournal.open(journal)
    tools = Tools(opened, SystemClock(), choose_fanout(framed_once=True), Metrics(), lambda: bytes(16))
    taken: list[list[float]] = [[] for _ in rooms]
    try:
        for _ in range(runs):
            for number, known in enumerate(rooms):
                began = time.process_time()
                actor = await RoomActor.load(known.link.room, tools)
                taken[number].append((time.process_time() - began) * 1000)
                assert actor is not None
                assert actor.room.seq == known.entries
                await actor.stop()
    finally:
        await opened.close()
    return [median(of_room) for of_room in taken]


# -- ten years ---------------------------------------------------------------------------------------------------


async def ten_years(folder: Path, sessions: int, runs: int) -> figures.Found:
    """A journal of one group: its size, and what is done with it as a whole. Times in milliseconds on the wall."""
    story = Story(PEOPLE)
    story.hold_sessions(sessions)
    journal, saved, fresh = folder / "years.db", folder / "years.evenly", folder / "restored.db"
    await write(journal, [story])
    known = Known(story.link, story.keys[1], len(story.bodies))
    found: figures.Found = {
        "sessions": sessions,
        "entries": known.entries,
        "body_bytes": sum(map(len, story.bodies)) / known.entries,
        "journal_bytes": journal.stat().st_size,
        "snapshot_bytes": len(snapshot_of(story.room)),
    }
    del story
    gc.collect()
    found["open_ms"] = median([await opening(journal) for _ in range(runs)])
    found["restart_ms"] = (await restarts(journal, [known], runs))[0][0]
    found["backup_ms"] = median([timed(lambda: backup(journal, saved, force=True)) for _ in range(runs)])
    found["backup_bytes"] = saved.stat().st_size
    found["restore_ms"] = median([timed(lambda: _restored(saved, fresh)) for _ in range(runs)])
    found["restored_bytes"] = fresh.stat().st_size
    found["history_ms"] = await whole_history(journal, known, "--no-pace")
    found["history_paced_ms"] = await whole_history(journal, known)
    return found


def _restored(archive: Path, journal: Path) -> None:
    journal.unlink(missing_ok=True)
    restore(archive, journal)


async def opening(journal: Path) -> float:
    """Opening and closing the file, milliseconds."""
    began = time.perf_counter()
    opened = await SqliteJournal.open(journal)
    taken = time.perf_counter() - began
    await opened.close()
    return taken * 1000


def timed(work: Callable[[], object]) -> float:
    """How long it takes, milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


async def whole_history(journal: Path, known: Known, *arguments: str) -> float:
    """A member's client asks for every entry, page by page, as for a report; milliseconds."""
    server = await LocalServer.start((*SERVER, "--journal", str(journal), *arguments))
    try:
        async with Peer(replace(known.link, port=server.port), known.key, "") as peer:
            await peer.entered()
            began = time.perf_counter()
            assert len(await peer.history()) == known.entries
            return (time.perf_counter() - began) * 1000
    finally:
        await server.stop()


def crowds(of: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """How large a snapshot is by people and sessions; `bare`: before the first session."""
    found: list[dict[str, int]] = []
    for people in sorted({people for people, _ in of}):
        story, held = Story(people), 0
        bare = len(snapshot_of(story.room))
        for sessions in sorted(sessions for n, sessions in of if n == people):
            story.hold_sessions(sessions - held)
            held = sessions
            size, entries = len(snapshot_of(story.room)), len(story.bodies)
            found.append({"people": people, "sessions": sessions, "bare": bare, "bytes": size, "entries": entries})
    return found


# -- all of it ---------------------------------------------------------------------------------------------------


def measure(quick: bool) -> figures.Found:
    """Everything, in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp())
    try:
        return asyncio.run(_measured(folder, quick))
    finally:
        shutil.rmtree(folder)


async def _measured(folder: Path, quick: bool) -> figures.Found:
    journal, bare = folder / "rooms.db", folder / "bare.db"
    rooms, snapshots = await _rooms(journal, bare, SIZES_QUICK if quick else SIZES)
    gc.collect()
    gc.freeze()  # what was made for the measuring is not looked through while it is measured
    costs = await joins(journal, rooms, 5 if quick else 40)
    kinds = {kind: [typical(of_room) for of_room in of_kind] for kind, of_kind in costs.items()}
    restart_ms, kinds["cold"] = await restarts(journal, rooms, 2 if quick else 9)
    found: figures.Found = {
        "people": PEOPLE,
        "entries": [known.entries for known in rooms],
        "snapshot_bytes": snapshots,
        **kinds,
        "join_ratio": ratio_of_neighbours(costs["join"]),
        "restart_ms": restart_ms,
        "load_cpu_ms": await loads(journal, rooms, 3 if quick else 15),
        "fold_cpu_ms": await loads(bare, rooms, 1),
        "ten_years": await ten_years(folder, 5 if quick else TEN_YEARS, 1 if quick else 5),
        "crowds": crowds(CROWDS_QUICK if quick else CROWDS),
    }
    return found | {"growth": _growth(found), "goals": [_goal(found)]}


async def _rooms(journal: Path, bare: Path, sizes: Sequence[int]) -> tuple[list[Known], list[int]]:
    """Rooms of these sizes in a journal, and in another without snapshots; the snapshots' sizes."""
    stories = [Story(PEOPLE, seed) for seed, _ in enumerate(sizes)]
    for story, size in zip(stories, sizes, strict=True):
        story.go_on(size)
    await write(journal, stories)
    await write(bare, stories, snapshots=False)
    known = [Known(story.link, story.keys[1], len(story.bodies)) for story in stories]
    return known, [len(snapshot_of(story.room)) for story in stories]


def _growth(found: figures.Found) -> list[figures.Growth]:
    def growth(what: str, unit: str, costs: Sequence[float], why: str) -> figures.Growth:
        return figures.Growth(what, unit, list(zip(map(float, found["entries"]), costs, strict=True)), why)

    return [
        growth(
            "join, by entries",
            "ms",
            [c.wall for c in found["join"]],
            "What a client is sent is the room's state: it grows until its boards are full "
            f"({CHECK_INS_KEPT} check-ins, {POSTS_KEPT} posts, {PAST_SESSIONS_KEPT} sessions as totals), then no more.",
        ),
        growth(
            "coming again, by entries",
            "ms",
            [c.wall for c in found["again"]],
            "A client that lacks nothing needs the welcome alone; what grows here is a snapshot sent all the same.",
        ),
        growth(
            "restart to the first member in, by entries",
            "ms",
            found["restart_ms"],
            f"The start of the process, then one snapshot and the entries behind it, about {SNAPSHOT_EVERY} at most.",
        ),
        growth(
            "snapshot, by entries", "bytes", found["snapshot_bytes"], "As for the join: the boards fill, then stay."
        ),
        growth(
            "load without a snapshot, by entries",
            "ms of CPU",
            found["fold_cpu_ms"],
            "Every entry is read, its hash checked, and folded: once, after an update that changes the snapshot.",
        ),
    ]


def _goal(found: figures.Found) -> figures.Goal:
    most, least = found["entries"][-1], found["entries"][0]
    return figures.Goal(f"join with {most:,} entries against {least:,}", found["join_ratio"], JOIN_GOAL)


# -- the page ----------------------------------------------------------------------------------------------------


def page(found: figures.Found) -> str:
    """The section."""
    goal = found["goals"][0]
    met = "met" if goal["value"] <= goal["limit"] else "missed"
    return "\n\n".join(
        [
            "## History",
            f"{found['people']} members; milliseconds, medians. A restart is from the process's start until one is in.",
            _by_entries(found),
            f"{goal['what'].capitalize()}: {goal['value']:.2f} times (goal: at most {goal['limit']}; {met}). "
            + _ratios(found),
            _years(found["ten_years"], found["people"]),
            _sizes(found["crowds"]),
        ]
    )


def _ratios(found: figures.Found) -> str:
    def ratio(kind: str, of: str) -> str:
        return f"{found[kind][-1][of] / found[kind][0][of]:.2f}"

    restart = found["restart_ms"][-1] / found["restart_ms"][0]
    return (
        f"Until the snapshot is read {ratio('join', 'read')}; the server's CPU {ratio('join', 'server')}, the client's "
        f"{ratio('join', 'client')}. Coming again {ratio('again', 'wall')}, cold {ratio('cold', 'wall')}, restart "
        f"{restart:.2f}."
    )


def _by_entries(found: figures.Found) -> str:
    heads = ["entries", "snapshot, KB", "join", "read", "server CPU", "client CPU", "again", "server CPU", "cold"]
    heads += ["restart", "load, CPU", "no snapshot, CPU"]
    rows: list[list[str]] = []
    for i, entries in enumerate(found["entries"]):
        join, again = found["join"][i], found["again"][i]
        cells = [join["wall"], join["read"], join["server"], join["client"], again["wall"], again["server"]]
        cells += [found["cold"][i]["wall"], found["restart_ms"][i], found["load_cpu_ms"][i], found["fold_cpu_ms"][i]]
        rows.append([f"{entries:,}", f"{found['snapshot_bytes'][i] / 1000:.0f}", *(_ms(cell) for cell in cells)])
    return figures.table(heads, rows)


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _years(years: dict[str, Any], people: int) -> str:
    said = (
        f"Ten years of a group are taken to be {years['sessions']} sessions, one a fortnight, each of two and a half "
        f"hours with {people} members ({years['entries'] / years['sessions']:.0f} entries a session, "
        f"{years['body_bytes']:.0f} bytes each)."
    )
    rows = [
        ["entries", f"{years['entries']:,}"],
        ["journal, MB", f"{years['journal_bytes'] / 1e6:.1f}"],
        ["snapshot, KB", f"{years['snapshot_bytes'] / 1000:.0f}"],
        ["opening the journal, ms", _ms(years["open_ms"])],
        ["restart until a member is in, ms", _ms(years["restart_ms"])],
        ["`evenly backup`, ms", _ms(years["backup_ms"])],
        ["backup, MB", f"{years['backup_bytes'] / 1e6:.1f}"],
        ["`evenly restore`, every hash checked, ms", _ms(years["restore_ms"])],
        ["all of it to a client, page by page, ms", _ms(years["history_paced_ms"])],
        [f"the same without the limit of {COMMANDS_A_SECOND:.0f} questions a second, ms", _ms(years["history_ms"])],
    ]
    return said + "\n\n" + figures.table(["ten years", ""], rows)


def _sizes(crowds: Sequence[dict[str, int]]) -> str:
    heads = ["members", "sessions", "entries", "snapshot, KB", "before the first session, KB"]
    rows = [
        [
            str(c["people"]),
            f"{c['sessions']:,}",
            f"{c['entries']:,}",
            f"{c['bytes'] / 1000:.0f}",
            f"{c['bare'] / 1000:.0f}",
        ]
        for c in crowds
    ]
    return figures.table(heads, rows)


if __name__ == "__main__":
    figures.command_line(__doc__, measure, page)
