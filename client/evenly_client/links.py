"""Invite links: `evenly://HOST[:PORT]/ROOM#SECRET[.PIN]` (anonymity.md, section 1).

ROOM, SECRET and PIN are 16 bytes each in Crockford base32. Nothing after `#` is ever sent to a server.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from evenly_protocol import base32
from evenly_protocol.words import DEFAULT_PORT

from evenly_client.translation import N_, _

SCHEME: Final = "evenly://"

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


@dataclass(frozen=True)
class Link:
    """Where a room is, and what opens it. Not to be shown during a session: calls are recorded.

    `host` is lower case, without brackets; `room`, `secret` and `pin` are 16 raw bytes. `pin` is the
    beginning of the SHA-256 of a self-signed certificate that must be met, or None.
    """

    host: str
    port: int
    room: bytes
    secret: bytes = field(repr=False)
    pin: bytes | None = field(default=None, repr=False)

    @property
    def server_name(self) -> str:
        """HOST:PORT in lower case: what a device signs, so that its proof is of no use to another server."""
        return f"{_bracketed(self.host)}:{self.port}"

    def invite_text(self) -> str:
        """The link as it is handed to people, secret included, in the one form that `parse` gives back."""
        port = "" if self.port == DEFAULT_PORT else f":{self.port}"
        pin = "" if self.pin is None else "." + base32.encode(self.pin)
        secret = _grouped(base32.encode(self.secret))
        return f"{SCHEME}{_bracketed(self.host)}{port}/{base32.encode(self.room)}#{secret}{pin}"

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
        host, port = _host_and_port(authority)
        return cls(
            host=host,
            port=port,
            room=_sixteen(room, "room"),
            secret=_sixteen(secret, "secret", hyphens=True),
            pin=_sixteen(pin, "pin") if dot else None,
        )


def parse_server(text: str) -> tuple[str, int]:
    """Host and port of `HOST[:PORT]`, as in a link and in the configuration; the port is 7447 when left out.

    Raises:
        LinkError: it is not the name or address of a server.
    """
    return _host_and_port(text.strip())


def _host_and_port(authority: str) -> tuple[str, int]:
    if authority.startswith("["):
        inside, bracket, after = authority[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise LinkError(_("The server's address has a bracket too few or too many."), _(_ASK))
        return _ipv6(inside), _port(after[1:]) if after else DEFAULT_PORT
    host, colon, port = authority.partition(":")
    if ":" in port:
        raise LinkError(_("An IPv6 address stands in brackets in a link."), _("Write it like [2001:db8::1]:7447."))
    return _name(host), _port(port) if colon else DEFAULT_PORT


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


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _grouped(text: str) -> str:
    """26 characters in five groups, for the eye and for reading aloud: 5-5-5-5-6."""
    return "-".join((text[:5], text[5:10], text[10:15], text[15:20], text[20:]))
