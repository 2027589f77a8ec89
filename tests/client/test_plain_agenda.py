"""Plain lines: a session by a format, its phases, its end; who hosts; questions and hints."""

from __future__ import annotations

from pathlib import Path

from evenly_client import usual_format
from evenly_client.store import Store
from evenly_protocol.session import EndSession

from tests.client.spoken import table


async def test_a_session_by_a_format_is_led_in_lines() -> None:
    """Started, shown, moved on in two steps, extended, skipped, gone back, undone, left open, ended."""
    async with table(3) as t:
        ana, ben = t.lead, t.all[1]
        await ana.type("start no-such-format", "There is no format called")
        await ana.type("start hot-seat 30", "takes 90 minutes by its phases. Type: start hot-seat")
        await ana.type("start hot-seat")
        await t.everybody_says(r"Session 1 begins, 3 people on the call\. Check-in round, until \d\d:\d\d\.")
        await ben.type("agenda", r"^\d+ phases, the session ends \d\d:\d\d\. Round", r"^1: Check-in round, now, until")
        assert not any("behind" in line for line in ben.said)
        await ana.type("phase", r"^Next is 2: .* Started now, the session ends \d\d:\d\d\. Type: phase next")
        assert ana.peer.room.running is not None
        assert ana.peer.room.running.phase_index == 0
        await ana.type("phase next")
        await t.everybody_says(r"^\S.*, until \d\d:\d\d\.")
        assert ana.peer.room.running.phase_index == 1

        await ana.type("phase +5 later", r"^5 min more\. .* to \d+.*; the end stays")
        await ana.type("phase +2", r"^2 min more\. The end moves to")
        await ana.type("phase -2", r"^2 min less\.")
        await ana.type("phase take 3", "give up to 3 minutes")
        await ana.type("phase counted no", "Talk does not count now")
        await ana.type("undo yes")
        await ana.type("phase skip 4", r"is left out")
        await ana.type("agenda", r"^4: .*, left out\.")
        await ana.type("undo", "That takes back: leaving a phase out")
        await ana.type("undo yes")
        await ana.type("agenda", r"^4: .* from")
        await ana.type("phase back")
        await t.everybody_says("^Check-in round, until")
        await ana.type("undo yes")
        await t.everybody_says("^It goes on with ")

        await ana.type("phase 77", "There is no phase 77")
        await ben.type("phase next", "Your role does not allow that")
        await ana.type("end open", "Type: end open yes")
        await ana.type("end open yes")
        await t.everybody_says("The session is over. The room stays open for whoever likes to talk; nothing is counted")
        await ben.type("time", "The session is over, informal talk goes on")
        await ana.type("phase next", "only informal talk goes on")
        await ana.type("end yes")
        await t.everybody_says("The session has ended")


async def test_who_hosts_who_holds_and_who_leads_otherwise() -> None:
    """Seats by number or by name; a wrong one changes nothing."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ana.type("deputy Cleo", "Cleo leads when no facilitator is there")
        await cleo.says("You lead when no facilitator is there")
        await ana.type("start 30")
        await t.everybody_says("Session 1 begins")
        await ana.type("host 9", "There is nobody in seat 9")
        await ana.type("host ben", "Ben is host now")
        await ben.says("You lead the session now, as its host")
        await ben.type("phase +5", r"^5 min more\. The end moves to")
        await ana.type("holder 3", "It is Cleo's issue")
        await ana.type("holder none", "Nobody's")
        await ana.type("host none", "Nobody is host now")
        assert ana.peer.room.running is not None
        assert ana.peer.room.running.host == 0
        assert ana.peer.room.deputy == 3


async def test_a_closed_question_gets_a_hint_once_and_is_sent_when_typed_again() -> None:
    """The hint is the asker's alone, and only in open questions."""
    async with table(2) as t:
        ana, ben = t.all
        await ana.type("start peer-coaching")
        await t.everybody_says("Session 1 begins")
        await ana.type("phase 3 1")
        await t.everybody_says("^Open questions, until")
        await ben.type("hand have you asked them?", "Type it again to ask it so")
        assert not ben.peer.room.floor.hands
        await ben.type("hand what's in the way?", "Your hand is up")
        await ben.type("queue", "what's in the way")
        await ben.type("down")
        await ben.type("hand have you asked them?", "Type it again to ask it so")
        await ben.type("hand have you asked them?", "Your hand is up")
        assert ana.never_said("Type it again")


async def test_the_questions_are_kept_by_the_issue_holder_or_shared() -> None:
    """Whoever holds the issue decides; kept ones are counted and not read."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ana.type("start action-learning")
        await t.everybody_says("Session 1 begins")
        await ana.type("holder 2 1", "It is Ben's issue")
        session = ana.peer.room.running
        assert session is not None
        number = next(i for i, p in enumerate(session.phases, 1) if p.activity == "questions")
        await ana.type(f"phase {number}")
        await t.everybody_says("^Open questions, until .* the issue")
        await cleo.type("hand what would you lose?", "Your hand is up")
        await ana.type("next")
        await cleo.says("Your turn")
        await cleo.type("done")
        await ana.type("speaking 0")
        await t.caught_up()
        await ana.type("questions", "^1 question", "1: Cleo: what would you lose?")
        await cleo.type("questions keep", "You hold no issue in this session")
        await ben.type("questions keep", "yours alone")
        await t.caught_up()
        await ana.type("questions", "^0 questions, 1 more kept by Ben")
        await ben.type("questions", "^1 question", "1: Cleo: what would you lose?")
        await ben.type("questions share", "everybody's")
        await t.caught_up()
        await ana.type("questions", "1: Cleo: what would you lose?")


async def test_start_takes_the_rooms_own_format(tmp_path: Path) -> None:
    """Kept by `evenly open --format`; `start` alone uses it, a number alone does not fit it."""
    with Store(tmp_path) as store:
        async with table(2, store=store) as t:
            usual_format.keep(store, t.lead.peer.link.room, "hot-seat")
            await t.lead.type("start 30", "takes 90 minutes by its phases. Type: start hot-seat, or start open 30")
            await t.lead.type("start")
            await t.everybody_says("Session 1 begins, .* Check-in")
            session = t.lead.peer.room.running
            assert session is not None
            assert await t.lead.peer.ask(EndSession(session.number)) is None
            await t.lead.type("start open 30")
            await t.everybody_says("Session 2 begins")
            running = t.lead.peer.room.running
            assert running is not None
            assert [p.minutes for p in running.phases] == [30]


async def test_roles_are_given_a_visitor_leaves_with_the_session_and_a_member_is_taken_out() -> None:
    """Each by a line; without the yes nobody is taken out."""
    async with table(4) as t:
        ana, ben, _, dora = t.all
        await ana.type("role 2 king", "Type: role, a seat")
        await ana.type("role Ben observer", "Ben is observer now")
        await ben.says("is observer now")
        await ana.type("role 2 participant", "Ben is participant now")
        await ana.type("start 30")
        await t.everybody_says("Session 1 begins")
        await ana.type("role 4 visitor", "watches this session, and leaves with it")
        await dora.says("as a visitor")
        await ana.type("remove 3", "Type: remove")
        assert not ana.peer.room.members[3].removed
        await ana.type("remove 3 yes", "no longer a member")
        await ana.type("end yes", "The session has ended")
        await ana.peer.until(lambda r: r.members[4].removed)
        assert not ana.peer.room.members[2].removed
