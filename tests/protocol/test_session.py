"""A session: started, held, ended; what is carried over and what is kept."""

from __future__ import annotations

import pytest
from evenly_protocol import agenda
from evenly_protocol import session as s
from evenly_protocol.attendance import ComeBack, LeaveCall
from evenly_protocol.floor import ChangeMode, Floor
from evenly_protocol.members import is_facilitator
from evenly_protocol.seats import SetTimekeeper
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Finish, GiveFloor
from evenly_protocol.words import FloorMode, Intent

from .world import MINUTE, SECOND, World, code, phase


def test_sessions_are_numbered_1_2_3() -> None:
    w = World(2)
    w.end()
    w.start(phase())
    w.end()
    w.start(phase())
    assert w.session.number == 3


def test_one_session_at_a_time() -> None:
    w = World(2)
    assert code(w.do(s.StartSession([phase()]))) == "session_running"


def test_two_people_pressing_end_at_once_end_one_session() -> None:
    w = World(2)
    press = s.EndSession(1)
    w.must(press)
    w.start(phase())
    assert code(w.do(press)) == "no_session"
    assert w.session.running


@pytest.mark.parametrize(
    ("plan", "refused"),
    [
        ([], "bad_number"),
        ([phase()] * 65, "bad_number"),
        ([phase(minutes=0)], "bad_number"),
        ([phase(minutes=601)], "bad_number"),
        ([agenda.PhasePlan("talk", b"title", 5, FloorMode.QUEUE)], "bad_length"),
        ([agenda.PhasePlan("dance", b"", 5, FloorMode.QUEUE)], "no_such_activity"),
        ([phase(holder=9)], "no_such_seat"),
        ([phase(FloorMode.SOLO)], "nobody_named"),
    ],
)
def test_a_plan_is_within_limits(plan: list[agenda.PhasePlan], refused: str) -> None:
    assert code(World(2, None).do(s.StartSession(plan))) == refused


def test_the_host_holds_the_facilitator_role_from_start_to_end() -> None:
    w = World(3, None)
    w.start(phase(), host=2)
    assert is_facilitator(w.room, 2)
    assert is_facilitator(w.room, 1)
    w.must(s.EndSession(1), by=2)
    assert not is_facilitator(w.room, 2)


def test_the_host_is_somebody_with_a_screen() -> None:
    w = World(2, None)
    guest = w.guest()
    assert code(w.do(s.StartSession([phase()], host=guest))) == "no_such_seat"
    assert code(w.do(s.StartSession([phase()], host=9))) == "no_such_seat"


def test_the_end_of_the_session_ends_the_turn_and_any_round_and_lowers_the_hands() -> None:
    w = World(4)
    w.must(SetTimekeeper(2))
    w.mode(FloorMode.ROUND)
    w.later(5 * SECOND)
    w.hand(3)
    w.end()
    assert w.floor == Floor(mode=FloorMode.ROUND, idle_since=w.at)
    assert w.session.ledger[-1].end == w.at
    assert w.room.timekeeper == 0
    assert code(w.do(CallNext())) == "no_session"


def test_the_host_hands_the_session_over_and_all_who_led_are_remembered() -> None:
    w = World(4, None, observers=[4])
    w.start(phase(), host=2)
    w.must(s.HandOver(3), 2)
    assert not is_facilitator(w.room, 2)
    assert code(w.do(s.HandOver(2), 2)) == "not_allowed"
    assert code(w.do(s.HandOver(4), 3)) == "not_allowed"
    assert code(w.do(s.HandOver(9), 3)) == "no_such_seat"
    assert w.do(s.HandOver(3), 3) == []
    w.must(LeaveCall(), 1)
    assert code(w.do(s.HandOver(0), 3)) == "last_facilitator"
    w.must(ComeBack(), 1)
    w.must(s.HandOver(0), 3)
    assert (w.session.host, w.session.hosts) == (0, [2, 3])


# -- hold ----------------------------------------------------------------------------------------------------------


