"""The door: who may enter a room. Source: architecture.md, "The door"; anonymity.md, section 1.

    hello ──▶ challenge ──▶ proof ──▶ (a newcomer: token, lobby) ──▶ (agreement) ──▶ the room

An unknown room, a wrong token and a wrong signature get the same answer, in the same shape and after the same
work: nobody can find out which rooms exist.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple, TypeVar

from evenly_protocol.hashing import hello_message, profile_message
from evenly_protocol.members import seat_of
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.seats import Admit
from evenly_protocol.wire import (
    VERSION,
    Bye,
    Challenge,
    ClientFrame,
    Hello,
    Knock,
    Ping,
    Pong,
    Proof,
    Purpose,
    Waiting,
)
from evenly_protocol.words import Lobby

from evenly_server.actor import RoomActor, Tools
from evenly_server.journal.interface import JournalDamaged, Outcome
from evenly_server.line import Line
from evenly_server.passing import Arrival
from evenly_server.rooms import Elsewhere, Rooms
from evenly_server.signatures import verify

_F = TypeVar("_F", Hello, Proof)

FAILED_FROM_ONE_ADDRESS = 10
"""Failed tries a minute for an address (an IPv6 /64)."""

FAILED_IN_ALL = 50
"""Failed tries a second, of everybody together."""


class Creating(NamedTuple):
    """Who may make rooms: `anyone`, those with the `key`, or `nobody`."""

    who: str
    key: str


class TurnedAway(Exception):
    """Somebody is not let in; the code is all that they are told."""

    def __init__(self, code: Bye) -> None:
        super().__init__(code)
        self.code = code


class Failures:
    """Failed tries, by address and in all, in room time."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._by_address: dict[str, deque[int]] = {}
        self._all: deque[int] = deque()

    def too_many(self, address: str) -> bool:
        """Whether this address, or all together, have failed too often just now."""
        now = self._now()
        _drop(self._all, now - 1_000)
        mine = self._by_address.get(network_of(address))
        if mine is not None:
            _drop(mine, now - 60_000)
        return len(self._all) >= FAILED_IN_ALL or (mine is not None and len(mine) >= FAILED_FROM_ONE_ADDRESS)

    def note(self, address: str) -> None:
        """One more has failed."""
        now = self._now()
        self._all.append(now)
        if len(self._by_address) > 10_000:
            self._by_address = {a: d for a, d in self._by_address.items() if d and d[-1] > now - 60_000}
        self._by_address.setdefault(network_of(address), deque(maxlen=FAILED_FROM_ONE_ADDRESS)).append(now)


def _drop(times: deque[int], until: int) -> None:
    while times and times[0] <= until:
        times.popleft()


