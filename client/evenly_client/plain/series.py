"""The series: planned sessions, their topics, and which date suits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from evenly_protocol import series
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import (
    AnswerDates,
    ChangePlanned,
    DatePoll,
    DecideDate,
    Planned,
    PlanSeries,
    ProposeDates,
    SayAway,
    SetTopic,
    SwapHolders,
    draft_of,
    planned_with,
)

from evenly_client import opened, phrases, starting
from evenly_client.due import NotADate
from evenly_client.plain.word import NOBODY, Unclear, Word, is_number, listed, moment, number, parts, seat
from evenly_client.series_words import (
    asked_about,
    drafts_table,
    of_session,
    parse_moments,
    planned_words,
    suits,
    when,
)
from evenly_client.text import one_line

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "series"


def _chosen(lines: PlainLines, words: Sequence[str]) -> Planned:
    planned = planned_with(lines.peer.room, listed(lines, LIST, words, "series"))
    if planned is None:
        raise Unclear("That session is not planned any more. Type series to read them again.")
    return planned


def _text(words: Sequence[str], form: str) -> str:
    if not words:
        raise Unclear(f"Type: {form}.")
    return " ".join(words)


async def _series(lines: PlainLines, words: list[str]) -> None:
    if not words:
        _list(lines)
        return
    verb, rest = words[0].lower(), words[1:]
    does = {
        "plan": _plan,
        "swap": _swap,
        "away": _away,
        "date": _date,
        "host": _host,
        "holder": _holder,
    }.get(verb)
    if does is None:
        raise Unclear("Type: series, or series and one of: plan, swap, away, date, host, holder.")
    await does(lines, rest)


def _list(lines: PlainLines) -> None:
    look = lines.look
    coming = series.to_come(look.room)
    lines.list_(LIST, [p.id for p in coming])
    held = sum(1 for p in look.room.series if p.number)
    lines.say(f"{len(coming)} session{'' if len(coming) == 1 else 's'} planned, {held} held.")
    for index, planned in enumerate(coming, 1):
        lines.say(f"{index}: {planned_words(look, planned)}.")
        prework = opened.prework(look.peer.sealer, planned)
        if prework:
            lines.say(f"Before session {index}: {one_line(prework)}")


# -- planning ----------------------------------------------------------------------------------------------------


async def _plan(lines: PlainLines, words: list[str]) -> None:
    if [w.lower() for w in words] == ["yes"]:
        if not lines.proposal:
            raise Unclear("Nothing is proposed yet. Type: series plan, and see what it proposes.")
        drafts, lines.proposal = lines.proposal, []
        await lines.do(PlanSeries(drafts), f"{len(drafts)} sessions are planned.")
        return
    from evenly_client.errors import UserError
    from evenly_client.formats import library
    from evenly_client.formats.table import FormatError

    rest, days, first_at, named = list(words), series.DAYS_BETWEEN, 0, ""
    if rest and rest[0].lower() not in ("every", "from"):
        named = rest.pop(0)
    if rest and rest[0].lower() == "every":
        days = number(rest[1:], "number of days")
        rest = rest[3:] if rest[2:3] and rest[2].lower() == "days" else rest[2:]
    if rest and rest[0].lower() == "from":
        first_at = moment(lines.look, " ".join(rest[1:]))
        rest = []
    if rest or not 1 <= days <= 365:
        raise Unclear("Type for example: series plan every 14 from friday 10:00.")
    try:
        format = library.find(named) if named else lines.usual_format()
    except (UserError, FormatError) as error:
        raise Unclear(str(error)) from None
    lines.proposal = starting.series_of(lines.peer.room, format, first_at=first_at, every_days=days)
    lines.say(f"{len(lines.proposal)} sessions are proposed, nothing is planned yet.")
    for row in drafts_table(lines.look, lines.proposal):
        lines.say(f"{row}.")
    lines.say("Type: series plan yes.")


async def _swap(lines: PlainLines, words: list[str]) -> None:
    if len(words) != 2:
        raise Unclear("Type: series swap and two numbers: their issue-holders change places.")
    one, other = _chosen(lines, words), _chosen(lines, words[1:])
    await lines.do(SwapHolders(one.id, other.id), "Their issue-holders have changed places.")


async def _away(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    away = lines.peer.seat not in planned.away
    can = "cannot come to" if away else "can come to"
    await lines.do(SayAway(planned.id, away), f"It is said that you {can} {of_session(planned)}.")


async def _date(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    said = _text(words[1:], "series date, its number, and a date like friday 10:00, or open")
    at = 0 if said.lower() == "open" else moment(lines.look, said)
    draft = msgspec.structs.replace(draft_of(planned), at=at)
    await lines.do(ChangePlanned(draft), f"It is planned for: {when(at)}.")


async def _host(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    who = seat(lines, words[1:], nobody=True)
    draft = msgspec.structs.replace(draft_of(planned), host=who)
    await lines.do(ChangePlanned(draft), f"Host: {lines.peer.name_of(who) if who else 'whoever facilitates'}.")


async def _holder(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    named = [w for w in words[1:] if w.lower() not in NOBODY]
    holders = [seat(lines, [w]) for w in named]
    if not words[1:]:
        raise Unclear("Type: series holder, its number, and one or more seats, or none.")
    draft = msgspec.structs.replace(draft_of(planned), holders=holders, feedback=planned.feedback and not holders)
    names = phrases.listed([lines.peer.name_of(s) for s in holders]) or "nobody"
    await lines.do(ChangePlanned(draft), f"Issue: {names}.")


async def _topic(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    said, *prework = parts([_text(words[1:], "topic, the session's number, and what it is about / what to prepare")])
    topic = "" if said.lower() in NOBODY else said
    before = " / ".join(prework)
    id = planned.id
    sealed = lines.peer.seal(FieldKind.TITLE, topic, id), lines.peer.seal(FieldKind.NOTE, before, id)
    await lines.do(SetTopic(id, *sealed), f"Topic: {topic or 'none'}{f', to prepare: {before}' if before else ''}.")


# -- dates -------------------------------------------------------------------------------------------------------


async def _dates(lines: PlainLines, words: list[str]) -> None:
    poll = lines.peer.room.poll
    if not words:
        _list_dates(lines, _poll(poll))
    elif [w.lower() for w in words] == ["none"]:
        await lines.do(AnswerDates(_read(lines, poll).id, []), "None of the dates suits you.")
    elif all(is_number([w.strip(",")]) for w in words):
        asked = _read(lines, poll)
        fits = [_numbered(asked, [w.strip(",")]) for w in words]
        said = phrases.listed([phrases.moment(at) for at in sorted(set(fits))])
        await lines.do(AnswerDates(asked.id, fits), f"It suits you: {said}.")
    else:
        planned = _chosen(lines, words)
        at = parse_moments(" ".join(words[1:]), lines.look.now)
        if isinstance(at, NotADate):
            raise Unclear(str(at))
        await lines.do(ProposeDates(planned.id, at))


def _poll(poll: DatePoll | None) -> DatePoll:
    if poll is None:
        raise Unclear("No dates are being asked about.")
    return poll


def _read(lines: PlainLines, poll: DatePoll | None) -> DatePoll:
    """The dates that are asked about, if they are those that this member has read last."""
    asked = _poll(poll)
    read = lines.lists.get("dates")
    if read is not None and read != [asked.id]:
        raise Unclear("Other dates are asked about by now. Type dates to read them.")
    return asked


def _numbered(poll: DatePoll, words: Sequence[str]) -> int:
    index = number(words, "date")
    if not 1 <= index <= len(poll.dates):
        raise Unclear(f"There is no date {index}. Type dates to read them.")
    return poll.dates[index - 1]


def _list_dates(lines: PlainLines, poll: DatePoll) -> None:
    look = lines.look
    lines.list_("dates", [poll.id])
    count = len(poll.dates)
    lines.say(f"{count} date{'' if count == 1 else 's'} for {of_session(asked_about(look.room))}.")
    for index, at in enumerate(poll.dates, 1):
        mine = ", you can" if at in poll.fits.get(look.seat, ()) else ""
        lines.say(f"{index}: {phrases.moment(at)}, {suits(look, poll, at)}{mine}.")
    if look.seat not in poll.fits:
        lines.say("Type dates and the numbers that suit you, for example: dates 1 3. Or: dates none.")


async def _decide(lines: PlainLines, words: list[str]) -> None:
    poll = _read(lines, lines.peer.room.poll)
    if words and words[0].lower() in ("none", "0"):
        await lines.do(DecideDate(poll.id, 0))
    else:
        await lines.do(DecideDate(poll.id, _numbered(poll, words)))


WORDS: dict[str, Word] = {
    "series": Word(
        "",
        "",
        "the planned sessions, numbered",
        False,
        _series,
        (
            (
                "plan [FORMAT] [every DAYS] [from DATE TIME]",
                "those who lead: propose a series; series plan yes plans it",
            ),
            ("away K", "you cannot come to session K, or can after all; K is its number in series"),
            ("swap K M", "the issue-holders of two sessions change places"),
            ("date K DATE TIME", "those who lead: another date, or: open"),
            ("host K SEAT|none", "those who lead: another host"),
            ("holder K SEAT…|none", "those who lead: other issue-holders"),
        ),
    ),
    "topic": Word("", "K TEXT [/ TEXT]", "what session K is about / what to prepare", False, _topic),
    "dates": Word(
        "",
        "[N…|none]",
        "the dates that are asked about; behind it, those that suit you",
        False,
        _dates,
        (("K DATE TIME; DATE TIME…", "those who lead: ask which of these suits for session K"),),
    ),
    "decide": Word("", "N|none", "decide the date; none: ask no longer", False, _decide),
}
