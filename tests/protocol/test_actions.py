"""Actions: committed to, done or not, carried over; what the review shows."""

from __future__ import annotations

from typing import Any

import pytest
from evenly_protocol.actions import (
    ACTIONS_AT_MOST,
    MILLISECONDS_A_DAY,
    NOTES_AT_MOST,
    Action,
    ActionStep,
    AddAction,
    CheerAction,
    ConfirmAction,
    EditAction,
    NoteAction,
    ReconsiderAction,
    SetActionState,
    action_with,
    in_review,
    last_held,
)
from evenly_protocol.agenda import LeaveOpen, PhasePlan
from evenly_protocol.issues import BringIssue
from evenly_protocol.seats import RemoveMember, SetRole
from evenly_protocol.words import OPEN_STATES, ActionState, FloorMode, Role
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from .world import World, code, phase

TEXT, OTHER, NOTE = b"a" * 61, b"b" * 61, b"n" * 285
COMMITTED, DOING, BLOCKED = OPEN_STATES


def add(w: World, seat: int, **more: Any) -> Action:
    w.must(AddAction(TEXT, **more), seat)
    return get(w, w.entries[-1].id)


def get(w: World, id: bytes) -> Action:
    found = action_with(w.room, id)
    assert found is not None
    return found


def session(w: World, *plan: PhasePlan) -> None:
    """A session from start to end."""
    w.start(*plan or (phase(),))
    w.end()


def today(w: World) -> int:
    return w.at // MILLISECONDS_A_DAY


# -- states --------------------------------------------------------------------------------------------------------


def test_an_action_is_committed_to_and_goes_through_its_states() -> None:
    w = World(3, None)
    action = add(w, 2, buddy=3, due=9)
    assert (action.owner, action.state, action.due, action.buddy, action.session) == (2, COMMITTED, 9, 3, 0)
    for state in (DOING, BLOCKED, ActionState.DONE, DOING, ActionState.DROPPED):
        w.must(SetActionState(action.id, state), 2)
        assert get(w, action.id).state is state
    assert w.do(SetActionState(action.id, ActionState.DROPPED), 2) == []
    states = [s.state for s in action.history]
    assert states == [COMMITTED, DOING, BLOCKED, ActionState.DONE, DOING, ActionState.DROPPED]
    assert {s.by for s in action.history} == {2}


def test_nobody_proposes_what_is_committed_to() -> None:
    w = World(3, None)
    action = add(w, 2)
    assert code(w.do(SetActionState(action.id, ActionState.PROPOSED), 2)) == "not_allowed"
    assert code(w.do(ConfirmAction(action.id, True), 2)) == "not_proposed"
    assert code(w.do(SetActionState(b"?" * 16, DOING), 2)) == "no_such_action"


def test_what_somebody_typed_for_its_owner_waits_for_them() -> None:
    w = World(4, None)
    action = add(w, 3, owner=2)
    assert (action.owner, action.state, action.author) == (2, ActionState.PROPOSED, w.room.members[3].ik)
    assert code(w.do(SetActionState(action.id, DOING), 2)) == "not_allowed"
    assert code(w.do(ConfirmAction(action.id, True), 3)) == "not_yours"
    assert code(w.do(ConfirmAction(action.id, True), 1)) == "not_yours"
    assert code(w.do(ConfirmAction(action.id, False), 4)) == "not_yours"
    w.must(ConfirmAction(action.id, True), 2)
    assert get(w, action.id).state is COMMITTED


@pytest.mark.parametrize("by", [2, 3])
def test_the_owner_declines_and_whoever_typed_it_takes_it_back(by: int) -> None:
    w = World(4, None)
    action = add(w, 3, owner=2)
    w.must(ConfirmAction(action.id, False), by)
    assert w.room.actions == []


def test_a_guest_seats_action_is_a_facilitators_to_keep() -> None:
    w = World(3, None)
    guest = w.guest()
    assert code(w.do(AddAction(TEXT, owner=guest), 2)) == "not_allowed"
    action = add(w, 1, owner=guest)
    assert action.state is COMMITTED
    w.must(SetActionState(action.id, DOING))


def test_a_buddy_is_somebody_else() -> None:
    w = World(3, None)
    assert code(w.do(AddAction(TEXT, buddy=2), 2)) == "own_buddy"
    assert code(w.do(AddAction(TEXT, owner=3, buddy=3), 2)) == "own_buddy"
    assert code(w.do(AddAction(TEXT, buddy=9), 2)) == "no_such_seat"
    action = add(w, 2, buddy=3)
    assert code(w.do(EditAction(action.id, b"", 0, 2), 2)) == "own_buddy"


