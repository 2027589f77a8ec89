"""The browser's way in, over real sockets: what is served to whom, who is let in, and what nobody gets past.

The clients behind it are stand-ins of a few lines: what is typed comes back. With real ones: test_page.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from evenly_client.certificate import certificate_in
from evenly_client.gateway.entries import Entries
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.page_files import FILES
from evenly_client.gateway.visits import Code, Over, Refused, Show
from evenly_client.gateway.web import WRITE_BUFFER, Patience, Web
from evenly_client.gateway.web_wire import MESSAGE_AT_MOST
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness import eventually, soon

COME = {"columns": 80, "rows": 24}
HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
    "cache-control",
)


class Echo:
    """A visit: says back what it is told."""

    def __init__(self) -> None:
        self.show: Show | None = None
        self.typed = bytearray()
        self.size = (0, 0)
        self.reads = asyncio.Event()
        self.reads.set()

    async def attach(self, show: Show, columns: int = 80, rows: int = 24) -> None:
        if self.show is not None:
            self.show.over(Over(Code.ELSEWHERE))
        self.show, self.size = show, (columns, rows)
        await show.write(b"ready")

    def detach(self, show: Show) -> None:
        self.show = None if self.show is show else self.show

    async def type(self, data: bytes) -> None:
        await self.reads.wait()
        self.typed += data
        if self.show is not None:
            await self.show.write(data)

    def end(self, why: Code) -> None:
        if self.show is not None:
            self.show.over(Over(why))

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)


class EchoVisits:
    """Visits, as far as the browser's way in asks for them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.by_identity: dict[str, Echo] = {}

    async def of(self, identity: str, *, plain: bool = False, term: str | None, truecolor: bool = False) -> Echo:
        if identity not in self.by_identity and len(self.by_identity) >= self.limits.visitors:
            raise Refused("full", "Full.")
        return self.by_identity.setdefault(identity, Echo())


class Gateway:
    """A gateway's browser side that listens, and somebody who tries its doors."""

    def __init__(self, home: Path, limits: Limits, **options: Any) -> None:
        self.now = 0.0
        self.entries = Entries(home)
        self.visits = EchoVisits(limits)
        self.web = Web(self.visits, self.entries, now=lambda: self.now, **options)  # type: ignore[arg-type]
        self.port = 0

    @property
    def connections(self) -> list[Any]:
        """The gateway's ends of all connections."""
        return [door._connection for door in self.web._crowd.here]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def raw(self, request: str) -> bytes:
        """What is answered to these bytes, to the end of the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.encode("latin-1"))
        answer = await soon(reader.read())
        writer.close()
        with contextlib.suppress(ConnectionResetError):
            await writer.wait_closed()
        return answer

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        said = {"Host": self.host} | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
        head, _, body = (await self.raw("\r\n".join([*lines, "", ""]))).partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, _, v in (line.partition(": ") for line in rest)}, body

    def session(self, origin: str | None = "", **options: Any) -> connect:
        """A WebSocket as our page opens it, or from another `origin`."""
        return connect(
            f"ws://{self.host}/session",
            origin=f"http://{self.host}" if origin == "" else origin,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
            max_size=None,
            **options,
        )

    async def enter(self, token: str, **options: Any) -> tuple[ClientConnection, dict[str, Any]]:
        """Somebody with an entry, and what they are told first."""
        page = await soon(self.session(**options))
        await page.send(json.dumps({"do": "enter", "token": token, **COME}))
        return page, json.loads(await soon(page.recv()))

    async def welcomed(self, **options: Any) -> tuple[ClientConnection, Echo]:
        """A visitor who is in, and their client."""
        before = set(self.visits.by_identity)
        page, told = await self.enter(self.entries.new(), **options)
        assert told["say"] == "welcome"
        assert await soon(page.recv()) == b"ready"
        (identity,) = set(self.visits.by_identity) - before
        return page, self.visits.by_identity[identity]


@contextlib.asynccontextmanager
async def gateway(home: Path, limits: Limits | None = None, **options: Any) -> AsyncIterator[Gateway]:
    """A gateway that listens on a free port until the test is through."""
    made = Gateway(home, limits or Limits(), **options)
    made.port = await made.web.serve("127.0.0.1", 0)
    try:
        yield made
    finally:
        await soon(made.web.close())


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway as it is started."""
    async with gateway(tmp_path) as made:
        yield made


