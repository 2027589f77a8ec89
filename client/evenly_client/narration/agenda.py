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


def _phase_now(t: Telling, now: Session) -> str:
    """What goes on, until when, and whose issue it is."""
    phase = now.phase
    until = "back at" if phase.activity == "break" else "until"
    said = f"{title_of(t.sealer, now, now.phase_index)}, {until} {phrases.time_of_day(phase.ends_at)}."
    about_issue = phase.activity in ACTIVITIES and ACTIVITIES[phase.activity].issue
    if phase.holder and about_issue and phase.activity != "feedback":
        holds = "You hold" if phase.holder == t.me else f"{t.name(phase.holder)} holds"
        said += f" {holds} the issue."
    return said


def _started(t: Telling, event: session.SessionStarted) -> str:
    now = t.room.session
    number = now.number if now is not None else 1
    said = f"Session {number} begins, {phrases.people(len(event.attending))} on the call."
    if now is None or now.phase.activity == "talk":
        return said
    return f"{said} {_phase_now(t, now)}{_round_instead(t, now)}"


def _phase_started(t: Telling, event: agenda.PhaseStarted) -> str:
    now = t.room.session
    if now is None or now.phase_index != event.index:
        return ""
    return f"{_phase_now(t, now)}{_round_instead(t, now)}"


def _round_instead(t: Telling, now: Session) -> str:
    """Why the check-in of a phase that begins was not opened; empty where it was, or has none."""
    asked = now.phases[now.phase_index].check_in
    if asked is None or any(isinstance(e, checkins.CheckInOpened) for e in t.entry.events):
        return ""
    many = len(checkins.electorate(t.room)) >= checkins.FEWEST
    return f" Too {'many' if many else 'few'} are here for its check-in: a round by name instead."


def _phase_taken_back(t: Telling, event: agenda.PhaseTakenBack) -> str:
    now = t.room.session
    return "" if now is None else f"It goes on with {_phase_now(t, now)}"


def _extended(t: Telling, event: agenda.PhaseExtended) -> str:
    now = t.room.session
    moved = f"{phrases.spoken(abs(event.ms))} {'more' if event.ms > 0 else 'less'}"
    return f"{moved}, until {phrases.time_of_day(now.phase.ends_at)}." if now is not None else f"{moved}."


def _resized(t: Telling, event: agenda.AgendaResized) -> str:
    """Which phases to come have another length now; for those who lead."""
    now = t.room.session
    if now is None or not t.leads:
        return ""
    before = _before(t, now)
    if before is None:
        return "The phases to come have other lengths now."
    changed = [
        f"{title_of(t.sealer, now, i)} {_minutes(before.allotted[i])} to {_minutes(ms)}"
        for i, ms in enumerate(event.allotted)
        if i != now.phase_index and i < len(before.allotted) and before.allotted[i] != ms
    ]
    return f"Minutes: {', '.join(changed)}." if changed else ""


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
    return f"{title} is left out." if event.skip else f"{title} is taken in again."


def _holder(t: Telling, event: agenda.IssueHolderSet) -> str:
    return f"It is {t.name(event.seat)}'s issue." if event.seat else "It is nobody's issue in particular."


def _host(t: Telling, event: session.HostSet) -> str:
    if not event.seat:
        return "The session has no host now: the facilitator leads."
    return "You lead the session now, as its host." if event.seat == t.me else f"{t.name(event.seat)} is host now."


def _pairs(t: Telling, event: pairs.PairsSet) -> str:
    now = t.room.session
    until = phrases.time_of_day(event.ends_at)
    mine = next((g for g in event.groups if t.me in g), None)
    if mine is None:
        return f"Pairs talk until {until}."
    said = f"You talk with {phrases.listed([t.name(s) for s in mine if s != t.me])} until {until}."
    opener = opened.opener(t.sealer, now.pairs) if now is not None and now.pairs is not None else ""
    return f"{said} To begin: {opener}" if opener else said


SENTENCES: Sentences = {
    session.SessionStarted: _started,
    session.SessionEnded: lambda t, e: "The session has ended.",
    session.HostSet: _host,
    session.HoldBegan: lambda t, e: "Paused. Take the time you need.",
    session.HoldEnded: lambda t, e: "It goes on.",
    session.GapNoticed: lambda t, e: "The server was away for a moment.",
    agenda.PhaseStarted: _phase_started,
    agenda.PhaseTakenBack: _phase_taken_back,
    agenda.PhaseExtended: _extended,
    agenda.AgendaResized: _resized,
    agenda.PhaseSkipped: _skipped,
    agenda.PhaseCounted: lambda t, e: "Talk counts from now on." if e.counted else "Talk does not count from now on.",
    agenda.IssueHolderSet: _holder,
    agenda.RoomLeftOpen: lambda t, e: (
        "The session is over. The room stays open for whoever likes to talk; nothing is counted."
    ),
    pairs.PairsSet: _pairs,
    pairs.PairsEnded: lambda t, e: "Back to the group.",
}
