"""The gateway's end of one client process: what it says, what it is told, the size of its window, its end.

A client has a pseudo-terminal; one that is spoken to in plain lines by a program has a pair of sockets instead, which
read and write alike. Nothing is buffered here: who reads slowly is waited for, by the client too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from evenly_client.gateway.child import Bounds
from evenly_client.gateway.limits import Limits
from evenly_client.own_program import own_program
from evenly_client.translation import language

KILLED_AFTER_S: Final = 3.0
"""Seconds that a client has to end by itself once it was told to."""

CHUNK: Final = 64 * 1024
"""Bytes that are read at a time."""

_DRIVER = "evenly_client.gateway.driver:VisitorDriver"
_KEPT = (
    *("LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "EVENLY_CATALOGUES"),
    *("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"),
)
"""Of the gateway's environment: the ways of a country, and what Python itself may need."""


def environment_of(home: Path, term: str | None, *, truecolor: bool) -> dict[str, str]:
    """All that a client's environment holds. `term`: the kind of terminal, None for plain pipes."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name))}
    given = {
        "EVENLY_HOME": str(home),
        # Its keeper's choice, which may stand in a file that a visitor does not read.
        "EVENLY_LANGUAGE": language(),
        "HOME": str(home),
        "TERM": term or "dumb",
        "PYTHONUTF8": "1",
        "TEXTUAL_DRIVER": _DRIVER,
        # Asking the terminal where its cursor stands: the answer may come from another terminal, or never.
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    return kept | given | ({"COLORTERM": "truecolor"} if truecolor else {})


class Hosted:
    """A client that runs. Made by `start`; whoever has it reads until nothing comes, then awaits `ended`.

    Attributes:
        piped: it has plain pipes, no terminal.
    """

    def __init__(self, process: asyncio.subprocess.Process, descriptor: int, *, piped: bool) -> None:
        self._process = process
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._ending: asyncio.TimerHandle | None = None
        self._typing = asyncio.Lock()
        """Held while something is told: of two who wait, the loop would wake only the one who came last."""
        self._waiting: set[asyncio.Future[None]] = set()
        self.piped = piped

    @classmethod
    async def start(
        cls, module: str, given: bytes, home: Path, limits: Limits, term: str | None, *, truecolor: bool = False
    ) -> Self:
        """Starts `module` as a client whose files lie in `home`; `given` is what it reads on descriptor 3.

        Raises:
            OSError: no process, or no terminal, is to be had.
        """
        near, far = os.openpty() if term is not None else _pair()
        with contextlib.ExitStack() as ours:
            ours.callback(os.close, far)
            read, write = os.pipe()
            ours.callback(os.close, read)
            with os.fdopen(write, "wb") as pipe:
                pipe.write(given)  # a link is shorter than any pipe
            bounds = Bounds(
                memory_bytes=limits.memory_bytes,
                cpu_seconds=limits.cpu_seconds,
                nice=limits.nice,
                open_files=limits.open_files,
                file_bytes=limits.file_bytes,
            )
            try:
                process = await asyncio.create_subprocess_exec(
                    *own_program("evenly_client.gateway.child", "-P"),
                    *(str(read), json.dumps(bounds), module),
                    stdin=far,
                    stdout=far,
                    stderr=far,
                    pass_fds=(read,),
                    start_new_session=True,
                    cwd=home,
                    env=environment_of(home, term, truecolor=truecolor),
                )
            except BaseException:
                os.close(near)
                raise
        os.set_blocking(near, False)
        return cls(process, near, piped=term is None)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def read(self) -> bytes:
        """What it says next; nothing once it has ended."""
        # One that never stops talking leaves the others their turn.
        await asyncio.sleep(0)
        while self._descriptor >= 0:
            try:
                return os.read(self._descriptor, CHUNK)
            except BlockingIOError:
                await self._until(self._loop.add_reader, self._loop.remove_reader)
            except OSError:
                return b""  # Linux says EIO when nobody has the terminal's other end any more
        return b""

    async def write(self, data: bytes) -> None:
        """Tells it something; returns when it has taken it, or has ended."""
        async with self._typing:
            rest = memoryview(data)
            while rest and self._descriptor >= 0:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except BlockingIOError:
                    await self._until(self._loop.add_writer, self._loop.remove_writer)
                except OSError:
                    return

    def end_input(self) -> None:
        """Nothing more will be written. A terminal has no such end."""
        if self.piped and self._descriptor >= 0:
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as ours:
                ours.shutdown(socket.SHUT_WR)

    def resize(self, columns: int, rows: int) -> None:
        """The size of its window, in cells."""
        if not self.piped and self._descriptor >= 0:
            fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def paint_anew(self) -> None:
        """Lets it paint all that is to be seen, though its window is as before."""
        if not self.piped:
            self._signal(signal.SIGWINCH)

    def end(self) -> None:
        """Tells it to end, and sees to it."""
        if self._ending is None and self._process.returncode is None:
            self._signal(signal.SIGHUP)
            # One that was stopped hears of it only when it goes on.
            self._signal(signal.SIGCONT)
            self._ending = self._loop.call_later(KILLED_AFTER_S, self._signal, signal.SIGKILL)

    async def ended(self) -> int:
        """Waits until the process is gone, and all that it may have left. Its exit status; -n for signal n."""
        status = await self._process.wait()
        if self._ending is not None:
            self._ending.cancel()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
            for waiting in self._waiting:
                _settle(waiting)
        return status

    def _signal(self, number: signal.Signals) -> None:
        # Not by way of Popen: it would wait for the process itself, and asyncio would never hear how it ended.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    async def _until(self, add: Callable[..., None], remove: Callable[[int], object]) -> None:
        ready: asyncio.Future[None] = self._loop.create_future()
        descriptor = self._descriptor
        add(descriptor, _settle, ready)
        self._waiting.add(ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if descriptor == self._descriptor:
                remove(descriptor)


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _pair() -> tuple[int, int]:
    near, far = socket.socketpair()
    return near.detach(), far.detach()
