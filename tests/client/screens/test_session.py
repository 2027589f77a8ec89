"""What the keys do, on a real server, by what a person would see."""

import asyncio
import time

from evenly_client.config import Config
from evenly_client.local_server import LocalServer
from evenly_client.store import Store
from evenly_protocol.floor import ChangeMode
from evenly_protocol.hands import LowerHand
from evenly_protocol.seats import SetTimekeeper
from evenly_protocol.session import Hold, Resume
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Turn
from evenly_protocol.wire import Purpose, RelayType
from evenly_protocol.words import FloorMode

from .stage_hand import WITHIN_S, Room, Screen, in_a_room, opened


def hands_up(room: Room) -> int:
    return len(room.fay.room.floor.hands)


async def led(room: Room, size: tuple[int, int] = (80, 24)) -> Screen:
    """Fay's own screen, in place of the keyboard that is not shown."""
    await room.fay.stop()
    room.fay = type(room.fay)(room.link, room.fay.key, "Fay")
    return await room.screen(room.fay, size)


@in_a_room
async def test_a_held_space_is_one_press(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    for _ in range(12):
        screen.clock.ahead += 0.05
        await screen.pilot.press("space")
    await screen.shows("next in line")
    assert hands_up(room) == 1
    await screen.press("space")
    await room.fay.until(lambda r: not r.floor.hands)


@in_a_room
async def test_enter_is_dead_for_the_first_moments_of_my_turn(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("next in line")
    await room.fay.ask(CallNext())
    await screen.shows("IT IS YOUR TURN")
    assert "enter" not in screen.footer
    await screen.pilot.press("enter")
    await screen.pilot.pause()
    assert room.fay.room.floor.turns
    await screen.offers("enter finish")
    await screen.pilot.press("enter")
    await asyncio.wait_for(room.fay.until(lambda r: not r.floor.turns), WITHIN_S)
    await screen.shows_not("IT IS YOUR TURN")


@in_a_room
async def test_my_turn_is_told_to_the_terminal_without_a_name_or_a_word(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    await screen.until(lambda: "\x1b]2;Evenly: you are next\x07" in screen.told)
    await room.fay.ask(CallNext())
    await screen.until(lambda: "\x1b]2;Evenly: your turn\x07" in screen.told)
    assert "\x07" in screen.told
    assert "\x1b]9;Evenly: your turn\x07" in screen.told
    assert not [told for told in screen.told if "Ana" in told]


@in_a_room
async def test_a_round_rings_no_bell(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await room.fay.ask(ChangeMode(FloorMode.ROUND))
    await screen.shows("IT IS YOUR TURN")
    await screen.until(lambda: "\x1b]2;Evenly: your turn\x07" in screen.told)
    assert "\x07" not in screen.told


@in_a_room
async def test_letters_typed_into_a_text_are_no_commands(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("next in line")
    await screen.press("e")
    await screen.shows("WORDS", "letters are text now")
    await screen.type("have we paused vinegar? 1 u n")
    assert room.fay.room.running is not None
    assert room.fay.room.running.held_since is None
    await screen.shows("have we paused vinegar? 1 u n")
    await screen.pilot.press("enter")
    await screen.shows("“have we paused vinegar? 1 u n”")
    assert hands_up(room) == 1


async def test_a_half_typed_text_outlives_the_server(own_server, tmp_path) -> None:
    with Store(tmp_path / "profile") as store:
        async with opened(own_server) as room:
            screen = await room.screen("Ana", store=store)
            await room.starts()
            await screen.offers("space hand")
            await screen.press("space")
            await screen.shows("next in line")
            await screen.press("e")
            await screen.type("half a sen")
            own_server.kill()
            await screen.shows("Reconnecting: what you do is kept and sent.")
            await screen.type("tence")
            own_server.start()
            await screen.shows_not("econnecting")
            await screen.shows("half a sentence")
            await screen.type(" more")
            await screen.pilot.press("escape")
            assert store.draft(room.link.room, "words") == "half a sentence more"
            await screen.press("e")
            await screen.pilot.press("enter")
            await screen.shows("“half a sentence more”")
            assert store.draft(room.link.room, "words") == ""


async def test_what_is_done_without_a_connection_is_kept_and_sent(own_server) -> None:
    async with opened(own_server) as room:
        screen = await room.screen("Ana")
        await room.starts()
        await screen.offers("space hand")
        own_server.kill()
        await screen.shows("reconnecting")
        await screen.press("space")
        await screen.shows("your hand goes up as soon as the server answers")
        await screen.press("space", "space")
        own_server.start()
        await screen.shows("next in line")


@in_a_room
async def test_nothing_takes_the_focus_from_a_text(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("hand with words")
    await screen.press("e")
    room.fay.tell(RelayType.INVITE, screen.peer.seat)
    await screen.shows("Would you like to come in? · ctrl+g to answer")
    await screen.type("yn")
    await screen.shows("WORDS     yn")
    await screen.press("ctrl+g")
    await screen.shows("A facilitator asks you, privately.")
    await screen.press("y")
    await room.fay.until(lambda r: len(r.floor.hands) == 1)
    await screen.shows("WORDS     yn")


@in_a_room
async def test_a_dialog_takes_no_key_that_was_meant_for_something_else(room: Room) -> None:
    screen = await led(room)
    await screen.offers("n start the session")
    await screen.press("n")
    await screen.shows("in which format?")
    await screen.press("1")
    await screen.shows("how long?")
    await screen.pilot.press("1")
    screen.clock.ahead += 0.2
    await screen.pilot.press("2")
    await screen.pilot.pause()
    await screen.shows("how long?")
    screen.clock.ahead += 0.7
    await screen.pilot.press("3")
    await screen.shows("session 1")
    assert screen.peer.room.running is not None
    assert screen.peer.room.running.phase.minutes == 60


@in_a_room
async def test_the_footer_lists_only_what_works(room: Room) -> None:
    screen = await room.screen("Ana")
    await screen.offers("? help")
    assert "hand" not in screen.footer
    assert "pause" not in screen.footer
    await room.starts()
    await screen.offers("space hand")
    assert "next" not in screen.footer
    await room.fay.ask(Hold())
    await screen.shows("Paused. Take the time you need.")
    await screen.until(lambda: "pause" not in screen.footer)
    await room.fay.ask(Resume())
    await screen.offers("h pause")
    await screen.press("v")
    await screen.offers("v I am back")
    await screen.shows("you are away")
    await screen.press("v")
    await screen.offers("b boards")
    await room.fay.ask(ChangeMode(FloorMode.OPEN))
    await screen.offers("space I speak")


@in_a_room
async def test_a_facilitator_with_nobody_waiting_hears_whom_they_could_invite(room: Room) -> None:
    await room.joins("Chris")
    await room.joins("Ben")
    screen = await led(room)
    await room.starts()
    await screen.offers("1…8 who speaks")
    assert "n next" not in screen.footer
    await screen.press("n")
    await screen.shows("Nobody is waiting. Could invite: 2, 3.")


@in_a_room
async def test_undo_says_first_what_it_takes_back(room: Room) -> None:
    await room.joins("Chris")
    screen = await led(room)
    await room.starts()
    await screen.offers("1…8 who speaks")
    await screen.press("2")
    await screen.shows("SPEAKING  2  Chris")
    await screen.press("u")
    await screen.shows("u again takes back: giving the floor")
    assert screen.peer.room.floor.turns
    await screen.pilot.pause()
    screen.clock.ahead += 1
    await screen.pilot.press("u")
    await screen.shows("SPEAKING  nobody")


@in_a_room
async def test_an_undo_is_forgotten_after_a_while(room: Room) -> None:
    await room.joins("Chris")
    screen = await led(room)
    await room.starts()
    await screen.offers("1…8 who speaks")
    await screen.press("2")
    await screen.shows("SPEAKING  2  Chris")
    await screen.press("u")
    screen.clock.ahead += 10
    await screen.press("u")
    await screen.shows("u again takes back")
    assert screen.peer.room.floor.turns


@in_a_room
async def test_who_tracks_is_asked_whether_it_is_still_the_same_speaker(room: Room) -> None:
    await room.joins("Chris")
    ana = await room.screen("Ana")
    await room.starts()
    await room.fay.ask(SetTimekeeper(ana.peer.seat))
    await ana.offers("1…8 who speaks")
    await ana.press("2")
    await ana.shows("SPEAKING  2  Chris")
    turn: Turn = ana.peer.room.floor.turns[0]
    turn.unsure_since = turn.began
    ana.session._mark("attention", "footer")
    await ana.shows("Still the same speaker? enter yes · 1–8 who · 0 nobody in particular")
    await ana.press("enter")
    await ana.shows_not("Still the same speaker?")
    await ana.press("0")
    await ana.shows("general talk")


@in_a_room
async def test_the_arrows_choose_a_hand_and_enter_gives_it_the_floor(room: Room) -> None:
    chris, ben = await room.joins("Chris"), await room.joins("Ben")
    screen = await led(room)
    await room.starts()
    await room.raises(chris)
    await room.raises(ben)
    await screen.shows("NEXT      2  Chris")
    await screen.press("down", "down")
    await screen.shows("▸ 3  Ben")
    await screen.press("enter")
    await screen.shows("SPEAKING  3  Ben")


@in_a_room
async def test_one_more_minute_goes_to_the_turn_if_it_has_a_limit(room: Room) -> None:
    chris = await room.joins("Chris")
    screen = await led(room)
    await room.starts()
    ends = screen.peer.room.running.phase.ends_at
    await screen.offers("+ minute")
    await screen.press("+")
    await screen.peer.until(lambda r: r.running.phase.ends_at == ends + 60_000)
    await screen.peer.ask(ChangeSettings(Settings(limit_ms=120_000)))
    await room.raises(chris)
    await screen.offers("n next")
    await screen.press("n")
    await screen.shows("of 2:00")
    await screen.press("=")
    await screen.shows("of 3:00")


async def test_after_a_pause_the_facilitator_alone_is_asked_where_the_minutes_come_from() -> None:
    at = int(time.time() * 1000)
    server = await LocalServer.start(["--port", "0", "--journal", "memory", "--create", "anyone"], fed_at=at)
    try:
        async with opened(server) as room:
            ana = await room.screen("Ana")
            screen = await led(room)
            await room.starts()
            await screen.offers("h pause")
            await screen.press("h")
            await screen.offers("h go on")
            await server.advance(at + 72_000)
            await screen.press("h")
            await screen.shows("the pause took 1 min 12: the end moves with it · press - to keep the end")
            assert "the pause took" not in ana.text
            await screen.press("-")
            await screen.shows_not("the pause took")
    finally:
        await server.stop()


@in_a_room
async def test_an_invitation_is_private_and_answered(room: Room) -> None:
    ana = await room.screen("Ana")
    other = await room.screen("Ben")
    screen = await led(room)
    await room.starts()
    await ana.offers("space hand")
    screen.peer.tell(RelayType.INVITE, ana.peer.seat)
    await ana.shows("Would you like to come in?")
    await ana.press("ctrl+g")
    await ana.shows("A facilitator asks you")
    await ana.press("n")
    await screen.shows("Ana: not now.")
    assert "come in" not in other.text


@in_a_room
async def test_the_list_of_commands_finds_by_words_and_does_it(room: Room) -> None:
    screen = await led(room)
    await room.starts()
    await screen.offers(": all commands")
    await screen.press(":")
    await screen.shows("what would you like to do?")
    await screen.type("queue for")
    await screen.shows("Close the queue for new hands")
    await screen.pilot.press("enter")
    await screen.shows("the queue is closed for now")


@in_a_room
async def test_the_list_of_commands_puts_what_is_typed_first_and_says_that_there_is_nothing(room: Room) -> None:
    screen = await led(room)
    await room.starts()
    await screen.offers(": all commands")
    await screen.press(":")
    await screen.type("hand the")
    await screen.shows("Hand the session over")
    found = [line for line in screen.lines() if "hand" in line.casefold() and "│" in line]
    assert "Hand the session over" in found[1], found  # below what was typed
    await screen.pilot.press(*["backspace"] * 8)
    await screen.type("deputy")
    await screen.shows("Who leads when no facilitator is there")
    await screen.type("zzz")
    await screen.shows("Nothing is called that.")
    await screen.pilot.press("enter")
    await screen.shows("Nothing is called that.")
    await screen.pilot.press("escape")


@in_a_room
async def test_the_session_ends_only_when_that_is_confirmed(room: Room) -> None:
    screen = await led(room)
    await room.starts()
    await screen.offers(": all commands")
    await screen.press(":")
    await screen.type("end the ses")
    await screen.pilot.press("enter")
    await screen.shows("End session 1 for everybody?")
    assert screen.peer.room.running is not None
    await screen.press("y")
    await screen.shows("session 1 has ended")


@in_a_room
async def test_whoever_leads_is_asked_before_leaving(room: Room) -> None:
    screen = await led(room)
    await room.starts()
    await screen.offers("h pause")
    await screen.press("ctrl+q")
    await screen.shows("Leave while the session runs?")
    await screen.press("n")
    await screen.shows_not("Leave while")
    assert screen.app.farewell == ""


@in_a_room
async def test_a_participant_just_leaves_and_is_off_the_call(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("h pause")
    await screen.press("ctrl+q")
    await room.fay.until(lambda r: not r.members[screen.peer.seat].attending)
    await screen.until(lambda: screen.app.farewell)
    assert screen.app.return_code == 0


@in_a_room
async def test_a_second_screen_only_shows(room: Room) -> None:
    ana = await room.joins("Ana")
    viewer = room.peer("Ana", purpose=Purpose.VIEW)
    viewer.key = ana.key
    screen = await room.screen(viewer)
    await room.starts()
    await screen.shows("a second screen: it only shows")
    assert screen.footer.split() == ["?", "help", ":", "all", "commands", "ctrl+q", "leave"]
    await screen.press("space", "h")
    assert hands_up(room) == 0
    assert room.fay.room.running.held_since is None


@in_a_room
async def test_a_footer_key_can_be_clicked(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.starts()
    await screen.offers("space hand")
    await screen.pilot.click("#footer", offset=(3, 0))
    await screen.shows("next in line")
    hand = room.fay.room.floor.hands[0]
    await room.fay.ask(LowerHand(hand.id))
    await screen.shows("listening")


@in_a_room
async def test_keys_from_the_configuration_are_the_ones_that_are_named(room: Room) -> None:
    screen = await room.screen("Ana", config=Config(motion=False, keys={"raise_hand": "f"}))
    await room.starts()
    await screen.offers("f hand")
    await screen.press("space")
    assert hands_up(room) == 0
    await screen.press("f")
    await screen.shows("next in line")
