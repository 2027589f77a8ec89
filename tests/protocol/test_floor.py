"""The floor's modes, and what changing them ends and keeps."""

from __future__ import annotations

import pytest
from evenly_protocol.floor import MODES, ChangeMode
from evenly_protocol.words import FloorMode, Intent, Source

from .world import SECOND, World, code, phase


def test_every_mode_has_a_sentence() -> None:
    assert set(MODES) == set(FloorMode)


@pytest.mark.parametrize("mode", list(FloorMode))
def test_a_new_floor_mode_ends_the_running_turn_and_cuts_its_span_there(mode: FloorMode) -> None:
    w = World()
    w.give(2)
    w.later(7 * SECOND)
    turn = w.turn.id
    w.mode(mode, 3)
    assert turn not in [t.id for t in w.floor.turns]
    assert [(s.seat, s.end - s.start, s.mode) for s in w.session.ledger] == [(2, 7 * SECOND, FloorMode.QUEUE)]


@pytest.mark.parametrize("mode", list(FloorMode))
def test_hands_stay(mode: FloorMode) -> None:
    w = World()
    w.hand(2)
    w.hand(3, Intent.PROCESS)
    w.mode(mode, 4)
    assert sorted(w.line) == [2, 3]


def test_a_new_floor_mode_ends_any_round() -> None:
    w = World()
    w.mode(FloorMode.ROUND)
    w.mode(FloorMode.QUEUE)
    assert w.floor.round is None
    assert w.speaking == []


def test_solo_gives_the_floor_to_one_named_member() -> None:
    w = World()
    w.mode(FloorMode.SOLO, 3)
    assert (w.speaking, w.turn.source) == ([3], Source.SOLO)
    assert code(w.do(ChangeMode(FloorMode.SOLO, 9))) == "no_such_seat"
    assert code(w.do(ChangeMode(FloorMode.SOLO))) == "no_such_seat"


def test_hands_may_collect_in_solo() -> None:
    w = World()
    w.mode(FloorMode.SOLO, 3)
    w.hand(2)
    w.hand(4, Intent.PROCESS)
    w.finish(by=3)
    assert w.speaking == []
    assert w.line == [4, 2]


def test_hands_may_be_raised_and_wait_in_silence_and_open() -> None:
    for mode in (FloorMode.SILENCE, FloorMode.OPEN):
        w = World(plan=phase(mode))
        w.hand(2)
        w.mode(FloorMode.QUEUE)
        assert w.next() == 2


def test_silence_is_charged_to_nobody() -> None:
    w = World(plan=phase(FloorMode.SILENCE))
    w.later(60 * SECOND)
    assert w.sums.talk == 0
    assert w.session.ledger == []
