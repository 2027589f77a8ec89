"""The session and its agenda: the words for starting and ending it, and for its phases."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from evenly_protocol import agenda
from evenly_protocol.agenda import (
    CountPhase,
    ExtendPhase,
    LeaveOpen,
    SetIssueHolder,
    SkipPhase,
    StartPhase,
    TakeFromLater,
)
from evenly_protocol.session import EndSession, Hold, Resume, Session
from evenly_protocol.words import MILLISECONDS_A_MINUTE

from evenly_client import phrases, starting
from evenly_client.agenda_words import Step, behind_words, ripple, steps, title_of
from evenly_client.plain.spelling import all_meant, form, meant, spelled
from evenly_client.plain.word import HOW_MANY_MINUTES, WHICH_ISSUE, WHICH_PHASE, Unclear, Word, is_number, number, seat
from evenly_client.translation import _, ngettext, pgettext

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

_LAST = _("This is the last phase. Type: `end yes`, or `end open yes`.")
_MINUTES = re.compile(r"([+-])(\d{1,3})")


def _session(lines: PlainLines) -> Session:
    session = lines.look.session
    if session is None:
        raise Unclear(_("No session is running. A facilitator starts one."))
    return session


def _going_on(lines: PlainLines) -> Session:
    session = _session(lines)
    if session.closed_at is not None:
        unclear = _("The session is over, and only informal talk goes on. Type: `end yes`, or `start`.")
        raise Unclear(spelled(unclear))
    return session


# -- starting and ending -----------------------------------------------------------------------------------------


async def _start(lines: PlainLines, words: list[str]) -> None:
    from evenly_client.errors import UserError
    from evenly_client.formats import library
    from evenly_client.formats.table import FormatError

    beside = all_meant(words[:1]) == ["beside"]
    words = words[1:] if beside else words
    named = words[0] if words and not is_number(words) else ""
    minutes = number(words[-1:], HOW_MANY_MINUTES) if words[1 if named else 0 :] else 0
    try:
        format = library.find(named) if named else lines.usual_format()
    except (UserError, FormatError) as error:
        raise Unclear(str(error)) from None
    start = starting.prepared(lines.peer.room, format, by=lines.peer.seat, as_planned=not beside)
    if minutes and len(start.phases) > 1:
        # Translators: {title} and {name} are those of a format; “open” is one too: the one without a plan
        unclear = _("{title} takes {n} minutes by its phases. Type: `start` {name}, or `start` open 30.")
        raise Unclear(spelled(unclear).format(title=format.title, n=start.minutes, name=format.name))
    if minutes:
        start = replace(start, phases=[replace(start.phases[0], minutes=minutes)])
    id = lines.peer.new_id()
    await lines.do(starting.command(lines.peer, start, id), id=id)


async def _end(lines: PlainLines, words: list[str]) -> None:
    session = _session(lines)
    how = all_meant(words)
    if how == ["open", "yes"]:
        await lines.do(LeaveOpen(session.phase.visit))
    elif how == ["yes"]:
        await lines.do(EndSession(session.number))
    elif how == ["open"]:
        unclear = _("Type: `end open yes`. It ends the session, and the room stays open for informal talk.")
        raise Unclear(spelled(unclear))
    else:
        unclear = _("Type: `end yes`. It ends the session for everybody. Or: `end open yes`, and whoever likes stays.")
        raise Unclear(spelled(unclear))


async def _pause(lines: PlainLines, words: list[str]) -> None:
    await lines.do(Resume() if lines.look.held and lines.look.leads else Hold())


# -- what goes on ------------------------------------------------------------------------------------------------


async def _time(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.session is None:
        lines.say(_("No session is running."))
        return
    # Translators: in “12 min left, seat 2 speaking.”
    seats = [_("seat {seat} speaking").format(seat=s.seat) for s in look.speaking()]
    # Translators: in “12 min left, nobody speaking.”
    speaking = phrases.listed(seats) or _("nobody speaking")
    if look.session.closed_at is not None:
        lines.say(_("The session is over, informal talk goes on, {speaking}.").format(speaking=speaking))
        return
    left = look.session.phase.ends_at - look.now
    if look.held:
        said = _("Paused, {time} left, {speaking}.") if left > 0 else _("Paused, {time} beyond the plan, {speaking}.")
    else:
        said = _("{time} left, {speaking}.") if left > 0 else _("{time} beyond the plan, {speaking}.")
    lines.say(said.format(time=phrases.spoken(abs(left)), speaking=speaking))


async def _agenda(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.session is None:
        lines.say(f"{look.phase}.")
        return
    session = look.session
    all_steps = steps(look.peer.sealer, session, look.now)
    late = behind_words(session, look.now) if look.leads else ""
    count = ngettext("{n} phase", "{n} phases", len(all_steps)).format(n=len(all_steps))
    ends = _("the session ends {time}").format(time=_end_words(session, look.now))
    if session.closed_at is not None:
        ends = _("the session is over")
    when = ", ".join(filter(None, (count, ends, late)))
    # Translators: “5 phases, the session ends 12:30. Hands and turns. fair: least heard first.”
    said = _("{when}. {mode}. {order}.")
    lines.say(said.format(when=when, mode=phrases.MODE_WORDS[look.floor.mode], order=look.order_in_words))
    for step in all_steps:
        lines.say(_step_words(lines, step))


def _end_words(session: Session, now: int) -> str:
    return phrases.time_of_day(agenda.projected_end(session, now))


def _step_words(lines: PlainLines, step: Step) -> str:
    state = _STATES[step.state].format(time=phrases.spoken(step.ms), clock=phrases.time_of_day(step.at))
    return f"{step.index + 1}: {', '.join(filter(None, (step.title, state, _whose(lines, step.holder))))}."


_STATES = {
    # Translators: how a phase of the agenda stands, in a list: {time} is a length of time, {clock} a time of day
    "done": _("done in {time}"),
    "now": _("now, until {clock}"),
    "next": _("next, {time} from {clock}"),
    "later": _("{time} from {clock}"),
    "skipped": _("left out"),
}


def _whose(lines: PlainLines, holder: int) -> str:
    if not holder:
        return ""
    # Translators: whose issue a phase of the agenda is about: “Open questions, 15 min from 11:05, Ben's issue”
    return _("your issue") if holder == lines.peer.seat else _("{name}'s issue").format(name=lines.peer.name_of(holder))


# -- moving it ---------------------------------------------------------------------------------------------------


async def _phase(lines: PlainLines, words: list[str]) -> None:
    first = meant(words[0]) if words else ""
    moved = _MINUTES.fullmatch(first)
    if moved is not None:
        ms = int(moved[2]) * MILLISECONDS_A_MINUTE * (1 if moved[1] == "+" else -1)
        await extend(lines, ms, from_later=all_meant(words[1:]) == ["later"])
    elif not words:
        _show_next(lines)
    elif first == "next":
        await _start_phase(lines, _following(lines), words[1:])
    elif first == "back":
        await _start_phase(lines, _before(lines), words[1:])
    elif first == "skip":
        await _skip_phase(lines, _numbered(lines, words[1:]))
    elif first == "take":
        n = number(words[1:], HOW_MANY_MINUTES)
        said = ngettext(
            "The phases to come give up to {n} minutes. Type `agenda` to read them.",
            "The phases to come give up to {n} minutes. Type `agenda` to read them.",
            n,
        )
        await lines.do(TakeFromLater(n * MILLISECONDS_A_MINUTE), spelled(said).format(n=n))
    elif first == "counted" and all_meant(words[1:]) in (["yes"], ["no"]):
        counts = meant(words[1]) == "yes"
        await lines.do(CountPhase(counts), _("Talk counts now.") if counts else _("Talk does not count now."))
    else:
        await _start_phase(lines, _numbered(lines, words), words[1:])


def _show_next(lines: PlainLines) -> None:
    look = lines.look
    session = _going_on(lines)
    following = agenda.next_phase(session)
    if following is None:
        lines.say(spelled(_LAST))
        return
    step = next(s for s in steps(look.peer.sealer, session, look.now) if s.index == following)
    mode = phrases.mode_amid(session.phases[following].mode)
    phase = ", ".join(filter(None, (step.title, phrases.spoken(step.ms), mode, _whose(lines, step.holder))))
    ends = look.now + sum(agenda.remaining(session, i) for i in agenda.to_come(session))
    # Translators: {n} is the number of a phase, {phase} it and how long it is: “Reflection, 5 min, round”
    said = _("Next is {n}: {phase}. Started now, the session ends {time}. Type: `phase next`.")
    lines.say(spelled(said).format(n=following + 1, phase=phase, time=phrases.time_of_day(ends)))


def _following(lines: PlainLines) -> int:
    following = agenda.next_phase(_going_on(lines))
    if following is None:
        raise Unclear(spelled(_LAST))
    return following


def _before(lines: PlainLines) -> int:
    session = _going_on(lines)
    if not session.visits:
        raise Unclear(_("This is the first phase."))
    return session.visits[-1].index


def _numbered(lines: PlainLines, words: list[str]) -> int:
    named = number(words, WHICH_PHASE)
    if not 1 <= named <= len(_going_on(lines).phases):
        raise Unclear(spelled(_("There is no phase {n}. Type `agenda` to read them.")).format(n=named))
    return named - 1


async def _start_phase(lines: PlainLines, index: int, words: list[str]) -> None:
    who = seat(lines, words) if words else 0
    await lines.do(StartPhase(index, _going_on(lines).phase.visit, who))


async def _skip_phase(lines: PlainLines, index: int) -> None:
    session = _going_on(lines)
    out = index not in session.skipped
    said = _("{title} is left out.") if out else _("{title} is taken in again.")
    await lines.do(SkipPhase(index, out), said.format(title=title_of(lines.peer.sealer, session, index)))


async def extend(lines: PlainLines, ms: int, *, from_later: bool = False) -> None:
    """Moves the end of the phase under way, and says what that does to the others."""
    look = lines.look
    said = ""
    if look.session is not None and look.session.closed_at is None:
        effect = ripple(look.peer.sealer, look.session, look.now, ms, from_later=from_later)
        # Translators: {time} is a length of time, {effect} a sentence: what that does to the phases to come
        moved = _("{time} more. {effect}") if ms > 0 else _("{time} less. {effect}")
        # Translators: said in place of the arrow in “Discussion 10 → 7”: minutes before and now
        to = pgettext("instead of an arrow", "to")
        said = moved.format(time=phrases.spoken(abs(ms)), effect=effect.words.replace("→", to))
    await lines.do(ExtendPhase(ms, from_later), said)


async def _holder(lines: PlainLines, words: list[str]) -> None:
    if not words:
        session = _session(lines)
        who = session.phase.holder
        lines.say(_whose_issue(lines, who) if who else _("It is nobody's issue in particular."))
        return
    several = len(words) > 1 and is_number(words[-1:])
    issue = number(words[-1:], WHICH_ISSUE) if several else 0
    who = seat(lines, words[:-1] if several else words, nobody=True)
    # Translators: whose issue it is, now that it has been taken from somebody
    await lines.do(SetIssueHolder(who, issue), _whose_issue(lines, who) if who else _("Nobody's."))


def _whose_issue(lines: PlainLines, who: int) -> str:
    return _("It is {name}'s issue.").format(name=lines.peer.name_of(who))


WORDS: dict[str, Word] = {
    "time": Word("t", "", _("how much time is left"), False, _time),
    "agenda": Word("g", "", _("the whole agenda: what was, what is, what comes and when"), False, _agenda),
    "pause": Word("p", "", _("pause everything, or go on"), False, _pause),
    "start": Word(
        "",
        form("[FORMAT] [MINUTES]"),
        _("start a session, the planned one if there is one; without a format, the room's own"),
        True,
        _start,
        ((form("beside [FORMAT] [MINUTES]"), _("start another; the planned one stays to come")),),
    ),
    "phase": Word(
        ".",
        form("[next|N|…]"),
        _("what comes next; the first word shows it, the second starts it"),
        True,
        _phase,
        (
            (form("next [SEAT]"), spelled(_("start the next phase; `SEAT` has the floor, or begins"))),
            (form("N [SEAT]"), _("start the phase of this number in the agenda")),
            (form("back"), _("go back to the phase before")),
            (form("skip N"), _("leave a phase out, or take it in again")),
            (form("+5"), _("five minutes more: the end of the session moves")),
            (form("+5 later"), _("five minutes more, from the phases to come")),
            (form("-5"), _("five minutes less")),
            (form("take 5"), _("the phases to come give five minutes, to catch up")),
            (form("counted yes|no"), _("whether talk counts towards equal air time")),
        ),
    ),
    "holder": Word("", form("SEAT|none [ISSUE]"), _("whose issue it is"), True, _holder),
    "end": Word(
        "",
        form("yes"),
        _("end the session"),
        True,
        _end,
        ((form("open yes"), _("end it, and let whoever likes stay")),),
    ),
}
