"""The room as a whole: one state, one `decide`, one `evolve`, for any sequence of what people may do."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from evenly_protocol import (
    actions,
    agenda,
    attendance,
    checkins,
    exchange,
    hands,
    issues,
    labels,
    pairs,
    queue,
    seats,
    series,
    session,
    timers,
    turns,
    undo,
    wire,
)
from evenly_protocol.corrections import CorrectAirTime
from evenly_protocol.facts import Asking, Command, Event
from evenly_protocol.floor import ChangeMode
from evenly_protocol.refusals import REFUSALS, Refusal
from evenly_protocol.room import COMMANDS, EVENTS, OUTCOMES_KEPT, Entry, Room, decide, evolve, was_accepted
from evenly_protocol.rounds import ComeBackLater, SkipRound
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState, FloorMode, Intent, Order, PostKind, Role
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .shapes import struct
from .world import MINUTE, NAME, SECOND, World, phase

SERVERS = (
    attendance.NoticeConnected,
    attendance.NoticeLost,
    attendance.LetDeputyLead,
    seats.Admit,
    session.NoticeGap,
    session.EndDeserted,
    pairs.EndPairs,
    checkins.CloseDueCheckIn,
    checkins.RecordResult,
    checkins.GiveUpCheckIn,
)
OFTEN = (
    hands.RaiseHand,
    hands.DeferHand,
    hands.PlaceHand,
    hands.LowerHand,
    turns.CallNext,
    turns.GiveFloor,
    turns.Finish,
    turns.Speak,
    ChangeMode,
    CorrectAirTime,
    undo.Undo,
    SkipRound,
    ComeBackLater,
    agenda.StartPhase,
    agenda.ExtendPhase,
    agenda.SkipPhase,
    agenda.SetIssueHolder,
    issues.BringIssue,
    issues.ChooseIssue,
    actions.AddAction,
    actions.SetActionState,
    exchange.AddPost,
    exchange.MeetAsk,
    series.SwapHolders,
    checkins.OpenCheckIn,
    checkins.CloseCheckIn,
)
"""The commands of a session's minutes: drawn more often than the others."""

BOARDS = (*issues.DECIDE, *actions.DECIDE, *exchange.DECIDE, *labels.DECIDE, *series.DECIDE)
"""The commands of what is written down."""

_room = msgspec.msgpack.Decoder(Room)


def encoded(room: Room) -> bytes:
    """A room's bytes; two rooms with the same bytes are the same."""
    return msgspec.msgpack.encode(room)


