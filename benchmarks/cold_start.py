"""Cold start of `evenly join` to its first paint and until it is in the room, against a bare Textual hello world.

    python benchmarks/cold_start.py [--json] [--quick]

Both are started in a pseudo-terminal of 80×24, alternating, each from a process of its own; first paint is when the
expected text stands on the (emulated) screen: for `join` Evenly's own first frame, the room's name and "connecting" in
its header. "In the room" is when the session is there. Shown are medians of the time on the wall and of the processor's
time (user and system) until then, and the ratios to bare Textual: the median of the ratios of neighbours, which a busy
machine disturbs less. All bytecode has been written before, as it is from the second start of any program on.
"""

from __future__ import annotations

import asyncio
import os
import pty
import secrets
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

import figures
import pyte
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store, profile_directory

GOAL = 1.4
WITHIN_S = 30.0
BARE = """\
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("hello world")

Bare().run()
"""
STARTS = {
    "bare": "bare Textual: first paint",
    "join": "`evenly join`: first paint",
    "joined": "`evenly join`: in the room",
}
FIRST_FRAME = "connecting ○"
IN_THE_ROOM = "here ●"
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")


class Cost(NamedTuple):
    """Of a start until a text stood on the screen: milliseconds on the wall, and of the processor."""

    wall: float
    cpu: float


def cost_of(command: list[str], text: str, environment: dict[str, str]) -> Cost:
    """What it costs to start a command until `text` stands on its screen."""
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True, close_fds=True
    )
    os.close(theirs)
    wall: float | None = None
    try:
        while wall is None and time.perf_counter() - began < WITHIN_S:
            if not select.select([ours], [], [], 0.01)[0]:
                continue
            try:
                stream.feed(os.read(ours, 65536))
            except OSError:
                break
            if any(text in line for line in screen.display):
                wall = (time.perf_counter() - began) * 1000
    finally:
        os.kill(process.pid, signal.SIGKILL)
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = -signal.SIGKILL
        os.close(ours)
    if wall is None:
        raise RuntimeError(f"{text!r} never stood on the screen:\n" + "\n".join(screen.display))
    return Cost(wall, (used.ru_utime + used.ru_stime) * 1000)


async def room(home: Path) -> tuple[LocalServer, Link]:
    """A server with a room, and a profile that knows it."""
    server = await LocalServer.start(SERVER)
    link = Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16))
    with Store(profile_directory(environment={"EVENLY_HOME": str(home)})) as store:
        store.remember_room(link, 0)
        store.keep_my_name(link.room, "Ana")
        store.keep_practice_done()
        store.keep_setting("surface", "screen")
    async with Peer(link, DeviceKey.generate(), "Fay", create_key="") as lead:
        await lead.entered()
    return server, link


def surroundings(home: Path) -> dict[str, str]:
    """The environment of a client whose files are in `home`; bytecode too, so that nothing is compiled twice."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "TERM": "xterm-256color",
        "EVENLY_HOME": str(home),
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
    }


async def costs(runs: int) -> dict[str, list[Cost]]:
    """What every start cost, by its name in `STARTS`."""
    home = Path(tempfile.mkdtemp())
    environment = surroundings(home)
    server, link = await room(home)
    join = [str(Path(sys.executable).with_name("evenly")), "join", link.invite_text()]
    starts = {
        "bare": ([sys.executable, "-c", BARE], "hello world"),
        "join": (join, FIRST_FRAME),
        "joined": (join, IN_THE_ROOM),
    }
    found: dict[str, list[Cost]] = {name: [] for name in starts}
    try:
        for command, text in starts.values():
            cost_of(command, text, environment)
        for _ in range(runs):
            for name, (command, text) in starts.items():
                found[name].append(cost_of(command, text, environment))
    finally:
        await server.stop()
        shutil.rmtree(home, ignore_errors=True)
    return found


def measure(quick: bool) -> figures.Found:
    """Medians in milliseconds, and ratios to bare Textual, by the names in `STARTS`."""
    runs = 3 if quick else 15
    measured = asyncio.run(costs(runs))
    found: figures.Found = {"runs": runs}
    for name, own in measured.items():
        pairs = list(zip(own, measured["bare"], strict=True))
        found[name] = {
            "wall_ms": statistics.median(cost.wall for cost in own),
            "cpu_ms": statistics.median(cost.cpu for cost in own),
            "wall_ratio": statistics.median(ours.wall / bare.wall for ours, bare in pairs),
            "cpu_ratio": statistics.median(ours.cpu / bare.cpu for ours, bare in pairs),
        }
    found["goals"] = [
        figures.Goal("cold start to first paint, CPU, against a bare Textual app", found["join"]["cpu_ratio"], GOAL),
        figures.Goal("cold start to first paint, wall, against a bare Textual app", found["join"]["wall_ratio"], GOAL),
    ]
    return found


def page(found: figures.Found) -> str:
    """The section."""
    rows = [
        (words, f"{own['wall_ms']:.0f}", f"{own['cpu_ms']:.0f}", f"{own['wall_ratio']:.2f}", f"{own['cpu_ratio']:.2f}")
        for name, words in STARTS.items()
        for own in (found[name],)
    ]
    heads = ("from the command to", "wall, ms", "CPU, ms", "wall, ratio", "CPU, ratio")
    return f"""## Cold start

Medians of {found["runs"]} alternated starts in a pseudo-terminal of 80×24; ratios to bare Textual in the same round.

{figures.table(heads, rows)}
"""


if __name__ == "__main__":
    figures.command_line(__doc__, measure, page)
