"""Issues: what members bring, which is taken, and the questions asked about it. Source: domain.md, "Formats".

An issue is taken in a session by its number there (1, 2…): the issue-holder and the issue go together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import author_of, is_facilitator
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import Intent, Label, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session
    from evenly_protocol.turns import Turn

ISSUES_BROUGHT_AT_MOST = 400
"""Issues waiting in a room."""

HELD_ISSUES_KEPT = 60
QUESTIONS_KEPT = 500


class Issue(msgspec.Struct, array_like=True):
    """A challenge that a member brings.

    Attributes:
        id: the id of the command that brought it.
        seat: whose it is.
        text: sealed.
        author: the device key that sealed it.
        at: when it was brought, UTC milliseconds.
        session: the number of the session that took it; 0 while it waits.
        label: how far it may go.
    """

    id: bytes
    seat: int
    text: bytes
    author: bytes
    at: int
    session: int = 0
    label: Label = Label.ROOM


class Question(msgspec.Struct, array_like=True, frozen=True):
    """A question that was put in words.

    Attributes:
        turn: the id of the turn.
        seat: who asked.
        words: sealed; bound to `hand` and `author`.
        hand: the id of the hand it was raised with.
        author: the device key that sealed it.
        at: when its turn began, UTC milliseconds.
        issue: the number of the issue in the session; 0 for none.
    """

    turn: bytes
    seat: int
    words: bytes
    hand: bytes
    author: bytes
    at: int
    issue: int = 0


class BringIssue(Command, frozen=True):
    """Bring an issue. `seat`: 0 for oneself; a facilitator may name a guest seat."""

    text: bytes
    seat: int = 0


class EditIssue(Command, frozen=True):
    """Put an issue in other words."""

    issue: bytes
    text: bytes


class WithdrawIssue(Command, frozen=True):
    """Take an issue back."""

    issue: bytes


class ChooseIssue(Command, frozen=True):
    """Take this issue as the session's issue of this number; whoever brought it is its issue-holder."""

    issue: bytes
    number: int = 1


class KeepQuestions(Command, frozen=True):
    """The issue-holder keeps the questions asked about their issue of this number to themselves, or no longer."""

    number: int
    keep: bool


class IssueBrought(Event, frozen=True):
    """A member has brought an issue."""

    seat: int
    text: bytes
    author: bytes


class IssueEdited(Event, frozen=True):
    """An issue has other words."""

    issue: bytes
    text: bytes
    author: bytes


class IssueWithdrawn(Event, frozen=True):
    """An issue was taken back."""

    issue: bytes


class IssueChosen(Event, frozen=True):
    """This is the session's issue of this number."""

    issue: bytes
    number: int


class QuestionsKept(Event, frozen=True):
    """The questions about the issue of this number are its holder's alone, or no longer."""

    number: int
    keep: bool


def issue_with(room: Room, issue: bytes) -> Issue | None:
    """The issue with this id."""
    return next((i for i in room.issues if i.id == issue), None)


def waiting_issues(room: Room) -> list[Issue]:
    """The issues that no session has taken yet, the oldest first."""
    return [i for i in room.issues if not i.session]


def note_holder(room: Room, session: Session, number: int, seat: int) -> None:
    """Whoever holds the issue of this number has brought one perhaps: the last that waits goes with it."""
    mine = [i for i in room.issues if i.seat == seat and not i.session]
    if seat and mine:
        session.brought[number] = mine[-1].id
    else:
        session.brought.pop(number, None)


def note_question(room: Room, turn: Turn) -> None:
    """A question that was put in words goes on the list. A fold of a turn's end."""
    session = room.session
    if session is None or turn.intent is not Intent.QUESTION or turn.hand is None or not turn.hand.words:
        return
    author = author_of(room, turn.seat)
    if not author:
        return
    hand = turn.hand
    asked = Question(turn.id, turn.seat, hand.words, hand.id, author, turn.began, session.phase.issue)
    # A turn that ran on, since the next had been given by mistake, ends twice.
    others = [q for q in session.questions if q.turn != turn.id]
    session.questions = [*others, asked][-QUESTIONS_KEPT:]


def note_held(room: Room, session: Session) -> None:
    """The issues that the session really came to are held. A fold of its end."""
    held = issues_held(session)
    for number, id in session.brought.items():
        issue = issue_with(room, id)
        if issue is not None and number in held:
            issue.session = session.number
    kept = [i for i in room.issues if i.session][-HELD_ISSUES_KEPT:]
    room.issues = [i for i in room.issues if not i.session or i in kept]


