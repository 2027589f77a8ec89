"""Another machine: a network namespace of this one, and the cable between the two."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Generator
from dataclasses import dataclass

import pytest

HERE, THERE = "10.203.77.1", "10.203.77.2"


@dataclass(frozen=True)
class OtherHost:
    """A network of its own, joined to this one by a cable that can be pulled."""

    name: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What is put before a command that runs there."""
        return ("ip", "netns", "exec", self.name)

    def pull(self) -> None:
        """The cable is out: nothing comes through, and nobody is told."""
        _run(*self.inside, "ip", "link", "set", f"{self.name}b", "down")


@contextlib.contextmanager
def other_host() -> Generator[OtherHost]:
    """See `OtherHost`. Skips the test where none is to be had."""
    if os.geteuid() != 0:
        pytest.skip("a network of its own needs root")
    name = f"ev{secrets.token_hex(3)}"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", f"{HERE}/30", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        for what in (["addr", "add", f"{THERE}/30", "dev", f"{name}b"], ["link", "set", f"{name}b", "up"]):
            _run(*OtherHost(name).inside, "ip", *what)
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
    _run("ip", *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
