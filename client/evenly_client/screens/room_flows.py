"""What those who lead choose for the room itself: its name, the agreement, who is in it, how one gets in."""

from __future__ import annotations

from typing import Final

import msgspec
from evenly_protocol import seats, settings
from evenly_protocol.agreement import NameRoom, SetAgreement
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import Lobby

from evenly_client.peer import Peer
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import NOW, Flow, Host, seat
from evenly_client.sealing import TextTooLong
from evenly_client.translation import _

LOBBY_WORDS: Final = {
    Lobby.OFF: (_("never"), _("whoever has the link is in")),
    Lobby.SESSION: (_("while a session runs"), _("before it they are in at once")),
    Lobby.ALWAYS: (_("always"), ""),
}


async def name_room(host: Host) -> None:
    """Give the room a name."""
    o = host.situation().outlook
    name = await host.write(_("The room's name"), value=o.room_name, placeholder=_("what this group is called"))
    if name is not None:
        _write(host, FieldKind.ROOM, name, NameRoom)


async def agreement(host: Host) -> None:
    """Put the agreement in other words before the group."""
    now = host.situation().outlook.room.agreement
    text = ""
    if now.text:
        text = host.peer.sealer.open(FieldKind.AGREEMENT, now.text, now.author, now.id, lines=True)
    written = await host.write_lines(
        _("What we agree together"), value=text, body=_("Everybody reads it, and answers it, before they go on.")
    )
    if written is not None and written != text:
        _write(host, FieldKind.AGREEMENT, written, SetAgreement)


def _write(host: Host, kind: FieldKind, text: str, command: type[NameRoom | SetAgreement]) -> None:
    id = Peer.new_id()
    try:
        host.do(command(host.peer.seal(kind, text, id)), id)
    except TextTooLong as error:
        host.say(f"{error.title} {error.advice}")


async def remove_member(host: Host) -> None:
    """Take somebody out of the room, confirmed."""
    o = host.situation().outlook
    who = await seat(host, _("Take whom out of the room?"), [s for s in o.everybody if s != o.seat])
    if who is None:
        return
    sure = await host.choose(
        _("Take {name} out of the room?").format(name=o.name(who)),
        [Choice(True, _("take out"), "", "y"), Choice(False, _("no"), "", "n")],
        body=_(
            "Their device is kept out for good, and the invitation closes: open it again for others. What they"
            " said stays in the session's air time."
        ),
    )
    if sure:
        host.do(seats.RemoveMember(who))


async def lobby(host: Host) -> None:
    """When newcomers wait to be let in."""
    now = host.situation().outlook.room.settings
    wanted = await host.choose(
        _("When do newcomers wait to be let in?"),
        [
            Choice(when, words, NOW if when is now.lobby else hint, str(i))
            for i, (when, (words, hint)) in enumerate(LOBBY_WORDS.items(), 1)
        ],
        body=_("Members who have been here before are never kept waiting."),
    )
    if wanted is not None:
        host.do(settings.ChangeSettings(msgspec.structs.replace(now, lobby=wanted)))


FLOWS: dict[str, Flow] = {
    "name_room": name_room,
    "agreement": agreement,
    "remove_member": remove_member,
    "lobby": lobby,
}
"""The actions that ask something first."""
