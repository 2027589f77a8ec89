"""A room on one virtual clock: the server's relay of check-ins, and members' devices whose lines the test holds.

Real are the rules of the room, the relay, `CheckIns` and all that is behind it, and the bytes between them. What is
made here is what is around these: the clock, the lines with their delays, the journal (a list), and what a server does
about members that come and go. Devices can be cut off, frozen, started anew, and made to lie.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
from evenly_client.checkins.ledger import Electorate, MemoryLedger
from evenly_client.checkins.participant import Answer, Participant, Verdict
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.links import Link
from evenly_client.peer import CheckInMoved, Entered, Happened, Notice, Relayed, State, StateChanged, Watcher
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol import timers
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.attendance import NoticeConnected, NoticeLost
from evenly_protocol.checkins import (
    CheckIn,
    CloseDueCheckIn,
    GiveUpCheckIn,
    OpenCheckIn,
    RecordResult,
    check_in_with,
)
from evenly_protocol.facts import Command, Event
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry, Room, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import Admit
from evenly_protocol.wire import ASKED_FOR, Relay, RelayType, decode_client, encode
from evenly_protocol.words import CheckInKind, CheckInState, Presence
from evenly_server.actor import CONCERNS_CHECK_INS, LOST_AFTER_MS
from evenly_server.checkins import CheckInRelay

from tests.protocol.world import FACILITATOR, NAME, World, phase

Lie = Callable[["Device", Relay], Iterable[Relay]]
"""What a device sends instead of this envelope."""


def silent(*types: RelayType) -> Lie:
    """Never sends any of these: whatever waits for one waits in vain."""
    return lambda device, honest: [] if honest.type in types else [honest]


def instead(*types: RelayType, **changes: Any) -> Lie:
    """Sends these with something changed; `payload` may work on the honest one's."""

    def lie(device: Device, honest: Relay) -> list[Relay]:
        if honest.type not in types:
            return [honest]
        made = {name: value(honest.payload) if callable(value) else value for name, value in changes.items()}
        return [msgspec.structs.replace(honest, **made)]

    return lie


def refuses(type: RelayType, code: str) -> Lie:
    """Refuses instead of sending one of these."""
    return instead(type, type=RelayType.REFUSE, payload=code.encode())


def cut_at(type: RelayType, back_after_s: float | None, *, received: bool = False) -> Lie:
    """The line is cut when it has to send this, once, and is back after so many seconds; None for never.

    `received`: the server gets it, and what it says to that is lost.
    """
    cut: list[bool] = []

    def lie(device: Device, honest: Relay) -> list[Relay]:
        if honest.type is not type or cut:
            return [honest]
        cut.append(True)
        loop, hall = asyncio.get_running_loop(), device.hall
        loop.call_later(device.up.delay + 0.001 if received else 0, hall.drop, device)
        if back_after_s is not None:
            loop.call_later(back_after_s, hall.connect, device)
        return [honest]

    return lie


_KEYS = [DeviceKey.from_bytes(bytes([n]) * 32) for n in range(1, 80)]
OVER = (CheckInState.RECORDED, CheckInState.GIVEN_UP, CheckInState.WITHDRAWN)


class Keyed(World):
    """A world whose members have device keys that sign."""

    def __init__(self, people: int, plan: PhasePlan | None, **more: Any) -> None:
        self.keys: list[DeviceKey] = []
        self.next_id = b""
        super().__init__(people, plan, **more)

    def new_id(self) -> bytes:
        """The id that was asked for, else one that has not been used."""
        id, self.next_id = self.next_id, b""
        return id or super().new_id()

    def join(self, guest: int = 0) -> int:
        """A device joins; its seat."""
        key = _KEYS[len(self.keys)]
        self.keys.append(key)
        seat = len(self.room.members) + 1
        self.do(Admit(key.public, NAME, b"i" * 16, b"s" * 64, guest), by=0)
        return guest or seat


