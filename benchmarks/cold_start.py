"""Cold start of `evenly join` to its first paint, against a bare Textual hello world, in the same run.

    python benchmarks/cold_start.py [--runs 15] [--json]

Both are started in a pseudo-terminal of 80×24, alternating, each from a process of its own; first paint is when the
expected text stands on the (emulated) screen. Printed: medians, and the ratio. The goal is at most 1.4.
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
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

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
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")


def first_paint(command: list[str], text: str, environment: dict[str, str]) -> float:
    """Milliseconds from the start of a command until `text` stands on its screen."""
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True, close_fds=True
    )
    os.close(theirs)
    try:
        while time.perf_counter() - began < WITHIN_S:
            if not select.select([ours], [], [], 0.01)[0]:
                continue
            try:
                stream.feed(os.read(ours, 65536))
            except OSError:
                raise RuntimeError("it ended:\n" + "\n".join(screen.display)) from None
            if any(text in line for line in screen.display):
                return (time.perf_counter() - began) * 1000
        raise RuntimeError(f"{text!r} never stood on the screen:\n" + "\n".join(screen.display))
    finally:
        process.kill()
        process.wait()
        os.close(ours)


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
    """The medians in milliseconds, and the ratio."""
    home = Path(tempfile.mkdtemp())
    environment = {**os.environ, "TERM": "xterm-256color", "EVENLY_HOME": str(home)}
    server, link = await room(home)
    join = [sys.executable, "-m", "evenly_client.cli", "join", link.invite_text()]
    bare = [sys.executable, "-c", BARE]
    times: dict[str, list[float]] = {"bare": [], "join": [], "joined": []}
    try:
        first_paint(bare, "hello world", environment)
        first_paint(join, "SPEAKING", environment)
        for _ in range(runs):
            times["bare"].append(first_paint(bare, "hello world", environment))
            times["join"].append(first_paint(join, "SPEAKING", environment))
            times["joined"].append(first_paint(join, "here ●", environment))
    finally:
        await server.stop()
        shutil.rmtree(home, ignore_errors=True)
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {**medians, "ratio": medians["join"] / medians["bare"]}


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
    print(f"bare Textual, first paint    {found['bare']:7.0f} ms")
    print(f"evenly join, first paint     {found['join']:7.0f} ms")
    print(f"evenly join, in the room     {found['joined']:7.0f} ms")
    print(f"ratio of first paints        {found['ratio']:7.2f}   (goal: at most {GOAL})")


if __name__ == "__main__":
    main()
