"""`evenly status`: what waits for me in my rooms."""

from __future__ import annotations

import asyncio
import json as json_module

import msgspec
from evenly_protocol.wire import Purpose

from evenly_client import config as config_module
from evenly_client.links import Link
from evenly_client.my_rooms import my_name, name_of
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, State
from evenly_client.store import Store, open_store

LOOK_S = 3.0
"""Seconds that `status` waits for a room."""


def status(*, json: bool, profile: str | None) -> int:
    """See `evenly status --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        rooms = store.rooms()
        if not rooms:
            print("[]" if json else "You have not been in a room yet. Try: evenly demo, or evenly join")
            return 0
        found = asyncio.run(_look_at(store, [room.link for room in rooms]))
        names = [name_of(store, room) for room in rooms]
    if json:
        told = [{"room": name, **msgspec.to_builtins(state)} for name, state in zip(names, found, strict=True)]
        print(json_module.dumps(told))
        return 0
    for name, state in zip(names, found, strict=True):
        print(f"{name}: {state.words}")
    return 0


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a member in a room. `here`: people on the call or connected."""

    reachable: bool
    session: int
    here: int
    words: str


async def _look_at(store: Store, links: list[Link]) -> list[Waiting]:
    return list(await asyncio.gather(*(_look(store, link) for link in links)))


async def _look(store: Store, link: Link) -> Waiting:
    peer = Peer(link, store.device_key(), my_name(store, link, None), purpose=Purpose.VIEW)
    async with peer:
        try:
            async with asyncio.timeout(LOOK_S):
                await peer.entered()
                await peer.until(lambda _: bool(peer.connected) or not peer.room.members)
        except TimeoutError:
            if peer.state is not State.LIVE:
                return Waiting(False, 0, 0, f"not reachable now. {peer.trouble}".strip())
        except Exception:
            return Waiting(False, 0, 0, peer.trouble)
        look = Outlook(peer)
        here = len(look.here)
        if look.session is None:
            return Waiting(True, 0, here, f"no session is running, {here} there")
        words = f"session {look.session.number} is running, {here} on the call; you: {look.me_in_words()}"
        return Waiting(True, look.session.number, here, words)