async def end_of(page: ClientConnection) -> dict[str, Any]:
    """What a page is told last; after it, the connection closes."""
    told: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            message = await soon(page.recv())
            if isinstance(message, str):
                told.append(json.loads(message))
    assert told, "nothing was said"
    assert told[-1]["say"] == "over"
    return told[-1]


# The page


async def test_the_page_and_each_of_its_files_are_there(gate: Gateway) -> None:
    """As they lie in the package, of the type that a browser wants."""
    status, headers, body = await gate.get("/?from=an-e-mail")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"could read what you type" in body
    for name, kind in FILES.items():
        status, headers, body = await gate.get(f"/{name}")
        assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert len(body) == int(headers["content-length"]) > 100


def test_a_german_gateway_serves_a_german_page(tmp_path: Path) -> None:
    """In the language that its keeper has chosen, be it in a file; and its visitors' clients speak it too."""
    (tmp_path / "config.toml").write_text('language = "de"')
    program = (
        "from pathlib import Path; from evenly_client.gateway import hosted, page_files; "
        "print(page_files.PageFiles('g').answer('/', None, 'gate.example').body.decode()); "
        "print(hosted.environment_of(Path('/'), None, truecolor=False))"
    )
    environment = {"PATH": "", "PYTHONUTF8": "1", "EVENLY_HOME": str(tmp_path), "LANG": "en_GB.UTF-8"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert '<html lang="de"' in done.stdout
    assert ">Weiter</button>" in done.stdout
    assert "'EVENLY_LANGUAGE': 'de'" in done.stdout


async def test_a_file_that_a_browser_has_is_not_sent_again(gate: Gateway) -> None:
    """And to a browser that unpacks, it is sent packed."""
    _, headers, whole = await gate.get("/xterm.mjs")
    status, packed_headers, packed = await gate.get("/xterm.mjs", Accept_Encoding="br, gzip")
    assert (status, packed_headers["content-encoding"]) == (200, "gzip")
    assert len(packed) < len(whole) / 3
    status, _, body = await gate.get("/xterm.mjs", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("/..", "/../", "/../web.py", "/page/../../web.py", "/%2e%2e/web.py", "/..%2fweb.py", "//etc/passwd"),
        *("/etc/passwd", "/index.html", "/page.js/", "/PAGE.JS", "/page.js%00", "/.", "page.js", "*", "/favicon.ico"),
        *("http://evil.example/", "/healthz", "/session/", "/\\..\\web.py"),
    ],
)
async def test_nothing_else_is_there(gate: Gateway, path: str) -> None:
    """Whatever is asked for, the answer is the same bytes."""
    status, headers, body = await gate.get(path)
    assert (status, body) == (404, b"Nothing there.\n")
    assert headers == (await gate.get("/nowhere"))[1]


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
async def test_there_is_no_other_way_than_to_get(gate: Gateway, method: str) -> None:
    """Neither of the page nor of what is not there."""
    assert (await gate.get("/", method))[0] == 405
    assert (await gate.get("/session", method))[0] == 405


@pytest.mark.parametrize(
    "request_",
    ["\r\n", "GET /\r\n\r\n", "GET / HTTP/9\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/1.1\r\n" * 400],
)
async def test_what_is_no_request_ends_the_connection(gate: Gateway, request_: str) -> None:
    """And harms nobody."""
    assert b"200 OK" not in await gate.raw(request_)
    assert (await gate.get("/"))[0] == 200


