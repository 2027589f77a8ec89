"""What every rehearsal facilitator does: lets people in, calls the next, asks whether it is still the same speaker.

And asks check-ins, and has the three words compared where they were not.
"""

from __future__ import annotations

import random

from evenly_protocol.checkins import CloseCheckIn, electorate, open_check_in
from evenly_protocol.facts import Command
from evenly_protocol.members import author_of, seat_of
from evenly_protocol.refusals import Refusal
from evenly_protocol.session import Session
from evenly_protocol.turns import CallNext, ConfirmSpeaker
from evenly_protocol.words import FloorMode

from evenly_client.checkins.asking import open_command
from evenly_client.checkins.question import Question
from evenly_client.peer import Peer, State
from evenly_client.rehearsal.passing import Rehearsal

CALLED = (FloorMode.QUEUE, FloorMode.QUESTIONS, FloorMode.ROUND)


class Leading:
    """A facilitator's chores, a second or two after they are to be done.

    Attributes:
        peer: the client that leads.
        over: the session is over.
    """

    def __init__(self, rehearsal: Rehearsal, peer: Peer) -> None:
        self.rehearsal = rehearsal
        self.peer = peer
        self.draw: random.Random = rehearsal.draw()
        self.over = False
        self._coming = False
        rehearsal.looking.append(self)

    @property
    def session(self) -> Session | None:
        """The session under way that is led here."""
        return None if self.over else self.peer.room.running

    def look(self) -> None:
        """See `Looking.look`."""
        if self.over or self._coming or self.peer.state is not State.LIVE or not self._something_to_do():
            return
        self._coming = True
        self.rehearsal.plan(self.draw.uniform(0.8, 2.0), self._chores)

    def done(self) -> None:
        """Leads no longer."""
        self.over = True
        if self in self.rehearsal.looking:
            self.rehearsal.looking.remove(self)

    async def ask(self, command: Command, id: bytes = b"") -> Refusal | None:
        """Asks for something."""
        return await self.peer.ask(command, id or self.draw.randbytes(16))

    # -- check-ins -----------------------------------------------------------------------------------------------

    async def ask_check_in(self, question: Question) -> bytes:
        """Asks a check-in. Its id; empty where it cannot be asked, of too few perhaps."""
        id = self.draw.randbytes(16)
        refusal = await self.ask(open_command(self.peer, question, id), id)
        return id if refusal is None else b""

    async def close_check_in(self) -> bool:
        """Closes the check-in that is open. Whether there was one."""
        check_in = open_check_in(self.peer.room)
        return check_in is not None and await self.ask(CloseCheckIn(check_in.id)) is None

    async def compare_words(self) -> None:
        """Asks everybody to compare the three words, once for those who are there."""
        if self.session is not None and not self._are_compared():
            await self.rehearsal.compare_words(self.peer)

    def _are_compared(self) -> bool:
        mine = self.rehearsal.parts[self.peer].mine
        if mine.epoch is None or not mine.compared:
            return False
        room = self.peer.room
        return {author_of(room, seat) for seat in electorate(room)} <= set(mine.epoch.keys)

    # -- chores --------------------------------------------------------------------------------------------------

    def _something_to_do(self) -> bool:
        session = self.session
        if self.peer.waiting:
            return True
        if session is None or session.held_since is not None:
            return False
        return any(t.unsure_since is not None for t in session.floor.turns) or self._somebody_waits(session)

    def _somebody_waits(self, session: Session) -> bool:
        floor = session.floor
        return bool((floor.hands or floor.round is not None) and not floor.turns and floor.mode in CALLED)

    async def _chores(self) -> None:
        self._coming = False
        for knock in list(self.peer.waiting):
            self.peer.answer_knock(knock, admit=True)
            await self.peer.until(lambda room, ik=knock.ik: seat_of(room, ik) != 0)
        session = self.session
        if session is None or session.held_since is not None:
            return
        unsure = next((t for t in session.floor.turns if t.unsure_since is not None), None)
        if unsure is not None:
            await self.ask(ConfirmSpeaker(unsure.id))
        if self._somebody_waits(session):
            await self.ask(CallNext())
