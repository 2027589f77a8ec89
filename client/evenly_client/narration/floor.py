"""Hands, turns, rounds, and air time that is moved."""

from __future__ import annotations

from evenly_protocol import corrections, floor, hands, rounds, taking_back, turns, undo
from evenly_protocol.words import GENERAL_TALK, Source

from evenly_client import phrases
from evenly_client.narration.telling import Sentences, Telling


def _owner(t: Telling, hand: bytes) -> str:
    up = hands.hand_with(t.room.floor, hand)
    return t.name(up.seat) if up is not None else "Somebody"


def _lowered(t: Telling, event: hands.HandsLowered) -> str:
    count = len(event.hands)
    return "A hand is down." if count == 1 else f"{count} hands are down."


def _placed(t: Telling, event: hands.HandPlaced) -> str:
    return f"{_owner(t, event.hand)} is put at place {event.place}." if event.place else "A place is free again."


def _began(t: Telling, event: turns.TurnBegan) -> str:
    if event.source is Source.UNMARKED:
        return "Nobody has marked for a while who is speaking."
    if event.seat == GENERAL_TALK:
        return "General talk: nobody in particular."
    marked = event.source is Source.MARK
    if event.seat == t.me:
        return "You are marked as speaking." if marked else "You have the floor."
    return f"{t.name(event.seat)} {'is speaking' if marked else 'has the floor'}."


def _skipped(t: Telling, event: rounds.RoundSkipped) -> str:
    return f"{t.name(event.seat)} is listening this time." if event.chosen else f"{t.name(event.seat)} is away."


def _corrected(t: Telling, event: corrections.AirTimeCorrected) -> str:
    if not _concerned(t, event.span, event.seat):
        return ""
    return f"Air time was moved to {t.name(event.seat)}." if event.seat else "Air time was moved to nobody."


def _correction_undone(t: Telling, event: corrections.CorrectionUndone) -> str:
    kept = t.room.session.corrections if t.room.session is not None else []
    undone = next((c for c in kept if c.id == event.correction), None)
    if undone is None or not _concerned(t, undone.span, undone.seat):
        return ""
    return "Air time is as it was before."


def _concerned(t: Telling, span: int, seat: int) -> bool:
    """Whether a correction of this span to that seat is told to this member: to the two, and to who made it."""
    ledger = t.room.session.ledger if t.room.session else []
    owner = ledger[span].seat if span < len(ledger) else 0
    return t.me in (t.entry.by, seat, owner)


SENTENCES: Sentences = {
    floor.FloorModeSet: lambda t, e: f"{phrases.MODE_WORDS[e.mode]}: {floor.MODES[e.mode]}",
    hands.HandRaised: lambda t, e: f"{t.name(e.seat)} raises a hand: {phrases.INTENT_WORDS[e.intent]}.",
    hands.HandsLowered: _lowered,
    hands.HandsRestored: lambda t, e: "The hands are up again.",
    hands.HandDeferred: lambda t, e: f"{_owner(t, e.hand)} lets another go first.",
    hands.HandPlaced: _placed,
    hands.QueueSwitched: lambda t, e: "The queue is open." if e.open else "The queue is closed for now.",
    turns.TurnBegan: _began,
    turns.TurnEnded: lambda t, e: "The turn is finished.",
    turns.AnswerBegan: lambda t, e: "The question is put.",
    turns.TurnUnsure: lambda t, e: "Nobody has marked for a while who is speaking.",
    turns.TurnExtended: lambda t, e: f"{phrases.spoken(e.ms)} more for the turn." if e.ms > 0 else "",
    taking_back.TurnTakenBack: lambda t, e: "That turn is taken back.",
    rounds.RoundBegan: lambda t, e: f"A round: {phrases.listed([t.name(s) for s in e.pending])}.",
    rounds.RoundPutOff: lambda t, e: f"{t.name(e.seat)} comes back later.",
    rounds.RoundSkipped: _skipped,
    rounds.RoundEnded: lambda t, e: "Everybody has had their turn.",
    corrections.AirTimeCorrected: _corrected,
    corrections.CorrectionUndone: _correction_undone,
    undo.StepUndone: lambda t, e: "Taken back.",
}
