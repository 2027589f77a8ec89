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
from evenly_client.plain.word import Unclear, Word, is_number, number, seat

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines

_MINUTES = re.compile(r"([+-])(\d{1,3})")


def _session(lines: PlainLines) -> Session:
    session = lines.look.session
    if session is None:
        raise Unclear("No session is running. A facilitator starts one.")
    return session


def _going_on(lines: PlainLines) -> Session:
    session = _session(lines)
    if session.closed_at is not None:
        raise Unclear("The session is over, and only informal talk goes on. Type: end yes, or start.")
    return session


# -- starting and ending -----------------------------------------------------------------------------------------


async def _start(lines: PlainLines, words: list[str]) -> None:
    from evenly_client.errors import UserError
    from evenly_client.formats import library
    from evenly_client.formats.table import FormatError

    beside = [w.lower() for w in words[:1]] == ["beside"]
    words = words[1:] if beside else words
    named = words[0] if words and not is_number(words) else ""
    minutes = number(words[-1:], "number of minutes") if words[1 if named else 0 :] else 0
    try:
        format = library.find(named) if named else lines.usual_format()
    except (UserError, FormatError) as error:
        raise Unclear(str(error)) from None
    start = starting.prepared(lines.peer.room, format, by=lines.peer.seat, as_planned=not beside)
    if minutes and len(start.phases) > 1:
        raise Unclear(
            f"{format.title} takes {start.minutes} minutes by its phases. Type: start {format.name}, or start open 30."
        )
    if minutes:
        start = replace(start, phases=[replace(start.phases[0], minutes=minutes)])
    id = lines.peer.new_id()
    await lines.do(starting.command(lines.peer, start, id), id=id)


async def _end(lines: PlainLines, words: list[str]) -> None:
    session = _session(lines)
    if words == ["open", "yes"]:
        await lines.do(LeaveOpen(session.phase.visit))
    elif words == ["yes"]:
        await lines.do(EndSession(session.number))
    elif words == ["open"]:
        raise Unclear("Type: end open yes. It ends the session, and the room stays open for informal talk.")
    else:
        raise Unclear("Type: end yes. It ends the session for everybody. Or: end open yes, and whoever likes stays.")


async def _pause(lines: PlainLines, words: list[str]) -> None:
    await lines.do(Resume() if lines.look.held and lines.look.leads else Hold())


# -- what goes on ------------------------------------------------------------------------------------------------


