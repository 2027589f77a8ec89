"""When check-ins are at rest: no keys being exchanged, no answers being added up, nobody's *done* under way.

All that happens in real time, between the clients and the server. Until it is over, the time of a rehearsal that is
faster than real stands still: who is there, and how they have answered, is then the same every time.
"""

from __future__ import annotations

from collections.abc import Mapping

from evenly_protocol.checkins import CheckIn, closing_check_ins, electorate, open_check_in
from evenly_protocol.members import author_of
from evenly_protocol.room import Room

from evenly_client.checkins.taking_part import CheckIns
from evenly_client.peer import Peer, State

FEWEST_KEYS = 2
"""Fewer than this exchange no keys."""

Parts = Mapping[Peer, CheckIns]
"""Each client's part in check-ins."""


def at_rest(peer: Peer, parts: Parts) -> bool:
    """Whether nothing is under way, as far as this client knows; all have folded the same entries."""
    room = peer.room
    if peer.state is not State.LIVE:
        return True
    if closing_check_ins(room):
        return False
    check_in = open_check_in(room)
    if check_in is None or not takes_part(peer):
        return True
    return has_keys(peer, parts) and _done_is_known(peer, check_in, parts)


def takes_part(peer: Peer) -> bool:
    """Whether this client is asked for keys and answers."""
    return peer.state is State.LIVE and peer.seat in electorate(peer.room)


def has_keys(peer: Peer, parts: Parts) -> bool:
    """Whether this client has the keys of those who are there now; a person at a screen may come a little later."""
    those = _there(peer.room)
    if len(those) < FEWEST_KEYS:
        return True
    keys = set(parts[peer].mine.members)
    own = {p.key.public for p in parts if p.state is State.LIVE} & those
    return own <= keys <= those


def _there(room: Room) -> set[bytes]:
    return {author_of(room, seat) for seat in electorate(room)}


def _done_is_known(peer: Peer, check_in: CheckIn, parts: Parts) -> bool:
    """Whether the server has counted everybody who has said so; once all have, it closes the check-in."""
    those, progress = _there(peer.room), parts[peer].mine.progress(check_in.id)
    done = sum(part.mine.is_done(check_in.id) for p, part in parts.items() if p.key.public in those)
    if not done:
        return True
    return progress is not None and done <= progress.have < progress.of
