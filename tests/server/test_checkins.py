"""The relay of check-ins: what it waits for, how long, and what it does about whoever does not do as they should.

All in virtual time, with the real members' side: see `tests/hall.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import msgspec
import pytest
from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.participant import Verdict
from evenly_protocol.attendance import ComeBack, LeaveCall, StepAway
from evenly_protocol.checkins import FEW_WITHIN_S, CheckIn, CloseCheckIn, GiveUpCheckIn, RecordResult, WithdrawCheckIn
from evenly_protocol.relayed import Masked, Opened, Progress, Revealed, Standing, pack, unpack
from evenly_protocol.seats import AddGuest, SetRole
from evenly_protocol.session import EndSession, Hold, Resume, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind, CheckInState, Role
from evenly_server import checkins
from evenly_server.checkins import ATTEMPTS, KEYS_WITHIN_S, STEP_WITHIN_S

from tests.hall import Device, Hall, Lie, cut_at, instead, refuses, silent
from tests.protocol.world import NAME, phase
from tests.virtual_time import in_virtual_time

Scene = Callable[[], Coroutine[Any, Any, None]]

RECORDED, GIVEN_UP, WITHDRAWN = CheckInState.RECORDED, CheckInState.GIVEN_UP, CheckInState.WITHDRAWN
STEPS = [RelayType.MASK, RelayType.OPEN, RelayType.RESULT]
KEYS = [RelayType.COMMIT, RelayType.REVEAL]


@pytest.fixture
def play() -> Callable[[Scene], None]:
    """Plays a scene in virtual time."""
    return lambda scene: in_virtual_time(scene())


async def asked(hall: Hall, kind: CheckInKind = CheckInKind.SCALE, **more: Any) -> bytes:
    """A check-in is open, everybody connected has keys and has answered: the seat modulo 3, or a word."""
    id = hall.open(kind, **more)
    here = [d for d in hall.devices if d.online]
    await hall.everybody_knows()
    await hall.keys_stand(here)
    answer_all(here, id)
    return id


def answer_all(devices: Iterable[Device], id: bytes) -> None:
    for d in devices:
        in_words = d.hall.check_in(id).kind in (CheckInKind.WORDS, CheckInKind.TEXT)
        d.answer(id, f"word {d.seat}" if in_words else (d.seat % 3,), done=False)


async def closed(hall: Hall, id: bytes) -> CheckIn:
    """It is closed, and comes to an end."""
    hall.do(CloseCheckIn(id))
    return await hall.ends(id)


def result(hall: Hall, id: bytes) -> Any:
    """What was recorded: how many gave each answer and how many abstained, or the texts sorted."""
    check_in = hall.check_in(id)
    assert check_in.state is RECORDED, (check_in.state, check_in.code)
    plain = derivations.opened_result(hall.room_keys.room_key, hall.room.id, id, check_in.result)
    assert plain is not None
    if check_in.kind in (CheckInKind.WORDS, CheckInKind.TEXT):
        texts = blocks.texts(plain, check_in.taking_part)
        assert texts is not None
        return sorted(text.decode() for text in texts)
    counts = ballots.counts(plain)
    return [*counts.answers, counts.abstained]


def sum_of(*seats: int) -> list[int]:
    """What the answers of these seats add up to on a scale."""
    return [sum(seat % 3 == answer for seat in seats) for answer in range(5)] + [0]


def told(device: Device, type: RelayType) -> list[Relay]:
    """The envelopes of this type that came to a device."""
    return [r for r in device.heard if r.type is type]


# -- keys ----------------------------------------------------------------------------------------------------------


def test_keys_are_made_when_a_check_in_opens_for_those_who_take_part(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5, observers=[5])
        hall.do(AddGuest(NAME))
        assert all(d.mine.epoch is None for d in hall.devices)
        hall.open()
        await hall.keys_stand(hall.devices[:4])
        assert hall.devices[4].mine.epoch is None
        assert len({d.mine.epoch.words for d in hall.devices[:4] if d.mine.epoch}) == 1

    play(scene)


def test_a_facilitator_takes_part_unless_the_room_says_not(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4, settings=Settings(facilitators_answer=False))
        hall.open()
        await hall.keys_stand(hall.devices[1:])
        hall.do(ChangeSettings(Settings(facilitators_answer=True)))
        await hall.keys_stand()

    play(scene)


def test_who_comes_and_who_goes_makes_new_keys(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.open()
        await hall.keys_stand()
        newcomer = hall.newcomer()
        await hall.keys_stand([*hall.devices[:4], newcomer])
        hall.do(LeaveCall(), 2)
        await hall.keys_stand([d for d in hall.devices if d.seat != 2])
        hall.do(StepAway(), 3)
        await hall.keys_stand([d for d in hall.devices if d.seat not in (2, 3)])
        hall.do(ComeBack(), 3)
        hall.do(SetRole(4, Role.OBSERVER))
        await hall.keys_stand([d for d in hall.devices if d.seat not in (2, 4)])

    play(scene)


def test_a_lost_connection_of_a_running_client_changes_nothing(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.open()
        await hall.keys_stand()
        before = hall.devices[0].mine.epoch
        hall.drop(hall.devices[2])
        await hall.passes(100)
        hall.connect(hall.devices[2])
        await hall.passes(30)
        assert {id(d.mine.epoch) for d in hall.devices[:1]} == {id(before)}
        assert len(told(hall.devices[0], RelayType.COMMIT)) == 1

    play(scene)


def test_a_program_that_starts_anew_gets_new_keys(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.restart(hall.devices[2])
        await hall.until(lambda: len(told(hall.devices[0], RelayType.COMMIT)) == 2)
        await hall.keys_stand()
        assert (await closed(hall, id)).taking_part == 4
        assert result(hall, id) == [0, 2, 1, 0, 0, 1]  # what seat 3 had answered was in its program's memory alone

    play(scene)


def test_a_program_that_starts_anew_between_two_check_ins_takes_part_in_the_second(
    play: Callable[[Scene], None],
) -> None:
    async def scene() -> None:
        hall = Hall(4)
        await closed(hall, await asked(hall))
        hall.restart(hall.devices[2])
        await hall.passes(5)
        id = await asked(hall, question="And now?")
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)
        assert {d.verdict(id) for d in hall.devices} == {Verdict.IN}

    play(scene)


def test_whoever_is_cut_off_while_it_opens_has_keys_once_they_are_back(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.drop(hall.devices[3])
        id = hall.open()
        await hall.keys_stand(hall.devices[:3])
        await hall.passes(20)
        hall.connect(hall.devices[3])
        await hall.keys_stand()
        answer_all(hall.devices, id)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize("at", KEYS)
def test_whoever_is_cut_off_while_keys_are_made_is_among_them_once_back(
    at: RelayType, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.devices[1].lie = cut_at(at, 1.0, received=True)
        id = hall.open()
        await hall.passes(1)
        await hall.keys_stand()
        answer_all(hall.devices, id)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize("at", KEYS)
def test_whoever_sends_no_key_is_left_out_in_time(at: RelayType, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        hall.devices[1].lie = silent(at)
        began = hall.loop.time()
        id = hall.open()
        others = [d for d in hall.devices if d.seat != 2]
        await hall.keys_stand(others)
        assert hall.loop.time() - began < 2 * KEYS_WITHIN_S
        answer_all(others, id)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 3, 4, 5)
        assert hall.devices[1].verdict(id) is Verdict.ABSENT

    play(scene)


def test_whoever_is_a_little_too_slow_gets_one_more_chance(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.devices[1].freeze()
        hall.open()
        await hall.passes(7)
        assert len(hall.devices[0].mine.members) == 3
        hall.devices[1].thaw()
        await hall.keys_stand()

    play(scene)


def test_whoever_is_always_too_slow_does_not_make_keys_for_ever(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.devices[1].up.delay = KEYS_WITHIN_S + 1
        hall.open()
        await hall.passes(300)
        assert len(told(hall.devices[0], RelayType.COMMIT)) == 2
        assert len(hall.devices[0].mine.members) == 3

    play(scene)


def test_whoever_was_too_slow_has_another_chance_at_the_next_check_in(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.devices[1].up.delay = KEYS_WITHIN_S + 1
        first = hall.open()
        await hall.passes(60)
        hall.do(WithdrawCheckIn(first))
        hall.devices[1].up.delay = 0.01
        await hall.passes(10)
        assert len(hall.devices[0].mine.members) == 3
        second = await asked(hall, question="And now?")
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda r: msgspec.structs.replace(r, nonce=bytes(16)), id="another than it committed to"),
        pytest.param(lambda r: msgspec.structs.replace(r, signature=bytes(64)), id="one that it did not sign"),
        pytest.param(lambda r: msgspec.structs.replace(r, ik=bytes(32)), id="somebody else's"),
    ],
)
def test_whoever_shows_a_false_key_is_left_out_and_stands_in_nobodys_way(
    key: Callable[[Revealed], Revealed], play: Callable[[Scene], None]
) -> None:
    def changed(payload: bytes) -> bytes:
        revealed = unpack(payload, Revealed)
        assert revealed is not None
        return pack(key(revealed))

    async def scene() -> None:
        hall = Hall(5)
        hall.devices[1].lie = instead(RelayType.REVEAL, payload=changed)
        hall.open()
        await hall.keys_stand([d for d in hall.devices if d.seat != 2])

    play(scene)


def test_every_session_has_keys_of_its_own_though_the_same_people_are_there(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        words: list[object] = []
        for number in (1, 2, 3):
            id = await asked(hall)
            await closed(hall, id)
            assert result(hall, id) == sum_of(1, 2, 3, 4)
            words.append(hall.devices[0].mine.epoch and hall.devices[0].mine.epoch.words)
            hall.do(EndSession(number))
            hall.do(StartSession([phase()]))
            await hall.everybody_knows()
        assert len(set(words)) == 3

    play(scene)


def test_where_nothing_comes_of_new_keys_the_old_ones_stand(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(6)
        id = await asked(hall)
        for d in hall.devices:
            d.lie = silent(RelayType.COMMIT)
        hall.do(LeaveCall(), 6)
        await hall.passes(30)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_new_keys_are_newer_even_where_the_servers_clock_was_set_back(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.kill_server()
        hall.began -= 3_600_000
        hall.start_server()
        hall.connect_all()
        await hall.passes(10)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize("far", [2**40, 2**63 - 1, 2**64 - 1])
def test_nobody_makes_the_numbers_of_keys_run_out(far: int, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        hall.open()
        await hall.keys_stand()
        hall.devices[1].send(Relay(RelayType.ROSTER, 0, pack(Standing(b"")), epoch=far))
        await hall.passes(5)
        hall.newcomer()
        await hall.keys_stand()

    play(scene)


def test_the_words_are_compared_when_who_leads_says_so(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        await hall.everybody_knows()
        hall.devices[1].check_ins.compare_words()
        await hall.passes(1)
        assert (hall.devices[1].refused, hall.devices[0].mine.epoch) == (1, None)
        hall.devices[0].check_ins.compare_words()
        await hall.until(lambda: all(d.check_ins.comparing for d in hall.devices))
        assert len({d.mine.epoch.words for d in hall.devices if d.mine.epoch}) == 1
        await hall.passes(60)
        assert len(told(hall.devices[0], RelayType.WORDS)) == 1

    play(scene)


# -- done ----------------------------------------------------------------------------------------------------------


def test_it_closes_by_itself_when_the_last_one_is_done_whatever_they_did(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        for d in hall.devices[:3]:
            d.check_ins.done(id)
        await hall.passes(60)
        assert hall.check_in(id).state is CheckInState.OPEN
        assert hall.devices[3].mine.progress(id) == Progress(3, 4)
        hall.devices[3].check_ins.done(id)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)
        assert sum(isinstance(e, RecordResult) for e in hall.settled) == 1

    play(scene)


def test_two_are_too_few_to_close_it_by_being_done(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(3)
        id = await asked(hall)
        hall.do(LeaveCall(), 3)
        for d in hall.devices[:2]:
            d.check_ins.done(id)
        await hall.passes(60)
        assert hall.check_in(id).state is CheckInState.OPEN

    play(scene)


def test_it_closes_when_the_only_one_who_is_not_done_leaves(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        for d in hall.devices[:4]:
            d.check_ins.done(id)
        await hall.passes(1)
        hall.do(LeaveCall(), 5)
        # Of five there are four now: each is asked whether so few are enough.
        await hall.until(lambda: all(d.mine.asks_few for d in hall.devices[:4]))
        for d in hall.devices[:4]:
            d.check_ins.go_on(id, agree=True)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


def test_whoever_is_done_during_a_pause_closes_it_when_the_pause_ends(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.do(Hold(), 2)
        for d in hall.devices:
            d.check_ins.done(id)
        await hall.passes(60)
        assert hall.check_in(id).state is CheckInState.OPEN
        hall.do(Resume())
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


def test_a_program_that_starts_anew_is_not_done_any_more(play: Callable[[Scene], None]) -> None:
    """What it had answered is gone: closing now would take an abstention for it."""

    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.devices[1].check_ins.done(id)
        await hall.passes(1)
        for restarted in (hall.devices[1], hall.devices[2]):
            hall.restart(restarted)
            await hall.passes(1)
            assert restarted.mine.progress(id) == Progress(0, 4), "it is told, changed or not"
        for d in (hall.devices[0], *hall.devices[2:]):
            d.check_ins.done(id)
        await hall.passes(60)
        assert hall.check_in(id).state is CheckInState.OPEN
        hall.devices[1].answer(id, (4,))
        await hall.ends(id)
        assert result(hall, id) == [0, 2, 0, 0, 1, 1]

    play(scene)


def test_being_done_outlives_the_server(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        for d in hall.devices[:3]:
            d.check_ins.done(id)
        await hall.passes(1)
        hall.kill_server()
        await hall.passes(1)
        hall.start_server()
        hall.connect_all()
        await hall.passes(10)
        assert hall.devices[3].mine.progress(id) == Progress(3, 4)
        hall.devices[3].check_ins.done(id)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


def test_whoever_only_watches_is_never_done(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5, observers=[5])
        id = hall.open()
        await hall.keys_stand(hall.devices[:4])
        hall.devices[4].send(Relay(RelayType.DONE, 0, check_in=id))
        await hall.passes(1)
        assert hall.devices[0].mine.progress(id) == Progress(0, 4)

    play(scene)


# -- the close: whoever does not do their part ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", CheckInKind)
def test_every_kind_closes_with_the_right_result(kind: CheckInKind, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(6)
        options = ["left", "right", "neither"] if kind in (CheckInKind.CHOICE, CheckInKind.MULTI) else []
        id = hall.open(kind, options)
        await hall.keys_stand()
        in_words = kind in (CheckInKind.WORDS, CheckInKind.TEXT)
        for d in hall.devices[1:]:
            d.answer(id, f"no {d.seat}" if in_words else (d.seat % 2,), done=False)
        await closed(hall, id)
        if in_words:
            assert result(hall, id) == ["", "no 2", "no 3", "no 4", "no 5", "no 6"]
        else:
            counts = result(hall, id)
            assert (counts[:2], counts[-1], sum(counts)) == ([3, 2], 1, 6)
        assert {d.verdict(id) for d in hall.devices} == {Verdict.IN}
        assert [d.refused for d in hall.devices] == [0] * 6, "nobody is told off for what came too late"

    play(scene)


def test_whoever_is_late_with_what_is_not_waited_for_any_more_is_not_told_off(play: Callable[[Scene], None]) -> None:
    """More than half have said what came of it; that of the others is dropped in silence."""

    async def scene() -> None:
        hall = Hall(6)
        id = await asked(hall)
        for d in hall.devices[4:]:
            d.up.delay = 1.0
        await closed(hall, id)
        await hall.passes(5)
        assert {d.verdict(id) for d in hall.devices} == {Verdict.IN}
        assert [d.refused for d in hall.devices] == [0] * 6

    play(scene)


def test_whoever_never_sees_the_slots_of_words_is_left_out_and_nobody_elses_words_are_lost(
    play: Callable[[Scene], None],
) -> None:
    async def scene() -> None:
        hall = Hall(7)
        id = await asked(hall, CheckInKind.WORDS)
        hall.devices[3].lie = silent(RelayType.RESULT)
        await closed(hall, id)
        assert result(hall, id) == [f"word {seat}" for seat in (1, 2, 3, 5, 6, 7)]

    play(scene)


def test_whoever_sends_no_mask_is_left_out_and_nobody_elses_answer_is_lost(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(7)
        id = await asked(hall)
        hall.devices[3].lie = silent(RelayType.MASK)
        began = hall.loop.time()
        check_in = await closed(hall, id)
        assert check_in.taking_part == 6
        assert result(hall, id) == sum_of(1, 2, 3, 5, 6, 7)
        assert hall.devices[3].verdict(id) is Verdict.UNKNOWN
        assert STEP_WITHIN_S < hall.loop.time() - began < STEP_WITHIN_S + 1

    play(scene)


def test_a_frozen_machine_does_not_take_the_result_for_one_with_its_own_answer(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(7)
        id = await asked(hall)
        hall.devices[3].freeze()
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 5, 6, 7)
        hall.devices[3].thaw()
        await hall.until(lambda: hall.devices[3].verdict(id))
        assert hall.devices[3].verdict(id) is Verdict.UNKNOWN

    play(scene)


def test_with_five_that_become_four_everybody_is_asked_and_has_time_to_say_so(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[4].freeze()
        hall.do(CloseCheckIn(id))
        await hall.until(lambda: all(d.mine.asks_few == {id: 4} for d in hall.devices[:4]))
        await hall.passes(FEW_WITHIN_S - 5)
        for d in hall.devices[:4]:
            d.check_ins.go_on(id, agree=True)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


def test_with_five_that_become_four_and_say_nothing_nothing_is_opened(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[4].freeze()
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "too_few")
        assert not any(d.ledger.burns for d in hall.devices)
        assert not any(d.mine.asks_few for d in hall.devices[:4])

    play(scene)


def test_one_who_does_not_open_is_restored_from_the_others_shares(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[2].lie = silent(RelayType.OPEN)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5)
        assert told(hall.devices[0], RelayType.SHARES)

    play(scene)


@pytest.mark.parametrize(("people", "silent_ones"), [(3, [2]), (5, [2, 3]), (8, [1, 8])])
def test_more_than_can_be_restored_and_it_is_lost(
    people: int, silent_ones: list[int], play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(people)
        id = await asked(hall)
        for seat in silent_ones:
            hall.devices[seat - 1].lie = silent(RelayType.OPEN)
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "lost")
        assert not any(d.came for d in hall.devices)

    play(scene)


def test_what_was_lost_can_be_asked_anew_by_the_same_people(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(3)
        id = await asked(hall)
        hall.devices[1].lie = silent(RelayType.OPEN)
        assert (await closed(hall, id)).code == "lost"
        hall.devices[1].lie = None
        again = await asked(hall)
        await closed(hall, again)
        assert result(hall, again) == sum_of(1, 2, 3)

    play(scene)


def test_where_one_does_not_open_and_another_gives_no_share_it_is_lost(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[2].lie = silent(RelayType.OPEN)
        hall.devices[3].lie = silent(RelayType.SHARES)
        assert (await closed(hall, id)).code == "lost"

    play(scene)


@pytest.mark.parametrize(("silent_ones", "state"), [([1, 2], RECORDED), ([1, 2, 3], GIVEN_UP)])
def test_more_than_half_must_say_the_same(
    silent_ones: list[int], state: CheckInState, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        for seat in silent_ones:
            hall.devices[seat - 1].lie = silent(RelayType.RESULT)
        check_in = await closed(hall, id)
        assert check_in.state is state
        if state is RECORDED:
            assert {d.verdict(id) for d in hall.devices} == {Verdict.IN}
        else:
            assert all(d.mine.own_results[id] for d in hall.devices), "each has it, and keeps it"

    play(scene)


@pytest.mark.parametrize("kind", [CheckInKind.SCALE, CheckInKind.WORDS])
@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("received", [True, False], ids=["received", "not received"])
def test_whoever_is_cut_off_at_a_step_and_comes_back_in_time_is_in_it(
    kind: CheckInKind, at: RelayType, received: bool, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall, kind)
        hall.devices[1].lie = cut_at(at, 2.0, received=received)
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.taking_part) == (RECORDED, 5)
        await hall.until(lambda: hall.devices[1].verdict(id))
        assert {d.verdict(id) for d in hall.devices if d.seat != 2} == {Verdict.IN}
        # Where the others had a result before it was back, it knows that it is of its attempt, not that it is right.
        assert hall.devices[1].verdict(id) in (Verdict.IN, Verdict.UNKNOWN)
        if kind is CheckInKind.SCALE:
            assert result(hall, id) == sum_of(1, 2, 3, 4, 5)
        else:
            assert result(hall, id) == [f"word {seat}" for seat in range(1, 6)]

    play(scene)


@pytest.mark.parametrize("at", STEPS)
def test_when_everybody_is_cut_off_at_a_step_and_comes_back_it_goes_on(
    at: RelayType, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        for d in hall.devices:
            d.lie = cut_at(at, 1.0 + d.seat)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5)

    play(scene)


@pytest.mark.parametrize("at", [*KEYS, *STEPS])
def test_when_everybody_is_gone_for_good_it_ends_all_the_same(at: RelayType, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = hall.open() if at in KEYS else await asked(hall)
        for d in hall.devices:
            d.lie = cut_at(at, None)
        await hall.passes(1)
        check_in = await closed(hall, id)
        assert check_in.state is GIVEN_UP
        assert check_in.code in ("too_few", "nothing_opened", "lost")
        assert hall.loop.time() < 200

    play(scene)


def test_a_step_that_takes_long_says_how_many_are_waited_for(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(7, observers=[7])
        id = hall.open()
        await hall.keys_stand(hall.devices[:6])
        hall.devices[5].lie = silent(RelayType.MASK)
        hall.do(CloseCheckIn(id))
        await hall.passes(4)
        assert {d.mine.progress(id) for d in hall.devices} == {Progress(5, 6)}
        await hall.ends(id)

    play(scene)


# -- the close, while other things happen --------------------------------------------------------------------------


def test_it_closes_after_the_session_has_ended(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.do(EndSession(1))
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


def test_it_closes_with_the_keys_that_it_was_answered_with_though_another_session_has_begun(
    play: Callable[[Scene], None],
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.drop(hall.devices[4])
        hall.devices[0].down.delay = 0.5  # the close takes a while
        hall.do(EndSession(1))
        outcome = hall.do(StartSession([phase()]))
        assert isinstance(outcome, list)
        assert not hall.room.members[5].attending
        await hall.until(lambda: all(d.mine.asks_few for d in hall.devices[:4]) or hall.is_over(id))
        for d in hall.devices[:4]:
            d.check_ins.go_on(id, agree=True)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)
        second = await asked(hall)
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize("at", [*KEYS, *STEPS])
def test_the_session_may_end_at_any_step(at: RelayType, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        ended: list[bool] = []

        def ends_the_session(device: Device, honest: Relay) -> list[Relay]:
            if honest.type is at and not ended:
                ended.append(True)
                hall.loop.call_soon(hall.do, EndSession(1))
            return [honest]

        hall.devices[1].lie = ends_the_session
        id = hall.open()
        if at in STEPS:
            await hall.keys_stand()
            answer_all(hall.devices, id)
            hall.do(CloseCheckIn(id))
        await hall.ends(id)
        assert result(hall, id) == (sum_of(1, 2, 3, 4) if at in STEPS else [0, 0, 0, 0, 0, 4])

    play(scene)


@pytest.mark.parametrize("at", KEYS)
def test_a_check_in_taken_back_while_keys_are_made_leaves_nothing_behind(
    at: RelayType, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(4)
        first = b""

        def takes_it_back(device: Device, honest: Relay) -> list[Relay]:
            if honest.type is at and hall.check_in(first).state is CheckInState.OPEN:
                hall.loop.call_soon(hall.do, WithdrawCheckIn(first))
            return [honest]

        hall.devices[1].lie = takes_it_back
        first = hall.open()
        await hall.ends(first)
        assert hall.check_in(first).state is WITHDRAWN
        await hall.passes(30)
        second = await asked(hall)
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4)
        assert [type(s) for s in hall.settled] == [RecordResult]

    play(scene)


def test_whoever_comes_back_while_the_close_is_written_down_does_not_begin_it(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.disk_s = 3
        hall.do(CloseCheckIn(id))
        hall.drop(hall.devices[3])
        hall.connect(hall.devices[3])
        await hall.passes(1)
        assert not told(hall.devices[0], RelayType.MASKS)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)

    play(scene)


@pytest.mark.parametrize("at", KEYS)
def test_it_may_be_closed_while_keys_are_made(at: RelayType, play: Callable[[Scene], None]) -> None:
    """The answers are added up once everybody knows that it is closed, however long the disk takes."""

    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)

        def closes(device: Device, honest: Relay) -> list[Relay]:
            if honest.type is at and hall.check_in(id).state is CheckInState.OPEN:
                hall.do(CloseCheckIn(id))
            return [honest]

        hall.disk_s = 0.05
        hall.devices[1].lie = closes
        hall.newcomer()
        await hall.ends(id)
        assert result(hall, id) == [1, 2, 1, 0, 0, 1]
        assert {d.verdict(id) for d in hall.devices[:4]} == {Verdict.IN}

    play(scene)


@pytest.mark.parametrize("at", STEPS)
def test_whoever_joins_while_it_closes_is_not_in_it_and_has_keys_for_the_next(
    at: RelayType, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)

        def invites(device: Device, honest: Relay) -> list[Relay]:
            if honest.type is at and len(hall.devices) == 4:
                hall.newcomer()
            return [honest]

        hall.devices[1].lie = invites
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)
        assert hall.devices[4].verdict(id) is Verdict.ABSENT
        second = await asked(hall, question="And now?")
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_another_may_be_opened_and_closed_while_one_closes(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(6)
        first = await asked(hall)
        hall.devices[5].lie = silent(RelayType.MASK)
        hall.do(CloseCheckIn(first))
        second = hall.open(question="And now?")
        await hall.everybody_knows()
        answer_all(hall.devices, second)
        hall.do(CloseCheckIn(second))
        await hall.ends(second)
        assert result(hall, first) == sum_of(1, 2, 3, 4, 5)
        assert result(hall, second) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_the_same_question_asked_again_without_one_person_is_not_opened(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(6)
        await closed(hall, await asked(hall))
        hall.do(LeaveCall(), 6)
        hall.drop(hall.devices[5])
        again = await asked(hall)
        check_in = await closed(hall, again)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "asked_again")
        assert not any(d.burns_of(again) for d in hall.devices)
        other = await asked(hall, question="Something else?")
        await closed(hall, other)
        assert result(hall, other) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_far_fewer_than_answered_is_not_opened(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(10)
        id = await asked(hall)
        for seat in (7, 8, 9, 10):
            hall.do(LeaveCall(), seat)
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "shrunk")
        assert not any(d.ledger.burns for d in hall.devices)

    play(scene)


def test_an_error_of_the_servers_own_ends_it_instead_of_leaving_it_open_for_ever(
    play: Callable[[Scene], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: object) -> None:
        raise KeyError("broken")

    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        monkeypatch.setattr(checkins, "shown_to_each", broken)
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "lost")
        monkeypatch.undo()
        second = await asked(hall)
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4)

    play(scene)


# -- the server is killed ------------------------------------------------------------------------------------------

SERVER_STEPS = [RelayType.ROSTER, RelayType.MASKS, RelayType.OPENS]


def kills_the_server(hall: Hall, those: int, at: RelayType, down_for_s: float = 1.0) -> None:
    """The server is killed once so many devices have heard this of a check-in; it is back after a while."""
    heard: set[int] = set()

    async def watch() -> None:
        def reached() -> bool:
            heard.update(d.seat for d in hall.devices if any(r.check_in and r.k for r in told(d, at)))
            return len(heard) >= those

        await hall.until(reached)
        hall.kill_server()
        await hall.passes(down_for_s)
        hall.start_server()
        for n, d in enumerate(hall.devices):
            hall.loop.call_later(0.1 + 0.2 * n, hall.connect, d)

    for n, d in enumerate(hall.devices):
        d.down.delay = 0.01 + 0.005 * n  # one after the other hears of it
    hall.killing = hall.loop.create_task(watch())


@pytest.mark.parametrize("kind", [CheckInKind.SCALE, CheckInKind.WORDS])
@pytest.mark.parametrize("at", SERVER_STEPS)
@pytest.mark.parametrize("those", [1, 3, 5])
def test_a_server_killed_while_it_closes_goes_on_or_says_that_it_is_lost(
    kind: CheckInKind, at: RelayType, those: int, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall, kind)
        kills_the_server(hall, those, at)
        check_in = await closed(hall, id)
        await hall.killing
        if check_in.state is RECORDED:
            seats = sorted(d.seat for d in hall.devices if d.verdict(id) is Verdict.IN)
            words = [f"word {seat}" for seat in seats]
            assert result(hall, id) == (sum_of(*seats) if kind is CheckInKind.SCALE else words)
            assert check_in.taking_part == len(seats)
        else:
            assert check_in.code in ("lost", "too_few", "shrunk")
        # Before anything was opened, and once everybody has opened, nothing is lost.
        if at is RelayType.ROSTER or at is RelayType.OPENS:
            assert (check_in.state, check_in.taking_part) == (RECORDED, 5)

    play(scene)


def test_a_server_killed_between_opening_and_closing_loses_no_answer(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.kill_server()
        await hall.passes(5)
        hall.start_server()
        hall.connect_all()
        await hall.passes(1)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_a_server_killed_again_and_again_while_it_closes(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.do(CloseCheckIn(id))
        for n in range(6):
            await hall.passes(0.015 * (n % 3))
            hall.kill_server()
            await hall.passes(0.5)
            hall.start_server()
            hall.connect_all()
        check_in = await hall.ends(id)
        assert check_in.state is RECORDED or check_in.code in ("lost", "too_few", "shrunk")
        if check_in.state is RECORDED:
            assert result(hall, id) == sum_of(*(d.seat for d in hall.devices if d.verdict(id) is Verdict.IN))

    play(scene)


def test_one_who_alone_has_opened_before_the_kill_is_left_out_and_the_others_have_a_result(
    play: Callable[[Scene], None],
) -> None:
    async def scene() -> None:
        hall = Hall(7)
        id = await asked(hall)
        for d in hall.devices[1:]:
            d.down.delay = 0.5
        hall.do(CloseCheckIn(id))
        await hall.until(lambda: hall.devices[0].burns_of(id))
        hall.kill_server()
        hall.start_server()
        hall.connect_all()
        await hall.ends(id)
        assert result(hall, id) == sum_of(2, 3, 4, 5, 6, 7)
        assert hall.devices[0].verdict(id) is Verdict.NOT_IN

    play(scene)


def test_after_a_restart_it_closes_with_the_old_keys_though_the_next_session_has_begun(
    play: Callable[[Scene], None],
) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.do(CloseCheckIn(id))
        hall.kill_server()
        hall.start_server()
        hall.connect_all()
        hall.do(EndSession(1))
        hall.do(StartSession([phase()]))
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4)
        second = await asked(hall)
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4)

    play(scene)


def test_one_who_does_not_come_back_after_a_restart_does_not_stop_it(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(6)
        id = await asked(hall)
        hall.do(CloseCheckIn(id))
        hall.kill_server()
        hall.start_server()
        for d in hall.devices[1:]:
            hall.connect(d)
        began = hall.loop.time()
        await hall.ends(id)
        assert result(hall, id) == sum_of(2, 3, 4, 5, 6)
        assert hall.loop.time() - began < 2 * STEP_WITHIN_S

    play(scene)


# -- whoever lies --------------------------------------------------------------------------------------------------


def masked(change: Callable[[Masked], Masked]) -> Callable[[bytes], bytes]:
    """Changes what is in a mask."""

    def changed(payload: bytes) -> bytes:
        found = unpack(payload, Masked)
        assert found is not None
        return pack(change(found))

    return changed


def longer(m: Masked) -> Masked:
    return msgspec.structs.replace(m, y=m.y + b"\0")


def without_shares(m: Masked) -> Masked:
    return msgspec.structs.replace(m, shares=[])


def short_shares(m: Masked) -> Masked:
    return msgspec.structs.replace(m, shares=[s[:-1] for s in m.shares])


def unsigned(m: Masked) -> Masked:
    return msgspec.structs.replace(m, signature=b"")


def other_signature(m: Masked) -> Masked:
    return msgspec.structs.replace(m, signature=bytes(64))


def other_vector(m: Masked) -> Masked:
    return msgspec.structs.replace(m, y=bytes(len(m.y)))


UNFIT: dict[str, Lie] = {
    "no mask at all": instead(RelayType.MASK, payload=b"\xc1"),
    "a vector that is too long": instead(RelayType.MASK, payload=masked(longer)),
    "no shares": instead(RelayType.MASK, payload=masked(without_shares)),
    "shares that are too short": instead(RelayType.MASK, payload=masked(short_shares)),
    "no signature": instead(RelayType.MASK, payload=masked(unsigned)),
    "another attempt": instead(RelayType.MASK, k=7),
    "another stage": instead(RelayType.MASK, stage="B"),
    "another check-in": instead(RelayType.MASK, check_in=b"?" * 16),
    "an opening": instead(RelayType.MASK, type=RelayType.OPEN),
    "a refusal": refuses(RelayType.MASK, "stale"),
    "a code that there is not": refuses(RelayType.MASK, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")),
}


@pytest.mark.parametrize("what", UNFIT)
def test_whoever_sends_what_does_not_fit_is_left_out(what: str, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(7)
        id = await asked(hall)
        hall.devices[3].lie = UNFIT[what]
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 5, 6, 7)

    play(scene)


@pytest.mark.parametrize("change", [other_signature, other_vector], ids=lambda change: change.__name__)
def test_a_mask_that_its_member_did_not_sign_is_opened_by_nobody(
    change: Callable[[Masked], Masked], play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[3].lie = instead(RelayType.MASK, payload=masked(change))
        check_in = await closed(hall, id)
        assert (check_in.state, check_in.code) == (GIVEN_UP, "nothing_opened")
        assert len(told(hall.devices[0], RelayType.MASKS)) == ATTEMPTS
        assert not any(d.burns_of(id) for d in hall.devices)

    play(scene)


@pytest.mark.parametrize("seed", [b"", b"\1", bytes(32)])
def test_an_opening_that_was_not_committed_to_is_a_result_of_nothing(
    seed: bytes, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[3].lie = instead(RelayType.OPEN, payload=pack(Opened(seed, bytes(64))))
        check_in = await closed(hall, id)
        if len(seed) == 32:
            assert (check_in.state, check_in.code) == (GIVEN_UP, "lost")
        else:
            assert result(hall, id) == sum_of(1, 2, 3, 4, 5), "as if it had sent none"

    play(scene)


@pytest.mark.parametrize("code", ["too_few", "asked_again", "shrunk"])
def test_a_refusal_that_holds_for_everybody_ends_it_at_once(code: str, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[3].lie = refuses(RelayType.MASK, code)
        began = hall.loop.time()
        assert (await closed(hall, id)).code == code
        assert hall.loop.time() - began < 1

    play(scene)


def test_refusals_that_leave_too_few_say_that_nothing_was_opened(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        for seat in (3, 4):
            hall.devices[seat - 1].lie = refuses(RelayType.MASK, "stale")
        assert (await closed(hall, id)).code == "nothing_opened"

    play(scene)


@pytest.mark.parametrize("wrong", [b"", b"short", b"spoiled", bytes(24 + 29)])
def test_one_who_says_another_result_changes_nothing(wrong: bytes, play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        hall.devices[3].lie = instead(RelayType.RESULT, payload=wrong)
        await closed(hall, id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_a_result_of_another_length_is_recorded_for_nobody(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        for d in hall.devices[:3]:
            d.lie = instead(RelayType.RESULT, payload=b"we are the most")
        assert (await closed(hall, id)).code == "lost"

    play(scene)


def test_more_than_half_who_lie_are_found_out_by_the_others(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        for d in hall.devices[:3]:
            d.lie = instead(RelayType.RESULT, payload=bytes(24 + 29))
        check_in = await closed(hall, id)
        assert check_in.state is RECORDED
        honest = hall.devices[3:]
        assert {d.verdict(id) for d in honest} == {Verdict.DIFFERS}
        for d in honest:
            mine = derivations.opened_result(hall.room_keys.room_key, hall.room.id, id, d.mine.own_results[id])
            assert mine is not None
            counts = ballots.counts(mine)
            assert [*counts.answers, counts.abstained] == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_nobody_makes_up_an_attempt_that_was_never_made(play: Callable[[Scene], None]) -> None:
    """Three who say together that they have opened something among themselves do not get to say the result."""

    async def scene() -> None:
        hall = Hall(8)
        id = await asked(hall)
        liars = hall.devices[:3]
        roster = sorted(d.key.public for d in liars)
        for restarted in (False, True):
            if restarted:
                hall.do(CloseCheckIn(id))
                hall.kill_server()
                hall.start_server()
            for d in liars:
                claim = Standing(b"T" * 32, 1, True, "N", 1, b"h" * 32, roster, Opened(b"s" * 32, b"g" * 64))
                d.lie = instead(RelayType.ROSTER, payload=pack(claim))
                if not restarted:
                    d.relay(Relay(RelayType.ROSTER, 0, b"", id, 5))
            hall.connect_all()
            await hall.passes(0.1)
        await hall.ends(id)
        assert result(hall, id) == sum_of(1, 2, 3, 4, 5, 6, 7, 8)

    play(scene)


@pytest.mark.parametrize(
    "claim",
    [
        Standing(b"T" * 32, 2**32 - 1),
        Standing(b"T" * 32, 2**63 - 1),
        Standing(b"T" * 32, -5),
        Standing(b"T" * 32, 3, True, "B", 3, b"h" * 32, [b"x"] * 9, Opened(b"s" * 32, b"g" * 64)),
        Standing(b"T" * 32, 3, True, "?", 3, b"h" * 32, [], Opened(b"s" * 32, b"g" * 64)),
    ],
)
def test_what_one_says_after_a_restart_does_not_spoil_it_for_the_others(
    claim: Standing, play: Callable[[Scene], None]
) -> None:
    async def scene() -> None:
        hall = Hall(6)
        id = await asked(hall)
        hall.devices[2].lie = instead(RelayType.ROSTER, payload=pack(claim))
        hall.do(CloseCheckIn(id))
        hall.kill_server()
        hall.start_server()
        hall.connect_all()
        await hall.ends(id)
        assert result(hall, id) in (sum_of(1, 2, 3, 4, 5, 6), sum_of(1, 2, 4, 5, 6))

    play(scene)


def test_envelopes_of_any_making_do_not_break_the_relay(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(5)
        id = await asked(hall)
        noise = [
            Relay(type, to, payload, check_in, epoch, stage, k)
            for type in RelayType
            for to in (0, 3)
            for payload in (b"", b"\xc1", b"\x90", pack([1, 2]), bytes(300))
            for check_in in (b"", id, b"x")
            for epoch in (-1, 0, 2**63 - 1, hall.devices[0].heard[-1].epoch)
            for stage in ("", "N", "Ω")
            for k in (-1, 0, 1)
        ]
        for envelope in noise:
            hall.devices[4].send(envelope)
        await hall.passes(1)
        check_in = await closed(hall, id)
        assert check_in.state in (RECORDED, GIVEN_UP)
        second = await asked(hall, question="And now?")
        await closed(hall, second)
        assert result(hall, second) == sum_of(1, 2, 3, 4, 5)

    play(scene)


def test_what_it_gives_up_with_is_said_in_words(play: Callable[[Scene], None]) -> None:
    async def scene() -> None:
        hall = Hall(4)
        id = await asked(hall)
        hall.devices[1].lie = refuses(RelayType.MASK, "too_few")
        await closed(hall, id)
        assert hall.settled == [GiveUpCheckIn(id, "too_few")]

    play(scene)
