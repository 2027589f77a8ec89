"""The check-in that a phase of a format opens: the word of a template, or a table that says what is asked.

check_in = "heard"
check_in = { kind = "choice", question = "Which day?", answers = ["Monday", "Friday"], seconds = 120 }
"""

from __future__ import annotations

from typing import Final

from evenly_protocol.checkins import SECONDS_AT_LEAST, SECONDS_AT_MOST
from evenly_protocol.words import CheckInKind

from evenly_client.checkins.question import OPTION_BYTES, QUESTION_BYTES, BadQuestion, Question, checked
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.formats.table import Table
from evenly_client.translation import _

ENGAGEMENT: Final = "engagement"
"""The activity that opens a check-in where its phase says nothing of one."""

ENGAGEMENT_ASKS: Final = "heard"
NONE: Final = "none"
"""What a phase says that opens none, and is a round instead."""

_KEYS: Final = ("kind", "question", "answers", "seconds")
_LIKE: Final = _('Write check_in = "heard", or check_in = { kind = "scale", question = "…" }.')


def check_in_of(table: Table, activity: str) -> Question | None:
    """What the phase in this table asks; None where it opens no check-in.

    Raises:
        FormatError: it is no question that can be asked.
    """
    if "check_in" not in table:
        return TEMPLATES[ENGAGEMENT_ASKS][1] if activity == ENGAGEMENT else None
    asked = table.table("check_in", _("the check-in"))
    if asked is None:
        word = table.one_of("check_in", (*TEMPLATES, NONE))
        return None if word is None or word == NONE else TEMPLATES[word][1]
    asked.knows(_KEYS)
    kind, text = asked.one_of("kind", CheckInKind), asked.text("question", QUESTION_BYTES)
    if kind is None or text is None:
        asked.fail(None, _("a check-in has a kind and a question."), _LIKE)
    answers = tuple(asked.texts("answers", OPTION_BYTES))
    seconds = asked.whole("seconds", SECONDS_AT_LEAST, SECONDS_AT_MOST) or 0
    try:
        return checked(Question(kind, text, answers, seconds))
    except BadQuestion as error:
        return asked.fail("answers" if "answers" in asked else None, error.inside, error.advice)
