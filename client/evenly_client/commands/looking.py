"""`evenly status` and `evenly nudge`: what waits for me in my rooms, and a message for the group's chat."""

from __future__ import annotations

import asyncio
import json as json_module
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec
from evenly_protocol import series
from evenly_protocol.actions import due_by
from evenly_protocol.wire import Purpose

from evenly_client import config as config_module
from evenly_client import opened, phrases, waiting
from evenly_client.errors import UserError
from evenly_client.links import Link
from evenly_client.my_rooms import find, my_name, name_of
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, State
from evenly_client.store import Store, open_store
from evenly_client.translation import _, ngettext

LOOK_S = 3.0
"""Seconds that `status` waits for a room."""

Seen = TypeVar("Seen")


class Waits(msgspec.Struct, frozen=True):
    """Something that waits for me: what kind of thing, and in words."""

    what: str
    words: str


class Next(msgspec.Struct, frozen=True):
    """The next planned session: UTC milliseconds (0: the date is open), names, topic, and all of it in words."""

    at: int
    holders: list[str]
    host: str
    topic: str
    words: str


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a member in a room.

    Attributes:
        reachable: whether the room could be looked at.
        session: the number of the running session; 0 for none.
        here: people on the call or connected.
        words: the first line, in words.
        next: the next planned session.
        call: the link to the call; empty for none.
        waits: what waits for me.
    """

    reachable: bool
    session: int
    here: int
    words: str
    next: Next | None = None
    call: str = ""
    waits: list[Waits] = []

    def lines(self, name: str) -> list[str]:
        """As a block, the room's name on the first line."""
        block = [f"{name}: {self.words}"]
        if self.next is not None and not self.session:
            block.append("  " + _("next session: {when}").format(when=self.next.words))
        if self.call:
            block.append("  " + _("call: {link}").format(link=self.call))
        if self.waits:
            block.append("  " + _("waits for you:"))
            block += [f"  - {wait.words}" for wait in self.waits]
        return block


def status(*, json: bool, profile: str | None) -> int:
    """See `evenly status --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        rooms = store.rooms()
        if not rooms:
            print("[]" if json else _("You have not been in a room yet. Try: evenly demo, or evenly join"))
            return 0
        found = asyncio.run(_look_at(store, [room.link for room in rooms]))
        names = [name_of(store, room) for room in rooms]
    if json:
        told = [{"room": name, **msgspec.to_builtins(state)} for name, state in zip(names, found, strict=True)]
        print(json_module.dumps(told))
        return 0
    for name, state in zip(names, found, strict=True):
        print("\n".join(state.lines(name)))
    return 0


async def _look_at(store: Store, links: list[Link]) -> list[Waiting]:
    return list(await asyncio.gather(*(_look(store, link) for link in links)))


async def _look(store: Store, link: Link) -> Waiting:
    seen = await _seen(store, link, waiting_in)
    return seen if isinstance(seen, Waiting) else Waiting(False, 0, 0, seen)


async def _seen(store: Store, link: Link, look: Callable[[Outlook], Seen]) -> Seen | str:
    """What `look` makes of a room, or why it cannot be looked at."""
    peer = Peer(link, store.device_key(), my_name(store, link, None), purpose=Purpose.VIEW)
    async with peer:
        try:
            async with asyncio.timeout(LOOK_S):
                await peer.entered()
                await peer.until(lambda _: bool(peer.connected) or not peer.room.members)
        except TimeoutError:
            if peer.state is not State.LIVE:
                return " ".join(filter(None, (_("not reachable now."), peer.trouble)))
        except Exception:
            return peer.trouble
        return look(Outlook(peer))


def waiting_in(o: Outlook) -> Waiting:
    """What waits for a member in a room that is looked at."""
    here = len(o.here)
    words = _("no session is running, {n} there").format(n=here)
    if o.session is not None:
        said = _("session {number} is running, {n} on the call; you: {me}")
        words = said.format(number=o.session.number, n=here, me=o.me_in_words())
    return Waiting(
        reachable=True,
        session=o.session.number if o.session is not None else 0,
        here=here,
        words=words,
        next=_next(o),
        call=opened.call_link(o.peer.sealer, o.room),
        waits=[Waits(w.what, w.words) for w in waiting.waits(o)],
    )


def _next(o: Outlook) -> Next | None:
    planned = series.next_planned(o.room)
    if planned is None:
        return None
    return Next(
        at=planned.at,
        holders=[o.name(seat) for seat in planned.holders],
        host=o.name(planned.host) if planned.host else "",
        topic=opened.topic(o.peer.sealer, planned),
        words=waiting.next_session_words(o),
    )


def nudge(room: str | None, *, call: bool, profile: str | None) -> int:
    """See `evenly nudge --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, room)
        if store.room(link.room) is None:
            raise UserError(_("You are not a member of that room yet."), _("Join it first: evenly join"))
        seen = asyncio.run(_seen(store, link, lambda o: (message(o, call=call), bool(o.room.call.link))))
    if isinstance(seen, str):
        raise UserError(
            _("The room cannot be looked at: {reason}").format(reason=seen), _("Try again when its server runs.")
        )
    text, has_link = seen
    if call and not has_link:
        raise UserError(_("No link to the call is kept in that room."), _("Leave --call out, or keep one there first."))
    print(text)
    return 0


def message(o: Outlook, *, call: bool = False) -> str:
    """A message for the group's chat: when, and how much is due; no names and nobody's words.

    `call`: with the link to the call.
    """
    lines = [_when(o)]
    planned = series.next_planned(o.room)
    if planned is not None and planned.holders and o.session is None:
        several = len(planned.holders) > 1
        lines.append(
            _("The issue-holders know that it is their turn.")
            if several
            else _("The issue-holder knows that it is theirs.")
        )
    if o.room.poll is not None:
        count = len(o.room.poll.dates)
        asked = ngettext(
            "A date is being asked about: please say in the room what suits you.",
            "{n} dates are being asked about: please say in the room what suits you.",
            count,
        )
        lines.append(asked.format(n=count))
    at = max(o.now, planned.at) if planned is not None else o.now
    due = sum(action.open and due_by(action, at) for action in o.room.actions)
    if due:
        lines.append(_due_words(due, now=o.session is not None))
    lines.append(_("What waits for you: evenly status"))
    link = opened.call_link(o.peer.sealer, o.room) if call else ""
    if link:
        lines.append(_("Call: {link}").format(link=link))
    return "\n".join(lines)


def _due_words(due: int, *, now: bool) -> str:
    if now:
        words = ngettext(
            "{n} action is due now: a line on how it went is enough.",
            "{n} actions are due now: a line on how it went is enough.",
            due,
        )
    else:
        words = ngettext(
            "{n} action is due by then: a line on how it went is enough.",
            "{n} actions are due by then: a line on how it went is enough.",
            due,
        )
    return words.format(n=due)


def _when(o: Outlook) -> str:
    if o.session is not None:
        return _("Our session is running now.")
    planned = series.next_planned(o.room)
    if planned is None or not planned.at:
        return _("Our next session: the date is open.")
    zone = time.strftime("%Z", time.localtime(planned.at / 1000))
    words = _("Our next session: {day} ({zone}).") if zone else _("Our next session: {day}.")
    return words.format(day=phrases.moment(planned.at), zone=zone)
