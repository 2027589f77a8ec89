"""Pairs for networking: drawing them, who is with whom, calling them back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from evenly_protocol.pairs import CallBack, Pairs, SetPairs
from evenly_protocol.sealed import FieldKind

from evenly_client import pairing, phrases
from evenly_client.drawing import drawn, who_pairs
from evenly_client.plain.spelling import all_meant, form, spelled
from evenly_client.plain.word import HOW_MANY_MINUTES, Unclear, Word, is_number, number, parts
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


def _now(lines: PlainLines) -> Pairs | None:
    session = lines.look.session
    pairs = session.pairs if session is not None else None
    return None if pairs is None or pairs.over else pairs


def _show(lines: PlainLines, pairs: Pairs) -> None:
    until = phrases.time_of_day(pairs.ends_at)
    for line in pairing.copy_list(pairs.groups, lines.peer.name_of, until).splitlines():
        lines.say(line)


async def _pairs(lines: PlainLines, words: list[str]) -> None:
    said, *opener = parts(words)
    rest = said.split()
    now = _now(lines)
    if not rest:
        if now is None:
            raise Unclear(spelled(_("No pairs are talking now. Type for example: `pairs 10`.")))
        _show(lines, now)
    elif all_meant(rest) == ["back"]:
        if now is None:
            raise Unclear(_("No pairs are talking now."))
        await lines.do(CallBack(now.id))
    elif is_number(rest):
        await _draw(lines, number(rest, HOW_MANY_MINUTES), opener, everybody=all_meant(rest[1:]) == ["all"])
    else:
        raise Unclear(spelled(_("Type: `pairs` and how many minutes, or `pairs back`.")))


async def _draw(lines: PlainLines, minutes: int, opener: list[str], *, everybody: bool) -> None:
    room = lines.peer.room
    seats = who_pairs(room, everybody=everybody)
    if len(seats) < 2:
        raise Unclear(_("Two people on the call are needed."))
    groups = drawn(room, seats, random.randrange(1 << 30))
    text = " / ".join(opener) or random.choice(pairing.OPENERS)
    id = lines.peer.new_id()
    before = room.running.pairs.id if room.running is not None and room.running.pairs is not None else b""
    await lines.do(SetPairs(groups, minutes, lines.peer.seal(FieldKind.QUESTION, text, id)), id=id)
    now = _now(lines)
    if now is not None and now.id != before:
        n = len(groups)
        said = ngettext("{n} pair. To copy into the call's chat:", "{n} pairs. To copy into the call's chat:", n)
        lines.say(said.format(n=n))
        _show(lines, now)


WORDS: dict[str, Word] = {
    "pairs": Word(
        "c",
        "",
        _("who talks with whom now"),
        False,
        _pairs,
        (
            (
                form("MINUTES [all] [/ QUESTION]"),
                spelled(_("those who lead: draw pairs; `…all`: facilitators too; a question to begin with")),
            ),
            (form("back"), _("those who lead: call everybody back")),
        ),
    ),
}
