"""What a word that can be typed is, and what words have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evenly_client.plain.lines import PlainLines


class Unclear(Exception):
    """A line that is not understood: what was meant to stand there."""


@dataclass(frozen=True)
class Word:
    """A word that can be typed: its one-letter form, what stands behind it, and what it does."""

    letter: str
    after: str
    does: str
    leads: bool
    run: Callable[[PlainLines, list[str]], Awaitable[None]]


def number(words: list[str], what: str) -> int:
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 4:
        return int(words[0])
    raise Unclear(f"Which {what}? Type its number, for example 3.")


def hand_of(lines: PlainLines, seat: int) -> bytes:
    for hand in lines.look.floor.hands:
        if hand.seat == seat:
            return hand.id
    raise Unclear(f"Seat {seat} has no hand up.")


def span_and_seconds(lines: PlainLines, words: list[str]) -> tuple[int, int]:
    """The span that a line names (as `spans` numbers them), and how many of its last seconds; 0 is all."""
    session = lines.peer.room.session
    named = number(words, "span")
    if session is None or not 1 <= named <= len(session.ledger):
        raise Unclear("There is no such span. Type spans to see them.")
    return named - 1, number(words[1:], "number of seconds") if len(words) > 1 else 0
