"""A client for tests of what is around it: paints which process it is, its window's size, and all that was typed.

It leaves at ctrl+q. ctrl+x has it send what a hostile client might: `HOSTILE`. ctrl+o measures: how many cells of the
terminal it looks at each of `MEASURED` takes, as the terminal itself says where its cursor is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tty
from types import FrameType

MEASURED = (
    "a",
    "é",
    "e\u0301",
    "中",
    "ｗ",
    "😀",
    "👍🏽",
    "👩\u200d👩\u200d👧",
    "❤\ufe0f",
    "⚠\ufe0f",
    "▶",
    "✓",
    "●",
    "한",
    "·",
)
HOSTILE = (
    "\x1b]52;c;c3RvbGVu\x07"  # writes the clipboard
    "\x1b]52;c;?\x07"  # reads it
    "\x1b[8;5;5t\x1b[3;0;0t\x1b[2t\x1b[21t\x1b[18t"  # sizes, moves and reports the window
    "\x1b]8;;javascript:document.title='owned'\x07click here\x1b]8;;\x07 "
    "\x1b]8;;https://evil.example/\x07or here\x1b]8;;\x07 "
    "\x1b]2;<img src=https://evil.example/title>\x07"
    "<img src=https://evil.example/text onerror=alert(1)><script>alert(1)</script>"
    "\x1b]1337;File=inline=1:AAAA\x07\x1bPq#0~~\x1b\\\x1b]9;note\x07\x1b]777;notify;a;b\x07"
)


def main() -> int:
    """Paints until it is left. The exit status: 0."""
    with os.fdopen(3, "rb") as handed:
        plain = json.load(handed)["plain"]
    tty.setraw(0)
    typed = b""

    def say(text: str) -> None:
        os.write(1, text.encode())

    def paint(number: int = 0, frame: FrameType | None = None) -> None:
        columns, rows = os.get_terminal_size(1)
        lines = [f"process {os.getpid()}.", f"window {columns}x{rows}.", f"plain {plain}.", f"typed {typed[-40:]!r}."]
        say("\x1b[2J\x1b[H" + "\r\n".join(lines) + "\r\n")

    signal.signal(signal.SIGWINCH, paint)
    say(("" if plain else "\x1b[?1049h") + "\x1b[?2004h\x1b]2;Painter\x07\x1b[48;2;20;40;80m")
    paint()
    while data := os.read(0, 1024):
        if data == b"\x11" and not plain:
            break
        if data == b"\x18":
            say(HOSTILE)
        elif data == b"\x0f":
            say(f"cells {[_cells(text) for text in MEASURED]}.")
        else:
            typed += data
            paint()
    say("\x1b[?2004l\x1b[?1049l")
    return 0


def _cells(text: str) -> int:
    os.write(1, f"\r\x1b[K{text}\x1b[6n".encode())
    answer = b""
    while not (found := re.search(rb"\x1b\[\d+;(\d+)R", answer)):
        answer += os.read(0, 64)
    os.write(1, b"\r\x1b[K")
    return int(found[1]) - 1


if __name__ == "__main__":
    sys.exit(main())
