"""A member's part, tied to its peer: whom it takes part with, and what a server cannot change under its hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from evenly_client.checkins.asking import open_command
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.question import Question
from evenly_client.checkins.taking_part import CheckIns, asked_of
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.checkins.verdict import Verdict
from evenly_client.peer import Relayed
from evenly_protocol.checkins import CheckIn, CloseCheckIn, check_in_with
from evenly_protocol.relayed import Committed, Revealed, pack, unpack
from evenly_protocol.seats import SetRole
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind, CheckInState, Role

from tests.harness import Group, Local, make_room

ENERGY = TEMPLATES["energy"][1]


@asynccontextmanager
async def taking_part(server: Local, people: int) -> AsyncIterator[tuple[Group, list[CheckIns]]]:
    """A session of so many, each with a part."""
    async with make_room(server, people, session=True) as group:
        yield group, [CheckIns(member, MemoryLedger()) for member in group.members]


async def opened(group: Group, parts: list[CheckIns], question: Question = ENERGY) -> bytes:
    """The facilitator asks; all are ready to answer. The check-in's id."""
    id = group.leader.new_id()
    assert await group.leader.ask(open_command(group.leader, question, id), id) is None
    for member, part in zip(group.members, parts, strict=True):
        await member.until(lambda _, part=part: part.mine.people == len(parts))
    return id


async def ended(group: Group, id: bytes) -> CheckIn:
    """What came of it, once everybody knows."""
    for member in group.members:
        await member.until(lambda room: _of(room.check_ins, id).ended_at > 0)
    return _of(group.leader.room.check_ins, id)


def _of(check_ins: list[CheckIn], id: bytes) -> CheckIn:
    return next(c for c in check_ins if c.id == id)


async def test_all_answer_and_each_finds_its_answer_in_the_result(local: Local) -> None:
    async with taking_part(local, 4) as (group, parts):
        id = await opened(group, parts)
        for number, part in enumerate(parts):
            part.answer(id, (number,))
            part.done(id)
        assert (await ended(group, id)).state is CheckInState.RECORDED
        assert [part.mine.verdicts[id] for part in parts] == [Verdict.IN] * 4


async def test_whoever_only_watches_gives_no_keys_and_is_nobodys_cover(local: Local) -> None:
    """An observer's program answers no COMMIT, whatever the server asks of it."""
    async with taking_part(local, 4) as (group, _parts):
        watching = group.others[2]
        assert await group.leader.ask(SetRole(watching.seat, Role.OBSERVER)) is None
        await watching.until(lambda room: room.members[watching.seat].role is Role.OBSERVER)
        sent: list[Relay] = []
        watching.relay = lambda *envelopes: sent.extend(envelopes)  # type: ignore[method-assign]
        for notice in (Relay(RelayType.COMMIT, 0, epoch=1 << 50),):
            watching._tell(Relayed(notice))
        assert sent == []
        speaks = group.others[0]
        speaks.relay = lambda *envelopes: sent.extend(envelopes)  # type: ignore[method-assign]
        speaks._tell(Relayed(Relay(RelayType.COMMIT, 0, epoch=1 << 50)))
        assert [e.type for e in sent] == [RelayType.COMMIT]


async def test_keys_of_somebody_who_is_not_in_the_room_are_refused(local: Local) -> None:
    """A made-up member is no part of an epoch, however well its key is committed to and signed."""
    from evenly_client.checkins.epoch import Handshake
    from evenly_client.sealing import DeviceKey

    async with taking_part(local, 3) as (group, parts):
        await opened(group, parts)
        member, mine = group.members[1], parts[1].mine
        stands, number = mine.epoch, 1 << 50
        made_up = Handshake(member.link.room, member.keys.room_key, DeviceKey.generate(), number, 1)
        stranger = made_up._device.public
        (commit,) = mine.received(Relay(RelayType.COMMIT, 0, epoch=number))
        committed = [Committed(member.key.public, commit.payload), Committed(stranger, made_up.commitment())]
        (reveal,) = mine.received(Relay(RelayType.REVEAL, 0, pack(committed), epoch=number))
        shown = unpack(reveal.payload, Revealed)
        assert shown is not None
        roster = [shown, made_up.reveal(committed)]
        assert mine.received(Relay(RelayType.ROSTER, 0, pack(roster), epoch=number)) == []
        assert mine.epoch is stands


async def test_another_question_under_the_same_id_is_not_answered(local: Local) -> None:
    """Options in another order, as a server could put them into a snapshot: what was answered goes nowhere."""
    async with taking_part(local, 3) as (group, parts):
        choice = Question(CheckInKind.CHOICE, "Shall we go on?", ("yes", "no"))
        id = await opened(group, parts, choice)
        for part in parts:
            part.answer(id, (1,))
        victim = group.members[2]
        held = check_in_with(victim.room, id)
        assert held is not None
        held.options = held.options[::-1]
        assert await group.leader.ask(CloseCheckIn(id)) is None
        check_in = await ended(group, id)
        assert check_in.state is CheckInState.GIVEN_UP
        assert parts[2].mine.verdicts.get(id) is not Verdict.IN


@pytest.mark.parametrize("kind", [CheckInKind.CHOICE, CheckInKind.MULTI, CheckInKind.SCALE])
async def test_a_question_with_answers_that_it_cannot_have_is_none(local: Local, kind: CheckInKind) -> None:
    """So a hostile server ends nobody's program with it."""
    async with taking_part(local, 3) as (group, parts):
        id = await opened(group, parts)
        check_in = msgspec.structs.replace(_of(group.leader.room.check_ins, id), kind=kind)
        check_in.options = check_in.options[:1] if kind is CheckInKind.SCALE else []
        assert asked_of(group.leader, check_in) is None


async def test_after_words_that_differ_nothing_is_answered_with_these_keys(local: Local) -> None:
    """Others are made for the next check-in, with other words."""
    async with taking_part(local, 3) as (group, parts):
        await opened(group, parts)
        epoch = parts[1].mine.epoch
        assert epoch is not None
        assert not parts[1].words_compared(("zoo", "zoo", "zoo"), match=False)
        assert parts[1].mine.epoch is epoch
        assert parts[1].words_compared(epoch.words, match=False)
        async with asyncio.timeout(10):
            for member, part in zip(group.members, parts, strict=True):
                await member.until(
                    lambda _, part=part: part.mine.epoch is not None and part.mine.epoch.number > epoch.number
                )
        assert parts[1].mine.people == 3
        assert not parts[1].mine.compared