async def test_every_answer_is_fenced_in(gate: Gateway) -> None:
    """The page, its files, what is not there and the WebSocket: the headers are there, and never a cookie."""
    tag = (await gate.get("/page.js"))[1]["etag"]
    answers = [await gate.get(path) for path in ("/", "/page.js", "/xterm.css", "/nowhere", "/session")]
    answers += [await gate.get("/", "POST"), await gate.get("/", Host="evil.example")]
    answers += [await gate.get("/page.js", If_None_Match=tag)]
    # What the library would answer by itself: a WebSocket that is none.
    answers += [await gate.get("/session", Origin=f"http://{gate.host}")]
    assert [status for status, _, _ in answers] == [200, 200, 200, 404, 404, 405, 404, 304, 404]
    async with gate.session() as page:
        assert page.response is not None
        answers.append((101, {name.lower(): value for name, value in page.response.headers.raw_items()}, b""))
    for _, headers, _ in answers:
        assert set(HEADERS) <= set(headers)
        assert "set-cookie" not in headers
        assert "server" not in headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_the_page_may_run_its_own_scripts_and_nothing_else(gate: Gateway) -> None:
    """Its policy allows nothing inline but what bears the nonce of this one answer, and there is no inline script."""
    _, headers, body = await gate.get("/")
    _, again, _ = await gate.get("/")
    policy = headers["content-security-policy"]
    assert policy != again["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    inline = [part for part in body.decode().split("<script")[1:] if not part.split(">", 1)[1].startswith("</script>")]
    assert len(inline) == 1
    assert inline[0].startswith(' type="application/json"')
    assert b" style=" not in body
    assert b" onclick" not in body


# Who may speak to it


async def test_a_host_that_is_not_ours_gets_nothing(gate: Gateway) -> None:
    """Somebody else's name bent to this address, none, two, or another port: neither the page nor the session."""
    for host in ("evil.example", f"evil.example:{gate.port}", "127.0.0.1", f"127.0.0.1:{gate.port + 1}", ""):
        assert (await gate.get("/", Host=host))[0] == 404
        assert (await gate.get("/session", Host=host, Origin=f"http://{host}"))[0] == 404
    assert b" 404 " in await gate.raw("GET / HTTP/1.1\r\n\r\n")
    assert b" 404 " in await gate.raw(f"GET / HTTP/1.1\r\nHost: {gate.host}\r\nHost: {gate.host}\r\n\r\n")
    assert (await gate.get("/", Host=f"localhost:{gate.port}"))[0] == 200


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1"])
async def test_a_page_from_elsewhere_gets_no_session(gate: Gateway, origin: str | None) -> None:
    """Nor does what is no page at all; it is told what is told of any place where nothing is."""
    with pytest.raises(InvalidStatus) as refused:
        await soon(gate.session(origin))
    assert refused.value.response.status_code == 404
    assert refused.value.response.body == b"Nothing there.\n"
    with pytest.raises(InvalidStatus):
        await soon(gate.session(f"http://127.0.0.1:{gate.port + 1}"))


async def test_a_gateway_is_reached_by_its_name_too(tmp_path: Path) -> None:
    """Also behind a proxy that does the TLS."""
    async with gateway(tmp_path, names=["https://gate.example"]) as gate:
        assert (await gate.get("/", Host="gate.example"))[0] == 200
        page, told = await gate.enter(gate.entries.new(), origin="https://gate.example")
        assert told["say"] == "welcome"
        await page.close()


Tls = tuple[ssl.SSLContext, ssl.SSLContext]


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    """The gateway's side of TLS, and that of a browser that knows its certificate."""
    certificate, key, _ = certificate_in(tmp_path)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate, key)
    browser = ssl.create_default_context(cafile=str(certificate))
    browser.check_hostname = False
    return server_side, browser


async def test_with_a_certificate_all_goes_over_tls(tmp_path: Path, tls: Tls) -> None:
    """The page's origin is https then, and plain http is nothing."""
    server_side, browser = tls
    async with gateway(tmp_path, tls=server_side) as gate:
        address = f"wss://{gate.host}/session"
        async with connect(address, ssl=browser, origin=f"https://{gate.host}", proxy=None) as page:  # type: ignore[arg-type]
            await page.send(json.dumps({"do": "enter", "token": gate.entries.new(), **COME}))
            assert json.loads(await soon(page.recv()))["say"] == "welcome"
        with pytest.raises(InvalidStatus):
            await soon(connect(address, ssl=browser, origin=f"http://{gate.host}", proxy=None))  # type: ignore[arg-type]
        assert b"HTTP" not in await gate.raw(f"GET / HTTP/1.1\r\nHost: {gate.host}\r\n\r\n")


# Coming in


async def test_whoever_has_an_entry_has_a_client_and_may_come_back(gate: Gateway) -> None:
    """What they type reaches it and what it says reaches them; with the key they are the same visitor again."""
    page, told = await gate.enter(gate.entries.new())
    assert await soon(page.recv()) == b"ready"
    await page.send("hé".encode())
    assert await soon(page.recv()) == "hé".encode()
    await page.close()
    again = await soon(gate.session())
    await again.send(json.dumps({"do": "return", "key": told["key"], "columns": 50, "rows": 40}))
    assert json.loads(await soon(again.recv())) == {"say": "welcome", "key": ""}
    (echo,) = gate.visits.by_identity.values()
    assert await soon(again.recv()) == b"ready"
    assert echo.size == (50, 40)
    await again.send(json.dumps({"do": "size", "columns": 60, "rows": 30}))
    await eventually(lambda: echo.size == (60, 30))
    await again.close()
    await eventually(lambda: echo.show is None)


