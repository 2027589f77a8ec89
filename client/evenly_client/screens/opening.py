"""The first thing that is seen: which room, and that the way to it is being opened. In the session's own layout.

It is there before anything that opens seals or speaks to servers has been imported: this module imports none of it.
"""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen

from evenly_client.gateway.sentence import GATEWAY_SENTENCE
from evenly_client.screens.looks import BLANK, Look, Row, Span, padded, wrapped
from evenly_client.screens.rows import Rows
from evenly_client.translation import _, pgettext

LABEL = 12
"""Cells of the column with the parts' names, as on the session's screen."""

YOU = pgettext("label", "YOU")
WAITS = _("not in the room yet · this opens by itself")
NO_KEY_YET = _("Keys work once you are in the room. ctrl+q leaves.")
TRYING = _("Trying again by itself.")
LEAVE_KEY = Span("ctrl+q ", Look.KEY)  # no words: a key
LEAVE = Row((Span(" "), LEAVE_KEY, Span(pgettext("key", "leave"))), (), "footer")


class Opening(Screen[None]):
    """Shown until one is in the room, or until somebody has to be asked something first. It takes no key."""

    DEFAULT_CSS = """
    Opening {
        background: $background;
        color: $foreground;
        #header { dock: top; height: 1; background: $panel; }
        #waiting { margin-top: 1; }
        #footer { dock: bottom; background: $panel; }
    }
    """

    class Shown(Message):
        """It stands on the screen: there is time now for everything else."""

    def __init__(self, room: str, trouble: str = "", *, at_gateway: bool = False) -> None:
        """`room`: its name as far as it is known here. `trouble`: as for `say`. `at_gateway`: say what that means."""
        super().__init__()
        self._at_gateway = at_gateway
        self._room = room
        self._trouble = trouble
        self._pressed = False

    def compose(self) -> ComposeResult:
        """The header, where one stands, and the one key."""
        yield Rows(self._header(), id="header")
        yield Rows(self._waiting(), id="waiting")
        yield Rows([LEAVE], id="footer")

    def on_mount(self) -> None:
        """Says when it is seen."""
        self.call_after_refresh(self.post_message, self.Shown())

    def on_resize(self) -> None:
        """What is wrapped fits into the new width."""
        self._paint()

    def say(self, trouble: str) -> None:
        """What stands in the way, and is tried again by itself; empty for nothing."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._paint()

    def no_key_yet(self) -> None:
        """Answers a key: it is not kept, and does nothing later."""
        if not self._pressed:
            self._pressed = True
            self._paint()

    def on_key(self, event: events.Key) -> None:
        """No key does anything here; the first that is pressed is told so."""
        event.stop()
        self.no_key_yet()

    def _paint(self) -> None:
        self.query_one("#header", Rows).show(self._header())
        self.query_one("#waiting", Rows).show(self._waiting())

    def _header(self) -> list[Row]:
        state = _("not connected") if self._trouble else _("connecting")
        return [Row((Span(f" {self._room}"),), (Span(f"{state} ○ ", Look.NOTE),), "header")]

    def _waiting(self) -> list[Row]:
        rows = [Row((Span(padded(f"  {YOU}", LABEL), Look.LABEL), Span(WAITS, Look.STRONG)), (), "me")]
        if self._trouble and self.size.width:
            lines = wrapped(f"{self._trouble} {TRYING}", self.size.width - LABEL - 2, 3)
            rows += [_indented(line, ("trouble", at)) for at, line in enumerate(lines)]
        if self._at_gateway and self.size.width:
            lines = wrapped(GATEWAY_SENTENCE, self.size.width - LABEL - 2, 5)
            rows += [BLANK, *(_indented(line, ("gateway", at)) for at, line in enumerate(lines))]
        return [*rows, BLANK, _indented(NO_KEY_YET, "keys")] if self._pressed else rows


def _indented(text: str, key: object) -> Row:
    return Row((Span(" " * LABEL), Span(text, Look.NOTE)), (), key)
