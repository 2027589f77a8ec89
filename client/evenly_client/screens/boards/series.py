"""The series: its sessions and the dates asked about as rows, one in full, and what can be done about it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from evenly_protocol.facts import Command
from evenly_protocol.series import (
    MILLISECONDS_A_DAY,
    AnswerDates,
    ChangePlanned,
    DatePoll,
    DecideDate,
    Planned,
    ProposeDates,
    SayAway,
    SetTopic,
    SwapHolders,
    draft_of,
    to_come,
)

from evenly_client import opened, phrases
from evenly_client.outlook import Outlook
from evenly_client.screens.boards.asking import pick
from evenly_client.screens.boards.items import Item, Told, called, group, item_of, joined, names_of
from evenly_client.screens.hosting import BoardHost
from evenly_client.screens.series.flows import SERIES_FLOWS
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext

DEEDS: Final = {
    "answer_dates": _("which dates suit me…"),
    "decide_date": _("decide the date…"),
    "say_away": _("I cannot come to a session, or can after all…"),
    "set_topic": _("topic and preparation of a session…"),
    "propose_dates": _("ask which dates suit…"),
    "change_planned": _("a planned session's date, host, issue-holder…"),
    "swap_holders": _("swap the issue-holders of two sessions…"),
}
"""What can be done about a planned session, by the name in `SERIES_FLOWS`."""


def in_order(o: Outlook) -> list[Planned]:
    """All planned sessions: those held by their number, then those to come."""
    held = sorted((p for p in o.room.series if p.number), key=lambda p: p.number)
    return [*held, *to_come(o.room)]


def listed(o: Outlook, lines: int) -> list[Item]:
    found: list[Item] = []
    poll = o.room.poll
    if poll is not None:
        dates = [_date(o, poll, at) for at in poll.dates]
        silent = [seat for seat in asked_about(o) if seat not in poll.fits]
        note = _("not answered yet: {names}").format(names=names_of(o, silent)) if silent else _("all answered")
        found += group(_("WHICH DATE SUITS?"), dates, note)
    sessions = in_order(o)
    number = 0
    planned: list[Item] = []
    for each in sessions:
        number = each.number or number + 1
        planned.append(_planned(o, each, number, lines))
    return found + (group(_("SESSIONS"), planned) if found else planned)


def asked_about(o: Outlook) -> list[int]:
    """The seats that a question about dates is put to: everybody with a device."""
    return [m.seat for m in o.room.members.values() if not m.removed and not m.is_guest]


def _date(o: Outlook, poll: DatePoll, at: int) -> Item:
    def told() -> Told:
        return Told("", False, f"{phrases.moment(at)} · {_suits(o, poll, at)}")

    return item_of(("date", at), 1, told)


def _suits(o: Outlook, poll: DatePoll, at: int) -> str:
    fits = [called(o, seat) for seat, dates in sorted(poll.fits.items()) if at in dates]
    not_ = [called(o, seat) for seat, dates in sorted(poll.fits.items()) if at not in dates]
    # Translators: whom a date suits, and whom it does not.
    suits = _("suits {names}").format(names=phrases.listed(fits)) if fits else _("suits nobody yet")
    return joined((suits, _("not {names}").format(names=phrases.listed(not_)) if not_ else ""))


def poll_details(o: Outlook, poll: DatePoll) -> list[str]:
    """What is asked about dates, and who has answered how."""
    found = [_("Which date suits?"), ""]
    for at in poll.dates:
        found.append(f"{phrases.moment(at)}: {_suits(o, poll, at)}")
    silent = [called(o, seat) for seat in asked_about(o) if seat not in poll.fits]
    if silent:
        return [*found, "", _("Not answered yet: {names}.").format(names=phrases.listed(silent))]
    return [*found, "", _("Everybody has answered.")]


def _minutes(n: int) -> str:
    return ngettext("{n} minute", "{n} minutes", n).format(n=n) if n else ""


def _when(planned: Planned) -> str:
    return phrases.moment(planned.at) if planned.at else _("date open")


def _planned(o: Outlook, planned: Planned, number: int, lines: int) -> Item:
    def told() -> Told:
        mark = f"{number:>2} {'✓' if planned.number else ' '}"
        topic = opened.topic(o.peer.sealer, planned)
        who = joined(
            (
                _("issue: {names}").format(names=names_of(o, planned.holders)) if planned.holders else "",
                _("feedback alone") if planned.feedback else "",
                _("host: {name}").format(name=called(o, planned.host)) if planned.host else "",
            )
        )
        away = _("away: {names}").format(names=names_of(o, planned.away)) if planned.away else ""
        mine = o.seat in (*planned.holders, planned.host)
        if lines == 1:
            return Told(mark, mine, joined((_when(planned), who, topic, away)))
        return Told(mark, mine, joined((_when(planned), topic)), "", joined((who, away)))

    return item_of(planned.id, lines, told, names=5)


def planned_details(o: Outlook, planned: Planned) -> list[str]:
    """A planned session in full."""
    sealer = o.peer.sealer
    topic, prework = opened.topic(sealer, planned), opened.prework(sealer, planned)
    held = _("held as session {n}").format(n=planned.number) if planned.number else ""
    lines = [
        joined((_when(planned), _minutes(planned.minutes), held)),
        topic,
        _("Feedback of the last issue-holder alone.") if planned.feedback else "",
        _("Issue: {names}").format(names=names_of(o, planned.holders)) if planned.holders else "",
        _("Host: {name}").format(name=called(o, planned.host)) if planned.host else "",
        _("Away: {names}").format(names=names_of(o, planned.away)) if planned.away else "",
        _("Before it: {prework}").format(prework=prework) if prework else "",
    ]
    found = [line for line in lines if line]
    poll = o.room.poll
    return [*found, "", *poll_details(o, poll)] if poll is not None and poll.planned == planned.id else found


def details(o: Outlook, key: Hashable) -> list[str]:
    """A planned session of this id in full, or what is asked about dates; nothing if it is gone."""
    nothing: list[str] = []
    if o.room.poll is not None and isinstance(key, tuple):
        return poll_details(o, o.room.poll)
    return next((planned_details(o, p) for p in o.room.series if p.id == key), nothing)


async def open_planned(host: BoardHost, key: Hashable) -> None:
    """A planned session, or a date that is asked about, in full, and what can be done about it now."""
    s = host.situation()
    found = details(s.outlook, key)
    planned = next((p for p in s.outlook.room.series if p.id == key), None)
    able = [name for name, command in _series_commands(s, planned) if s.refusal(command) is None]
    if found:
        can = [(name, DEEDS[name], str(n)) for n, name in enumerate(able, 1)]
        wanted = await pick(host, _("Series"), found, can)
        if wanted:
            await SERIES_FLOWS[wanted](host)


def _series_commands(s: Situation, planned: Planned | None) -> list[tuple[str, Command]]:
    """The flows of the series that fit a planned session (None: the dates asked about), and what each would send."""
    room = s.outlook.room
    poll = room.poll
    can: list[tuple[str, Command]] = []
    if poll is not None and (planned is None or planned.id == poll.planned):
        can += [("answer_dates", AnswerDates(poll.id, [])), ("decide_date", DecideDate(poll.id, 0))]
    if planned is None or planned.number:
        return can
    can += [
        ("say_away", SayAway(planned.id, s.outlook.seat not in planned.away)),
        ("set_topic", SetTopic(planned.id, b"")),
        ("propose_dates", ProposeDates(planned.id, [s.outlook.now + MILLISECONDS_A_DAY])),
        ("change_planned", ChangePlanned(draft_of(planned))),
    ]
    other = next((p for p in room.series if not p.number and p.id != planned.id), None)
    return [*can, ("swap_holders", SwapHolders(planned.id, other.id))] if other is not None else can
