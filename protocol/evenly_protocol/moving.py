"""What names a seat, when two seats become one person's, and when a seat is left for ever.

`one_person`: whatever names the fresh seat names the other from then on. `nobody_now`: what was done stays as history;
what was still to be done or led by that seat no longer is. Seats, turns and hands themselves are in seats.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from evenly_protocol.actions import ActionStep
from evenly_protocol.issues import issues_held
from evenly_protocol.pairs import Met
from evenly_protocol.series import draft_of, put, to_come
from evenly_protocol.words import ActionState

if TYPE_CHECKING:
    from evenly_protocol.facts import Stamp
    from evenly_protocol.room import Room
    from evenly_protocol.rounds import Round

Who = Callable[[int], int]
"""The seat that a seat is from now on."""

replace = msgspec.structs.replace


def one_person(room: Room, old: int, new: int, at: int) -> None:
    """Whatever names the seat `old` names `new`: they are one person. A fold."""

    def who(seat: int) -> int:
        return new if seat == old else seat

    room.deputy, room.timekeeper = who(room.deputy), who(room.timekeeper)
    for moves in (_in_session, _on_floor, _on_boards, _in_past, _in_pairs):
        moves(room, who)
    _in_series(room, who, at)
    if room.session is not None and room.session.floor.round is not None:
        _in_round(room.session.floor.round, old, new)


def _each(seats: Iterable[int], who: Who) -> list[int]:
    """Each once."""
    return list(dict.fromkeys(who(seat) for seat in seats))


def _sums(sums: Mapping[int, int], who: Who) -> dict[int, int]:
    result: dict[int, int] = {}
    for seat, ms in sums.items():
        result[who(seat)] = result.get(who(seat), 0) + ms
    return result


def _in_session(room: Room, who: Who) -> None:
    session = room.session
    if session is None:
        return
    session.phases = [replace(p, holder=who(p.holder), speaker=who(p.speaker)) for p in session.phases]
    session.holders = {number: who(seat) for number, seat in session.holders.items()}
    session.hosts = _each(session.hosts, who)
    session.questions = [replace(q, seat=who(q.seat)) for q in session.questions]
    session.steps = [replace(s, by=who(s.by)) for s in session.steps]
    session.phase.holder = who(session.phase.holder)
    for correction in session.corrections:
        correction.by = who(correction.by)


def _on_floor(room: Room, who: Who) -> None:
    session = room.session
    if session is None:
        return
    session.floor.process_since = [who(seat) for seat in session.floor.process_since]
    session.floor.questions_put = _sums(session.floor.questions_put, who)
    before = session.before
    if before is not None:
        before.phase.holder, before.timekeeper = who(before.phase.holder), who(before.timekeeper)
        before.speaking, before.questions_put = who(before.speaking), _sums(before.questions_put, who)


def _in_round(current: Round, old: int, new: int) -> None:
    """They stand where the fresh seat stood, unless they had a place already."""
    if new in (*current.pending, *current.heard, *current.listening):
        return
    for seats in (current.pending, current.heard, current.listening, current.later, current.missed):
        seats[:] = [new if seat == old else seat for seat in seats]


def _on_boards(room: Room, who: Who) -> None:
    for action in room.actions:
        action.owner, action.buddy = who(action.owner), who(action.buddy)
        if action.buddy == action.owner:
            action.buddy = 0
        action.cheers = _each(action.cheers, who)
        action.history = [replace(step, by=who(step.by)) for step in action.history]
        for note in action.notes:
            note.seat = who(note.seat)
    for issue in room.issues:
        issue.seat = who(issue.seat)
    for post in room.posts:
        post.seat, post.met_by = who(post.seat), who(post.met_by)


def _in_past(room: Room, who: Who) -> None:
    room.past = [
        replace(p, counted=_sums(p.counted, who), held=_each(p.held, who), hosts=_each(p.hosts, who)) for p in room.past
    ]


def _in_pairs(room: Room, who: Who) -> None:
    times: dict[tuple[int, int], int] = {}
    for met in room.met:
        a, b = sorted((who(met.a), who(met.b)))
        if a != b:
            times[a, b] = times.get((a, b), 0) + met.times
    room.met = [Met(a, b, n) for (a, b), n in times.items()]
    if room.session is not None and room.session.pairs is not None:
        pairs = room.session.pairs
        pairs.groups = [_each(group, who) for group in pairs.groups]
        pairs.before = [_each(group, who) for group in pairs.before]


def _in_series(room: Room, who: Who, at: int) -> None:
    for planned in room.series:
        holders, host = _each(planned.holders, who), who(planned.host)
        put(planned, replace(draft_of(planned), holders=holders, host=0 if host in holders else host), at)
        planned.away = sorted(_each(planned.away, who))
    if room.poll is not None:
        room.poll.by = who(room.poll.by)
        room.poll.fits = {who(seat): fits for seat, fits in room.poll.fits.items()}


def nobody_now(room: Room, seat: int, stamp: Stamp) -> None:
    """Nobody sits in this seat any more. A fold."""
    leading = (room.deputy, room.timekeeper, room.chair)
    room.deputy, room.timekeeper, room.chair = (0 if s == seat else s for s in leading)
    _leaves_session(room, seat)
    _leaves_boards(room, seat, stamp)
    for planned in to_come(room):
        holders, host = [s for s in planned.holders if s != seat], 0 if planned.host == seat else planned.host
        put(planned, replace(draft_of(planned), holders=holders, host=host), stamp.at)
        planned.away = [s for s in planned.away if s != seat]
    if room.poll is not None:
        room.poll.fits.pop(seat, None)


def _leaves_session(room: Room, seat: int) -> None:
    session = room.running
    if session is None:
        return
    held = issues_held(session)
    session.holders = {n: 0 if s == seat and n not in held else s for n, s in session.holders.items()}
    if session.host == seat:
        session.host = 0

    def who(other: int) -> int:
        return 0 if other == seat else other

    session.phase.holder = who(session.phase.holder)
    session.phases = [replace(p, holder=who(p.holder), speaker=who(p.speaker)) for p in session.phases]
    before = session.before
    if before is not None:
        before.phase.holder, before.timekeeper = who(before.phase.holder), who(before.timekeeper)
        if before.speaking == seat:
            before.speaking = 0
        if before.round is not None:
            before.round.forget(seat)


def _leaves_boards(room: Room, seat: int, stamp: Stamp) -> None:
    """What they had still to do is dropped, what nobody has taken or confirmed is gone; the rest stays."""
    taken = set(room.running.brought.values()) if room.running is not None else set[bytes]()
    room.issues = [i for i in room.issues if i.seat != seat or i.session or i.id in taken]
    room.actions = [a for a in room.actions if a.owner != seat or a.state is not ActionState.PROPOSED]
    number = room.session.number if room.session is not None else 0
    for action in room.actions:
        if action.open and action.owner == seat:
            action.state = ActionState.DROPPED
            action.history.append(ActionStep(stamp.at, stamp.by, number, action.state, action.carried))
            action.changed += 1
        if action.open and action.buddy == seat:
            action.buddy = 0
            action.changed += 1
