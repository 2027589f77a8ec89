"""The order of the queue, and why each hand stands where it stands."""

from __future__ import annotations

import itertools

import pytest
from evenly_protocol import queue
from evenly_protocol.agenda import CountPhase, SetIssueHolder
from evenly_protocol.attendance import ComeBack, StepAway
from evenly_protocol.hands import DeferHand, PlaceHand
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallHand, CallNext
from evenly_protocol.words import FloorMode, Intent, Order

from .world import MINUTE, SECOND, World, code, phase

IN_ORDER = [Intent.PROCESS, Intent.CLARIFY, Intent.REPLY, Intent.SPEAK]


def talk(w: World, seat: int, ms: int) -> None:
    w.give(seat)
    w.later(ms)
    w.finish()


@pytest.mark.parametrize("order", [Order.FAIR, Order.ARRIVAL])
@pytest.mark.parametrize("raised", list(itertools.permutations(IN_ORDER)))
def test_intents_go_by_precedence(order: Order, raised: tuple[Intent, ...]) -> None:
    w = World(5, settings=Settings(order=order))
    seat_of = dict(zip(raised, (2, 3, 4, 5), strict=True))
    for intent in raised:
        w.hand(seat_of[intent], intent)
    assert w.line == [seat_of[i] for i in IN_ORDER]


def test_in_fair_order_the_least_heard_goes_first() -> None:
    w = World()
    talk(w, 2, 60 * SECOND)
    talk(w, 3, 20 * SECOND)
    for seat in (2, 3, 4):
        w.hand(seat)
    assert w.line == [4, 3, 2]
    assert set(w.reasons().values()) == {"fair"}


def test_equals_go_by_the_time_the_hand_went_up() -> None:
    w = World()
    for seat in (4, 2, 3):
        w.hand(seat)
        w.later(SECOND)
    assert w.line == [4, 2, 3]
    assert w.reasons() == {4: "raised", 2: "raised", 3: "raised"}


def test_in_order_of_arrival_air_time_does_not_matter() -> None:
    w = World(settings=Settings(order=Order.ARRIVAL))
    talk(w, 2, 60 * SECOND)
    for seat in (2, 3, 4):
        w.hand(seat)
        w.later(1)
    assert w.line == [2, 3, 4]


def test_the_running_turn_counts_for_the_balance_too() -> None:
    w = World()
    w.hand(2)
    w.next()
    w.hand(2)
    w.hand(3)
    w.later(10 * SECOND)
    assert w.line == [3, 2]


def test_in_questions_those_who_asked_least_go_first_then_the_least_heard() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    for seat, ms in ((2, 20 * SECOND), (3, 5 * SECOND)):
        w.give(seat)
        w.later(ms)
        w.give(5)
    for seat in (2, 3, 4):
        w.hand(seat, Intent.QUESTION)
    assert w.line == [4, 3, 2]
    assert w.reasons() == {4: "no_question", 3: "questions", 2: "questions"}
    w.mode(FloorMode.QUEUE)
    w.mode(FloorMode.QUESTIONS)
    assert w.floor.questions_put == {2: 1, 3: 1}


def test_bringing_an_issue_never_costs_a_place_in_the_queue() -> None:
    w = World()
    w.must(SetIssueHolder(2))
    talk(w, 2, 3 * MINUTE)
    talk(w, 3, SECOND)
    w.must(SetIssueHolder(0))
    for seat in (3, 2):
        w.hand(seat)
    assert w.line == [2, 3]


def test_the_carry_of_earlier_sessions_brings_forward() -> None:
    w = World(4, None)
    w.start(phase(), connected=[1, 2, 3])
    talk(w, 2, 60 * SECOND)
    w.end()
    w.start(phase())
    assert w.room.carry == {3: -15 * SECOND}
    for seat in (4, 2, 3):
        w.hand(seat)
    assert w.line[0] == 3
    assert queue.ordered(w.room, w.at)[0].balance == -15 * SECOND


