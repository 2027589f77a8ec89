"""Group commit against one commit an append, on the same file format, both synced; and no disk at all.

    python benchmarks/journal.py [--json] [--quick]

`grouped` is the server's journal; `no window` the same without the wait of up to 2 ms in which it gathers more under
load. `one by one` is what is written without the idea of groups: the same tables, hashes and PRAGMAs (WAL,
synchronous=FULL), one thread, one transaction with one append in it, awaited. `memory` keeps nothing. Appenders give
one entry of 121 bytes, wait until it is stored, and give the next. *Rooms of their own*: each appends to another room.
*One room*: all give commands to one room, whose actor appends what waits, all of it at once or (one by one) each alone.
*Paced*: rooms that each give four entries a second at random moments, as people do. The kinds take turns in one
process; CPU is all of that process, event loop and appenders included.

The slow disk is this one with every fsync and fdatasync made 2 ms longer, by a library in C that is compiled here and
loaded in front of the system's; without a C compiler it is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import figures
from evenly_server.journal.interface import GENESIS, Outcome, chain
from evenly_server.journal.memory import MemoryJournal
from evenly_server.journal.sqlite import INSERT_RECORD, SCHEMA, SqliteJournal

APPENDERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
COMPARED = (1, 8, 64, 512)
APPENDERS_QUICK = (1, 8, 64)
KINDS = ("grouped", "no window", "one by one", "memory")
ON_DISK = KINDS[:3]
PACED = (100, 500)
PACED_QUICK = (20,)
A_SECOND = 4.0
"""Rooms that are used by people, and how often something is pressed in each."""

BODY = bytes(121)
"""As long as an entry is on average (history.py)."""

SIZES = tuple(1_000 * 2**power for power in range(8))
SIZES_QUICK = (1_000, 4_000)
"""Records in the file, when it is seen what an append costs."""

FILLING = 64
"""Rooms of the growing file, and appenders."""

SLOWER_MS = 2
SLOW_SYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int longer(const char *name, int file) {
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    struct timespec ms = {0, %d * 1000000L};
    int result = real(file);
    nanosleep(&ms, 0);
    return result;
}

int fsync(int file) { return longer("fsync", file); }
int fdatasync(int file) { return longer("fdatasync", file); }
"""


class Appends(Protocol):
    """The part of a journal that is measured."""

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """Stores, synced, before it returns."""
        ...

    async def close(self) -> None:
        """Lets go of the file."""
        ...


class OneByOne:
    """The same file, a transaction for each append."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript(SCHEMA)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._heads: dict[bytes, tuple[int, bytes]] = {}
        self._thread = ThreadPoolExecutor(1)

    async def append(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        """See `Appends.append`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._store, room, expected_seq, bodies)

    def _store(self, room: bytes, expected_seq: int, bodies: Sequence[bytes]) -> Outcome:
        seq, head_hash = self._heads.get(room, (0, GENESIS))
        if seq != expected_seq:
            return Outcome.CONFLICT
        records = chain(room, seq, head_hash, bodies)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(INSERT_RECORD, [(room, r.seq, r.hash, r.body) for r in records])
        self._db.execute("COMMIT")
        self._heads[room] = records[-1].seq, records[-1].hash
        return Outcome.OK

    async def close(self) -> None:
        """See `Appends.close`."""
        self._thread.shutdown()
        self._db.close()


@dataclass(frozen=True)
class Cost:
    """What was seen of a number of appenders: entries a second, milliseconds until stored, CPU µs an entry."""

    a_second: float
    p50: float
    p99: float
    cpu: float


# -- appenders ---------------------------------------------------------------------------------------------------


async def in_own_rooms(journal: Appends, appenders: int, seconds: float) -> list[float]:
    """Each appends to a room of its own, at least twice. Milliseconds that each entry took."""
    until = time.perf_counter() + seconds
    taken: list[float] = []

    async def append(room: bytes) -> None:
        seq = 0
        while seq < 2 or time.perf_counter() < until:
            began = time.perf_counter()
            outcome = await journal.append(room, seq, [BODY])
            assert outcome is Outcome.OK
            taken.append((time.perf_counter() - began) * 1000)
            seq += 1

    await asyncio.gather(*(append(os.urandom(16)) for _ in range(appenders)))
    return taken


