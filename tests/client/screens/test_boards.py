"""The boards over a session that goes on: what they show, and that they never hide whose turn it is."""

import pytest
from evenly_client.screens.boards.items import Board
from evenly_protocol.actions import SetActionState
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.hands import RaiseHand
from evenly_protocol.issues import KeepQuestions
from evenly_protocol.session import EndSession, Hold
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.words import ActionState, FloorMode, Intent, PostKind

from .boards_room import asks, boards, brings, commits, filled, posts, starts
from .stage_hand import Room, Screen, in_a_room

SIZES = [(80, 24), (120, 40), (60, 20)]
PAST_DAY = 1


def chosen_line(screen: Screen) -> str:
    return next((line for line in screen.lines() if line.startswith(" ▸ ")), "")


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_each_board_as_a_frame(room: Room, size) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana", size)
    await filled(room, chris, screen.peer)
    await starts(room)
    await boards(screen)
    for number, name in enumerate(Board, 1):
        if name in (Board.QUESTIONS, Board.NOTES) and size != (80, 24):
            continue
        await screen.press(str(number))
        await screen.shows(f"▸{number} {name.capitalize()}")
        await screen.is_frame(f"boards_{name}_{size[0]}x{size[1]}")


@in_a_room
async def test_an_action_in_full_as_a_frame(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await filled(room, chris, screen.peer)
    await boards(screen)
    await screen.press("down", "enter")
    await screen.shows("yours · committed", "page down")
    await screen.is_frame("boards_action")


@in_a_room
async def test_my_turn_being_next_and_a_pause_cannot_be_missed(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await starts(room)
    await room.raises(chris, "the plan")
    await asks(room.fay, CallNext())
    await boards(screen)
    await screen.shows("Chris speaks")
    await screen.press("space")
    await screen.shows("▷ YOU ARE NEXT · Chris speaks")
    turn = screen.peer.room.floor.turns[0]
    await asks(chris, Finish(turn.id))
    await asks(room.fay, CallNext())
    await screen.shows("▶ IT IS YOUR TURN")
    await asks(room.fay, Hold())
    await screen.shows("Paused. Take the time you need.")
    await screen.press("escape")
    await screen.until(lambda: screen.app.screen is screen.session, "back in the session")


@in_a_room
async def test_what_is_chosen_stays_chosen_while_others_come_and_go(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    for number in range(3):
        await commits(chris, f"Thing {number}")
    shown = await boards(screen)
    await screen.press("down")
    await screen.until(lambda: "Thing 1" in chosen_line(screen), "the second chosen")
    mine = await commits(screen.peer, "Mine comes first")
    await screen.shows("Mine comes first")
    assert "Thing 1" in chosen_line(screen)
    await asks(chris, SetActionState(shown.chosen, ActionState.DONE))
    await screen.shows(" DONE")
    assert "Thing 1" in chosen_line(screen)
    await screen.press("home")
    await screen.until(lambda: shown.chosen == mine, "the first")


@in_a_room
async def test_a_long_list_scrolls_with_the_chosen_item_in_sight(room: Room) -> None:
    screen = await room.screen("Ana")
    for number in range(40):
        screen.peer.send(*_action(screen, f"Thing {number:02}"))
    await screen.peer.until(lambda r: len(r.actions) == 40)
    shown = await boards(screen)
    await screen.shows("1–19 of 81")
    for key in ("pagedown", "end", "pageup", "up", "home"):
        await screen.press(key)
        number = next(i for i, a in enumerate(screen.peer.room.actions) if a.id == shown.chosen)
        await screen.until(lambda number=number: f"Thing {number:02}" in chosen_line(screen), f"{key}: {number}")
    await screen.shows("1–19 of 81")


def _action(screen: Screen, text: str):
    from evenly_client.peer import Peer
    from evenly_protocol.actions import AddAction
    from evenly_protocol.sealed import FieldKind

    id = Peer.new_id()
    return AddAction(screen.peer.seal(FieldKind.ACTION, text, id)), id


@in_a_room
async def test_a_burst_of_changes_is_painted_at_most_twenty_times_a_second(room: Room) -> None:
    screen = await room.screen("Ana")
    shown = await boards(screen)
    painted = 0
    paint = shown.paint

    def counted(changed: set[str]) -> None:
        nonlocal painted
        painted += 1
        paint(changed)

    shown.paint = counted
    for number in range(30):
        screen.peer.send(*_action(screen, f"Thing {number}"))
    await screen.peer.until(lambda r: len(r.actions) == 30)
    await screen.shows("30 open")
    assert painted < 20


@in_a_room
async def test_nothing_blames_and_carry_overs_are_for_owner_and_facilitators_alone(room: Room) -> None:
    chris = await room.joins("Chris")
    ana, ben = await room.screen("Ana"), await room.screen("Ben")
    assert chris.seat
    await commits(ana.peer, "Late one", due=PAST_DAY)
    for number in (1, 2):
        await starts(room)
        await asks(room.fay, EndSession(number))
    await ana.peer.until(lambda r: r.actions[0].carried == 2)
    await boards(ana)
    await boards(ben)
    await ana.shows("2 January 1970 · not yet", "carried over", "still worth doing?")
    await ben.shows("2 January 1970 · not yet")
    assert "carried" not in ben.text
    assert "worth" not in ben.text
    await ben.press("enter")
    await ben.shows("How it went:")
    assert "carried" not in ben.text
    assert "overdue" not in ana.text + ben.text


@in_a_room
async def test_actions_are_filtered_and_a_filter_without_anything_says_so(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await commits(chris, "What Chris will do")
    await boards(screen)
    await screen.shows("What Chris will do")
    await screen.press("f", "2")
    await screen.shows("Nothing here by this filter", "mine ·")
    await screen.press("f")
    await screen.shows("of Chris")
    await screen.press("end", "enter")
    await screen.shows("What Chris will do", "Chris’s ·")


@in_a_room
async def test_while_progress_is_the_phase_the_actions_are_the_review(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await commits(screen.peer, "What Ana will do")
    await commits(chris, "What Chris will do")
    await asks(chris, SetActionState(room.fay.room.actions[-1].id, ActionState.DOING))
    progress = PhasePlan("progress", b"", 10, FloorMode.ROUND)
    await starts(room, progress)
    await boards(screen)
    await screen.shows("Review: what happened, what was learnt?", "CHRIS’S", "YOURS")
    await screen.press("r")
    await screen.shows("everybody’s · 2 open")
    await screen.press("r")
    await screen.shows("Review:")


@in_a_room
async def test_kept_questions_are_read_by_their_issue_holder_alone(room: Room) -> None:
    chris = await room.screen("Chris")
    ana = await room.screen("Ana")
    ben = await room.joins("Ben")
    await brings(chris.peer, "My issue")
    await starts(room, PhasePlan("questions", b"", 30, FloorMode.QUESTIONS, issue=1, holder=chris.peer.seat))
    await room.raises(ben, "What would you lose?", Intent.QUESTION)
    await asks(room.fay, CallNext())
    await asks(room.fay, RaiseHand(Intent.QUESTION))
    await asks(room.fay, CallNext(room.fay.room.floor.turns[0].id))
    for screen in (chris, ana):
        await boards(screen)
        await screen.press("5")
        await screen.shows("What would you lose?", "ISSUE 1")
    await screen.peer.until(lambda r: r.session.questions)
    await asks(chris.peer, KeepQuestions(1, True))
    await chris.shows("kept by you alone", "What would you lose?")
    await ana.shows("(kept by the issue-holder)")
    assert "lose" not in ana.text
    await ana.press("s")
    await ana.shows("no questions for you to read")


@in_a_room
async def test_text_of_people_is_never_markup_and_keeps_the_columns(room: Room) -> None:
    screen = await room.screen("Ana", (120, 40))
    await posts(screen.peer, PostKind.WIN, "[bold]日本語[/] 👩‍🚀 [@click=app.bell]x[/]")
    await boards(screen)
    await screen.press("3")
    await screen.shows("[bold]日本語[/] 👩‍🚀 [@click=app.bell]x[/]")
    await screen.press("enter")
    await screen.shows("A win", "reply")
    assert screen.text.count("[bold]") == 3


@in_a_room
async def test_the_keys_are_listed_and_tab_goes_round(room: Room) -> None:
    screen = await room.screen("Ana")
    shown = await boards(screen)
    await screen.press("?")
    await screen.shows("Keys on the boards")
    await screen.press("escape", "shift+tab")
    await screen.until(lambda: shown.board is Board.NOTES, "the last")
    await screen.press("tab")
    await screen.until(lambda: shown.board is Board.ACTIONS, "the first")
    await screen.press("b")
    await screen.until(lambda: screen.app.screen is screen.session, "back")


@in_a_room
async def test_a_terminal_that_changes_its_size_keeps_the_chosen_item(room: Room) -> None:
    screen = await room.screen("Ana")
    for number in range(12):
        await commits(screen.peer, f"Thing {number:02}")
    await boards(screen)
    await screen.press("end")
    await screen.until(lambda: "Thing 11" in chosen_line(screen), "the last")
    for size in ((60, 12), (120, 40), (80, 16)):
        await screen.pilot.resize_terminal(*size)
        await screen.until(lambda: "Thing 11" in chosen_line(screen), f"the last at {size}")
        await screen.shows("esc session")
