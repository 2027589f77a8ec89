"""Invite links: `evenly://HOST[:PORT][,HOST[:PORT]…]/ROOM#SECRET[.PIN]` (anonymity.md, section 1).

ROOM, SECRET and PIN are 16 bytes each in Crockford base32. Nothing after `#` is ever sent to a server. Several servers
are those of one installation: any of them leads to the room.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

from evenly_protocol import base32
from evenly_protocol.words import DEFAULT_PORT

from evenly_client.translation import N_, _

SCHEME: Final = "evenly://"
SERVERS_AT_MOST: Final = 8

_WRAPPING = "<>()[]{}\"'`“”‘’«»"
_TRAILING = _WRAPPING + ".,;:!?*"
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_PORT = re.compile(r"[0-9]{1,5}")
_WHOLE = N_("Copy the whole link, from evenly:// to its last character, and paste it again.")
_ASK = N_("Ask whoever invited you to send the link again.")
_NOT_WHOLE = {
    "room": N_("The room in this link is not whole: {reason}."),
    "secret": N_("The secret in this link is not whole: {reason}."),
    "pin": N_("The pin in this link is not whole: {reason}."),
}


class LinkError(ValueError):
    """Not an invite link. `title` says what is wrong, `advice` what to do; neither repeats a secret."""

    code: Final = "bad-link"

    def __init__(self, title: str, advice: str) -> None:
        self.title = title
        self.advice = advice
        super().__init__(f"{title} {advice}")


class Server(NamedTuple):
    """Where a server is. `host` is lower case, without brackets."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """HOST:PORT in lower case: what a device signs, so that its proof is of no use to another server."""
        return f"{self._bracketed}:{self.port}"

    def __str__(self) -> str:
        """As in a link: the usual port is left out."""
        return self._bracketed if self.port == DEFAULT_PORT else self.name

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


@dataclass(frozen=True)
class Link:
    """Where a room is, and what opens it. Not to be shown during a session: calls are recorded.

    `host` is lower case, without brackets; `room`, `secret` and `pin` are 16 raw bytes. `pin` is the
    beginning of the SHA-256 of a self-signed certificate that must be met (at all of its servers), or None.
    `others` are the further servers, as the link names them.
    """

    host: str
    port: int
    room: bytes
    secret: bytes = field(repr=False)
    pin: bytes | None = field(default=None, repr=False)
    others: tuple[Server, ...] = ()

    @property
    def servers(self) -> tuple[Server, ...]:
        """All of its servers, as the link names them."""
        return (Server(self.host, self.port), *self.others)

    @property
    def server_name(self) -> str:
        """HOST:PORT of its first server: see `Server.name`."""
        return self.servers[0].name

    def ways(self) -> list[Self]:
        """A link to each of its servers alone, in the order in which they are tried.

        Whoever enters one room begins at the same server, and different rooms begin at different ones: so a room is
        where its members come to, and the rooms are spread evenly.
        """
        servers = self.servers
        first = int.from_bytes(self.room) % len(servers)
        return [self.on(server) for server in servers[first:] + servers[:first]]

    def on(self, *servers: Server) -> Self:
        """The same room and secret on these servers."""
        first, *others = servers
        return replace(self, host=first.host, port=first.port, others=tuple(others))

    def invite_text(self) -> str:
        """The link as it is handed to people, secret included, in the one form that `parse` gives back."""
        servers = written(self.servers)
        pin = "" if self.pin is None else "." + base32.encode(self.pin)
        secret = _grouped(base32.encode(self.secret))
        return f"{SCHEME}{servers}/{base32.encode(self.room)}#{secret}{pin}"

    @classmethod
    def parse(cls, text: str) -> Link:
        """The link in `text` as people paste it: broken over lines, in angle brackets, a full stop behind.

        Raises:
            LinkError: it is not a whole, well-formed link.
        """
        bare = "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf"))
        bare = bare.lstrip(_WRAPPING).rstrip(_TRAILING)
        if not bare.lower().startswith(SCHEME):
            begins = _("An invite link begins with {scheme}.").format(scheme=SCHEME)
            raise LinkError(_("This is not an invite link."), f"{begins} {_(_WHOLE)}")
        place, hash_sign, fragment = bare[len(SCHEME) :].partition("#")
        if not hash_sign or not fragment:
            raise LinkError(_("This link ends before its secret (the part after #)."), _(_WHOLE))
        authority, slash, room = place.partition("/")
        if not slash or not room:
            raise LinkError(_("This link does not say which room it leads to."), _(_WHOLE))
        secret, dot, pin = fragment.partition(".")
        first, *others = parse_servers(authority)
        return cls(
            host=first.host,
            port=first.port,
            others=tuple(others),
            room=_sixteen(room, "room"),
            secret=_sixteen(secret, "secret", hyphens=True),
            pin=_sixteen(pin, "pin") if dot else None,
        )


def written(servers: Sequence[Server]) -> str:
    """`HOST[:PORT]` of each, with commas between, as `parse_servers` reads them."""
    return ",".join(map(str, servers))


def parse_servers(text: str) -> list[Server]:
    """The servers of `HOST[:PORT][,HOST[:PORT]…]`, as in a link and in the configuration: at least one, at most 8.

    Raises:
        LinkError: one of them is not the name or address of a server, or is there twice, or there are too many.
    """
    servers = [parse_server(one) for one in text.split(",")]
    if len(set(servers)) < len(servers):
        raise LinkError(_("A server is named twice."), _("Name each server once, with commas between."))
    if len(servers) > SERVERS_AT_MOST:
        too_many = _("These are too many servers: a link names up to {n}.").format(n=SERVERS_AT_MOST)
        raise LinkError(too_many, _("One of them, or a few, lead to the room as well."))
    return servers


def parse_server(text: str) -> Server:
    """The server of `HOST[:PORT]`; the port is 7447 when left out.

    Raises:
        LinkError: it is not the name or address of a server.
    """
    text = text.strip()
    if text.startswith("["):
        inside, bracket, after = text[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise LinkError(_("The server's address has a bracket too few or too many."), _(_ASK))
        return Server(_ipv6(inside), _port(after[1:]) if after else DEFAULT_PORT)
    host, colon, port = text.partition(":")
    if ":" in port:
        raise LinkError(_("An IPv6 address stands in brackets in a link."), _("Write it like [2001:db8::1]:7447."))
    return Server(_name(host), _port(port) if colon else DEFAULT_PORT)


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise LinkError(_("The server's address in brackets is not an IPv6 address."), _(_ASK)) from None
    if address.scope_id is not None:
        raise LinkError(
            _("The server's address is good on one machine alone (the part after %)."),
            _("Use an address that everybody in the group can reach."),
        )
    return address.compressed


def _name(text: str) -> str:
    try:
        name = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if _HOST.fullmatch(name) is None:
        raise LinkError(_("The server's name in this link is not well-formed."), _(_ASK))
    return name


def _port(text: str) -> int:
    if _PORT.fullmatch(text) is None or not 1 <= int(text) <= 65535:
        raise LinkError(
            _("The number after the server's name is not a port."), _("A port is a number from 1 to 65535.")
        )
    return int(text)


def _sixteen(text: str, what: str, *, hyphens: bool = False) -> bytes:
    try:
        return base32.decode(text, hyphens=hyphens)
    except base32.NotBase32 as error:
        reason = _(error.reason).format(n=error.n)
        raise LinkError(_(_NOT_WHOLE[what]).format(reason=reason), _(_WHOLE)) from None


def _grouped(text: str) -> str:
    """26 characters in five groups, for the eye and for reading aloud: 5-5-5-5-6."""
    return "-".join((text[:5], text[5:10], text[10:15], text[15:20], text[20:]))
