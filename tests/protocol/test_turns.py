"""Turns: given, finished, asked and answered, unsure, taken back."""

from __future__ import annotations

import pytest
from evenly_protocol import timers
from evenly_protocol import turns as t
from evenly_protocol.attendance import NoticeLost
from evenly_protocol.hands import DeferHand, PlaceHand
from evenly_protocol.rounds import SkipRound
from evenly_protocol.seats import SetTimekeeper
from evenly_protocol.session import GapNoticed, Hold, NoticeGap, Resume
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Order, Source

from .world import MINUTE, SECOND, World, code, phase


def undo(w: World, by: int = 1) -> None:
    step = last_step(w.room, by)
    assert step is not None
    w.must(Undo(step.id), by)


# -- giving the floor ----------------------------------------------------------------------------------------------


def test_next_gives_the_floor_to_the_first_in_the_queue() -> None:
    w = World()
    w.hand(2)
    w.hand(3)
    assert w.next() == 2
    assert w.line == [3]
    assert w.turn.source is Source.QUEUE


def test_one_turn_at_a_time() -> None:
    w = World()
    w.hand(2)
    w.hand(3)
    w.next()
    w.later(SECOND)
    w.next()
    assert w.speaking == [3]
    assert [(s.seat, s.end - s.start) for s in w.session.ledger] == [(2, SECOND)]


def test_two_people_pressing_next_at_once_end_one_turn() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.next()
    press = t.CallNext(w.turn.id)
    w.must(press)
    assert code(w.do(press)) == "no_such_turn"
    assert w.speaking == [3]


def test_two_people_pressing_finish_at_once_end_one_turn() -> None:
    w = World(settings=Settings(auto_next=True))
    w.hand(2)
    w.hand(3)
    w.next()
    press = t.Finish(w.turn.id)
    w.must(press)
    assert code(w.do(press)) == "no_such_turn"
    assert w.speaking == [3]


def test_a_turn_is_given_to_a_chosen_hand() -> None:
    w = World()
    w.hand(2)
    chosen = w.hand(3)
    assert code(w.do(t.CallHand(chosen, b"x" * 16))) == "no_such_turn"
    w.must(t.CallHand(chosen))
    assert w.speaking == [3]
    assert code(w.do(t.CallHand(chosen, w.turn.id))) == "no_such_hand"


def test_a_seat_key_ends_the_last_turn_and_begins_this_one() -> None:
    w = World()
    w.give(2)
    w.later(3 * SECOND)
    assert w.give(3)[-1] == t.TurnBegan(3, Intent.SPEAK, Source.SEAT_KEY)
    assert w.speaking == [3]
    assert w.counted(2) == 3 * SECOND


def test_a_seat_key_takes_the_hand_of_that_seat_down() -> None:
    w = World()
    w.hand(2, Intent.REPLY)
    w.give(2)
    assert w.line == []
    assert w.turn.intent is Intent.REPLY


def test_the_key_0_is_general_talk_that_counts_for_nobody() -> None:
    w = World()
    w.give(0)
    w.later(10 * SECOND)
    assert w.speaking == [0]
    assert w.sums.talk == 0


def test_a_seat_key_for_whoever_speaks_already_says_that_it_is_still_them() -> None:
    w = World()
    w.give(2)
    w.later(SECOND)
    assert w.give(2) == [t.TurnConfirmed(w.turn.id)]


def test_there_is_nobody_with_an_unknown_or_an_observers_seat() -> None:
    w = World(4, observers=[4])
    assert code(w.do(t.GiveFloor(9))) == "no_such_seat"
    assert code(w.do(t.GiveFloor(4))) == "no_such_seat"


def test_a_finished_turn_is_followed_by_itself_only_when_the_room_says_so() -> None:
    w = World()
    w.hand(2)
    w.hand(3)
    w.next()
    w.finish()
    assert w.speaking == []
    w.must(ChangeSettings(Settings(auto_next=True)))
    w.hand(2)
    w.give(4)
    w.finish()
    assert w.speaking == [3]


