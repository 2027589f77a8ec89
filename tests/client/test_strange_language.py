"""Screens in a language in which every word looks strange: nothing reads as English, nothing moves.

The tests named here run in a process of their own in that language (pseudo.py): what they read is mapped back to
English for them, so their frames must be the same to the letter, and is looked at here as it stood.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pseudo

NAMES = frozenset("ana ben chris fay cleo dov eve finn hal wil gus ida".split())
"""People, and what they typed, in the tests below."""

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
    found = {line: words for line in lines if (words := pseudo.english(line, NAMES))}
    assert found == {}
