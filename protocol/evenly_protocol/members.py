"""Who belongs to the room, in which seat and role, and who is on the call.

A seat is a fixed number. A guest seat is a person on the call without a screen: a member without a device key.
Everything else in the room speaks of seats, so a guest seat that becomes somebody's own keeps what it has said.
Source: domain.md, "Words".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import SERVER, Intent, Presence, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

MEMBERS_AT_MOST = 300
CHAIR_FREE_AFTER_MS = 5 * 60_000
"""With no facilitator attending for this long, any participant may take the chair."""


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

    @property
    def is_guest(self) -> bool:
        """Whether this is a guest seat: somebody on the call without a screen."""
        return not self.ik and not self.removed

    @property
    def attending(self) -> bool:
        """On the call, as far as known."""
        return self.presence is Presence.HERE and not self.removed


class Agreement(msgspec.Struct, frozen=True, array_like=True):
    """The ground rules: a sealed text and its version, from 1; version 0 is none yet."""

    version: int = 0
    text: bytes = b""
    author: bytes = b""
    id: bytes = b""


# -- commands of people ------------------------------------------------------------------------------------------


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


class SetAttending(Command, frozen=True):
    """Say that somebody is on the call, or is not."""

    seat: int
    on: bool


class StepAway(Command, frozen=True):
    """I am away for a while."""


class ComeBack(Command, frozen=True):
    """I am back."""


class LeaveCall(Command, frozen=True):
    """I leave the call."""


class ListenToday(Command, frozen=True):
    """I am here to listen today, or no longer."""

    on: bool


class SetTimekeeper(Command, frozen=True):
    """Let a member mark who is speaking; 0 takes it back."""

    seat: int


class TakeChair(Command, frozen=True):
    """Lead the session while no facilitator is there."""


class SetAgreement(Command, frozen=True):
    """Put a new agreement before the group."""

    text: bytes


class AnswerAgreement(Command, frozen=True):
    """I have read the agreement of this version, and accept it or would like to talk about it."""

    version: int


class NameRoom(Command, frozen=True):
    """Give the room a name."""

    name: bytes


class SetInvitation(Command, frozen=True):
    """Close the invitation, or open it again."""

    open: bool


# -- commands of the server --------------------------------------------------------------------------------------


class Admit(Command, frozen=True):
    """Let a device in that has shown the invitation; `guest` is the guest seat it takes over, or 0."""

    ik: bytes
    name: bytes
    name_id: bytes
    signature: bytes
    guest: int = 0


class NoticeConnected(Command, frozen=True):
    """A member's connection is there."""

    seat: int


class NoticeLost(Command, frozen=True):
    """A member's connection has been gone for 2 minutes."""

    seat: int


# -- events ------------------------------------------------------------------------------------------------------


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


class MemberRemoved(Event, frozen=True):
    """A member is no longer of the room."""

    seat: int


class MemberArrived(Event, frozen=True):
    """A member is on the call from now on."""

    seat: int
    vouched: bool = False


class MemberAway(Event, frozen=True):
    """A member has stepped away."""

    seat: int


class MemberLeft(Event, frozen=True):
    """A member is no longer on the call."""

    seat: int


class ListeningSet(Event, frozen=True):
    """A member is listening today, or no longer."""

    seat: int
    on: bool


class TimekeeperSet(Event, frozen=True):
    """This member marks who is speaking; 0 is nobody."""

    seat: int


class ChairTaken(Event, frozen=True):
    """A participant leads until a facilitator is back."""

    seat: int


class ChairReturned(Event, frozen=True):
    """A facilitator is back, and leads."""


class AgreementSet(Event, frozen=True):
    """This is the agreement from now on."""

    version: int
    text: bytes
    author: bytes


class AgreementAnswered(Event, frozen=True):
    """A member has answered the agreement of this version."""

    seat: int
    version: int


class RoomNamed(Event, frozen=True):
    """The room has this name."""

    name: bytes
    author: bytes


class InvitationSet(Event, frozen=True):
    """The invitation is open, or closed."""

    open: bool


# -- who is who --------------------------------------------------------------------------------------------------


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


def chair_is_free(room: Room, at: int) -> bool:
    """Whether a participant may lead now: no facilitator has been on the call for 5 minutes."""
    since = room.unled_since
    return since is not None and at - since >= CHAIR_FREE_AFTER_MS


