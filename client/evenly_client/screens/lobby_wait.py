"""Before one is in the room, and after one can be no longer: connecting, waiting at the door, turned away."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from evenly_client.peer import State
from evenly_client.screens.dialogs import Armed

WAITING = (
    "Waiting to be let in",
    "A facilitator has been asked to let you in. You can go on talking on the call; this opens by itself.",
)
CONNECTING = ("Connecting", "This opens by itself.")


class LobbyWait(Screen[None]):
    """Opens by itself once there is something to see."""

    def __init__(self, state: State) -> None:
        super().__init__(classes="gate")
        self._state = state

    def compose(self) -> ComposeResult:
        """What is being waited for."""
        with Vertical(classes="sheet"):
            yield Static(classes="title", markup=False)
            yield Static(classes="text", markup=False)
            yield Static(" ctrl+q leave", classes="answers", markup=False)

    def on_mount(self) -> None:
        """Says it."""
        self.say(self._state, "")

    def say(self, state: State, trouble: str) -> None:
        """What is being waited for, and what stands in the way."""
        self._state = state
        title, text = WAITING if state is State.LOBBY else CONNECTING
        self.query_one(".title", Static).update(title)
        self.query_one(".text", Static).update(f"{trouble}\n\nTrying again by itself." if trouble else text)


class TurnedAwayScreen(Armed[None]):
    """It is over: what happened and what to do next."""

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
            yield Static(" enter closes", classes="answers", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Closes the program."""
        if event.key in ("enter", "escape", "q"):
            event.stop()
            self.post_message(self.Read())
