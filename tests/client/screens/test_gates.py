"""What stands before the session: the practice, the agreement, the door, and being turned away."""

from evenly_client.store import Store
from evenly_protocol.agreement import SetAgreement
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import RemoveMember
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import Lobby

from .stage_hand import Room, in_a_room


@in_a_room
async def test_the_first_time_the_one_key_is_practised_and_seen_by_nobody(room: Room, tmp_path) -> None:
    with Store(tmp_path / "profile") as store:
        screen = await room.screen("Ana", store=store, practice=True, live=False)
        await screen.shows("Nobody sees this.")
        await screen.is_frame("practice")
        await screen.press("space")
        await screen.shows("Your hand is up")
        assert not room.fay.room.floor.hands
        await screen.pilot.press("space")
        await screen.press("space")
        await screen.shows("Your hand is down")
        await screen.press("enter")
        await screen.shows("SPEAKING")
        assert store.practice_done
        assert not room.fay.room.floor.hands
    with Store(tmp_path / "profile") as store:
        screen = await room.screen("Ben", store=store, practice=True)
        assert "practice" not in screen.text


@in_a_room
async def test_the_agreement_is_answered_before_anything_is_shown(room: Room) -> None:
    id = room.fay.new_id()
    text = "What is said here stays here.\nNo recording."
    await room.fay.ask(SetAgreement(room.fay.seal(FieldKind.AGREEMENT, text, id)), id)
    leader = await room.screen("Ben", live=False)
    await leader.shows("What we agree together")
    await leader.press("y")
    await leader.shows("SPEAKING")
    screen = await room.screen("Ana", live=False)
    await screen.shows("What is said here stays here.", "No recording.", "I'd like to talk about this")
    assert "SPEAKING" not in screen.text
    await screen.is_frame("agreement")
    await screen.press("t")
    await screen.shows("SPEAKING")


@in_a_room
async def test_waiting_at_the_door(room: Room) -> None:
    await room.fay.ask(ChangeSettings(Settings(lobby=Lobby.ALWAYS)))
    screen = await room.screen("Ana", live=False)
    await screen.shows("Waiting to be let in")
    await room.fay.until(lambda _: bool(room.fay.waiting))
    room.fay.answer_knock(room.fay.waiting[0], admit=True)
    await screen.shows("SPEAKING")


@in_a_room
async def test_a_facilitator_answers_the_door(room: Room) -> None:
    await room.fay.ask(ChangeSettings(Settings(lobby=Lobby.ALWAYS)))
    await room.fay.stop()
    screen = await room.screen(type(room.fay)(room.link, room.fay.key, "Fay"))
    ana = await room.screen("Ana", live=False)
    await screen.shows("1 person waits to be let in")
    await screen.press("ctrl+g")
    await screen.shows("Ana waits to be let in.")
    await screen.press("y")
    await ana.shows("SPEAKING")


@in_a_room
async def test_who_is_turned_away_reads_why_and_what_to_do(room: Room) -> None:
    screen = await room.screen("Ana")
    await room.fay.ask(RemoveMember(screen.peer.seat))
    await screen.shows("You are no longer a member of this room.", "Ask the facilitator.", "enter closes")
    await screen.press("enter")
    await screen.until(lambda: screen.app.return_code == 1)
    assert "no longer a member" in screen.app.farewell
