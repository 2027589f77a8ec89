"""The texts of a room, opened and made safe for a screen: one function for each thing that has one."""

from __future__ import annotations

from typing import Final

from evenly_protocol.actions import Action, Note
from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.exchange import Post
from evenly_protocol.issues import Issue, Question
from evenly_protocol.pairs import Pairs
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import Planned
from evenly_protocol.session import Session

from evenly_client.sealing import Sealer
from evenly_client.translation import _

TAKEN_BACK: Final = _("(taken back by who wrote it)")
TITLE_CELLS: Final = 40


def action_text(sealer: Sealer, action: Action) -> str:
    """What an action's owner will do."""
    return sealer.open(FieldKind.ACTION, action.text, action.author, action.id, lines=True)


def note_text(sealer: Sealer, note: Note) -> str:
    """A note on an action."""
    return sealer.open(FieldKind.NOTE, note.text, note.author, note.id, lines=True)


def issue_text(sealer: Sealer, issue: Issue) -> str:
    """An issue in its owner's words."""
    return sealer.open(FieldKind.ISSUE, issue.text, issue.author, issue.id, lines=True)


def question_words(sealer: Sealer, question: Question) -> str:
    """A question that was put."""
    return sealer.open(FieldKind.WORDS, question.words, question.author, question.hand)


def post_text(sealer: Sealer, post: Post) -> str:
    """What stands on the exchange."""
    if post.taken_back:
        return TAKEN_BACK
    return sealer.open(FieldKind.POST, post.text, post.author, post.id, lines=True)


def post_link(sealer: Sealer, post: Post) -> str:
    """The link of a post; empty for none."""
    return sealer.open(FieldKind.LINK, post.link, post.author, post.id) if post.link else ""


def topic(sealer: Sealer, planned: Planned) -> str:
    """What a planned session is about; empty for nothing said."""
    if not planned.topic:
        return ""
    return sealer.open(FieldKind.TITLE, planned.topic, planned.author, planned.id, cells=TITLE_CELLS)


def prework(sealer: Sealer, planned: Planned) -> str:
    """What to do before a planned session; empty for nothing."""
    if not planned.prework:
        return ""
    return sealer.open(FieldKind.NOTE, planned.prework, planned.author, planned.id, lines=True)


def opener(sealer: Sealer, pairs: Pairs) -> str:
    """The question that pairs begin with; empty for none."""
    return sealer.open(FieldKind.QUESTION, pairs.opener, pairs.author, pairs.id) if pairs.opener else ""


def call_link(sealer: Sealer, room: Room) -> str:
    """Where the group meets; empty for nothing said."""
    call = room.call
    return sealer.open(FieldKind.LINK, call.link, call.author, call.id) if call.link else ""


def phase_title(sealer: Sealer, session: Session, plan: PhasePlan) -> str:
    """What a planned phase is called."""
    if plan.title:
        return sealer.open(FieldKind.TITLE, plan.title, session.author, session.id, cells=TITLE_CELLS)
    activity = ACTIVITIES.get(plan.activity)
    return _(activity.title) if activity is not None else plan.activity.replace("_", " ").capitalize()


def guidance(sealer: Sealer, session: Session, plan: PhasePlan) -> str:
    """A line or two for whoever leads the phase."""
    if plan.guidance:
        return sealer.open(FieldKind.GUIDANCE, plan.guidance, session.author, session.id, lines=True)
    activity = ACTIVITIES.get(plan.activity)
    return _(activity.guidance) if activity is not None else ""
