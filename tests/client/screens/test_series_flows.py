"""The series, its dates, who leads and pairs, as flows: by what is asked, on a real server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from evenly_client import opened
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.keys import BY_NAME
from evenly_client.screens.series.flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.facts import Command
from evenly_protocol.refusals import Refusal
from evenly_protocol.session import StartSession
from evenly_protocol.words import FloorMode

from tests.harness import Group, make_room, serving

from .stage_hand import Room, Screen, in_a_room

Value = TypeVar("Value")
LEAVES = "escape"


class Answers:
    """A host whose questions are answered from a list: a choice by its key or the beginning of its text, or a text."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.asked: list[str] = []
        self.said: list[str] = []
        self.format = ""
        self._answers: list[str] = []
        self._given: list[Awaitable[Refusal | None]] = []

    async def run(self, name: str, *answers: str) -> None:
        """Runs a flow to its end; every answer is used, and what was given is settled."""
        self._answers, self.asked = list(answers), []
        await SERIES_FLOWS[name](self)
        assert not self._answers, f"not asked for: {self._answers}; asked: {self.asked}"
        for refusal in await asyncio.gather(*self._given):
            assert refusal is None
        self._given = []

    def use_format(self, name: str) -> None:
        self.format = name

    def situation(self) -> Situation:
        return Situation(Outlook(self.peer))

    def _answer(self, title: str, body: str, value: str = "") -> str:
        self.asked.append("\n".join(filter(None, (title, body, value))))
        assert self._answers, f"no answer for {title!r} ({body})"
        return self._answers.pop(0)

    async def choose(self, title: str, choices: Sequence[Choice[Value]], *, body: str = "") -> Value | None:
        lines = [body, *(f"{c.key} {c.text} {c.hint}" for c in choices)]
        answer = self._answer(title, "\n".join(lines))
        if answer == LEAVES:
            return None
        fitting = [c for c in choices if answer in (c.key, c.text[: len(answer)])]
        assert fitting, f"{answer!r} is none of {lines}"
        return fitting[0].value

    async def write(
        self, title: str, *, body: str = "", value: str = "", placeholder: str = "", empty: bool = False
    ) -> str | None:
        answer = self._answer(title, body, value)
        return None if answer == LEAVES or not (answer or empty) else answer

    async def write_lines(self, title: str, *, body: str = "", value: str = "") -> str | None:
        return await self.write(title, body=body, value=value)

    def do(self, command: Command, id: bytes = b"") -> None:
        self._given.append(asyncio.ensure_future(self.peer.ask(command, id)))

    def say(self, text: str) -> None:
        self.said.append(text)


@asynccontextmanager
async def hosts(size: int) -> AsyncGenerator[tuple[Group, list[Answers]]]:
    async with serving() as server, make_room(server, size) as group:
        leader = group.leader
        await leader.until(lambda _: len(leader.connected) == size)
        yield group, [Answers(member) for member in group.members]


def test_every_flow_is_in_the_list_of_commands() -> None:
    assert set(SERIES_FLOWS) <= set(BY_NAME)


async def test_a_series_is_planned_as_the_table_showed_it() -> None:
    """The first date as people say it, asked again with what is missing; nothing is planned before the yes."""
    async with hosts(3) as (group, [ana, *_]):
        await ana.run("plan_series", "Peer coaching", "y", "friday", "friday 10:00", "0", "0", "10", "n")
        assert "At what time? Write it too, like friday 10:00." in ana.asked[3]
        assert "friday" in ana.asked[3].splitlines()
        assert "A number from 1 to 365." in ana.asked[6]
        assert not ana.peer.room.series
        await ana.run("plan_series", "Peer coaching", "y", "friday 10:00", "every two weeks", "y")
        table = ana.asked[-1]
        assert "1: Friday" in table
        assert "issue: Ben, host: Cleo" in table
        assert "3: Friday" in table
        assert "feedback alone" in table
        assert [p.holders for p in ana.peer.room.series] == [[2], [3], []]
        assert {p.at % 86_400_000 for p in ana.peer.room.series if p.at}
        await group.caught_up()


async def test_planned_sessions_are_changed_swapped_and_given_a_topic() -> None:
    """By who leads; a member swaps their own and says that they cannot come; a refusal is said."""
    async with hosts(3) as (group, [ana, ben, _]):
        await ana.run("change_planned")
        assert ana.said == ["No sessions are planned yet."]
        await ana.run("plan_series", "Peer coaching", "n", "y")
        await ana.run("change_planned", "1", "1", "next monday at 9")
        assert ana.peer.room.series[0].at > time.time() * 1000
        await ana.run("change_planned", "1", "2", "You")
        assert ana.peer.room.series[0].host == 1
        await ana.run("change_planned", "1", "3", LEAVES)
        await group.caught_up()
        await ben.run("swap_holders", "1", "1")
        assert [p.holders for p in ben.peer.room.series] == [[3], [2], []]
        await ben.run("say_away", "2", "y")
        assert ben.peer.room.series[1].away == [2]
        await ben.run("say_away", "2", "y")
        assert not ben.peer.room.series[1].away
        await ben.run("change_planned", "1", "2", "0")
        assert ben.said[-1] == "Your role does not allow that. Ask a facilitator."
        await ana.run("set_topic", "1", "x" * 200, "Saying no", "y", "Read page 3")
        assert "too long" in ana.asked[2]
        assert "x" * 200 in ana.asked[2]
        planned = ana.peer.room.series[0]
        assert opened.topic(ana.peer.sealer, planned) == "Saying no"
        assert opened.prework(ana.peer.sealer, planned) == "Read page 3"
        await ana.run("set_topic", "1", "Another", LEAVES)
        assert opened.topic(ana.peer.sealer, ana.peer.room.series[0]) == "Saying no"
        await ana.run("set_topic", "1", "", "n")
        assert not ana.peer.room.series[0].topic
        assert not ana.peer.room.series[0].prework


