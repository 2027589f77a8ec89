"""The way to a server: what a link asks for is what is spoken, or nothing is."""

import ssl
from dataclasses import replace

import pytest
from evenly_client import transport
from evenly_client.links import Link
from evenly_client.transport import connected, encrypted, is_loopback
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

LINK = Link("peers.example.org", 7447, bytes(16), bytes(16))


@pytest.mark.parametrize(
    ("host", "pin", "insecure", "expected"),
    [
        ("peers.example.org", None, False, True),
        ("peers.example.org", None, True, False),
        ("peers.example.org", bytes(16), True, True),
        ("192.168.1.20", None, False, True),
        ("127.0.0.1", None, False, False),
        ("localhost", None, False, False),
        ("::1", None, False, False),
        ("127.0.0.1", bytes(16), False, True),
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear_unless_the_user_insists(
    host: str, pin: bytes | None, insecure: bool, expected: bool
) -> None:
    assert encrypted(replace(LINK, host=host, pin=pin), insecure=insecure) is expected


def test_a_name_that_only_looks_like_this_machine_is_another() -> None:
    assert not any(map(is_loopback, ("localhost.example.org", "127.0.0.1.nip.io", "0.0.0.0", "")))


def test_without_a_pin_the_certificate_and_the_name_are_checked() -> None:
    context = transport._context(LINK)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_with_a_pin_only_the_pin_is_checked_and_old_tls_is_not_spoken() -> None:
    context = transport._context(replace(LINK, pin=bytes(16)))
    assert context.verify_mode is ssl.CERT_NONE
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_nothing_says_what_program_speaks_or_is_compressed() -> None:
    seen: list[dict[str, str]] = []

    async def note(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append({name.lower(): value for name, value in connection.request.headers.raw_items()})

    async with serve(note, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connected(replace(LINK, host="127.0.0.1", port=port)) as socket:
            assert isinstance(socket, ClientConnection)
            assert socket.protocol.extensions == []
            await socket.wait_closed()
    (headers,) = seen
    assert not {"user-agent", "origin", "sec-websocket-extensions", "cookie", "authorization"} & set(headers)
    assert headers["host"] == f"127.0.0.1:{port}"


async def test_a_server_that_is_not_there_is_an_error_of_the_connection() -> None:
    async with serve(lambda _: None, "127.0.0.1", 0) as server:  # type: ignore[arg-type,return-value]
        port = next(iter(server.sockets)).getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        async with connected(replace(LINK, host="127.0.0.1", port=port)):
            pass
