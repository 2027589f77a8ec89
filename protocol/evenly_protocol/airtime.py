"""Air time: the ledger, and everything that is added up from it. Source: domain.md, "Air time".

The ledger holds spans; whether a moment of a span counts is derived here and nowhere else. A session's
*timeline* says since when which seats are eligible and whether talk counts; the folds of everything that touches
that keep it. Entitlement is fluid fair sharing (Parekh and Gallager, generalized processor sharing, 1993): while
k eligible members speak in counted time, each of the n eligible earns k/n. All sums are whole milliseconds and
exact fractions; they are rounded on the screen alone.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from evenly_protocol.members import is_facilitator
from evenly_protocol.words import GENERAL_TALK, FloorMode, Intent, Role, Source

if TYPE_CHECKING:
    from evenly_protocol.room import Room
    from evenly_protocol.session import Session
    from evenly_protocol.turns import Turn

COVERAGE_SHOWN_FROM = Fraction(75, 100)
"""Below this part of the talk marked, no balance is shown."""

EVENNESS_SHOWN_FROM_MS = 2 * 60_000
"""Counted talk for each who was ever eligible, from which the evenness is shown."""


class Span(msgspec.Struct, array_like=True, frozen=True):
    """A stretch of talk in the ledger, from `start` until `end` (UTC milliseconds, `end` not in it).

    Attributes:
        turn: the id of the turn it was part of.
        seat: who spoke; 0 is general talk.
        start: first millisecond.
        end: the millisecond after the last.
        phase: index of the phase.
        mode: the floor mode it was spoken in.
        intent: why the turn was asked for.
        source: how the turn was given.
        sure: somebody marked that it was this seat.
        answer: it is the answer to a question, which is never counted.
    """

    turn: bytes
    seat: int
    start: int
    end: int
    phase: int
    mode: FloorMode
    intent: Intent
    source: Source
    sure: bool = True
    answer: bool = False


class Segment(msgspec.Struct, array_like=True, frozen=True):
    """From `start` (UTC milliseconds) on: whether talk counts, and who is eligible, in seat order."""

    start: int
    counted: bool
    eligible: list[int]

    def with_seat(self, old: int, new: int) -> Segment:
        """The same, `new` in the place of `old`: they are one person."""
        if old not in self.eligible:
            return self
        return msgspec.structs.replace(self, eligible=sorted({new if s == old else s for s in self.eligible}))


class Correction(msgspec.Struct, array_like=True):
    """Seconds of a span that were moved, or added in `open`.

    Attributes:
        id: the id of the command.
        span: index in the ledger.
        start: UTC milliseconds, from which on the span's time is another's.
        seat: whose it is now; 0 is nobody.
        by: who corrected.
        added: the seat spoke too: nothing is taken from anybody.
        undone: it holds no longer.
    """

    id: bytes
    span: int
    start: int
    seat: int
    by: int
    added: bool = False
    undone: bool = False


class Piece(NamedTuple):
    """A stretch of talk after corrections. `counts`: it may count, if its speaker is eligible."""

    start: int
    end: int
    seat: int
    sure: bool
    counts: bool


class Totals(NamedTuple):
    """What the ledger adds up to. All times in milliseconds.

    Attributes:
        counted: counted air time of each seat that was ever eligible or has spoken.
        balance: counted − entitlement, of each seat that was ever eligible; sums to zero.
        coverage: sure, named talk ÷ all talk, 0–1; 1 when nobody has spoken.
        evenness: 0–100, or None when nothing was said that could have been uneven.
        talk: all counted talk.
    """

    counted: dict[int, int]
    balance: dict[int, Fraction]
    coverage: Fraction
    evenness: Fraction | None
    talk: int

    @property
    def enough_marked(self) -> bool:
        """Whether enough of the talk was marked to show a balance."""
        return self.coverage >= COVERAGE_SHOWN_FROM

    @property
    def evenness_shown(self) -> bool:
        """Whether there was enough talk, and enough of it marked, to show the evenness."""
        enough_talk = self.talk >= EVENNESS_SHOWN_FROM_MS * max(1, len(self.balance))
        return self.evenness is not None and self.enough_marked and enough_talk


def spans_of(turn: Turn, session: Session, end: int) -> Iterator[Span]:
    """The spans of a turn that runs until `end`: the asking, the answer, and each of them sure or not."""
    phase = session.phase
    answer = end if turn.answer_at is None else min(turn.answer_at, end)
    unsure = end if turn.unsure_since is None else turn.unsure_since
    asking_unsure = unsure if turn.unsure_asking is None else turn.unsure_asking
    cuts = sorted({c for c in (unsure, asking_unsure, answer, end) if turn.began < c <= end} | {turn.began})
    for start, stop in itertools.pairwise(cuts):
        is_answer = start >= answer
        yield Span(
            turn=turn.id,
            seat=phase.holder if is_answer else turn.seat,
            start=start,
            end=stop,
            phase=session.phase_index,
            mode=session.floor.mode,
            intent=turn.intent,
            source=turn.source,
            sure=start < (unsure if is_answer else asking_unsure),
            answer=is_answer,
        )


def pieces(session: Session, at: int) -> list[Piece]:
    """All talk until `at`, corrections applied, the running turns included."""
    by_span: dict[int, list[Correction]] = defaultdict(list)
    for correction in session.corrections:
        if not correction.undone:
            by_span[correction.span].append(correction)
    result: list[Piece] = []
    for index, span in enumerate(session.ledger):
        if index in by_span:
            result.extend(_corrected(span, by_span[index]))
        else:
            result.append(_piece(span))
    if session.running:
        for turn in session.floor.turns:
            result.extend(_piece(span) for span in spans_of(turn, session, at))
    return result


def _piece(span: Span) -> Piece:
    counts = span.seat != GENERAL_TALK and not span.answer and span.intent is not Intent.PROCESS
    return Piece(span.start, span.end, span.seat, span.sure, counts)


def _corrected(span: Span, corrections: list[Correction]) -> list[Piece]:
    """A corrected stretch is sure: somebody has said whose it was. What was added stands beside it."""
    parts = [_piece(span)]
    added: list[Piece] = []
    for c in corrections:
        start = max(c.start, span.start)
        if start >= span.end:
            continue
        # The answer is the issue-holder's alone: another's talk in it counts like any other.
        answer = span.answer and c.seat == span.seat
        counts = c.seat != GENERAL_TALK and span.intent is not Intent.PROCESS and not answer
        corrected = Piece(start, span.end, c.seat, True, counts)
        if c.added:
            added.append(corrected)
        else:
            parts = [*(p._replace(end=min(p.end, start)) for p in parts if p.start < start), corrected]
    return parts + added


def owner_from(session: Session, index: int, start: int) -> int:
    """Whose the moment `start` of a span is, after corrections."""
    return owners_from(session, index, start)[0]


def owners_from(session: Session, index: int, start: int) -> list[int]:
    """Whose the end of a span is after corrections, from `start` on, in order of time."""
    span = session.ledger[index]
    moves = [c for c in session.corrections if c.span == index and not c.undone and not c.added]
    return [p.seat for p in _corrected(span, moves) if p.end > start]


def totals(session: Session, at: int) -> Totals:
    """Adds the ledger up until `at` (UTC milliseconds).

    With T the counted talk in a stretch with the same n eligible, each of them is entitled to T/n of it.
    D = ½·Σ|balance| is the talk that would have to change hands, M = ∫k(1 − k/n)dt the most it could have been, and the
    evenness 100·(1 − D/M). All balances add up to 0, so D is the sum of those above it. Coverage is taken over counted
    time.
    """
    until = session.ended_at or at
    talk = pieces(session, until)
    talk.sort()
    counted: dict[int, int] = defaultdict(int)
    owed: dict[frozenset[int], Fraction] = defaultdict(Fraction)
    most = Fraction(0)
    marked = anything = total = 0
    first = 0
    longest = max((p.end - p.start for p in talk), default=0)
    for segment, end in _stretches(session, until):
        eligible = frozenset(segment.eligible)
        if not segment.counted:
            owed[eligible] += 0
            continue
        while first < len(talk) and talk[first].start + longest <= segment.start:
            first += 1
        inside = list(_inside(talk, first, segment.start, end))
        anything += _union((p.start, p.end) for p in inside)
        marked += _union((p.start, p.end) for p in inside if p.sure and p.seat != GENERAL_TALK)
        per_seat: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for p in inside:
            if p.counts and p.sure and p.seat in eligible:
                per_seat[p.seat].append((p.start, p.end))
        spoken, squares = 0, 0
        merged: list[tuple[int, int]] = []
        for seat, spans in per_seat.items():
            for start, stop in _merge(spans):
                counted[seat] += stop - start
                spoken += stop - start
                merged.append((start, stop))
        squares = _integral_of_square(merged)
        total += spoken
        n = len(eligible)
        if n:
            owed[eligible] += Fraction(spoken, n)
            most += spoken - Fraction(squares, n)
    balance = _balances(counted, owed)
    apart = sum((b for b in balance.values() if b.numerator > 0), Fraction(0))
    return Totals(
        counted=dict(sorted(counted.items())),
        balance=balance,
        coverage=Fraction(marked, anything) if anything else Fraction(1),
        evenness=100 * (1 - apart / most) if most else None,
        talk=total,
    )


def _balances(counted: dict[int, int], owed: Mapping[frozenset[int], Fraction]) -> dict[int, Fraction]:
    """What each seat has had less what it is entitled to, in seat order.

    `owed` is what each of those who were eligible together is entitled to. Whoever was eligible together all the while
    shares one sum, added up once for them and not once for each.
    """
    amounts = list(owed.values())
    together: dict[int, tuple[int, ...]] = {}
    for index, group in enumerate(owed):
        for seat in group:
            together[seat] = (*together.get(seat, ()), index)
    entitled = {groups: sum((amounts[index] for index in groups), Fraction(0)) for groups in set(together.values())}
    silent = {groups: -amount for groups, amount in entitled.items()}
    return {
        seat: counted[seat] - entitled[groups] if counted[seat] else silent[groups]
        for seat, groups in sorted(together.items())
    }


def _stretches(session: Session, until: int) -> Iterator[tuple[Segment, int]]:
    line = session.timeline
    for index, segment in enumerate(line):
        end = line[index + 1].start if index + 1 < len(line) else until
        if end > segment.start:
            yield segment, end


def _inside(talk: list[Piece], first: int, start: int, end: int) -> Iterator[Piece]:
    for index in range(first, len(talk)):
        p = talk[index]
        if p.start >= end:
            return
        if p.end > start:
            yield (
                p if start <= p.start and p.end <= end else p._replace(start=max(p.start, start), end=min(p.end, end))
            )


def _merge(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same time, each moment once."""
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if last is None:
            last = (start, end)
        elif start <= last[1]:
            last = (last[0], max(last[1], end))
        else:
            yield last
            last = (start, end)
    if last is not None:
        yield last


