"""The order of the queue, and why each hand stands where it stands. Source: domain.md, "The floor".

In `fair` and `arrival`: by intent, then by the rule's own key, then by the time raised; ahead of every hand but
`process`, oldest first, the hands that were passed over too often; then each deferred hand behind the one it let
go first; then the pins. In `manual`: the facilitator's order, new hands last, `process` first among those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from evenly_protocol.airtime import queue_balances
from evenly_protocol.hands import Hand
from evenly_protocol.members import takes_part
from evenly_protocol.words import PRECEDENCE, FloorMode, Intent, Order

if TYPE_CHECKING:
    from evenly_protocol.room import Room


class Place(NamedTuple):
    """Where a hand stands, and why.

    Attributes:
        hand: the hand.
        reason: a key of `REASONS`.
        number: the figure that goes into the reason's words (turns waited, questions put), or 0.
        balance: the balance it was ordered by, carry included, milliseconds; for those who may see it.
        callable: whether *next* may call it now.
    """

    hand: Hand
    reason: str
    number: int
    balance: Fraction
    callable: bool


REASONS = {
    "pinned": "put here by the facilitator",
    "process": "a point about how we work",
    "process_again": "how we work: after another turn",
    "waited": "waited {n} turns",
    "deferred": "lets another go first",
    "no_question": "no question yet",
    "questions": "asked {n} already",
    "clarify": "to clarify",
    "reply": "a reply to this point",
    "fair": "fair order",
    "raised": "raised first",
    "new": "not placed yet",
}
"""Why a hand stands where it stands, in words. Printed into docs/protocol.md."""


class _Key(NamedTuple):
    """What one hand is ordered by, first difference first."""

    blocked: bool
    process: bool
    starved: int
    rank: int
    questions: int
    balance: Fraction
    raised_at: int
    id: bytes


def ordered(room: Room, at: int) -> list[Place]:
    """The queue as it stands at `at` (UTC milliseconds), the first to be called first."""
    floor, settings = room.floor, room.settings
    if not floor.hands:
        return []
    attending = set(takes_part(room))
    balances = queue_balances(room, at) if settings.order is Order.FAIR else {}
    keys = {h.id: _key(room, h, len(attending), balances) for h in floor.hands}
    if settings.order is Order.MANUAL:
        line = _manual(floor.hands, floor.manual)
    else:
        line = _with_pins(sorted(floor.hands, key=lambda h: keys[h.id]))
    return [
        Place(
            hand,
            *_reason(room, line, index, keys, len(attending)),
            keys[hand.id].balance,
            hand.seat in attending and not keys[hand.id].blocked,
        )
        for index, hand in enumerate(line)
    ]


def first_callable(room: Room, at: int, *, process_only: bool = False) -> Place | None:
    """The hand that *next* calls: the first whose owner is here."""
    for place in ordered(room, at):
        if place.callable and (not process_only or place.hand.intent is Intent.PROCESS):
            return place
    return None


def places_for_pins(room: Room, at: int) -> dict[bytes, int]:
    """The place of each hand, from 1, where a pin is set; empty where none is."""
    if not any(h.pin for h in room.floor.hands):
        return {}
    return {place.hand.id: index for index, place in enumerate(ordered(room, at), 1)}


def is_starved(hand: Hand, attending: int) -> bool:
    """Nobody starves: passed over by as many called turns as there are people attending."""
    return attending > 0 and hand.passed >= attending


def _key(room: Room, hand: Hand, attending: int, balances: Mapping[int, Fraction]) -> _Key:
    floor = room.floor
    process = hand.intent is Intent.PROCESS
    blocked = process and hand.seat in floor.process_since
    starved = not process and is_starved(hand, attending)
    in_questions = floor.mode is FloorMode.QUESTIONS and room.settings.order is Order.FAIR
    return _Key(
        blocked=blocked,
        process=not process,
        starved=hand.raised_at if starved else 2**62,
        rank=PRECEDENCE[hand.intent],
        questions=floor.questions_put.get(hand.seat, 0) if in_questions else 0,
        balance=balances.get(hand.seat, Fraction(0)),
        raised_at=hand.raised_at,
        id=hand.id,
    )


def _manual(hands: Iterable[Hand], manual: list[bytes]) -> list[Hand]:
    placed = {hand: index for index, hand in enumerate(manual)}
    return sorted(
        hands,
        key=lambda h: (
            h.id not in placed,
            placed.get(h.id, 0),
            h.intent is not Intent.PROCESS,
            h.raised_at,
            h.id,
        ),
    )


def _with_pins(line: list[Hand]) -> list[Hand]:
    """Merges the sorted hands with the pins, no deferred hand ahead of the one it let go first."""
    pins = sorted((h for h in line if h.pin), key=lambda h: (h.pin, h.raised_at, h.id))
    rest = [h for h in line if not h.pin]
    waiting = {h.id for h in line}
    result: list[Hand] = []
    while pins or rest:
        free = next((h for h in rest if h.behind not in waiting), None)
        if pins and (pins[0].pin <= len(result) + 1 or free is None):
            hand = pins.pop(0)
        else:
            hand = free if free is not None else rest[0]
            rest.remove(hand)
        waiting.discard(hand.id)
        result.append(hand)
    return result


def _reason(
    room: Room, line: list[Hand], index: int, keys: Mapping[bytes, _Key], attending: int
) -> tuple[str, int]:
    hand = line[index]
    mine = keys[hand.id]
    manual = room.settings.order is Order.MANUAL
    if hand.pin or (manual and hand.id in room.floor.manual):
        return "pinned", hand.pin
    if hand.intent is Intent.PROCESS:
        return ("process_again" if mine.blocked else "process"), 0
    if manual:
        return "new", 0
    if any(h.id == hand.behind for h in line):
        return "deferred", 0
    if is_starved(hand, attending):
        return "waited", hand.passed
    if room.floor.mode is FloorMode.QUESTIONS and room.settings.order is Order.FAIR:
        return ("questions", mine.questions) if mine.questions else ("no_question", 0)
    other = keys[line[index + 1].id] if index + 1 < len(line) else keys[line[index - 1].id] if index else mine
    if mine.rank != other.rank and hand.intent in (Intent.CLARIFY, Intent.REPLY):
        return str(hand.intent), 0
    if mine.balance != other.balance:
        return "fair", 0
    return "raised", 0
