"""Check-ins over real sockets, the server as it is: every kind, few people and many, and a server that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from evenly_client import peer as peer_module
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.participant import Answer, Verdict
from evenly_client.checkins.results import result_of
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import Notice, Peer, Relayed, Settled, State
from evenly_client.sealing import DeviceKey
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.checkins import CheckIn, CloseCheckIn, OpenCheckIn, check_in_with, electorate
from evenly_protocol.facts import Command
from evenly_protocol.relayed import Progress
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import AddGuest, SetRole
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import Purpose, RelayType
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState, Lobby, Role
from evenly_server import checkins

from tests.harness import Group, Local, Member, Served, Server, eventually, make_room, phase, soon

NUMERIC = [kind for kind in CheckInKind if kind not in TEXT_KINDS]
OPTIONS = {
    CheckInKind.SCALE: ["not at all", "very much"],
    CheckInKind.CHOICE: ["red", "green", "blue"],
    CheckInKind.MULTI: ["tea", "coffee", "water", "nothing"],
}
OVER = (CheckInState.RECORDED, CheckInState.GIVEN_UP, CheckInState.WITHDRAWN)


class Table:
    """A room's members, each with their part in its check-ins. `told_off`: what the server refused any of them."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.leader = group.leader
        self.parts: list[tuple[Member, CheckIns]] = []
        self.told_off: list[Settled] = []
        for member in group.members:
            self.join(member)

    def join(self, member: Member) -> CheckIns:
        """A member takes part from now on."""
        part = CheckIns(member, MemoryLedger())
        member.watch(self._noticed)
        self.parts.append((member, part))
        return part

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, Settled) and notice.refusal is not None:
            self.told_off.append(notice)

    async def did(self, command: Command, id: bytes = b"", by: Member | None = None) -> None:
        """Somebody, the leader if not said otherwise, gives a command that is not refused."""
        refusal = await (by or self.leader).ask(command, id)
        assert refusal is None, (command, refusal)
        if by is not None:
            await self.leader.caught_up(by)

    async def open(self, kind: CheckInKind, *, question: str = "", seconds: int = 0, people: int = 0) -> bytes:
        """A check-in is open, and so many have keys of one another, everybody in this table if not said otherwise."""
        id, leader = Peer.new_id(), self.leader
        options = [leader.seal(FieldKind.OPTION, option, id) for option in OPTIONS.get(kind, [])]
        sealed = leader.seal(FieldKind.QUESTION, question or f"A {kind.value}?", id)
        await self.did(OpenCheckIn(kind, sealed, options, seconds), id)
        await self.have_keys(people or len(self.parts))
        return id

    async def have_keys(self, people: int) -> None:
        """So many take part now, and all of them know."""
        those = set(electorate(self.leader.room))
        for member, part in self.parts:
            if member.seat in those:
                await member.until(lambda room, part=part: part.open is not None and part.mine.people == people)  # type: ignore[misc]

    def answer(self, id: bytes, answers: Sequence[Answer | None]) -> None:
        """The members answer, in order; None for not at all."""
        for (_, part), answer in zip(self.parts, answers, strict=False):
            if answer is not None:
                part.answer(id, answer)

    async def close(self, id: bytes) -> CheckIn:
        """It is closed, and everybody who is there knows what came of it."""
        await self.did(CloseCheckIn(id))
        return await self.ended(id)

    async def ended(self, id: bytes) -> CheckIn:
        """Waits until everybody who is there knows what came of it."""
        for member, _ in self.parts:
            if member.state is State.LIVE and member.purpose is Purpose.MEMBER:
                await member.until(lambda room: is_over(room, id))
        found = check_in_with(self.leader.room, id)
        assert found is not None
        return found

    def verdicts(self, id: bytes) -> list[Verdict | None]:
        """What the result is to each."""
        return [part.mine.verdicts.get(id) for _, part in self.parts]

    def read(self, id: bytes, member: Member | None = None) -> Any:
        """The result as a member reads it: how many gave each answer and how many none, or the texts."""
        reader = member or self.leader
        check_in = check_in_with(reader.room, id)
        assert check_in is not None
        assert check_in.state is CheckInState.RECORDED, (check_in.state, check_in.code)
        found = result_of(reader.sealer, reader.keys.room_key, reader.room.id, check_in)
        assert found is not None
        assert found.people == check_in.taking_part
        if check_in.kind is CheckInKind.TEXT:
            return Counter(found.texts), found.abstained
        if check_in.kind is CheckInKind.WORDS:
            return Counter({bar.label: bar.many for bar in found.words}), found.abstained
        return [bar.many for bar in found.bars], found.abstained


