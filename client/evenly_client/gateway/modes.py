"""What a client has set in its terminal, so that another terminal can be brought to where the first one stood.

Followed are the modes that Textual and prompt_toolkit use: DECSET and DECRST (the other screen, mouse, pastes, focus,
cursor, wrapping), the keyboard protocol of kitty, and the title. Source: "XTerm Control Sequences" (ctlseqs);
https://sw.kovidgoyal.net/kitty/keyboard-protocol/. What stands on the screen is not followed: the client paints it.
"""

from __future__ import annotations

import re
from typing import Final

OTHER_SCREEN: Final = 1049
SET_AT_FIRST: Final = frozenset({7, 25})
"""The private modes that are set in a fresh terminal: lines wrap, the cursor is seen."""

UNFINISHED_AT_MOST: Final = 4096
"""Bytes of a sequence whose end has not come; a longer one is none."""
_KEYBOARDS_AT_MOST: Final = 16
_MODES_AT_MOST: Final = 64

_SEQUENCE = re.compile(
    rb"\x1b\[\?(?P<modes>[0-9;]{1,64})(?P<set>[hl])"
    rb"|\x1b\[(?P<keyboard>[<>])(?P<value>[0-9]{0,4})u"
    rb"|\x1b\[2(?P<title>[23])(?:;[0-9])?t"
    rb"|\x1b\][02];(?P<name>[^\x07\x1b]{0,256})(?:\x07|\x1b\\)"
)
_UNFINISHED = re.compile(
    rb"(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)"
    rb"|[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z"
)


class Modes:
    """The modes of a terminal after all that it was sent. Pure: it is told what is sent, and answers in sequences."""

    def __init__(self) -> None:
        self._changed: dict[int, bool] = {}
        self._keyboards: list[bytes] = []
        self._title: bytes | None = None
        self._title_kept = False
        self._unfinished = b""

    @property
    def other_screen(self) -> bool:
        """Whether the client paints a whole screen, the one without lines that have gone by."""
        return self._changed.get(OTHER_SCREEN, False)

    def follow(self, data: bytes) -> None:
        """Takes note of what the terminal is sent. It may be cut anywhere."""
        text = self._unfinished + data
        for found in _SEQUENCE.finditer(text):
            self._heard(found)
        rest = _UNFINISHED.search(text, max(0, len(text) - UNFINISHED_AT_MOST))
        self._unfinished = rest[0] if rest else b""

    def restored(self) -> bytes:
        """Brings a fresh terminal to where this one stands, in the middle of a sequence if need be."""
        modes = [b"\x1b[?%d%s" % (mode, b"h" if on else b"l") for mode, on in self._differing()]
        keyboards = [b"\x1b[>%su" % flags for flags in self._keyboards]
        title = b"" if self._title is None else b"\x1b[22;2t\x1b]2;%s\x07" % self._title
        return title + b"".join(modes + keyboards) + self._unfinished

    def undone(self) -> bytes:
        """Brings the terminal back to how it was found, for one whose client cannot do it any more."""
        # CAN ends a sequence that was begun.
        begun = b"\x18" if self._unfinished else b""
        keyboards = b"\x1b[<%du" % len(self._keyboards) if self._keyboards else b""
        modes = [b"\x1b[?%d%s" % (mode, b"l" if on else b"h") for mode, on in reversed(self._differing())]
        title = b"\x1b[23;2t" if self._title_kept else b""
        undone = begun + keyboards + b"".join(modes) + title
        return undone + b"\x1b[m" if undone else b""

    def _differing(self) -> list[tuple[int, bool]]:
        """The other screen first: what else is set may belong to it."""
        differing = [(mode, on) for mode, on in self._changed.items() if on != (mode in SET_AT_FIRST)]
        return sorted(differing, key=lambda one: one[0] != OTHER_SCREEN)

    def _heard(self, found: re.Match[bytes]) -> None:
        if (modes := found["modes"]) is not None:
            for mode in modes.split(b";"):
                if len(mode) <= 5 and mode and (int(mode) in self._changed or len(self._changed) < _MODES_AT_MOST):
                    self._changed[int(mode)] = found["set"] == b"h"
        elif found["keyboard"] == b">":
            self._keyboards = [*self._keyboards, found["value"]][-_KEYBOARDS_AT_MOST:]
        elif found["keyboard"] == b"<":
            kept = len(self._keyboards) - int(found["value"] or b"1")
            self._keyboards = self._keyboards[: max(0, kept)]
        elif (title := found["title"]) is not None:
            self._title_kept = title == b"2"
            self._title = self._title if self._title_kept else None
        else:
            self._title = found["name"]
