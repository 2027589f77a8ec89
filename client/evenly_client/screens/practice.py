"""Twenty seconds with the one key that matters, before the first session. Seen by nobody, sent nowhere."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from evenly_client.screens.held import SETTLES_AFTER_S, HeldKeys, Press
from evenly_client.screens.keys import Keymap
from evenly_client.translation import _, pgettext

STEPS = (
    (
        _("Twenty seconds of practice"),
        # Translators: {key} is “space bar”, or “key x”
        _("Nobody sees this.\n\nTo ask for the floor, press the {key}."),
        _("listening"),
    ),
    (
        _("Your hand is up"),
        _(
            "That is all it takes. You would now see how many speak before you.\n\n"
            "Changed your mind? Press the {key} again."
        ),
        _("your hand is up · next in line"),
    ),
    (
        _("Your hand is down"),
        _(
            "Nothing else is ever on that key.\n\nWhen it is your turn, the screen says so, and enter says that you"
            " have finished.\n\nPress enter to go on."
        ),
        _("listening"),
    ),
)
YOU = pgettext("label", "YOU")


class Practice(Screen[None]):
    """Hand up, hand down, go on; escape skips it."""

    CSS_PATH = "gate.tcss"

    def __init__(self, keys: Keymap, clock: Callable[[], float]) -> None:
        super().__init__(classes="gate")
        self._keys = keys
        self._key = keys.first("raise_hand")
        self._clock = clock
        self._held = HeldKeys()
        self._step = 0

    def compose(self) -> ComposeResult:
        """The step and where one would stand."""
        with Vertical(classes="sheet"):
            yield Static(classes="title", markup=False)
            yield Static(classes="text", markup=False)
            yield Static(classes="you", markup=False)
            yield Static(classes="answers", markup=False)

    def on_mount(self) -> None:
        """The first step."""
        self._show()

    def _show(self) -> None:
        title, text, mine = STEPS[self._step]
        # Translators: “press the {key}” in the practice, where another key than the space bar was chosen
        key = _("space bar") if self._key == "space" else _("key {key}").format(key=self._key)
        self.query_one(".title", Static).update(title)
        self.query_one(".text", Static).update(text.format(key=key))
        self.query_one(".you", Static).update(f" {YOU}   {mine}")
        keys = _("enter go on · esc skip") if self._step == len(STEPS) - 1 else _("{key} · esc skip")
        self.query_one(".answers", Static).update(f" {keys.format(key=self._key)}")

    def on_key(self, event: events.Key) -> None:
        """The key, as in a session: held down it is one press."""
        last = self._step == len(STEPS) - 1
        if event.key == "escape" or (event.key == "enter" and last):
            event.stop()
            self.dismiss(None)
            return
        meant = any(action.name == "raise_hand" for action in self._keys.actions(event.key, event.character))
        if last or not meant:
            return
        event.stop()
        now = self._clock()
        match self._held.press(event.key, now):
            case Press.ACT:
                self._go_on()
            case Press.WAIT:
                key = event.key
                self.set_timer(
                    SETTLES_AFTER_S, lambda: self._go_on() if self._held.settled(key, now, self._clock()) else None
                )
            case Press.REPEAT:
                pass

    def _go_on(self) -> None:
        if self._step < len(STEPS) - 1:
            self._step += 1
            self._show()
