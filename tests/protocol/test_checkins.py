"""Check-ins: opened, closed, recorded or given up; their phases, their undo, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evenly_protocol import wire
from evenly_protocol.agenda import LeaveOpen, PhasePlan, PhaseTakenBack, StartPhase
from evenly_protocol.archive import Record, RoomBegins, read_archive
from evenly_protocol.attendance import (
    ComeBack,
    LeaveCall,
    NoticeConnected,
    SetDeputy,
    StepAway,
    TakeChair,
)
from evenly_protocol.checkins import (
    CHECK_INS_KEPT,
    ENDINGS,
    CheckIn,
    CheckInClosed,
    CheckInGivenUp,
    CheckInOpened,
    CheckInWithdrawn,
    CloseCheckIn,
    CloseDueCheckIn,
    GiveUpCheckIn,
    OpenCheckIn,
    PlannedCheckIn,
    RecordResult,
    ResultRecorded,
    WithdrawCheckIn,
    check_in_with,
    closing_check_ins,
    electorate,
    open_check_in,
    vector_bytes,
)
from evenly_protocol.facts import Command, Event
from evenly_protocol.floor import ChangeMode
from evenly_protocol.issues import BringIssue
from evenly_protocol.pairs import EndPairs, SetPairs
from evenly_protocol.permissions import RULES, Who
from evenly_protocol.room import MEMBER_COMMANDS, Room, evolve
from evenly_protocol.seats import GiveGuestSeat, RemoveMember, SetRole, SetTimekeeper
from evenly_protocol.session import EndSession, HandOver, Hold, Resume, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.timers import next_due
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode, Role

from .world import MINUTE, SECOND, World, code, phase

SEALED = (61, 93, 157, 285, 541, 1053, 2077, 4125)
"""The lengths of the eight padded sizes, seal included."""

QUESTION, OPTION, RESULT = b"q" * 61, b"o" * 61, b"r" * 53
UNHEARD_OF = b"?" * 16
FEWEST_OPTIONS = {CheckInKind.CHOICE: 2, CheckInKind.MULTI: 2}
NUMERIC = (
    CheckInKind.SCALE,
    CheckInKind.MOOD,
    CheckInKind.YESNO,
    CheckInKind.CHOICE,
    CheckInKind.MULTI,
    CheckInKind.FIST,
)
IN_WORDS = (CheckInKind.WORDS, CheckInKind.TEXT)


def asking(kind: CheckInKind = CheckInKind.MOOD, options: int | None = None, **more: Any) -> OpenCheckIn:
    """A question of this kind, with as many options as it needs."""
    return OpenCheckIn(kind, QUESTION, [OPTION] * (FEWEST_OPTIONS.get(kind, 0) if options is None else options), **more)


def opened(w: World, kind: CheckInKind = CheckInKind.MOOD, by: int = 1, **more: Any) -> CheckIn:
    """Somebody opens a check-in."""
    w.must(asking(kind, **more), by)
    return w.room.check_ins[-1]


def closing(w: World, kind: CheckInKind = CheckInKind.MOOD) -> CheckIn:
    """A check-in whose answers are being added up."""
    check_in = opened(w, kind)
    w.must(CloseCheckIn(check_in.id))
    return check_in


def recorded(w: World, kind: CheckInKind = CheckInKind.MOOD) -> CheckIn:
    """A check-in that has a result."""
    check_in = closing(w, kind)
    w.must(RecordResult(check_in.id, RESULT, 3), 0)
    return check_in


def states(w: World) -> list[CheckInState]:
    return [c.state for c in w.room.check_ins]


# -- opened --------------------------------------------------------------------------------------------------------


def test_a_check_in_is_open_as_it_was_asked() -> None:
    w = World(4)
    w.later(SECOND)
    w.must(OpenCheckIn(CheckInKind.SCALE, QUESTION, [OPTION, b"p" * 93], 90))
    id = w.entries[-1].id
    ik = w.room.members[1].ik
    options = [OPTION, b"p" * 93]
    closes_at = w.at + 90 * SECOND
    assert w.room.check_ins == [
        CheckIn(id, CheckInKind.SCALE, QUESTION, options, ik, id, w.at, 1, 0, closes_at, CheckInState.OPEN)
    ]
    assert open_check_in(w.room) is check_in_with(w.room, id) is w.room.check_ins[0]
    assert check_in_with(w.room, UNHEARD_OF) is None


def test_its_author_is_whoever_opened_it_and_its_session_the_one_that_runs() -> None:
    w = World(4)
    w.end()
    w.start(phase(), host=2)
    check_in = opened(w, by=2)
    assert (check_in.author, check_in.session) == (w.room.members[2].ik, 2)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (CheckInKind.SCALE, {0, 2}),
        (CheckInKind.MOOD, {0}),
        (CheckInKind.YESNO, {0}),
        (CheckInKind.CHOICE, {2, 3, 4, 5, 6, 7, 8}),
        (CheckInKind.MULTI, {2, 3, 4, 5, 6, 7, 8}),
        (CheckInKind.FIST, {0}),
        (CheckInKind.WORDS, {0}),
        (CheckInKind.TEXT, {0}),
    ],
)
def test_each_kind_has_its_number_of_options(kind: CheckInKind, allowed: set[int]) -> None:
    for options in range(10):
        outcome = World(3).do(asking(kind, options))
        if options in allowed:
            assert isinstance(outcome, list)
            assert [type(e) for e in outcome] == [CheckInOpened]
        else:
            assert code(outcome) == "bad_options"


def test_every_kind_is_in_one_of_the_two_families() -> None:
    assert {*NUMERIC, *IN_WORDS} == set(CheckInKind)


def test_questions_and_options_have_one_of_their_padded_sizes() -> None:
    for length in {*SEALED, 0, 1, 32, 60, 62, 1024, 2048}:
        question = World(3).do(OpenCheckIn(CheckInKind.MOOD, b"q" * length))
        option = World(3).do(OpenCheckIn(CheckInKind.CHOICE, QUESTION, [OPTION, b"o" * length]))
        for outcome, fits in ((question, length in SEALED[:6]), (option, length in SEALED[:3])):
            assert isinstance(outcome, list) if fits else code(outcome) == "bad_length"


@pytest.mark.parametrize("seconds", [-1, -60, 1, 9, 3_601])
def test_it_closes_by_itself_neither_at_once_nor_after_more_than_an_hour(seconds: int) -> None:
    w = World(3)
    assert code(w.do(asking(seconds=seconds))) == "bad_number"
    assert w.room.check_ins == []


@pytest.mark.parametrize("seconds", [10, 60, 3_600])
def test_it_closes_after_the_seconds_that_were_asked_for(seconds: int) -> None:
    w = World(3)
    assert opened(w, seconds=seconds).closes_at == w.at + seconds * SECOND


def test_options_that_are_issues_are_one_for_each() -> None:
    w = World(4)
    brought: list[bytes] = []
    for seat in (2, 3, 4):
        w.must(BringIssue(b"i" * 285), seat)
        brought.append(w.entries[-1].id)
    assert code(w.do(asking(CheckInKind.MULTI, 2, issues=brought))) == "bad_options"
    assert code(w.do(asking(CheckInKind.MULTI, 3, issues=brought[:2]))) == "bad_options"
    assert code(w.do(asking(CheckInKind.MULTI, 2, issues=[brought[0], *brought[:2]]))) == "bad_options"
    assert code(w.do(asking(CheckInKind.MULTI, 2, issues=[brought[0], brought[0]]))) == "bad_options"
    assert code(w.do(asking(CheckInKind.MULTI, 3, issues=[*brought[:2], UNHEARD_OF]))) == "no_such_issue"
    for kind in (CheckInKind.MULTI, CheckInKind.CHOICE):
        check_in = opened(w, kind, options=3, issues=brought)
        assert check_in.issues == brought
        w.must(CloseCheckIn(check_in.id))


def test_the_ends_of_a_scale_are_no_issues() -> None:
    w = World(4)
    brought: list[bytes] = []
    for seat in (2, 3):
        w.must(BringIssue(b"i" * 285), seat)
        brought.append(w.entries[-1].id)
    assert code(w.do(asking(CheckInKind.SCALE, 2, issues=brought))) == "bad_options"
    assert code(w.do(asking(CheckInKind.MOOD, issues=brought))) == "bad_options"


def test_one_is_open_at_a_time_while_those_before_it_are_added_up() -> None:
    w = World(4)
    first = opened(w)
    assert code(w.do(asking())) == "check_in_open"
    w.must(CloseCheckIn(first.id))
    second = opened(w)
    assert code(w.do(asking())) == "check_in_open"
    w.must(CloseCheckIn(second.id))
    third = opened(w)
    assert closing_check_ins(w.room) == [first, second]
    assert open_check_in(w.room) is third
    w.must(WithdrawCheckIn(third.id))
    opened(w)


# -- who may, and when ---------------------------------------------------------------------------------------------

OBSERVER, TIMEKEEPER = 5, 4
LED = (OpenCheckIn, CloseCheckIn, WithdrawCheckIn)
SERVERS = (CloseDueCheckIn, RecordResult, GiveUpCheckIn)


def each_command(check_in: bytes) -> dict[type[Command], Command]:
    """A command of each kind, all of this check-in."""
    return {
        OpenCheckIn: asking(),
        CloseCheckIn: CloseCheckIn(check_in),
        WithdrawCheckIn: WithdrawCheckIn(check_in),
        CloseDueCheckIn: CloseDueCheckIn(check_in),
        RecordResult: RecordResult(check_in, RESULT, 3),
        GiveUpCheckIn: GiveUpCheckIn(check_in, "lost"),
    }


@pytest.mark.parametrize("kind", LED)
def test_check_ins_are_opened_closed_and_taken_back_by_those_who_lead(kind: type[Command]) -> None:
    w = World(5, observers=[OBSERVER])
    w.must(SetTimekeeper(TIMEKEEPER))
    check_in = b"" if kind is OpenCheckIn else opened(w).id
    command = each_command(check_in)[kind]
    for seat in (0, 2, TIMEKEEPER, OBSERVER, w.guest(), 99):
        assert code(w.do(command, seat)) == "not_allowed"
    w.must(command)


def test_the_host_and_whoever_has_the_chair_lead_check_ins_too() -> None:
    w = World(5)
    w.must(HandOver(2))
    w.must(CloseCheckIn(opened(w, by=2).id), 2)
    w.must(HandOver(0))
    assert code(w.do(asking(), 2)) == "not_allowed"
    w.must(LeaveCall())
    w.later(5 * MINUTE)
    w.must(TakeChair(), 3)
    w.must(WithdrawCheckIn(opened(w, by=3).id), 3)
    assert code(w.do(asking(), 2)) == "not_allowed"


@pytest.mark.parametrize("kind", SERVERS)
def test_no_member_records_a_result_or_gives_up(kind: type[Command]) -> None:
    w = World(5, observers=[OBSERVER])
    w.must(HandOver(2))
    check_in = opened(w).id if kind is CloseDueCheckIn else closing(w).id
    for seat in (1, 2, 3, OBSERVER, 99):
        assert code(w.do(each_command(check_in)[kind], seat)) == "not_allowed"
    w.must(each_command(check_in)[kind], 0)
    assert kind not in MEMBER_COMMANDS


def test_the_table_says_so() -> None:
    assert {kind: RULES[kind].who for kind in LED} == dict.fromkeys(LED, Who.FACILITATOR)
    assert {kind: RULES[kind].who for kind in SERVERS} == dict.fromkeys(SERVERS, Who.SERVER)


def test_in_a_hold_none_is_opened_or_closed_but_one_can_be_taken_back() -> None:
    w = World(4)
    check_in = opened(w)
    w.must(Hold(), 2)
    assert code(w.do(CloseCheckIn(check_in.id))) == "on_hold"
    assert code(w.do(CloseDueCheckIn(check_in.id), 0)) == "on_hold"
    w.must(WithdrawCheckIn(check_in.id))
    assert code(w.do(asking())) == "on_hold"
    w.must(Resume())
    opened(w)


@pytest.mark.parametrize("kind", [RecordResult, GiveUpCheckIn])
def test_what_is_being_added_up_comes_to_its_end_in_a_hold_and_after_the_session(kind: type[Command]) -> None:
    w = World(4)
    held = closing(w)
    w.must(Hold(), 2)
    w.must(each_command(held.id)[kind], 0)
    w.must(Resume())
    late = closing(w)
    w.end()
    w.must(each_command(late.id)[kind], 0)
    assert held.state is late.state


def test_between_sessions_none_is_open_and_none_is_opened() -> None:
    w = World(4, None)
    assert code(w.do(asking())) == "no_session"
    w.start()
    check_in = opened(w)
    w.end()
    assert code(w.do(asking())) == "no_session"
    assert code(w.do(CloseCheckIn(check_in.id))) == "no_such_check_in"
    assert code(w.do(WithdrawCheckIn(check_in.id))) == "no_such_check_in"
    assert w.do(CloseDueCheckIn(check_in.id), 0) == []


def test_one_can_be_opened_in_informal_talk() -> None:
    w = World(4)
    w.must(LeaveOpen(1))
    check_in = opened(w, seconds=10)
    w.later(10 * SECOND)
    assert check_in.state is CheckInState.CLOSING


# -- who takes part ------------------------------------------------------------------------------------------------


def test_everybody_on_the_call_with_a_screen_takes_part_and_no_observer() -> None:
    w = World(8, observers=[8])
    assert w.room.members[w.guest()].attending
    assert electorate(w.room) == [1, 2, 3, 4, 5, 6, 7]
    w.must(StepAway(), 2)
    w.must(LeaveCall(), 3)
    w.must(RemoveMember(4))
    w.must(SetRole(5, Role.OBSERVER))
    assert electorate(w.room) == [1, 6, 7]
    w.must(ComeBack(), 2)
    w.must(SetRole(5, Role.PARTICIPANT))
    newcomer = w.join()
    assert electorate(w.room) == [1, 2, 5, 6, 7]
    w.must(NoticeConnected(newcomer), 0)
    assert electorate(w.room) == [1, 2, 5, 6, 7, newcomer]


def test_a_guest_who_comes_with_a_device_takes_part_in_their_seat() -> None:
    w = World(2)
    guest = w.guest()
    newcomer = w.join()
    w.must(NoticeConnected(newcomer), 0)
    w.must(GiveGuestSeat(guest, newcomer))
    assert electorate(w.room) == [1, 2, guest]
    opened(w)


def test_facilitators_take_part_unless_the_room_says_not() -> None:
    w = World(4)
    w.must(SetRole(2, Role.FACILITATOR))
    assert electorate(w.room) == [1, 2, 3, 4]
    w.must(ChangeSettings(Settings(facilitators_answer=False)))
    assert electorate(w.room) == [3, 4]
    assert code(w.do(asking())) == "too_few"


def test_a_participant_who_leads_as_host_or_in_the_chair_or_as_deputy_takes_part_like_anyone() -> None:
    w = World(4, settings=Settings(facilitators_answer=False))
    w.must(HandOver(2))
    assert electorate(w.room) == [2, 3, 4]
    opened(w, by=2)
    w = World(4, settings=Settings(facilitators_answer=False))
    w.must(LeaveCall())
    w.later(5 * MINUTE)
    w.must(TakeChair(), 3)
    assert electorate(w.room) == [2, 3, 4]
    opened(w, by=3)
    w = World(4, settings=Settings(facilitators_answer=False))
    w.must(SetDeputy(4))
    w.must(LeaveCall())
    w.later(MINUTE)
    assert w.room.chair == 4
    assert electorate(w.room) == [2, 3, 4]
    opened(w, by=4)


@pytest.mark.parametrize("kind", CheckInKind)
def test_fewer_than_three_open_none(kind: CheckInKind) -> None:
    w = World(2)
    w.guest()
    assert code(w.do(asking(kind))) == "too_few"
    w = World(4, observers=[4])
    w.must(StepAway(), 3)
    assert code(w.do(asking(kind))) == "too_few"
    w.must(ComeBack(), 3)
    w.must(asking(kind))


def test_answers_in_words_are_for_up_to_32_and_all_others_for_any_number() -> None:
    for kind in IN_WORDS:
        w = World(33)
        assert code(w.do(asking(kind))) == "too_many"
        w.must(StepAway(), 20)
        w.must(asking(kind))
    for kind in NUMERIC:
        World(33).must(asking(kind))


# -- closed, recorded, given up, taken back ------------------------------------------------------------------------


def test_one_that_is_closed_is_added_up_and_recorded() -> None:
    w = World(4)
    check_in = opened(w)
    assert w.must(CloseCheckIn(check_in.id)) == [CheckInClosed(check_in.id)]
    assert (check_in.state, check_in.ended_at, check_in.result) == (CheckInState.CLOSING, 0, b"")
    w.later(SECOND)
    assert w.must(RecordResult(check_in.id, RESULT, 4), 0) == [ResultRecorded(check_in.id, RESULT, 4)]
    assert (check_in.state, check_in.ended_at) == (CheckInState.RECORDED, w.at)
    assert (check_in.result, check_in.taking_part, check_in.code) == (RESULT, 4, "")


@pytest.mark.parametrize("reason", ENDINGS)
def test_one_that_could_not_be_closed_says_why(reason: str) -> None:
    w = World(4)
    check_in = closing(w)
    w.later(SECOND)
    assert w.must(GiveUpCheckIn(check_in.id, reason), 0) == [CheckInGivenUp(check_in.id, reason)]
    assert (check_in.state, check_in.ended_at, check_in.code) == (CheckInState.GIVEN_UP, w.at, reason)
    assert (check_in.result, check_in.taking_part) == (b"", 0)
    assert all(sentence.endswith(".") for sentence in ENDINGS[reason])


def test_one_that_is_taken_back_has_no_result() -> None:
    w = World(4)
    check_in = opened(w)
    w.later(SECOND)
    assert w.must(WithdrawCheckIn(check_in.id)) == [CheckInWithdrawn(check_in.id)]
    assert (check_in.state, check_in.ended_at, check_in.result) == (CheckInState.WITHDRAWN, w.at, b"")


def test_each_of_several_that_are_added_up_has_its_own_end() -> None:
    w = World(4)
    first, second, third = closing(w), closing(w), opened(w)
    w.must(RecordResult(second.id, RESULT, 4), 0)
    w.must(GiveUpCheckIn(first.id, "spoiled"), 0)
    assert states(w) == [CheckInState.GIVEN_UP, CheckInState.RECORDED, CheckInState.OPEN]
    w.must(CloseCheckIn(third.id))
    assert closing_check_ins(w.room) == [third]


def in_state(w: World, state: CheckInState) -> CheckIn:
    """A check-in that stands so."""
    if state is CheckInState.RECORDED:
        return recorded(w)
    check_in = closing(w) if state in (CheckInState.CLOSING, CheckInState.GIVEN_UP) else opened(w)
    if state is CheckInState.GIVEN_UP:
        w.must(GiveUpCheckIn(check_in.id, "lost"), 0)
    if state is CheckInState.WITHDRAWN:
        w.must(WithdrawCheckIn(check_in.id))
    assert check_in.state is state
    return check_in


FITS: dict[CheckInState, set[type[Command]]] = {
    CheckInState.OPEN: {CloseCheckIn, WithdrawCheckIn, CloseDueCheckIn},
    CheckInState.CLOSING: {RecordResult, GiveUpCheckIn},
    CheckInState.RECORDED: set(),
    CheckInState.GIVEN_UP: set(),
    CheckInState.WITHDRAWN: set(),
}
"""The commands that move a check-in on, by how it stands."""


@pytest.mark.parametrize("state", CheckInState)
def test_a_check_in_only_moves_on(state: CheckInState) -> None:
    """What comes too early, too late or twice is refused to members, and nothing when the server says it."""
    for kind in (*LED[1:], *SERVERS):
        w = World(4)
        check_in = in_state(w, state)
        command = each_command(check_in.id)[kind]
        by = 0 if kind in SERVERS else 1
        if kind in FITS[state]:
            w.must(command, by)
            assert check_in.state is not state
        before = msgspec.msgpack.encode(w.room)
        again = w.do(command, by)
        assert again == [] if kind in SERVERS else code(again) == "no_such_check_in"
        assert msgspec.msgpack.encode(w.room) == before


@pytest.mark.parametrize("state", CheckInState)
def test_an_event_that_does_not_fit_folds_to_nothing(state: CheckInState) -> None:
    w = World(4)
    check_in = in_state(w, state)
    before = msgspec.msgpack.encode(w.room.check_ins)
    w.later(SECOND)
    if state is not CheckInState.OPEN:
        w.tell([CheckInClosed(check_in.id), CheckInWithdrawn(check_in.id)])
    if state is not CheckInState.CLOSING:
        w.tell([ResultRecorded(check_in.id, b"x" * 53, 9), CheckInGivenUp(check_in.id, "spoiled")])
    assert msgspec.msgpack.encode(w.room.check_ins) == before


def test_a_check_in_that_there_never_was_is_refused_to_members_and_nothing_to_the_server() -> None:
    w = World(4)
    opened(w)
    for kind, command in each_command(UNHEARD_OF).items():
        if kind in SERVERS:
            assert w.do(command, 0) == []
        elif kind is not OpenCheckIn:
            assert code(w.do(command)) == "no_such_check_in"


def test_events_of_a_check_in_that_is_not_there_fold_to_nothing() -> None:
    for w in (World(3, None), World(3)):
        w.tell([CheckInClosed(UNHEARD_OF), ResultRecorded(UNHEARD_OF, RESULT, 3), CheckInGivenUp(UNHEARD_OF, "lost")])
        w.tell([CheckInWithdrawn(UNHEARD_OF), PhaseTakenBack(7)])
        assert w.room.check_ins == []


# -- closing by itself ---------------------------------------------------------------------------------------------


def test_one_closes_when_its_time_is_up() -> None:
    w = World(4)
    check_in = opened(w, seconds=30)
    assert next_due(w.room) == (w.at + 30 * SECOND, CloseDueCheckIn(check_in.id))
    w.later(30 * SECOND - 1)
    assert check_in.state is CheckInState.OPEN
    w.later(1)
    assert check_in.state is CheckInState.CLOSING
    assert next_due(w.room) != (w.at, CloseDueCheckIn(check_in.id))


def test_one_without_seconds_stays_open() -> None:
    w = World(4, phase(counted=False))
    opened(w)
    assert next_due(w.room) is None


def test_nothing_is_due_of_one_that_was_closed_or_taken_back_by_hand() -> None:
    for kind in (CloseCheckIn, WithdrawCheckIn):
        w = World(4, phase(counted=False))
        w.must(kind(opened(w, seconds=30).id))
        assert next_due(w.room) is None


def test_the_server_may_close_one_before_its_time_since_everybody_is_done() -> None:
    w = World(4)
    check_in = opened(w)
    w.must(CloseDueCheckIn(check_in.id), 0)
    assert check_in.state is CheckInState.CLOSING


def test_of_all_that_is_due_the_check_in_comes_at_its_moment() -> None:
    w = World(4, phase(counted=False))
    w.must(SetPairs([[1, 2], [3, 4]], 1))
    pairs = w.entries[-1].id
    check_in = opened(w, seconds=90)
    assert next_due(w.room) == (w.at + MINUTE, EndPairs(pairs))
    w.later(MINUTE)
    assert next_due(w.room) == (w.at + 30 * SECOND, CloseDueCheckIn(check_in.id))


def test_a_hold_leaves_as_long_as_there_was() -> None:
    w = World(4)
    check_in = opened(w, seconds=30)
    w.later(20 * SECOND)
    w.must(Hold(), 2)
    assert next_due(w.room) is None
    w.later(5 * MINUTE)
    assert check_in.state is CheckInState.OPEN
    w.must(Resume())
    assert next_due(w.room) == (w.at + 10 * SECOND, CloseDueCheckIn(check_in.id))
    w.must(Hold(), 3)
    w.later(7 * SECOND)
    w.must(Resume())
    assert check_in.closes_at == w.at + 10 * SECOND


def test_a_hold_before_it_was_opened_moves_nothing() -> None:
    w = World(4)
    w.must(Hold(), 2)
    w.later(MINUTE)
    w.must(Resume())
    assert opened(w, seconds=30).closes_at == w.at + 30 * SECOND


def test_one_that_opens_within_a_hold_stands_still_from_then_on() -> None:
    w = World(4)
    w.must(Hold(), 2)
    w.later(MINUTE)
    w.tell([CheckInOpened(CheckInKind.MOOD, QUESTION, [], b"", b"", closes_at=w.at + 30 * SECOND)])
    w.later(MINUTE)
    w.must(Resume())
    assert w.room.check_ins[-1].closes_at == w.at + 30 * SECOND


def test_a_hold_gives_no_time_to_one_that_has_none_or_is_closed() -> None:
    w = World(4)
    closed = opened(w, seconds=30)
    until = closed.closes_at
    w.must(CloseCheckIn(closed.id))
    untimed = opened(w)
    w.must(Hold(), 2)
    w.later(MINUTE)
    w.must(Resume())
    assert (closed.closes_at, untimed.closes_at) == (until, 0)


# -- phases --------------------------------------------------------------------------------------------------------


def engagement(kind: CheckInKind = CheckInKind.SCALE, seconds: int = 0, **more: Any) -> PhasePlan:
    """A phase that opens a check-in."""
    planned = PlannedCheckIn(kind, QUESTION, [OPTION] * FEWEST_OPTIONS.get(kind, 0), seconds)
    return PhasePlan("engagement", b"", 3, FloorMode.QUEUE, with_facilitators=True, check_in=planned, **more)


def session(*plan: PhasePlan, people: int = 4, **more: Any) -> World:
    w = World(people, None)
    w.start(*plan, **more)
    return w


def go(w: World, index: int, by: int = 1) -> list[Event]:
    """A phase is started."""
    return w.must(StartPhase(index, w.session.phase.visit), by)


def test_a_phase_opens_its_check_in_as_it_was_planned() -> None:
    w = session(phase(), engagement(CheckInKind.CHOICE, 60), host=2)
    w.later(MINUTE)
    go(w, 1, by=2)
    check_in = open_check_in(w.room)
    assert check_in == CheckIn(
        id=w.entries[-1].id,
        kind=CheckInKind.CHOICE,
        question=QUESTION,
        options=[OPTION, OPTION],
        author=w.room.members[1].ik,
        sealed_to=w.session.id,
        at=w.at,
        session=1,
        visit=2,
        closes_at=w.at + 60 * SECOND,
    )
    assert w.floor.mode is FloorMode.QUEUE
    w.later(60 * SECOND)
    assert check_in is not None
    assert check_in.state is CheckInState.CLOSING


def test_the_first_phase_opens_its_check_in_with_the_session() -> None:
    w = session(engagement(), phase())
    (check_in,) = w.room.check_ins
    assert (check_in.id, check_in.sealed_to, check_in.author) == (w.session.id, w.session.id, w.room.members[1].ik)
    assert (check_in.visit, check_in.session, check_in.at, check_in.closes_at) == (1, 1, w.at, 0)
    assert check_in.state is CheckInState.OPEN
    assert w.floor.mode is FloorMode.QUEUE
    assert electorate(w.room) == [1, 2, 3, 4]


def test_whoever_is_not_connected_when_the_session_starts_is_not_counted_for_its_check_in() -> None:
    w = session(engagement(), connected=[1, 2])
    assert w.room.check_ins == []
    assert w.floor.mode is FloorMode.ROUND


def test_a_phase_can_be_in_any_floor_mode_and_have_a_check_in() -> None:
    planned = PlannedCheckIn(CheckInKind.MOOD, QUESTION)
    for mode, holder in ((FloorMode.SILENCE, 0), (FloorMode.OPEN, 0), (FloorMode.ROUND, 0), (FloorMode.SOLO, 3)):
        plan = PhasePlan("talk", b"", 5, mode, holder=holder, check_in=planned)
        for w in (session(plan), session(phase(), plan)):
            if open_check_in(w.room) is None:
                go(w, 1)
            assert open_check_in(w.room) is not None
            assert w.floor.mode is mode


def test_a_plan_whose_check_in_cannot_be_asked_is_refused() -> None:
    wrong = [
        (PlannedCheckIn(CheckInKind.CHOICE, QUESTION, [OPTION]), "bad_options"),
        (PlannedCheckIn(CheckInKind.MOOD, QUESTION, [OPTION]), "bad_options"),
        (PlannedCheckIn(CheckInKind.CHOICE, QUESTION, [OPTION, b"o" * 541]), "bad_length"),
        (PlannedCheckIn(CheckInKind.MOOD, b"q"), "bad_length"),
        (PlannedCheckIn(CheckInKind.MOOD, QUESTION, [], 9), "bad_number"),
    ]
    w = World(4, None)
    for planned, why in wrong:
        plan = PhasePlan("engagement", b"", 3, FloorMode.QUEUE, check_in=planned)
        assert code(w.do(StartSession([phase(), plan]), connected=[1, 2, 3, 4])) == why


@pytest.mark.parametrize("kind", [CheckInKind.SCALE, CheckInKind.WORDS])
def test_with_fewer_than_three_the_phase_is_a_round_by_name(kind: CheckInKind) -> None:
    w = session(phase(), engagement(kind), people=2)
    guest = w.guest()
    go(w, 1)
    assert w.room.check_ins == []
    assert w.floor.mode is FloorMode.ROUND
    assert w.floor.round is not None
    assert {*w.speaking, *w.floor.round.pending} == {1, 2, guest}
    w = session(engagement(kind), phase(), people=2)
    assert w.room.check_ins == []
    assert w.floor.mode is FloorMode.ROUND
    assert w.floor.round is not None
    assert {*w.speaking, *w.floor.round.pending} == {1, 2}


def test_with_more_than_32_a_phase_that_asks_for_words_is_a_round_by_name() -> None:
    w = session(engagement(CheckInKind.TEXT), engagement(CheckInKind.SCALE), people=33)
    assert w.room.check_ins == []
    assert w.floor.mode is FloorMode.ROUND
    go(w, 1)
    assert states(w) == [CheckInState.OPEN]
    assert w.floor.mode is FloorMode.QUEUE


def test_a_phase_whose_check_in_has_too_few_with_nobody_to_speak_has_the_queue() -> None:
    w = session(phase(), PhasePlan("engagement", b"", 3, FloorMode.QUEUE, check_in=engagement().check_in), people=1)
    go(w, 1)
    assert (w.floor.mode, w.room.check_ins) == (FloorMode.QUEUE, [])


def closes(w: World, check_in: CheckIn, command: Command, **more: Any) -> None:
    """The command closes what is open, before all else that it does."""
    outcome = w.do(command, **more)
    assert isinstance(outcome, list)
    told = [e for e in outcome if isinstance(e, CheckInClosed)]
    assert told == [CheckInClosed(check_in.id)]
    assert check_in.state is CheckInState.CLOSING


def from_a_phase(w: World) -> CheckIn:
    go(w, 1)
    return w.room.check_ins[-1]


@pytest.mark.parametrize("open_one", [opened, from_a_phase])
def test_what_is_open_closes_when_its_phase_or_its_session_ends(open_one: Any) -> None:
    def world() -> tuple[World, CheckIn]:
        w = session(phase(), engagement(), engagement(), phase())
        return w, open_one(w)

    w, check_in = world()
    closes(w, check_in, StartPhase(3, w.session.phase.visit))
    w, check_in = world()
    closes(w, check_in, StartPhase(2, w.session.phase.visit))
    assert states(w) == [CheckInState.CLOSING, CheckInState.OPEN]
    assert w.room.check_ins[1].visit == w.session.phase.visit
    w, check_in = world()
    closes(w, check_in, LeaveOpen(w.session.phase.visit))
    w, check_in = world()
    closes(w, check_in, EndSession(1))


def test_what_is_open_in_informal_talk_closes_when_the_next_session_starts() -> None:
    for plan, after in ((phase(), []), (engagement(), [CheckInState.OPEN])):
        w = World(4)
        w.must(LeaveOpen(1))
        check_in = opened(w)
        closes(w, check_in, StartSession([plan]), connected=[1, 2, 3, 4])
        assert states(w) == [CheckInState.CLOSING, *after]
        assert [c.session for c in w.room.check_ins] == [1, *(2 for _ in after)]


def test_what_is_open_in_informal_talk_closes_when_everybody_has_gone() -> None:
    w = World(3)
    w.must(LeaveOpen(1))
    check_in = opened(w)
    for seat in (1, 2, 3):
        w.must(LeaveCall(), seat)
    w.later(0)
    assert w.room.running is None
    assert check_in.state is CheckInState.CLOSING


def test_what_closed_already_or_never_opened_is_not_closed_again() -> None:
    w = session(phase(), engagement(), phase())
    assert not any(isinstance(e, CheckInClosed) for e in go(w, 1))
    w.must(CloseCheckIn(w.room.check_ins[0].id))
    assert not any(isinstance(e, CheckInClosed) for e in go(w, 2))
    assert not any(isinstance(e, CheckInClosed) for e in w.must(EndSession(1)))


# -- undo ----------------------------------------------------------------------------------------------------------


def undo(w: World, by: int = 1) -> None:
    step = last_step(w.room, by)
    assert step is not None
    w.must(Undo(step.id), by)


def test_opening_is_taken_back_while_it_is_open() -> None:
    w = World(4)
    w.must(SetRole(2, Role.FACILITATOR))
    check_in = opened(w)
    step = last_step(w.room, 1)
    assert step is not None
    assert (step.id, step.what) == (check_in.id, "check_in_withdrawn")
    assert code(w.do(Undo(check_in.id), 3)) == "not_yours"
    w.later(SECOND)
    w.must(Undo(check_in.id), 2)
    assert (check_in.state, check_in.ended_at) == (CheckInState.WITHDRAWN, w.at)
    assert code(w.do(Undo(check_in.id))) == "nothing_to_undo"
    opened(w)


@pytest.mark.parametrize("state", [s for s in CheckInState if s is not CheckInState.OPEN])
def test_opening_is_not_taken_back_once_it_is_open_no_more(state: CheckInState) -> None:
    w = World(4)
    check_in = in_state(w, state)
    assert last_step(w.room, 1) is None
    assert code(w.do(Undo(check_in.id))) == "undo_too_late"
    later = opened(w)
    assert code(w.do(Undo(check_in.id))) == "undo_too_late"
    undo(w)
    assert (check_in.state, later.state) == (state, CheckInState.WITHDRAWN)


def test_opening_by_hand_is_not_taken_back_while_the_check_in_of_a_phase_is_open() -> None:
    w = session(phase(), engagement())
    by_hand = closing(w)
    go(w, 1)
    assert code(w.do(Undo(by_hand.id))) == "undo_too_late"
    assert states(w) == [CheckInState.CLOSING, CheckInState.OPEN]


def test_a_phase_begun_by_mistake_takes_its_open_check_in_back() -> None:
    w = session(phase(), engagement(seconds=30))
    go(w, 1)
    (check_in,) = w.room.check_ins
    w.later(SECOND)
    undo(w)
    assert (check_in.state, check_in.ended_at) == (CheckInState.WITHDRAWN, w.at)
    assert (w.session.phase_index, w.floor.mode) == (0, FloorMode.QUEUE)
    go(w, 1)
    assert states(w) == [CheckInState.WITHDRAWN, CheckInState.OPEN]


def test_a_phase_that_is_taken_back_leaves_one_that_was_opened_by_hand() -> None:
    w = session(phase(), phase(), engagement())
    go(w, 1)
    begun = w.entries[-1].id
    by_hand = opened(w)
    w.must(Undo(begun))
    assert w.session.phase_index == 0
    assert by_hand.state is CheckInState.OPEN
    w.must(WithdrawCheckIn(by_hand.id))
    go(w, 2)
    begun, planned = w.entries[-1].id, w.room.check_ins[-1]
    w.must(CloseCheckIn(planned.id))
    by_hand = opened(w)
    w.must(Undo(begun))
    assert (planned.state, by_hand.state) == (CheckInState.CLOSING, CheckInState.OPEN)


def test_what_a_beginning_has_closed_is_not_opened_again_by_its_undo() -> None:
    w = session(phase(), phase())
    check_in = opened(w)
    go(w, 1)
    undo(w)
    assert w.session.phase_index == 0
    assert check_in.state is CheckInState.CLOSING


def test_the_check_in_of_the_first_phase_is_taken_back_and_the_session_goes_on() -> None:
    w = session(engagement(), phase())
    (check_in,) = w.room.check_ins
    undo(w)
    assert check_in.state is CheckInState.WITHDRAWN
    assert w.room.running is not None
    assert w.session.phase_index == 0


def test_taking_the_check_in_of_the_first_phase_back_leaves_the_floor_as_it_is() -> None:
    w = session(engagement(), phase())
    w.must(ChangeMode(FloorMode.OPEN))
    w.give(3)
    w.must(Undo(w.session.id))
    assert states(w) == [CheckInState.WITHDRAWN]
    assert w.floor.mode is FloorMode.OPEN
    assert w.speaking == [3]


# -- what is kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CheckInKind)
def test_answers_in_words_are_kept_until_the_next_session_and_numbers_for_the_trend(kind: CheckInKind) -> None:
    w = World(4)
    check_in = recorded(w, kind)
    w.end()
    assert check_in.result == RESULT
    w.start()
    assert check_in.result == (b"" if kind in IN_WORDS else RESULT)
    assert (check_in.state, check_in.taking_part) == (CheckInState.RECORDED, 3)


def test_answers_in_words_of_this_session_stay_and_late_ones_until_the_session_after() -> None:
    w = World(4)
    late = closing(w, CheckInKind.WORDS)
    w.end()
    w.start()
    w.must(RecordResult(late.id, RESULT, 3), 0)
    now = recorded(w, CheckInKind.TEXT)
    w.end()
    assert (late.result, now.result) == (RESULT, RESULT)
    w.start()
    assert (late.result, now.result) == (b"", b"")


def test_the_last_300_are_kept() -> None:
    w = World(3)
    ids: list[bytes] = []
    for n in range(CHECK_INS_KEPT + 2):
        check_in = opened(w)
        ids.append(check_in.id)
        w.must(WithdrawCheckIn(check_in.id))
        assert len(w.room.check_ins) == min(n + 1, 300)
    assert [c.id for c in w.room.check_ins] == ids[2:]


# -- the length of an answer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "counters"),
    [
        (CheckInKind.SCALE, 0, 5 + 1),
        (CheckInKind.SCALE, 2, 5 + 1),
        (CheckInKind.MOOD, 0, 5 + 1),
        (CheckInKind.YESNO, 0, 2 + 1),
        (CheckInKind.FIST, 0, 6 + 1),
        *((kind, m, m + 1) for kind in (CheckInKind.CHOICE, CheckInKind.MULTI) for m in range(2, 9)),
    ],
)
def test_numbers_take_four_bytes_for_each_counter_and_for_abstentions(
    kind: CheckInKind, options: int, counters: int
) -> None:
    for people in (3, 32, 250):
        assert vector_bytes(kind, options, "N", people) == 4 * counters


def test_slots_are_the_smallest_power_of_two_that_is_16_times_the_square_of_the_people() -> None:
    assert [vector_bytes(CheckInKind.WORDS, 0, "A", n) for n in (3, 4, 5, 8, 9, 11, 16, 25, 32)] == [
        256,
        256,
        512,
        1_024,
        2_048,
        2_048,
        4_096,
        16_384,
        16_384,
    ]
    for kind in IN_WORDS:
        for people in range(3, 33):
            slots = vector_bytes(kind, 0, "A", people)
            assert slots in {2**n for n in range(20)}
            assert slots // 2 < 16 * people**2 <= slots


def test_texts_take_a_block_for_each_of_the_people() -> None:
    for people in range(3, 33):
        assert vector_bytes(CheckInKind.WORDS, 0, "B", people) == 96 * people
        assert vector_bytes(CheckInKind.TEXT, 0, "B", people) == 640 * people


# -- a room at rest, and rooms of before ---------------------------------------------------------------------------


def test_a_room_with_check_ins_is_the_same_after_a_snapshot() -> None:
    w = session(phase(), engagement(CheckInKind.CHOICE, 60))
    for seat in (2, 3):
        w.must(BringIssue(b"i" * 285), seat)
    brought = [i.id for i in w.room.issues]
    recorded(w)
    w.must(GiveUpCheckIn(closing(w, CheckInKind.TEXT).id, "lost"), 0)
    w.must(WithdrawCheckIn(opened(w, CheckInKind.MULTI, options=2, issues=brought).id))
    closing(w)
    go(w, 1)
    assert set(states(w)) == set(CheckInState)
    kept = msgspec.msgpack.encode(w.room)
    room = msgspec.msgpack.decode(kept, type=Room)
    assert room.check_ins == w.room.check_ins
    assert msgspec.msgpack.encode(room) == kept
    w.must(CloseCheckIn(w.room.check_ins[-1].id))
    evolve(room, w.entries[-1])
    assert room.check_ins == w.room.check_ins


OLD_DATA = Path(__file__).parent.parent / "old_data"


def folded(version: str) -> Iterator[Room]:
    """The rooms in an archive of an old release."""
    room = Room(b"")
    for part in read_archive([(OLD_DATA / version / "archive.evenly").read_bytes()]):
        if isinstance(part, RoomBegins):
            room = Room(part.room)
        elif isinstance(part, Record):
            evolve(room, wire.decode_entry(part.body))
            if room.running is None and room.session is not None:
                assert open_check_in(room) is None
    yield room


@pytest.mark.parametrize("version", ["v0.1.0", "v0.2.0"])
def test_journals_from_before_there_were_check_ins_have_none(version: str) -> None:
    (room,) = folded(version)
    assert room.seq > 0
    assert room.session is not None
    assert room.check_ins == []
    assert room.settings.facilitators_answer
    assert all(plan.check_in is None for plan in room.session.phases)


def test_what_was_written_before_there_were_check_ins_is_read() -> None:
    """A plan's phase and the settings had fewer fields."""
    plan, settings = msgspec.to_builtins(phase()), msgspec.to_builtins(Settings())
    assert msgspec.convert(plan[:-1], PhasePlan) == phase()
    assert msgspec.convert(settings[:-1], Settings) == Settings()
