"""What a screen does for the flows that run on it: it asks in dialogs over itself, and has the private notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol, TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import OptionList, Static

from evenly_client.notes import MemoryShelf, Notes
from evenly_client.peer import Peer
from evenly_client.screens import flows
from evenly_client.screens.dialogs import CHOOSE_KEYS, Choice, Choose, Write
from evenly_client.screens.drafts import Drafts
from evenly_client.screens.held import SETTLES_AFTER_S, HeldKeys, Press
from evenly_client.screens.kept_text import WriteKept, WriteLinesKept
from evenly_client.screens.long_text import WriteLines
from evenly_client.screens.looks import Row, Span, wrapped
from evenly_client.screens.options import Options
from evenly_client.screens.rows import Rows
from evenly_client.store import Store
from evenly_client.translation import _

Value = TypeVar("Value")

CHOICES_AT_LEAST: Final = 5
"""Answers in sight, whatever the length of the text above them."""
KEPT: Final = _("Kept: it is sent when the connection is back.")

SCROLL_KEYS: Final = _("page up, page down scroll · ↑↓ and enter choose · esc closes")

STATUS_LASTS_S: Final = 8.0
STATUS_LINES: Final = 2


class BoardHost(flows.Host, Protocol):
    """What the boards' flows need of the screen."""

    @property
    def notes(self) -> Notes:
        """My private notes."""
        ...

    @property
    def drafts(self) -> Drafts:
        """What is half-typed."""
        ...

    async def write_kept(
        self,
        title: str,
        *,
        body: str,
        value: str,
        keep: Callable[[str], None],
        placeholder: str = "",
        line: bool = False,
    ) -> str | None:
        """Several lines (or a `line`), or None; what is half-typed is given to `keep` all the while."""
        ...


class Opened(Choose[Value]):
    """An item in full, and what can be done with it. A long text is scrolled with page up and page down."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll(1)", show=False, priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """A title, what it is about in a part that scrolls, the answers."""
        with Vertical(classes="box tight"):  # no words: style classes
            yield Static(self._title, classes="title", markup=False)
            if self._body:
                with VerticalScroll(classes="whole", can_focus=False):
                    yield Static(self._body, markup=False)
            yield Options(*(c.content for c in self._choices), markup=False, compact=True)
            yield Static(CHOOSE_KEYS, classes="keys", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """The answers stay in sight, whatever the length of the text; whether it scrolls is said."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        # Border, title and its margin, the body's margin, the line of keys and its margin.
        room = self.size.height * 9 // 10 - 7
        for part in self.query(".whole"):
            text, count = part.virtual_size.height, len(self._choices)
            answers = max(min(count, max(CHOICES_AT_LEAST, room // 2)), min(count, room - text))
            self.query_one(OptionList).styles.max_height = answers
            part.styles.max_height = max(3, room - answers)
            part.call_after_refresh(self._say_keys)

    def _say_keys(self) -> None:
        scrolls = any(part.max_scroll_y > 0 for part in self.query(".whole"))
        self.query_one(".keys", Static).update(SCROLL_KEYS if scrolls else CHOOSE_KEYS)

    def action_scroll(self, pages: int) -> None:
        """A page of the text up or down."""
        for part in self.query(".whole"):
            part.scroll_relative(y=pages * max(1, part.size.height - 1), animate=False)


def notes_of(peer: Peer, store: Store | None) -> Notes:
    """My private notes in this room; without a store they are kept as long as the program runs."""
    return Notes(peer.key, peer.link.room, store if store is not None else MemoryShelf())


class Hosting(Screen[None]):
    """A screen on which flows run, with a status line. It gives `situation` and `do` itself."""

    def __init__(self, peer: Peer, notes: Notes, drafts: Drafts, clock: Callable[[], float]) -> None:
        """`clock`: seconds."""
        super().__init__()
        self._peer = peer
        self._clock = clock
        self._held = HeldKeys()
        self._status_timer: Timer | None = None
        self.notes = notes
        self.drafts = drafts

    @property
    def peer(self) -> Peer:
        """The connection."""
        return self._peer

    @property
    def _program(self) -> App[None]:
        return self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    def once(self, key: str, press: Callable[[], None]) -> None:
        """A key: `press` is done, unless the terminal repeats a held one."""
        now = self._clock()

        def settle() -> None:
            if self._held.settled(key, now, self._clock()) and self.is_current:
                press()

        match self._held.press(key, now):
            case Press.ACT:
                press()
            case Press.WAIT:
                self.set_timer(SETTLES_AFTER_S, settle)
            case Press.REPEAT:
                pass

    def say(self, text: str) -> None:
        """A sentence in the status line; it goes by itself."""
        lines = wrapped(text, max(10, self.size.width - 4), STATUS_LINES)
        rows = [Row((Span("  "), Span(line)), key=("status", i)) for i, line in enumerate(lines)]
        self.query_one("#status", Rows).show(rows)
        if self._status_timer is not None:
            self._status_timer.stop()
        self._status_timer = self.set_timer(STATUS_LASTS_S, self._unsay) if text else None

    def _unsay(self) -> None:
        self.say("")

    async def choose(self, title: str, choices: Sequence[Choice[Value]], *, body: str = "") -> Value | None:
        """One of several, or None."""
        return await self._program.push_screen_wait(Opened(title, choices, body=body))

    async def write(
        self, title: str, *, body: str = "", value: str = "", placeholder: str = "", empty: bool = False
    ) -> str | None:
        """A line, or None. `empty`: an empty line is an answer too."""
        asked = Write(title, body=body, value=value, placeholder=placeholder, empty=empty)
        return await self._program.push_screen_wait(asked)

    async def write_lines(self, title: str, *, body: str = "", value: str = "") -> str | None:
        """Several lines, or None."""
        return await self._program.push_screen_wait(WriteLines(title, body=body, value=value))

    async def write_kept(
        self,
        title: str,
        *,
        body: str,
        value: str,
        keep: Callable[[str], None],
        placeholder: str = "",
        line: bool = False,
    ) -> str | None:
        """Several lines (or a `line`), or None; what is half-typed is given to `keep` all the while."""
        if line:
            asked = WriteKept(title, body=body, value=value, placeholder=placeholder, keep=keep)
            return await self._program.push_screen_wait(asked)
        return await self._program.push_screen_wait(WriteLinesKept(title, body=body, value=value, keep=keep))
