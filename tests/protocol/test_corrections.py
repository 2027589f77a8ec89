"""Corrections of the ledger: who may move what, and what then counts."""

from __future__ import annotations

from evenly_protocol.airtime import owner_from
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.seats import SetRole, SetTimekeeper
from evenly_protocol.turns import Finish, Speak
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Role

from .world import MINUTE, SECOND, World, code, phase


def spoken(mode: FloorMode = FloorMode.QUEUE, **more: int) -> World:
    """Seat 2 has spoken for a minute."""
    w = World(5, phase(mode, **more))
    if mode is FloorMode.OPEN:
        w.must(Speak(), 2)
    else:
        w.give(2)
    w.later(MINUTE)
    w.must(Finish(w.turn.id))
    return w


def undo(w: World, by: int = 1) -> None:
    step = last_step(w.room, by)
    assert step is not None
    w.must(Undo(step.id), by)


def test_a_facilitator_moves_a_whole_span_to_another_or_to_nobody() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 3))
    assert (w.counted(2), w.counted(3)) == (0, MINUTE)
    w.must(CorrectAirTime(0, 0))
    assert w.sums.talk == 0


def test_the_timekeeper_moves_the_last_seconds_of_a_span() -> None:
    w = spoken()
    w.must(SetTimekeeper(4))
    w.must(CorrectAirTime(0, 3, 20 * SECOND), 4)
    assert (w.counted(2), w.counted(3)) == (40 * SECOND, 20 * SECOND)


def test_a_member_claims_seconds_from_whoever_has_them() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 3, 20 * SECOND), 3)
    assert (w.counted(2), w.counted(3)) == (40 * SECOND, 20 * SECOND)


def test_in_open_claimed_seconds_are_added() -> None:
    w = spoken(FloorMode.OPEN)
    w.must(CorrectAirTime(0, 3, 20 * SECOND), 3)
    assert (w.counted(2), w.counted(3)) == (MINUTE, 20 * SECOND)
    assert w.do(CorrectAirTime(0, 3, 20 * SECOND), 3) == []
    assert w.do(CorrectAirTime(0, 3, 10 * SECOND), 3) == []


def test_added_seconds_stay_when_the_span_is_moved_to_another() -> None:
    w = spoken(FloorMode.OPEN)
    w.must(CorrectAirTime(0, 3, 20 * SECOND), 3)
    w.must(CorrectAirTime(0, 4))
    assert [w.counted(s) for s in (2, 3, 4)] == [0, 20 * SECOND, MINUTE]


def test_a_member_gives_own_seconds_back_and_nobody_elses() -> None:
    w = spoken()
    assert code(w.do(CorrectAirTime(0, 0), 3)) == "not_yours"
    assert code(w.do(CorrectAirTime(0, 4), 2)) == "not_yours"
    w.must(CorrectAirTime(0, 0, 10 * SECOND), 2)
    assert w.counted(2) == 50 * SECOND


def test_giving_back_does_not_take_what_was_moved_to_another() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 3, 20 * SECOND))
    assert code(w.do(CorrectAirTime(0, 0), 2)) == "not_yours"
    w.must(CorrectAirTime(0, 0, 20 * SECOND), 3)
    assert w.counted(2) == 40 * SECOND


def test_moving_a_span_that_is_partly_theirs_moves_the_rest() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 3, 20 * SECOND))
    w.must(CorrectAirTime(0, 3))
    assert (w.counted(2), w.counted(3)) == (0, MINUTE)
    assert w.do(CorrectAirTime(0, 3, 5 * SECOND)) == []


def test_the_owner_of_a_moment_follows_the_corrections_in_their_order() -> None:
    w = spoken()
    span = w.session.ledger[0]
    w.must(CorrectAirTime(0, 3))
    w.must(CorrectAirTime(0, 4, 20 * SECOND))
    assert owner_from(w.session, 0, span.start) == 3
    assert owner_from(w.session, 0, span.end - 20 * SECOND) == 4


