"""An answer as it is typed: how it is to be typed, what a typed one means, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence

from evenly_protocol.checkins import CheckIn
from evenly_protocol.words import TEXT_KINDS, CheckInKind

from evenly_client import phrases
from evenly_client.checkins import blocks, results
from evenly_client.checkins.asked import Answer
from evenly_client.peer import Peer
from evenly_client.plain.spelling import key, meant, spelled
from evenly_client.plain.word import Unclear
from evenly_client.text import clean, one_line
from evenly_client.translation import _

LISTED = (CheckInKind.MOOD, CheckInKind.CHOICE, CheckInKind.MULTI)
"""Kinds whose answers are told with their numbers, a line each."""


def how_to_answer(peer: Peer, check_in: CheckIn) -> list[str]:
    """What can be typed, in a line; before it the answers by number, where they are not numbers themselves."""
    options = [one_line(o) for o in results.options_of(peer.sealer, check_in)]
    shown = results.labels(check_in.kind, options)
    listed = [f"{number}: {label}" for number, label in enumerate(shown, 1)] if check_in.kind in LISTED else []
    done = spelled(_("Type `answered` when you are done."))
    return [*listed, f"{_typed(check_in.kind, options)} {done}"]


def _typed(kind: CheckInKind, options: Sequence[str]) -> str:
    match kind:
        case CheckInKind.SCALE if len(options) == 2:
            low, high = options
            # Translators: {low} and {high} are the words for the ends of a scale
            said = _("Type `answer` and a number from 1, {low}, to 5, {high}; `answer none` abstains.")
            return spelled(said).format(low=low, high=high)
        case CheckInKind.SCALE:
            said = _("Type `answer` and a number from 1 to 5; `answer none` abstains.")
        case CheckInKind.FIST:
            said = _("Type `answer` and a number of fingers from 0, not at all, to 5, fully; `answer none` abstains.")
        case CheckInKind.YESNO:
            said = _("Type `answer yes` or `answer no`; `answer none` abstains.")
        case CheckInKind.MULTI:
            said = _(
                "Type `answer` and all the numbers that you choose, for example `answer 1 3`; `answer none` abstains."
            )
        case CheckInKind.WORDS:
            said = _("Type `answer` and one to three words; `answer none` abstains.")
        case CheckInKind.TEXT:
            said = _("Type `answer` and a sentence or two, up to {n} characters; `answer none` abstains.")
        case _:
            said = _("Type `answer` and a number; `answer none` abstains.")
    return spelled(said).format(n=blocks.CHARACTERS_AT_MOST)


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
        raise Unclear(spelled(_("One answer is asked for. Type `answer` and one of them.")))
    return tuple(sorted(set(chosen)))


def _by_label(kind: CheckInKind, shown: Sequence[str], options: Sequence[str], said: str) -> list[int] | None:
    """The answer of this name; None for none."""
    if kind is CheckInKind.YESNO and (yes_or_no := meant(said)) in ("yes", "y", "no", "n"):
        return [0 if yes_or_no in ("yes", "y") else 1]
    name = key(said)
    names = [key(label) for label in shown]
    ends = [key(option) for option in options]
    if kind is CheckInKind.SCALE and len(options) == 2 and name in ends:
        return [0 if name == ends[0] else len(shown) - 1]
    return [names.index(name)] if name in names and not said.isdigit() else None


def _by_number(kind: CheckInKind, answers: int, part: str) -> int:
    """The answer of this number, counted from 0."""
    least = 0 if kind is CheckInKind.FIST else 1
    if kind is CheckInKind.YESNO:
        raise Unclear(spelled(_("Type `answer yes` or `answer no`.")))
    if not (part.isascii() and part.isdigit() and len(part) < 3 and least <= int(part) < least + answers):
        unclear = _("There is no answer {typed}. They are {least} to {most}.")
        raise Unclear(unclear.format(typed=repr(part[:20]), least=least, most=least + answers - 1))
    return int(part) - least


def in_words(peer: Peer, check_in: CheckIn, answer: Answer) -> str:
    """An answer as it reads: `4`, `Ben: my team, and Ana: a project`."""
    if isinstance(answer, str):
        return phrases.quoted(one_line(answer))
    options = [one_line(o) for o in results.options_of(peer.sealer, check_in)]
    shown = results.labels(check_in.kind, options)
    first, *others = [shown[place] for place in answer if place < len(shown)] or [""]
    for other in others:
        # Translators: answers of one's own, each of which may hold commas: “Ben: my team, and Ana: a project”
        first = _("{answers}, and {answer}").format(answers=first, answer=other)
    return first
