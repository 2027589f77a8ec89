"""What the screen looks like, as frames that a person can read in a diff (frames/*.txt; times are left out)."""

import pytest
from evenly_client.screens.keys import ACTIONS
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import RaiseHand
from evenly_protocol.session import EndSession, Hold
from evenly_protocol.turns import CallNext
from evenly_protocol.words import FloorMode, Intent

from tests.pseudo import read

from .stage_hand import in_a_room

SIZES = [(80, 24), (120, 35), (60, 20)]


def named(what: str, size: tuple[int, int]) -> str:
    return f"{what}_{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_a_participant_in_line_while_another_asks(room, size) -> None:
    """Who speaks and what they ask, me, the next two, the phase, the keys."""
    chris, ben = await room.joins("Chris"), await room.joins("Ben")
    screen = await room.screen("Ana", size)
    await room.starts(FloorMode.QUESTIONS)
    await room.raises(chris, "what would you lose if you waited?", Intent.QUESTION)
    await room.fay.ask(CallNext())
    await room.raises(ben, intent=Intent.QUESTION)
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("second in line", "SPEAKING")
    screen.session.say("")
    await screen.is_frame(named("in_line", size))


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_my_turn_cannot_be_taken_for_anything_else(room, size) -> None:
    screen = await room.screen("Ana", size)
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("next in line")
    await room.fay.ask(CallNext())
    await screen.shows("IT IS YOUR TURN")
    await screen.offers("enter finish")
    screen.session.say("")
    await screen.is_frame(named("my_turn", size))


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_a_facilitator_in_the_middle_of_it(room, size) -> None:
    """The six keys that matter, the chosen hand, and beside it the people in seat order with their counters."""
    await room.fay.stop()
    chris, ben = await room.joins("Chris"), await room.joins("Ben")
    room.fay = type(room.fay)(room.link, room.fay.key, "Fay")
    screen = await room.screen(room.fay, size)
    await room.starts()
    hand = await room.raises(chris, "the plan")
    await room.raises(ben)
    await screen.peer.until(lambda r: len(r.floor.hands) == 2)
    assert hand
    await screen.press("n")
    await screen.shows("Chris")
    await screen.until(lambda: screen.peer.room.floor.turns, "a turn")
    await screen.press("down")
    await screen.offers("give the floor")
    screen.session.say("")
    await screen.is_frame(named("facilitator", size))


@in_a_room
async def test_before_a_session(room) -> None:
    await room.joins("Chris")
    screen = await room.screen("Ana")
    screen.session.say("")
    await screen.is_frame("before")


@in_a_room
async def test_a_pause_is_told_to_everybody_and_by_whom_to_nobody(room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await room.fay.ask(Hold())
    await screen.shows("Paused. Take the time you need.")
    screen.session.say("")
    await screen.is_frame("paused")


@in_a_room
async def test_a_round(room) -> None:
    await room.joins("Chris")
    screen = await room.screen("Ana")
    await room.joins("Ben")
    await room.starts()
    await room.fay.ask(ChangeMode(FloorMode.ROUND, seat=2))
    await screen.shows("in this round")
    screen.session.say("")
    await screen.is_frame("round")


@in_a_room
async def test_free_talk_shows_all_who_speak(room) -> None:
    from evenly_protocol.turns import Speak

    chris = await room.joins("Chris")
    screen = await room.screen("Ana")
    await room.starts()
    await room.fay.ask(ChangeMode(FloorMode.OPEN))
    await chris.ask(Speak())
    await screen.offers("space I speak")
    await screen.press("space")
    await screen.shows("you are marked as speaking")
    screen.session.say("")
    await screen.is_frame("open")


@in_a_room
async def test_a_point_of_process_stands_first(room) -> None:
    chris, ben = await room.joins("Chris"), await room.joins("Ben")
    screen = await room.screen("Ana")
    await room.starts()
    await room.raises(chris)
    await ben.ask(RaiseHand(Intent.PROCESS))
    await screen.shows("a point about how we work")
    screen.session.say("")
    await screen.is_frame("process")


@in_a_room
async def test_after_a_session_the_review_is_a_sentence(room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await room.fay.ask(EndSession(1))
    await screen.shows("session 1 has ended")
    screen.session.say("")
    await screen.is_frame("ended")


@in_a_room
async def test_the_list_of_commands(room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.press(":")
    await screen.shows("what would you like to do?")
    screen.session.say("")
    await screen.is_frame("commands")


@in_a_room
async def test_the_help_is_made_of_the_table_of_keys(room) -> None:
    screen = await room.screen("Ana", (120, 72))
    await screen.offers("? help")
    await screen.press("?")
    await screen.shows("Keys for everybody", "That is a courtesy of")
    for action in ACTIONS:
        if action.keys:
            assert read(action.title) in screen.text
