"""The people of a room by name: sealed names opened, checked and kept apart.

A name is shown only with its device's signature; where two look alike, the later shows "·2". Beside the name of
somebody who takes part through a gateway stands that they do: what reaches them passes through another's computer.
Behind a name that is written from right to left stands a mark, without which the figures after it would move before it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from evenly_protocol.hashing import profile_message
from evenly_protocol.members import Member
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import Knock
from evenly_protocol.words import GENERAL_TALK

from evenly_client.sealing import UNREADABLE, Sealer, verify
from evenly_client.text import NAME_CELLS, same_name_key
from evenly_client.translation import _

LEFT_TO_RIGHT_MARK: Final = "\u200e"
"""Of no width. Isolates (U+2068, U+2069) would say more, but terminals that do not know them draw them."""


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
        shown = self._numbered(room, member)
        return at_gateway(shown) if self._seen(room, member)[1] else shown

    def called(self, room: Room, said: str) -> list[int]:
        """The seats of whoever goes by this name, as somebody types it: what stands beside a name may be left out."""
        key = same_name_key(said)
        present = [m for m in room.members.values() if not m.removed]
        names = {m.seat: (self.name(room, m.seat), self._numbered(room, m)) for m in present}
        return [seat for seat, shown in names.items() if key and key in map(same_name_key, shown)]

    def _numbered(self, room: Room, member: Member) -> str:
        """A member's name, with a number where somebody before them is called the same."""
        name = self._plain(room, member)
        key = same_name_key(name)
        before = (m for m in room.members.values() if m.seat < member.seat and not m.removed)
        same = sum(same_name_key(self._plain(room, m)) == key for m in before)
        return f"{in_line(name)}·{same + 1}" if same else in_line(name)

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
        return at_gateway(in_line(name)) if self._sealer.marked(knock.name, knock.ik, knock.name_id) else in_line(name)

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


def in_line(name: str) -> str:
    """A name as it can stand in a line of text that runs from left to right (UAX #9, section 2.6)."""
    leftwards = any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
    return name + LEFT_TO_RIGHT_MARK if leftwards else name


def at_gateway(name: str) -> str:
    """The name of somebody who takes part through a gateway, as everybody sees it."""
    return _("{name} (gateway)").format(name=name)
