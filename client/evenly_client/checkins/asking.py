"""Opening a check-in: a question becomes the command that asks it, or an error in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenly_protocol.checkins import OpenCheckIn
from evenly_protocol.issues import waiting_issues
from evenly_protocol.words import CheckInKind

from evenly_client import opened
from evenly_client.checkins.question import OPTION_BYTES, BadQuestion, Question, checked
from evenly_client.text import clean, one_line
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.peer import Peer

ISSUES_ASKED = 8
CHOOSE_ISSUE = _("Which issue shall we take? Choose all that you would work on.")


def open_command(peer: Peer, question: Question, id: bytes) -> OpenCheckIn:
    """The command that asks it. Give it under this `id`: the texts are sealed to it.

    Raises:
        BadQuestion: it cannot be asked.
    """
    asked = checked(question)
    planned = asked.sealed(lambda kind, text: peer.seal(kind, text, id))
    return OpenCheckIn(planned.kind, planned.question, planned.options, planned.seconds, list(asked.issues))


def about_issues(peer: Peer) -> Question:
    """Which of the issues that wait shall be taken: the oldest eight of them.

    Raises:
        BadQuestion: fewer than two wait.
    """
    waiting = waiting_issues(peer.room)[:ISSUES_ASKED]
    if len(waiting) < 2:
        raise BadQuestion(_("Fewer than two issues are waiting."), _("Members bring them first."))
    options = [_shortened(f"{peer.name_of(i.seat)}: {one_line(opened.issue_text(peer.sealer, i))}") for i in waiting]
    numbered = [o if options.count(o) == 1 else _shortened(f"{n}. {o}") for n, o in enumerate(options, start=1)]
    return Question(CheckInKind.MULTI, CHOOSE_ISSUE, tuple(numbered), issues=tuple(i.id for i in waiting))


def _shortened(text: str) -> str:
    if len(text.encode()) <= OPTION_BYTES:
        return text
    return clean(text.encode()[: OPTION_BYTES - 3].decode(errors="ignore")).rstrip() + "…"
