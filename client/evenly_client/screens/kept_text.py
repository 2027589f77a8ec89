"""Texts written over the screen of which nothing is lost: what is half-typed is kept all the while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual import on
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from evenly_client.screens.dialogs import Write
from evenly_client.screens.drafts import DRAFT_KEPT_AFTER_S
from evenly_client.screens.long_text import WriteLines
from evenly_client.translation import _

LINE_KEYS: Final = _("enter keeps it · esc closes, nothing is lost")
LINES_KEYS: Final = _("ctrl+g keeps it · enter new line · esc closes, nothing is lost")


class Keeping:
    """Gives what is typed to `keep`, soon after each key, and at the end at once."""

    def __init__(self, screen: Screen[str | None], keep: Callable[[str], None]) -> None:
        self._screen = screen
        self._keep = keep
        self._text = ""
        self._timer: Timer | None = None

    def typed(self, text: str) -> None:
        """This stands in the field now."""
        self._text = text
        if self._timer is None:
            self._timer = self._screen.set_timer(DRAFT_KEPT_AFTER_S, self.now)

    def now(self) -> None:
        """Keeps what is not kept yet."""
        if self._timer is None:
            return
        self._timer.stop()
        self._timer = None
        self._keep(self._text)


class WriteKept(Write):
    """A line; what is half-typed is kept, and closing loses nothing."""

    def __init__(self, title: str, *, body: str, value: str, placeholder: str, keep: Callable[[str], None]) -> None:
        super().__init__(title, body=body, value=value, placeholder=placeholder)
        self._keeping = Keeping(self, keep)

    def on_mount(self) -> None:
        """Says that nothing is lost."""
        self.query_one(".keys", Static).update(LINE_KEYS)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._keeping.typed(event.value)

    def done(self, text: str | None) -> None:
        """It stays a draft until it is where it belongs."""
        self._keeping.typed(self.query_one(Input).value)
        self._keeping.now()
        super().done(text)

    def on_unmount(self) -> None:
        """Closed from elsewhere: nothing is lost either."""
        self._keeping.now()


class WriteLinesKept(WriteLines):
    """Several lines; what is half-typed is kept, and closing loses nothing."""

    def __init__(self, title: str, *, body: str, value: str, keep: Callable[[str], None]) -> None:
        super().__init__(title, body=body, value=value)
        self._keeping = Keeping(self, keep)

    def on_mount(self) -> None:
        """Says that nothing is lost."""
        self.query_one(".keys", Static).update(LINES_KEYS)
        field = self.query_one(TextArea)
        field.move_cursor(field.document.end)

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._keeping.typed(event.text_area.text)

    def action_close(self) -> None:
        """Closes it without a question: what is typed is kept as a draft."""
        self.done(None)

    def done(self, text: str | None) -> None:
        """It stays a draft until it is where it belongs."""
        self._keeping.typed(self.query_one(TextArea).text)
        self._keeping.now()
        super().done(text)

    def on_unmount(self) -> None:
        """Closed from elsewhere: nothing is lost either."""
        self._keeping.now()
