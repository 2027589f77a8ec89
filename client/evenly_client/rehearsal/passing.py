"""The time of a rehearsal: what is planned when, and how fast it comes. Everybody in it is an ordinary client."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from evenly_protocol.members import is_facilitator, seat_of
from evenly_protocol.timers import next_due

from evenly_client.checkins.ledger import Ledger, MemoryLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer, State
from evenly_client.rehearsal.at_rest import at_rest, takes_part
from evenly_client.rehearsal.texts import Decks
from evenly_client.sealing import DeviceKey

SLICE_S = 0.05
"""Real seconds between two looks at the room while nothing is planned."""

TOLD_WITHIN_S = 5.0
"""Real seconds until what the server does by itself has reached everybody."""

AT_REST_WITHIN_S = 60.0
"""Real seconds until check-ins are at rest: the longest that a close takes, with somebody who is waited for."""

Deed = Callable[[], Awaitable[None]]


class Looking(Protocol):
    """Somebody who takes part and sees the room."""

    def look(self) -> None:
        """The room may have changed: plans what follows from that. Asks for nothing itself."""
        ...


class Rehearsal:
    """The people of a rehearsal and the time that passes for them.

    `on` is the room's link; the server there must have been started with a fed clock. Time passes from one planned
    deed to the next; after each, everybody sees the room as it is and plans what they will do, in the same order
    every time: the same seed gives the same session.

    Attributes:
        speed: seconds of room time for a real one; 0 is as fast as it goes.
        now: room time, UTC milliseconds.
        peers: everybody who is in.
        parts: each rehearsal member's part in check-ins, by its client.
        looking: who sees the room and acts, in this order.
        decks: the texts.
    """

    def __init__(self, server: LocalServer, on: Link, *, seed: int, speed: float, at: int) -> None:
        self.server = server
        self.link = on
        self.speed = speed
        self.now = at
        self.peers: list[Peer] = []
        self.parts: dict[Peer, CheckIns] = {}
        self.looking: list[Looking] = []
        self._random = random.Random(seed)
        self.decks = Decks(self.draw())
        self._plan: list[tuple[int, int, Deed]] = []
        self._order = itertools.count()
        self._at_the_door: list[Peer] = []

    def draw(self) -> random.Random:
        """Chance of one's own, from the seed."""
        return random.Random(self._random.random())

    # -- time ----------------------------------------------------------------------------------------------------

    def plan(self, after: float, do: Deed) -> None:
        """Plans something `after` so many seconds of room time from now."""
        at = self.now + max(1, int(after * 1000))
        heapq.heappush(self._plan, (at, next(self._order), do))

    async def run(self, until: Callable[[], bool]) -> None:
        """Lets time pass, acting as planned, until `until` says so or, at full speed, nothing is planned any more."""
        began, real = self.now, time.monotonic()
        self.look()
        while not until():
            at = self._next()
            if self.speed:
                here = began + int((time.monotonic() - real) * 1000 * self.speed)
                if at is None or at > here:
                    await self._advance(here)
                    wait = SLICE_S if at is None else (at - here) / 1000 / self.speed
                    await asyncio.sleep(min(SLICE_S, wait))
                    self.look()
                    continue
            elif at is None:
                return
            await self._to(at)

    async def run_to(self, moment: int) -> None:
        """Lets time pass as fast as it goes until `moment` (UTC milliseconds), acting as planned on the way."""
        self.look()
        while (at := self._next()) is not None and at <= moment:
            await self._to(at)
        await self._advance(moment)

    def _next(self) -> int | None:
        """When something happens next: what is planned here, or what the server does by itself."""
        moments = [self._plan[0][0]] if self._plan else []
        due = self._due()
        if due is not None and due > self.now:
            moments.append(due)
        return min(moments, default=None)

    def _due(self) -> int | None:
        room = next((p.room for p in self.peers if p.state is State.LIVE), None)
        due = None if room is None else next_due(room)
        return None if due is None else due[0]

    async def _to(self, at: int) -> None:
        due = self._due()
        await self._advance(at)
        if due is not None and due <= self.now:
            await self._told()
        if self._plan and self._plan[0][0] <= self.now:
            _, _, do = heapq.heappop(self._plan)
            await do()
            await self.caught_up()
        self.look()

    async def _advance(self, at: int) -> None:
        if at > self.now:
            self.now = at
            await self.server.advance(at)
            await self.caught_up()

    async def _told(self) -> None:
        """Waits until what the server has done by itself has reached everybody: it is not due any more."""

        def told() -> bool:
            dues = [next_due(p.room) for p in self.peers if p.state is State.LIVE]
            return all(due is None or due[0] > self.now for due in dues)

        try:
            async with asyncio.timeout(TOLD_WITHIN_S):
                for peer in [p for p in self.peers if p.state is State.LIVE]:
                    await peer.until(lambda _: told())
        except TimeoutError:
            pass
        await self.caught_up()

    async def caught_up(self) -> None:
        """Waits until every replica has folded what any of them has, and check-ins are at rest.

        Where time passes no faster than it does, it need not stand still for them.
        """
        await self._told_the_same()
        if 0 < self.speed <= 1:
            return
        try:
            async with asyncio.timeout(AT_REST_WITHIN_S):
                while (busy := next((p for p in self.parts if not at_rest(p, self.parts)), None)) is not None:
                    await busy.until(lambda _, busy=busy: at_rest(busy, self.parts))
                    await self._told_the_same()
        except TimeoutError:
            pass

    async def compare_words(self, leads: Peer) -> None:
        """Asks everybody to compare the three words, and waits until they have them."""
        self.parts[leads].compare_words()
        try:
            async with asyncio.timeout(AT_REST_WITHIN_S):
                for peer, part in list(self.parts.items()):
                    await peer.until(lambda _, peer=peer, part=part: part.comparing or not takes_part(peer))
        except TimeoutError:
            pass

    def same_words(self) -> bool:
        """Whether everybody here has the same three words: what is read aloud in the call."""
        return len({part.mine.epoch.words for part in self.parts.values() if part.comparing and part.mine.epoch}) == 1

    async def _told_the_same(self) -> None:
        live = [p for p in self.peers if p.state is State.LIVE]
        most = max((p.room.seq for p in live), default=0)
        for peer in live:
            if peer.room.seq < most:
                await peer.until(lambda room: room.seq >= most)

    def look(self) -> None:
        """Everybody sees the room as it is now."""
        for somebody in list(self.looking):
            somebody.look()

    # -- people --------------------------------------------------------------------------------------------------

    async def knock(
        self, name: str, *, key: DeviceKey | None = None, ledger: Ledger | None = None, create: bool = False
    ) -> Peer:
        """Another ordinary client comes to the room's door: it may have to wait in the lobby.

        `ledger`: what it remembers of check-ins.
        """
        key = key or DeviceKey.from_bytes(self._random.randbytes(32))
        peer = Peer(self.link, key, name, create_key="" if create else None, rate=self.speed or 1.0)
        self._at_the_door.append(peer)
        # Before it is in: keys are asked for as soon as it is there.
        self.parts[peer] = CheckIns(peer, ledger or MemoryLedger(), now=lambda: self.now)
        peer.start()
        await peer.until(lambda _: peer.state not in (State.CONNECTING, State.LOST))
        if peer.state is State.LOBBY:
            for lead in self.peers:
                if is_facilitator(lead.room, lead.seat):
                    await lead.until(lambda _, lead=lead: bool(lead.waiting))
        return peer

    async def enter(self, peer: Peer) -> bool:
        """Whoever is let in comes in; False while they wait."""
        if peer.state is State.LOBBY and not any(seat_of(p.room, peer.key.public) for p in self.peers):
            return False
        await peer.until(lambda _: peer.state in (State.LIVE, State.AGREEMENT))
        if peer.state is State.AGREEMENT:
            await peer.answer_agreement()
        await peer.entered()
        self.peers.append(peer)
        await self.seen(peer, there=True)
        return True

    async def leave(self, peer: Peer) -> None:
        """Somebody closes the connection; the others see that."""
        self.peers.remove(peer)
        self._at_the_door.remove(peer)
        self.parts.pop(peer).stop()
        await peer.stop()
        await self.seen(peer, there=False)

    async def seen(self, peer: Peer, *, there: bool) -> None:
        """Waits until everybody knows whether somebody is connected."""
        for other in self.peers:
            if other.state is State.LIVE:
                await other.until(lambda _, other=other: (peer.seat in other.connected) == there)

    async def stop(self) -> None:
        """Everybody leaves."""
        for peer in self._at_the_door:
            await peer.stop()
