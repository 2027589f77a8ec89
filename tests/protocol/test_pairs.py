"""Pairs: who talks with whom, the bell, and who has met."""

from __future__ import annotations

import pytest
from evenly_protocol import pairs
from evenly_protocol.agenda import StartPhase
from evenly_protocol.attendance import StepAway
from evenly_protocol.pairs import CallBack, EndPairs, SetPairs, met_times
from evenly_protocol.session import Hold, Resume
from evenly_protocol.timers import next_due
from evenly_protocol.words import FloorMode

from .world import MINUTE, SECOND, World, code, phase


def networking(people: int = 5) -> World:
    return World(people, phase(FloorMode.OPEN, counted=False))


def draw(w: World, *groups: list[int], minutes: int = 5) -> bytes:
    w.must(SetPairs([*groups], minutes))
    return w.entries[-1].id


def met(w: World) -> dict[tuple[int, ...], int]:
    return {tuple(sorted(two)): times for two, times in met_times(w.room).items()}


def drawn(w: World) -> pairs.Pairs:
    assert w.session.pairs is not None
    return w.session.pairs


@pytest.mark.parametrize(
    "groups",
    [[], [[2]], [[2, 2]], [[2, 3], [3, 4]], [[1, 2, 3, 4]], [[2, 9]], [[2, 5]], [[2, 6]], [[2, 0]], [[2, 3], []]],
)
def test_each_is_in_one_pair_or_three_of_people_who_are_here(groups: list[list[int]]) -> None:
    w = World(6, phase(FloorMode.OPEN), observers=[5])
    w.must(StepAway(), 6)
    assert code(w.do(SetPairs(groups, 5))) == "bad_pairs"


def test_pairs_have_minutes_and_an_opener_of_a_size() -> None:
    w = networking()
    assert code(w.do(SetPairs([[2, 3]], 0))) == "bad_number"
    assert code(w.do(SetPairs([[2, 3]], 121))) == "bad_number"
    assert code(w.do(SetPairs([[2, 3]], 5, b"x"))) == "bad_length"
    w.must(SetPairs([[2, 3]], 5, b"o" * 61))
    assert drawn(w).author == w.room.members[1].ik


def test_a_guest_seat_is_paired_like_anyone() -> None:
    w = networking()
    guest = w.guest()
    draw(w, [2, guest])


def test_the_bell_calls_everybody_back_and_they_have_met() -> None:
    w = networking()
    draw(w, [1, 2], [3, 4, 5])
    assert next_due(w.room) == (w.at + 5 * MINUTE, EndPairs(drawn(w).id))
    w.later(5 * MINUTE - 1)
    assert not drawn(w).over
    w.later(1)
    assert drawn(w).over
    assert met(w) == {(1, 2): 1, (3, 4): 1, (3, 5): 1, (4, 5): 1}
    assert next_due(w.room) is None


def test_who_has_met_is_counted_each_time() -> None:
    w = networking()
    for number in (1, 2):
        draw(w, [4, 3])
        w.later(5 * MINUTE)
        assert drawn(w).number == number
    assert met(w) == {(3, 4): 2}


def test_pairs_drawn_anew_at_once_have_not_met_and_are_the_same_round() -> None:
    w = networking()
    draw(w, [2, 3])
    w.later(59 * SECOND)
    draw(w, [2, 4])
    assert drawn(w).number == 1
    w.later(MINUTE)
    draw(w, [2, 5])
    assert drawn(w).number == 2
    assert met(w) == {(2, 4): 1}


def test_pairs_are_called_back_before_the_bell_once() -> None:
    w = networking()
    first = draw(w, [2, 3])
    w.later(MINUTE)
    w.must(CallBack(first))
    assert met(w) == {(2, 3): 1}
    assert code(w.do(CallBack(first))) == "no_pairs"
    assert w.do(EndPairs(first), 0) == []
    draw(w, [2, 3])
    assert code(w.do(CallBack(first))) == "no_pairs"
    assert w.do(EndPairs(drawn(w).id), 0) == []


def test_a_hold_moves_the_bell() -> None:
    w = networking()
    draw(w, [2, 3])
    w.later(MINUTE)
    w.must(Hold(), 4)
    w.later(30 * MINUTE)
    assert not drawn(w).over
    w.must(Resume())
    w.later(4 * MINUTE - 1)
    assert not drawn(w).over
    w.later(1)
    assert drawn(w).over
    assert met(w) == {(2, 3): 1}


def test_the_next_phase_and_the_end_of_the_session_call_the_pairs_back() -> None:
    w = World(4, None)
    w.start(phase(FloorMode.OPEN), phase(FloorMode.OPEN))
    draw(w, [2, 3])
    w.later(2 * MINUTE)
    w.must(StartPhase(1, 1))
    assert drawn(w).over
    draw(w, [2, 4])
    w.later(2 * MINUTE)
    w.end()
    assert drawn(w).over
    assert met(w) == {(2, 3): 1, (2, 4): 1}
    w.start(phase())
    assert w.session.pairs is None
