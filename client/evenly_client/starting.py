"""How a session starts: a format, the planned session that it is, who holds the issue, who gives feedback."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol import series
from evenly_protocol.actions import last_held
from evenly_protocol.room import Room
from evenly_protocol.series import Draft, Planned
from evenly_protocol.session import StartSession
from evenly_protocol.words import Role

from evenly_client.formats.planning import PlannedPhase, issues_in, minutes_of, phase_plans, planned
from evenly_client.formats.shape import Format
from evenly_client.peer import Peer

PROGRESS = "progress"

PLAIN_DATES = 6
"""Sessions that are proposed in a format without an issue, where nothing else is said."""


@dataclass(frozen=True)
class Start:
    """A session that could start now.

    Attributes:
        phases: the agenda, in plain text.
        planned: the planned session that it is; None for none.
        holders: whose issue each is, by its number.
        feedback_by: whose feedback opens it; 0 for nobody's.
        host: who leads it beside the standing facilitators; 0 for nobody.
    """

    phases: list[PlannedPhase]
    planned: Planned | None
    holders: dict[int, int]
    feedback_by: int
    host: int

    @property
    def minutes(self) -> int:
        """How long it is, minutes."""
        return minutes_of(self.phases)


def prepared(room: Room, format: Format, *, by: int, as_planned: bool = True) -> Start:
    """The next session of this room in this format, opened by the seat `by`.

    `as_planned`: it is the planned session that comes next, if there is one; else one that stands beside the series.
    """
    coming = series.next_planned(room) if as_planned else None
    feedback_by = _gives_feedback(room)
    last = coming is not None and coming.feedback
    phases = [
        phase
        for phase in planned(format, first=not feedback_by, last=last)
        if feedback_by or phase.activity != "feedback"
    ]
    if last:
        # Feedback alone: whatever a format says of its last session, no issue of today is in it.
        phases = [phase for phase in phases if not phase.issue] or phases
    holders = dict(enumerate(coming.holders, 1)) if coming is not None else {}
    if holders:
        # A session that is planned for fewer issues than the format has room for goes without the others.
        phases = [phase for phase in phases if phase.issue <= len(holders)]
    host = coming.host if coming is not None else 0
    if not host and room.members[by].role is not Role.FACILITATOR:
        host = by
    return Start(phases, coming, _fitting(room, holders, phases), feedback_by, host)


def _gives_feedback(room: Room) -> int:
    """The last issue-holder, if still a member."""
    held = [seat for seat in last_held(room) if seat in room.members and not room.members[seat].removed]
    return held[-1] if held else 0


def _fitting(room: Room, holders: dict[int, int], phases: list[PlannedPhase]) -> dict[int, int]:
    numbers = {phase.issue for phase in phases if phase.issue}
    return {n: s for n, s in holders.items() if n in numbers and s in room.members and not room.members[s].removed}


def command(peer: Peer, start: Start, id: bytes) -> StartSession:
    """The command that starts it. Give it under this `id`: the texts are sealed to it."""
    begins = {i: start.feedback_by for i, phase in enumerate(start.phases) if phase.activity == PROGRESS}
    plans = phase_plans(
        start.phases,
        lambda kind, text: peer.seal(kind, text, id),
        holders=start.holders,
        feedback_by=start.feedback_by,
        speakers=begins,
    )
    return StartSession(plans, start.host, start.planned.id if start.planned is not None else b"")


def series_of(room: Room, format: Format, *, first_at: int, every_days: int, sessions: int = 0) -> list[Draft]:
    """The sessions to come in this format: N+1 where it has issues, and otherwise `sessions` plain dates (0: as many
    as are planned now, or `PLAIN_DATES`).

    Those planned already keep their ids and, without a `first_at` (UTC milliseconds), their dates; whoever was to hold
    an issue keeps their place in the order.
    """
    coming = series.to_come(room)
    members = series.rotating(room)
    hosts = [m.seat for m in room.members.values() if not m.removed and not m.is_guest and m.role is not Role.OBSERVER]
    hosts = [s for s in hosts if s in members] or hosts
    ids = [p.id for p in coming]
    issues = issues_in(format)
    hosted = series.have_hosted(room)
    if issues:
        in_order = [s for p in coming for s in p.holders if s in members]
        drafts = series.propose(
            list(dict.fromkeys((*in_order, *members))),
            hosts=hosts,
            held=series.held_in_series(room),
            hosted=hosted,
            issues=issues,
            first_at=first_at,
            every_days=every_days,
            away={i: p.away for i, p in enumerate(coming) if p.away},
            minutes=format.minutes,
            ids=ids,
        )
    else:
        drafts = series.plain(
            sessions or len(coming) or PLAIN_DATES,
            hosts=hosts,
            hosted=hosted,
            first_at=first_at,
            every_days=every_days,
            minutes=format.minutes,
            ids=ids,
        )
    dates = [p.at for p in coming]
    return [
        Draft(
            d.id or Peer.new_id(), d.at or (dates[i] if i < len(dates) else 0), d.holders, d.host, d.minutes, d.feedback
        )
        for i, d in enumerate(drafts)
    ]
