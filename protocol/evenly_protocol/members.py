"""Who belongs to the room: a member of each seat, and who is who.

A seat is a fixed number. A guest seat is a person on the call without a screen: a member without a device key.
Everything else in the room speaks of seats, so a guest seat that becomes somebody's own keeps what it has said.
How seats are taken is in seats.py, who is on the call in attendance.py. Source: domain.md, "Words".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from evenly_protocol.words import Presence, Role

if TYPE_CHECKING:
    from evenly_protocol.room import Room


class Member(msgspec.Struct, array_like=True):
    """One seat of the room.

    Attributes:
        seat: its fixed number, from 1.
        ik: the device's public key, 32 bytes; empty for a guest seat.
        role: what this member may do.
        name: the sealed name.
        name_author: the device key that sealed the name.
        name_id: the object id in the name's seal.
        signature: the device's signature of the sealed name; empty for a guest seat.
        presence: whether they are on the call.
        vouched: a facilitator has said that they are on the call.
        listening: *listening today*: no strip, no nudge.
        agreed: the version of the agreement this member answered; 0 is none.
        removed: the seat is empty for ever.
        visitor: they watch this session, and are no member any more when it ends.
    """

    seat: int
    ik: bytes
    role: Role
    name: bytes
    name_author: bytes = b""
    name_id: bytes = b""
    signature: bytes = b""
    presence: Presence = Presence.GONE
    vouched: bool = False
    listening: bool = False
    agreed: int = 0
    removed: bool = False
    visitor: bool = False

    @property
    def is_guest(self) -> bool:
        """Whether this is a guest seat: somebody on the call without a screen."""
        return not self.ik and not self.removed

    @property
    def attending(self) -> bool:
        """On the call, as far as known."""
        return self.presence is Presence.HERE and not self.removed


def is_facilitator(room: Room, seat: int) -> bool:
    """Whether this seat leads: by role, as the session's host, or having taken the chair."""
    member = room.members.get(seat)
    if member is None or member.removed:
        return False
    if member.role is Role.FACILITATOR or room.chair == seat:
        return True
    session = room.session
    return session is not None and session.running and session.host == seat


def tracks(room: Room, seat: int) -> bool:
    """Whether this seat marks who is speaking: facilitators and the timekeeper."""
    return is_facilitator(room, seat) or (seat != 0 and room.timekeeper == seat)


def attending(room: Room) -> Iterator[Member]:
    """Everybody on the call, in seat order, observers included."""
    return (m for m in room.members.values() if m.attending)


def takes_part(room: Room) -> list[int]:
    """The seats on the call that may have the floor: everybody but observers, in seat order."""
    return [m.seat for m in attending(room) if m.role is not Role.OBSERVER]


def seat_of(room: Room, ik: bytes) -> int:
    """The seat of this device key, 0 if it has none."""
    return next((m.seat for m in room.members.values() if m.ik == ik and not m.removed), 0)


def author_of(room: Room, seat: int) -> bytes:
    """The device key of a seat; empty for guests and for the server."""
    member = room.members.get(seat)
    return member.ik if member else b""


def somebody(room: Room, seat: int) -> Member | None:
    member = room.members.get(seat)
    return None if member is None or member.removed else member