def test_what_an_action_needs() -> None:
    w = World(4, None)
    w.must(SetRole(4, Role.OBSERVER))
    assert code(w.do(AddAction(b"x"), 2)) == "bad_length"
    assert code(w.do(AddAction(TEXT, due=-1), 2)) == "bad_number"
    assert code(w.do(AddAction(TEXT, due=100_001), 2)) == "bad_number"
    assert code(w.do(AddAction(TEXT, owner=4), 2)) == "no_such_seat"
    assert code(w.do(AddAction(TEXT, owner=9), 2)) == "no_such_seat"
    assert code(w.do(AddAction(TEXT, issue=b"?" * 16), 2)) == "no_such_issue"
    w.must(BringIssue(b"i" * 285), 3)
    assert add(w, 2, issue=w.room.issues[0].id).issue == w.room.issues[0].id


def test_the_board_is_full_of_open_actions_only() -> None:
    w = World(2, None)
    one = add(w, 2)
    for n in range(ACTIONS_AT_MOST - 1):
        w.room.actions.append(Action(n.to_bytes(15, "big") + b"x", 2, TEXT, b"", 0, COMMITTED, 0, 0))
    assert code(w.do(AddAction(TEXT), 2)) == "board_full"
    w.must(SetActionState(one.id, ActionState.DONE), 2)
    add(w, 2)


def test_the_owner_and_facilitators_edit() -> None:
    w = World(4, None)
    action = add(w, 2, buddy=3)
    assert code(w.do(EditAction(action.id, OTHER, 0, 0), 3)) == "not_yours"
    assert code(w.do(EditAction(action.id, b"x", 0, 0), 2)) == "bad_length"
    assert w.do(EditAction(action.id, b"", 0, 3), 2) == []
    w.must(EditAction(action.id, b"", 12, 4), 1)
    assert (action.text, action.author, action.due, action.buddy) == (TEXT, w.room.members[2].ik, 12, 4)
    w.must(EditAction(action.id, OTHER, 12, 4), 1)
    assert (action.text, action.author, action.changed) == (OTHER, w.room.members[1].ik, 2)


def test_notes_are_written_by_owner_buddy_and_facilitators_and_what_was_learnt_with_the_state() -> None:
    w = World(4, None)
    action = add(w, 2, buddy=3)
    for seat in (1, 2, 3):
        w.must(NoteAction(action.id, NOTE), seat)
    assert code(w.do(NoteAction(action.id, NOTE), 4)) == "not_yours"
    assert code(w.do(NoteAction(action.id, b"x"), 2)) == "bad_length"
    w.must(SetActionState(action.id, ActionState.DONE, NOTE), 2)
    assert [(n.seat, n.learnt) for n in action.notes] == [(1, False), (2, False), (3, False), (2, True)]
    w.must(SetActionState(action.id, ActionState.DONE, NOTE), 2)
    assert len(action.history) == 2
    for _ in range(NOTES_AT_MOST - 5):
        w.must(NoteAction(action.id, NOTE), 2)
    assert code(w.do(NoteAction(action.id, NOTE), 2)) == "board_full"
    assert code(w.do(SetActionState(action.id, DOING, NOTE), 2)) == "board_full"
    w.must(SetActionState(action.id, DOING), 2)


def test_anyone_cheers_once() -> None:
    w = World(4, None)
    w.must(SetRole(4, Role.OBSERVER))
    action = add(w, 2)
    w.must(CheerAction(action.id), 4)
    w.must(CheerAction(action.id), 3)
    assert w.do(CheerAction(action.id), 3) == []
    assert action.cheers == [4, 3]
    w.must(CheerAction(action.id, on=False), 4)
    assert action.cheers == [3]


# -- from session to session ---------------------------------------------------------------------------------------


def test_next_session_is_the_one_after_it_was_made() -> None:
    w = World(3, None)
    before = add(w, 2)
    w.start()
    during = add(w, 2)
    w.end()
    after = add(w, 2)
    assert [a.carried for a in (before, during, after)] == [1, 0, 0]
    session(w)
    assert [a.carried for a in (before, during, after)] == [2, 1, 1]


def test_an_action_with_a_day_is_carried_over_once_the_day_has_come() -> None:
    w = World(3, None)
    w.at = 5 * MILLISECONDS_A_DAY
    action = add(w, 2, due=today(w) + 1)
    session(w)
    assert action.carried == 0
    w.at += MILLISECONDS_A_DAY
    session(w)
    assert action.carried == 1


def test_a_session_left_open_past_midnight_ended_the_day_before() -> None:
    w = World(3, None)
    w.at = 5 * MILLISECONDS_A_DAY - 1_000
    action = add(w, 2, due=5)
    w.start()
    w.must(LeaveOpen(1))
    w.later(60_000)
    w.end()
    assert action.carried == 0


