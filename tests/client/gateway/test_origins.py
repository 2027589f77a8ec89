"""By which addresses a gateway goes, and which pages may speak to it."""

from __future__ import annotations

import pytest
from evenly_client.errors import UserError
from evenly_client.gateway.origins import Origins


def test_a_gateway_goes_by_the_address_at_which_it_was_reached() -> None:
    """With its own port and scheme, and by no other address."""
    ours = Origins((), 8443, tls=True)
    assert ours.is_host("192.0.2.1:8443", "192.0.2.1")
    assert ours.is_origin("https://192.0.2.1:8443", "192.0.2.1")
    for host in ("192.0.2.2:8443", "192.0.2.1", "192.0.2.1:8444", "evil.example:8443", "localhost:8443", "", None):
        assert not ours.is_host(host, "192.0.2.1")
    for origin in ("http://192.0.2.1:8443", "https://192.0.2.1", "https://evil.example:8443", "null", "", None):
        assert not ours.is_origin(origin, "192.0.2.1")


def test_localhost_is_ours_on_this_machine_alone() -> None:
    """By both kinds of loopback address."""
    ours = Origins((), 8000, tls=False)
    assert ours.is_origin("http://localhost:8000", "127.0.0.1")
    assert ours.is_origin("http://[::1]:8000", "::1")
    assert ours.is_host("localhost:8000", "::1")
    assert ours.is_host("127.0.0.1:8000", "::ffff:127.0.0.1")


@pytest.mark.parametrize(
    ("name", "port", "tls", "origin"),
    [
        ("gate.example", 8443, True, "https://gate.example:8443"),
        ("Gate.Example", 443, True, "https://gate.example"),
        ("gate.example:9000", 8443, True, "https://gate.example:9000"),
        ("gate.example", 80, False, "http://gate.example"),
        ("https://gate.example", 8000, False, "https://gate.example"),
        ("https://gate.example:444/", 8000, False, "https://gate.example:444"),
        ("[2001:db8::1]", 8000, False, "http://[2001:db8::1]:8000"),
    ],
)
def test_a_name_is_an_origin_as_browsers_write_it(name: str, port: int, tls: bool, origin: str) -> None:
    """Lower case, and no port where it is the scheme's own."""
    ours = Origins((name,), port, tls=tls)
    assert ours.is_origin(origin, "192.0.2.1")
    assert ours.is_host(origin.partition("://")[2], "192.0.2.1")


@pytest.mark.parametrize("name", ["", "ftp://gate.example", "gate example", "https://", "gate.example/path", "a:b:c"])
def test_what_is_no_name_is_refused_with_what_to_give(name: str) -> None:
    """Rather than never matching anything."""
    with pytest.raises(UserError, match="HOST:PORT"):
        Origins((name,), 8000, tls=False)
