"""`evenly open` and `evenly invite`: making a room, on a server or here, and its invitation."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evenly_protocol.words import DEFAULT_PORT

from evenly_client import config as config_module
from evenly_client import usual_format, ways_in
from evenly_client.certificate import certificate_in
from evenly_client.commands.enter import enter
from evenly_client.config import Config
from evenly_client.errors import UserError
from evenly_client.formats import library
from evenly_client.invitation import message, qr_code
from evenly_client.links import Link, Server, parse_servers, written
from evenly_client.local_server import LocalServer, ServerNotStarted
from evenly_client.my_rooms import find, interactive, name_of, remember
from evenly_client.my_rooms import my_name as name_in
from evenly_client.new_room import set_up
from evenly_client.peer import Peer, State
from evenly_client.reach import Reach, reach_of
from evenly_client.store import DEFAULT_PROFILE, Store, open_store, profile_directory
from evenly_client.translation import _


def open_room(
    name: str,
    *,
    format: str | None,
    on: str | None,
    key: str | None,
    my_name: str | None,
    here: bool,
    port: int | None,
    plain: bool,
    insecure: bool,
    profile: str | None,
) -> int:
    """See `evenly open --help`."""
    if not name.strip():
        raise UserError(_("A room needs a name."), _('For example: evenly open "Peer set 3"'))
    if format is not None:
        library.find(format)
        format = str(Path(format).absolute()) if format.endswith(".toml") else format
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        on = on or config.server
        if on is not None:
            return asyncio.run(
                _open_there(store, config, name, format, on, key, my_name, plain=plain, insecure=insecure)
            )
        directory = profile_directory(profile or config.profile or DEFAULT_PROFILE) / "server"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return asyncio.run(_open_here(store, config, name, format, directory, port, my_name, here=here, plain=plain))


async def _open_there(
    store: Store,
    config: Config,
    name: str,
    format: str | None,
    on: str,
    key: str | None,
    given: str | None,
    *,
    plain: bool,
    insecure: bool,
) -> int:
    servers = parse_servers(on)
    kept_as = f"create key {servers[0].host}:{servers[0].port}"  # no words: a key of the store
    key = key or store.setting(kept_as) or ""
    link = _link_of(store, name, servers, None)
    _keep_format(store, link, format)
    who = name_in(store, link, given)
    if store.room(link.room) is None:
        await _make_there(store, link, name, who, key, insecure=insecure)
    store.keep_setting(kept_as, key)
    _show_invitation(store, name, link, None)
    lines = plain or not interactive()
    return await enter(store, config, link, who, lines=lines, insecure=insecure, opens=True)


async def _make_there(store: Store, link: Link, name: str, who: str, key: str, *, insecure: bool) -> None:
    """Makes the room, with its name and agreement, before anybody is invited into it.

    Raises:
        TurnedAway: it may not be made there. UserError: the server cannot be reached.
    """
    async with Peer(link, store.device_key(), who, create_key=key, insecure=insecure) as peer:
        remember(store, peer)
        await peer.until(lambda _: peer.state in (State.LIVE, State.LOST))
        if peer.state is State.LOST:
            raise UserError(f"{written(link.servers)}:", peer.trouble)  # no words: servers, and what it is about
        await set_up(peer, name)


async def _open_here(
    store: Store,
    config: Config,
    name: str,
    format: str | None,
    directory: Path,
    port: int | None,
    given: str | None,
    *,
    here: bool,
    plain: bool,
) -> int:
    server, used = await _start_here(store, directory, port, here=here)
    reach = reach_of(used, here_only=here)
    keeping = asyncio.ensure_future(server.keep_up())
    try:
        pin = None if here else certificate_in(directory)[2]
        link = _link_of(store, name, [Server(reach.host, used)], pin)
        _keep_format(store, link, format)
        who = name_in(store, link, given)
        _show_invitation(store, name, link, reach)
        create = (directory / "evenly.key").read_text().strip() if store.room(link.room) is None else None
        lines = plain or not interactive()
        status = await enter(store, config, link, who, lines=lines, opens=True, create_key=create)
        closed = _('The room is closed while your computer is not its server. `evenly open "{room}"` opens it again.')
        print(closed.format(room=name))
        return status
    finally:
        keeping.cancel()
        await server.stop()


async def _start_here(store: Store, directory: Path, port: int | None, *, here: bool) -> tuple[LocalServer, int]:
    """A server on this computer, on the port used last if it is free."""
    wanted = port if port is not None else int(store.setting("server port") or DEFAULT_PORT)
    arguments = ["--journal", str(directory / "evenly.db"), "--host", "127.0.0.1" if here else "0.0.0.0"]
    if not here:
        certificate, private_key, _ = certificate_in(directory)
        arguments += ["--certificate", str(certificate), "--private-key", str(private_key)]
    log = directory / "server.log"
    try:
        server = await LocalServer.start([*arguments, "--port", str(wanted)], log=log)
    except ServerNotStarted as error:
        if port is not None or "Cannot listen" not in str(error):  # no words: the server's own
            raise
        server = await LocalServer.start([*arguments, "--port", "0"], log=log)
    store.keep_setting("server port", str(server.port))
    return server, server.port


def _link_of(store: Store, name: str, servers: Sequence[Server], pin: bytes | None) -> Link:
    """The link of the room with this name on any of those servers: the same room and secret each time."""
    places = [server.host for server in servers] if pin is None else ["here"]
    settings = [f"opened {name.casefold()} {place}" for place in places]  # no words: keys of the store
    kept = next(filter(None, map(store.setting, settings)), None)
    both = secrets.token_bytes(32) if kept is None else bytes.fromhex(kept)
    link = Link(servers[0].host, servers[0].port, both[:16], both[16:], pin).on(*servers)
    for setting in settings:
        if store.setting(setting) is None:  # else there is another room of that name at that server
            store.keep_setting(setting, both.hex())
    if kept is None:
        store.keep_setting(f"title {link.room.hex()}", name)
    return link


def _keep_format(store: Store, link: Link, format: str | None) -> None:
    """The room's sessions have this format from now on; None: the one they had."""
    if format is not None:
        usual_format.keep(store, link.room, format)


def _show_invitation(store: Store, name: str, link: Link, reach: Reach | None) -> None:
    if reach is not None:
        print(f"{reach.words}\n{reach.mend}\n")
    print(_("Paste this into an e-mail or the call's chat:"), end="\n\n")
    print(message(name, link, ways_in.known(store, link, name)))
    if interactive():
        input(_("Press enter to open your screen.") + " ")


def invite(
    room: str | None,
    *,
    qr: bool,
    on: str | None = None,
    program: str | None = None,
    web: str | None = None,
    ssh: str | None = None,
    profile: str | None,
) -> int:
    """See `evenly invite --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, room)
        known = store.room(link.room)
        if on is not None:
            link = replace(link.on(*parse_servers(on)), pin=None)
        name = name_of(store, known) if known is not None else _("Peer session")
        print(message(name, link, ways_in.said(store, link, name, program=program, web=web, ssh=ssh)))
        if qr:
            print(qr_code(link))
    return 0
