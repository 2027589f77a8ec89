"""A room made just now: its name, and the agreement that it begins with."""

from __future__ import annotations

import asyncio

from evenly_protocol.agreement import NameRoom, SetAgreement
from evenly_protocol.sealed import FieldKind

from evenly_client import agreement
from evenly_client.peer import Peer, State, StateChanged


async def set_up(peer: Peer, name: str) -> None:
    """A new room gets its name and the agreement's template."""
    id = peer.new_id()
    await peer.ask(NameRoom(peer.seal(FieldKind.ROOM, name, id)), id)
    id = peer.new_id()
    await peer.ask(SetAgreement(peer.seal(FieldKind.AGREEMENT, agreement.TEMPLATE, id)), id)


def set_up_once(peer: Peer, title: str) -> None:
    """A room made just now gets its name and the agreement's template, once its maker is in."""
    tasks: set[asyncio.Task[None]] = set()

    def live(notice: object) -> None:
        if isinstance(notice, StateChanged) and notice.state is State.LIVE and not peer.room.agreement.version:
            task = asyncio.ensure_future(set_up(peer, title))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    peer.watch(live)
