"""Rounds: everyone attending speaks once."""

from __future__ import annotations

import pytest
from evenly_protocol import rounds as r
from evenly_protocol.agenda import StartPhase
from evenly_protocol.attendance import ComeBack, NoticeConnected, StepAway
from evenly_protocol.hands import RaiseHand
from evenly_protocol.turns import CallHand, CallNext, limit_of
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import FloorMode, Intent, Source

from .world import MINUTE, SECOND, World, code, phase


def begun(people: int = 5, **more: bool) -> World:
    w = World(people, phase(minutes=8))
    w.mode(FloorMode.ROUND, **more)
    return w


def heard_until_the_end(w: World) -> list[int]:
    order: list[int] = []
    while w.floor.turns:
        order.append(w.turn.seat)
        w.later(SECOND)
        w.finish()
    return order


def undo_last(w: World) -> None:
    step = last_step(w.room, 1)
    assert step is not None
    w.must(Undo(step.id), 1)


def test_everyone_attending_speaks_once_in_seat_order() -> None:
    w = begun()
    assert heard_until_the_end(w) == [2, 3, 4, 5]
    assert w.floor.round is None
    assert w.floor.mode is FloorMode.ROUND


def test_whoever_begins_then_in_seat_order() -> None:
    w = World(5)
    w.mode(FloorMode.ROUND, 4)
    assert heard_until_the_end(w) == [4, 5, 2, 3]


def test_the_beginner_rotates_from_session_to_session() -> None:
    w = World(4)
    firsts: list[int] = []
    for _ in range(4):
        w.mode(FloorMode.ROUND)
        firsts.append(w.turn.seat)
        w.end()
        w.start(phase())
    assert firsts == [2, 3, 4, 2]


def test_least_heard_first_by_choice() -> None:
    w = World(4)
    for seat, ms in ((2, 30 * SECOND), (3, 10 * SECOND), (4, 20 * SECOND)):
        w.give(seat)
        w.later(ms)
    w.mode(FloorMode.ROUND, least_heard_first=True)
    assert heard_until_the_end(w) == [3, 4, 2]


def test_facilitators_speak_if_the_phase_says_so_and_observers_never() -> None:
    w = World(4, observers=[4])
    w.mode(FloorMode.ROUND, with_facilitators=True)
    assert heard_until_the_end(w) == [1, 2, 3]


def test_each_has_phase_minutes_by_people_as_a_guide() -> None:
    w = begun()
    assert limit_of(w.room, w.turn) == 2 * MINUTE


def test_a_round_follows_a_finished_turn_by_itself() -> None:
    w = begun()
    w.finish(by=2)
    assert w.speaking == [3]
    assert w.turn.source is Source.ROUND


def test_next_goes_on_in_the_round_and_ends_it_after_the_last() -> None:
    w = begun(3)
    assert w.next() == 3
    assert w.next() == 0
    assert w.floor.round is None


def test_hands_wait_until_the_round_ends() -> None:
    w = begun(4)
    hand = w.hand(4)
    assert code(w.do(CallHand(hand, w.turn.id))) == "wrong_mode"
    heard_until_the_end(w)
    assert w.line == [4]
    assert w.next() == 4


def test_only_process_hands_are_called_in_between() -> None:
    w = begun(4)
    w.hand(4)
    w.hand(4, Intent.PROCESS)
    w.finish()
    assert (w.speaking, w.turn.intent) == ([4], Intent.PROCESS)
    w.finish()
    assert w.speaking == [3]
    point = w.hand(2, Intent.PROCESS)
    w.must(CallHand(point, w.turn.id))
    assert w.speaking == [2]


def test_a_member_may_skip_and_is_shown_as_listening_this_time() -> None:
    w = begun(5)
    w.must(r.SkipRound(), 4)
    assert w.floor.round is not None
    assert w.floor.round.listening == [4]
    assert heard_until_the_end(w) == [2, 3, 5]


def test_the_speaker_may_skip_too_and_the_next_begins() -> None:
    w = begun(4)
    w.must(r.SkipRound(), 2)
    assert w.speaking == [3]
    assert heard_until_the_end(w) == [3, 4]


