"""From a clean environment to a joined session, by each way in: what is typed, how long it takes, how much is fetched.

    python benchmarks/first_minute.py [--python python3.13] [--dist dist] [--only WAY …] [--json]

A real server runs here, with a room in it; each way joins it as its own person, with a home folder that was empty, and
is over when that person stands in the room of its facilitator. The lines are typed into a shell in a pseudo-terminal,
with nothing between them; what a person needs for reading and typing comes on top. `make dist` has to be done before.

Fetched: the bytes that came in, TLS and all. Everything that is fetched comes through a proxy of this script that
counts them (HTTPS_PROXY for pip, pipx and uv; pip is told to keep nothing from before); evenly.pyz and the wheel come
from a web server here and are counted with their size; for the browser, its own count of what it received. The time
includes letting in by the facilitator, who takes none. pipx and uv themselves are not fetched: who uses them has them
(where they are missing, the way is left out).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import http.server
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import pexpect
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey

WITHIN_S = 300
ROOM = "Peer set 3"
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Minute:
    """What a way took: `typed` line by line, `seconds` on the wall, `fetched` in bytes."""

    way: str
    typed: list[str]
    seconds: float
    fetched: int


class Tunnels:
    """An HTTPS proxy on loopback that counts what comes in; what is inside it cannot see."""

    def __init__(self) -> None:
        self.received = 0
        self.port = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[Tunnels]:
        """Listens until the block is left."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
        host, _, port = asked[1].decode().rpartition(":")
        there, here = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def out() -> None:
            while data := await reader.read(65536):
                here.write(data)
                await here.drain()
            here.write_eof()

        async def back() -> None:
            while data := await there.read(65536):
                self.received += len(data)
                writer.write(data)
                await writer.drain()

        with contextlib.suppress(ConnectionError, OSError):
            await asyncio.gather(out(), back())
        here.close()
        writer.close()


