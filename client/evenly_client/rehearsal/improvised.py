"""A session without a plan: one phase, in which every kind of floor comes up once, between two check-ins."""

from __future__ import annotations

from dataclasses import replace

from evenly_protocol.agenda import PhasePlan, SetIssueHolder
from evenly_protocol.checkins import SECONDS_AT_LEAST
from evenly_protocol.floor import ChangeMode
from evenly_protocol.session import EndSession, Hold, Resume, StartSession
from evenly_protocol.words import FloorMode, Role

from evenly_client.checkins.templates import TEMPLATES
from evenly_client.peer import Peer
from evenly_client.rehearsal.leading import Leading
from evenly_client.rehearsal.passing import Rehearsal

ANSWERED_WITHIN_S = 60.0
"""How long a check-in is open at most, seconds; in a short session as much of it as its share."""


class Improvised(Leading):
    """A facilitator who takes the group through a check-in, a round, hands, questions, a pause, free talk, a word."""

    def __init__(self, rehearsal: Rehearsal, peer: Peer, minutes: float) -> None:
        super().__init__(rehearsal, peer)
        self._minutes = minutes

    def begin(self) -> None:
        """Plans the session: each part takes its share of the minutes."""
        seconds = self._minutes * 60
        plan = self.rehearsal.plan
        plan(1, self._start)
        plan(2, self.compare_words)
        plan(3 + seconds * 0.02, lambda: self._ask("energy", seconds * 0.25))
        plan(4 + seconds * 0.08, lambda: self._mode(FloorMode.ROUND))
        plan(3 + seconds * 0.27, lambda: self._mode(FloorMode.QUEUE))
        plan(seconds * 0.50, lambda: self._questions(3))
        plan(seconds * 0.75, self._pause)
        plan(seconds * 0.75 + 5, self._go_on)
        plan(seconds * 0.85, lambda: self._mode(FloorMode.OPEN))
        plan(seconds * 0.90, lambda: self._ask("one-word", seconds * 0.1))
        plan(seconds, self._end)

    async def _start(self) -> None:
        minutes = max(1, round(self._minutes))
        await self.ask(StartSession([PhasePlan("talk", b"", minutes, FloorMode.QUEUE)]))

    async def _ask(self, template: str, seconds: float) -> None:
        """Asks what a template asks, for about so many seconds."""
        _, question = TEMPLATES[template]
        within = max(SECONDS_AT_LEAST, round(min(ANSWERED_WITHIN_S, seconds)))
        await self.ask_check_in(replace(question, seconds=within))

    async def _mode(self, mode: FloorMode) -> None:
        await self.ask(ChangeMode(mode))

    async def _questions(self, holder: int) -> None:
        member = self.peer.room.members.get(holder)
        if member is not None and member.attending and member.role is Role.PARTICIPANT:
            await self.ask(SetIssueHolder(holder))
        await self.ask(ChangeMode(FloorMode.QUESTIONS))

    async def _pause(self) -> None:
        await self.ask(Hold())

    async def _go_on(self) -> None:
        await self.ask(Resume())

    async def _end(self) -> None:
        if await self.close_check_in():
            self.rehearsal.plan(2, self._end)
            return
        session = self.session
        if session is not None:
            await self.ask(EndSession(session.number))
        self.done()