async def in_one_room(journal: Appends, appenders: int, seconds: float, *, at_once: bool) -> list[float]:
    """All give to one room, which appends what waits, `at_once` or each alone. Milliseconds that each entry took."""
    until = time.perf_counter() + seconds
    room, seq, given = os.urandom(16), 0, [time.perf_counter()] * appenders
    taken: list[float] = []
    while time.perf_counter() < until or len(taken) < 2 * appenders:
        stored, given = (given, []) if at_once else (given[:1], given[1:])
        outcome = await journal.append(room, seq, [BODY] * len(stored))
        assert outcome is Outcome.OK
        now = time.perf_counter()
        taken.extend((now - began) * 1000 for began in stored)
        seq += len(stored)
        given.extend([now] * len(stored))
    return taken


async def paced(journal: Appends, rooms: int, seconds: float) -> list[float]:
    """Entries come to each room at random moments, `A_SECOND`. Milliseconds that each took."""
    until = time.perf_counter() + seconds
    taken: list[float] = []

    async def append(number: int) -> None:
        draw, room, seq = random.Random(number), os.urandom(16), 0
        while (pause := draw.expovariate(A_SECOND)) < until - time.perf_counter():
            await asyncio.sleep(pause)
            began = time.perf_counter()
            outcome = await journal.append(room, seq, [BODY])
            assert outcome is Outcome.OK
            taken.append((time.perf_counter() - began) * 1000)
            seq += 1

    await asyncio.gather(*(append(number) for number in range(rooms)))
    return taken


async def opened(kind: str, folder: Path) -> Appends:
    """A new journal of a kind."""
    path = folder / f"{kind.replace(' ', '-')}-{time.monotonic_ns()}.db"
    if kind == "memory":
        return MemoryJournal()
    if kind == "one by one":
        return OneByOne(path)
    return await (SqliteJournal.open(path, window_ms=0) if kind == "no window" else SqliteJournal.open(path))


async def cost_of(kind: str, folder: Path, load: Callable[[Appends], Awaitable[list[float]]]) -> Cost:
    """What a load sees of a new journal of this kind."""
    journal = await opened(kind, folder)
    try:
        await in_own_rooms(journal, 1, 0.0)
        cpu, began = time.process_time(), time.perf_counter()
        taken = await load(journal)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    finally:
        await journal.close()
    n = len(taken)
    return Cost(n / wall, median(taken), figures.percentile(taken, 0.99), cpu * 1e6 / n)


async def compared(folder: Path, load: str, appenders: int, quick: bool) -> dict[str, Any]:
    """The medians of each kind under a load; the kinds take turns."""
    kinds = ON_DISK if load == "paced" else KINDS if appenders in COMPARED else KINDS[:1]
    seconds = 0.2 if quick else 2.0 if load == "paced" else 0.5
    costs: dict[str, list[Cost]] = {kind: [] for kind in kinds}
    for _ in range(1 if quick else 3):
        for kind in kinds:
            work = {
                "own rooms": partial(in_own_rooms, appenders=appenders, seconds=seconds),
                "one room": partial(in_one_room, appenders=appenders, seconds=seconds, at_once=kind != "one by one"),
                "paced": partial(paced, rooms=appenders, seconds=seconds),
            }[load]
            costs[kind].append(await cost_of(kind, folder, work))
    return {"appenders": appenders, "kinds": {kind: typical(several) for kind, several in costs.items()}}


def typical(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(*(median(values) for values in zip(*(astuple(cost) for cost in costs), strict=True)))


async def as_it_grows(folder: Path, sizes: Sequence[int]) -> list[tuple[int, float]]:
    """Records in a file, and then CPU µs an append of one more, with 64 appenders in as many rooms."""
    journal = await SqliteJournal.open(folder / "growing.db")
    rooms, seqs = [os.urandom(16) for _ in range(FILLING)], [0] * FILLING

    async def append(number: int, bodies: Sequence[bytes]) -> None:
        outcome = await journal.append(rooms[number], seqs[number], bodies)
        assert outcome is Outcome.OK
        seqs[number] += len(bodies)

    async def several(number: int) -> None:
        for _ in range(8):
            await append(number, [BODY])

    found: list[tuple[int, float]] = []
    try:
        for size in sizes:
            missing = max(0, size - sum(seqs)) // FILLING
            if missing:
                await asyncio.gather(*(append(number, [BODY] * missing) for number in range(FILLING)))
            costs: list[float] = []
            for _ in range(5):
                cpu, before = time.process_time(), sum(seqs)
                await asyncio.gather(*(several(number) for number in range(FILLING)))
                costs.append((time.process_time() - cpu) * 1e6 / (sum(seqs) - before))
            found.append((size, median(costs)))
    finally:
        await journal.close()
    return found


# -- disks -------------------------------------------------------------------------------------------------------


def print_disk(quick: bool, grows: bool) -> None:
    """What is found on the disk as this process sees it, as JSON on standard output; `grows`: how costs grow, too."""
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_runner()(_disk(Path(folder), quick, grows)), default=asdict))


