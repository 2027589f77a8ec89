"""A room of made-up people at a fixed time, and the program's own screen in it: what pictures are taken of.

The server is a real one whose clock is fed, and no client's clock moves by itself: the same deeds, the same picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime

from evenly_client import starting
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.config import Config
from evenly_client.formats import library
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.screens import themes
from evenly_client.screens.app import EvenlyApp
from evenly_client.screens.painting import ALL
from evenly_client.screens.session import SessionScreen
from evenly_client.sealing import DeviceKey
from evenly_protocol.actions import AddAction, NoteAction
from evenly_protocol.agenda import StartPhase
from evenly_protocol.agreement import NameRoom
from evenly_protocol.facts import Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.turns import Turn, answered_by, finish_of
from evenly_protocol.words import Intent
from textual.pilot import Pilot

BEGINS = datetime(2026, 11, 26, 10, tzinfo=UTC)
"""When the rooms in the pictures begin: a Thursday at ten."""

ROOM = "Peer set 3"
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")
WITHIN_S = 20.0
ARMED_AFTER_S = 5.0
"""What a screen takes for the time between two keys: dialogs ignore keys that come at once."""

FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"

_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def fix_the_clock() -> None:
    """Whoever asks this process for the local time now is told the beginning of the rooms."""
    time.tzset()
    real = time.localtime
    time.localtime = lambda seconds=None: real(BEGINS.timestamp() if seconds is None else seconds)


@contextlib.asynccontextmanager
async def room() -> AsyncGenerator[Room]:
    """An empty room, and its server, for as long as the picture takes."""
    async with contextlib.AsyncExitStack() as exits:
        at = int(BEGINS.timestamp() * 1000)
        server = await LocalServer.start(SERVER, fed_at=at)
        exits.push_async_callback(server.kill)
        yield Room(server, exits, at)


class Room:
    """The people in a room, in the order in which they came.

    Attributes:
        now: the time there, UTC milliseconds.
        people: everybody's client, by name.
        parts: the part in check-ins of everybody without a screen, by name.
    """

    def __init__(self, server: LocalServer, exits: contextlib.AsyncExitStack, now: int) -> None:
        self.now = now
        self.people: dict[str, Peer] = {}
        self.parts: dict[str, CheckIns] = {}
        self._server = server
        self._exits = exits
        self._link = Link("127.0.0.1", server.port, b"picture's room 1", b"picture's secret")

    async def join(self, *names: str) -> None:
        """These come in, without a screen; the first of all makes the room."""
        for name in names:
            peer = await self._exits.enter_async_context(self._peer(name))
            await asyncio.wait_for(peer.entered(), WITHIN_S)
            self.parts[name] = CheckIns(peer, MemoryLedger())
            await self._name_the_room(peer)

    async def screen(self, name: str, size: tuple[int, int]) -> Shown:
        """This one comes in at a screen of so many columns and rows."""
        peer = self._peer(name)
        shown = Shown(self, peer, size)
        await shown.open(self._exits)
        await self._name_the_room(peer)
        return shown

    async def ask(self, name: str, command: Command, id: bytes = b"") -> None:
        """Somebody does something, and everybody has heard of it."""
        refusal = await self.people[name].ask(command, id or Peer.new_id())
        if refusal is not None:
            raise RuntimeError(f"{name}: {refusal.sentence}")
        await self._all_told()

    async def start(self, lead: str, format: str, holder: str) -> None:
        """The session starts, in a built-in format, with somebody's issue."""
        peer, id = self.people[lead], Peer.new_id()
        start = starting.prepared(peer.room, library.find(format), by=peer.seat)
        start.holders[1] = self.people[holder].seat
        await self.ask(lead, starting.command(peer, start, id), id)

    async def go_to(self, lead: str, index: int, first: str = "") -> None:
        """Another phase begins; `first` begins its round or has its floor."""
        running = self.people[lead].room.running
        assert running is not None
        seat = self.people[first].seat if first else 0
        await self.ask(lead, StartPhase(index, running.phase.visit, seat))

    async def raise_hand(self, name: str, words: str = "", intent: Intent = Intent.SPEAK) -> None:
        """Somebody asks for the floor."""
        id = Peer.new_id()
        await self.ask(name, RaiseHand(intent, self.people[name].seal(FieldKind.WORDS, words, id)), id)

    async def commit(self, name: str, text: str, buddy: str = "") -> bytes:
        """Somebody says what they will do; the action's id."""
        id, peer = Peer.new_id(), self.people[name]
        seat = self.people[buddy].seat if buddy else 0
        await self.ask(name, AddAction(peer.seal(FieldKind.ACTION, text, id), 0, 0, seat), id)
        return id

    async def note(self, name: str, action: bytes, text: str) -> None:
        """Somebody writes something to an action."""
        id = Peer.new_id()
        await self.ask(name, NoteAction(action, self.people[name].seal(FieldKind.NOTE, text, id)), id)

    async def answer(self, name: str, check_in: bytes, answer: int) -> None:
        """Somebody answers a check-in (0 is the first answer), and is done."""
        part = self.parts[name]
        knows = self.people[name].until(lambda _: part.open is not None and part.mine.people > 0)
        await asyncio.wait_for(knows, WITHIN_S)
        part.answer(check_in, (answer,))
        part.done(check_in)

    async def finish(self) -> None:
        """Whoever has the floor has finished."""
        running = next(iter(self.people.values())).room.running
        assert running is not None
        (turn,) = running.floor.turns
        speaks = next(p for p in self.people.values() if p.seat == _whose(p, turn))
        await self.ask(speaks.name, finish_of(turn))

    async def wait(self, seconds: float) -> None:
        """So much time goes by, for everybody."""
        self.now += int(seconds * 1000)
        await self._server.advance(self.now)
        await self._all_told()
        for peer in self.people.values():
            peer.time.at_least(self.now)

    async def _name_the_room(self, peer: Peer) -> None:
        if len(self.people) == 1:
            id = Peer.new_id()
            name = next(iter(self.people))
            await self.ask(name, NameRoom(peer.seal(FieldKind.ROOM, ROOM, id)), id)

    async def _all_told(self) -> None:
        most = max(peer.room.seq for peer in self.people.values())
        for peer in self.people.values():
            await asyncio.wait_for(peer.until(lambda room: room.seq >= most), WITHIN_S)

    def _peer(self, name: str) -> Peer:
        key = DeviceKey.from_bytes(name.encode().ljust(32, b"."))
        # Rate 0: between two things that happen, no time goes by for it.
        peer = Peer(self._link, key, name, create_key=None if self.people else "", rate=0.0)
        self.people[name] = peer
        return peer


