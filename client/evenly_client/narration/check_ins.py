"""Check-ins: what is asked, and what came of it: one sentence, the figure first, and each answer in a line."""

from __future__ import annotations

from evenly_protocol import checkins
from evenly_protocol.checkins import CheckIn
from evenly_protocol.words import CheckInKind

from evenly_client import phrases
from evenly_client.checkins import results, wording
from evenly_client.checkins.results import Result
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.peer import Peer
from evenly_client.text import one_line
from evenly_client.translation import _, ngettext

UNREADABLE = _("The check-in has a result that cannot be read here.")
TAKEN_BACK = _("The check-in is taken back: no answer was opened.")
SHORT = 48
"""How long an answer is at most that is named in a sentence, characters."""

NAMED_AT_MOST = 3
"""So many answers that were given equally often are named in a sentence."""


def question_words(peer: Peer, check_in: CheckIn) -> str:
    """What is asked, in one line."""
    return one_line(results.question_of(peer.sealer, check_in))


def result_of(peer: Peer, check_in: CheckIn, sealed: bytes = b"") -> Result | None:
    """The result of a check-in, or `sealed`, another one; None where there is none that can be read."""
    return results.result_of(peer.sealer, peer.keys.room_key, peer.link.room, check_in, sealed)


def result_sentence(result: Result) -> str:
    """What came of it, the figure first: `3.4 of 5: “How clear is your next step?” 5 answered, 1 abstained.`"""
    n = result.people - result.abstained
    # Translators: {figure} is “3.4 of 5”, “4 chose Monday”, “Nobody gave an answer”
    said = ngettext("{figure}: “{question}” {n} answered.", "{figure}: “{question}” {n} answered.", n)
    if result.abstained:
        # Translators: the same, and {m} is how many abstained
        said = ngettext(
            "{figure}: “{question}” {n} answered, {m} abstained.",
            "{figure}: “{question}” {n} answered, {m} abstained.",
            n,
        )
    figure, question = figure_in_words(result), one_line(result.question)
    return said.format(figure=figure, question=question, n=n, m=result.abstained)


def figure_in_words(result: Result) -> str:
    """The figure of a result, or what was said most often."""
    if result.people == result.abstained:
        return _("Nobody gave an answer")
    if result.figure is not None:
        return results.figure_words(result.kind, result.figure)
    if result.kind is CheckInKind.TEXT:
        n = len(result.texts)
        return ngettext("{n} answer", "{n} answers", n).format(n=n)
    bars = result.words or result.bars
    most = max(bar.many for bar in bars)
    named = [_short(bar.label) for bar in bars if bar.many == most]
    if result.kind is CheckInKind.WORDS and (most == 1 or len(named) > NAMED_AT_MOST):
        n = len(bars)
        return ngettext("{n} different answers", "{n} different answers", n).format(n=n)
    if result.kind is not CheckInKind.WORDS:
        said = ngettext("{n} chose {answer}", "{n} chose {answer}", most)
        each = ngettext("{n} each chose {answer}", "{n} each chose {answer}", most)
    else:
        said = ngettext("{n} said {answer}", "{n} said {answer}", most)
        each = ngettext("{n} each said {answer}", "{n} each said {answer}", most)
    answer = phrases.listed(named[:NAMED_AT_MOST])
    return (said if len(named) == 1 else each).format(n=most, answer=answer)


def _short(label: str) -> str:
    """An answer as it fits into a sentence."""
    line = one_line(label)
    return line if len(line) <= SHORT else f"{line[: SHORT - 1].rstrip()}…"


def result_lines(result: Result) -> list[str]:
    """Every answer in a line, the figure first; then how little so few answers hide."""
    lines = [_bar_words(result.kind, bar.many, one_line(bar.label)) for bar in (*result.bars, *result.words)]
    lines += [one_line(text) for text in result.texts]
    small = wording.how_little(result.people)
    return [*lines, small] if small else lines


def _bar_words(kind: CheckInKind, n: int, answer: str) -> str:
    if kind in (CheckInKind.CHOICE, CheckInKind.MULTI):
        said = ngettext("{n} chose {answer}", "{n} chose {answer}", n).format(n=n, answer=answer)
    else:
        said = ngettext("{n} said {answer}", "{n} said {answer}", n).format(n=n, answer=answer)
    return said if said.endswith((".", "?", "!", "…")) else f"{said}."


def _opened(t: Telling, event: checkins.CheckInOpened) -> str:
    check_in = checkins.check_in_with(t.room, t.entry.id)
    return "" if check_in is None else opened_sentence(t.peer, check_in, t.entry.at)


def opened_sentence(peer: Peer, check_in: CheckIn, now: int) -> str:
    """That it is open, what it asks and, as of `now` (UTC milliseconds), for how long."""
    question = question_words(peer, check_in)
    if not check_in.closes_at:
        return _("A check-in is open: “{question}”").format(question=question)
    said = _("A check-in is open: “{question}” It closes in {time}.")
    return said.format(question=question, time=phrases.spoken(check_in.closes_at - now))


def _recorded(t: Telling, event: checkins.ResultRecorded) -> str:
    check_in = checkins.check_in_with(t.room, event.check_in)
    result = None if check_in is None else result_of(t.peer, check_in)
    return UNREADABLE if result is None else result_sentence(result)


def _given_up(t: Telling, event: checkins.CheckInGivenUp) -> str:
    check_in = checkins.check_in_with(t.room, event.check_in)
    return "" if check_in is None else wording.ending_words(check_in)


SENTENCES: Sentences = {
    checkins.CheckInOpened: _opened,
    checkins.CheckInClosed: lambda t, e: _("The check-in is closed: the answers are being added up."),
    checkins.ResultRecorded: _recorded,
    checkins.CheckInGivenUp: _given_up,
    checkins.CheckInWithdrawn: lambda t, e: TAKEN_BACK,
}
