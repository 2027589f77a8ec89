"""The words on screen: all of them through the catalogue, and the catalogues whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from evenly_client import translation

from tests.client.unsaid import CLIENT, ROOT, files, unsaid
from tools import catalogues

FIELD = re.compile(r"\{[^{}]*\}")
LANGUAGES = [path.parts[-3] for path in catalogues.catalogues()]


def test_no_string_for_people_bypasses_the_catalogue() -> None:
    """Every string that looks like words is asked of the catalogue, or says on its line why not."""
    found = [one for path in files([CLIENT]) for one in unsaid(path)]
    assert [f"{one.path.relative_to(ROOT)}:{one.line}: {one.text}" for one in found] == []


@pytest.mark.parametrize(
    "line",
    [
        'x = "Nobody is waiting."',
        'Span("hand")',
        "def f(n):\n    return f'{n} people'",
        'Binding("space", "hand", "raise hand")',
        'say(_("a") + "and more")',
        "x = f'{_(\"a\")}!'",
    ],
)
def test_what_bypasses_it_is_found(line: str, tmp_path: Path) -> None:
    """The control: the test above would see each of these."""
    path = tmp_path / "said.py"
    path.write_text(line)
    assert len(list(unsaid(path))) == 1


def test_the_template_holds_what_the_program_says() -> None:
    """`make words` has been run since a text was last changed."""
    written, now = catalogues.read(catalogues.TEMPLATE), catalogues.gathered()
    assert _ids(written) == _ids(now)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_whole(code: str) -> None:
    """Every text of the program is there, none is marked as doubtful, none is left over."""
    catalogue = _catalogue(code)
    untold = [m.id for m in catalogue if m.id and not (all(m.string) if m.pluralizable else m.string)]
    assert untold == []
    assert [m.id for m in catalogue if m.id and m.fuzzy] == []
    assert _ids(catalogue) == _ids(catalogues.gathered())


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_fields_of_its_text(code: str) -> None:
    """The same fields, so that nothing is left out and `format` never fails; spaces at the ends as in English."""
    wrong: list[tuple[str, str]] = []
    for message in _catalogue(code):
        if not message.id:
            continue
        forms = message.string if message.pluralizable else (message.string,)
        ids = message.id if message.pluralizable else (message.id,)
        for form in forms:
            # One of the English forms may leave the number out ("Only one is done"), and so may a translation's.
            fields = set(FIELD.findall(form))
            most = set(FIELD.findall(ids[-1]))
            least = set(FIELD.findall(ids[0])) if message.pluralizable else most
            same_ends = (form[:1].isspace(), form[-1:].isspace()) == (ids[-1][:1].isspace(), ids[-1][-1:].isspace())
            if not (least <= fields <= most and same_ends):
                wrong.append((ids[-1], form))
    assert wrong == []


def test_the_first_language_asked_for_that_there_is_is_spoken(tmp_path: Path) -> None:
    """As gettext orders them; what there is no catalogue for is passed over, and then it is English."""
    _write(tmp_path, "eo", "Yes.", "Jes.")
    _write(tmp_path, "pt_BR", "Yes.", "Sim.")
    folder = {"EVENLY_CATALOGUES": str(tmp_path)}
    assert _said(LANG="eo.UTF-8", **folder) == "eo Jes."
    assert _said(LANGUAGE="xx:eo", LANG="pt_BR", **folder) == "eo Jes."
    assert _said(LC_ALL="pt_BR.UTF-8", LANG="eo", **folder) == "pt_BR Sim."
    assert _said(EVENLY_LANGUAGE="pt-BR", LANG="eo", **folder) == "pt_BR Sim."
    assert _said(LANG="eo_EO@x", **folder) == "eo Jes."
    assert _said(LANG="C.UTF-8", **folder) == "en Yes."
    assert _said(EVENLY_LANGUAGE="../../eo", **folder) == "en Yes."
    assert _said(**folder) == "en Yes."


def test_the_config_file_says_the_language(tmp_path: Path) -> None:
    """Before the system's, after the environment's own."""
    _write(tmp_path, "eo", "Yes.", "Jes.")
    (tmp_path / "config.toml").write_text('language = "eo"')
    given = {"EVENLY_CATALOGUES": str(tmp_path), "EVENLY_HOME": str(tmp_path)}
    assert _said(LANG="de_DE", **given) == "eo Jes."
    assert _said(EVENLY_LANGUAGE="en", **given) == "en Yes."
    (tmp_path / "config.toml").write_text("language = 5")
    assert _said(LANG="eo", **given) == "eo Jes."


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_new_room_begins_with_an_agreement_in_the_language_of_its_maker(code: str, tmp_path: Path) -> None:
    """The longest text there is, of several lines, and asked for when a module is loaded."""
    place = tmp_path / code / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "evenly.mo").open("wb") as file:
        write_mo(file, _catalogue(code))
    program = "from evenly_client.agreement import TEMPLATE; print(TEMPLATE)"
    agreed = _run(program, EVENLY_LANGUAGE=code, EVENLY_CATALOGUES=str(tmp_path))
    english = _run(program, EVENLY_LANGUAGE="en")
    assert agreed not in ("", english)
    assert agreed == str(_catalogue(code)[english].string)


def _said(**environment: str) -> str:
    """What a fresh process says for yes, behind its language."""
    return _run("from evenly_client.translation import _, language; print(language(), _('Yes.'))", **environment)


def _run(program: str, **environment: str) -> str:
    """What a fresh process prints."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "EVENLY_"))}
    ended = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        env={**clean, "EVENLY_HOME": "/nonexistent", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def _write(folder: Path, code: str, text: str, said: str) -> None:
    catalogue = Catalog(locale=code)
    catalogue.add(text, said)
    place = folder / code / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "evenly.mo").open("wb") as file:
        write_mo(file, catalogue)


def _catalogue(code: str) -> Catalog:
    return catalogues.read(translation.HERE / code / "LC_MESSAGES/evenly.po")


def _ids(catalogue: Catalog) -> set[object]:
    return {(message.context, message.id) for message in catalogue if message.id}
