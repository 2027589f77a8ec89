"""Actions: what somebody commits to do, and what becomes of it. Source: domain.md, "Actions".

proposed ─▶ committed ─▶ doing ─▶ done          an open one is carried over at the end of each session that it
                └── blocked ── dropped          was due at; its history is never shortened
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.issues import issues_held
from evenly_protocol.members import author_of, is_facilitator, somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import OPEN_STATES, ActionState, Label, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session

MILLISECONDS_A_DAY = 86_400_000
ACTIONS_AT_MOST = 500
"""Open actions in a room."""

NOTES_AT_MOST = 100
CARRIED_ASKS_AFTER = 2
"""After so many carry-overs the owner is asked, in private: still worth doing?"""

CLOSED_KEPT_SESSIONS = 2
"""Actions that are done or dropped stay on the board for so many sessions more."""

DAY_AT_MOST = 100_000
"""The last day that a due date may be: in the year 2243."""


class Note(msgspec.Struct, array_like=True):
    """A sealed note on an action: `learnt` says that it answers what happened, and what was learnt."""

    id: bytes
    seat: int
    text: bytes
    author: bytes
    at: int
    learnt: bool = False


class ActionStep(msgspec.Struct, array_like=True, frozen=True):
    """A step in an action's history.

    Attributes:
        at: UTC milliseconds.
        by: who; 0 is the rule that carries over.
        session: the number of the session running then, or of the last one.
        state: how it stands from then on.
        carried: how often it has been carried over by then.
    """

    at: int
    by: int
    session: int
    state: ActionState
    carried: int = 0


class Action(msgspec.Struct, array_like=True):
    """Something an owner commits to do.

    Attributes:
        id: the id of the command that made it.
        owner: whose it is.
        text: sealed.
        author: the device key that sealed it.
        due: the day by which, in days since 1970-01-01; 0 is "next session".
        state: how it stands.
        session: the number of the session it was made in (or after); 0 before the first.
        at: when it was made, UTC milliseconds.
        issue: the issue it came from; empty for none.
        buddy: a member who will ask how it goes; 0 for nobody.
        notes, cheers: in order; cheers are seats.
        carried: how often it was carried over.
        reconsidered: `carried` as it was when its owner last said that it is still worth doing.
        history: every step, the oldest first.
        label: how far it may go.
        changed: how often something that a calendar shows of it has changed.
    """

    id: bytes
    owner: int
    text: bytes
    author: bytes
    due: int
    state: ActionState
    session: int
    at: int
    issue: bytes = b""
    buddy: int = 0
    notes: list[Note] = []
    cheers: list[int] = []
    carried: int = 0
    reconsidered: int = 0
    history: list[ActionStep] = []
    label: Label = Label.ROOM
    changed: int = 0

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in OPEN_STATES

    @property
    def typed_by(self) -> int:
        """The seat that typed it; 0 where that is not known."""
        return self.history[0].by if self.history else 0

    @property
    def asks_worth(self) -> bool:
        """Whether its owner is to be asked if it is still worth doing."""
        return self.open and self.carried >= CARRIED_ASKS_AFTER and self.carried > self.reconsidered


class AddAction(Command, frozen=True):
    """Commit to something, or (`owner` another member) type it for them to confirm. `due`: a day; 0 next session."""

    text: bytes
    owner: int = 0
    due: int = 0
    buddy: int = 0
    issue: bytes = b""


class ConfirmAction(Command, frozen=True):
    """The owner confirms what was typed for them, or (`yes` false) does not."""

    action: bytes
    yes: bool


class EditAction(Command, frozen=True):
    """Change an action's words (empty: as they are), its due day or its buddy."""

    action: bytes
    text: bytes
    due: int
    buddy: int


class SetActionState(Command, frozen=True):
    """Say how an action stands, and (`note`, sealed, may be empty) what happened and what was learnt."""

    action: bytes
    state: ActionState
    note: bytes = b""


class NoteAction(Command, frozen=True):
    """Write a note on an action."""

    action: bytes
    text: bytes


class CheerAction(Command, frozen=True):
    """Cheer, or (`on` false) no longer."""

    action: bytes
    on: bool = True


class ReconsiderAction(Command, frozen=True):
    """The owner says that a carried-over action is still worth doing."""

    action: bytes


class ActionAdded(Event, frozen=True):
    """Somebody has committed to something, or it was typed for them."""

    owner: int
    text: bytes
    author: bytes
    due: int
    buddy: int
    issue: bytes
    state: ActionState


class ActionEdited(Event, frozen=True):
    """An action has other words (empty: the same), another due day, another buddy."""

    action: bytes
    text: bytes
    author: bytes
    due: int
    buddy: int


class ActionStateSet(Event, frozen=True):
    """An action stands so."""

    action: bytes
    state: ActionState


