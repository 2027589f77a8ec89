"""Who is there, in which role, who leads; and what stands over the room."""

from __future__ import annotations

from evenly_protocol import agreement, attendance, seats, settings
from evenly_protocol.words import SERVER

from evenly_client import phrases
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.translation import _


def _chair_taken(t: Telling, event: attendance.ChairTaken) -> str:
    agreed = t.entry.by == SERVER
    if event.seat == t.me:
        if agreed:
            return _("No facilitator is there: you lead until one is back.")
        return _("You lead until one is back.")
    said = _("{name} leads until a facilitator is back.")
    if agreed:
        said = _("No facilitator is there: {name} leads, as agreed, until one is back.")
    return said.format(name=t.name(event.seat))


def _chair_returned(t: Telling, event: attendance.ChairReturned) -> str:
    back = next((e.seat for e in t.entry.events if isinstance(e, attendance.MemberArrived)), 0)
    if back == t.me:
        return _("You lead again.")
    if not back:
        return _("A facilitator is back and leads again.")
    return _("{name} is back and leads again.").format(name=t.name(back))


def _deputy(t: Telling, event: attendance.DeputySet) -> str:
    if not event.seat:
        return _("Nobody leads by themselves when no facilitator is there.")
    if event.seat == t.me:
        return _("You lead when no facilitator is there.")
    return _("{name} leads when no facilitator is there.").format(name=t.name(event.seat))


def _call_link(t: Telling, event: agreement.CallLinkSet) -> str:
    return _("There is a new link to the call.") if event.link else _("There is no link to the call any more.")


SENTENCES: Sentences = {
    seats.MemberJoined: lambda t, e: _("{name} has joined, seat {seat}.").format(name=t.name(e.seat), seat=e.seat),
    seats.GuestAdded: lambda t, e: _("{name} is on the call without a screen, seat {seat}.").format(
        name=t.name(e.seat), seat=e.seat
    ),
    seats.GuestSeatGiven: lambda t, e: _("{name} sits in seat {seat} now.").format(name=t.name(e.guest), seat=e.guest),
    seats.MemberRemoved: lambda t, e: _("{name} is no longer a member.").format(name=t.name(e.seat)),
    seats.RoleSet: lambda t, e: (
        # Translators: {role} is “facilitator”, “participant” or “observer”
        _("{name} is {role} now.").format(name=t.name(e.seat), role=phrases.ROLE_WORDS[e.role])
    ),
    seats.VisitorSet: lambda t, e: _("{name} watches this session as a visitor.").format(name=t.name(e.seat)),
    seats.TimekeeperSet: lambda t, e: (
        _("{name} marks who is speaking.").format(name=t.name(e.seat)) if e.seat else _("Nobody else marks who speaks.")
    ),
    attendance.MemberArrived: lambda t, e: _("{name} is here.").format(name=t.name(e.seat)),
    attendance.MemberAway: lambda t, e: _("{name} has stepped away.").format(name=t.name(e.seat)),
    attendance.MemberLeft: lambda t, e: _("{name} has left the call.").format(name=t.name(e.seat)),
    attendance.ListeningSet: lambda t, e: _("{name} is listening today.").format(name=t.name(e.seat)) if e.on else "",
    attendance.ChairTaken: _chair_taken,
    attendance.ChairReturned: _chair_returned,
    attendance.DeputySet: _deputy,
    agreement.AgreementSet: lambda t, e: _("There is a new text of the agreement."),
    agreement.InvitationSet: lambda t, e: _("The invitation is open.") if e.open else _("The invitation is closed."),
    agreement.CallLinkSet: _call_link,
    settings.SettingsChanged: lambda t, e: (
        # Translators: {order} is “fair: least heard first”, “in the order of hands” or “the facilitator's order”
        _("The queue is ordered {order}.").format(order=phrases.ORDER_WORDS[e.settings.order])
    ),
}
