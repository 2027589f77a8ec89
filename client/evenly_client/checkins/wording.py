"""What is said about a check-in: before answering, while it closes, and of its end. For every screen and plain line."""

from __future__ import annotations

from typing import Final

from evenly_protocol.checkins import ENDINGS, FEWEST, CheckIn
from evenly_protocol.relayed import Progress

from evenly_client.checkins.verdict import Verdict
from evenly_client.gateway.sentence import GATEWAY_SENTENCE
from evenly_client.translation import N_, _, ngettext

KINDS: Final[dict[str, str]] = {
    "scale": _("a number from 1 to 5"),
    "mood": _("one of five moods"),
    "yesno": _("yes or no"),
    "choice": _("one of your answers"),
    "multi": _("several of your answers"),
    "fist": _("fist of five: 0 to 5"),
    "words": _("one to three words"),
    "text": _("a sentence or two"),
}
"""The kinds as they are offered, and behind “Answered by”."""

PROMISE: Final = _(
    "Your answer is scrambled on your own computer together with everyone else's; only the finished result for the "
    "whole group can be unscrambled. Not even the person running the server can see who said what. Check once that "
    "everyone sees the same three words."
)
"""What a participant is told before the first answer, and on the help screen."""

COMPARE: Final = _("One reads these three words aloud; everybody else sees whether theirs are the same.")

WORDS_DIFFER: Final = _(
    "Then somebody may stand between you: answer nothing, tell the group now, and enter by a new link."
)


def before_answering(people: int, *, compared: bool, at_gateway: bool = False) -> str:
    """The line that stands before an answer: who can see what, and how many take part."""
    if people < 1:
        return _("Getting ready: keys are exchanged with everybody who takes part…")
    said = [
        GATEWAY_SENTENCE if at_gateway else "",
        _("Nobody else, the facilitator and the server included, can see your answer: only the group's total.")
        if at_gateway
        else _("Nobody, the facilitator and the server included, can see your answer: only the group's total."),
        ngettext("{n} person takes part.", "{n} people take part.", people).format(n=people),
        "" if compared else _("(Unless the server's owner interfered; compare three words to rule that out.)"),
        how_little(people),
    ]
    return " ".join(filter(None, said))


def how_little(people: int) -> str:
    """What so few answers do not hide; empty for five or more."""
    if people == 3:
        return _(
            "Among three this hides little: if all say the same, everybody knows; and whoever knows the others' "
            "answers knows yours."
        )
    if people == 4:
        return _(
            "Among four this hides little: if all say the same, everybody knows; and whoever knows the others' "
            "answers knows yours."
        )
    return ""


def fewer_now(people: int) -> str:
    """The question to whoever answered among more: are so few enough?"""
    if people == 3:
        return _(
            "Only three take part now: if all say the same, everybody knows; and whoever knows the others' answers "
            "knows yours. Shall your answer go in?"
        )
    return _(
        "Only four take part now: if all say the same, everybody knows; and whoever knows the others' answers "
        "knows yours. Shall your answer go in?"
    )


def done_words(progress: Progress | None) -> str:
    """How many are done; empty where not known."""
    if progress is None:
        return ""
    return _("{done} of {people} are done").format(done=progress.have, people=progress.of)


def too_early(progress: Progress | None) -> str:
    """What whoever is about to close it should know: that so few are done; empty where they are enough."""
    if progress is None or progress.have >= FEWEST or progress.have == progress.of:
        return ""
    return (
        _("Nobody is done: closed now, the counts could show whose answers these are."),
        _("Only one is done: closed now, the counts could show whose answers these are."),
        _("Only two are done: closed now, the counts could show whose answers these are."),
    )[progress.have]


def closing_words(progress: Progress | None, left_out: int = 0) -> str:
    """What is waited for while it closes. `left_out`: those without whom it is being closed."""
    if left_out:
        return ngettext("Closing without one member…", "Closing without {n} members…", left_out).format(n=left_out)
    if progress is None or progress.have >= progress.of:
        return _("The answers are being added up…")
    n = progress.of - progress.have
    return ngettext("Waiting for one member…", "Waiting for {n} members…", n).format(n=n)


def ending_words(check_in: CheckIn) -> str:
    """Why a check-in came to no result, and what to do."""
    return ending_of(check_in.code)


def ending_of(code: str) -> str:
    """The same, of the code that such a check-in has: a key of `ENDINGS`."""
    title, advice = ENDINGS.get(code, (N_("It came to no result."), N_("Ask it again.")))
    return f"{_(title)} {_(advice)}"


VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.IN: "",
    Verdict.ABSENT: "",
    Verdict.NOT_IN: _("Your answer is not in it: your computer could not be reached when it closed."),
    Verdict.UNKNOWN: _("Your connection was lost while it closed: your answer may be in it or not."),
    Verdict.DIFFERS: _("Your computer came to another result: it is kept here. Somebody's program may be changed."),
}
"""What a member is told about their own part; nothing where all is as it should be."""