def test_a_turn_is_finished_by_its_speaker_or_by_those_who_track() -> None:
    w = World()
    w.give(2)
    assert code(w.do(t.Finish(w.turn.id), 3)) == "not_yours"
    w.must(SetTimekeeper(3))
    w.finish(by=3)
    w.give(2)
    w.finish(by=2)
    assert w.speaking == []


def test_a_turn_runs_on_through_a_lost_connection() -> None:
    w = World()
    w.give(2)
    w.room.members[2].vouched = False
    w.must(NoticeLost(2), by=0)
    assert w.speaking == [2]


@pytest.mark.parametrize("mode", [FloorMode.OPEN, FloorMode.SILENCE, FloorMode.SOLO])
def test_no_hand_is_called_in_open_silence_and_solo(mode: FloorMode) -> None:
    w = World()
    hand = w.hand(2, Intent.PROCESS)
    w.mode(mode, 3 if mode is FloorMode.SOLO else 0)
    ends = w.turn.id if w.floor.turns else b""
    assert code(w.do(t.CallNext(ends))) == "wrong_mode"
    assert code(w.do(t.CallHand(hand, ends))) == "wrong_mode"
    assert w.line == [2]


def test_in_silence_there_are_no_turns() -> None:
    w = World()
    w.mode(FloorMode.SILENCE)
    assert code(w.do(t.GiveFloor(2))) == "wrong_mode"
    assert code(w.do(t.Speak(), 2)) == "wrong_mode"


def test_no_limit_unless_set_and_a_minute_can_be_given() -> None:
    w = World()
    w.give(2)
    assert t.limit_of(w.room, w.turn) == 0
    w.must(ChangeSettings(Settings(limit_ms=90 * SECOND)))
    w.must(t.ExtendTurn(w.turn.id, MINUTE))
    assert t.limit_of(w.room, w.turn) == 150 * SECOND
    w.later(20 * MINUTE)
    assert w.speaking == [2]
    assert code(w.do(t.ExtendTurn(w.turn.id, 999))) == "bad_number"
    assert code(w.do(t.ExtendTurn(b"x" * 16, MINUTE))) == "no_such_turn"


# -- open ----------------------------------------------------------------------------------------------------------


def test_in_open_several_speak_at_once_and_each_is_counted() -> None:
    w = World(plan=phase(FloorMode.OPEN))
    w.must(t.Speak(), 2)
    w.later(5 * SECOND)
    w.must(t.Speak(), 3)
    w.later(5 * SECOND)
    w.must(t.Finish(w.floor.turns[0].id), 2)
    assert w.speaking == [3]
    assert (w.counted(2), w.counted(3)) == (10 * SECOND, 5 * SECOND)
    assert code(w.do(t.Speak(), 3)) == "already_speaking"


def test_marks_are_for_open_and_never_for_observers() -> None:
    w = World(4, observers=[4])
    assert code(w.do(t.Speak(), 2)) == "wrong_mode"
    w.mode(FloorMode.OPEN)
    assert code(w.do(t.Speak(), 4)) == "not_allowed"


def test_a_seat_key_in_open_ends_the_last_seat_key_and_no_mark() -> None:
    w = World(plan=phase(FloorMode.OPEN))
    w.must(t.Speak(), 2)
    w.give(3)
    w.give(4)
    assert w.speaking == [2, 4]


# -- questions -----------------------------------------------------------------------------------------------------


def questions() -> World:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    w.hand(2, Intent.QUESTION)
    w.next()
    return w


def test_the_asking_counts_for_the_asker_and_the_answer_for_nobody() -> None:
    w = questions()
    w.later(10 * SECOND)
    w.finish(by=2)
    w.later(50 * SECOND)
    assert w.counted(2) == 10 * SECOND
    w.finish()
    assert [(s.seat, s.answer) for s in w.session.ledger] == [(2, False), (5, True)]
    assert w.sums.talk == 10 * SECOND


