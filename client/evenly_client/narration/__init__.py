"""What happened, in a sentence: for plain lines, the rehearsal's transcript and the status line of the screen.

One file for each part of a room; `sentences.py` puts the tables together and says what is told by itself.
"""

from evenly_client.narration.sentences import (
    BY_ITSELF,
    QUIET_WORDS,
    SENTENCES,
    SILENT,
    calm,
    sentences,
    told_by_itself,
)

__all__ = [
    "BY_ITSELF",
    "QUIET_WORDS",
    "SENTENCES",
    "SILENT",
    "calm",
    "sentences",
    "told_by_itself",
]
