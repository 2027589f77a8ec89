"""What `--help` shows is in the reader's language, as far as cyclopts lets it be."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo

ROOT = Path(__file__).parents[2]
CLI = ROOT / "client/evenly_client/cli.py"


def _extraction() -> ModuleType:
    spec = importlib.util.spec_from_file_location("extract_help", ROOT / "tools/extract_help.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _found() -> list[str]:
    """Every message of cli.py, as the template of the catalogues gets them."""
    with CLI.open("rb") as file:
        return [str(found[1]) for found in extract(_extraction().help_texts, file, DEFAULT_KEYWORDS)]


def _purposes() -> Iterator[str]:
    """What each command of `evenly` is for: the first lines of the docstrings."""
    for node in ast.parse(CLI.read_text()).body:
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(d).startswith("command(app") for d in node.decorator_list
        ):
            yield (ast.get_docstring(node) or "").partition("\n")[0]


def _said(text: str) -> str:
    """In a language that writes ë for e; names of parameters and the headings of docstrings stay."""
    return "\n".join(
        line if re.fullmatch(r"[a-z_]+|Parameters|-+", line) else _strange(line) for line in text.split("\n")
    )


def _strange(text: str) -> str:
    return text.replace("e", "ë")


@pytest.fixture
def catalogues(tmp_path: Path) -> Path:
    """A folder with a catalogue of that language, called eo."""
    catalog = Catalog(locale="eo")
    for text in _found():
        catalog.add(text, _said(text))
    place = tmp_path / "catalogues/eo/LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "evenly.mo").open("wb") as file:
        write_mo(file, catalog)
    return tmp_path / "catalogues"


def _help(home: Path, catalogues: Path, *arguments: str) -> str:
    """What the help says, in one line."""
    strange = {"EVENLY_LANGUAGE": "eo", "EVENLY_CATALOGUES": str(catalogues), "COLUMNS": "500"}
    done = subprocess.run(
        [sys.executable, "-m", "evenly_client.cli", *arguments, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "EVENLY_HOME": str(home), **strange},
    )
    return " ".join(done.stdout.replace("│", " ").split())


def test_every_command_is_told_in_the_readers_language(tmp_path: Path, catalogues: Path) -> None:
    """The list of commands, with what each is for, and what the program is: nothing in English is left of it."""
    said = _help(tmp_path, catalogues)
    purposes = list(_purposes())
    assert len(purposes) > 15
    for purpose in purposes:
        assert _strange(purpose) in said
    assert "Livë pëër sëssions from thë tërminal" in said
    assert "Opën a room:" in said


def test_parameters_keep_their_names(tmp_path: Path, catalogues: Path) -> None:
    """What a parameter is for is said in the reader's language; what is typed stays as it is."""
    said = _help(tmp_path, catalogues, "export")
    assert "Rëplacë thë filë if it ëxists." in said
    assert "--force" in said
    assert "Which of your dëvicë këys to usë." in said


def test_commands_of_commands_too(tmp_path: Path, catalogues: Path) -> None:
    """As `evenly formats`."""
    assert "Evëry format, built in and yours." in _help(tmp_path, catalogues, "formats")


def test_no_command_bypasses_the_catalogue() -> None:
    """All are registered by command_help."""
    assert not re.search(r"^@(app|formats)\.command", CLI.read_text(), re.MULTILINE)
