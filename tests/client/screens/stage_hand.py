"""A real server on the loopback, rooms on it, and the program on a pretended terminal of a given size."""

import asyncio
import contextlib
import functools
import inspect
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from evenly_client.config import Config
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.screens.app import EvenlyApp
from evenly_client.screens.session import SessionScreen
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.hands import RaiseHand
from evenly_protocol.session import StartSession
from evenly_protocol.wire import Purpose
from evenly_protocol.words import FloorMode, Intent
from textual.pilot import Pilot

from tests.pseudo import read

FRAMES = Path(__file__).parent / "frames"
WITHIN_S = 8.0


class Clock:
    """The screen's clock: real seconds, and those that a test lets go by at once."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Server:
    """A server process that can be killed and started again on its port."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "evenly_server", "serve", "--create", "anyone", "--log", "error"),
                *("--port", str(self.port), "--journal", str(self.journal)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[1])

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass
class Screen:
    """The program as it is shown, and hands to press its keys."""

    app: EvenlyApp
    pilot: Pilot[None]
    peer: Peer
    clock: Clock
    told: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        strips = self.app.screen._compositor.render_strips()
        return [read("".join(segment.text for segment in strip).rstrip()) for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines())

    @property
    def began(self) -> bool:
        if self.app.failure is not None:
            raise self.app.failure
        return self.app.conductor is not None

    @property
    def session(self) -> SessionScreen:
        assert self.app.conductor is not None
        return self.app.conductor.session

    @property
    def footer(self) -> str:
        return read("\n".join(row.text for row in self.session.query_one("#footer").rows))

    async def press(self, *keys: str) -> None:
        """Presses keys one after another, each long after the one before."""
        for key in keys:
            self.clock.ahead += 5
            await self.pilot.press(key)

    async def type(self, text: str) -> None:
        for character in text:
            await self.pilot.press("space" if character == " " else character)

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Waits until something holds."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not condition():
                    await self.pilot.pause()
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never came: {what or condition}\n{self.text}") from None

    async def shows(self, *texts: str) -> None:
        for text in texts:
            await self.until(lambda text=text: text in self.text, repr(text))

    async def shows_not(self, text: str) -> None:
        await self.until(lambda: text not in self.text, f"without {text!r}")

    async def offers(self, text: str) -> None:
        await self.until(lambda: text in self.footer, f"the footer {text!r}")

    async def is_frame(self, name: str) -> None:
        """The screen is the frame kept under this name, times aside. EVENLY_FRAMES=write keeps it anew."""
        path = FRAMES / f"{name}.txt"
        if os.environ.get("EVENLY_FRAMES") == "write":
            await self.pilot.pause(0.2)
            path.write_text(without_times(self.text))
        kept = path.read_text()
        with contextlib.suppress(AssertionError):
            await self.until(lambda: without_times(self.text) == kept)
        assert without_times(self.text) == kept


def without_times(text: str) -> str:
    text = re.sub(r"\b\d\d:\d\d\b", "hh:mm", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "yyyy-mm-dd", text)
    return re.sub(r"\b\d:\d\d\b", "m:ss", text) + "\n"


class Room:
    """A room on the server, its facilitator Fay at a keyboard that is not shown."""

    def __init__(self, server: Server | LocalServer, exits: contextlib.AsyncExitStack) -> None:
        self.server = server
        self.exits = exits
        self.link = Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16))
        self.fay = self.peer("Fay", create_key="")

    def peer(self, name: str, *, purpose: Purpose = Purpose.MEMBER, create_key: str | None = None) -> Peer:
        return Peer(self.link, DeviceKey.generate(), name, purpose=purpose, create_key=create_key)

    async def joins(self, name: str) -> Peer:
        """Somebody else, in the room."""
        return await self.enters(self.peer(name))

    async def enters(self, peer: Peer) -> Peer:
        await self.exits.enter_async_context(peer)
        await asyncio.wait_for(peer.entered(), WITHIN_S)
        return peer

    async def starts(self, mode: FloorMode = FloorMode.QUEUE, minutes: int = 60) -> None:
        assert await self.fay.ask(StartSession([PhasePlan("talk", b"", minutes, mode)])) is None

    async def raises(self, peer: Peer, words: str = "", intent: Intent = Intent.SPEAK) -> bytes:
        from evenly_protocol.sealed import FieldKind

        id = Peer.new_id()
        assert await peer.ask(RaiseHand(intent, peer.seal(FieldKind.WORDS, words, id)), id) is None
        return id

    async def screen(
        self,
        peer: Peer | str,
        size: tuple[int, int] = (80, 24),
        *,
        config: Config | None = None,
        store: Store | None = None,
        live: bool = True,
        practice: bool = False,
    ) -> Screen:
        peer = self.peer(peer) if isinstance(peer, str) else peer
        clock = Clock()
        app = EvenlyApp(lambda: peer, config or Config(motion=False), store, clock=clock, practice=practice)
        told: list[str] = []
        app.terminal.__init__(told.append, {"TERM_PROGRAM": "WezTerm"})
        pilot = await self.exits.enter_async_context(app.run_test(size=size))
        screen = Screen(app, pilot, peer, clock, told)
        if live:
            await screen.until(lambda: screen.began and app.screen is screen.session and screen.footer, "entered")
        return screen


@contextlib.asynccontextmanager
async def opened(server: Server | LocalServer) -> AsyncIterator[Room]:
    async with contextlib.AsyncExitStack() as exits:
        room = Room(server, exits)
        await room.enters(room.fay)
        yield room


Test = Callable[..., Coroutine[object, object, None]]


def in_a_room(test: Test) -> Test:
    """Gives a test its `room`. (Not a fixture: Textual wants to begin and end in the test's own context.)"""
    signature = inspect.signature(test)
    server = inspect.Parameter("server", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    others = [parameter for name, parameter in signature.parameters.items() if name not in ("room", "server")]

    @functools.wraps(test)
    async def run(server: Server, **given: object) -> None:
        async with opened(server) as room:
            await test(room=room, **given)

    run.__signature__ = signature.replace(parameters=[server, *others])
    return run
