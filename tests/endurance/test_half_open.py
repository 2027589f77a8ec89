"""A member's line goes dead without a word: the server knows within 17 seconds, and nobody else notices anything."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import subprocess
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.words import Intent

from tests.endurance.real_members import plain_member
from tests.harness import Server, eventually, make_room

FOUND_WITHIN_S = 17
HERE, THERE = "10.203.77.1", "10.203.77.2"


@dataclass(frozen=True)
class OtherHost:
    """A network of its own, joined to this one by a cable that can be pulled."""

    name: str

    def pull(self) -> None:
        """The cable is out: nothing comes through, and nobody is told."""
        _ip("netns", "exec", self.name, "ip", "link", "set", f"{self.name}b", "down")


@pytest.fixture
def other_host() -> Generator[OtherHost]:
    """See `OtherHost`."""
    if os.geteuid() != 0:
        pytest.skip("a network of its own needs root")
    name = f"ev{secrets.token_hex(3)}"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", f"{HERE}/30", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        for what in (["addr", "add", f"{THERE}/30", "dev", f"{name}b"], ["link", "set", f"{name}b", "up"]):
            _ip("netns", "exec", name, "ip", *what)
    except (OSError, subprocess.CalledProcessError) as error:
        _drop(name)
        pytest.skip(f"no network namespaces here: {error}")
    try:
        yield OtherHost(name)
    finally:
        _drop(name)


def _drop(name: str) -> None:
    for command in (["link", "del", f"{name}a"], ["netns", "del", name]):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            _ip(*command)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


async def test_a_line_that_is_dead_without_a_word_is_found(other_host: OtherHost, tmp_path: Path) -> None:
    listens = ("--host", "0.0.0.0", "--insecure", "--no-pace", "--name", HERE)
    async with Server(tmp_path / "rooms.db", *listens) as server, make_room(server, 2, session=True) as group:
        link = replace(group.link, host=HERE)
        async with plain_member(link, tmp_path / "far", "ip", "netns", "exec", other_host.name):
            await eventually(lambda: 3 in group.leader.connected)
            other_host.pull()
            async with asyncio.timeout(FOUND_WITHIN_S):
                while 3 in group.leader.connected:
                    assert await group.leader.ask(RaiseHand(Intent.SPEAK)) is None
                    assert await group.leader.ask(LowerHand(group.leader.room.floor.hands[0].id)) is None
                    await asyncio.sleep(0.2)
            assert group.leader.connected == [1, 2]
