"""What a screen does for the flows that run on it: it asks in dialogs over itself, and has the private notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol, TypeVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.types import CSSPathType
from textual.widgets import OptionList, Static, TextArea

from evenly_client.notes import MemoryShelf, Notes
from evenly_client.peer import Peer
from evenly_client.screens import flows
from evenly_client.screens.dialogs import Choice, Choose, Write
from evenly_client.screens.long_text import WriteLines
from evenly_client.store import Store

Value = TypeVar("Value")

DRAFT_KEPT_AFTER_S: Final = 0.5
CHOICES_AT_LEAST: Final = 5
"""Answers in sight, whatever the length of the text above them."""

KEPT_KEYS: Final = "ctrl+g keeps it · enter new line · esc closes, nothing is lost"


class BoardHost(flows.Host, Protocol):
    """What the boards' flows need of the screen."""

    @property
    def notes(self) -> Notes:
        """My private notes."""
        ...

    async def write_kept(self, title: str, *, body: str, value: str, keep: Callable[[str], None]) -> str | None:
        """Several lines, or None; what is half-typed is given to `keep` all the while."""
        ...


class Opened(Choose[Value]):
    """An item in full, and what can be done with it. A long text is scrolled with page up and page down."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["dialogs.tcss", "boards.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "scroll(1)", "down", show=False, priority=True),
        Binding("pageup", "scroll(-1)", "up", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """A title, what it is about in a part that scrolls, the answers."""
        with Vertical(classes="box tight"):
            yield Static(self._title, classes="title", markup=False)
            if self._body:
                with VerticalScroll(classes="whole", can_focus=False):
                    yield Static(self._body, markup=False)
            yield OptionList(*(c.content for c in self._choices), markup=False, compact=True)
            yield Static("↑↓ and enter choose · esc closes", classes="keys", markup=False)

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
        more = "page up, page down scroll · " if scrolls else ""
        self.query_one(".keys", Static).update(f"{more}↑↓ and enter choose · esc closes")

    def action_scroll(self, pages: int) -> None:
        """A page of the text up or down."""
        for part in self.query(".whole"):
            part.scroll_relative(y=pages * max(1, part.size.height - 1), animate=False)


class WriteKept(WriteLines):
    """Several lines; what is half-typed is kept, and closing loses nothing."""

    def __init__(self, title: str, *, body: str, value: str, keep: Callable[[str], None]) -> None:
        super().__init__(title, body=body, value=value)
        self._keep_draft = keep
        self._keeping: Timer | None = None

    def on_mount(self) -> None:
        """Says that nothing is lost."""
        self.query_one(".keys", Static).update(KEPT_KEYS)
        field = self.query_one(TextArea)
        field.move_cursor(field.document.end)

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._keeping is None:
            self._keeping = self.set_timer(DRAFT_KEPT_AFTER_S, self._keep_now)

    def _keep_now(self) -> None:
        self._keeping = None
        self._keep_draft(self.query_one(TextArea).text)

    def action_close(self) -> None:
        """Closes it; what is typed is kept as a draft."""
        self._keep_now()
        self.dismiss(None)

    def action_keep(self) -> None:
        """This is the text. It stays a draft until it is where it belongs."""
        self._keep_now()
        super().action_keep()


def notes_of(peer: Peer, store: Store | None) -> Notes:
    """My private notes in this room; without a store they are kept as long as the program runs."""
    return Notes(peer.key, peer.link.room, store if store is not None else MemoryShelf())


class Hosting(Screen[None]):
    """A screen on which flows run. It gives `situation`, `do` and `say` itself."""

    def __init__(self, peer: Peer, notes: Notes) -> None:
        super().__init__()
        self._peer = peer
        self.notes = notes

    @property
    def peer(self) -> Peer:
        """The connection."""
        return self._peer

    @property
    def _program(self) -> App[None]:
        return self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    async def choose(self, title: str, choices: Sequence[Choice[Value]], *, body: str = "") -> Value | None:
        """One of several, or None."""
        return await self._program.push_screen_wait(Opened(title, choices, body=body))

    async def write(self, title: str, *, body: str = "", value: str = "", placeholder: str = "") -> str | None:
        """A line, or None."""
        return await self._program.push_screen_wait(Write(title, body=body, value=value, placeholder=placeholder))

    async def write_lines(self, title: str, *, body: str = "", value: str = "") -> str | None:
        """Several lines, or None."""
        return await self._program.push_screen_wait(WriteLines(title, body=body, value=value))

    async def write_kept(self, title: str, *, body: str, value: str, keep: Callable[[str], None]) -> str | None:
        """Several lines, or None; what is half-typed is given to `keep` all the while."""
        return await self._program.push_screen_wait(WriteKept(title, body=body, value=value, keep=keep))
