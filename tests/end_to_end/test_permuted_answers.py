"""Who answers what changes nothing that the server sees: the same check-ins, with the answers dealt out otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile
from pathlib import Path

import msgspec
import pytest
from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.participant import Answer
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import LobbyChanged
from evenly_client.sealing import DeviceKey
from evenly_protocol.checkins import OpenCheckIn, check_in_with
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState

from tests.end_to_end.overheard import Recorder
from tests.harness import Group, Member, Server, eventually, phase, soon

PEOPLE = 5
SCRIPT: tuple[tuple[CheckInKind, int, tuple[Answer, ...]], ...] = (
    (CheckInKind.SCALE, 0, ((0,), (4,), (), (2,), (4,))),
    (CheckInKind.MULTI, 8, ((0, 1, 2, 3, 4, 5, 6, 7), (1,), (), (2, 5), (0, 7))),
    (CheckInKind.WORDS, 0, ("yes", "", "one two three", "incontrovertibly longwinded indeed", "🦔")),
    (CheckInKind.TEXT, 0, ("No.", "It is the same to me. " * 10, "", "ä" * 280, "Perhaps, if it is asked again.")),
)
"""What is asked, how many options it has, and what is answered."""

TIMED = ("ping", "pong", "presence")
"""Frames whose number depends on how fast this machine is."""

Steps = list[tuple[tuple[object, ...], list[tuple[int, int]]]]
"""Each step with what went where: the member's number and the bytes of the frame. Sorted: who is first within a step is
chance."""


@dataclass
class Run:
    """What a server saw of the script.

    Attributes:
        steps: in the order in which they began.
        rows: the length of each body in the journal.
        results: what every check-in came to.
    """

    steps: Steps
    rows: list[int]
    results: list[object]


def key_of(frame: list[object]) -> tuple[object, ...]:
    """To which step a frame belongs."""
    name, *fields = frame
    match name, fields:
        case "relay", [type, _, _, check_in, _, stage, k]:
            return name, type, check_in, stage, k
        case "events", [[*entries]]:
            return name, *(seq for seq, *_ in entries)
        case _:
            return name, fields[0]


def is_question(key: tuple[object, ...]) -> bool:
    """Whether a step is the asking of the first question."""
    return key == ("up", "command", bytes([1]) * 16)


def is_timed(frame: list[object]) -> bool:
    """Whether it says how long something takes: that depends on this machine."""
    return frame[0] in TIMED or (frame[:2] == ["relay", "progress"] and bool(frame[6]))


def frames(recorder: Recorder) -> Iterator[tuple[tuple[object, ...], int, int]]:
    """Every frame in the order in which they went by: its step, whose connection, how many bytes."""
    went = [
        (moment, direction, number, message)
        for number, line in enumerate(recorder.lines)
        for direction, way in (("up", line.up), ("down", line.down))
        for moment, message in way.messages()
    ]
    for _, direction, number, message in sorted(went, key=lambda one: one[0]):
        for raw in msgspec.msgpack.decode(message, type=list[msgspec.Raw]):
            frame = msgspec.msgpack.decode(raw)
            if not is_timed(frame):
                yield (direction, *key_of(frame)), number, len(raw)


def steps_of(recorder: Recorder) -> Steps:
    """Every frame since the first question, by step, the steps in the order in which they began."""
    steps: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for key, number, size in dropwhile(lambda frame: not is_question(frame[0]), frames(recorder)):
        steps.setdefault(key, []).append((number, size))
    return [(key, sorted(went)) for key, went in steps.items()]


async def run(folder: Path, dealt: int, *, tells: bool = False) -> Run:
    """The script, with each answer given by the member so many places on.

    `tells`: everybody's program says too much: with that it is done, it sends how it answered.
    """
    folder.mkdir()
    recorder, journal = Recorder(), folder / "rooms.db"
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(recorder.listening())
        name = f"127.0.0.1:{recorder.port}"
        server = await stack.enter_async_context(Server(journal, "--name", name, "--no-pace"))
        recorder.server_port = server.port
        link = replace(server.new_link(), port=recorder.port)
        members: list[Member] = []
        for number in range(PEOPLE):
            # The same devices every time: the order of their keys is the order of the roster.
            key = DeviceKey.from_bytes(bytes([number + 1]) * 32)
            member = Member(link, key, f"Member {number}", create_key="" if number == 0 else None)
            members.append(await stack.enter_async_context(member))
            await member.entered()
        group = Group(link, members)
        told = asyncio.Event()
        group.leader.watch(lambda notice: told.set() if isinstance(notice, LobbyChanged) else None)
        assert await group.leader.ask(StartSession([phase()])) is None
        await soon(told.wait())  # who leads is told who waits; after it, nothing but the script goes by
        parts = [CheckIns(member, MemoryLedger()) for member in members]
        for number, part in enumerate(parts):
            # Two that take one slot begin again, by chance; these never do.
            part.mine._random_slot = lambda _, number=number: 7 * number
        await group.caught_up()
        results = [await hold(group, parts, number, dealt, tells) for number in range(len(SCRIPT))]
        sent = PEOPLE * sum(2 if kind in TEXT_KINDS else 1 for kind, *_ in SCRIPT)

        def settled() -> bool:
            return sum(key[:3] == ("up", "relay", "result") for key, *_ in frames(recorder)) == sent

        await eventually(settled)
        await group.caught_up()
        steps = steps_of(recorder)
    with contextlib.closing(sqlite3.connect(journal)) as db:
        rows = [length for (length,) in db.execute("SELECT length(body) FROM records ORDER BY seq")]
    return Run(steps, rows, results)


async def hold(group: Group, parts: Sequence[CheckIns], number: int, dealt: int, tells: bool) -> object:
    """One check-in of the script. What it came to, in an order that says nothing of who."""
    kind, options, answers = SCRIPT[number]
    id, leader = bytes([number + 1]) * 16, group.leader
    question = leader.seal(FieldKind.QUESTION, "How is it?", id)
    sealed = [leader.seal(FieldKind.OPTION, f"Option {option}", id) for option in range(options)]
    assert await leader.ask(OpenCheckIn(kind, question, sealed), id) is None

    def ready(part: CheckIns) -> bool:
        return part.open is not None and part.mine.people == PEOPLE and part.mine.progress(id) is not None

    for member, part in zip(group.members, parts, strict=True):
        await member.until(lambda room, part=part: ready(part))  # type: ignore[misc]
    for place, part in enumerate(parts):
        answer = answers[(place + dealt) % PEOPLE]
        if answer:
            part.answer(id, answer)
        if tells:
            group.members[place].relay(Relay(RelayType.DONE, 0, str(answer).encode(), check_in=id))
        part.done(id)
    for member in group.members:
        await member.until(lambda room: (c := check_in_with(room, id)) is not None and c.state is CheckInState.RECORDED)
    check_in = check_in_with(leader.room, id)
    assert check_in is not None
    result = derivations.opened_result(leader.keys.room_key, leader.room.id, id, check_in.result)
    assert result is not None
    return sorted(blocks.texts(result, PEOPLE) or ()) if kind in TEXT_KINDS else ballots.counts(result)


@pytest.mark.parametrize("dealt", [1, 3])
async def test_the_same_answers_by_other_members_change_no_size_no_order_and_no_row(tmp_path: Path, dealt: int) -> None:
    one, other = await run(tmp_path / "one", 0), await run(tmp_path / "other", dealt)
    assert one.results == other.results
    assert [step for step, _ in one.steps] == [step for step, _ in other.steps]
    assert one.steps == other.steps
    assert one.rows == other.rows


async def test_the_comparison_notices_members_whose_programs_say_how_they_answered(tmp_path: Path) -> None:
    one, other = await run(tmp_path / "one", 0, tells=True), await run(tmp_path / "other", 1, tells=True)
    assert one.results == other.results
    differ = {key[2] for (key, went), (_, others) in zip(one.steps, other.steps, strict=True) if went != others}
    assert differ == {"done"}
