"""When two seats become one person's, and when a seat is left for ever: everything that names a seat follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from evenly_protocol.actions import AddAction, CheerAction, NoteAction
from evenly_protocol.agenda import PhasePlan, SetIssueHolder, StartPhase
from evenly_protocol.attendance import NoticeConnected, SetDeputy
from evenly_protocol.exchange import AddPost, MeetAsk
from evenly_protocol.hands import RaiseHand
from evenly_protocol.issues import BringIssue
from evenly_protocol.pairs import SetPairs
from evenly_protocol.seats import GiveGuestSeat, RemoveMember, SetTimekeeper
from evenly_protocol.series import AnswerDates, Draft, PlanSeries, ProposeDates, SayAway
from evenly_protocol.session import HandOver
from evenly_protocol.undo import Undo
from evenly_protocol.words import FloorMode, Intent, PostKind

from .world import MINUTE, World, code, phase

GUEST, FRESH = 4, 205


def named(value: Any, path: str = "") -> Iterator[str]:
    """Where the fresh seat's number stands in a room."""
    if value == FRESH and type(value) is int:
        yield path
    elif isinstance(value, dict):
        for key, inside in value.items():
            yield from named(key, f"{path}.key")
            yield from named(inside, f"{path}.{key}")
    elif isinstance(value, list):
        for inside in value:
            yield from named(inside, path)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            if field not in ("seen", "members", "steps"):
                yield from named(getattr(value, field), f"{path}.{field}")


def test_whatever_named_the_fresh_seat_names_the_guest_seat() -> None:
    w = World(3, None)
    assert w.guest() == GUEST
    while len(w.room.members) < FRESH:
        w.join()
    w.start()
    w.must(SetPairs([[2, FRESH], [3, GUEST]], 5))
    w.later(2 * MINUTE)
    w.must(HandOver(FRESH))
    w.must(HandOver(0))
    w.end()
    w.must(AddAction(b"a" * 61, buddy=2), FRESH)
    action = w.entries[-1].id
    w.must(CheerAction(action), FRESH)
    w.must(NoteAction(action, b"n" * 285), FRESH)
    w.must(AddAction(b"a" * 61, buddy=FRESH), 2)
    w.must(AddAction(b"a" * 61, GUEST, buddy=FRESH))
    w.must(BringIssue(b"i" * 285), FRESH)
    w.must(AddPost(PostKind.WIN, b"p" * 285), FRESH)
    w.must(AddPost(PostKind.ASK, b"p" * 285), 2)
    w.must(MeetAsk(w.entries[-1].id, FRESH), 2)
    sessions = [Draft(bytes([n]) * 16, 0, holders, host) for n, holders, host in ((1, [FRESH], 2), (2, [2], FRESH))]
    w.must(PlanSeries([*sessions, Draft(b"\3" * 16, 0, [GUEST], FRESH)]))
    w.must(SayAway(b"\2" * 16), FRESH)
    w.must(ProposeDates(b"\2" * 16, [w.at + MINUTE]), FRESH)
    assert w.room.poll is not None
    w.must(AnswerDates(w.room.poll.id, []), FRESH)
    w.must(SetDeputy(FRESH))
    w.start(phase(FloorMode.OPEN), PhasePlan("expert", b"", 5, FloorMode.SOLO, speaker=FRESH), phase(FloorMode.QUEUE))
    w.must(SetIssueHolder(FRESH, 1))
    w.must(SetIssueHolder(FRESH))
    w.must(SetTimekeeper(FRESH))
    w.must(SetPairs([[2, FRESH]], 5))
    w.must(RaiseHand(Intent.SPEAK), FRESH)
    w.must(StartPhase(2, 1))
    w.must(SetTimekeeper(FRESH))
    places = set(named(w.room))
    assert {
        ".past.hosts",
        ".met.b",
        ".actions.owner",
        ".actions.buddy",
        ".actions.cheers",
        ".actions.notes.seat",
        ".actions.history.by",
        ".issues.seat",
        ".posts.seat",
        ".posts.met_by",
        ".series.holders",
        ".series.host",
        ".series.away",
        ".poll.fits.key",
        ".poll.by",
        ".deputy",
        ".timekeeper",
        ".session.holders.1",
        ".session.phases.speaker",
        ".session.before.phase.holder",
        ".session.before.timekeeper",
        ".session.pairs.groups",
        ".session.floor.hands.seat",
        ".session.timeline.eligible",
    } <= places
    w.must(GiveGuestSeat(GUEST, FRESH))
    assert list(named(w.room)) == []
    assert [(m.a, m.b, m.times) for m in w.room.met] == [(2, GUEST, 1), (3, GUEST, 1)]
    assert [a.buddy for a in w.room.actions] == [2, GUEST, 0]
    assert [(p.holders, p.host) for p in w.room.series] == [([GUEST], 2), ([2], GUEST), ([GUEST], 0)]


