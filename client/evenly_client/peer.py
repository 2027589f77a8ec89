"""The programmatic client: enter a room by its link, watch it, ask for things, wait for things.

Screens, plain lines, rehearsal members, replays and tests are all made of this. It keeps a connection up by
itself, sends what was not acknowledged again, and folds every entry into `room`, a replica of the server's.

    async with Peer(Link.parse(text), DeviceKey.generate(), "Ana") as peer:
        await peer.entered()
        await peer.ask(RaiseHand(Intent.SPEAK))
        await peer.until(lambda room: any(t.seat == peer.seat for t in room.floor.turns))
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import socket as socket_module
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Self

import msgspec
from evenly_protocol.actions import Action, ActionRemoved, action_with
from evenly_protocol.agreement import AnswerAgreement
from evenly_protocol.facts import Command
from evenly_protocol.hashing import hello_message, profile_message
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import STATE_VERSION, UNCOUNTED, Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import Hold, last_hold
from evenly_protocol.wire import (
    FAREWELLS,
    KNOCKS_SINCE,
    PRIVATE_WORDS,
    VERSION,
    Accepted,
    AgreementFirst,
    AnswerKnock,
    Bye,
    ByeFrame,
    Challenge,
    Chunk,
    CommandFrame,
    Entries,
    Events,
    Frame,
    Hello,
    History,
    Knock,
    Lobby,
    Ping,
    Pong,
    PresenceFrame,
    Proof,
    Purpose,
    Refused,
    Relay,
    RelayType,
    ServerFrame,
    Unreadable,
    Waiting,
    Welcome,
    decode_server,
    encode,
)
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from evenly_client.history import HistoryReader, Progress
from evenly_client.links import Link
from evenly_client.outbox import MemoryOutbox, Outbox
from evenly_client.people import People
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_client.server_time import ServerTime
from evenly_client.translation import N_, _
from evenly_client.transport import UNTRUSTED, WrongServer, connected

PINGS_AT_JOIN = 3
PING_EVERY_S = 60
RETRY_REFUSED_S = 0.5
RETRIED_AT_ONCE = 3
"""Commands sent again after one was refused for the moment: what a server lets pass in that time."""

SENT_AT_ONCE = 20
"""Commands sent again after a reconnect, before the first of them are settled: a server's burst."""

STEADY_S = 3.0
"""A connection that has lasted this long was a good one: the next is tried at once, not ever later."""

AT_A_TIME_S = 0.005
"""For so long messages are taken in before whatever else runs here, a screen above all, has its turn."""

TO_BE_SENT_AGAIN = ("read_only", "too_fast", "command_gap")
"""Refusals that pass: what was asked is kept and sent again."""

LOST = _("The connection is lost.")

FINAL = (
    Bye.VERSION,
    Bye.REFUSED,
    Bye.ELSEWHERE,
    Bye.REMOVED,
    Bye.DENIED,
    Bye.EXISTS,
    Bye.NAME,
    Bye.DAMAGED,
    Bye.MALFORMED,
)
"""Goodbyes after which connecting again would end the same way."""


class State(Enum):
    """How the connection stands."""

    CONNECTING = "connecting"
    LOBBY = "lobby"
    AGREEMENT = "agreement"
    LIVE = "live"
    LOST = "lost"
    ENDED = "ended"


