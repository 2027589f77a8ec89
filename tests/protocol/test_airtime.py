"""Air time: entitlement, balance, evenness, coverage; against a reference that counts each millisecond."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from evenly_protocol.agenda import CountPhase, Phase, SetIssueHolder
from evenly_protocol.airtime import Correction, Segment, Span, Totals, could_invite, totals
from evenly_protocol.attendance import ComeBack, LeaveCall, ListenToday, NoticeConnected, StepAway
from evenly_protocol.seats import SetRole
from evenly_protocol.session import Session
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import Finish, Speak, Turn
from evenly_protocol.words import FloorMode, Intent, Role, Source
from hypothesis import event, given
from hypothesis import strategies as st

from .world import MINUTE, SECOND, World, phase

SEATS = range(5)
UNTIL = 60


# -- the reference -------------------------------------------------------------------------------------------------


def reference(session: Session, until: int) -> Totals:
    """domain.md, "Air time", read aloud: one millisecond after the other."""
    counted: dict[int, int] = defaultdict(int)
    owed: dict[int, Fraction] = defaultdict(Fraction)
    most = Fraction(0)
    talk = any_talk = marked = 0
    for moment in range(until):
        now = [s for s in session.timeline if s.start <= moment]
        if not now:
            continue
        eligible = now[-1].eligible
        for seat in eligible:
            owed[seat] += 0
        if not now[-1].counted:
            continue
        voices = _voices(session, moment)
        any_talk += bool(voices)
        marked += any(sure and seat for seat, sure, _ in voices)
        speakers = {seat for seat, sure, counts in voices if sure and counts and seat in eligible}
        k, n = len(speakers), len(eligible)
        for seat in speakers:
            counted[seat] += 1
        for seat in eligible:
            owed[seat] += Fraction(k, n)
        talk += k
        most += k * (1 - Fraction(k, n)) if n else 0
    balance = {seat: counted[seat] - owed[seat] for seat in sorted(owed)}
    apart = sum((abs(b) for b in balance.values()), Fraction(0)) / 2
    return Totals(
        dict(sorted(counted.items())),
        balance,
        Fraction(marked, any_talk) if any_talk else Fraction(1),
        100 * (1 - apart / most) if most else None,
        talk,
    )


def _voices(session: Session, moment: int) -> list[tuple[int, bool, bool]]:
    """Who is heard at a moment: seat, whether sure, whether it may count."""
    voices: list[tuple[int, bool, bool]] = []
    for index, span in enumerate(session.ledger):
        if not span.start <= moment < span.end:
            continue
        seat, sure, also = span.seat, span.sure, []
        for c in session.corrections:
            if c.span == index and not c.undone and c.start <= moment:
                if c.added:
                    also.append(c.seat)
                else:
                    seat, sure = c.seat, True
        for who, certain in [(seat, sure), *((a, True) for a in also)]:
            answers = span.answer and who == span.seat
            voices.append((who, certain, who != 0 and span.intent != "process" and not answers))
    for turn in session.floor.turns:
        if moment < turn.began:
            continue
        answering = turn.answer_at is not None and moment >= turn.answer_at
        unsure = turn.unsure_since if answering or turn.unsure_asking is None else turn.unsure_asking
        seat = session.phase.holder if answering else turn.seat
        sure = unsure is None or moment < unsure
        voices.append((seat, sure, seat != 0 and turn.intent != "process" and not answering))
    return voices


seats = st.sampled_from(list(SEATS))
moments = st.integers(0, UNTIL)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start, end = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    return Span(
        turn=b"t",
        seat=draw(seats),
        start=start,
        end=end,
        phase=0,
        mode=FloorMode.OPEN,
        intent=draw(st.sampled_from([Intent.SPEAK, Intent.SPEAK, Intent.QUESTION, Intent.PROCESS])),
        source=Source.MARK,
        sure=draw(st.integers(0, 4)) > 0,
        answer=draw(st.integers(0, 5)) == 0,
    )


@st.composite
def running(draw: st.DrawFn) -> Turn:
    began = draw(moments)
    later = st.none() | st.integers(began, UNTIL)
    answer_at = draw(later)
    return Turn(
        id=b"t",
        seat=draw(seats),
        intent=draw(st.sampled_from([Intent.SPEAK, Intent.QUESTION, Intent.PROCESS])),
        source=Source.MARK,
        began=began,
        marked=began,
        unsure_since=draw(later),
        answer_at=answer_at,
        unsure_asking=None if answer_at is None else draw(later),
    )


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Ledgers with overlaps, holds, late joiners, unsure talk, points of process, corrections and added claims."""
    ledger = draw(st.lists(spans(), max_size=8))
    session = Session(b"s" * 16, 1, 0, [], 0, Phase("talk", b"", 1, FloorMode.OPEN, True, draw(seats), 0))
    session.ledger = ledger
    session.floor.turns = draw(st.lists(running(), max_size=2))
    for n in range(draw(st.integers(0, 4)) if ledger else 0):
        span = draw(st.integers(0, len(ledger) - 1))
        start = draw(st.integers(ledger[span].start, ledger[span].end))
        undone, added = draw(st.integers(0, 3)) == 0, draw(st.integers(0, 2)) == 0
        session.corrections.append(Correction(bytes([n]), span, start, draw(seats), 1, added, undone))
    for start in sorted(draw(st.sets(moments, max_size=5))):
        session.timeline.append(
            Segment(start, draw(st.integers(0, 3)) > 0, sorted(draw(st.sets(st.integers(1, 4), max_size=4))))
        )
    return session


