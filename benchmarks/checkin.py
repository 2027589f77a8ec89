"""What a check-in costs: the processor's time and bytes of one client, envelopes, and the wall time of the close.

    python benchmarks/checkin.py [--people 3 5 11 25 32 50 100 250] [--quick] [--json]

A real server process; all clients of a check-in in this one process, over sockets. Everybody stands in an epoch,
answers, and is done; the close is from the last *done* until the result is journaled and has come back to everybody.
CPU is that of one client's own part (keys, masks, checks, result), measured as the processor's time of this process
while it works; bytes are those of its envelopes. Next to them stand the figures of the design's prototype.

With more than 100 people only one client checks every signature, as each would on a machine of its own; the others skip
that check, since two cores cannot do the work of hundreds within the limits of a step. The table says so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict
from typing import NamedTuple

from evenly_client.checkins import attempt as attempts
from evenly_client.checkins.asking import open_command
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.question import Question
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer, Relayed
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.checkins import MOST_IN_TEXT, check_in_with
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.wire import Relay, encode
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode, Lobby
from figures import Found, Growth, table

PEOPLE = (3, 5, 11, 25, 32, 50, 100, 250)
QUICK_PEOPLE = (3, 6, 12)
ALL_IN_FULL = 100
"""Up to so many people, every client checks everything."""

WITHIN_S = 120.0
PROTOTYPE = {
    (CheckInKind.SCALE, 11): (3.4, 0.7),
    (CheckInKind.SCALE, 50): (15.0, 2.5),
    (CheckInKind.SCALE, 250): (82.0, 12.0),
    (CheckInKind.TEXT, 11): (8.0, 10.0),
    (CheckInKind.TEXT, 25): (21.0, 34.0),
}
"""CPU of a client in milliseconds and KB up, by kind and people."""

GROWS = {
    CheckInKind.SCALE: "a sealed part of one's secret for each other, beside a sum of fixed length",
    CheckInKind.TEXT: "16 n² slots to draw a place from, a block for each one's text, and the sealed parts",
}
"""Why envelopes grow with the people, by kind."""

SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error", "--connections", "400")


class Cost(NamedTuple):
    """Of one check-in. Milliseconds and bytes are one client's; `rounds`: envelopes that it sent in the close."""

    kind: str
    people: int
    in_full: int
    epoch_cpu_ms: float
    close_cpu_ms: float
    epoch_up: int
    close_up: int
    epoch_down: int
    close_down: int
    rounds: int
    close_wall_s: float


class Measured:
    """One client whose part is measured."""

    def __init__(self, peer: Peer, check_ins: CheckIns) -> None:
        self.cpu = 0.0
        self.up = self.down = self.sent = 0
        received = check_ins.mine.received

        def timed(envelope: Relay) -> list[Relay]:
            began = time.process_time()
            with checking():
                answers = received(envelope)
            self.cpu += time.process_time() - began
            self.up += sum(len(encode([a])) for a in answers)
            self.sent += len(answers)
            return answers

        check_ins.mine.received = timed  # type: ignore[method-assign]
        peer.watch(lambda notice: self._came(notice.envelope) if isinstance(notice, Relayed) else None)

    def _came(self, envelope: Relay) -> None:
        self.down += len(encode([envelope]))

    def taken(self) -> tuple[float, int, int, int]:
        """What it has cost since the last time: seconds, bytes up and down, envelopes sent."""
        cost = (self.cpu, self.up, self.down, self.sent)
        self.cpu, self.up, self.down, self.sent = 0.0, 0, 0, 0
        return cost


_checks = True
_verify = attempts.verify


@contextmanager
def checking() -> Iterator[None]:
    """Inside, signatures are checked, whoever skips them outside."""
    global _checks
    before, _checks = _checks, True
    try:
        yield
    finally:
        _checks = before


def _verified(ik: bytes, signature: bytes, message: bytes) -> bool:
    return _verify(ik, signature, message) if _checks else True


async def check_in_among(port: int, kind: CheckInKind, people: int) -> Cost:
    """One check-in of so many people in a new room."""
    global _checks
    _checks = people <= ALL_IN_FULL
    id = Peer.new_id()
    link = Link("127.0.0.1", port, id, id)
    async with AsyncExitStack() as stack:
        peers: list[Peer] = []
        for number in range(people):
            peer = Peer(link, DeviceKey.generate(), f"Member {number}", create_key=None if number else "")
            await stack.enter_async_context(peer)
            await peer.entered()
            peers.append(peer)
            if not number:
                await peer.ask(ChangeSettings(Settings(lobby=Lobby.OFF)))
        lead = peers[0]
        await lead.until(lambda room: len(lead.connected) == people)
        parts = [CheckIns(peer, MemoryLedger()) for peer in peers]
        one = Measured(lead, parts[0])
        await lead.ask(StartSession([PhasePlan("talk", b"", 60, FloorMode.QUEUE)]))
        await lead.ask(open_command(lead, Question(kind, "How was it?"), id), id)
        for peer, part in zip(peers, parts, strict=True):
            await peer.until(lambda room, part=part: part.open is not None and part.mine.people == people)
        epoch_cpu, epoch_up, epoch_down, _ = one.taken()
        began = time.perf_counter()
        for number, part in enumerate(parts):
            part.answer(id, f"What number {number} has to say." if kind is CheckInKind.TEXT else (number % 5,))
            part.done(id)
        for peer in peers:
            await peer.until(lambda room: check_in_with(room, id).ended_at > 0)  # type: ignore[union-attr]
        wall = time.perf_counter() - began
        check_in = check_in_with(lead.room, id)
        if check_in is None or check_in.state is not CheckInState.RECORDED:
            raise RuntimeError(f"{kind} among {people} came to nothing: {check_in and check_in.code}")
        cpu, up, down, rounds = one.taken()
    in_full = people if people <= ALL_IN_FULL else 1
    return Cost(kind, people, in_full, epoch_cpu * 1e3, cpu * 1e3, epoch_up, up, epoch_down, down, rounds, wall)


