"""A line, and the pace of its commands."""

import asyncio
import socket

import pytest
from evenly_protocol.wire import Bye, Purpose
from evenly_server.fanout import WRITE_BUFFER_LIMIT, FramedOnce
from evenly_server.line import QUEUED_AT_MOST, Line, Pace

from tests.harness import eventually, make_room, serving, soon, wire


class Time:
    ms = 0

    def now(self) -> int:
        return self.ms


def test_a_burst_goes_at_once_and_then_so_many_a_second() -> None:
    time = Time()
    pace = Pace(5, 20, time.now)
    assert [pace.take() for _ in range(21)] == [True] * 20 + [False]
    time.ms += 199
    assert not pace.take()
    time.ms += 1
    assert pace.take()
    assert not pace.take()


def test_however_long_nothing_is_asked_a_burst_is_no_more_than_a_burst() -> None:
    time = Time()
    pace = Pace(5, 20, time.now)
    time.ms += 10_000_000
    assert sum(pace.take() for _ in range(100)) == 20


class Socket:
    """What a line needs of a connection, and what became of it."""

    def __init__(self, *, closes: bool = True) -> None:
        self.closes = closes
        self.aborted = False
        self.codes: list[int] = []
        self.transport = self

    def abort(self) -> None:
        self.aborted = True

    async def close(self, code: int, reason: str) -> None:
        self.codes.append(code)
        if not self.closes:
            await asyncio.Event().wait()


class Sent(FramedOnce):
    """A sending side that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.payloads: list[bytes] = []

    def send(self, payload: bytes, connections: object) -> None:  # type: ignore[override]
        self.payloads.append(payload)


def line_on(connection: Socket) -> tuple[Line, Sent]:
    sent = Sent()
    return Line(1, connection, sent, None), sent  # type: ignore[arg-type]


async def test_goodbye_is_said_once() -> None:
    connection = Socket()
    line, sent = line_on(connection)
    line.live = True
    line.goodbye(Bye.REMOVED)
    line.goodbye(Bye.STOPPING)
    await eventually(lambda: connection.codes)
    assert len(sent.payloads) == 1
    assert connection.codes == [4000]
    assert line.over
    assert not line.live
    assert not connection.aborted


async def test_who_does_not_take_the_goodbye_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenly_server.line.CLOSE_WITHIN_S", 0.01)
    connection = Socket(closes=False)
    line, _ = line_on(connection)
    line.goodbye(Bye.ELSEWHERE)
    await eventually(lambda: connection.aborted)


async def test_reading_goes_on_once_fewer_than_eight_commands_wait() -> None:
    line, _ = line_on(Socket())
    for _ in range(QUEUED_AT_MOST):
        assert not line.full
        line.queued()
    assert line.full
    waiting = asyncio.ensure_future(line.fewer())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.decided()
    await soon(waiting)
    assert not line.full


async def test_what_is_kept_back_during_a_snapshot_has_a_limit() -> None:
    connection = Socket()
    line, _ = line_on(connection)
    line.keep_back(bytes(10))
    assert line.behind is None
    line.behind = []
    line.keep_back(bytes(WRITE_BUFFER_LIMIT))
    assert not connection.aborted
    line.keep_back(b"x")
    assert connection.aborted
    assert line.behind == []


def test_only_members_are_counted() -> None:
    line, _ = line_on(Socket())
    counted = {purpose: (setattr(line, "purpose", purpose), line.counted)[1] for purpose in Purpose}
    assert counted == {p: p is Purpose.MEMBER for p in Purpose}


async def test_a_frozen_member_with_much_unread_is_found_by_the_ping_and_let_go() -> None:
    """The library would wait for the ping to leave, for ever."""
    async with (
        serving(ping_every_s=0.1, pong_within_s=0.1) as server,
        make_room(server, 1) as group,
        wire(group.link) as member,
    ):
        await member.enter()
        (line,) = (x for x in server.process._lines if x.ik == member.key.public)
        line.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        member.socket.transport.pause_reading()
        fanout = server.process._fanout
        while line.socket.transport.get_write_buffer_size() < WRITE_BUFFER_LIMIT // 2:
            fanout.send(bytes(10_000), (line.socket,))
        await eventually(lambda: line not in server.process._lines)
        assert fanout.cut == 0
        await group.leader.until(lambda room: group.leader.connected == [1])
        member.socket.transport.abort()


async def test_a_server_with_a_frozen_member_stops_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenly_server.line.CLOSE_WITHIN_S", 0.05)
    async with serving() as server, make_room(server, 1) as group, wire(group.link) as member:
        await member.enter()
        (line,) = (x for x in server.process._lines if x.ik == member.key.public)
        line.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        member.socket.transport.pause_reading()
        while line.socket.transport.get_write_buffer_size() < WRITE_BUFFER_LIMIT // 2:
            server.process._fanout.send(bytes(10_000), (line.socket,))
        await soon(server.process.stop())
        assert not server.process._lines
        member.socket.transport.abort()
