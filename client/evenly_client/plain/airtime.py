"""Air time: the words for how one stands, and for correcting what was marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.corrections import CorrectAirTime

from evenly_client import phrases
from evenly_client.plain.spelling import form
from evenly_client.plain.word import WHICH_SEAT, Word, number, span_and_seconds
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_protocol.airtime import Span

    from evenly_client.plain.lines import PlainLines


async def _me(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    # Translators: “4:10 spoken · an equal share is 5:00: there is room for you. second in line · raised first.”
    said = _("{seconds}: {standing}. {where}.")
    lines.say(said.format(seconds=look.my_seconds(), standing=look.my_standing(), where=look.me_in_words()))


async def _spans(lines: PlainLines, words: list[str]) -> None:
    session = lines.peer.room.session
    ledger = session.ledger if session is not None else []
    if not ledger:
        lines.say(_("Nothing has been marked yet."))
        return
    n, first = len(ledger), max(0, len(ledger) - 8)
    told = [_span_words(lines, nth, span) for nth, span in enumerate(ledger[first:], first + 1)]
    said = ngettext("{n} spans. The last: {spans}.", "{n} spans. The last: {spans}.", n)
    lines.say(said.format(n=n, spans="; ".join(told)))


def _span_words(lines: PlainLines, nth: int, span: Span) -> str:
    # Translators: {n} is the number of a span of talk: “3: Ana 40 seconds”
    said = _("{n}: {name} {time}") if span.sure else _("{n}: {name} {time}, not sure")
    return said.format(n=nth, name=lines.look.name(span.seat), time=phrases.spoken(span.end - span.start))


async def _claim(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, lines.peer.seat, seconds * 1000))


async def _give(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, words)
    await lines.do(CorrectAirTime(index, 0, seconds * 1000))


async def _move(lines: PlainLines, words: list[str]) -> None:
    index, seconds = span_and_seconds(lines, [*words[:1], *words[2:]])
    await lines.do(CorrectAirTime(index, number(words[1:], WHICH_SEAT), seconds * 1000))


async def _even(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    totals = look.totals()
    if totals is None:
        lines.say(_("No session yet."))
        return
    lines.say(phrases.evenness(totals))
    told = [f"{seat} {name} {phrases.spoken(ms)}" for seat, name, ms in look.counters()]
    if told and totals.enough_marked:
        lines.say(f"{'; '.join(told)}.")


WORDS: dict[str, Word] = {
    "me": Word("m", "", _("how you stand"), False, _me),
    "spans": Word("", "", _("the last spans of talk"), False, _spans),
    "claim": Word("", form("SPAN [SECONDS]"), _("that was you speaking"), False, _claim),
    "give": Word("", form("SPAN [SECONDS]"), _("that was not you speaking"), False, _give),
    "move": Word("", form("SPAN SEAT [SECONDS]"), _("move air time"), True, _move),
    "even": Word("", "", _("how evenly the time was shared"), True, _even),
}
