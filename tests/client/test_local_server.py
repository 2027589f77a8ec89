"""A server of one's own: it ends with whoever started it, and is started again when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.transport import connected

ARGUMENTS = ("--port", "0", "--create", "anyone", "--log", "error")
WITHIN_S = 20.0


async def _answers(port: int) -> None:
    """Waits until somebody answers on a port."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                async with connected(Link("127.0.0.1", port, bytes(16), bytes(16))):
                    return
            except OSError:
                await asyncio.sleep(0.05)


async def test_a_server_that_dies_is_started_again_on_the_same_port(tmp_path: Path) -> None:
    """Killed as by a power cut; the journal is the same."""
    server = await LocalServer.start([*ARGUMENTS, "--journal", str(tmp_path / "evenly.db")])
    keeping = asyncio.ensure_future(server.keep_up())
    try:
        await _answers(server.port)
        await server.kill()
        await _answers(server.port)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await server.stop()


async def test_it_ends_when_whoever_started_it_is_gone(tmp_path: Path) -> None:
    """However that ended: its standard input closes, and it stops in order."""
    journal = str(tmp_path / "evenly.db")
    code = (
        "import asyncio\n"
        "from evenly_client.local_server import LocalServer\n"
        "async def main():\n"
        f"    server = await LocalServer.start({[*ARGUMENTS, '--journal', journal]!r})\n"
        "    print(server.port, server._process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    starter = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert starter.stdout is not None
    port, process = map(int, (await starter.stdout.readline()).split())
    await _answers(port)
    starter.send_signal(signal.SIGKILL)
    await starter.wait()
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                break
            await asyncio.sleep(0.05)
