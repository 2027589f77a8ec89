"""A room's actor: the one task that decides, journals and broadcasts for a room, in order.

    inbox ──▶ decide each, fold what was decided ──▶ journal (one append, synced) ──▶ events to all, answers to each

What arrives while an append runs waits for the next turn of the loop, so that many commands share one sync and
one message. Nothing is sent before it is on disk.

What cannot be saved is refused for the moment and has not happened. Whatever else goes wrong ends the actor: its
members are told to come again, and the room is read anew from the journal.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import weakref
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable
from functools import partial
from hashlib import sha256
from typing import NamedTuple

import msgspec
from evenly_protocol import attendance, checkins, members, seats, settings
from evenly_protocol.agreement import AnswerAgreement
from evenly_protocol.attendance import NoticeConnected, NoticeLost
from evenly_protocol.checkins import CloseDueCheckIn, GiveUpCheckIn, RecordResult
from evenly_protocol.facts import Asking, Command, Event
from evenly_protocol.members import is_facilitator, seat_of
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.room import (
    OUTCOMES_KEPT,
    STATE_VERSION,
    UNCOUNTED,
    UNRECORDED,
    CommandsSeen,
    Entry,
    Room,
    RoomCreated,
    decide,
    evolve,
    was_accepted,
)
from evenly_protocol.seats import Admit
from evenly_protocol.session import HoldEnded, NoticeGap, SessionStarted
from evenly_protocol.timers import next_due
from evenly_protocol.wire import (
    ASKED_FOR,
    CHUNK,
    PRIVATE_WORDS,
    Accepted,
    Bye,
    Chunk,
    CommandFrame,
    Entries,
    Knock,
    Lobby,
    PresenceFrame,
    Refused,
    Relay,
    RelayType,
    Welcome,
    decode_entry,
    encode,
    encode_entry,
    encode_events,
)
from evenly_protocol.words import SERVER, Presence
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from evenly_server.checkins import CheckInRelay
from evenly_server.clock import Alarm, Clock, not_before
from evenly_server.fanout import NEVER_PAUSED, Fanout
from evenly_server.journal.interface import Journal, JournalDamaged, Outcome, Snapshot, room_mark
from evenly_server.line import Line
from evenly_server.logs import failed, note
from evenly_server.metrics import Metrics

LOST_AFTER_MS = 2 * 60_000
"""Who has lost the connection is still attending for this long."""

ALIVE_EVERY_MS = 1_000
SNAPSHOT_EVERY = 500
"""Entries after which a snapshot is written."""

TAIL_AT_MOST = 256
"""A client that lacks at most so many entries is sent these instead of a snapshot."""

HISTORY_PAGE = 96 * 1024
"""Bytes of entries in one page of history."""

RETRY_MS = 1_000
"""What the server does by itself and cannot save is tried again after this long."""

SLOW_S = 1.0
"""When saving takes longer, members are told that it is under way."""

CHUNK_WITHIN_S = 30.0
"""A client that takes longer than this to take one chunk of a snapshot is cut."""


CONCERNS_CHECK_INS = frozenset(
    {
        *checkins.EVOLVE,
        *attendance.EVOLVE,
        *seats.EVOLVE,
        *settings.EVOLVE,
        SessionStarted,
        HoldEnded,
    }
)
"""Events after which those who take part in check-ins may be others, or a check-in stands differently."""


class Asked(NamedTuple):
    """Something in the inbox: a command of a line, or (line None) of the server or the door.

    `settled` is for who waits for the outcome; what the server asks by itself has none and is asked until it is saved.
    """

    command: Command
    line: Line | None = None
    id: bytes = b""
    counter: int = 0
    settled: asyncio.Future[Refusal | None] | None = None


class Tools(NamedTuple):
    """What a room is given to work with."""

    journal: Journal
    clock: Clock
    fanout: Fanout
    metrics: Metrics
    new_id: Callable[[], bytes]


class MovedAway(Exception):
    """The room is at another server."""


class Knocking(NamedTuple):
    """Somebody who waits in the lobby: the line, how they show themselves, and the facilitator's answer."""

    line: Line
    knock: Knock
    answer: asyncio.Future[int | None]


