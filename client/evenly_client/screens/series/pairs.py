"""Pairs are drawn and called back, and coaching one to one is added."""

from __future__ import annotations

import random
from typing import Final

from evenly_protocol import pairs
from evenly_protocol.exchange import LogCoaching
from evenly_protocol.sealed import FieldKind

from evenly_client import pairing, phrases
from evenly_client.drawing import drawn, who_pairs
from evenly_client.peer import Peer
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Host, seat
from evenly_client.screens.series.asking import KEYS, give, number, text_for
from evenly_client.translation import _, ngettext, pgettext

PAIR_MINUTES: Final = (5, 8, 10, 15, 20, 30)
OPENERS_LISTED: Final = 5


async def draw_pairs(host: Host) -> None:
    """Draw pairs: how long, a question to begin with, the list to copy, then begun."""
    minutes = await host.choose(
        _("Pairs: for how long?"),
        [
            *(Choice(n, _minutes(n), "", KEYS[i]) for i, n in enumerate(PAIR_MINUTES)),
            Choice(0, _("another length"), "", "0"),
        ],
    )
    if minutes is None:
        return
    length = minutes or await number(host, _("How many minutes?"), least=1, most=pairs.MINUTES_AT_MOST) or 0
    if not length:
        return
    id = Peer.new_id()
    opener = await _opener(host, id)
    if opener is None:
        return
    room = host.situation().outlook.room
    seats = who_pairs(room)
    seed = random.randrange(1 << 30)
    while True:
        if len(seats) < 2:
            host.say(_("Two people on the call are needed."))
            return
        groups = drawn(room, seats, seed)
        until = phrases.time_of_day(host.situation().outlook.now + length * 60_000)
        others = _("with those who lead") if seats == who_pairs(room) else _("without those who lead")
        answer = await host.choose(
            _("Begin with these pairs?"),
            [
                Choice("begin", pgettext("pairs", "begin"), _("everybody sees their own"), "y"),
                Choice("again", _("draw again"), "", "2"),
                Choice("all", others, "", "3"),
            ],
            body="\n".join((_("To copy into the call's chat:"), pairing.copy_list(groups, host.peer.name_of, until))),
        )
        if answer is None:
            return
        if answer == "begin":
            give(host, pairs.SetPairs(groups, length, opener), id)
            return
        if answer == "all":
            everybody = who_pairs(room, everybody=True)
            seats = everybody if seats != everybody else who_pairs(room)
        seed += 1


def _minutes(n: int) -> str:
    return ngettext("{n} minute", "{n} minutes", n).format(n=n)


async def _opener(host: Host, id: bytes) -> bytes | None:
    """A sealed question to begin with, chosen or typed; empty for none, None when it is left."""
    listed = random.sample(pairing.OPENERS, OPENERS_LISTED)
    chosen = await host.choose(
        _("A question to begin with?"),
        [
            *(Choice(text, text, "", KEYS[i]) for i, text in enumerate(listed)),
            Choice("type", _("another one"), "", "e"),
            Choice("", pgettext("question", "none"), "", "0"),
        ],
    )
    if chosen is None:
        return None
    if chosen != "type":
        return host.peer.seal(FieldKind.QUESTION, chosen, id)
    typed: list[bytes] = []

    def seal(text: str) -> None:
        typed.append(host.peer.seal(FieldKind.QUESTION, text, id))

    return typed[-1] if await text_for(host, _("A question to begin with"), seal) else None


async def call_back_pairs(host: Host) -> None:
    """Call the pairs back before their time is over."""
    session = host.situation().outlook.session
    talking = session.pairs if session is not None else None
    if talking is None or talking.over:
        host.say(_("No pairs are talking now."))
        return
    sure = await host.choose(
        _("Call everybody back now?"),
        [Choice(True, _("call back"), "", "y"), Choice(False, _("let them talk"), "", "n")],
    )
    if sure:
        give(host, pairs.CallBack(talking.id))


async def log_coaching(host: Host) -> None:
    """Add minutes of coaching one to one; only the minutes are kept for the sponsor's figures."""
    o = host.situation().outlook
    who = await seat(host, _("Coaching, one to one: with whom?"), [s for s in o.everybody if s != o.seat])
    if who is None:
        return
    minutes = await number(host, _("How many minutes?"), least=1, most=600, value="45")
    if minutes is not None and give(host, LogCoaching(who, minutes)):
        host.say(ngettext("{n} minute is added.", "{n} minutes are added.", minutes).format(n=minutes))
