"""The agenda, the lobby, pairs, commitments and hints on the session screen, by what a person would see."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from evenly_client import starting
from evenly_client.formats import library
from evenly_client.peer import Peer
from evenly_protocol.actions import AddAction
from evenly_protocol.agenda import PhasePlan, StartPhase
from evenly_protocol.exchange import AddPost
from evenly_protocol.issues import BringIssue
from evenly_protocol.pairs import CallBack, SetPairs
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import Draft, PlanSeries
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.words import FloorMode, PostKind

from .stage_hand import Room, Screen, in_a_room
from .test_session import led

SIZES = [(80, 24), (120, 35)]

SOME_NOON = 1_930_305_600_000
"""3 March 2031, 12:00 UTC, in milliseconds."""

ROUND_OF_FOUR = [
    PhasePlan("check_in", b"", 10, FloorMode.QUEUE),
    PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, issue=1, holder=2),
    PhasePlan("reflection", b"", 5, FloorMode.SILENCE),
    PhasePlan("commitments", b"", 5, FloorMode.ROUND),
    PhasePlan("check_out", b"", 5, FloorMode.ROUND, with_facilitators=True),
]


async def with_agenda(room: Room, size: tuple[int, int] = (80, 24)) -> tuple[Screen, Peer]:
    """Fay leads on a screen, Ana (seat 2) is there; a session with four phases runs."""
    ana = await room.joins("Ana")
    screen = await led(room, size)
    assert await screen.peer.ask(StartSession(ROUND_OF_FOUR)) is None
    await screen.shows("Check-in round until")
    return screen, ana


@in_a_room
async def test_a_session_starts_in_a_format_with_two_keys_and_a_yes(room: Room) -> None:
    ben = await room.joins("Ben")
    id = Peer.new_id()
    text = ben.seal(FieldKind.ISSUE, "My best customer wants more time", id)
    assert await ben.ask(BringIssue(text), id) is None
    screen = await led(room)
    await screen.offers("n start the session")
    await screen.press("n")
    await screen.shows("in which format?", "Peer coaching", "68 min")
    line = next(line for line in screen.lines() if "Peer coaching" in line)
    await screen.press(line.split("Peer coaching")[0].strip(" │").strip())
    await screen.shows("Who holds the issue?", "Ben", "“My best customer wants more time”")
    await screen.press("2")
    await screen.shows("58 minutes?", "Issue: Ben.")
    await screen.press("y")
    await screen.shows("Agreement until", "session ends")
    running = screen.peer.room.running
    assert running is not None
    assert running.holders == {1: 2}
    assert running.brought[1] == id


@in_a_room
async def test_the_keys_that_matter_to_whoever_leads_fit_into_80_columns(room: Room) -> None:
    """Somebody waits, there is a next phase and something to undo; the long words of what is always there give way."""
    screen, ana = await with_agenda(room)
    await room.raises(ana)
    for _turn in range(2):
        await screen.offers("n next")
        await screen.press("n")
        await screen.until(lambda: screen.peer.room.floor.turns, "a turn")
        await room.raises(ana)
    for key in ("n next", "1…8 who speaks", ". next phase", "+ minute", "u undo", "h pause", "? help", ": all"):
        await screen.offers(key)


@in_a_room
async def test_the_next_phase_is_shown_before_it_begins(room: Room) -> None:
    screen, _ = await with_agenda(room)
    await screen.press(".")
    await screen.shows("again begins: Open questions, 15 min", "Ana holds the issue")
    running = screen.peer.room.running
    assert running is not None
    assert running.phase.activity == "check_in"
    await screen.press(".")
    await screen.shows("Open questions until")
    await screen.press("u")
    await screen.shows("again takes back: starting that phase")
    await screen.press("u")
    await screen.shows("Check-in round until")


@in_a_room
async def test_one_more_minute_says_first_what_it_takes_from_others(room: Room) -> None:
    screen, _ = await with_agenda(room)
    before = screen.peer.room.running
    assert before is not None
    end = before.phase.ends_at
    await screen.press("+")
    await screen.shows("again for one more minute: Open questions 15 → 14; the end stays")
    assert screen.peer.room.running is not None
    assert screen.peer.room.running.phase.ends_at == end
    await screen.press("+")
    await screen.until(lambda: screen.peer.room.running.phase.ends_at == end + 60_000)
    await screen.shows("Open questions 14")


@in_a_room
async def test_any_phase_can_be_gone_to_left_out_and_given_time_from_the_list_of_commands(room: Room) -> None:
    screen, _ = await with_agenda(room, (100, 40))

    async def command(words: str, title: str) -> None:
        await screen.press(":")
        await screen.type(words)
        await screen.press("enter")
        await screen.shows(title)

    await command("leave a phase out", "Leave out which phase?")
    await screen.press("down", "enter")
    await screen.shows("– Reflection")
    await command("more time for this phase", "more time, or less?")
    await screen.shows("+5 minutes", "−5 minutes", "The end moves to")
    await screen.press("escape")
    await command("go to any phase", "Go to which phase?")
    await screen.shows("left out")
    line = next(line for line in screen.lines() if "Commitments" in line and "│" in line)
    await screen.press(line.split("Commitments")[0].strip(" │").strip())
    await screen.shows("Commitments until")


@in_a_room
async def test_after_the_last_phase_the_room_can_be_left_open(room: Room) -> None:
    screen, _ = await with_agenda(room)
    visit = screen.peer.room.running.phase.visit
    assert await screen.peer.ask(StartPhase(4, visit)) is None
    await screen.shows("Check-out round until")
    await screen.offers(". end the session")
    await screen.press(".")
    await screen.shows("That was the last phase")
    await screen.press(".")
    await screen.shows("End session 1 for everybody?", "leave the room open")
    await screen.press("o")
    await screen.shows("the room is open for whoever likes to talk")
    assert screen.peer.room.running.phase.counted is False


@in_a_room
async def test_at_my_turn_to_commit_the_line_for_it_opens(room: Room) -> None:
    screen = await room.screen("Ana")
    assert await room.fay.ask(StartSession([PhasePlan("commitments", b"", 5, FloorMode.ROUND)])) is None
    await screen.shows("I WILL", "letters are text now")
    await screen.type("call three suppliers")
    await screen.press("enter")
    await screen.shows("It is on the board, due next session.")
    await room.fay.until(lambda r: len(r.actions) == 1)
    await screen.offers("finish")
    await screen.press("a")
    await screen.shows("I WILL")
    await screen.press("escape")
    await screen.shows_not("I WILL")
    await screen.press("a")
    await screen.shows("I WILL")
    await screen.press("enter")  # nothing written: it closes, and enter finishes the turn again
    await screen.shows_not("I WILL")
    await screen.offers("finish")


@in_a_room
async def test_a_closed_question_gets_a_hint_before_it_is_put_and_goes_as_it_is(room: Room) -> None:
    asker = await room.screen("Ana")
    assert await room.fay.ask(StartSession([PhasePlan("questions", b"", 15, FloorMode.QUESTIONS, holder=1)])) is None
    await asker.shows("Open questions until")
    await asker.press("e")
    await asker.type("Did you ask them?")
    await asker.press("enter")
    await asker.shows("enter asks it as it is")
    assert not room.fay.room.floor.hands
    await asker.press("enter")
    await room.fay.until(lambda r: len(r.floor.hands) == 1)
    await asker.shows_not("enter asks it as it is")


@in_a_room
async def test_pairs_see_with_whom_they_talk_and_are_called_back(room: Room) -> None:
    ben = await room.joins("Ben")
    screen = await room.screen("Ana")
    assert await room.fay.ask(StartSession([PhasePlan("networking", b"", 30, FloorMode.OPEN, counted=False)])) is None
    id = Peer.new_id()
    opener = room.fay.seal(FieldKind.QUESTION, "What are you proud of?", id)
    assert await room.fay.ask(SetPairs([[ben.seat, screen.peer.seat]], 5, opener), id) is None
    await screen.shows("you talk with Ben until", "What are you proud of?")
    screen.told.clear()
    assert await room.fay.ask(CallBack(id)) is None
    await screen.shows("Anyone you offered to introduce?")
    assert any("\x07" in told for told in screen.told)
    await screen.press("ctrl+g")
    await screen.shows("It is an offer.")
    await screen.type("Ben to my printer")
    await screen.press("enter")
    await room.fay.until(lambda r: [p.kind for p in r.posts] == [PostKind.OFFER])


async def with_things(room: Room, ana: Peer) -> None:
    """A planned session, an action of Ana's, an ask of Fay's."""
    plan = PlanSeries([Draft(Peer.new_id(), SOME_NOON, [ana.seat], 1), Draft(Peer.new_id(), 0, [], ana.seat, 0, True)])
    assert await room.fay.ask(plan) is None
    id = Peer.new_id()
    assert await ana.ask(AddAction(ana.seal(FieldKind.ACTION, "call three suppliers", id)), id) is None
    id = Peer.new_id()
    ask = AddPost(PostKind.ASK, room.fay.seal(FieldKind.POST, "Who knows a printer?", id))
    assert await room.fay.ask(ask, id) is None


@in_a_room
async def test_between_sessions_the_lobby_says_what_comes_and_what_waits(room: Room) -> None:
    screen = await room.screen("Ana")
    await screen.until(lambda: screen.peer.seat)
    await with_things(room, screen.peer)
    await screen.shows("COMES", "issue: You", "host: Fay")
    await screen.shows("FOR YOU", "You hold the issue", "1 of your actions is due", "1 open ask on the exchange")
    await screen.shows("BOARDS", "1 action of yours · 1 open ask")


@in_a_room
async def test_after_the_session_the_review_stands_above_what_comes(room: Room) -> None:
    screen = await room.screen("Ana")
    await screen.until(lambda: screen.peer.seat)
    await room.starts()
    await screen.offers("space hand")
    await with_things(room, screen.peer)
    assert await room.fay.ask(EndSession(1)) is None
    await screen.shows("REVIEW", "COMES", "FOR YOU")


@in_a_room
async def test_a_member_planned_as_host_may_start_the_session(room: Room) -> None:
    screen = await room.screen("Ana")
    await screen.until(lambda: screen.peer.seat)
    draft = Draft(Peer.new_id(), 0, [1], screen.peer.seat)
    assert await room.fay.ask(PlanSeries([draft])) is None
    await screen.offers("n start the session")
    start = starting.prepared(screen.peer.room, library.find("hot-seat"), by=screen.peer.seat)
    assert (start.host, start.holders) == (screen.peer.seat, {1: 1})
    id = Peer.new_id()
    assert await screen.peer.ask(starting.command(screen.peer, start, id), id) is None
    await screen.offers("next phase")


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_the_agenda_of_whoever_leads(room: Room, size: tuple[int, int]) -> None:
    screen, _ = await with_agenda(room, size)
    assert await screen.peer.ask(StartPhase(1, screen.peer.room.running.phase.visit)) is None
    await screen.shows("Open questions until")
    screen.session.say("")
    await screen.is_frame(f"agenda_{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_the_lobby_of_a_member_for_whom_things_wait(room: Room, size: tuple[int, int]) -> None:
    screen = await room.screen("Ana", size)
    await screen.until(lambda: screen.peer.seat)
    await with_things(room, screen.peer)
    await screen.shows("1 open ask")
    screen.session.say("")
    await screen.is_frame(f"lobby_{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_the_report_is_read_when_the_session_is_over_and_kept_as_a_file(
    room: Room, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    screen = await room.screen("Ana", size)
    await screen.until(lambda: screen.peer.seat)
    await room.starts()
    await with_things(room, screen.peer)
    await screen.offers("space hand")
    await screen.press("r")
    await screen.shows("next in line")
    assert await room.fay.ask(EndSession(1)) is None
    await screen.offers("r report")
    await screen.press("r")
    await screen.shows("Peer session: session 1", "This report may hold what others said in confidence.")
    await screen.press("pagedown")
    await screen.shows("ACTIONS")
    await screen.is_frame(f"report_{size[0]}x{size[1]}")
    await screen.press("s")
    await screen.shows("Kept: ")
    (kept,) = tmp_path.glob("Peer-session-*-session.html")
    assert "call three suppliers" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    await screen.press("2")
    await screen.shows("record")
    await screen.press("escape")
    await screen.shows("REVIEW")
    # A gateway's visitor could not get at the file.
    screen.peer.at_gateway = True
    await screen.press("r")
    await screen.shows("to keep it as a file, install Evenly")
    await screen.press("s", "escape")
    await screen.shows("REVIEW")
    assert list(tmp_path.glob("Peer-session-*")) == [kept]


@in_a_room
async def test_a_session_can_be_another_than_the_planned_one(room: Room) -> None:
    ana = await room.joins("Ana")
    await with_things(room, ana)
    screen = await led(room)
    await screen.offers("n start the session")
    await screen.press("n")
    await screen.shows("in which format?", "Hot seat")
    line = next(line for line in screen.lines() if "Hot seat" in line)
    await screen.press(line.split("Hot seat")[0].strip(" │").strip())
    await screen.shows("The session planned for", "Issue: Ana.", "the planned one stays to come")
    await screen.press("o")
    await screen.shows("Who holds the issue?")
    await screen.press("0")
    await screen.shows("90 minutes?")
    assert "The session planned for" not in screen.text
    await screen.press("y")
    await screen.shows("Check-in round until")
    assert not any(p.number for p in screen.peer.room.series)
