"""`evenly formats`: which there are, what one holds, whether a file is right, and a copy to change."""

from __future__ import annotations

import json as json_module
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from evenly_protocol.words import FloorMode

from evenly_client.errors import UserError
from evenly_client.formats import library
from evenly_client.formats.lines import lines_of
from evenly_client.formats.planning import issues_in, minutes_of, planned
from evenly_client.formats.reading import NAME, read_text, text_of
from evenly_client.formats.shape import Format, FormatPhase, PhaseGroup
from evenly_client.formats.table import FormatError
from evenly_client.phrases import MODE_WORDS
from evenly_client.text import cell_width, clean

WIDEST: Final = 100
"""Cells of a line of guidance."""

_NAME_LINE: Final = re.compile(r"""^(?P<key>\s*name\s*=\s*)(?P<quote>["'])[a-z0-9-]+(?P=quote)""")


def list_() -> int:
    """See `evenly formats list --help`."""
    entries = library.entries()
    rows = [(e.name, _minutes(e.format.minutes), _people(e.format), _about(e)) for e in entries if e.format]
    for line in _aligned(rows):
        _say(_fitting(line))
    for entry in entries:
        if entry.error is not None:
            _say(f"{entry.name} cannot be used. {entry.error}")
    return 0


def show(name: str, *, json: bool) -> int:
    """See `evenly formats show --help`."""
    format = library.find(name)
    if json:
        _say(json_module.dumps(_for_scripts(format), ensure_ascii=False, indent=2))
        return 0
    for line in _sheet(format):
        _say(line)
    return 0


def check(files: tuple[str, ...]) -> int:
    """See `evenly formats check --help`."""
    if not files:
        raise UserError("Which file?", "For example: evenly formats check evening.toml")
    return max([_check(name) for name in files])


def new(name: str, *, source: str, edit: bool) -> int:
    """See `evenly formats new --help`."""
    if NAME.fullmatch(name) is None:
        title = f'"{clean(name, cells=40)}" cannot be the name of a format.'
        raise UserError(title, "Use a-z, 0-9 and -, at most 40, a letter or digit first.")
    if name in library.BUILT_IN:
        raise UserError(f"{name} is the name of a format that is built in.", f"Take another, like my-{name}.")
    path = library.formats_directory() / f"{name}.toml"
    _write(path, _renamed(library.path_of(source), name))
    _say(f"{path}")
    if edit:
        return _edit(path)
    _say(f"Change it with any editor, then: evenly formats check {shlex.quote(str(path))}")
    return 0


def _check(name: str) -> int:
    try:
        format = library.find(name)
    except (FormatError, UserError) as error:
        _say(str(error))
        return 1
    phases = planned(format)
    _say(f"{clean(name)}: ok, {_count(len(phases), 'phase')}, {_minutes(minutes_of(phases))}")
    return 0


def _edit(path: Path) -> int:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UserError("No editor is set.", f"Set EDITOR, or open {path} with any.")
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError):
        raise UserError(f"The editor ({clean(editor)}) did not work.", f"Open {path} with any.") from None
    return _check(str(path))


def _renamed(path: Path, name: str) -> str:
    """What a format's file holds, with this name in it and all else as it was, comments too."""
    text = text_of(path)
    read_text(text, str(path))
    lines = text.split("\n")
    at = lines_of(text).get(("name",), 1) - 1
    lines[at] = _NAME_LINE.sub(rf"\g<key>\g<quote>{name}\g<quote>", lines[at])
    changed = "\n".join(lines)
    try:
        if read_text(changed, str(path)).name == name:
            return changed
    except FormatError:
        pass
    raise UserError(f"The name in {path} cannot be changed.", f'Copy the file, and write name = "{name}" in it.')


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path} is there already.", "Take another name, or change that one.") from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise UserError(f"{path} cannot be written ({reason}).", "Make its directory writable for you.") from None


def _sheet(format: Format) -> Iterator[str]:
    """A format as people read it."""
    people = _people(format)
    yield f"{format.title} ({format.name}): {_minutes(format.minutes)}{people and f', {people}'}"
    if format.about:
        yield from _wrapped(format.about, "")
    if format.tradition:
        yield f"From: {format.tradition}"
    yield ""
    table = list(_aligned([("minutes", "phase", "floor", "air time"), *_rows(format)], right=1))
    under = iter(_under(format))
    yield table[0]
    for row in table[1:]:
        yield row
        yield from next(under)
    yield ""
    yield _total(format)


