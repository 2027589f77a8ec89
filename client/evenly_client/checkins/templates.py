"""Questions that groups ask often: a check-in in one choice. A trend grows where one is asked session after session."""

from __future__ import annotations

from typing import Final

from evenly_protocol.words import CheckInKind

from evenly_client.checkins.question import Question
from evenly_client.translation import N_, _

# Translators: the two ends of a scale are answers to the question before them; at most 24 cells each.
_ENGLISH: Final[dict[str, tuple[str, Question]]] = {
    "energy": (
        N_("Energy"),
        Question(CheckInKind.SCALE, N_("How much energy do you have just now?"), (N_("none"), N_("plenty"))),
    ),
    "trust": (
        N_("Trust"),
        Question(CheckInKind.SCALE, N_("How openly can you speak in this group?"), (N_("guarded"), N_("openly"))),
    ),
    "focus": (
        N_("Focus"),
        Question(CheckInKind.SCALE, N_("Are we on what matters?"), (N_("not at all"), N_("fully"))),
    ),
    "clarity": (
        N_("Clarity"),
        Question(CheckInKind.SCALE, N_("How clear is your next step?"), (N_("foggy"), N_("clear"))),
    ),
    "heard": (
        N_("Was I heard"),
        Question(CheckInKind.SCALE, N_("Were you heard today?"), (N_("hardly"), N_("fully"))),
    ),
    "pace": (
        N_("Pace"),
        Question(CheckInKind.CHOICE, N_("How is the pace?"), (N_("too slow"), N_("just right"), N_("too fast"))),
    ),
    "willing": (
        N_("Willingness to commit"),
        Question(CheckInKind.FIST, N_("How willing are you to commit to what we have said?")),
    ),
    "one-word": (N_("One word"), Question(CheckInKind.WORDS, N_("How do you leave? One to three words."))),
}


def _translated(question: Question) -> Question:
    return Question(question.kind, _(question.text), tuple(map(_, question.options)))


TEMPLATES: Final[dict[str, tuple[str, Question]]] = {
    word: (_(title), _translated(question)) for word, (title, question) in _ENGLISH.items()
}
"""By the word that formats and plain lines have for it: its name for people, and the question."""

_WORDED: Final = {
    (question.kind, question.text, question.options): word
    for templates in (_ENGLISH, TEMPLATES)
    for word, (_title, question) in templates.items()
}


def template_of(kind: CheckInKind, text: str, options: tuple[str, ...]) -> str:
    """The word of the template that asks this, to the letter, in English or the reader's language; empty for none."""
    return _WORDED.get((kind, text, options), "")
