"""By which addresses a gateway's page may be reached, and which pages may speak to it.

Two questions of every request: is its `Host` one of ours (or has somebody bent their own name to our address: DNS
rebinding), and, of a WebSocket, is its `Origin` a page of ours (or of another site that uses the visitor's browser)?
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Final

from evenly_client.errors import UserError
from evenly_client.translation import _

_USUAL: Final = {"http": "80", "https": "443"}
_NAME = re.compile(r"(?:(https?)://)?([a-z0-9._-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?/?")


class Origins:
    """The origins of one gateway: those by name, and the address by which a connection has really reached it."""

    def __init__(self, names: Sequence[str], port: int, *, tls: bool) -> None:
        """`names`: HOST, HOST:PORT, or a whole origin, as https://HOST, where a proxy in front does the TLS.

        Raises:
            UserError: one of them is no name.
        """
        self._scheme = "https" if tls else "http"
        self._port = port
        own = socket.gethostname().lower()
        self._named = {self._origin(name) for name in (*names, own) if name != own or _NAME.fullmatch(own)}

    def is_host(self, host: str | None, local: str) -> bool:
        """Whether the `Host` of a request that came in at the address `local` is ours."""
        if host is None:
            return False
        return host.lower() in {origin.partition("://")[2] for origin in self._of(local)}

    def is_origin(self, origin: str | None, local: str) -> bool:
        """Whether a page of this `Origin` is ours; a request without one is not made by a page."""
        return origin is not None and origin.lower() in self._of(local)

    def _of(self, local: str) -> set[str]:
        ip = ipaddress.ip_address(local.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        reached = {f"[{ip}]" if ip.version == 6 else str(ip)}
        if ip.is_loopback:
            reached.add("localhost")
        return self._named | {self._origin(host) for host in reached}

    def _origin(self, name: str) -> str:
        """A name as browsers write an origin: lower case, and no port where it is the scheme's own."""
        match = _NAME.fullmatch(name.lower())
        if match is None:
            raise UserError(
                _("{name} is no name of a gateway.").format(name=name),
                _("Give HOST, HOST:PORT or https://HOST, as the browser's address line shows it."),
            )
        scheme, host, port = match.groups()
        if port is None and scheme is None:
            port = str(self._port)
        scheme = scheme or self._scheme
        return f"{scheme}://{host}" if port in (None, _USUAL[scheme]) else f"{scheme}://{host}:{port}"
