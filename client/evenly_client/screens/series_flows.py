"""The series, its dates, who leads and who talks in pairs: questions one after another, then a command.

What was typed and is not understood is asked for again with what is wrong with it: nothing typed is lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import msgspec
from evenly_protocol import pairs, series
from evenly_protocol.agreement import SetCallLink
from evenly_protocol.attendance import SetDeputy
from evenly_protocol.exchange import LogCoaching
from evenly_protocol.facts import Command
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import (
    AnswerDates,
    ChangePlanned,
    DecideDate,
    Draft,
    Planned,
    PlanSeries,
    ProposeDates,
    SayAway,
    SetTopic,
    SwapHolders,
    draft_of,
)
from evenly_protocol.session import HandOver
from evenly_protocol.words import Role

from evenly_client import opened, pairing, phrases, starting
from evenly_client.drawing import drawn, who_pairs
from evenly_client.due import NotADate
from evenly_client.formats import library
from evenly_client.peer import Peer
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Flow, Host, seat
from evenly_client.sealing import TextTooLong
from evenly_client.series_words import (
    EXAMPLE,
    asked_about,
    draft_words,
    drafts_table,
    of_session,
    parse_moment,
    parse_moments,
    planned_words,
    suits,
    when,
)

EVERY: Final = ((7, "every week"), (14, "every two weeks"), (21, "every three weeks"), (28, "every four weeks"))
PAIR_MINUTES: Final = (5, 8, 10, 15, 20, 30)
OPENERS_LISTED: Final = 5
KEYS: Final = "123456789"


# -- asking ------------------------------------------------------------------------------------------------------


async def _moment(host: Host, title: str, *, body: str = "", value: str = "") -> int | None:
    """A day and a time of day, asked for until it is one; None when it is left."""
    said = body
    while True:
        value = await host.write(title, body=said, value=value, placeholder=EXAMPLE) or ""
        if not value:
            return None
        at = parse_moment(value, host.situation().outlook.now)
        if not isinstance(at, NotADate):
            return at
        said = f"{at} {body}".strip()


async def _number(host: Host, title: str, *, least: int, most: int, value: str = "", body: str = "") -> int | None:
    said = body
    while True:
        value = await host.write(title, body=said, value=value) or ""
        if not value:
            return None
        if value.isascii() and value.isdigit() and least <= int(value[:6]) <= most:
            return int(value)
        said = f"A number from {least} to {most}. {body}".strip()


async def _text(
    host: Host, title: str, use: Callable[[str], None], *, value: str = "", body: str = "", several: bool = False
) -> bool:
    """A text for `use`, asked for until it fits; whether there was one."""
    said = body
    while True:
        ask = host.write_lines if several else host.write
        written = await ask(title, body=said, value=value)
        if written is None:
            return False
        try:
            use(written)
        except TextTooLong as error:
            value, said = written, f"{error.title} {error.advice}"
            continue
        return True


async def _planned(host: Host, title: str, *, body: str = "") -> Planned | None:
    """One of the sessions to come."""
    o = host.situation().outlook
    coming = series.to_come(o.room)
    if not coming:
        host.say("No sessions are planned yet.")
        return None
    return await host.choose(
        title,
        [Choice(p, planned_words(o, p), "", KEYS[i] if i < len(KEYS) else "") for i, p in enumerate(coming)],
        body=body,
    )


def _members(host: Host) -> list[int]:
    """Seats with a screen of their own that may lead."""
    o = host.situation().outlook
    members = (o.room.members[s] for s in o.everybody)
    return [m.seat for m in members if not m.is_guest and m.role is not Role.OBSERVER]


def _give(host: Host, command: Command, id: bytes = b"") -> bool:
    """Gives a command, unless the rules refuse it already; then that is said at once."""
    refusal = host.situation().refusal(command)
    if refusal is not None:
        host.say(f"{refusal.sentence} {refusal.next_step}")
        return False
    host.do(command, id)
    return True


# -- the series --------------------------------------------------------------------------------------------------


async def plan_series(host: Host) -> None:
    """Plan a session for each issue-holder and one for feedback: proposed as a table, then confirmed."""
    names = library.names()
    name = await host.choose(
        "Plan the series: in which format?",
        [Choice(n, library.find(n).title, "", KEYS[i] if i < len(KEYS) else "") for i, n in enumerate(names)],
    )
    if name is None:
        return
    dated = await host.choose(
        "Shall the sessions have dates?",
        [Choice(True, "yes, from a first date on", "", "y"), Choice(False, "no, leave them open", "", "n")],
        body="Each can be changed later, and the group can be asked which dates suit.",
    )
    if dated is None:
        return
    first_at, days = 0, series.DAYS_BETWEEN
    if dated:
        at = await _moment(host, "When is the first?")
        if at is None:
            return
        first_at = at
        every = await host.choose(
            "How far apart?",
            [
                *(Choice(n, words, f"{n} days", str(i)) for i, (n, words) in enumerate(EVERY, 1)),
                Choice(0, "another number of days", "", "0"),
            ],
        )
        if every is None:
            return
        days = every or await _number(host, "Every how many days?", least=1, most=365, value="14") or 0
        if not days:
            return
    o = host.situation().outlook
    drafts = starting.series_of(o.room, library.find(name), first_at=first_at, every_days=days)
    sure = await host.choose(
        f"Plan these {len(drafts)} sessions?",
        [Choice(True, "plan them", "", "y"), Choice(False, "no", "nothing changes", "n")],
        body="\n".join(drafts_table(o, drafts)),
    )
    if sure:
        _give(host, PlanSeries(drafts))


async def change_planned(host: Host) -> None:
    """Another date, host or issue-holder for one planned session."""
    planned = await _planned(host, "Change which session?")
    if planned is None:
        return
    o = host.situation().outlook
    what = await host.choose(
        "Change what?",
        [
            Choice("date", "its date", when(planned.at), "1"),
            Choice("host", "its host", o.name(planned.host) if planned.host else "whoever facilitates", "2"),
            Choice("holder", "whose issue it is", phrases.listed([o.name(s) for s in planned.holders]), "3"),
        ],
        body=planned_words(o, planned),
    )
    draft = draft_of(planned)
    changed: Draft | None = None
    if what == "date":
        at = await _moment(host, "When is it?")
        changed = None if at is None else msgspec.structs.replace(draft, at=at)
    elif what == "host":
        free = [s for s in _members(host) if s not in planned.holders]
        who = await seat(host, "Who hosts it?", free, nobody="whoever facilitates")
        changed = None if who is None else msgspec.structs.replace(draft, host=who)
    elif what == "holder":
        able = [s for s in series.rotating(o.room) if s != planned.host]
        who = await seat(host, "Whose issue is it?", able, nobody="nobody's")
        if who is not None:
            holders = [who] if who else []
            changed = msgspec.structs.replace(draft, holders=holders, feedback=planned.feedback and not who)
    if changed is not None and _give(host, ChangePlanned(changed)):
        host.say(f"Planned: {draft_words(o, changed)}.")


async def swap_holders(host: Host) -> None:
    """The issue-holders of two planned sessions change places."""
    one = await _planned(host, "Swap the issue-holder of which session?")
    if one is None:
        return
    o = host.situation().outlook
    others = [p for p in series.to_come(o.room) if p.id != one.id]
    if not others:
        host.say("There is no other session to swap with.")
        return
    other = await host.choose(
        "With which?",
        [Choice(p, planned_words(o, p), "", KEYS[i] if i < len(KEYS) else "") for i, p in enumerate(others)],
        body=planned_words(o, one),
    )
    if other is not None:
        _give(host, SwapHolders(one.id, other.id))


async def set_topic(host: Host) -> None:
    """What a planned session is about, and what to do before it."""
    planned = await _planned(host, "Which session?")
    if planned is None:
        return
    topic, prework = opened.topic(host.peer.sealer, planned), opened.prework(host.peer.sealer, planned)
    id = planned.id
    sealed: dict[str, bytes] = {}

    def seal_topic(text: str) -> None:
        sealed["topic"] = host.peer.seal(FieldKind.TITLE, text, id)

    def seal_prework(text: str) -> None:
        sealed["prework"] = host.peer.seal(FieldKind.NOTE, text, id)

    if not await _text(host, "What is it about?", seal_topic, value=topic, body=of_session(planned)):
        return
    wanted = await host.choose(
        "Something to read or do before it?",
        [Choice(True, "write it", "", "y"), Choice(False, "nothing", "", "n")],
        body=prework,
    )
    if wanted is None or (wanted and not await _text(host, "To prepare", seal_prework, value=prework, several=True)):
        host.say("Nothing was changed.")
        return
    _give(host, SetTopic(id, sealed["topic"], sealed.get("prework", b"")))


async def say_away(host: Host) -> None:
    """I cannot come to a planned session, or can after all."""
    planned = await _planned(host, "Which session?")
    if planned is None:
        return
    away = host.peer.seat not in planned.away
    sure = await host.choose(
        "You cannot come?" if away else "You can come after all?",
        [Choice(True, "yes", "the others see it", "y"), Choice(False, "no", "", "n")],
        body=of_session(planned),
    )
    if sure:
        _give(host, SayAway(planned.id, away))


# -- dates -------------------------------------------------------------------------------------------------------


async def propose_dates(host: Host) -> None:
    """Ask the group which of several dates suits."""
    planned = await _planned(host, "Find a date for which session?")
    if planned is None:
        return
    about = f"Up to {series.DATES_AT_MOST}, one on a line, like {EXAMPLE}."
    said, value = about, ""
    while True:
        written = await host.write_lines("Which dates?", body=said, value=value)
        if written is None:
            return
        value = written
        dates = parse_moments(written, host.situation().outlook.now)
        if isinstance(dates, NotADate):
            said = f"{dates} {about}"
        elif len(dates) > series.DATES_AT_MOST:
            said = f"These are {len(dates)} dates. {about}"
        else:
            _give(host, ProposeDates(planned.id, dates))
            return


async def answer_dates(host: Host) -> None:
    """Say which of the dates suit me: each on or off, then sent."""
    o = host.situation().outlook
    poll = o.room.poll
    if poll is None:
        host.say("No dates are being asked about.")
        return
    fits = set(poll.fits.get(o.seat, ()))
    while True:
        choices = [
            Choice(at, phrases.moment(at), "suits me" if at in fits else "does not", KEYS[i])
            for i, at in enumerate(poll.dates)
        ]
        chosen = await host.choose(
            "Which dates suit you?",
            [*choices, Choice(0, "that is my answer" if fits else "none suits me", "", "y")],
            body=f"For {of_session(asked_about(o.room))}. Each number switches its date; y sends your answer.",
        )
        if chosen is None:
            return
        if not chosen:
            _give(host, AnswerDates(poll.id, sorted(fits)))
            return
        fits ^= {chosen}


async def decide_date(host: Host) -> None:
    """Decide the date; how many each suits stands beside it."""
    o = host.situation().outlook
    poll = o.room.poll
    if poll is None:
        host.say("No dates are being asked about.")
        return
    at = await host.choose(
        f"Which date for {of_session(asked_about(o.room))}?",
        [
            *(Choice(d, phrases.moment(d), suits(o, poll, d), KEYS[i]) for i, d in enumerate(poll.dates)),
            Choice(0, "none: ask no longer", "", "0"),
        ],
    )
    if at is not None:
        _give(host, DecideDate(poll.id, at))


# -- who leads, where we meet ------------------------------------------------------------------------------------


async def call_link(host: Host) -> None:
    """Keep the link to the call, for everybody here."""
    o = host.situation().outlook
    now = opened.call_link(host.peer.sealer, o.room)
    if now:
        wanted = await host.choose(
            "The link to the call",
            [Choice(True, "another link", "", "1"), Choice(False, "take it away", "", "2")],
            body=now,
        )
        if wanted is None:
            return
        if not wanted:
            _give(host, SetCallLink(b""))
            return

    def keep(link: str) -> None:
        id = Peer.new_id()
        _give(host, SetCallLink(host.peer.seal(FieldKind.LINK, link, id)), id)

    await _text(host, "The link to the call", keep, value=now, body="Only members can read it.")


async def hand_over(host: Host) -> None:
    """Who leads this session beside the standing facilitators."""
    o = host.situation().outlook
    if o.session is None:
        host.say("No session is running.")
        return
    now = o.session.host
    who = await seat(
        host,
        "Who hosts this session?",
        _members(host),
        nobody="nobody: the facilitator leads",
        body=f"Now: {o.name(now) if now else 'nobody'}. The host leads until the end of the session.",
    )
    if who is not None:
        _give(host, HandOver(who))


async def deputy(host: Host) -> None:
    """Who leads by themselves when no facilitator is there."""
    o = host.situation().outlook
    who = await seat(
        host,
        "Who leads when no facilitator is there?",
        [s for s in _members(host) if s != o.seat],
        nobody="nobody by themselves",
        body="A minute after the last facilitator has gone they lead, until one is back. Everybody is told.",
    )
    if who is not None:
        _give(host, SetDeputy(who))


# -- pairs -------------------------------------------------------------------------------------------------------


async def draw_pairs(host: Host) -> None:
    """Draw pairs: how long, a question to begin with, the list to copy, then begun."""
    minutes = await host.choose(
        "Pairs: for how long?",
        [
            *(Choice(m, f"{m} minutes", "", KEYS[i]) for i, m in enumerate(PAIR_MINUTES)),
            Choice(0, "another length", "", "0"),
        ],
    )
    if minutes is None:
        return
    length = minutes or await _number(host, "How many minutes?", least=1, most=pairs.MINUTES_AT_MOST) or 0
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
            host.say("Two people on the call are needed.")
            return
        groups = drawn(room, seats, seed)
        until = phrases.time_of_day(host.situation().outlook.now + length * 60_000)
        answer = await host.choose(
            "Begin with these pairs?",
            [
                Choice("begin", "begin", "everybody sees their own", "y"),
                Choice("again", "draw again", "", "2"),
                Choice("all", "with those who lead" if seats == who_pairs(room) else "without those who lead", "", "3"),
            ],
            body=f"To copy into the call's chat:\n{pairing.copy_list(groups, host.peer.name_of, until)}",
        )
        if answer is None:
            return
        if answer == "begin":
            _give(host, pairs.SetPairs(groups, length, opener), id)
            return
        if answer == "all":
            everybody = who_pairs(room, everybody=True)
            seats = everybody if seats != everybody else who_pairs(room)
        seed += 1


async def _opener(host: Host, id: bytes) -> bytes | None:
    """A sealed question to begin with, chosen or typed; empty for none, None when it is left."""
    listed = random.sample(pairing.OPENERS, OPENERS_LISTED)
    chosen = await host.choose(
        "A question to begin with?",
        [
            *(Choice(text, text, "", KEYS[i]) for i, text in enumerate(listed)),
            Choice("type", "another one", "", "e"),
            Choice("", "none", "", "0"),
        ],
    )
    if chosen is None:
        return None
    if chosen != "type":
        return host.peer.seal(FieldKind.QUESTION, chosen, id)
    typed: list[bytes] = []

    def seal(text: str) -> None:
        typed.append(host.peer.seal(FieldKind.QUESTION, text, id))

    return typed[-1] if await _text(host, "A question to begin with", seal) else None


async def call_back_pairs(host: Host) -> None:
    """Call the pairs back before their time is over."""
    session = host.situation().outlook.session
    talking = session.pairs if session is not None else None
    if talking is None or talking.over:
        host.say("No pairs are talking now.")
        return
    sure = await host.choose(
        "Call everybody back now?", [Choice(True, "call back", "", "y"), Choice(False, "let them talk", "", "n")]
    )
    if sure:
        _give(host, pairs.CallBack(talking.id))


async def log_coaching(host: Host) -> None:
    """Add minutes of coaching one to one; only the minutes are kept for the sponsor's figures."""
    o = host.situation().outlook
    who = await seat(host, "Coaching, one to one: with whom?", [s for s in o.everybody if s != o.seat])
    if who is None:
        return
    minutes = await _number(host, "How many minutes?", least=1, most=600, value="45")
    if minutes is not None and _give(host, LogCoaching(who, minutes)):
        host.say(f"{minutes} minutes are added.")


SERIES_FLOWS: dict[str, Flow] = {
    "plan_series": plan_series,
    "change_planned": change_planned,
    "swap_holders": swap_holders,
    "set_topic": set_topic,
    "say_away": say_away,
    "propose_dates": propose_dates,
    "answer_dates": answer_dates,
    "decide_date": decide_date,
    "call_link": call_link,
    "hand_over": hand_over,
    "deputy": deputy,
    "draw_pairs": draw_pairs,
    "call_back_pairs": call_back_pairs,
    "log_coaching": log_coaching,
}
"""The actions that ask something first."""