def test_hold_is_for_anyone_and_who_pressed_is_not_recorded() -> None:
    w = World(4, observers=[4])
    w.must(s.Hold(), by=4)
    assert w.entries[-1].by == 0
    assert w.do(s.Hold(), by=2) == []


def test_a_hold_asked_for_before_another_that_is_over_is_done_already() -> None:
    """Given again after a lost answer it does not hold twice; asked for by somebody who had seen the other, it does."""
    w = World(4)
    asked = s.Hold(s.last_hold(w.room))
    w.must(asked, by=3)
    w.must(s.Resume())
    assert w.do(asked, by=3) == []
    assert w.session.held_since is None
    w.must(s.Hold(s.last_hold(w.room)), by=3)


def test_a_hold_is_charged_to_nobody_and_a_facilitator_resumes_to_the_same_second() -> None:
    w = World(4)
    w.give(2)
    w.later(10 * SECOND)
    ends_at = w.session.phase.ends_at
    w.must(s.Hold(), 3)
    w.later(5 * MINUTE)
    assert code(w.do(s.Resume(), 3)) == "not_allowed"
    w.must(s.Resume())
    assert w.session.phase.ends_at == ends_at + 5 * MINUTE
    assert w.counted(2) == 10 * SECOND
    w.later(5 * SECOND)
    assert w.counted(2) == 15 * SECOND
    assert code(w.do(s.Resume())) == "not_held"


def test_holds_are_not_in_the_coverage() -> None:
    w = World(4)
    w.give(2)
    w.later(10 * SECOND)
    w.give(0)
    w.must(s.Hold(), 3)
    w.later(5 * MINUTE)
    w.must(s.Resume())
    assert w.sums.coverage == 1


def test_nothing_is_given_ended_or_due_in_a_hold() -> None:
    w = World(4)
    w.give(2)
    w.must(s.Hold(), 3)
    assert code(w.do(GiveFloor(3))) == "on_hold"
    assert code(w.do(Finish(w.turn.id), 2)) == "on_hold"
    w.later(60 * MINUTE)
    assert w.turn.unsure_since is None


def test_hands_may_go_up_in_a_hold() -> None:
    w = World(4)
    w.must(s.Hold(), 3)
    w.hand(2)
    assert w.line == [2]


def test_a_question_passes_to_its_answer_after_30_seconds_without_the_hold() -> None:
    w = World(4, phase(FloorMode.QUESTIONS, holder=3))
    w.give(2)
    w.later(20 * SECOND)
    w.must(s.Hold(), 4)
    w.later(MINUTE)
    w.must(s.Resume())
    w.later(9_999)
    assert w.turn.answer_at is None
    w.later(1)
    assert w.turn.answer_at is not None


def test_a_session_can_end_in_a_hold() -> None:
    w = World(4)
    w.give(2)
    w.later(10 * SECOND)
    w.must(s.Hold(), 3)
    w.later(MINUTE)
    w.end()
    assert w.counted(2) == 10 * SECOND
    assert w.session.held_since is None


# -- the phase -----------------------------------------------------------------------------------------------------


def test_extending_a_phase_moves_its_end_from_that_moment_on() -> None:
    w = World(2)
    ends_at = w.session.phase.ends_at
    w.must(agenda.ExtendPhase(5 * MINUTE))
    w.must(agenda.ExtendPhase(-MINUTE))
    assert w.session.phase.ends_at == ends_at + 4 * MINUTE
    assert code(w.do(agenda.ExtendPhase(0))) == "bad_number"
    assert code(w.do(agenda.ExtendPhase(-65 * MINUTE))) == "bad_number"
    assert code(w.do(agenda.ExtendPhase(600 * MINUTE))) == "bad_number"


def test_a_solo_given_to_somebody_who_is_away_shows_that_they_are_on_the_call() -> None:
    w = World(4, observers=[4])
    w.must(LeaveCall(), 3)
    w.mode(FloorMode.SOLO, 3)
    assert w.room.members[3].attending
    assert w.speaking == [3]
    assert code(w.do(ChangeMode(FloorMode.SOLO, 4))) == "no_such_seat"