class TurnedAway(Exception):
    """The server does not let this device in, or no longer. `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        words = FAREWELLS.get(Bye(code)) if code in Bye.__members__.values() else None
        title, advice = words or (N_("The connection has ended."), N_("Update Evenly."))
        self.title, self.advice = _(title), _(advice)
        super().__init__(f"{self.title} {self.advice}")


# -- what a watcher is told --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entered:
    """The room is here, as a whole: at first, and after a reconnect that needed a snapshot."""


@dataclass(frozen=True)
class Happened:
    """An entry has been folded into the room."""

    entry: Entry


@dataclass(frozen=True)
class StateChanged:
    """The connection stands differently."""

    state: State


@dataclass(frozen=True)
class PresenceChanged:
    """Other members are connected now than before."""


@dataclass(frozen=True)
class LobbyChanged:
    """Others wait to be let in than before; for facilitators."""


@dataclass(frozen=True)
class Told:
    """A private word: an invitation to come in, an answer to one, a wish to talk about the agreement."""

    type: RelayType
    seat: int
    payload: bytes


@dataclass(frozen=True)
class Relayed:
    """An envelope of a check-in has come; `CheckIns` answers it."""

    envelope: Relay


@dataclass(frozen=True)
class CheckInMoved:
    """Something about a check-in is other than before, on this machine or among those who take part."""


@dataclass(frozen=True)
class Settled:
    """A command of this device is settled: done, or refused."""

    id: bytes
    refusal: Refusal | None


Notice = Entered | Happened | StateChanged | PresenceChanged | LobbyChanged | Told | Relayed | CheckInMoved | Settled
Watcher = Callable[[Notice], None]


class Peer:
    """One device in one room.

    Attributes:
        room: the replica; fold nothing into it, and do not change it.
        seat: this device's seat, 0 before it has one.
        state: how the connection stands.
        connected: the seats that have a connection now.
        waiting: who waits to be let in; for facilitators.
        purpose: what this connection is for.
        at_gateway: this runs on a gateway's computer, for somebody elsewhere.
        agreement: what must be answered first, while the state is `AGREEMENT`.
        saving: the server cannot save just now.
        set_back: entries that this replica had and the server no longer has, as the last snapshot showed.
        declined: actions that were not confirmed while this was there, as they were: whoever typed them is told.
        skipped: events that a newer server sent and this version does not know.
        trouble: what stands in the way of a connection, for a person; empty when nothing does.
        turned_away: why the server does not let this device in, or no longer; None while it does.
    """

    def __init__(
        self,
        link: Link,
        key: DeviceKey,
        name: str,
        *,
        outbox: Outbox | None = None,
        purpose: Purpose = Purpose.MEMBER,
        create_key: str | None = None,
        insecure: bool = False,
        at_gateway: bool = False,
        rate: float = 1.0,
    ) -> None:
        """A device that will enter the room of `link` under `name`; nothing happens before `start`.

        `create_key`: make the room rather than enter it, with this key of the server's (empty for none).
        `insecure`: connect in the clear to another machine. `at_gateway`: wait to be let in whatever the room asks of
        others, and have the name marked for everybody. `rate`: the speed of a rehearsal's clock.
        """
        self.link = link
        self._ways = link.ways()
        self._way = self._ways[0]
        self.key = key
        self.name = name
        self.keys = RoomKeys.from_secret(link.secret)
        self.sealer = Sealer(self.keys, link.room)
        self.people = People(self.sealer)
        self.room = Room(link.room)
        self.seat = 0
        self.state = State.CONNECTING
        self.connected: list[int] = []
        self.waiting: list[Knock] = []
        self.agreement: AgreementFirst | None = None
        self.saving = False
        self.set_back = 0
        self.declined: dict[bytes, Action] = {}
        self.skipped = 0
        self.trouble = ""
        self.turned_away: TurnedAway | None = None
        self.time = ServerTime(rate)
        self._outbox: Outbox = outbox if outbox is not None else MemoryOutbox()
        self.purpose = purpose
        self.at_gateway = at_gateway
        self._create_key = create_key
        self._insecure = insecure
        self._watchers: list[Watcher] = []
        self._waiters: list[tuple[Callable[[Room], bool], asyncio.Future[None]]] = []
        self._settling: dict[bytes, asyncio.Future[Refusal | None]] = {}
        self._uncounted: dict[bytes, CommandFrame] = {}
        self._counters: dict[bytes, int] = {}
        self._socket: ClientConnection | None = None
        self._chunks: list[bytes] = []
        self._chunks_expected = 0
        self._task: asyncio.Task[None] | None = None
        self._resending: asyncio.TimerHandle | None = None
        self._last_sent_again = 0
        self._farewell = ""
        self._history = HistoryReader(self._ask_for_history, lambda: self.room.seq)
        self._ended: Exception | None = None
        self._wake = asyncio.Event()

    # -- life ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def start(self) -> None:
        """Connects, and keeps connecting, in the background."""
        self._task = asyncio.create_task(self._keep_connected(), name="peer")

    async def stop(self) -> None:
        """Ends the connection. What was not acknowledged stays in the outbox."""
        if self._resending is not None:
            self._resending.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._socket = None
        self._fail_waiters(TurnedAway("stopped"))

    def reconnect_now(self) -> None:
        """Tries at once, instead of when its turn comes."""
        self._wake.set()

    # -- watching ------------------------------------------------------------------------------------------------

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Calls `watcher` with every notice, in order, on the event loop. Returns what ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def entered(self) -> None:
        """Waits until the room is here.

        Raises:
            TurnedAway: this device is not let in.
        """
        await self.until(lambda room: self.state is State.LIVE)

    async def until(self, condition: Callable[[Room], bool]) -> None:
        """Waits until a condition on the room (or on this peer) holds. Looked at after every notice.

        Raises:
            TurnedAway: the connection has ended for good.
        """
        if self._ended is not None:
            raise self._ended
        if condition(self.room):
            return
        met: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((condition, met))
        await met

    def now(self) -> int:
        """The server's clock, UTC milliseconds, as far as known."""
        return self.time.now()

    def name_of(self, seat: int) -> str:
        """The name of a seat, cleaned for a screen."""
        return self.people.name(self.room, seat)

    # -- asking --------------------------------------------------------------------------------------------------

    @staticmethod
    def new_id() -> bytes:
        """An id for a command, and so for the object it makes: 16 random bytes."""
        return secrets.token_bytes(16)

    def seal(self, kind: FieldKind, text: str, object_id: bytes) -> bytes:
        """A text sealed for this room, as its author; empty for an empty text.

        Raises:
            TextTooLong: it does not fit.
        """
        return self.sealer.seal(kind, text, self.key.public, object_id) if text else b""

    def signed_name(self, name: str, object_id: bytes) -> tuple[bytes, bytes]:
        """A sealed name, and this device's signature of it."""
        sealed = self.sealer.seal_name(name, self.key.public, object_id, at_gateway=self.at_gateway)
        return sealed, self.key.sign(profile_message(self.link.room, sealed))

    def send(self, command: Command, id: bytes = b"") -> bytes:
        """Sends a command, now or after the next reconnect. Returns its id; a `Settled` notice tells its end."""
        id = id or self.new_id()
        if isinstance(command, Hold):
            command = Hold(last_hold(self.room))
        if type(command) in UNCOUNTED:
            frame = CommandFrame(id, 0, command)
            self._uncounted[id] = frame
        else:
            counter = self._outbox.next_counter()
            frame = CommandFrame(id, counter, command)
            self._outbox.put(counter, id, msgspec.msgpack.encode(frame))
            self._counters[id] = counter
        if self._may_go(frame):
            self._transmit(frame)
        return id

    def _may_go(self, frame: CommandFrame) -> bool:
        """Whether a command may be sent now. One that counts goes behind those that wait to be sent again."""
        if self.state is State.AGREEMENT:
            return type(frame.body) is AnswerAgreement
        return self.state is State.LIVE and (frame.counter == 0 or self._resending is None)

    async def ask(self, command: Command, id: bytes = b"") -> Refusal | None:
        """Sends a command and waits for its end: None when it is done and on the server's disk, or the refusal.

        Raises:
            TurnedAway: the connection has ended for good.
        """
        if self._ended is not None:
            raise self._ended
        id = id or self.new_id()
        settled: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._settling[id] = settled
        self.send(command, id)
        return await settled

    async def answer_agreement(self, *, talk: bool = False) -> None:
        """Answers the agreement that is asked for; `talk` tells the facilitators that you would like to discuss it."""
        asked = self.agreement
        if asked is None:
            return
        if talk:
            self.tell(RelayType.AGREEMENT_TALK)
        await self.ask(AnswerAgreement(asked.version))

    def answer_knock(self, knock: Knock, *, admit: bool, guest: int = 0) -> None:
        """Lets somebody in (into a guest seat, or one of their own), or does not."""
        self._transmit(AnswerKnock(knock.ik, admit, guest))

    def tell(self, type: RelayType, seat: int = 0, payload: bytes = b"") -> None:
        """A private word that leaves no trace."""
        self._transmit(Relay(type, seat, payload))

    def relay(self, *envelopes: Relay) -> None:
        """Hands envelopes of a check-in to the server, if there is a connection; they leave no trace."""
        if envelopes and self.state is State.LIVE:
            self._transmit(*envelopes)

    def check_in_moved(self) -> None:
        """Tells the watchers that a check-in stands differently on this machine."""
        self._tell(CheckInMoved())

    async def history(self, *, progress: Progress | None = None) -> list[Entry]:
        """Every entry of the room from the first to the server's last as of now; whoever asks meanwhile waits.

        Events that this version does not know are left out. `progress` is told how many entries there are so far,
        and how many to expect.

        Raises:
            HistoryUnreadable: what the server sends is no record.
            TurnedAway: the connection has ended for good.
        """
        return (await self._history.read(progress)).entries

    async def records(self, *, progress: Progress | None = None) -> list[bytes]:
        """The same as the server's journal has them, byte for byte; for an archive. Raises as `history` does."""
        return (await self._history.read(progress)).bodies

    def _ask_for_history(self, question: History) -> None:
        """Asks, if the room is live; if not, it is asked again once it is."""
        if self.state is State.LIVE:
            self._transmit(question)

    @property
    def unsent(self) -> int:
        """Commands that the server has not acknowledged."""
        return len(self._outbox.pending()) + len(self._uncounted)

    # -- the connection ------------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        try:
            await self._connect_again_and_again()
        except Exception as error:  # a mistake, of a watcher's perhaps: whoever waits here gets to know
            self._fail_waiters(error)
            self._set_state(State.ENDED)
            raise

    async def _connect_again_and_again(self) -> None:
        loop = asyncio.get_running_loop()
        attempt, lost_at = 0, loop.time()
        for turn, way in enumerate(itertools.cycle(self._ways), 1):
            self._way = way
            began = loop.time()
            self._farewell = ""
            try:
                async with connected(way, insecure=self._insecure) as socket:
                    await self._converse(socket)
                self.trouble = self._farewell or LOST
            except WrongServer as error:
                self._end(TurnedAway("name"), str(error))
                return
            except ssl.SSLCertVerificationError:
                self.trouble = UNTRUSTED
            except (OSError, WebSocketException, Unreadable, EOFError) as error:
                self.trouble = self._farewell or _trouble(error)
            self._socket = None
            if self._ended is not None:
                return
            if loop.time() - began >= STEADY_S and self.state in (State.LIVE, State.LOBBY, State.AGREEMENT):
                attempt, lost_at = 0, loop.time()
            if self.state is not State.CONNECTING or turn >= len(self._ways):  # not before each had its turn
                self._set_state(State.LOST)
            self._wake.clear()
            try:
                async with asyncio.timeout(back_off(attempt // len(self._ways), loop.time() - lost_at)):
                    await self._wake.wait()
            except TimeoutError:
                pass
            attempt += 1

    async def _converse(self, socket: ClientConnection) -> None:
        self._chunks_expected = 0
        nonce = secrets.token_bytes(32)
        purpose = self.purpose
        if self._create_key is not None and not self.room.seq and not self._ended:
            purpose = Purpose.CREATE
        await socket.send(encode([Hello(*VERSION, self.link.room, self.key.public, nonce, purpose)]))
        self._socket = socket
        clock = asyncio.get_running_loop().time
        began = clock()
        async for message in socket:
            if clock() - began > AT_A_TIME_S:
                # Messages that are here already are read without a pause.
                await asyncio.sleep(0)
                began = clock()
            if isinstance(message, str):
                raise Unreadable("text instead of bytes")  # no words: another sentence is said
            frames, skipped = decode_server(message)
            self.skipped += skipped
            for frame in frames:
                if isinstance(frame, Challenge):
                    if self.at_gateway and frame.minor < KNOCKS_SINCE:
                        self._end(TurnedAway(Bye.VERSION))
                        return
                    self._prove(frame, nonce, purpose)
                else:
                    self._receive(frame)
                if self._ended is not None:
                    return

    def _prove(self, challenge: Challenge, nonce: bytes, purpose: Purpose) -> None:
        name_id = self.new_id()
        name, name_signature = self.signed_name(self.name, name_id)
        message = hello_message(self._way.server_name, self.link.room, challenge.nonce, nonce)
        pending = self._outbox.pending()
        self._transmit(
            Proof(
                signature=self.key.sign(message),
                server_name=self._way.server_name,
                token=self.keys.invite_token,
                key=self._create_key or "" if purpose is Purpose.CREATE else "",
                name=name,
                name_id=name_id,
                name_signature=name_signature,
                seq=self.room.seq or -1,
                counter=pending[0].counter if pending else self._outbox.next_counter(),
                last=self.room.last,
                knocks=self.at_gateway,
            )
        )

    def _transmit(self, *frames: Frame) -> None:
        """Writes frames to the connection, if there is one. Order is kept; nothing is waited for."""
        if self._socket is not None:
            self._write(encode(frames))

    def _write(self, message: bytes) -> None:
        socket = self._socket
        if socket is None:
            return
        sending = asyncio.ensure_future(socket.send(message))
        sending.add_done_callback(_ignore)

    def _receive(self, frame: ServerFrame) -> None:
        match frame:
            case Events():
                self._fold(frame.entries)
            case Entries():
                self._history.page(frame)
            case Welcome():
                self._welcome(frame)
            case Chunk():
                self._chunk(frame)
            case Accepted():
                self._settle(frame.id, None)
            case Refused():
                self._refused(frame)
            case PresenceFrame():
                self.connected, self.saving = frame.connected, frame.saving
                self._tell(PresenceChanged())
            case Pong():
                self.time.exchanged(frame.sent, frame.at)
            case Waiting():
                self._set_state(State.LOBBY)
            case AgreementFirst():
                self.agreement, self.seat = frame, frame.seat
                self._outbox.counter_seen(frame.counter)
                self.state, self.trouble = State.AGREEMENT, ""
                self._send_again(SENT_AT_ONCE)
                self._tell(StateChanged(State.AGREEMENT))
            case Lobby():
                self.waiting = frame.waiting
                self._tell(LobbyChanged())
            case Relay():
                private = frame.type in PRIVATE_WORDS
                self._tell(Told(frame.type, frame.to, frame.payload) if private else Relayed(frame))
            case ByeFrame():
                self._bye(frame.code)
            case _:
                pass

    def _welcome(self, frame: Welcome) -> None:
        self.seat = frame.seat
        self.saving = frame.read_only
        self._chunks, self._chunks_expected = [], frame.chunks
        self.time.forget()
        self.time.at_least(frame.at)
        if frame.chunks == 0:
            self._live()
        elif frame.state_version != STATE_VERSION:
            self._end(TurnedAway(Bye.VERSION))

    def _chunk(self, frame: Chunk) -> None:
        self._chunks.append(frame.body)
        if len(self._chunks) < self._chunks_expected:
            return
        before = self.room
        try:
            self.room = msgspec.msgpack.decode(b"".join(self._chunks), type=Room)
        except msgspec.MsgspecError:
            self._end(TurnedAway(Bye.VERSION))
            return
        another = before.seq == self.room.seq and before.last != self.room.last
        self.set_back = max(0, before.seq - self.room.seq) or int(another)
        self._chunks, self._chunks_expected = [], 0
        seen = self.room.seen.get(self.key.public)
        if seen is not None:
            self._outbox.counter_seen(seen.highest)
            for pending in self._outbox.pending():
                if pending.command_id in seen.recent:
                    self._counters[pending.command_id] = pending.counter
                    self._settle(pending.command_id, None)
        self._live()
        self._tell(Entered())

    def _live(self) -> None:
        self.agreement = None
        self._set_state(State.LIVE)
        self._send_again(SENT_AT_ONCE)
        self._history.live()
        self._ping(PINGS_AT_JOIN)

    def _fold(self, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.seq <= self.room.seq:
                continue
            if entry.seq != self.room.seq + 1:
                raise Unreadable("an entry is missing")  # no words: as above
            self._keep_declined(entry)
            try:
                evolve(self.room, entry)
            except Exception:
                # This version cannot fold it: the next connection brings the room as the server has it.
                self.room = Room(self.link.room)
                raise Unreadable("an entry cannot be folded") from None  # no words: as above
            self.time.at_least(entry.at)
            member = self.room.members.get(self.seat)
            if member is not None and member.removed:
                self.seat = next((m.seat for m in self.room.members.values() if m.ik == self.key.public), self.seat)
            self._settle(entry.id, None)
            self._tell(Happened(entry))

    def _keep_declined(self, entry: Entry) -> None:
        for event in entry.events:
            action = action_with(self.room, event.action) if isinstance(event, ActionRemoved) else None
            if action is not None:
                self.declined[action.id] = action

    def _refused(self, frame: Refused) -> None:
        if not frame.id and frame.code == "too_fast":
            self._history.too_fast()
        if frame.code in TO_BE_SENT_AGAIN:
            self._send_again_later()
            return
        self._settle(frame.id, Refusal(frame.code))

    def _settle(self, id: bytes, refusal: Refusal | None) -> None:
        counter = self._counters.pop(id, None)
        mine = counter is not None or self._uncounted.pop(id, None) is not None
        if counter is not None:
            self._outbox.acknowledged(counter)
            if counter == self._last_sent_again:
                self._send_again(SENT_AT_ONCE)
        settled = self._settling.pop(id, None)
        if settled is not None and not settled.done():
            settled.set_result(refusal)
        if mine or refusal is not None:
            self._tell(Settled(id, refusal))

    def _send_again(self, at_once: int) -> None:
        """Sends what was not acknowledged, in order; the server decides nothing twice.

        No more than `at_once`: the others follow when the last of these is settled, or after a while.
        """
        if self._resending is not None:
            self._resending.cancel()
        self._resending = None
        self._last_sent_again = 0
        for frame in self._uncounted.values():
            if self._may_go(frame):
                self._transmit(frame)
        if self.state is not State.LIVE:
            return
        pending = self._outbox.pending()
        for command in pending[:at_once]:
            self._counters[command.command_id] = command.counter
            self._write(msgspec.msgpack.encode([msgspec.Raw(command.command)]))
        if len(pending) > at_once:
            self._last_sent_again = pending[at_once - 1].counter
            self._send_again_later()

    def _send_again_later(self) -> None:
        if self._resending is None:
            loop = asyncio.get_running_loop()
            self._resending = loop.call_later(RETRY_REFUSED_S, self._send_again, RETRIED_AT_ONCE)

    def _ping(self, times: int) -> None:
        self._transmit(Ping(self.time.stamp()))
        loop = asyncio.get_running_loop()
        socket = self._socket
        delay = 0.05 if times > 1 else PING_EVERY_S
        loop.call_later(delay, self._ping_again, socket, max(1, times - 1), times > 1)

    def _ping_again(self, socket: ClientConnection | None, times: int, at_join: bool) -> None:
        """Pings on as long as this is the same connection; a minute apart only while somebody speaks."""
        if socket is None or socket is not self._socket or self.state is not State.LIVE:
            return
        if at_join or self.room.floor.turns:
            self._ping(times)
        else:
            asyncio.get_running_loop().call_later(PING_EVERY_S, self._ping_again, socket, 1, False)

    # -- endings -------------------------------------------------------------------------------------------------

    def _bye(self, code: str) -> None:
        if code in FINAL:
            self._end(TurnedAway(code))
        else:
            self._farewell = str(TurnedAway(code))

    def _end(self, error: TurnedAway, trouble: str = "") -> None:
        self._ended = error
        self.turned_away = None if trouble else error
        self.trouble = trouble or str(error)
        self._set_state(State.ENDED)
        self._fail_waiters(error)

    def _fail_waiters(self, error: Exception) -> None:
        if self._ended is None:
            self._ended = error
        for _condition, met in self._waiters:
            if not met.done():
                met.set_exception(self._ended)
        self._waiters.clear()
        for settled in self._settling.values():
            if not settled.done():
                settled.set_exception(self._ended)
        self._settling.clear()
        self._history.end(self._ended)

    def _set_state(self, state: State) -> None:
        if state not in (State.LOST, State.ENDED):
            self.trouble = ""
        if self.state is not state:
            self.state = state
            self._tell(StateChanged(state))

    def _tell(self, notice: Notice) -> None:
        for watcher in list(self._watchers):
            watcher(notice)
        for condition, met in list(self._waiters):
            if met.done():
                continue
            try:
                if condition(self.room):
                    met.set_result(None)
            except Exception as error:
                met.set_exception(error)
        self._waiters = [waiter for waiter in self._waiters if not waiter[1].done()]


def back_off(attempt: int, lost_for: float) -> float:
    """Seconds until the next try: doubling from 0.1 to 1 in the first minute, then to 10, and never quite the same."""
    longest = 1.0 if lost_for < 60 else 10.0
    return min(longest, 0.1 * 2 ** min(attempt, 10)) * random.uniform(0.5, 1.0)


def _ignore(done: asyncio.Future[None]) -> None:
    """What could not be sent is sent again after the reconnect."""
    if not done.cancelled():
        done.exception()


def _trouble(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return _("Nobody answers there: is the server running?")
    if isinstance(error, socket_module.gaierror):
        return _("There is no server of that name: check the link, and this computer's network.")
    if isinstance(error, TimeoutError):
        return _("The server does not answer.")
    return LOST
