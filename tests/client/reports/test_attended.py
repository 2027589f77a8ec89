"""How long each seat was on the call."""

from __future__ import annotations

from evenly_client.reports.attended import Attended


def test_time_is_cut_to_what_is_asked_for() -> None:
    """Before the start and after the end nothing counts; who was never there is not named."""
    attended = Attended()
    attended.note([1, 2], 10)
    attended.note([1], 30)
    attended.note([1, 3], 90)
    assert attended.between(20, 50) == {1: 30, 2: 10}
    assert attended.between(0, 100) == {1: 90, 2: 20, 3: 10}


def test_two_seats_of_one_person_count_each_moment_once() -> None:
    """Overlapping, one inside the other, one still going on."""
    attended = Attended()
    attended.note([1, 2], 0)
    attended.note([1], 10)
    attended.note([1, 2], 20)
    attended.note([2], 30)
    attended.same_person(2, 1)
    assert attended.between(0, 50) == {1: 50}
    attended.note([], 40)
    assert attended.between(0, 50) == {1: 40}
