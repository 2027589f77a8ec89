"""Real pseudo-terminals: `evenly` started in one, keys pressed, and its screen looked at as a person would."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pexpect
import pyte

EVENLY = (sys.executable, "-m", "evenly_client.cli")
WITHIN_S = 30.0
ENTER, ESCAPE = "\r", "\x1b"


class Terminal:
    """A command in a terminal of its own.

    Attributes:
        raw: every byte that reached the terminal.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        columns: int = 80,
        lines: int = 24,
        command: Sequence[str] = EVENLY,
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        """`command`: what is run, with these arguments, instead of `evenly`. `environment`: None is not set."""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self._process = pexpect.spawn(
            command[0],
            [*command[1:], *arguments],
            dimensions=(lines, columns),
            env=environment_of(home, environment or {}),
            timeout=WITHIN_S,
        )

    @property
    def rows(self) -> list[str]:
        """The screen now, row by row."""
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        """The screen now."""
        return "\n".join(self.rows)

    def look(self, patience: float = 0.05, *, drawn: bool = True) -> None:
        """Takes in what has reached the terminal by now; without `drawn`, only its bytes: much faster."""
        try:
            while True:
                data = self._process.read_nonblocking(65536, patience)
                self.raw += data
                if drawn:
                    self._stream.feed(data)
                patience = 0.0
        except (pexpect.TIMEOUT, pexpect.EOF):
            return

    def shows(self, pattern: str) -> re.Match[str]:
        """Waits until the screen shows this."""
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            self.look()
            found = re.search(pattern, self.text)
            if found:
                return found
            if not self._process.isalive():
                break
        raise AssertionError(f"never showed {pattern!r}; it shows:\n{self.text}")

    def press(self, keys: str | bytes) -> None:
        """Presses keys; bytes are what the terminal makes of them."""
        self._process.send(keys)

    def answers(self, pattern: str, keys: str) -> None:
        """Waits for a question and answers it."""
        self.shows(pattern)
        self.press(keys)

    def until(self, keys: str, pattern: str) -> re.Match[str]:
        """Presses keys again and again until the screen shows this: for dialogs that arm after a moment."""
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            self.press(keys)
            pause = time.monotonic() + 1.0
            while time.monotonic() < pause:
                self.look()
                found = re.search(pattern, self.text)
                if found:
                    return found
        raise AssertionError(f"{keys!r} never showed {pattern!r}; it shows:\n{self.text}")

    def resize(self, columns: int, lines: int) -> None:
        """The window has another size from now on."""
        self._screen.resize(lines, columns)
        self._process.setwinsize(lines, columns)

    @property
    def alive(self) -> bool:
        """Whether the command still runs."""
        return bool(self._process.isalive())

    def ends(self) -> None:
        """Waits until it has ended by itself, taking in its last words."""
        until = time.monotonic() + WITHIN_S
        while self._process.isalive():
            self.look(drawn=False)
            assert time.monotonic() < until, f"has not ended; it shows:\n{self.text}"

    def kill(self) -> None:
        """Kills the command at once, as a crash would."""
        self._process.kill(signal.SIGKILL)
        self._process.wait()

    def vanish(self) -> bool:
        """Takes the terminal away from the command, as closing a window does. Whether it ends."""
        os.close(self._process.child_fd)
        until = time.monotonic() + WITHIN_S
        while os.waitpid(self._process.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(self._process.pid, signal.SIGKILL)
                os.waitpid(self._process.pid, 0)
                return False
            time.sleep(0.05)
        return True

    def close(self) -> None:
        """Ends it."""
        self._process.close(force=True)


def environment_of(home: Path, changed: Mapping[str, str | None]) -> dict[str, str]:
    """What `evenly` finds in its environment: its files in `home`, an ordinary terminal, but for what is changed."""
    environment = {
        **os.environ,
        "EVENLY_HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        **changed,
    }
    return {name: value for name, value in environment.items() if value is not None}