def _union(spans: Iterable[tuple[int, int]]) -> int:
    return sum(end - start for start, end in _merge(spans))


def _integral_of_square(spans: Iterable[tuple[int, int]]) -> int:
    """∫k(t)²dt, k being how many of the spans hold at t."""
    steps: dict[int, int] = defaultdict(int)
    for start, end in spans:
        steps[start] += 1
        steps[end] -= 1
    area = k = last = 0
    for moment in sorted(steps):
        area += k * k * (moment - last)
        k += steps[moment]
        last = moment
    return area


# -- who is eligible ---------------------------------------------------------------------------------------------


def eligible_now(room: Room, session: Session) -> list[int]:
    """Attending participants and guest seats; facilitators if the room counts them; never the issue-holder."""
    counts_facilitators = room.settings.facilitators_count
    holder = session.phase.holder
    return [
        m.seat
        for m in room.members.values()
        if m.attending
        and m.role is not Role.OBSERVER
        and m.seat != holder
        and (counts_facilitators or not is_facilitator(room, m.seat))
    ]


def note_timeline(room: Room, at: int) -> None:
    """Keeps the timeline of the running session: a new segment where something changed at `at`."""
    session = room.running
    if session is None:
        return
    held = session.held_since is not None
    counted = session.phase.counted and not held and session.floor.mode is not FloorMode.SILENCE
    eligible = eligible_now(room, session)
    line = session.timeline
    if line and line[-1].counted == counted and line[-1].eligible == eligible:
        return
    if line and line[-1].start == at:
        line.pop()
    line.append(Segment(at, counted, eligible))


