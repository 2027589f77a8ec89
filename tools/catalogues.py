"""The words on screen, gathered for those who translate them: `python tools/catalogues.py [extract] [compile]`.

    extract    reads the source, writes languages/evenly.pot, and brings every language's evenly.po up to date;
               what changed is marked fuzzy there, for a person to look at
    compile    makes the .mo of each .po, which is what the program reads (the build does it too, by hatch_build.py)

Both with Babel. A language is added by a folder languages/<code>/LC_MESSAGES and `extract`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[1]
LANGUAGES: Final = ROOT / "client/evenly_client/languages"
TEMPLATE: Final = LANGUAGES / "evenly.pot"

METHODS: Final = [
    ("**/formats/builtin/*.toml", "tools.extract:toml_texts"),
    ("cli.py", "tools.extract_help:help_texts"),
    ("**.py", "python"),
]
KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
COMMENTS: Final = ("Translators:",)


def catalogues() -> Iterator[Path]:
    """The .po of every language there is a folder for."""
    return iter(sorted(folder / "LC_MESSAGES/evenly.po" for folder in LANGUAGES.iterdir() if folder.is_dir()))


def gathered() -> Catalog:
    """Every text of the program."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # what extracts from other files than Python's is found by its name
    template = Catalog(project="Evenly", charset="utf-8", fuzzy=False)
    for part in ("client/evenly_client", "protocol/evenly_protocol"):
        found = extract_from_dir(ROOT / part, METHODS, keywords=KEYWORDS, comment_tags=COMMENTS)
        for path, _line, message, comments, context in found:
            # Without line numbers: a line more in the source is no change to the words.
            template.add(message, None, [(f"{part}/{path}", 0)], auto_comments=comments, context=context)
    return template


def read(path: Path) -> Catalog:
    """A catalogue as it is."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3] if path.suffix == ".po" else None)


def write(path: Path, catalogue: Catalog) -> None:
    """Writes a catalogue, in an order that does not depend on where texts stand."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, include_lineno=False, sort_by_file=True, omit_header=False)


def extract() -> None:
    """The template, and every language brought up to date with it."""
    template = gathered()
    write(TEMPLATE, template)
    for path in catalogues():
        known = read(path) if path.exists() else Catalog(locale=path.parts[-3], project="Evenly", fuzzy=False)
        known.update(template, update_header_comment=False)
        known.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, known)


def compile_all() -> list[Path]:
    """The .mo of each .po; where they are."""
    made: list[Path] = []
    for path in catalogues():
        made.append(path.with_suffix(".mo"))
        with made[-1].open("wb") as file:
            write_mo(file, read(path))
    return made


if __name__ == "__main__":
    for deed in sys.argv[1:] or ["extract", "compile"]:
        {"extract": extract, "compile": compile_all}[deed]()
