"""`evenly demo`."""

from __future__ import annotations

import asyncio

from evenly_client import config as config_module
from evenly_client import demo as rehearsed
from evenly_client.commands.enter import on_screen
from evenly_client.errors import UserError
from evenly_client.my_rooms import interactive
from evenly_client.new_room import set_up
from evenly_client.peer import Peer, State
from evenly_client.rehearsal import RehearsalFacilitator


def demo(*, as_: str, plain: bool, speed: float, seed: int, minutes: float) -> int:
    """See `evenly demo --help`."""
    if speed < 0 or not 0.5 <= minutes <= 240:
        raise UserError("That cannot be rehearsed.", "--speed is 0 or more, --minutes from 0.5 to 240.")
    plan = rehearsed.Plan(speed, seed, minutes)
    if plain or not interactive():
        ended = asyncio.run(rehearsed.in_lines(plan, lambda line: print(line, flush=True)))
        return 0 if ended else 1
    if speed == 0:
        raise UserError("On a screen time has to pass.", "Give a --speed above 0, or --plain.")
    return asyncio.run(_demo_on_screen(plan, leads=as_ == "facilitator"))


async def _demo_on_screen(plan: rehearsed.Plan, *, leads: bool) -> int:
    from evenly_client.screens.app import EvenlyApp

    server, rehearsal = await rehearsed.started(plan)
    key = rehearsed.device_for(plan.seed)
    peer = Peer(rehearsal.link, key, "Me", create_key="" if leads else None, rate=plan.speed)
    leading: list[RehearsalFacilitator] = []

    async def beside() -> None:
        if leads:
            await peer.until(lambda _: peer.state is State.LIVE)
            await set_up(peer, "Rehearsal")
            rehearsal.peers.append(peer)
        await rehearsal.bring()
        await rehearsal.run(lambda: any(lead.over for lead in leading))

    try:
        if not leads:
            lead = await rehearsal.knock("Fay", create=True)
            await rehearsal.enter(lead)
            await set_up(lead, "Rehearsal")
            leading.append(RehearsalFacilitator(rehearsal, lead, plan.minutes, plan.seed))
            leading[0].begin()
        app = EvenlyApp(lambda: peer, config_module.load(), room="Rehearsal", beside=beside, status=lambda: "rehearsal")
        status = await on_screen(app)
        for line in rehearsed.summary(peer):
            print(line)
        return status
    finally:
        await rehearsal.stop()
        await server.stop()