# -- what the queue and the next session make of it --------------------------------------------------------------


def queue_balances(room: Room, at: int) -> dict[int, Fraction]:
    """Carry + session balance of each seat that has one; 0 for somebody attending who is not eligible by role."""
    session = room.session
    result = {seat: Fraction(ms) for seat, ms in room.carry.items()}
    if session is None:
        return result
    for seat, balance in totals(session, at).balance.items():
        result[seat] = result[seat] + balance if seat in result else balance
    for m in room.members.values():
        by_role = m.role is Role.OBSERVER or (is_facilitator(room, m.seat) and not room.settings.facilitators_count)
        if m.attending and by_role:
            result[m.seat] = Fraction(0)
    return result


def carried(room: Room, session: Session) -> dict[int, int]:
    """The carry into the next session: min(0, (carry + balance) · setting), whole milliseconds towards zero."""
    done = totals(session, session.ended_at or 0)
    balances = done.balance if done.enough_marked else {}
    percent = Fraction(room.settings.carry_percent, 100)
    result: dict[int, int] = {}
    for m in room.members.values():
        if m.role is Role.PARTICIPANT and not m.removed:
            owed = (room.carry.get(m.seat, 0) + balances.get(m.seat, Fraction(0))) * percent
            if owed < 0 and math.trunc(owed):
                result[m.seat] = math.trunc(owed)
    return result


def could_invite(room: Room, at: int, most: int = 2) -> list[int]:
    """The seats with the most room left who have no hand up, in seat order; not the issue-holder, nor who listens."""
    session = room.running
    if session is None:
        return []
    sums = totals(session, at)
    if not sums.enough_marked:
        return []
    busy = {h.seat for h in room.floor.hands} | {t.seat for t in room.floor.turns}
    free = [
        m.seat
        for m in room.members.values()
        if m.attending
        and not m.listening
        and m.seat != session.phase.holder
        and m.seat not in busy
        and m.seat in sums.balance
        and (sums.balance[m.seat] < 0 or not sums.counted.get(m.seat))
    ]
    return sorted(sorted(free, key=lambda seat: (sums.balance[seat], seat))[:most])
