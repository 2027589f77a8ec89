"""Visitors and their clients: who runs, who looks on, and when a client is ended.

A visitor has an identity, a folder under that name, and at most one client, which runs on for a while when nobody
looks: whoever comes with the identity again finds it as it was left.

    visitor ⇄ Show (a browser's tab, an ssh channel) ⇄ Visit ⇄ Hosted ⇄ client process
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import msgspec

from evenly_client.gateway.failed_tries import network_of
from evenly_client.gateway.hosted import Hosted
from evenly_client.gateway.known import Known
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.modes import Modes
from evenly_client.gateway.visit import Given
from evenly_client.translation import _

CLIENT: Final = "evenly_client.gateway.visit"
"""The module that a visitor's process runs."""

ANY_TERMINAL: Final = "xterm-256color"
TAIL: Final = 8 * 1024
"""Bytes of a client's lines that are shown again to whoever comes back; a whole screen is painted anew instead."""

_IDENTITY = re.compile(r"(web|ssh)-[a-z2-7]{16,64}")
_TERMINAL = re.compile(
    r"(xterm|screen|tmux|rxvt|linux|vt\d|ansi|dumb|foot|kitty|alacritty|wezterm|ghostty|konsole|gnome|iterm|contour|st)"
    r"(?![a-z])[a-zA-Z0-9+._-]{0,24}"
)


class Code(StrEnum):
    """Why a visit is over."""

    ENDED = "ended"
    """The client ended by itself: its visitor left, or was turned away."""
    FAILED = "failed"
    """The client broke, or went past a limit."""
    ELSEWHERE = "elsewhere"
    """Its visitor looks at it elsewhere now; it runs on."""
    AWAY = "away"
    """Nobody looked at it for too long."""
    IDLE = "idle"
    """Nobody typed for too long."""
    STOPPING = "stopping"
    """The gateway ends."""


_SENTENCES: Final = {
    Code.ENDED: _("This has ended for you here. Come in again whenever you like."),
    Code.FAILED: _("Your screen here broke and has ended. Come in again: what was sent is kept."),
    Code.ELSEWHERE: _("You have come in from somewhere else: it goes on there."),
    Code.AWAY: _("You were away for long, so this has ended. Come in again whenever you like."),
    Code.IDLE: _("Nobody typed here for long, so this has ended. Come in again whenever you like."),
    Code.STOPPING: _("The gateway is being stopped. Whoever runs it knows whether it comes back."),
}


@dataclass(frozen=True)
class Over:
    """Why a show is over: a code for programs, a sentence for people, an exit status.

    `undone` are the sequences that bring a terminal back to how it was before the client had it.
    """

    code: Code
    status: int = 0
    undone: bytes = b""

    @property
    def sentence(self) -> str:
        """What its visitor is told."""
        return _SENTENCES[self.code]


class Refused(Exception):
    """A visitor is not let in: a code for programs, such as `full` or `fast`, and a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Show(Protocol):
    """Whoever looks at a visit: a browser's tab, an ssh channel."""

    async def write(self, data: bytes) -> None:
        """Shows what the client sends; returns when there is room for more. May be cancelled."""
        ...

    def over(self, why: Over) -> None:
        """Nothing more will be shown. Called once."""
        ...


