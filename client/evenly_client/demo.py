"""`evenly demo`: a session, or a whole series, with rehearsal members, on this machine, nothing to set up."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from evenly_protocol import series
from evenly_protocol.series import Planned

from evenly_client.formats.planning import issues_in
from evenly_client.formats.shape import Format
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.new_room import set_up
from evenly_client.peer import Peer
from evenly_client.rehearsal import (
    FAY,
    MEMBERS,
    ByFormat,
    Improvised,
    Leading,
    Rehearsal,
    RehearsalMember,
    Temperament,
    transcript,
)
from evenly_client.rehearsal.course import EVERY_DAYS, Course, Held
from evenly_client.sealing import DeviceKey
from evenly_client.translation import _, ngettext

SERVER = ("--port", "0", "--create", "anyone", "--log", "error")
FAST = 0.0
"""A speed: as fast as it goes."""

ME = "Me"
"""What the person at the screen is called."""

STOPPED_WITHIN_S = 5.0
"""Real seconds for everybody to leave in order; then the server is killed."""

GATHERING_S = 12.0
"""Seconds in which people come and bring issues, before the session starts."""

THURSDAY = 3
BRING_ISSUES = 2
"""So many members bring an issue before a session that stands alone."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What kind of demo.

    Attributes:
        speed: seconds of the session for one real second.
        seed: of all chance.
        minutes: how long each session is; 0 is the format's own length.
        format: of the session; None for one phase in which every kind of floor comes up.
    """

    speed: float = 1.0
    seed: int = 1
    minutes: float = 8.0
    format: Format | None = None


async def started(plan: Plan, journal: str = "memory", *, at: int = 0) -> tuple[LocalServer, Rehearsal]:
    """A server with a fed clock (its journal a file, or in memory), and an empty rehearsal for a new room on it.

    `at`: the time it begins with, UTC milliseconds; 0 is now.
    """
    at = at or int(time.time() * 1000)
    server = await LocalServer.start([*SERVER, "--journal", journal], fed_at=at)
    draw = random.Random(plan.seed)
    link = Link("127.0.0.1", server.port, draw.randbytes(16), draw.randbytes(16))
    return server, Rehearsal(server, link, seed=plan.seed, speed=plan.speed, at=at)


@asynccontextmanager
async def rehearsing(plan: Plan, journal: str = "memory", *, at: int = 0) -> AsyncGenerator[Rehearsal]:
    """The same, with everybody gone and the server ended afterwards, whatever happens."""
    server, rehearsal = await started(plan, journal, at=at)
    try:
        yield rehearsal
    finally:
        try:
            async with asyncio.timeout(STOPPED_WITHIN_S):
                await rehearsal.stop()
                await server.stop()
        finally:
            await server.kill()


# -- one session -------------------------------------------------------------------------------------------------


async def in_lines(plan: Plan, say: Say, journal: str = "memory") -> bool:
    """The whole session as lines of text, then a summary. Whether it came to its end."""
    async with rehearsing(plan, journal) as rehearsal:
        lead = RehearsalMember(rehearsal, FAY)
        await lead.arrive(create=True)
        assert lead.peer is not None
        assert lead.check_ins is not None
        transcript.everything(lead.peer, lead.check_ins, say)
        await set_up(lead.peer, _("Rehearsal"))
        leading = led(rehearsal, lead.peer, plan)
        await bring(rehearsal, issues=plan.format is not None)
        await rehearsal.run(lambda: leading.over)
        for line in transcript.summary(lead.peer):
            say(line)
        return leading.over


def led(rehearsal: Rehearsal, peer: Peer, plan: Plan) -> Leading:
    """The rehearsal's facilitator, the session planned."""
    if plan.format is None:
        improvised = Improvised(rehearsal, peer, plan.minutes)
        improvised.begin()
        return improvised
    leading = ByFormat(rehearsal, peer, plan.format, minutes=plan.minutes)
    leading.begin(GATHERING_S)
    return leading


