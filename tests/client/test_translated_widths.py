"""Translated words where there is little room for them: columns, footers, the line of the boards."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog, Message
from rich.cells import cell_len

from tools import catalogues

LANGUAGES = {path.parts[-3]: path for path in catalogues.catalogues()}
EACH_AT_MOST = {"label": 8, "presence": 14, "mood": 11}
"""Cells that a word of a context may have; the comments for translators say the same."""

SAID_AT_MOST = re.compile(r"(?<!together )at most (\d+) cells")

GAP = 3
LEADING = 1
WIDE, NARROW = 80, 60

FOOTERS = {
    "my hand is up and a check-in is open": (
        WIDE,
        *("ctrl+g answer", "space hand down", "e words", "h pause", "? help", ": all commands"),
    ),
    "my hand is not up": (
        WIDE,
        *("space hand", "e hand with words", "h pause", "b boards", "? help", ": all commands"),
    ),
    "my turn": (WIDE, *("enter finish", "space hand", "e hand with words", "h pause", "? help", ": all commands")),
    "my turn in a round": (
        WIDE,
        *("enter finish", "space hand", "e hand with words", "s skip", "? help", ": all commands"),
    ),
    "my hand is up, a small screen": (NARROW, *("ctrl+g answer", "space hand down", "? help", ": all")),
    "between sessions": (WIDE, *("n start the session", "u undo", "? help", ": all commands", "ctrl+q leave")),
    "facilitator, a queue": (
        WIDE,
        *("n next", "1…8 who speaks", ". next phase", "+ minute", "u undo", "? help", ": all"),
    ),
    "facilitator, what else is mine": (WIDE, *("ctrl+g answer", "space hand", "e hand with words", "h pause")),
    "actions": (WIDE, *("enter opens", "a add", "r review", "f filter", "tab board", "? keys", "esc session")),
    "exchange": (WIDE, *("enter opens", "a add", "f filter", "m met", "tab board", "? keys", "esc session")),
    "an answer": (WIDE, *("1…5 choose", "enter done: you abstain", "w who takes part", "esc later")),
}
"""Situations: the width of the screen, then the keys with their words that must be seen in one line of it."""


@pytest.fixture(params=LANGUAGES)
def words(request: pytest.FixtureRequest) -> Catalog:
    return catalogues.read(LANGUAGES[request.param])


def _said(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_words_fit_into_their_columns(words: Catalog) -> None:
    """Those of a context that stands in a column, and every one whose comment says how much room there is."""
    wide: list[tuple[str, int]] = []
    for message in words:
        said = [int(found[1]) for comment in message.auto_comments if (found := SAID_AT_MOST.search(comment))]
        most = min(said, default=EACH_AT_MOST.get(message.context or "", 0))
        wide += [(form, most) for form in _said(message) if most and cell_len(form) > most]
    assert wide == []


def test_the_comments_say_what_is_tested(words: Catalog) -> None:
    """The control: each of these contexts is there, and words of it are told how wide they may be."""
    said = {m.context: comment for m in words for comment in m.auto_comments if SAID_AT_MOST.search(comment)}
    for context, most in EACH_AT_MOST.items():
        assert f"at most {most} cells" in said[context]


def test_the_names_of_the_boards_fit_into_one_line(words: Catalog) -> None:
    """All six, in at most 50 cells."""
    boards = [form for message in words if message.context == "board" for form in _said(message)]
    assert len(boards) == 6
    assert sum(map(cell_len, boards)) <= 50


@pytest.mark.parametrize("situation", FOOTERS)
def test_the_keys_of_a_situation_fit_into_the_footer(situation: str, words: Catalog) -> None:
    """Nothing that matters in it is left out for want of room; where English has too little, no more than English."""
    width, *keys = FOOTERS[situation]
    english, said = LEADING - GAP, LEADING - GAP
    for key_and_word in keys:
        key, _, word = key_and_word.partition(" ")
        message = words.get(word, context="key")
        assert message is not None, word
        english += cell_len(key_and_word) + GAP
        said += cell_len(f"{key} {_said(message)[0]}") + GAP
    assert said <= max(width, english)