async def test_an_entry_that_is_none_a_used_one_and_an_old_one_are_told_the_same(tmp_path: Path) -> None:
    """So nobody learns which entries there are or were; a wrong key is told no more."""
    async with gateway(tmp_path) as gate:
        old = Entries(tmp_path, lambda: 0.0).new()
        used = gate.entries.new()
        gate.entries.use(used)
        ends: list[dict[str, Any]] = []
        for first in (
            {"do": "enter", "token": "a" * 26, **COME},
            {"do": "enter", "token": old, **COME},
            {"do": "enter", "token": used, **COME},
            {"do": "enter", "token": "", **COME},
            {"do": "return", "key": "b" * 26, **COME},
            {"do": "return", "key": used, **COME},
            {"do": "forget", "key": "c" * 26},
        ):
            page = await soon(gate.session())
            await page.send(json.dumps(first))
            ends.append(await end_of(page))
        assert ends[0]["why"] == "entry"
        assert ends == ends[:1] * len(ends)
        assert not gate.visits.by_identity


async def test_of_two_with_one_entry_at_the_same_moment_one_comes_in(gate: Gateway) -> None:
    """The other is told that it has been used."""
    token = gate.entries.new()
    both = await asyncio.gather(gate.enter(token), gate.enter(token))
    assert sorted(told["say"] for _, told in both) == ["over", "welcome"]
    assert len(gate.visits.by_identity) == 1
    for page, _ in both:
        await page.close()


async def test_whoever_fails_too_often_waits_a_minute(gate: Gateway) -> None:
    """From that address not even a good entry opens; other addresses do not notice."""
    whys = []
    for _ in range(12):
        page, told = await gate.enter("a" * 26)
        whys.append(told["why"])
        await page.close()
    assert whys == ["entry"] * 10 + ["fast"] * 2
    token = gate.entries.new()
    page, told = await gate.enter(token)
    assert told["why"] == "fast"
    await page.close()
    elsewhere, _ = await gate.welcomed(local_addr=("127.0.0.2", 0))
    await elsewhere.close()
    gate.now = 61.0
    page, told = await gate.enter(token)
    assert told["say"] == "welcome"
    await page.close()


async def test_when_all_places_are_taken_a_newcomer_keeps_their_key(tmp_path: Path) -> None:
    """They are told that it is full, and come in with the key once there is a place."""
    async with gateway(tmp_path, Limits(visitors=0)) as gate:
        page, told = await gate.enter(gate.entries.new())
        assert (await end_of(page))["why"] == "full"
        gate.visits.limits = Limits(visitors=1)
        again = await soon(gate.session())
        await again.send(json.dumps({"do": "return", "key": told["key"], **COME}))
        assert json.loads(await soon(again.recv()))["say"] == "welcome"
        await again.close()


async def test_who_comes_back_while_their_page_is_open_takes_over(gate: Gateway) -> None:
    """The first page is told so, and no more is sent to it."""
    first, told = await gate.enter(gate.entries.new())
    second = await soon(gate.session())
    await second.send(json.dumps({"do": "return", "key": told["key"], **COME}))
    assert (await end_of(first))["why"] == "elsewhere"
    await soon(second.recv())
    assert await soon(second.recv()) == b"ready"
    await second.close()


async def test_whoever_leaves_is_told_that_it_has_ended(gate: Gateway) -> None:
    """Also where the client knows no key for it."""
    page, _ = await gate.welcomed()
    await page.send('{"do":"leave"}')
    assert (await end_of(page))["why"] == "ended"


async def test_a_browser_that_is_forgotten_does_not_come_back(gate: Gateway) -> None:
    """Its key is none any more."""
    page, told = await gate.enter(gate.entries.new())
    await page.close()
    whys = []
    for first in ({"do": "forget", "key": told["key"]}, {"do": "return", "key": told["key"], **COME}):
        page = await soon(gate.session())
        await page.send(json.dumps(first))
        whys.append((await end_of(page))["why"])
    assert whys == ["forgotten", "entry"]


# What nobody gets past


