"""All open connections of one way in: not too many, also from one address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

from evenly_client.gateway.failed_tries import network_of
from evenly_client.gateway.limits import Limits

Connection = TypeVar("Connection", bound=Hashable)


class Crowd(Generic[Connection]):
    """Who is connected, and whether one more may be."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._networks: dict[Connection, str] = {}
        self._from: Counter[str] = Counter()

    @property
    def here(self) -> list[Connection]:
        """All connections that have a place."""
        return list(self._networks)

    def takes(self, connection: Connection, address: str) -> bool:
        """Whether there is a place for this one, which it has then."""
        network = network_of(address)
        if len(self._networks) >= self._limits.connections or self._from[network] >= self._limits.connections_of_one:
            return False
        self._networks[connection] = network
        self._from[network] += 1
        return True

    def leaves(self, connection: Connection) -> None:
        """Its place is free, if it had one."""
        network = self._networks.pop(connection, None)
        if network is None:
            return
        self._from[network] -= 1
        if not self._from[network]:
            del self._from[network]
