"""Who is there, in which role, who leads; and what stands over the room."""

from __future__ import annotations

from evenly_protocol import agreement, attendance, seats, settings
from evenly_protocol.words import SERVER

from evenly_client import phrases
from evenly_client.narration.telling import Sentences, Telling


def _chair_taken(t: Telling, event: attendance.ChairTaken) -> str:
    agreed = t.entry.by == SERVER
    if event.seat == t.me:
        return "No facilitator is there: you lead until one is back." if agreed else "You lead until one is back."
    if agreed:
        return f"No facilitator is there: {t.name(event.seat)} leads, as agreed, until one is back."
    return f"{t.name(event.seat)} leads until a facilitator is back."


def _chair_returned(t: Telling, event: attendance.ChairReturned) -> str:
    back = next((e.seat for e in t.entry.events if isinstance(e, attendance.MemberArrived)), 0)
    if back == t.me:
        return "You lead again."
    return f"{t.name(back) if back else 'A facilitator'} is back and leads again."


def _deputy(t: Telling, event: attendance.DeputySet) -> str:
    if not event.seat:
        return "Nobody leads by themselves when no facilitator is there."
    return f"{'You lead' if event.seat == t.me else f'{t.name(event.seat)} leads'} when no facilitator is there."


def _call_link(t: Telling, event: agreement.CallLinkSet) -> str:
    return "There is a new link to the call." if event.link else "There is no link to the call any more."


SENTENCES: Sentences = {
    seats.MemberJoined: lambda t, e: f"{t.name(e.seat)} has joined, seat {e.seat}.",
    seats.GuestAdded: lambda t, e: f"{t.name(e.seat)} is on the call without a screen, seat {e.seat}.",
    seats.GuestSeatGiven: lambda t, e: f"{t.name(e.guest)} sits in seat {e.guest} now.",
    seats.MemberRemoved: lambda t, e: f"{t.name(e.seat)} is no longer a member.",
    seats.RoleSet: lambda t, e: f"{t.name(e.seat)} is {phrases.ROLE_WORDS[e.role]} now.",
    seats.VisitorSet: lambda t, e: f"{t.name(e.seat)} watches this session as a visitor.",
    seats.TimekeeperSet: lambda t, e: (
        f"{t.name(e.seat)} marks who is speaking." if e.seat else "Nobody else marks who speaks."
    ),
    attendance.MemberArrived: lambda t, e: f"{t.name(e.seat)} is here.",
    attendance.MemberAway: lambda t, e: f"{t.name(e.seat)} has stepped away.",
    attendance.MemberLeft: lambda t, e: f"{t.name(e.seat)} has left the call.",
    attendance.ListeningSet: lambda t, e: f"{t.name(e.seat)} is listening today." if e.on else "",
    attendance.ChairTaken: _chair_taken,
    attendance.ChairReturned: _chair_returned,
    attendance.DeputySet: _deputy,
    agreement.AgreementSet: lambda t, e: "There is a new text of the agreement.",
    agreement.InvitationSet: lambda t, e: "The invitation is open." if e.open else "The invitation is closed.",
    agreement.CallLinkSet: _call_link,
    settings.SettingsChanged: lambda t, e: f"The queue is ordered {phrases.ORDER_WORDS[e.settings.order]}.",
}
