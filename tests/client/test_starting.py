"""How a session starts from a format and the series, and how a series is planned again."""

from __future__ import annotations

from evenly_client import starting
from evenly_client.formats import library
from evenly_protocol import series
from evenly_protocol.seats import RemoveMember
from evenly_protocol.series import Draft, PlanSeries, SwapHolders
from evenly_protocol.session import EndSession

from tests.protocol.world import World, phase


def ids(count: int) -> list[bytes]:
    return [bytes([1, n]) * 8 for n in range(count)]


def activities(start: starting.Start) -> list[str]:
    return [p.activity for p in start.phases]


def test_a_planned_session_brings_its_holder_and_its_host() -> None:
    w = World(4, None)
    w.must(PlanSeries([Draft(i, 0, [3], 2) for i in ids(1)]))
    start = starting.prepared(w.room, library.find("peer-coaching"), by=1)
    assert (start.holders, start.host, start.feedback_by) == ({1: 3}, 2, 0)
    assert "feedback" not in activities(start)
    assert start.minutes == 58


def test_the_last_issue_holder_opens_the_next_session_with_feedback() -> None:
    w = World(4, phase(holder=0))
    w.must(EndSession(1))
    assert starting.prepared(w.room, library.find("peer-coaching"), by=1).feedback_by == 0
    w.must(PlanSeries([Draft(i, 0, [3], 2) for i in ids(1)]))
    w.start(*issue_of(4))
    w.must(EndSession(2))
    start = starting.prepared(w.room, library.find("peer-coaching"), by=1)
    assert start.feedback_by == 4
    assert activities(start)[1] == "feedback"


def issue_of(seat: int) -> list:
    from evenly_protocol.agenda import PhasePlan
    from evenly_protocol.words import FloorMode

    return [PhasePlan("questions", b"", 10, FloorMode.QUESTIONS, holder=seat, issue=1)]


def test_a_session_of_feedback_alone_has_no_phase_of_an_issue_in_any_format() -> None:
    for name in library.BUILT_IN:
        w = World(4, None)
        w.must(PlanSeries([Draft(i, 0, [], 2, feedback=True) for i in ids(1)]))
        start = starting.prepared(w.room, library.find(name), by=1)
        assert not any(p.issue for p in start.phases), name
        assert start.phases, name


def test_a_session_planned_for_one_issue_goes_without_the_second() -> None:
    w = World(4, None)
    w.must(PlanSeries([Draft(i, 0, [3], 2) for i in ids(1)]))
    start = starting.prepared(w.room, library.find("leadership-group"), by=1)
    assert {p.issue for p in start.phases} == {0, 1}


def test_a_participant_who_opens_hosts() -> None:
    w = World(3, None)
    assert starting.prepared(w.room, library.find("open"), by=1).host == 0
    assert starting.prepared(w.room, library.find("open"), by=3).host == 3


def test_planning_again_keeps_ids_dates_and_a_swap() -> None:
    w = World(5, None)
    drafts = starting.series_of(w.room, library.find("peer-coaching"), first_at=1_000, every_days=14)
    assert [d.holders for d in drafts] == [[2], [3], [4], [5], []]
    w.must(PlanSeries(drafts))
    w.must(SwapHolders(drafts[0].id, drafts[2].id))
    w.join()
    again = starting.series_of(w.room, library.find("peer-coaching"), first_at=0, every_days=14)
    assert [d.holders for d in again] == [[4], [3], [2], [5], [6], []]
    assert [d.id for d in again[:5]] == [d.id for d in drafts]
    assert [d.at for d in again[:5]] == [d.at for d in drafts]
    assert again[-1].feedback
    assert not any(d.host in d.holders for d in again)


def test_who_has_left_is_not_planned_any_more() -> None:
    w = World(4, None)
    w.must(PlanSeries(starting.series_of(w.room, library.find("peer-coaching"), first_at=0, every_days=14)))
    w.must(RemoveMember(3))
    again = starting.series_of(w.room, library.find("peer-coaching"), first_at=0, every_days=14)
    assert [d.holders for d in again] == [[2], [4], []]


def test_a_format_without_an_issue_has_plain_dates_that_do_not_grow_when_planned_again() -> None:
    w = World(4, None)
    form = library.find("study-group")
    w.must(PlanSeries(starting.series_of(w.room, form, first_at=1_000, every_days=30)))
    coming = series.to_come(w.room)
    assert len(coming) == starting.PLAIN_DATES
    assert not any(p.holders or p.feedback for p in coming)
    assert len(starting.series_of(w.room, form, first_at=0, every_days=30)) == starting.PLAIN_DATES
    assert len(starting.series_of(w.room, form, first_at=0, every_days=30, sessions=3)) == 3