# -- decisions ---------------------------------------------------------------------------------------------------


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
    member = _somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if member.is_guest and command.role is not Role.PARTICIPANT:
        return refuse("not_allowed")
    if _last_facilitator(room, member) and command.role is not Role.FACILITATOR:
        return refuse("last_facilitator")
    return [] if member.role is command.role else [RoleSet(command.seat, command.role)]


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
    guest, fresh = _somebody(room, command.guest), _somebody(room, command.seat)
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
    member = _somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if _last_facilitator(room, member):
        return refuse("last_facilitator")
    events: list[Event] = [MemberLeft(member.seat)] if member.presence is not Presence.GONE else []
    events.append(MemberRemoved(member.seat))
    if not member.is_guest and room.invitation_open:
        events.append(InvitationSet(False))
    return events


def _set_attending(room: Room, command: SetAttending, asking: Asking) -> list[Event] | Refusal:
    member = _somebody(room, command.seat)
    if member is None:
        return refuse("no_such_seat")
    if command.on:
        return [] if member.attending and member.vouched else arrival(room, member, vouched=True)
    return [] if member.presence is Presence.GONE else [MemberLeft(member.seat)]


def _step_away(room: Room, command: StepAway, asking: Asking) -> list[Event] | Refusal:
    member = room.members[asking.by]
    return [MemberAway(asking.by)] if member.attending else []


def _come_back(room: Room, command: ComeBack, asking: Asking) -> list[Event] | Refusal:
    member = room.members[asking.by]
    return [] if member.attending else arrival(room, member)


def _leave(room: Room, command: LeaveCall, asking: Asking) -> list[Event] | Refusal:
    member = room.members[asking.by]
    return [] if member.presence is Presence.GONE else [MemberLeft(asking.by)]


def _listen(room: Room, command: ListenToday, asking: Asking) -> list[Event] | Refusal:
    same = room.members[asking.by].listening == command.on
    return [] if same else [ListeningSet(asking.by, command.on)]


def _set_timekeeper(room: Room, command: SetTimekeeper, asking: Asking) -> list[Event] | Refusal:
    member = _somebody(room, command.seat)
    if command.seat and (member is None or member.is_guest):
        return refuse("no_such_seat")
    return [] if room.timekeeper == command.seat else [TimekeeperSet(command.seat)]


def _take_chair(room: Room, command: TakeChair, asking: Asking) -> list[Event] | Refusal:
    if not chair_is_free(room, asking.at):
        return refuse("chair_taken")
    return [ChairTaken(asking.by)]


def _set_agreement(room: Room, command: SetAgreement, asking: Asking) -> list[Event] | Refusal:
    if not allowed_length(FieldKind.AGREEMENT, len(command.text)):
        return refuse("bad_length")
    version = room.agreement.version + 1
    author = author_of(room, asking.by)
    return [AgreementSet(version, command.text, author), AgreementAnswered(asking.by, version)]


def _answer_agreement(room: Room, command: AnswerAgreement, asking: Asking) -> list[Event] | Refusal:
    if command.version != room.agreement.version:
        return refuse("old_version")
    if room.members[asking.by].agreed == command.version:
        return []
    return [AgreementAnswered(asking.by, command.version)]


def _name_room(room: Room, command: NameRoom, asking: Asking) -> list[Event] | Refusal:
    if not allowed_length(FieldKind.ROOM, len(command.name)):
        return refuse("bad_length")
    return [RoomNamed(command.name, author_of(room, asking.by))]


def _set_invitation(room: Room, command: SetInvitation, asking: Asking) -> list[Event] | Refusal:
    return [] if room.invitation_open == command.open else [InvitationSet(command.open)]


def _notice_connected(room: Room, command: NoticeConnected, asking: Asking) -> list[Event] | Refusal:
    member = _somebody(room, command.seat)
    if member is None or room.running is None or member.presence is not Presence.GONE:
        return []
    return arrival(room, member)


def _notice_lost(room: Room, command: NoticeLost, asking: Asking) -> list[Event] | Refusal:
    member = _somebody(room, command.seat)
    if member is None or room.running is None or member.vouched or member.presence is Presence.GONE:
        return []
    return [MemberLeft(command.seat)]


def arrival(room: Room, member: Member, *, vouched: bool = False) -> list[Event]:
    """What a member's arrival on the call makes happen. A facilitator who is back has the chair again."""
    events: list[Event] = [MemberArrived(member.seat, vouched)]
    if room.chair not in (SERVER, member.seat) and is_facilitator(room, member.seat):
        events.append(ChairReturned())
    return events


def _somebody(room: Room, seat: int) -> Member | None:
    member = room.members.get(seat)
    return None if member is None or member.removed else member


