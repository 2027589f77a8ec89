"""The agenda: phases started, extended, skipped, taken back; what that does to the time of the others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from evenly_protocol import agenda, attendance, wire
from evenly_protocol import session as s
from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.agenda import (
    CountPhase,
    ExtendPhase,
    LeaveOpen,
    PhasePlan,
    SetIssueHolder,
    SkipPhase,
    StartPhase,
    TakeFromLater,
    agreed_end,
    allotment,
    behind,
    projected_end,
    remaining,
    to_come,
)
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.facts import Event
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Room, evolve
from evenly_protocol.rounds import RoundBegan
from evenly_protocol.seats import RemoveMember, SetRole, SetTimekeeper
from evenly_protocol.turns import Speak
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Role
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .world import MINUTE, SECOND, World, code


def step(activity: str, minutes: int = 10, **more: Any) -> PhasePlan:
    """A phase of this activity, as the activity is by itself."""
    known = ACTIVITIES[activity]
    return PhasePlan(
        activity,
        b"",
        minutes,
        known.mode,
        known.counted,
        with_facilitators=known.with_facilitators,
        **more,
    )


def world(*plan: PhasePlan, people: int = 4, **more: Any) -> World:
    w = World(people, None)
    w.start(*plan, **more)
    return w


def go(w: World, index: int, seat: int = 0) -> list[Event]:
    """A phase is started."""
    return w.must(StartPhase(index, w.session.phase.visit, seat))


def undo(w: World) -> None:
    found = last_step(w.room, 1)
    assert found is not None
    w.must(Undo(found.id))


def minutes(w: World) -> list[int]:
    """The allotments in whole minutes."""
    return [allotment(w.session, i) // MINUTE for i in range(len(w.session.phases))]


# -- moving on -----------------------------------------------------------------------------------------------------


def test_the_next_a_later_and_an_earlier_phase_can_be_started() -> None:
    w = world(step("talk"), step("discussion"), step("break"), step("wins"))
    go(w, 1)
    assert w.session.phase.activity == "discussion"
    go(w, 3)
    assert to_come(w.session) == []
    go(w, 0)
    assert to_come(w.session) == [1, 2, 3]
    assert [v.index for v in w.session.visits] == [0, 1, 3]
    assert code(w.do(StartPhase(4, w.session.phase.visit))) == "no_such_phase"
    assert code(w.do(StartPhase(-1, w.session.phase.visit))) == "no_such_phase"
    assert code(w.do(StartPhase(1, w.session.phase.visit, 99))) == "no_such_seat"


def test_two_people_who_press_at_once_start_one_phase() -> None:
    w = world(step("talk"), step("discussion"), step("break"))
    press = StartPhase(1, w.session.phase.visit)
    w.must(press)
    assert code(w.do(press)) == "phase_over"
    assert code(w.do(StartPhase(2, press.ends))) == "phase_over"
    assert w.session.phase_index == 1


def test_a_phase_can_begin_again() -> None:
    w = world(step("talk"), step("discussion"))
    w.later(4 * MINUTE)
    go(w, 0)
    assert w.session.phase.ends_at == w.at + 6 * MINUTE
    assert w.session.phase.visit == 2


def test_the_running_turn_is_cut_and_belongs_to_the_old_phase() -> None:
    w = world(step("talk"), step("discussion"))
    w.give(2)
    w.later(5 * SECOND)
    go(w, 1)
    assert w.speaking == []
    assert [(x.phase, x.end) for x in w.session.ledger] == [(0, w.at)]
    w.give(2)
    w.later(5 * SECOND)
    w.finish()
    assert w.session.ledger[-1].phase == 1


def test_hands_stay_and_fit_the_new_floor() -> None:
    w = world(step("talk"), step("questions"), step("discussion"))
    w.hand(2, Intent.SPEAK)
    w.hand(3, Intent.PROCESS)
    go(w, 1)
    assert [h.intent for h in w.floor.hands] == [Intent.QUESTION, Intent.PROCESS]
    go(w, 2)
    assert [h.intent for h in w.floor.hands] == [Intent.CLARIFY, Intent.PROCESS]


def test_questions_put_and_the_timekeeper_are_of_one_phase() -> None:
    w = world(step("questions"), step("questions"))
    w.must(SetTimekeeper(3))
    w.give(2)
    assert w.floor.questions_put == {2: 1}
    go(w, 1)
    assert (w.floor.questions_put, w.room.timekeeper) == ({}, 0)


def test_a_round_begins_by_itself_with_facilitators_where_the_plan_says_so() -> None:
    w = world(step("talk"), step("check_in"), step("wins"))
    go(w, 1)
    assert w.floor.round is not None
    assert {*w.speaking, *w.floor.round.pending} == {1, 2, 3, 4}
    assert w.floor.round.guide_ms == 10 * MINUTE // 4
    go(w, 2, seat=3)
    assert w.floor.round is not None
    assert [*w.speaking, *w.floor.round.pending] == [3, 4, 2]


def test_a_round_of_nobody_is_a_queue() -> None:
    w = world(step("talk"), step("wins"), people=1)
    go(w, 1)
    assert w.floor.mode is FloorMode.QUEUE
    assert w.session.phase.activity == "wins"


def test_the_guide_of_a_round_returned_to_is_of_the_time_it_has_left() -> None:
    w = world(step("wins"), step("talk"))
    w.later(4 * MINUTE)
    go(w, 1)
    events = go(w, 0)
    began = next(e for e in events if isinstance(e, RoundBegan))
    assert began.guide_ms == 6 * MINUTE // 3


def test_a_solo_begins_with_the_issue_holder_or_whoever_is_named() -> None:
    w = world(step("talk"), step("issue", holder=3, issue=1), step("expert", speaker=2))
    go(w, 1)
    assert w.speaking == [3]
    go(w, 2)
    assert w.speaking == [2]
    go(w, 1, seat=4)
    assert w.speaking == [4]
    assert w.session.phase.holder == 3


def test_a_solo_needs_somebody_who_is_there() -> None:
    w = world(step("talk"), step("issue", issue=1), step("expert", speaker=4), people=4)
    assert code(w.do(StartPhase(1, 1))) == "nobody_named"
    w.must(SetIssueHolder(3, 1))
    w.must(attendance.LeaveCall(), 3)
    assert code(w.do(StartPhase(1, 1))) == "not_here"
    w.must(SetRole(4, Role.OBSERVER))
    assert code(w.do(StartPhase(2, 1))) == "nobody_named"
    w.must(StartPhase(1, 1, 3))
    assert w.speaking == [3]
    assert w.room.members[3].attending


def test_whoever_was_removed_has_no_solo() -> None:
    w = world(step("talk"), step("issue", holder=3, issue=1), step("feedback", holder=3))
    w.must(RemoveMember(3))
    assert code(w.do(StartPhase(1, 1))) == "nobody_named"
    assert code(w.do(StartPhase(2, 1))) == "nobody_named"
    assert code(w.do(StartPhase(2, 1, 3))) == "no_such_seat"


def test_a_refused_start_changes_nothing_and_a_start_copies_the_room_once(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world(step("talk"), step("issue", issue=1), step("wins"))
    before = msgspec.msgpack.encode(w.room)
    copies: list[int] = []
    real = agenda.copy_of
    monkeypatch.setattr(agenda, "copy_of", lambda room: copies.append(1) or real(room))
    w.do(StartPhase(1, 1))
    assert msgspec.msgpack.encode(w.room) == before
    go(w, 2)
    assert len(copies) == 2
    w.hand(2)
    w.must(ExtendPhase(MINUTE))
    assert len(copies) == 2


# -- how a session begins ------------------------------------------------------------------------------------------


def test_a_session_may_begin_with_a_round_in_which_its_host_speaks_and_a_facilitator_by_role_does_not() -> None:
    w = world(step("wins"), step("talk"), host=2)
    assert w.floor.round is not None
    assert [*w.speaking, *w.floor.round.pending] == [2, 3, 4]
    w = world(step("check_in"), step("talk"), host=2)
    assert w.floor.round is not None
    assert {*w.speaking, *w.floor.round.pending} == {1, 2, 3, 4}


def test_a_session_may_begin_with_a_solo() -> None:
    w = world(step("issue", holder=3, issue=1), step("talk"))
    assert w.speaking == [3]
    assert w.session.phase.holder == 3


def test_a_session_that_begins_with_somebody_who_is_not_there_does_not_start() -> None:
    w = World(3, None)
    outcome = w.do(s.StartSession([step("issue", holder=3, issue=1)]), connected=[1, 2])
    assert code(outcome) == "not_here"
    assert w.room.session is None


def test_the_first_phase_has_the_holder_of_its_issue_wherever_the_plan_names_them() -> None:
    w = world(step("clarify", issue=1), step("issue", holder=3, issue=1))
    assert w.session.phase.holder == 3


# -- time ----------------------------------------------------------------------------------------------------------


def test_extending_without_the_later_ones_moves_the_agreed_end() -> None:
    w = world(step("talk"), step("discussion"), step("check_out", 5))
    end = projected_end(w.session, w.at)
    w.must(ExtendPhase(5 * MINUTE))
    assert minutes(w) == [15, 10, 5]
    assert projected_end(w.session, w.at) == agreed_end(w.session) == end + 5 * MINUTE


def test_extending_from_later_takes_the_time_from_what_can_give_it_and_keeps_the_end() -> None:
    w = world(step("talk"), step("discussion", 20), step("wins", 11), step("check_out", 5))
    end = projected_end(w.session, w.at)
    w.must(ExtendPhase(6 * MINUTE, from_later=True))
    assert minutes(w) == [16, 16, 9, 5]
    assert projected_end(w.session, w.at) == agreed_end(w.session) == end


def test_what_cannot_be_given_moves_the_agreed_end_and_everything_keeps_a_minute() -> None:
    w = world(step("talk"), step("discussion", 3), step("wins", 2), step("check_out", 5))
    end = agreed_end(w.session)
    w.must(ExtendPhase(10 * MINUTE, from_later=True))
    assert minutes(w) == [20, 1, 1, 5]
    assert agreed_end(w.session) == end + 7 * MINUTE
    assert behind(w.session, w.at) == 0


def test_the_last_phase_takes_nothing_from_later_ones() -> None:
    w = world(step("talk"))
    end = agreed_end(w.session)
    w.must(ExtendPhase(MINUTE, from_later=True))
    assert agreed_end(w.session) == end + MINUTE


def test_shortening_gives_the_time_to_the_later_ones_or_the_end_comes_earlier() -> None:
    w = world(step("talk"), step("discussion", 10), step("wins", 5), step("check_out", 5))
    end = agreed_end(w.session)
    w.must(ExtendPhase(-3 * MINUTE, from_later=True))
    assert minutes(w) == [7, 12, 6, 5]
    assert agreed_end(w.session) == projected_end(w.session, w.at) == end
    w.must(ExtendPhase(-2 * MINUTE))
    assert agreed_end(w.session) == projected_end(w.session, w.at) == end - 2 * MINUTE


def test_seconds_that_are_no_whole_minutes_are_given_to_the_millisecond() -> None:
    w = world(step("talk"), step("discussion", 7), step("wins", 5), step("check_out", 5))
    end = projected_end(w.session, w.at)
    w.must(ExtendPhase(90_001, from_later=True))
    assert projected_end(w.session, w.at) == end == agreed_end(w.session)


def test_later_phases_give_time_when_the_session_is_behind() -> None:
    w = world(step("talk"), step("discussion", 10), step("wins", 10), step("check_out", 5))
    w.later(14 * MINUTE)
    assert behind(w.session, w.at) == 4 * MINUTE
    w.must(TakeFromLater(4 * MINUTE))
    assert minutes(w) == [10, 8, 8, 5]
    assert behind(w.session, w.at) == 0


def test_the_minutes_of_a_pause_come_from_the_later_phases() -> None:
    w = world(step("talk"), step("discussion", 10), step("check_out", 5))
    end = agreed_end(w.session)
    w.must(s.Hold(), 2)
    w.later(3 * MINUTE)
    assert behind(w.session, w.at) == 0
    w.must(s.Resume())
    assert agreed_end(w.session) == end + 3 * MINUTE
    w.must(TakeFromLater(3 * MINUTE, move_end=True))
    assert agreed_end(w.session) == projected_end(w.session, w.at) == end


def test_later_phases_without_time_give_none() -> None:
    w = world(step("talk"), step("discussion", 1), step("check_out", 5))
    assert code(w.do(TakeFromLater(MINUTE))) == "no_time_left"
    assert code(w.do(TakeFromLater(0))) == "bad_number"
    assert code(w.do(TakeFromLater(-MINUTE))) == "bad_number"


def test_a_phase_is_left_out_and_taken_in_again() -> None:
    w = world(step("talk"), step("discussion", 10), step("wins", 5))
    w.must(SkipPhase(1))
    assert behind(w.session, w.at) == -10 * MINUTE
    assert to_come(w.session) == [2]
    assert w.do(SkipPhase(1)) == []
    w.must(SkipPhase(1, skip=False))
    assert behind(w.session, w.at) == 0
    assert code(w.do(SkipPhase(0))) == "no_such_phase"
    assert code(w.do(SkipPhase(3))) == "no_such_phase"


def test_a_phase_left_out_can_be_started_all_the_same_and_is_left_out_again_when_that_is_taken_back() -> None:
    w = world(step("talk"), step("discussion", 10), step("wins", 5))
    w.must(SkipPhase(1))
    go(w, 1)
    assert w.session.skipped == []
    undo(w)
    assert w.session.skipped == [1]
    assert to_come(w.session) == [2]


def test_a_phase_returned_to_has_the_time_that_it_had_not_used_and_at_least_a_minute() -> None:
    w = world(step("talk", 10), step("discussion", 10), step("wins", 5))
    w.later(4 * MINUTE)
    go(w, 1)
    w.later(30 * MINUTE)
    go(w, 0)
    assert w.session.phase.ends_at == w.at + 6 * MINUTE
    assert remaining(w.session, 1) == MINUTE
    w.later(MINUTE)
    go(w, 1)
    assert w.session.phase.ends_at == w.at + MINUTE


def test_a_phase_shortened_to_nothing_has_a_minute_when_it_comes_again_and_undo_is_exact() -> None:
    w = world(step("talk", 10), step("discussion", 10))
    w.must(ExtendPhase(-10 * MINUTE))
    go(w, 1)
    before = w.session.allotted
    go(w, 0)
    assert w.session.phase.ends_at == w.at + MINUTE
    w.must(ExtendPhase(-MINUTE))
    assert min(w.session.allotted) == 0
    undo(w)
    undo(w)
    assert w.session.allotted == before


def test_time_given_to_a_phase_that_had_used_more_than_its_own_really_arrives() -> None:
    w = world(step("talk", 10), step("discussion", 4), step("check_out", 5))
    go(w, 1)
    w.later(12 * MINUTE)
    go(w, 0)
    end = projected_end(w.session, w.at)
    w.must(ExtendPhase(-2 * MINUTE, from_later=True))
    assert remaining(w.session, 1) == 3 * MINUTE
    assert projected_end(w.session, w.at) == end


def test_holds_are_not_used_time() -> None:
    w = world(step("talk", 10), step("discussion", 4))
    w.later(2 * MINUTE)
    w.must(s.Hold(), 2)
    w.later(5 * MINUTE)
    w.must(s.Resume())
    go(w, 1)
    go(w, 0)
    assert w.session.phase.ends_at == w.at + 8 * MINUTE


def test_an_agenda_that_is_overdue_is_behind_and_one_that_hurries_is_ahead() -> None:
    w = world(step("talk", 10), step("discussion", 4))
    w.later(4 * MINUTE)
    assert behind(w.session, w.at) == 0
    go(w, 1)
    assert behind(w.session, w.at) == -6 * MINUTE
    w.later(12 * MINUTE)
    assert behind(w.session, w.at) == 2 * MINUTE
    w.must(s.Hold(), 2)
    w.later(9 * MINUTE)
    assert behind(w.session, w.at) == 2 * MINUTE


def test_when_each_phase_to_come_begins() -> None:
    w = world(step("talk", 10), step("discussion", 4), step("wins", 5))
    assert agenda.starts(w.session, w.at) == {1: w.at + 10 * MINUTE, 2: w.at + 14 * MINUTE}
    assert agenda.next_phase(w.session) == 1


# -- what counts ---------------------------------------------------------------------------------------------------


def test_talk_counts_by_the_phase_it_is_in() -> None:
    w = world(
        step("talk"),
        step("expert", speaker=2),
        step("break"),
        step("reflection"),
        step("hot_seat", holder=3, issue=1),
    )
    w.give(2)
    w.later(8 * SECOND)
    go(w, 1)
    w.later(MINUTE)
    go(w, 2)
    w.must(Speak(), 4)
    w.later(MINUTE)
    go(w, 3)
    w.later(MINUTE)
    assert w.sums.counted == {2: 8 * SECOND, 3: 0, 4: 0}
    go(w, 4)
    w.give(3)
    w.later(MINUTE)
    w.give(4)
    w.later(10 * SECOND)
    assert w.sums.counted == {2: 8 * SECOND, 3: 0, 4: 10 * SECOND}
    assert w.balance(3) == Fraction(-8 * SECOND, 3)
    assert sum(w.sums.balance.values()) == 0


def test_a_break_that_is_made_to_count_counts_until_it_ends() -> None:
    w = world(step("talk"), step("break"), step("break"))
    go(w, 1)
    w.must(CountPhase(True))
    w.must(Speak(), 4)
    w.later(10 * SECOND)
    go(w, 2)
    w.must(Speak(), 4)
    w.later(10 * SECOND)
    assert w.counted(4) == 10 * SECOND


# -- whose issue ---------------------------------------------------------------------------------------------------


def test_the_holder_of_a_numbered_issue_is_set_for_all_its_phases() -> None:
    w = world(step("talk"), step("issue", issue=1), step("clarify", issue=1), step("issue", issue=2))
    w.must(SetIssueHolder(3, 1))
    assert w.session.phase.holder == 0
    go(w, 1)
    assert w.session.phase.holder == 3
    w.must(SetIssueHolder(4))
    go(w, 2)
    assert w.session.phase.holder == 4
    assert code(w.do(StartPhase(3, w.session.phase.visit))) == "nobody_named"
    assert code(w.do(SetIssueHolder(4, 17))) == "bad_number"
    assert w.do(SetIssueHolder(4, 1)) == []


def test_feedback_is_the_last_issue_holders_whoever_holds_the_issue_now() -> None:
    w = world(step("talk"), step("feedback", holder=2), step("issue", holder=3, issue=1))
    go(w, 1)
    assert w.speaking == [2]
    assert w.session.holders == {1: 3}


# -- taken back ----------------------------------------------------------------------------------------------------


def test_a_phase_started_by_mistake_is_taken_back_whole() -> None:
    w = world(step("questions", holder=4, issue=1), step("wins"))
    w.must(SetTimekeeper(3))
    w.give(2)
    w.later(3 * MINUTE)
    ends_at = w.session.phase.ends_at
    go(w, 1)
    w.later(MINUTE)
    undo(w)
    assert w.session.phase_index == 0
    assert w.session.phase.ends_at == ends_at
    assert w.floor.mode is FloorMode.QUESTIONS
    assert w.floor.round is None
    assert w.floor.questions_put == {2: 1}
    assert w.room.timekeeper == 3
    assert w.session.visits == []
    assert w.session.phase.visit == 1
    assert w.speaking == []
    assert w.session.phase.holder == 4


def test_a_round_goes_on_where_it_stood_with_whoever_was_cut() -> None:
    w = world(step("check_in"), step("talk"))
    w.finish()
    cut = w.turn.seat
    assert w.floor.round is not None
    order = [cut, *w.floor.round.pending]
    go(w, 1)
    undo(w)
    assert w.floor.mode is FloorMode.ROUND
    assert w.floor.round is not None
    assert w.floor.round.pending == order
    assert w.next() == cut


def test_a_point_of_process_that_was_cut_brings_nobody_back_into_the_round() -> None:
    w = world(step("wins"), step("talk"))
    heard = w.turn.seat
    w.hand(heard, Intent.PROCESS)
    w.finish()
    assert w.turn.intent is Intent.PROCESS
    go(w, 1)
    undo(w)
    assert w.floor.round is not None
    assert heard not in w.floor.round.pending


def test_whoever_came_meanwhile_is_welcome_in_the_round_that_goes_on() -> None:
    w = world(step("wins"), step("talk"), connected=[1, 2, 3])
    go(w, 1)
    w.must(attendance.NoticeConnected(4), 0)
    undo(w)
    assert w.floor.round is not None
    assert w.floor.round.pending[-1] == 4


def test_a_pause_in_the_phase_that_is_taken_back_stays_a_pause() -> None:
    w = world(step("talk"), step("wins"))
    go(w, 1)
    w.must(s.Hold(), 2)
    w.later(5 * MINUTE)
    w.must(s.Resume())
    undo(w)
    assert behind(w.session, w.at) == 0
    w.later(10 * MINUTE)
    assert behind(w.session, w.at) == 0


def test_only_the_last_beginning_can_be_taken_back() -> None:
    w = world(step("talk"), step("wins"), step("discussion"))
    go(w, 1)
    first = w.entries[-1].id
    go(w, 2)
    assert code(w.do(Undo(first))) == "undo_too_late"
    undo(w)
    assert last_step(w.room, 1) is None
    assert code(w.do(Undo(first))) == "undo_too_late"


def test_extensions_are_taken_back_exactly_the_last_first_whatever_a_pause_did() -> None:
    w = world(step("talk"), step("discussion", 20), step("wins", 11), step("check_out", 5))
    end = agreed_end(w.session)
    w.must(ExtendPhase(6 * MINUTE, from_later=True))
    first = w.entries[-1].id
    w.must(ExtendPhase(2 * MINUTE))
    assert code(w.do(Undo(first))) == "undo_too_late"
    w.must(s.Hold(), 2)
    w.later(MINUTE)
    w.must(s.Resume())
    undo(w)
    undo(w)
    assert minutes(w) == [10, 20, 11, 5]
    assert w.session.phase.extra_ms == 0
    assert agreed_end(w.session) == end + MINUTE


def test_what_was_done_in_one_phase_is_not_taken_back_in_another() -> None:
    w = world(step("talk"), step("break"), step("discussion"))
    w.must(CountPhase(False))
    counted = w.entries[-1].id
    w.mode(FloorMode.OPEN)
    mode = w.entries[-1].id
    w.must(TakeFromLater(MINUTE))
    taken = w.entries[-1].id
    go(w, 2)
    for earlier in (counted, mode, taken):
        assert code(w.do(Undo(earlier))) == "undo_too_late"
    undo(w)
    undo(w)
    assert minutes(w) == [10, 10, 10]
    undo(w)
    assert w.floor.mode is FloorMode.QUEUE
    undo(w)
    assert w.session.phase.counted


def test_a_beginning_is_not_taken_back_over_what_was_changed_in_the_phase_since() -> None:
    w = world(step("talk"), step("break"), step("discussion"))
    go(w, 2)
    began = w.entries[-1].id
    w.must(ExtendPhase(MINUTE))
    assert code(w.do(Undo(began))) == "undo_too_late"
    undo(w)
    w.must(Undo(began))


# -- left open -----------------------------------------------------------------------------------------------------


def left_open() -> World:
    w = world(step("talk"), step("check_out", 5))
    w.give(2)
    w.later(MINUTE)
    w.hand(3)
    w.must(LeaveOpen(w.session.phase.visit))
    return w


def test_a_room_left_open_has_informal_talk_that_is_not_counted() -> None:
    w = left_open()
    closed = w.at
    assert w.session.phase.activity == "informal"
    assert w.floor.mode is FloorMode.OPEN
    assert (w.speaking, w.line) == ([], [])
    evenness = w.sums
    w.must(Speak(), 3)
    w.later(20 * MINUTE)
    assert w.sums == evenness
    assert projected_end(w.session, w.at) == closed == w.session.over_at
    assert to_come(w.session) == []
    w.end()
    assert w.session.over_at == closed


def test_nothing_of_the_agenda_moves_in_informal_talk() -> None:
    w = left_open()
    visit = w.session.phase.visit
    refused = [
        code(w.do(command))
        for command in (LeaveOpen(visit), ExtendPhase(MINUTE), CountPhase(True), SkipPhase(1), TakeFromLater(MINUTE))
    ]
    assert refused == ["no_session"] * 4 + ["no_time_left"]
    assert code(w.do(StartPhase(0, visit))) == "no_such_phase"
    late = behind(w.session, w.at)
    w.must(s.Hold(), 2)
    w.later(MINUTE)
    assert behind(w.session, w.at) == late
    w.must(s.Resume())
    assert behind(w.session, w.at) == late


def test_informal_talk_ends_by_itself_when_nobody_with_a_screen_attends() -> None:
    w = left_open()
    w.guest()
    closed = w.session.closed_at
    for seat in (1, 2, 3, 4):
        assert w.session.running
        w.must(attendance.LeaveCall(), seat)
        w.later(0)
    assert not w.session.running
    assert w.session.over_at == closed


def test_the_next_session_ends_informal_talk() -> None:
    w = left_open()
    closed = w.at
    w.later(10 * MINUTE)
    w.start(step("check_in"))
    assert w.session.number == 2
    assert w.room.past[-1].ended_at == closed
    assert w.floor.round is not None


def test_leaving_open_is_pressed_once_and_can_be_taken_back() -> None:
    w = world(step("talk"), step("check_out", 5))
    w.hand(3)
    ends = w.session.phase.visit
    before = w.session.phases
    w.must(LeaveOpen(ends))
    assert code(w.do(StartPhase(1, ends))) == "phase_over"
    undo(w)
    assert w.session.closed_at is None
    assert w.session.phases == before
    assert w.floor.mode is FloorMode.QUEUE
    assert w.line == [3]
    go(w, 1)


def test_informal_talk_goes_on_while_everything_stands_still() -> None:
    w = left_open()
    w.must(s.Hold(), 2)
    for seat in (1, 2, 3, 4):
        w.must(attendance.LeaveCall(), seat)
    w.later(MINUTE)
    assert w.session.running


def test_corrections_are_still_possible_after_the_agenda() -> None:
    w = left_open()
    w.must(CorrectAirTime(0, 3))
    assert w.counted(3) == MINUTE


# -- for any agenda ------------------------------------------------------------------------------------------------

PLANS = st.lists(
    st.builds(
        step,
        st.sampled_from(["talk", "wins", "check_in", "break", "questions", "reflection", "check_out"]),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=7,
)
ODD_MS = st.integers(-30, 30).map(lambda n: n * MINUTE) | st.integers(-20 * MINUTE, 20 * MINUTE)


@examples(max_examples=150)
@given(PLANS, ODD_MS.filter(bool), st.integers(0, 30 * MINUTE))
def test_time_taken_from_the_later_phases_leaves_the_end_where_it_was(
    plan: list[PhasePlan], ms: int, passed: int
) -> None:
    w = world(*plan)
    w.later(passed)
    before, end = projected_end(w.session, w.at), w.session.phase.ends_at
    outcome = w.do(ExtendPhase(ms, from_later=True))
    if isinstance(outcome, Refusal) or end < w.at or w.session.phase.ends_at < w.at:
        return
    givers = [i for i in to_come(w.session) if plan[i].activity != "check_out"]
    enough = sum(max(0, plan[i].minutes - 1) * MINUTE for i in givers) >= ms if ms > 0 else bool(givers)
    if enough:
        assert projected_end(w.session, w.at) == before
        assert w.session.end_moved_ms == 0
        if ms % MINUTE == 0:
            assert all(a % MINUTE == 0 for a in w.session.allotted)
    assert behind(w.session, w.at) == 0


class AnyAgenda(RuleBasedStateMachine):
    """Phases started, extended, left out, taken back, with pauses and time passing."""

    @initialize(plan=PLANS)
    def begins(self, plan: list[PhasePlan]) -> None:
        self.world = world(*plan)
        self.undoable: list[tuple[bytes, Any]] = []
        self.outs = {i: p.minutes * MINUTE for i, p in enumerate(plan) if p.activity == "check_out"}

    def state(self) -> Any:
        session = self.world.session
        return (
            [allotment(session, i) for i in range(len(session.phases))],
            session.end_moved_ms,
            session.skipped,
            session.phase_index,
            session.phase.extra_ms,
            session.phase.visit,
            session.visits,
            session.closed_at,
            self.world.floor.mode,
        )

    def give(self, command: Any) -> bool:
        w = self.world
        before, agreed = self.state(), agreed_end(w.session)
        encoded = msgspec.msgpack.encode(w.room)
        outcome = w.do(command)
        if not isinstance(outcome, list) or not outcome:
            assert msgspec.msgpack.encode(w.room) == encoded
            return False
        self.undoable.append((w.entries[-1].id, before))
        moves = isinstance(command, ExtendPhase) or (isinstance(command, TakeFromLater) and command.move_end)
        assert moves or agreed_end(w.session) == agreed
        return True

    @rule(index=st.integers(-1, 7), stale=st.booleans())
    def a_phase_starts(self, index: int, stale: bool) -> None:
        w = self.world
        plan = w.session.phases
        left = remaining(w.session, index) if 0 <= index < len(plan) and index != w.session.phase_index else None
        visit = w.session.phase.visit
        if self.give(StartPhase(index, visit - stale)):
            assert not stale
            assert w.session.phase.visit == visit + 1
            assert left is None or w.session.phase.ends_at == w.at + left

    @rule(ms=ODD_MS, from_later=st.booleans())
    def the_phase_is_extended(self, ms: int, from_later: bool) -> None:
        w = self.world
        index = w.session.phase_index
        if self.give(ExtendPhase(ms, from_later)) and not from_later:
            self.outs.pop(index, None)
        self.outs.pop(index, None)

    @rule(ms=ODD_MS, move_end=st.booleans())
    def later_phases_give(self, ms: int, move_end: bool) -> None:
        self.give(TakeFromLater(ms, move_end))

    @rule(index=st.integers(0, 7), skip=st.booleans())
    def a_phase_is_left_out(self, index: int, skip: bool) -> None:
        self.give(SkipPhase(index, skip))

    @rule()
    def it_stands_still_or_goes_on(self) -> None:
        w = self.world
        before = behind(w.session, w.at)
        w.must(s.Hold(), 2) if w.session.held_since is None else w.must(s.Resume())
        assert behind(w.session, w.at) == before

    @rule(ms=st.sampled_from([1, 700, MINUTE, 7 * MINUTE, 45 * MINUTE]))
    def time_passes(self, ms: int) -> None:
        self.world.later(ms)

    @precondition(lambda self: self.world.session.closed_at is None)
    @rule(sure=st.integers(0, 5))
    def it_is_left_open(self, sure: int) -> None:
        if not sure:
            self.give(LeaveOpen(self.world.session.phase.visit))

    @rule()
    def the_last_step_is_taken_back(self) -> None:
        w = self.world
        if not self.undoable or w.session.held_since is not None:
            return
        found = last_step(w.room, 1)
        step, before = self.undoable[-1]
        if found is not None and found.id == step:
            w.must(Undo(step))
            self.undoable.pop()
            assert self.state() == before

    @invariant()
    def the_end_is_what_is_left_of_all(self) -> None:
        session, at = self.world.session, self.world.at
        if session.closed_at is not None:
            return
        held = at - max(session.held_since, session.phase.started) if session.held_since is not None else 0
        end = max(at, session.phase.ends_at + held)
        assert projected_end(session, at) == end + sum(remaining(session, i) for i in to_come(session))
        assert all(remaining(session, i) >= MINUTE for i in to_come(session))
        assert all(a >= 0 for a in session.allotted)
        length = session.phase.minutes * MINUTE + session.phase.extra_ms
        assert allotment(session, session.phase_index) == agenda.used(session, session.phase_index) + length

    @invariant()
    def a_check_out_keeps_its_time(self) -> None:
        for index, ms in self.outs.items():
            if index in to_come(self.world.session) and not agenda.used(self.world.session, index):
                assert remaining(self.world.session, index) == ms

    @invariant()
    def a_room_folded_anew_is_the_same(self) -> None:
        replica = Room(b"r" * 16)
        for entry in self.world.entries:
            evolve(replica, wire.decode_entry(wire.encode_entry(entry)))
        assert msgspec.msgpack.encode(replica) == msgspec.msgpack.encode(self.world.room)


AnyAgenda.TestCase.settings = examples(max_examples=80, stateful_step_count=30)
test_any_agenda = AnyAgenda.TestCase
