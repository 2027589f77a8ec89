"""The last session's report and one's own record, read on the screen, and kept as a file where that is wished."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from evenly_client import archive, whole_file
from evenly_client.errors import UserError
from evenly_client.history import HistoryUnreadable
from evenly_client.notes import Notes
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, TurnedAway
from evenly_client.reports import html, lines, markdown
from evenly_client.reports.chronicle import chronicle
from evenly_client.reports.of_member import last_session, record
from evenly_client.reports.own_record import MyNote
from evenly_client.reports.report import Report
from evenly_client.translation import _, ngettext

KEYS: Final = _("1 session · 2 my record · s save for a browser · m as text · esc")
KEYS_AT_GATEWAY: Final = _("1 session · 2 my record · esc · to keep it as a file, install Evenly")
READING: Final = _("Reading the record of the room…")
NOTHING: Final = _("There has been no session yet of which you may have a report.")


class ReportView(ModalScreen[None]):
    """Reads the room's whole record first; closes with escape."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", show=False),
        Binding("space,pagedown", "scroll(1)", show=False),
        Binding("pageup", "scroll(-1)", show=False),
        Binding("down", "line(1)", show=False),
        Binding("up", "line(-1)", show=False),
        Binding("1", "show(0)", show=False),
        Binding("2", "show(1)", show=False),
        Binding("s", "save('html')", show=False),
        Binding("m", "save('md')", show=False),
    ]

    def __init__(self, peer: Peer, notes: Notes, folder: Path | None) -> None:
        """`folder`: where files are kept; None at a gateway, whose visitor could not get at them."""
        super().__init__(classes="dialog")
        self._peer = peer
        self._notes = notes
        self._folder = folder
        self._reports: list[Report | None] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """The report in a part that scrolls, and the keys."""
        with Vertical(classes="box wide tall"):  # no words: style classes
            with VerticalScroll(classes="scroll", can_focus=False):
                yield Static(READING, markup=False, id="report")
            yield Static(_("esc closes"), classes="keys", markup=False)

    def on_mount(self) -> None:
        """Begins to read."""
        self._read()

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        try:
            entries = await self._peer.history(progress=self._progress)
            room, keys, now = self._peer.link.room, self._peer.keys, self._peer.now()
            told = await asyncio.to_thread(chronicle, room, entries, keys, now=now)
        except (TurnedAway, HistoryUnreadable) as error:
            cannot = _("The record cannot be read now.")
            self._say(f"{cannot} {error}")
            return
        notes = [MyNote(note.text, note.created) for note in sorted(self._notes.all(), key=lambda n: n.created)]
        self._reports = [last_session(told, self._peer.seat), record(told, self._peer.seat, notes)]
        self.query_one(".keys", Static).update(KEYS if self._folder is not None else KEYS_AT_GATEWAY)
        self.action_show(0)

    def _progress(self, done: int, expected: int) -> None:
        if done < expected:
            read = ngettext("{done} of {n} entry", "{done} of {n} entries", expected).format(done=done, n=expected)
            self._say(f"{READING} {read}")

    def _say(self, text: str) -> None:
        self.query_one("#report", Static).update(Content(text))

    def action_show(self, index: int) -> None:
        """One of the two."""
        if index >= len(self._reports):
            return
        self._at = index
        report = self._reports[index]
        self._say("\n".join(lines.render(report)) if report is not None else NOTHING)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_save(self, kind: str) -> None:
        """Keeps it as a file that only its owner may read."""
        report = self._reports[self._at] if self._at < len(self._reports) else None
        if report is None or self._folder is None:
            return
        content = html.render(report) if kind == "html" else markdown.render(report)
        path = _free(self._folder, Outlook(self._peer).room_name, ("session", "own-record")[self._at], kind)
        try:
            whole_file.save(path, content.encode())
        except UserError as error:
            self.query_one(".keys", Static).update(f"{error.title} {error.advice}")
            return
        self.query_one(".keys", Static).update(_("Kept: {path}").format(path=path))

    def action_close(self) -> None:
        """Back to the session."""
        self.dismiss(None)

    def action_scroll(self, pages: int) -> None:
        """A page up or down."""
        part = self.query_one(VerticalScroll)
        part.scroll_relative(y=pages * max(1, part.size.height - 1), animate=False)

    def action_line(self, count: int) -> None:
        """A line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=count, animate=False)


def _free(folder: Path, room_name: str, what: str, suffix: str) -> Path:
    """A name in the folder that nothing has."""
    stem = archive.file_name(room_name, time.strftime("%Y-%m-%d")).removesuffix(archive.SUFFIX)
    number = 1
    while (path := folder / f"{stem}-{what}{f'-{number}' if number > 1 else ''}.{suffix}").exists():
        number += 1
    return path