def _last_facilitator(room: Room, member: Member) -> bool:
    if member.role is not Role.FACILITATOR:
        return False
    return sum(m.role is Role.FACILITATOR and not m.removed for m in room.members.values()) == 1


# -- folds -------------------------------------------------------------------------------------------------------


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
    if room.timekeeper == event.seat:
        room.timekeeper = event.guest
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
    member.role = event.role
    lead_again = event.role is Role.FACILITATOR and (member.attending or room.chair == event.seat)
    if lead_again or (event.role is Role.OBSERVER and room.chair == event.seat):
        room.chair = 0


def _removed(room: Room, event: MemberRemoved, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is None:
        return
    room.members[event.seat] = Member(
        event.seat, b"", Role.PARTICIPANT, member.name, member.name_author, member.name_id, removed=True
    )
    if member.ik:
        room.blocked.append(member.ik)
    if room.timekeeper == event.seat:
        room.timekeeper = 0
    if room.chair == event.seat:
        room.chair = 0


def _arrived(room: Room, event: MemberArrived, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is None:
        return
    member.presence = Presence.HERE
    member.vouched = event.vouched or member.vouched
    running = room.running
    if running is not None and running.floor.round is not None:
        running.floor.round.welcome(room, event.seat)


def _away(room: Room, event: MemberAway, stamp: Stamp) -> None:
    _goes(room, event.seat, Presence.AWAY)


def _left(room: Room, event: MemberLeft, stamp: Stamp) -> None:
    _goes(room, event.seat, Presence.GONE)


def _goes(room: Room, seat: int, presence: Presence) -> None:
    member = room.members.get(seat)
    if member is not None:
        member.presence, member.vouched = presence, False


def _listening_set(room: Room, event: ListeningSet, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is not None:
        member.listening = event.on


def _timekeeper_set(room: Room, event: TimekeeperSet, stamp: Stamp) -> None:
    room.timekeeper = event.seat


def _chair_taken(room: Room, event: ChairTaken, stamp: Stamp) -> None:
    room.chair = event.seat


def _chair_returned(room: Room, event: ChairReturned, stamp: Stamp) -> None:
    room.chair = 0


def _agreement_set(room: Room, event: AgreementSet, stamp: Stamp) -> None:
    room.agreement = Agreement(event.version, event.text, event.author, stamp.id)


def _agreement_answered(room: Room, event: AgreementAnswered, stamp: Stamp) -> None:
    member = room.members.get(event.seat)
    if member is not None:
        member.agreed = event.version


def _room_named(room: Room, event: RoomNamed, stamp: Stamp) -> None:
    room.name, room.name_author, room.name_id = event.name, event.author, stamp.id


def _invitation_set(room: Room, event: InvitationSet, stamp: Stamp) -> None:
    room.invitation_open = event.open


def note_leadership(room: Room, at: int) -> None:
    """Remembers since when no facilitator has been on the call; None while one is, or between sessions.

    A fold of every event that touches who attends, in which role.
    """
    if room.running is None:
        room.unled_since = None
        return
    if any(is_facilitator(room, member.seat) for member in attending(room)):
        room.unled_since = None
    elif room.unled_since is None:
        room.unled_since = at


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    SetName: _set_name,
    SetRole: _set_role,
    AddGuest: _add_guest,
    GiveGuestSeat: _give_guest_seat,
    RemoveMember: _remove,
    SetAttending: _set_attending,
    StepAway: _step_away,
    ComeBack: _come_back,
    LeaveCall: _leave,
    ListenToday: _listen,
    SetTimekeeper: _set_timekeeper,
    TakeChair: _take_chair,
    SetAgreement: _set_agreement,
    AnswerAgreement: _answer_agreement,
    NameRoom: _name_room,
    SetInvitation: _set_invitation,
    Admit: _admit,
    NoticeConnected: _notice_connected,
    NoticeLost: _notice_lost,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    MemberJoined: _joined,
    GuestAdded: _guest_added,
    GuestSeatGiven: _guest_seat_given,
    NameSet: _name_set,
    RoleSet: _role_set,
    MemberRemoved: _removed,
    MemberArrived: _arrived,
    MemberAway: _away,
    MemberLeft: _left,
    ListeningSet: _listening_set,
    TimekeeperSet: _timekeeper_set,
    ChairTaken: _chair_taken,
    ChairReturned: _chair_returned,
    AgreementSet: _agreement_set,
    AgreementAnswered: _agreement_answered,
    RoomNamed: _room_named,
    InvitationSet: _invitation_set,
}
