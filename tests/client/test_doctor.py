"""`evenly doctor LINK`: what stands in the way to a room."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from evenly_client import doctor
from evenly_client.links import Link, Server

from tests.client.piped import Piped
from tests.harness import serving


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ssl.SSLCertVerificationError(),
            "peers.example.org:7447: The server's certificate is not one that this machine",
        ),
        (ConnectionRefusedError(), "peers.example.org:7447 cannot be reached (ConnectionRefusedError)"),
        (TimeoutError(), "peers.example.org:7447 does not answer: a firewall may be in the way"),
    ],
)
def test_what_keeps_one_from_the_server_is_named(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in its own words, and the status is 1."""

    @asynccontextmanager
    async def connected(link: Link) -> AsyncGenerator[None]:
        raise error
        yield

    monkeypatch.setenv("EVENLY_HOME", str(tmp_path))
    monkeypatch.setattr(doctor, "connected", connected)
    assert doctor.examine(Link("peers.example.org", 7447, bytes(16), bytes(16)).invite_text(), None) == 1
    assert f"MEND  {said}" in capsys.readouterr().out


async def test_each_server_of_a_link_is_tried(tmp_path: Path) -> None:
    async with serving() as local:
        link = local.new_link().on(Server("127.0.0.1", 1), Server("127.0.0.1", local.port))
        examined = await Piped.run(tmp_path, "doctor", link.invite_text())
        await examined.says("127.0.0.1:1 cannot be reached")
        await examined.says(f"127.0.0.1:{local.port} answers")
        assert await examined.ends() == 1
