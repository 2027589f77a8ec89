"""What is done on the boards: each by the keys that a member presses."""

from evenly_client.notes import MemoryShelf, Notes
from evenly_client.screens.boards.flows import BOARD_FLOWS, does_now
from evenly_client.screens.boards.screen import Boards
from evenly_client.screens.keys import BY_NAME
from evenly_protocol.actions import ConfirmAction
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.session import EndSession
from evenly_protocol.turns import CallNext
from evenly_protocol.words import ActionState, FloorMode, Intent, Label, PostKind
from textual.widgets import TextArea

from .boards_room import asks, boards, brings, commits, filled, posts, starts
from .stage_hand import Room, Screen, in_a_room


async def on_boards(room: Room, name: str = "Ana") -> tuple[Screen, Boards]:
    screen = await room.screen(name)
    return screen, await boards(screen)


async def typed(screen: Screen, *words: str) -> None:
    for text in words:
        await screen.type(text)


async def in_lines(screen: Screen, text: str) -> None:
    """Types (all at once) into the field of several lines, and keeps it."""
    await screen.shows("ctrl+g keeps it")
    screen.app.screen.query_one(TextArea).text = text
    await screen.press("ctrl+g")


def test_every_flow_is_in_the_table_of_actions_with_a_title() -> None:
    assert set(BOARD_FLOWS) <= set(BY_NAME)