def test_the_hand_of_a_facilitator_sorts_with_balance_0_carry_included() -> None:
    w = World(4)
    talk(w, 2, 60 * SECOND)
    w.room.carry[1] = -99 * SECOND
    for seat in (1, 2, 3):
        w.hand(seat)
    assert w.line == [3, 1, 2]


def test_the_hand_of_one_away_sorts_with_their_balance_and_is_passed_over_by_next() -> None:
    w = World(4)
    talk(w, 2, 60 * SECOND)
    for seat in (2, 3):
        w.hand(seat)
    w.must(StepAway(), 3)
    assert w.line == [3, 2]
    assert w.next() == 2
    assert w.line == [3]
    assert code(w.do(CallNext(w.turn.id))) == "nobody_waiting"
    w.must(ComeBack(), 3)
    assert w.next() == 3


# -- nobody starves ------------------------------------------------------------------------------------------------


def test_a_hand_passed_over_by_as_many_turns_as_are_attending_goes_ahead_of_all_but_process() -> None:
    w = World(4)
    talk(w, 2, 5 * MINUTE)
    w.hand(2)
    for n in range(4):
        seat = 3 + n % 2
        w.hand(seat, Intent.CLARIFY)
        assert w.next() == seat
    w.hand(3, Intent.CLARIFY)
    assert w.up(2).passed == 4
    assert w.line[0] == 2
    assert w.reasons()[2] == "waited"
    w.hand(4, Intent.PROCESS)
    assert w.line[:2] == [4, 2]


def test_the_oldest_of_those_passed_over_too_often_goes_first() -> None:
    w = World(3)
    talk(w, 2, MINUTE)
    w.hand(2)
    w.later(1)
    w.hand(3)
    for hand in w.floor.hands:
        hand.passed = 3
    assert w.line == [2, 3]


def test_process_turns_do_not_pass_over_anybody() -> None:
    w = World(4)
    w.hand(2)
    for seat in (3, 4, 1):
        w.hand(seat, Intent.PROCESS)
        w.next()
    assert w.up(2).passed == 0


def test_turns_while_the_owner_is_away_do_not_pass_over() -> None:
    w = World(4)
    w.hand(2)
    w.must(StepAway(), 2)
    w.hand(3)
    w.next()
    assert w.up(2).passed == 0


def test_turns_not_called_from_the_queue_do_not_pass_over() -> None:
    w = World(4)
    w.hand(2)
    w.give(3)
    w.hand(4)
    w.give(4)
    assert w.up(2).passed == 0


def test_a_chosen_hand_passes_over_the_others() -> None:
    w = World(4)
    w.hand(2)
    w.must(CallHand(w.hand(3)))
    assert w.up(2).passed == 1


@pytest.mark.parametrize("order", [Order.FAIR, Order.ARRIVAL])
def test_a_hand_is_called_within_two_turns_for_each_attending_whatever_the_others_do(order: Order) -> None:
    """Greedy others raise the best intent again and again; the least favoured hand goes up first.

    It is passed over n times at most, then waits for those who were passed over as often and went up earlier.
    """
    w = World(6, settings=Settings(order=order))
    talk(w, 2, 30 * MINUTE)
    w.hand(2)
    called = 0
    while 2 not in w.speaking and called < 13:
        for seat in (3, 4, 5, 6, 1):
            if all(h.seat != seat for h in w.floor.hands):
                w.hand(seat, Intent.CLARIFY)
        w.next()
        called += 1
        w.later(SECOND)
    assert called == 7


# -- a point of process --------------------------------------------------------------------------------------------


def test_a_member_gets_one_process_turn_between_two_other_turns() -> None:
    w = World(4)
    w.hand(2, Intent.PROCESS)
    w.next()
    again = w.hand(2, Intent.PROCESS)
    assert code(w.do(CallNext(w.turn.id))) == "nobody_waiting"
    assert code(w.do(CallHand(again, w.turn.id))) == "process_again"
    w.hand(3)
    assert w.line == [3, 2]
    assert w.reasons()[2] == "process_again"
    w.hand(4, Intent.PROCESS)
    assert w.next() == 4
    assert w.next() == 3
    assert w.next() == 2