class Scene:
    """A server with a room, its facilitator, and the files that are handed out; see `scene`."""

    def __init__(self, link: Link, leader: Peer, dist: Path, python: Path, tunnels: Tunnels, files: str) -> None:
        self.link, self.leader, self.dist, self.python = link, leader, dist, python
        self._tunnels, self._files = tunnels, files

    @property
    def wheel(self) -> Path:
        """The newest wheel."""
        return max(self.dist.glob("evenly-*.whl"), key=lambda path: path.stat().st_mtime)

    async def by_program(self, way: str, lines: list[str], fetched: int) -> Minute:
        """Types these lines, the last of which enters, and answers its questions. `fetched`: of our own files."""
        before = self._tunnels.received
        seconds = await self._typed(lines, way, {"link": self.link.invite_text(), "name": way})
        return Minute(way, lines, seconds, fetched + self._tunnels.received - before)

    async def _typed(self, lines: list[str], who: str, answers: dict[str, str], home: Path | None = None) -> float:
        with empty_home() as made:
            began = time.perf_counter()
            shell = await asyncio.to_thread(self._enter, lines, answers, home or made)
            try:
                await self.is_in(who)
                return time.perf_counter() - began
            finally:
                await asyncio.to_thread(shell.close, force=True)

    def _enter(self, lines: list[str], answers: dict[str, str], home: Path) -> pexpect.spawn[str]:
        python = home / "python" / "python3"
        python.parent.mkdir(exist_ok=True)
        python.symlink_to(self.python)
        shell = pexpect.spawn(
            "/bin/bash",
            ["--norc", "--noprofile", "-c", "set -e\n" + "\n".join(lines)],
            env=self._environment(home),
            cwd=str(home),
            encoding="utf-8",
            timeout=WITHIN_S,
            dimensions=(24, 80),
        )
        if "link" in answers:
            shell.expect("Paste the link")
            shell.sendline(answers["link"])
        shell.expect("Your name in the room")
        shell.sendline(answers["name"])
        return shell

    def _environment(self, home: Path) -> dict[str, str]:
        """Nothing of this process's, but where registries are, and who signs for them."""
        kept = {name: value for name, value in os.environ.items() if name in ("PIP_CERT", "SSL_CERT_FILE")}
        tools = {str(Path(found).parent) for tool in ("pipx", "uv") if (found := shutil.which(tool))}
        return {
            **kept,
            "HOME": str(home),
            "PATH": os.pathsep.join([str(home / ".local/bin"), str(home / "python"), "/usr/bin", "/bin", *tools]),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "HTTPS_PROXY": f"http://127.0.0.1:{self._tunnels.port}",
            "NO_PROXY": "127.0.0.1",
            "PIP_ONLY_BINARY": ":all:",
            "PIPX_DEFAULT_PYTHON": str(self.python),
            "UV_PYTHON": str(self.python),
            "UV_NATIVE_TLS": "1",
            "UV_NO_BUILD": "1",
        }

    async def is_in(self, name: str) -> None:
        """Lets in who waits, until somebody called this is a member."""
        leader = self.leader
        async with asyncio.timeout(WITHIN_S):
            while name not in (leader.people.name(leader.room, seat).split()[0] for seat in leader.room.members):
                for knock in leader.waiting:
                    leader.answer_knock(knock, admit=True)
                await asyncio.sleep(0.02)

    # The ways

    async def pip(self) -> Minute:
        """With Python alone."""
        install = f"evenly/bin/pip install --quiet {self._files}/{self.wheel.name}"
        lines = ["python3 -m venv evenly", install, "evenly/bin/evenly plain"]
        return await self.by_program("pip", lines, self.wheel.stat().st_size)

    async def pipx(self) -> Minute:
        """Where pipx is."""
        lines = [f"pipx install --quiet {self._files}/{self.wheel.name}", "evenly plain"]
        return await self.by_program("pipx", lines, self.wheel.stat().st_size)

    async def uv(self) -> Minute:
        """Where uv is."""
        lines = [f"uv tool install --quiet {self._files}/{self.wheel.name}", "evenly plain"]
        return await self.by_program("uv", lines, self.wheel.stat().st_size)

    async def one_file(self) -> Minute:
        """With Python alone, and nothing installed."""
        lines = [f"curl -fsLo evenly.pyz {self._files}/evenly.pyz", "python3 evenly.pyz plain"]
        return await self.by_program("evenly.pyz", lines, (self.dist / "evenly.pyz").stat().st_size)

    async def browser(self) -> Minute:
        """Through a gateway."""
        from playwright.async_api import Request, async_playwright

        path = next(found for name in BROWSERS if (found := shutil.which(name)))
        sizes: list[asyncio.Task[int]] = []

        async def size(request: Request) -> int:
            told = await request.sizes()
            return told["responseHeadersSize"] + told["responseBodySize"]

        async with self._gateway("--web", "0") as said, async_playwright() as playwright:
            entry = found_in(said, r"(https?://\S+/#\S+)")
            chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            page = await (await chromium.new_context(ignore_https_errors=True)).new_page()
            page.on("requestfinished", lambda request: sizes.append(asyncio.ensure_future(size(request))))
            began = time.perf_counter()
            await page.goto(entry)
            await page.click("#go")
            await page.locator(".xterm-rows > div").filter(has_text="Your name in the room").first.wait_for()
            await page.keyboard.type("browser\n")
            await self.is_in("browser")
            seconds = time.perf_counter() - began
            fetched = sum(await asyncio.gather(*sizes))
            await chromium.close()
        return Minute("browser", [entry], seconds, fetched)

    async def ssh(self) -> Minute:
        """Through a gateway; with a key that was there before."""
        async with self._gateway("--ssh", "0") as said:
            line = f"{found_in(said, r'(ssh -p .*)')} plain"
            with empty_home() as home:
                keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")]
                await (await asyncio.create_subprocess_exec(*keygen)).wait()
                # ssh finds its files by the user's entry in the system, not by HOME: this one is told where they are.
                own = home / "python" / "ssh"
                own.parent.mkdir()
                options = f"-i {home}/key -o UserKnownHostsFile={home}/known -o StrictHostKeyChecking=accept-new"
                own.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F none {options} "$@"\n')
                own.chmod(0o755)
                seconds = await self._typed([line], "ssh", {"name": "ssh"}, home)
        return Minute("ssh", [line], seconds, 0)

    @contextlib.asynccontextmanager
    async def _gateway(self, *ways: str) -> AsyncGenerator[list[str]]:
        """A gateway to the room; what it has said when it was ready."""
        with empty_home() as home:
            arguments = ["gateway", self.link.invite_text(), "--room-name", ROOM, "--host", "127.0.0.1", *ways]
            gateway = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "evenly_client.cli", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "EVENLY_HOME": str(home)},
            )
            assert gateway.stdout is not None
            said: list[str] = []
            try:
                while not said or "It runs until" not in said[-1]:
                    line = await gateway.stdout.readline()
                    if not line:
                        raise RuntimeError("The gateway has ended: " + "".join(said))
                    said.append(line.decode())
                yield said
            finally:
                if gateway.returncode is None:
                    gateway.terminate()
                await gateway.wait()


