"""Turns: who has the floor, from *given* to *yielded*. Source: domain.md, "The floor".

One rule for all ways of giving the floor: `begin` ends what runs and begins the next. A finished turn is followed
by itself only in rounds and with `auto_next` (`followed`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol import airtime
from evenly_protocol.attendance import arrival
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.hands import Hand, hand_with, take_out
from evenly_protocol.issues import note_question
from evenly_protocol.members import takes_part, tracks
from evenly_protocol.queue import first_callable, is_blocked, places_for_pins
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.rounds import Round, next_in_round
from evenly_protocol.words import GENERAL_TALK, SERVER, FloorMode, Intent, Role, Source

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.floor import Floor
    from evenly_protocol.room import Room

UNSURE_AFTER_MS = 4 * 60_000
"""A turn without a limit is unsure when nothing was pressed about it for this long; with one, for twice it."""


ASKING_MS = 30_000
"""A question passes to the answer by itself after this long."""


class Before(msgspec.Struct, array_like=True):
    """What a turn's beginning changed, so that it can be taken back.

    Attributes:
        turn: the turn that it ended.
        passed: the hands that were passed over.
        process_since: who had spoken on how we work since the last other turn.
        round: the round as it was.
        questions_put: questions put by this seat until then.
        place: where its hand stood, where pins were behind it; 0 otherwise.
        freed: the hands that were deferred behind its hand.
        manual: the facilitator's order of the hands.
    """

    turn: Turn | None = None
    passed: list[bytes] = []
    process_since: list[int] = []
    round: Round | None = None
    questions_put: int = 0
    place: int = 0
    freed: list[bytes] = []
    manual: list[bytes] = []


class Turn(msgspec.Struct, array_like=True):
    """One member holding the floor. All moments are UTC milliseconds.

    Attributes:
        id: the id of the command that gave it.
        seat: who speaks; 0 is general talk.
        intent: why.
        source: how it was given.
        began: when.
        marked: the last key pressed about it.
        hand: the hand it was called from.
        extra_ms: what was given beyond the limit, milliseconds.
        held_ms: how long it stood still in holds, milliseconds.
        unsure_since: from when on nobody has said who speaks; None while it is sure.
        answer_at: when the question passed to its answer; None before.
        before: what its beginning changed.
        stood_ms: how long it stood still in holds since `marked`, milliseconds.
        unsure_asking: from when on nobody was sure of the asking, once the question has passed to its answer.
    """

    id: bytes
    seat: int
    intent: Intent
    source: Source
    began: int
    marked: int
    hand: Hand | None = None
    extra_ms: int = 0
    held_ms: int = 0
    unsure_since: int | None = None
    answer_at: int | None = None
    before: Before | None = None
    stood_ms: int = 0
    unsure_asking: int | None = None

    def press(self, at: int) -> None:
        """A key was pressed about this turn."""
        self.marked, self.stood_ms = at, 0

    def stand_still(self, since: int, until: int) -> None:
        """A hold from `since` until `until` (UTC milliseconds): its clocks did not run."""
        self.held_ms += until - max(since, self.began)
        self.stood_ms += until - max(since, self.marked)


class CallNext(Command, frozen=True):
    """Give the floor to the next in line. `ends` names the running turn, empty for none."""

    ends: bytes = b""


class CallHand(Command, frozen=True):
    """Give the floor to this hand. `ends` names the running turn, empty for none."""

    hand: bytes
    ends: bytes = b""


class GiveFloor(Command, frozen=True):
    """A seat key: this seat is speaking now; 0 is general talk."""

    seat: int


class Finish(Command, frozen=True):
    """The turn named is finished; a question passes to its answer.

    `asking`: the question alone is meant. It is refused once the answer has begun, so that two people who press
    at once do not end the answer.
    """

    turn: bytes
    asking: bool = False


class Speak(Command, frozen=True):
    """I am speaking (in `open`)."""


class ConfirmSpeaker(Command, frozen=True):
    """Still the same speaker."""

    turn: bytes


class ExtendTurn(Command, frozen=True):
    """Give the turn more time before its limit, milliseconds."""

    turn: bytes
    ms: int


class PassToAnswer(Command, frozen=True):
    """The server: the question has been put for 30 s."""

    turn: bytes


class MarkUnsure(Command, frozen=True):
    """The server: nothing was pressed about this turn for too long."""

    turn: bytes


class MarkUnmarked(Command, frozen=True):
    """The server: nobody has been marked since then (UTC milliseconds)."""

    since: int


class TurnBegan(Event, frozen=True):
    """A member has the floor. `began` differs from the entry's time only for talk found unmarked."""

    seat: int
    intent: Intent
    source: Source
    hand: bytes = b""
    place: int = 0
    passed: list[bytes] = []
    began: int = 0


