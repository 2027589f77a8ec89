"""Cold start of `evenly join` to its first paint, against a bare Textual hello world, in the same run.

    python benchmarks/cold_start.py [--runs 15] [--json]

Both are started in a pseudo-terminal of 80×24, alternating, each from a process of its own; first paint is when the
expected text stands on the (emulated) screen: for `join` Evenly's own first frame, the room's name and "connecting" in
its header. "In the room" is when the session is there. Printed: medians of the time on the wall and of the processor's
time (user and system) until then, and the ratios of first paints: the median of the ratios of neighbours, which a
busy machine disturbs less. The goal is at most 1.4.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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


async def run(runs: int) -> dict[str, float]:
    """The medians in milliseconds, and the ratios."""
    home = Path(tempfile.mkdtemp())
    environment = {**os.environ, "TERM": "xterm-256color", "EVENLY_HOME": str(home)}
    server, link = await room(home)
    join = [str(Path(sys.executable).with_name("evenly")), "join", link.invite_text()]
    bare = [sys.executable, "-c", BARE]
    costs: dict[str, list[Cost]] = {"bare": [], "join": [], "joined": []}
    try:
        cost_of(bare, "hello world", environment)
        cost_of(join, IN_THE_ROOM, environment)
        for _ in range(runs):
            costs["bare"].append(cost_of(bare, "hello world", environment))
            costs["join"].append(cost_of(join, FIRST_FRAME, environment))
            costs["joined"].append(cost_of(join, IN_THE_ROOM, environment))
    finally:
        await server.stop()
        shutil.rmtree(home, ignore_errors=True)
    found: dict[str, float] = {}
    for name, measured in costs.items():
        found[name] = statistics.median(cost.wall for cost in measured)
        found[f"{name}_cpu"] = statistics.median(cost.cpu for cost in measured)
    pairs = list(zip(costs["join"], costs["bare"], strict=True))
    found["ratio"] = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
    found["ratio_cpu"] = statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = asyncio.run(run(given.runs))
    if given.json:
        print(json.dumps(found))
        return
    print("                                wall      cpu")
    for words, name in (
        ("bare Textual, first paint", "bare"),
        ("evenly join, first paint", "join"),
        ("evenly join, in the room", "joined"),
    ):
        print(f"{words:<27}{found[name]:6.0f} ms{found[f'{name}_cpu']:6.0f} ms")
    print(f"{'ratio of first paints':<27}{found['ratio']:6.2f}   {found['ratio_cpu']:6.2f}   (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
