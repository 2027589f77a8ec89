"""What the members of a simulated world do: anything that a member can ask, some of it sensible."""

from __future__ import annotations

import enum
import random
import types
import typing
from typing import Any, Final

import msgspec
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.facts import Command
from evenly_protocol.hands import LowerHand, PlaceHand, RaiseHand, WordHand
from evenly_protocol.room import MEMBER_COMMANDS, Room
from evenly_protocol.seats import RemoveMember, SetRole, SetVisitor
from evenly_protocol.session import EndSession, Resume, StartSession
from evenly_protocol.turns import CallNext, Finish, GiveFloor
from evenly_protocol.words import FloorMode, Intent

SEALED: Final = 61
"""Bytes of a short sealed text."""

ANYTHING: Final = tuple(
    c for c in MEMBER_COMMANDS if c not in (RemoveMember, SetVisitor, SetRole, EndSession, StartSession)
)
"""Commands after which there is still a session with the same people."""


def something(room: Room, seat: int, dice: random.Random, *, leads: bool) -> Command:
    """What a member asks next: mostly what people do, and often anything at all."""
    session = room.running
    if leads and session is None:
        return StartSession([PhasePlan("talk", b"", 60, dice.choice(list(FloorMode)), True)])
    if leads and session is not None and session.held_since is not None and dice.random() < 0.7:
        return Resume()
    if leads and session is not None and dice.random() < 0.002:
        return EndSession(session.number)
    if dice.random() < 0.5:
        return _anything(dice.choice(ANYTHING), _Known(room, dice))
    floor = room.floor
    mine = [hand.id for hand in floor.hands if hand.seat == seat]
    choices: list[Command] = [RaiseHand(dice.choice(list(Intent))), RaiseHand(Intent.SPEAK)]
    choices += [LowerHand(hand) for hand in mine]
    choices += [WordHand(hand, dice.randbytes(SEALED)) for hand in mine]
    choices += [Finish(turn.id) for turn in floor.turns if turn.seat == seat]
    if leads:
        choices += [CallNext(floor.turns[0].id if floor.turns else b""), GiveFloor(dice.choice([0, *room.members]))]
        choices += [PlaceHand(hand.id, dice.randrange(1, 4)) for hand in floor.hands[:1]]
    return dice.choice(choices)


class _Known:
    """What there is in a room that a command can name."""

    def __init__(self, room: Room, dice: random.Random) -> None:
        self.dice = dice
        self.seats = [0, *room.members, 99]
        floor = room.floor
        lists: list[Any] = [
            floor.hands,
            floor.turns,
            room.actions,
            room.posts,
            room.issues,
            room.check_ins,
            room.series,
        ]
        self.ids = [item.id for items in lists for item in items if getattr(item, "id", None)] or [bytes(16)]
        self.at = room.at

    def of(self, kind: Any, name: str) -> Any:
        """A value of a type, for a field of that name."""
        dice = self.dice
        if kind is int:
            near = (
                self.at + dice.randrange(-600_000, 600_000),
                dice.randrange(-2, 12),
                dice.randrange(-(2**40), 2**40),
            )
            return dice.choice(self.seats) if dice.random() < 0.6 else dice.choice(near)
        if kind is bool:
            return dice.random() < 0.5
        if kind is bytes:
            which = (dice.choice(self.ids), dice.randbytes(SEALED), dice.randbytes(16), b"", dice.randbytes(7))
            return dice.choice(which)
        if kind is str:
            return dice.choice(("", "talk", "2026-12-01", "Europe/Berlin", "x" * 40))
        if kind is type(None):
            return None
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return dice.choice(list(kind))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return _anything(kind, self)
        origin, inside = typing.get_origin(kind), typing.get_args(kind)
        if origin is list:
            return [self.of(inside[0], name) for _ in range(dice.randrange(4))]
        if origin is dict:
            return {self.of(inside[0], name): self.of(inside[1], name) for _ in range(dice.randrange(4))}
        if origin in (typing.Union, types.UnionType):
            return self.of(dice.choice(inside), name)
        raise TypeError(kind)


_HINTS: dict[type, dict[str, Any]] = {}


def _anything(kind: type[Any], known: _Known) -> Any:
    hints = _HINTS.get(kind)
    if hints is None:
        hints = _HINTS[kind] = typing.get_type_hints(kind)
    return kind(**{name: known.of(hints[name], name) for name in kind.__struct_fields__})
