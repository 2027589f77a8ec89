"""Check-ins as a member meets them: the question, the answer, the wait, the result, by what stands on the screen."""

import pytest
from evenly_client.checkins import derivations
from evenly_client.checkins.participant import Verdict
from evenly_client.peer import Peer
from evenly_client.store import Store
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.checkins import FEW_WITHIN_S, WithdrawCheckIn, check_in_with, open_check_in
from evenly_protocol.floor import ChangeMode
from evenly_protocol.seats import SetRole
from evenly_protocol.session import EndSession
from evenly_protocol.turns import CallNext
from evenly_protocol.wire import Purpose
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode, Role

from .checkins_room import (
    ENERGY,
    LEARNT,
    LEAVE,
    MOOD,
    PACE,
    READY,
    TOPICS,
    WILLING,
    Others,
    asked,
    dialog,
    knows_all,
    others,
)
from .stage_hand import Room, Screen, in_a_room

SIZES = [(80, 24), (60, 20), (120, 35)]
OPEN = "Check-in open · ctrl+g to answer"


def mine(screen: Screen):
    """What this machine has as its member's answer to the open check-in."""
    following = screen.session.following
    check_in = open_check_in(screen.peer.room)
    assert following is not None
    assert check_in is not None
    return following.check_ins.mine.answer_of(check_in.id)


def told_nothing(screen: Screen) -> None:
    screen.session.say("")


@pytest.mark.parametrize("size", SIZES)
@in_a_room
async def test_the_question_comes_by_itself_with_the_promise_and_big_keys(room: Room, size) -> None:
    """Who can see what, and among how many, is said before the question."""
    screen = await room.screen("Ana", size)
    group = await others(room, 5)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2")
    await screen.shows("▸ 2 ◂")
    told_nothing(screen)
    await screen.is_frame(f"check_in_scale_{size[0]}x{size[1]}")


@pytest.mark.parametrize("question", [MOOD, PACE, READY, WILLING, TOPICS, LEAVE, LEARNT], ids=lambda q: q.kind.value)
@in_a_room
async def test_every_kind_of_question_has_keys_of_its_own(room: Room, question) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 5)
    await group.opens(question, screen)
    await asked(screen)
    match question.kind:
        case CheckInKind.WORDS | CheckInKind.TEXT:
            await screen.press("h")
            await screen.type("opeful")
        case CheckInKind.YESNO:
            await screen.press("y")
        case CheckInKind.MULTI:
            await screen.press("1", "3")
        case _:
            await screen.press("3")
    await screen.shows("enter done   ")
    told_nothing(screen)
    await screen.is_frame(f"check_in_{question.kind}")


@in_a_room
async def test_an_answer_can_be_changed_until_the_close_and_taken_back(room: Room) -> None:
    """Done closes the dialog, a line says how to come back; the same key again takes the answer back."""
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2")
    await screen.until(lambda: mine(screen) == (1,))
    await screen.press("enter")
    await screen.shows("Check-in: answered · 1 of 4 are done · ctrl+g changes it", "Done. It can be changed")
    await screen.press("ctrl+g")
    await screen.shows("▸ 2 ◂")
    await screen.press("5")
    await screen.until(lambda: mine(screen) == (4,))
    await screen.press("5")
    await screen.shows("enter done: you abstain")
    await screen.press("right", "right", "left")
    await screen.until(lambda: mine(screen) == (3,))
    await screen.press("d")
    await group.answer((0,), (0,), (0,))
    assert await group.ends() is CheckInState.RECORDED
    await screen.shows("4 answered", "1 none    █████████ 3", "4         ███ 1")


