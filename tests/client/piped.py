"""An `evenly` process driven through pipes: type a line, wait for a line."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

WITHIN_S = 20.0


class Piped:
    """A running command; `said` is everything that it printed so far, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[str] = []
        self._seen = 0

    @classmethod
    async def run(cls, home: Path, *arguments: str) -> Piped:
        """Starts `evenly ARGUMENTS` with its files under `home`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "evenly_client.cli",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "EVENLY_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        )
        return cls(process)

    def type(self, line: str) -> None:
        """Types a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def says(self, pattern: str) -> str:
        """Waits for the next line that matches; that line."""
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._next_line(pattern)
        except TimeoutError:
            raise AssertionError(f"never said {pattern!r}; it said:\n" + "\n".join(self.said)) from None

    async def _next_line(self, pattern: str) -> str:
        assert self._process.stdout is not None
        while True:
            while self._seen < len(self.said):
                line = self.said[self._seen]
                self._seen += 1
                if re.search(pattern, line):
                    return line
            raw = await self._process.stdout.readline()
            if not raw:
                raise AssertionError(f"ended without saying {pattern!r}; it said:\n" + "\n".join(self.said))
            self.said.append(raw.decode().rstrip("\n"))

    async def ends(self) -> int:
        """Ends its input and waits for its end; the exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        async with asyncio.timeout(WITHIN_S):
            while raw := await self._process.stdout.readline():
                self.said.append(raw.decode().rstrip("\n"))
            return await self._process.wait()
