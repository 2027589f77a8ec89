"""The clocks: what is due rings once, in order, each at its moment."""

import asyncio
import time

import pytest
from evenly_server.clock import FedClock, SystemClock

from tests.harness import eventually


def all_steps(clock: FedClock, until: int) -> None:
    while clock.step(until):
        pass


def test_a_fed_clock_rings_what_is_due_in_order_each_at_its_moment() -> None:
    clock = FedClock(100)
    rung: list[tuple[str, int]] = []
    for name, at in (("c", 300), ("a", 150), ("b", 150), ("later", 500)):
        clock.alarm(at, lambda name=name: rung.append((name, clock.now())))  # type: ignore[misc]
    all_steps(clock, 400)
    assert rung == [("a", 150), ("b", 150), ("c", 300)]
    assert clock.now() == 400
    all_steps(clock, 500)
    assert rung[-1] == ("later", 500)


def test_a_fed_clock_rings_what_is_set_on_the_way() -> None:
    clock = FedClock(0)
    rung: list[int] = []

    def again() -> None:
        rung.append(clock.now())
        clock.alarm(clock.now() + 10, again)

    clock.alarm(10, again)
    all_steps(clock, 35)
    assert rung == [10, 20, 30]


def test_an_alarm_in_the_past_rings_now_and_a_fed_clock_does_not_go_back() -> None:
    clock = FedClock(100)
    rung: list[int] = []
    clock.alarm(5, lambda: rung.append(clock.now()))
    all_steps(clock, 50)
    assert rung == [100]
    assert clock.now() == 100


def test_a_cancelled_alarm_does_not_ring() -> None:
    clock = FedClock(0)
    rung: list[int] = []
    first, second = clock.alarm(10, lambda: rung.append(1)), clock.alarm(10, lambda: rung.append(2))
    clock.alarm(5, second.cancel)
    first.cancel()
    all_steps(clock, 20)
    assert rung == []


async def test_a_system_clock_rings_in_order_and_not_too_soon() -> None:
    clock = SystemClock()
    start = clock.now()
    rung: list[tuple[str, bool]] = []
    for name, after in (("b", 20), ("a", 5), ("c", 20)):
        at = start + after
        clock.alarm(at, lambda name=name, at=at: rung.append((name, clock.now() >= at)))  # type: ignore[misc]
    clock.alarm(start + 10, lambda: rung.append(("cancelled", False))).cancel()
    await eventually(lambda: len(rung) == 3)
    assert rung == [("a", True), ("b", True), ("c", True)]


async def test_an_alarm_that_fails_does_not_stop_the_others() -> None:
    clock = SystemClock()
    rung: list[str] = []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))

    def fails() -> None:
        raise ValueError("a mistake")

    clock.alarm(clock.now(), fails)
    clock.alarm(clock.now() + 1, lambda: rung.append("rung"))
    await eventually(lambda: rung)
    assert [type(f) for f in failures] == [ValueError]


def test_a_wall_clock_that_is_set_does_not_reach_a_running_server(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.now()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert before <= clock.now() < before + 3_600_000
