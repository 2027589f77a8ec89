"""`evenly report`: what happened, on this machine, from the room's log."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from evenly_protocol.members import seat_of
from evenly_protocol.wire import Purpose
from evenly_protocol.words import Label

from evenly_client import archive, whole_file
from evenly_client import config as config_module
from evenly_client.errors import UserError
from evenly_client.my_rooms import find, my_name
from evenly_client.notes import Notes
from evenly_client.peer import Peer, State
from evenly_client.reports import csv, html, json, markdown
from evenly_client.reports.allowed import Allowed, Reader
from evenly_client.reports.chronicle import Chronicle, SessionWent, chronicle
from evenly_client.reports.dates import calendar_of
from evenly_client.reports.own_record import MyNote, own_record
from evenly_client.reports.session_report import session_report
from evenly_client.reports.sponsor_summary import sponsor_summary
from evenly_client.sealing import RoomKeys
from evenly_client.store import open_store
from evenly_client.translation import _, ngettext

if TYPE_CHECKING:
    from evenly_protocol.room import Entry

    from evenly_client.links import Link
    from evenly_client.reports.report import Report
    from evenly_client.store import Store

Kind = Literal["session", "own", "sponsor"]
Format = Literal["markdown", "html", "csv", "json", "ics"]
For = Literal["room", "takeaway", "shareable"]

ENTERED_WITHIN_S: Final = 15.0
STALLED_AFTER_S: Final = 60.0
"""Seconds without a further entry after which a report gives up."""

SHOWN_AFTER_S: Final = 1.0
"""Progress is shown when it takes longer than this."""

PARTS_A_LINE: Final = 10
"""Without a terminal, progress is a line for each tenth."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    kind: Kind = "session"
    session: int | None = None
    format: Format = "markdown"
    made_for: For = "room"
    air_time: bool = False
    table: str | None = None
    from_: Path | None = None
    out: Path | None = None
    force: bool = False
    insecure: bool = False
    profile: str | None = None


def report(rooms: Sequence[str], wanted: Wanted) -> int:
    """See `evenly report --help`."""
    _refuse_what_does_not_fit(rooms, wanted)
    if wanted.out is not None and not wanted.force:
        whole_file.refuse_existing(wanted.out)
    config = config_module.load()
    with open_store(config.profile if wanted.profile is None else wanted.profile) as store:
        links = _links(store, rooms, wanted)
        told = [_chronicle(store, link, wanted) for link in links]
        content = _content(store, told, wanted)
    if wanted.out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    mark = csv.BYTE_ORDER_MARK.encode() if wanted.format == "csv" else b""
    whole_file.save(wanted.out, mark + content, force=wanted.force)
    print(_("Written: {path}").format(path=wanted.out))
    return 0


def _refuse_what_does_not_fit(rooms: Sequence[str], wanted: Wanted) -> None:
    if len(rooms) > 1 and wanted.kind != "sponsor":
        raise UserError(
            _("Several rooms go into a sponsor's summary alone."), _("Name one room, or add --kind sponsor.")
        )
    if len(rooms) > 1 and wanted.from_ is not None:
        raise UserError(_("A file holds one room."), _("Name one room with --from, or none."))
    if wanted.kind == "sponsor" and wanted.format == "ics":
        raise UserError(_("A summary has no dates."), _("For the calendar of a room: evenly report ROOM --format ics"))
    if wanted.session is not None and wanted.kind != "session":
        raise UserError(_("Only a session report is of one session."), _("Leave --session or --kind out."))
    if wanted.table is not None and wanted.format != "csv":
        raise UserError(_("--table is for CSV."), _("Add --format csv."))
    if not wanted.air_time:
        return
    if wanted.kind != "session" or wanted.format == "ics":
        raise UserError(_("Everybody's air time is in the session report alone."), _("Leave --air-time out."))
    if wanted.made_for != "room":
        raise UserError(_("Everybody's air time stays in the room."), _("Leave --air-time out, or --for."))


# -- the room's log --------------------------------------------------------------------------------------------------


def _links(store: Store, rooms: Sequence[str], wanted: Wanted) -> list[Link]:
    if wanted.from_ is not None and not rooms:
        id = archive.room_in(wanted.from_) if wanted.from_.is_file() else None
        known = None if id is None else store.room(id)
        if known is not None:
            return [known.link]
        if id is not None:
            raise UserError(
                _("The file is of a room that you have not been in with this profile."),
                _("Its link opens it: evenly report LINK --from {file}").format(file=wanted.from_),
            )
        words = _("{file} is no exported room.").format(file=wanted.from_)
        raise UserError(words, _("Give what `evenly export` wrote."))
    links: list[Link] = []
    for text in rooms or (None,):
        link = find(store, text)
        if link.room in [other.room for other in links]:
            raise UserError(_("The same room stands there twice."), _("Name each room once."))
        if wanted.from_ is None and store.room(link.room) is None:
            raise UserError(_("You are not a member of that room yet."), _("Join it first: evenly join"))
        links.append(link)
    return links


