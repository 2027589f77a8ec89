"""A rehearsal member: comes, asks for the floor, speaks, finishes, skips, and does what the phase asks of it."""

from __future__ import annotations

from evenly_protocol.facts import Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.members import is_facilitator
from evenly_protocol.refusals import Refusal
from evenly_protocol.rounds import ComeBackLater, SkipRound
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Session
from evenly_protocol.turns import Speak, Turn, answered_by, finish_of, turn_with
from evenly_protocol.words import FloorMode, Intent, Source

from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import Peer, State
from evenly_client.rehearsal import texts
from evenly_client.rehearsal.answers import Answers
from evenly_client.rehearsal.boards import Boards
from evenly_client.rehearsal.passing import Rehearsal
from evenly_client.rehearsal.temperament import Temperament
from evenly_client.sealing import DeviceKey

AFTER_A_HOLD_S = 3.0
"""Seconds until somebody tries again what a pause did not allow."""

OPEN_AT_ONCE = 2
"""Rehearsal members who speak at the same time in free talk."""

WORDS: dict[str, tuple[str, ...]] = {
    "clarify": texts.CLARIFYING,
    "process_review": texts.PROCESS,
    "hot_seat": texts.HOT_SEAT,
}
"""What hands say, by activity; elsewhere questions in `questions`, and points."""


