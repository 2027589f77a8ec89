"""A browser's connection from the moment that it is accepted: a place in the crowd, then TLS, then the WebSocket.

    listening socket ──▶ Door, which takes a place ──▶ TLS, if any ──▶ WebConnection

It is counted before TLS begins: a listening socket that does TLS by itself says nothing of a connection until its
handshake is done, and thousands that never begin one would take all the files that the gateway may have open.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.server import ServerConnection

from evenly_client.gateway.crowd import Crowd


class Door(asyncio.Protocol):
    """Where a connection arrives: it has a place in the crowd and comes in soon, or is gone."""

    def __init__(
        self, crowd: Crowd[Door], tls: ssl.SSLContext | None, within_s: float, *arguments: Any, **named: Any
    ) -> None:
        """`within_s`: seconds for the handshake, and again for the request. The rest is the WebSocket's."""
        self._crowd = crowd
        self._tls = tls
        self._within_s = within_s
        self._connection = WebConnection(within_s, lambda: crowd.leaves(self), *arguments, **named)
        self._coming_in: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes a place and opens, or ends what has none."""
        peer = transport.get_extra_info("peername")  # None of one that is gone before it was looked at
        if peer is not None and self._crowd.takes(self, str(peer[0])):
            # Not `start_tls`: uvloop reads from an accepted connection, whether it is told to pause or not, and what
            # it has read would be lost to the handshake.
            with contextlib.suppress(OSError):
                theirs = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
                self._coming_in = asyncio.get_running_loop().create_task(self._come_in(theirs))
            if self._coming_in is None:
                self._crowd.leaves(self)
        cast("asyncio.Transport", transport).abort()

    def abort(self) -> None:
        """Ends it, whatever is still to be written."""
        if self._connection.begun:
            self._connection.transport.abort()
        elif self._coming_in is not None:
            self._coming_in.cancel()

    async def _come_in(self, theirs: socket.socket) -> None:
        handshake_s = None if self._tls is None else self._within_s
        try:
            with contextlib.suppress(OSError):  # also that of a handshake that fails, or takes too long
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: self._connection, theirs, ssl=self._tls, ssl_handshake_timeout=handshake_s
                )
        finally:
            if not self._connection.begun:
                self._crowd.leaves(self)


class WebConnection(ServerConnection):
    """A WebSocket, or an answer with a file of the page; its request comes soon, or it ends.

    Attributes:
        begun: whether it has come in by the door.
    """

    def __init__(self, within_s: float, gone: Callable[[], None], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._within_s = within_s
        self._gone = gone
        self.begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins."""
        self.begun = True
        super().connection_made(transport)
        self.loop.call_later(self._within_s, self._end_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, if it had begun."""
        if self.begun:
            super().connection_lost(exc)
        self._gone()

    def _end_if_silent(self) -> None:
        if self.request is None:
            self.transport.abort()
