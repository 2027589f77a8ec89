"""What is due when nobody presses anything."""

from __future__ import annotations

from evenly_protocol.timers import next_due
from evenly_protocol.turns import MarkUnmarked, MarkUnsure, PassToAnswer, Speak
from evenly_protocol.words import FloorMode

from .world import MINUTE, SECOND, World, phase


def test_the_earliest_of_all_that_is_due() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    assert next_due(w.room) == (w.at + 4 * MINUTE, MarkUnmarked(w.at))
    w.give(2)
    assert next_due(w.room) == (w.at + 30 * SECOND, PassToAnswer(w.turn.id))
    w.later(30 * SECOND)
    assert next_due(w.room) == (w.at + 4 * MINUTE, MarkUnsure(w.turn.id))


def test_each_mark_in_open_has_its_own_moment() -> None:
    w = World(4, phase(FloorMode.OPEN))
    w.must(Speak(), 2)
    first = w.turn
    w.later(MINUTE)
    w.must(Speak(), 3)
    assert next_due(w.room) == (first.began + 4 * MINUTE, MarkUnsure(first.id))


def test_a_timer_that_comes_early_late_or_twice_changes_nothing() -> None:
    w = World(4)
    w.give(2)
    early = MarkUnsure(w.turn.id)
    assert w.do(early, 0) == []
    w.later(4 * MINUTE)
    assert w.do(early, 0) == []
    w.give(3)
    assert w.do(early, 0) == []
    assert w.do(PassToAnswer(w.turn.id), 0) == []
    assert w.do(MarkUnmarked(w.at), 0) == []


def test_nothing_is_due_when_talk_does_not_count_and_nobody_is_marked() -> None:
    assert next_due(World(2, phase(counted=False)).room) is None
    assert next_due(World(2, None).room) is None
