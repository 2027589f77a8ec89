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
from evenly_client.plain.spelling import NOBODY, all_meant, form, meant, spelled
from evenly_client.plain.word import (
    HOW_MANY_DAYS,
    WHICH_DATE,
    Unclear,
    Word,
    is_number,
    listed,
    moment,
    number,
    parts,
    seat,
)
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
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

LIST = "series"
HOW_TO_ANSWER_DATES = spelled(
    _("Type `dates` and the numbers that suit you, for example: `dates 1 3`. Or: `dates none`.")
)


def _chosen(lines: PlainLines, words: Sequence[str]) -> Planned:
    planned = planned_with(lines.peer.room, listed(lines, LIST, words, "series"))
    if planned is None:
        raise Unclear(spelled(_("That session is not planned any more. Type `series` to read them again.")))
    return planned


def _text(words: Sequence[str], asked: str) -> str:
    if not words:
        raise Unclear(asked)
    return " ".join(words)


async def _series(lines: PlainLines, words: list[str]) -> None:
    if not words:
        _list(lines)
        return
    verb, rest = meant(words[0]), words[1:]
    does = {
        "plan": _plan,
        "swap": _swap,
        "away": _away,
        "date": _date,
        "host": _host,
        "holder": _holder,
    }.get(verb)
    if does is None:
        unclear = _("Type: `series`, or `series` and one of: `plan`, `swap`, `…away`, `date`, `…host`, `…holder`.")
        raise Unclear(spelled(unclear))
    await does(lines, rest)


def _list(lines: PlainLines) -> None:
    look = lines.look
    coming = series.to_come(look.room)
    lines.list_(LIST, [p.id for p in coming])
    held = sum(1 for p in look.room.series if p.number)
    n = len(coming)
    count = ngettext("{n} session planned, {held} held.", "{n} sessions planned, {held} held.", n)
    lines.say(count.format(n=n, held=held))
    for index, planned in enumerate(coming, 1):
        lines.say(f"{index}: {planned_words(look, planned)}.")
        prework = opened.prework(look.peer.sealer, planned)
        if prework:
            # Translators: {n} is the number of a planned session in the list, {text} what is to be prepared for it
            lines.say(_("Before session {n}: {text}").format(n=index, text=one_line(prework)))


# -- planning ----------------------------------------------------------------------------------------------------


async def _plan(lines: PlainLines, words: list[str]) -> None:
    if all_meant(words) == ["yes"]:
        if not lines.proposal:
            raise Unclear(spelled(_("Nothing is proposed yet. Type: `series plan`, and see what it proposes.")))
        drafts, lines.proposal = lines.proposal, []
        n = len(drafts)
        said = ngettext("{n} sessions are planned.", "{n} sessions are planned.", n).format(n=n)
        await lines.do(PlanSeries(drafts), said)
        return
    from evenly_client.errors import UserError
    from evenly_client.formats import library
    from evenly_client.formats.table import FormatError

    rest, days, first_at, named = list(words), series.DAYS_BETWEEN, 0, ""
    if rest and meant(rest[0]) not in ("every", "from"):
        named = rest.pop(0)
    if rest and meant(rest[0]) == "every":
        days = number(rest[1:], HOW_MANY_DAYS)
        rest = rest[3:] if rest[2:3] and meant(rest[2]) == "days" else rest[2:]
    if rest and meant(rest[0]) == "from":
        first_at = moment(lines.look, " ".join(rest[1:]))
        rest = []
    if rest or not 1 <= days <= 365:
        raise Unclear(spelled(_("Type for example: `series plan every 14 from` friday 10:00.")))
    try:
        format = library.find(named) if named else lines.usual_format()
    except (UserError, FormatError) as error:
        raise Unclear(str(error)) from None
    lines.proposal = starting.series_of(lines.peer.room, format, first_at=first_at, every_days=days)
    n = len(lines.proposal)
    proposed = ngettext(
        "{n} sessions are proposed, nothing is planned yet.", "{n} sessions are proposed, nothing is planned yet.", n
    )
    lines.say(proposed.format(n=n))
    for row in drafts_table(lines.look, lines.proposal):
        lines.say(f"{row}.")
    lines.say(spelled(_("Type: `series plan yes`.")))


async def _swap(lines: PlainLines, words: list[str]) -> None:
    if len(words) != 2:
        raise Unclear(spelled(_("Type: `series swap` and two numbers: their issue-holders change places.")))
    one, other = _chosen(lines, words), _chosen(lines, words[1:])
    await lines.do(SwapHolders(one.id, other.id), _("Their issue-holders have changed places."))