class Shown:
    """The program on a screen."""

    def __init__(self, room: Room, peer: Peer, size: tuple[int, int]) -> None:
        self._size = size
        self._seconds = 0.0
        self._app = EvenlyApp(lambda: peer, Config(motion=False, theme=themes.DEFAULT), clock=lambda: self._seconds)
        self._pilot: Pilot[None] | None = None
        self._room = room

    async def open(self, exits: contextlib.AsyncExitStack) -> None:
        """Waits until it is in the room."""
        self._pilot = await exits.enter_async_context(self._app.run_test(size=self._size))
        await self.until(lambda: self._app.conductor is not None and self._app.screen is self.session, "entered")

    @property
    def session(self) -> SessionScreen:
        """The session's screen, whatever is on top of it."""
        assert self._app.conductor is not None
        return self._app.conductor.session

    @property
    def text(self) -> str:
        """What can be read on it."""
        strips = self._app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        """Presses keys, one after another, in no hurry."""
        assert self._pilot is not None
        for key in keys:
            self._seconds += ARMED_AFTER_S
            await self._pilot.press(key)

    async def shows(self, *texts: str) -> None:
        """Waits until all of this can be read."""
        for text in texts:
            await self.until(lambda text=text: text in self.text, repr(text))

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits until something holds; `what` says what was waited for if it never does."""
        assert self._pilot is not None
        try:
            async with asyncio.timeout(WITHIN_S):
                while not condition():
                    if self._app.failure is not None:
                        raise self._app.failure
                    await self._pilot.pause(0.02)
        except TimeoutError:
            raise RuntimeError(f"never came: {what}\n{self.text}") from None

    async def picture(self, *shows: str) -> str:
        """The screen as SVG, once all of this can be read and nothing moves any more."""
        assert self._pilot is not None
        await self.shows(*shows)
        before, now = "", self._svg()
        while now != before:
            # Some of it is painted every few seconds only, and what was just heard goes by itself: painted now and
            # heard out, it is the same however long this has taken.
            self.session.paint(set(ALL))
            self.session.say("")
            await self._pilot.pause(0.2)
            before, now = now, self._svg()
        return now

    def _svg(self) -> str:
        return _clean(self._app.export_screenshot(title="Evenly"))


def _whose(peer: Peer, turn: Turn) -> int:
    """The seat that has the floor: who asked, or who answers."""
    return turn.seat if turn.answer_at is None else answered_by(peer.room, turn)


def _clean(svg: str) -> str:
    """Textual's SVG without the two fonts that it would fetch from a content network: one that is there does."""
    svg = _FONT_FACE.sub("", svg).replace("font-family: Fira Code, monospace", f"font-family: {FONTS}")
    svg = svg.replace("font-family: arial", "font-family: system-ui, sans-serif")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
