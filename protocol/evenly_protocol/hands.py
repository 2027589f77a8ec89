"""Hands: requests for the floor. Raising, wording, lowering, deferring, placing. Source: domain.md, "The floor".

How the hands stand in order is in queue.py; who gets the floor is in turns.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.attendance import arrival
from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import is_facilitator
from evenly_protocol.queue import ordered, placed_order, places_for_pins
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import FloorMode, Intent, Order, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.floor import Floor
    from evenly_protocol.room import Room


class Hand(msgspec.Struct, array_like=True):
    """A request for the floor.

    Attributes:
        id: the id of the command that raised it, 16 bytes.
        seat: whose it is.
        intent: why it is up.
        raised_at: when it went up, UTC milliseconds.
        words: its sealed text, empty for none.
        passed: turns called from the queue that went past it, by the rule that nobody starves.
        pin: the place from the front where a facilitator put it, from 1; 0 for none.
        behind: the id of the hand that it was deferred behind; empty for none.
        seq: the entry that raised it: of two raised in the same millisecond the earlier goes first.
    """

    id: bytes
    seat: int
    intent: Intent
    raised_at: int
    words: bytes = b""
    passed: int = 0
    pin: int = 0
    behind: bytes = b""
    seq: int = 0


class RaiseHand(Command, frozen=True):
    """Ask for the floor. `seat` is 0 for oneself; a facilitator may name a guest seat."""

    intent: Intent
    words: bytes = b""
    seat: int = 0


class WordHand(Command, frozen=True):
    """Put words to a hand that is up, or to the turn it has become."""

    hand: bytes
    words: bytes


class LowerHand(Command, frozen=True):
    """Take a hand down."""

    hand: bytes


class LowerAllHands(Command, frozen=True):
    """Take all hands down."""


class DeferHand(Command, frozen=True):
    """Let the hand now behind mine go first."""

    hand: bytes


class PlaceHand(Command, frozen=True):
    """Put a hand at a place counted from the front, from 1; 0 removes the pin. In `manual`, its place."""

    hand: bytes
    place: int


class SwitchQueue(Command, frozen=True):
    """Close the queue for new hands, or open it."""

    open: bool


class HandRaised(Event, frozen=True):
    """A hand is up."""

    seat: int
    intent: Intent
    words: bytes


class HandWorded(Event, frozen=True):
    """A hand, or the turn it has become, has these words."""

    hand: bytes
    words: bytes


class HandsLowered(Event, frozen=True):
    """These hands are down. `places`: where each stood, from 1, the last first; empty where no hand is pinned."""

    hands: list[bytes]
    places: list[int] = []


class HandsRestored(Event, frozen=True):
    """These hands are up again, as they were.

    `manual` is the facilitator's order as it was; `places` where each hand stood, empty where no hand was pinned.
    """

    hands: list[Hand]
    manual: list[bytes] = []
    places: list[int] = []


class HandDeferred(Event, frozen=True):
    """A hand lets another go first."""

    hand: bytes
    behind: bytes


class HandPlaced(Event, frozen=True):
    """A facilitator has put a hand at a place; 0 is none."""

    hand: bytes
    place: int


class QueueSwitched(Event, frozen=True):
    """The queue is open or closed for new hands."""

    open: bool


def hand_with(floor: Floor, hand: bytes) -> Hand | None:
    """The raised hand with this id."""
    return next((h for h in floor.hands if h.id == hand), None)


def fitting_intents(mode: FloorMode) -> tuple[Intent, ...]:
    """The intents that a hand may have in a floor mode."""
    if mode is FloorMode.QUESTIONS:
        return (Intent.PROCESS, Intent.QUESTION)
    return (Intent.PROCESS, Intent.CLARIFY, Intent.REPLY, Intent.SPEAK)


def fit_mode(floor: Floor) -> None:
    """Gives every hand an intent that goes with the floor mode.

    In `questions` all but `process` are questions; elsewhere a question is one of clarification.
    """
    questions = floor.mode is FloorMode.QUESTIONS
    for hand in floor.hands:
        if questions and hand.intent is not Intent.PROCESS:
            hand.intent = Intent.QUESTION
        elif not questions and hand.intent is Intent.QUESTION:
            hand.intent = Intent.CLARIFY


def _raise(room: Room, command: RaiseHand, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    member = room.members.get(command.seat or asking.by)
    if member is None or member.removed:
        return refuse("no_such_seat")
    if member.seat != asking.by and not (member.is_guest and is_facilitator(room, asking.by)):
        return refuse("not_allowed")
    if member.role is Role.OBSERVER:
        return refuse("not_allowed")
    if command.words and (member.is_guest or not allowed_length(FieldKind.WORDS, len(command.words))):
        return refuse("bad_length")
    if not floor.queue_open and command.intent is not Intent.PROCESS:
        return refuse("queue_closed")
    if command.intent not in fitting_intents(floor.mode):
        return refuse("not_fitting")
    is_process = command.intent is Intent.PROCESS
    if any(h.seat == member.seat and (h.intent is Intent.PROCESS) == is_process for h in floor.hands):
        return refuse("hand_up")
    back = [] if member.attending else arrival(room, member, vouched=member.is_guest)
    return [*back, HandRaised(member.seat, command.intent, command.words)]


def _word(room: Room, command: WordHand, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    hand = hand_with(floor, command.hand)
    turn_hand = next((t.hand for t in floor.turns if t.hand and t.hand.id == command.hand), None)
    target = hand or turn_hand
    if target is None:
        return refuse("no_such_hand")
    if target.seat != asking.by:
        return refuse("not_yours")
    if command.words and not allowed_length(FieldKind.WORDS, len(command.words)):
        return refuse("bad_length")
    return [] if target.words == command.words else [HandWorded(command.hand, command.words)]


def _lower(room: Room, command: LowerHand, asking: Asking) -> list[Event] | Refusal:
    hand = hand_with(room.floor, command.hand)
    if hand is None:
        return refuse("no_such_hand")
    if hand.seat != asking.by and not is_facilitator(room, asking.by):
        return refuse("not_yours")
    return [lowered_from(room, [hand.id], asking.at)]


def _lower_all(room: Room, command: LowerAllHands, asking: Asking) -> list[Event] | Refusal:
    hands = [h.id for h in room.floor.hands]
    return [lowered_from(room, hands, asking.at)] if hands else []


def lowered_from(room: Room, hands: list[bytes], at: int) -> HandsLowered:
    """The fact that these hands are down, with their places where pins stand behind them."""
    places = places_for_pins(room, at)
    if not places:
        return HandsLowered(hands)
    backwards = sorted(hands, key=lambda hand: -places[hand])
    return HandsLowered(backwards, [places[hand] for hand in backwards])


def _defer(room: Room, command: DeferHand, asking: Asking) -> list[Event] | Refusal:
    hand = hand_with(room.floor, command.hand)
    if hand is None:
        return refuse("no_such_hand")
    if hand.seat != asking.by:
        return refuse("not_yours")
    queue = [place.hand.id for place in ordered(room, asking.at)]
    after = queue.index(hand.id) + 1
    if after == len(queue):
        return refuse("no_one_behind")
    return [HandDeferred(hand.id, queue[after])]


def _place(room: Room, command: PlaceHand, asking: Asking) -> list[Event] | Refusal:
    floor = room.floor
    hand = hand_with(floor, command.hand)
    if hand is None:
        return refuse("no_such_hand")
    if not 0 <= command.place <= len(floor.hands):
        return refuse("bad_number")
    return [HandPlaced(command.hand, command.place)]


def _switch(room: Room, command: SwitchQueue, asking: Asking) -> list[Event] | Refusal:
    return [] if room.floor.queue_open == command.open else [QueueSwitched(command.open)]


def _raised(room: Room, event: HandRaised, stamp: Stamp) -> None:
    room.floor.hands.append(Hand(stamp.id, event.seat, event.intent, stamp.at, event.words, seq=stamp.seq))


def _worded(room: Room, event: HandWorded, stamp: Stamp) -> None:
    hand = hand_with(room.floor, event.hand)
    if hand is not None:
        hand.words = event.words
    for turn in room.floor.turns:
        if turn.hand is not None and turn.hand.id == event.hand:
            turn.hand.words = event.words


def _lowered(room: Room, event: HandsLowered, stamp: Stamp) -> None:
    for index, hand in enumerate(event.hands):
        take_out(room.floor, hand, event.places[index] if index < len(event.places) else 0)


def _restored(room: Room, event: HandsRestored, stamp: Stamp) -> None:
    floor = room.floor
    up = {h.id for h in floor.hands}
    back = [msgspec.structs.replace(h) for h in event.hands if h.id not in up]
    put_back(floor, back, sorted(event.places), event.manual)
    fit_mode(floor)


def _deferred(room: Room, event: HandDeferred, stamp: Stamp) -> None:
    floor = room.floor
    hand = hand_with(floor, event.hand)
    if hand is None:
        return
    hand.behind, hand.pin = event.behind, 0
    # The later deferral holds: the one that would close a ring is dropped.
    ahead = hand_with(floor, event.behind)
    for _ in floor.hands:
        if ahead is None:
            return
        if ahead.behind == event.hand:
            ahead.behind = b""
            return
        ahead = hand_with(floor, ahead.behind)


def _placed(room: Room, event: HandPlaced, stamp: Stamp) -> None:
    floor = room.floor
    hand = hand_with(floor, event.hand)
    if hand is None:
        return
    hand.behind = b""
    if room.settings.order is not Order.MANUAL:
        hand.pin = event.place
        return
    floor.manual = placed_order(room, event.hand, event.place)


def _switched(room: Room, event: QueueSwitched, stamp: Stamp) -> None:
    room.floor.queue_open = event.open


def take_out(floor: Floor, hand: bytes, place: int = 0) -> Hand | None:
    """Takes a hand out of the queue: deferrals behind it end.

    A hand that leaves from in front of a pin lowers that pin by one: `place` is where it stood, from 1, or 0
    where no hand is pinned.
    """
    found = hand_with(floor, hand)
    if found is None:
        return None
    floor.hands.remove(found)
    if hand in floor.manual:
        floor.manual.remove(hand)
    for other in floor.hands:
        if other.behind == hand:
            other.behind = b""
        if place and other.pin > place:
            other.pin -= 1
    return found


def put_back(floor: Floor, hands: list[Hand], places: list[int], manual: list[bytes]) -> None:
    """Puts hands up again that stood at `places`, in ascending order: the pins behind them are raised again.

    `manual` is the facilitator's order as it was.
    """
    for place in places:
        for other in floor.hands:
            if place and other.pin >= place:
                other.pin += 1
    floor.hands.extend(hands)
    floor.hands.sort(key=lambda h: (h.raised_at, h.seq))
    up = {h.id for h in floor.hands}
    for hand in hands:
        hand.behind = hand.behind if hand.behind in up else b""
    floor.manual = [h for h in dict.fromkeys((*manual, *floor.manual)) if h in up]


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    RaiseHand: _raise,
    WordHand: _word,
    LowerHand: _lower,
    LowerAllHands: _lower_all,
    DeferHand: _defer,
    PlaceHand: _place,
    SwitchQueue: _switch,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    HandRaised: _raised,
    HandWorded: _worded,
    HandsLowered: _lowered,
    HandsRestored: _restored,
    HandDeferred: _deferred,
    HandPlaced: _placed,
    QueueSwitched: _switched,
}