@pytest.mark.parametrize(
    "first",
    [
        *(b"\x1b[A", "", "hand", "{}", "[]", '{"do":"size","columns":80,"rows":24}', '{"do":"leave"}'),
        *('{"do":"enter","token":"x"}', '{"do":"enter","token":7,"columns":80,"rows":24}', "[" * 15_000),
        *('{"do":"enter","token":"x","columns":80,"rows":0}', '{"do":"enter","token":"x","columns":1e9,"rows":24}'),
        '{"do":"enter","token":"x","columns":80,"rows":24,"command":"sh"}',
        '{"do":"enter","token":"' + "x" * 65 + '","columns":80,"rows":24}',
    ],
    ids=range(14),
)
async def test_what_no_page_of_ours_says_first_ends_it(gate: Gateway, first: str | bytes) -> None:
    """Nothing that comes before an entry reaches anything."""
    page = await soon(gate.session())
    await page.send(first)
    assert (await end_of(page))["why"] == "wire"
    assert not gate.visits.by_identity


@pytest.mark.parametrize(
    "later", ["", "{}", '{"do":"return","key":"x","columns":80,"rows":24}', '{"do":"size"}'], ids=range(4)
)
async def test_what_no_page_of_ours_says_later_ends_it_too(gate: Gateway, later: str) -> None:
    """Its client is let go of, and runs on."""
    page, echo = await gate.welcomed()
    await page.send(later)
    assert (await end_of(page))["why"] == "wire"
    assert echo.show is None


async def test_a_message_that_is_too_long_ends_the_connection(gate: Gateway) -> None:
    """The longest that is allowed arrives; a byte more closes with the code for it."""
    page, echo = await gate.welcomed()
    await page.send(b"x" * MESSAGE_AT_MOST)
    assert await soon(page.recv()) == b"x" * MESSAGE_AT_MOST
    await page.send(b"x" * (MESSAGE_AT_MOST + 1))
    await soon(page.wait_closed())
    assert page.close_code == 1009
    await eventually(lambda: echo.show is None)
    assert len(echo.typed) == MESSAGE_AT_MOST


async def test_who_says_nothing_is_let_go_of(tmp_path: Path) -> None:
    """Without a request, and with a session but without a first message."""
    async with gateway(tmp_path, patience=Patience(first_message=0.05)) as gate:
        assert await gate.raw("GET / HT") == b""
        assert (await end_of(await soon(gate.session())))["why"] == "late"


async def test_a_browser_that_answers_no_ping_is_let_go_of(tmp_path: Path) -> None:
    """A line that has died holds no place, and its client is let go of."""
    async with gateway(tmp_path, patience=Patience(ping_every=0.05, pong_within=0.05, close_within=0.05)) as gate:
        page, echo = await gate.welcomed()
        page.transport.pause_reading()
        await eventually(lambda: echo.show is None)
        page.transport.abort()


async def test_a_page_is_told_that_its_line_is_alive(tmp_path: Path) -> None:
    """A browser says nothing of pings to its page."""
    async with gateway(tmp_path, patience=Patience(ping_every=0.05)) as gate:
        page, _ = await gate.welcomed()
        assert json.loads(await soon(page.recv())) == {"say": "here"}
        await page.close()


async def test_a_client_waits_for_a_browser_that_does_not_read(gate: Gateway) -> None:
    """What is kept for it stays small, however much the client has to say; once it reads, it goes on."""
    page, echo = await gate.welcomed()
    (connection,) = gate.connections
    show = echo.show
    assert show is not None
    page.transport.pause_reading()

    async def talk() -> None:
        for _ in range(4_000):
            await show.write(b"x" * 4096)

    talking = asyncio.create_task(talk())
    await eventually(lambda: connection.drain_waiters)
    assert connection.transport.get_write_buffer_size() <= WRITE_BUFFER + 4096 + 16
    assert not talking.done()
    page.transport.resume_reading()
    received = 0
    while received < 4_000 * 4096:
        received += len(await soon(page.recv()))
    await soon(talking)
    await page.close()


async def test_a_browser_waits_for_a_client_that_does_not_read(gate: Gateway) -> None:
    """What it sends meanwhile stays with it, and arrives whole and in order."""
    page, echo = await gate.welcomed()
    (connection,) = gate.connections
    echo.reads.clear()

    async def type_on() -> None:
        for n in range(600):
            await page.send(bytes([n % 251]) * MESSAGE_AT_MOST)

    typing = asyncio.create_task(type_on())
    await eventually(lambda: not connection.transport.is_reading() and page.drain_waiters)
    assert not typing.done()
    assert not echo.typed
    echo.show = None  # it only listens from here on
    echo.reads.set()
    await soon(typing)
    await eventually(lambda: len(echo.typed) == 600 * MESSAGE_AT_MOST)
    assert echo.typed[::MESSAGE_AT_MOST] == bytes(n % 251 for n in range(600))
    await page.close()


