"""Seats: taken, named, given roles, left for ever. Source: domain.md, "Words": *seat*, *guest seat*."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.agreement import InvitationSet
from evenly_protocol.attendance import MemberArrived, MemberLeft
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import Member, author_of, seat_of, somebody
from evenly_protocol.moving import nobody_now, one_person
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import Intent, Presence, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

MEMBERS_AT_MOST = 300


class SetName(Command, frozen=True):
    """Go by another name: sealed, and signed by the device."""

    name: bytes
    signature: bytes


class SetRole(Command, frozen=True):
    """Give a member another role."""

    seat: int
    role: Role


class AddGuest(Command, frozen=True):
    """Enter somebody who is on the call without a screen."""

    name: bytes


class GiveGuestSeat(Command, frozen=True):
    """Make a guest seat the own seat of a member who has just joined."""

    guest: int
    seat: int


class RemoveMember(Command, frozen=True):
    """Take a member out of the room, block the device and close the invitation."""

    seat: int


class SetTimekeeper(Command, frozen=True):
    """Let a member mark who is speaking; 0 takes it back."""

    seat: int


class Admit(Command, frozen=True):
    """Let a device in that has shown the invitation; `guest` is the guest seat it takes over, or 0."""

    ik: bytes
    name: bytes
    name_id: bytes
    signature: bytes
    guest: int = 0


class SetVisitor(Command, frozen=True):
    """This member is a visitor of this session: they watch, and are no member any more when it ends."""

    seat: int


class MemberJoined(Event, frozen=True):
    """A member has a seat from now on (or has taken over the guest seat of that number)."""

    seat: int
    ik: bytes
    role: Role
    name: bytes
    name_id: bytes
    signature: bytes


class GuestAdded(Event, frozen=True):
    """A person without a screen has a seat."""

    seat: int
    name: bytes
    author: bytes


class GuestSeatGiven(Event, frozen=True):
    """The member of `seat` sits in the guest seat now; their fresh seat is empty for ever."""

    guest: int
    seat: int


class NameSet(Event, frozen=True):
    """A member goes by another name."""

    seat: int
    name: bytes
    signature: bytes


class RoleSet(Event, frozen=True):
    """A member has another role."""

    seat: int
    role: Role


class VisitorSet(Event, frozen=True):
    """A member watches this session as a visitor."""

    seat: int


class MemberRemoved(Event, frozen=True):
    """A member is no longer of the room."""

    seat: int


class TimekeeperSet(Event, frozen=True):
    """This member marks who is speaking; 0 is nobody."""

    seat: int


def _admit(room: Room, command: Admit, asking: Asking) -> list[Event] | Refusal:
    if seat_of(room, command.ik):
        return []
    if command.ik in room.blocked:
        return refuse("not_allowed")
    if len(room.members) >= MEMBERS_AT_MOST and not command.guest:
        return refuse("room_full")
    if not allowed_length(FieldKind.NAME, len(command.name)):
        return refuse("bad_length")
    seat = len(room.members) + 1
    if command.guest:
        guest = room.members.get(command.guest)
        if guest is None or not guest.is_guest:
            return refuse("not_a_guest")
        seat = command.guest
    role = Role.PARTICIPANT if room.members else Role.FACILITATOR
    return [MemberJoined(seat, command.ik, role, command.name, command.name_id, command.signature)]


def _set_name(room: Room, command: SetName, asking: Asking) -> list[Event] | Refusal:
    if not allowed_length(FieldKind.NAME, len(command.name)):
        return refuse("bad_length")
    return [NameSet(asking.by, command.name, command.signature)]


def _set_role(room: Room, command: SetRole, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if member.is_guest and command.role is not Role.PARTICIPANT:
        return refuse("not_allowed")
    if _last_facilitator(room, member) and command.role is not Role.FACILITATOR:
        return refuse("last_facilitator")
    return [] if member.role is command.role else [RoleSet(command.seat, command.role)]


def _set_visitor(room: Room, command: SetVisitor, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if member.is_guest or member.seat == asking.by:
        return refuse("not_allowed")
    if _last_facilitator(room, member):
        return refuse("last_facilitator")
    return [] if member.visitor else [VisitorSet(command.seat)]


def visitors_leave(room: Room) -> list[Event]:
    """The visitors of a session are no members any more when it ends."""
    return [MemberRemoved(m.seat) for m in room.members.values() if m.visitor and not m.removed]


def _add_guest(room: Room, command: AddGuest, asking: Asking) -> list[Event] | Refusal:
    if len(room.members) >= MEMBERS_AT_MOST:
        return refuse("room_full")
    if not allowed_length(FieldKind.NAME, len(command.name)):
        return refuse("bad_length")
    seat = len(room.members) + 1
    return [
        GuestAdded(seat, command.name, author_of(room, asking.by)),
        MemberArrived(seat, vouched=True),
    ]


def _give_guest_seat(room: Room, command: GiveGuestSeat, asking: Asking) -> list[Event] | Refusal:
    guest, fresh = somebody(room, command.guest), somebody(room, command.seat)
    if guest is None or fresh is None:
        return refuse("no_such_seat")
    if not guest.is_guest or fresh.is_guest:
        return refuse("not_a_guest")
    session = room.session
    floor = session.floor if session else None
    has_spoken = session is not None and (
        any(span.seat == fresh.seat for span in session.ledger)
        or any(c.seat == fresh.seat for c in session.corrections)
        or session.host == fresh.seat
    )
    on_floor = floor is not None and any(turn.seat == fresh.seat for turn in floor.turns)
    if has_spoken or on_floor or fresh.role is Role.FACILITATOR or room.chair == fresh.seat:
        return refuse("seat_in_use")
    return [GuestSeatGiven(command.guest, command.seat)]


def _remove(room: Room, command: RemoveMember, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if _last_facilitator(room, member):
        return refuse("last_facilitator")
    events: list[Event] = [MemberLeft(member.seat)] if member.presence is not Presence.GONE else []
    events.append(MemberRemoved(member.seat))
    if not member.is_guest and room.invitation_open:
        events.append(InvitationSet(False))
    return events


def _set_timekeeper(room: Room, command: SetTimekeeper, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if command.seat and (member is None or member.is_guest):
        return refuse("no_such_seat")
    return [] if room.timekeeper == command.seat else [TimekeeperSet(command.seat)]


def _last_facilitator(room: Room, member: Member) -> bool:
    if member.role is not Role.FACILITATOR:
        return False
    return sum(m.role is Role.FACILITATOR and not m.removed for m in room.members.values()) == 1


def _joined(room: Room, event: MemberJoined, stamp: Stamp) -> None:
    old = room.members.get(event.seat)
    member = Member(
        seat=event.seat,
        ik=event.ik,
        role=event.role,
        name=event.name,
        name_author=event.ik,
        name_id=event.name_id,
        signature=event.signature,
    )
    if old is not None:
        member.presence = old.presence
    room.members[event.seat] = member


def _guest_added(room: Room, event: GuestAdded, stamp: Stamp) -> None:
    room.members[event.seat] = Member(
        seat=event.seat,
        ik=b"",
        role=Role.PARTICIPANT,
        name=event.name,
        name_author=event.author,
        name_id=stamp.id,
    )


def _guest_seat_given(room: Room, event: GuestSeatGiven, stamp: Stamp) -> None:
    fresh, guest = room.members.get(event.seat), room.members.get(event.guest)
    if fresh is None or guest is None or fresh is guest:
        return
    room.members[event.guest] = msgspec.structs.replace(
        fresh,
        seat=event.guest,
        presence=Presence.HERE if fresh.attending or guest.attending else Presence.GONE,
        vouched=False,
    )
    room.members[event.seat] = Member(event.seat, b"", Role.PARTICIPANT, b"", removed=True)
    room.carry.pop(event.seat, None)
    one_person(room, event.seat, event.guest, stamp.at)
    if room.session is None:
        return
    room.session.timeline = [segment.with_seat(event.seat, event.guest) for segment in room.session.timeline]
    floor = room.session.floor
    kinds = {h.intent is Intent.PROCESS for h in floor.hands if h.seat == event.guest}
    for hand in floor.hands:
        if hand.seat == event.seat and (hand.intent is Intent.PROCESS) not in kinds:
            hand.seat = event.guest
    if floor.round is not None and room.members[event.guest].attending:
        floor.round.welcome(room, event.guest)


def _name_set(room: Room, event: NameSet, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is not None:
        member.name, member.signature = event.name, event.signature
        member.name_author, member.name_id = member.ik, stamp.id


def _role_set(room: Room, event: RoleSet, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is None:
        return
    member.role, member.visitor = event.role, False
    lead_again = event.role is Role.FACILITATOR and (member.attending or room.chair == event.seat)
    if lead_again or (event.role is Role.OBSERVER and room.chair == event.seat):
        room.chair = 0


def _visitor_set(room: Room, event: VisitorSet, stamp: Stamp) -> None:
    _role_set(room, RoleSet(event.seat, Role.OBSERVER), stamp)
    member = room.members.get(event.seat)
    if member is not None and not member.removed:
        member.visitor = True


def _removed(room: Room, event: MemberRemoved, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is None:
        return
    room.members[event.seat] = Member(
        event.seat, b"", Role.PARTICIPANT, member.name, member.name_author, member.name_id, removed=True
    )
    if member.ik:
        room.blocked.append(member.ik)
    nobody_now(room, event.seat, stamp)


def _timekeeper_set(room: Room, event: TimekeeperSet, stamp: Stamp) -> None:
    room.timekeeper = event.seat


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    SetName: _set_name,
    SetRole: _set_role,
    SetVisitor: _set_visitor,
    AddGuest: _add_guest,
    GiveGuestSeat: _give_guest_seat,
    RemoveMember: _remove,
    SetTimekeeper: _set_timekeeper,
    Admit: _admit,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    MemberJoined: _joined,
    GuestAdded: _guest_added,
    GuestSeatGiven: _guest_seat_given,
    NameSet: _name_set,
    RoleSet: _role_set,
    VisitorSet: _visitor_set,
    MemberRemoved: _removed,
    TimekeeperSet: _timekeeper_set,
}