class Pipe:
    """One direction of a line: things arrive in their order, each `delay` seconds after it was put in."""

    def __init__(self, arrives: Callable[[Any], None], moved: asyncio.Event) -> None:
        """`moved` is set whenever something has arrived."""
        self.moved = moved
        self.delay = 0.01
        self.stopped = False
        self._arrives = arrives
        self._inside: deque[Any] = deque()
        self._last = 0.0

    def put(self, thing: Any) -> None:
        loop = asyncio.get_running_loop()
        self._last = max(self._last, loop.time() + self.delay)
        self._inside.append(thing)
        loop.call_at(self._last, self._next)

    def _next(self) -> None:
        if self._inside and not self.stopped:
            self._arrives(self._inside.popleft())
            self.moved.set()

    def go_on(self) -> None:
        """What was held back arrives at once."""
        self.stopped = False
        while self._inside:
            self._next()

    def cut(self) -> None:
        """What is inside is lost."""
        self._inside.clear()


@dataclass(frozen=True)
class Burn:
    """An attempt that a device has opened, as its ledger has it."""

    check_in: bytes
    stage: str
    k: int
    members: frozenset[bytes] = frozenset()
    question: bytes = b""


class Noted(MemoryLedger):
    """A ledger that keeps the order of what was written into it. It outlives its program, as a disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.burns: list[Burn] = []

    def burn(
        self, check_in: bytes, stage: str, k: int, question: bytes = b"", electorate: Electorate | None = None
    ) -> None:
        super().burn(check_in, stage, k, question, electorate)
        self.burns.append(Burn(check_in, stage, k, electorate.members if electorate else frozenset(), question))


@dataclass(frozen=True)
class Came:
    """A result that a device has worked out by itself: of which attempt, by its hash, of whom, and what."""

    check_in: bytes
    ctx: bytes
    members: tuple[bytes, ...]
    sealed: bytes


class Watched(Participant):
    """A participant whose device notes what it put into each attempt, and every result it came to.

    `doubles`: it puts in twice what it should.
    """

    device: Device
    doubles = False

    def _vector(self, c: Any, context: Any) -> int | None:
        x = super()._vector(c, context)
        if x is None:
            return None
        x *= 2 if self.doubles else 1
        self.device.put_in[context.hashed()] = c.answer if c.asked.in_words else x
        return x

    def _result(self, c: Any, attempt: Any, relay: Relay) -> list[Relay]:
        answers = super()._result(c, attempt, relay)
        if c.result and attempt.context.stage != "A":
            self.device.came.append(Came(c.asked.id, attempt.ctx, tuple(attempt.roster), c.result))
        return answers


class Device:
    """A member's machine. To `CheckIns` it is the peer; it has a line to the hall instead of a socket.

    Attributes:
        check_ins: the part that is tested.
        lie: what it sends instead of what it should; None for the truth.
        heard: every envelope that came, in order.
        said: every envelope that it sent, in order.
        refused: how many of them the server would not have.
        put_in: its vector in each attempt, by the attempt's hash; in those in words, what it said.
        came: the results that it came to, in order.
    """

    def __init__(self, hall: Hall, seat: int, key: DeviceKey) -> None:
        self.hall, self.seat, self.key = hall, seat, key
        self.link, self.keys, self.sealer = hall.link, hall.room_keys, Sealer(hall.room_keys, hall.link.room)
        self.ledger = Noted()
        self.put_in: dict[bytes, Any] = {}
        self.came: list[Came] = []
        self.lie: Lie | None = None
        self.heard: list[Relay] = []
        self.said: list[Relay] = []
        self.refused = 0
        self.online = False
        self.down, self.up = Pipe(self._arrives, hall.moved), Pipe(self._left, hall.moved)
        self._watchers: list[Watcher] = []
        self.start()

    def start(self) -> None:
        """The program starts: all that was in memory is gone, what was on disk is there."""
        self._watchers.clear()
        self.state, self.room = State.CONNECTING, Room(self.link.room)
        self.check_ins = CheckIns(self, self.ledger)  # type: ignore[arg-type]
        self.mine = self.check_ins.mine = Watched(
            self.link.room,
            self.keys.room_key,
            self.key,
            self.ledger,
            session=lambda: self.room.session.number if self.room.session is not None else 0,
            now=lambda: self.hall.now,
            belongs=self.check_ins._belongs,
        )
        self.mine.device = self

    # -- what `CheckIns` uses of a peer ----------------------------------------------------------------------------

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def relay(self, *envelopes: Relay) -> None:
        if self.state is State.LIVE and self.online:
            for honest in envelopes:
                for envelope in [honest] if self.lie is None else self.lie(self, honest):
                    self.send(envelope)

    def check_in_moved(self) -> None:
        self._tell(CheckInMoved())

    def seal(self, kind: FieldKind, text: str, id: bytes) -> bytes:
        return self.sealer.seal(kind, text, self.key.public, id)

    def _tell(self, notice: Notice) -> None:
        for watcher in list(self._watchers):
            watcher(notice)

    # -- the line --------------------------------------------------------------------------------------------------

    def send(self, envelope: Relay) -> None:
        """Into the line, whatever it is."""
        self.said.append(envelope)
        self.up.put(encode([envelope]))

    def _arrives(self, thing: Room | list[Entry] | bytes) -> None:
        match thing:
            case Room():
                self.room = msgspec.msgpack.decode(msgspec.msgpack.encode(thing), type=Room)
                self._live()
                self._tell(Entered())
            case bytes():
                (envelope,) = decode_client(thing)
                assert isinstance(envelope, Relay)
                self.heard.append(envelope)
                self._tell(Relayed(envelope))
            case entries:
                self._live()
                for entry in entries:
                    if entry.seq > self.room.seq:
                        assert entry.seq == self.room.seq + 1
                        evolve(self.room, entry)
                        self._tell(Happened(entry))

    def _live(self) -> None:
        if self.state is not State.LIVE:
            self.state = State.LIVE
            self._tell(StateChanged(State.LIVE))

    def _left(self, message: bytes) -> None:
        (frame,) = decode_client(message)
        assert isinstance(frame, Relay)
        self.hall.got(self, frame)

    def freeze(self) -> None:
        """The machine stops: nothing is read any more; the server does not see it."""
        self.down.stopped = True

    def thaw(self) -> None:
        """It goes on with what came meanwhile."""
        self.down.go_on()

    def lose_line(self) -> None:
        """The connection is gone, with all that is in it."""
        self.online = False
        for pipe in (self.down, self.up):
            pipe.cut()
            pipe.stopped = False
        if self.state is State.LIVE:
            self.state = State.LOST
            self._tell(StateChanged(State.LOST))

    # -- what is asked of it ---------------------------------------------------------------------------------------

    def answer(self, check_in: bytes, answer: Answer, *, done: bool = True) -> None:
        """Answers, and is done with it."""
        self.check_ins.answer(check_in, answer)
        if done:
            self.check_ins.done(check_in)

    def verdict(self, check_in: bytes) -> Verdict | None:
        """What the result is to this member."""
        return self.mine.verdicts.get(check_in)

    def burns_of(self, check_in: bytes) -> list[Burn]:
        """Attempts of this check-in that it has opened and that carry answers."""
        return [b for b in self.ledger.burns if b.check_in == check_in and b.stage != "A"]


class Hall:
    """The room, its relay, and the devices; all on the running loop's clock. It is the relay's `Around`."""

    def __init__(self, people: int = 5, *, plan: PhasePlan | None = phase(), **world: Any) -> None:  # noqa: B008
        self.loop = asyncio.get_running_loop()
        self.link = Link("hall.example", 1, b"r" * 16, b"s" * 16)
        self.room_keys = RoomKeys.from_secret(self.link.secret)
        self.world = Keyed(people, plan, **world)
        self.began = self.world.at - int(self.loop.time() * 1000)
        self.devices: list[Device] = []
        self.settled: list[RecordResult | GiveUpCheckIn] = []
        self.sent: list[tuple[bytes, Relay]] = []
        self.up = True
        self.disk_s = 0.004
        self._unwritten: deque[list[Entry]] = deque()
        self._stirred = False
        self.moved = asyncio.Event()
        self.killing: asyncio.Task[None] | None = None
        self._losing: dict[int, asyncio.TimerHandle] = {}
        self._due: asyncio.TimerHandle | None = None
        self._ids = count(1)
        self.check_in_relay = CheckInRelay(self, lambda: self.now)
        for seat, key in enumerate(self.world.keys, start=1):
            self.devices.append(Device(self, seat, key))
            self.connect(self.devices[-1])

    @property
    def now(self) -> int:
        """UTC milliseconds."""
        return self.began + int(self.loop.time() * 1000)

    # -- what the relay is given (`Around`) ------------------------------------------------------------------------

    @property
    def room(self) -> Room:
        return self.world.room

    def send(self, member: bytes, relay: Relay) -> None:
        self.sent.append((member, relay))
        device = self.device_of(member)
        if self.up and device is not None and device.online:
            device.down.put(encode([relay]))

    def close(self, command: CloseDueCheckIn) -> None:
        self.loop.call_soon(self.do, command, 0)

    def settle(self, command: RecordResult | GiveUpCheckIn) -> None:
        self.settled.append(command)
        self.loop.call_soon(self.do, command, 0)

    # -- what a server does ----------------------------------------------------------------------------------------

    def device_of(self, member: bytes) -> Device | None:
        """The device with this key."""
        return next((d for d in self.devices if d.key.public == member), None)

    def do(self, command: Command, by: int = FACILITATOR, id: bytes = b"") -> list[Event] | Refusal:
        """A command is decided, written down, and told to everybody who is connected."""
        if not self.up:
            return []
        self.world.at = max(self.world.at, self.now)
        before = len(self.world.entries)
        self.world.next_id = id
        outcome = self.world.do(command, by, connected=[d.seat for d in self.devices if d.online])
        self._writes(self.world.entries[before:])
        self.moved.set()
        return outcome

    def _writes(self, entries: Sequence[Entry]) -> None:
        """What is decided stands in the room at once, and is told when it is on disk."""
        if entries:
            self._unwritten.append(list(entries))
            self.loop.call_later(self.disk_s, self._told)

    def _told(self) -> None:
        entries = self._unwritten.popleft()
        if self.up:
            for device in self.devices:
                if device.online:
                    device.down.put(list(entries))
            concerns = any(type(event) in CONCERNS_CHECK_INS for entry in entries for event in entry.events)
            self._stirred = self._stirred or concerns
            if self._stirred and not self._unwritten:
                self._stirred = False
                self.check_in_relay.stir()
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._due is not None:
            self._due.cancel()
        due = timers.next_due(self.room)
        at = None if due is None else (due[0] - self.began) / 1000
        self._due = None if at is None else self.loop.call_at(max(at, self.loop.time() + 0.001), self._rings)

    def _rings(self) -> None:
        due = timers.next_due(self.room)
        if due is not None and due[0] <= self.now:
            self.do(due[1], by=0)
        else:
            self._set_alarm()

    def got(self, device: Device, frame: Relay) -> None:
        """An envelope of a device's: first whether it was asked for, as the actor does."""
        if not self.up:
            return
        asked_for = frame.type in (*ASKED_FOR, RelayType.REFUSE)
        if asked_for and self.check_in_relay.takes(device.key.public, frame):
            return
        if not self.check_in_relay.received(device.key.public, frame):
            device.refused += 1

    def connect(self, device: Device) -> None:
        """A device's line is there: the room, or what was missed; then how it stands in check-ins."""
        if device.online or not self.up:
            return
        device.online = True
        losing = self._losing.pop(device.seat, None)
        if losing is not None:
            losing.cancel()
        if device.room.seq:
            device.down.put([e for e in self.world.entries if e.seq > device.room.seq])
        else:
            device.down.put(msgspec.msgpack.decode(msgspec.msgpack.encode(self.room), type=Room))
        self.check_in_relay.entered(device.key.public)
        if self.room.running is not None and self.room.members[device.seat].presence is Presence.GONE:
            self.loop.call_soon(self.do, NoticeConnected(device.seat), 0)

    def drop(self, device: Device) -> None:
        """A device's line is cut; unless it is back within two minutes, it counts as gone."""
        if device.online:
            device.lose_line()
            self._start_losing(device.seat)

    def _start_losing(self, seat: int) -> None:
        if seat not in self._losing:
            self._losing[seat] = self.loop.call_later(LOST_AFTER_MS / 1000, self._lost, seat)

    def _lost(self, seat: int) -> None:
        self._losing.pop(seat, None)
        if not self.devices[seat - 1].online:
            self.do(NoticeLost(seat), by=0)

    def restart(self, device: Device) -> None:
        """A device's program ends and starts again: nothing of its memory is left."""
        self.drop(device)
        device.start()
        self.connect(device)

    def newcomer(self) -> Device:
        """Somebody joins."""
        seat = self.world.join()
        device = Device(self, seat, self.world.keys[-1])
        self.devices.append(device)
        self._writes(self.world.entries[-1:])
        self.connect(device)
        return device

    def kill_server(self) -> None:
        """The server is gone, with all that is not in the journal."""
        self.up = False
        self.check_in_relay.stop()
        for device in self.devices:
            device.lose_line()
        for losing in self._losing.values():
            losing.cancel()
        self._losing.clear()

    def start_server(self) -> None:
        """It is back with what is in the journal; whoever attends has two minutes to connect."""
        self.up = True
        self.check_in_relay = CheckInRelay(self, lambda: self.now)
        for device in self.devices:
            if self.room.members[device.seat].attending and self.room.running is not None:
                self._start_losing(device.seat)
        self._set_alarm()
        self.check_in_relay.stir()

    def connect_all(self) -> None:
        """Everybody's line is back."""
        for device in self.devices:
            self.connect(device)

    # -- short names -----------------------------------------------------------------------------------------------

    def open(
        self,
        kind: CheckInKind = CheckInKind.SCALE,
        options: Sequence[str] = (),
        *,
        question: str = "How was it?",
        seconds: int = 0,
        by: int = FACILITATOR,
    ) -> bytes:
        """Somebody who leads opens a check-in; its id."""
        id = self.try_to_open(kind, options, question=question, seconds=seconds, by=by)
        assert id, "it was refused"
        return id

    def try_to_open(
        self, kind: CheckInKind, options: Sequence[str], *, question: str, seconds: int = 0, by: int = FACILITATOR
    ) -> bytes:
        """The same; empty where it is refused."""
        id = next(self._ids).to_bytes(4, "big") + b"check-in-id."
        device = self.devices[by - 1]
        sealed = [device.seal(FieldKind.OPTION, option, id) for option in options]
        outcome = self.do(OpenCheckIn(kind, device.seal(FieldKind.QUESTION, question, id), sealed, seconds), by, id)
        return id if isinstance(outcome, list) else b""

    def check_in(self, id: bytes) -> CheckIn:
        """How the room has it."""
        found = check_in_with(self.room, id)
        assert found is not None
        return found

    def is_over(self, id: bytes) -> bool:
        """Whether it has come to an end."""
        return self.check_in(id).state in OVER

    async def until(self, condition: Callable[[], object], within_s: float = 600) -> None:
        """Lets time pass until something holds; no longer than so many virtual seconds."""
        async with asyncio.timeout(within_s):
            while not condition():
                self.moved.clear()
                await self.moved.wait()

    async def passes(self, seconds: float) -> None:
        """Lets so much time pass."""
        await asyncio.sleep(seconds)

    async def keys_stand(self, those: Iterable[Device] | None = None) -> None:
        """Waits until all of these have the keys of one another, and of nobody else."""
        devices = list(self.devices if those is None else those)
        members = sorted(d.key.public for d in devices)
        await self.until(lambda: all(d.mine.members == members for d in devices))

    async def ends(self, id: bytes, within_s: float = 600) -> CheckIn:
        """Waits for the end of a check-in, and until every connected device has heard of it."""
        await self.until(lambda: self.is_over(id), within_s)
        await self.everybody_knows()
        return self.check_in(id)

    async def everybody_knows(self) -> None:
        """Waits until every connected device stands where the room stands now."""
        seq = self.room.seq
        here = [d for d in self.devices if d.online and not d.down.stopped]
        await self.until(lambda: all(d.room.seq >= seq for d in here))
