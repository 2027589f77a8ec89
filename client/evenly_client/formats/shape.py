"""What a format is: a named agenda, its phases and its groups of phases. Source: domain.md, "Formats"."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.words import FloorMode

from evenly_client.checkins.question import Question


@dataclass(frozen=True, slots=True)
class FormatPhase:
    """A phase of a format, the activity's defaults filled in.

    Attributes:
        id: its word in the file, unique there.
        activity: a key of `ACTIVITIES`.
        minutes: planned length.
        title: for people, cleaned.
        guidance: a line or two for the facilitator, cleaned; lines end in `\\n`.
        mode: the floor mode that it begins with.
        counted: whether talk in it counts towards equal air time.
        with_facilitators: whether facilitators speak in its round.
        from_session: 2 where the first session of a series is without it, else 1.
        unless_last: whether the last session of a series is without it.
        check_in: what it asks anonymously; None for nothing.
    """

    id: str
    activity: str
    minutes: int
    title: str
    guidance: str
    mode: FloorMode
    counted: bool
    with_facilitators: bool
    from_session: int = 1
    unless_last: bool = False
    check_in: Question | None = None


@dataclass(frozen=True, slots=True)
class PhaseGroup:
    """Phases that belong together, `repeat` times over. A group about an issue has another issue each time."""

    id: str
    title: str
    repeat: int
    phases: tuple[FormatPhase, ...]
    from_session: int = 1
    unless_last: bool = False

    @property
    def minutes(self) -> int:
        """Minutes of one time through."""
        return sum(phase.minutes for phase in self.phases)


@dataclass(frozen=True, slots=True)
class Format:
    """A named agenda.

    Attributes:
        name: a-z, 0-9 and -, at most 40.
        title: for people, cleaned.
        about: what it is for, a sentence or two, cleaned; may be empty.
        tradition: where it comes from, cleaned; may be empty.
        people: the fewest and the most that it is made for; None where the file does not say.
        minutes: the length of a regular session (neither the first nor the last of a series).
        phases: in their order.
    """

    name: str
    title: str
    about: str
    tradition: str
    people: tuple[int, int] | None
    minutes: int
    phases: tuple[FormatPhase | PhaseGroup, ...]