class AnySequence(RuleBasedStateMachine):
    """Commands valid or not, by anybody, with time passing, timers, arrivals, holds, and sessions in between."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(5, None)
        self.replica = Room(b"r" * 16)
        self.folded = 0
        self.stood: dict[bytes, CheckInState] = {}

    @initialize(
        mode=st.sampled_from([FloorMode.QUEUE, FloorMode.QUESTIONS, FloorMode.OPEN]),
        order=st.sampled_from(Order),
        auto_next=st.booleans(),
        facilitators_count=st.booleans(),
        facilitators_answer=st.booleans(),
    )
    def begins(
        self, mode: FloorMode, order: Order, auto_next: bool, facilitators_count: bool, facilitators_answer: bool
    ) -> None:
        w = self.world
        chosen = Settings(order=order, auto_next=auto_next, facilitators_count=facilitators_count)
        w.do(ChangeSettings(msgspec.structs.replace(chosen, facilitators_answer=facilitators_answer)))
        w.guest()
        w.must(series.PlanSeries([series.Draft(bytes([n]) * 16, 0, [n], n % 5 + 1) for n in range(2, 6)]))
        w.must(attendance.SetDeputy(2))
        w.must(actions.AddAction(b"a" * 61, buddy=3), 2)
        w.must(actions.AddAction(b"a" * 61, 4), 3)
        w.must(exchange.AddPost(PostKind.ASK, b"p" * 285), 3)
        w.must(issues.BringIssue(b"i" * 285), 4)
        w.must(series.ProposeDates(bytes([2]) * 16, [w.at + 10 * MINUTE]))
        plan = [phase(mode, holder=5 if mode is FloorMode.QUESTIONS else 0), *LATER]
        w.start(*plan)

    # -- what people do --------------------------------------------------------------------------------------------

    def known(self) -> dict[str, Any]:
        """Values that mean something now, and some that do not."""
        w = self.world
        steps = w.room.session.steps if w.room.session else []
        spans = len(w.room.session.ledger) if w.room.session else 0
        seat = st.integers(1, len(w.room.members)) | st.integers(0, len(w.room.members) + 1)
        hand = seen([h.id for h in w.floor.hands])
        turn = seen([t.id for t in w.floor.turns])
        some_ms = st.sampled_from([0, 1, 500, SECOND, MINUTE, -SECOND])
        visit = w.room.session.phase.visit if w.room.session else 0
        running_turn = st.just(w.floor.turns[0].id if w.floor.turns else b"") | turn
        items = [i.id for i in (*w.room.actions, *w.room.posts, *w.room.issues)]
        item = seen(items[-6:])
        brought = seen([i.id for i in w.room.issues][-4:])
        planned = seen([p.id for p in w.room.series])
        drawn = w.room.session.pairs if w.room.session else None
        return {
            "seat": seat,
            "guest": seat,
            "host": seat,
            "holder": seat,
            "hand": hand,
            "turn": turn,
            "ends": {bytes: running_turn, int: st.just(visit) | st.integers(0, visit + 1)},
            "index": st.integers(-1, len(LATER) + 1),
            "owner": seat,
            "buddy": seat,
            "by": seat,
            "action": seen([a.id for a in w.room.actions][-4:]),
            "issue": {bytes: brought, int: st.integers(-1, 3)},
            "post": seen([p.id for p in w.room.posts][-4:]),
            "item": item,
            "reply_to": item | st.just(b""),
            "link": st.just(b""),
            "note": st.just(b"") | st.just(b"n" * 285),
            "due": st.integers(-1, 3),
            "planned": planned | st.just(b""),
            "one": planned,
            "other": planned,
            "poll": st.just(w.room.poll.id if w.room.poll else b""),
            "pairs": st.just(drawn.id if drawn else b""),
            "topic": st.just(b"t" * 61),
            "prework": st.just(b""),
            "opener": st.just(b""),
            "step": seen([s.id for s in steps]),
            "span": st.integers(max(0, spans - 3), max(0, spans - 1)) | st.integers(-1, spans),
            "ms": some_ms,
            "last_ms": some_ms,
            "since": st.integers(w.at - MINUTE, w.at + SECOND),
            "place": st.integers(0, 4),
            "words": st.sampled_from([b"", b"w" * 61, b"w"]),
            "name": st.just(NAME),
            "text": st.just(b"a" * 285),
            "title": st.just(b""),
            "activity": st.just("talk"),
            "minutes": st.integers(1, 60),
            "limit_ms": st.sampled_from([0, 10_000, 90_000]),
            "carry_percent": st.integers(0, 100),
            "minute_ms": st.just(MINUTE),
            "number": st.just(w.room.session.number if w.room.session else 0),
            "version": st.integers(0, 2),
            "ik": st.integers(1, 12).map(lambda n: n.to_bytes(32, "big")),
            "check_in": {bytes: seen([c.id for c in w.room.check_ins][-4:])},
            "question": st.just(b"q" * 61) | st.just(b"q"),
            "options": st.just(b"o" * 61),
            "seconds": st.sampled_from([0, 0, 10, 60, 3_600, 9]),
            "issues": brought,
            "result": st.just(b"r" * 53),
            "taking_part": st.integers(3, 5),
            "code": st.sampled_from(list(checkins.ENDINGS)),
        }

    def give(self, command: Command, by: int) -> list[Event] | Refusal:
        """Deciding changes nothing; nor does what is refused or so already."""
        w = self.world
        before = encoded(w.room)
        decide(w.room, command, Asking(by, w.at, b"?" * 16, (1, 2, 3)))
        assert encoded(w.room) == before
        outcome = w.do(command, by, connected=(1, 2, 3, 4))
        if not isinstance(outcome, list):
            assert outcome.code in REFUSALS
        if not isinstance(outcome, list) or not outcome:
            assert encoded(w.room) == before
        return outcome

    @rule(data=st.data(), kind=st.sampled_from(OFTEN))
    def somebody_does_what_is_often_done(self, data: st.DataObject, kind: type[Command]) -> None:
        by = data.draw(st.sampled_from([1, 1, 1, 2, 3, 4, 5]), "by")
        self.give(data.draw(struct(kind, self.known()), "command"), by)

    @rule(data=st.data(), kind=st.sampled_from(COMMANDS))
    def somebody_does_something(self, data: st.DataObject, kind: type[Command]) -> None:
        seats = st.sampled_from([1, *self.world.room.members, 99]) | st.just(0 if kind in SERVERS else 1)
        self.give(data.draw(struct(kind, self.known()), "command"), data.draw(seats, "by"))

    @rule(data=st.data(), kind=st.sampled_from(BOARDS), by=st.integers(1, 6))
    def something_is_written_on_a_board(self, data: st.DataObject, kind: type[Command], by: int) -> None:
        known = self.known()
        oneself = st.just(0) | known["seat"]
        issue = {bytes: known["issue"][bytes] | st.just(b""), int: st.just(1)}
        values = {**known, "seat": oneself, "owner": oneself, "buddy": oneself, "issue": issue, "number": st.just(1)}
        self.give(data.draw(struct(kind, values), "command"), by)

    @rule(seat=st.integers(1, 8), by=st.sampled_from([1, 1, 2]))
    def somebody_is_removed(self, seat: int, by: int) -> None:
        if seat > 4:
            self.give(seats.RemoveMember(seat), by)

    def running(self) -> bool:
        return self.world.room.running is not None

    def held(self) -> bool:
        return self.running() and self.world.session.held_since is not None

    @precondition(running)
    @rule(data=st.data(), several=st.integers(1, 4))
    def hands_go_up(self, data: st.DataObject, several: int) -> None:
        w = self.world
        for _ in range(several):
            seat = data.draw(st.integers(1, 6))
            intent = data.draw(st.sampled_from(hands.fitting_intents(w.floor.mode)))
            guest = w.room.members[seat].is_guest
            self.give(hands.RaiseHand(intent, seat=seat if guest else 0), 1 if guest else seat)

    @precondition(lambda self: self.world.floor.hands)
    @rule(data=st.data(), kind=st.sampled_from([hands.DeferHand, hands.LowerHand, hands.WordHand, hands.PlaceHand]))
    def something_is_done_with_a_hand(self, data: st.DataObject, kind: type[Command]) -> None:
        hand = data.draw(st.sampled_from(self.world.floor.hands))
        command = data.draw(struct(kind, {**self.known(), "hand": st.just(hand.id)}))
        self.give(command, 1 if kind is hands.PlaceHand else hand.seat)

    @precondition(running)
    @rule()
    def next_is_pressed(self) -> None:
        floor = self.world.floor
        self.give(turns.CallNext(floor.turns[0].id if floor.turns else b""), 1)

    @precondition(lambda self: self.world.floor.turns)
    @rule(
        data=st.data(),
        kind=st.sampled_from([turns.Finish, turns.Finish, turns.ExtendTurn, turns.ConfirmSpeaker]),
        by_facilitator=st.booleans(),
    )
    def something_is_done_with_a_turn(self, data: st.DataObject, kind: type[Command], by_facilitator: bool) -> None:
        turn = data.draw(st.sampled_from(self.world.floor.turns))
        command = data.draw(struct(kind, {**self.known(), "turn": st.just(turn.id), "ms": st.just(MINUTE)}))
        self.give(command, 1 if by_facilitator else turn.seat)

    @precondition(running)
    @rule(mode=st.sampled_from([FloorMode.ROUND, *FloorMode]), seat=st.integers(0, 6), least=st.booleans())
    def the_floor_mode_changes(self, mode: FloorMode, seat: int, least: bool) -> None:
        self.give(ChangeMode(mode, seat, least), 1)

    @precondition(lambda self: self.world.floor.round is not None)
    @rule(data=st.data(), kind=st.sampled_from([SkipRound, ComeBackLater]))
    def somebody_steps_aside_in_a_round(self, data: st.DataObject, kind: type[Command]) -> None:
        current = self.world.floor.round
        seats = [*(current.pending if current else []), *self.world.speaking, 1]
        self.give(data.draw(struct(kind, {"seat": st.sampled_from(seats)})), 1)

    @precondition(running)
    @rule(index=st.integers(0, 6), seat=st.sampled_from([0, 0, 2, 6]), leave=st.integers(0, 9))
    def a_phase_starts(self, index: int, seat: int, leave: int) -> None:
        visit = self.world.session.phase.visit
        self.give(agenda.StartPhase(index, visit, seat) if leave else agenda.LeaveOpen(visit), 1)

    @precondition(running)
    @rule(
        kind=st.sampled_from(CheckInKind),
        options=st.sampled_from([0, 2]),
        seconds=st.sampled_from([0, 0, 10, 400]),
        by=st.sampled_from([1, 1, 1, 2]),
    )
    def a_check_in_is_opened(self, kind: CheckInKind, options: int, seconds: int, by: int) -> None:
        count = 2 if kind in (CheckInKind.CHOICE, CheckInKind.MULTI) else options
        self.give(checkins.OpenCheckIn(kind, b"q" * 61, [b"o" * 61] * count, seconds), by)

    @precondition(running)
    @rule(kind=st.sampled_from([*TEXT_KINDS, CheckInKind.FIST]), seconds=st.sampled_from([0, 400]))
    def a_check_in_is_answered(self, kind: CheckInKind, seconds: int) -> None:
        self.give(checkins.OpenCheckIn(kind, b"q" * 61, seconds=seconds), 1)
        check_in = checkins.open_check_in(self.world.room)
        if check_in is not None:
            self.give(checkins.CloseCheckIn(check_in.id), 1)
            self.give(checkins.RecordResult(check_in.id, b"r" * 53, 3), 0)
        self.world.later(1)

    @precondition(running)
    @rule(taken_back=st.booleans())
    def a_phase_asks(self, taken_back: bool) -> None:
        w = self.world
        asks = next((i for i, p in enumerate(w.session.phases) if i and p.check_in is not None), 0)
        outcome = self.give(agenda.StartPhase(asks, w.session.phase.visit), 1)
        if taken_back and isinstance(outcome, list):
            self.give(undo.Undo(w.entries[-1].id), 1)

    @precondition(lambda self: self.running() and checkins.open_check_in(self.world.room) is not None)
    @rule(
        ending=st.sampled_from([agenda.StartPhase, agenda.StartPhase, agenda.LeaveOpen, session.EndSession]),
        again=st.booleans(),
    )
    def its_phase_or_its_session_ends_while_one_is_open(self, ending: Any, again: bool) -> None:
        w = self.world
        w.later(1)
        if w.room.running is None:
            return
        visit = w.session.phase.visit
        ends = {agenda.StartPhase: (0, visit), agenda.LeaveOpen: (visit,), session.EndSession: (w.session.number,)}
        self.give(ending(*ends[ending]), 1)
        if again and ending is not agenda.StartPhase:
            self.give(session.StartSession([phase(), *LATER]), 1)

    @precondition(lambda self: self.world.room.check_ins)
    @rule(
        data=st.data(),
        kind=st.sampled_from([k for k in checkins.DECIDE if k is not checkins.OpenCheckIn]),
        lately=st.integers(1, 3),
    )
    def something_is_done_with_a_check_in(self, data: st.DataObject, kind: type[Command], lately: int) -> None:
        check_in = self.world.room.check_ins[-lately:][0]
        command = data.draw(struct(kind, {**self.known(), "check_in": st.just(check_in.id)}))
        self.give(command, 0 if kind in SERVERS else 1)

    @precondition(running)
    @rule(seats=st.permutations([1, 2, 3, 4, 5]), minutes=st.integers(1, 5))
    def pairs_are_drawn(self, seats: list[int], minutes: int) -> None:
        self.give(pairs.SetPairs([seats[:2], seats[2:]], minutes), 1)

    @precondition(running)
    @rule(
        seat=st.integers(1, 6),
        kind=st.sampled_from([attendance.StepAway, attendance.ComeBack, attendance.LeaveCall]),
        noticed=st.sampled_from([attendance.NoticeConnected, attendance.NoticeLost]),
        by_server=st.booleans(),
    )
    def somebody_comes_or_goes(self, seat: int, kind: Any, noticed: Any, by_server: bool) -> None:
        self.give(noticed(seat) if by_server else kind(), 0 if by_server else seat)

    @precondition(lambda self: self.running() and not self.held())
    @rule(by=st.integers(1, 5))
    def a_hold_begins(self, by: int) -> None:
        self.give(session.Hold(), by)

    @precondition(held)
    @rule()
    def a_hold_ends(self) -> None:
        self.give(session.Resume(), 1)

    @precondition(running)
    @rule(seat=st.integers(2, 5))
    def the_chair_is_taken(self, seat: int) -> None:
        self.give(attendance.LeaveCall(), 1)
        self.world.later(5 * MINUTE)
        self.give(attendance.TakeChair(), seat)

    @precondition(running)
    @rule(guest=st.sampled_from([6, 7]), seat=st.integers(2, 8))
    def a_guest_joins_with_a_device(self, guest: int, seat: int) -> None:
        self.give(seats.GiveGuestSeat(guest, seat), 1)

    @precondition(lambda self: self.running() and self.world.floor.turns)
    @rule(ms=st.sampled_from([SECOND, 29 * SECOND, 40 * SECOND]))
    def the_server_was_away(self, ms: int) -> None:
        w = self.world
        since = w.at
        w.at += ms
        self.give(session.NoticeGap(since), 0)
        w.later(0)

    @precondition(lambda self: self.world.room.session and self.world.session.steps)
    @rule()
    def the_last_step_is_taken_back(self) -> None:
        step = undo.last_step(self.world.room, 1)
        if step is not None:
            self.give(undo.Undo(step.id), 1)

    @precondition(lambda self: not self.running())
    @rule(mode=st.sampled_from([FloorMode.QUEUE, FloorMode.OPEN]), asks=st.booleans())
    def the_next_session_starts(self, mode: FloorMode, asks: bool) -> None:
        first = msgspec.structs.replace(phase(mode), check_in=ASKED if asks else None)
        self.give(session.StartSession([first, *LATER]), 1)

    @rule(ms=st.sampled_from([1, 700, SECOND, 31 * SECOND, 5 * MINUTE]))
    def time_passes(self, ms: int) -> None:
        self.world.later(ms)

    @rule(data=st.data(), ms=st.sampled_from([0, 900, 5 * MINUTE]))
    def a_turn_is_given_and_taken_back(self, data: st.DataObject, ms: int) -> None:
        w = self.world
        if w.room.running is None or w.session.held_since is not None:
            return
        before = encoded_list(w.session.ledger), encoded_list(w.floor.hands), list(w.floor.process_since)
        put = {seat: n for seat, n in w.floor.questions_put.items() if n}
        kind = data.draw(st.sampled_from([turns.CallNext, turns.CallHand, turns.GiveFloor]))
        outcome = self.give(data.draw(struct(kind, self.known())), 1)
        given = w.entries[-1].id
        if not isinstance(outcome, list) or not any(isinstance(e, turns.TurnBegan) for e in outcome):
            return
        w.later(ms)
        w.must(undo.Undo(given))
        assert before == (encoded_list(w.session.ledger), encoded_list(w.floor.hands), w.floor.process_since)
        assert put == {seat: n for seat, n in w.floor.questions_put.items() if n}

    @rule(data=st.data())
    def a_correction_and_its_undo(self, data: st.DataObject) -> None:
        w = self.world
        before = w.sums if w.room.session else None
        by = data.draw(st.integers(1, 4))
        outcome = self.give(data.draw(struct(CorrectAirTime, self.known())), by)
        if not outcome or not isinstance(outcome, list) or (w.room.running and w.session.held_since is not None):
            return
        w.must(undo.Undo(w.entries[-1].id), by)
        assert w.sums == before

    @rule()
    def the_replica_starts_again_from_a_snapshot(self) -> None:
        self.follow()
        self.replica = _room.decode(encoded(self.replica))

    # -- what always holds -----------------------------------------------------------------------------------------

    def follow(self) -> None:
        for entry in self.world.entries[self.folded :]:
            evolve(self.replica, wire.decode_entry(wire.encode_entry(entry)))
        self.folded = len(self.world.entries)

    @invariant()
    def a_replica_fed_by_the_entries_is_the_same_room(self) -> None:
        self.follow()
        assert encoded(self.replica) == encoded(self.world.room)
        assert encoded(_room.decode(encoded(self.replica))) == encoded(self.replica)

    @invariant()
    def the_sums_are_right(self) -> None:
        w = self.world
        if w.room.session is None:
            return
        sums = w.sums
        elapsed = (w.session.ended_at or w.at) - w.session.started_at
        assert sum(sums.balance.values()) == 0
        assert sums.evenness is None or 0 <= sums.evenness <= 100
        assert 0 <= sums.coverage <= 1
        assert all(0 <= ms <= elapsed for ms in sums.counted.values())
        assert all(span.start < span.end for span in w.session.ledger)
        assert all(carry < 0 for carry in w.room.carry.values())

    @invariant()
    def the_floor_is_in_order(self) -> None:
        w = self.world
        floor = w.floor
        if floor.mode is not FloorMode.OPEN:
            assert len(floor.turns) <= 1
        assert len({t.id for t in floor.turns}) == len(floor.turns)
        assert floor.just_ended is None
        requests = [(h.seat, h.intent is Intent.PROCESS) for h in floor.hands]
        assert len(set(requests)) == len(requests)
        out = {m.seat for m in w.room.members.values() if m.removed or m.role is Role.OBSERVER}
        assert not out & {h.seat for h in floor.hands}
        assert not out & {t.seat for t in floor.turns}
        assert all(h.intent in hands.fitting_intents(floor.mode) for h in floor.hands)
        if floor.round is not None:
            lists = [*floor.round.pending, *floor.round.heard, *floor.round.listening]
            assert len(set(lists)) == len(lists)
            assert not out & set(lists)

    @invariant()
    def boards_and_series_are_in_order(self) -> None:
        room = self.world.room
        out = {m.seat for m in room.members.values() if m.removed}
        assert room.deputy not in out
        assert not any(out & {*p.holders, p.host, *p.away} for p in series.to_come(room))
        assert all(p.host not in p.holders for p in series.to_come(room) if p.host)
        for action in room.actions:
            assert action.history[-1].state is action.state
            assert not action.open or (action.owner not in out and action.buddy not in out)
            assert action.buddy != action.owner
        assert all(m.a < m.b and m.times > 0 for m in room.met)
        assert room.introductions == sum(p.introduced for p in room.posts)
        if room.running is not None:
            assert room.running.phase.holder not in out

    @invariant()
    def check_ins_are_in_order(self) -> None:
        room = self.world.room
        opened = [c for c in room.check_ins if c.state is CheckInState.OPEN]
        assert len(opened) <= 1
        assert opened == [c for c in [checkins.open_check_in(room)] if c is not None]
        for c in opened:
            assert room.running is not None
            assert c.session == room.running.number
            assert c.visit in (0, room.running.phase.visit)
            assert c.at >= room.running.phase.started
            assert not c.closes_at or room.running.held_since is not None or c.closes_at > self.world.at
        for c in room.check_ins:
            assert not c.result or c.state is CheckInState.RECORDED
            assert bool(c.taking_part) is (c.state is CheckInState.RECORDED)
            assert bool(c.code) is (c.state is CheckInState.GIVEN_UP)
            assert bool(c.ended_at) is (c.state not in (CheckInState.OPEN, CheckInState.CLOSING))
            assert room.session is not None
            assert not (c.result and c.kind in TEXT_KINDS) or c.ended_at >= room.session.started_at
            before = self.stood.get(c.id, CheckInState.OPEN)
            assert c.state is before or c.state in MOVES_ON[before]
        self.stood = {c.id: c.state for c in room.check_ins}
        seats = {m.seat for m in room.members.values() if m.ik and m.attending and m.role is not Role.OBSERVER}
        assert set(checkins.electorate(room)) <= seats

    @invariant()
    def the_queue_is_a_line_of_all_hands(self) -> None:
        w = self.world
        line = [place.hand for place in queue.ordered(w.room, w.at)]
        assert sorted(h.id for h in line) == sorted(h.id for h in w.floor.hands)
        stands = {h.id: index for index, h in enumerate(line)}
        for hand in line:
            assert not hand.behind or stands[hand.behind] < stands[hand.id]
        assert set(w.floor.manual) <= set(stands)
        assert all(p.reason in queue.REASONS for p in queue.ordered(w.room, w.at))


MOVES_ON = {
    CheckInState.OPEN: {*CheckInState} - {CheckInState.OPEN},
    CheckInState.CLOSING: {CheckInState.RECORDED, CheckInState.GIVEN_UP},
    CheckInState.RECORDED: set[CheckInState](),
    CheckInState.GIVEN_UP: set[CheckInState](),
    CheckInState.WITHDRAWN: set[CheckInState](),
}
"""How a check-in may stand after it stood so."""

ASKED = checkins.PlannedCheckIn(CheckInKind.SCALE, b"q" * 61, [b"o" * 61] * 2, 60)
"""What a phase asks."""

LATER = (
    phase(FloorMode.ROUND, minutes=5),
    agenda.PhasePlan("issue", b"", 5, FloorMode.SOLO, holder=3, issue=1),
    agenda.PhasePlan("questions", b"", 5, FloorMode.QUESTIONS, issue=1),
    phase(FloorMode.OPEN, minutes=5, counted=False),
    agenda.PhasePlan("engagement", b"", 5, FloorMode.QUEUE, check_in=ASKED),
    agenda.PhasePlan("check_out", b"", 5, FloorMode.ROUND, with_facilitators=True),
)
"""The phases to come of every session."""


def seen(ids: list[bytes]) -> st.SearchStrategy[bytes]:
    """Mostly one of these, sometimes one that there never was."""
    return st.sampled_from([*ids, *ids, *ids, b"x" * 16])


def encoded_list(things: list[Any]) -> bytes:
    return msgspec.msgpack.encode(things)


AnySequence.TestCase.settings = examples(max_examples=200, stateful_step_count=50)
test_any_sequence = AnySequence.TestCase


# -- evolve is total -----------------------------------------------------------------------------------------------

ODD: dict[str, Any] = {
    name: {bytes: st.sampled_from([n.to_bytes(16, "big") for n in range(1, 30)] + [b""])}
    for name in (
        "hand",
        "behind",
        "turn",
        "hands",
        "step",
        "correction",
        "id",
        "action",
        "issue",
        "post",
        "item",
        "poll",
        "check_in",
    )
}
"""Ids of hands, turns and items that may be there, or not."""


def begun() -> World:
    """A session in which there is something of everything."""
    w = World(4, phase())
    w.must(issues.BringIssue(b"i" * 285), 2)
    w.must(actions.AddAction(b"a" * 61, buddy=3), 2)
    w.must(exchange.AddPost(PostKind.ASK, b"p" * 285), 3)
    w.must(series.PlanSeries([series.Draft(b"\1" * 16, 0, [2], 3), series.Draft(b"\2" * 16, feedback=True)]))
    w.must(series.ProposeDates(b"\1" * 16, [w.at + MINUTE]))
    w.must(checkins.OpenCheckIn(CheckInKind.TEXT, b"q" * 61))
    w.end()
    w.start(phase(), *LATER)
    w.must(checkins.OpenCheckIn(CheckInKind.MOOD, b"q" * 61, seconds=60))
    w.must(pairs.SetPairs([[1, 2], [3, 4]], 5))
    w.hand(2)
    w.give(3)
    return w


@examples(max_examples=600)
@given(st.lists(st.sampled_from(EVENTS).flatmap(lambda kind: struct(kind, ODD)), max_size=12), st.booleans())
def test_any_events_can_be_folded_and_the_room_is_still_a_room(events: list[Event], in_session: bool) -> None:
    w = begun() if in_session else World(3, None)
    for event in events:
        w.at += 1
        w.tell([event], by=1)
        assert encoded(_room.decode(encoded(w.room))) == encoded(w.room)
        queue.ordered(w.room, w.at)
        is_looked_at(w)


def is_looked_at(w: World) -> None:
    """Whatever a screen or a timer asks of a room has an answer."""
    timers.next_due(w.room)
    actions.in_review(w.room)
    series.held_in_series(w.room)
    undo.last_step(w.room, 1)
    checkins.electorate(w.room)
    checkins.open_check_in(w.room)
    checkins.closing_check_ins(w.room)
    if w.room.session is not None:
        agenda.behind(w.room.session, w.at)
        agenda.starts(w.room.session, w.at)
        issues.issues_held(w.room.session)
        for command in (agenda.StartPhase(0, w.session.phase.visit), agenda.ExtendPhase(MINUTE, from_later=True)):
            decide(w.room, command, Asking(1, w.at, b"?" * 16))


THE_AGENDA = [*agenda.EVOLVE, session.SessionStarted, session.SessionEnded, session.HoldBegan, session.HoldEnded]


@examples(max_examples=400)
@given(st.lists(st.sampled_from(THE_AGENDA).flatmap(lambda kind: struct(kind, INDEXED)), max_size=14))
def test_any_events_of_the_agenda_can_be_folded_in_any_order(events: list[Event]) -> None:
    w = begun()
    for event in events:
        w.at += 700
        w.tell([event], by=1)
        is_looked_at(w)


INDEXED: dict[str, Any] = {
    "index": st.integers(-2, 7),
    "visit": st.integers(-1, 5),
    "issue": st.integers(-5, 3),
    "seat": st.integers(-1, 6),
    "minutes": st.integers(-2, 10),
}


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_each_event_folds_into_an_empty_room(kind: type[Event]) -> None:
    @examples(max_examples=15)
    @given(struct(kind, ODD))
    def folds(event: Event) -> None:
        room = Room(b"r" * 16)
        evolve(room, Entry(1, b"i" * 16, 5, 1, 1, [event]))
        assert (room.seq, room.at) == (1, 5)

    folds()


# -- nobody starves ------------------------------------------------------------------------------------------------


@examples(max_examples=60)
@given(
    people=st.integers(3, 7),
    order=st.sampled_from([Order.FAIR, Order.ARRIVAL]),
    head_start=st.integers(0, 30),
    greed=st.data(),
)
def test_no_hand_is_passed_over_for_ever(people: int, order: Order, head_start: int, greed: st.DataObject) -> None:
    """Whatever others raise, a hand is called within n turns, and one for each that waited as long before it."""
    w = World(people, settings=Settings(order=order))
    if head_start:
        w.give(2)
        w.later(head_start * MINUTE)
        w.must(turns.ConfirmSpeaker(w.turn.id))
        w.finish()
    others = [seat for seat in range(1, people + 1) if seat != 2]
    for seat in greed.draw(st.lists(st.sampled_from(others), unique=True)):
        w.hand(seat, greed.draw(st.sampled_from([Intent.CLARIFY, Intent.REPLY])))
    ahead = len(w.floor.hands)
    w.later(1)
    w.hand(2)
    w.later(1)
    called = 0
    while w.turn.seat != 2 if w.floor.turns else True:
        assert called <= people + ahead, "starved"
        for seat in others:
            up = {h.intent is Intent.PROCESS for h in w.floor.hands if h.seat == seat}
            if False not in up:
                w.hand(seat, greed.draw(st.sampled_from([Intent.CLARIFY, Intent.REPLY, Intent.SPEAK])))
            if True not in up and greed.draw(st.booleans()):
                w.hand(seat, Intent.PROCESS)
        w.next()
        called += w.turn.intent is not Intent.PROCESS
        w.later(greed.draw(st.sampled_from([1, SECOND, 20 * SECOND])))


# -- once and only once --------------------------------------------------------------------------------------------


def test_the_room_remembers_which_commands_it_has_accepted() -> None:
    w = World(3)
    ik = w.room.members[2].ik
    hand = w.hand(2)
    assert was_accepted(w.room, ik, hand)
    assert not was_accepted(w.room, w.room.members[3].ik, hand)
    assert w.room.seen[ik].highest == w.entries[-1].counter


def test_the_last_64_are_remembered() -> None:
    w = World(3)
    for _ in range(OUTCOMES_KEPT):
        w.must(hands.LowerHand(w.hand(2)), 2)
    assert len(w.room.seen[w.room.members[2].ik].recent) == OUTCOMES_KEPT


def test_a_hold_is_remembered_without_whose_it_was() -> None:
    w = World(3)
    w.must(session.Hold(), 2)
    pressed = w.entries[-1].id
    assert was_accepted(w.room, b"", pressed)
    assert all(pressed not in seen.recent for ik, seen in w.room.seen.items() if ik)


def test_a_member_who_removes_themselves_is_remembered_as_who_they_were() -> None:
    w = World(3, None)
    w.must(seats.SetRole(2, Role.FACILITATOR))
    ik = w.room.members[2].ik
    w.must(seats.RemoveMember(2), 2)
    assert was_accepted(w.room, ik, w.entries[-1].id)
    assert b"" not in w.room.seen


def test_an_unheard_of_command_is_refused() -> None:
    class Sing(Command, frozen=True):
        """Not a command of the room."""

    outcome = decide(Room(b"r" * 16), Sing(), Asking(1, 0, b"i" * 16))
    assert isinstance(outcome, Refusal)
    assert outcome.code == "unknown_command"