class ActionNoted(Event, frozen=True):
    """There is a note on an action."""

    action: bytes
    text: bytes
    author: bytes
    learnt: bool


class ActionCheered(Event, frozen=True):
    """Somebody cheers, or no longer."""

    action: bytes
    seat: int
    on: bool


class ActionReconsidered(Event, frozen=True):
    """Its owner finds it still worth doing."""

    action: bytes


class ActionRemoved(Event, frozen=True):
    """What was typed for somebody was not confirmed: it is gone."""

    action: bytes


def action_with(room: Room, action: bytes) -> Action | None:
    """The action with this id."""
    return next((a for a in room.actions if a.id == action), None)


def due_by(action: Action, at: int) -> bool:
    """Whether an action is due at a session held at `at` (UTC milliseconds): next session has come, or the day."""
    return action.due == 0 or action.due <= at // MILLISECONDS_A_DAY


def in_review(room: Room) -> list[Action]:
    """What the review shows: open actions of earlier sessions that are due, by owner, the last issue-holders first."""
    session = room.running
    number = session.number if session is not None else (room.session.number + 1 if room.session else 1)
    at = session.started_at if session is not None else room.at
    due = [a for a in room.actions if a.open and a.session < number and due_by(a, at)]
    first = last_held(room)
    return sorted(due, key=lambda a: (a.owner not in first, a.owner, a.at))


def last_held(room: Room) -> list[int]:
    """The seats whose issue the last session was about: those of the one before the running one."""
    if room.running is not None:
        return room.past[-1].held if room.past else []
    return [] if room.session is None else list(issues_held(room.session).values())


def carry_over(room: Room, session: Session, at: int) -> None:
    """What was due at this session and is not done is carried over. A fold of the session's end."""
    for action in room.actions:
        if action.open and action.session < session.number and due_by(action, at):
            action.carried += 1
            action.history.append(ActionStep(at, 0, session.number, action.state, action.carried))


def clear_board(room: Room, number: int) -> None:
    """What was closed long ago leaves the board; the log keeps it. A fold of the beginning of session `number`."""
    room.actions = [
        a
        for a in room.actions
        if a.open or a.state is ActionState.PROPOSED or a.history[-1].session + CLOSED_KEPT_SESSIONS >= number
    ]


def _may_edit(room: Room, action: bytes, by: int) -> Action | Refusal:
    found = action_with(room, action)
    if found is None:
        return refuse("no_such_action")
    if found.owner != by and not is_facilitator(room, by):
        return refuse("not_yours")
    return found


def _fitting(room: Room, owner: int, due: int, buddy: int) -> Refusal | None:
    if buddy and somebody(room, buddy) is None:
        return refuse("no_such_seat")
    if buddy and buddy == owner:
        return refuse("own_buddy")
    return None if 0 <= due <= DAY_AT_MOST else refuse("bad_number")


def _add(room: Room, command: AddAction, asking: Asking) -> list[Event] | Refusal:
    owner = command.owner or asking.by
    member = somebody(room, owner)
    if member is None or member.role is Role.OBSERVER:
        return refuse("no_such_seat")
    if not allowed_length(FieldKind.ACTION, len(command.text)):
        return refuse("bad_length")
    if sum(a.open or a.state is ActionState.PROPOSED for a in room.actions) >= ACTIONS_AT_MOST:
        return refuse("board_full")
    if command.issue and not any(i.id == command.issue for i in room.issues):
        return refuse("no_such_issue")
    refusal = _fitting(room, owner, command.due, command.buddy)
    if refusal is not None:
        return refusal
    if member.is_guest and not is_facilitator(room, asking.by):
        return refuse("not_allowed")
    own = owner == asking.by or member.is_guest
    return [
        ActionAdded(
            owner,
            command.text,
            author_of(room, asking.by),
            command.due,
            command.buddy,
            command.issue,
            ActionState.COMMITTED if own else ActionState.PROPOSED,
        )
    ]


def _confirm(room: Room, command: ConfirmAction, asking: Asking) -> list[Event] | Refusal:
    action = action_with(room, command.action)
    if action is None:
        return refuse("no_such_action")
    if action.state is not ActionState.PROPOSED:
        return refuse("not_proposed")
    if action.owner != asking.by and not (not command.yes and action.typed_by == asking.by):
        return refuse("not_yours")
    if command.yes:
        return [ActionStateSet(action.id, ActionState.COMMITTED)]
    return [ActionRemoved(action.id)]


