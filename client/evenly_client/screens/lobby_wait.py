"""Before one is in the room, and after one can be no longer: waiting at the door, turned away."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from evenly_client.screens.armed import Armed
from evenly_client.translation import _

TITLE = _("Waiting to be let in")
TEXT = _("A facilitator has been asked to let you in. You can go on talking on the call; this opens by itself.")
LEAVES = _("ctrl+q leave")
CLOSES = _("enter closes")


class LobbyWait(Screen[None]):
    """Opens by itself once somebody has answered the door."""

    CSS_PATH = "gate.tcss"

    def __init__(self) -> None:
        super().__init__(classes="gate")

    def compose(self) -> ComposeResult:
        """What is being waited for."""
        with Vertical(classes="sheet"):
            yield Static(TITLE, classes="title", markup=False)
            yield Static(TEXT, classes="text", markup=False)
            yield Static(f" {LEAVES}", classes="answers", markup=False)


class TurnedAwayScreen(Armed[None]):
    """It is over: what happened and what to do next."""

    CSS_PATH = "gate.tcss"

    class Read(Message):
        """It has been read."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(classes="gate")
        self._title, self._advice = title, advice

    def compose(self) -> ComposeResult:
        """Two sentences and one key."""
        with Vertical(classes="sheet"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._advice, classes="text", markup=False)
            yield Static(f" {CLOSES}", classes="answers", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Closes the program."""
        if event.key in ("enter", "escape", "q"):
            event.stop()
            self.post_message(self.Read())
