"""Hands: raised, worded, lowered, deferred, placed; kept through what happens around them."""

from __future__ import annotations

import pytest
from evenly_protocol.attendance import NoticeLost
from evenly_protocol.hands import (
    DeferHand,
    LowerAllHands,
    LowerHand,
    PlaceHand,
    RaiseHand,
    SwitchQueue,
    WordHand,
    fitting_intents,
)
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Order

from .world import SECOND, WORDS, World, code


def undo(w: World, by: int = 1) -> None:
    step = last_step(w.room, by)
    assert step is not None
    w.must(Undo(step.id), by)


def test_a_hand_is_raised_instantly_and_its_words_are_added_after() -> None:
    w = World()
    hand = w.hand(2)
    assert w.up(2).words == b""
    w.must(WordHand(hand, WORDS), 2)
    assert w.up(2).words == WORDS
    assert w.do(WordHand(hand, WORDS), 2) == []
    assert code(w.do(WordHand(hand, b"x"), 2)) == "bad_length"
    assert code(w.do(WordHand(hand, WORDS), 3)) == "not_yours"


def test_words_can_still_be_put_to_the_turn_that_a_hand_has_become() -> None:
    w = World()
    hand = w.hand(2)
    w.next()
    w.must(WordHand(hand, WORDS), 2)
    assert w.turn.hand is not None
    assert w.turn.hand.words == WORDS
    assert code(w.do(WordHand(b"x" * 16, WORDS), 2)) == "no_such_hand"


def test_one_hand_a_member_except_that_process_may_be_raised_beside_another() -> None:
    w = World()
    w.hand(2)
    assert code(w.do(RaiseHand(Intent.REPLY), 2)) == "hand_up"
    w.hand(2, Intent.PROCESS)
    assert code(w.do(RaiseHand(Intent.PROCESS), 2)) == "hand_up"
    assert len(w.floor.hands) == 2


def test_a_hand_is_lowered_by_its_owner_or_a_facilitator() -> None:
    w = World()
    hand = w.hand(2)
    assert code(w.do(LowerHand(hand), 3)) == "not_yours"
    w.must(LowerHand(hand), 2)
    w.must(LowerHand(w.hand(2)), 1)
    assert w.floor.hands == []
    assert code(w.do(LowerHand(hand), 2)) == "no_such_hand"


def test_hands_lowered_together_are_put_back_by_undo() -> None:
    w = World()
    w.hand(2)
    w.must(WordHand(w.hand(3), WORDS), 3)
    w.hand(4, Intent.PROCESS)
    before = list(w.floor.hands)
    w.must(LowerAllHands())
    assert w.floor.hands == []
    undo(w)
    assert w.floor.hands == before
    assert code(w.do(Undo(b"x" * 16))) == "nothing_to_undo"


def test_undo_of_lowering_restores_the_pins_and_the_facilitators_order() -> None:
    w = World(5)
    first, _, third = w.hand(2), w.hand(3), w.hand(4)
    w.hand(5)
    w.must(PlaceHand(third, 4))
    assert w.line == [2, 3, 5, 4]
    w.must(LowerHand(first))
    assert w.line == [3, 5, 4]
    undo(w)
    assert w.line == [2, 3, 5, 4]
    w.must(ChangeSettings(Settings(order=Order.MANUAL)))
    w.must(PlaceHand(third, 1))
    w.must(LowerAllHands())
    undo(w)
    assert w.line[0] == 4


def test_a_hand_put_back_in_questions_is_a_question() -> None:
    w = World()
    w.hand(2)
    w.must(LowerAllHands())
    lowered = last_step(w.room, 1)
    w.mode(FloorMode.QUESTIONS)
    assert lowered is not None
    w.must(Undo(lowered.id))
    assert w.up(2).intent is Intent.QUESTION


def test_a_hand_is_kept_through_a_disconnection() -> None:
    w = World()
    w.hand(2)
    w.must(NoticeLost(2), by=0)
    assert w.line == [2]


def test_a_facilitator_closes_and_opens_the_queue_but_process_goes_on() -> None:
    w = World()
    w.must(SwitchQueue(False))
    assert w.do(SwitchQueue(False)) == []
    assert code(w.do(RaiseHand(Intent.SPEAK), 2)) == "queue_closed"
    w.hand(2, Intent.PROCESS)
    w.must(SwitchQueue(True))
    w.hand(2)


def test_a_facilitator_raises_the_hand_of_a_guest_seat_and_of_nobody_else() -> None:
    w = World()
    guest = w.guest()
    assert code(w.do(RaiseHand(Intent.SPEAK, seat=3), 1)) == "not_allowed"
    assert code(w.do(RaiseHand(Intent.SPEAK, seat=guest), 2)) == "not_allowed"
    assert code(w.do(RaiseHand(Intent.SPEAK, seat=99), 1)) == "no_such_seat"
    w.hand(guest)
    assert w.line == [guest]


