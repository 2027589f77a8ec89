"""What a rehearsal prints: all that happens of one session, or phase by phase of many, and summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from evenly_protocol import agenda, checkins, pairs, seats, series, session
from evenly_protocol.airtime import totals
from evenly_protocol.room import Entry
from evenly_protocol.session import Session
from evenly_protocol.words import FloorMode, Intent, Role, Source

from evenly_client import narration, phrases
from evenly_client.checkins.results import figure_words
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.narration.check_ins import result_lines, result_of
from evenly_client.peer import CheckInMoved, Happened, Notice, Peer
from evenly_client.rehearsal.course import Held

Say = Callable[[str], None]

NEWS = (
    session.SessionStarted,
    session.HoldBegan,
    session.HoldEnded,
    agenda.PhaseStarted,
    agenda.PhaseExtended,
    agenda.PhaseSkipped,
    agenda.RoomLeftOpen,
    checkins.ResultRecorded,
    checkins.CheckInGivenUp,
    pairs.PairsSet,
)
"""What is told of a session when many are: no single turn."""

IN_BETWEEN = (seats.MemberJoined, series.SeriesPlanned, series.PlannedChanged, series.AwaySaid)
"""What is told of the time between sessions."""

ENDS_A_PHASE = (agenda.PhaseStarted, agenda.RoomLeftOpen, session.SessionEnded)


def everything(peer: Peer, check_ins: CheckIns, say: Say) -> None:
    """Says every sentence there is, with the time since the session's start; of check-ins each answer."""

    def tell(notice: Notice) -> None:
        if not isinstance(notice, Happened):
            return
        when = _clock(peer, notice.entry)
        for sentence in narration.sentences(peer, notice.entry):
            say(f"{when:>7}  {sentence}")
        for line in _answers(peer, notice.entry):
            say(f"{'':>7}    {line}")

    peer.watch(tell)
    words_compared(peer, check_ins, say)


def words_compared(peer: Peer, check_ins: CheckIns, say: Say) -> None:
    """Says that the three words are compared, and once this member has found them the same."""
    comparing = False

    def tell(notice: Notice) -> None:
        nonlocal comparing
        if not isinstance(notice, CheckInMoved) or check_ins.comparing is comparing:
            return
        comparing = check_ins.comparing
        if comparing:
            say(f"{'':>7}  Everybody compares three words, which one reads aloud.")
        elif check_ins.mine.compared:
            say(f"{'':>7}  They are the same for everybody: nobody stands in between.")

    peer.watch(tell)


def _answers(peer: Peer, entry: Entry) -> list[str]:
    """Each answer of the check-ins that have their result."""
    recorded = [e.check_in for e in entry.events if isinstance(e, checkins.ResultRecorded)]
    found = [c for c in peer.room.check_ins if c.id in recorded]
    return [line for c in found if (result := result_of(peer, c)) is not None for line in result_lines(result)]


def phase_by_phase(peer: Peer, say: Say) -> None:
    """Says what begins, and of what ended who had the floor for how long."""

    def tell(notice: Notice) -> None:
        if not isinstance(notice, Happened):
            return
        entry, now = notice.entry, peer.room.session
        if now is not None and any(isinstance(e, ENDS_A_PHASE) for e in entry.events):
            said = _said(peer, now, len(now.visits) - 1)
            if said:
                say(f"{'':>7}    {said}")
        if any(isinstance(e, IN_BETWEEN) for e in entry.events):
            for sentence in narration.sentences(peer, entry):
                say(f"{'':>7}  {sentence}")
        elif any(isinstance(e, NEWS) for e in entry.events):
            for sentence in narration.sentences(peer, entry)[:1]:
                say(f"{_clock(peer, entry):>7}  {sentence}")

    peer.watch(tell)


def _clock(peer: Peer, entry: Entry) -> str:
    now = peer.room.session
    return phrases.clock(entry.at - now.started_at) if now is not None else "0:00"