async def _away(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    away = lines.peer.seat not in planned.away
    # Translators: {session} is “the session of Friday 27 November 10:00” or “the next session”
    said = (
        _("It is said that you cannot come to {session}.") if away else _("It is said that you can come to {session}.")
    )
    await lines.do(SayAway(planned.id, away), said.format(session=of_session(planned)))


async def _date(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    asked = spelled(_("Type: `series date`, its number, and a date like friday 10:00, or `…open`."))
    said = _text(words[1:], asked)
    at = 0 if meant(said) == "open" else moment(lines.look, said)
    draft = msgspec.structs.replace(draft_of(planned), at=at)
    # Translators: {when} is “Friday 27 November 10:00” or “date open”
    await lines.do(ChangePlanned(draft), _("It is planned for: {when}.").format(when=when(at)))


async def _host(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    who = seat(lines, words[1:], nobody=True)
    draft = msgspec.structs.replace(draft_of(planned), host=who)
    host = _("Host: {name}.").format(name=lines.peer.name_of(who)) if who else _("Host: whoever facilitates.")
    await lines.do(ChangePlanned(draft), host)


async def _holder(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    named = [w for w in words[1:] if meant(w) not in NOBODY]
    holders = [seat(lines, [w]) for w in named]
    if not words[1:]:
        raise Unclear(spelled(_("Type: `series holder`, its number, and one or more seats, or `none`.")))
    draft = msgspec.structs.replace(draft_of(planned), holders=holders, feedback=planned.feedback and not holders)
    names = phrases.listed([lines.peer.name_of(s) for s in holders])
    # Translators: whose issue a planned session is about
    said = _("Issue: {names}.").format(names=names) if names else _("Issue: nobody.")
    await lines.do(ChangePlanned(draft), said)


async def _topic(lines: PlainLines, words: list[str]) -> None:
    planned = _chosen(lines, words)
    asked = spelled(_("Type: `topic`, the session's number, and what it is about / what to prepare."))
    said, *prework = parts([_text(words[1:], asked)])
    topic = "" if meant(said) in NOBODY else said
    before = " / ".join(prework)
    id = planned.id
    sealed = lines.peer.seal(FieldKind.TITLE, topic, id), lines.peer.seal(FieldKind.NOTE, before, id)
    if before:
        told = _("Topic: {topic}, to prepare: {text}.") if topic else _("Topic: none, to prepare: {text}.")
    else:
        told = _("Topic: {topic}.") if topic else _("Topic: none.")
    await lines.do(SetTopic(id, *sealed), told.format(topic=topic, text=before))


# -- dates -------------------------------------------------------------------------------------------------------


async def _dates(lines: PlainLines, words: list[str]) -> None:
    poll = lines.peer.room.poll
    if not words:
        _list_dates(lines, _poll(poll))
    elif all_meant(words) == ["none"]:
        await lines.do(AnswerDates(_read(lines, poll).id, []), _("None of the dates suits you."))
    elif all(is_number([w.strip(",")]) for w in words):
        asked = _read(lines, poll)
        fits = [_numbered(asked, [w.strip(",")]) for w in words]
        said = phrases.listed([phrases.moment(at) for at in sorted(set(fits))])
        await lines.do(AnswerDates(asked.id, fits), _("It suits you: {dates}.").format(dates=said))
    else:
        planned = _chosen(lines, words)
        at = parse_moments(" ".join(words[1:]), lines.look.now)
        if isinstance(at, NotADate):
            raise Unclear(str(at))
        await lines.do(ProposeDates(planned.id, at))


def _poll(poll: DatePoll | None) -> DatePoll:
    if poll is None:
        raise Unclear(_("No dates are being asked about."))
    return poll


def _read(lines: PlainLines, poll: DatePoll | None) -> DatePoll:
    """The dates that are asked about, if they are those that this member has read last."""
    asked = _poll(poll)
    read = lines.lists.get("dates")
    if read is not None and read != [asked.id]:
        raise Unclear(spelled(_("Other dates are asked about by now. Type `dates` to read them.")))
    return asked


def _numbered(poll: DatePoll, words: Sequence[str]) -> int:
    index = number(words, WHICH_DATE)
    if not 1 <= index <= len(poll.dates):
        raise Unclear(spelled(_("There is no date {n}. Type `dates` to read them.")).format(n=index))
    return poll.dates[index - 1]


def _list_dates(lines: PlainLines, poll: DatePoll) -> None:
    look = lines.look
    lines.list_("dates", [poll.id])
    n = len(poll.dates)
    # Translators: {session} is “the session of Friday 27 November 10:00” or “the next session”
    count = ngettext("{n} date for {session}.", "{n} dates for {session}.", n)
    lines.say(count.format(n=n, session=of_session(asked_about(look.room))))
    for index, at in enumerate(poll.dates, 1):
        said = [phrases.moment(at), suits(look, poll, at)]
        if at in poll.fits.get(look.seat, ()):
            # Translators: at the end of “1: Friday 27 November 10:00, suits 2 of 3 who answered: Ana and Ben, you can”
            said.append(_("you can"))
        lines.say(f"{index}: {', '.join(said)}.")
    if look.seat not in poll.fits:
        lines.say(HOW_TO_ANSWER_DATES)


async def _decide(lines: PlainLines, words: list[str]) -> None:
    poll = _read(lines, lines.peer.room.poll)
    if words and (words[0] == "0" or meant(words[0]) == "none"):
        await lines.do(DecideDate(poll.id, 0))
    else:
        await lines.do(DecideDate(poll.id, _numbered(poll, words)))


WORDS: dict[str, Word] = {
    "series": Word(
        "",
        "",
        _("the planned sessions, numbered"),
        False,
        _series,
        (
            (
                form("plan [FORMAT] [every DAYS] [from DATE TIME]"),
                spelled(_("those who lead: propose a series; `series plan yes` plans it")),
            ),
            (
                form("away K"),
                spelled(_("you cannot come to session `K`, or can after all; `K` is its number in `series`")),
            ),
            (form("swap K M"), _("the issue-holders of two sessions change places")),
            (form("date K DATE TIME"), spelled(_("those who lead: another date, or: `…open`"))),
            (form("host K SEAT|none"), _("those who lead: another host")),
            (form("holder K SEAT…|none"), _("those who lead: other issue-holders")),
        ),
    ),
    "topic": Word(
        "", form("K TEXT [/ TEXT]"), spelled(_("what session `K` is about / what to prepare")), False, _topic
    ),
    "dates": Word(
        "",
        form("[N…|none]"),
        _("the dates that are asked about; behind it, those that suit you"),
        False,
        _dates,
        ((form("K DATE TIME; DATE TIME…"), spelled(_("those who lead: ask which of these suits for session `K`"))),),
    ),
    "decide": Word("", form("N|none"), spelled(_("decide the date; `none`: ask no longer")), False, _decide),
}