class RoomActor:
    """One room in memory. Made by `load` or `create`; `stop` writes a snapshot and ends it."""

    def __init__(self, room: Room, tools: Tools, tail: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.room = room
        self.mark = room_mark(room.id)
        self._tools = tools
        self._tail: deque[tuple[bytes, bytes]] = deque(tail, TAIL_AT_MOST)
        self._inbox: deque[Asked] = deque()
        self._entering: list[tuple[Line, int, bytes]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._present: set[Line] = set()
        self._lines: dict[int, Line] = {}
        self._viewers: set[Line] = set()
        self._knocking: dict[bytes, Knocking] = {}
        self._lost: dict[int, Alarm] = {}
        self._due: Alarm | None = None
        self._due_at = 0
        self._next: tuple[int, tuple[int, Command] | None] = (-1, None)
        self._decided_until = 0
        self._alive: Alarm | None = None
        self._presence_pending = False
        self._since_snapshot = 0
        self._saving = False
        self._stopping = False
        self._moved = False
        self.ended = False
        # A proxy: a cycle would stay in memory until the garbage collector's next full turn.
        self._check_ins = CheckInRelay(weakref.proxy(self), tools.clock.now)
        self._catching_up: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run(), name=f"room {self.mark}")

    # -- coming to be --------------------------------------------------------------------------------------------

    @classmethod
    async def load(cls, room_id: bytes, tools: Tools) -> RoomActor | None:
        """The room as the journal has it, None when there is none.

        Raises:
            JournalDamaged: its records do not chain, or cannot be folded.
        """
        if not await tools.journal.head(room_id):
            return None
        room = Room(room_id)
        snapshot = await tools.journal.load_snapshot(room_id)
        if snapshot is not None:
            room = _from_snapshot(snapshot.body) or room
        tail: deque[tuple[bytes, bytes]] = deque(maxlen=TAIL_AT_MOST)
        while page := await tools.journal.read(room_id, room.seq, 1_000):
            for record in page:
                try:
                    entry = decode_entry(record.body)
                    evolve(room, entry)
                except Exception as error:
                    raise JournalDamaged(room_id, record.seq, "an entry cannot be folded") from error
                tail.append((entry.id, record.body))
        alive_until = max(room.at, await tools.journal.alive_until(room_id) or 0)
        actor = cls(room, tools._replace(clock=not_before(tools.clock, alive_until)), tail)
        actor.resumed(alive_until)
        actor._check_ins.stir()
        return actor

    def resumed(self, alive_until: int) -> None:
        """The room is in memory again: whoever attends has 2 minutes to connect, and the gap is noticed."""
        if self.room.running is None:
            return
        for member in members.attending(self.room):
            if member.ik:
                self._start_losing(member.seat)
        self._notice(NoticeGap(alive_until))

    def stop(self) -> asyncio.Task[None]:
        """Lets nobody in any more, decides what is waiting, writes a snapshot, and ends."""
        self._stopping = True
        self._wake.set()
        return asyncio.create_task(self._finish(), name=f"room {self.mark} stops")

    def move_away(self) -> None:
        """The room is at another server now: all are told to come again, and are passed on there."""
        self._moved = True
        self._wake.set()

    async def _finish(self) -> None:
        await self._task
        self._check_ins.stop()
        for task in list(self._catching_up):
            task.cancel()
        await asyncio.gather(*self._catching_up, return_exceptions=True)
        for alarm in (*self._lost.values(), self._due, self._alive):
            if alarm is not None:
                alarm.cancel()
        if self._since_snapshot:
            await self._save_snapshot(self.room.seq, _to_snapshot(self.room))

    # -- what may be asked of it ---------------------------------------------------------------------------------

    def ask(self, command: Command) -> asyncio.Future[Refusal | None]:
        """A command of the door. The future tells how it ended, once that is on disk."""
        settled: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._put(Asked(command, id=self._tools.new_id(), settled=settled))
        return settled

    def ask_for(self, line: Line, frame: CommandFrame, settled: asyncio.Future[Refusal | None] | None = None) -> None:
        """A member's command. `settled` tells how it ended, to who wants to know beside the member."""
        line.queued()
        self._put(Asked(frame.body, line, frame.id, frame.counter, settled))

    def _notice(self, command: Command) -> None:
        """A command of the server's own. Nobody waits for it; it is given again until it is on disk."""
        self._put(Asked(command, id=self._tools.new_id()))

    def arrive(self, line: Line) -> None:
        """A line has a seat. It is shown nothing yet, but the room stays in memory until it leaves.

        Every line that has arrived leaves, too.
        """
        self._present.add(line)
        if self._stopping:
            line.goodbye(Bye.STOPPING)

    def enter(self, line: Line, seq: int, last: bytes) -> None:
        """A line comes in: once what is being decided is on disk it is sent the room, then all that follows.

        `seq` and `last` say what the client holds: entries until `seq`, the last with the id `last`.
        """
        self._entering.append((line, seq, last))
        self._wake.set()
        self._idle.clear()

    def leave(self, line: Line) -> None:
        """A line has ended."""
        line.live = False
        line.over = True
        self._present.discard(line)
        self._viewers.discard(line)
        if self._lines.get(line.seat) is not line:
            return
        del self._lines[line.seat]
        if self._stopping:
            return
        self._tell_presence()
        if self.room.running is not None:
            self._start_losing(line.seat)

    def now(self) -> int:
        """The time in this room, UTC milliseconds."""
        return self._tools.clock.now()

    async def idle(self) -> None:
        """Waits until nothing is waiting and nothing is being written."""
        await self._idle.wait()

    @property
    def deserted(self) -> bool:
        """Whether nobody is there or at the door, nobody attends a running session, and nothing is under way."""
        attended = self.room.running is not None and any(members.attending(self.room))
        busy = self._inbox or self._entering or not self._idle.is_set()
        return not (self._present or self._knocking or attended or busy)

    def lines(self) -> list[Line]:
        """Every line in the room and at its door."""
        return [*self._present, *(k.line for k in self._knocking.values())]

    def opens_to(self, token: bytes, ik: bytes) -> bool:
        """Whether this token lets a newcomer with this device key in."""
        right = hmac.compare_digest(sha256(token).digest(), self.room.invite)
        return right and self.room.invitation_open and ik not in self.room.blocked

    # -- the lobby -----------------------------------------------------------------------------------------------

    def knock(self, line: Line, knock: Knock) -> asyncio.Future[int | None]:
        """Somebody waits to be let in. The answer is a guest seat, 0 for a seat of their own, None for no."""
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        before = self._knocking.get(knock.ik)
        if before is not None:
            before.line.goodbye(Bye.ELSEWHERE)
        self._knocking[knock.ik] = Knocking(line, knock, answer)
        self._tell_lobby()
        return answer

    def stop_knocking(self, line: Line) -> None:
        """They wait no longer."""
        knocking = self._knocking.get(line.ik)
        if knocking is not None and knocking.line is line:
            del self._knocking[line.ik]
            self._tell_lobby()

    def answer_knock(self, by: int, ik: bytes, *, admit: bool, guest: int) -> Refusal | None:
        """A facilitator's answer to somebody who waits."""
        if not is_facilitator(self.room, by):
            return refuse("not_allowed")
        knocking = self._knocking.get(ik)
        if knocking is None or knocking.answer.done():
            return refuse("nobody_there")
        seat = self.room.members.get(guest)
        if admit and guest and (seat is None or not seat.is_guest):
            return refuse("not_a_guest")
        knocking.answer.set_result(guest if admit else None)
        return None

    # -- envelopes -----------------------------------------------------------------------------------------------

    def asked_for(self, line: Line, frame: Relay) -> bool:
        """Takes an envelope that a check-in waits for; whether it was one."""
        asked = frame.type in (*ASKED_FOR, RelayType.REFUSE, RelayType.DONE)
        return asked and self._check_ins.takes(line.ik, frame)

    def relay(self, line: Line, frame: Relay) -> Refusal | None:
        """Hands any other envelope on to whom it concerns; it leaves no trace."""
        if frame.type not in PRIVATE_WORDS:
            return None if self._check_ins.received(line.ik, frame) else refuse("not_asked")
        if frame.type is RelayType.INVITE:
            if not is_facilitator(self.room, line.seat):
                return refuse("not_allowed")
            to = [self._lines[frame.to]] if frame.to in self._lines else []
        else:
            to = [other for other in self._lines.values() if is_facilitator(self.room, other.seat)]
        if not to:
            return refuse("nobody_there")
        payload = encode([msgspec.structs.replace(frame, to=line.seat)])
        self._tools.fanout.send(payload, [other.socket for other in to])
        return None

    # What check-ins are given of the room (`Around`).

    def send(self, member: bytes, relay: Relay) -> None:
        """An envelope to a device's connection, if there is one."""
        line = self._lines.get(seat_of(self.room, member))
        if line is not None and line.live:
            line.send(relay)

    def close(self, command: CloseDueCheckIn) -> None:
        """Everybody is done with a check-in."""
        self._notice(command)

    def settle(self, command: RecordResult | GiveUpCheckIn) -> None:
        """Journals what came of a check-in; tried again until it is on disk."""
        self._notice(command)

    async def history(self, after: int) -> Entries:
        """A page of entries after `after`, as they are in the journal."""
        entries: list[msgspec.Raw] = []
        size = last = 0
        seq = self.room.seq
        for record in await self._tools.journal.read(self.room.id, min(max(0, after), seq), 1_000):
            size += len(record.body)
            if entries and size > HISTORY_PAGE:
                break
            if record.seq <= seq:
                entries.append(msgspec.Raw(record.body))
                last = record.seq
        return Entries(entries, 0 < last < seq)

    # -- the loop ------------------------------------------------------------------------------------------------

    def _put(self, asked: Asked) -> None:
        if self.ended:
            self._answer(asked, refuse("read_only"))
            return
        self._inbox.append(asked)
        self._idle.clear()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            if not (self._inbox or self._entering):
                self._idle.set()
                if self._stopping:
                    break
                await self._wake.wait()
            self._wake.clear()
            batch, self._inbox = self._inbox, deque()
            entering, self._entering = self._entering, []
            try:
                if self._moved:
                    raise MovedAway
                await self._settle(batch, entering)
                self._set_alarms()
            except MovedAway:
                note("room at another server", logging.WARNING, room=self.mark)
                self._break_off(batch, Bye.MOVING)
                break
            except JournalDamaged as damaged:
                note("room set apart", logging.ERROR, room=self.mark, seq=damaged.seq)
                self._break_off(batch, Bye.DAMAGED)
                break
            except Exception:
                failed("a room failed", room=self.mark)
                self._break_off(batch, Bye.STOPPING)
                break
        self.ended = True

    def _break_off(self, batch: deque[Asked], code: Bye) -> None:
        """This actor cannot go on: all part, nothing waits any more, and the room is read anew when somebody comes."""
        self._stopping = self.ended = True
        self._check_ins.stop()
        self._since_snapshot = 0
        for line in self.lines():
            line.goodbye(code)
        for asked in (*batch, *self._inbox):
            self._answer(asked, refuse("read_only"))
        self._inbox.clear()
        self._entering.clear()
        self._idle.set()

    async def _settle(self, batch: deque[Asked], entering: list[tuple[Line, int, bytes]]) -> None:
        before = self.room.seq
        entries: list[tuple[Entry, bytes]] = []
        answers: list[tuple[Asked, Refusal | None, bool]] = []
        for asked in batch:
            try:
                answers.append(self._decide(asked, entries))
            except Exception:
                failed("a command failed", room=self.mark, command=type(asked.command).__name__)
                await self._reload(before)
                for entry, _ in entries:
                    evolve(self.room, entry)
                answers.append((asked, refuse("malformed"), True))
        outcome = Outcome.OK
        if entries:
            bodies = [body for _, body in entries]
            slow = asyncio.get_running_loop().call_later(SLOW_S, partial(self._tell_saving, saving=True))
            try:
                outcome = await self._tools.journal.append(self.room.id, before, bodies)
            finally:
                slow.cancel()
        if outcome is not Outcome.OK and not await self._tools.journal.homes.still_here(self.room.id):
            raise MovedAway
        if outcome is not Outcome.OK:
            note("not saved", logging.WARNING, room=self.mark, outcome=outcome.value)
            entries = await self._reload(before)
            stored = {entry.id for entry, _ in entries}
            answers = [(asked, self._take_back(asked, stored), True) for asked in batch]
            self._tell_saving(saving=True)
        elif entries:
            self._tell_saving(saving=False)
        if entries:
            self._send_events(entries)
        for asked, refusal, told in answers:
            self._answer(asked, refusal, told=told)
        for line, seq, last in entering:
            self._let_in(line, seq, last)

    def _take_back(self, asked: Asked, stored: Collection[bytes]) -> Refusal | None:
        """This has not happened: a member sends it again, in order; what is the server's own is given again.

        Unless it is among what was `stored` (ids) after all.
        """
        if asked.id in stored:
            return None
        if asked.line is None:
            if asked.settled is None:
                at = self._tools.clock.now() + RETRY_MS
                self._tools.clock.alarm(at, partial(self._give_again, asked))
        elif was_accepted(self.room, asked.line.ik, asked.id):
            return None
        elif asked.counter > 0:
            asked.line.counter = min(asked.line.counter, asked.counter)
        return refuse("read_only")

    def _give_again(self, asked: Asked) -> None:
        if isinstance(asked.command, NoticeLost) and asked.command.seat in self._lines:
            return
        self._put(asked)

    def _decide(self, asked: Asked, entries: list[tuple[Entry, bytes]]) -> tuple[Asked, Refusal | None, bool]:
        """Decides one command. The last value: its author is told apart from the events."""
        at = max(self._tools.clock.now(), self.room.at)
        self._decide_due(at, entries)
        line = asked.line
        by = SERVER
        if line is not None:
            by = self._seat(line)
            if by == SERVER:
                return asked, refuse("not_allowed"), True
            known = self._known(line, asked)
            if known is not None:
                return asked, (None if known == "accepted" else refuse(known)), True
        connected: list[int] = list(self._lines)
        result = decide(self.room, asked.command, Asking(by, at, asked.id, connected))
        if line is not None:
            self._tools.metrics.commands_total += 1
        if isinstance(result, Refusal):
            if line is not None:
                self._tools.metrics.refused_total += 1
            return asked, result, True
        if not result:
            return asked, None, True
        recorded = type(asked.command) not in UNRECORDED
        counter = 0 if type(asked.command) in UNCOUNTED else asked.counter
        self._fold(asked.id, at, by if recorded else SERVER, counter, result, entries)
        return asked, None, False

    def _seat(self, line: Line) -> int:
        """The seat that a line speaks for now, 0 for none: it may have changed, or gone, in this very batch."""
        member = self.room.members.get(line.seat)
        return line.seat if member is not None and member.ik == line.ik else seat_of(self.room, line.ik)

    def _known(self, line: Line, asked: Asked) -> str | None:
        """`accepted` for a command decided before, a refusal's code for one out of turn, None for one to decide."""
        if was_accepted(self.room, line.ik, asked.id):
            return "accepted"
        if type(asked.command) in UNCOUNTED:
            return None
        seen = self.room.seen.get(line.ik) or CommandsSeen()
        if 0 < asked.counter <= seen.highest - OUTCOMES_KEPT:
            return "accepted"
        if 0 < asked.counter <= seen.highest:
            return "overtaken"
        if asked.counter < 1 or asked.counter > line.counter:
            return "command_gap"
        line.counter = max(line.counter, asked.counter + 1)
        return None

    def _decide_due(self, at: int, entries: list[tuple[Entry, bytes]]) -> None:
        """What was due by now is decided first, each at its moment, so that a late timer changes nothing."""
        self._decided_until = at
        while (due := self._next_due()) is not None and due[0] <= at:
            moment, command = max(due[0], self.room.at), due[1]
            id = self._tools.new_id()
            result = decide(self.room, command, Asking(SERVER, moment, id))
            if isinstance(result, Refusal) or not result:
                return
            self._fold(id, moment, SERVER, 0, result, entries)

    def _fold(
        self, id: bytes, at: int, by: int, counter: int, events: list[Event], entries: list[tuple[Entry, bytes]]
    ) -> None:
        entry = Entry(self.room.seq + 1, id, at, by, counter, events)
        body = encode_entry(entry)
        evolve(self.room, entry)
        entries.append((entry, body))

    def _answer(self, asked: Asked, refusal: Refusal | None, *, told: bool = True) -> None:
        if asked.settled is not None and not asked.settled.done():
            asked.settled.set_result(refusal)
        if asked.line is None:
            return
        asked.line.decided()
        if told:
            asked.line.send(Accepted(asked.id) if refusal is None else Refused(asked.id, refusal.code))

    def _send_events(self, entries: list[tuple[Entry, bytes]]) -> None:
        payload = encode_events(body for _, body in entries)
        ready: list[ServerConnection] = []
        for line in (*self._lines.values(), *self._viewers):
            if line.behind is not None:
                line.keep_back(payload)
            elif line.live:
                ready.append(line.socket)
        delivery = self._tools.fanout.send(payload, ready)
        if delivery.cut:
            note("slow connections cut", room=self.mark, connections=len(delivery.cut))
        self._tools.metrics.entries_total += len(entries)
        self._since_snapshot += len(entries)
        concerned = False
        for entry, body in entries:
            self._tail.append((entry.id, body))
            self._attend_to(entry)
            concerned = concerned or not CONCERNS_CHECK_INS.isdisjoint(map(type, entry.events))
        if concerned:
            self._check_ins.stir()
        if self._since_snapshot >= SNAPSHOT_EVERY:
            self._since_snapshot = 0
            # Taken now, while the room is what is on disk: a later batch may be decided and then not saved.
            self._in_background(self._save_snapshot(self.room.seq, _to_snapshot(self.room)))

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name=f"room {self.mark}")
        self._catching_up.add(task)
        task.add_done_callback(self._catching_up.discard)

    def _attend_to(self, entry: Entry) -> None:
        """What an entry means for the lines."""
        for event in entry.events:
            match event:
                case seats.MemberRemoved():
                    for line in self._present:
                        if line.seat == event.seat:
                            line.goodbye(Bye.REMOVED)
                case seats.GuestSeatGiven():
                    self._move(event.seat, event.guest)
                case seats.RoleSet() | attendance.ChairTaken() | SessionStarted():
                    self._tell_lobby()
                case _:
                    pass

    def _move(self, seat: int, guest: int) -> None:
        """The member of `seat` has another seat now."""
        for line in self._present:
            if line.seat == seat:
                line.seat = guest
        if seat in self._lines:
            self._lines[guest] = self._lines.pop(seat)
            self._tell_presence()
        lost = self._lost.pop(seat, None)
        if lost is not None:
            lost.cancel()
            self._start_losing(guest)

    # -- letting a line in ---------------------------------------------------------------------------------------

    def _let_in(self, line: Line, seq: int, last: bytes) -> None:
        if line.over:
            return
        line.seat = seat_of(self.room, line.ik)
        if not line.seat:
            line.goodbye(Bye.REMOVED)
            return
        seen = self.room.seen.get(line.ik)
        line.counter = max(line.counter, seen.highest + 1 if seen else 1)
        if line.counted:
            other = self._lines.get(line.seat)
            if other is not None and other is not line:
                other.goodbye(Bye.ELSEWHERE)
            self._lines[line.seat] = line
            lost = self._lost.pop(line.seat, None)
            if lost is not None:
                lost.cancel()
        else:
            self._viewers.add(line)
        now = max(self._tools.clock.now(), self.room.at)
        missing = self._missing(seq, last)
        if missing is not None:
            line.send(Welcome(line.seat, self.room.seq, now, 0, STATE_VERSION, self._saving))
            if missing:
                self._tools.fanout.send(encode_events(missing), (line.socket,))
            line.live = True
        else:
            self._send_snapshot(line, now)
        if line.counted:
            self._tell_presence()
            member = self.room.members[line.seat]
            if self.room.running is not None and member.presence is Presence.GONE:
                self._notice(NoticeConnected(line.seat))
        elif line.live:
            line.send(PresenceFrame(sorted(self._lines), self._saving))
        if line.live:
            self._greet(line)

    def _missing(self, seq: int, last: bytes) -> list[bytes] | None:
        """The entries that a client lacks, None when it must have a snapshot."""
        if (seq, last) == (self.room.seq, self.room.last):
            return []
        behind = self.room.seq - seq
        if seq < 1 or behind < 0 or behind >= len(self._tail):
            return None
        first = len(self._tail) - behind
        if self._tail[first - 1][0] != last:
            return None
        return [body for _, body in list(self._tail)[first:]]

    def _send_snapshot(self, line: Line, now: int) -> None:
        body = msgspec.msgpack.encode(self.room)
        chunks = [Chunk(body[i : i + CHUNK]) for i in range(0, len(body), CHUNK)]
        welcome = Welcome(line.seat, self.room.seq, now, len(chunks), STATE_VERSION, self._saving)
        if len(chunks) == 1:
            line.send(welcome, chunks[0])
            line.live = True
            return
        line.behind = []
        line.send(welcome)
        self._in_background(self._send_chunks(line, chunks))

    async def _send_chunks(self, line: Line, chunks: list[Chunk]) -> None:
        """Each chunk once the one before has mostly left; events wait behind the last."""
        socket = line.socket
        socket.transport.set_write_buffer_limits(CHUNK)
        try:
            for chunk in chunks:
                async with asyncio.timeout(CHUNK_WITHIN_S):
                    await socket.send(encode([chunk]))
        except (ConnectionClosed, TimeoutError, OSError):
            socket.transport.abort()
            return
        socket.transport.set_write_buffer_limits(NEVER_PAUSED)
        behind, line.behind = line.behind or [], None
        if line.over:
            return
        line.live = True
        for payload in behind:
            self._tools.fanout.send(payload, (socket,))
        line.send(PresenceFrame(sorted(self._lines), self._saving))
        self._greet(line)

    # -- telling -------------------------------------------------------------------------------------------------

    def _tell_presence(self) -> None:
        """Who is connected, once for all that came and went in this turn of the loop."""
        if not self._presence_pending:
            self._presence_pending = True
            asyncio.get_running_loop().call_soon(self._send_presence)

    def _send_presence(self) -> None:
        self._presence_pending = False
        payload = encode([PresenceFrame(sorted(self._lines), self._saving)])
        live = [line.socket for line in (*self._lines.values(), *self._viewers) if line.live]
        self._tools.fanout.send(payload, live)

    def _tell_saving(self, *, saving: bool) -> None:
        if self._saving != saving:
            self._saving = saving
            self._tell_presence()

    def _tell_lobby(self) -> None:
        """Who waits to be let in, to all that lead."""
        frame = Lobby([k.knock for k in self._knocking.values()])
        for line in self._lines.values():
            if line.live and is_facilitator(self.room, line.seat):
                line.send(frame)

    def _greet(self, line: Line) -> None:
        """What a line that has just come is told beside the room: who waits to be let in, what check-ins ask of it."""
        if self._knocking and line.counted and is_facilitator(self.room, line.seat):
            line.send(Lobby([k.knock for k in self._knocking.values()]))
        if line.counted:
            self._check_ins.entered(line.ik)

    # -- time ----------------------------------------------------------------------------------------------------

    def _start_losing(self, seat: int) -> None:
        old = self._lost.pop(seat, None)
        if old is not None:
            old.cancel()
        at = self._tools.clock.now() + LOST_AFTER_MS
        self._lost[seat] = self._tools.clock.alarm(at, lambda: self._lose(seat))

    def _lose(self, seat: int) -> None:
        self._lost.pop(seat, None)
        if seat not in self._lines:
            self._notice(NoticeLost(seat))

    def _next_due(self) -> tuple[int, Command] | None:
        """See `next_due`. Only an entry changes it."""
        if self._next[0] != self.room.seq:
            self._next = self.room.seq, next_due(self.room)
        return self._next[1]

    def _set_alarms(self) -> None:
        due = self._next_due()
        at = due[0] if due is not None else None
        if at is not None and at <= self._decided_until:
            # It was decided and could not be saved, or has only just fallen due: not again in this very moment.
            at = self._decided_until + RETRY_MS
        if self._due is not None and self._due_at != at:
            self._due.cancel()
            self._due = None
        if at is not None and self._due is None:
            self._due, self._due_at = self._tools.clock.alarm(at, self._ring_due), at
        session = self.room.running
        if self._alive is None and session is not None and session.floor.turns:
            self._alive = self._tools.clock.alarm(self._tools.clock.now() + ALIVE_EVERY_MS, self._note_alive)

    def _ring_due(self) -> None:
        """Deciding anything decides what is due; this asks for something that changes nothing itself."""
        self._due = None
        self._notice(NoticeConnected(SERVER))

    def _note_alive(self) -> None:
        self._alive = None
        if self.ended:
            return
        self._tools.journal.touch(self.room.id, self._tools.clock.now())
        self._set_alarms()

    # -- what is kept --------------------------------------------------------------------------------------------

    async def _save_snapshot(self, seq: int, body: bytes) -> None:
        try:
            records = await self._tools.journal.read(self.room.id, seq - 1, 1)
            if records:
                await self._tools.journal.save_snapshot(self.room.id, Snapshot(seq, records[0].hash, body))
        except Exception:
            failed("no snapshot", room=self.mark)

    async def _reload(self, after: int) -> list[tuple[Entry, bytes]]:
        """The room as it is on disk: what was decided and not saved has not happened. Its entries from `after` on."""
        room = Room(self.room.id)
        snapshot = await self._tools.journal.load_snapshot(room.id)
        if snapshot is not None:
            room = _from_snapshot(snapshot.body) or room
        entries: list[tuple[Entry, bytes]] = []
        for record in await self._tools.journal.read(room.id, room.seq, None):
            entry = decode_entry(record.body)
            evolve(room, entry)
            if record.seq > after:
                entries.append((entry, record.body))
        self.room = room
        self._next = (-1, None)
        return entries


