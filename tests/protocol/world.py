"""A room in a test's hands: one clock, ids from a counter, and commands decided and folded as the server does."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction

from evenly_protocol import airtime, queue, timers, wire
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.facts import Command, Event
from evenly_protocol.floor import ChangeMode, Floor
from evenly_protocol.hands import Hand, RaiseHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import UNRECORDED, Asking, Entry, Room, RoomCreated, decide, evolve
from evenly_protocol.seats import AddGuest, Admit, SetRole
from evenly_protocol.session import EndSession, Session, StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Finish, GiveFloor, Turn
from evenly_protocol.words import FloorMode, Intent, Role

SECOND = 1_000
MINUTE = 60_000
NAME = b"n" * 61
WORDS = b"w" * 61
FACILITATOR = 1


def phase(mode: FloorMode = FloorMode.QUEUE, *, minutes: int = 60, counted: bool = True, holder: int = 0) -> PhasePlan:
    """A phase of talk."""
    return PhasePlan("talk", b"", minutes, mode, counted, holder)


class World:
    """A room with a facilitator in seat 1 and participants behind; a session runs unless `plan` is None."""

    def __init__(
        self,
        people: int = 4,
        plan: PhasePlan | None = phase(),  # noqa: B008
        *,
        settings: Settings | None = None,
        observers: Iterable[int] = (),
    ) -> None:
        self.room = Room(b"r" * 16)
        self.at = 1_000_000
        self.entries: list[Entry] = []
        self._ids = itertools.count(1)
        self._counters = itertools.count(1)
        self.tell([RoomCreated(b"h" * 32)])
        for _ in range(people):
            self.join()
        for seat in observers:
            self.do(SetRole(seat, Role.OBSERVER))
        if settings is not None:
            self.do(ChangeSettings(settings))
        if plan is not None:
            self.start(plan)

    # -- what happens ------------------------------------------------------------------------------------------

    def do(self, command: Command, by: int = FACILITATOR, *, connected: Iterable[int] = ()) -> list[Event] | Refusal:
        """Gives a command; folds what it makes happen."""
        name = self.new_id()
        outcome = decide(self.room, command, Asking(by, self.at, name, tuple(connected)))
        if isinstance(outcome, list) and outcome:
            self.tell(outcome, by=0 if type(command) in UNRECORDED else by, name=name)
        return outcome

    def must(self, command: Command, by: int = FACILITATOR) -> list[Event]:
        """Gives a command that may not be refused, and makes something happen."""
        outcome = self.do(command, by)
        assert isinstance(outcome, list), (command, outcome)
        assert outcome, command
        return outcome

    def tell(self, events: list[Event], *, by: int = 0, name: bytes = b"") -> None:
        """Folds an entry, after a journey over the wire."""
        counter = next(self._counters) if by else 0
        entry = Entry(self.room.seq + 1, name or self.new_id(), self.at, by, counter, events)
        entry = wire.decode_entry(wire.encode_entry(entry))
        self.entries.append(entry)
        evolve(self.room, entry)

    def later(self, ms: int) -> None:
        """Lets time pass; what is due meanwhile is given by the server, each at its moment."""
        until = self.at + ms
        while (due := timers.next_due(self.room)) is not None and due[0] <= until:
            self.at = max(self.at, due[0])
            outcome = self.do(due[1], by=0)
            assert isinstance(outcome, list), due
            assert outcome, f"a timer that does nothing is due for ever: {due}"
        self.at = until

    def new_id(self) -> bytes:
        """An id that has not been used."""
        return next(self._ids).to_bytes(16, "big")

    # -- short names -------------------------------------------------------------------------------------------

    def join(self, guest: int = 0) -> int:
        """A device joins; its seat."""
        seat = len(self.room.members) + 1
        self.do(Admit(seat.to_bytes(32, "big"), NAME, b"i" * 16, b"s" * 64, guest), by=0)
        return guest or seat

    def guest(self) -> int:
        """The facilitator enters somebody without a screen; their seat."""
        self.must(AddGuest(NAME))
        return len(self.room.members)

    def start(self, *plan: PhasePlan, host: int = 0, connected: Iterable[int] | None = None) -> None:
        """Starts a session; everybody with a device is connected unless said otherwise."""
        here = [m.seat for m in self.room.members.values() if m.ik] if connected is None else connected
        outcome = self.do(StartSession(list(plan) or [phase()], host), connected=here)
        assert isinstance(outcome, list), outcome

    def end(self) -> None:
        """Ends the running session."""
        self.must(EndSession(self.session.number))

    def hand(self, seat: int, intent: Intent = Intent.SPEAK) -> bytes:
        """Somebody raises a hand; its id."""
        if self.room.members[seat].is_guest:
            self.must(RaiseHand(intent, seat=seat))
        else:
            self.must(RaiseHand(intent), seat)
        return self.entries[-1].id

    def next(self) -> int:
        """The facilitator's *next*; who speaks then, 0 for nobody."""
        self.must(CallNext(self.turn.id if self.floor.turns else b""))
        return self.turn.seat if self.floor.turns else 0

    def give(self, seat: int, by: int = FACILITATOR) -> list[Event]:
        """A seat key."""
        return self.must(GiveFloor(seat), by)

    def finish(self, by: int = FACILITATOR) -> list[Event]:
        """The running turn is finished."""
        return self.must(Finish(self.turn.id), by)

    def mode(self, mode: FloorMode, seat: int = 0, **more: bool) -> list[Event]:
        """The facilitator changes the floor mode."""
        return self.must(ChangeMode(mode, seat, **more))

    # -- what is seen ------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session, running or last."""
        assert self.room.session is not None
        return self.room.session

    @property
    def floor(self) -> Floor:
        """The floor."""
        return self.room.floor

    @property
    def turn(self) -> Turn:
        """The running turn."""
        return self.floor.turns[-1]

    @property
    def speaking(self) -> list[int]:
        """Who has the floor."""
        return [t.seat for t in self.floor.turns]

    def up(self, seat: int) -> Hand:
        """The first raised hand of a seat."""
        return next(h for h in self.floor.hands if h.seat == seat)

    @property
    def line(self) -> list[int]:
        """The queue, by seat, the first to be called first."""
        return [place.hand.seat for place in queue.ordered(self.room, self.at)]

    def reasons(self) -> dict[int, str]:
        """Why each hand stands where it stands, by seat."""
        return {place.hand.seat: place.reason for place in queue.ordered(self.room, self.at)}

    @property
    def sums(self) -> airtime.Totals:
        """What the ledger adds up to now."""
        return airtime.totals(self.session, self.at)

    def counted(self, seat: int) -> int:
        """Counted air time, milliseconds."""
        return self.sums.counted.get(seat, 0)

    def balance(self, seat: int) -> Fraction:
        """Balance, milliseconds."""
        return self.sums.balance[seat]


def code(outcome: list[Event] | Refusal) -> str:
    """The code of a refusal."""
    assert isinstance(outcome, Refusal), outcome
    return outcome.code
