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
from evenly_client.phrases import mode_amid, people
from evenly_client.text import cell_width, clean
from evenly_client.translation import _, ngettext, pgettext

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
            _say(_("{name} cannot be used.").format(name=entry.name) + f" {entry.error}")
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
        raise UserError(_("Which file?"), _("For example: evenly formats check evening.toml"))
    return max([_check(name) for name in files])


def new(name: str, *, source: str, edit: bool) -> int:
    """See `evenly formats new --help`."""
    if NAME.fullmatch(name) is None:
        title = _('"{name}" cannot be the name of a format.').format(name=clean(name, cells=40))
        raise UserError(title, _("Use a-z, 0-9 and -, at most 40, a letter or digit first."))
    if name in library.BUILT_IN:
        title = _("{name} is the name of a format that is built in.").format(name=name)
        raise UserError(title, _("Take another, like {name}.").format(name=f"my-{name}"))
    path = library.formats_directory() / f"{name}.toml"
    _write(path, _renamed(library.path_of(source), name))
    _say(f"{path}")
    if edit:
        return _edit(path)
    _say(_("Change it with any editor, then: evenly formats check {file}").format(file=shlex.quote(str(path))))
    return 0


def _check(name: str) -> int:
    try:
        format = library.find(name)
    except (FormatError, UserError) as error:
        _say(str(error))
        return 1
    phases = planned(format)
    n = len(phases)
    counted = ngettext("{n} phase", "{n} phases", n).format(n=n)
    words = _("{file}: ok, {phases}, {minutes}")
    _say(words.format(file=clean(name), phases=counted, minutes=_minutes(minutes_of(phases))))
    return 0


def _edit(path: Path) -> int:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UserError(_("No editor is set."), _("Set EDITOR, or open {path} with any.").format(path=path))
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError):
        title = _("The editor ({editor}) did not work.").format(editor=clean(editor))
        raise UserError(title, _("Open {path} with any.").format(path=path)) from None
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
    title = _("The name in {path} cannot be changed.").format(path=path)
    raise UserError(title, _('Copy the file, and write name = "{name}" in it.').format(name=name))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        title = _("{path} is there already.").format(path=path)
        raise UserError(title, _("Take another name, or change that one.")) from None
    except OSError as error:
        words = _("{path} cannot be written ({reason}).")
        title = words.format(path=path, reason=error.strerror or _("unknown reason"))
        raise UserError(title, _("Make its directory writable for you.")) from None


def _sheet(format: Format) -> Iterator[str]:
    """A format as people read it."""
    group = _people(format)
    yield f"{format.title} ({format.name}): {_minutes(format.minutes)}{group and f', {group}'}"
    if format.about:
        yield from _wrapped(format.about, "")
    if format.tradition:
        yield _("From: {tradition}").format(tradition=format.tradition)
    yield ""
    heads = (
        pgettext("column", "minutes"),
        pgettext("column", "phase"),
        pgettext("column", "floor"),
        pgettext("column", "air time"),
    )
    table = list(_aligned([heads, *_rows(format)], right=1))
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
        words = _("{times} × {title}, {minutes} each") if part.repeat > 1 else _("{title}, {minutes}")
        said = words.format(times=part.repeat, title=part.title, minutes=_minutes(part.minutes))
        yield "", said, "", ""
        yield from (_row(phase, "  ") for phase in part.phases)


def _row(phase: FormatPhase, indent: str = "") -> tuple[str, ...]:
    talk = pgettext("air time", "counted") if phase.counted else pgettext("air time", "not counted")
    if phase.mode is FloorMode.SILENCE:
        talk = ""
    return str(phase.minutes), indent + phase.title, mode_amid(phase.mode), talk


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
    asked = [] if phase.check_in is None else _wrapped(_asks(phase.check_in.text), indent)
    return [*(f"{indent}{when}" for when in _when(phase)), *guidance, *asked]


def _asks(question: str) -> str:
    return _("Asks, anonymously: “{question}”").format(question=question)


def _when(part: FormatPhase | PhaseGroup) -> Iterator[str]:
    if part.from_session > 1:
        yield _("(from the second session of a series on)")
    if part.unless_last:
        yield _("(not in the last session of a series)")


def _total(format: Format) -> str:
    first, last = minutes_of(planned(format, first=True)), minutes_of(planned(format, last=True))
    issues = issues_in(format)
    counted = ngettext("{n} issue", "{n} issues", issues).format(n=issues) if issues else _("no issue")
    words = [_minutes(format.minutes), counted]
    if first != format.minutes:
        words.append(_("the first session of a series {minutes}").format(minutes=first))
    if last != format.minutes:
        words.append(_("the last {minutes}").format(minutes=last))
    # Translators: {sums} is for example “90 minutes, 2 issues, the first session of a series 80, the last 45”
    return _("Together {sums}.").format(sums=", ".join(words))


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
    return _("(yours) {about}").format(about=about) if entry.own else about


def _people(format: Format) -> str:
    if format.people is None:
        return ""
    fewest, most = format.people
    if fewest == most:
        return people(most)
    return ngettext("{fewest}–{most} person", "{fewest}–{most} people", most).format(fewest=fewest, most=most)


def _minutes(minutes: int) -> str:
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


def _say(line: str) -> None:
    """Prints, whatever the terminal's encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding))