async def create(room_id: bytes, token: bytes, admit: Admit, tools: Tools) -> Outcome:
    """Makes a room with its first member; `CONFLICT` when there is one already, or that cannot be its member."""
    room = Room(room_id)
    at = tools.clock.now()
    created = Entry(1, tools.new_id(), at, SERVER, 0, [RoomCreated(sha256(token).digest())])
    evolve(room, created)
    result = decide(room, admit, Asking(SERVER, at, tools.new_id()))
    if isinstance(result, Refusal):
        return Outcome.CONFLICT
    first = Entry(2, tools.new_id(), at, SERVER, 0, result)
    return await tools.journal.append(room_id, 0, [encode_entry(created), encode_entry(first)])


def _to_snapshot(room: Room) -> bytes:
    return msgspec.msgpack.encode((STATE_VERSION, msgspec.Raw(msgspec.msgpack.encode(room))))


def _from_snapshot(body: bytes) -> Room | None:
    """The room in a snapshot; None for one of another version: the entries are enough."""
    try:
        version, raw = msgspec.msgpack.decode(body, type=tuple[int, msgspec.Raw])
        return msgspec.msgpack.decode(raw, type=Room) if version == STATE_VERSION else None
    except msgspec.MsgspecError:
        return None


def answers_agreement(frame: CommandFrame) -> bool:
    """Whether a command is the one that a newcomer may give before anything is shown."""
    return isinstance(frame.body, AnswerAgreement)
