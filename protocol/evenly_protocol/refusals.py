"""Refusals: what a rule says no to. They are values, never exceptions; a refused command changes nothing.

Each has a code (stable, on the wire), a sentence for a person, and what to do next. The table is printed
into docs/protocol.md.
"""

from __future__ import annotations

import msgspec

REFUSALS: dict[str, tuple[str, str]] = {
    "not_allowed": ("Your role does not allow that.", "Ask a facilitator."),
    "not_yours": ("That belongs to somebody else.", "Only its owner or a facilitator can change it."),
    "no_session": ("No session is running.", "A facilitator starts one."),
    "session_running": ("A session is running already.", "End it before you start another."),
    "on_hold": ("The session is paused.", "A facilitator goes on when everybody is ready."),
    "not_held": ("The session is not paused.", "Nothing to do."),
    "no_such_seat": ("There is nobody with that seat number.", "Look at the list of seats."),
    "no_such_hand": ("That hand is not up any more.", "Look at the queue as it is now."),
    "no_such_turn": ("That turn is over already.", "Nothing to do."),
    "no_such_span": ("There is no such stretch of talk.", "Choose one from the list."),
    "hand_up": ("Your hand is up already.", "Lower it first."),
    "queue_closed": ("The queue is closed for now.", "It opens again when the facilitator says so."),
    "nobody_waiting": ("Nobody is waiting.", "Press a seat's number to give the floor."),
    "wrong_mode": ("That does not go with this kind of floor.", "See what the phase allows."),
    "not_speaking": ("You are not marked as speaking.", "Nothing to do."),
    "already_speaking": ("You are marked as speaking already.", "Finish first."),
    "not_in_round": ("You are not waiting in this round.", "Nothing to do."),
    "later_used": ("You have put this off once already.", "Speak, or skip: both are fine."),
    "no_one_behind": ("Nobody is behind you in the queue.", "Nothing to do."),
    "process_again": ("Another turn comes first.", "One point of process between two other turns."),
    "not_fitting": ("That intent does not go with this kind of floor.", "In questions: question or process."),
    "bad_length": ("That text does not have a size that is allowed.", "Shorten it."),
    "bad_number": ("That number is out of range.", "Use one within the limits."),
    "room_full": ("The room is full.", "300 members is the most."),
    "not_a_guest": ("That seat is not a guest seat.", "Choose a guest seat."),
    "seat_in_use": ("That seat has spoken already.", "Only a fresh seat can be joined with a guest seat."),
    "last_facilitator": ("A room needs a facilitator.", "Make somebody else facilitator first."),
    "nothing_to_undo": ("There is nothing to undo.", "Nothing to do."),
    "undo_too_late": ("Something has happened since, so that cannot be undone.", "Correct it by hand."),
    "chair_taken": ("A facilitator is here.", "The chair is free 5 minutes after the last one leaves."),
    "old_version": ("The text has changed since you read it.", "Read it as it is now."),
    "command_gap": ("A command before this one is missing.", "Connect again."),
    "overtaken": ("You have done something else since.", "Do it again if it still matters."),
    "too_fast": ("Too many commands at once.", "Wait a second."),
    "read_only": ("The server cannot save just now.", "What you do is kept and sent when it can."),
    "malformed": ("The server could not read that.", "Update Evenly."),
    "unknown_command": ("The server does not know that command.", "Update the server."),
    "phase_over": ("Another phase has begun meanwhile.", "Look at the agenda as it is now."),
    "no_such_phase": ("There is no such phase to come.", "Look at the agenda."),
    "no_such_activity": ("The server does not know that activity.", "Update the server, or use another activity."),
    "nobody_named": ("It is not known who has the floor in that phase.", "Name them."),
    "not_here": ("Whoever has the floor in that phase is not on the call.", "Name another, or take another phase."),
    "no_time_left": ("The phases to come have no time to give.", "Skip one, or let the end move."),
    "no_such_issue": ("There is no such issue.", "Look at the list of issues."),
    "no_such_action": ("There is no such action.", "Look at the board."),
    "no_such_post": ("That is not on the exchange any more.", "Look at the board."),
    "no_such_meeting": ("There is no such planned session.", "Look at the series."),
    "no_such_item": ("There is no such item.", "Look at the board."),
    "not_proposed": ("That is confirmed already.", "Nothing to do."),
    "own_buddy": ("A buddy is somebody else.", "Choose another member."),
    "own_issue": ("Nobody hosts the session of their own issue.", "Choose another host."),
    "no_pairs": ("No pairs are talking now.", "Draw pairs first."),
    "bad_pairs": ("Those pairs do not fit the people here.", "Draw them again."),
    "no_dates": ("No dates are being asked about.", "Propose some first."),
    "check_in_open": ("A check-in is open already.", "Close it, or take it back, before you open another."),
    "no_such_check_in": ("That check-in is not open any more.", "Look at what came of it."),
    "too_few": (
        "Fewer than three people take part: an anonymous answer would not be anonymous.",
        "Take a round, by name.",
    ),
    "too_many": ("Answers in words are for up to 32 people.", "Offer a choice of answers."),
    "bad_options": ("Those answers do not fit the question.", "A choice has two to eight; a scale two ends or none."),
    "not_asked": ("Nobody waits for that, or not any more.", "Nothing to do."),
    "board_full": ("The board is full.", "Finish, drop or take back something first."),
    "nobody_there": ("Nobody is there to be told.", "It is said when somebody is."),
}


class Refusal(msgspec.Struct, frozen=True):
    """A command that the rules refuse: `code` is a key of `REFUSALS`."""

    code: str

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        return REFUSALS.get(self.code, ("That was refused.", ""))[0]

    @property
    def next_step(self) -> str:
        """What the person can do next."""
        return REFUSALS.get(self.code, ("", "Update Evenly."))[1]


def refuse(code: str) -> Refusal:
    """The refusal with this code.

    Raises:
        KeyError: the code is not in the table (a mistake of the program's).
    """
    REFUSALS[code]
    return Refusal(code)
