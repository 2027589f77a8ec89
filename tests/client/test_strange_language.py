"""Screens in a language in which every word looks strange: nothing reads as English, nothing moves.

The tests named here run in a process of their own in that language (pseudo.py): what they read is mapped back to
English for them, so their frames must be the same to the letter, and is looked at here as it stood.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pseudo

NAMES = frozenset(
    re.findall(
        r"\w+",
        "ana ben chris fay cleo dov eve finn hal wil gus ida kim thing "
        "space enter tab esc down monday tuesday friday january",
    )
)
"""People and things, keys, and the days of a language that has none of its own."""

TYPED = (
    "what would you lose if you waited?",
    "What would you lose?",
    "the plan",
    "Ask Kim for the figures",
    "Talk with the plant manager about the night shift",
    "Write down what I would stop doing",
    "Two of my best people want the same job. I have to choose by May.",
    "Two of my best people want the same job. Somebody who has moved a team to four days",
    "I have to choose by May. Somebody who has moved a team to four",
    "Somebody who has moved a team to four days",
    "An hour on pricing, any Friday My cousin has: I can introduce you",
    "A good book on delegating",
    "The talk on listening",
    "The contract is signed",
    "Mine comes first",
    "What Chris will do",
    "Late one [bold] [@click=app.bell]",
    "Delegating",
)
"""What people wrote in those tests; some stand beside each other in one line."""

SAID = {
    "the session's screen": "tests/client/screens/test_frames.py",
    "boards": "tests/client/screens/test_boards.py",
}


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pseudo.make(tmp_path_factory.mktemp("catalogues"))


@pytest.mark.parametrize("what", SAID)
def test_nothing_reads_as_english(what: str, catalogues: Path, tmp_path: Path) -> None:
    read = tmp_path / "read.txt"
    environment = {
        **os.environ,
        "EVENLY_LANGUAGE": pseudo.CODE,
        "EVENLY_CATALOGUES": str(catalogues),
        pseudo.READ_TO: str(read),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", SAID[what]], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    lines = dict.fromkeys(read.read_text().splitlines())
    assert [line for line in lines if not _typed(pseudo.english(line, NAMES))] == []
    assert len(lines) > 100


def _typed(words: list[str]) -> bool:
    """Whether somebody typed these words, all of them in one text; the last may be cut."""
    return any(all(word in text for word in words) for text in TYPED) or not words
