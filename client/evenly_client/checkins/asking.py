"""Opening a check-in: a question in plain text becomes the command that asks it, or an error in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.checkins import OPTIONS, SECONDS_AT_LEAST, SECONDS_AT_MOST, OpenCheckIn, PlannedCheckIn
from evenly_protocol.issues import waiting_issues
from evenly_protocol.sealed import LARGEST, LENGTH_BYTES, FieldKind
from evenly_protocol.words import CheckInKind

from evenly_client import opened
from evenly_client.checkins.templates import Question
from evenly_client.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from evenly_client.peer import Peer

OPTION_BYTES = LARGEST[FieldKind.OPTION] - LENGTH_BYTES
ISSUES_ASKED = 8
CHOOSE_ISSUE = "Which issue shall we take? Choose all that you would work on."


class BadQuestion(ValueError):
    """What was written is no question that can be asked. `title` says why, `advice` what to do."""

    def __init__(self, title: str, advice: str) -> None:
        self.title, self.advice = title, advice
        super().__init__(f"{title} {advice}")


def checked(question: Question) -> Question:
    """The same question, its texts cleaned.

    Raises:
        BadQuestion: it is empty, has not the answers that its kind needs, or is too long.
    """
    text, options = clean(question.text).strip(), tuple(clean(o).strip() for o in question.options)
    if not text:
        raise BadQuestion("There is no question.", "Write what you want to ask.")
    if len(text.encode()) > LARGEST[FieldKind.QUESTION] - LENGTH_BYTES:
        raise BadQuestion("The question is too long.", "Say it in two sentences.")
    possible = OPTIONS.get(question.kind, (0,))
    if len(options) not in possible or not all(options) or len(set(options)) < len(options):
        raise BadQuestion("Those answers do not fit.", _needed(question.kind))
    for option in options:
        if len(option.encode()) > OPTION_BYTES:
            raise BadQuestion(f"“{option[:20]}…” is too long for an answer.", f"Up to {OPTION_BYTES} letters.")
    if question.seconds and not SECONDS_AT_LEAST <= question.seconds <= SECONDS_AT_MOST:
        raise BadQuestion("That is no time to answer in.", "From 10 seconds to an hour.")
    return Question(question.kind, text, options, question.seconds, question.issues)


def _needed(kind: CheckInKind) -> str:
    if kind is CheckInKind.SCALE:
        return "A scale has labels for both its ends, or for neither."
    if kind in OPTIONS:
        return "Write two to eight different answers."
    return "This kind has answers of its own: leave them out."


def open_command(peer: Peer, question: Question, id: bytes) -> OpenCheckIn:
    """The command that asks it. Give it under this `id`: the texts are sealed to it.

    Raises:
        BadQuestion: it cannot be asked.
    """
    asked = checked(question)
    planned = sealed(asked, lambda kind, text: peer.seal(kind, text, id))
    return OpenCheckIn(planned.kind, planned.question, planned.options, planned.seconds, list(asked.issues))


def sealed(question: Question, seal: Callable[[FieldKind, str], bytes]) -> PlannedCheckIn:
    """A question with its texts sealed, as a phase carries it."""
    options = [seal(FieldKind.OPTION, option) for option in question.options]
    return PlannedCheckIn(question.kind, seal(FieldKind.QUESTION, question.text), options, question.seconds)


def about_issues(peer: Peer) -> Question:
    """Which of the issues that wait shall be taken: the oldest eight of them.

    Raises:
        BadQuestion: fewer than two wait.
    """
    waiting = waiting_issues(peer.room)[:ISSUES_ASKED]
    if len(waiting) < 2:
        raise BadQuestion("Fewer than two issues are waiting.", "Members bring them first.")
    options = [_shortened(f"{peer.name_of(i.seat)}: {one_line(opened.issue_text(peer.sealer, i))}") for i in waiting]
    numbered = [o if options.count(o) == 1 else _shortened(f"{n}. {o}") for n, o in enumerate(options, start=1)]
    return Question(CheckInKind.MULTI, CHOOSE_ISSUE, tuple(numbered), issues=tuple(i.id for i in waiting))


def _shortened(text: str) -> str:
    if len(text.encode()) <= OPTION_BYTES:
        return text
    return clean(text.encode()[: OPTION_BYTES - 3].decode(errors="ignore")).rstrip() + "…"
