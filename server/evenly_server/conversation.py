"""One connection from its first byte to its last: bytes become frames here, and frames become the room's business."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.wire import (
    MESSAGE_AT_MOST,
    AgreementFirst,
    AnswerKnock,
    Bye,
    ClientFrame,
    CommandFrame,
    Hello,
    History,
    Ping,
    Pong,
    Proof,
    Refused,
    Relay,
    RelayType,
    Unreadable,
    decode_client,
)
from websockets.exceptions import ConnectionClosed

from evenly_server.actor import RoomActor, answers_agreement
from evenly_server.door import Door, TurnedAway
from evenly_server.journal.homes import Homes, Neighbour
from evenly_server.journal.interface import JournalDamaged, JournalUnavailable
from evenly_server.line import QUEUED_AT_MOST, Line
from evenly_server.logs import failed, note
from evenly_server.passing import Arrival, Passing

UNREADABLE_AT_MOST = 10
"""Messages that could not be read, after which the connection ends."""


async def converse(line: Line, door: Door, arrival: Arrival, passing: Passing | None, handshake_s: float) -> None:
    """Serves one connection until it ends. `handshake_s`: seconds from the connection to the proof.

    `passing` passes on whoever's room is at another server; None for those who were passed on here.
    """
    frames = _Frames(line)
    actor: RoomActor | None = None
    try:
        door.look(arrival.address)
        async with asyncio.timeout(handshake_s) as patience:
            handshake = _Handshake(frames, patience)
            neighbour = None if passing is None else await _elsewhere(frames, passing.homes)
            if neighbour is None:
                actor = await door.enter(line, handshake, arrival)
        if passing is not None and neighbour is not None:
            await passing.through(line, arrival, neighbour, frames.message)
            return
        assert actor is not None
        actor.arrive(line)
        await _agree(line, actor, frames)
        actor.enter(line, *handshake.held)
        await _serve(line, actor, frames)
    except TurnedAway as no:
        line.goodbye(no.code)
    except JournalDamaged:
        line.goodbye(Bye.DAMAGED)
    except JournalUnavailable as unavailable:
        note("the journal cannot be read", logging.WARNING, connection=line.number, reason=unavailable.reason)
        line.goodbye(Bye.UNAVAILABLE)
    except TimeoutError:
        line.goodbye(Bye.LATE)
    except ConnectionClosed:
        pass
    except Exception:
        failed("a conversation failed", connection=line.number)
        line.goodbye(Bye.STOPPING)
    finally:
        if actor is not None:
            actor.leave(line)


async def _elsewhere(frames: _Frames, homes: Homes) -> Neighbour | None:
    """The other server at which the room is that a first message asks for."""
    first = await frames.first()
    return await homes.elsewhere(first.room) if isinstance(first, Hello) and len(first.room) == 16 else None


class _Handshake:
    """The frames of the handshake; the time limit ends with the proof, so that a lobby may take its time."""

    def __init__(self, frames: AsyncIterator[ClientFrame], patience: asyncio.Timeout) -> None:
        self._frames = frames
        self._patience = patience
        self.held = (-1, b"")

    def __aiter__(self) -> AsyncIterator[ClientFrame]:
        return self

    async def __anext__(self) -> ClientFrame:
        frame = await anext(self._frames)
        if isinstance(frame, Proof):
            self._patience.reschedule(None)
            self.held = (frame.seq, frame.last)
        return frame


class _Frames:
    """The frames as they come. What cannot be read is refused, and the connection lives on: ten times.

    Whoever waits for a frame may be cancelled: the next one is there for who asks then.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self.message: str | bytes = b""
        """The last that came, as it came."""
        self._read: list[ClientFrame] = []
        """The last first."""
        self._unreadable = 0

    def __aiter__(self) -> AsyncIterator[ClientFrame]:
        return self

    async def __anext__(self) -> ClientFrame:
        await self.first()
        return self._read.pop()

    async def first(self) -> ClientFrame:
        """The next frame, which is the next one still."""
        while not self._read:
            self.message = await self._line.socket.recv()
            self._read = self._frames_of(self.message)[::-1]
        return self._read[-1]

    def _frames_of(self, message: str | bytes) -> list[ClientFrame]:
        try:
            return _decode(message)
        except Unreadable as error:
            self._unreadable += 1
            if not self._line.seat or self._unreadable >= UNREADABLE_AT_MOST:
                raise TurnedAway(Bye.MALFORMED) from None
            self._line.send(Refused(error.id, "malformed"))
            return []


