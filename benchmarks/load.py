"""The load generator from Python: members' open connections in, what it cost to serve them out. See native/load.c."""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import socket
from typing import Protocol

from figures import percentile

HERE = Path(__file__).parent
BUILT = HERE.parent / "build" / "benchmarks"
MAGIC = b"EvBench!"
SERVER_CORE, LOAD_CORE = 0, (os.cpu_count() or 1) - 1


class ThrownAway(Exception):
    """A run that lost, doubled or misread something, or stalled: it says nothing."""


class Contestant(Protocol):
    """A server that is measured.

    Attributes:
        name: as the page calls it.
        numbered_as: how an event's number stands before its marker: "msgpack", "json", or "" for not at all.
        echoes: whether a sender is sent its own commands.
        heartbeat: a heartbeat message of the server and the whole frame that answers it; both empty for none.
    """

    name: str
    numbered_as: str
    echoes: bool
    heartbeat: tuple[bytes, bytes]

    def start(self, core: int) -> int:
        """Starts it on that core. Its process."""
        ...

    def connect(self, room: int, members: int) -> list[socket]:
        """Members of one room, connected and let in."""
        ...

    def base(self, room: int) -> int:
        """The number of the room's last event."""
        ...

    def commands(self, room: int, sender: int, count: int) -> list[bytes]:
        """The commands of one sender, of all that are measured, as complete messages; see `command_id`."""
        ...

    def stop(self) -> None:
        """Ends it."""
        ...


def command_id(sender: int, number: int) -> bytes:
    """The id of a command, 16 bytes: what the load generator knows its event by."""
    return MAGIC + sender.to_bytes(4) + number.to_bytes(4)


@dataclass(frozen=True)
class Sender:
    """Whose commands these are: a connection by its number, and complete messages."""

    connection: int
    commands: list[bytes]


@dataclass(frozen=True)
class Run:
    """What a run found, after its warm-up.

    Attributes:
        cpu_us: of the server, for each event delivered to one member, microseconds.
        a_second: commands.
        p50_ms, p99_ms: from a command to the last member's receipt.
        server_busy, load_busy: the share of the time in which each had work to do, 1.0 being one core.
        seconds: how long it took.
    """

    cpu_us: float
    a_second: float
    p50_ms: float
    p99_ms: float
    server_busy: float
    load_busy: float
    seconds: float


class _Sender(ctypes.Structure):
    _fields_ = [
        ("connection", ctypes.c_int),
        ("count", ctypes.c_int),
        ("bytes", ctypes.c_char_p),
        ("starts", ctypes.POINTER(ctypes.c_int64)),
        ("first", ctypes.c_int),
        ("place", ctypes.c_int),
        ("sent", ctypes.c_int),
    ]


class _Plan(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("senders", "rooms", "total", "warm", "window", "scheduled")),
        ("due_sender", ctypes.POINTER(ctypes.c_int)),
        ("due_ns", ctypes.POINTER(ctypes.c_int64)),
        ("needle", ctypes.c_char_p),
        *((name, ctypes.c_int) for name in ("needle_length", "hex", "numbered", "echoes")),
        ("base", ctypes.POINTER(ctypes.c_uint64)),
        ("heartbeat", ctypes.c_char_p),
        ("answer", ctypes.c_char_p),
        *((name, ctypes.c_int) for name in ("heartbeat_length", "answer_length", "server")),
        ("latency_ns", ctypes.POINTER(ctypes.c_int64)),
        *((name, ctypes.c_int64) for name in ("window_ns", "server_cpu_ns", "load_cpu_ns", "deliveries", "commands")),
        ("error", ctypes.c_char * 200),
    ]


def compiled(name: str, *options: str) -> Path:
    """A C program of ours, compiled where it is not yet.

    Raises:
        RuntimeError: there is no C compiler.
    """
    source, out = HERE / "native" / f"{name}.c", BUILT / name
    if not out.exists() or out.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc")
        if compiler is None:
            raise RuntimeError("this benchmark needs a C compiler (cc)")
        BUILT.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O2", "-Wall", *options, "-o", str(out), str(source)], check=True)
    return out


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(str(compiled("load", "-shared", "-fPIC")))


