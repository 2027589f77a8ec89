"""What is due when nobody presses anything."""

from __future__ import annotations

from evenly_protocol.attendance import ComeBack, LeaveCall, LetDeputyLead, NoticeConnected, SetDeputy
from evenly_protocol.members import is_facilitator
from evenly_protocol.pairs import EndPairs
from evenly_protocol.seats import SetRole
from evenly_protocol.session import EndDeserted, Hold
from evenly_protocol.timers import next_due
from evenly_protocol.turns import MarkUnmarked, MarkUnsure, PassToAnswer, Speak
from evenly_protocol.words import FloorMode, Role

from .world import MINUTE, SECOND, World, code, phase


def test_the_earliest_of_all_that_is_due() -> None:
    w = World(5, phase(FloorMode.QUESTIONS, holder=5))
    assert next_due(w.room) == (w.at + 4 * MINUTE, MarkUnmarked(w.at))
    w.give(2)
    assert next_due(w.room) == (w.at + 30 * SECOND, PassToAnswer(w.turn.id))
    w.later(30 * SECOND)
    assert next_due(w.room) == (w.at + 4 * MINUTE, MarkUnsure(w.turn.id))


def test_each_mark_in_open_has_its_own_moment() -> None:
    w = World(4, phase(FloorMode.OPEN))
    w.must(Speak(), 2)
    first = w.turn
    w.later(MINUTE)
    w.must(Speak(), 3)
    assert next_due(w.room) == (first.began + 4 * MINUTE, MarkUnsure(first.id))


def test_a_timer_that_comes_early_late_or_twice_changes_nothing() -> None:
    w = World(4)
    w.give(2)
    early = MarkUnsure(w.turn.id)
    assert w.do(early, 0) == []
    w.later(4 * MINUTE)
    assert w.do(early, 0) == []
    w.give(3)
    assert w.do(early, 0) == []
    assert w.do(PassToAnswer(w.turn.id), 0) == []
    assert w.do(MarkUnmarked(w.at), 0) == []


def test_nothing_is_due_when_talk_does_not_count_and_nobody_is_marked() -> None:
    assert next_due(World(2, phase(counted=False)).room) is None
    assert next_due(World(2, None).room) is None


def test_the_deputy_leads_after_a_minute_without_a_facilitator_until_one_is_back() -> None:
    w = World(4)
    w.must(SetDeputy(3))
    w.must(LeaveCall(), 1)
    since = w.at
    assert next_due(w.room) == (since + MINUTE, LetDeputyLead(since))
    assert w.do(LetDeputyLead(since), 0) == []
    w.later(MINUTE)
    assert w.room.chair == 3
    assert is_facilitator(w.room, 3)
    assert w.do(LetDeputyLead(since), 0) == []
    w.must(NoticeConnected(1), 0)
    assert w.room.chair == 0


def test_a_facilitator_who_is_back_in_time_leads_on() -> None:
    w = World(4)
    w.must(SetDeputy(3))
    w.must(LeaveCall(), 1)
    since = w.at
    w.later(30 * SECOND)
    w.must(NoticeConnected(1), 0)
    w.must(LeaveCall(), 1)
    w.later(59 * SECOND)
    assert w.do(LetDeputyLead(since), 0) == []
    assert w.room.chair == 0
    w.later(SECOND)
    assert w.room.chair == 3


def test_a_deputy_who_is_not_there_or_only_looks_on_does_not_lead() -> None:
    w = World(4)
    w.must(SetDeputy(3))
    w.must(LeaveCall(), 3)
    w.must(LeaveCall(), 1)
    w.later(4 * MINUTE)
    assert w.room.chair == 0
    w.must(ComeBack(), 3)
    w.later(0)
    assert w.room.chair == 3
    w = World(4)
    w.must(SetDeputy(3))
    w.must(SetRole(3, Role.OBSERVER))
    w.must(LeaveCall(), 1)
    w.later(10 * MINUTE)
    assert w.room.chair == 0


def test_while_everything_stands_still_no_deputy_leads() -> None:
    w = World(4)
    w.must(SetDeputy(3))
    w.must(Hold(), 2)
    w.must(LeaveCall(), 1)
    w.later(10 * MINUTE)
    assert w.room.chair == 0


def test_the_deputy_is_a_member_with_a_screen_who_may_speak() -> None:
    w = World(4, observers=[4])
    assert code(w.do(SetDeputy(w.guest()))) == "no_such_seat"
    assert code(w.do(SetDeputy(9))) == "no_such_seat"
    assert code(w.do(SetDeputy(4))) == "not_allowed"
    w.must(SetDeputy(2))
    assert w.do(SetDeputy(2)) == []
    w.must(SetDeputy(0))
    assert w.room.deputy == 0


def test_nothing_is_ever_due_that_nobody_waits_for() -> None:
    w = World(2)
    assert w.do(EndDeserted(1), 0) == []
    assert w.do(EndPairs(b"?" * 16), 0) == []
