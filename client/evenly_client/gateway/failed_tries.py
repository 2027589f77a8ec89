"""How often somebody may try an entry or a key that is none. Numbers: architecture.md, "The door"."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Callable
from typing import Final

FROM_ONE_ADDRESS: Final = 10
"""Failed tries a minute for an address (an IPv6 /64)."""

IN_ALL: Final = 50
"""Failed tries a second, of everybody together."""

_ADDRESSES_AT_MOST = 10_000


class FailedTries:
    """Failed tries, by address and in all. `now`: seconds of a clock that never goes back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._by_address: dict[str, deque[float]] = {}
        self._all: deque[float] = deque(maxlen=IN_ALL)

    def too_many(self, address: str) -> bool:
        """Whether this address, or all together, have failed too often just now."""
        now = self._now()
        mine = self._by_address.get(network_of(address), ())
        recent_of_mine = sum(at > now - 60 for at in mine)
        recent_of_all = sum(at > now - 1 for at in self._all)
        return recent_of_mine >= FROM_ONE_ADDRESS or recent_of_all >= IN_ALL

    def note(self, address: str) -> None:
        """One more has failed."""
        now = self._now()
        self._all.append(now)
        if len(self._by_address) >= _ADDRESSES_AT_MOST:
            self._by_address = {a: times for a, times in self._by_address.items() if times[-1] > now - 60}
        self._by_address.setdefault(network_of(address), deque(maxlen=FROM_ONE_ADDRESS)).append(now)


def network_of(address: str) -> str:
    """What counts as one address: the address itself, of IPv6 its /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return address
    return ip.ipv4_mapped.compressed if ip.ipv4_mapped else str(ipaddress.ip_network((ip, 64), strict=False))