class TurnEnded(Event, frozen=True):
    """The turn is over."""

    turn: bytes


class AnswerBegan(Event, frozen=True):
    """The question is put: the issue-holder answers."""

    turn: bytes


class TurnConfirmed(Event, frozen=True):
    """Somebody who tracks has said that it is still the same speaker."""

    turn: bytes


class TurnUnsure(Event, frozen=True):
    """From `since` on (UTC milliseconds) nobody has said who speaks."""

    turn: bytes
    since: int


class TurnExtended(Event, frozen=True):
    """The turn has this much more time, milliseconds."""

    turn: bytes
    ms: int


def turn_with(floor: Floor, turn: bytes) -> Turn | None:
    """The running turn with this id."""
    return next((t for t in floor.turns if t.id == turn), None)


def limit_of(room: Room, turn: Turn) -> int:
    """The length at which the speaker is told, milliseconds; 0 is none. In rounds, the guide."""
    base = room.settings.limit_ms
    round_ = room.floor.round
    if turn.source is Source.ROUND and round_ is not None:
        base = round_.guide_ms
    return base + turn.extra_ms if base else 0


def unsure_at(room: Room, turn: Turn) -> int | None:
    """When the turn becomes unsure if nobody presses anything; None for turns that never do."""
    if turn.seat == GENERAL_TALK or turn.unsure_since is not None:
        return None
    if room.floor.mode is FloorMode.SOLO or room.floor.round is not None:
        return None
    limit = limit_of(room, turn)
    return turn.marked + turn.stood_ms + (2 * limit if limit else UNSURE_AFTER_MS)


def unmarked_at(room: Room) -> int | None:
    """When talk with nobody marked is found to be general talk; None where someone is marked, or none is counted."""
    session = room.running
    if session is None or session.floor.turns or not session.phase.counted:
        return None
    return None if session.floor.mode is FloorMode.SILENCE else session.floor.idle_since + UNSURE_AFTER_MS


def answer_due(room: Room, turn: Turn) -> int | None:
    """When a question passes to its answer by itself."""
    if turn.intent is not Intent.QUESTION or turn.answer_at is not None or not answered_by(room, turn):
        return None
    return turn.began + turn.held_ms + ASKING_MS


def answered_by(room: Room, turn: Turn) -> int:
    """The issue-holder who answers this question; 0 when nobody does."""
    session = room.running
    if session is None or session.floor.mode is not FloorMode.QUESTIONS:
        return 0
    holder = session.phase.holder
    return holder if holder and holder != turn.seat else 0


def begin(room: Room, event: TurnBegan) -> list[Event]:
    """What giving the floor makes happen: what runs ends, then this turn begins."""
    running = room.floor.turns
    if room.floor.mode is FloorMode.OPEN:
        running = [t for t in running if t.source is not Source.MARK]
    return [*(TurnEnded(t.id) for t in running), event]


def followed(room: Room, asking: Asking) -> list[Event]:
    """What follows a finished turn by itself: the next of a round, or of the queue with `auto_next`.

    Called with the turn still running: it is passed over as the one that has just finished.
    """
    floor = room.floor
    in_round = floor.round is not None
    if not in_round and not room.settings.auto_next:
        return []
    if in_round or floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS):
        return next_turn(room, asking.at)
    return []


