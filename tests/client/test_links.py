"""Invite links, as they are printed and as people paste them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import sha256

import pytest
from evenly_client.links import SERVERS_AT_MOST, Link, LinkError, Server, parse_server, parse_servers
from evenly_protocol import base32
from evenly_protocol.words import DEFAULT_PORT
from hypothesis import given
from hypothesis import strategies as st

ROOM, SECRET, PIN = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))
R, S, P = base32.encode(ROOM), base32.encode(SECRET), base32.encode(PIN)
LINK = Link("evenly.example.org", DEFAULT_PORT, ROOM, SECRET)
TEXT = f"evenly://evenly.example.org/{R}#{S}"

SIXTEEN = st.binary(min_size=16, max_size=16)
HOSTS = st.sampled_from(["localhost", "evenly.example.org", "10.0.0.7", "::1", "2001:db8::7", "xn--bcher-kva.example"])


SERVERS = st.builds(Server, HOSTS, st.integers(1, 65535))


@given(st.lists(SERVERS, min_size=1, max_size=SERVERS_AT_MOST, unique=True), SIXTEEN, SIXTEEN, st.none() | SIXTEEN)
def test_what_is_printed_is_read_back(servers: list[Server], room: bytes, secret: bytes, pin: bytes | None) -> None:
    """Every link, in capitals and small letters."""
    link = Link("h", 1, room, secret, pin).on(*servers)
    assert link.servers == tuple(servers)
    assert Link.parse(link.invite_text()) == link
    assert Link.parse(link.invite_text().lower()) == link
    assert Link.parse(link.invite_text().upper()) == link


def test_a_printed_link_has_its_secret_in_groups() -> None:
    """The usual port is left out; hyphens stand in the secret alone."""
    assert LINK.invite_text() == f"evenly://evenly.example.org/{R}#{S[:5]}-{S[5:10]}-{S[10:15]}-{S[15:20]}-{S[20:]}"
    with_pin = Link("::1", 80, ROOM, SECRET, PIN).invite_text()
    assert with_pin.startswith(f"evenly://[::1]:80/{R}#")
    assert with_pin.endswith(f".{P}")


def test_a_link_may_name_several_servers() -> None:
    several = LINK.on(Server("a.example", DEFAULT_PORT), Server("::1", 9))
    assert several.invite_text().startswith(f"evenly://a.example,[::1]:9/{R}#")
    assert Link.parse(several.invite_text().replace(",", ", ")) == several
    assert [way.server_name for way in several.ways()] == ["[::1]:9", "a.example:7447"], "it begins where its room says"
    assert all(replace(way, host=LINK.host, port=LINK.port) == LINK for way in several.ways())


def test_rooms_begin_at_each_of_several_servers_equally_often_and_go_on_to_all_others() -> None:
    servers = [Server("h", port) for port in range(1, 4)]
    begins = Counter[int]()
    for number in range(300):
        link = replace(LINK, room=sha256(bytes([number % 256, number // 256])).digest()[:16]).on(*servers)
        ways = [way.port for way in link.ways()]
        assert sorted(ways) == [1, 2, 3]
        begins[ways[0]] += 1
    assert all(70 < begins[port] < 130 for port in (1, 2, 3)), begins


@pytest.mark.parametrize(
    "pasted",
    [
        TEXT,
        f"  {TEXT}\n",
        f"<{TEXT}>.",
        f"({TEXT}),",
        f"“{TEXT}”",
        TEXT[:30] + "\r\n  " + TEXT[30:50] + "\n" + TEXT[50:],
        TEXT[:30] + "\u200b\u00ad" + TEXT[30:],
        TEXT.replace("evenly://evenly", "EVENLY://Evenly"),
        TEXT.replace(".org/", ".org:7447/"),
        "-".join((TEXT[:-20], TEXT[-20:-3], TEXT[-3:])),
    ],
)
def test_a_link_is_read_as_people_paste_it(pasted: str) -> None:
    """Broken over lines, in brackets or quotation marks, with punctuation behind."""
    assert Link.parse(pasted) == LINK


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [("evenly.example.org", 7447, "evenly.example.org:7447"), ("::1", 9, "[::1]:9")],
)
def test_the_server_name_always_has_its_port(host: str, port: int, name: str) -> None:
    """It is what a device signs, so there is one form."""
    assert Link(host, port, ROOM, SECRET).server_name == name


def test_one_server_has_one_name_however_it_is_written() -> None:
    """Capitals, long IPv6 forms and names in other scripts come to the same signed name."""
    assert Link.parse(f"evenly://[2001:DB8:0:0::7]/{R}#{S}").server_name == "[2001:db8::7]:7447"
    assert Link.parse(f"evenly://Bücher.example/{R}#{S}").server_name == "xn--bcher-kva.example:7447"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not an invite link"),
        ("https://example.org", "not an invite link"),
        ("evenly://h", "before its secret"),
        (f"evenly://h/{R}", "before its secret"),
        (f"evenly://h/{R}#", "before its secret"),
        (f"evenly://h#{S}", "which room"),
        (f"evenly://h/#{S}", "which room"),
        (f"evenly://h/{R[:-1]}#{S}", "room in this link is not whole"),
        (f"evenly://h/{R[:5]}-{R[5:]}#{S}", "room in this link is not whole"),
        (f"evenly://h/{R}/x#{S}", "room in this link is not whole"),
        (f"evenly://h/{R}?a=b#{S}", "room in this link is not whole"),
        (f"evenly://h/{R}#{S[:-1]}", "secret in this link is not whole"),
        (f"evenly://h/{R}#{S}.{P[:-1]}", "pin in this link is not whole"),
        (f"evenly://h/{R}#{S}.{P}.{P}", "pin in this link is not whole"),
        (f"evenly:///{R}#{S}", "name in this link"),
        (f"evenly://a b@c/{R}#{S}", "name in this link"),
        (f"evenly://-h-/{R}#{S}", "name in this link"),
        (f"evenly://a..b/{R}#{S}", "name in this link"),
        (f"evenly://{'a' * 64}.b/{R}#{S}", "name in this link"),
        (f"evenly://h:/{R}#{S}", "not a port"),
        (f"evenly://h:0/{R}#{S}", "not a port"),
        (f"evenly://h:65536/{R}#{S}", "not a port"),
        (f"evenly://h:٣/{R}#{S}", "not a port"),
        (f"evenly://::1/{R}#{S}", "in brackets"),
        (f"evenly://[::1/{R}#{S}", "bracket"),
        (f"evenly://[::1]x/{R}#{S}", "bracket"),
        (f"evenly://[::g]/{R}#{S}", "not an IPv6"),
        (f"evenly://[fe80::1%eth0]/{R}#{S}", "one machine"),
        (f"evenly://h,/{R}#{S}", "name in this link"),
        (f"evenly://h,,g/{R}#{S}", "name in this link"),
        (f"evenly://h,H:7447/{R}#{S}", "named twice"),
        (f"evenly://{','.join(f'h{n}' for n in range(9))}/{R}#{S}", "too many servers"),
    ],
)
def test_what_is_not_a_whole_link_is_refused_in_words(text: str, words: str) -> None:
    """The sentence says what is wrong and what to do, and never repeats the secret."""
    with pytest.raises(LinkError, match=words) as caught:
        Link.parse(text)
    assert caught.value.title.endswith(".")
    assert caught.value.advice.endswith(".")
    assert caught.value.code == "bad-link"
    assert S[:-1] not in str(caught.value)


@given(st.text(max_size=60) | st.text(max_size=60).map("evenly://".__add__))
def test_any_text_is_a_link_or_an_error_in_words(text: str) -> None:
    """Nothing that can be pasted raises anything else."""
    try:
        link = Link.parse(text)
    except LinkError:
        return
    assert Link.parse(link.invite_text()) == link


def test_a_link_that_is_logged_shows_no_secret() -> None:
    """Neither `repr` nor `str` gives it away."""
    link = Link("h", 1, ROOM, SECRET, PIN)
    for shown in (repr(link), str(link), f"{link}"):
        assert repr(SECRET) not in shown
        assert S not in shown
        assert "secret" not in shown


def test_a_server_can_be_named_by_itself() -> None:
    """As in the configuration."""
    assert parse_server(" Example.org:80 ") == ("example.org", 80)
    assert parse_server("[::1]") == ("::1", DEFAULT_PORT)
    assert parse_servers("example.org, [::1]:9") == [("example.org", DEFAULT_PORT), ("::1", 9)]
    for text in ("example.org/x", "a,b"):
        with pytest.raises(LinkError):
            parse_server(text)