def test_what_is_done_dropped_or_only_proposed_is_not_carried_over() -> None:
    w = World(3, None)
    done, dropped, proposed, doing = add(w, 2), add(w, 2), add(w, 3, owner=2), add(w, 2)
    w.must(SetActionState(done.id, ActionState.DONE), 2)
    w.must(SetActionState(dropped.id, ActionState.DROPPED), 2)
    w.must(SetActionState(doing.id, DOING), 2)
    session(w)
    assert [a.carried for a in (done, dropped, proposed, doing)] == [0, 0, 0, 1]
    assert doing.history[-1] == ActionStep(w.at, 0, 1, DOING, 1)


def test_after_two_carry_overs_the_owner_is_asked_until_they_find_it_worth_doing() -> None:
    w = World(3, None)
    action = add(w, 2)
    session(w)
    assert not action.asks_worth
    session(w)
    assert action.asks_worth
    assert code(w.do(ReconsiderAction(action.id), 1)) == "not_yours"
    w.must(ReconsiderAction(action.id), 2)
    assert not action.asks_worth
    assert w.do(ReconsiderAction(action.id), 2) == []
    session(w)
    assert action.asks_worth
    w.must(SetActionState(action.id, ActionState.DROPPED), 2)
    assert not action.asks_worth


def test_the_review_begins_with_the_last_issue_holder_then_owner_by_owner() -> None:
    w = World(4, None)
    w.start(PhasePlan("issue", b"", 5, FloorMode.SOLO, holder=3, issue=1))
    assert last_held(w.room) == []
    fourth, second, third, first = add(w, 4), add(w, 2), add(w, 2), add(w, 3)
    assert in_review(w.room) == []
    w.end()
    order = [a.id for a in (first, second, third, fourth)]
    assert [a.id for a in in_review(w.room)] == order
    w.start()
    add(w, 2)
    assert [a.id for a in in_review(w.room)] == order
    w.must(SetActionState(second.id, ActionState.DONE), 2)
    assert second not in in_review(w.room)


def test_what_was_closed_stays_for_two_sessions_and_open_actions_for_ever() -> None:
    w = World(3, None)
    w.start()
    closed, proposed, open_one = add(w, 2), add(w, 3, owner=2), add(w, 2)
    w.must(SetActionState(closed.id, ActionState.DONE), 2)
    w.end()
    session(w)
    session(w)
    assert closed in w.room.actions
    session(w)
    assert closed not in w.room.actions
    for _ in range(5):
        session(w)
    assert w.room.actions == [proposed, open_one]


def test_whoever_leaves_for_ever_leaves_nothing_open() -> None:
    w = World(4, None)
    done, doing, asked, others = add(w, 2), add(w, 2), add(w, 3, owner=2), add(w, 3, buddy=2)
    w.must(SetActionState(done.id, ActionState.DONE), 2)
    w.must(RemoveMember(2))
    assert [(a.id, a.state) for a in w.room.actions] == [
        (done.id, ActionState.DONE),
        (doing.id, ActionState.DROPPED),
        (others.id, COMMITTED),
    ]
    assert doing.history[-1] == ActionStep(w.at, 1, 0, ActionState.DROPPED)
    assert action_with(w.room, asked.id) is None
    assert others.buddy == 0
    w.must(EditAction(others.id, OTHER, 0, 0), 3)


@examples(max_examples=120)
@given(st.data())
def test_a_history_is_never_shorter_and_ends_with_how_the_action_stands(data: st.DataObject) -> None:
    w = World(4, None)
    ids = [add(w, 2).id, add(w, 3, owner=2).id, add(w, 3, due=today(w) + 2).id]
    seen: dict[bytes, list[ActionStep]] = {}
    for _ in range(data.draw(st.integers(1, 25))):
        id = data.draw(st.sampled_from(ids))
        by = data.draw(st.integers(1, 4))
        kind = data.draw(st.integers(0, 6))
        if kind == 0 and w.room.running is None:
            w.start()
        elif kind == 1 and w.room.running is not None:
            w.end()
        elif kind == 2:
            w.do(ConfirmAction(id, data.draw(st.booleans())), by)
        elif kind == 3:
            w.do(EditAction(id, OTHER, data.draw(st.integers(0, 5)), data.draw(st.integers(0, 4))), by)
        elif kind == 4:
            w.do(ReconsiderAction(id), by)
        elif kind == 5:
            w.at += data.draw(st.sampled_from([1, MILLISECONDS_A_DAY]))
        else:
            w.do(SetActionState(id, data.draw(st.sampled_from(ActionState)), b""), by)
        for action in w.room.actions:
            before = seen.get(action.id, [])
            assert action.history[: len(before)] == before
            assert action.history[-1].state is action.state
            assert [s.at for s in action.history] == sorted(s.at for s in action.history)
            assert action.carried == sum(s.by == 0 for s in action.history)
            assert action.reconsidered <= action.carried
            assert action.buddy != action.owner
            seen[action.id] = list(action.history)
        gone = set(seen) - {a.id for a in w.room.actions}
        assert all(seen[g][-1].state not in OPEN_STATES for g in gone)
