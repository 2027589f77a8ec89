"""`evenly demo`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace

from evenly_client import config as config_module
from evenly_client import demo as rehearsed
from evenly_client.dumb_terminal import is_dumb
from evenly_client.errors import UserError
from evenly_client.formats import library
from evenly_client.my_rooms import interactive
from evenly_client.new_room import set_up
from evenly_client.peer import Peer, State
from evenly_client.rehearsal import FAY, Leading, Rehearsal, RehearsalMember, transcript
from evenly_client.translation import _

IMPROVISED_MINUTES = 8.0
SERIES_FORMAT = "peer-coaching"
"""What a series is of, where nothing is said."""

FASTEST = 1_000.0
ROOM = _("Rehearsal")


def demo(
    *, as_: str, plain: bool, speed: float | None, seed: int, minutes: float | None, format: str | None, series: bool
) -> int:
    """See `evenly demo --help`."""
    _check(speed, minutes)
    found = library.find(format or SERIES_FORMAT) if format is not None or series else None
    length = minutes if minutes is not None else (IMPROVISED_MINUTES if found is None else 0.0)
    plan = rehearsed.Plan(1.0 if speed is None else speed, seed, length, found)
    lines = plain or not interactive() or is_dumb()
    if series:
        return asyncio.run(_series_in_lines(plan) if lines else _series_on_screen(plan, as_))
    if lines:
        ended = asyncio.run(rehearsed.in_lines(plan, _print))
        return 0 if ended else 1
    if plan.speed == 0:
        raise UserError(_("On a screen time has to pass."), _("Give a --speed above 0, or --plain."))
    return asyncio.run(_on_screen(plan, leads=as_ == "facilitator"))


def _check(speed: float | None, minutes: float | None) -> None:
    """Refuses what cannot be rehearsed, not-a-number included."""
    if speed is not None and not 0 <= speed <= FASTEST:
        words = _("--speed is from 0 to {most}; 0 is as fast as it goes.")
        raise UserError(_("That speed cannot be."), words.format(most=round(FASTEST)))
    if minutes is not None and not 0.5 <= minutes <= 240:
        raise UserError(_("A session of that length cannot be rehearsed."), _("--minutes is from 0.5 to 240."))


def _print(line: str) -> None:
    print(line, flush=True)


# -- one session -------------------------------------------------------------------------------------------------


async def _on_screen(plan: rehearsed.Plan, *, leads: bool) -> int:
    async with rehearsed.rehearsing(plan) as rehearsal:
        key = rehearsed.device_for(plan.seed)
        peer = Peer(rehearsal.link, key, rehearsed.ME, create_key="" if leads else None, rate=plan.speed)
        leading: list[Leading] = []

        async def beside() -> None:
            if leads:
                await peer.until(lambda _: peer.state is State.LIVE)
                await set_up(peer, ROOM)
                rehearsal.peers.append(peer)
                await rehearsed.start_for(rehearsal, peer, plan)
            else:
                leading.append(rehearsed.led(rehearsal, rehearsal.peers[0], plan))
            await rehearsed.bring(rehearsal, issues=plan.format is not None)
            await rehearsal.run(lambda: any(lead.over for lead in leading))

        if not leads:
            await _open(rehearsal)
        status = await _screen(peer, beside)
        _say_all(transcript.summary(peer))
        return status


async def _open(rehearsal: Rehearsal) -> None:
    """Somebody else opens the room, and will lead."""
    fay = RehearsalMember(rehearsal, FAY)
    await fay.arrive(create=True)
    await set_up(rehearsal.peers[0], ROOM)


async def _screen(peer: Peer, beside: Callable[[], Awaitable[None]]) -> int:
    """Runs the screen. Says only what went wrong: there is no room to come back to."""
    from evenly_client.screens.app import EvenlyApp

    app = EvenlyApp(lambda: peer, config_module.load(), room=ROOM, beside=beside, status=lambda: _("rehearsal"))
    await app.run_async()
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        print(app.farewell, file=sys.stderr)
    return app.return_code or 0


# -- a series ----------------------------------------------------------------------------------------------------


async def _series_in_lines(plan: rehearsed.Plan) -> int:
    await rehearsed.series_in_lines(plan, _print, _silent if sys.stdout.isatty() else _progress)
    return 0


async def _series_on_screen(plan: rehearsed.Plan, me: str) -> int:
    """All sessions as fast as it goes; then the person is in the room, and time passes as it does."""
    quick = replace(plan, speed=rehearsed.FAST)
    async with rehearsed.rehearsing(quick, at=rehearsed.series_begins(plan)) as rehearsal:
        course = await rehearsed.play_series(rehearsal, quick, _silent, _progress, me=me, stay=True)
        key = rehearsed.device_for(plan.seed)
        await course.hand_over(key)
        rehearsal.speed = plan.speed or 1.0
        peer = Peer(rehearsal.link, key, rehearsed.ME, rate=rehearsal.speed)

        async def beside() -> None:
            await rehearsal.run(lambda: False)

        status = await _screen(peer, beside)
        _say_all(transcript.table(peer, course.held))
        return status


def _progress(line: str) -> None:
    """One line on standard error, rewritten in a terminal."""
    if sys.stderr.isatty():
        print(f"\r{line} …", end="", file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    pass


def _say_all(lines: list[str]) -> None:
    for line in lines:
        print(line)
