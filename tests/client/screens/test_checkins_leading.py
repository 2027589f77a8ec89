"""Check-ins for those who lead: asked, closed, taken back; the issue that was chosen; the three words."""

import pytest
from evenly_client.checkins.epoch import Epoch
from evenly_client.screens import deeds
from evenly_client.screens.checkins.three_words import ThreeWords
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.checkins import CheckIn, open_check_in
from evenly_protocol.session import Hold, Resume, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode
from textual.widgets import TextArea

from .boards_room import asks, brings, starts
from .checkins_room import ENERGY, READY, Others, asked, knows_all, led, members, others
from .stage_hand import Room, Screen, in_a_room


async def leading(room: Room, count: int, size: tuple[int, int] = (80, 24)) -> tuple[Screen, Others]:
    """Fay leads on a screen; so many others are there; a session runs."""
    group = await members(room, count)
    screen = await led(room, size)
    await asks(screen.peer, room_starts())
    await screen.offers("space hand")
    return screen, group


def room_starts() -> StartSession:
    return StartSession([PhasePlan("talk", b"", 60, FloorMode.QUEUE)])


async def by_words(screen: Screen, words: str) -> None:
    """Finds a command by its words, and asks for it."""
    await screen.press(":")
    await screen.shows("what would you like to do?")
    await screen.type(words)
    await screen.press("enter")
    await screen.shows_not("what would you like to do?")


def now(screen: Screen) -> CheckIn:
    check_in = open_check_in(screen.peer.room)
    assert check_in is not None
    return check_in


async def opens(screen: Screen, group: Others, people: int) -> None:
    """It is open, the facilitator's own question stands there, and the group knows which one it is."""
    await screen.peer.until(lambda r: open_check_in(r) is not None)
    group.check_in = now(screen).id
    await knows_all(screen, people)
    await asked(screen)


@in_a_room
async def test_a_check_in_that_groups_ask_often_is_opened_with_three_keys(room: Room) -> None:
    screen, group = await leading(room, 4)
    await screen.press("k")
    await screen.shows("A check-in: what do you ask?", "Energy", "One word", "a question of your own")
    screen.session.say("")
    await screen.is_frame("check_in_opening")
    await screen.press("1")
    await screen.shows("How much energy", "1 none to 5 plenty", "5 people take part.", "open it for 1 minute")
    await screen.press("y")
    await opens(screen, group, 5)
    assert now(screen).closes_at == 0
    await screen.press("3", "enter")
    await screen.shows("Check-in: answered · 1 of 5 are done")
    await screen.offers("k check-in")
    screen.session.say("")
    await screen.is_frame("check_in_leading")
    await group.answer((1,), (1,), None)
    await screen.shows("4 of 5 are done")
    await screen.press("k")
    await screen.shows("The check-in is open: 4 of 5 are done", "close it: the answers are added up", "take it back")
    await screen.press("c")
    await screen.shows("3 answered, 2 abstained · 2.3 of 5")


@in_a_room
async def test_it_closes_by_itself_after_the_minutes_that_were_chosen(room: Room) -> None:
    screen, group = await leading(room, 2)
    await screen.press("k", "6")
    await screen.shows("How is the pace?", "too slow · just right · too fast")
    await screen.press("1")
    await opens(screen, group, 3)
    assert now(screen).closes_at - now(screen).at == 60_000
    await screen.shows("closes in 0:")


@in_a_room
async def test_a_question_of_ones_own_has_its_answers_one_a_line(room: Room) -> None:
    """What cannot be asked is said in words, and what was typed stays."""
    screen, group = await leading(room, 2)
    await screen.press("k", "o")
    await screen.shows("How is it answered?", "one of your answers")
    await screen.press("4")
    await screen.shows("What do you ask?", "Answered by one of your answers.")
    await screen.type("When do we meet?")
    await screen.press("enter")
    await screen.shows("The answers, one a line", "Two to eight.")
    await screen.type("May")
    await screen.press("ctrl+g")
    await screen.shows("Those answers do not fit. Write two to eight different answers.", "May")
    screen.app.screen.query_one(TextArea).text = "May\n\n  June \nlater"
    await screen.press("ctrl+g")
    await screen.shows("When do we meet?", "May · June · later", "3 people take part.")
    await screen.press("y")
    await opens(screen, group, 3)
    assert now(screen).kind is CheckInKind.CHOICE
    await screen.shows("1  ( ) May", "2  ( ) June", "3  ( ) later")


@in_a_room
async def test_a_scale_has_labels_for_both_ends_or_none(room: Room) -> None:
    screen, group = await leading(room, 2)
    await screen.press("k", "o", "1")
    await screen.type("How far?")
    await screen.press("enter")
    await screen.shows("What does 1 stand for?")
    await screen.type("near")
    await screen.press("enter")
    await screen.shows("What does 5 stand for?")
    await screen.press("enter")
    await screen.shows("A scale has labels for both its ends, or for")
    await screen.press("enter")
    await screen.shows("Answered by a number from 1 to 5")
    await screen.press("y")
    await opens(screen, group, 3)
    assert now(screen).options == []


