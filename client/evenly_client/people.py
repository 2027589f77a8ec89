"""The people of a room by name: sealed names opened, checked and kept apart.

A name is shown only with its device's signature; where two look alike, the later shows "·2". Beside the name of
somebody who takes part through a gateway stands that they do: what reaches them passes through another's computer.
Behind a name that is written from right to left stands a mark, without which the figures after it would move before it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
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
        self._sealed: list[tuple[int, bytes, bytes, bytes]] = []
        self._before: dict[int, int] = {}
        self._counted: tuple[Room | None, int] = (None, 0)

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
        names = {m.seat: (self.name(room, m.seat), self._numbered(room, m)) for m in _present(room)}
        return [seat for seat, shown in names.items() if key and key in map(same_name_key, shown)]

    def _numbered(self, room: Room, member: Member) -> str:
        """A member's name, with a number where somebody before them is called the same."""
        name = self._plain(room, member)
        same = self._called_the_same(room, member)
        return f"{in_line(name)}·{same + 1}" if same else in_line(name)

    def _called_the_same(self, room: Room, member: Member) -> int:
        """How many before this member are called the same."""
        if member.removed:
            return sum(self._key(room, m) == self._key(room, member) for m in _present(room) if m.seat < member.seat)
        if self._counted[0] is not room or self._counted[1] != room.seq:
            sealed = [(m.seat, m.ik, m.name, m.signature) for m in _present(room)]
            if sealed != self._sealed:
                self._sealed, self._before = sealed, self._count(room)
            self._counted = room, room.seq
        return self._before[member.seat]

    def _count(self, room: Room) -> dict[int, int]:
        """For each seat, how many before it are called the same."""
        seen: Counter[str] = Counter()
        before: dict[int, int] = {}
        for member in sorted(_present(room), key=lambda m: m.seat):
            key = self._key(room, member)
            before[member.seat] = seen[key]
            seen[key] += 1
        return before

    def _key(self, room: Room, member: Member) -> str:
        return same_name_key(self._plain(room, member))

    def taken(self, room: Room, name: str, *, but: int = 0) -> bool:
        """Whether somebody else in the room goes by this name, or one that looks the same."""
        key = same_name_key(name)
        return any(self._key(room, m) == key for m in _present(room) if m.seat != but)

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


def _present(room: Room) -> list[Member]:
    """Everybody who has not been removed."""
    return [m for m in room.members.values() if not m.removed]


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
