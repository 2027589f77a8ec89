"""One ssh channel as a show: the session's screen, or `plain` lines. No shell, no other command, no files.

With a terminal (`ssh -t`) the client has one of the same size; without, plain lines go through pipes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncssh
from asyncssh.packet import SSHPacket

from evenly_client.gateway.ssh_connection import SshConnection
from evenly_client.gateway.visits import Code, Over, Refused, Visit, Visits
from evenly_client.translation import _

PLAIN: Final = "plain"
"""The one command there is."""

HELD: Final = 16 * 1024
"""Bytes typed that are held while the client does not read; then the visitor is not listened to."""

WINDOW: Final = 64 * 1024
"""Bytes that an ssh client may send before it is told to go on."""

WRONG_USAGE: Final = 2


class Channel(asyncssh.SSHServerChannel[bytes]):
    """A session's channel that keeps nothing of the environment it is offered."""

    def __init__(self, connection: asyncssh.SSHServerConnection) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(connection, loop, True, False, False, 0, 1024, None, "strict", WINDOW, 32 * 1024)

    def _process_env_request(self, packet: SSHPacket) -> bool:
        """Ignored, and not kept: there is no end to what could be sent."""
        return False


class Session(asyncssh.SSHServerSession[bytes]):
    """Somebody who came by ssh, from their request to the end of the channel."""

    def __init__(self, visits: Visits, identity: str, connection: SshConnection) -> None:
        self._visits = visits
        self._identity = identity
        self._connection = connection
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._command: str | None = None
        self._term: str | None = None
        self._size = (80, 24)
        self._visit: Visit | None = None
        self._typed = bytearray()
        self._input_ended = False
        self._heard = asyncio.Event()
        self._channel_has_room = asyncio.Event()
        self._channel_has_room.set()
        self._task: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        """Whether it has said what it wants."""
        return self._task is not None

    # What the visitor asks for

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._channel = chan
        chan.set_write_buffer_limits(high=WINDOW)

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """They have a terminal of this kind and size."""
        self._term = term_type
        self._size = term_size[:2]
        return True

    def shell_requested(self) -> bool:
        """Without a command it is the screen."""
        return True

    def exec_requested(self, command: str) -> bool:
        """Taken down; what it is worth is said once the channel stands."""
        self._command = command.strip()
        return True

    def session_started(self) -> None:
        """All is asked for."""
        self._task = asyncio.create_task(self._run())

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """Their window has another size."""
        self._size = (width, height)
        if self._visit is not None:
            self._visit.resize(width, height)

    # What the visitor types

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """They typed something."""
        self._typed += data
        self._heard.set()
        if len(self._typed) >= HELD and self._channel is not None:
            self._channel.pause_reading()

    def eof_received(self) -> bool:
        """Their input has ended; they may go on looking."""
        self._input_ended = True
        self._heard.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is closed, or the way to them lost."""
        if self._task is not None:
            self._task.cancel()
        if self._visit is not None:
            self._visit.detach(self)
        self._channel_has_room.set()
        self._connection.close()

    # What the visitor sees

    def pause_writing(self) -> None:
        """They do not read."""
        self._channel_has_room.clear()

    def resume_writing(self) -> None:
        """They read again."""
        self._channel_has_room.set()

    async def write(self, data: bytes) -> None:
        """Shows it; returns when both the channel and its connection can take more."""
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(data)  # pyright: ignore[reportUnknownMemberType]
            await self._channel_has_room.wait()
            await self._connection.room()

    def over(self, why: Over) -> None:
        """Says why, where it is not plain to see, and closes the channel."""
        if self._channel is not None and not self._channel.is_closing():
            self._channel.write(why.undone)  # pyright: ignore[reportUnknownMemberType]
        if why.code is Code.ENDED:
            self._end("", why.status)
        else:
            self._end(why.sentence, 1)

    async def _run(self) -> None:
        if self._command not in (None, "", PLAIN):
            self._end(_("Here is no shell and no other program: leave the command away, or say plain."), WRONG_USAGE)
            return
        plain = self._command == PLAIN
        if self._term is None and not plain:
            self._end(_("The screen needs a terminal: ssh -t. For lines of text, say plain at the end."), WRONG_USAGE)
            return
        try:
            self._visit = await self._visits.of(
                self._identity, plain=plain, term=self._term, address=self._connection.address
            )
        except Refused as no:
            self._end(no.sentence, 1)
            return
        await self._visit.attach(self, *self._size)
        await self._type_to(self._visit)

    async def _type_to(self, visit: Visit) -> None:
        while True:
            await self._heard.wait()
            self._heard.clear()
            typed = bytes(self._typed)
            self._typed.clear()
            await visit.type(typed)
            if self._input_ended and not self._typed:
                visit.end_input()
            if self._channel is not None:
                self._channel.resume_reading()

    def _end(self, sentence: str, status: int) -> None:
        if self._channel is None or self._channel.is_closing():
            return
        if sentence:
            end = b"\r\n" if self._term is not None else b"\n"
            self._channel.write_stderr(sentence.encode() + end)
        self._channel.exit(status)
