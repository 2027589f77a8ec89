"""The series: proposed, planned, swapped; dates found; what was held."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
from evenly_protocol import series
from evenly_protocol.agenda import PhasePlan, StartPhase
from evenly_protocol.seats import RemoveMember, SetRole
from evenly_protocol.series import (
    MILLISECONDS_A_DAY,
    AnswerDates,
    ChangePlanned,
    DecideDate,
    Draft,
    PlanSeries,
    ProposeDates,
    SayAway,
    SetTopic,
    SwapHolders,
    propose,
)
from evenly_protocol.session import HandOver, StartSession
from evenly_protocol.undo import Undo
from evenly_protocol.words import FloorMode, Role
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from .world import World, code, phase

TITLE, NOTE = b"t" * 61, b"n" * 285
DAY = MILLISECONDS_A_DAY


# -- the planner ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("issues", [1, 2, 3])
@pytest.mark.parametrize("n", range(1, 12))
def test_everybody_holds_an_issue_once_and_the_last_session_is_feedback_alone(n: int, issues: int) -> None:
    seats = list(range(1, n + 1))
    drafts = propose(seats, hosts=seats, issues=issues)
    assert [s for d in drafts for s in d.holders] == seats
    assert len(drafts) == math.ceil(n / issues) + 1
    assert [d.feedback for d in drafts] == [False] * (len(drafts) - 1) + [True]
    assert all(d.host not in d.holders for d in drafts)
    assert all(d.host for d in drafts if set(seats) - set(d.holders))
    times = Counter(d.host for d in drafts if d.host)
    if n > issues:
        assert max(times[s] for s in seats) - min(times[s] for s in seats) <= 1


SOME = st.lists(st.integers(1, 11), unique=True)


@examples(max_examples=200)
@given(
    n=st.integers(1, 11),
    issues=st.integers(1, 3),
    held=SOME,
    hosted=st.lists(st.integers(1, 11), max_size=12),
    away=st.dictionaries(st.integers(0, 13), st.sets(st.integers(1, 11), max_size=11), max_size=6),
)
def test_whatever_happened_everybody_who_waits_holds_once(
    n: int, issues: int, held: list[int], hosted: list[int], away: dict[int, set[int]]
) -> None:
    seats = list(range(1, n + 1))
    drafts = propose(seats, hosts=seats, held=held, hosted=hosted, issues=issues, away=away, first_at=DAY)
    waiting = [s for s in seats if s not in held]
    assert sorted(s for d in drafts for s in d.holders) == waiting
    assert drafts[-1].feedback
    assert not drafts[-1].holders
    assert all(d.holders for d in drafts[:-1])
    assert all(1 <= len(d.holders) <= issues for d in drafts[:-1])
    assert len(drafts) >= math.ceil(len(waiting) / issues) + 1
    for draft in drafts:
        out = away.get((draft.at - DAY) // (14 * DAY), set())
        assert not out & set(draft.holders)
        others = [s for s in seats if s not in draft.holders]
        assert draft.host in others or not others
        assert draft.host not in out or not set(others) - out


@examples(max_examples=60)
@given(
    n=st.integers(2, 4),
    hosted=st.lists(st.integers(1, 4), max_size=4),
    away=st.dictionaries(st.integers(0, 4), st.sets(st.integers(1, 4), max_size=3), max_size=4),
)
def test_hosting_is_spread_as_evenly_as_can_be(n: int, hosted: list[int], away: dict[int, set[int]]) -> None:
    seats = list(range(1, n + 1))
    hosted = [s for s in hosted if s <= n]
    drafts = propose(seats, hosts=seats, hosted=hosted, away=away, first_at=DAY)
    able: list[list[int]] = []
    for draft in drafts:
        others = [s for s in seats if s not in draft.holders]
        out = away.get((draft.at - DAY) // (14 * DAY), set())
        able.append([s for s in others if s not in out] or others)

    def uneven(hosts: tuple[int, ...]) -> int:
        return sum(times**2 for times in Counter([*hosted, *hosts]).values())

    assert uneven(tuple(d.host for d in drafts)) == min(map(uneven, itertools.product(*able)))


def test_whoever_joins_late_is_put_in_before_the_feedback_session() -> None:
    drafts = propose([1, 2, 3, 4], hosts=[1, 2, 3, 4], held=[1, 2])
    assert [d.holders for d in drafts] == [[3], [4], []]


def test_sessions_are_two_weeks_apart_and_a_date_that_suits_nobody_who_waits_is_left_out() -> None:
    drafts = propose([1, 2], hosts=[1, 2, 3], first_at=DAY, away={1: {2}}, minutes=90, ids=[b"x" * 16])
    assert [d.at // DAY for d in drafts] == [1, 29, 43]
    assert {d.minutes for d in drafts} == {90}
    assert [d.id for d in drafts] == [b"x" * 16, b"", b""]
    assert {d.at for d in propose([1, 2], hosts=[1])} == {0}


def test_a_group_where_all_have_held_has_feedback_left() -> None:
    assert [(d.holders, d.feedback) for d in propose([1, 2], hosts=[1], held=[1, 2])] == [([], True)]


# -- planning ------------------------------------------------------------------------------------------------------


def id_of(n: int) -> bytes:
    return bytes([n]) * 16


def draft(n: int, *holders: int, host: int = 0, at: int = 0, feedback: bool = False) -> Draft:
    return Draft(id_of(n), at, list(holders), host, 90, feedback)


def planned(people: int = 4) -> World:
    w = World(people, None)
    w.must(PlanSeries([draft(1, 2, host=3), draft(2, 3, host=2), draft(3, host=1, feedback=True)]))
    return w


def holders(w: World) -> list[list[int]]:
    return [p.holders for p in series.to_come(w.room)]


@pytest.mark.parametrize(
    ("drafts", "refused"),
    [
        ([Draft(b"short")], "bad_number"),
        ([draft(1), draft(1)], "bad_number"),
        ([draft(1, 2, 2)], "bad_number"),
        ([draft(1, at=-1)], "bad_number"),
        ([draft(1, at=9_000_000_000_001)], "bad_number"),
        ([Draft(id_of(1), minutes=601)], "bad_number"),
        ([draft(1, *range(1, 10))], "bad_number"),
        ([draft(n) for n in range(101)], "bad_number"),
        ([draft(1, 9)], "no_such_seat"),
        ([draft(1, host=9)], "no_such_seat"),
        ([draft(1, host=5)], "no_such_seat"),
        ([draft(1, 2, host=2)], "own_issue"),
    ],
)
def test_a_series_is_within_limits(drafts: list[Draft], refused: str) -> None:
    w = World(4, None)
    assert w.guest() == 5
    assert code(w.do(PlanSeries(drafts))) == refused


def test_a_guest_seat_may_hold_an_issue() -> None:
    w = World(3, None)
    w.must(PlanSeries([draft(1, w.guest(), host=2)]))


def test_who_takes_a_turn_in_holding() -> None:
    w = World(4, None)
    guest = w.guest()
    w.must(SetRole(3, Role.OBSERVER))
    w.must(RemoveMember(4))
    assert series.rotating(w.room) == [2, guest]


def test_a_session_planned_anew_keeps_its_id_its_topic_and_who_is_away() -> None:
    w = planned()
    w.must(SetTopic(id_of(1), TITLE, NOTE), 3)
    w.must(SayAway(id_of(1)), 4)
    w.must(PlanSeries([draft(4, 4), draft(1, 2, host=4)]))
    new, kept = series.to_come(w.room)
    assert (kept.topic, kept.prework, kept.away, kept.host) == (TITLE, NOTE, [4], 4)
    assert kept.changed > new.changed >= 1
    changed = kept.changed
    w.must(PlanSeries([draft(4, 4), draft(1, 2, host=4)]))
    assert series.to_come(w.room)[1].changed == changed


def test_dated_sessions_come_first_by_date() -> None:
    w = World(3, None)
    w.must(PlanSeries([draft(1), draft(2, at=9 * DAY), draft(3, at=4 * DAY)]))
    assert [p.id for p in series.to_come(w.room)] == [id_of(3), id_of(2), id_of(1)]


def test_one_planned_session_is_changed() -> None:
    w = planned()
    w.must(ChangePlanned(draft(2, 4, host=2)))
    assert holders(w) == [[2], [4], []]
    assert w.do(ChangePlanned(draft(2, 4, host=2))) == []
    assert code(w.do(ChangePlanned(draft(9)))) == "no_such_meeting"
    assert code(w.do(ChangePlanned(draft(2, 4, host=4)))) == "own_issue"


def test_issue_holders_change_places_and_hosts_with_them_where_they_must() -> None:
    w = planned()
    w.must(SwapHolders(id_of(1), id_of(2)), 3)
    assert [(p.holders, p.host) for p in series.to_come(w.room)[:2]] == [([3], 2), ([2], 3)]
    assert code(w.do(SwapHolders(id_of(1), id_of(2)), 4)) == "not_yours"
    assert code(w.do(SwapHolders(id_of(1), id_of(1)))) == "no_such_meeting"
    w.must(ChangePlanned(draft(2, 2, host=4)))
    w.must(SwapHolders(id_of(1), id_of(2)))
    assert [(p.holders, p.host) for p in series.to_come(w.room)[:2]] == [([2], 4), ([3], 2)]


def test_a_swap_with_the_feedback_session_moves_the_feedback() -> None:
    w = planned()
    w.must(SwapHolders(id_of(2), id_of(3)))
    assert [(p.holders, p.feedback) for p in series.to_come(w.room)] == [([2], False), ([], True), ([3], False)]


def test_a_topic_is_set_by_the_host_or_a_facilitator() -> None:
    w = planned()
    assert code(w.do(SetTopic(id_of(1), TITLE), 2)) == "not_allowed"
    assert code(w.do(SetTopic(id_of(1), b"x"), 3)) == "bad_length"
    assert code(w.do(SetTopic(id_of(9), TITLE), 3)) == "no_such_meeting"
    w.must(SetTopic(id_of(1), TITLE), 3)
    assert w.room.series[0].author == w.room.members[3].ik


def test_who_cannot_come_says_so_and_can_after_all() -> None:
    w = planned()
    w.must(SayAway(id_of(2)), 4)
    w.must(SayAway(id_of(2)), 3)
    assert w.room.series[1].away == [3, 4]
    assert w.do(SayAway(id_of(2)), 3) == []
    w.must(SayAway(id_of(2), away=False), 3)
    assert w.room.series[1].away == [4]


# -- dates ---------------------------------------------------------------------------------------------------------


def test_dates_are_put_answered_and_decided() -> None:
    w = planned()
    one, two = w.at + DAY, w.at + 2 * DAY
    assert code(w.do(ProposeDates(id_of(1), [one]), 2)) == "not_allowed"
    assert code(w.do(ProposeDates(id_of(1), []), 3)) == "bad_number"
    assert code(w.do(ProposeDates(id_of(1), [w.at]), 3)) == "bad_number"
    assert code(w.do(ProposeDates(id_of(9), [one]), 3)) == "no_such_meeting"
    w.must(ProposeDates(id_of(1), [two, one, one]), 3)
    poll = w.room.poll
    assert poll is not None
    assert (poll.dates, poll.by) == ([one, two], 3)
    w.must(AnswerDates(poll.id, [two]), 2)
    assert w.do(AnswerDates(poll.id, [two]), 2) == []
    w.must(AnswerDates(poll.id, []), 4)
    assert poll.fits == {2: [two], 4: []}
    assert code(w.do(AnswerDates(poll.id, [5]), 2)) == "bad_number"
    assert code(w.do(AnswerDates(b"?" * 16, [one]), 2)) == "no_dates"
    assert code(w.do(DecideDate(poll.id, two), 2)) == "not_allowed"
    assert code(w.do(DecideDate(poll.id, 5), 3)) == "bad_number"
    w.must(DecideDate(poll.id, two), 3)
    assert w.room.poll is None
    assert w.room.series[0].at == two
    assert code(w.do(DecideDate(poll.id, two), 3)) == "no_dates"


def test_a_question_about_dates_is_dropped_by_itself_or_by_hand() -> None:
    w = planned()
    w.must(ProposeDates(id_of(1), [w.at + DAY]))
    poll = w.room.poll
    assert poll is not None
    w.must(DecideDate(poll.id, 0))
    assert (w.room.poll, w.room.series[0].at) == (None, 0)
    w.must(ProposeDates(id_of(1), [w.at + DAY]))
    w.must(PlanSeries([draft(2, 3)]))
    assert w.room.poll is None


# -- what happened -------------------------------------------------------------------------------------------------


def hold(w: World, n: int, holder: int, host: int = 0) -> None:
    """A planned session is held, with this issue-holder."""
    plan = [phase(), PhasePlan("issue", b"", 5, FloorMode.SOLO, holder=holder, issue=1)] if holder else [phase()]
    outcome = w.do(StartSession(plan, host, id_of(n)), connected=[1, 2, 3, 4])
    assert isinstance(outcome, list)
    if holder:
        w.must(StartPhase(1, 1))


def test_a_session_that_starts_as_planned_is_held_and_never_planned_again() -> None:
    w = planned()
    w.must(ProposeDates(id_of(2), [w.at + DAY]))
    hold(w, 2, 3, host=2)
    assert w.session.planned == id_of(2)
    assert w.room.poll is None
    assert [(p.id, p.number) for p in w.room.series] == [(id_of(2), 1), (id_of(1), 0), (id_of(3), 0)]
    w.end()
    assert code(w.do(StartSession([phase()], 0, id_of(2)))) == "no_such_meeting"
    assert code(w.do(PlanSeries([draft(2, 3)]))) == "no_such_meeting"
    assert code(w.do(ChangePlanned(draft(2, 3)))) == "no_such_meeting"
    w.must(PlanSeries([draft(5, 4)]))
    assert [p.id for p in w.room.series] == [id_of(2), id_of(5)]
    w.start(phase())
    assert (w.room.past[-1].held, w.room.past[-1].hosts, w.room.past[-1].planned) == ([3], [2], id_of(2))


def test_who_has_held_and_hosted_since_the_last_session_of_feedback_alone() -> None:
    w = planned()
    hold(w, 1, 2, host=3)
    assert series.held_in_series(w.room) == []
    w.must(HandOver(4))
    w.end()
    assert series.held_in_series(w.room) == [2]
    assert series.have_hosted(w.room) == [3, 4]
    hold(w, 2, 3)
    w.end()
    assert series.held_in_series(w.room) == [2, 3]
    hold(w, 3, 0)
    assert series.held_in_series(w.room) == [2, 3]
    w.end()
    assert series.held_in_series(w.room) == []


def test_a_host_named_by_mistake_has_not_hosted() -> None:
    w = planned()
    hold(w, 1, 0, host=3)
    w.must(HandOver(4))
    w.must(Undo(w.entries[-1].id))
    assert (w.session.host, w.session.hosts) == (3, [3])
    w.must(HandOver(4))
    w.must(HandOver(3))
    w.must(Undo(w.entries[-1].id))
    assert (w.session.host, w.session.hosts) == (4, [3, 4])


def test_planning_is_taken_back_with_what_was_written() -> None:
    w = planned()
    w.start()
    w.must(SetTopic(id_of(1), TITLE, NOTE))
    w.must(SayAway(id_of(1)), 4)
    w.must(PlanSeries([draft(2, 3)]))
    w.must(Undo(w.entries[-1].id))
    assert holders(w) == [[2], [3], []]
    first = series.next_planned(w.room)
    assert first is not None
    assert (first.topic, first.prework, first.away) == (TITLE, NOTE, [4])
    w.must(ChangePlanned(draft(1, 4, host=3)))
    w.must(Undo(w.entries[-1].id))
    assert holders(w)[0] == [2]


def test_planning_is_not_taken_back_over_a_session_that_was_held() -> None:
    w = planned()
    w.start()
    w.must(PlanSeries([draft(1, 2), draft(2, 3)]))
    changed = w.entries[-1].id
    w.room.series[0].number = 1
    assert code(w.do(Undo(changed))) == "undo_too_late"


def test_whoever_was_removed_is_planned_for_nothing() -> None:
    w = planned()
    w.must(SayAway(id_of(3)), 3)
    w.must(ProposeDates(id_of(2), [w.at + DAY]))
    assert w.room.poll is not None
    w.must(AnswerDates(w.room.poll.id, []), 3)
    before = [p.changed for p in w.room.series]
    w.must(RemoveMember(3))
    assert [(p.holders, p.host, p.away) for p in w.room.series] == [([2], 0, []), ([], 2, []), ([], 1, [])]
    assert [p.changed for p in w.room.series] == [before[0] + 1, before[1] + 1, before[2]]
    assert w.room.poll.fits == {}


@given(count=st.integers(1, 12), people=st.integers(1, 6))
def test_a_format_without_an_issue_has_plain_dates_and_hosts_in_turn(count: int, people: int) -> None:
    drafts = series.plain(count, hosts=range(1, people + 1), hosted=[1], first_at=1_000, every_days=7, minutes=60)
    assert [d.at for d in drafts] == [1_000 + n * 7 * series.MILLISECONDS_A_DAY for n in range(count)]
    assert not any(d.holders or d.feedback for d in drafts)
    times = [sum(d.host == seat for d in drafts) + (seat == 1) for seat in range(1, people + 1)]
    assert max(times) - min(times) <= 1 or count < people
