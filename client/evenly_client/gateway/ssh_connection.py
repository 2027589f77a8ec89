"""An ssh connection: it has a place in the crowd, and is not listened to while its other end does not read."""

from __future__ import annotations

import asyncio
from typing import cast

import asyncssh

from evenly_client.gateway.crowd import Crowd


class SshConnection(asyncssh.SSHServerConnection):
    """A connection that is not listened to while its other end does not read.

    asyncssh waits for the window of a channel, which the other end may make as wide as it likes; for the socket it
    does not.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: asyncssh.SSHServerConnectionOptions, crowd: Crowd[SshConnection]
    ) -> None:
        super().__init__(loop, options, wait=None)
        self._crowd = crowd
        self.address = ""
        self._wire: asyncio.Transport | None = None
        self._has_room = asyncio.Event()
        self._has_room.set()
        self.gone = asyncio.Event()
        self.in_session = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts it, or ends it at once where there are too many."""
        self._wire = cast("asyncio.Transport", transport)
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._crowd.takes(self, self.address):
            self._wire.abort()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Counts it no more."""
        self._crowd.leaves(self)
        self._has_room.set()
        self.gone.set()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The other end does not read."""
        self._has_room.clear()
        if self._wire is not None:
            self._wire.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        self._has_room.set()
        if self._wire is not None:
            self._wire.resume_reading()

    async def room(self) -> None:
        """Waits until what was sent is on its way."""
        await self._has_room.wait()