def is_over(room: Any, id: bytes) -> bool:
    found = check_in_with(room, id)
    return found is not None and found.state in OVER


def answers_to(kind: CheckInKind, people: int) -> list[Answer | None]:
    """What everybody answers: each answer by somebody, every fifth member none, the sixth none though done."""
    most = {"scale": 5, "mood": 5, "yesno": 2, "choice": 3, "multi": 4, "fist": 6}.get(kind.value, 0)
    found: list[Answer | None] = []
    for n in range(people):
        if n % 5 == 4:
            found.append(None)
        elif kind in TEXT_KINDS:
            found.append(f"word {n % 7}" if kind is CheckInKind.WORDS else f"What number {n} says. " * (1 + n % 12))
        elif kind is CheckInKind.MULTI:
            found.append(tuple(sorted({n % most, n * 3 % most})))
        else:
            found.append((n % most,))
    return found


def expected(kind: CheckInKind, answers: Iterable[Answer | None]) -> Any:
    """What these answers add up to, as `Table.read` says it."""
    given = [a for a in answers if a]
    abstained = sum(not a for a in answers)
    if kind in TEXT_KINDS:
        return Counter(str(a).strip() for a in given), abstained
    most = {"scale": 5, "mood": 5, "yesno": 2, "choice": 3, "multi": 4, "fist": 6}[kind.value]
    return [sum(n in a for a in given if not isinstance(a, str)) for n in range(most)], abstained


