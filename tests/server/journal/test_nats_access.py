"""Getting in at NATS with files: a .creds file, and TLS on both sides; what does not fit is refused in words."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from evenly_protocol.hands import RaiseHand
from evenly_protocol.words import Intent
from evenly_server.journal import nats_streams
from evenly_server.journal.interface import JournalRefused
from evenly_server.journal.nats_streams import RIGHTS, connect
from evenly_server.journal.opening import Access, NatsFiles

from tests.harness import Server, make_room, server_command
from tests.nats_operator import trusting
from tests.nats_servers import Nats
from tests.self_signed import self_signed
from tools.three_nats import free_ports


@pytest.fixture
def soon_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """NATS is not waited for, as it is at a start."""
    monkeypatch.setattr(nats_streams, "FIRST_WITHIN_S", 1.0)


def rights() -> tuple[list[str], list[str]]:
    """What docs and refusals say that a user needs: publish, subscribe."""
    publish, subscribe = (part.split(" ", 1)[1].split(", ") for part in RIGHTS.split("; "))
    return publish, subscribe


async def started(folder: Path, more: str) -> Nats:
    server = Nats(folder / "nats", free_ports(1)[0], more=more)
    await server.start()
    return server


async def serves(url: str, files: list[str], folder: Path) -> None:
    """Streams are made and a room is served with these files, by two servers, as somebody types it."""
    code, said, _ = await server_command("journal", "init", url, "--replicas", "1", *files)
    assert (code, said) == (0, "Made: ROOMS\nMade: STATE\n")
    async with (
        Server(url, *files, log=folder / "a") as one,
        Server(url, *files, log=folder / "b") as other,
        make_room(one, 2, others=[other], session=True) as group,
    ):
        assert await group.members[1].ask(RaiseHand(Intent.SPEAK)) is None
        logs = (folder / "a").read_text() + (folder / "b").read_text()
        assert "error" not in logs
    code, said, _ = await server_command("journal", "check", url, *files)
    assert code == 0
    assert "1 room whole" in said


@pytest.mark.usefixtures("soon_refused")
async def test_a_credentials_file_with_the_rights_that_are_named_is_enough(tmp_path: Path) -> None:
    configuration, credentials = trusting(tmp_path, *rights())
    nats = await started(tmp_path, configuration)
    try:
        await serves(nats.url, ["--nats-credentials", str(credentials)], tmp_path)
        with pytest.raises(JournalRefused, match=r"Authorization Violation.*Look at the address, the credentials"):
            await connect(Access.parse(nats.url))
        for file, said in ((trusting(tmp_path, *rights())[1], "Authorization"), (Path(__file__), "no .creds file")):
            with pytest.raises(JournalRefused, match=said):
                await connect(Access.parse(nats.url, NatsFiles(nats_credentials=file)))
    finally:
        await nats.kill()


@pytest.mark.usefixtures("soon_refused")
async def test_a_reset_does_not_take_the_place_of_the_reason() -> None:
    """NATS closes with something unread, and a reset may overtake what it has said: here it does from the second on."""
    told = 0

    async def turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal told
        try:
            writer.write(b'INFO {"auth_required": true}\r\n')
            await reader.readline()
            if not told:
                await reader.readline()
                writer.write(b"-ERR 'Authorization Violation'\r\n")
                await writer.drain()
            else:
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            told += 1
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(turn_away, "127.0.0.1", 0) as nats:
        port = nats.sockets[0].getsockname()[1]
        with pytest.raises(JournalRefused, match="Authorization Violation"):
            await connect(Access.parse(f"nats://127.0.0.1:{port}"))
    assert told > 1


@pytest.fixture
async def with_tls(tmp_path: Path) -> AsyncIterator[tuple[str, NatsFiles]]:
    """A server that shows a certificate and asks for one; where it is, and the files with which it lets one in."""
    certificate, key = self_signed(tmp_path)
    more = f'tls {{ cert_file: "{certificate}", key_file: "{key}", ca_file: "{certificate}", verify: true }}\n'
    nats = await started(tmp_path, more)
    yield nats.url.replace("nats:", "tls:"), NatsFiles(nats_ca=certificate, nats_certificate=certificate, nats_key=key)
    await nats.kill()


async def test_both_sides_show_a_certificate(with_tls: tuple[str, NatsFiles], tmp_path: Path) -> None:
    url, files = with_tls
    options = [f"--nats-ca={files.nats_ca}", f"--nats-certificate={files.nats_certificate}"]
    await serves(url, [*options, f"--nats-key={files.nats_key}"], tmp_path)


@pytest.mark.usefixtures("soon_refused")
@pytest.mark.parametrize("missing", ["nats_ca", "nats_certificate"])
async def test_without_a_certificate_nobody_gets_in(with_tls: tuple[str, NatsFiles], missing: str) -> None:
    url, files = with_tls
    with pytest.raises(JournalRefused, match=r"cannot be used .*certificates"):
        await connect(Access.parse(url, replace(files, **{missing: None, "nats_key": None})))


async def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    for option in ("--nats-credentials", "--nats-ca", "--nats-certificate", "--nats-key"):
        code, _, said = await server_command("journal", "check", "nats://127.0.0.1:1", option, str(tmp_path / "none"))
        assert code == 1
        assert f"{tmp_path / 'none'} cannot be read. Look at {option}, and at its rights" in said


@pytest.mark.usefixtures("soon_refused")
async def test_a_file_of_something_else_is_refused(with_tls: tuple[str, NatsFiles]) -> None:
    url, files = with_tls
    for name in ("nats_ca", "nats_certificate", "nats_key"):
        with pytest.raises(JournalRefused, match="cannot be used"):
            await connect(Access.parse(url, replace(files, **{name: Path(__file__)})))
