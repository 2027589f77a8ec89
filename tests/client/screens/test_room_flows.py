"""What those who lead choose for the room itself, by the list of commands."""

from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import Lobby

from .stage_hand import Room, Screen, in_a_room


async def led(room: Room) -> Screen:
    await room.fay.stop()
    room.fay = type(room.fay)(room.link, room.fay.key, "Fay")
    return await room.screen(room.fay)


async def asks(screen: Screen, words: str) -> None:
    """Finds a command by its words, and asks for it."""
    await screen.offers(": all commands")
    await screen.press(":")
    await screen.shows("what would you like to do?")
    await screen.type(words)
    await screen.press("enter")
    await screen.shows_not("what would you like to do?")


@in_a_room
async def test_the_room_is_named(room: Room) -> None:
    screen = await led(room)
    await asks(screen, "name the room")
    await screen.shows("The room's name")
    for _ in "Peer session":
        await screen.pilot.press("backspace")
    await screen.type("Set 3")
    await screen.press("enter")
    await screen.shows(" Set 3 · ")


@in_a_room
async def test_the_agreement_is_written_in_several_lines(room: Room) -> None:
    screen = await led(room)
    await asks(screen, "write the agree")
    await screen.shows("ctrl+g keeps it")
    await screen.type("First")
    await screen.press("enter")
    await screen.type("second")
    await screen.press("escape")
    await screen.shows("esc again throws it away")
    await screen.press("ctrl+g")
    await screen.peer.until(lambda r: r.agreement.version == 1)
    now = screen.peer.room.agreement
    opened = screen.peer.sealer.open(FieldKind.AGREEMENT, now.text, now.author, now.id, lines=True)
    assert opened == "First\nsecond"


@in_a_room
async def test_a_member_is_taken_out_only_when_that_is_confirmed(room: Room) -> None:
    ana = await room.screen("Ana")
    screen = await led(room)
    await asks(screen, "out of the room")
    await screen.shows("Take whom out of the room?")
    await screen.press("2")
    await screen.shows("Take Ana out of the room?")
    assert not screen.peer.room.members[2].removed
    await screen.press("y")
    await ana.shows("You are no longer a member of this room.")


@in_a_room
async def test_when_newcomers_wait_and_whether_the_next_begins_by_themselves(room: Room) -> None:
    screen = await led(room)
    await asks(screen, "newcomers wait")
    await screen.shows("When do newcomers wait to be let in?")
    await screen.press("3")
    await screen.peer.until(lambda r: r.settings.lobby is Lobby.ALWAYS)
    await asks(screen, "begin by themselves")
    await screen.peer.until(lambda r: r.settings.auto_next)
    await asks(screen, "call the next in line each time")
    await screen.peer.until(lambda r: not r.settings.auto_next)
    assert screen.peer.room.settings.lobby is Lobby.ALWAYS
