"""A text of several lines, written over the screen: enter begins a new line, ctrl+g keeps it."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from evenly_client.text import clean
from evenly_client.translation import _

KEYS: Final = _("ctrl+g keeps it · enter new line · esc closes")
SURE: Final = _("It is not kept yet: ctrl+g keeps it · esc again throws it away")


class Lines(TextArea):
    """A field of several lines; what is pasted into it is cleaned first."""

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert(clean(event.text, lines=True))


class WriteLines(ModalScreen[str | None]):
    """Several lines of text; None when it is closed without keeping them."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False, priority=True),
        Binding("ctrl+g", "keep", show=False, priority=True),
    ]

    def __init__(self, title: str, *, body: str = "", value: str = "") -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._body = body
        self._value = value
        self._asked = False

    def compose(self) -> ComposeResult:
        """A title, what it is about, the field."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="title", markup=False)
            if self._body:
                yield Static(self._body, classes="body", markup=False)
            yield Lines(self._value, compact=True, soft_wrap=True)
            yield Static(KEYS, classes="keys", markup=False)

    def on_mount(self) -> None:
        """What is there already is gone on with at its end."""
        field = self.query_one(Lines)
        field.move_cursor(field.document.end)

    @property
    def _text(self) -> str:
        return clean(self.query_one(Lines).text, lines=True)

    def action_keep(self) -> None:
        """This is the text."""
        self.done(self._text or None)

    def action_close(self) -> None:
        """Closes it; asks first if something was written."""
        if self._asked or self._text == clean(self._value, lines=True):
            self.done(None)
            return
        self._asked = True
        self.query_one(".keys", Static).update(SURE)

    def done(self, text: str | None) -> None:
        """Closes it with this text, or None for none."""
        self.dismiss(text)
