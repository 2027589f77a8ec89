"""A session, its phases, and the pairs of its networking."""

from __future__ import annotations

import msgspec
from evenly_protocol import agenda, checkins, pairs, session
from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.session import Session
from evenly_protocol.undo import Inverse
from evenly_protocol.words import MILLISECONDS_A_MINUTE

from evenly_client import opened, phrases
from evenly_client.agenda_words import title_of
from evenly_client.narration.telling import Sentences, Telling
from evenly_client.translation import _, ngettext


def _phase_now(t: Telling, now: Session) -> str:
    """What goes on, until when, and whose issue it is."""
    phase = now.phase
    until = _("{phase}, back at {time}.") if phase.activity == "break" else _("{phase}, until {time}.")
    said = until.format(phase=title_of(t.sealer, now, now.phase_index), time=phrases.time_of_day(phase.ends_at))
    about_issue = phase.activity in ACTIVITIES and ACTIVITIES[phase.activity].issue
    if phase.holder and about_issue and phase.activity != "feedback":
        mine, theirs = _("You hold the issue."), _("{name} holds the issue.").format(name=t.name(phase.holder))
        return f"{said} {mine if phase.holder == t.me else theirs}"
    return said


def _started(t: Telling, event: session.SessionStarted) -> str:
    now = t.room.session
    number = now.number if now is not None else 1
    n = len(event.attending)
    begins = ngettext(
        "Session {number} begins, {n} person on the call.", "Session {number} begins, {n} people on the call.", n
    )
    said = begins.format(number=number, n=n)
    if now is None or now.phase.activity == "talk":
        return said
    return " ".join(filter(None, (said, _phase_now(t, now), _round_instead(t, now))))


def _phase_started(t: Telling, event: agenda.PhaseStarted) -> str:
    now = t.room.session
    if now is None or now.phase_index != event.index:
        return ""
    return " ".join(filter(None, (_phase_now(t, now), _round_instead(t, now))))


def _round_instead(t: Telling, now: Session) -> str:
    """Why the check-in of a phase that begins was not opened; empty where it was, or has none."""
    asked = now.phases[now.phase_index].check_in
    if asked is None or any(isinstance(e, checkins.CheckInOpened) for e in t.entry.events):
        return ""
    if len(checkins.electorate(t.room)) >= checkins.FEWEST:
        return _("Too many are here for its check-in: a round by name instead.")
    return _("Too few are here for its check-in: a round by name instead.")


def _phase_taken_back(t: Telling, event: agenda.PhaseTakenBack) -> str:
    now = t.room.session
    # Translators: {phase} is a sentence that begins with the name of a phase: “Open questions, until 11:05.”
    return "" if now is None else _("It goes on with {phase}").format(phase=_phase_now(t, now))


def _extended(t: Telling, event: agenda.PhaseExtended) -> str:
    now = t.room.session
    time = phrases.spoken(abs(event.ms))
    if now is None:
        return (_("{time} more.") if event.ms > 0 else _("{time} less.")).format(time=time)
    # Translators: {time} is a length of time, {clock} a time of day
    said = _("{time} more, until {clock}.") if event.ms > 0 else _("{time} less, until {clock}.")
    return said.format(time=time, clock=phrases.time_of_day(now.phase.ends_at))


def _resized(t: Telling, event: agenda.AgendaResized) -> str:
    """Which phases to come have another length now; for those who lead."""
    now = t.room.session
    if now is None or not t.leads:
        return ""
    before = _before(t, now)
    if before is None:
        return _("The phases to come have other lengths now.")
    # Translators: a phase and its minutes, before and now, in a list: “Discussion 10 to 7”
    one = _("{phase} {before} to {now}")
    changed = [
        one.format(phase=title_of(t.sealer, now, i), before=_minutes(before.allotted[i]), now=_minutes(ms))
        for i, ms in enumerate(event.allotted)
        if i != now.phase_index and i < len(before.allotted) and before.allotted[i] != ms
    ]
    # Translators: {changes} are phases and their minutes, before and now: “Discussion 10 to 7, Reflection 5 to 4”
    return _("Minutes: {changes}.").format(changes=", ".join(changed)) if changed else ""


def _before(t: Telling, now: Session) -> agenda.AgendaResized | None:
    """How the phases were before this entry: that is what undoing it would tell."""
    step = next((s for s in now.steps if s.id == t.entry.id), None)
    if step is None:
        return None
    inverses = msgspec.msgpack.decode(step.inverse, type=list[Inverse])
    return next((e for e in inverses if isinstance(e, agenda.AgendaResized)), None)


def _minutes(ms: int) -> str:
    minutes, rest = divmod(ms, MILLISECONDS_A_MINUTE)
    return phrases.clock(ms) if rest else str(minutes)


def _skipped(t: Telling, event: agenda.PhaseSkipped) -> str:
    now = t.room.session
    if now is None or event.index >= len(now.phases):
        return ""
    title = title_of(t.sealer, now, event.index)
    said = _("{title} is left out.") if event.skip else _("{title} is taken in again.")
    return said.format(title=title)


def _holder(t: Telling, event: agenda.IssueHolderSet) -> str:
    if not event.seat:
        return _("It is nobody's issue in particular.")
    return _("It is {name}'s issue.").format(name=t.name(event.seat))


def _host(t: Telling, event: session.HostSet) -> str:
    if not event.seat:
        return _("The session has no host now: the facilitator leads.")
    if event.seat == t.me:
        return _("You lead the session now, as its host.")
    return _("{name} is host now.").format(name=t.name(event.seat))


def _pairs(t: Telling, event: pairs.PairsSet) -> str:
    now = t.room.session
    until = phrases.time_of_day(event.ends_at)
    mine = next((g for g in event.groups if t.me in g), None)
    if mine is None:
        return _("Pairs talk until {time}.").format(time=until)
    names = phrases.listed([t.name(s) for s in mine if s != t.me])
    said = _("You talk with {names} until {time}.").format(names=names, time=until)
    opener = opened.opener(t.sealer, now.pairs) if now is not None and now.pairs is not None else ""
    # Translators: {sentence} is “You talk with Ben until 11:05.”, {question} a question to begin with
    return _("{sentence} To begin: {question}").format(sentence=said, question=opener) if opener else said


SENTENCES: Sentences = {
    session.SessionStarted: _started,
    session.SessionEnded: lambda t, e: _("The session has ended."),
    session.HostSet: _host,
    session.HoldBegan: lambda t, e: _("Paused. Take the time you need."),
    session.HoldEnded: lambda t, e: _("It goes on."),
    session.GapNoticed: lambda t, e: _("The server was away for a moment."),
    agenda.PhaseStarted: _phase_started,
    agenda.PhaseTakenBack: _phase_taken_back,
    agenda.PhaseExtended: _extended,
    agenda.AgendaResized: _resized,
    agenda.PhaseSkipped: _skipped,
    agenda.PhaseCounted: lambda t, e: (
        _("Talk counts from now on.") if e.counted else _("Talk does not count from now on.")
    ),
    agenda.IssueHolderSet: _holder,
    agenda.RoomLeftOpen: lambda t, e: _(
        "The session is over. The room stays open for whoever likes to talk; nothing is counted."
    ),
    pairs.PairsSet: _pairs,
    pairs.PairsEnded: lambda t, e: _("Back to the group."),
}
