"""Air time: the words for how one stands, and for correcting what was marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.corrections import CorrectAirTime

from evenly_client import phrases
from evenly_client.plain.word import Word, number, span_and_seconds

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


async def _me(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    lines.say(f"{look.my_seconds()}: {look.my_standing()}. {look.me_in_words()}.")


async def _spans(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    ledger = session.ledger if session is not None else []
    first = max(0, len(ledger) - 8)
    told = [
        f"{first + i + 1}: {lines.look.name(s.seat)} {phrases.spoken(s.end - s.start)}"
        + ("" if s.sure else ", not sure")
        for i, s in enumerate(ledger[first:])
    ]
    lines.say(f"{len(ledger)} spans. The last: {'; '.join(told)}." if told else "Nothing has been marked yet.")


async def _claim(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, lines.peer.seat, seconds * 1000))


async def _give(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, 0, seconds * 1000))


async def _move(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, [*words[:1], *words[2:]])
    await lines.do(CorrectAirTime(index, number(words[1:], "seat"), seconds * 1000))


async def _even(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    totals = look.totals()
    if totals is None:
        lines.say("No session yet.")
        return
    lines.say(phrases.evenness(totals))
    told = [f"{seat} {name} {phrases.spoken(ms)}" for seat, name, ms in look.counters()]
    if told and totals.enough_marked:
        lines.say(f"{'; '.join(told)}.")


WORDS: dict[str, Word] = {
    "me": Word("m", "", "how you stand", False, _me),
    "spans": Word("", "", "the last spans of talk", False, _spans),
    "claim": Word("", "SPAN [SECONDS]", "that was you speaking", False, _claim),
    "give": Word("", "SPAN [SECONDS]", "that was not you speaking", False, _give),
    "move": Word("", "SPAN SEAT [SECONDS]", "move air time", True, _move),
    "even": Word("", "", "how evenly the time was shared", True, _even),
}
