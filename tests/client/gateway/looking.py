"""What tests of the gateway look with: a show with a screen, and waiting for what is to be seen on it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyte
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.visits import Over, Visits

from tests.harness import eventually

CLIENTS = Path(__file__).parent / "clients"
"""Modules that stand in for a client; a test puts this folder on PYTHONPATH."""

LINK = "evenly://127.0.0.1:7447/0000000000000000000000000G#00000-00000-00000-00000-00000G"
"""A link that the stand-ins are given, and do not follow."""

KITTY = (b"\x1b[>25u", b"\x1b[<u", b"\x1b[<1u")
"""Sequences that pyte would print."""


class Looker:
    """A show: a terminal that has just been opened.

    Attributes:
        raw: every byte that it was sent.
        reads: whether it takes what it is sent; cleared, `write` waits.
    """

    def __init__(self, columns: int = 100, rows: int = 30) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self.reads = asyncio.Event()
        self.reads.set()
        self.told: asyncio.Future[Over] = asyncio.get_running_loop().create_future()

    async def write(self, data: bytes) -> None:
        self.raw += data
        for sequence in KITTY:
            data = data.replace(sequence, b"")
        self._stream.feed(data)
        await self.reads.wait()

    def over(self, why: Over) -> None:
        self.told.set_result(why)

    @property
    def text(self) -> str:
        """The screen now."""
        return "\n".join(row.rstrip() for row in self._screen.display)

    async def sees(self, *words: str) -> str:
        """Waits until all of these stand on the screen; the screen."""
        try:
            await eventually(lambda: all(word in self.text for word in words))
        except TimeoutError:
            raise AssertionError(
                f"{words} did not come; the screen:\n{self.text}\n{bytes(self.raw[-500:])!r}"
            ) from None
        return self.text


def gateway(home: Path, limits: Limits | None = None, *, link: str = LINK, client: str = "standin") -> Visits:
    """The visits of a gateway whose visitors have stand-ins for clients."""
    place = home / "gateway" / "room"
    place.mkdir(parents=True, exist_ok=True)
    return Visits(link, place, limits, client=client)


async def told_by(client: str, home: Path) -> tuple[dict[str, str], list[str]]:
    """What a stand-in that was told to `tell` holds: its environment, and what it has open. `client`: its identity."""
    told = home / "gateway" / "room" / "visitors" / client / "told"
    await eventually(told.exists)
    holds = json.loads(told.read_text())
    return holds["environment"], holds["opened"]


def identity(number: int) -> str:
    """Somebody's."""
    return "ssh-" + chr(ord("a") + number) * 20
