"""The people of a room by name: sealed names opened, checked and kept apart.

A name is shown only with its device's signature; where two look alike, the later shows "·2". Beside the name of
somebody who takes part through a gateway stands that they do: what reaches them passes through another's computer.
"""

from __future__ import annotations

from evenly_protocol.hashing import profile_message
from evenly_protocol.members import Member
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import Knock
from evenly_protocol.words import GENERAL_TALK

from evenly_client.sealing import UNREADABLE, Sealer, verify
from evenly_client.text import NAME_CELLS, same_name_key
from evenly_client.translation import _


class People:
    """Names by seat, opened once for each sealed name."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._opened: dict[tuple[bytes, ...], tuple[str, bool]] = {}

    def name(self, room: Room, seat: int) -> str:
        """The name of a seat as it is shown; "everybody" for general talk."""
        if seat == GENERAL_TALK:
            # Translators: stands where a name stands, for talk that is nobody's in particular
            return _("everybody")
        member = room.members.get(seat)
        if member is None:
            return _seat(seat)
        name = self._plain(room, member)
        key = same_name_key(name)
        same = sum(
            1
            for other in room.members.values()
            if other.seat < seat and not other.removed and same_name_key(self._plain(room, other)) == key
        )
        shown = f"{name}·{same + 1}" if same else name
        return at_gateway(shown) if self._seen(room, member)[1] else shown

    def taken(self, room: Room, name: str, *, but: int = 0) -> bool:
        """Whether somebody else in the room goes by this name, or one that looks the same."""
        key = same_name_key(name)
        others = (m for m in room.members.values() if m.seat != but and not m.removed)
        return any(same_name_key(self._plain(room, m)) == key for m in others)

    def knocking(self, room: Room, knock: Knock) -> str:
        """The name of somebody who waits to be let in."""
        if not verify(knock.ik, knock.name_signature, profile_message(room.id, knock.name)):
            return UNREADABLE
        name = self._sealer.open(FieldKind.NAME, knock.name, knock.ik, knock.name_id, cells=NAME_CELLS)
        return at_gateway(name) if self._sealer.marked(knock.name, knock.ik, knock.name_id) else name

    def _plain(self, room: Room, member: Member) -> str:
        return self._seen(room, member)[0]

    def _seen(self, room: Room, member: Member) -> tuple[str, bool]:
        """A member's name, and whether it says that they take part through a gateway."""
        # Everything that a name is checked against: the same sealed bytes under another key are another name.
        sealed = (member.name, member.ik, member.name_author, member.name_id, member.signature)
        opened = self._opened.get(sealed)
        if opened is None:
            opened = self._opened[sealed] = self._open(room, member)
        return opened

    def _open(self, room: Room, member: Member) -> tuple[str, bool]:
        signed = not member.ik or verify(member.ik, member.signature, profile_message(room.id, member.name))
        if not signed:
            return UNREADABLE, False
        sealed = (member.name, member.name_author, member.name_id)
        name = self._sealer.open(FieldKind.NAME, *sealed, cells=NAME_CELLS)
        return name or _seat(member.seat), self._sealer.marked(*sealed)


def _seat(number: int) -> str:
    # Translators: stands where a name stands, for somebody who has none
    return _("seat {n}").format(n=number)


def at_gateway(name: str) -> str:
    """The name of somebody who takes part through a gateway, as everybody sees it."""
    return _("{name} (gateway)").format(name=name)
