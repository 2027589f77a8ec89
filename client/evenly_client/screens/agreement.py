"""What the group agrees together: read and answered before anything that others wrote is shown."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from evenly_client.screens.armed import Armed
from evenly_client.translation import _

YES: Final = _("yes")
TALK: Final = _("I'd like to talk about this (told to the facilitator alone; you can come in)")
SCROLL: Final = _("↑↓ scroll · ctrl+q leave")
THANKS: Final = _("Thank you. One moment…")


class AgreementScreen(Armed[None]):
    """Shows the text; `y` accepts, `t` accepts and tells the facilitators that one would like to talk about it."""

    CSS_PATH = "gate.tcss"

    class Answered(Message):
        """It is answered. `talk`: with the wish to talk about it."""

        def __init__(self, *, talk: bool) -> None:
            self.talk = talk
            super().__init__()

    def __init__(self, text: str) -> None:
        super().__init__(classes="gate")
        self._text = text
        self._answered = False

    def compose(self) -> ComposeResult:
        """The text, and the two answers."""
        with Vertical(classes="sheet"):
            yield Static(_("What we agree together"), classes="title", markup=False)
            with VerticalScroll(classes="text", can_focus=True):
                yield Static(self._text, markup=False)
            answers = f" y  {YES}\n t  {TALK}\n\n {SCROLL}"
            yield Static(answers, classes="answers", markup=False)

    def on_key(self, event: events.Key) -> None:
        """The two answers."""
        if self._answered or event.character not in ("y", "t"):
            return
        event.stop()
        self._answered = True
        self.query_one(".answers", Static).update(f" {THANKS}")
        self.post_message(self.Answered(talk=event.character == "t"))
