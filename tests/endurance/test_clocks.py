"""The server's wall clock is set while a session runs, or while the server is down: no air time is lost or made up."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from evenly_client.outlook import Outlook
from evenly_protocol.airtime import totals
from evenly_protocol.turns import GiveFloor

from tests.harness import Group, Server, make_room

HOUR_S = 3_600
WRONG_MS = 100
"""How wrong air time may be at most."""

SET = """
import time
from pathlib import Path
def wrong(real, unit, file=Path({file!r})):
    return lambda: real() + type(real())(float(file.read_text() or 0) * unit)
time.time, time.time_ns = wrong(time.time, 1), wrong(time.time_ns, 1_000_000_000)
"""


class Turn:
    """Somebody speaks: since when, as seen from outside by a clock that nobody sets."""

    def __init__(self, group: Group, seat: int) -> None:
        self.group = group
        self.seat = seat
        self.asked = self.given = 0.0

    async def begin(self) -> None:
        """The floor is theirs somewhere between `asked` and `given`."""
        self.asked = time.monotonic()
        assert await self.group.leader.ask(GiveFloor(self.seat)) is None
        self.given = time.monotonic()
        await self.group.caught_up()

    def check(self, without_s: float = 0, until: Turn | None = None) -> None:
        """Everybody's counter shows what has passed since, until the next turn if there was one.

        `without_s`: seconds, at most, that were a gap.
        """
        for member in self.group.members:
            session = member.room.session
            assert session is not None
            earliest = time.monotonic() if until is None else until.asked
            counted = totals(session, Outlook(member).now).counted.get(self.seat, 0)
            latest = time.monotonic() if until is None else until.given
            assert (earliest - self.given - without_s) * 1000 - WRONG_MS <= counted
            assert counted <= (latest - self.asked) * 1000 + WRONG_MS


def told_wrong(directory: Path) -> tuple[Path, str]:
    """A file with the seconds by which a server's wall clock is wrong, and what makes a process believe it."""
    file = directory / "wrong"
    file.write_text("0")
    return file, SET.format(file=str(file))


@pytest.mark.parametrize("jump", [-HOUR_S, 24 * HOUR_S])
async def test_a_wall_clock_that_is_set_in_a_session_does_not_reach_it(tmp_path: Path, jump: int) -> None:
    file, before = told_wrong(tmp_path)
    async with Server(tmp_path / "rooms.db", before=before) as server, make_room(server, 3, session=True) as group:
        turn, next_turn = Turn(group, 2), Turn(group, 3)
        await turn.begin()
        file.write_text(str(jump))
        await asyncio.sleep(0.3)
        await next_turn.begin()
        turn.check(until=next_turn)
        for member in group.members:
            member.cut()
        await group.leader.until(lambda room: len(group.leader.connected) == 3)
        await asyncio.sleep(0.3)
        next_turn.check()


@pytest.mark.parametrize("jump", [-HOUR_S, 24 * HOUR_S])
async def test_a_wall_clock_that_is_set_while_the_server_is_down(tmp_path: Path, jump: int) -> None:
    """A day without anybody is a gap and counts for nobody; an hour that comes twice does not stop the time."""
    file, before = told_wrong(tmp_path)
    async with Server(tmp_path / "rooms.db", before=before) as server, make_room(server, 3, session=True) as group:
        turn = Turn(group, 2)
        await turn.begin()
        await asyncio.sleep(1.5)  # the room has been seen alive, and the note of it is on disk
        down = time.monotonic()
        await server.kill()
        file.write_text(str(jump))
        await server.start()
        for member in group.members:
            member.reconnect_now()
        await group.leader.until(lambda room: len(group.leader.connected) == 3)
        turn.check(without_s=time.monotonic() - down + 2)
        next_turn = Turn(group, 3)
        await next_turn.begin()
        await asyncio.sleep(0.3)
        next_turn.check()