def _chronicle(store: Store, link: Link, wanted: Wanted) -> Chronicle:
    progress = _Progress()
    try:
        if wanted.from_ is None:
            entries, now = asyncio.run(_entries(store, link, progress, insecure=wanted.insecure))
        else:
            entries, now = _read(wanted.from_, link), None
        keys = RoomKeys.from_secret(link.secret)
        return chronicle(
            link.room, entries, keys, now=now, progress=progress.part(_("{done} of {expected} entries read"))
        )
    finally:
        progress.end()


def _read(path: Path, link: Link) -> list[Entry]:
    try:
        return archive.read_archive(path, link)
    except OSError as error:
        words = _("{path} cannot be read ({reason}).")
        title = words.format(path=path, reason=error.strerror or _("unknown reason"))
        raise UserError(title, _("Give a file that `evenly export` wrote.")) from error


async def _entries(store: Store, link: Link, progress: _Progress, *, insecure: bool) -> tuple[list[Entry], int]:
    """The room's record, over a connection that only reads and is never counted; and the server's time."""
    name = my_name(store, link, None)
    loop = asyncio.get_running_loop()
    fetched = progress.part(_("{done} of {expected} entries fetched"))
    async with Peer(link, store.device_key(), name, purpose=Purpose.VIEW, insecure=insecure) as peer:
        try:
            async with asyncio.timeout(ENTERED_WITHIN_S) as patience:
                await peer.entered()
                patience.reschedule(loop.time() + STALLED_AFTER_S)

                def told(done: int, expected: int) -> None:
                    patience.reschedule(loop.time() + STALLED_AFTER_S)
                    fetched(done, expected)

                return await peer.history(progress=told), peer.now()
        except TimeoutError:
            if peer.state is State.LIVE:
                raise UserError(_("The server has stopped answering."), _("Try again.")) from None
            advice = _("Try again when it runs; of an exported room: evenly report --from FILE")
            raise UserError(_("The server cannot be reached, and the room's log is there."), advice) from None


class _Progress:
    """Says on standard error how far it is, once it takes longer than about a second."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = ""
        self._terminal = sys.stderr.isatty()

    def part(self, words: str) -> _Part:
        """Progress of one of the steps; in its words are fields for `done` and `expected`."""
        return _Part(self, words)

    def show(self, words: str, done: int, expected: int) -> None:
        """So many of so many entries are done."""
        said = words.format(done=done, expected=expected)
        if time.monotonic() - self._began < SHOWN_AFTER_S:
            return
        if self._terminal:
            self._shown = said
            print(f"\r\x1b[K{self._shown}", end="", file=sys.stderr, flush=True)
            return
        tenth = f"{words} {done * PARTS_A_LINE // max(1, expected)}"
        if tenth != self._shown:
            self._shown = tenth
            print(said, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Takes the line away again."""
        if self._shown and self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class _Part:
    progress: _Progress
    words: str

    def __call__(self, done: int, expected: int) -> None:
        self.progress.show(self.words, done, expected)


# -- the report ------------------------------------------------------------------------------------------------------


def _content(store: Store, told: Sequence[Chronicle], wanted: Wanted) -> bytes:
    if wanted.kind == "sponsor":
        return _rendered(sponsor_summary(told), wanted)
    room = told[0]
    seat = seat_of(room.room, store.device_key().public)
    if not seat:
        raise UserError(_("You are not a member of this room, so no report is yours."), _("Join it first: evenly join"))
    if wanted.format == "ics":
        return calendar_of(room, seat)
    allowed = Allowed(room, Reader(seat, Label(wanted.made_for), own_record=wanted.kind == "own"))
    if wanted.kind == "own":
        return _rendered(own_record(allowed, _my_notes(store, room) if allowed.private_notes else ()), wanted)
    session = _session(room, wanted.session)
    if not allowed.session(session):
        raise UserError(
            _("You were not on the call in that session."), _("As an observer you have reports of those alone.")
        )
    if wanted.air_time and not allowed.air_time_of_all(session):
        raise UserError(
            _("In this room everybody sees their own air time alone, or did in that session."),
            _(
                "Leave --air-time out: your own is in the report. "
                "The group can choose otherwise in the room's settings."
            ),
        )
    return _rendered(session_report(allowed, session, air_time=wanted.air_time), wanted)


def _session(room: Chronicle, number: int | None) -> SessionWent:
    if not room.sessions:
        raise UserError(_("There has been no session in this room yet."), _("Its dates: evenly report --format ics"))
    if number is None:
        return room.sessions[-1]
    session = room.session(number)
    if session is None:
        last = room.sessions[-1].number
        there = ngettext("The room has had session 1 alone.", "The room has had sessions 1 to {n}.", last)
        raise UserError(_("There is no session {n}.").format(n=number), there.format(n=last))
    return session


def _my_notes(store: Store, room: Chronicle) -> list[MyNote]:
    notes = Notes(store.device_key(), room.room.id, store).all()
    return [MyNote(note.text, note.created) for note in sorted(notes, key=lambda n: n.created)]


def _rendered(made: Report, wanted: Wanted) -> bytes:
    match wanted.format:
        case "html":
            text = html.render(made)
        case "csv":
            text = csv.render(made, wanted.table)
        case "json":
            text = json.render(made)
        case _:
            text = markdown.render(made)
    return text.encode()