def _edit(room: Room, command: EditAction, asking: Asking) -> list[Event] | Refusal:
    action = _may_edit(room, command.action, asking.by)
    if isinstance(action, Refusal):
        return action
    if command.text and not allowed_length(FieldKind.ACTION, len(command.text)):
        return refuse("bad_length")
    refusal = _fitting(room, action.owner, command.due, command.buddy)
    if refusal is not None:
        return refusal
    if not command.text and (command.due, command.buddy) == (action.due, action.buddy):
        return []
    author = author_of(room, asking.by) if command.text else b""
    return [ActionEdited(action.id, command.text, author, command.due, command.buddy)]


def _set_state(room: Room, command: SetActionState, asking: Asking) -> list[Event] | Refusal:
    action = _may_edit(room, command.action, asking.by)
    if isinstance(action, Refusal):
        return action
    if action.state is ActionState.PROPOSED or command.state is ActionState.PROPOSED:
        return refuse("not_allowed")
    if command.note and not allowed_length(FieldKind.NOTE, len(command.note)):
        return refuse("bad_length")
    if command.note and len(action.notes) >= NOTES_AT_MOST:
        return refuse("board_full")
    events: list[Event] = []
    if command.state is not action.state:
        events.append(ActionStateSet(action.id, command.state))
    if command.note:
        events.append(ActionNoted(action.id, command.note, author_of(room, asking.by), True))
    return events


def _note(room: Room, command: NoteAction, asking: Asking) -> list[Event] | Refusal:
    action = action_with(room, command.action)
    if action is None:
        return refuse("no_such_action")
    if asking.by not in (action.owner, action.buddy) and not is_facilitator(room, asking.by):
        return refuse("not_yours")
    if not allowed_length(FieldKind.NOTE, len(command.text)):
        return refuse("bad_length")
    if len(action.notes) >= NOTES_AT_MOST:
        return refuse("board_full")
    return [ActionNoted(action.id, command.text, author_of(room, asking.by), False)]


def _cheer(room: Room, command: CheerAction, asking: Asking) -> list[Event] | Refusal:
    action = action_with(room, command.action)
    if action is None:
        return refuse("no_such_action")
    same = (asking.by in action.cheers) == command.on
    return [] if same else [ActionCheered(action.id, asking.by, command.on)]


def _reconsider(room: Room, command: ReconsiderAction, asking: Asking) -> list[Event] | Refusal:
    action = action_with(room, command.action)
    if action is None:
        return refuse("no_such_action")
    if action.owner != asking.by:
        return refuse("not_yours")
    return [] if action.reconsidered == action.carried else [ActionReconsidered(action.id)]


def _number_now(room: Room) -> int:
    return room.session.number if room.session is not None else 0


def _added(room: Room, event: ActionAdded, stamp: Stamp) -> None:
    number = _number_now(room)
    room.actions.append(
        Action(
            stamp.id,
            event.owner,
            event.text,
            event.author,
            event.due,
            event.state,
            number,
            stamp.at,
            event.issue,
            event.buddy,
            history=[ActionStep(stamp.at, stamp.by, number, event.state)],
        )
    )


def _edited(room: Room, event: ActionEdited, stamp: Stamp) -> None:
    action = action_with(room, event.action)
    if action is None:
        return
    if event.text:
        action.text, action.author = event.text, event.author
    action.due, action.buddy = event.due, event.buddy
    action.changed += 1


def _state_set(room: Room, event: ActionStateSet, stamp: Stamp) -> None:
    action = action_with(room, event.action)
    if action is None:
        return
    action.state = event.state
    action.changed += 1
    action.history.append(ActionStep(stamp.at, stamp.by, _number_now(room), event.state, action.carried))


def _noted(room: Room, event: ActionNoted, stamp: Stamp) -> None:
    action = action_with(room, event.action)
    if action is not None:
        action.notes.append(Note(stamp.id, stamp.by, event.text, event.author, stamp.at, event.learnt))


def _cheered(room: Room, event: ActionCheered, stamp: Stamp) -> None:
    action = action_with(room, event.action)
    if action is not None:
        cheers = [s for s in action.cheers if s != event.seat]
        action.cheers = [*cheers, event.seat] if event.on else cheers


def _reconsidered(room: Room, event: ActionReconsidered, stamp: Stamp) -> None:
    action = action_with(room, event.action)
    if action is not None:
        action.reconsidered = action.carried


def _removed(room: Room, event: ActionRemoved, stamp: Stamp) -> None:
    room.actions = [a for a in room.actions if a.id != event.action]


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    AddAction: _add,
    ConfirmAction: _confirm,
    EditAction: _edit,
    SetActionState: _set_state,
    NoteAction: _note,
    CheerAction: _cheer,
    ReconsiderAction: _reconsider,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    ActionAdded: _added,
    ActionEdited: _edited,
    ActionStateSet: _state_set,
    ActionNoted: _noted,
    ActionCheered: _cheered,
    ActionReconsidered: _reconsidered,
    ActionRemoved: _removed,
}
