"""Plain lines: the series is planned, changed, and a date is found."""

from __future__ import annotations

import time

from tests.client.spoken import table


async def test_a_series_is_proposed_then_planned_then_changed() -> None:
    """Two steps; numbers as last read; swaps, hosts, dates, topics, who cannot come."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ana.type("series plan yes", "Nothing is proposed yet")
        await ana.type("series plan peer-coaching every 14 from friday", "At what time")
        await ana.type(
            "series plan peer-coaching every 14 from friday 10:00",
            "^3 sessions are proposed, nothing is planned yet",
            r"^1: Friday .* 10:00, issue: Ben, host: Cleo\.",
            r"^2: Friday .* 10:00, issue: Cleo, host: Ben\.",
            r"^3: Friday .* 10:00, feedback alone, host: ",
            "Type: series plan yes",
        )
        assert not ana.peer.room.series
        await ana.type("series plan yes", "3 sessions are planned")
        await cleo.says("^3 sessions are planned, the next Friday")
        await t.caught_up()
        await ben.type("series swap 1 2", "Type series first")
        await ben.type("series", "^3 sessions planned, 0 held", "^1: Friday", "^2: ", "^3: ")
        await ben.type("series swap 1 2", "changed places")
        await ben.type("series away 3", "you cannot come to the session of Friday")
        await ben.type("series host 1 2", "Your role does not allow that")
        await ana.type("series", "^1: .* issue: Cleo, host: Ben", "^2: .* issue: Ben, host: Cleo", "cannot come: Ben")
        await ana.type("series host 1 3", "Nobody hosts the session of their own issue")
        await ana.type("series host 1 1", "Host: Ana")
        await ana.type("series date 3 in two months at 14:30", "It is planned for: .* 14:30")
        await ana.type("series holder 3 2 3", "Nobody hosts the session of their own issue")
        await ana.type("series holder 3 3", "Issue: Cleo")
        await ana.type("topic 1 Module two / read chapter 3", "Topic: Module two, to prepare: read chapter 3")
        await ana.type("series swap 1 9", "Number 9 is not in that list")
        await t.caught_up()
        await cleo.type("series", "about: Module two", "Before session 1: read chapter 3")
        await cleo.type("waits", "^Next session: Friday", "things wait for you", "You hold the issue")


async def test_a_date_is_asked_about_answered_and_decided() -> None:
    """The question is told by itself with its numbers; an answer to dates that are gone is refused."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ana.type("series plan peer-coaching")
        await ana.type("series plan yes", "sessions are planned")
        await ana.type("series", "^1: date open")
        await ana.type(
            "dates 1 friday 10:00; the day before yesterday", "“the day before yesterday”: That is in the past"
        )
        await ana.type("dates 1 friday 10:00; in two weeks at 3 pm")
        for member in t.all:
            await member.says(r"Which dates suit you for the next session\? 1, Friday .* 10:00; 2, .* 15:00\.")
            await member.says("Type dates and the numbers")
        await ben.type("dates 1, 2", "It suits you: Friday .* and ")
        await cleo.type("dates 3", "There is no date 3")
        await cleo.type("dates 2", "It suits you: ")
        await t.caught_up()
        await ana.type(
            "dates",
            "^2 dates for the next session",
            "^1: .* suits 1 of 2 who answered: Ben",
            "^2: .* suits 2 of 2 who answered: Ben and Cleo",
        )
        await ben.type("decide 2", "Your role does not allow that")
        await ana.type("decide 2")
        await t.everybody_says("The date is decided: .* 15:00")
        assert ana.peer.room.series[0].at > time.time() * 1000
        await ana.type("series", "^1: .* 15:00")
        await ana.type("dates 1 monday 9:00", "Which dates suit you .* 1, Monday")
        await cleo.says("Which dates suit")
        await ana.type("dates 1 tuesday 9:00", "1, Tuesday")
        await cleo.says("Which dates suit")
        await cleo.type("dates none", "None of the dates suits you")
        await ana.type("decide none", "no longer asked about")


async def test_a_session_beside_the_series_leaves_the_planned_one_to_come() -> None:
    """And a text that is no link is not kept as the call's."""
    async with table(3) as t:
        ana, *_ = t.all
        await ana.type("series plan peer-coaching", "sessions are proposed")
        await ana.type("series plan yes", "sessions are planned")
        planned = len(ana.peer.room.series)
        await ana.type("call not a link", "is no link")
        await ana.type("call https://meet.example.org/us", "is kept")
        await ana.type("start beside hot-seat")
        await t.everybody_says("Session 1 begins")
        assert not any(p.number for p in ana.peer.room.series)
        assert len(ana.peer.room.series) == planned
        assert ana.peer.room.running is not None
        assert ana.peer.room.running.host == 0