@in_a_room
async def test_done_with_nothing_chosen_abstains_and_says_so(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(READY, screen)
    await asked(screen)
    await screen.shows("enter done: you abstain")
    await screen.press("enter")
    await screen.shows("You abstain: nobody can tell.")
    await group.answer((0,), (0,), (1,))
    await screen.shows("3 answered, 1 abstained · 67 in 100 said yes", "yes  ██████ 2", "no   ███ 1")


@in_a_room
async def test_later_leaves_the_line_and_the_answer(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("escape")
    await screen.shows(OPEN)
    await screen.offers("space hand")
    await screen.press("ctrl+g")
    await screen.press("3", "escape")
    await screen.shows("Check-in: answered, not done yet · ctrl+g opens it")
    assert mine(screen) == (2,)


@in_a_room
async def test_several_are_chosen_with_numbers_and_with_the_arrows(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(TOPICS, screen)
    await asked(screen)
    await screen.press("3", "up", "space", "down", "down", "space", "1")
    await screen.until(lambda: mine(screen) == (0, 1))
    await screen.press("enter")
    await group.answer((0,), (0, 2), None)
    await screen.shows("3 answered, 1 abstained", "Money   █████████ 3", "People  ███ 1", "Time    ███ 1")


# -- nothing is interrupted --------------------------------------------------------------------------------------


@in_a_room
async def test_keys_that_were_meant_for_the_session_answer_nothing(room: Room) -> None:
    """The dialog takes none before a pause of 0.6 s."""
    screen = await room.screen("Ana")
    group = await others(room, 3)
    seconds = 100.0
    screen.app.clock = lambda: seconds
    await screen.pilot.press("i")
    await group.opens(ENERGY, screen)
    await asked(screen)
    seconds += 0.5
    await screen.pilot.press("4")
    assert mine(screen) is None
    seconds += 0.7
    await screen.pilot.press("4")
    await screen.until(lambda: mine(screen) == (3,))


@in_a_room
async def test_a_text_field_keeps_the_focus_and_a_line_says_what_waits(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await screen.offers("hand with words")
    await screen.press("e")
    await screen.type("what about")
    await group.opens(ENERGY, screen)
    await screen.shows(OPEN)
    await screen.type(" 3")
    await screen.shows("WORDS     what about 3")
    assert screen.app.screen is screen.session
    await screen.press("ctrl+g")
    await asked(screen)
    await screen.press("3", "enter")
    await screen.shows("WORDS     what about 3", "Check-in: answered")
    await screen.type(" more")
    await screen.shows("WORDS     what about 3 more")


@in_a_room
async def test_no_dialog_comes_over_my_turn_nor_into_a_round(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await screen.offers("space hand")
    await screen.press("space")
    await screen.shows("next in line")
    assert await room.fay.ask(CallNext()) is None
    await screen.shows("IT IS YOUR TURN")
    await group.opens(ENERGY, screen)
    await screen.shows("IT IS YOUR TURN", OPEN)
    assert screen.app.screen is screen.session
    assert await room.fay.ask(WithdrawCheckIn(group.check_in)) is None
    await screen.shows_not(OPEN)
    assert await room.fay.ask(ChangeMode(FloorMode.ROUND)) is None
    await screen.shows("in this round")
    await group.opens(READY, screen)
    await screen.shows(OPEN, "in this round")
    assert screen.app.screen is screen.session


@in_a_room
async def test_what_the_phase_itself_asks_comes_in_every_mode(room: Room) -> None:
    from evenly_protocol.agenda import PhasePlan
    from evenly_protocol.session import StartSession

    screen = await room.screen("Ana")
    group = await others(room, 3, starts=False)
    id = StartId = screen.peer.new_id()
    planned = READY.sealed(lambda kind, text: room.fay.seal(kind, text, id))
    phase = PhasePlan("engagement", b"", 5, FloorMode.SILENCE, check_in=planned)
    assert await room.fay.ask(StartSession([phase]), StartId) is None
    await knows_all(screen, 4)
    await asked(screen)
    await screen.shows("Are we ready to go on?")
    assert len(group.peers) == 3


@in_a_room
async def test_it_comes_over_the_boards_and_over_the_help(room: Room) -> None:
    """Whichever screen is looked at: the answer is given there, and the screen is there again."""
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await screen.press("b")
    await screen.shows("1 Actions")
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("1", "enter")
    await screen.shows("1 Actions", "Check-in: answered", "Done.")
    await group.answer((0,), (0,), (0,))
    await screen.shows("4 answered")
    await screen.press("enter", "escape", "?")
    await screen.shows("Keys for everybody")
    await group.opens(MOOD, screen)
    await asked(screen)
    await screen.press("5", "enter")
    await screen.shows("Keys for everybody")
    await group.answer((1,), (1,), (1,))
    await screen.shows("How do you arrive?", "very good  ███ 1")
    await screen.press("enter")
    await screen.shows("Keys for everybody")


@in_a_room
async def test_whoever_comes_while_it_is_open_is_asked_too(room: Room) -> None:
    ana = await room.joins("Ana")
    await ana.stop()
    group = await others(room, 3)
    await group.opens(ENERGY)
    ana = Peer(room.link, ana.key, "Ana")
    screen = await room.screen(ana, live=False)
    await screen.until(lambda: screen.began, "begun")
    await knows_all(screen, 4)
    await asked(screen)
    await screen.shows("4 people take part.")


# -- words and texts ---------------------------------------------------------------------------------------------


@in_a_room
async def test_the_field_says_what_is_left_and_what_is_too_much(room: Room) -> None:
    """In characters and bytes, as it would be sent; too long is not taken, and stays typed."""
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(LEAVE, screen)
    await asked(screen)
    await screen.shows("3 words and 66 bytes left")
    await screen.press("s")
    await screen.type("o glad über")
    await screen.shows("0 words and 53 bytes left")
    await screen.type(" all")
    await screen.shows("1 word too many")
    await screen.press("enter")
    await screen.shows("One to three words.", "so glad über all")
    for _ in " all":
        await screen.pilot.press("backspace")
    await screen.press("enter")
    await screen.shows("Done.")
    assert mine(screen) == "so glad über"


@in_a_room
async def test_half_typed_words_are_kept_in_memory_and_nowhere_else(room: Room, tmp_path) -> None:
    """An answer is never written to disk, half of one neither."""
    with Store(tmp_path / "profile") as store:
        screen = await room.screen("Ana", store=store)
        group = await others(room, 3)
        await group.opens(LEARNT, screen)
        await asked(screen)
        await screen.press("z")
        await screen.type("ebrafish")
        await screen.press("escape")
        await screen.shows(OPEN)
        await screen.press("ctrl+g")
        await screen.shows("zebrafish", "271 characters and 601 bytes left")
        await screen.press("enter", "ctrl+g")
        await screen.shows("zebrafish")
        await screen.press("escape")
        await group.answer("a", "b", "c")
        await screen.shows("│ zebrafish")
        for file in (tmp_path / "profile").rglob("*"):
            assert not file.is_file() or b"zebrafish" not in file.read_bytes(), file


@in_a_room
async def test_what_was_typed_and_not_sent_is_not_in_it_and_that_is_said(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(LEARNT, screen)
    await asked(screen)
    await screen.press("h")
    await screen.type("alf a")
    await group.answer("one", "two", "three")
    await group.closes()
    await screen.shows("3 answered, 1 abstained", "What you had typed and not sent is not in it.")
    assert "half" not in screen.text


@in_a_room
async def test_who_takes_part_is_listed_by_name_before_the_answer(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 4)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("w")
    await screen.shows("5 people take part:", "Fay, ", "Ana, ", "Ben, Cleo, Dan")
    await screen.press("3")
    assert mine(screen) is None
    await screen.press("escape")
    await screen.shows("How much energy")
    await screen.press("escape")
    await room.fay.ask(WithdrawCheckIn(group.check_in))
    await group.opens(LEAVE, screen)
    await asked(screen)
    await screen.press("tab")
    await screen.shows("5 people take part:")
    await screen.press("tab")
    await screen.shows("Your answer:")
    await screen.press("w")
    await screen.shows("2 words and 65 bytes left")


# -- the close, and what comes of it -----------------------------------------------------------------------------


@in_a_room
async def test_the_result_stands_where_the_question_stood(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 5)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("4")
    await group.answer((3,), (4,), None, (1,), (3,))
    await group.closes()
    await screen.shows("5 answered, 1 abstained · 3.8 of 5")
    told_nothing(screen)
    await screen.is_frame("check_in_result")
    assert dialog(screen).check_in == group.check_in
    await screen.press("enter")
    await screen.offers("space hand")


@in_a_room
async def test_a_result_comes_to_whoever_types_as_a_line_and_a_sentence(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("4", "enter")
    await screen.press("e")
    await screen.type("but")
    await group.answer((3,), (3,), (3,))
    await screen.shows("The check-in has a result · ctrl+g shows it", "4.0 of 5", "WORDS     but")
    await screen.press("ctrl+g")
    await screen.shows("4 answered", "Among four this hides little")
    await screen.press("enter")
    await screen.shows_not("has a result")


@in_a_room
async def test_words_are_shown_by_how_often_they_came_and_texts_as_cards(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 5)
    await group.opens(LEAVE, screen)
    await asked(screen)
    await screen.press("c")
    await screen.type("alm")
    await screen.press("enter")
    await group.answer("Calm", "[/] tired", None, "calm", "hopeful and glad")
    await screen.shows("5 answered, 1 abstained", "calm              █████████ 3", "[/] tired         ███ 1")
    await screen.press("enter")
    await group.opens(LEARNT, screen)
    await asked(screen)
    await screen.press("escape")
    await group.answer("To wait.", None, "That I ask too little, and tell too much of what I know.", "Calm", "x" * 200)
    await group.closes()
    await screen.shows("4 answered, 2 abstained", "│ To wait.", "│ Calm", "│ xxxx")
    assert screen.text.count("├──") == 3


@in_a_room
async def test_three_or_four_are_told_how_little_that_hides_before_and_after(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 2)
    await group.opens(READY, screen)
    await asked(screen)
    await screen.shows("3 people take part.", "this hides little: if all say the same")
    await screen.press("y", "enter")
    await group.answer((0,), (0,))
    await screen.shows("yes  █████████ 3", "Among three this hides little")


@in_a_room
async def test_when_few_are_left_the_member_is_asked_whether_the_answer_is_to_go_in(room: Room) -> None:
    """Five have become four, and all of those are done; a yes lets it go in."""
    screen = await room.screen("Ana")
    group = await others(room, 4)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2", "enter")
    await group.answer((1,), (1,), (1,))
    await leaves(group)
    await screen.shows("Only four take part now", "y yes, let it go in", "Shall your answer")
    await screen.shows("Without an answer within")
    await screen.press("y")
    await agree(group)
    await screen.shows("4 answered", "2         ████████████ 4")


@in_a_room
async def test_whoever_says_no_is_left_out_and_told_so(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 4)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2", "enter")
    await screen.press("e")
    await group.answer((1,), (1,), (1,))
    await leaves(group)
    await screen.shows("Only four now: shall your answer go in? · ctrl+g")
    await screen.press("ctrl+g")
    await screen.shows("y yes, let it go in")
    await screen.press("n")
    await agree(group)
    await screen.shows("Far fewer are there now than when people answered")


async def asked_alone(room: Room) -> tuple[Screen, Others]:
    """Ana has answered among five; then one leaves, and the others answer among four: she alone is asked."""
    screen = await room.screen("Ana")
    group = await others(room, 4)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("5", "enter")
    await screen.shows("Check-in: answered")
    await leaves(group)
    await knows_all(screen, 4)
    for part in group.parts:
        await room.fay.until(lambda _, part=part: part.mine.people == 4)
    await group.answer((1,), (1,), (1,))
    await screen.shows("y yes, let it go in")
    return screen, group


@in_a_room
async def test_a_result_without_the_answer_of_who_said_no_says_that_it_was_wished(room: Room) -> None:
    screen, group = await asked_alone(room)
    await screen.press("n")
    assert await group.ends() is CheckInState.RECORDED
    await screen.shows("3 answered", "5 plenty  0", "Your answer is not in it, as you wished.")


@in_a_room
async def test_after_half_a_minute_the_others_go_on_and_that_is_said(room: Room) -> None:
    screen, group = await asked_alone(room)
    screen.clock.ahead += FEW_WITHIN_S
    await screen.shows_not("let it go in")
    # The server, whose seconds are real, hears the same as when it has waited for nothing.
    screen.session.following.check_ins.go_on(group.check_in, agree=False)
    assert await group.ends() is CheckInState.RECORDED
    await screen.shows("3 answered", "you were asked whether so few are enough")


async def leaves(group) -> None:
    """The last of them leaves the call."""
    assert await group.peers.pop().ask(LeaveCall()) is None
    group.parts.pop().stop()


async def agree(group) -> None:
    """All others let their answers go in."""
    for peer, part in zip(group.peers, group.parts, strict=True):
        await peer.until(lambda _, part=part: group.check_in in part.mine.asks_few)
        part.go_on(group.check_in, agree=True)


@in_a_room
async def test_a_check_in_that_came_to_nothing_says_why_and_what_next(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2", "enter")
    for peer in group.peers[1:]:
        assert await peer.ask(LeaveCall()) is None
    await group.closes()
    assert await group.ends() is CheckInState.GIVEN_UP
    await screen.shows("Fewer than three people were there to the end: nothing was opened.", "Take a round by name")
    told_nothing(screen)
    await screen.is_frame("check_in_given_up")


@in_a_room
async def test_another_result_than_was_computed_here_is_said_and_mine_is_kept(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 4)
    await group.opens(READY, screen)
    await asked(screen)
    await screen.press("y", "enter")
    await group.answer((0,), (0,), (0,), (1,))
    await screen.shows("yes  ████████████ 4")
    await screen.press("enter")
    mine = screen.session.following.check_ins.mine
    keys, counts = screen.peer.keys, b"".join(n.to_bytes(4, "little") for n in (2, 3, 0))
    own = derivations.sealed_result(keys.room_key, room.link.room, group.check_in, b"h" * 32, counts, 12)
    mine.verdicts[group.check_in], mine.own_results[group.check_in] = Verdict.DIFFERS, own
    await screen.press("k", "enter")
    await screen.shows("Your computer came to another result: it is kept here.", "o what it came to here")
    await screen.press("o")
    await screen.shows("Here it came to this:", "yes  ██████ 2", "no   █████████ 3", "yes  ████████████ 4")


@in_a_room
async def test_one_that_is_taken_back_says_that_no_answer_was_opened(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    await group.opens(ENERGY, screen)
    await asked(screen)
    await screen.press("2")
    assert await room.fay.ask(WithdrawCheckIn(group.check_in)) is None
    await screen.shows("It was taken back: no answer was opened.", "enter closes")
    await screen.press("enter")
    await screen.offers("space hand")


@in_a_room
async def test_an_observer_answers_nothing_and_sees_the_result(room: Room) -> None:
    screen = await room.screen("Ana")
    group = await others(room, 3)
    assert await room.fay.ask(SetRole(screen.peer.seat, Role.OBSERVER)) is None
    await screen.shows("you are watching")
    await group.opens(ENERGY)
    await screen.shows("A check-in is open")
    assert screen.app.screen is screen.session
    assert "ctrl+g" not in screen.footer
    await group.answer((3,), (3,), (3,))
    await screen.shows("3 answered", "4         █████████ 3")


@in_a_room
async def test_a_second_screen_of_mine_takes_no_part(room: Room) -> None:
    ana = await room.joins("Ana")
    group = await others(room, 3)
    view = room.peer("Ana", purpose=Purpose.VIEW)
    view.key = ana.key
    screen = await room.screen(view, live=False)
    await screen.shows("a second screen: it only shows")
    await group.opens(ENERGY)
    await screen.peer.until(lambda r: check_in_with(r, group.check_in) is not None)
    await screen.pilot.pause()
    assert screen.session.following is None
    assert screen.app.screen is screen.session


@in_a_room
async def test_results_can_be_looked_at_again_with_their_trend(room: Room) -> None:
    """Of the session before too; the trend has its figures beside it."""
    screen = await room.screen("Ana")
    group = await others(room, 5)
    for number, answer in ((1, 1), (2, 3)):
        if number > 1:
            assert await room.fay.ask(EndSession(number - 1)) is None
            await room.starts()
        await group.opens(ENERGY, screen)
        await asked(screen)
        await screen.press(str(answer + 1), "enter")
        await group.answer(*[(answer,)] * 5)
        await screen.shows("6 answered")
        await screen.press("enter")
    await screen.press("k")
    await screen.shows("Check-ins: which one?", "session 2  How much energy", "4.0 of 5")
    await screen.press("enter")
    await screen.shows("▃▆ session 1: 2.0 · session 2: 4.0")
    told_nothing(screen)
    await screen.is_frame("check_in_trend")
    assert await room.fay.ask(EndSession(2)) is None
    await screen.press("enter", "k")
    await screen.shows("Check-ins: which one?")
    await screen.press("down", "enter")
    await screen.shows("6 answered · 2.0 of 5")
