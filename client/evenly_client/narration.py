"""What happened, in a sentence: for plain lines, the rehearsal's transcript and the status line of the screen."""

from __future__ import annotations

from evenly_protocol import (
    agenda,
    agreement,
    attendance,
    corrections,
    floor,
    hands,
    rounds,
    seats,
    session,
    settings,
    taking_back,
    turns,
    undo,
)
from evenly_protocol.facts import Event
from evenly_protocol.room import Entry
from evenly_protocol.words import GENERAL_TALK, FloorMode, Source

from evenly_client import phrases
from evenly_client.peer import Peer

QUIET_WORDS = {
    "turn_taken_back": "giving the floor",
    "hands_restored": "lowering hands",
    "queue_switched": "opening or closing the queue",
    "floor_mode_set": "changing the floor",
    "phase_extended": "moving the end",
    "phase_counted": "whether talk counts",
    "issue_holder_set": "whose issue it is",
    "turn_extended": "giving a minute",
    "hand_placed": "placing a hand",
    "correction_undone": "moving air time",
    "settings_changed": "a setting",
}
"""What an undo takes back, by the event that undoes it."""


BY_ITSELF = (
    session.SessionStarted,
    session.SessionEnded,
    session.HoldBegan,
    session.HoldEnded,
    floor.FloorModeSet,
    corrections.AirTimeCorrected,
    corrections.CorrectionUndone,
)
"""What plain lines tell even when they are quiet: what everybody does has changed, or my air time."""


def sentences(peer: Peer, entry: Entry, *, everything: bool = True) -> list[str]:
    """What an entry made happen, a sentence an event; nothing for what is not worth saying.

    Of a turn that follows another in the same entry only the beginning is told, of a guest only that they are
    there; without `everything`, only what is told by itself.
    """
    left_out: tuple[type[Event], ...] = () if everything else _but_by_itself(entry)
    if any(isinstance(e, turns.TurnBegan) for e in entry.events):
        left_out += (turns.TurnEnded,)
    if any(isinstance(e, seats.GuestAdded) for e in entry.events):
        left_out += (attendance.MemberArrived,)
    told = (_sentence(peer, entry, e) for e in entry.events if not isinstance(e, left_out))
    return [text for text in told if text]


def _but_by_itself(entry: Entry) -> tuple[type[Event], ...]:
    return tuple({type(e) for e in entry.events if not isinstance(e, BY_ITSELF)})


