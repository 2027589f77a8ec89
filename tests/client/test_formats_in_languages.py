"""Built-in formats and the questions of check-ins in the reader's language; what a member wrote stays as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from evenly_client.formats import library

from tests import pseudo
from tools import catalogues

OWN = """
name = "mine"
title = "Action learning"
[[phase]]
id = "issue"
activity = "issue"
minutes = 10
check_in = { kind = "scale", question = "Were you heard today?", answers = ["hardly", "fully"] }
"""
WORDS = {
    "Action learning": "Aga lernado",
    "Issue presented": "Temo prezentata",
    "Were you heard today?": "Ĉu vi estis aŭdita?",
    "hardly": "apenaŭ",
    "fully": "plene",
}
READ = """
import json
from evenly_client.checkins.templates import TEMPLATES, template_of
from evenly_client.formats import library
from evenly_client.formats.planning import phase_plans, planned

def read(name):
    format = library.find(name)
    sealed = []
    phase_plans(planned(format), lambda kind, text: sealed.append(text) or text.encode(), holders={1: 1})
    issue = next(phase for phase in planned(format) if phase.activity == "issue")
    check_in = next((phase.check_in for phase in planned(format) if phase.check_in), None)
    asked = None if check_in is None else [check_in.text, *check_in.options]
    return {"title": format.title, "issue": issue.title, "asked": asked, "sealed": sealed}

_, heard = TEMPLATES["heard"]
known = [template_of(heard.kind, "Were you heard today?", ("hardly", "fully")),
         template_of(heard.kind, heard.text, heard.options),
         template_of(heard.kind, heard.text, ("hardly", "fully"))]
names = ("action-learning", "peer-coaching", "mine")
print(json.dumps({"known": known, **{name: read(name) for name in names}}))
"""
USED = """
from evenly_client.checkins.question import checked
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.formats import library

for entry in library.entries():
    if entry.error is not None:
        print(entry.error)
for _, question in TEMPLATES.values():
    checked(question)
"""


def _printed(program: str, home: Path, folder: Path, code: str) -> str:
    """What a fresh process prints whose words are in the language `code` of the catalogues in `folder`."""
    environment = {"EVENLY_HOME": str(home), "EVENLY_CATALOGUES": str(folder), "EVENLY_LANGUAGE": code}
    ended = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def _write(folder: Path, code: str, catalogue: Catalog) -> Path:
    place = folder / code / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "evenly.mo").open("wb") as file:
        write_mo(file, catalogue)
    return folder


@pytest.fixture(scope="module")
def read_in_esperanto(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `READ` tells of two built-in formats and of one of a member's own, called as one of the built-in."""
    home = tmp_path_factory.mktemp("home")
    (home / "formats").mkdir()
    (home / "formats/mine.toml").write_text(OWN)
    catalogue = Catalog(locale="eo")
    for text, said in WORDS.items():
        catalogue.add(text, said)
    return json.loads(_printed(READ, home, _write(home / "words", "eo", catalogue), "eo"))


def test_a_built_in_format_is_read_in_the_readers_language(read_in_esperanto: dict[str, Any]) -> None:
    """Its titles, an activity's own, and the question that it asks."""
    assert read_in_esperanto["action-learning"]["title"] == "Aga lernado"
    assert read_in_esperanto["action-learning"]["issue"] == "Temo prezentata"
    assert read_in_esperanto["peer-coaching"]["asked"] == ["Ĉu vi estis aŭdita?", "apenaŭ", "plene"]


def test_what_a_member_wrote_is_not_translated(read_in_esperanto: dict[str, Any]) -> None:
    """Not even where it says the same as the program; what the file leaves out is the activity's own."""
    assert read_in_esperanto["mine"]["title"] == "Action learning"
    assert read_in_esperanto["mine"]["asked"] == ["Were you heard today?", "hardly", "fully"]
    assert read_in_esperanto["mine"]["issue"] == "Temo prezentata"


def test_an_activitys_own_title_is_not_sealed_in_any_language(read_in_esperanto: dict[str, Any]) -> None:
    """Each device shows it in its own; only what the format itself says goes along."""
    assert "Temo prezentata" not in read_in_esperanto["action-learning"]["sealed"]
    assert "Agreement and check-in round" in read_in_esperanto["action-learning"]["sealed"]


def test_a_question_of_the_program_is_known_in_both_languages(read_in_esperanto: dict[str, Any]) -> None:
    """In English, as it may have been asked before, and in the reader's; a mixture is somebody's own."""
    assert read_in_esperanto["known"] == ["heard", "heard", ""]


@pytest.mark.parametrize("code", [path.parts[-3] for path in catalogues.catalogues()])
def test_the_formats_and_questions_of_a_language_can_be_used(code: str, tmp_path: Path) -> None:
    """No translation is longer than what it is sealed into."""
    path = next(path for path in catalogues.catalogues() if path.parts[-3] == code)
    assert _printed(USED, tmp_path, _write(tmp_path, code, catalogues.read(path)), code) == ""


def test_there_is_room_for_words_twice_as_long(tmp_path: Path) -> None:
    """Bytes in UTF-8: every letter of the strange language takes two."""
    assert _printed(USED, tmp_path, pseudo.make(tmp_path / "words"), pseudo.CODE) == ""


def _gathered(text: bytes) -> list[tuple[int, str, list[str]]]:
    found = extract(
        "tools.extract:toml_texts", BytesIO(text), keywords=catalogues.KEYWORDS, comment_tags=catalogues.COMMENTS
    )
    return [(line, str(message), comments) for line, message, comments, _ in found]


@pytest.mark.parametrize("name", library.BUILT_IN)
def test_every_text_of_a_built_in_format_is_gathered_with_its_line(name: str) -> None:
    """As it stands in the file, and nothing else."""
    path = library.path_of(name)
    said = re.compile(r'(?:title|about|from|guidance) = "(.*)"')
    lines = [(n, found[1]) for n, line in enumerate(path.read_text().splitlines(), 1) if (found := said.match(line))]
    assert [(line, text) for line, text, _ in _gathered(path.read_bytes())] == lines


def test_questions_answers_and_comments_of_a_format_are_gathered() -> None:
    """Words in tables and lists too; what a program reads is left alone."""
    text = """
name = "x"
# A remark.
# Translators: at most
# 20 cells.
title = "One"
[[phase]]
id = "two"
check_in = { kind = "choice", question = "Three?", answers = ["four", "five"] }
"""
    assert _gathered(text.encode()) == [
        (6, "One", ["Translators: at most", "20 cells."]),
        (9, "Three?", []),
        (9, "four", []),
        (9, "five", []),
    ]
