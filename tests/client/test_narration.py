"""What is said of each event: every one has a sentence or is listed as never told."""

from __future__ import annotations

import pytest
from evenly_client import narration
from evenly_protocol.agenda import ExtendPhase, LeaveOpen, PhasePlan, StartPhase
from evenly_protocol.attendance import LeaveCall, SetDeputy
from evenly_protocol.facts import Event, wire_name
from evenly_protocol.room import EVENTS
from evenly_protocol.session import StartSession
from evenly_protocol.undo import Inverse
from evenly_protocol.words import FloorMode

from tests.client.spoken import Spoken, table
from tests.harness import make_room, serving


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
def test_every_event_has_a_sentence_or_is_listed_as_never_told(event: type[Event]) -> None:
    """A new event needs a decision."""
    assert (event in narration.SENTENCES) != (event in narration.SILENT)


def test_what_is_told_by_itself_has_a_sentence() -> None:
    assert all(event in narration.SENTENCES for event in narration.BY_ITSELF)


def test_every_undo_says_what_it_takes_back() -> None:
    """By the event that takes it back."""
    assert {wire_name(kind.__name__) for kind in Inverse.__args__} == set(narration.QUIET_WORDS)


def plan(*activities: str, minutes: int = 10) -> list[PhasePlan]:
    return [PhasePlan(activity, b"", minutes, FloorMode.QUEUE) for activity in activities]


async def test_a_phase_is_told_once_with_its_end_and_its_issue_holder() -> None:
    """To everybody by itself; the issue-holder is addressed; the floor's mode is not told beside it."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        phases = [*plan("process_review"), PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, holder=2, issue=1)]
        assert await ana.peer.ask(StartSession(phases)) is None
        assert await ana.peer.ask(StartPhase(1, 1)) is None
        await ben.says(r"^Open questions, until \d\d:\d\d\. You hold the issue\.$")
        await cleo.says(r"^Open questions, until \d\d:\d\d\. Ben holds the issue\.$")
        assert cleo.never_said("Every hand")
        assert await ana.peer.ask(LeaveOpen(2)) is None
        await cleo.says("^The session is over. The room stays open")


async def test_who_leads_hears_which_phases_give_the_minutes() -> None:
    """Members hear the new end alone."""
    async with table(2, everything=True) as t:
        ana, ben = t.all
        assert await ana.peer.ask(StartSession(plan("wins", "discussion", "check_out"))) is None
        assert await ana.peer.ask(ExtendPhase(3 * 60_000, from_later=True)) is None
        await ana.says(r"^3 min more, until \d\d:\d\d\.$")
        await ana.says(r"^Minutes: Discussion 10 to 7\.$")
        await ben.says(r"^3 min more, until")
        await t.caught_up()
        assert ben.never_said("Minutes:")


async def test_a_deputy_who_leads_and_the_facilitators_return_are_told_to_all() -> None:
    """By name; whoever it concerns is addressed."""
    from tests.harness import NOON, FedClock

    async with serving(clock=FedClock(NOON)) as server, make_room(server, 3) as group:
        ana, ben, cleo = (Spoken(member) for member in group.members)
        await ana.peer.until(lambda _: len(ana.peer.connected) == 3)
        assert await ana.peer.ask(SetDeputy(2)) is None
        assert await ana.peer.ask(StartSession(plan("talk"))) is None
        assert await ana.peer.ask(LeaveCall()) is None
        await server.advance(61_000)
        await ben.says("No facilitator is there: you lead until one is back")
        await cleo.says("No facilitator is there: Ben leads, as agreed, until one is back")
        await ana.lines.heard("away")
        await cleo.says("Ana is back and leads again")
        await ana.says("You lead again")
