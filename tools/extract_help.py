"""Finds the words of cli.py for the catalogues (Babel): what `_()` and its like say, and the commands' docstrings."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from inspect import cleandoc
from typing import IO, Any

from babel.messages.extract import extract_python

FOR_TRANSLATORS = (
    "Shown by --help. Keep the lines Parameters and ---------- and the names below them as they are, "
    "and translate the indented lines; after the word Example: comes what is typed."
)


def help_texts(
    fileobj: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Any
) -> Iterator[tuple[Any, ...]]:
    """The docstring of each function that evenly_client.command_help registers, as it looks it up; and all the rest.

    As Babel asks for it: line, function, texts, comments.
    """
    yield from extract_python(fileobj, keywords, comment_tags, options)
    fileobj.seek(0)
    for node in ast.parse(fileobj.read()).body:
        if isinstance(node, ast.FunctionDef) and any(map(_registers, node.decorator_list)):
            doc = ast.get_docstring(node, clean=False)
            if doc:
                yield node.body[0].lineno, "", cleandoc(doc), [FOR_TRANSLATORS]


def _registers(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "command"