def test_a_question_passes_to_its_answer_by_itself_after_30_seconds() -> None:
    w = questions()
    w.later(29_999)
    assert w.turn.answer_at is None
    w.later(1)
    assert w.turn.answer_at == w.at
    assert w.do(t.PassToAnswer(w.turn.id), 0) == []


def test_a_question_passes_to_its_answer_by_the_holders_seat_key() -> None:
    w = questions()
    w.later(3 * SECOND)
    assert w.give(5) == [t.AnswerBegan(w.turn.id)]
    assert w.give(5) == [t.TurnConfirmed(w.turn.id)]


def test_the_next_call_ends_the_answer() -> None:
    w = questions()
    w.finish(by=2)
    w.hand(3, Intent.QUESTION)
    assert w.next() == 3


def test_the_answer_is_finished_by_who_gives_it_or_by_those_who_track_not_by_the_asker() -> None:
    w = questions()
    w.finish(by=2)
    assert t.may_finish(w.room, 2) is None
    assert t.may_finish(w.room, 5) is w.turn
    assert code(w.do(t.Finish(w.turn.id), 2)) == "not_yours"
    w.finish(by=5)
    assert w.speaking == []


def test_asker_and_facilitator_pressing_at_once_do_not_end_the_answer() -> None:
    w = questions()
    w.must(t.Finish(w.turn.id, asking=True), 2)
    assert code(w.do(t.Finish(w.turn.id, asking=True))) == "no_such_turn"
    assert w.turn.answer_at is not None


def test_without_an_issue_holder_the_turn_has_no_answering_part() -> None:
    w = World(plan=phase(FloorMode.QUESTIONS))
    w.give(2)
    w.later(40 * SECOND)
    assert w.turn.answer_at is None
    w.finish(by=2)
    assert w.speaking == []


def test_questions_put_are_counted_by_hand_and_by_seat_key_and_not_for_the_holder() -> None:
    w = questions()
    w.give(3)
    w.give(2)
    w.give(5)
    w.finish()
    w.give(5)
    w.give(0)
    assert w.floor.questions_put == {2: 2, 3: 1}


def test_a_point_of_process_in_questions_is_no_question() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    w.hand(2, Intent.PROCESS)
    w.next()
    w.later(40 * SECOND)
    assert w.turn.answer_at is None
    assert w.floor.questions_put == {}


# -- unsure --------------------------------------------------------------------------------------------------------


def test_a_turn_of_4_minutes_with_nothing_pressed_is_unsure_from_its_start() -> None:
    w = World()
    w.give(2)
    w.later(4 * MINUTE - 1)
    assert w.turn.unsure_since is None
    w.later(1)
    assert w.turn.unsure_since == w.turn.began
    assert w.counted(2) == 0


def test_a_turn_is_unsure_from_the_last_key_pressed_about_it() -> None:
    w = World()
    w.give(2)
    w.later(3 * MINUTE)
    w.give(2)
    w.later(4 * MINUTE)
    assert w.turn.unsure_since == w.turn.began + 3 * MINUTE
    assert w.counted(2) == 3 * MINUTE


def test_with_a_limit_a_turn_is_unsure_at_twice_of_it() -> None:
    w = World(settings=Settings(limit_ms=90 * SECOND))
    w.give(2)
    w.later(180 * SECOND - 1)
    assert w.turn.unsure_since is None
    w.later(1)
    assert w.turn.unsure_since == w.turn.began


def test_still_the_same_speaker_makes_it_sure_again() -> None:
    w = World()
    w.give(2)
    w.later(5 * MINUTE)
    assert code(w.do(t.ConfirmSpeaker(w.turn.id), 3)) == "not_allowed"
    w.must(t.ConfirmSpeaker(w.turn.id))
    assert w.counted(2) == 5 * MINUTE
    assert code(w.do(t.ConfirmSpeaker(b"x" * 16))) == "no_such_turn"


