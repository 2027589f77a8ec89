"""Refusals: what a rule says no to. They are values, never exceptions; a refused command changes nothing.

Each has a code (stable, on the wire), a sentence for a person, and what to do next. The table is printed
into docs/protocol.md.
"""

from __future__ import annotations

import msgspec

from evenly_protocol.texts import N_

REFUSALS: dict[str, tuple[str, str]] = {
    "not_allowed": (N_("Your role does not allow that."), N_("Ask a facilitator.")),
    "not_yours": (N_("That belongs to somebody else."), N_("Only its owner or a facilitator can change it.")),
    "no_session": (N_("No session is running."), N_("A facilitator starts one.")),
    "session_running": (N_("A session is running already."), N_("End it before you start another.")),
    "on_hold": (N_("The session is paused."), N_("A facilitator goes on when everybody is ready.")),
    "not_held": (N_("The session is not paused."), N_("Nothing to do.")),
    "no_such_seat": (N_("There is nobody with that seat number."), N_("Look at the list of seats.")),
    "no_such_hand": (N_("That hand is not up any more."), N_("Look at the queue as it is now.")),
    "no_such_turn": (N_("That turn is over already."), N_("Nothing to do.")),
    "no_such_span": (N_("There is no such stretch of talk."), N_("Choose one from the list.")),
    "hand_up": (N_("Your hand is up already."), N_("Lower it first.")),
    "queue_closed": (N_("The queue is closed for now."), N_("It opens again when the facilitator says so.")),
    "nobody_waiting": (N_("Nobody is waiting."), N_("Press a seat's number to give the floor.")),
    "wrong_mode": (N_("That does not go with this kind of floor."), N_("See what the phase allows.")),
    "not_speaking": (N_("You are not marked as speaking."), N_("Nothing to do.")),
    "already_speaking": (N_("You are marked as speaking already."), N_("Finish first.")),
    "not_in_round": (N_("You are not waiting in this round."), N_("Nothing to do.")),
    "later_used": (N_("You have put this off once already."), N_("Speak, or skip: both are fine.")),
    "no_one_behind": (N_("Nobody is behind you in the queue."), N_("Nothing to do.")),
    "process_again": (N_("Another turn comes first."), N_("One point of process between two other turns.")),
    "not_fitting": (N_("That intent does not go with this kind of floor."), N_("In questions: question or process.")),
    "bad_length": (N_("That text does not have a size that is allowed."), N_("Shorten it.")),
    "bad_number": (N_("That number is out of range."), N_("Use one within the limits.")),
    "room_full": (N_("The room is full."), N_("300 members is the most.")),
    "not_a_guest": (N_("That seat is not a guest seat."), N_("Choose a guest seat.")),
    "seat_in_use": (N_("That seat has spoken already."), N_("Only a fresh seat can be joined with a guest seat.")),
    "last_facilitator": (N_("A room needs a facilitator."), N_("Make somebody else facilitator first.")),
    "nothing_to_undo": (N_("There is nothing to undo."), N_("Nothing to do.")),
    "undo_too_late": (N_("Something has happened since, so that cannot be undone."), N_("Correct it by hand.")),
    "chair_taken": (N_("A facilitator is here."), N_("The chair is free 5 minutes after the last one leaves.")),
    "old_version": (N_("The text has changed since you read it."), N_("Read it as it is now.")),
    "command_gap": (N_("A command before this one is missing."), N_("Connect again.")),
    "overtaken": (N_("You have done something else since."), N_("Do it again if it still matters.")),
    "too_fast": (N_("Too many commands at once."), N_("Wait a second.")),
    "read_only": (N_("The server cannot save just now."), N_("What you do is kept and sent when it can.")),
    "malformed": (N_("The server could not read that."), N_("Update Evenly.")),
    "unknown_command": (N_("The server does not know that command."), N_("Update the server.")),
    "phase_over": (N_("Another phase has begun meanwhile."), N_("Look at the agenda as it is now.")),
    "no_such_phase": (N_("There is no such phase to come."), N_("Look at the agenda.")),
    "no_such_activity": (
        N_("The server does not know that activity."),
        N_("Update the server, or use another activity."),
    ),
    "nobody_named": (N_("It is not known who has the floor in that phase."), N_("Name them.")),
    "not_here": (
        N_("Whoever has the floor in that phase is not on the call."),
        N_("Name another, or take another phase."),
    ),
    "no_time_left": (N_("The phases to come have no time to give."), N_("Skip one, or let the end move.")),
    "no_such_issue": (N_("There is no such issue."), N_("Look at the list of issues.")),
    "no_such_action": (N_("There is no such action."), N_("Look at the board.")),
    "no_such_post": (N_("That is not on the exchange any more."), N_("Look at the board.")),
    "no_such_meeting": (N_("There is no such planned session."), N_("Look at the series.")),
    "no_such_item": (N_("There is no such item."), N_("Look at the board.")),
    "not_proposed": (N_("That is confirmed already."), N_("Nothing to do.")),
    "own_buddy": (N_("A buddy is somebody else."), N_("Choose another member.")),
    "own_issue": (N_("Nobody hosts the session of their own issue."), N_("Choose another host.")),
    "no_pairs": (N_("No pairs are talking now."), N_("Draw pairs first.")),
    "bad_pairs": (N_("Those pairs do not fit the people here."), N_("Draw them again.")),
    "no_dates": (N_("No dates are being asked about."), N_("Propose some first.")),
    "check_in_open": (N_("A check-in is open already."), N_("Close it, or take it back, before you open another.")),
    "no_such_check_in": (N_("That check-in is not open any more."), N_("Look at what came of it.")),
    "too_few": (
        N_("Fewer than three people take part: an anonymous answer would not be anonymous."),
        N_("Take a round, by name."),
    ),
    "too_many": (N_("Answers in words are for up to 32 people."), N_("Offer a choice of answers.")),
    "bad_options": (
        N_("Those answers do not fit the question."),
        N_("A choice has two to eight; a scale two ends or none."),
    ),
    "not_asked": (N_("Nobody waits for that, or not any more."), N_("Nothing to do.")),
    "board_full": (N_("The board is full."), N_("Finish, drop or take back something first.")),
    "nobody_there": (N_("Nobody is there to be told."), N_("It is said when somebody is.")),
}


class Refusal(msgspec.Struct, frozen=True):
    """A command that the rules refuse: `code` is a key of `REFUSALS`."""

    code: str

    @property
    def sentence(self) -> str:
        """What happened, for a person."""
        return REFUSALS.get(self.code, (N_("That was refused."), ""))[0]

    @property
    def next_step(self) -> str:
        """What the person can do next."""
        return REFUSALS.get(self.code, ("", N_("Update Evenly.")))[1]


def refuse(code: str) -> Refusal:
    """The refusal with this code.

    Raises:
        KeyError: the code is not in the table (a mistake of the program's).
    """
    REFUSALS[code]
    return Refusal(code)