@given(sessions())
def test_the_totals_are_those_of_a_count_of_each_millisecond(session: Session) -> None:
    sums, expected = totals(session, UNTIL), reference(session, UNTIL)
    assert {s: ms for s, ms in sums.counted.items() if ms} == {s: ms for s, ms in expected.counted.items() if ms}
    assert sums.balance == expected.balance
    assert (sums.coverage, sums.evenness, sums.talk) == (expected.coverage, expected.evenness, expected.talk)
    event(f"defined: {sums.evenness is not None}")


@given(sessions())
def test_balances_sum_to_zero_and_the_figure_is_between_0_and_100(session: Session) -> None:
    sums = totals(session, UNTIL)
    assert sum(sums.balance.values()) == 0
    assert sums.evenness is None or 0 <= sums.evenness <= 100
    assert 0 <= sums.coverage <= 1
    assert sum(sums.counted.values()) == sums.talk
    assert all(ms <= UNTIL for ms in sums.counted.values())


# -- sentences -----------------------------------------------------------------------------------------------------


def talk(w: World, seat: int, ms: int) -> None:
    w.give(seat)
    w.later(ms)
    w.finish()


def test_a_balance_is_air_time_less_an_equal_share() -> None:
    w = World(4)
    talk(w, 2, 60 * SECOND)
    talk(w, 3, 30 * SECOND)
    assert w.sums.balance == {2: 30 * SECOND, 3: 0, 4: -30 * SECOND}


def test_a_late_joiner_owes_nothing_for_what_was_said_before() -> None:
    w = World(4, None)
    w.start(phase(), connected=[1, 2, 3])
    talk(w, 2, 60 * SECOND)
    w.must(NoticeConnected(4), by=0)
    talk(w, 2, 30 * SECOND)
    assert w.sums.balance == {2: 50 * SECOND, 3: -40 * SECOND, 4: -10 * SECOND}


def test_who_is_away_earns_nothing_meanwhile() -> None:
    w = World(4)
    w.must(StepAway(), 4)
    talk(w, 2, 30 * SECOND)
    w.must(ComeBack(), 4)
    talk(w, 2, 30 * SECOND)
    assert w.balance(4) == -10 * SECOND


def test_overlapping_seconds_in_open_count_for_each_speaker() -> None:
    w = World(4, phase(FloorMode.OPEN))
    w.must(Speak(), 2)
    w.must(Speak(), 3)
    w.later(30 * SECOND)
    assert w.sums.counted == {2: 30 * SECOND, 3: 30 * SECOND, 4: 0}
    assert w.balance(4) == -20 * SECOND


def test_a_members_own_overlapping_spans_count_once() -> None:
    w = World(4, phase(FloorMode.OPEN))
    w.give(2)
    w.later(30 * SECOND)
    w.must(Finish(w.turn.id))
    w.session.ledger.append(w.session.ledger[0])
    assert w.counted(2) == 30 * SECOND


@pytest.mark.parametrize("counted", [True, False])
def test_a_turn_counts_only_in_a_counted_phase(counted: bool) -> None:
    w = World(3, phase(counted=counted))
    talk(w, 2, 30 * SECOND)
    assert w.sums.talk == (30 * SECOND if counted else 0)