@in_a_room
async def test_what_does_something_now_follows_the_room(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    now = lambda: {name for name in BOARD_FLOWS if does_now(name, screen.session.situation())}  # noqa: E731
    assert "confirm_action" not in now()
    assert "ask_met" not in now()
    await filled(room, chris, screen.peer)
    await screen.peer.until(lambda r: r.poll is not None)
    assert now() >= {"add_action", "confirm_action", "ask_met", "add_ask", "bring_issue", "private_note"}
    assert not now() & {"still_worth", "choose_issue", "keep_questions", "review_actions"} - {"review_actions"}


@in_a_room
async def test_an_action_is_committed_to_with_a_day_as_it_is_said(room: Room) -> None:
    screen, _ = await on_boards(room)
    await screen.press("a")
    await screen.shows("By next session I will")
    await screen.type("talk with the board")
    await screen.press("enter")
    await screen.shows("By when?", "next session")
    await screen.press("2")
    await screen.shows("friday · in two weeks")
    await screen.type("soon")
    await screen.press("enter")
    await screen.shows("That is no date.", "soon")
    for _ in "soon":
        await screen.pilot.press("backspace")
    await screen.type("tomorrow")
    await screen.press("enter")
    await screen.shows("It is on the board.", "talk with the board", "tomorrow")
    action = screen.peer.room.actions[0]
    assert (action.owner, action.state, action.due > 0) == (screen.peer.seat, ActionState.COMMITTED, True)


@in_a_room
async def test_closing_the_day_goes_back_to_what_was_typed(room: Room) -> None:
    screen, _ = await on_boards(room)
    await screen.press("a")
    await screen.type("talk")
    await screen.press("enter")
    await screen.shows("By when?")
    await screen.press("escape")
    await screen.shows("By next session I will", "talk")
    await screen.press("escape")
    await screen.shows_not("By next session I will")
    assert not screen.peer.room.actions


@in_a_room
async def test_what_is_too_long_is_refused_in_words_and_stays_typed(room: Room) -> None:
    screen, _ = await on_boards(room)
    await screen.press("3", "a")
    await screen.shows("What would you like to add?")
    await screen.press("5")
    await in_lines(screen, "x" * 2_500)
    await screen.shows("This text is too long: it takes 2500 bytes")
    assert screen.app.screen.query_one(TextArea).text == "x" * 2_500
    await in_lines(screen, "short")
    await screen.shows("It is on the exchange.", "short")
    assert screen.peer.room.posts[0].kind is PostKind.WIN


@in_a_room
async def test_what_was_typed_for_what_is_gone_meanwhile_stays_typed(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    id = await commits(chris, "Ask Kim", owner=screen.peer.seat)
    await boards(screen)
    await screen.shows("Ask Kim")
    await screen.press("enter")
    await screen.shows("yes, this is what I will do")
    await screen.press("t")
    await screen.shows("A note on this action")
    await asks(chris, ConfirmAction(id, False))
    await screen.peer.until(lambda r: not r.actions)
    await in_lines(screen, "half a page of thought")
    await screen.shows("There is no such action.", "half a page of thought")


@in_a_room
async def test_what_was_typed_for_me_is_confirmed(room: Room) -> None:
    chris, _ = await on_boards(room, "Chris")
    ana, _ = await on_boards(room, "Ana")
    await chris.press("t")
    await chris.shows("Whose action is it?")
    await chris.press(str(ana.peer.seat))
    await chris.shows("Ana will …")
    await chris.type("ask Kim")
    await chris.press("enter", "1")
    await chris.shows("Ana is asked to confirm it.")
    await ana.shows("TO CONFIRM", "ask Kim")
    await ana.press("enter", "y")
    await ana.shows("It is on the board.", "COMMITTED")
    assert ana.peer.room.actions[0].state is ActionState.COMMITTED


@in_a_room
async def test_a_review_asks_first_what_happened_and_what_was_learnt(room: Room) -> None:
    screen = await room.screen("Ana")
    await commits(screen.peer, "Talk with the board")
    await starts(room, PhasePlan("progress", b"", 10, FloorMode.ROUND))
    await boards(screen)
    await screen.shows("Review:", "Talk with the board")
    await screen.press("enter")
    await screen.shows("it is done")
    await screen.press("d")
    await screen.shows("What happened? What did you learn?", "write it down")
    await screen.press("1")
    await in_lines(screen, "They said yes.\nI should have asked sooner.")
    await screen.peer.until(lambda r: r.actions[0].state is ActionState.DONE)
    note = screen.peer.room.actions[0].notes[0]
    assert note.learnt
    await screen.press("r")
    await screen.shows(" DONE")
    await screen.press("enter")
    await screen.shows("what happened:", "I should have asked sooner.")


@in_a_room
async def test_outside_a_review_a_state_is_one_key(room: Room) -> None:
    screen = await room.screen("Ana")
    await commits(screen.peer, "Talk with the board")
    await boards(screen)
    await screen.shows("Talk with")
    await screen.press("enter", "o")
    await screen.shows(" DOING")


@in_a_room
async def test_still_worth_doing_is_kept_made_smaller_or_asked_help_for(room: Room) -> None:
    screen = await room.screen("Ana")
    await commits(screen.peer, "Write the whole book")
    for number in (1, 2):
        await starts(room)
        await asks(room.fay, EndSession(number))
    await screen.peer.until(lambda r: r.actions[0].asks_worth)
    await boards(screen)
    await screen.shows("still worth doing?")
    await screen.press("enter", "w")
    await screen.shows("Still worth doing?", "It was carried over 2 times. Only you are asked.")
    await screen.press("3")
    await screen.shows("Help wanted: Write the whole book")
    await screen.press("ctrl+g")
    await screen.shows("Your ask is on the exchange.")
    await screen.peer.until(lambda r: not r.actions[0].asks_worth)
    assert screen.peer.room.posts[0].kind is PostKind.ASK


@in_a_room
async def test_buddy_note_cheer_and_how_far_it_may_go(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await commits(screen.peer, "Talk with the board")
    await boards(screen)
    await screen.shows("Talk with")
    await screen.press("enter", "p")
    await screen.shows("Who will ask how it goes?")
    await screen.press(str(chris.seat))
    await screen.shows("buddy: Chris")
    await screen.press("enter", "l")
    await screen.shows("How far may it go?")
    await screen.press("2")
    await screen.peer.until(lambda r: r.actions[0].label is Label.TAKEAWAY)
    await commits(chris, "What Chris will do")
    await screen.shows("What Chris will do")
    await screen.press("down", "enter")
    await screen.shows("cheer")
    assert "other words" not in screen.text, "another's action is not mine to change"
    await screen.press("c")
    await screen.shows("1 cheer")


@in_a_room
async def test_an_ask_is_replied_to_met_and_taken_back_when_confirmed(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await posts(screen.peer, PostKind.ASK, "A book on delegating")
    await boards(screen)
    await screen.press("3")
    await screen.shows("A book on", "1 open")
    await screen.press("enter", "r")
    await in_lines(screen, "I found one")
    await screen.shows("I found one", "1 reply")
    await screen.press("m")
    await screen.shows("Who met it?")
    await screen.press(str(chris.seat))
    await screen.shows("Did it make people known to each other?")
    await screen.press("y")
    await screen.shows("met by Chris, who made people known to each other", "1 met")
    assert screen.peer.room.introductions == 1
    await screen.press("enter", "x")
    await screen.shows("Take it back?")
    await screen.press("n")
    await screen.shows_not("Take it back?")
    assert not screen.peer.room.posts[0].taken_back
    await screen.press("enter", "x")
    await screen.shows("Take it back?")
    await screen.press("y")
    await screen.shows("(taken back by who wrote it)")


@in_a_room
async def test_a_resource_has_a_link(room: Room) -> None:
    screen, _ = await on_boards(room)
    await screen.press("3", "a")
    await screen.shows("What would you like to add?")
    await screen.press("3")
    await in_lines(screen, "The talk on listening")
    await screen.shows("A link to it?")
    await screen.press("1")
    await screen.type("https://example.org/l")
    await screen.press("enter")
    await screen.shows("The talk on listening", "https://example.org/l")


@in_a_room
async def test_an_issue_is_brought_and_chosen_by_who_leads(room: Room) -> None:
    ana, _ = await on_boards(room)
    await ana.press("2", "a")
    await in_lines(ana, "My best people\nwant the same job")
    await ana.shows("Your issue is on the board.", "My best people want the same job")
    await ana.press("enter")
    await ana.shows("take it back")
    assert "take it in this session" not in ana.text
    await ana.press("escape")
    await room.fay.stop()
    room.fay = type(room.fay)(room.link, room.fay.key, "Fay")
    fay = await room.screen(room.fay)
    await starts(room)
    await boards(fay)
    await fay.press("2")
    await fay.shows("My best people")
    await fay.press("enter", "c")
    await fay.shows("THIS SESSION", "issue 1")
    assert fay.peer.room.session.holders[1] == ana.peer.seat


@in_a_room
async def test_the_questions_are_kept_by_their_holder_and_go_into_my_notes(room: Room) -> None:
    chris = await room.screen("Chris")
    ben = await room.joins("Ben")
    await brings(chris.peer, "My issue")
    await starts(room, PhasePlan("questions", b"", 30, FloorMode.QUESTIONS, issue=1, holder=chris.peer.seat))
    await room.raises(ben, "What would you lose?", Intent.QUESTION)
    await asks(room.fay, CallNext())
    await room.raises(room.fay, "And what if not?", Intent.QUESTION)
    await asks(room.fay, CallNext(room.fay.room.floor.turns[0].id))
    await boards(chris)
    await chris.press("5")
    await chris.shows("What would you lose?")
    await chris.press("k")
    await chris.peer.until(lambda r: r.session.questions_kept == [1])
    await chris.press("s")
    await chris.shows("in your notes")
    await chris.press("6")
    await chris.shows("Questions of session 1")
    await chris.press("enter")
    await chris.shows("- Ben: What would you lose?", "change it")


@in_a_room
async def test_a_note_is_written_kept_half_typed_changed_and_deleted(room: Room) -> None:
    screen = await room.screen("Ana")
    notes = Notes(screen.peer.key, room.link.room, MemoryShelf())
    await boards(screen, notes)
    await screen.press("6", "a")
    await screen.shows("A note for you alone")
    await screen.type("half")
    await screen.press("escape")
    await screen.shows_not("A note for you alone")
    assert notes.draft() == "half"
    await screen.press("a")
    await screen.shows("half", "nothing is lost")
    await screen.type(" and more")
    await screen.press("ctrl+g")
    await screen.shows("Kept, for you alone.", "half and more")
    assert notes.draft() == ""
    await screen.press("enter", "x")
    await screen.shows("Delete the note?")
    await screen.press("y")
    await screen.shows("Deleted.", "Notes here are yours alone")
    assert notes.all() == []


@in_a_room
async def test_a_date_is_answered_and_an_absence_said_from_the_series(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    ids = await filled(room, chris, screen.peer)
    await boards(screen)
    await screen.press("4")
    await screen.shows("WHICH DATE SUITS?")
    await screen.press("enter")
    await screen.shows("which dates suit me")
    assert "decide the date" not in screen.text, "that is for who asked, or leads"
    await screen.press("escape")
    await screen.press("end", "up", "enter")
    await screen.shows("I cannot come to a session")
    assert "date, host, issue-holder" not in screen.text
    assert any(p.id == ids["first"] for p in screen.peer.room.series)


@in_a_room
async def test_without_a_connection_what_is_done_is_kept(room: Room) -> None:
    screen, _ = await on_boards(room)
    await screen.peer._socket.close()
    await screen.press("a")
    await screen.shows("By next session I will")
    await screen.type("talk")
    await screen.press("enter")
    await screen.shows("By when?")
    await screen.press("1")
    await screen.peer.until(lambda r: len(r.actions) == 1)