def test_an_observer_claims_nothing_but_may_keep_time() -> None:
    w = spoken()
    w.must(SetRole(5, Role.OBSERVER))
    assert code(w.do(CorrectAirTime(0, 5), 5)) == "not_yours"
    w.must(SetTimekeeper(5))
    w.must(CorrectAirTime(0, 3), 5)


def test_a_corrected_stretch_is_sure() -> None:
    w = World(4)
    w.give(2)
    w.later(5 * MINUTE)
    w.finish()
    assert w.counted(2) == 0
    w.must(CorrectAirTime(0, 2 if w.session.ledger[0].seat != 2 else 3))
    assert w.counted(3) == 5 * MINUTE


def test_whether_it_counts_is_recomputed_for_the_new_owner() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 1))
    assert w.sums.talk == 0
    w.must(CorrectAirTime(0, 4))
    assert w.counted(4) == MINUTE


def test_general_talk_moved_to_somebody_counts() -> None:
    w = World(4)
    w.give(0)
    w.later(MINUTE)
    w.finish()
    w.must(CorrectAirTime(0, 2))
    assert w.counted(2) == MINUTE


def test_an_answer_moved_to_another_counts_and_a_point_of_process_does_not() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    w.give(2)
    w.later(10 * SECOND)
    w.finish()
    w.later(30 * SECOND)
    w.finish()
    w.must(CorrectAirTime(1, 3, 5 * SECOND))
    assert (w.counted(3), w.counted(5)) == (5 * SECOND, 0)
    w.hand(4, Intent.PROCESS)
    w.next()
    w.later(30 * SECOND)
    w.finish()
    w.must(CorrectAirTime(2, 3))
    assert w.counted(3) == 5 * SECOND


def test_corrections_do_not_change_questions_put() -> None:
    w = spoken(FloorMode.QUESTIONS)
    put = dict(w.floor.questions_put)
    w.must(CorrectAirTime(0, 3))
    assert w.floor.questions_put == put == {2: 1}


def test_closed_spans_of_the_last_session_until_the_next_starts() -> None:
    w = spoken()
    w.end()
    w.must(CorrectAirTime(0, 3))
    w.start(phase())
    assert w.room.past[-1].counted[3] == MINUTE
    assert code(w.do(CorrectAirTime(0, 3))) == "no_such_span"


def test_only_what_is_there_can_be_corrected() -> None:
    w = spoken()
    assert code(w.do(CorrectAirTime(1, 3))) == "no_such_span"
    assert code(w.do(CorrectAirTime(-1, 3))) == "no_such_span"
    assert code(w.do(CorrectAirTime(0, 9))) == "no_such_seat"
    assert code(w.do(CorrectAirTime(0, 3, MINUTE + 1))) == "bad_number"
    assert code(w.do(CorrectAirTime(0, 3, -1))) == "bad_number"
    assert w.do(CorrectAirTime(0, 2)) == []
    assert code(World(2, None).do(CorrectAirTime(0, 2))) == "no_session"


def test_a_correction_and_its_undo_restore_every_total() -> None:
    w = spoken()
    before = w.sums
    w.must(CorrectAirTime(0, 3, 20 * SECOND), 3)
    undo(w, 3)
    assert w.sums == before


def test_undo_names_the_correction_and_is_refused_while_a_later_one_touches_the_same_span() -> None:
    w = spoken()
    w.must(CorrectAirTime(0, 3))
    first = w.entries[-1].id
    w.must(CorrectAirTime(0, 4))
    second = w.entries[-1].id
    assert code(w.do(Undo(first))) == "undo_too_late"
    w.must(Undo(second))
    w.must(Undo(first))
    assert w.counted(2) == MINUTE


def test_a_correction_of_another_span_does_not_stand_in_the_way() -> None:
    w = spoken()
    w.give(3)
    w.later(SECOND)
    w.finish()
    w.must(CorrectAirTime(0, 4))
    first = w.entries[-1].id
    w.must(CorrectAirTime(1, 4))
    w.must(Undo(first))
    assert (w.counted(2), w.counted(4)) == (MINUTE, SECOND)
