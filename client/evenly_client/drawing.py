"""Who is put in pairs now, and with whom: the people on the call, and what they have met so far. Pure."""

from __future__ import annotations

from evenly_protocol.members import takes_part
from evenly_protocol.pairs import met_times
from evenly_protocol.room import Room
from evenly_protocol.words import Role

from evenly_client import pairing

USUAL_ROUNDS = 3
"""Rounds of pairs that a networking phase mostly has: planned together, so that the first leave room for the third."""


def who_pairs(room: Room, *, everybody: bool = False) -> list[int]:
    """The seats that are paired: participants and guest seats on the call.

    Facilitators too with `everybody`, or where without them there would be no pair.
    """
    here = takes_part(room)
    members = [s for s in here if room.members[s].role is Role.PARTICIPANT]
    return here if everybody or len(members) < 2 else members


def drawn(room: Room, seats: list[int], seed: int) -> list[list[int]]:
    """Pairs of these seats: nobody with whom they have talked in this session, if the number allows it for the rounds
    that are usual; then those who have met least.

    Raises:
        ValueError: fewer than two seats.
    """
    last = room.running.pairs if room.running is not None else None
    groups = [] if last is None else [*last.before, *(last.groups if last.met or last.over else [])]
    left = USUAL_ROUNDS - (last.number if last is not None else 0)
    return pairing.rounds(seats, met_times(room), max(1, left), seed, list(pairing.pairs_of(groups)))[0]
