"""Hands, turns, rounds, and air time that is moved."""

from __future__ import annotations

from evenly_protocol import corrections, floor, hands, rounds, taking_back, turns, undo
from evenly_protocol.words import GENERAL_TALK, Source

from evenly_client import phrases
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.translation import _, ngettext


def _owner(t: Telling, hand: bytes) -> str:
    up = hands.hand_with(t.room.floor, hand)
    return t.name(up.seat) if up is not None else _("Somebody")


def _lowered(t: Telling, event: hands.HandsLowered) -> str:
    n = len(event.hands)
    return ngettext("A hand is down.", "{n} hands are down.", n).format(n=n)


def _placed(t: Telling, event: hands.HandPlaced) -> str:
    if not event.place:
        return _("A place is free again.")
    return _("{name} is put at place {n}.").format(name=_owner(t, event.hand), n=event.place)


def _began(t: Telling, event: turns.TurnBegan) -> str:
    if event.source is Source.UNMARKED:
        return _("Nobody has marked for a while who is speaking.")
    if event.seat == GENERAL_TALK:
        return _("General talk: nobody in particular.")
    marked = event.source is Source.MARK
    if event.seat == t.me:
        return _("You are marked as speaking.") if marked else _("You have the floor.")
    said = _("{name} is speaking.") if marked else _("{name} has the floor.")
    return said.format(name=t.name(event.seat))


def _skipped(t: Telling, event: rounds.RoundSkipped) -> str:
    said = _("{name} is listening this time.") if event.chosen else _("{name} is away.")
    return said.format(name=t.name(event.seat))


def _corrected(t: Telling, event: corrections.AirTimeCorrected) -> str:
    if not _concerned(t, event.span, event.seat):
        return ""
    if not event.seat:
        return _("Air time was moved to nobody.")
    return _("Air time was moved to {name}.").format(name=t.name(event.seat))


def _correction_undone(t: Telling, event: corrections.CorrectionUndone) -> str:
    kept = t.room.session.corrections if t.room.session is not None else []
    undone = next((c for c in kept if c.id == event.correction), None)
    if undone is None or not _concerned(t, undone.span, undone.seat):
        return ""
    return _("Air time is as it was before.")


def _concerned(t: Telling, span: int, seat: int) -> bool:
    """Whether a correction of this span to that seat is told to this member: to the two, and to who made it."""
    ledger = t.room.session.ledger if t.room.session else []
    owner = ledger[span].seat if span < len(ledger) else 0
    return t.me in (t.entry.by, seat, owner)


SENTENCES: Sentences = {
    floor.FloorModeSet: lambda t, e: f"{phrases.MODE_WORDS[e.mode]}: {_(floor.MODES[e.mode])}",
    hands.HandRaised: lambda t, e: (
        # Translators: {why} is “a question”, “to speak”, “how we work”
        _("{name} raises a hand: {why}.").format(name=t.name(e.seat), why=phrases.INTENT_WORDS[e.intent])
    ),
    hands.HandsLowered: _lowered,
    hands.HandsRestored: lambda t, e: _("The hands are up again."),
    hands.HandDeferred: lambda t, e: _("{name} lets another go first.").format(name=_owner(t, e.hand)),
    hands.HandPlaced: _placed,
    hands.QueueSwitched: lambda t, e: _("The queue is open.") if e.open else _("The queue is closed for now."),
    turns.TurnBegan: _began,
    turns.TurnEnded: lambda t, e: _("The turn is finished."),
    turns.AnswerBegan: lambda t, e: _("The question is put."),
    turns.TurnUnsure: lambda t, e: _("Nobody has marked for a while who is speaking."),
    turns.TurnExtended: lambda t, e: (
        _("{time} more for the turn.").format(time=phrases.spoken(e.ms)) if e.ms > 0 else ""
    ),
    taking_back.TurnTakenBack: lambda t, e: _("That turn is taken back."),
    rounds.RoundBegan: lambda t, e: _("A round: {names}.").format(names=phrases.listed([t.name(s) for s in e.pending])),
    rounds.RoundPutOff: lambda t, e: _("{name} comes back later.").format(name=t.name(e.seat)),
    rounds.RoundSkipped: _skipped,
    rounds.RoundEnded: lambda t, e: _("Everybody has had their turn."),
    corrections.AirTimeCorrected: _corrected,
    corrections.CorrectionUndone: _correction_undone,
    undo.StepUndone: lambda t, e: _("Taken back."),
}
