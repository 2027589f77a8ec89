"""The browser's way in: a page over HTTP, and behind it a WebSocket between its terminal and a visitor's client.

    GET /…          the page's few files (page_files.py)
    GET /session    the WebSocket, for pages of ours alone (origins.py):

        page ──▶ Enter(token) or Return(key) or Forget(key), within 5 seconds
             ◀── Welcome(key)
             ◀─▶ bytes of the terminal; Size, Leave ──▶; ◀── Here, every 10 seconds
             ◀── End(why, sentence), and the connection closes

All else is answered alike: nothing there. Somebody who cannot come in is told why in `End`; a wrong entry, a used one
and one that is too old are told the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import logging
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Never

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from evenly_client.gateway.crowd import Crowd
from evenly_client.gateway.entries import Entries
from evenly_client.gateway.failed_tries import FailedTries
from evenly_client.gateway.origins import Origins
from evenly_client.gateway.page_files import ON_EVERY_ANSWER, PageFiles, respond
from evenly_client.gateway.visits import Code, Over, Refused, Visit, Visits
from evenly_client.gateway.web_connection import Door
from evenly_client.gateway.web_wire import (
    MESSAGE_AT_MOST,
    End,
    Enter,
    Forget,
    FromGateway,
    FromPage,
    Here,
    Leave,
    Return,
    Size,
    Welcome,
    decode,
    encode,
)
from evenly_client.translation import _

SESSION: Final = "/session"
TERM: Final = "xterm-256color"
"""What xterm.js is as near as makes no difference."""

WRITE_BUFFER: Final = 64 * 1024
"""Bytes on their way to a browser above which its client has to wait."""

SIZES_APART_S: Final = 0.05
"""Seconds between two changes of size: each has the whole screen painted."""

PAGE_WITHIN_S: Final = 30.0
"""Seconds for a file of the page to reach a slow phone."""

# What strangers send is nobody's business on the gateway's terminal; its library would print it.
_LOG = logging.getLogger("evenly_client.gateway.web")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a browser may take, in seconds: for its request and its first message, to answer a ping, to close."""

    first_message: float = 5.0
    ping_every: float = 10.0
    pong_within: float = 5.0
    close_within: float = 2.0


