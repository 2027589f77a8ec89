"""At which server a room is: one of several decides in it, and whoever comes to another is passed on to that one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol


class Neighbour(NamedTuple):
    """Another server.

    Attributes:
        address: HOST:PORT at which it takes those who are passed on.
        secret: by which it knows that a server sends them.
    """

    address: str
    secret: bytes


class Homes(Protocol):
    """Where rooms are at home. Whatever asks may raise `JournalUnavailable`, and has changed nothing then.

    Attributes:
        moved: is called for a room that was here and is at another server now.
    """

    moved: Callable[[bytes], object]

    def own_address(self) -> str:
        """This machine's address in the network of the servers; empty when there is but one."""
        ...

    async def join(self, neighbour: Neighbour) -> None:
        """Lives, for the others to see: `neighbour` is how they reach this server.

        Raises:
            JournalRefused: it may not serve now.
        """
        ...

    async def elsewhere(self, room: bytes) -> Neighbour | None:
        """The other server at which a room is now; None for none."""
        ...

    async def claim(self, room: bytes) -> bool:
        """Has a room here from now on, if it is at no other server that lives; whether it is here."""
        ...

    async def release(self, room: bytes) -> None:
        """Lets any server have the room. Nothing of it may be written any more."""
        ...

    async def still_here(self, room: bytes) -> bool:
        """Whether a room that was claimed is here still, after an append to it was not stored."""
        ...


class OneServer:
    """The `Homes` of a journal that one server alone can serve."""

    def __init__(self) -> None:
        self.moved: Callable[[bytes], object] = lambda room: None

    def own_address(self) -> str:
        """See `Homes.own_address`."""
        return ""

    async def join(self, neighbour: Neighbour) -> None:
        """See `Homes.join`."""

    async def elsewhere(self, room: bytes) -> Neighbour | None:
        """See `Homes.elsewhere`."""
        return None

    async def claim(self, room: bytes) -> bool:
        """See `Homes.claim`."""
        return True

    async def release(self, room: bytes) -> None:
        """See `Homes.release`."""

    async def still_here(self, room: bytes) -> bool:
        """See `Homes.still_here`."""
        return True
