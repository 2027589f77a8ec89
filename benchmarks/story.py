"""What a group does in a room over the years, decided by the rules themselves: entries as a journal holds them.

A session is the format `peer-network` (two and a half hours, two issues): rounds, questions, actions reviewed and
committed to, a check-in, talk in pairs, a few posts. Every entry is the answer of `decide` to a command, at its moment,
with what falls due in between; texts are sealed as clients seal them. Chance is drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import msgspec
from evenly_client.formats import library
from evenly_client.formats.planning import phase_plans, planned
from evenly_client.links import Link
from evenly_client.rehearsal import texts
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol.actions import AddAction, CheerAction, SetActionState
from evenly_protocol.agenda import StartPhase
from evenly_protocol.agreement import NameRoom
from evenly_protocol.checkins import CloseCheckIn, RecordResult, open_check_in
from evenly_protocol.exchange import AddPost, MeetAsk, open_asks
from evenly_protocol.facts import Asking, Command, Event
from evenly_protocol.hands import RaiseHand
from evenly_protocol.hashing import profile_message
from evenly_protocol.issues import BringIssue
from evenly_protocol.pairs import SetPairs
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import STATE_VERSION, Entry, Room, RoomCreated, decide, evolve
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import Admit
from evenly_protocol.session import EndSession, Session, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.timers import next_due
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.wire import encode_entry
from evenly_protocol.words import SERVER, ActionState, FloorMode, Intent, Lobby, PostKind
from evenly_server.journal.interface import Outcome, Snapshot
from evenly_server.journal.sqlite import SqliteJournal

BEGINS = 1_480_000_000_000
"""When the first entry is written, UTC milliseconds: in November 2016, so that ten years end before today."""

SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
FORTNIGHT = 14 * DAY
LAST = 88
"""Entries of the last session where it is cut short."""

RESULT_BYTES = 53
"""A sealed result of a scale: six counters of four bytes, and what sealing adds."""

AT_ONCE = 2_000
"""Entries in one append to a journal."""

COMMITTING = ("commitments", "actions")


class Story:
    """A room, its members, and all the entries so far.

    Attributes:
        room: the room as it is now.
        link: the way in; its host and port are a server's to say.
        keys: the device of each member, seat 1 first.
        bodies: the entries, encoded.
        at: the time now, UTC milliseconds.
    """

    def __init__(self, people: int, seed: int = 1) -> None:
        self._draw = random.Random(seed)
        some = self._draw.randbytes
        self.link = Link("127.0.0.1", 0, some(16), some(16))
        self.keys = [DeviceKey.from_bytes(some(32)) for _ in range(people)]
        self.room = Room(self.link.room)
        self.bodies: list[bytes] = []
        self.at = BEGINS
        self._counters = dict.fromkeys(range(1, people + 1), 0)
        self._sealer = Sealer(RoomKeys.from_secret(self.link.secret), self.link.room)
        self._phases = planned(library.find("peer-network"))
        self._found()

    # -- what the story is made of -------------------------------------------------------------------------------

    def do(self, by: int, command: Command, id: bytes = b"") -> bool:
        """A member (0: the server) asks for something now; whether it was done."""
        id = id or self._draw.randbytes(16)
        result = decide(self.room, command, Asking(by, self.at, id, range(1, len(self.keys) + 1)))
        if isinstance(result, Refusal) or not result:
            return False
        if by:
            self._counters[by] += 1
        self._fold(id, self.at, by, self._counters.get(by, 0), result)
        return True

    def wait(self, ms: int) -> None:
        """Time passes, and what falls due in it happens at its moment."""
        until = self.at + ms
        while (due := next_due(self.room)) is not None and due[0] <= until:
            self.at = max(due[0], self.room.at)
            if not self.do(SERVER, due[1]):
                break
        self.at = until

    def _fold(self, id: bytes, at: int, by: int, counter: int, events: list[Event]) -> None:
        entry = Entry(self.room.seq + 1, id, at, by, counter, events)
        self.bodies.append(encode_entry(entry))
        evolve(self.room, entry)

    def _text(self, kind: FieldKind, by: int, deck: Sequence[str], id: bytes) -> bytes:
        return self._sealer.seal(kind, self._draw.choice(deck), self.keys[by - 1].public, id)

    def _wait_between(self, least_s: int, most_s: int) -> None:
        self.wait(self._draw.randint(least_s * SECOND, most_s * SECOND))

    # -- the story -----------------------------------------------------------------------------------------------

    def _found(self) -> None:
        """The room is made, and everybody has a seat in it."""
        token = RoomKeys.from_secret(self.link.secret).invite_token
        self._fold(self._draw.randbytes(16), self.at, SERVER, 0, [RoomCreated(sha256(token).digest())])
        for number, key in enumerate(self.keys, 1):
            self._wait_between(20, 60)
            id = self._draw.randbytes(16)
            name = self._sealer.seal_name(f"Member {number}", key.public, id)
            self.do(SERVER, Admit(key.public, name, id, key.sign(profile_message(self.room.id, name))))
        id = self._draw.randbytes(16)
        self.do(1, NameRoom(self._sealer.seal(FieldKind.ROOM, "Every second Thursday", self.keys[0].public, id)), id)
        self.do(1, ChangeSettings(Settings(lobby=Lobby.OFF)))

    def go_on(self, entries: int) -> None:
        """Sessions are held, a fortnight apart, until there are so many entries (a few more where they end so).

        The last session is cut after `LAST` entries, so that all rooms are left in the same place.
        """
        while len(self.bodies) + LAST + 1 < entries:
            self._hold_session()
            self.wait(FORTNIGHT)
        self._hold_session(LAST)
        self.do(1, EndSession(self._session().number))

    def hold_sessions(self, number: int) -> None:
        """So many sessions more, each whole."""
        for _ in range(number):
            self._hold_session()
            self.wait(FORTNIGHT)

    def _hold_session(self, entries: int = 1 << 30) -> None:
        """One session; it is left as it stands once it has so many entries."""
        stop_at = len(self.bodies) + entries
        holders = dict(enumerate(self._holders(), 1))
        for seat in holders.values():
            self._bring_issue(seat)
        id = self._draw.randbytes(16)
        seal = partial(self._sealer.seal, author_ik=self.keys[0].public, object_id=id)
        self.do(1, StartSession(phase_plans(self._phases, seal, holders=holders)), id)
        for index in range(len(self._phases)):
            if index:
                self.do(1, StartPhase(index, self._session().phase.visit))
            self._hold_phase(stop_at)
            if len(self.bodies) >= stop_at:
                return
        self.do(1, EndSession(self._session().number))

    def _session(self) -> Session:
        session = self.room.running
        assert session is not None
        return session

    def _holders(self) -> list[int]:
        number = 0 if self.room.session is None else self.room.session.number
        return [(2 * number + i) % len(self.keys) + 1 for i in range(2)]

    def _hold_phase(self, stop_at: int) -> None:
        ends, activity = self._session().phase.ends_at, self._session().phase.activity
        if activity == "networking":
            seats = self._draw.sample(range(1, len(self.keys) + 1), len(self.keys) // 2 * 2)
            self.do(1, SetPairs([seats[i : i + 2] for i in range(0, len(seats), 2)], 8))
        while self.at < ends and len(self.bodies) < stop_at:
            if open_check_in(self.room) is not None:
                self._answer_check_in()
            elif self.room.floor.mode is FloorMode.ROUND and self.room.floor.turns:
                self._speak_in_round(activity, ends)
            elif self.room.floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS):
                self._speak_in_turn(activity)
            else:
                self.wait(max(0, ends - self.at))
            if self._draw.random() < 0.02:
                self._post(self._somebody())

    def _speak_in_round(self, activity: str, ends: int) -> None:
        """Each a part of the time there is; what somebody commits to is typed; what was committed to is reviewed."""
        turn = self.room.floor.turns[0]
        left = len(self.room.floor.round.pending) if self.room.floor.round is not None else 0
        self.wait(min(120 * SECOND, max(10 * SECOND, (ends - self.at) // (left + 1))))
        if activity in COMMITTING:
            self._commit(turn.seat)
        if activity == "progress":
            self._review(turn.seat)
        self.do(turn.seat, Finish(turn.id))

    def _speak_in_turn(self, activity: str) -> None:
        """One or two hands go up, the next is called, speaks, and yields."""
        questions = self.room.floor.mode is FloorMode.QUESTIONS
        deck = texts.QUESTIONS if questions else texts.POINTS
        for _ in range(self._draw.randint(1, 2)):
            seat, id = self._somebody(), self._draw.randbytes(16)
            words = self._text(FieldKind.WORDS, seat, deck, id)
            self.do(seat, RaiseHand(Intent.QUESTION if questions else Intent.SPEAK, words), id)
            self._wait_between(1, 10)
        if activity == "progress":
            self._review(self._somebody())
        if activity in COMMITTING:
            self._commit(self._somebody())
        running = self.room.floor.turns
        self.do(1, CallNext(running[0].id if running else b""))
        self._wait_between(20, 100)
        while self.room.floor.turns:
            turn = self.room.floor.turns[0]
            if not self.do(turn.seat, Finish(turn.id)):
                break
            self._wait_between(1, 40)

    def _answer_check_in(self) -> None:
        asked = open_check_in(self.room)
        assert asked is not None
        self._wait_between(40, 90)
        self.do(1, CloseCheckIn(asked.id))
        self._wait_between(1, 2)
        self.do(SERVER, RecordResult(asked.id, self._draw.randbytes(RESULT_BYTES), len(self.keys) - 1))

    def _commit(self, seat: int) -> None:
        number, id = self._session().number, self._draw.randbytes(16)
        if not any(a.owner == seat and a.session == number for a in self.room.actions):
            buddy = seat % len(self.keys) + 1
            self.do(seat, AddAction(self._text(FieldKind.ACTION, seat, texts.ACTIONS, id), buddy=buddy), id)
            self.do(buddy, CheerAction(id))

    def _review(self, seat: int) -> None:
        """Four of five open actions are done; one of twenty is dropped, so that none is open for ever."""
        for action in [a for a in self.room.actions if a.owner == seat and a.open]:
            chance, id = self._draw.random(), self._draw.randbytes(16)
            state = ActionState.DONE if chance < 0.8 else ActionState.DOING if chance < 0.95 else ActionState.DROPPED
            note = self._text(FieldKind.NOTE, seat, texts.NOTES[ActionState.DONE], id)
            self.do(seat, SetActionState(action.id, state, note), id)

    def _bring_issue(self, seat: int) -> None:
        id = self._draw.randbytes(16)
        self.do(seat, BringIssue(self._text(FieldKind.ISSUE, seat, texts.ISSUES, id)), id)

    def _post(self, seat: int) -> None:
        """Something on the exchange; an ask that stands there is met now and then."""
        kind, id = self._draw.choice(list(PostKind)), self._draw.randbytes(16)
        self.do(seat, AddPost(kind, self._text(FieldKind.POST, seat, texts.POSTS[kind], id)), id)
        others = [p for p in open_asks(self.room) if p.seat != seat]
        if others and kind is PostKind.OFFER:
            self.do(seat, MeetAsk(others[0].id, seat))

    def _somebody(self) -> int:
        return self._draw.randint(1, len(self.keys))


def snapshot_of(room: Room) -> bytes:
    """A room as a journal keeps its snapshot."""
    return msgspec.msgpack.encode((STATE_VERSION, msgspec.Raw(msgspec.msgpack.encode(room))))


async def write(path: Path, stories: Sequence[Story], *, snapshots: bool = True) -> None:
    """The stories' rooms into a journal (made if there is none), each with its snapshot as an orderly end leaves it."""
    journal = await SqliteJournal.open(path)
    try:
        for story in stories:
            room, bodies = story.room.id, story.bodies
            for begin in range(0, len(bodies), AT_ONCE):
                outcome = await journal.append(room, begin, bodies[begin : begin + AT_ONCE])
                assert outcome is Outcome.OK, outcome
            if snapshots:
                last = (await journal.read(room, len(bodies) - 1, 1))[0]
                await journal.save_snapshot(room, Snapshot(last.seq, last.hash, snapshot_of(story.room)))
    finally:
        await journal.close()
