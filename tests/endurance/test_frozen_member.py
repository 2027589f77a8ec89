"""A member's program is stopped, its connection stays: it costs the server a bounded buffer, and the others nothing."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from evenly_protocol.wire import MESSAGE_AT_MOST
from evenly_server.fanout import WRITE_BUFFER_LIMIT

from tests.endurance.figures import long
from tests.endurance.real_members import Probe, p99, plain_member
from tests.harness import encoded, eventually, make_room, serving

MEMBERS = 11


async def freeze(home: Path) -> tuple[list[float], int]:
    """A room goes on while one of its members is frozen, until that one is cut, and comes again once thawed.

    What each answer to the others took (ms), and the most that waited for the frozen one (bytes). Silence alone would
    not end it here.
    """
    async with serving(paced=False, ping_every_s=600) as local, make_room(local, MEMBERS - 1, session=True) as group:
        async with plain_member(group.link, home) as far:
            await eventually(lambda: MEMBERS in group.leader.connected)
            (line,) = [line for line in local.process._lines if line.seat == MEMBERS]
            far.send_signal(signal.SIGSTOP)
            probes = [Probe(member) for member in group.members]
            waited = 0
            while not line.over:
                await asyncio.gather(*(probe.once() for probe in probes))
                waited = max(waited, line.socket.transport.get_write_buffer_size())
            assert local.process._fanout.cut == 1
            assert MEMBERS not in group.leader.connected
            far.send_signal(signal.SIGCONT)
            await eventually(lambda: MEMBERS in group.leader.connected)
        await group.caught_up()
        assert len({encoded(member.room) for member in group.members}) == 1
        return [took for probe in probes for took in probe.took], waited


async def test_a_frozen_member_costs_a_bounded_buffer_and_the_others_nothing(tmp_path: Path) -> None:
    _, waited = await freeze(tmp_path)
    assert 0 < waited <= WRITE_BUFFER_LIMIT + MESSAGE_AT_MOST


@pytest.mark.endurance
async def test_a_member_is_frozen_again_and_again(tmp_path: Path) -> None:
    times = long(20)
    took: list[float] = []
    waited = 0
    for number in range(times):
        answers, most = await freeze(tmp_path / str(number))
        took, waited = took + answers, max(waited, most)
    assert waited <= WRITE_BUFFER_LIMIT + MESSAGE_AT_MOST
    print(
        f"{times} times frozen, {len(took)} answers to the others: p99 {p99(took):.1f} ms (goal 50); "
        f"{waited} bytes waited at most (bound {WRITE_BUFFER_LIMIT} + one message)"
    )
