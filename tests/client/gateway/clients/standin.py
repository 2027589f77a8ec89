"""Stands in for a visitor's client: starts at once, and does what it is told by a line.

It paints a screen of its own whenever something is typed or its window changes: its size, its number, what is typed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import termios
import time
import tty
from pathlib import Path

typed = b""
plain = False


def paint(*_: object) -> None:
    size = os.get_terminal_size(0) if os.isatty(0) else os.terminal_size((0, 0))
    kind = "plain" if plain else "screen"
    line = f"{kind} {size.columns}x{size.lines} pid {os.getpid()} term {os.environ['TERM']} typed [{typed.decode()}]"
    os.write(1, b"\x1b[H\x1b[2J" + line.encode())


def hog() -> None:
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1024) * 4096))


def flood() -> None:
    while True:
        os.write(1, b"x" * 4096)


def tell() -> None:
    """What it holds: only the process itself may look, others not even with the same rights."""
    place = Path(os.environ["HOME"])
    opened = [
        os.readlink(f"/proc/self/fd/{number}") for number in range(256) if Path(f"/proc/self/fd/{number}").exists()
    ]
    (place / "telling").write_text(json.dumps({"environment": dict(os.environ), "opened": opened}))
    (place / "telling").rename(place / "told")


def obey(word: str) -> None:
    if word == "hog":
        hog()
    elif word == "flood":
        flood()
    elif word.startswith("flood "):
        os.write(1, b"x" * int(word.removeprefix("flood ")) * 1024)
    elif word == "spin":
        while True:
            pass
    elif word == "sleep":
        time.sleep(3600)
    elif word == "stubborn":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.write(1, b"stubborn now")
    elif word == "tell":
        tell()
    elif word.startswith("exit "):
        os.write(1, b"\x1b[?1049l")
        sys.exit(int(word.removeprefix("exit ")))
    elif word.startswith("show "):
        os.write(1, eval(word.removeprefix("show "), globals()))


def main() -> None:
    global typed, plain
    with os.fdopen(3, "rb") as handed:
        plain = json.load(handed)["plain"]
    if os.isatty(0):
        tty.setraw(0, termios.TCSANOW)
        os.write(1, b"\x1b[?1049h\x1b[?1000h\x1b[?25l")
    signal.signal(signal.SIGWINCH, paint)
    paint()
    while True:
        try:
            data = os.read(0, 4096)
        except InterruptedError:
            continue
        if not data:
            os.write(1, b"the input has ended")
            return
        typed += data
        while b"\r" in typed or b"\n" in typed:
            line, _, typed = typed.replace(b"\n", b"\r").partition(b"\r")
            obey(line.decode())
            if not typed:
                break
        else:
            paint()


if __name__ == "__main__":
    main()
