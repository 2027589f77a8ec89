"""A server of one's own: a process started here and spoken to as anybody would. Never imported, only run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from evenly_client.own_program import own_program
from evenly_client.translation import _

AGAIN_AFTER_S = 0.5
"""Seconds before a server that has ended by itself is started again."""


class ServerNotStarted(Exception):
    """The server did not come up; its last words say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words or _("The server could not be started here."))


class LocalServer:
    """A server process, which ends with this one. Use `await LocalServer.start(...)`; `stop` ends it in order.

    Attributes:
        port: where it listens.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, port: int, arguments: Sequence[str] = (), log: Path | None = None
    ) -> None:
        self._process = process
        self._arguments = arguments
        self._log = log
        self.port = port

    @classmethod
    async def start(cls, arguments: Sequence[str], *, log: Path | None = None, fed_at: int | None = None) -> Self:
        """Starts `evenly serve` with these arguments and waits until it listens.

        `log`: the file for what it says; thrown away without. `fed_at`: tell it the time, beginning there
        (UTC milliseconds).

        Raises:
            ServerNotStarted: it ended instead.
        """
        clock = ["--with-parent"] if fed_at is None else ["--clock", f"stdin:{fed_at}"]
        kept = log.open("ab") if log is not None else None
        try:
            process = await asyncio.create_subprocess_exec(
                *own_program("evenly_server"),
                "serve",
                *arguments,
                *clock,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=kept if kept is not None else asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        finally:
            if kept is not None:
                kept.close()
        assert process.stdout is not None
        first = await process.stdout.readline()
        if not first.startswith(b"listening "):
            _, said = await process.communicate()
            lines = (said or b"").decode(errors="replace").splitlines()
            words = [line.removeprefix("evenly: ") for line in lines if line.startswith("evenly: ")]
            raise ServerNotStarted(words[-1] if words else _last_words(log))
        if process.stderr is not None:
            _drain(process.stderr)
        return cls(process, int(first.split()[1]), arguments, log)

    async def advance(self, at: int) -> None:
        """Tells the server that it is `at` (UTC milliseconds), and waits until all that was due is done."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"%d\n" % at)
        await process.stdin.drain()
        if not await process.stdout.readline():
            raise ServerNotStarted(_("The server has ended."))

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def keep_up(self) -> None:
        """Starts it again, on the same port, whenever it has ended by itself; until cancelled."""
        while True:
            await self._process.wait()
            await asyncio.sleep(AGAIN_AFTER_S)
            with contextlib.suppress(ServerNotStarted):
                arguments = list(self._arguments)
                if "--port" in arguments:
                    arguments[arguments.index("--port") + 1] = str(self.port)
                again = await LocalServer.start(arguments, log=self._log)
                self._process = again._process

    async def stop(self) -> None:
        """Ends it in order: members are told, everything is written down."""
        if self.running:
            self._process.terminate()
        await self._process.wait()

    async def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self.running:
            self._process.kill()
        await self._process.wait()


def _drain(stream: asyncio.StreamReader) -> None:
    """Reads and forgets, so that the process never waits for its log to be read."""

    async def read() -> None:
        while await stream.read(65536):
            pass

    task = asyncio.ensure_future(read())
    _DRAINS.add(task)
    task.add_done_callback(_DRAINS.discard)


_DRAINS: set[asyncio.Future[None]] = set()


def _last_words(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    words = [line.removeprefix("evenly: ") for line in lines if line.startswith("evenly: ")]
    return words[-1] if words else ""
