"""The agenda as a member sees it, and what moving a phase would do to the others, before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol import agenda
from evenly_protocol.session import Session
from evenly_protocol.words import MILLISECONDS_A_MINUTE

from evenly_client import opened, phrases
from evenly_client.sealing import Sealer
from evenly_client.translation import ENGLISH, _, language

BEHIND_FROM_MS = 60_000
"""Less than this is on time."""


@dataclass(frozen=True)
class Step:
    """A phase of the agenda.

    Attributes:
        index: in the plan.
        title: what it is called, the number of its issue included where there are several.
        state: `done`, `now`, `next`, `later` or `skipped`.
        ms: what it has or had, milliseconds.
        at: when it begins, or ends for the one under way, UTC milliseconds; 0 for what is done or skipped.
        holder: the seat of its issue-holder; 0 for none.
    """

    index: int
    title: str
    state: str
    ms: int
    at: int
    holder: int


def title_of(sealer: Sealer, session: Session, index: int) -> str:
    """What a phase is called: `Issue 2: open questions` where the session has several issues."""
    plan = session.phases[index]
    title = opened.phase_title(sealer, session, plan)
    several = max((p.issue for p in session.phases), default=0) > 1
    if not plan.issue or not several:
        return title
    if language() == ENGLISH:  # where a title is no name, and goes on small
        title = f"{title[:1].lower()}{title[1:]}"
    return _("Issue {n}: {phase}").format(n=plan.issue, phase=title)


def steps(sealer: Sealer, session: Session, now: int) -> list[Step]:
    """The whole agenda, in order."""
    begins = agenda.starts(session, now)
    following = agenda.next_phase(session)
    result: list[Step] = []
    for index, plan in enumerate(session.phases):
        state, at, ms = "done", 0, agenda.used(session, index)
        if index == session.phase_index:
            state, at, ms = "now", session.phase.ends_at, session.phase.ends_at - session.phase.started
        elif index in begins:
            state = "next" if index == following else "later"
            at, ms = begins[index], agenda.remaining(session, index)
        elif not ms:
            state = "skipped"
        result.append(Step(index, title_of(sealer, session, index), state, ms, at, agenda.holder_of(session, plan)))
    return result


def behind_words(session: Session, now: int) -> str:
    """How far behind or ahead the session is, for those who lead; empty when it is on time."""
    late = agenda.behind(session, now)
    if abs(late) < BEHIND_FROM_MS or session.closed_at is not None:
        return ""
    time = phrases.spoken(abs(late) // MILLISECONDS_A_MINUTE * MILLISECONDS_A_MINUTE)
    return (_("{time} behind") if late > 0 else _("{time} ahead")).format(time=time)


@dataclass(frozen=True)
class Ripple:
    """What an extension would do.

    Attributes:
        changes: `Open questions 15 → 12`, a phase each.
        moved_ms: by how much the session's end moves, milliseconds.
        end: when the session would end, UTC milliseconds.
    """

    changes: list[str]
    moved_ms: int
    end: int

    @property
    def words(self) -> str:
        """In a sentence."""
        changes, time = ", ".join(self.changes), phrases.time_of_day(self.end)
        if not self.changes:
            return _("The end moves to {time}.").format(time=time) if self.moved_ms else _("The end stays.")
        # Translators: {changes} is for example “Open questions 15 → 12, Silence 5 → 4”
        said = _("{changes}; the end moves to {time}.") if self.moved_ms else _("{changes}; the end stays {time}.")
        return said.format(changes=changes, time=time)


def ripple(sealer: Sealer, session: Session, now: int, ms: int, *, from_later: bool) -> Ripple:
    """What extending the phase under way by `ms` (below zero: shortening it) would do."""
    allotted, gave = agenda.given(session, ms) if from_later else ([], 0)
    moved = ms - gave
    changes = [
        f"{title_of(sealer, session, i)} {_minutes(agenda.allotment(session, i))} → {_minutes(allotted[i])}"
        for i in range(len(allotted))
        if i != session.phase_index and allotted[i] != agenda.allotment(session, i)
    ]
    return Ripple(changes, moved, _end_after(session, now, moved, ms))


def _end_after(session: Session, now: int, moved: int, ms: int) -> int:
    """The projected end once the running phase has `ms` more and the phases to come `moved` less than that."""
    running = max(now, session.phase.ends_at)
    after = max(now, session.phase.ends_at + ms)
    return agenda.projected_end(session, now) + (after - running) - (ms - moved)


def _minutes(ms: int) -> str:
    minutes, rest = divmod(ms, MILLISECONDS_A_MINUTE)
    return f"{minutes}" if not rest else phrases.clock(ms)
