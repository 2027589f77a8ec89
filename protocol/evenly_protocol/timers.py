"""What is due when nobody presses anything: commands that the server gives by itself, at their moment.

Each names what it ends, so that a second one, or one overtaken by a key press, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evenly_protocol import checkins
from evenly_protocol.attendance import deputy_due
from evenly_protocol.facts import Command
from evenly_protocol.pairs import pairs_due
from evenly_protocol.session import empty_due
from evenly_protocol.turns import MarkUnmarked, MarkUnsure, PassToAnswer, answer_due, unmarked_at, unsure_at

if TYPE_CHECKING:
    from evenly_protocol.room import Room


def next_due(room: Room) -> tuple[int, Command] | None:
    """The earliest moment (UTC milliseconds) at which the server has something to do, and what; None for never."""
    return min(_dues(room), key=lambda due: due[0], default=None)


def _dues(room: Room) -> Iterator[tuple[int, Command]]:
    session = room.running
    if session is None or session.held_since is not None:
        return
    floor = session.floor
    for turn in floor.turns:
        answer = answer_due(room, turn)
        if answer is not None:
            yield answer, PassToAnswer(turn.id)
        unsure = unsure_at(room, turn)
        if unsure is not None:
            yield unsure, MarkUnsure(turn.id)
    for due in (pairs_due(room), deputy_due(room), empty_due(room), checkins.due(room)):
        if due is not None:
            yield due
    unmarked = unmarked_at(room)
    if unmarked is not None:
        yield unmarked, MarkUnmarked(floor.idle_since)