async def bring(rehearsal: Rehearsal, temperaments: Sequence[Temperament] = MEMBERS, *, issues: bool = False) -> None:
    """The members come in, those on time at once, the late ones when they do. `issues`: two of them bring one."""
    for number, temperament in enumerate(temperaments):
        member = RehearsalMember(rehearsal, temperament)
        if temperament.arrives_after:
            rehearsal.plan(temperament.arrives_after, member.arrive)
            continue
        await member.arrive()
        if issues and number < BRING_ISSUES:
            rehearsal.plan(1.0 + 2 * number, member.boards.bring_issue)


async def start_for(rehearsal: Rehearsal, peer: Peer, plan: Plan) -> None:
    """The person at the screen leads: their session starts by itself, the rest is theirs."""
    if plan.format is not None:
        starting = ByFormat(rehearsal, peer, plan.format, minutes=plan.minutes)
        starting.done()
        rehearsal.plan(GATHERING_S, starting.start)


# -- a series ----------------------------------------------------------------------------------------------------


async def series_in_lines(plan: Plan, say: Say, progress: Say) -> None:
    """Every session of a series as fast as it goes: phase by phase, then a table."""
    async with rehearsing(plan, at=series_begins(plan)) as rehearsal:
        course = await play_series(rehearsal, plan, say, progress)
        for line in transcript.table(course.peer, course.held):
            say(line)


async def play_series(
    rehearsal: Rehearsal, plan: Plan, say: Say, progress: Say, *, me: str = "", stay: bool = False
) -> Course:
    """Plays it. `me`: the person at the screen is its `facilitator`, or a `participant`, played until they look.

    `stay`: the room is left open after the last session.
    """
    if plan.format is None:
        raise ValueError("a series has a format")
    key = device_for(plan.seed)
    fay = replace(FAY, name=ME) if me == "facilitator" else FAY
    lead = RehearsalMember(rehearsal, fay, key=key if me == "facilitator" else None)
    course = Course(rehearsal, plan.format, minutes=plan.minutes)
    temperaments = [replace(t, arrives_after=0) for t in MEMBERS]
    members = [RehearsalMember(rehearsal, t) for t in temperaments[1:]]
    first = replace(temperaments[0], name=ME) if me == "participant" else temperaments[0]
    members.insert(0, RehearsalMember(rehearsal, first, key=key if me == "participant" else None))
    await course.open(lead, members[:-1])
    transcript.phase_by_phase(course.peer, say)
    n = len(members)
    said = ngettext(
        "{title}: {n} person, and {name}, who has opened the room.",
        "{title}: {n} people, and {name}, who has opened the room.",
        n,
    )
    say(said.format(title=plan.format.title, n=n, name=fay.name))

    def begins(planned: Planned) -> None:
        to_come = len(series.to_come(course.peer.room))
        number, last = len(course.held) + 1, len(course.held) + to_come
        progress(_("Session {number} of {last}").format(number=number, last=last))
        for line in transcript.heading(course.peer, planned, len(course.held) + 1):
            say(line)

    def told(held: Held) -> None:
        for line in transcript.held(course.peer, held):
            say(line)

    await course.play(members[-1:], begins=begins, told=told, stay=stay)
    return course


def series_begins(plan: Plan) -> int:
    """When a series begins whose last session is in the last days, UTC milliseconds."""
    issues = max(1, issues_in(plan.format)) if plan.format is not None else 1
    sessions = -(-len(MEMBERS) // issues) + 1
    today = datetime.now().replace(hour=10, minute=0, second=0, microsecond=0)
    last = today - timedelta(days=(today.weekday() - THURSDAY) % 7 or 7)
    return int((last - timedelta(days=7 + EVERY_DAYS * (sessions - 1))).timestamp() * 1000)


def device_for(seed: int) -> DeviceKey:
    """A device key for the user of a demo, gone with it."""
    return DeviceKey.from_bytes(random.Random(f"user {seed}").randbytes(32))  # no words: a seed
