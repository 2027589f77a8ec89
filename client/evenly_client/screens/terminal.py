"""What is told to the terminal itself: its title, a bell, a notification. Never a name or a word of anybody's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from evenly_client.translation import _

_BY_OSC_9 = ("iTerm.app", "WezTerm", "ghostty", "kitty")
_BY_OSC_777 = ("foot", "rxvt-unicode", "contour")


class Cue(Enum):
    """What a member is told without looking at the screen."""

    NONE = "none"
    NEXT = "next"
    TURN = "turn"
    BACK = "back"


SAID: Final = {
    Cue.NONE: "Evenly",
    Cue.NEXT: _("Evenly: you are next"),
    Cue.TURN: _("Evenly: your turn"),
    Cue.BACK: _("Evenly: back to the group"),
}


class Terminal:
    """The terminal's own signs. `write` takes a control sequence; None where there is no terminal."""

    def __init__(
        self,
        write: Callable[[str], None] | None,
        environment: Mapping[str, str] = os.environ,
        *,
        bell: bool = True,
        notify: bool = True,
    ) -> None:
        self._write = write
        self._bell = bell
        self._notification = _notification(environment) if notify else ""
        self._title = ""

    def begin(self) -> None:
        """Keeps the title that the terminal has, to give it back."""
        self._tell("\x1b[22;2t")

    def end(self) -> None:
        """Gives the title back."""
        self._tell("\x1b[23;2t")

    def title(self, cue: Cue) -> None:
        """Says the cue in the title."""
        if SAID[cue] != self._title:
            self._title = SAID[cue]
            self._tell(f"\x1b]2;{SAID[cue]}\x07")

    def call(self, cue: Cue) -> None:
        """A bell and a notification, where they are wanted and the terminal is known to have them."""
        if self._bell:
            self._tell("\x07")
        if self._notification:
            self._tell(self._notification.format(text=SAID[cue]))

    def _tell(self, sequence: str) -> None:
        if self._write is not None:
            self._write(sequence)


def _notification(environment: Mapping[str, str]) -> str:
    """The sequence this terminal shows a notification for; empty where none is known to be safe."""
    if "TMUX" in environment or environment.get("TERM", "").startswith("screen"):
        return ""
    program, kind = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if program in _BY_OSC_9 or kind in ("xterm-kitty", "xterm-ghostty", "wezterm"):
        return "\x1b]9;{text}\x07"
    if kind.startswith(_BY_OSC_777):
        return "\x1b]777;notify;Evenly;{text}\x07"
    return ""
