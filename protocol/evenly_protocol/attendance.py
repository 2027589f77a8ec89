"""Who is on the call, and who leads when no facilitator is. Source: domain.md, "Words": *attending*."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import Member, attending, is_facilitator, somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.words import SERVER, Presence, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

CHAIR_FREE_AFTER_MS = 5 * 60_000
"""With no facilitator attending for this long, any participant may take the chair."""


DEPUTY_LEADS_AFTER_MS = 60_000
"""With no facilitator attending for this long, the deputy leads by itself."""


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


class TakeChair(Command, frozen=True):
    """Lead the session while no facilitator is there."""


class SetDeputy(Command, frozen=True):
    """This member leads when no facilitator is there; 0: nobody does by itself."""

    seat: int


class LetDeputyLead(Command, frozen=True):
    """The server: no facilitator has been on the call since then (UTC milliseconds), for a minute."""

    since: int


class NoticeConnected(Command, frozen=True):
    """A member's connection is there."""

    seat: int


class NoticeLost(Command, frozen=True):
    """A member's connection has been gone for 2 minutes."""

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


class ChairTaken(Event, frozen=True):
    """A participant leads until a facilitator is back."""

    seat: int


class ChairReturned(Event, frozen=True):
    """A facilitator is back, and leads."""


class DeputySet(Event, frozen=True):
    """This member leads when no facilitator is there; 0 for nobody."""

    seat: int


def deputy_due(room: Room) -> tuple[int, Command] | None:
    """When the deputy leads by itself, and the command for it; None while nothing of the kind is due."""
    deputy, since = room.members.get(room.deputy), room.unled_since
    if since is None or deputy is None or not deputy.attending or deputy.is_guest or deputy.role is Role.OBSERVER:
        return None
    return since + DEPUTY_LEADS_AFTER_MS, LetDeputyLead(since)


def chair_is_free(room: Room, at: int) -> bool:
    """Whether a participant may lead now: no facilitator has been on the call for 5 minutes."""
    since = room.unled_since
    return since is not None and at - since >= CHAIR_FREE_AFTER_MS


def _set_attending(room: Room, command: SetAttending, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
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


def _take_chair(room: Room, command: TakeChair, asking: Asking) -> list[Event] | Refusal:
    if not chair_is_free(room, asking.at):
        return refuse("chair_taken")
    return [ChairTaken(asking.by)]


def _set_deputy(room: Room, command: SetDeputy, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if command.seat and (member is None or member.is_guest):
        return refuse("no_such_seat")
    if member is not None and member.role is Role.OBSERVER:
        return refuse("not_allowed")
    return [] if room.deputy == command.seat else [DeputySet(command.seat)]


def _let_deputy_lead(room: Room, command: LetDeputyLead, asking: Asking) -> list[Event] | Refusal:
    due = deputy_due(room)
    if due is None or room.unled_since != command.since or asking.at < due[0]:
        return []
    return [ChairTaken(room.deputy)]


def _notice_connected(room: Room, command: NoticeConnected, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if member is None or room.running is None or member.presence is not Presence.GONE:
        return []
    return arrival(room, member)


def _notice_lost(room: Room, command: NoticeLost, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat)
    if member is None or room.running is None or member.vouched or member.presence is Presence.GONE:
        return []
    return [MemberLeft(command.seat)]


def arrival(room: Room, member: Member, *, vouched: bool = False) -> list[Event]:
    """What a member's arrival on the call makes happen. A facilitator who is back has the chair again."""
    events: list[Event] = [MemberArrived(member.seat, vouched)]
    if room.chair not in (SERVER, member.seat) and is_facilitator(room, member.seat):
        events.append(ChairReturned())
    return events


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


def _chair_taken(room: Room, event: ChairTaken, stamp: Stamp) -> None:
    room.chair = event.seat


def _deputy_set(room: Room, event: DeputySet, stamp: Stamp) -> None:
    room.deputy = event.seat


def _chair_returned(room: Room, event: ChairReturned, stamp: Stamp) -> None:
    room.chair = 0


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
    SetAttending: _set_attending,
    StepAway: _step_away,
    ComeBack: _come_back,
    LeaveCall: _leave,
    ListenToday: _listen,
    TakeChair: _take_chair,
    SetDeputy: _set_deputy,
    LetDeputyLead: _let_deputy_lead,
    NoticeConnected: _notice_connected,
    NoticeLost: _notice_lost,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    MemberArrived: _arrived,
    MemberAway: _away,
    MemberLeft: _left,
    ListeningSet: _listening_set,
    ChairTaken: _chair_taken,
    DeputySet: _deputy_set,
    ChairReturned: _chair_returned,
}