def test_who_has_met_both_seats_has_met_one_person_as_often_as_both() -> None:
    w = World(3)
    guest = w.guest()
    fresh = w.join()
    w.must(NoticeConnected(fresh), 0)
    for other in (guest, fresh):
        w.must(SetPairs([[2, other]], 5))
        w.later(5 * MINUTE)
    w.must(SetPairs([[guest, fresh]], 5))
    w.later(5 * MINUTE)
    w.must(GiveGuestSeat(guest, fresh))
    assert [(m.a, m.b, m.times) for m in w.room.met] == [(2, guest, 2)]


def test_in_a_round_the_person_stands_where_the_fresh_seat_stood() -> None:
    w = World(3)
    guest = w.guest()
    fresh = w.join()
    late = w.join()
    w.must(NoticeConnected(fresh), 0)
    w.must(NoticeConnected(late), 0)
    w.room.members[guest].presence = w.room.members[2].presence.GONE
    w.mode(FloorMode.ROUND)
    assert w.floor.round is not None
    assert w.floor.round.pending == [3, fresh, late]
    w.must(GiveGuestSeat(guest, fresh))
    assert w.floor.round.pending == [3, guest, late]


def test_whoever_was_removed_leads_holds_and_hosts_nothing_any_more() -> None:
    w = World(4, None)
    w.must(SetDeputy(3))
    issue = PhasePlan("issue", b"", 5, FloorMode.SOLO, issue=1)
    w.start(phase(FloorMode.QUESTIONS, holder=3), issue, phase(), host=3)
    w.must(SetIssueHolder(3, 1))
    w.must(RemoveMember(3))
    assert (w.room.deputy, w.session.host, w.session.phase.holder) == (0, 0, 0)
    assert w.session.holders == {1: 0}
    assert w.session.hosts == [3]
    w.give(2)
    w.later(MINUTE)
    assert w.turn.answer_at is None
    assert code(w.do(StartPhase(1, 1))) == "nobody_named"


def test_whoever_held_the_issue_and_was_removed_has_held_it() -> None:
    w = World(4, None)
    w.start(PhasePlan("issue", b"", 5, FloorMode.SOLO, holder=3, issue=1), phase(), phase(holder=3))
    w.must(RemoveMember(3))
    w.must(StartPhase(2, 1))
    assert w.session.phase.holder == 0
    w.end()
    w.start()
    assert w.room.past[-1].held == [3]


def test_an_undo_does_not_bring_back_whoever_was_removed() -> None:
    w = World(4)
    w.must(SetIssueHolder(3))
    w.must(SetIssueHolder(2))
    holder = w.entries[-1].id
    w.must(HandOver(3))
    w.must(HandOver(2))
    host = w.entries[-1].id
    w.must(RemoveMember(3))
    assert code(w.do(Undo(holder))) == "undo_too_late"
    assert code(w.do(Undo(host))) == "undo_too_late"
    w.must(PlanSeries([Draft(b"\1" * 16, 0, [2], 4)]))
    w.must(PlanSeries([]))
    w.must(RemoveMember(4))
    assert code(w.do(Undo(w.entries[-2].id))) == "undo_too_late"