async def _time(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.session is None:
        lines.say("No session is running.")
        return
    speaking = phrases.listed([f"seat {s.seat} speaking" for s in look.speaking()]) or "nobody speaking"
    if look.session.closed_at is not None:
        lines.say(f"The session is over, informal talk goes on, {speaking}.")
        return
    left = look.session.phase.ends_at - look.now
    when = f"{phrases.spoken(left)} left" if left > 0 else f"{phrases.spoken(-left)} beyond the plan"
    lines.say(f"{'Paused, ' if look.held else ''}{when}, {speaking}.")


async def _agenda(lines: PlainLines, words: list[str]) -> None:
    look = lines.look
    if look.session is None:
        lines.say(f"{look.phase}.")
        return
    session = look.session
    all_steps = steps(look.peer.sealer, session, look.now)
    late = behind_words(session, look.now) if look.leads else ""
    ends = "is over" if session.closed_at is not None else f"ends {_end_words(session, look.now)}"
    count = f"{len(all_steps)} phase{'' if len(all_steps) == 1 else 's'}"
    mode = phrases.MODE_WORDS[look.floor.mode]
    lines.say(f"{count}, the session {ends}{f', {late}' if late else ''}. {mode}. {look.order_in_words}.")
    for step in all_steps:
        lines.say(_step_words(lines, step))


def _end_words(session: Session, now: int) -> str:
    return phrases.time_of_day(agenda.projected_end(session, now))


def _step_words(lines: PlainLines, step: Step) -> str:
    minutes = phrases.spoken(step.ms)
    clock = phrases.time_of_day(step.at)
    state = {
        "done": f"done in {minutes}",
        "now": f"now, until {clock}",
        "next": f"next, {minutes} from {clock}",
        "later": f"{minutes} from {clock}",
        "skipped": "left out",
    }[step.state]
    holder = _whose(lines, step.holder)
    return f"{step.index + 1}: {step.title}, {state}{holder}."


def _whose(lines: PlainLines, holder: int) -> str:
    if not holder:
        return ""
    return ", your issue" if holder == lines.peer.seat else f", {lines.peer.name_of(holder)}'s issue"


# -- moving it ---------------------------------------------------------------------------------------------------


async def _phase(lines: PlainLines, words: list[str]) -> None:
    first = words[0].lower() if words else ""
    moved = _MINUTES.fullmatch(first)
    if moved is not None:
        ms = int(moved[2]) * MILLISECONDS_A_MINUTE * (1 if moved[1] == "+" else -1)
        await extend(lines, ms, from_later=words[1:] == ["later"])
    elif not words:
        _show_next(lines)
    elif first == "next":
        await _start_phase(lines, _following(lines), words[1:])
    elif first == "back":
        await _start_phase(lines, _before(lines), words[1:])
    elif first == "skip":
        await _skip_phase(lines, _numbered(lines, words[1:]))
    elif first == "take":
        minutes = number(words[1:], "number of minutes")
        said = f"The phases to come give up to {minutes} minutes. Type agenda to read them."
        await lines.do(TakeFromLater(minutes * MILLISECONDS_A_MINUTE), said)
    elif first == "counted" and words[1:] in (["yes"], ["no"]):
        await lines.do(
            CountPhase(words[1] == "yes"), f"Talk {'counts' if words[1] == 'yes' else 'does not count'} now."
        )
    else:
        await _start_phase(lines, _numbered(lines, words), words[1:])


def _show_next(lines: PlainLines) -> None:
    look = lines.look
    session = _going_on(lines)
    following = agenda.next_phase(session)
    if following is None:
        lines.say("This is the last phase. Type: end yes, or end open yes.")
        return
    step = next(s for s in steps(look.peer.sealer, session, look.now) if s.index == following)
    mode = phrases.MODE_WORDS[session.phases[following].mode].lower()
    holder = _whose(lines, step.holder)
    ends = look.now + sum(agenda.remaining(session, i) for i in agenda.to_come(session))
    lines.say(
        f"Next is {following + 1}: {step.title}, {phrases.spoken(step.ms)}, {mode}{holder}. "
        f"Started now, the session ends {phrases.time_of_day(ends)}. Type: phase next."
    )


def _following(lines: PlainLines) -> int:
    following = agenda.next_phase(_going_on(lines))
    if following is None:
        raise Unclear("This is the last phase. Type: end yes, or end open yes.")
    return following


def _before(lines: PlainLines) -> int:
    session = _going_on(lines)
    if not session.visits:
        raise Unclear("This is the first phase.")
    return session.visits[-1].index


def _numbered(lines: PlainLines, words: list[str]) -> int:
    named = number(words, "phase")
    if not 1 <= named <= len(_going_on(lines).phases):
        raise Unclear(f"There is no phase {named}. Type agenda to read them.")
    return named - 1


async def _start_phase(lines: PlainLines, index: int, words: list[str]) -> None:
    who = seat(lines, words) if words else 0
    await lines.do(StartPhase(index, _going_on(lines).phase.visit, who))


async def _skip_phase(lines: PlainLines, index: int) -> None:
    session = _going_on(lines)
    out = index not in session.skipped
    title = title_of(lines.peer.sealer, session, index)
    await lines.do(SkipPhase(index, out), f"{title} is {'left out' if out else 'taken in again'}.")


async def extend(lines: PlainLines, ms: int, *, from_later: bool = False) -> None:
    """Moves the end of the phase under way, and says what that does to the others."""
    look = lines.look
    said = ""
    if look.session is not None and look.session.closed_at is None:
        effect = ripple(look.peer.sealer, look.session, look.now, ms, from_later=from_later)
        moved = f"{phrases.spoken(abs(ms))} {'more' if ms > 0 else 'less'}"
        said = f"{moved}. {effect.words.replace('→', 'to')}"
    await lines.do(ExtendPhase(ms, from_later), said)


async def _holder(lines: PlainLines, words: list[str]) -> None:
    if not words:
        session = _session(lines)
        who = session.phase.holder
        lines.say(f"It is {lines.peer.name_of(who)}'s issue." if who else "It is nobody's issue in particular.")
        return
    several = len(words) > 1 and is_number(words[-1:])
    issue = number(words[-1:], "issue") if several else 0
    who = seat(lines, words[:-1] if several else words, nobody=True)
    await lines.do(SetIssueHolder(who, issue), f"It is {lines.peer.name_of(who)}'s issue." if who else "Nobody's.")


WORDS: dict[str, Word] = {
    "time": Word("t", "", "how much time is left", False, _time),
    "agenda": Word("g", "", "the whole agenda: what was, what is, what comes and when", False, _agenda),
    "pause": Word("p", "", "pause everything, or go on", False, _pause),
    "start": Word(
        "",
        "[FORMAT] [MINUTES]",
        "start a session, the planned one if there is one; without a format, the room's own",
        True,
        _start,
        (("beside [FORMAT] [MINUTES]", "start another; the planned one stays to come"),),
    ),
    "phase": Word(
        ".",
        "[next|N|…]",
        "what comes next; the first word shows it, the second starts it",
        True,
        _phase,
        (
            ("next [SEAT]", "start the next phase; SEAT has the floor, or begins"),
            ("N [SEAT]", "start the phase of this number in the agenda"),
            ("back", "go back to the phase before"),
            ("skip N", "leave a phase out, or take it in again"),
            ("+5", "five minutes more: the end of the session moves"),
            ("+5 later", "five minutes more, from the phases to come"),
            ("-5", "five minutes less"),
            ("take 5", "the phases to come give five minutes, to catch up"),
            ("counted yes|no", "whether talk counts towards equal air time"),
        ),
    ),
    "holder": Word("", "SEAT|none [ISSUE]", "whose issue it is", True, _holder),
    "end": Word("", "yes", "end the session", True, _end, (("open yes", "end it, and let whoever likes stay"),)),
}
