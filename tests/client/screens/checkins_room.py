"""A room whose members take part in check-ins: some on a screen that is looked at, the others without one."""

from dataclasses import dataclass, field

from evenly_client.checkins.asking import open_command
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.participant import Answer
from evenly_client.checkins.question import Question
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import Peer
from evenly_client.screens.checkins.dialog import CheckInDialog
from evenly_protocol.checkins import CloseCheckIn, check_in_with
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode

from .stage_hand import Room, Screen

ENERGY = Question(CheckInKind.SCALE, "How much energy do you have just now?", ("none", "plenty"))
PACE = Question(CheckInKind.CHOICE, "How is the pace?", ("too slow", "just right", "too fast"))
READY = Question(CheckInKind.YESNO, "Are we ready to go on?")
MOOD = Question(CheckInKind.MOOD, "How do you arrive?")
WILLING = Question(CheckInKind.FIST, "How willing are you?")
LEAVE = Question(CheckInKind.WORDS, "How do you leave? One to three words.")
LEARNT = Question(CheckInKind.TEXT, "What did you learn?")
TOPICS = Question(CheckInKind.MULTI, "What shall we talk about?", ("Money", "People", "Time"))

NAMES = ("Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", *(f"Member {n}" for n in range(30)))


@dataclass
class Others:
    """Those who take part without a screen that is looked at, Fay first."""

    room: Room
    peers: list[Peer]
    parts: list[CheckIns]
    check_in: bytes = field(default=b"")

    async def opens(self, question: Question, screen: Screen | None = None) -> bytes:
        """Fay opens it; the screen, if there is one, has the keys of all."""
        self.check_in = id = Peer.new_id()
        assert await self.peers[0].ask(open_command(self.peers[0], question, id), id) is None
        if screen is not None:
            await knows_all(screen, len(self.peers) + 1)
        return id

    async def answer(self, *answers: Answer | None) -> None:
        """Each gives its answer and is done; None: an abstention. The rest do nothing."""
        for peer, part, answer in zip(self.peers, self.parts, answers, strict=False):
            await peer.until(lambda _, part=part: part.open is not None and part.mine.people > 0)
            if answer is not None:
                part.answer(self.check_in, answer)
            part.done(self.check_in)

    async def closes(self) -> None:
        assert await self.peers[0].ask(CloseCheckIn(self.check_in)) is None

    async def ends(self) -> CheckInState:
        ended = (CheckInState.RECORDED, CheckInState.GIVEN_UP, CheckInState.WITHDRAWN)
        await self.peers[0].until(lambda r: check_in_with(r, self.check_in).state in ended)
        return check_in_with(self.peers[0].room, self.check_in).state


async def knows_all(screen: Screen, people: int) -> None:
    await screen.until(lambda: screen.session.following.people == people, f"keys of {people}")


async def others(room: Room, count: int, *, mode: FloorMode = FloorMode.QUEUE, starts: bool = True) -> Others:
    """Fay and `count` - 1 others take part; a session runs."""
    peers = [room.fay, *[await room.joins(name) for name in NAMES[: count - 1]]]
    if starts:
        await room.starts(mode)
    return Others(room, peers, [CheckIns(peer, MemoryLedger()) for peer in peers])


def dialog(screen: Screen) -> CheckInDialog:
    assert isinstance(screen.app.screen, CheckInDialog), screen.text
    return screen.app.screen


async def asked(screen: Screen) -> None:
    """The question stands there, and the keys are exchanged."""
    await screen.until(lambda: isinstance(screen.app.screen, CheckInDialog), "the dialog")
    await screen.shows("take part.", "enter")


async def led(room: Room, size: tuple[int, int] = (80, 24)) -> Screen:
    """Fay's own screen, in place of the keyboard that is not shown."""
    await room.fay.stop()
    room.fay = Peer(room.link, room.fay.key, "Fay")
    return await room.screen(room.fay, size)


async def members(room: Room, count: int) -> Others:
    """So many take part beside whoever is on a screen; Fay is not one of them."""
    peers = [await room.joins(name) for name in NAMES[:count]]
    return Others(room, peers, [CheckIns(peer, MemoryLedger()) for peer in peers])