class RehearsalMember:
    """A member who acts by temperament.

    Attributes:
        peer: the client, once it is in the room.
        check_ins: its part in check-ins, once it is in the room.
        boards: what this member writes.
        answers: what it answers to check-ins.
    """

    def __init__(self, rehearsal: Rehearsal, temperament: Temperament, *, key: DeviceKey | None = None) -> None:
        self.rehearsal = rehearsal
        self.temperament = temperament
        self.peer: Peer | None = None
        self.draw = rehearsal.draw()
        self.check_ins: CheckIns | None = None
        self.boards = Boards(self)
        self.answers = Answers(self)
        self.key = key or DeviceKey.from_bytes(self.draw.randbytes(32))
        self._ledger = MemoryLedger()
        self._turn = b""
        self._visit = (0, 0)
        self._floor: tuple[object, ...] = ()
        self._seen = -1

    @property
    def seat(self) -> int:
        """The member's seat, 0 before it has one."""
        return self.peer.seat if self.peer is not None else 0

    # -- coming and going ----------------------------------------------------------------------------------------

    async def arrive(self, *, create: bool = False) -> None:
        """Comes to the door, and in as soon as somebody opens it."""
        name, ledger = self.temperament.name, self._ledger
        knocking = await self.rehearsal.knock(name, key=self.key, ledger=ledger, create=create)
        await self._come_in(knocking)

    async def _come_in(self, peer: Peer) -> None:
        if not await self.rehearsal.enter(peer):
            self.rehearsal.plan(1.0, lambda: self._come_in(peer))
            return
        self.peer = peer
        self.key = peer.key
        self.check_ins = self.rehearsal.parts[peer]
        self.answers.comes_in(peer, self.check_ins)
        if self not in self.rehearsal.looking:
            self.rehearsal.looking.append(self)

    async def leave(self) -> None:
        """Closes the connection."""
        if self.peer is not None:
            peer, self.peer, self.check_ins = self.peer, None, None
            await self.rehearsal.leave(peer)

    async def ask(self, command: Command, id: bytes = b"") -> Refusal | None:
        """Asks for something, with an id of the member's own chance."""
        if self.peer is None:
            return None
        return await self.peer.ask(command, id or self.new_id())

    def new_id(self) -> bytes:
        """An id for a command."""
        return self.draw.randbytes(16)

    # -- seeing --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """See `Looking.look`."""
        peer = self.peer
        if peer is None or peer.state is not State.LIVE:
            return
        if self.check_ins is not None:
            self.answers.look(self.check_ins)
        if peer.room.seq == self._seen:
            return
        self._seen = peer.room.seq
        self.boards.look(peer)
        session = peer.room.running
        if session is None:
            return
        visit = (session.number, session.phase.visit)
        if visit != self._visit:
            self._visit = visit
            self.boards.phase_begins(peer, session)
        floor = (*visit, session.floor.mode, session.floor.round is not None)
        if floor != self._floor:
            self._floor = floor
            self._wish_again(floor)
        mine = next((t for t in session.floor.turns if is_mine(peer, t)), None)
        if mine is not None:
            mark = mine.id + (b"a" if mine.answer_at is not None else b"")
            if mark != self._turn:
                self._turn = mark
                turn = mine.id
                self.rehearsal.plan(self.draw.uniform(0.5, 1.5), lambda: self._begin(turn))

    # -- having the floor ----------------------------------------------------------------------------------------

    async def _begin(self, turn_id: bytes) -> None:
        peer = self.peer
        turn = None if peer is None else turn_with(peer.room.floor, turn_id)
        session = None if peer is None else peer.room.running
        if peer is None or turn is None or session is None or not is_mine(peer, turn):
            return
        if turn.source is Source.ROUND:
            chance = self.draw.random()
            if chance < self.temperament.skips:
                self.rehearsal.plan(2.0, lambda: self._step_aside(SkipRound(), turn_id))
                return
            if chance < self.temperament.skips + self.temperament.later:
                self.rehearsal.plan(2.0, lambda: self._step_aside(ComeBackLater(), turn_id))
                return
        self.boards.speaks(peer, session)
        self.rehearsal.plan(max(3.0, self._length(peer, session, turn)), lambda: self._finish(turn_id))

    def _length(self, peer: Peer, session: Session, turn: Turn) -> float:
        """How long this turn is, seconds."""
        left = (session.phase.ends_at - peer.room.at) / 1000
        if turn.source is Source.SOLO:
            return left * self.draw.uniform(0.7, 0.95)
        if turn.answer_at is not None:
            return min(self.draw.gammavariate(3.0, 10), max(8.0, left))
        if turn.intent is Intent.QUESTION:
            return self.draw.uniform(5, 12)
        mean = self.temperament.speaks_for
        if turn.source is Source.ROUND and session.floor.round is not None:
            mean = session.floor.round.guide_ms / 1000 * self.temperament.fullness
            return self.draw.uniform(0.6, 1.1) * mean
        return min(self.draw.gammavariate(2.0, mean / 2), max(10.0, left))

    async def _step_aside(self, command: Command, turn_id: bytes) -> None:
        if await self.ask(command) is not None:
            await self._finish(turn_id)

    async def _finish(self, turn_id: bytes) -> None:
        peer = self.peer
        turn = None if peer is None else turn_with(peer.room.floor, turn_id)
        if peer is None or turn is None or not is_mine(peer, turn):
            return
        refusal = await self.ask(finish_of(turn))
        if refusal is not None and refusal.code == "on_hold":
            self.rehearsal.plan(AFTER_A_HOLD_S, lambda: self._finish(turn_id))

    # -- asking for it -------------------------------------------------------------------------------------------

    def _wish_again(self, floor: tuple[object, ...]) -> None:
        after = self.draw.expovariate(1 / self.temperament.wish_every) + 1
        self.rehearsal.plan(after, lambda: self._wish(floor))

    async def _wish(self, floor: tuple[object, ...]) -> None:
        peer = self.peer
        if peer is None or floor != self._floor or peer.room.running is None:
            return
        self._wish_again(floor)
        await self._ask_for_the_floor(peer, peer.room.running)

    async def _ask_for_the_floor(self, peer: Peer, session: Session) -> None:
        now, activity = session.floor, session.phase.activity
        busy = any(t.seat == peer.seat for t in now.turns) or any(h.seat == peer.seat for h in now.hands)
        if busy or session.held_since is not None or is_facilitator(peer.room, peer.seat):
            return
        if now.mode is FloorMode.OPEN:
            if len(now.turns) < OPEN_AT_ONCE and activity not in ("break", "networking"):
                await self.ask(Speak())
            return
        if now.mode not in (FloorMode.QUEUE, FloorMode.QUESTIONS) or now.round is not None:
            return
        questions = now.mode is FloorMode.QUESTIONS
        if questions and session.phase.holder == peer.seat:
            return
        intent, words = self._hand(activity, questions=questions)
        id = self.new_id()
        await self.ask(RaiseHand(intent, peer.seal(FieldKind.WORDS, words, id)), id)

    def _hand(self, activity: str, *, questions: bool) -> tuple[Intent, str]:
        decks = self.rehearsal.decks
        if questions:
            return Intent.QUESTION, decks.take(WORDS.get(activity, texts.QUESTIONS))
        words = decks.take(WORDS.get(activity, texts.POINTS))
        if activity == "process_review" and self.draw.random() < 0.5:
            return Intent.PROCESS, words
        return self.draw.choice(self.temperament.intents), words


def is_mine(peer: Peer, turn: Turn) -> bool:
    """Whether this turn is the member's to finish: its own, or the answer that it gives."""
    return peer.seat == (turn.seat if turn.answer_at is None else answered_by(peer.room, turn))