def network_of(address: str) -> str:
    """What counts as one address: the address itself, of IPv6 its /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address


class Door:
    """Lets devices in, room by room."""

    def __init__(self, rooms: Rooms, tools: Tools, creating: Creating) -> None:
        self._rooms = rooms
        self._tools = tools
        self._creating = creating
        self.failures = Failures(tools.clock.now)

    def look(self, address: str) -> None:
        """Whether somebody from there may try at all.

        Raises:
            TurnedAway: too many have failed just now.
        """
        if self.failures.too_many(address):
            raise TurnedAway(Bye.TOO_FAST)

    async def enter(self, line: Line, frames: AsyncIterator[ClientFrame], arrival: Arrival) -> RoomActor:
        """Takes a line from its first frame to its seat; the room is not shown yet.

        Raises:
            TurnedAway: it is not let in.
        """
        hello = await _expect(frames, Hello)
        if hello.major != VERSION[0]:
            raise TurnedAway(Bye.VERSION)
        if len(hello.room) != 16 or len(hello.ik) != 32 or len(hello.nonce) != 32:
            raise TurnedAway(Bye.MALFORMED)
        nonce = secrets.token_bytes(32)
        line.send(Challenge(VERSION[0], min(VERSION[1], hello.minor), nonce))
        proof = await _expect(frames, Proof)
        self.look(arrival.address)
        if proof.server_name not in arrival.names:
            raise TurnedAway(Bye.NAME)
        line.ik, line.purpose, line.counter = hello.ik, hello.purpose, max(1, proof.counter)
        message = hello_message(proof.server_name, hello.room, nonce, hello.nonce)
        signed = verify(hello.ik, proof.signature, message)
        try:
            if hello.purpose is Purpose.CREATE:
                return await self._create(line, hello, proof, signed=signed)
            return await self._admit(line, hello, proof, frames, signed=signed)
        except TurnedAway as no:
            if no.code in (Bye.REFUSED, Bye.EXISTS):
                self._tools.metrics.door_failed_total += 1
                self.failures.note(arrival.address)
            raise

    async def _create(self, line: Line, hello: Hello, proof: Proof, *, signed: bool) -> RoomActor:
        key = self._creating.key.encode()
        has_key = bool(key) and hmac.compare_digest(proof.key.encode(), key)
        may = self._creating.who == "anyone" or (self._creating.who == "key" and has_key)
        admit = _newcomer(hello, proof)
        if not (may and signed and admit is not None and len(proof.token) == 32):
            raise TurnedAway(Bye.EXISTS)
        try:
            outcome = await self._rooms.create(hello.room, proof.token, admit)
        except Elsewhere:
            raise TurnedAway(Bye.MOVING) from None
        if outcome in (Outcome.READ_ONLY, Outcome.UNKNOWN):
            raise TurnedAway(Bye.UNAVAILABLE)
        try:
            actor = await self._room(hello.room)
        except JournalDamaged:
            raise TurnedAway(Bye.EXISTS) from None
        # Who made the room and lost the connection before they were told asks again, and is its member.
        line.seat = seat_of(actor.room, hello.ik) if actor is not None else 0
        if actor is None or not line.seat:
            raise TurnedAway(Bye.EXISTS)
        line.purpose = Purpose.MEMBER
        return actor

    async def _room(self, room: bytes) -> RoomActor | None:
        if self._rooms.stopping:
            raise TurnedAway(Bye.STOPPING)
        try:
            return await self._rooms.get(room)
        except Elsewhere:
            raise TurnedAway(Bye.MOVING) from None

    async def _admit(
        self, line: Line, hello: Hello, proof: Proof, frames: AsyncIterator[ClientFrame], *, signed: bool
    ) -> RoomActor:
        admit = _newcomer(hello, proof)
        try:
            actor = await self._room(hello.room)
        except JournalDamaged:
            if signed:
                raise TurnedAway(Bye.DAMAGED) from None
            raise TurnedAway(Bye.REFUSED) from None
        if actor is None or not signed:
            raise TurnedAway(Bye.REFUSED)
        line.seat = seat_of(actor.room, hello.ik)
        if line.seat:
            return actor
        if not actor.opens_to(proof.token, hello.ik) or admit is None or hello.purpose is not Purpose.MEMBER:
            raise TurnedAway(Bye.REFUSED)
        guest = 0
        lobby = actor.room.settings.lobby
        if proof.knocks or lobby is Lobby.ALWAYS or (lobby is Lobby.SESSION and actor.room.running is not None):
            guest = await self._wait_in_lobby(line, actor, admit, frames)
        refusal = await actor.ask(Admit(admit.ik, admit.name, admit.name_id, admit.signature, guest))
        if refusal is not None:
            raise TurnedAway(Bye.UNAVAILABLE if refusal.code == "read_only" else Bye.FULL)
        line.seat = seat_of(actor.room, hello.ik)
        return actor

    async def _wait_in_lobby(
        self, line: Line, actor: RoomActor, admit: Admit, frames: AsyncIterator[ClientFrame]
    ) -> int:
        """Waits for a facilitator, answering pings meanwhile. The guest seat, 0 for a seat of their own."""
        line.send(Waiting())
        answer = actor.knock(line, Knock(admit.ik, admit.name, admit.name_id, admit.signature))
        listening = asyncio.ensure_future(self._answer_pings(line, actor, frames))
        try:
            await asyncio.wait({answer, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            actor.stop_knocking(line)
            # It has let go of the frames before anybody else asks for the next.
            (ended,) = await asyncio.gather(listening, return_exceptions=True)
        if not answer.done():
            raise ended if isinstance(ended, Exception) else TurnedAway(Bye.LATE)
        guest = answer.result()
        if guest is None:
            raise TurnedAway(Bye.DENIED)
        return guest

    async def _answer_pings(self, line: Line, actor: RoomActor, frames: AsyncIterator[ClientFrame]) -> None:
        async for frame in frames:
            if isinstance(frame, Ping):
                line.send(Pong(frame.sent, actor.now()))


async def _expect(frames: AsyncIterator[ClientFrame], kind: type[_F]) -> _F:
    frame = await anext(frames, None)
    if not isinstance(frame, kind):
        raise TurnedAway(Bye.MALFORMED)
    return frame


def _newcomer(hello: Hello, proof: Proof) -> Admit | None:
    """How a newcomer shows themselves, None when the name is not sealed or not signed as it should be."""
    fits = allowed_length(FieldKind.NAME, len(proof.name)) and len(proof.name_id) == 16
    if not fits or not verify(hello.ik, proof.name_signature, profile_message(hello.room, proof.name)):
        return None
    return Admit(hello.ik, proof.name, proof.name_id, proof.name_signature)
