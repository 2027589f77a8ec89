"""A question of a check-in in plain text, and what can be asked at all. Needs no cipher: formats are read with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from evenly_protocol.checkins import OPTIONS, SECONDS_AT_LEAST, SECONDS_AT_MOST, PlannedCheckIn
from evenly_protocol.sealed import LARGEST, LENGTH_BYTES, FieldKind
from evenly_protocol.words import CheckInKind

from evenly_client.text import clean
from evenly_client.translation import _

QUESTION_BYTES: Final = LARGEST[FieldKind.QUESTION] - LENGTH_BYTES
OPTION_BYTES: Final = LARGEST[FieldKind.OPTION] - LENGTH_BYTES


@dataclass(frozen=True)
class Question:
    """What a check-in asks, in plain text.

    Attributes:
        kind: what it asks for.
        text: the question.
        options: the answers of a choice, or the labels of a scale's ends.
        seconds: after which it closes by itself; 0 for not by itself.
        issues: the ids of the issues that the options are; empty where they are none.
    """

    kind: CheckInKind
    text: str
    options: tuple[str, ...] = ()
    seconds: int = 0
    issues: tuple[bytes, ...] = ()

    def sealed(self, seal: Callable[[FieldKind, str], bytes]) -> PlannedCheckIn:
        """The question with its texts sealed, as a phase carries it."""
        options = [seal(FieldKind.OPTION, option) for option in self.options]
        return PlannedCheckIn(self.kind, seal(FieldKind.QUESTION, self.text), options, self.seconds)


class BadQuestion(ValueError):
    """What was written is no question that can be asked. `title` says why, `advice` what to do.

    `inside` says why where other words stand before it.
    """

    def __init__(self, title: str, advice: str, *, inside: str = "") -> None:
        self.title, self.advice, self.inside = title, advice, inside or title
        super().__init__(f"{title} {advice}")


def checked(question: Question) -> Question:
    """The same question, its texts cleaned.

    Raises:
        BadQuestion: it is empty, has not the answers that its kind needs, or is too long.
    """
    text, options = clean(question.text).strip(), tuple(clean(o).strip() for o in question.options)
    if not text:
        raise BadQuestion(
            _("There is no question."), _("Write what you want to ask."), inside=_("there is no question.")
        )
    if len(text.encode()) > QUESTION_BYTES:
        raise BadQuestion(
            _("The question is too long."), _("Say it in two sentences."), inside=_("the question is too long.")
        )
    possible = OPTIONS.get(question.kind, (0,))
    if len(options) not in possible or not all(options) or len(set(options)) < len(options):
        raise BadQuestion(_("Those answers do not fit."), _needed(question.kind), inside=_("those answers do not fit."))
    for option in options:
        if len(option.encode()) > OPTION_BYTES:
            title = _("“{answer}…” is too long for an answer.").format(answer=option[:20])
            raise BadQuestion(title, _("Up to {n} letters.").format(n=OPTION_BYTES))
    if question.seconds and not SECONDS_AT_LEAST <= question.seconds <= SECONDS_AT_MOST:
        raise BadQuestion(
            _("That is no time to answer in."),
            _("From 10 seconds to an hour."),
            inside=_("that is no time to answer in."),
        )
    return Question(question.kind, text, options, question.seconds, question.issues)


def _needed(kind: CheckInKind) -> str:
    if kind is CheckInKind.SCALE:
        return _("A scale has labels for both its ends, or for neither.")
    if kind in OPTIONS:
        return _("Write two to eight different answers.")
    return _("This kind has answers of its own: leave them out.")
