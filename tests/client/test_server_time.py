"""The server's clock, estimated: this machine's monotonic clock is moved by the test."""

import pytest
from evenly_client import server_time
from evenly_client.server_time import ServerTime


class Here:
    """This machine's monotonic clock, milliseconds."""

    ms = 5_000_000.0


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    clock = Here()
    monkeypatch.setattr(server_time, "_local", lambda: clock.ms)
    return clock


def exchange(time: ServerTime, here: Here, there: float, *, forth: float, back: float) -> float:
    """A ping takes `forth` ms, its pong `back`; the server's clock is `there` now, and is given back as it is then."""
    sent = time.stamp()
    here.ms += forth + back
    time.exchanged(sent, int(there + forth))
    return there + forth + back


def test_an_exchange_gives_the_offset_to_half_of_what_the_two_ways_differ_by(here: Here) -> None:
    time = ServerTime()
    there = exchange(time, here, 1_000_000, forth=40, back=20)
    assert time.now() == pytest.approx(there, abs=11)
    here.ms += 60_000
    assert time.now() == pytest.approx(there + 60_000, abs=11)


def test_a_slow_exchange_does_not_spoil_what_a_quick_one_gave(here: Here) -> None:
    time = ServerTime()
    there = exchange(time, here, 1_000_000, forth=2, back=2)
    there = exchange(time, here, there, forth=3_000, back=1)
    assert time.now() == pytest.approx(there, abs=2)


def test_after_a_reconnect_the_first_exchange_counts_however_slow(here: Here) -> None:
    time = ServerTime()
    exchange(time, here, 1_000_000, forth=1, back=1)
    time.forget()
    there = exchange(time, here, 9_000_000, forth=200, back=200)
    assert time.now() == pytest.approx(there, abs=2)


def test_an_entry_cannot_come_from_the_future(here: Here) -> None:
    time = ServerTime()
    exchange(time, here, 1_000_000, forth=0, back=0)
    time.at_least(1_000_500)
    assert time.now() == 1_000_500
    time.at_least(1_000_100)
    assert time.now() == 1_000_500


def test_the_clock_of_a_rehearsal_runs_faster(here: Here) -> None:
    time = ServerTime(rate=60)
    time.at_least(2_000_000_000_000_000)
    here.ms += 1_000
    assert time.now() == 2_000_000_000_060_000


def test_a_pong_that_was_never_asked_for_is_passed_over(here: Here) -> None:
    time = ServerTime()
    there = exchange(time, here, 1_000_000, forth=1, back=1)
    time.exchanged(int((here.ms + 10_000) * 1000), 42)
    assert time.now() == pytest.approx(there, abs=1)


def test_before_anything_is_known_it_is_this_machines_own_time(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_time.time, "time_ns", lambda: 1_790_000_000_000 * 1_000_000)
    time = ServerTime()
    assert time.now() == 1_790_000_000_000


@pytest.mark.parametrize("drift", [-150e-6, 150e-6])
def test_a_clock_that_drifts_is_set_right_even_by_slow_exchanges(here: Here, drift: float) -> None:
    """The line was quick at first and is slow ever after; the clock here runs 9 ms a minute apart."""
    time = ServerTime()
    there = exchange(time, here, 1_000_000, forth=1, back=1)
    for _ in range(150):
        there += 60_000
        here.ms += 60_000 * (1 + drift)
        there = exchange(time, here, there, forth=30, back=50)
        assert abs(time.now() - there) < 100
