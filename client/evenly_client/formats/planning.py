"""From a format to a session's plan: groups written out, issues numbered, texts sealed where they are its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import msgspec
from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.sealed import OVERHEAD, FieldKind, padded_size
from evenly_protocol.words import FloorMode

from evenly_client.checkins.question import Question
from evenly_client.formats.shape import Format, FormatPhase, PhaseGroup
from evenly_client.translation import _

FEEDBACK: Final = "feedback"
"""The activity that is about the issue of the session before: it has the last issue-holder, and no issue number."""

PLAN_BYTES_AT_MOST: Final = 15_000
"""Bytes that a plan may take in the one command that starts a session (16 KiB with its frame, wire.py)."""

_ANY_SEAT: Final = 0xFFFF

Seal = Callable[[FieldKind, str], bytes]
"""Seals a text for the command that will carry it."""


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase of one session, in plain text.

    Attributes:
        id: its word in the format; the phases of a repeated group have theirs each time.
        issue: the number of the issue that it belongs to, from 1; 0 for none.
        group: the title of the group that it is in; empty for none.
        activity, title, minutes, mode, counted, with_facilitators, guidance, check_in: as in the format.
    """

    id: str
    activity: str
    title: str
    minutes: int
    mode: FloorMode
    counted: bool
    with_facilitators: bool
    guidance: str
    issue: int = 0
    group: str = ""
    check_in: Question | None = None


def planned(format: Format, *, first: bool = False, last: bool = False) -> list[PlannedPhase]:
    """The phases of one session, groups written out and issues numbered 1, 2… in their order.

    `first`, `last`: the session is the first or the last of a series, and goes without what they go without.
    """
    numbers = count(1)
    plain = 0
    phases: list[PlannedPhase] = []
    for part in format.phases:
        if not _takes_place(part, first=first, last=last):
            continue
        if isinstance(part, PhaseGroup):
            inside = [phase for phase in part.phases if _takes_place(phase, first=first, last=last)]
            about_issue = any(map(_about_issue, inside))
            for _time in range(part.repeat):
                issue = next(numbers) if about_issue else 0
                phases += [_planned(phase, issue, part.title) for phase in inside]
        elif _about_issue(part):
            plain = plain or next(numbers)
            phases.append(_planned(part, plain))
        else:
            phases.append(_planned(part, 0))
    return phases


def issues_in(format: Format, *, first: bool = False, last: bool = False) -> int:
    """How many issues, each with its own issue-holder, such a session has."""
    return max((phase.issue for phase in planned(format, first=first, last=last)), default=0)


def minutes_of(phases: Iterable[PlannedPhase]) -> int:
    """Minutes of these phases together."""
    return sum(phase.minutes for phase in phases)


def phase_plans(
    phases: Sequence[PlannedPhase],
    seal: Seal,
    *,
    holders: Mapping[int, int],
    feedback_by: int = 0,
    speakers: Mapping[int, int] = {},
) -> list[PhasePlan]:
    """The plan that starts a session; titles and guidance are sealed only where they are not the activity's own.

    Args:
        holders: the seat of each issue's holder, by the issue's number; an issue that is not there has none yet.
        feedback_by: the last issue-holder's seat; with 0, feedback is left out.
        speakers: who has the floor in a solo or begins a round, by the index in `phases`.
    """
    return list(_plans(phases, seal, holders, feedback_by, speakers))


def fits_one_command(phases: Sequence[PlannedPhase]) -> bool:
    """Whether the plan of these phases, sealed, is small enough to be sent."""
    issues = {phase.issue: _ANY_SEAT for phase in phases}
    speakers = dict.fromkeys(range(len(phases)), _ANY_SEAT)
    plans = phase_plans(phases, _as_long_as_sealed, holders=issues, feedback_by=_ANY_SEAT, speakers=speakers)
    return len(msgspec.msgpack.encode(plans)) <= PLAN_BYTES_AT_MOST


def _takes_place(part: FormatPhase | PhaseGroup, *, first: bool, last: bool) -> bool:
    return not (first and part.from_session > 1) and not (last and part.unless_last)


def _about_issue(phase: FormatPhase) -> bool:
    return ACTIVITIES[phase.activity].issue and phase.activity != FEEDBACK


def _planned(phase: FormatPhase, issue: int, group: str = "") -> PlannedPhase:
    return PlannedPhase(
        id=phase.id,
        activity=phase.activity,
        title=phase.title,
        minutes=phase.minutes,
        mode=phase.mode,
        counted=phase.counted,
        with_facilitators=phase.with_facilitators,
        guidance=phase.guidance,
        issue=0 if phase.activity == FEEDBACK else issue,
        group=group,
        check_in=phase.check_in,
    )


def _plans(
    phases: Sequence[PlannedPhase],
    seal: Seal,
    holders: Mapping[int, int],
    feedback_by: int,
    speakers: Mapping[int, int],
) -> Iterator[PhasePlan]:
    for index, phase in enumerate(phases):
        feedback = phase.activity == FEEDBACK
        if feedback and not feedback_by:
            continue
        own = ACTIVITIES[phase.activity]
        yield PhasePlan(
            activity=phase.activity,
            title=b"" if phase.title == _(own.title) else seal(FieldKind.TITLE, phase.title),
            minutes=phase.minutes,
            mode=phase.mode,
            counted=phase.counted,
            holder=feedback_by if feedback else holders.get(phase.issue, 0) if phase.issue else 0,
            with_facilitators=phase.with_facilitators,
            guidance=b"" if phase.guidance == _(own.guidance) else seal(FieldKind.GUIDANCE, phase.guidance),
            issue=phase.issue,
            speaker=feedback_by if feedback else speakers.get(index, 0),
            check_in=None if phase.check_in is None else phase.check_in.sealed(seal),
        )


def _as_long_as_sealed(kind: FieldKind, text: str) -> bytes:
    size = padded_size(kind, len(text.encode()))
    return bytes((size or 0) + OVERHEAD)