def _said(peer: Peer, now: Session, number: int) -> str:
    """Who had the floor in a phase that has ended, and who asked how often."""
    if number < 0:
        return ""
    visit = now.visits[number]
    spans = [s for s in now.ledger if s.phase == visit.index and visit.started <= s.start < visit.ended and s.seat]
    if not spans:
        return ""
    if spans[0].mode is FloorMode.QUESTIONS:
        asked = Counter({s.turn: s.seat for s in spans if s.intent is Intent.QUESTION and not s.answer}.values())
        return "Questions: " + ", ".join(f"{peer.name_of(s)} {n}" for s, n in sorted(asked.items())) if asked else ""
    spoke: Counter[int] = Counter()
    for span in spans:
        spoke[span.seat] += span.end - span.start
    return "Spoke: " + ", ".join(f"{peer.name_of(s)} {phrases.clock(ms)}" for s, ms in sorted(spoke.items()))


def summary(peer: Peer) -> list[str]:
    """Turns, air time of each in seat order, and the sentence on evenness."""
    now = peer.room.session
    if now is None:
        return ["No session was held."]
    sums = totals(now, peer.now())
    turns = {span.turn for span in now.ledger if span.source is not Source.UNMARKED}
    lines = ["", f"{len(turns)} turns"]
    width = max((len(peer.name_of(seat)) for seat in peer.room.members), default=0)
    for member in peer.room.members.values():
        counted = sums.counted.get(member.seat, 0)
        if member.role is Role.PARTICIPANT and not member.removed:
            lines.append(f"  {member.seat}  {peer.name_of(member.seat):<{width}}  {phrases.clock(counted):>6}")
    actions = [a for a in peer.room.actions if a.session == now.number]
    if actions:
        lines.append(f"{len(actions)} action{'' if len(actions) == 1 else 's'}, {len(peer.room.posts)} on the exchange")
    lines.append(phrases.evenness(sums))
    return lines


def heading(peer: Peer, planned: series.Planned, number: int) -> list[str]:
    """What a session of the series is to be."""
    said = [phrases.moment(planned.at)] if planned.at else []
    if planned.holders:
        said.append(f"issue: {phrases.listed([peer.name_of(s) for s in planned.holders])}")
    elif planned.feedback:
        said.append("feedback alone")
    if planned.host:
        said.append(f"host: {peer.name_of(planned.host)}")
    if planned.away:
        said.append(f"away: {phrases.listed([peer.name_of(s) for s in planned.away])}")
    return ["", f"Session {number}: {' · '.join(said)}"]


def held(peer: Peer, one: Held) -> list[str]:
    """What became of a session of the series."""
    lines = [
        f"         Actions: {one.added} new, {one.done} done since last time, {one.carried} carried over.",
        f"         {phrases.evenness(one.sums)}",
    ]
    if one.feedback_by:
        lines.insert(0, f"         Feedback came from {peer.name_of(one.feedback_by)}.")
    return lines


COLUMNS: tuple[str, ...] = (
    "",
    "date",
    "issue",
    "host",
    "feedback",
    "away",
    "new",
    "done",
    "carried",
    "check-in",
    "even",
)


def table(peer: Peer, sessions: list[Held]) -> list[str]:
    """The series in a table, a session a line."""

    def names(seats: list[int]) -> str:
        return ", ".join(peer.name_of(s) for s in seats if s) or "–"

    rows: list[tuple[str, ...]] = [COLUMNS]
    for one in sessions:
        even = "–" if one.sums.evenness is None or not one.sums.evenness_shown else str(round(one.sums.evenness))
        day = " ".join(phrases.moment(one.at).split()[1:3]) if one.at else "–"
        rows.append(
            (
                str(one.number),
                day,
                names(one.holders),
                names([one.host]),
                names([one.feedback_by]),
                names(one.away),
                str(one.added),
                str(one.done),
                str(one.carried),
                figure_words(*one.check_in) if one.check_in is not None else "–",
                even,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return ["", *("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)]
