"""What a rehearsal prints: all that happens of one session, or phase by phase of many, and summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

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
from evenly_client.translation import _, ngettext, pgettext
from evenly_client.written import day_in_words

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
            said = _("Everybody compares three words, which one reads aloud.")
            say(f"{'':>7}  {said}")
        elif check_ins.mine.compared:
            said = _("They are the same for everybody: nobody stands in between.")
            say(f"{'':>7}  {said}")

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
        if not asked:
            return ""
        counts = ", ".join(f"{peer.name_of(s)} {n}" for s, n in sorted(asked.items()))
        # Translators: who asked how many questions: Ana 3, Ben 2
        return _("Questions: {counts}").format(counts=counts)
    spoke: Counter[int] = Counter()
    for span in spans:
        spoke[span.seat] += span.end - span.start
    times = ", ".join(f"{peer.name_of(s)} {phrases.clock(ms)}" for s, ms in sorted(spoke.items()))
    # Translators: who spoke for how long: Ana 2:10, Ben 0:40
    return _("Spoke: {times}").format(times=times)


def summary(peer: Peer) -> list[str]:
    """Turns, air time of each in seat order, and the sentence on evenness."""
    now = peer.room.session
    if now is None:
        return [_("No session was held.")]
    sums = totals(now, peer.now())
    turns = len({span.turn for span in now.ledger if span.source is not Source.UNMARKED})
    lines = ["", ngettext("{n} turn", "{n} turns", turns).format(n=turns)]
    width = max((len(peer.name_of(seat)) for seat in peer.room.members), default=0)
    for member in peer.room.members.values():
        counted = sums.counted.get(member.seat, 0)
        if member.role is Role.PARTICIPANT and not member.removed:
            lines.append(f"  {member.seat}  {peer.name_of(member.seat):<{width}}  {phrases.clock(counted):>6}")
    actions = sum(a.session == now.number for a in peer.room.actions)
    if actions:
        said = ngettext("{n} action, {posts} on the exchange", "{n} actions, {posts} on the exchange", actions)
        lines.append(said.format(n=actions, posts=len(peer.room.posts)))
    lines.append(phrases.evenness(sums))
    return lines


def heading(peer: Peer, planned: series.Planned, number: int) -> list[str]:
    """What a session of the series is to be."""
    said = [phrases.moment(planned.at)] if planned.at else []
    if planned.holders:
        said.append(_("issue: {names}").format(names=phrases.listed([peer.name_of(s) for s in planned.holders])))
    elif planned.feedback:
        said.append(_("feedback alone"))
    if planned.host:
        said.append(_("host: {name}").format(name=peer.name_of(planned.host)))
    if planned.away:
        said.append(_("away: {names}").format(names=phrases.listed([peer.name_of(s) for s in planned.away])))
    # Translators: {facts} is, for example: Friday 27 November 10:00 · issue: Ana · host: Ben
    return ["", _("Session {number}: {facts}").format(number=number, facts=" · ".join(said))]


def held(peer: Peer, one: Held) -> list[str]:
    """What became of a session of the series."""
    actions = _("Actions: {added} new, {done} done since last time, {carried} carried over.")
    said = [
        actions.format(added=one.added, done=one.done, carried=one.carried),
        phrases.evenness(one.sums),
    ]
    if one.feedback_by:
        said.insert(0, _("Feedback came from {name}.").format(name=peer.name_of(one.feedback_by)))
    return [f"{'':>7}  {line}" for line in said]


COLUMNS: tuple[str, ...] = (
    "",
    pgettext("column", "date"),
    pgettext("column", "issue"),
    pgettext("column", "host"),
    pgettext("column", "feedback"),
    pgettext("column", "away"),
    # Translators: how many actions are new, done, and carried over
    pgettext("column", "new"),
    pgettext("column", "done"),
    pgettext("column", "carried"),
    pgettext("column", "check-in"),
    # Translators: how evenly the time was shared
    pgettext("column", "even"),
)


def table(peer: Peer, sessions: list[Held]) -> list[str]:
    """The series in a table, a session a line."""

    def names(seats: list[int]) -> str:
        return ", ".join(peer.name_of(s) for s in seats if s) or "–"

    rows: list[tuple[str, ...]] = [COLUMNS]
    for one in sessions:
        even = "–" if one.sums.evenness is None or not one.sums.evenness_shown else str(round(one.sums.evenness))
        day = day_in_words(date.fromtimestamp(one.at / 1000), weekday=False, year=False) if one.at else "–"
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