def test_unanswered_seconds_stay_unsure_and_count_for_nobody() -> None:
    w = World()
    w.give(2)
    w.later(5 * MINUTE)
    w.give(3)
    w.later(MINUTE)
    assert (w.counted(2), w.counted(3)) == (0, MINUTE)
    assert w.session.ledger[0].sure is False


def test_marks_in_open_become_unsure_likewise() -> None:
    w = World(plan=phase(FloorMode.OPEN))
    w.must(t.Speak(), 2)
    w.later(4 * MINUTE)
    assert w.turn.unsure_since == w.turn.began


def test_solo_and_rounds_are_never_unsure() -> None:
    w = World()
    w.mode(FloorMode.SOLO, 2)
    w.later(30 * MINUTE)
    w.give(3)
    w.later(30 * MINUTE)
    w.mode(FloorMode.ROUND)
    w.later(30 * MINUTE)
    assert all(s.sure for s in w.session.ledger)
    w.give(0)
    w.give(w.floor.round.heard[0] if w.floor.round else 0)
    w.later(30 * MINUTE)
    assert w.turn.unsure_since is None


def test_general_talk_is_never_asked_about() -> None:
    w = World()
    w.give(0)
    w.later(20 * MINUTE)
    assert w.turn.unsure_since is None


def test_a_hold_does_not_make_a_turn_unsure() -> None:
    w = World()
    w.give(2)
    w.later(MINUTE)
    w.must(Hold(), 3)
    w.later(60 * MINUTE)
    w.must(Resume())
    w.later(3 * MINUTE - 1)
    assert w.turn.unsure_since is None
    w.later(1)
    assert w.turn.unsure_since == w.turn.began


def test_a_minute_given_during_a_hold_is_a_key_pressed_then() -> None:
    w = World()
    w.give(2)
    w.must(Hold(), 3)
    w.later(10 * MINUTE)
    w.must(t.ExtendTurn(w.turn.id, MINUTE))
    w.later(10 * MINUTE)
    w.must(Resume())
    w.later(4 * MINUTE - 1)
    assert w.turn.unsure_since is None
    w.later(1)
    assert w.turn.unsure_since is not None


def test_an_unsure_asking_stays_unsure_when_the_holder_is_marked() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5), settings=Settings(limit_ms=10 * SECOND))
    w.give(2)
    w.later(25 * SECOND)
    assert w.turn.unsure_since == w.turn.began
    w.give(5)
    w.later(15 * SECOND)
    w.finish()
    assert [(s.seat, s.sure) for s in w.session.ledger] == [(2, False), (5, True)]


def test_a_gap_up_to_30_seconds_counts_as_spoken_and_a_longer_one_is_unsure() -> None:
    for gap, counted in ((30 * SECOND, 40 * SECOND), (30 * SECOND + 1, 10 * SECOND)):
        w = World()
        w.give(2)
        w.later(10 * SECOND)
        since = w.at
        w.at += gap
        assert w.must(NoticeGap(since), 0) == [GapNoticed(since)]
        assert w.counted(2) == counted


def test_talk_with_nobody_marked_for_4_minutes_is_found_to_be_general_talk() -> None:
    w = World()
    began = w.at
    w.later(4 * MINUTE)
    assert w.speaking == [0]
    assert (w.turn.source, w.turn.began) == (Source.UNMARKED, began)
    assert not w.sums.enough_marked
    assert w.do(t.MarkUnmarked(began), 0) == []


def test_nothing_is_due_in_silence_in_a_hold_or_between_sessions() -> None:
    w = World()
    assert timers.next_due(w.room) is not None
    w.must(Hold(), 2)
    assert timers.next_due(w.room) is None
    w.must(Resume())
    w.mode(FloorMode.SILENCE)
    assert timers.next_due(w.room) is None
    w.end()
    assert timers.next_due(w.room) is None


