"""What is said of each event: every one has a sentence or is listed as never told."""

from __future__ import annotations

from typing import Any

import pytest
from evenly_client import narration
from evenly_client.checkins.results import Bar, Result
from evenly_client.narration.check_ins import result_lines, result_sentence
from evenly_protocol.agenda import ExtendPhase, LeaveOpen, PhasePlan, StartPhase
from evenly_protocol.attendance import LeaveCall, SetDeputy
from evenly_protocol.facts import Event, wire_name
from evenly_protocol.room import EVENTS
from evenly_protocol.seats import SetRole
from evenly_protocol.session import StartSession
from evenly_protocol.undo import Inverse
from evenly_protocol.words import CheckInKind, FloorMode, Role

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


def result(kind: CheckInKind, people: int = 6, abstained: int = 0, **fields: Any) -> Result:
    """A result of a check-in."""
    return Result("Which?", kind, people, abstained, **fields)


def bars(*answers: tuple[str, int]) -> tuple[Bar, ...]:
    return tuple(Bar(label, many) for label, many in answers)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (result(CheckInKind.SCALE, bars=bars(("1", 3), ("2", 2)), figure=1.4, abstained=1), "1.4 of 5: “Which?” 5"),
        (result(CheckInKind.YESNO, bars=bars(("yes", 3), ("no", 3)), figure=50.0), "50 in 100 said yes: “Which?”"),
        (result(CheckInKind.CHOICE, bars=bars(("a", 2), ("b", 4))), "4 chose b: “Which?” 6 answered."),
        (result(CheckInKind.MULTI, bars=bars(("a", 4), ("b", 4), ("c", 1))), "4 each chose a and b: “Which?”"),
        (result(CheckInKind.WORDS, words=bars(("calm", 3), ("tired", 1))), "3 said calm: “Which?”"),
        (result(CheckInKind.WORDS, words=bars(("calm", 1), ("tired", 1))), "2 different answers: “Which?”"),
        (result(CheckInKind.TEXT, texts=("a", "b")), "2 answers: “Which?”"),
        (result(CheckInKind.SCALE, bars=bars(("1", 0)), abstained=6), "Nobody gave an answer: “Which?” 0 answered, 6"),
        (result(CheckInKind.CHOICE, bars=bars(("x" * 80, 6), ("b", 0))), f"6 chose {'x' * 47}…: “Which?”"),
    ],
)
def test_a_result_is_one_sentence_with_the_figure_first(came: Result, said: str) -> None:
    """The mean, or what was said most often; then the question, and how many answered and abstained."""
    assert result_sentence(came).startswith(said)


def test_each_answer_is_told_in_a_line_and_of_so_few_how_little_it_hides() -> None:
    """In the order of the answers; nothing stands behind a full stop of its own."""
    came = result(CheckInKind.CHOICE, people=4, bars=bars(("Monday", 1), ("Not at all.", 3)))
    assert result_lines(came)[:2] == ["1 chose Monday.", "3 chose Not at all."]
    assert result_lines(came)[2].startswith("Among four this hides little")
    assert result_lines(result(CheckInKind.TEXT, texts=("b\nc", "a"))) == ["b c", "a"]


async def test_a_check_in_is_told_from_its_opening_to_its_result() -> None:
    """To everybody by itself, whoever only watches included."""
    async with table(4) as t:
        assert await t.lead.peer.ask(SetRole(4, Role.OBSERVER)) is None
        await t.lead.type("start")
        await t.lead.type("ask pace for 20 minutes")
        await t.everybody_says("^A check-in is open: “How is the pace\\?” It closes in 20 min\\.$")
        for spoken in t.all[:3]:
            await spoken.says("3 people take part")
            await spoken.type("answer 2")
        await t.all[3].type("answer 2", "You do not take part in this check-in")
        await t.lead.type("close check-in now")
        await t.everybody_says("^The check-in is closed: the answers are being added up\\.$")
        await t.everybody_says("^3 chose just right: “How is the pace\\?” 3 answered\\.$")
        await t.everybody_says("^0 chose too slow\\.$")
