"""One connection from its first byte to its last: bytes become frames here, and frames become the room's business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

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
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from evenly_server.actor import RoomActor, answers_agreement
from evenly_server.clock import Clock
from evenly_server.door import Door, TurnedAway
from evenly_server.line import QUEUED_AT_MOST, Line

HANDSHAKE_S = 5.0
"""Seconds from the connection to the proof."""

UNREADABLE_AT_MOST = 10
"""Messages that could not be read, after which the connection ends."""


async def converse(line: Line, door: Door, clock: Clock) -> None:
    """Serves one connection until it ends."""
    socket = line.socket
    frames = _frames(line)
    actor: RoomActor | None = None
    try:
        async with asyncio.timeout(HANDSHAKE_S) as patience:
            slow = _until_proof(frames, patience)
            actor = await door.enter(line, slow, _local_name(socket), _address(socket))
        seq, last = slow.held
        if await _agreed(line, actor, frames, clock):
            actor.enter(line, seq, last)
            await _serve(line, actor, frames, clock)
    except TurnedAway as no:
        line.goodbye(no.code)
    except TimeoutError:
        line.goodbye(Bye.LATE)
    except ConnectionClosed:
        pass
    finally:
        if actor is not None:
            actor.leave(line)


class _until_proof:
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


async def _frames(line: Line) -> AsyncIterator[ClientFrame]:
    """The frames as they come. What cannot be read is refused, and the connection lives on: ten times."""
    unreadable = 0
    async for message in line.socket:
        try:
            if isinstance(message, str):
                raise Unreadable("text instead of bytes")
            frames = decode_client(message)
            if len(frames) > QUEUED_AT_MOST:
                raise Unreadable("too many frames in one message")
            if len(message) > MESSAGE_AT_MOST and not all(isinstance(f, Relay) for f in frames):
                raise Unreadable("too long")
        except Unreadable as error:
            unreadable += 1
            if not line.seat or unreadable >= UNREADABLE_AT_MOST:
                raise TurnedAway(Bye.MALFORMED) from None
            line.send(Refused(error.id, "malformed"))
            continue
        for frame in frames:
            yield frame


async def _agreed(line: Line, actor: RoomActor, frames: AsyncIterator[ClientFrame], clock: Clock) -> bool:
    """Shows the agreement to who has not answered it, and nothing else until they have. False: they left."""
    agreement = actor.room.agreement
    if not line.counted or not agreement.version:
        return True
    if actor.room.members[line.seat].agreed >= agreement.version:
        return True
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
    async for frame in frames:
        match frame:
            case CommandFrame() if answers_agreement(frame):
                actor.ask_for(line, frame)
                await actor.idle()
                if actor.room.members[line.seat].agreed >= actor.room.agreement.version:
                    return True
            case Relay(type=RelayType.AGREEMENT_TALK):
                _relay(line, actor, frame)
            case Ping():
                line.send(Pong(frame.sent, clock.now()))
            case CommandFrame():
                line.send(Refused(frame.id, "not_allowed"))
            case _:
                line.send(Refused(b"", "not_allowed"))
    return False


async def _serve(line: Line, actor: RoomActor, frames: AsyncIterator[ClientFrame], clock: Clock) -> None:
    async for frame in frames:
        match frame:
            case CommandFrame():
                refusal = _readable(line, frame)
                if refusal:
                    line.send(Refused(frame.id, refusal))
                    continue
                actor.ask_for(line, frame)
                await line.room_for_more()
            case Ping():
                line.send(Pong(frame.sent, clock.now()))
            case Relay():
                _relay(line, actor, frame)
            case AnswerKnock():
                refused = actor.answer_knock(line.seat, frame.ik, admit=frame.admit, guest=frame.guest)
                if refused is not None or not line.counted:
                    line.send(Refused(b"", refused.code if refused else "not_allowed"))
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


def _paced(line: Line) -> bool:
    return line.pace is None or line.pace.take()


def _relay(line: Line, actor: RoomActor, frame: Relay) -> None:
    if not line.counted or not _paced(line):
        line.send(Refused(b"", "too_fast" if line.counted else "not_allowed"))
        return
    refusal = actor.relay(line, frame)
    if refusal is not None:
        line.send(Refused(b"", refusal.code))


def _local_name(socket: ServerConnection) -> str:
    """The HOST:PORT at which this connection reached the server."""
    host, port = socket.local_address[:2]
    return f"[{host}]:{port}".lower() if ":" in host else f"{host}:{port}"


def _address(socket: ServerConnection) -> str:
    return str(socket.remote_address[0])
