"""Another machine: a network namespace of this one, and the cable between the two."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from ipaddress import ip_network

import pytest

NETWORKS = ip_network("10.203.0.0/16")
"""Each pair of machines has four addresses of these, so that several may be there at once."""


@dataclass(frozen=True)
class OtherHost:
    """A network of its own, joined to this one by a cable that can be pulled.

    Attributes:
        here, there: the addresses of this machine and of the other one at the cable's ends.
    """

    name: str
    here: str
    there: str

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
    first = NETWORKS[4 * secrets.randbelow(NETWORKS.num_addresses // 4)]
    host = OtherHost(name, str(first + 1), str(first + 2))
    try:
        _ip("netns", "add", name)
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", f"{host.here}/30", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        for what in (["addr", "add", f"{host.there}/30", "dev", f"{name}b"], ["link", "set", f"{name}b", "up"]):
            _run(*host.inside, "ip", *what)
    except (OSError, subprocess.CalledProcessError) as error:
        _drop(name)
        pytest.skip(f"no network namespaces here: {error}")
    try:
        yield host
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
