"""`evenly join`, `plain`, `view` and `stage`: entering a room, on a screen or in lines."""

from __future__ import annotations

import asyncio

from evenly_protocol.wire import Purpose

from evenly_client import config as config_module
from evenly_client.config import Config
from evenly_client.errors import UserError
from evenly_client.links import Link
from evenly_client.my_rooms import find, interactive, my_name, remember
from evenly_client.new_room import set_up_once
from evenly_client.outbox import StoredOutbox
from evenly_client.peer import Peer
from evenly_client.store import Store, open_store
from evenly_client.transport import encrypted, is_loopback

IN_THE_CLEAR = "NOT ENCRYPTED"


def join(link_text: str | None, *, name: str | None, plain: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly join --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        lines = plain or not interactive() or _prefers_lines(store)
        return asyncio.run(enter(store, config, link, who, lines=lines, insecure=insecure))


def plain(
    link_text: str | None, *, name: str | None, everything: bool, json: bool, insecure: bool, profile: str | None
) -> int:
    """See `evenly plain --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        peer = _peer(store, link, who, insecure=insecure)
        from evenly_client.plain.terminal import run_lines

        return asyncio.run(run_lines(peer, everything=everything, json=json))


def look_on(link_text: str | None, *, stage: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly view --help` and `evenly stage --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        if store.room(link.room) is None:
            raise UserError("You are not a member of that room yet.", "Join it first: evenly join")
        purpose = Purpose.STAGE if stage else Purpose.VIEW
        peer = Peer(link, store.device_key(), my_name(store, link, None), purpose=purpose, insecure=insecure)
        return asyncio.run(_look_on(peer, config, stage=stage, insecure=insecure))


async def _look_on(peer: Peer, config: Config, *, stage: bool, insecure: bool) -> int:
    status = "" if encrypted(peer.link, insecure=insecure) else _clear_status(peer.link)
    if stage:
        from evenly_client.screens.stage import StageApp

        app = StageApp(peer, config)
    else:
        from evenly_client.screens.app import EvenlyApp

        app = EvenlyApp(peer, config, status=status)
    await app.run_async()
    return app.return_code or 0


async def enter(
    store: Store,
    config: Config,
    link: Link,
    name: str,
    *,
    lines: bool,
    insecure: bool,
    create_key: str | None = None,
) -> int:
    peer = _peer(store, link, name, insecure=insecure, create_key=create_key)
    if create_key is not None:
        set_up_once(peer, store.setting(f"title {link.room.hex()}") or "Peer session")
    if lines:
        from evenly_client.plain.terminal import run_lines

        return await run_lines(peer)
    from evenly_client.screens.app import EvenlyApp

    status = "" if encrypted(link, insecure=insecure) else _clear_status(link)
    practice = create_key is None and not store.practice_done
    app = EvenlyApp(peer, config, store, practice=practice, status=status)
    await app.run_async()
    if app.farewell:
        print(app.farewell)
    return app.return_code or 0


def _peer(store: Store, link: Link, name: str, *, insecure: bool, create_key: str | None = None) -> Peer:
    key = store.device_key()
    outbox = StoredOutbox(store, link.room, key.public)
    peer = Peer(link, key, name, outbox=outbox, create_key=create_key, insecure=insecure)
    remember(store, peer)
    return peer


def _prefers_lines(store: Store) -> bool:
    """Asked the first time: a screen, or plain lines."""
    chosen = store.setting("surface")
    if chosen is None:
        print("How would you like to take part?  1 screen · 2 plain lines (also for screen readers)")
        chosen = "plain" if input("1 or 2 [1]: ").strip() == "2" else "screen"
        store.keep_setting("surface", chosen)
    return chosen == "plain"


def _clear_status(link: Link) -> str:
    return "" if is_loopback(link.host) else IN_THE_CLEAR
