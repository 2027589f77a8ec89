"""The rooms that this member knows: found by link, by name, by number; remembered once entered.

What opens seals and speaks to servers is imported where it is used: a screen is there before it is needed.
"""

from __future__ import annotations

import getpass
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

from evenly_client.errors import UserError
from evenly_client.links import SCHEME, Link
from evenly_client.store import KnownRoom, Store
from evenly_client.translation import _
from evenly_client.written import day_in_figures

if TYPE_CHECKING:
    from evenly_client.peer import Notice, Peer


def interactive() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def name_of(store: Store, known: KnownRoom) -> str:
    """The name of a room as it was when it was last entered."""
    return store.setting(f"name {known.link.room.hex()}") or _("Peer session")


def find(store: Store, text: str | None) -> Link:
    """The link that a user means: a link, a room's name, or, without a text, one chosen from a list.

    Raises:
        UserError: there is no such room. LinkError: the link is none.
    """
    rooms = store.rooms()
    if text is not None:
        if SCHEME in text.lower():
            return Link.parse(text)
        named = [room for room in rooms if name_of(store, room).casefold() == text.casefold()]
        if named:
            return named[0].link
        raise UserError(
            _("{text} is no link, and you have not been in a room called that.").format(text=repr(text[:60])),
            _("A link begins with evenly:// and goes to its last character; `evenly join` asks for it."),
        )
    if not interactive():
        if rooms:
            return rooms[0].link
        raise UserError(_("Which room?"), _("Give its link or its name, for example: evenly join LINK"))
    return _choose(store, rooms)


def _choose(store: Store, rooms: list[KnownRoom]) -> Link:
    for number, room in enumerate(rooms, 1):
        used = date.fromtimestamp(room.last_used / 1000)
        last = _("last on {day}").format(day=day_in_figures(used))
        print(f"  {number}  {name_of(store, room)}   {last}")
    ask = _("Number, or paste a link (it is not shown):") if rooms else _("Paste the link (it is not shown):")
    answer = getpass.getpass(f"{ask} ").strip()
    if answer.isdigit() and 1 <= int(answer) <= len(rooms):
        return rooms[int(answer) - 1].link
    if not answer and rooms:
        return rooms[0].link
    return Link.parse(answer)


def my_name(store: Store, link: Link, given: str | None, *, ask: bool = False) -> str:
    """The name that this member goes by in a room: given, used there before, or asked for.

    It is asked of somebody at a terminal; with `ask`, of a pipe too.

    Raises:
        UserError: there is none, or nothing of it can be shown.
    """
    known = store.room(link.room)
    if given is None and known is not None and known.my_name:
        return known.my_name
    from evenly_client.text import NAME_CELLS, clean

    name = given or ""
    last = store.setting("my name") or ""
    name = clean(name, cells=NAME_CELLS)
    while not name and (ask or interactive()):
        asked = input(f"{_your_name(last)} ").strip() or last
        name = clean(asked, cells=NAME_CELLS)
        if name and name != asked:
            print(_("You will be shown as {name}.").format(name=name))
    if not name:
        raise UserError(_("A name is needed to enter."), _("Give one: join --name NAME, or open --my-name NAME."))
    store.keep_setting("my name", name)
    return name


def _your_name(last: str) -> str:
    # Translators: {name} is taken when nothing is typed
    return _("Your name in the room [{name}]:").format(name=last) if last else _("Your name in the room:")


def remember(store: Store, peer: Peer) -> None:
    """Remembers the room once this member is in it, and again when it has another name."""
    from evenly_protocol.agreement import RoomNamed

    from evenly_client.outlook import Outlook
    from evenly_client.peer import Happened, State, StateChanged

    def entered(notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.state is State.LIVE:
            store.remember_room(peer.link, int(time.time() * 1000))
            store.keep_my_name(peer.link.room, peer.name)
        elif not (isinstance(notice, Happened) and any(isinstance(e, RoomNamed) for e in notice.entry.events)):
            return
        store.keep_setting(f"name {peer.link.room.hex()}", Outlook(peer).room_name)

    peer.watch(entered)
