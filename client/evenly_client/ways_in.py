"""What a facilitator has said of how people come in, remembered: where the program is, which gateway there is."""

from __future__ import annotations

from evenly_client.errors import UserError
from evenly_client.invitation import WaysIn
from evenly_client.links import Link, parse_server
from evenly_client.program_source import ProgramSource
from evenly_client.store import DEFAULT_PROFILE, Store, profile_directory
from evenly_client.translation import _

_PROGRAM = "program from"  # no words: a key of the store
SSH_PORT = 22


def known(store: Store, link: Link, room: str) -> WaysIn:
    """The ways into a room that were said before. Entries for browsers are for one person, and none is made here."""
    said = store.setting(_PROGRAM)
    return WaysIn(ProgramSource.parse(said) if said else ProgramSource(), None, _ssh(store, link, room))


def said(
    store: Store, link: Link, room: str, *, program: str | None = None, web: str | None = None, ssh: str | None = None
) -> WaysIn:
    """The same after remembering what is said now; None: what was said before, empty: no longer.

    `web` is the address of a gateway for browsers, or one of its entry links; `ssh` is HOST[:PORT].

    Raises:
        UserError, LinkError: that cannot be meant.
    """
    if program is not None:
        store.keep_setting(_PROGRAM, str(ProgramSource.parse(program)) if program else "")
    if ssh is not None:
        if ssh:
            parse_server(ssh)
        store.keep_setting(_of_room("ssh", link), ssh)
    entry = _entry(store, link, web)
    ways = known(store, link, room)
    return WaysIn(ways.program, entry, ways.ssh)


def _of_room(way: str, link: Link) -> str:
    return f"gateway {way} {link.room.hex()}"  # no words: a key of the store


def _ssh(store: Store, link: Link, room: str) -> str | None:
    said = store.setting(_of_room("ssh", link))
    if not said:
        return None
    from evenly_client.gateway.ssh import slug

    host, port = parse_server(said)
    if ":" not in said.rpartition("]")[2]:
        port = SSH_PORT
    return f"-p {port} {slug(room)}@{host}"


def _entry(store: Store, link: Link, web: str | None) -> str | None:
    """An entry link: the one given, or a new one of the gateway on this computer, whose address is remembered."""
    if web and "#" in web:
        return web
    if web is not None:
        store.keep_setting(_of_room("web", link), web.rstrip("/"))
    address = store.setting(_of_room("web", link))
    if not address:
        return None
    home = profile_directory(DEFAULT_PROFILE).parents[1] / "gateway" / link.room.hex()
    if not home.is_dir():
        raise UserError(
            _("The gateway of this room is not on this computer."),
            _("Give one of the lines that it printed, with its # and what follows: --web https://…#…"),
        )
    from evenly_client.gateway.entries import Entries

    return f"{address}/#{Entries(home).new()}"
