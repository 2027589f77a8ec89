"""The server as a process: its socket, its pages for machines, its start and its orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import http
import ipaddress
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evenly_protocol.wire import RELAY_AT_MOST, Bye
from evenly_protocol.words import DEFAULT_PORT
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.http11 import Request, Response
from websockets.typing import Origin

from evenly_server.actor import Tools
from evenly_server.clock import Clock, FedClock, SystemClock
from evenly_server.conversation import converse
from evenly_server.door import Creating, Door, network_of
from evenly_server.fanout import NEVER_PAUSED, choose_fanout
from evenly_server.heartbeat import HeardConnection, Heartbeat
from evenly_server.journal.homes import Neighbour
from evenly_server.journal.interface import Journal, JournalError
from evenly_server.journal.opening import NatsFiles, open_journal
from evenly_server.line import CLOSE_CODE, CLOSE_WITHIN_S, Line, Pace
from evenly_server.logs import note
from evenly_server.metrics import CONTENT_TYPE, Metrics
from evenly_server.passing import Arrival, Passing, passed_by
from evenly_server.rooms import Rooms

COMMANDS_A_SECOND = 5.0
COMMANDS_BURST = 20
CONNECTIONS_OF_ONE_ADDRESS = 200
CONNECTIONS_IN_ALL = 5_000
SAVED_WITHIN_S = 15.0
"""So long a server that is told to stop waits for a journal that does not save."""

QUEUED_TO_CONNECT = 1_024
"""Connections that the system makes before they are taken: all come back at once after a server's end."""

FILES_BESIDE = 1_000
"""Open files beside the connections that are let in: the journal, and those who are at the door."""


@dataclass
class Options:
    """How a server is started.

    Attributes:
        host, port: where it listens; port 0 takes a free one.
        journal: the file of the journal, `memory` for none, or where NATS is: `nats://HOST:PORT,…`.
        nats: the files by which one gets in there.
        names: HOST:PORT names by which links may call this server, beside its own addresses.
        certificate, private_key: PEM files for TLS.
        insecure: plain connections from other machines, too.
        between: HOST:PORT where other servers on the same NATS reach this one; empty: a free port of the address by
            which it reaches NATS.
        forwarded: who is connected is what a proxy on this machine says (`X-Forwarded-For`).
        create: who may make rooms: anyone, key, nobody.
        metrics: `/metrics` on any address; without it on loopback alone.
        fed_clock: the parent process tells the time on standard input.
        with_parent: stop, in order, once standard input ends: whoever started it is gone.
        framed_once: the fast sending side.
        paced: the limit of commands a second.
        limit_in_all, limit_of_one: connections.
        handshake_s: seconds from a connection to its proof.
        ping_every_s, pong_within_s: seconds of silence until a connection is asked for a sign of life, and until it is
            cut without one.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    journal: str = "evenly.db"
    nats: NatsFiles = field(default_factory=NatsFiles)
    names: list[str] = field(default_factory=list[str])
    certificate: Path | None = None
    private_key: Path | None = None
    insecure: bool = False
    forwarded: bool = False
    between: str = ""
    create: str = "key"
    key: str = ""
    metrics: bool = False
    fed_clock: int | None = None
    with_parent: bool = False
    framed_once: bool = True
    paced: bool = True
    limit_in_all: int = CONNECTIONS_IN_ALL
    limit_of_one: int = CONNECTIONS_OF_ONE_ADDRESS
    handshake_s: float = 5.0
    ping_every_s: float = 10.0
    pong_within_s: float = 5.0


class ServeError(Exception):
    """The server cannot start: a title for a person and what to do next."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(f"{title} {advice}")