class Load:
    """The members of all rooms of one server. One at a time in a process; `close` lets them go."""

    def __init__(self, contestant: Contestant, process: int) -> None:
        os.sched_setaffinity(0, {LOAD_CORE})
        self._contestant, self._process = contestant, process
        self._sockets: list[socket] = []
        self._rooms = 0

    def add_room(self, members: int) -> int:
        """Connects a room. The number of its first connection; the others follow."""
        first = len(self._sockets)
        for connection in self._contestant.connect(self._rooms, members):
            _library().load_add(connection.fileno(), self._rooms)
            self._sockets.append(connection)
        self._rooms += 1
        return first

    def drain(self, quiet_ms: int = 0) -> None:
        """Reads what has come until nothing has come for so long, and answers heartbeats."""
        if _library().load_drain(ctypes.byref(self._plan([])), quiet_ms) < 0:
            raise ThrownAway("a connection ended while nothing was sent")

    def saturate(self, senders: Sequence[Sender], in_flight: int, warm: float = 0.25) -> Run:
        """Sends everything, each sender with so many commands that not everybody has received yet."""
        return self._run(senders, warm, window=in_flight)

    def paced(self, senders: Sequence[Sender], every_s: float, warm: float = 0.25) -> Run:
        """Each sender sends a command every so many seconds, all of them spread evenly over that time."""
        step = every_s * 1e9 / len(senders)
        longest = max(len(s.commands) for s in senders)
        due = [
            (int((k * len(senders) + i) * step), i)
            for k, i in itertools.product(range(longest), range(len(senders)))
            if k < len(senders[i].commands)
        ]
        return self._run(senders, warm, due=due)

    def _run(self, senders: Sequence[Sender], warm: float, window: int = 0, due: Sequence[tuple[int, int]] = ()) -> Run:
        self.drain(200)
        plan = self._plan(senders)
        plan.window, plan.warm = window, int(plan.total * warm)
        plan.scheduled = len(due)
        plan.due_ns = (ctypes.c_int64 * len(due))(*(at for at, _ in due))
        plan.due_sender = (ctypes.c_int * len(due))(*(sender for _, sender in due))
        latencies = (ctypes.c_int64 * plan.total)()
        plan.latency_ns = latencies
        if _library().load_run(ctypes.byref(plan), self._senders(senders)):
            raise ThrownAway(plan.error.decode())
        # In the order in which they were sent as near as makes no difference: each sender's own warm-up is left out.
        measured = [ms / 1e6 for s, first in zip(senders, _firsts(senders), strict=True)
                    for ms in latencies[first + int(len(s.commands) * warm) : first + len(s.commands)]]  # fmt: skip
        return Run(
            cpu_us=plan.server_cpu_ns / plan.deliveries / 1000,
            a_second=plan.commands / plan.window_ns * 1e9,
            p50_ms=percentile(measured, 0.5),
            p99_ms=percentile(measured, 0.99),
            server_busy=plan.server_cpu_ns / plan.window_ns,
            load_busy=plan.load_cpu_ns / plan.window_ns,
            seconds=plan.window_ns / 1e9,
        )

    def _plan(self, senders: Sequence[Sender]) -> _Plan:
        c = self._contestant
        as_hex = c.numbered_as != "msgpack"
        needle = MAGIC.hex().encode() if as_hex else MAGIC
        beat, answer = c.heartbeat
        return _Plan(
            senders=len(senders),
            rooms=self._rooms,
            total=sum(len(s.commands) for s in senders),
            needle=needle,
            needle_length=len(needle),
            hex=as_hex,
            numbered=("", "msgpack", "json").index(c.numbered_as),
            echoes=c.echoes,
            base=(ctypes.c_uint64 * self._rooms)(*(c.base(room) for room in range(self._rooms))),
            heartbeat=beat,
            answer=answer,
            heartbeat_length=len(beat),
            answer_length=len(answer),
            server=self._process,
        )

    def _senders(self, senders: Sequence[Sender]) -> ctypes.Array[_Sender]:
        return (_Sender * len(senders))(
            *(
                _Sender(
                    connection=s.connection,
                    count=len(s.commands),
                    bytes=b"".join(s.commands),
                    starts=(ctypes.c_int64 * (len(s.commands) + 1))(0, *itertools.accumulate(map(len, s.commands))),
                    first=first,
                )
                for s, first in zip(senders, _firsts(senders), strict=True)
            )
        )

    def close(self) -> None:
        """Ends all connections."""
        _library().load_clear()
        for connection in self._sockets:
            connection.close()


def _firsts(senders: Sequence[Sender]) -> list[int]:
    return [0, *itertools.accumulate(len(s.commands) for s in senders)][:-1]
