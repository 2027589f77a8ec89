"""An answer as it is typed: how it is to be typed, what a typed one means, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from evenly_protocol.checkins import CheckIn
from evenly_protocol.words import TEXT_KINDS, CheckInKind

from evenly_client.checkins import blocks, results
from evenly_client.checkins.asked import Answer
from evenly_client.peer import Peer
from evenly_client.plain.word import Unclear
from evenly_client.text import clean, one_line

ABSTAIN = "answer none abstains"
LISTED = (CheckInKind.MOOD, CheckInKind.CHOICE, CheckInKind.MULTI)
"""Kinds whose answers are told with their numbers, a line each."""


def how_to_answer(peer: Peer, check_in: CheckIn) -> list[str]:
    """What can be typed, in a line; before it the answers by number, where they are not numbers themselves."""
    options = [one_line(o) for o in results.options_of(peer.sealer, check_in)]
    shown = results.labels(check_in.kind, options)
    listed = [f"{number}: {label}" for number, label in enumerate(shown, 1)] if check_in.kind in LISTED else []
    return [*listed, f"Type {_typed(check_in.kind, options)}; {ABSTAIN}. Type answered when you are done."]


def _typed(kind: CheckInKind, options: Sequence[str]) -> str:
    match kind:
        case CheckInKind.SCALE:
            low, high = (f", {o}," for o in options) if len(options) == 2 else ("", "")
            return f"answer and a number from 1{low} to 5{high}".rstrip(",")
        case CheckInKind.FIST:
            return "answer and a number of fingers from 0, not at all, to 5, fully"
        case CheckInKind.YESNO:
            return "answer yes or answer no"
        case CheckInKind.MULTI:
            return "answer and all the numbers that you choose, for example answer 1 3"
        case CheckInKind.WORDS:
            return "answer and one to three words"
        case CheckInKind.TEXT:
            return f"answer and a sentence or two, up to {blocks.CHARACTERS_AT_MOST} characters"
        case _:
            return "answer and a number"


def answer_typed(peer: Peer, check_in: CheckIn, words: Sequence[str]) -> Answer:
    """What these words answer. Words of one's own may still be too long.

    Raises:
        Unclear: the question has no such answer.
    """
    if check_in.kind in TEXT_KINDS:
        return clean(" ".join(words))
    options = [one_line(o) for o in results.options_of(peer.sealer, check_in)]
    shown = results.labels(check_in.kind, options)
    chosen = _by_label(check_in.kind, shown, options, " ".join(words))
    if chosen is None:
        chosen = [_by_number(check_in.kind, len(shown), part) for part in " ".join(words).replace(",", " ").split()]
    if not chosen:
        raise Unclear(how_to_answer(peer, check_in)[-1])
    if len(set(chosen)) > 1 and check_in.kind is not CheckInKind.MULTI:
        raise Unclear("One answer is asked for. Type answer and one of them.")
    return tuple(sorted(set(chosen)))


def _by_label(kind: CheckInKind, shown: Sequence[str], options: Sequence[str], said: str) -> list[int] | None:
    """The answer of this name; None for none."""
    key = said.casefold()
    names = [label.casefold() for label in shown]
    if kind is CheckInKind.YESNO and key in ("y", "n"):
        return [0 if key == "y" else 1]
    if kind is CheckInKind.SCALE and len(options) == 2 and key in (o.casefold() for o in options):
        return [0 if key == options[0].casefold() else len(shown) - 1]
    return [names.index(key)] if key in names and not said.isdigit() else None


def _by_number(kind: CheckInKind, answers: int, part: str) -> int:
    """The answer of this number, counted from 0."""
    least = 0 if kind is CheckInKind.FIST else 1
    if kind is CheckInKind.YESNO:
        raise Unclear("Type answer yes or answer no.")
    if not (part.isascii() and part.isdigit() and len(part) < 3 and least <= int(part) < least + answers):
        raise Unclear(f"There is no answer {part[:20]!r}. They are {least} to {least + answers - 1}.")
    return int(part) - least


def in_words(peer: Peer, check_in: CheckIn, answer: Answer) -> str:
    """An answer as it reads: `4`, `Ben: my team, and Ana: a project`."""
    if isinstance(answer, str):
        return f"“{one_line(answer)}”"
    options = [one_line(o) for o in results.options_of(peer.sealer, check_in)]
    shown = results.labels(check_in.kind, options)
    return ", and ".join(shown[place] for place in answer if place < len(shown))