@in_a_room
async def test_with_too_few_a_round_by_name_is_one_key_away(room: Room) -> None:
    """Never a silent downgrade: it says why, and asks."""
    screen, _ = await leading(room, 1)
    await screen.press("k")
    await screen.shows("Fewer than three people take part", "a round, by name")
    assert not screen.peer.room.check_ins
    await screen.press("y")
    await screen.peer.until(lambda r: r.floor.mode is FloorMode.ROUND)
    assert not screen.peer.room.check_ins


@in_a_room
async def test_the_key_is_offered_exactly_when_the_rules_accept_it(room: Room) -> None:
    screen, group = await leading(room, 2)
    offer = lambda name: isinstance(deeds.offer(name, screen.session.situation()), deeds.Deed)  # noqa: E731
    assert offer("open_check_in")
    assert not offer("lead_check_in")
    assert await screen.peer.ask(Hold()) is None
    await screen.press("k")
    await screen.shows("The session is paused.")
    assert not offer("open_check_in")
    assert await screen.peer.ask(Resume()) is None
    await screen.press("k", "1", "y")
    await opens(screen, group, 3)
    assert offer("lead_check_in")
    assert not offer("open_check_in")
    ana = await room.screen("Ana", live=False)
    await ana.until(lambda: ana.began, "begun")
    assert deeds.offer("open_check_in", ana.session.situation()) is None
    assert deeds.offer("lead_check_in", ana.session.situation()) is None


@in_a_room
async def test_undo_says_what_it_takes_back_and_no_answer_is_opened(room: Room) -> None:
    screen, group = await leading(room, 2)
    await screen.press("k", "1", "y")
    await opens(screen, group, 3)
    await screen.press("escape", "u")
    await screen.shows("u again takes back: opening that check-in")
    await screen.press("u")
    assert await group.ends() is CheckInState.WITHDRAWN


@in_a_room
async def test_it_is_taken_back_and_closed_by_command_too(room: Room) -> None:
    screen, group = await leading(room, 2)
    await screen.press("k", "1", "y")
    await opens(screen, group, 3)
    await screen.press("escape", "k", "x")
    assert await group.ends() is CheckInState.WITHDRAWN
    await screen.press("k", "2", "y")
    await opens(screen, group, 3)
    await screen.press("escape")
    await group.answer((4,), (4,))
    await by_words(screen, "close it, or")
    await screen.shows("Only two are done: closed now, the counts could show whose answers")
    await screen.press("c")
    assert await group.ends() is CheckInState.RECORDED
    await screen.shows("2 answered, 1 abstained")


@in_a_room
async def test_asking_again_after_somebody_has_left_is_not_opened_but_said_why(room: Room) -> None:
    screen, group = await leading(room, 4)
    await screen.press("k", "1", "y")
    await opens(screen, group, 5)
    await screen.press("1", "enter")
    await group.answer((1,), (1,), (1,), (1,))
    await screen.shows("5 answered")
    assert await group.peers[-1].ask(LeaveCall()) is None
    await screen.press("enter")
    await screen.shows("4 of 5 on the call")
    await screen.press("k", "1")
    await screen.shows("Asking again now, after somebody has left or come", "a round, by name")
    await screen.press("n", "k", "2")
    await screen.shows("How openly can you speak", "4 people take part.")


@in_a_room
async def test_facilitators_can_be_left_out_and_see_how_many_are_done(room: Room) -> None:
    screen, group = await leading(room, 3)
    await by_words(screen, "leave facilitators out")
    await screen.peer.until(lambda r: not r.settings.facilitators_answer)
    await screen.press("k", "1", "y")
    await screen.shows("A check-in is open · 0 of 3 are done · k closes it")
    group.check_in = now(screen).id
    assert screen.app.screen is screen.session
    await group.answer((1,))
    await screen.shows("1 of 3 are done · k closes it")
    await group.answer((1,), (2,), (3,))
    await screen.shows("3 answered", "2         ███ 1")
    await screen.press("enter")
    await by_words(screen, "let facilitators take part")
    await screen.peer.until(lambda r: r.settings.facilitators_answer)


