"""How rehearsal members are: eager, brief, quiet, rambling, late; and the one who leads."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.words import Intent


@dataclass(frozen=True)
class Temperament:
    """How a rehearsal member is. Times in seconds.

    Attributes:
        name: who.
        wish_every: mean time between two wishes to speak.
        speaks_for: mean length of a turn.
        arrives_after: when they come, from the session's start.
        intents: what their hands are for; the more often named, the more often raised.
        skips: how likely they skip in a round.
        later: how likely they ask in a round to be come back to.
        keeps: how likely an action of theirs is done by the next session.
        shares: how likely they put something on the exchange when there is an occasion.
        leans: where their answers to check-ins lie, from 0, low, to 1, high.
    """

    name: str
    wish_every: float
    speaks_for: float
    arrives_after: float = 0.0
    intents: tuple[Intent, ...] = (Intent.SPEAK,)
    skips: float = 0.0
    later: float = 0.0
    keeps: float = 0.6
    shares: float = 0.5
    leans: float = 0.6

    @property
    def fullness(self) -> float:
        """The part of what the guide of a round gives them that they use."""
        return min(1.1, max(0.3, self.speaks_for / 45))


MEMBERS = (
    Temperament(
        "Ana", 15, 35, intents=(Intent.SPEAK, Intent.REPLY, Intent.SPEAK, Intent.CLARIFY), keeps=0.7, leans=0.85
    ),
    Temperament("Ben", 45, 12, intents=(Intent.REPLY, Intent.CLARIFY), later=0.3, keeps=0.9, leans=0.7),
    Temperament("Chris", 150, 25, skips=0.5, keeps=0.5, shares=0.8, leans=0.4),
    Temperament("Dora", 40, 95, intents=(Intent.SPEAK, Intent.SPEAK, Intent.PROCESS), keeps=0.4, leans=0.6),
    Temperament("Emil", 50, 40, arrives_after=75, later=0.1),
)
"""Eager, brief, quiet, rambling, late."""

FAY = Temperament("Fay", 120, 20, keeps=0.8, shares=0.3)
"""Who opens the room and leads where nobody else is host."""
