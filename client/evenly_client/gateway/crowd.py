"""All open connections of a gateway's browser side: not too many, also from one address, and none silent."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from websockets.asyncio.server import ServerConnection

from evenly_client.gateway.failed_tries import network_of
from evenly_client.gateway.limits import Limits


class Connection(ServerConnection):
    """A connection that has a place in the crowd or is gone, and whose request comes soon."""

    def __init__(self, crowd: Crowd, request_within_s: float, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._crowd = crowd
        self._request_within_s = request_within_s
        self._network: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes a place, or ends what has none."""
        super().connection_made(transport)
        self._network = self._crowd.take(self)
        if self._network is None:
            self.transport.abort()
        self.loop.call_later(self._request_within_s, self._end_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives its place back."""
        super().connection_lost(exc)
        if self._network is not None:
            self._crowd.leave(self, self._network)

    def _end_if_silent(self) -> None:
        if self.request is None:
            self.transport.abort()


class Crowd:
    """All open connections, which are not too many, and not too many from one address."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._all: set[Connection] = set()
        self._from: Counter[str] = Counter()

    def take(self, connection: Connection) -> str | None:
        """A place for this connection: the network that it counts for; None when there is none."""
        peer = connection.remote_address
        if peer is None:
            return None  # gone before it was looked at
        network = network_of(str(peer[0]))
        if len(self._all) >= self._limits.connections or self._from[network] >= self._limits.connections_of_one:
            return None
        self._all.add(connection)
        self._from[network] += 1
        return network

    def leave(self, connection: Connection, network: str) -> None:
        """Its place is free."""
        self._all.discard(connection)
        self._from[network] -= 1
        if not self._from[network]:
            del self._from[network]

    def abort(self) -> None:
        """Ends all, whatever is still to be written."""
        for connection in list(self._all):
            connection.transport.abort()