@in_a_room
async def test_what_was_chosen_most_is_taken_as_the_issue_with_one_key(room: Room) -> None:
    group = await members(room, 3)
    issue = await brings(group.peers[0], "My best customer wants more time")
    other = await brings(group.peers[1], "Two of my people want the same job")
    screen = await led(room)
    await starts(room, PhasePlan("questions", b"", 30, FloorMode.QUESTIONS, issue=1))
    await screen.offers("space hand")
    await screen.press("k")
    await screen.shows("Which issue")
    await screen.press("i")
    await screen.shows("Which issue shall we take?", "Ben: My best customer", "Cleo: Two of my people")
    await screen.press("y")
    await opens(screen, group, 4)
    await screen.press("1", "enter")
    await group.answer((0, 1), (1,), None)
    await screen.shows("Most chosen: Ben, “My best customer wants more time” and Cleo", "y take it as issue 1")
    screen.session.say("")
    await screen.is_frame("check_in_issues")
    await screen.press("y")
    await screen.shows("Chosen equally often: which one?")
    await screen.press("2")
    await screen.peer.until(lambda r: r.running.brought.get(1) == other)
    await screen.shows("Issue 1: Cleo.")
    assert issue != other


@in_a_room
async def test_with_too_many_for_words_a_choice_is_offered(room: Room) -> None:
    """The question stays, and gets answers."""
    screen, _ = await leading(room, 32)
    await screen.press("k", "8")
    await screen.shows("Answers in words are for up to 32 people.", "offer a choice")
    await screen.press("y")
    await screen.shows("The answers, one a line")
    screen.app.screen.query_one(TextArea).text = "glad\ntired"
    await screen.press("ctrl+g")
    await screen.shows("How do you leave?", "one of your answers: glad · tired", "33 people take part.")


# -- the three words ---------------------------------------------------------------------------------------------


@in_a_room
async def test_three_words_are_shown_to_everybody_and_compared_once(room: Room) -> None:
    """Both screens show the same; after a yes the promise is said without its reservation."""
    ana = await room.screen("Ana")
    group = await members(room, 1)
    screen = await led(room)
    await asks(screen.peer, room_starts())
    await screen.offers("space hand")
    await by_words(screen, "compare three words")
    for each in (screen, ana):
        await each.until(lambda each=each: isinstance(each.app.screen, ThreeWords), "the words")
        await each.shows("One reads these three words aloud", "y the same", "With: Fay, ")
    words = [" ".join(w.upper()) for w in group.parts[0].mine.epoch.words]
    await screen.shows(*words)
    await ana.shows(*words)
    for each in (screen, ana):
        await each.press("y")
        await each.shows("Compared: nobody stands between you.")
    group.peers.insert(0, screen.peer)
    await group.opens(READY)
    await asked(ana)
    await ana.shows("only the group's total. 3 people take part. Among three")
    assert "interfered" not in ana.text


@in_a_room
async def test_words_that_differ_say_what_to_do_and_are_not_taken_for_compared(room: Room) -> None:
    ana = await room.screen("Ana")
    await others(room, 2)
    await ana.offers("hand with words")
    await ana.press("e")
    following = ana.session.following
    room.fay.relay(Relay(RelayType.WORDS, 0))
    await ana.shows("Compare three words once, read aloud · ctrl+g shows them", "WORDS")
    await ana.press("ctrl+g")
    await ana.shows("n not the same")
    await ana.press("n")
    await ana.shows("Then somebody may stand between you: answer nothing", "enter closes")
    await ana.press("enter")
    await ana.shows_not("Compare three words")
    assert not following.check_ins.mine.compared


@in_a_room
async def test_who_leads_is_reminded_of_the_words_until_they_are_compared(room: Room) -> None:
    group = await members(room, 2)
    screen = await led(room)
    phases = [PhasePlan("agreement", b"", 5, FloorMode.QUEUE), PhasePlan("talk", b"", 30, FloorMode.QUEUE)]
    await asks(screen.peer, StartSession(phases))
    await screen.shows("Before check-ins, compare three words once · : and “words”")
    await by_words(screen, "compare three words")
    await screen.shows("y the same")
    await screen.press("y")
    await screen.shows_not("compare three words once")
    assert len(group.peers) == 2


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
@in_a_room
async def test_the_words_stand_big_on_the_screen(room: Room, size, monkeypatch) -> None:
    monkeypatch.setattr(Epoch, "words", ("maple", "river", "lantern"))
    ana = await room.screen("Ana", size)
    await others(room, 2)
    room.fay.relay(Relay(RelayType.WORDS, 0))
    await ana.shows("M A P L E", "With: Fay, ")
    ana.session.say("")
    await ana.is_frame(f"three_words_{size[0]}x{size[1]}")


@in_a_room
async def test_with_a_setting_of_the_room_nobody_who_leads_by_role_is_asked(room: Room) -> None:
    screen, group = await leading(room, 3)
    assert await screen.peer.ask(ChangeSettings(Settings(facilitators_answer=False))) is None
    group.peers.insert(0, screen.peer)
    await group.opens(ENERGY)
    await screen.shows("A check-in is open")
    assert "ctrl+g" not in screen.footer
