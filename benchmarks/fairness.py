"""Does the fair queue do what it is for? The same requests under `arrival` and under `fair`.

    python benchmarks/fairness.py [FOLDER] [--meeting NAME] [--demand 2]

For each meeting: everybody asks for the floor as eagerly as they talked, a request for each of their turns in the
file, in its order, and speaks as long as that turn was. In the file one turn follows the other, so that nobody would
ever wait; here the requests come `--demand` times as densely and the session is as much shorter: that much more is
wanted than there is time. The floor is given by *next*; nobody has two hands up, so a further wish waits until the
hand before it was called. Printed: how evenly the time was shared, and the longest wait from hand to turn. The rules
are the room's own (`decide`/`evolve`).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import deque
from pathlib import Path
from typing import NamedTuple

from evenly_protocol.agenda import PhasePlan
from evenly_protocol.airtime import totals
from evenly_protocol.facts import Asking, Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import Entry, Room, RoomCreated, decide, evolve
from evenly_protocol.seats import Admit, SetRole
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.words import FloorMode, Intent, Order, Role
from meetings import Malformed, Meeting, one_at_a_time, read_folder

MEETINGS = Path(__file__).parent / "data" / "ami"
BEGINS_AT = 1_700_000_000_000
NAME = bytes(61)


class Outcome(NamedTuple):
    """Evenness 0–100; the longest and the mean wait in seconds; turns given."""

    evenness: float
    longest: float
    mean: float
    turns: int


class World:
    """A room without a server: commands are decided and folded at a given moment."""

    def __init__(self, people: int, order: Order) -> None:
        self.room = Room(bytes(16))
        self._count = 0
        self._fold([RoomCreated(bytes(32))], 0, BEGINS_AT)
        for number in range(people + 1):
            self.do(Admit(bytes([number]) * 32, NAME, bytes(16), bytes(64)), 0, BEGINS_AT)
        self.do(SetRole(2, Role.PARTICIPANT), 1, BEGINS_AT)
        self.do(ChangeSettings(Settings(order=order)), 1, BEGINS_AT)
        start = StartSession([PhasePlan("talk", b"", 600, FloorMode.QUEUE)])
        self.do(start, 1, BEGINS_AT, connected=range(1, people + 2))

    def do(self, command: Command, by: int, at: int, connected: range = range(0)) -> None:
        """Decides and folds a command that must be accepted."""
        self._count += 1
        result = decide(self.room, command, Asking(by, at, self._count.to_bytes(16, "big"), connected))
        if isinstance(result, Refusal):
            raise RuntimeError(f"{type(command).__name__}: {result.sentence}")
        self._fold(result, by, at)

    def _fold(self, events: list, by: int, at: int) -> None:  # type: ignore[type-arg]
        evolve(self.room, Entry(self.room.seq + 1, self._count.to_bytes(16, "big"), at, by, 0, events))


def simulate(meeting: Meeting, order: Order, demand: float) -> Outcome:
    """One meeting under one order; `demand`: how much more is wanted than there is time."""
    world = World(len(meeting.people), order)
    seats = {person: seat for seat, person in enumerate(meeting.people, 2)}
    wishes: dict[int, deque[tuple[int, int]]] = {seat: deque() for seat in seats.values()}
    for turn in one_at_a_time(meeting):
        wishes[seats[turn.speaker]].append((int(turn.start / demand), turn.end - turn.start))
    ends = int(max(span.end for span in meeting.spans) / demand)
    waits: list[int] = []
    lengths: dict[int, int] = {}
    now = 0
    while now < ends:
        for seat, own in wishes.items():
            if own and own[0][0] <= now and seat not in lengths:
                _, lengths[seat] = own.popleft()
                world.do(RaiseHand(Intent.SPEAK), seat, BEGINS_AT + now)
        if not world.room.floor.hands:
            coming = [own[0][0] for own in wishes.values() if own]
            if not coming:
                break
            now = min(coming)
            continue
        world.do(CallNext(), 1, BEGINS_AT + now)
        turn = world.room.floor.turns[0]
        assert turn.hand is not None
        waits.append(BEGINS_AT + now - turn.hand.raised_at)
        until = min(ends, now + lengths.pop(turn.seat))
        for seat, own in sorted(wishes.items(), key=lambda item: item[1][0][0] if item[1] else 0):
            if own and own[0][0] < until and seat not in lengths and seat != turn.seat:
                wished, lengths[seat] = own.popleft()
                world.do(RaiseHand(Intent.SPEAK), seat, BEGINS_AT + max(now, wished))
        now = until
        world.do(Finish(turn.id), turn.seat, BEGINS_AT + now)
    assert world.room.session is not None
    sums = totals(world.room.session, BEGINS_AT + now)
    evenness = float(sums.evenness) if sums.evenness is not None else float("nan")
    return Outcome(evenness, max(waits) / 1000, statistics.mean(waits) / 1000, len(waits))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MEETINGS)
    parser.add_argument("--meeting")
    parser.add_argument("--demand", type=float, default=2.0)
    given = parser.parse_args()
    try:
        meetings = [m for m in read_folder(given.folder) if given.meeting in (None, m.name)]
    except (Malformed, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    results: dict[Order, list[Outcome]] = {Order.ARRIVAL: [], Order.FAIR: []}
    print(f"{'meeting':<10} {'':>8} {'evenness':>10} {'longest wait':>14} {'mean wait':>11} {'turns':>7}")
    for meeting in meetings:
        for order, outcomes in results.items():
            outcome = simulate(meeting, order, given.demand)
            outcomes.append(outcome)
            print(
                f"{meeting.name:<10} {order:>8} {outcome.evenness:>10.1f} {outcome.longest:>12.1f} s"
                f" {outcome.mean:>9.1f} s {outcome.turns:>7}"
            )
    for order, outcomes in results.items():
        print(
            f"{'median':<10} {order:>8} {statistics.median(o.evenness for o in outcomes):>10.1f}"
            f" {statistics.median(o.longest for o in outcomes):>12.1f} s"
            f" {statistics.median(o.mean for o in outcomes):>9.1f} s"
        )


if __name__ == "__main__":
    main()