def test_a_seat_key_does_not_turn_a_second_point_of_process_into_uncounted_time() -> None:
    w = World(4)
    w.hand(2, Intent.PROCESS)
    w.next()
    w.finish()
    w.hand(2, Intent.PROCESS)
    w.give(2)
    assert w.turn.intent is Intent.SPEAK
    assert len(w.floor.hands) == 1


# -- pins ----------------------------------------------------------------------------------------------------------


def test_pins_stand_above_every_other_rule() -> None:
    w = World(5)
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(PlaceHand(w.up(4).id, 1))
    w.hand(5, Intent.PROCESS)
    w.up(2).passed = 99
    assert w.line == [4, 5, 2, 3]


def test_pins_are_inserted_in_order_of_place() -> None:
    w = World(6)
    for seat in (2, 3, 4, 5, 6):
        w.hand(seat)
    w.must(PlaceHand(w.up(6).id, 2))
    w.must(PlaceHand(w.up(5).id, 4))
    assert w.line == [2, 6, 3, 5, 4]


# -- manual --------------------------------------------------------------------------------------------------------


def manual() -> World:
    w = World(6, settings=Settings(order=Order.MANUAL))
    for seat in (2, 3, 4, 5):
        w.hand(seat)
        w.later(1)
    return w


def test_in_manual_the_order_is_the_facilitators() -> None:
    w = manual()
    w.must(PlaceHand(w.up(5).id, 1))
    w.must(PlaceHand(w.up(3).id, 2))
    assert w.line == [5, 3, 2, 4]
    assert w.reasons() == {5: "pinned", 3: "pinned", 2: "new", 4: "new"}
    w.must(PlaceHand(w.up(5).id, 0))
    assert w.line == [3, 2, 4, 5]


def test_in_manual_a_hand_stands_at_the_place_it_was_put() -> None:
    w = manual()
    w.must(PlaceHand(w.up(2).id, 3))
    assert w.line == [3, 4, 2, 5]


def test_in_manual_hands_not_yet_placed_come_last_process_first() -> None:
    w = manual()
    w.must(PlaceHand(w.up(4).id, 1))
    w.hand(6, Intent.PROCESS)
    assert w.line == [4, 6, 2, 3, 5]


def test_in_manual_waiting_long_does_not_apply_and_a_pin_of_before_neither() -> None:
    w = World(4)
    for seat in (2, 3, 4):
        w.hand(seat)
        w.later(1)
    w.must(PlaceHand(w.up(4).id, 1))
    w.must(ChangeSettings(Settings(order=Order.MANUAL)))
    w.up(3).passed = 99
    assert w.line == [2, 3, 4]
    assert set(w.reasons().values()) == {"new"}


def test_in_manual_a_further_point_of_process_stands_last() -> None:
    w = manual()
    w.hand(6, Intent.PROCESS)
    w.next()
    w.hand(6, Intent.PROCESS)
    assert w.line[-1] == 6


def test_in_manual_a_member_may_let_the_next_go_first() -> None:
    w = manual()
    w.must(DeferHand(w.up(2).id), 2)
    assert w.line == [3, 2, 4, 5]


# -- words ---------------------------------------------------------------------------------------------------------


def test_each_reason_has_words() -> None:
    w = World(5)
    w.hand(2, Intent.CLARIFY)
    w.hand(3, Intent.REPLY)
    w.hand(4)
    assert w.reasons() == {2: "clarify", 3: "reply", 4: "raised"}
    assert set(w.reasons().values()) <= set(queue.REASONS)


def test_uncounted_talk_does_not_change_the_order() -> None:
    w = World()
    w.must(CountPhase(False))
    talk(w, 2, MINUTE)
    w.hand(2)
    w.later(1)
    w.hand(3)
    assert w.line == [2, 3]