def next_turn(room: Room, at: int, in_round: Round | None = None) -> list[Event]:
    """The events that give the floor to whoever is next; empty when nobody is.

    In a round, a point of process goes between two turns; all other hands wait until it ends. `in_round` is the
    round as it will stand, where that differs from the one under way.
    """
    current = in_round or room.floor.round
    if current is not None:
        point = first_callable(room, at, process_only=True)
        if point is not None:
            return [_called(room, point.hand, at)]
        events, seat = next_in_round(room, current)
        if seat:
            return [*events, TurnBegan(seat, Intent.SPEAK, Source.ROUND)]
        return events
    place = first_callable(room, at)
    return [] if place is None else [_called(room, place.hand, at)]


def _called(room: Room, hand: Hand, at: int) -> TurnBegan:
    """The beginning of a turn from the queue: all other hands of those here are passed over once more."""
    here = set(takes_part(room))
    passed: list[bytes] = []
    if hand.intent is not Intent.PROCESS:
        passed = [h.id for h in room.floor.hands if h.id != hand.id and h.seat in here]
    stood = places_for_pins(room, at).get(hand.id, 0)
    return TurnBegan(hand.seat, hand.intent, Source.QUEUE, hand.id, stood, passed)


def _running(floor: Floor) -> bytes:
    return floor.turns[0].id if floor.turns else b""


