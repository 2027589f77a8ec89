"""The nginx configuration of docs/operations.md, word for word, before a server: a session by TLS through it."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import textwrap
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from evenly_client.certificate import certificate_in
from evenly_client.links import Link

from tests.harness import Served, Server, encoded, eventually, make_room, soon
from tools.three_nats import free_ports

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
{location}
    }}
}}
"""


class Proxied(Served):
    """A server behind nginx: its links name the proxy and its certificate."""

    def __init__(self, port: int, pin: bytes) -> None:
        self.port = port
        self.pin = pin

    def new_link(self) -> Link:
        """See `Served.new_link`."""
        return replace(super().new_link(), pin=self.pin)


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncGenerator[tuple[Server, Proxied]]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx here")
    found = re.search(r"^    location / \{\n.*?^    \}\n", OPERATIONS.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None
    (port,) = free_ports(1)
    certificate, key, pin = certificate_in(tmp_path)
    options = ("--forwarded", "--name", f"127.0.0.1:{port}")
    async with Server(tmp_path / "rooms.db", *options) as server:
        location = textwrap.indent(found[0].replace("127.0.0.1:7447", f"127.0.0.1:{server.port}"), "    ")
        made = CONFIGURATION.format(folder=tmp_path, port=port, certificate=certificate, key=key, location=location)
        (tmp_path / "nginx.conf").write_text(made)
        process = await asyncio.create_subprocess_exec(nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
        try:
            await eventually(lambda: _listens(port))
            yield server, Proxied(port, pin)
        finally:
            process.terminate()
            await soon(process.wait())


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_session_through_the_proxy_as_documented(proxied: tuple[Server, Proxied]) -> None:
    server, proxy = proxied
    async with make_room(proxy, 3, session=True) as group:
        for member in group.members:
            member.cut()
        await server.kill()
        await server.start()
        for member in group.members:
            member.reconnect_now()
        await group.leader.until(lambda room: len(group.leader.connected) == 3)
        await group.caught_up()
        assert len({encoded(member.room) for member in group.members}) == 1
