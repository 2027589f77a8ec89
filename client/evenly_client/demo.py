"""`evenly demo`: a whole session with rehearsal members, on this machine, nothing to set up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from evenly_protocol.airtime import totals
from evenly_protocol.words import Role, Source

from evenly_client import narration, phrases
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.new_room import set_up
from evenly_client.peer import Happened, Notice, Peer
from evenly_client.rehearsal import Rehearsal, RehearsalFacilitator
from evenly_client.sealing import DeviceKey

SERVER = ("--port", "0", "--create", "anyone", "--log", "error")
FAST = 0.0
"""A speed: as fast as it goes."""


@dataclass(frozen=True)
class Plan:
    """What kind of demo. `speed`: seconds of the session for one real second."""

    speed: float = 1.0
    seed: int = 1
    minutes: float = 8.0


async def started(plan: Plan, journal: str = "memory") -> tuple[LocalServer, Rehearsal]:
    """A server with a fed clock (its journal a file, or in memory), and an empty rehearsal for a new room on it."""
    import random

    at = int(time.time() * 1000)
    server = await LocalServer.start([*SERVER, "--journal", journal], fed_at=at)
    draw = random.Random(plan.seed)
    link = Link("127.0.0.1", server.port, draw.randbytes(16), draw.randbytes(16))
    return server, Rehearsal(server, link, seed=plan.seed, speed=plan.speed, at=at)


async def in_lines(plan: Plan, say: Callable[[str], None], journal: str = "memory") -> bool:
    """The whole session as lines of text, then a summary. Whether it came to its end."""
    server, rehearsal = await started(plan, journal)
    try:
        lead = await rehearsal.knock("Fay", create=True)
        await rehearsal.enter(lead)
        lead.watch(lambda notice: _tell(lead, notice, say))
        await set_up(lead, "Rehearsal")
        facilitator = RehearsalFacilitator(rehearsal, lead, plan.minutes, plan.seed)
        facilitator.begin()
        await rehearsal.bring()
        await rehearsal.run(lambda: facilitator.over)
        for line in summary(lead):
            say(line)
        return facilitator.over
    finally:
        await rehearsal.stop()
        await server.stop()


def _tell(peer: Peer, notice: Notice, say: Callable[[str], None]) -> None:
    if not isinstance(notice, Happened):
        return
    session = peer.room.session
    when = phrases.clock(notice.entry.at - session.started_at) if session is not None else "0:00"
    for sentence in narration.sentences(peer, notice.entry):
        say(f"{when:>7}  {sentence}")


def summary(peer: Peer) -> list[str]:
    """Turns, air time of each in seat order, and the sentence on evenness."""
    session = peer.room.session
    if session is None:
        return ["No session was held."]
    sums = totals(session, peer.now())
    turns = {span.turn for span in session.ledger if span.source is not Source.UNMARKED}
    lines = ["", f"{len(turns)} turns"]
    width = max((len(peer.name_of(seat)) for seat in peer.room.members), default=0)
    for member in peer.room.members.values():
        counted = sums.counted.get(member.seat, 0)
        if member.role is Role.PARTICIPANT and not member.removed:
            lines.append(f"  {member.seat}  {peer.name_of(member.seat):<{width}}  {phrases.clock(counted):>6}")
    lines.append(phrases.evenness(sums))
    return lines


def device_for(seed: int) -> DeviceKey:
    """A device key for the user of a demo, gone with it."""
    import random

    return DeviceKey.from_bytes(random.Random(f"user {seed}").randbytes(32))
