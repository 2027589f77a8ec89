"""Replays real meetings through a real server and real clients, and compares every person's air time.

    python benchmarks/replay_meetings.py [FOLDER] [--mode open|queue|both] [--meeting NAME]

In `open` mode every span is *speaking on* … *off*, overlaps included; in `queue` mode the meeting goes as one turn
at a time. For each person: the air time in the file, the air time expected, the air time counted, the difference.
Exit status 1 on any difference.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections import defaultdict
from pathlib import Path

from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.airtime import Totals, totals
from evenly_protocol.facts import Command
from evenly_protocol.hands import RaiseHand
from evenly_protocol.session import EndSession, StartSession
from evenly_protocol.turns import CallNext, ConfirmSpeaker, Finish, Speak
from evenly_protocol.words import FloorMode, Intent
from meetings import Malformed, Meeting, Utterance, one_at_a_time, read_folder, union

MEETINGS = Path(__file__).parent / "data" / "ami"
BEGINS_AT = 1_700_000_000_000
CONFIRM_EVERY = 3 * 60_000
"""Whoever tracks says at least so often that it is still the same speaker, milliseconds."""

SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error", "--no-pace")


class Replay:
    """A server with a fed clock, a facilitator, and a client for each person of a meeting."""

    def __init__(self, server: LocalServer, lead: Peer, people: dict[str, Peer]) -> None:
        self.server = server
        self.lead = lead
        self.people = people
        self._now = BEGINS_AT

    @classmethod
    async def open(cls, meeting: Meeting) -> Replay:
        """Everybody is in, and no session runs yet."""
        server = await LocalServer.start(SERVER, fed_at=BEGINS_AT)
        link = Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16))
        lead = Peer(link, DeviceKey.generate(), "lead", create_key="")
        lead.start()
        await lead.entered()
        people: dict[str, Peer] = {}
        for person in meeting.people:
            peer = people[person] = Peer(link, DeviceKey.generate(), person[:20])
            peer.start()
            await peer.entered()
        return cls(server, lead, people)

    async def at(self, ms: int) -> None:
        """It is so many milliseconds into the meeting. On the way, long turns are confirmed."""
        until = BEGINS_AT + ms
        while self.lead.room.floor.turns:
            oldest = min(self.lead.room.floor.turns, key=lambda t: t.marked)
            due = oldest.marked + CONFIRM_EVERY
            if due >= until:
                break
            await self._advance(due)
            await self.do(self.lead, ConfirmSpeaker(oldest.id))
        await self._advance(until)

    async def _advance(self, until: int) -> None:
        if until > self._now:
            self._now = until
            await self.server.advance(until)

    async def do(self, peer: Peer, command: Command) -> None:
        """A command that must be accepted; everybody has seen it when this returns."""
        refusal = await peer.ask(command)
        if refusal is not None:
            raise RuntimeError(f"{type(command).__name__} was refused: {refusal.sentence}")
        for other in (self.lead, *self.people.values()):
            await other.until(lambda room: room.seq >= peer.room.seq)

    async def end(self) -> Totals:
        """The session ends; the air time as every replica adds it up (they must agree)."""
        session = self.lead.room.session
        assert session is not None
        await self.do(self.lead, EndSession(session.number))
        sums: list[Totals] = []
        for peer in (self.lead, *self.people.values()):
            assert peer.room.session is not None
            sums.append(totals(peer.room.session, self._now))
            await peer.stop()
        await self.server.stop()
        if any(s != sums[0] for s in sums):
            raise RuntimeError("the replicas do not agree")
        return sums[0]


async def replay_open(meeting: Meeting) -> tuple[dict[str, int], Totals, dict[str, int]]:
    """Each span as it was. Expected: each person's time, each moment once."""
    replay = await Replay.open(meeting)
    await replay.do(replay.lead, StartSession([PhasePlan("talk", b"", 600, FloorMode.OPEN)]))
    spans = {p: union([(s.start, s.end) for s in meeting.spans if s.speaker == p]) for p in meeting.people}
    steps = [(at, on, p) for p, own in spans.items() for start, end in own for at, on in ((start, 1), (end, 0))]
    for at, on, person in sorted(steps):
        await replay.at(at)
        peer = replay.people[person]
        if on:
            await replay.do(peer, Speak())
        else:
            mine = next(t for t in peer.room.floor.turns if t.seat == peer.seat)
            await replay.do(peer, Finish(mine.id))
    expected = {p: sum(end - start for start, end in own) for p, own in spans.items()}
    seats = {p: peer.seat for p, peer in replay.people.items()}
    return expected, await replay.end(), seats


async def replay_queue(meeting: Meeting) -> tuple[dict[str, int], Totals, dict[str, int]]:
    """One turn at a time: hand up, called, finished."""
    replay = await Replay.open(meeting)
    await replay.do(replay.lead, StartSession([PhasePlan("talk", b"", 600, FloorMode.QUEUE)]))
    turns = one_at_a_time(meeting)
    expected: dict[str, int] = defaultdict(int)
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        expected[turn.speaker] += turn.end - turn.start
        await _speak(replay, turn, following)
    seats = {p: peer.seat for p, peer in replay.people.items()}
    return expected, await replay.end(), seats


async def _speak(replay: Replay, turn: Utterance, following: Utterance | None) -> None:
    await replay.at(turn.start)
    peer = replay.people[turn.speaker]
    running = replay.lead.room.floor.turns
    await replay.do(peer, RaiseHand(Intent.SPEAK))
    await replay.do(replay.lead, CallNext(running[0].id if running else b""))
    if following is None or following.start > turn.end:
        await replay.at(turn.end)
        await replay.do(peer, Finish(peer.room.floor.turns[0].id))


def show(meeting: Meeting, mode: str, expected: dict[str, int], sums: Totals, seats: dict[str, int]) -> int:
    """Prints a meeting's table; how many people's air time differs."""
    differences = 0
    evenness = "–" if sums.evenness is None else f"{float(sums.evenness):.1f}"
    print(f"{meeting.name}  {mode}  shared evenly {evenness}")
    for person in meeting.people:
        counted = sums.counted.get(seats[person], 0)
        difference = counted - expected.get(person, 0)
        differences += difference != 0
        print(
            f"  {person:<12} file {meeting.spoken[person] / 1000:>9.3f} s"
            f"   expected {expected.get(person, 0) / 1000:>9.3f} s"
            f"   counted {counted / 1000:>9.3f} s   difference {difference} ms"
        )
    return differences


async def run(folder: Path, mode: str, only: str | None) -> int:
    """Replays what is asked for; the exit status."""
    meetings = [m for m in read_folder(folder) if only is None or m.name == only]
    differences = 0
    for meeting in meetings:
        for name, replay in (("open", replay_open), ("queue", replay_queue)):
            if mode in (name, "both"):
                expected, sums, seats = await replay(meeting)
                differences += show(meeting, name, expected, sums, seats)
    print(f"{len(meetings)} meetings, {differences} differences")
    return 1 if differences or not meetings else 0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=MEETINGS)
    parser.add_argument("--mode", choices=("open", "queue", "both"), default="both")
    parser.add_argument("--meeting")
    given = parser.parse_args()
    try:
        sys.exit(asyncio.run(run(given.folder, given.mode, given.meeting)))
    except (Malformed, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