def _call_next(room: Room, command: CallNext, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    if floor.mode in (FloorMode.OPEN, FloorMode.SILENCE, FloorMode.SOLO):
        return refuse("wrong_mode")
    if _running(floor) != command.ends:
        return refuse("no_such_turn")
    following = next_turn(room, asking.at)
    if not following:
        return refuse("nobody_waiting")
    return [*(TurnEnded(t.id) for t in floor.turns), *following]


def _call_hand(room: Room, command: CallHand, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    if floor.mode in (FloorMode.OPEN, FloorMode.SILENCE, FloorMode.SOLO):
        return refuse("wrong_mode")
    if _running(floor) != command.ends:
        return refuse("no_such_turn")
    hand = hand_with(floor, command.hand)
    if hand is None:
        return refuse("no_such_hand")
    if floor.round is not None and hand.intent is not Intent.PROCESS:
        return refuse("wrong_mode")
    if is_blocked(room, hand):
        return refuse("process_again")
    return [*_arrives(room, hand.seat), *begin(room, _called(room, hand, asking.at))]


def _give_floor(room: Room, command: GiveFloor, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    if floor.mode is FloorMode.SILENCE:
        return refuse("wrong_mode")
    member = room.members.get(command.seat)
    if command.seat != GENERAL_TALK and (member is None or member.removed or member.role is Role.OBSERVER):
        return refuse("no_such_seat")
    for turn in floor.turns:
        answers = answered_by(room, turn)
        if command.seat and answers == command.seat and turn.intent is Intent.QUESTION:
            return [AnswerBegan(turn.id)] if turn.answer_at is None else [TurnConfirmed(turn.id)]
        if turn.seat == command.seat and turn.answer_at is None:
            return [TurnConfirmed(turn.id)]
    source, intent, hand = Source.SEAT_KEY, Intent.SPEAK, _hand_of(room, command.seat)
    if floor.round is not None and command.seat in floor.round.pending:
        source, hand = Source.ROUND, None
    holder = room.session.phase.holder if room.session else 0
    if floor.mode is FloorMode.QUESTIONS and command.seat not in (GENERAL_TALK, holder):
        intent = Intent.QUESTION
    began = TurnBegan(command.seat, intent, source)
    if hand is not None and floor.mode in (FloorMode.QUEUE, FloorMode.QUESTIONS):
        stood = places_for_pins(room, asking.at).get(hand.id, 0)
        began = TurnBegan(command.seat, hand.intent, source, hand.id, stood)
    return [*_arrives(room, command.seat), *begin(room, began)]


def _hand_of(room: Room, seat: int) -> Hand | None:
    """The hand that a seat's speaking answers: its request to speak before its point of process."""
    mine = [h for h in room.floor.hands if h.seat == seat and not is_blocked(room, h)]
    return next((h for h in mine if h.intent is not Intent.PROCESS), mine[0] if mine else None)


def _arrives(room: Room, seat: int) -> list[Event]:
    """Giving a seat the floor marks it as attending."""
    member = room.members.get(seat)
    return [] if member is None or member.attending else arrival(room, member, vouched=True)


def _finish(room: Room, command: Finish, asking: Asking) -> list[Event] | Refusal:
    turn = turn_with(room.floor, command.turn)
    if turn is None:
        return refuse("no_such_turn")
    if command.asking and turn.answer_at is not None:
        return refuse("no_such_turn")
    if not tracks(room, asking.by) and not _is_speaking(room, turn, asking.by):
        return refuse("not_yours")
    if turn.intent is Intent.QUESTION and turn.answer_at is None and answered_by(room, turn):
        return [AnswerBegan(turn.id)]
    return [TurnEnded(turn.id), *followed(room, asking)]


def _speak(room: Room, command: Speak, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    if floor.mode is not FloorMode.OPEN:
        return refuse("wrong_mode")
    member = room.members[asking.by]
    if member.role is Role.OBSERVER:
        return refuse("not_allowed")
    if any(t.seat == asking.by for t in floor.turns):
        return refuse("already_speaking")
    arrives = [] if member.attending else arrival(room, member)
    unmarked = [TurnEnded(t.id) for t in floor.turns if t.source is Source.UNMARKED]
    return [*arrives, *unmarked, TurnBegan(asking.by, Intent.SPEAK, Source.MARK)]


def _confirm(room: Room, command: ConfirmSpeaker, asking: Asking) -> list[Event] | Refusal:
    turn = turn_with(room.floor, command.turn)
    if turn is None:
        return refuse("no_such_turn")
    if not tracks(room, asking.by) and asking.by != turn.seat:
        return refuse("not_allowed")
    return [TurnConfirmed(turn.id)]


def _extend(room: Room, command: ExtendTurn, asking: Asking) -> list[Event] | Refusal:
    turn = turn_with(room.floor, command.turn)
    if turn is None:
        return refuse("no_such_turn")
    if not 1_000 <= command.ms <= 3_600_000:
        return refuse("bad_number")
    return [TurnExtended(turn.id, command.ms)]


def _pass_to_answer(room: Room, command: PassToAnswer, asking: Asking) -> list[Event] | Refusal:
    turn = turn_with(room.floor, command.turn)
    due = None if turn is None else answer_due(room, turn)
    return [] if turn is None or due is None or asking.at < due else [AnswerBegan(turn.id)]


def _mark_unsure(room: Room, command: MarkUnsure, asking: Asking) -> list[Event] | Refusal:
    turn = turn_with(room.floor, command.turn)
    due = None if turn is None else unsure_at(room, turn)
    return [] if turn is None or due is None or asking.at < due else [TurnUnsure(turn.id, turn.marked)]


def _mark_unmarked(room: Room, command: MarkUnmarked, asking: Asking) -> list[Event] | Refusal:
    due = unmarked_at(room)
    if due is None or room.floor.idle_since != command.since or asking.at < due:
        return []
    return [TurnBegan(GENERAL_TALK, Intent.SPEAK, Source.UNMARKED, began=command.since)]


def _began(room: Room, event: TurnBegan, stamp: Stamp) -> None:
    floor = room.floor
    before = Before(
        turn=floor.just_ended,
        passed=event.passed,
        process_since=list(floor.process_since),
        round=None if floor.round is None else floor.round.copy(),
        questions_put=floor.questions_put.get(event.seat, 0),
        place=event.place,
        freed=[h.id for h in floor.hands if event.hand and h.behind == event.hand],
        manual=list(floor.manual) if event.hand in floor.manual else [],
    )
    hand = take_out(floor, event.hand, event.place) if event.hand else None
    for passed in event.passed:
        other = hand_with(floor, passed)
        if other is not None:
            other.passed += 1
    if event.intent is Intent.PROCESS:
        floor.process_since.append(event.seat)
    else:
        floor.process_since.clear()
    if event.intent is Intent.QUESTION:
        floor.questions_put[event.seat] = before.questions_put + 1
    if event.source is Source.ROUND and floor.round is not None:
        floor.round.begin(event.seat)
    began = event.began or stamp.at
    turn = Turn(
        id=stamp.id,
        seat=event.seat,
        intent=event.intent,
        source=event.source,
        began=began,
        marked=stamp.at,
        hand=hand,
        before=before,
    )
    for running in floor.turns:
        running.before = None
    floor.turns.append(turn)
    floor.just_ended = None


def _ended(room: Room, event: TurnEnded, stamp: Stamp) -> None:
    end_turn(room, event.turn, stamp.at)


def end_turn(room: Room, turn_id: bytes, at: int) -> None:
    """Writes a running turn into the ledger, until `at`."""
    session = room.session
    floor = room.floor
    turn = turn_with(floor, turn_id)
    if session is None or turn is None:
        return
    session.ledger.extend(airtime.spans_of(turn, session, at))
    floor.turns.remove(turn)
    turn.before = None
    floor.just_ended = turn
    note_question(room, turn)
    if not floor.turns:
        floor.idle_since = at


def _answer_began(room: Room, event: AnswerBegan, stamp: Stamp) -> None:
    turn = turn_with(room.floor, event.turn)
    if turn is None:
        return
    turn.press(stamp.at)
    if turn.answer_at is None:
        turn.answer_at = stamp.at
        turn.unsure_asking = turn.unsure_since
    # Nobody said so when the server passed it on: what was unsure stays unsure.
    if stamp.by != SERVER:
        turn.unsure_since = None


def _confirmed(room: Room, event: TurnConfirmed, stamp: Stamp) -> None:
    turn = turn_with(room.floor, event.turn)
    if turn is not None:
        turn.press(stamp.at)
        turn.unsure_since = None


def _unsure(room: Room, event: TurnUnsure, stamp: Stamp) -> None:
    turn = turn_with(room.floor, event.turn)
    if turn is not None:
        turn.unsure_since = event.since


def _extended(room: Room, event: TurnExtended, stamp: Stamp) -> None:
    turn = turn_with(room.floor, event.turn)
    if turn is not None:
        turn.extra_ms += event.ms
        turn.press(stamp.at)


def finish_of(turn: Turn) -> Finish:
    """The command that finishes what is seen now: the asking while it is asked, else the turn."""
    return Finish(turn.id, asking=turn.answer_at is None)


def may_finish(room: Room, seat: int) -> Turn | None:
    """The running turn that this seat itself would finish: its own, or the answer it gives."""
    return next((turn for turn in room.floor.turns if _is_speaking(room, turn, seat)), None)


def _is_speaking(room: Room, turn: Turn, seat: int) -> bool:
    return seat == (turn.seat if turn.answer_at is None else answered_by(room, turn))


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    CallNext: _call_next,
    CallHand: _call_hand,
    GiveFloor: _give_floor,
    Finish: _finish,
    Speak: _speak,
    ConfirmSpeaker: _confirm,
    ExtendTurn: _extend,
    PassToAnswer: _pass_to_answer,
    MarkUnsure: _mark_unsure,
    MarkUnmarked: _mark_unmarked,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    TurnBegan: _began,
    TurnEnded: _ended,
    AnswerBegan: _answer_began,
    TurnConfirmed: _confirmed,
    TurnUnsure: _unsure,
    TurnExtended: _extended,
}
