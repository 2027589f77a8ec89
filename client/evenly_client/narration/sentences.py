"""The tables of sentences put together; what is told by itself, and what is never told."""

from __future__ import annotations

from evenly_protocol import (
    actions,
    agenda,
    agreement,
    attendance,
    checkins,
    corrections,
    exchange,
    floor,
    hands,
    labels,
    pairs,
    room,
    seats,
    series,
    session,
    turns,
)
from evenly_protocol.facts import Event
from evenly_protocol.room import Entry
from evenly_protocol.words import FloorMode

from evenly_client.narration import agenda as of_agenda
from evenly_client.narration import boards as of_boards
from evenly_client.narration import check_ins as of_check_ins
from evenly_client.narration import floor as of_floor
from evenly_client.narration import people as of_people
from evenly_client.narration import series as of_series
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.peer import Peer
from evenly_client.translation import _

QUIET_WORDS = {
    # Translators: steps that can be undone; they stand in “That takes back: giving the floor.”
    "turn_taken_back": _("giving the floor"),
    "hands_restored": _("lowering hands"),
    "queue_switched": _("opening or closing the queue"),
    "floor_mode_set": _("changing the floor"),
    "phase_taken_back": _("starting that phase"),
    "phase_extended": _("moving the end"),
    "agenda_resized": _("moving minutes between phases"),
    "phase_skipped": _("leaving a phase out, or taking it in again"),
    "phase_counted": _("whether talk counts"),
    "issue_holder_set": _("whose issue it is"),
    "host_set": _("who hosts"),
    "turn_extended": _("giving a minute"),
    "hand_placed": _("placing a hand"),
    "correction_undone": _("moving air time"),
    "settings_changed": _("a setting"),
    "check_in_withdrawn": _("opening that check-in"),
    "series_planned": _("planning the series"),
    "planned_changed": _("changing a planned session"),
}
"""What an undo takes back, by the event that undoes it."""

SENTENCES: Sentences = {
    **of_people.SENTENCES,
    **of_agenda.SENTENCES,
    **of_floor.SENTENCES,
    **of_check_ins.SENTENCES,
    **of_boards.SENTENCES,
    **of_series.SENTENCES,
}
"""What is said of each event."""

SILENT: tuple[type[Event], ...] = (
    room.RoomCreated,
    agreement.AgreementAnswered,  # theirs alone
    agreement.RoomNamed,  # the name is on every screen
    seats.NameSet,
    hands.HandWorded,  # the words are read when they are asked for
    turns.TurnConfirmed,
    actions.ActionReconsidered,  # between an action and its owner
    exchange.CoachingLogged,  # only minutes are kept
    labels.ItemLabelled,  # reports go by it
)
"""What nothing is said of."""

BY_ITSELF = (
    session.SessionStarted,
    session.SessionEnded,
    session.HoldBegan,
    session.HoldEnded,
    agenda.PhaseStarted,
    agenda.PhaseTakenBack,
    agenda.RoomLeftOpen,
    floor.FloorModeSet,
    checkins.CheckInOpened,
    checkins.CheckInClosed,
    checkins.ResultRecorded,
    checkins.CheckInGivenUp,
    checkins.CheckInWithdrawn,
    pairs.PairsSet,
    pairs.PairsEnded,
    attendance.ChairTaken,
    attendance.ChairReturned,
    series.SeriesPlanned,
    series.PlannedChanged,
    series.DatesProposed,
    series.DateDecided,
    corrections.AirTimeCorrected,
    corrections.CorrectionUndone,
)
"""What plain lines tell even when they are quiet: what everybody does has changed, or is asked, or my air time."""


def sentences(peer: Peer, entry: Entry, *, everything: bool = True) -> list[str]:
    """What an entry made happen, a sentence an event; nothing for what is not worth saying.

    Of a turn that follows another in the same entry only the beginning is told, of a phase its own name and not the
    floor's, of a guest and of a facilitator who is back only that; without `everything`, only what is told by itself.
    """
    t = Telling(peer, entry)
    left_out = _left_out(entry)
    told = (
        SENTENCES[type(e)](t, e)
        for e in entry.events
        if type(e) in SENTENCES and not isinstance(e, left_out) and (everything or _by_itself(t, e))
    )
    return [text for text in told if text]


_SAYS_IT_ALL: tuple[tuple[tuple[type[Event], ...], tuple[type[Event], ...]], ...] = (
    ((turns.TurnBegan,), (turns.TurnEnded,)),
    ((seats.GuestAdded, attendance.ChairReturned), (attendance.MemberArrived,)),
    ((agenda.PhaseStarted, session.SessionStarted, agenda.RoomLeftOpen), (floor.FloorModeSet, turns.TurnEnded)),
)
"""Beside the events on the left, those on the right are not told."""


def _left_out(entry: Entry) -> tuple[type[Event], ...]:
    return tuple(
        kind for beside, kinds in _SAYS_IT_ALL if any(isinstance(e, beside) for e in entry.events) for kind in kinds
    )


def _by_itself(t: Telling, event: Event) -> bool:
    match event:
        case actions.ActionAdded():
            return of_boards.typed_for(t, event)
        case actions.ActionRemoved():
            return of_boards.declined(t, event)
        case exchange.PostAdded():
            return of_boards.answers_me(t, event)
        case session.HostSet() | attendance.DeputySet() | seats.RoleSet() | seats.VisitorSet():
            return event.seat == t.me
        case _:
            return isinstance(event, BY_ITSELF)


def told_by_itself(peer: Peer, entry: Entry) -> bool:
    """Whether this member is told of an entry even where little is said."""
    t = Telling(peer, entry)
    return any(_by_itself(t, e) for e in entry.events)


def calm(mode: FloorMode) -> bool:
    """Whether bells and pop-ups keep quiet in this floor mode."""
    return mode in (FloorMode.SOLO, FloorMode.SILENCE, FloorMode.ROUND)