class Visit:
    """A client that runs for one visitor, and at most one show of it."""

    def __init__(
        self,
        hosted: Hosted,
        limits: Limits,
        ended: Callable[[Visit], Awaitable[None]],
        seen: Callable[[bool], None],
        *,
        plain: bool = False,
    ) -> None:
        """`ended` is awaited when the client is gone; `seen` when somebody comes to look (True) or has gone."""
        self.plain = plain
        self._hosted = hosted
        self._limits = limits
        self._ended = ended
        self._seen = seen
        self._loop = asyncio.get_running_loop()
        self._modes = Modes()
        self._tail = b""
        self._show: Show | None = None
        self._writing: asyncio.Future[None] | None = None
        self._order = asyncio.Lock()
        """Held while something is shown: what a show is given first comes before all else."""
        self._why: Code | None = None
        self._typed_at = self._loop.time()
        self._leaving: asyncio.TimerHandle | None = None
        self._idling = self._loop.call_later(limits.idle_seconds, self._look_whether_idle)
        self._stay_for_a_while()
        self.gone = self._loop.create_task(self._follow())
        """Done when the client is gone and its last show has been told."""

    @property
    def pid(self) -> int:
        """The number of the client's process."""
        return self._hosted.pid

    @property
    def runs(self) -> bool:
        """Whether it can still be looked at."""
        return self._why is None and not self.gone.done()

    @property
    def piped(self) -> bool:
        """Whether its client has plain pipes instead of a terminal."""
        return self._hosted.piped

    async def attach(self, show: Show, columns: int = 80, rows: int = 24) -> None:
        """Takes over from who looked before. All that is to be seen is painted for a fresh terminal of this size."""
        if not self.runs:
            show.over(Over(self._why or Code.ENDED))
            return
        if self._show is None:
            self._seen(True)
        self._dismiss(Code.ELSEWHERE)
        self._show = show
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self.resize(columns, rows)
        async with self._order:
            if self._show is show:
                await self._put(show, self._first_sight())
        self._hosted.paint_anew()

    def detach(self, show: Show) -> None:
        """The visitor has gone, or the way to them. The client runs on for `detached_seconds`."""
        if self._show is not show:
            return
        self._show = None
        self._stop_writing()
        self._seen(False)
        self._stay_for_a_while()

    async def type(self, data: bytes) -> None:
        """What the visitor types; returns when the client has taken it."""
        self._typed_at = self._loop.time()
        await self._hosted.write(data)

    def end_input(self) -> None:
        """The visitor's input has ended: so does that of a client with pipes."""
        self._hosted.end_input()

    def resize(self, columns: int, rows: int) -> None:
        """The visitor's window has this size now."""
        self._hosted.resize(*self._limits.window(columns, rows))

    def end(self, why: Code) -> None:
        """Ends the client. `gone` says when it has."""
        self._why = self._why or why
        self._hosted.end()
        self._stop_writing()

    async def _follow(self) -> None:
        """Reads what the client says until it ends, and shows it to whoever looks."""
        while data := await self._hosted.read():
            async with self._order:
                self._modes.follow(data)
                self._tail = (self._tail + data)[-TAIL:]
                if self._show is not None and self._why is None:
                    await self._put(self._show, data)
        self._hosted.end()
        status = await self._hosted.ended()
        self._idling.cancel()
        if self._leaving is not None:
            self._leaving.cancel()
        self._why = self._why or (Code.FAILED if status < 0 else Code.ENDED)
        # As a shell says it: 128 and the signal.
        self._dismiss(self._why, status if status >= 0 else 128 - status)
        await self._ended(self)

    def _first_sight(self) -> bytes:
        """What a fresh terminal is shown before the client paints: its modes, or the last lines."""
        if self._modes.other_screen:
            return self._modes.restored()
        return self._tail[self._tail.find(b"\n") + 1 :] if len(self._tail) == TAIL else self._tail

    async def _put(self, show: Show, data: bytes) -> None:
        """Shows it, unless the show is let go of meanwhile."""
        if not data:
            return
        writing = self._writing = asyncio.ensure_future(show.write(data))
        try:
            await asyncio.wait({writing})
        finally:
            writing.cancel()
            self._writing = None
        if not writing.cancelled() and writing.exception() is not None:
            self.detach(show)

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    def _dismiss(self, why: Code, status: int = 0) -> None:
        """Lets go of the show, if there is one, and says why."""
        show, self._show = self._show, None
        self._stop_writing()
        if show is not None:
            show.over(Over(why, status, self._modes.undone()))

    def _stay_for_a_while(self) -> None:
        self._leaving = self._loop.call_later(self._limits.detached_seconds, self.end, Code.AWAY)

    def _look_whether_idle(self) -> None:
        left = self._typed_at + self._limits.idle_seconds - self._loop.time()
        if left <= 0:
            self.end(Code.IDLE)
        else:
            self._idling = self._loop.call_later(left, self._look_whether_idle)


@dataclass
class Visitor:
    """Somebody who is here: a number in the order of coming, and the client that runs for them.

    Attributes:
        network: from where they came, if they came without an entry and had never been in the room.
        coming: how many are at the door as this visitor just now.
    """

    number: int
    visit: Visit | None = None
    network: str | None = None
    coming: int = 0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