def issues_held(session: Session) -> dict[int, int]:
    """The seats whose issue the session has come to, by the issue's number: a phase of it other than feedback began."""
    begun = {v.index for v in session.visits} | {session.phase_index}
    numbers = {
        session.phases[i].issue
        for i in begun
        if i < len(session.phases) and session.phases[i].activity not in ("feedback", "reflection")
    }
    return {n: seat for n, seat in sorted(session.holders.items()) if seat and n in numbers}


def _bring(room: Room, command: BringIssue, asking: Asking) -> list[Event] | Refusal:
    member = room.members.get(command.seat or asking.by)
    if member is None or member.removed:
        return refuse("no_such_seat")
    if member.seat != asking.by and not (member.is_guest and is_facilitator(room, asking.by)):
        return refuse("not_allowed")
    if member.role is Role.OBSERVER:
        return refuse("not_allowed")
    if not allowed_length(FieldKind.ISSUE, len(command.text)):
        return refuse("bad_length")
    if len(waiting_issues(room)) >= ISSUES_BROUGHT_AT_MOST:
        return refuse("board_full")
    return [IssueBrought(member.seat, command.text, author_of(room, asking.by))]


def _mine(room: Room, issue: bytes, by: int) -> Issue | Refusal:
    found = issue_with(room, issue)
    if found is None:
        return refuse("no_such_issue")
    guest = room.members[found.seat].is_guest if found.seat in room.members else False
    if found.seat != by and not (guest and is_facilitator(room, by)):
        return refuse("not_yours")
    return found


def _edit(room: Room, command: EditIssue, asking: Asking) -> list[Event] | Refusal:
    issue = _mine(room, command.issue, asking.by)
    if isinstance(issue, Refusal):
        return issue
    if not allowed_length(FieldKind.ISSUE, len(command.text)):
        return refuse("bad_length")
    return [IssueEdited(command.issue, command.text, author_of(room, asking.by))]


def _withdraw(room: Room, command: WithdrawIssue, asking: Asking) -> list[Event] | Refusal:
    issue = _mine(room, command.issue, asking.by)
    return issue if isinstance(issue, Refusal) else [IssueWithdrawn(command.issue)]


def _choose(room: Room, command: ChooseIssue, asking: Asking) -> list[Event] | Refusal:
    session = room.running
    issue = issue_with(room, command.issue)
    if session is None:
        return refuse("no_session")
    if issue is None:
        return refuse("no_such_issue")
    if not 1 <= command.number <= 16:
        return refuse("bad_number")
    member = room.members.get(issue.seat)
    if member is None or member.removed:
        return refuse("no_such_seat")
    same = session.brought.get(command.number) == issue.id and session.holders.get(command.number) == issue.seat
    return [] if same else [IssueChosen(command.issue, command.number)]


def _keep(room: Room, command: KeepQuestions, asking: Asking) -> list[Event] | Refusal:
    session = room.session
    if session is None:
        return refuse("no_session")
    holder = session.holders.get(command.number, session.phase.holder if command.number == 0 else 0)
    if holder != asking.by:
        return refuse("not_yours")
    same = (command.number in session.questions_kept) == command.keep
    return [] if same else [QuestionsKept(command.number, command.keep)]


def _brought(room: Room, event: IssueBrought, stamp: Stamp) -> None:
    room.issues.append(Issue(stamp.id, event.seat, event.text, event.author, stamp.at))
    session = room.running
    if session is None:
        return
    for number, seat in session.holders.items():
        if seat == event.seat and number not in session.brought:
            session.brought[number] = stamp.id


def _edited(room: Room, event: IssueEdited, stamp: Stamp) -> None:
    issue = issue_with(room, event.issue)
    if issue is not None:
        issue.text, issue.author = event.text, event.author


def _withdrawn(room: Room, event: IssueWithdrawn, stamp: Stamp) -> None:
    room.issues = [i for i in room.issues if i.id != event.issue]
    if room.session is not None:
        room.session.brought = {n: i for n, i in room.session.brought.items() if i != event.issue}


def _chosen(room: Room, event: IssueChosen, stamp: Stamp) -> None:
    session, issue = room.running, issue_with(room, event.issue)
    if session is None or issue is None:
        return
    session.brought[event.number] = issue.id
    session.holders[event.number] = issue.seat
    if session.phase.issue == event.number:
        session.phase.holder = issue.seat


def _kept(room: Room, event: QuestionsKept, stamp: Stamp) -> None:
    if room.session is None:
        return
    kept = set(room.session.questions_kept) - {event.number}
    room.session.questions_kept = sorted(kept | {event.number} if event.keep else kept)


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    BringIssue: _bring,
    EditIssue: _edit,
    WithdrawIssue: _withdraw,
    ChooseIssue: _choose,
    KeepQuestions: _keep,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    IssueBrought: _brought,
    IssueEdited: _edited,
    IssueWithdrawn: _withdrawn,
    IssueChosen: _chosen,
    QuestionsKept: _kept,
}