async def _disk(folder: Path, quick: bool, grows: bool) -> figures.Found:
    few = APPENDERS_QUICK if quick else COMPARED
    own = APPENDERS if grows and not quick else few
    sizes = SIZES_QUICK if quick else SIZES
    return {
        "sync_ms": figures.sync_ms(folder),
        "own rooms": [await compared(folder, "own rooms", n, quick) for n in own],
        "one room": [await compared(folder, "one room", n, quick) for n in few],
        "paced": [await compared(folder, "paced", n, quick) for n in (PACED_QUICK if quick else PACED)],
        "as_it_grows": await as_it_grows(folder, sizes) if grows else [],
    }


def _runner() -> Callable[[Awaitable[figures.Found]], figures.Found]:
    """The event loop that the server runs on."""
    with contextlib.suppress(ImportError):
        import uvloop

        return uvloop.run  # type: ignore[return-value]
    return asyncio.run  # type: ignore[return-value]


def disk(quick: bool, preload: Path | None = None) -> figures.Found:
    """What a process of its own finds; `preload`: a library that it loads in front of the system's."""
    program = f"import journal; journal.print_disk({quick}, {preload is None})"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    if preload is not None:
        environment["LD_PRELOAD"] = str(preload)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def slow_sync(folder: Path) -> Path | None:
    """The library that makes every sync longer; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SLOW_SYNC % SLOWER_MS)
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


# -- all of it ---------------------------------------------------------------------------------------------------


def measure(quick: bool) -> figures.Found:
    """The disk as it is, and slower."""
    with tempfile.TemporaryDirectory() as folder:
        library = slow_sync(Path(folder))
        found: figures.Found = {"disk": disk(quick), "slow": disk(quick, library) if library is not None else None}
    return found | {"growth": _growth(found["disk"]), "goals": []}


def _growth(found: figures.Found) -> list[figures.Growth]:
    points = [(float(row["appenders"]), row["kinds"]["grouped"]["cpu"]) for row in found["own rooms"]]
    return [
        figures.Growth(
            "CPU an append, by appenders",
            "µs",
            points,
            "What a commit costs (two changes of threads, the transaction, the sync) is shared by all who wait; what "
            "is left is the hash, the row and the waking of who has waited.",
        ),
        figures.Growth(
            "CPU an append, by records in the file",
            "µs",
            [(float(size), cost) for size, cost in found["as_it_grows"]],
            "A row goes to the end of its room in a B-tree, whose depth is the logarithm of its size.",
        ),
    ]


# -- the page ----------------------------------------------------------------------------------------------------


def page(found: figures.Found) -> str:
    """The section."""
    parts = ["## Journal", *_of_disk("This disk", found["disk"])]
    if found["slow"] is None:
        parts.append("No C compiler is here: the slow disk was left out.")
    else:
        parts += _of_disk("A slow disk", found["slow"])
    return "\n\n".join(parts)


def _of_disk(words: str, found: figures.Found) -> list[str]:
    return [
        f"{words}: a sync of 4 KiB takes {found['sync_ms']:.2f} ms (median).",
        _table("appenders, rooms of their own", found["own rooms"]),
        _table("appenders, one room", found["one room"]),
        _table("rooms, paced", found["paced"]),
        "Ratio: the p50 of this against that of grouped; above 1 grouped is faster.",
    ]


def _table(of: str, rows: Sequence[dict[str, Any]]) -> str:
    heads = [of, "", "entries a second", "p50, ms", "p99, ms", "CPU, µs an entry", "p50, ratio"]
    cells: list[list[str]] = []
    for row in rows:
        kinds = row["kinds"]
        for kind, cost in kinds.items() if len(kinds) > 1 else ():
            ratio = cost["p50"] / kinds["grouped"]["p50"]
            seen = [f"{cost['a_second']:,.0f}", f"{cost['p50']:.2f}", f"{cost['p99']:.2f}", f"{cost['cpu']:.1f}"]
            cells.append([str(row["appenders"]), kind, *seen, f"{ratio:.2f}"])
    return figures.table(heads, cells)


if __name__ == "__main__":
    figures.command_line(__doc__, measure, page)
