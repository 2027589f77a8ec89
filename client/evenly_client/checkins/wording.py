"""What is said about a check-in: before answering, while it closes, and of its end. For every screen and plain line."""

from __future__ import annotations

from typing import Final

from evenly_protocol.checkins import ENDINGS, FEWEST, CheckIn
from evenly_protocol.relayed import Progress

from evenly_client.checkins.verdict import Verdict

KINDS: Final[dict[str, str]] = {
    "scale": "a number from 1 to 5",
    "mood": "one of five moods",
    "yesno": "yes or no",
    "choice": "one of your answers",
    "multi": "several of your answers",
    "fist": "fist of five: 0 to 5",
    "words": "one to three words",
    "text": "a sentence or two",
}
"""The kinds as they are offered."""

PROMISE: Final = (
    "Your answer is scrambled on your own computer together with everyone else's; only the finished result for the "
    "whole group can be unscrambled. Not even the person running the server can see who said what. Check once that "
    "everyone sees the same three words."
)
"""What a participant is told before the first answer, and on the help screen."""

COMPARE: Final = "One reads these three words aloud; everybody else sees whether theirs are the same."

WORDS_DIFFER: Final = (
    "Then somebody may stand between you: answer nothing, tell the group now, and enter by a new link."
)


def before_answering(people: int, *, compared: bool) -> str:
    """The line that stands before an answer: who can see what, and how many take part."""
    if people < 1:
        return "Getting ready: keys are exchanged with everybody who takes part…"
    said = (
        "Nobody, the facilitator and the server included, can see your answer: only the group's total. "
        f"{people} people take part."
    )
    if not compared:
        said += " (Unless the server's owner interfered; compare three words to rule that out.)"
    small = how_little(people)
    return f"{said} {small}" if small else said


def how_little(people: int) -> str:
    """What so few answers do not hide; empty for five or more."""
    if people not in (3, 4):
        return ""
    return (
        f"Among {'three' if people == 3 else 'four'} this hides little: if all say the same, everybody knows; "
        "and whoever knows the others' answers knows yours."
    )


def fewer_now(people: int) -> str:
    """The question to whoever answered among more: are so few enough?"""
    return (
        f"Only {'three' if people == 3 else 'four'} take part now: {how_little(people).partition(': ')[2]} "
        "Shall your answer go in?"
    )


def done_words(progress: Progress | None) -> str:
    """How many are done; empty where not known."""
    return "" if progress is None else f"{progress.have} of {progress.of} are done"


def too_early(progress: Progress | None) -> str:
    """What whoever is about to close it should know: that so few are done; empty where they are enough."""
    if progress is None or progress.have >= FEWEST or progress.have == progress.of:
        return ""
    done = ("Nobody is", "Only one is", "Only two are")[progress.have]
    return f"{done} done: closed now, the counts could show whose answers these are."


def closing_words(progress: Progress | None, left_out: int = 0) -> str:
    """What is waited for while it closes. `left_out`: those without whom it is being closed."""
    if left_out:
        return f"Closing without {_members(left_out)}…"
    if progress is None or progress.have >= progress.of:
        return "The answers are being added up…"
    return f"Waiting for {_members(progress.of - progress.have)}…"


def _members(many: int) -> str:
    return "one member" if many == 1 else f"{many} members"


def ending_words(check_in: CheckIn) -> str:
    """Why a check-in came to no result, and what to do."""
    title, advice = ENDINGS.get(check_in.code, ("It came to no result.", "Ask it again."))
    return f"{title} {advice}"


VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.IN: "",
    Verdict.ABSENT: "",
    Verdict.NOT_IN: "Your answer is not in it: your computer could not be reached when it closed.",
    Verdict.UNKNOWN: "Your connection was lost while it closed: your answer may be in it or not.",
    Verdict.DIFFERS: "Your computer came to another result: it is kept here. Somebody's program may be changed.",
}
"""What a member is told about their own part; nothing where all is as it should be."""
