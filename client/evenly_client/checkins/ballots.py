"""Numeric answers as numbers that can be added up, and what their sum says (anonymity.md, "Numbers").

A ballot is a row of 4-byte counters, little endian, one for each answer and a last one for abstentions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from evenly_protocol.checkins import COUNTER_BYTES
from evenly_protocol.words import CheckInKind

from evenly_client.translation import _


class BadAnswer(ValueError):
    """An answer that this question does not have; the message says so to a person."""


@dataclass(frozen=True)
class Counts:
    """A numeric result: how many gave each answer, in the order of the answers, and how many abstained."""

    answers: tuple[int, ...]
    abstained: int

    @property
    def people(self) -> int:
        """Everybody who gave a single answer, or abstained."""
        return sum(self.answers) + self.abstained


def ballot(kind: CheckInKind, answers: int, chosen: Collection[int]) -> int:
    """The ballot for these answers, counted from 0 (none of them: an abstention). `answers`: how many there are.

    Raises:
        BadAnswer: there is no such answer, or more than one where one is asked for.
    """
    picked = set(chosen)
    if any(not 0 <= answer < answers for answer in picked) or (len(picked) > 1 and kind is not CheckInKind.MULTI):
        raise BadAnswer(_("There is no such answer."))
    return sum(1 << 8 * COUNTER_BYTES * answer for answer in picked or {answers})


def counts(vector: bytes) -> Counts:
    """What a sum of ballots says."""
    every = [int.from_bytes(vector[i : i + COUNTER_BYTES], "little") for i in range(0, len(vector), COUNTER_BYTES)]
    return Counts(tuple(every[:-1]), every[-1])


def possible(kind: CheckInKind, found: Counts, people: int) -> bool:
    """Whether so many people can have given these counts; if not, somebody's program sent no ballot."""
    answers, abstained = found.answers, found.abstained
    if kind is CheckInKind.MULTI:
        voted = people - abstained
        return voted >= 0 and max(answers) <= voted <= sum(answers)
    return found.people == people and max(*answers, abstained) <= people
