"""Undo: who takes back what, and until when."""

from __future__ import annotations

from evenly_protocol import agenda
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.hands import LowerAllHands, LowerHand, PlaceHand, SwitchQueue
from evenly_protocol.seats import SetRole, SetTimekeeper
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.steps import STEPS_KEPT
from evenly_protocol.turns import ExtendTurn
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Order, Role

from .world import MINUTE, SECOND, World, code


def undo(w: World, by: int = 1) -> None:
    step = last_step(w.room, by)
    assert step is not None
    w.must(Undo(step.id), by)


def test_each_step_of_those_who_lead_is_taken_back_in_turn() -> None:
    w = World(4)
    w.must(agenda.ExtendPhase(MINUTE))
    w.must(agenda.CountPhase(False))
    w.must(agenda.SetIssueHolder(3))
    w.must(SwitchQueue(False))
    w.must(ChangeSettings(Settings(order=Order.ARRIVAL)))
    w.give(2)
    w.must(ExtendTurn(w.turn.id, MINUTE))
    undo(w)
    assert w.turn.extra_ms == 0
    undo(w)
    assert w.speaking == []
    undo(w)
    assert w.room.settings == Settings()
    undo(w)
    assert w.floor.queue_open
    undo(w)
    assert w.session.phase.holder == 0
    undo(w)
    assert w.session.phase.counted
    undo(w)
    assert w.session.phase.extra_ms == 0
    assert last_step(w.room, 1) is None


def test_a_floor_mode_is_taken_back() -> None:
    w = World(4)
    w.mode(FloorMode.OPEN)
    undo(w)
    assert w.floor.mode is FloorMode.QUEUE


def test_a_round_begun_by_mistake_is_taken_back_whole() -> None:
    w = World(4)
    w.mode(FloorMode.ROUND)
    undo(w)
    assert w.floor.mode is FloorMode.QUEUE
    assert w.floor.round is None
    assert w.speaking == []


def test_a_place_is_taken_back_in_every_order() -> None:
    for order in (Order.FAIR, Order.MANUAL):
        w = World(4, settings=Settings(order=order))
        for seat in (2, 3, 4):
            w.hand(seat)
            w.later(1)
        w.must(PlaceHand(w.up(4).id, 1))
        undo(w)
        assert w.line == [2, 3, 4]


def test_a_member_takes_back_only_what_is_their_own() -> None:
    w = World(4)
    w.give(2)
    given = w.entries[-1].id
    assert last_step(w.room, 2) is None
    assert code(w.do(Undo(given), 2)) == "not_yours"
    w.later(SECOND)
    w.finish()
    w.must(CorrectAirTime(0, 3), 3)
    assert last_step(w.room, 2) is None
    undo(w, 3)


def test_the_timekeeper_takes_back_their_own_seat_key() -> None:
    w = World(4)
    w.must(SetTimekeeper(4))
    w.give(2, by=4)
    undo(w, 4)
    assert w.speaking == []


def test_of_two_steps_of_a_kind_the_later_is_taken_back_first() -> None:
    w = World(4)
    w.must(agenda.ExtendPhase(MINUTE))
    first = w.entries[-1].id
    w.must(agenda.ExtendPhase(MINUTE))
    assert code(w.do(Undo(first))) == "undo_too_late"


def test_a_step_is_taken_back_once() -> None:
    w = World(4)
    w.must(agenda.ExtendPhase(MINUTE))
    step = w.entries[-1].id
    w.must(Undo(step))
    assert code(w.do(Undo(step))) == "nothing_to_undo"


def test_lowering_ones_own_hand_is_no_step() -> None:
    w = World(4)
    w.must(LowerHand(w.hand(1)), 1)
    w.must(LowerHand(w.hand(2)), 2)
    assert w.session.steps == []


def test_hands_are_not_put_back_beside_new_ones_of_the_same_seat() -> None:
    w = World(4)
    w.hand(2)
    w.must(LowerAllHands())
    step = w.entries[-1].id
    w.hand(2, Intent.PROCESS)
    w.hand(2)
    assert code(w.do(Undo(step))) == "undo_too_late"
    w.must(LowerHand(w.up(2).id), 2)
    w.must(LowerHand(w.up(2).id), 2)
    w.hand(2, Intent.PROCESS)
    w.must(Undo(step))
    assert len(w.line) == 2


def test_the_hand_of_somebody_who_only_looks_on_now_is_not_put_back() -> None:
    w = World(4)
    w.hand(2)
    w.must(LowerAllHands())
    step = w.entries[-1].id
    w.must(SetRole(2, Role.OBSERVER))
    w.must(Undo(step))
    assert w.line == []


def test_the_last_steps_are_kept_and_no_more() -> None:
    w = World(4)
    for n in range(STEPS_KEPT + 5):
        w.must(agenda.CountPhase(bool(n % 2)))
    assert len(w.session.steps) == STEPS_KEPT