async def test_dates_are_proposed_answered_and_decided() -> None:
    """What is no date is asked for again, nothing typed lost; the decision shows whom each suits."""
    async with hosts(3) as (group, [ana, ben, cleo]):
        await ana.run("plan_series", "Peer coaching", "n", "y")
        await ben.run("answer_dates")
        assert ben.said == ["No dates are being asked about."]
        await ana.run("propose_dates", "1", "friday 10:00\nsoon", "friday 10:00\nmonday 15:00")
        assert "“soon”: That is no date." in ana.asked[2]
        assert "friday 10:00\nsoon" in ana.asked[2]
        await group.caught_up()
        await ben.run("answer_dates", "1", "2", "1", "y")
        assert "suits me" in ben.asked[1]
        await cleo.run("answer_dates", "1", "2", "y")
        await group.caught_up()
        poll = ana.peer.room.poll
        assert poll is not None
        assert poll.fits == {2: [poll.dates[1]], 3: poll.dates}
        await ana.run("decide_date", "2")
        assert "suits 1 of 2 who answered: Cleo" in ana.asked[0]
        assert "suits 2 of 2 who answered: Ben and Cleo" in ana.asked[0]
        assert ana.peer.room.poll is None
        assert ana.peer.room.series[0].at == poll.dates[1]


async def test_the_call_the_host_the_deputy_and_coaching() -> None:
    """Each with what it is now."""
    async with hosts(3) as (_, [ana, *_]):
        await ana.run("call_link", "https://meet.example.org/" + "x" * 600, "https://meet.example.org/x")
        assert "too long" in ana.asked[1]
        assert opened.call_link(ana.peer.sealer, ana.peer.room) == "https://meet.example.org/x"
        await ana.run("call_link", "take it away")
        assert not ana.peer.room.call.link
        await ana.run("hand_over")
        assert ana.said[-1] == "No session is running."
        assert await ana.peer.ask(StartSession([PhasePlan("talk", b"", 30, FloorMode.QUEUE)])) is None
        await ana.run("hand_over", "Ben")
        assert ana.peer.room.running is not None
        assert ana.peer.room.running.host == 2
        await ana.run("deputy", "Cleo")
        assert ana.peer.room.deputy == 3
        await ana.run("log_coaching", "Ben", "700", "30")
        assert ana.peer.room.coaching_minutes == 30


async def test_pairs_are_drawn_shown_to_copy_begun_and_called_back() -> None:
    """Drawn again, with those who lead, with a question of one's own."""
    async with hosts(4) as (group, [ana, ben, *_]):
        assert await ana.peer.ask(StartSession([PhasePlan("networking", b"", 30, FloorMode.OPEN)])) is None
        await ana.run("draw_pairs", "1", LEAVES)
        await ana.run("draw_pairs", "0", "7", "e", "What is new?", "2", "with those", "y")
        assert "Room 1: " in ana.asked[-1]
        assert "Back at " in ana.asked[-1]
        session = ana.peer.room.running
        assert session is not None
        assert session.pairs is not None
        assert sorted(s for g in session.pairs.groups for s in g) == [1, 2, 3, 4]
        assert opened.opener(ana.peer.sealer, session.pairs) == "What is new?"
        await group.caught_up()
        await ben.run("call_back_pairs", "y")
        assert ben.said[-1].startswith("Your role does not allow that.")
        await ana.run("call_back_pairs", "y")
        assert session.pairs.over
        await ana.run("call_back_pairs")
        assert ana.said[-1] == "No pairs are talking now."


async def led(room: Room) -> Screen:
    await room.fay.stop()
    room.fay = type(room.fay)(room.link, room.fay.key, "Fay")
    return await room.screen(room.fay)


@in_a_room
async def test_on_the_screen_a_series_is_planned_and_dates_are_asked(room: Room) -> None:
    """The same flows in the program's own dialogs."""
    await room.joins("Ana")
    await room.joins("Ben")
    screen = await led(room)
    screen.session.run_worker(SERIES_FLOWS["plan_series"](screen.session), group="flow", exclusive=True)
    await screen.shows("Plan the series: in which format?")
    await screen.press("2")
    await screen.shows("Shall the sessions have dates?")
    await screen.press("n")
    await screen.shows("Plan these 3 sessions?", "1: date open, issue: Ana, host: Ben", "feedback alone")
    await screen.press("y")
    await screen.peer.until(lambda r: len(r.series) == 3)
    screen.session.run_worker(SERIES_FLOWS["propose_dates"](screen.session), group="flow", exclusive=True)
    await screen.shows("Find a date for which session?")
    await screen.press("1")
    await screen.shows("Which dates?", "one on a line")
    await screen.type("friday")
    await screen.press("ctrl+g")
    await screen.shows("At what time?")
    await screen.type(" 9:00")
    await screen.press("ctrl+g")
    await screen.peer.until(lambda r: r.poll is not None and len(r.poll.dates) == 1)
