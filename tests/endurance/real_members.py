"""Members as processes of their own, and what a member waits for: the program as people run it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from evenly_client.links import Link
from evenly_protocol.facts import Command
from evenly_protocol.hands import LowerHand, RaiseHand, WordHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import Intent

from tests.harness import Member, soon


@contextlib.asynccontextmanager
async def plain_member(link: Link, home: Path, *inside: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`evenly plain` with everything answered by yes; `inside` is put before the command. Killed at the end."""
    command = [sys.executable, "-m", "evenly_client.cli", "plain", link.invite_text(), "--name", "Far", "--insecure"]
    member = await asyncio.create_subprocess_exec(
        *inside,
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "EVENLY_HOME": str(home)},
    )
    assert member.stdin is not None
    member.stdin.write(b"yes\n")
    try:
        yield member
    finally:
        with contextlib.suppress(ProcessLookupError):
            member.kill()
        await soon(member.wait())


LONG = 500
"""Bytes of the words of a hand; with their seal they are as long as words may be."""


class Probe:
    """A member who raises a hand, gives it words, and lowers it; how long each answer took, in milliseconds."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.took: list[float] = []

    async def once(self) -> None:
        """A hand up, worded, and down."""
        member = self.member
        await self._ask(RaiseHand(Intent.SPEAK))
        (mine,) = [hand.id for hand in member.room.floor.hands if hand.seat == member.seat]
        await self._ask(WordHand(mine, member.seal(FieldKind.WORDS, "x" * LONG, mine)))
        await self._ask(LowerHand(mine))

    async def _ask(self, command: Command) -> None:
        began = time.perf_counter()
        assert await self.member.ask(command) is None
        self.took.append((time.perf_counter() - began) * 1000)


def p99(took: list[float]) -> float:
    """The 99th of a hundred, in the unit of the values."""
    return sorted(took)[int(len(took) * 0.99)]