WAYS: dict[str, Callable[[Scene], Awaitable[Minute]]] = {
    "pip": Scene.pip,
    "pipx": Scene.pipx,
    "uv": Scene.uv,
    "evenly.pyz": Scene.one_file,
    "browser": Scene.browser,
    "ssh": Scene.ssh,
}


def missing(way: str) -> str:
    """What is not on this machine and needed for a way; empty if all is."""
    needed = {"pipx": ("pipx",), "uv": ("uv",), "evenly.pyz": ("curl",), "browser": BROWSERS, "ssh": ("ssh",)}
    tools = needed.get(way, ())
    return "" if not tools or any(shutil.which(tool) for tool in tools) else tools[0]


def found_in(said: list[str], pattern: str) -> str:
    """What a gateway has printed to hand out."""
    return next(match[1].strip() for line in said if (match := re.search(pattern, line)))


@contextlib.contextmanager
def empty_home() -> Generator[Path]:
    """A home folder with nothing in it."""
    with tempfile.TemporaryDirectory(prefix="evenly-first-minute-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def files_of(dist: Path) -> Generator[str]:
    """A web server here for what was built; its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(dist))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def run(ways: list[str], dist: Path, python: Path, shown: Callable[[Minute], None]) -> None:
    """Goes each way, one after the other, and shows what it took."""
    server = await LocalServer.start(SERVER)
    link = Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16))
    try:
        async with Peer(link, DeviceKey.generate(), "Fay", create_key="") as leader, Tunnels().open() as tunnels:
            await leader.entered()
            with files_of(dist) as files:
                scene = Scene(link, leader, dist, python, tunnels, files)
                for way in ways:
                    shown(await WAYS[way](scene))
    finally:
        await server.stop()


def show(minute: Minute) -> None:
    """A way as lines for people."""
    print(f"{minute.way:<12}{minute.seconds:6.1f} s{minute.fetched / 1e6:9.2f} MB   {minute.typed[0]}")
    for line in minute.typed[1:]:
        print(" " * 35 + line)
    sys.stdout.flush()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="whose Python the ways use that need one")
    parser.add_argument("--dist", type=Path, default=Path(__file__).parents[1] / "dist")
    parser.add_argument("--only", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = shutil.which(given.python)
    if found is None or not (given.dist / "evenly.pyz").exists():
        parser.error("no such Python" if found is None else "run `make dist` first")
    # Of a virtual environment: what it was made of, which has nothing installed.
    python = Path(found).resolve()
    ways = [way for way in given.only if not missing(way)]
    for way in given.only:
        if tool := missing(way):
            print(f"{way}: left out, there is no {tool} here", file=sys.stderr)
    minutes: list[Minute] = []
    if given.json:
        asyncio.run(run(ways, given.dist, python, minutes.append))
        print(json.dumps([asdict(minute) for minute in minutes]))
        return
    print(f"{'way':<12}{'until joined':>8}{'fetched':>9}   typed")
    asyncio.run(run(ways, given.dist, python, show))


if __name__ == "__main__":
    main()
