"""The way to a server: which kind of connection a link asks for, and that it is the right server's.

a link with a PIN   TLS; the server's certificate must be the one that the PIN is the beginning of
loopback            plain
anything else       TLS with a certificate that this machine trusts; plain only if the user insists
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from hashlib import sha256

from evenly_protocol.wire import CHUNK
from websockets.asyncio.client import ClientConnection, connect

from evenly_client.links import Link
from evenly_client.translation import _

MESSAGE_AT_MOST = 4 * 1024 * 1024
OPEN_WITHIN_S = 10
UNTRUSTED = _("The server's certificate is not one that this machine trusts.")


class WrongServer(ConnectionError):
    """The server's certificate is not the one that the link names."""


@asynccontextmanager
async def connected(link: Link, *, insecure: bool = False) -> AsyncGenerator[ClientConnection]:
    """A WebSocket to the link's (first) server.

    Raises:
        WrongServer: the certificate does not fit the link's PIN.
        OSError, ssl.SSLError, websockets.WebSocketException: it cannot be reached.
    """
    tls = encrypted(link, insecure=insecure)
    scheme = "wss" if tls else "ws"
    async with connect(
        f"{scheme}://{link.server_name}/",
        ssl=_context(link) if tls else None,
        compression=None,
        open_timeout=OPEN_WITHIN_S,
        ping_interval=10,
        ping_timeout=5,
        close_timeout=1,
        max_size=max(MESSAGE_AT_MOST, 2 * CHUNK),
        user_agent_header=None,
        proxy=None if is_loopback(link.host) else True,
    ) as socket:
        if link.pin is not None:
            _check_pin(socket, link.pin)
        yield socket


def encrypted(link: Link, *, insecure: bool = False) -> bool:
    """Whether the way to this link's (first) server is encrypted."""
    return link.pin is not None or not (insecure or is_loopback(link.host))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _context(link: Link) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if link.pin is not None:
        # The certificate is self-signed: the PIN is what it is held against, before anything is sent.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _check_pin(socket: ClientConnection, pin: bytes) -> None:
    tls = socket.transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None
    if certificate is None or sha256(certificate).digest()[:16] != pin:
        raise WrongServer(_("The server's certificate is not the one that the link names."))