# -- taken back ----------------------------------------------------------------------------------------------------


def test_a_turn_given_by_mistake_is_taken_back_as_if_it_had_never_been_given() -> None:
    w = World(5)
    for seat in (2, 3, 4, 5):
        w.hand(seat)
        w.later(1)
    w.next()
    w.must(PlaceHand(w.up(5).id, 3))
    w.must(DeferHand(w.up(4).id), 4)
    w.later(10 * SECOND)
    hands = [(h.seat, h.passed, h.pin, h.behind) for h in w.floor.hands]
    ledger, line = list(w.session.ledger), w.line
    w.next()
    w.later(5 * SECOND)
    undo(w)
    assert [(h.seat, h.passed, h.pin, h.behind) for h in w.floor.hands] == hands
    assert (w.session.ledger, w.line, w.speaking) == (ledger, line, [2])
    w.later(SECOND)
    assert w.counted(2) == 16 * SECOND


def test_taking_back_restores_who_let_the_hand_go_first() -> None:
    w = World(5)
    for seat in (2, 3, 4):
        w.hand(seat)
        w.later(1)
    w.must(DeferHand(w.up(2).id), 2)
    assert w.next() == 3
    undo(w)
    assert w.line == [3, 2, 4]


def test_taking_back_restores_the_facilitators_order() -> None:
    w = World(5, settings=Settings(order=Order.MANUAL))
    for seat in (2, 3, 4):
        w.hand(seat)
        w.later(1)
    w.must(PlaceHand(w.up(4).id, 1))
    assert w.next() == 4
    undo(w)
    assert w.line == [4, 2, 3]


def test_a_turn_that_runs_on_has_had_a_key_pressed_about_it() -> None:
    w = World()
    w.give(2)
    w.later(3 * MINUTE)
    w.give(3)
    w.later(3 * MINUTE)
    undo(w)
    w.later(SECOND)
    assert w.counted(2) == 6 * MINUTE + SECOND


def test_taking_back_in_a_round_keeps_who_skipped_meanwhile() -> None:
    w = World(5)
    w.mode(FloorMode.ROUND)
    w.finish()
    first, *others = w.floor.round.pending if w.floor.round else []
    w.give(first)
    w.must(SkipRound(), others[0])
    undo(w)
    assert w.floor.round is not None
    assert w.floor.round.listening == [others[0]]
    assert w.floor.round.pending[0] == first


def test_a_first_turn_taken_back_leaves_nobody_marked_since_before_it() -> None:
    w = World()
    idle_since = w.at
    w.later(3 * MINUTE)
    w.give(2)
    w.later(30 * SECOND)
    undo(w)
    w.later(30 * SECOND)
    assert (w.turn.source, w.turn.began) == (Source.UNMARKED, idle_since)


def test_a_turn_is_not_taken_back_once_it_has_ended_or_another_has_begun() -> None:
    w = World()
    w.give(2)
    given = last_step(w.room, 1)
    assert given is not None
    w.later(SECOND)
    w.finish()
    assert code(w.do(Undo(given.id))) == "undo_too_late"


def test_taking_back_gives_a_question_and_a_point_of_process_back() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    w.give(2)
    undo(w)
    assert w.floor.questions_put.get(2, 0) == 0
    w.hand(3, Intent.PROCESS)
    w.next()
    undo(w)
    w.hand(2, Intent.PROCESS)
    assert w.floor.process_since == []


def test_holds_during_a_turn_that_is_taken_back_count_for_nobody() -> None:
    w = World()
    w.give(2)
    w.later(10 * SECOND)
    w.give(3)
    w.must(Hold(), 2)
    w.later(MINUTE)
    w.must(Resume())
    undo(w)
    assert w.counted(2) == 10 * SECOND
    assert w.turn.held_ms == MINUTE