class Process:
    """A running server."""

    def __init__(self, options: Options, journal: Journal, clock: Clock) -> None:
        self._options = options
        self.journal = journal
        self.clock = clock
        self.metrics = Metrics()
        self._fanout = choose_fanout(framed_once=options.framed_once)
        self._tools = Tools(journal, clock, self._fanout, self.metrics, lambda: secrets.token_bytes(16))
        self.rooms = Rooms(self._tools)
        self._numbers = 0
        self._addresses: Counter[str] = Counter()
        self._lines: set[Line] = set()
        self._heartbeat = Heartbeat(options.ping_every_s, options.pong_within_s)
        self._beating: asyncio.Task[None] | None = None
        self._server: Server | None = None
        self._between: Server | None = None
        self._secret = secrets.token_bytes(32)
        self._passing = Passing(journal.homes)
        self._names: frozenset[str] = frozenset()
        self._door: Door | None = None

    async def listen(self) -> int:
        """Opens the socket; the port it listens on.

        Raises:
            ServeError: it cannot, and why.
            JournalRefused: it may not serve just now.
        """
        o = self._options
        if not o.certificate and not o.insecure and not is_loopback(o.host):
            raise ServeError(
                "Without a certificate this server would be reachable in the clear.",
                "Give --certificate and --private-key, or --insecure behind a proxy that does TLS.",
            )
        context = _tls(o)
        names = [_as_in_links(name) for name in o.names]
        await self._join()
        origins = [None, *(Origin(f"https://{name}") for name in names)]
        self._server = await self._listen(self._serve_one, o.host, o.port, "--port", self._page, context, origins)
        self._beating = asyncio.create_task(self._heartbeat.run(), name="heartbeat")
        port = _port_of(self._server)
        self._names = _names(names, port)
        self._door = Door(self.rooms, self._tools, Creating(o.create, o.key))
        return port

    async def _join(self) -> None:
        """Where there are other servers: listens for those whom they pass on here, and lives for them to see."""
        homes, between = self.journal.homes, self._options.between
        own = homes.own_address()
        if not own:
            return
        host, port = _host_and_port(between) if between else (own, 0)
        self._between = await self._listen(self._serve_passed, host, port, "--between", self._only_servers)
        port = _port_of(self._between)
        if is_loopback(host):
            note("only servers on this machine reach this one: see --between", logging.WARNING, port=port)
        else:
            note("other servers reach this one", port=port)
        await homes.join(Neighbour(_joined(host, port), self._secret))

    async def _listen(
        self,
        handler: Callable[[ServerConnection], Awaitable[None]],
        host: str,
        port: int,
        option: str,
        page: Callable[[ServerConnection, Request], Response | None],
        context: ssl.SSLContext | None = None,
        origins: Sequence[Origin | None] = (None,),
    ) -> Server:
        try:
            return await serve_websocket(
                handler,
                host,
                port,
                ssl=context,
                compression=None,
                origins=origins,
                process_request=page,
                server_header=None,
                backlog=QUEUED_TO_CONNECT,
                open_timeout=self._options.handshake_s,
                ping_interval=None,
                close_timeout=2,
                write_limit=NEVER_PAUSED,
                max_size=RELAY_AT_MOST + 1024,
                max_queue=4,
                create_connection=HeardConnection,
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "not available"
            raise ServeError(
                f"Cannot listen on {host}:{port} ({reason}).",
                f"Another program may be using it: choose another with {option}.",
            ) from None

    async def stop(self) -> None:
        """Tells everybody, writes everything down, closes."""
        self._passing.end()
        for line in list(self._lines):
            line.goodbye(Bye.STOPPING)
        servers = [server for server in (self._server, self._between) if server is not None]
        for server in servers:
            server.close(code=CLOSE_CODE, reason=Bye.STOPPING)
        try:
            async with asyncio.timeout(SAVED_WITHIN_S):
                await self.rooms.stop()
        except TimeoutError:  # nothing of it was acknowledged: members keep it and send it again
            note("what cannot be saved is not waited for any longer", logging.ERROR)
        closed = asyncio.gather(*(server.wait_closed() for server in servers))
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await asyncio.shield(closed)
        except TimeoutError:
            # The library waits for what was written to leave, however long a frozen member takes.
            for line in self._lines:
                line.socket.transport.abort()
            await closed
        if self._beating is not None:
            self._beating.cancel()
        await self.journal.close()

    async def _serve_one(self, connection: ServerConnection) -> None:
        names = self._names | {_local_name(connection)}
        await self._serve(connection, Arrival(self._address_of(connection, connection.request), names), self._passing)

    async def _serve_passed(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        arrival = passed_by(connection.request, self._secret)
        assert arrival is not None
        await self._serve(connection, arrival, None)

    async def _serve(self, connection: ServerConnection, arrival: Arrival, passing: Passing | None) -> None:
        o = self._options
        for said in (connection.request, connection.response):
            if said is not None:
                said.headers.clear()  # of no use any more, and a tenth of a connection's memory
        address = network_of(arrival.address)
        self._numbers += 1
        pace = Pace(COMMANDS_A_SECOND, COMMANDS_BURST, self.clock.now) if o.paced else None
        line = Line(self._numbers, connection, self._fanout, pace)
        full = self.metrics.connections >= o.limit_in_all or self._addresses[address] >= o.limit_of_one
        if full or self._door is None:
            line.goodbye(Bye.FULL)
            return
        self.metrics.connections += 1
        self._addresses[address] += 1
        self._lines.add(line)
        assert isinstance(connection, HeardConnection)
        self._heartbeat.watch(connection)
        try:
            await converse(line, self._door, arrival, passing, o.handshake_s)
        finally:
            self._lines.discard(line)
            self.metrics.connections -= 1
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _address_of(self, connection: ServerConnection, request: Request | None) -> str:
        """Where a connection comes from: the last address that the proxy names is the one that it has seen itself."""
        address = str(connection.remote_address[0])
        if not self._options.forwarded or request is None or not is_loopback(address):
            return address
        said = request.headers.get_all("X-Forwarded-For")
        last = said[-1].rpartition(",")[2].strip() if said else ""
        try:
            return str(ipaddress.ip_address(last))
        except ValueError:
            return address

    def _only_servers(self, connection: ServerConnection, request: Request) -> Response | None:
        if passed_by(request, self._secret) is not None:
            return None
        return connection.respond(http.HTTPStatus.FORBIDDEN, "this is between servers\n")

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/":
            return None
        if path == "/healthz":
            return connection.respond(http.HTTPStatus.OK, "ok\n")
        here = is_loopback(self._address_of(connection, request))
        if path == "/metrics" and (self._options.metrics or here):
            self._count()
            response = connection.respond(http.HTTPStatus.OK, self.metrics.exposition())
            del response.headers["Content-Type"]
            response.headers["Content-Type"] = CONTENT_TYPE
            return response
        return connection.respond(http.HTTPStatus.NOT_FOUND, "not found\n")

    def _count(self) -> None:
        m = self.metrics
        m.rooms, m.passed_on = len(self.rooms.all()), self._passing.count
        m.deliveries_total, m.bytes_out_total = self._fanout.delivered, self._fanout.bytes_out
        m.slow_cut_total = self._fanout.cut
        m.journal_commits_total, m.journal_queue = self.journal.commits, self.journal.queue_length


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(options.certificate, options.private_key)
    except ssl.SSLError:
        title = f"The certificate in {options.certificate} cannot be used."
        advice = "Both files must be PEM, and the key must be the certificate's."
        if options.private_key is None:
            advice = "Give the key that belongs to it too: --private-key key.pem"
        raise ServeError(title, advice) from None
    except OSError as error:
        both = f"{options.certificate}, or the key in {options.private_key},"
        title = f"The certificate in {both} cannot be read ({error.strerror})."
        raise ServeError(title, "Whoever runs the server must be able to read both files.") from None
    return context


def _port_of(server: Server) -> int:
    return int(next(iter(server.sockets)).getsockname()[1])


def _host_and_port(text: str) -> tuple[str, int]:
    """Of `HOST:PORT`, with brackets around an IPv6 address.

    Raises:
        ServeError: it is none.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ServeError(f"{text} is no address at which other servers could reach this one.", "Write HOST:PORT.")
    return host, int(port)


def _local_name(socket: ServerConnection) -> str:
    """The HOST:PORT at which this connection reached the server."""
    return _joined(*socket.local_address[:2])


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}".lower() if ":" in host else f"{host}:{port}"


def _as_in_links(name: str) -> str:
    """A server's name as links have it, whatever script it is written in.

    Raises:
        ServeError: it cannot be one.
    """
    try:
        return name.encode("idna").decode().lower()
    except UnicodeError:
        raise ServeError(f"{name} is no name of a server.", "Write --name HOST or --name HOST:PORT.") from None


def _names(given: list[str], port: int) -> frozenset[str]:
    """What links may call this server; HOST without a port is at `port`."""
    whole = (name if ":" in name.rpartition("]")[2] else f"{name}:{port}" for name in given)
    return frozenset((f"localhost:{port}", f"{socket.gethostname()}:{port}".lower(), *whole))


async def run(options: Options) -> None:
    """Serves until it is told to stop. Prints `listening PORT` on standard output once it does.

    Raises:
        ServeError, JournalRefused: it cannot start.
    """
    _allow_files(options.limit_in_all)
    stopping = asyncio.Event()
    journal = await open_journal(options.journal, options.nats, serving=True)
    clock = SystemClock() if options.fed_clock is None else FedClock(options.fed_clock)
    process = Process(options, journal, clock)
    try:
        port = await process.listen()
    except (ServeError, JournalError):
        await journal.close()
        raise
    note("listening", port=port, tls=options.certificate is not None)
    print(f"listening {port}", flush=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, _stop, stopping)
    fed: asyncio.Task[None] | None = None
    if isinstance(clock, FedClock):
        fed = asyncio.create_task(_feed(clock, process.rooms, stopping))
    elif options.with_parent:
        fed = asyncio.create_task(_outlived(stopping))
    await stopping.wait()
    note("stopping")
    if fed is not None:
        fed.cancel()
        await asyncio.gather(fed, return_exceptions=True)
    await process.stop()
    note("stopped")


def _allow_files(connections: int) -> None:
    """Each connection is an open file, and many systems allow a process 1,024 unless it asks for more."""
    if sys.platform == "win32":
        return
    import resource

    wanted = connections + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        note("this machine allows fewer connections", logging.WARNING, files=allowed, connections=connections)


def _stop(stopping: asyncio.Event) -> None:
    """The first signal stops in order; the second at once."""
    if stopping.is_set():
        os._exit(1)
    stopping.set()


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _outlived(stopping: asyncio.Event) -> None:
    """Waits until whoever started this server has closed its standard input, or is gone."""
    await (await _standard_input()).read()
    stopping.set()


async def _feed(clock: FedClock, rooms: Rooms, stopping: asyncio.Event) -> None:
    """Reads `MILLISECONDS` a line, goes there, and answers `at MILLISECONDS` once all that was due is on disk."""
    reader = await _standard_input()
    try:
        while text := await reader.readline():
            until = int(text)
            while clock.step(until):
                await rooms.idle()
            await rooms.idle()
            print(f"at {until}", flush=True)
    finally:
        stopping.set()