async def run(people: Sequence[int]) -> list[Cost]:
    """Every check-in asked for, one after the other."""
    attempts.verify = _verified
    server = await LocalServer.start(SERVER)
    try:
        wanted = [(CheckInKind.SCALE, n) for n in people]
        wanted += [(CheckInKind.TEXT, n) for n in people if n <= MOST_IN_TEXT]
        costs: list[Cost] = []
        for kind, n in wanted:
            async with asyncio.timeout(WITHIN_S):
                costs.append(await check_in_among(server.port, kind, n))
        return costs
    finally:
        await server.kill()


def growth(costs: Sequence[Cost]) -> list[Growth]:
    """How one client's part of the close grows with the people, where two numbers of them or more were tried."""
    grown: list[Growth] = []
    for kind in dict.fromkeys(c.kind for c in costs):
        own = [c for c in costs if c.kind == kind]
        cpu: list[tuple[float, float]] = [(c.people, c.close_cpu_ms) for c in own]
        sent: list[tuple[float, float]] = [(c.people, c.close_up) for c in own]
        grown.append(
            Growth(
                f"closing a {kind} check-in, one client, by people",
                "ms CPU",
                cpu,
                "a mask for each other, and everybody's signatures to check",
            )
        )
        grown.append(
            Growth(f"what one client sends to close a {kind} check-in, by people", "B", sent, GROWS[CheckInKind(kind)])
        )
    return [one for one in grown if len(one.points) > 1]


def found_among(people: Sequence[int]) -> Found:
    """Every check-in among so many, as plain JSON."""
    costs = asyncio.run(run(people))
    return {"costs": [c._asdict() for c in costs], "growth": [asdict(one) for one in growth(costs)], "goals": []}


def measure(quick: bool) -> Found:
    """See the module."""
    return found_among(QUICK_PEOPLE if quick else PEOPLE)


def page(found: Found) -> str:
    """The section; the prototype's figures in brackets where there are some."""
    costs = [Cost(**one) for one in found["costs"]]
    heads = ["kind", "people", "keys: CPU ms", "up", "down", "close: CPU ms", "up", "down", "envelopes", "wall s"]
    lines = [
        "## Check-ins",
        "",
        "One client's part in an anonymous check-in: keys, then the close, from the last *done* until everybody has "
        "the result. CPU is that of its part alone, up and down are KB of envelopes; in brackets the figures of the "
        "design's prototype. The wall time is that of all clients on this one machine.",
        "",
        table(heads, [cells(c) for c in costs]),
    ]
    if any(c.in_full < c.people for c in costs):
        lines += ["", f"Among more than {ALL_IN_FULL} people one client checks every signature, the others skip that."]
    return "\n".join(lines)


def cells(c: Cost) -> list[str]:
    """A check-in as a row."""
    cpu, up = PROTOTYPE.get((CheckInKind(c.kind), c.people), (0.0, 0.0))
    return [
        c.kind,
        str(c.people),
        f"{c.epoch_cpu_ms:.1f}",
        _kb(c.epoch_up),
        _kb(c.epoch_down),
        f"{c.close_cpu_ms:.1f}{f' ({cpu:g})' if cpu else ''}",
        f"{_kb(c.close_up)}{f' ({up:g})' if up else ''}",
        _kb(c.close_down),
        str(c.rounds),
        f"{c.close_wall_s:.2f}",
    ]


def _kb(size: int) -> str:
    return f"{size / 1000:.1f}"


def main() -> None:
    """The command line: that of every benchmark, and `--people`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="+", help="how many take part, one check-in of each kind for each")
    parser.add_argument("--quick", action="store_true", help="few people: to see that it works, not to quote")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    given = parser.parse_args()
    if any(not 3 <= n <= 300 for n in given.people or ()):
        parser.error("from 3 to 300 people")
    found = found_among(given.people) if given.people else measure(given.quick)
    print(json.dumps(found) if given.json else page(json.loads(json.dumps(found))))


if __name__ == "__main__":
    main()