def _decode(message: str | bytes) -> list[ClientFrame]:
    if isinstance(message, str):
        raise Unreadable("text instead of bytes")
    frames = decode_client(message)
    if len(frames) > QUEUED_AT_MOST:
        raise Unreadable("too many frames in one message")
    if len(message) > MESSAGE_AT_MOST and not all(isinstance(f, Relay) for f in frames):
        raise Unreadable("too long")
    return frames


async def _agree(line: Line, actor: RoomActor, frames: AsyncIterator[ClientFrame]) -> None:
    """Shows the agreement to who has not answered it, and nothing else until they have."""
    shown = _show_agreement(line, actor)
    if not shown:
        return
    async for frame in frames:
        match frame:
            case CommandFrame() if answers_agreement(frame) and len(frame.id) == 16:
                settled: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
                actor.ask_for(line, frame, settled)
                refusal = await settled
                if refusal is None or actor.room.agreement.version != shown:
                    shown = _show_agreement(line, actor)
                    if not shown:
                        return
            case Relay(type=RelayType.AGREEMENT_TALK):
                _relay(line, actor, frame)
            case Ping():
                line.send(Pong(frame.sent, actor.now()))
            case CommandFrame():
                line.send(Refused(frame.id, "not_allowed"))
            case _:
                line.send(Refused(b"", "not_allowed"))


def _show_agreement(line: Line, actor: RoomActor) -> int:
    """Sends the agreement to who has not answered it. Its version, 0 when there is nothing to be answered."""
    agreement = actor.room.agreement
    member = actor.room.members.get(line.seat)
    if member is None or member.agreed >= agreement.version:
        return 0
    if not line.counted:
        # Whoever only looks cannot answer; with an older agreement answered, the new one is seen in the room.
        if not member.agreed:
            raise TurnedAway(Bye.REFUSED)
        return 0
    seen = actor.room.seen.get(line.ik)
    line.send(
        AgreementFirst(
            line.seat,
            agreement.version,
            agreement.text,
            agreement.author,
            agreement.id,
            seen.highest if seen else 0,
        )
    )
    return agreement.version


async def _serve(line: Line, actor: RoomActor, frames: AsyncIterator[ClientFrame]) -> None:
    async for frame in frames:
        match frame:
            case CommandFrame():
                refusal = _readable(line, frame)
                if refusal:
                    line.send(Refused(frame.id, refusal))
                    continue
                actor.ask_for(line, frame)
                if line.full:
                    await line.fewer()
            case Ping():
                line.send(Pong(frame.sent, actor.now()))
            case Relay():
                _relay(line, actor, frame)
            case AnswerKnock():
                refused = _answer_knock(line, actor, frame)
                if refused:
                    line.send(Refused(b"", refused))
            case History():
                if _paced(line):
                    line.send(await actor.history(frame.after))
                else:
                    line.send(Refused(b"", "too_fast"))
            case Hello() | Proof():
                raise TurnedAway(Bye.MALFORMED)


def _readable(line: Line, frame: CommandFrame) -> str:
    """The code with which a command is refused before it is looked at, empty for none."""
    if not line.counted:
        return "not_allowed"
    if len(frame.id) != 16:
        return "malformed"
    return "" if _paced(line) else "too_fast"


def _answer_knock(line: Line, actor: RoomActor, frame: AnswerKnock) -> str:
    if not line.counted:
        return "not_allowed"
    refusal = actor.answer_knock(line.seat, frame.ik, admit=frame.admit, guest=frame.guest)
    return refusal.code if refusal else ""


def _paced(line: Line) -> bool:
    return line.pace is None or line.pace.take()


def _relay(line: Line, actor: RoomActor, frame: Relay) -> None:
    if not line.counted:
        line.send(Refused(b"", "not_allowed"))
        return
    # What is asked for comes as fast as it is asked; anything else has the pace of commands.
    if actor.asked_for(line, frame):
        return
    refusal = actor.relay(line, frame) if _paced(line) else refuse("too_fast")
    if refusal is not None:
        line.send(Refused(b"", refusal.code))