def _sentence(peer: Peer, entry: Entry, event: Event) -> str:
    room = peer.room

    def name(seat: int) -> str:
        return peer.name_of(seat)

    def owner(hand: bytes) -> str:
        up = hands.hand_with(room.floor, hand)
        return name(up.seat) if up is not None else "Somebody"

    match event:
        case seats.MemberJoined():
            return f"{name(event.seat)} has joined, seat {event.seat}."
        case seats.GuestAdded():
            return f"{name(event.seat)} is on the call without a screen, seat {event.seat}."
        case seats.GuestSeatGiven():
            return f"{name(event.guest)} sits in seat {event.guest} now."
        case attendance.MemberArrived():
            return f"{name(event.seat)} is here."
        case attendance.MemberAway():
            return f"{name(event.seat)} has stepped away."
        case attendance.MemberLeft():
            return f"{name(event.seat)} has left the call."
        case seats.MemberRemoved():
            return f"{name(event.seat)} is no longer a member."
        case seats.RoleSet():
            return f"{name(event.seat)} is {phrases.ROLE_WORDS[event.role]} now."
        case seats.TimekeeperSet():
            return f"{name(event.seat)} marks who is speaking." if event.seat else "Nobody else marks who speaks."
        case attendance.ChairTaken():
            return f"{name(event.seat)} leads until a facilitator is back."
        case attendance.ChairReturned():
            return "A facilitator is back and leads."
        case agreement.AgreementSet():
            return "There is a new text of the agreement."
        case agreement.InvitationSet():
            return "The invitation is open." if event.open else "The invitation is closed."
        case attendance.ListeningSet():
            return f"{name(event.seat)} is listening today." if event.on else ""
        case settings.SettingsChanged():
            return f"The queue is ordered {phrases.ORDER_WORDS[event.settings.order]}."
        case session.SessionStarted():
            number = room.session.number if room.session else 1
            return f"Session {number} begins, {phrases.people(len(event.attending))} on the call."
        case session.SessionEnded():
            return "The session has ended."
        case session.HoldBegan():
            return "Paused. Take the time you need."
        case session.HoldEnded():
            return "It goes on."
        case agenda.PhaseExtended():
            minutes = phrases.spoken(abs(event.ms))
            return f"{minutes} more." if event.ms > 0 else f"{minutes} less."
        case agenda.PhaseCounted():
            return "Talk counts from now on." if event.counted else "Talk does not count from now on."
        case agenda.IssueHolderSet():
            return f"It is {name(event.seat)}'s issue." if event.seat else "It is nobody's issue in particular."
        case session.GapNoticed():
            return "The server was away for a moment."
        case floor.FloorModeSet():
            return f"{phrases.MODE_WORDS[event.mode]}: {floor.MODES[event.mode]}"
        case hands.HandRaised():
            return f"{name(event.seat)} raises a hand: {phrases.INTENT_WORDS[event.intent]}."
        case hands.HandsLowered():
            count = len(event.hands)
            return "A hand is down." if count == 1 else f"{count} hands are down."
        case hands.HandsRestored():
            return "The hands are up again."
        case hands.HandDeferred():
            return f"{owner(event.hand)} lets another go first."
        case hands.HandPlaced():
            return f"{owner(event.hand)} is put at place {event.place}." if event.place else "A place is free again."
        case hands.QueueSwitched():
            return "The queue is open." if event.open else "The queue is closed for now."
        case turns.TurnBegan():
            return _began(name(event.seat), event)
        case turns.TurnEnded():
            return "The turn is finished."
        case turns.AnswerBegan():
            return "The question is put."
        case turns.TurnUnsure():
            return "Nobody has marked for a while who is speaking."
        case turns.TurnExtended():
            return f"{phrases.spoken(event.ms)} more for the turn." if event.ms > 0 else ""
        case taking_back.TurnTakenBack():
            return "That turn is taken back."
        case rounds.RoundBegan():
            return f"A round: {phrases.listed([name(s) for s in event.pending])}."
        case rounds.RoundPutOff():
            return f"{name(event.seat)} comes back later."
        case rounds.RoundSkipped():
            return f"{name(event.seat)} is listening this time." if event.chosen else f"{name(event.seat)} is away."
        case rounds.RoundEnded():
            return "Everybody has had their turn."
        case corrections.AirTimeCorrected():
            if not _concerned(peer, entry.by, event.span, event.seat):
                return ""
            return f"Air time was moved to {name(event.seat)}." if event.seat else "Air time was moved to nobody."
        case corrections.CorrectionUndone():
            kept = room.session.corrections if room.session is not None else []
            undone = next((c for c in kept if c.id == event.correction), None)
            if undone is None or not _concerned(peer, entry.by, undone.span, undone.seat):
                return ""
            return "Air time is as it was before."
        case undo.StepUndone():
            return "Taken back."
        case _:
            return ""


def _concerned(peer: Peer, by: int, span: int, seat: int) -> bool:
    """Whether a correction of this span to that seat is told to this member: to the two, and to who made it."""
    ledger = peer.room.session.ledger if peer.room.session else []
    owner = ledger[span].seat if span < len(ledger) else 0
    return peer.seat in (by, seat, owner)


def _began(name: str, event: turns.TurnBegan) -> str:
    if event.source is Source.UNMARKED:
        return "Nobody has marked for a while who is speaking."
    if event.seat == GENERAL_TALK:
        return "General talk: nobody in particular."
    if event.source is Source.MARK:
        return f"{name} is speaking."
    return f"{name} has the floor."


def phase_changed(entry: Entry) -> bool:
    """Whether an entry is one that is told by itself, even where little is said."""
    return any(isinstance(e, BY_ITSELF) for e in entry.events)


def calm(mode: FloorMode) -> bool:
    """Whether bells and pop-ups keep quiet in this floor mode."""
    return mode in (FloorMode.SOLO, FloorMode.SILENCE, FloorMode.ROUND)
