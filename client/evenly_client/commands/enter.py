"""`evenly join`, `plain`, `view` and `stage`: entering a room, on a screen or in lines.

Whatever opens seals or speaks to servers is imported where it is used: a screen paints its first frame before that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from evenly_client import config as config_module
from evenly_client.dumb_terminal import is_dumb
from evenly_client.errors import UserError
from evenly_client.my_rooms import find, interactive, my_name, name_of, remember
from evenly_client.store import open_store
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.config import Config
    from evenly_client.links import Link
    from evenly_client.peer import Peer
    from evenly_client.screens.app import EvenlyApp
    from evenly_client.store import Store

IN_THE_CLEAR = _("NOT ENCRYPTED")


def join(link_text: str | None, *, name: str | None, plain: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly join --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        lines = plain or not interactive() or is_dumb() or _prefers_lines(store)
        return asyncio.run(enter(store, config, link, who, lines=lines, insecure=insecure))


def plain(
    link_text: str | None, *, name: str | None, everything: bool, json: bool, insecure: bool, profile: str | None
) -> int:
    """See `evenly plain --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        peer = _member(store, link, who, insecure=insecure)
        from evenly_client.plain.terminal import run_lines

        return asyncio.run(run_lines(peer, everything=everything, json=json, store=store))


def look_on(link_text: str | None, *, stage: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly view --help` and `evenly stage --help`."""
    if is_dumb():
        raise UserError(_("This terminal cannot show a screen (TERM is dumb)."), _("Lines work here: evenly plain"))
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text)
        if store.room(link.room) is None:
            raise UserError(_("You are not a member of that room yet."), _("Join it first: evenly join"))
        show = _stage if stage else _view
        return asyncio.run(show(store, config, link, my_name(store, link, None), insecure=insecure))


async def _stage(store: Store, config: Config, link: Link, name: str, *, insecure: bool) -> int:
    from evenly_client.screens.stage import StageApp

    app = StageApp(_onlooker(store, link, name, stage=True, insecure=insecure), config)
    await app.run_async()
    return app.return_code or 0


async def _view(store: Store, config: Config, link: Link, name: str, *, insecure: bool) -> int:
    from evenly_client.screens.app import EvenlyApp

    return await on_screen(
        EvenlyApp(
            lambda: _onlooker(store, link, name, stage=False, insecure=insecure),
            config,
            room=_room_name(store, link),
            status=lambda: _status(link, insecure=insecure),
        )
    )


async def enter(
    store: Store,
    config: Config,
    link: Link,
    name: str,
    *,
    lines: bool,
    insecure: bool = False,
    opens: bool = False,
    create_key: str | None = None,
    at_gateway: bool = False,
) -> int:
    """Enters a room as `name`, making it first if there is a `create_key`. The exit status.

    Who `opens` the room does not practise first: people may be waiting. `at_gateway`: for somebody elsewhere.
    """

    def peer() -> Peer:
        return _member(store, link, name, insecure=insecure, create_key=create_key, at_gateway=at_gateway)

    if lines or is_dumb():
        from evenly_client.plain.terminal import run_lines

        return await run_lines(peer(), store=store)
    from evenly_client.screens.app import EvenlyApp

    return await on_screen(
        EvenlyApp(
            peer,
            config,
            store,
            room=_room_name(store, link),
            practice=not opens and not store.practice_done,
            status=lambda: _status(link, insecure=insecure),
            at_gateway=at_gateway,
        )
    )


async def on_screen(app: EvenlyApp) -> int:
    """Runs it to its end, and says its farewell. The exit status; raises what kept it from beginning."""
    await app.run_async()
    if app.failure is not None:
        raise app.failure
    if app.farewell:
        print(app.farewell)
    return app.return_code or 0


def _member(
    store: Store, link: Link, name: str, *, insecure: bool, create_key: str | None = None, at_gateway: bool = False
) -> Peer:
    from evenly_client.new_room import set_up_once
    from evenly_client.outbox import StoredOutbox
    from evenly_client.peer import Peer

    key = store.device_key()
    outbox = StoredOutbox(store, link.room, key.public)
    peer = Peer(link, key, name, outbox=outbox, create_key=create_key, insecure=insecure, at_gateway=at_gateway)
    remember(store, peer)
    if create_key is not None:
        set_up_once(peer, _title(store, link))
    return peer


def _onlooker(store: Store, link: Link, name: str, *, stage: bool, insecure: bool) -> Peer:
    from evenly_protocol.wire import Purpose

    from evenly_client.peer import Peer

    purpose = Purpose.STAGE if stage else Purpose.VIEW
    return Peer(link, store.device_key(), name, purpose=purpose, insecure=insecure)


def _room_name(store: Store, link: Link) -> str:
    """The room's name as far as it is known before one is in it."""
    known = store.room(link.room)
    return _title(store, link) if known is None else name_of(store, known)


def _title(store: Store, link: Link) -> str:
    """The name that a room made here is to have."""
    return store.setting(f"title {link.room.hex()}") or _("Peer session")


def _prefers_lines(store: Store) -> bool:
    """Asked the first time: a screen, or plain lines."""
    chosen = store.setting("surface")
    if chosen is None:
        print(_("How would you like to take part?  1 screen · 2 lines (also for screen readers)"))
        chosen = "plain" if input(_("1 or 2 [1]:") + " ").strip() == "2" else "screen"
        store.keep_setting("surface", chosen)
    return chosen == "plain"


def _status(link: Link, *, insecure: bool) -> str:
    """For the header: a word where what is sent to another machine is not encrypted."""
    from evenly_client.transport import encrypted, is_loopback

    safe = all(encrypted(way, insecure=insecure) or is_loopback(way.host) for way in link.ways())
    return "" if safe else IN_THE_CLEAR
