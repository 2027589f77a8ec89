"""The light hint on an open question, to the asker alone, before it is put. Source: domain.md, "Formats"."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from evenly_protocol.words import FloorMode

from evenly_client import hints
from evenly_client.config import config_path
from evenly_client.hints import HintsError, Rules
from evenly_client.outlook import Outlook
from evenly_client.translation import language

OPEN_QUESTIONS = "questions"
"""The activity in which questions are to be open ones; clarifying questions may be closed."""


def question_hint(o: Outlook, text: str) -> str:
    """What could be said about a question before it is put; empty for nothing."""
    session = o.session
    if not text or session is None or o.held or o.floor.mode is not FloorMode.QUESTIONS:
        return ""
    if session.phase.activity != OPEN_QUESTIONS:
        return ""
    found = (hints.hint(text, rules) for rules in _rules())
    return next((hint.say for hint in found if hint is not None), "")


@cache
def _rules() -> tuple[Rules, ...]:
    """The rules of the reader's language, and those in files of their own; a file that is broken is left out."""
    folder = config_path().parent / "hints"
    result: list[Rules] = []
    for code in hints.chosen(language(), folder):
        with suppress(HintsError):
            result.append(hints.load(code, folder))
    return tuple(result)
