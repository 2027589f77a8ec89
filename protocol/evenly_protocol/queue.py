"""The order of the queue, and why each hand stands where it stands. Source: domain.md, "The floor".

In `fair` and `arrival`: by intent, then by the rule's own key, then by the time raised; ahead of every hand but
`process`, oldest first, the hands that were passed over too often; then each deferred hand behind the one it let
go first; then the pins. In `manual`: the facilitator's order, new hands last, `process` first among those, and
each deferred hand behind the one it let go first.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from evenly_protocol.airtime import queue_balances
from evenly_protocol.members import takes_part
from evenly_protocol.texts import N_
from evenly_protocol.words import PRECEDENCE, FloorMode, Intent, Order

if TYPE_CHECKING:
    from evenly_protocol.hands import Hand
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
    "pinned": N_("put here by the facilitator"),
    "process": N_("a point about how we work"),
    "process_again": N_("how we work: after another turn"),
    "waited": "waited {n} turns",
    "deferred": N_("lets another go first"),
    "no_question": N_("no question yet"),
    "questions": "asked {n} already",
    "clarify": N_("to clarify"),
    "reply": N_("a reply to this point"),
    "fair": N_("fair order"),
    "raised": N_("raised first"),
    "new": N_("not placed yet"),
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
    seq: int


def ordered(room: Room, at: int) -> list[Place]:
    """The queue as it stands at `at` (UTC milliseconds), the first to be called first."""
    floor, settings = room.floor, room.settings
    if not floor.hands:
        return []
    attending = set(takes_part(room))
    balances = queue_balances(room, at) if settings.order is Order.FAIR else {}
    keys = {h.id: _key(room, h, len(attending), balances) for h in floor.hands}
    if settings.order is Order.MANUAL:
        line = _merged(_manual(room), [])
    else:
        in_order = sorted(floor.hands, key=lambda h: keys[h.id])
        pins = sorted((h for h in in_order if h.pin), key=lambda h: (h.pin, h.raised_at, h.seq))
        line = _merged([h for h in in_order if not h.pin], pins)
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


def is_blocked(room: Room, hand: Hand) -> bool:
    """Whether another turn has to begin first: one point of process a member between two other turns."""
    return hand.intent is Intent.PROCESS and hand.seat in room.floor.process_since


def placed_order(room: Room, hand: bytes, place: int) -> list[bytes]:
    """The `manual` order once this hand stands at `place`, from 1; 0 takes its place away.

    New hands that stand ahead of it then are placed too, where they stand.
    """
    line = [h.id for h in _manual(room) if h.id != hand]
    placed = [h for h in room.floor.manual if h != hand]
    if place < 1:
        return placed
    return [*line[: place - 1], hand, *placed[place - 1 :]]


def _key(room: Room, hand: Hand, attending: int, balances: Mapping[int, Fraction]) -> _Key:
    floor = room.floor
    process = hand.intent is Intent.PROCESS
    blocked = is_blocked(room, hand)
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
        seq=hand.seq,
    )


def _manual(room: Room) -> list[Hand]:
    placed = {hand: index for index, hand in enumerate(room.floor.manual)}
    return sorted(
        room.floor.hands,
        key=lambda h: (
            h.id not in placed,
            placed.get(h.id, 0),
            is_blocked(room, h),
            h.intent is not Intent.PROCESS,
            h.raised_at,
            h.seq,
            h.seq,
        ),
    )


def _merged(line: list[Hand], pinned: list[Hand]) -> list[Hand]:
    """The sorted hands and the pinned ones, no deferred hand ahead of the one it let go first."""
    rest, pins = list(line), list(pinned)
    waiting = {h.id for h in (*line, *pinned)}
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


def _reason(room: Room, line: list[Hand], index: int, keys: Mapping[bytes, _Key], attending: int) -> tuple[str, int]:
    hand = line[index]
    mine = keys[hand.id]
    manual = room.settings.order is Order.MANUAL
    if hand.id in room.floor.manual if manual else hand.pin:
        return "pinned", 0 if manual else hand.pin
    if hand.intent is Intent.PROCESS:
        return ("process_again" if mine.blocked else "process"), 0
    if any(h.id == hand.behind for h in line):
        return "deferred", 0
    if manual:
        return "new", 0
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