@contextlib.asynccontextmanager
async def seated(server: Served, people: int, **more: Any) -> AsyncGenerator[Table]:
    """A room with a session in which everybody takes part in check-ins."""
    async with make_room(server, people, session=True, **more) as group:
        yield Table(group)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server waits for nobody for long."""
    monkeypatch.setattr(checkins, "STEP_WITHIN_S", 1.0)
    monkeypatch.setattr(checkins, "KEYS_WITHIN_S", 1.0)
    monkeypatch.setattr(checkins, "SILENT_S", 0.2)


# -- every kind, few and many --------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [3, 5, 11, 32, 50])
async def test_every_kind_has_the_right_result_on_every_screen(people: int, local: Local) -> None:
    async with seated(local, people) as table:
        for kind in CheckInKind if people <= 32 else NUMERIC:
            id = await table.open(kind)
            answers = answers_to(kind, people)
            table.answer(id, answers)
            check_in = await table.close(id)
            assert check_in.taking_part == people
            for member, _ in table.parts[:3]:
                assert table.read(id, member) == expected(kind, answers)
            assert set(table.verdicts(id)) == {Verdict.IN}
        assert table.told_off == []


async def test_above_32_words_are_not_asked_for(local: Local) -> None:
    async with seated(local, 33) as table:
        id = Peer.new_id()
        question = table.leader.seal(FieldKind.QUESTION, "Why?", id)
        refusal = await table.leader.ask(OpenCheckIn(CheckInKind.TEXT, question), id)
        assert refusal is not None
        assert refusal.code == "too_many"


async def test_an_answer_can_be_changed_until_the_close(local: Local) -> None:
    async with seated(local, 3) as table:
        id = await table.open(CheckInKind.YESNO)
        table.answer(id, [(0,), (0,), (0,)])
        table.parts[1][1].done(id)
        table.answer(id, [(1,), (), (0,)])
        await table.close(id)
        assert table.read(id) == ([1, 1], 1)


async def test_it_closes_when_all_are_done_and_by_its_time(fed: Local) -> None:
    async with seated(fed, 4) as table:
        done = await table.open(CheckInKind.SCALE)
        table.answer(done, [(0,), (4,), None, None])
        for _, part in table.parts:
            part.done(done)
        await table.ended(done)
        assert table.read(done) == ([1, 0, 0, 0, 1], 2)
        timed = await table.open(CheckInKind.FIST, seconds=30)
        table.answer(timed, [(5,), (5,), (0,), None])
        await fed.advance(29_000)
        found = check_in_with(table.leader.room, timed)
        assert found is not None
        assert found.state is CheckInState.OPEN
        await fed.advance(1_500)
        await table.ended(timed)
        assert table.read(timed) == ([1, 0, 0, 0, 0, 2], 1)


async def test_the_three_words_are_the_same_on_every_screen_and_remembered(local: Local) -> None:
    async with seated(local, 4) as table:
        parts = [part for _, part in table.parts]
        parts[0].compare_words()
        await eventually(lambda: all(part.comparing for part in parts))
        (words,) = {part.mine.epoch.words for part in parts if part.mine.epoch}
        assert not any(part.mine.compared for part in parts)
        assert parts[1].words_compared(words, match=True)
        assert not parts[2].words_compared(("other", "words", "altogether"), match=True)
        assert [part.mine.compared for part in parts] == [False, True, False, False]


# -- who takes part ------------------------------------------------------------------------------------------------


async def test_observers_guests_and_who_the_room_leaves_out_see_the_result_and_are_not_in_it(local: Local) -> None:
    async with seated(local, 6) as table:
        leader = table.leader
        id = Peer.new_id()
        await table.did(AddGuest(leader.seal(FieldKind.NAME, "Gwen", id)), id)
        await table.did(SetRole(6, Role.OBSERVER))
        await table.did(ChangeSettings(Settings(lobby=Lobby.OFF, facilitators_answer=False)))
        check_in = await table.open(CheckInKind.CHOICE, people=4)
        assert [part.open is not None for _, part in table.parts] == [False, True, True, True, True, False]
        table.answer(check_in, [None, (0,), (0,), (2,), None])
        await table.close(check_in)
        for member, _ in table.parts:
            assert table.read(check_in, member) == ([2, 0, 1], 1)
        assert table.verdicts(check_in) == [Verdict.ABSENT, *[Verdict.IN] * 4, Verdict.ABSENT]


async def test_whoever_joins_while_it_is_open_takes_part_and_whoever_leaves_does_not(local: Local) -> None:
    async with seated(local, 6) as table:
        id = await table.open(CheckInKind.YESNO)
        table.answer(id, [(0,)] * 6)
        async with Member(table.group.link, DeviceKey.generate(), "Late Lou") as late:
            table.join(late)
            await late.entered()
            await table.have_keys(7)
            table.answer(id, [None] * 6 + [(1,)])
            await table.did(LeaveCall(), by=table.parts[2][0])
            await table.have_keys(6)
            await table.close(id)
            assert table.read(id, late) == ([5, 1], 0)
            assert table.verdicts(id) == [*[Verdict.IN] * 2, Verdict.NOT_IN, *[Verdict.IN] * 4]


@pytest.mark.usefixtures("quick")
async def test_whoever_vanishes_at_the_close_is_told_that_they_are_not_in_it(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seated(local, 7) as table:
        id = await table.open(CheckInKind.SCALE)
        table.answer(id, [(4,)] * 7)
        vanished, part = table.parts[3]
        monkeypatch.setattr(peer_module, "back_off", lambda attempt, lost_for: 3.0)
        vanished.cut()
        await vanished.until(lambda room: vanished.state is State.LOST)
        check_in = await table.close(id)
        assert check_in.taking_part == 6
        assert table.read(id) == ([0, 0, 0, 0, 6], 0)
        await vanished.until(lambda room: is_over(room, id))
        assert part.mine.verdicts[id] is Verdict.NOT_IN
        assert table.read(id, vanished) == ([0, 0, 0, 0, 6], 0)


async def test_whoever_loses_the_line_at_the_close_and_is_back_at_once_is_in_it(local: Local) -> None:
    async with seated(local, 5) as table:
        id = await table.open(CheckInKind.WORDS)
        table.answer(id, answers_to(CheckInKind.WORDS, 5))
        member = table.parts[2][0]
        cut = [RelayType.ROSTER, RelayType.MASKS, RelayType.OPENS]

        def cuts(notice: Notice) -> None:
            if isinstance(notice, Relayed) and cut and notice.envelope.type is cut[0] and notice.envelope.k:
                cut.pop(0)
                member.cut()

        member.watch(cuts)
        await table.close(id)
        assert cut == []
        assert table.read(id) == expected(CheckInKind.WORDS, answers_to(CheckInKind.WORDS, 5))
        await member.until(lambda room: is_over(room, id))
        assert set(table.verdicts(id)) == {Verdict.IN}


@pytest.mark.usefixtures("quick")
async def test_a_program_that_knows_no_check_ins_is_left_out(local: Local) -> None:
    async with make_room(local, 5, session=True) as group:
        table = Table(Group(group.link, group.members[:4]))
        id = await table.open(CheckInKind.YESNO, people=4)
        table.answer(id, [(0,), (0,), (1,), None])
        await table.close(id)
        assert table.read(id, group.members[4]) == ([2, 1], 1)


async def test_a_second_window_that_only_looks_takes_no_part(local: Local) -> None:
    async with seated(local, 3) as table:
        key, link = table.parts[1][0].key, table.group.link
        async with contextlib.AsyncExitStack() as stack:
            for purpose in (Purpose.VIEW, Purpose.STAGE):
                window = await stack.enter_async_context(Member(link, key, "Ben", purpose=purpose))
                await window.entered()
                table.join(window)
            id = await open_among(table, 3)
            table.answer(id, [(0,), (0,), (1,)])
            check_in = await table.close(id)
            assert check_in.taking_part == 3
            assert table.read(id) == ([2, 1], 0)
            looking = [part for member, part in table.parts if member.purpose is not Purpose.MEMBER]
            await eventually(lambda: all(id in part.mine.verdicts for part in looking))
            assert all(part.mine.epoch is None for part in looking)
            assert {part.mine.verdicts[id] for part in looking} == {Verdict.ABSENT}


async def open_among(table: Table, people: int) -> bytes:
    """A yes or no is open, and the members of the first windows have keys."""
    every, table.parts = table.parts, table.parts[:people]
    id = await table.open(CheckInKind.YESNO)
    table.parts = every
    return id


async def test_a_device_that_joins_from_another_window_answers_there(local: Local) -> None:
    async with seated(local, 4) as table:
        id = await table.open(CheckInKind.YESNO)
        table.answer(id, [(0,)] * 4)
        old, _ = table.parts.pop(1)
        async with Member(table.group.link, old.key, "Ben") as new:
            table.join(new)
            await new.entered()
            await eventually(lambda: old.state is State.ENDED)
            words = {part.mine.epoch and part.mine.epoch.words for _, part in table.parts}
            await eventually(lambda: {p.mine.epoch and p.mine.epoch.words for _, p in table.parts} != words)
            await table.have_keys(4)
            table.answer(id, [None, None, None, (1,)])
            await table.close(id)
            assert table.read(id) == ([3, 1], 0)
            assert set(table.verdicts(id)) == {Verdict.IN}


async def test_a_program_started_anew_between_two_check_ins_is_in_the_second(local: Local) -> None:
    async with seated(local, 4) as table:
        first = await table.open(CheckInKind.YESNO)
        await table.close(first)
        old, _ = table.parts.pop(1)
        await old.stop()
        async with Member(table.group.link, old.key, "Ben") as new:
            table.join(new)
            await new.entered()
            second = await table.open(CheckInKind.FIST)
            table.answer(second, [(1,), (1,), (1,), (5,)])
            await table.close(second)
            assert table.read(second) == ([0, 3, 0, 0, 0, 1], 0)


async def test_the_next_session_has_check_ins_with_the_same_people(local: Local) -> None:
    async with seated(local, 3) as table:
        for number in (1, 2, 3):
            id = await table.open(CheckInKind.SCALE, question="As ever?")
            table.answer(id, [(0,), (1,), (2,)])
            await table.close(id)
            assert table.read(id) == ([1, 1, 1, 0, 0], 0)
            await table.did(EndSession(number))
            await table.did(StartSession([phase()]))


async def test_a_check_in_that_is_open_when_the_session_ends_has_its_result(local: Local) -> None:
    async with seated(local, 4) as table:
        id = await table.open(CheckInKind.MULTI)
        table.answer(id, [(0, 1), (1,), (3,), None])
        await table.did(EndSession(1))
        await table.ended(id)
        assert table.read(id) == ([1, 2, 0, 1], 1)


# -- the server is killed ------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def killed_room(tmp_path: Path, people: int = 7) -> AsyncGenerator[tuple[Server, Table]]:
    async with Server(tmp_path / "rooms.db") as server, seated(server, people) as table:
        yield server, table


def kills_at(server: Server, table: Table, at: RelayType, those: int) -> asyncio.Event:
    """The server is killed once so many members have heard this of a close; before the last of them answers."""
    heard: set[int] = set()
    killed = asyncio.Event()

    def watcher(member: Member) -> Callable[[Notice], None]:
        def noticed(notice: Notice) -> None:
            if isinstance(notice, Relayed) and notice.envelope.type is at and notice.envelope.k:
                heard.add(member.seat)
                if len(heard) >= those and not killed.is_set():
                    assert server.process is not None
                    server.process.kill()
                    killed.set()

        return noticed

    for member, _ in table.parts:
        # Before what answers.
        member._watchers.insert(0, watcher(member))
    return killed


async def after_the_kill(server: Server, table: Table, id: bytes) -> CheckIn:
    """The server is there again, and so is everybody; what came of it."""
    assert server.process is not None
    await server.process.wait()
    await server.start()
    for member, _ in table.parts:
        await eventually(lambda member=member: member.state is State.LIVE)  # type: ignore[misc]
    return await table.ended(id)


def is_right(table: Table, id: bytes, kind: CheckInKind, answers: Sequence[Answer | None]) -> bool:
    """Whether it was recorded; then it is what those said who are told that they are in it."""
    found = check_in_with(table.leader.room, id)
    assert found is not None
    if found.state is not CheckInState.RECORDED:
        assert found.state is CheckInState.GIVEN_UP
        assert found.code in ("lost", "too_few", "shrunk", "nothing_opened")
        return False
    those_in = [a for a, v in zip(answers, table.verdicts(id), strict=True) if v is Verdict.IN]
    assert len(those_in) == found.taking_part
    assert table.read(id) == expected(kind, those_in)
    return True


async def test_answers_outlive_a_server_that_is_killed_before_the_close(tmp_path: Path) -> None:
    async with killed_room(tmp_path) as (server, table):
        id = await table.open(CheckInKind.SCALE)
        answers = answers_to(CheckInKind.SCALE, 7)
        table.answer(id, answers)
        for _, part in table.parts[:6]:
            part.done(id)
        await eventually(lambda: {part.mine.progress(id) for _, part in table.parts} == {Progress(6, 7)})
        await server.kill()
        await server.start()
        for member, _ in table.parts:
            await eventually(lambda member=member: member.state is State.LIVE)  # type: ignore[misc]
        table.parts[6][1].done(id)
        await table.ended(id)
        assert table.read(id) == expected(CheckInKind.SCALE, answers)
        assert set(table.verdicts(id)) == {Verdict.IN}


@pytest.mark.parametrize("kind", [CheckInKind.SCALE, CheckInKind.WORDS])
@pytest.mark.parametrize(
    ("at", "those", "certain"),
    [
        pytest.param(RelayType.ROSTER, 1, True, id="before any mask"),
        pytest.param(RelayType.MASKS, 1, False, id="while the first opens"),
        pytest.param(RelayType.MASKS, 5, False, id="after some have opened"),
        pytest.param(RelayType.OPENS, 1, True, id="after all have opened"),
    ],
)
async def test_a_server_killed_while_it_closes_ends_it_rightly_or_says_that_it_is_lost(
    kind: CheckInKind, at: RelayType, those: int, certain: bool, tmp_path: Path
) -> None:
    async with killed_room(tmp_path) as (server, table):
        id = await table.open(kind)
        answers = answers_to(kind, 7)
        table.answer(id, answers)
        killed = kills_at(server, table, at, those)
        table.leader.send(CloseCheckIn(id))
        await soon(killed.wait())
        await after_the_kill(server, table, id)
        assert is_right(table, id, kind, answers) or not certain
        if at is not RelayType.MASKS:
            assert set(table.verdicts(id)) == {Verdict.IN}


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(4))
async def test_a_server_killed_at_any_moment_never_has_a_wrong_result(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    recorded = 0
    async with killed_room(tmp_path, 6) as (server, table):
        for number in range(25):
            kind = dice.choice(list(CheckInKind))
            id = await table.open(kind, question=f"Number {number}?")
            answers = answers_to(kind, 6)
            table.answer(id, answers)
            table.leader.send(CloseCheckIn(id))
            await asyncio.sleep(dice.random() * 0.15)
            assert server.process is not None
            server.process.kill()
            await after_the_kill(server, table, id)
            recorded += is_right(table, id, kind, answers)
    assert recorded > 5
