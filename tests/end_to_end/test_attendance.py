"""Attending and speaking through lost connections, restarts, and keys that nobody presses; time told by the test."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_protocol import airtime
from evenly_protocol.attendance import MemberArrived, MemberLeft, SetAttending
from evenly_protocol.room import Entry
from evenly_protocol.session import GapNoticed
from evenly_protocol.turns import GiveFloor
from evenly_server.journal.sqlite import load_alive

from tests.harness import NOON, Group, Member, Server, entries_in, eventually, make_room

SECOND, MINUTE = 1_000, 60_000


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with Server(tmp_path / "rooms.db", fed=NOON) as started:
        yield started


async def leaves(member: Member, group: Group) -> None:
    """The connection ends, and the server has noticed."""
    seat = member.seat
    await member.stop()
    await group.leader.until(lambda room: seat not in group.leader.connected)


async def back(group: Group, member: Member) -> Member:
    """The same person, joined again."""
    again = Member(group.link, member.key, member.name, outbox=member._outbox)
    again.start()
    await again.entered()
    return again


def found(server: Server, group: Group, event: object) -> list[Entry]:
    return [e for e in entries_in(server.journal, group.link.room) if event in e.events]


async def test_who_loses_the_connection_is_still_attending_for_two_minutes(server: Server) -> None:
    async with make_room(server, 2, session=True) as group:
        await server.tell_time(NOON + 10 * SECOND)
        await leaves(group.others[0], group)
        await server.tell_time(NOON + 2 * MINUTE + 9_999)
        assert found(server, group, MemberLeft(2)) == []
        await server.tell_time(NOON + 5 * MINUTE)
        (entry,) = found(server, group, MemberLeft(2))
        assert (entry.at, entry.by) == (NOON + 2 * MINUTE + 10 * SECOND, 0)
        await group.leader.until(lambda room: not room.members[2].attending)
        again = await back(group, group.others[0])
        await group.leader.until(lambda room: room.members[2].attending)
        assert found(server, group, MemberArrived(2))[-1].at == NOON + 5 * MINUTE
        await again.stop()


async def test_who_is_back_within_two_minutes_was_never_gone(server: Server) -> None:
    async with make_room(server, 2, session=True) as group:
        seq = len(entries_in(server.journal, group.link.room))
        for minute in range(3):
            await leaves(group.others[0], group)
            await server.tell_time(NOON + (minute + 1) * (2 * MINUTE - SECOND))
            again = await back(group, group.others[0])
            await group.leader.until(lambda room: 2 in group.leader.connected)
            group.others = [again]
        await server.tell_time(NOON + 3 * 2 * MINUTE + 3 * MINUTE)
        await group.leader.until(lambda room: True)
        assert found(server, group, MemberLeft(2)) == []
        later = entries_in(server.journal, group.link.room)[seq:]
        assert not any(isinstance(event, MemberArrived | MemberLeft) for entry in later for event in entry.events)
        await again.stop()


async def test_whom_a_facilitator_has_said_to_be_on_the_call_stays_so(server: Server) -> None:
    async with make_room(server, 2, session=True) as group:
        assert await group.leader.ask(SetAttending(2, True)) is None
        await leaves(group.others[0], group)
        await server.tell_time(NOON + 10 * MINUTE)
        assert found(server, group, MemberLeft(2)) == []


async def test_after_a_restart_everybodys_two_minutes_start_anew(server: Server) -> None:
    async with make_room(server, 3, session=True) as group:
        await leaves(group.others[0], group)
        await server.tell_time(NOON + MINUTE)
        await server.kill()
        await server.start(NOON + 90 * SECOND)
        for member in (group.leader, group.others[1]):
            member.reconnect_now()
            await member.entered()
        await server.tell_time(NOON + 90 * SECOND + 2 * MINUTE - 1)
        assert found(server, group, MemberLeft(2)) == []
        await server.tell_time(NOON + 90 * SECOND + 2 * MINUTE)
        # The room came back when the first member did, at that very second.
        assert [e.at for e in found(server, group, MemberLeft(2))] == [NOON + 90 * SECOND + 2 * MINUTE]
        assert found(server, group, MemberLeft(3)) == []


async def alive_is_noted(server: Server, group: Group, at: int) -> None:
    """Waits until the file says that the room was alive then; that row is written lazily."""

    def noted() -> bool:
        with contextlib.closing(sqlite3.connect(server.journal)) as db:
            return (load_alive(db, group.link.room) or 0) >= at

    await eventually(noted)


@pytest.mark.parametrize("gap", [0, 20 * SECOND, 30 * SECOND, 31 * SECOND, 150 * SECOND])
async def test_a_short_gap_counts_as_spoken_and_a_longer_one_is_unsure(gap: int, server: Server) -> None:
    async with make_room(server, 2, session=True) as group:
        assert await group.leader.ask(GiveFloor(2)) is None
        last_alive = NOON + MINUTE
        await server.tell_time(last_alive)
        await alive_is_noted(server, group, last_alive)
        await server.kill()
        await server.start(last_alive + gap)
        group.leader.reconnect_now()
        await group.leader.entered()
        await server.tell_time(last_alive + gap + 10 * SECOND)
        assert await group.leader.ask(GiveFloor(1)) is None
        session = group.leader.room.session
        assert session is not None
        told = group.leader.room.at
        spoken = airtime.totals(session, told).counted.get(2, 0)
        spans = [(s.start - NOON, s.end - NOON, s.sure) for s in session.ledger if s.seat == 2]
        if gap <= 30 * SECOND:
            assert spoken == MINUTE + gap + 10 * SECOND
            assert all(sure for *_, sure in spans)
        else:
            assert spoken == MINUTE
            assert [sure for *_, sure in spans] == [True, False]
        noticed = [e for e in entries_in(server.journal, group.link.room) if isinstance(e.events[0], GapNoticed)]
        assert len(noticed) == (1 if gap else 0)


async def test_when_nobody_presses_a_key_for_ten_minutes_no_counter_claims_what_was_not_marked(server: Server) -> None:
    async with make_room(server, 3, session=True) as group:
        for minute in range(1, 11):
            await server.tell_time(NOON + minute * MINUTE)
        assert await group.leader.ask(GiveFloor(2)) is None
        await server.tell_time(NOON + 12 * MINUTE)
        assert await group.leader.ask(GiveFloor(0)) is None
        session = group.leader.room.session
        assert session is not None
        sums = airtime.totals(session, NOON + 12 * MINUTE)
        assert {seat: ms for seat, ms in sums.counted.items() if ms} == {2: 2 * MINUTE}
        assert sums.coverage < airtime.COVERAGE_SHOWN_FROM
        assert not sums.enough_marked
        assert sums.coverage == pytest.approx(2 / 12)


async def test_a_turn_about_which_nobody_presses_anything_counts_for_nobody(server: Server) -> None:
    async with make_room(server, 2, session=True) as group:
        assert await group.leader.ask(GiveFloor(2)) is None
        await server.tell_time(NOON + 10 * MINUTE)
        assert await group.leader.ask(GiveFloor(1)) is None
        session = group.leader.room.session
        assert session is not None
        sums = airtime.totals(session, NOON + 10 * MINUTE)
        assert sums.counted.get(2, 0) == 0
        assert sums.coverage == 0
