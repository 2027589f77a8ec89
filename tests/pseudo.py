"""A language in which every word looks strange: what still reads as English has not gone through the catalogue.

Each plain letter of a message becomes one of the same width that no source text holds; fields stay as they are.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tools.catalogues import gathered

CODE = "xx"
"""The code it goes by: of no language, so that dates stay as they are in English."""

PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
STRANGE = "àƀçđèƒğĥìĵķłɱñòþɋřšţùṽŵẋýžÀɃÇĐÈƑĞĤÌĴĶŁⱮÑÒÞɊŘŠŢÙṼŴẊÝŽ"
READ_TO = "EVENLY_READ_TO"
"""The environment variable that names the file for every text that a test reads in this language, as it stands."""

_STRANGE = str.maketrans(PLAIN, STRANGE)
_BACK = str.maketrans(STRANGE, PLAIN)
_FIELD = re.compile(r"(\{[^{}]*\}|<[^<>]*>)")


def strange(text: str) -> str:
    """The message in this language."""
    return "".join(part if _FIELD.fullmatch(part) else part.translate(_STRANGE) for part in _FIELD.split(text))


def read(text: str) -> str:
    """What a test reads, in English; a text in this language is kept as it stands first, to be looked at later."""
    if os.environ.get("EVENLY_LANGUAGE") != CODE:
        return text
    with Path(os.environ[READ_TO]).open("a") as out:
        out.write(text + "\n")
    return text.translate(_BACK)


def make(folder: Path) -> Path:
    """Writes its catalogue, for `EVENLY_CATALOGUES`; the folder."""
    catalogue = Catalog(fuzzy=False)
    for message in gathered():
        if message.id:
            said = tuple(strange(form) for form in message.id) if message.pluralizable else strange(message.id)
            catalogue.add(message.id, said, context=message.context)
    place = folder / CODE / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "evenly.mo").open("wb") as file:
        write_mo(file, catalogue)
    return folder


ENGLISH_WORD = re.compile(r"(?<![\w+./:@{-])[A-Za-z]{3,}(?![\w+/:@}])")


def english(text: str, known: frozenset[str]) -> list[str]:
    """The words of a screen or a line that look English, but for those that are `known` to be names or typed."""
    return [word for word in ENGLISH_WORD.findall(text) if word.casefold() not in known]
