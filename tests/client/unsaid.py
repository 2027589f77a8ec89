"""Finds words for people that do not go through the catalogue: `python tests/client/unsaid.py [FOLDER or FILE …]`.

It reads the source. A string looks like words when it holds two words, or when it is handed to something that shows it.
Left out: what the catalogue is asked for, docstrings, SQL, style sheets, patterns, errors of programmers, and lines
that end with `# no words: why`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeGuard

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "client/evenly_client"

ASKED = {"_", "ngettext", "pgettext", "N_"}
SHOWS = {"Span", "Static", "Label", "Button", "say", "print", "padded", "wrapped", "input", "notify", "Input"}
NOT_FOR_PEOPLE = {
    "ValueError", "TypeError", "RuntimeError", "AssertionError", "KeyError", "LookupError", "NotImplementedError",
    "EpochRefused", "_refused",
    "execute", "executescript", "compile", "query_one", "query", "getLogger", "debug", "info", "warning", "exception",
    "fullmatch", "match", "search", "sub", "split", "create_task", "run_worker", "setting", "keep_setting", "cast",
    "TypeVar", "NewType", "Field", "strftime", "import_module", "derive", "expand", "environ", "getenv",
    "form", "as_typed",
}  # fmt: skip
SHEETS = {"CSS", "DEFAULT_CSS", "_SCHEMA", "_NOTES", "_GERMAN"}
WORDS = re.compile(r"[^\W\d_]{2,}[,;:.!?…)]? +[(]?[^\W\d_]|[^\W\d_] +[^\W\d_]{2,}")
LETTERS = re.compile(r"[^\W\d_]{2,}")
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|COMMIT|ROLLBACK|WHERE|ORDER BY|DROP|ATTACH)\b")


class Unsaid(NamedTuple):
    """A string for people, as it stands in the source."""

    path: Path
    line: int
    text: str


def unsaid(path: Path) -> Iterator[Unsaid]:
    """What a file says without the catalogue."""
    source = path.read_text()
    lines = source.splitlines()
    for node in _strings(ast.parse(source), shown=False):
        text = _text(node)
        if SQL.match(text) or any("# no words" in lines[n - 1] for n in range(node.lineno, node.end_lineno + 1)):
            continue
        yield Unsaid(path, node.lineno, text)


def _strings(node: ast.AST, *, shown: bool) -> Iterator[ast.expr]:
    """The strings under a node that look like words."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if WORDS.search(node.value) or (shown and LETTERS.search(node.value)):
            yield node
        return
    if isinstance(node, ast.JoinedStr):
        plain = "".join(p.value for p in node.values if isinstance(p, ast.Constant) and isinstance(p.value, str))
        if LETTERS.search(plain) and (" " in plain or shown):
            yield node
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                # Babel does not look into an f-string: a text that is asked for in there is in no catalogue.
                yield from (call for call in ast.walk(part.value) if _asks_for_a_text(call))
                yield from _strings(part.value, shown=shown)
        return
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in ASKED or name in NOT_FOR_PEOPLE:
            return
        yield from _strings(node.func, shown=False)
        for at, argument in enumerate(node.args):
            yield from _strings(argument, shown=(name in SHOWS) or (name == "Binding" and at == 2))
        for keyword in node.keywords:
            words = name in SHOWS and keyword.arg not in {"id", "classes", "name", "file", "end", "sep", "key", "type"}
            yield from _strings(keyword.value, shown=words or keyword.arg in {"placeholder", "label", "title", "help"})
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign | ast.AnnAssign) and _assigned(node) & SHEETS:
        return
    if isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _strings(node.value, shown=False)
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for part in [*node.args.defaults, *node.args.kw_defaults, *node.body]:
            if part is not None:
                yield from _strings(part, shown=False)
        return
    # A condition compares; what comes of it is shown.
    for field, value in ast.iter_fields(node):
        inside = shown and not (isinstance(node, ast.IfExp) and field == "test") and not isinstance(node, ast.Subscript)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _strings(child, shown=inside)


def _asks_for_a_text(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and _name(node.func) in ASKED and isinstance(node.args[0], ast.Constant)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ast.unparse(node)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _assigned(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def files(places: list[Path]) -> Iterator[Path]:
    """The Python files of folders, and files themselves."""
    for place in places:
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


if __name__ == "__main__":
    found = [one for path in files([Path(p) for p in sys.argv[1:]] or [CLIENT]) for one in unsaid(path)]
    for one in found:
        print(f"{one.path}:{one.line}: {one.text!r}")
    sys.exit(1 if found else 0)