class Visits:
    """All visitors of one gateway, to one room."""

    def __init__(
        self,
        link_text: str,
        home: Path,
        limits: Limits | None = None,
        *,
        insecure: bool = False,
        client: str = CLIENT,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`home`: the gateway's folder, two below the one of all that Evenly keeps. `say` takes a line for its
        keeper: who came and went, by number. `client`: another module to run, in tests.
        """
        self.limits = limits or Limits()
        self.known = Known(home / "visitors")
        self._link = link_text
        self._evenly = home.parent.parent
        self._insecure = insecure
        self._client = client
        self._say = say
        self._visitors: dict[str, Visitor] = {}
        self._numbers = itertools.count(1)
        self._starts: list[tuple[float, str]] = []
        """When a client was started in the last minute, and for whom."""
        self._places = 0
        self._closed = False

    @property
    def running(self) -> int:
        """How many clients run."""
        return self._places

    async def of(
        self,
        identity: str,
        *,
        plain: bool = False,
        term: str | None,
        truecolor: bool = False,
        address: str | None = None,
    ) -> Visit:
        """The visitor's client: the one that runs if it is of this kind, or a new one.

        `term`: the kind of the visitor's terminal, None where they have none (plain lines through pipes).
        `truecolor`: whether it has more than 256 colours. `address`: from where somebody comes whom nobody has given
        an entry; None of who has one.

        Raises:
            Refused: there is no room for one more, or clients were started too often.
        """
        if _IDENTITY.fullmatch(identity) is None:
            raise Refused("unknown", _("Nobody is known here by that. Ask whoever invited you for a new way in."))
        visitor = self._visitors.get(identity)
        if visitor is None:
            visitor = self._visitors[identity] = Visitor(next(self._numbers))
        visitor.coming += 1
        try:
            async with visitor.order:
                return await self._visit_of(identity, visitor, plain, term, truecolor=truecolor, address=address)
        finally:
            visitor.coming -= 1
            self._let_go(identity, visitor)

    async def close(self) -> None:
        """Ends every client, once its visitor has been told."""
        self._closed = True
        visits = [visitor.visit for visitor in self._visitors.values() if visitor.visit is not None]
        for visit in visits:
            visit.end(Code.STOPPING)
        await asyncio.gather(*(visit.gone for visit in visits))

    async def _visit_of(
        self, identity: str, visitor: Visitor, plain: bool, term: str | None, *, truecolor: bool, address: str | None
    ) -> Visit:
        visit = visitor.visit
        if visit is not None and (visit.plain, visit.piped) == (plain, term is None) and visit.runs:
            return visit
        if visit is not None:
            visit.end(Code.ELSEWHERE)
            await visit.gone
        network = None
        if address is not None and not await self._been_in(identity):
            network = network_of(address)
            await self._note_who_was_let_in()
        self._allow(identity, network)
        self._places += 1
        visitor.network = network
        try:
            visitor.visit = await self._start(identity, visitor, plain, term, truecolor=truecolor)
        except BaseException as error:
            self._places -= 1
            visitor.network = None
            await asyncio.to_thread(self.known.forget_stranger, identity)
            if isinstance(error, OSError):  # no more processes, terminals, files, or room on the disk
                raise _full() from None
            raise
        if self._closed:
            visitor.visit.end(Code.STOPPING)
        return visitor.visit

    def _allow(self, identity: str, network: str | None) -> None:
        """Raises Refused unless one more client may be started now for this visitor, a stranger if from a `network`."""
        if self._closed or self._places >= self.limits.visitors:
            raise _full()
        if identity not in self.known and len(self.known) >= self.limits.known:
            raise _full()
        if network is not None:
            strangers = [other.network for other in self._visitors.values() if other.network is not None]
            if len(strangers) >= self.limits.strangers or strangers.count(network) >= self.limits.strangers_of_one:
                raise Refused("waiting", _("Several wait here to be let into the room. Try again when they are in."))
        now = asyncio.get_running_loop().time()
        who = network or identity
        self._starts = [(at, other) for at, other in self._starts if at > now - 60]
        mine = sum(other == who for _at, other in self._starts)
        if mine >= self.limits.starts_a_minute or len(self._starts) >= self.limits.starts_in_all:
            raise Refused("fast", _("This was tried too often. Wait a minute, then try again."))
        self._starts.append((now, who))

    async def _note_who_was_let_in(self) -> None:
        """Whoever has been let into the room is a stranger no more."""
        for identity, visitor in list(self._visitors.items()):
            if visitor.network is not None and await self._been_in(identity):
                visitor.network = None

    async def _been_in(self, identity: str) -> bool:
        return await asyncio.to_thread(self.known.been_in, identity)

    async def _start(self, identity: str, visitor: Visitor, plain: bool, term: str | None, *, truecolor: bool) -> Visit:
        folder = self.known.welcome(identity)
        given = msgspec.json.encode(Given(self._link, str(self._evenly), insecure=self._insecure, plain=plain))
        if term is not None and _TERMINAL.fullmatch(term) is None:
            term = ANY_TERMINAL
        hosted = await Hosted.start(self._client, given, folder, self.limits, term, truecolor=truecolor)

        async def ended(visit: Visit) -> None:
            await asyncio.to_thread(self.known.forget_stranger, identity)
            self._places -= 1
            visitor.visit = visitor.network = None
            self._let_go(identity, visitor)
            self._say(_("Visitor {number} has left.").format(number=visitor.number))

        def seen(here: bool) -> None:
            came = _("Visitor {number} is here.") if here else _("Visitor {number} is away; their place is kept.")
            self._say(came.format(number=visitor.number))

        return Visit(hosted, self.limits, ended, seen, plain=plain)

    def _let_go(self, identity: str, visitor: Visitor) -> None:
        """Keeps nothing of somebody for whom no client runs, and who has no folder here."""
        if not visitor.coming and visitor.visit is None and identity not in self.known:
            self._visitors.pop(identity, None)


def _full() -> Refused:
    return Refused("full", _("No place is free on this gateway. Install Evenly, or ask whoever invited you."))