class Web:
    """The browser's way into one gateway."""

    def __init__(
        self,
        visits: Visits,
        entries: Entries,
        *,
        names: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        patience: Patience | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`names`: what it is reached by, beside its addresses (`Origins`). `now`: seconds, for failed tries."""
        self._visits = visits
        self._entries = entries
        self._names = names
        self._tls = tls
        self._patience = patience or Patience()
        self._failed = FailedTries(now)
        self._crowd: Crowd[Door] = Crowd(visits.limits)
        self._files = PageFiles(entries.gateway)
        self._looking: set[asyncio.Task[Any]] = set()
        self._origins: Origins | None = None
        self._server: Server | None = None

    async def serve(self, host: str, port: int) -> int:
        """Listens; port 0 takes a free one. The port.

        Raises:
            OSError: it cannot listen there.
            UserError: one of `names` is none.
        """
        Origins(self._names, port, tls=self._tls is not None)
        server = await serve(
            self._serve_one,
            host,
            port,
            compression=None,
            process_request=self._answer,
            process_response=self._fenced,
            server_header=None,
            open_timeout=PAGE_WITHIN_S,
            ping_interval=self._patience.ping_every,
            ping_timeout=self._patience.pong_within,
            close_timeout=self._patience.close_within,
            write_limit=WRITE_BUFFER,
            max_size=MESSAGE_AT_MOST,
            max_queue=4,
            logger=_LOG,
            create_connection=self._door,  # pyright: ignore[reportArgumentType]  # any callable will do
        )
        bound = int(next(iter(server.sockets)).getsockname()[1])
        self._origins = Origins(self._names, bound, tls=self._tls is not None)
        self._server = server
        return bound

    async def close(self) -> None:
        """Ends all connections. Comes after `Visits.close`: whoever looked at a visit is still told that it ends."""
        if self._server is None:
            return
        if self._looking:
            await asyncio.wait(self._looking, timeout=self._patience.close_within)
        self._server.close()
        try:
            async with asyncio.timeout(self._patience.close_within):
                await asyncio.shield(self._server.wait_closed())
        except TimeoutError:
            # The library waits for what was written to leave, however long a frozen browser takes.
            self.cut()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Ends all connections at once, whatever is still to be written."""
        for door in self._crowd.here:
            door.abort()

    # Requests

    def _door(self, *arguments: Any, **named: Any) -> Door:
        return Door(self._crowd, self._tls, self._patience.first_message, *arguments, **named)

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to a request; None lets the WebSocket begin."""
        local = str(connection.local_address[0])
        hosts = request.headers.get_all("Host")
        path = request.path.partition("?")[0]
        if self._origins is None or len(hosts) != 1 or not self._origins.is_host(hosts[0], local):
            return _page(connection, _nothing_there())
        if request.method != "GET":
            return _page(connection, _not_that_way())
        if path == SESSION:
            origins = request.headers.get_all("Origin")
            ours = len(origins) == 1 and self._origins.is_origin(origins[0], local)
            return None if ours else _page(connection, _nothing_there())
        return _page(connection, self._files.answer(path, request, hosts[0].lower()) or _nothing_there())

    def _fenced(self, connection: ServerConnection, request: Request, response: Response) -> Response:
        """What the library answers by itself, with our headers or not at all."""
        if response.status_code == http.HTTPStatus.SWITCHING_PROTOCOLS:
            for name, value in ON_EVERY_ANSWER.items():
                response.headers[name] = value
        elif "X-Content-Type-Options" not in response.headers:
            return _page(connection, _nothing_there())
        return response

    # Sessions

    async def _serve_one(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            try:
                ended = await self._session(connection)
            except Refused as no:
                ended = End(no.code, no.sentence)
            async with asyncio.timeout(self._patience.close_within):
                await _say(connection, ended)

    async def _session(self, connection: ServerConnection) -> End:
        """One connection from its first message to its end.

        Raises:
            Refused: they are not let in, or have said what no page of ours says.
            ConnectionClosed: the browser is gone.
        """
        try:
            async with asyncio.timeout(self._patience.first_message):
                first = _read(await connection.recv())
        except TimeoutError:
            raise Refused("late", _("This page was too slow to say who it is. Try again.")) from None
        if isinstance(first, Size | Leave):
            raise _not_understood()
        identity, key = self._who(first, str(connection.remote_address[0]))
        if isinstance(first, Forget):
            self._entries.forget(identity)
            return End("forgotten", "")
        await _say(connection, Welcome(key))
        visit = await self._visits.of(identity, plain=first.plain, term=TERM, truecolor=True)
        return await self._look(connection, visit, first)

    def _who(self, first: Enter | Return | Forget, address: str) -> tuple[str, str]:
        """The identity of a visitor, and the key that their browser is to keep, empty where it has it already."""
        if self._failed.too_many(address):
            raise Refused("fast", _("Too many tries. Wait a minute, then try again."))
        if isinstance(first, Enter):
            known = self._entries.use(first.token)
        else:
            identity = self._entries.returning(first.key)
            known = (identity, "") if identity else None
        if known is None:
            self._failed.note(address)
            raise Refused("entry", _("This entry has been used, or is older than a week. Ask for a new one."))
        return known

    async def _look(self, connection: ServerConnection, visit: Visit, first: Enter | Return) -> End:
        """Lets a browser look at a running client until one of the two ends."""
        if (mine := asyncio.current_task()) is not None:
            self._looking.add(mine)
            mine.add_done_callback(self._looking.discard)
        tab = _Tab(connection)
        listening = asyncio.create_task(_listen(connection, visit))
        beating = asyncio.create_task(_beat(connection, self._patience.ping_every))
        try:
            await visit.attach(tab, first.columns, first.rows)
            await asyncio.wait({listening, tab.ended}, return_when=asyncio.FIRST_COMPLETED)
            if not tab.ended.done():
                await listening
        finally:
            visit.detach(tab)
            listening.cancel()
            beating.cancel()
            await asyncio.gather(listening, beating, return_exceptions=True)
        why = tab.ended.result()
        return End(why.code, why.sentence)


class _Tab:
    """A browser that looks at a visit: `Show`."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self.ended: asyncio.Future[Over] = asyncio.get_running_loop().create_future()

    async def write(self, data: bytes) -> None:
        """Sends bytes to the terminal; returns once there is room for more. To a browser that is gone: at once."""
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(data)

    def over(self, why: Over) -> None:
        """It has ended, or somebody else looks now."""
        if not self.ended.done():
            self.ended.set_result(why)


async def _listen(connection: ServerConnection, visit: Visit) -> Never:
    """Takes what a browser sends, as fast as its client reads.

    Raises:
        Refused: no page of ours says that.
        ConnectionClosed: the browser is gone.
    """
    while True:
        message = await connection.recv()
        if isinstance(message, bytes):
            await visit.type(message)
            continue
        match _read(message):
            case Size(columns, rows):
                visit.resize(columns, rows)
                await asyncio.sleep(SIZES_APART_S)
            case Leave():
                visit.end(Code.ENDED)
            case _:
                raise _not_understood()


async def _beat(connection: ServerConnection, every_s: float) -> Never:
    while True:
        await asyncio.sleep(every_s)
        await _say(connection, Here())


async def _say(connection: ServerConnection, message: FromGateway) -> None:
    await connection.send(encode(message))


def _read(message: str | bytes) -> FromPage:
    try:
        if isinstance(message, str):
            return decode(message)
    except msgspec.DecodeError:
        pass
    raise _not_understood()


def _not_understood() -> Refused:
    return Refused("wire", _("This page and its gateway do not understand each other. Load the page anew."))


def _page(connection: ServerConnection, response: Response) -> Response:
    """An answer that is no WebSocket: there is time for it to reach its browser."""
    connection.close_timeout = PAGE_WITHIN_S
    return response


def _nothing_there() -> Response:
    return respond(http.HTTPStatus.NOT_FOUND, "text/plain", b"Nothing there.\n")


def _not_that_way() -> Response:
    return respond(http.HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"Nothing there.\n", {"Allow": "GET"})