@pytest.mark.parametrize(
    ("mode", "fitting"),
    [(mode, {"process", "clarify", "reply", "speak"}) for mode in FloorMode if mode != "questions"]
    + [(FloorMode.QUESTIONS, {"process", "question"})],
)
def test_in_questions_every_hand_but_process_is_a_question(mode: FloorMode, fitting: set[str]) -> None:
    assert set(fitting_intents(mode)) == fitting


def test_a_hand_that_does_not_fit_the_mode_is_refused() -> None:
    w = World()
    assert code(w.do(RaiseHand(Intent.QUESTION), 2)) == "not_fitting"
    w.mode(FloorMode.QUESTIONS)
    assert code(w.do(RaiseHand(Intent.SPEAK), 2)) == "not_fitting"


def test_entering_and_leaving_questions_turns_the_intents() -> None:
    w = World(5)
    for seat, intent in ((2, Intent.CLARIFY), (3, Intent.REPLY), (4, Intent.SPEAK), (5, Intent.PROCESS)):
        w.hand(seat, intent)
    w.mode(FloorMode.QUESTIONS)
    assert [w.up(s).intent for s in (2, 3, 4, 5)] == [Intent.QUESTION] * 3 + [Intent.PROCESS]
    w.mode(FloorMode.QUEUE)
    assert [w.up(s).intent for s in (2, 3, 4, 5)] == [Intent.CLARIFY] * 3 + [Intent.PROCESS]


# -- deferring -----------------------------------------------------------------------------------------------------


def test_a_deferred_hand_stands_behind_the_hand_that_was_after_it() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(DeferHand(w.up(2).id), 2)
    assert w.line == [3, 2, 4]
    assert w.reasons()[2] == "deferred"


def test_the_last_hand_has_nobody_to_defer_to_and_only_the_owner_defers() -> None:
    w = World()
    hand = w.hand(2)
    assert code(w.do(DeferHand(hand), 2)) == "no_one_behind"
    assert code(w.do(DeferHand(hand), 1)) == "not_yours"
    assert code(w.do(DeferHand(b"x" * 16), 2)) == "no_such_hand"


def test_a_deferral_ends_when_the_other_is_called_or_lowered() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(DeferHand(w.up(2).id), 2)
    assert w.next() == 3
    assert w.line == [2, 4]
    assert w.reasons()[2] != "deferred"
    w.must(DeferHand(w.up(2).id), 2)
    w.must(LowerHand(w.up(4).id), 4)
    assert w.up(2).behind == b""


def test_a_deferred_hand_is_never_ahead_of_the_one_it_let_go_first() -> None:
    """Seat 3 comes to the end by the order of the queue: seat 2 goes along."""
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(DeferHand(w.up(2).id), 2)
    w.must(PlaceHand(w.up(3).id, 3))
    assert w.line == [4, 3, 2]


def test_deferring_ends_a_pin_and_pinning_ends_a_deferral() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(PlaceHand(w.up(4).id, 1))
    w.must(DeferHand(w.up(4).id), 4)
    assert (w.up(4).pin, w.up(4).behind) == (0, w.up(2).id)
    w.must(PlaceHand(w.up(4).id, 1))
    assert (w.up(4).pin, w.up(4).behind) == (1, b"")


def test_when_two_defer_to_each_other_the_later_holds() -> None:
    w = World()
    w.hand(2)
    w.hand(3)
    w.must(DeferHand(w.up(2).id), 2)
    assert w.line == [3, 2]
    w.must(DeferHand(w.up(3).id), 3)
    assert w.line == [2, 3]
    assert w.up(2).behind == b""


def test_three_who_defer_in_a_ring_still_stand_in_a_line() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    for _ in range(6):
        first = w.line[0]
        w.must(DeferHand(w.up(first).id), first)
        assert w.line[0] != first
        assert sorted(w.line) == [2, 3, 4]


# -- placing -------------------------------------------------------------------------------------------------------


def test_a_hand_moved_by_hand_is_pinned_and_the_pin_can_be_removed() -> None:
    w = World()
    for seat in (2, 3, 4):
        w.hand(seat)
    w.must(PlaceHand(w.up(4).id, 1))
    assert w.line == [4, 2, 3]
    assert w.reasons()[4] == "pinned"
    w.must(PlaceHand(w.up(4).id, 0))
    assert w.line == [2, 3, 4]


def test_a_place_is_one_of_the_queues() -> None:
    w = World()
    hand = w.hand(2)
    assert code(w.do(PlaceHand(hand, 2))) == "bad_number"
    assert code(w.do(PlaceHand(hand, -1))) == "bad_number"
    assert code(w.do(PlaceHand(b"x" * 16, 1))) == "no_such_hand"


def test_a_hand_that_leaves_from_in_front_of_a_pin_lowers_it_by_one() -> None:
    w = World(6)
    for seat in (2, 3, 4, 5, 6):
        w.hand(seat)
    w.must(PlaceHand(w.up(6).id, 3))
    assert w.line == [2, 3, 6, 4, 5]
    assert w.next() == 2
    assert w.up(6).pin == 2
    assert w.line == [3, 6, 4, 5]
    w.must(LowerHand(w.up(5).id), 5)
    assert w.up(6).pin == 2
    w.later(SECOND)
    w.give(3)
    assert w.line == [6, 4]