def test_whoever_skipped_and_has_the_floor_again_by_undo_is_in_the_round_once() -> None:
    """The next turn is taken back, a phase begins by mistake and is taken back too: the seat waits to be heard."""
    w = begun(4)
    w.must(r.SkipRound(2), 1)
    undo_last(w)
    assert w.speaking == [2]
    assert w.floor.round == r.Round([3, 4], [2], guide_ms=w.floor.round.guide_ms)
    w.must(StartPhase(0, w.session.phase.visit), 1)
    undo_last(w)
    assert w.floor.round == r.Round([2, 3, 4], guide_ms=w.floor.round.guide_ms)


def test_whoever_put_it_off_and_has_the_floor_again_by_undo_has_one_turn() -> None:
    w = begun(4)
    w.must(r.ComeBackLater(2), 1)
    undo_last(w)
    assert heard_until_the_end(w) == [2, 3, 4]


def test_a_member_may_come_back_later_once() -> None:
    w = begun(4)
    w.must(r.ComeBackLater(), 2)
    assert w.speaking == [3]
    w.finish()
    w.finish()
    assert w.speaking == [2]
    assert code(w.do(r.ComeBackLater(), 2)) == "later_used"


def test_the_last_of_a_round_cannot_come_back_later() -> None:
    w = begun(2)
    assert code(w.do(r.ComeBackLater(), 2)) == "no_one_behind"


def test_a_facilitator_may_name_another_and_nobody_else_may() -> None:
    w = begun(4)
    guest = w.guest()
    w.must(r.SkipRound(guest))
    assert code(w.do(r.SkipRound(3), 4)) == "not_allowed"
    assert code(w.do(r.SkipRound(1))) == "not_in_round"
    assert code(World().do(r.SkipRound(), 2)) == "wrong_mode"


def test_the_list_is_fixed_at_the_start_and_who_arrives_goes_to_the_end() -> None:
    w = World(5, None)
    w.start(phase(), connected=[1, 3, 4, 5])
    w.mode(FloorMode.ROUND)
    w.must(NoticeConnected(2), by=0)
    w.must(StepAway(), 4)
    w.must(ComeBack(), 4)
    assert heard_until_the_end(w) == [3, 4, 5, 2]


def test_who_is_away_when_reached_is_put_off_once_then_skipped() -> None:
    w = begun(5)
    w.must(StepAway(), 3)
    w.finish()
    assert w.speaking == [4]
    assert w.floor.round is not None
    assert w.floor.round.pending == [5, 3]
    assert heard_until_the_end(w) == [4, 5]
    assert w.floor.round is None


def test_the_last_of_a_round_who_is_away_is_put_off_and_skipped_at_once() -> None:
    w = begun(3)
    w.must(StepAway(), 3)
    happened = w.finish()
    assert happened[1:] == [r.RoundPutOff(3, False), r.RoundSkipped(3, False), r.RoundEnded()]


def test_who_was_put_off_and_is_back_has_their_turn_at_the_end() -> None:
    w = begun(5)
    w.must(StepAway(), 3)
    w.finish()
    w.must(ComeBack(), 3)
    assert heard_until_the_end(w) == [4, 5, 3]


def test_a_seat_key_takes_somebody_waiting_in_the_round_out_of_turn() -> None:
    w = begun(5)
    w.give(5)
    assert w.turn.source is Source.ROUND
    assert heard_until_the_end(w) == [5, 3, 4]


def test_a_round_needs_somebody_to_speak_in_it() -> None:
    from evenly_protocol.floor import ChangeMode

    assert code(World(1).do(ChangeMode(FloorMode.ROUND))) == "nobody_there"


def test_process_during_a_round_may_be_raised_and_other_hands_too() -> None:
    w = begun(4)
    w.must(RaiseHand(Intent.SPEAK), 2)
    assert code(w.do(CallNext(b""))) == "no_such_turn"


@pytest.mark.parametrize(("minutes", "people", "guide"), [(10, 4, 150_000), (10, 0, 0), (5, 3, 100_000)])
def test_the_guide_is_whole_milliseconds(minutes: int, people: int, guide: int) -> None:
    assert r.guide_ms(minutes, people) == guide
