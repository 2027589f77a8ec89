"""Reading a format's file: TOML in, a `Format` out, or an error that says where, what and what to write instead.

    name = "evening"                # a-z, 0-9 and -
    title = "An evening"
    about = "What it is for."       # may be left out, as may `from`, `people` and `minutes`
    from = "where it comes from"
    people = [3, 8]                 # the fewest and the most
    minutes = 40                    # what the phases add up to

    [[phase]]
    id = "round"
    activity = "check_in"           # its title, guidance, mode, counted, with_facilitators can be said otherwise
    minutes = 10

    [[phase]]                       # a group: its phases one after the other, twice
    id = "issues"
    title = "Issues"
    repeat = 2

    [[phase.each]]
    id = "presented"
    activity = "issue"
    minutes = 15

docs/formats.md says it for people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.agenda import ISSUES_AT_MOST, MINUTES_AT_MOST, PHASES_AT_MOST
from evenly_protocol.sealed import LARGEST, LENGTH_BYTES, FieldKind
from evenly_protocol.seats import MEMBERS_AT_MOST
from evenly_protocol.words import FloorMode

from evenly_client.formats.check_in import check_in_of
from evenly_client.formats.planning import FEEDBACK, fits_one_command, issues_in, minutes_of, planned
from evenly_client.formats.shape import Format, FormatPhase, PhaseGroup
from evenly_client.formats.table import File, FormatError, Table, known_are
from evenly_client.translation import _

FILE_BYTES_AT_MOST: Final = 64 * 1024
NAME_AT_MOST: Final = 40
REPEAT_AT_MOST: Final = 8
TITLE_BYTES: Final = LARGEST[FieldKind.TITLE] - LENGTH_BYTES
GUIDANCE_BYTES: Final = LARGEST[FieldKind.GUIDANCE] - LENGTH_BYTES

PLANNED_ACTIVITIES: Final = tuple(word for word in ACTIVITIES if word != "informal")
"""What a phase of a format can be; informal talk is what follows a session."""

NAME: Final = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{NAME_AT_MOST - 1}}}")

_ID: Final = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{NAME_AT_MOST - 1}}}")
_FORMAT_KEYS: Final = ("name", "title", "about", "from", "people", "minutes", "phase")
_SESSION_KEYS: Final = ("from_session", "unless_last")
_PHASE_KEYS: Final = (
    "id",
    "activity",
    "minutes",
    "title",
    "guidance",
    "mode",
    "counted",
    "with_facilitators",
    "check_in",
    *_SESSION_KEYS,
)
_GROUP_KEYS: Final = ("id", "title", "repeat", "each", *_SESSION_KEYS)
_LINE: Final = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")
_DOTS_AT_MOST: Final = 200
"""In a line. `tomllib` takes most of a minute for a key of ten thousand parts."""


def read(path: Path, *, say: Callable[[str], str] = str) -> Format:
    """The format in a file. `say`: how its texts are read for people.

    Raises:
        FormatError: it cannot be read, or says something that a format cannot.
    """
    return read_text(text_of(path), str(path), say=say)


def text_of(path: Path) -> str:
    """What a file of a format holds, a byte order mark taken off.

    Raises:
        FormatError: it cannot be read, is larger than 64 KiB, or is not UTF-8.
    """
    where = str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_AT_MOST + 1)
    except FileNotFoundError:
        raise FormatError(
            where, None, _("there is no such file."), _("`evenly formats list` shows what is there.")
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or _("unknown reason")
        raise FormatError(
            where, None, _("it cannot be read ({reason}).").format(reason=reason), _("Make it readable for you.")
        ) from error
    if len(raw) > FILE_BYTES_AT_MOST:
        raise FormatError(
            where, None, _("it is larger than 64 KiB."), _("A format takes one or two. Is it another file?")
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FormatError(where, line, _("this is not UTF-8."), _("Save the file as UTF-8.")) from error


def read_text(text: str, where: str, *, say: Callable[[str], str] = str) -> Format:
    """The format that a text describes; `where` is what errors call it. `say`: how its texts are read for people.

    Raises:
        FormatError: it is not TOML, or says something that a format cannot.
    """
    top = Table(File(where, text, say), (), _parsed(text, where), _("the format"))
    top.knows(_FORMAT_KEYS)
    name = top.matching("name", NAME, _('Use a-z, 0-9 and -, at most 40, like name = "monday-group".'))
    title = top.text("title", TITLE_BYTES)
    if title is None:
        top.fail(None, _("there is no title."), _('Write what people call it, like title = "Monday group".'))
    format = Format(
        name=name,
        title=title,
        about=top.text("about", GUIDANCE_BYTES) or "",
        tradition=top.text("from", TITLE_BYTES) or "",
        people=_people(top),
        minutes=top.whole("minutes", 1, MINUTES_AT_MOST * PHASES_AT_MOST) or 0,
        phases=tuple(map(_part, top.tables("phase"))),
    )
    _check_ids(top)
    return _check_whole(top, format)


def _parsed(text: str, where: str) -> dict[str, object]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _DOTS_AT_MOST:
            problem = _("more than {n} dots in a line.").format(n=_DOTS_AT_MOST)
            raise FormatError(where, number, problem, _("Take out what is too much."))
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        told = _("it is nested too deeply") if isinstance(error, RecursionError) else str(error)
        found = _LINE.search(told)
        at_end = text.count("\n") + 1 if "end of document" in told else None  # no words: the words of tomllib
        raise FormatError(
            where,
            int(found[1]) if found and found[1] else at_end,
            _("this is not TOML: {reason}.").format(reason=_LINE.sub("", told).rstrip(".")),
            _('Each line is a name, = and a value, like minutes = 10 or activity = "check_in".'),
        ) from error


def _people(top: Table) -> tuple[int, int] | None:
    if "people" not in top:
        return None
    match top.whole_numbers("people"):
        case [fewest, most] if 1 <= fewest <= most <= MEMBERS_AT_MOST:
            return fewest, most
        case _:
            advice = _("Write the fewest and the most, up to {most}, like people = [3, 8].").format(
                most=MEMBERS_AT_MOST
            )
            return top.fail("people", _("people does not say how many at least and how many at most."), advice)


def _part(table: Table) -> FormatPhase | PhaseGroup:
    return _group(table) if "each" in table or "repeat" in table else _phase(table)


def _group(table: Table) -> PhaseGroup:
    for key in ("activity", "minutes", "guidance", "mode", "counted", "with_facilitators", "check_in"):
        if key in table:
            problem = _("a group has no {key} of its own.").format(key=key)
            table.fail(key, problem, _("Give {key} to its phases, below [[phase.each]].").format(key=key))
    table.knows(_GROUP_KEYS)
    id_ = _id(table)
    return PhaseGroup(
        id=id_,
        title=table.text("title", TITLE_BYTES) or id_.replace("-", " ").replace("_", " ").capitalize(),
        repeat=table.whole("repeat", 1, REPEAT_AT_MOST) or 1,
        phases=tuple(map(_phase, table.tables("each"))),
        from_session=table.whole("from_session", 1, 2) or 1,
        unless_last=table.flag("unless_last", False),
    )


def _phase(table: Table) -> FormatPhase:
    table.knows(_PHASE_KEYS)
    id_ = _id(table)
    word = table.one_of("activity", PLANNED_ACTIVITIES)
    if word is None:
        table.fail(None, _("this phase has no activity."), known_are(PLANNED_ACTIVITIES))
    minutes = table.whole("minutes", 1, MINUTES_AT_MOST)
    if minutes is None:
        table.fail(None, _("this phase has no minutes."), _("Write how long it is, like minutes = 10."))
    activity = ACTIVITIES[word]
    return FormatPhase(
        id=id_,
        activity=word,
        minutes=minutes,
        title=table.text("title", TITLE_BYTES) or _(activity.title),
        guidance=table.text("guidance", GUIDANCE_BYTES, lines=True) or _(activity.guidance),
        mode=table.one_of("mode", FloorMode) or activity.mode,
        counted=table.flag("counted", activity.counted),
        with_facilitators=table.flag("with_facilitators", activity.with_facilitators),
        from_session=table.whole("from_session", 1, 2) or 1,
        unless_last=table.flag("unless_last", False),
        check_in=check_in_of(table, word),
    )


def _id(table: Table) -> str:
    return table.matching("id", _ID, _('Give every phase a word of its own: a-z, 0-9, - and _, like id = "welcome".'))


def _with_id(top: Table) -> Iterator[tuple[Table, str]]:
    for table in top.tables("phase"):
        yield table, _id(table)
        for inner in table.tables("each") if "each" in table else ():
            yield inner, _id(inner)


def _check_ids(top: Table) -> None:
    seen: set[str] = set()
    for table, id_ in _with_id(top):
        if id_ in seen:
            table.fail("id", _("two phases are called {id}.").format(id=id_), _("Give each a word of its own."))
        seen.add(id_)


def _check_whole(top: Table, format: Format) -> Format:
    """What no phase is to blame for alone."""
    phases = planned(format)
    if len(phases) > PHASES_AT_MOST:
        problem = _("these are {n} phases, groups written out; a session has at most {most}.")
        problem = problem.format(n=len(phases), most=PHASES_AT_MOST)
        top.fail("phase", problem, _("Take some out, or repeat less often."))
    if issues_in(format) > ISSUES_AT_MOST:
        problem = _("these are {n} issues; a session has at most {most}.")
        problem = problem.format(n=issues_in(format), most=ISSUES_AT_MOST)
        top.fail("phase", problem, _("Repeat less often."))
    if not any(phase.activity != FEEDBACK for phase in planned(format, first=True, last=True)):
        problem = _("no phase is in every session: the first or the last of a series could be empty.")
        top.fail("phase", problem, _("Take from_session or unless_last out of one that is not feedback."))
    if not fits_one_command(phases):
        problem = _("its titles and guidance are too long together: a plan goes to the server in one piece.")
        top.fail("phase", problem, _("Shorten guidance, or leave some out: then the activity's own is shown."))
    total = minutes_of(phases)
    if format.minutes not in (0, total):
        problem = _("minutes is {said}, and the phases add up to {total}.").format(said=format.minutes, total=total)
        top.fail("minutes", problem, _("Write minutes = {total}, or leave the line out.").format(total=total))
    return replace(format, minutes=total)
