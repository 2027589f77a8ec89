"""The words in files that are not Python, as Babel wants them (babel.messages, "Writing Extraction Methods")."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any, Final, cast

from evenly_client.formats.lines import Place, lines_of

FOR_PEOPLE: Final = frozenset({"title", "about", "from", "guidance", "question", "answers"})
"""The keys of a format whose texts are read by people; `answers` is a list of them."""


def toml_texts(
    fileobj: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, str, list[str]]]:
    """The texts of a built-in format: line, no function's name, text, the comment for translators above it."""
    text = fileobj.read().decode()
    at = lines_of(text)
    lines = text.splitlines()
    for place, said in _texts(tomllib.loads(text), ()):
        yield at[place], "", said, _comment(lines, at[place], comment_tags)


def _texts(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text for people below a place, in the order of the file."""
    if isinstance(value, dict):
        for key, inner in cast(dict[str, object], value).items():
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast(list[object], value)):
            yield from _texts(inner, (*place, index))
    elif isinstance(value, str) and value and _key(place) in FOR_PEOPLE:
        yield place, value


def _key(place: Place) -> str:
    return next(part for part in reversed(place) if isinstance(part, str))


def _comment(lines: list[str], line: int, tags: Collection[str]) -> list[str]:
    """The comment right above a line, from the first of its lines that begins with a tag."""
    above: list[str] = []
    for said in reversed(lines[: line - 1]):
        if not said.lstrip().startswith("#"):
            break
        above.insert(0, said.lstrip("# \t").rstrip())
    first = next((i for i, said in enumerate(above) if said.startswith(tuple(tags))), len(above))
    return above[first:]
