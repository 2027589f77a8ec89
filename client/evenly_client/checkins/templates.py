"""Questions that groups ask often: a check-in in one choice. A trend grows where one is asked session after session."""

from __future__ import annotations

from typing import Final

from evenly_protocol.words import CheckInKind

from evenly_client.checkins.question import Question

TEMPLATES: Final[dict[str, tuple[str, Question]]] = {
    "energy": ("Energy", Question(CheckInKind.SCALE, "How much energy do you have just now?", ("none", "plenty"))),
    "trust": ("Trust", Question(CheckInKind.SCALE, "How openly can you speak in this group?", ("guarded", "openly"))),
    "focus": ("Focus", Question(CheckInKind.SCALE, "Are we on what matters?", ("not at all", "fully"))),
    "clarity": ("Clarity", Question(CheckInKind.SCALE, "How clear is your next step?", ("foggy", "clear"))),
    "heard": ("Was I heard", Question(CheckInKind.SCALE, "Were you heard today?", ("hardly", "fully"))),
    "pace": ("Pace", Question(CheckInKind.CHOICE, "How is the pace?", ("too slow", "just right", "too fast"))),
    "willing": (
        "Willingness to commit",
        Question(CheckInKind.FIST, "How willing are you to commit to what we have said?"),
    ),
    "one-word": ("One word", Question(CheckInKind.WORDS, "How do you leave? One to three words.")),
}
"""By the word that formats and plain lines have for it: its name for people, and the question."""