def _rows(format: Format) -> Iterator[tuple[str, ...]]:
    for part in format.phases:
        if isinstance(part, FormatPhase):
            yield _row(part)
            continue
        times = f"{part.repeat} × " if part.repeat > 1 else ""
        each = " each" if part.repeat > 1 else ""
        yield "", f"{times}{part.title}, {_minutes(part.minutes)}{each}", "", ""
        yield from (_row(phase, "  ") for phase in part.phases)


def _row(phase: FormatPhase, indent: str = "") -> tuple[str, ...]:
    talk = "" if phase.mode is FloorMode.SILENCE else "counted" if phase.counted else "not counted"
    return str(phase.minutes), indent + phase.title, MODE_WORDS[phase.mode].lower(), talk


def _under(format: Format) -> Iterator[list[str]]:
    """The lines below each row of the table: when it takes place, and the guidance."""
    for part in format.phases:
        indent = " " * 9
        if isinstance(part, FormatPhase):
            yield _below(part, indent)
            continue
        yield [f"{indent}{when}" for when in _when(part)]
        yield from (_below(phase, indent + "  ") for phase in part.phases)


def _below(phase: FormatPhase, indent: str) -> list[str]:
    guidance = (line for text in phase.guidance.split("\n") for line in _wrapped(text, indent))
    asked = [] if phase.check_in is None else _wrapped(f"Asks, anonymously: “{phase.check_in.text}”", indent)
    return [*(f"{indent}{when}" for when in _when(phase)), *guidance, *asked]


def _when(part: FormatPhase | PhaseGroup) -> Iterator[str]:
    if part.from_session > 1:
        yield "(from the second session of a series on)"
    if part.unless_last:
        yield "(not in the last session of a series)"


def _total(format: Format) -> str:
    first, last = minutes_of(planned(format, first=True)), minutes_of(planned(format, last=True))
    issues = issues_in(format)
    words = [_minutes(format.minutes), _count(issues, "issue") if issues else "no issue"]
    if first != format.minutes:
        words.append(f"the first session of a series {first}")
    if last != format.minutes:
        words.append(f"the last {last}")
    return f"Together {', '.join(words)}."


def _for_scripts(format: Format) -> dict[str, object]:
    first, last = minutes_of(planned(format, first=True)), minutes_of(planned(format, last=True))
    said: dict[str, object] = msgspec.to_builtins(format)
    said["issues"] = issues_in(format)
    said["minutes_first_session"], said["minutes_last_session"] = first, last
    return said


def _aligned(rows: list[tuple[str, ...]], *, right: int = 0) -> Iterator[str]:
    """The rows as lines, each column as wide as its widest cell; the first `right` columns end flush."""
    widths: dict[int, int] = {}
    for row in rows:
        for column, text in enumerate(row):
            widths[column] = max(widths.get(column, 0), cell_width(text))
    for row in rows:
        cells = (_padded(text, widths[column], right=column < right) for column, text in enumerate(row))
        yield "  ".join(cells).rstrip()


def _padded(text: str, width: int, *, right: bool) -> str:
    padding = " " * (width - cell_width(text))
    return padding + text if right else text + padding


def _fitting(line: str) -> str:
    """One line on a terminal; whole where it goes to a file or another program."""
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or cell_width(line) <= width:
        return line
    return clean(line, cells=width - 1) + "…"


def _wrapped(text: str, indent: str) -> list[str]:
    width = min(WIDEST, max(40, shutil.get_terminal_size((WIDEST, 24)).columns))
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def _about(entry: library.Entry) -> str:
    about = (entry.format.about or entry.format.title) if entry.format else ""
    return f"(yours) {about}" if entry.own else about


def _people(format: Format) -> str:
    if format.people is None:
        return ""
    fewest, most = format.people
    return _count(fewest, "person", "people") if fewest == most else f"{fewest}–{most} people"


def _minutes(minutes: int) -> str:
    return _count(minutes, "minute")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _say(line: str) -> None:
    """Prints, whatever the terminal's encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding))
