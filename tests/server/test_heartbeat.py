"""The heartbeat: who is silent is asked, who answers stays, who does not is cut, and who speaks is never asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest
from evenly_server.heartbeat import HeardConnection, Heartbeat

from tests.harness import Wire, eventually, make_room, serving, soon, wire

EVERY_S, WITHIN_S = 100.0, 50.0


@pytest.fixture
async def both() -> AsyncGenerator[tuple[Wire, HeardConnection]]:
    """A member, and the server's side of their connection, which has been silent for so long that it is to be asked."""
    async with serving() as server, make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        (line,) = (x for x in server.process._lines if x.ik == member.key.public)
        connection = cast(HeardConnection, line.socket)
        connection.heard_at = asyncio.get_running_loop().time() - EVERY_S
        yield member, connection


async def test_who_answers_stays(both: tuple[Wire, HeardConnection]) -> None:
    _member, connection = both
    heartbeat = Heartbeat(EVERY_S, WITHIN_S)
    heartbeat.watch(connection)
    now = connection.heard_at + EVERY_S
    heartbeat._beat(now)
    assert connection.asked_at == now
    await eventually(lambda: connection.heard_at >= now)
    heartbeat._beat(now + WITHIN_S)
    assert not connection.transport.is_closing()
    assert connection.asked_at == now
    heartbeat._beat(connection.heard_at + EVERY_S)
    assert connection.asked_at == connection.heard_at + EVERY_S


async def test_who_does_not_answer_is_cut_and_not_before_the_time_is_up(both: tuple[Wire, HeardConnection]) -> None:
    member, connection = both
    member.socket.transport.pause_reading()
    heartbeat = Heartbeat(EVERY_S, WITHIN_S)
    heartbeat.watch(connection)
    now = connection.heard_at + EVERY_S
    heartbeat._beat(now)
    heartbeat._beat(now + WITHIN_S - 0.001)
    assert not connection.transport.is_closing()
    heartbeat._beat(now + WITHIN_S)
    assert connection.transport.is_closing()


async def test_who_speaks_is_never_asked(both: tuple[Wire, HeardConnection]) -> None:
    member, connection = both
    heartbeat = Heartbeat(EVERY_S, WITHIN_S)
    heartbeat.watch(connection)
    silent = connection.heard_at
    await soon(await member.socket.ping())
    assert connection.heard_at > silent
    heartbeat._beat(silent + EVERY_S)
    assert not connection.asked_at
    await member.socket.close()
    await soon(connection.wait_closed())
    heartbeat._beat(connection.heard_at + EVERY_S)
    assert not heartbeat._due