async def test_a_thousand_at_once_do_not_keep_out_who_is_in_nor_who_comes(gate: Gateway) -> None:
    """From one address they get as many places as one address gets; a visitor and a newcomer from elsewhere go on."""
    page, _ = await gate.welcomed()
    places = gate.visits.limits.connections_of_one
    async with crowd(gate, ["127.0.0.1"] * 1_000) as gone:
        await page.send(b"still here")
        assert await soon(page.recv()) == b"still here"
        newcomer, _ = await gate.welcomed(local_addr=("127.0.0.2", 0))
        await eventually(lambda: sum(one.done() for one in gone) == 1_000 - (places - 1))
        assert len(gate.connections) == places + 1
    await eventually(lambda: len(gate.connections) == 2)
    assert (await gate.get("/"))[0] == 200
    await page.close()
    await newcomer.close()


async def test_all_together_have_so_many_places_and_no_more(tmp_path: Path) -> None:
    """Whatever addresses they come from."""
    async with gateway(tmp_path, Limits(connections=6, connections_of_one=4)) as gate:
        addresses = [f"127.0.0.{n}" for n in (1, 1, 1, 1, 1, 2, 2, 2, 3)]
        async with crowd(gate, addresses) as gone:
            await eventually(lambda: sum(one.done() for one in gone) == 3)
            assert [one.done() for one in gone] == [False] * 4 + [True] + [False] * 2 + [True] * 2


async def test_who_never_begins_to_speak_tls_is_counted_too(tmp_path: Path, tls: Tls) -> None:
    """Before a handshake as after it; somebody from elsewhere comes in meanwhile."""
    server_side, browser = tls
    async with gateway(tmp_path, Limits(connections=6, connections_of_one=4), tls=server_side) as gate:
        async with crowd(gate, ["127.0.0.1"] * 20) as gone:
            await eventually(lambda: sum(one.done() for one in gone) == 16)
            opened = connect(
                f"wss://{gate.host}/session",
                ssl=browser,
                origin=f"https://{gate.host}",  # type: ignore[arg-type]
                local_addr=("127.0.0.2", 0),
                proxy=None,
            )
            async with opened as page:
                await page.send(json.dumps({"do": "enter", "token": gate.entries.new(), **COME}))
                assert json.loads(await soon(page.recv()))["say"] == "welcome"
        await eventually(lambda: not gate.connections)


async def test_a_tls_handshake_that_does_not_come_ends(tmp_path: Path, tls: Tls) -> None:
    """Its place is free again; and so is that of one that speaks no TLS."""
    async with gateway(tmp_path, tls=tls[0], patience=Patience(first_message=0.2)) as gate:
        async with crowd(gate, ["127.0.0.1"] * 3) as gone:
            await soon(asyncio.wait(gone))
        assert await gate.raw("GET / HTTP/1.1\r\n\r\n") is not None
        await eventually(lambda: not gate.connections)


@contextlib.asynccontextmanager
async def crowd(gate: Gateway, addresses: list[str]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Connections that say nothing, from these addresses; of each, what is done once it has been ended."""
    loop = asyncio.get_running_loop()
    sockets: list[socket.socket] = []

    async def ended(one: socket.socket) -> None:
        with contextlib.suppress(ConnectionResetError):
            assert await loop.sock_recv(one, 1) == b""

    for address in addresses:
        one = socket.socket()
        one.setblocking(False)
        one.bind((address, 0))
        sockets.append(one)
        await loop.sock_connect(one, ("127.0.0.1", gate.port))
    gone = [asyncio.create_task(ended(one)) for one in sockets]
    try:
        yield gone
    finally:
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        for one in sockets:
            one.close()


async def test_closing_ends_a_browser_that_is_frozen(tmp_path: Path) -> None:
    """A gateway that is stopped does not wait for it."""
    async with gateway(tmp_path, patience=Patience(close_within=0.1)) as gate:
        page, echo = await gate.welcomed()
        page.transport.pause_reading()
        show = echo.show
        assert show is not None
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(show.write(b"x" * 50_000_000), 0.1)
    page.transport.abort()