def test_a_point_of_process_does_not_count() -> None:
    w = World(3)
    w.hand(2, Intent.PROCESS)
    w.next()
    w.later(30 * SECOND)
    assert w.sums.talk == 0


def test_the_facilitators_talk_does_not_count_unless_the_room_says_so() -> None:
    w = World(3)
    talk(w, 1, 30 * SECOND)
    assert w.sums.talk == 0
    assert 1 not in w.sums.balance
    w.must(ChangeSettings(Settings(facilitators_count=True)))
    talk(w, 1, 30 * SECOND)
    assert w.sums.balance == {1: 20 * SECOND, 2: -10 * SECOND, 3: -10 * SECOND}


def test_an_observers_talk_and_share_are_none() -> None:
    w = World(4, observers=[4])
    talk(w, 2, 30 * SECOND)
    assert set(w.sums.balance) == {2, 3}


def test_a_role_that_changes_counts_from_then_on() -> None:
    w = World(4)
    talk(w, 2, 30 * SECOND)
    w.must(SetRole(4, Role.OBSERVER))
    talk(w, 2, 30 * SECOND)
    assert w.balance(4) == -10 * SECOND


def test_the_issue_holder_neither_counts_nor_is_owed_in_the_phases_of_their_issue() -> None:
    w = World(4)
    w.must(SetIssueHolder(4))
    talk(w, 4, 60 * SECOND)
    talk(w, 2, 30 * SECOND)
    assert w.sums.balance == {2: 15 * SECOND, 3: -15 * SECOND}
    w.must(SetIssueHolder(0))
    talk(w, 4, 30 * SECOND)
    assert w.balance(4) == 20 * SECOND


def test_who_leaves_keeps_what_they_have_said_and_were_owed() -> None:
    w = World(4)
    talk(w, 2, 30 * SECOND)
    w.must(LeaveCall(), 2)
    assert w.balance(2) == 20 * SECOND


def test_the_figure_is_100_when_nothing_would_have_to_change_hands() -> None:
    w = World(4)
    for seat in (2, 3, 4):
        talk(w, seat, 40 * SECOND)
    assert w.sums.evenness == 100


def test_the_figure_is_0_when_the_same_people_said_everything() -> None:
    w = World(4)
    talk(w, 2, 40 * SECOND)
    assert w.sums.evenness == 0


def test_the_figure_is_not_defined_when_nothing_was_said_that_could_have_been_uneven() -> None:
    w = World(2)
    assert w.sums.evenness is None
    talk(w, 2, 40 * SECOND)
    assert w.sums.evenness is None


def test_the_figure_is_shown_from_2_minutes_for_each_who_was_ever_eligible() -> None:
    w = World(3)
    talk(w, 2, 2 * MINUTE)
    talk(w, 3, 2 * MINUTE - 1)
    assert not w.sums.evenness_shown
    talk(w, 3, 1)
    assert w.sums.evenness_shown


def test_under_75_percent_marked_no_balance_is_shown() -> None:
    w = World(3)
    talk(w, 2, 75 * SECOND)
    talk(w, 0, 25 * SECOND)
    assert w.sums.coverage == Fraction(75, 100)
    assert w.sums.enough_marked
    talk(w, 0, 1)
    assert not w.sums.enough_marked


def test_talk_outside_counted_phases_is_not_in_the_coverage() -> None:
    w = World(3)
    talk(w, 2, 30 * SECOND)
    w.must(CountPhase(False))
    talk(w, 0, 300 * SECOND)
    assert w.sums.coverage == 1


def test_the_facilitators_named_talk_is_marked_talk() -> None:
    w = World(3)
    talk(w, 1, 30 * SECOND)
    assert w.sums.coverage == 1


def test_the_facilitators_strip_names_who_could_be_invited_in_seat_order() -> None:
    w = World(6)
    talk(w, 2, 60 * SECOND)
    talk(w, 5, 30 * SECOND)
    talk(w, 4, 10 * SECOND)
    assert could_invite(w.room, w.at) == [3, 6]
    w.must(ListenToday(True), 6)
    w.hand(3)
    assert could_invite(w.room, w.at) == [4]


def test_nobody_is_named_when_too_little_was_marked() -> None:
    w = World(4)
    talk(w, 2, 10 * SECOND)
    talk(w, 0, 30 * SECOND)
    assert could_invite(w.room, w.at) == []
    w.end()
    assert could_invite(w.room, w.at) == []
