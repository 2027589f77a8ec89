"""What stands over the room: its agreement, its name, its invitation, where it meets. Source: domain.md, "Words"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import author_of
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room


class Agreement(msgspec.Struct, frozen=True, array_like=True):
    """The ground rules: a sealed text and its version, from 1; version 0 is none yet."""

    version: int = 0
    text: bytes = b""
    author: bytes = b""
    id: bytes = b""


class Call(msgspec.Struct, frozen=True, array_like=True):
    """Where the group meets: a sealed link, empty for none."""

    link: bytes = b""
    author: bytes = b""
    id: bytes = b""


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


class SetCallLink(Command, frozen=True):
    """Where the group meets: the call's link, sealed; empty takes it away."""

    link: bytes


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


class CallLinkSet(Event, frozen=True):
    """The group meets there."""

    link: bytes
    author: bytes


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


def _set_call_link(room: Room, command: SetCallLink, asking: Asking) -> list[Event] | Refusal:
    if command.link and not allowed_length(FieldKind.LINK, len(command.link)):
        return refuse("bad_length")
    same = command.link == room.call.link
    return [] if same else [CallLinkSet(command.link, author_of(room, asking.by))]


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


def _call_link_set(room: Room, event: CallLinkSet, stamp: Stamp) -> None:
    room.call = Call(event.link, event.author, stamp.id)


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    SetAgreement: _set_agreement,
    AnswerAgreement: _answer_agreement,
    NameRoom: _name_room,
    SetInvitation: _set_invitation,
    SetCallLink: _set_call_link,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    AgreementSet: _agreement_set,
    AgreementAnswered: _agreement_answered,
    RoomNamed: _room_named,
    InvitationSet: _invitation_set,
    CallLinkSet: _call_link_set,
}