def test_changing_whether_a_phase_counts_applies_from_that_moment_on() -> None:
    w = World(4)
    w.give(2)
    w.later(10 * SECOND)
    w.must(agenda.CountPhase(False))
    w.later(20 * SECOND)
    w.must(agenda.CountPhase(True))
    w.later(5 * SECOND)
    assert w.counted(2) == 15 * SECOND
    assert w.do(agenda.CountPhase(True)) == []


def test_a_gap_is_noticed_only_while_somebody_speaks() -> None:
    w = World(4)
    assert w.do(s.NoticeGap(w.at - 60 * SECOND), 0) == []
    w.give(2)
    w.must(s.Hold(), 2)
    w.later(60 * SECOND)
    assert w.do(s.NoticeGap(w.at - 50 * SECOND), 0) == []


# -- carry and past ------------------------------------------------------------------------------------------------


def one_spoke(w: World, seat: int = 2, ms: int = 60 * SECOND) -> None:
    w.give(seat)
    w.later(ms)
    w.end()
    w.start(phase())


def test_half_of_what_is_below_an_equal_share_is_carried_and_nothing_above() -> None:
    w = World(4)
    one_spoke(w)
    assert w.room.carry == {3: -10 * SECOND, 4: -10 * SECOND}
    one_spoke(w, seat=3)
    assert w.room.carry == {2: -10 * SECOND, 4: -15 * SECOND}


def test_the_carry_is_whole_milliseconds_towards_zero() -> None:
    w = World(4)
    one_spoke(w, ms=10)
    assert w.room.carry == {3: -1, 4: -1}
    one_spoke(w, seat=2, ms=0)
    assert w.room.carry == {}


def test_how_much_is_carried_is_a_setting() -> None:
    w = World(4)
    w.must(ChangeSettings(Settings(carry_percent=100)))
    one_spoke(w)
    assert w.room.carry == {3: -20 * SECOND, 4: -20 * SECOND}
    w.must(ChangeSettings(Settings(carry_percent=0)))
    one_spoke(w)
    assert w.room.carry == {}


def test_the_carry_is_for_every_participant_attending_or_not() -> None:
    w = World(4)
    one_spoke(w)
    w.end()
    w.start(phase(), connected=[1, 2])
    w.end()
    w.start(phase())
    assert w.room.carry == {3: -2_500, 4: -2_500}


def test_a_session_of_which_too_little_was_marked_carries_as_balance_0() -> None:
    w = World(4)
    one_spoke(w)
    w.give(2)
    w.later(60 * SECOND)
    w.give(0)
    w.later(60 * SECOND)
    w.end()
    w.start(phase())
    assert w.room.carry == {3: -5 * SECOND, 4: -5 * SECOND}


def test_totals_of_the_past_are_kept() -> None:
    w = World(4)
    started_at = w.at
    one_spoke(w)
    assert w.room.past == [
        s.PastSession(1, started_at, started_at + 60 * SECOND, {2: 60 * SECOND, 3: 0, 4: 0}, 0, 1000)
    ]


def test_at_most_200_past_sessions_are_kept() -> None:
    w = World(1)
    for _ in range(203):
        w.end()
        w.start(phase())
    assert [p.number for p in w.room.past] == list(range(4, 204))


def test_the_counters_are_of_this_session_alone() -> None:
    w = World(4)
    one_spoke(w)
    assert w.sums.talk == 0
    assert set(w.sums.balance.values()) <= {0}


def test_questions_put_and_hands_are_of_this_session_alone() -> None:
    w = World(4, phase(FloorMode.QUESTIONS))
    w.give(2)
    w.hand(3, Intent.QUESTION)
    w.end()
    w.start(phase(FloorMode.QUESTIONS))
    assert w.floor.questions_put == {}
    assert w.line == []
