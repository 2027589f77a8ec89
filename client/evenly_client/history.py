"""A room's whole record, asked for page by page: what reports and archives are made of.

Leafing           which page to ask for next, and what has come: knows no connection
HistoryReader     one such reading at a time, over a connection that may break and come back

HistoryUnreadable     the server's pages do not fit together, or hold what is no entry
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum

import msgspec
from evenly_protocol.room import Entry
from evenly_protocol.wire import Entries, History, Unreadable, read_entry

from evenly_client.errors import UserError
from evenly_client.translation import _

Progress = Callable[[int, int], None]
"""Called as entries come with how many there are, and how many to expect."""

IN_VAIN_AT_MOST = 8
"""Pages in a row that were no answer, after which the server is not asked again."""

AGAIN_AFTER_S = 0.5
"""Seconds until a page is asked for again that was asked for too fast."""


class HistoryUnreadable(UserError):
    """What the server sends as the room's record is none."""

    def __init__(self, title: str) -> None:
        super().__init__(title, _("Update Evenly; if that does not help, tell whoever runs the server."))


class Answer(Enum):
    """What a page was: one that others follow, the last one, or none to what was asked."""

    MORE = "more"
    LAST = "last"
    NONE = "none"


class Leafing:
    """Pages become one record without a gap, in whatever way they come.

    Attributes:
        bodies: each entry as the journal has it, oldest first; number n at n - 1.
        entries: the same, read; without the events that this version does not know.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.entries: list[Entry] = []
        self._asked = 0
        self._in_vain = 0

    def next(self) -> History:
        """What to ask for: all that follows."""
        self._asked = len(self.bodies)
        return History(self._asked)

    def after_a_break(self) -> History:
        """The same from the last entry on, to see that it is still the one: servers are restored from backups."""
        self._asked = max(0, len(self.bodies) - 1)
        return History(self._asked)

    def take(self, page: Entries, expected: int) -> Answer:
        """Takes a page in, if it is the answer to what was asked last. `expected`: the entries there are at least.

        Raises:
            HistoryUnreadable: it holds what is no entry, or the server goes on sending what does not follow.
        """
        read = [(bytes(raw), _read(raw)) for raw in page.entries]
        before = len(self.bodies)
        answers = [entry.seq for _, entry in read] == list(range(self._asked + 1, self._asked + 1 + len(read)))
        if answers and not read and self._asked < before:
            self._begin_anew()  # the entry that was there is no more
        elif answers:
            for body, entry in read:
                self._put(body, entry)
            if not page.more and len(self.bodies) >= max(1, expected):
                return Answer.LAST
        self._in_vain = 0 if len(self.bodies) > before else self._in_vain + 1
        if self._in_vain >= IN_VAIN_AT_MOST:
            raise HistoryUnreadable(_("The server's record of this room has gaps."))
        return Answer.MORE if answers else Answer.NONE

    def _put(self, body: bytes, entry: Entry) -> None:
        held = len(self.bodies)
        if entry.seq <= held and self.bodies[entry.seq - 1] == body:
            return
        if entry.seq <= held:
            self._begin_anew()
        if entry.seq == len(self.bodies) + 1:
            self.bodies.append(body)
            self.entries.append(entry)

    def _begin_anew(self) -> None:
        """It is another record than the one that was begun."""
        self.bodies.clear()
        self.entries.clear()


def _read(raw: msgspec.Raw) -> Entry:
    try:
        return read_entry(raw)[0]
    except Unreadable:
        raise HistoryUnreadable(_("The server's record of this room cannot be read.")) from None


class HistoryReader:
    """Reads a room's record over a connection; whoever asks while somebody is reading waits for their turn.

    `ask` sends a frame if the room is live, `head` says how many entries it has as far as this device knows.
    """

    def __init__(self, ask: Callable[[History], None], head: Callable[[], int]) -> None:
        self._ask = ask
        self._head = head
        self._turn = asyncio.Lock()
        self._leafing: Leafing | None = None
        self._whole: asyncio.Future[None] | None = None
        self._expected = 0
        self._progress: Progress | None = None
        self._again: asyncio.TimerHandle | None = None
        self._ended: Exception | None = None

    async def read(self, progress: Progress | None = None) -> Leafing:
        """The record from the first entry to the server's last.

        Raises:
            HistoryUnreadable: the server's answers are no record.
            Exception: that with which the connection has ended for good.
        """
        async with self._turn:
            if self._ended is not None:
                raise self._ended
            leafing = self._leafing = Leafing()
            self._whole = asyncio.get_running_loop().create_future()
            self._expected, self._progress = self._head(), progress
            self._ask(leafing.next())
            try:
                await self._whole
            finally:
                self._leafing = self._whole = self._progress = None
                self._do_not_ask_again()
            return leafing

    def page(self, page: Entries) -> None:
        """A page has come."""
        leafing, whole = self._leafing, self._whole
        if leafing is None or whole is None or whole.done():
            return
        try:
            # A server restored from a backup has fewer entries than there were at first.
            answer = leafing.take(page, min(self._expected, self._head()))
        except HistoryUnreadable as error:
            whole.set_exception(error)
            return
        if self._progress is not None:
            self._progress(len(leafing.bodies), max(len(leafing.bodies), self._head()))
        if answer is Answer.LAST:
            whole.set_result(None)
        elif answer is Answer.MORE:
            self._do_not_ask_again()
            self._ask(leafing.next())
        else:  # the answer may be on its way
            self._ask_later()

    def live(self) -> None:
        """The room is live, for the first time or again: what was under way is asked for again."""
        if self._leafing is not None:
            self._do_not_ask_again()
            self._ask(self._leafing.after_a_break())

    def too_fast(self) -> None:
        """Something was asked for too fast; perhaps a page."""
        if self._leafing is not None:
            self._ask_later()

    def _ask_later(self) -> None:
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(AGAIN_AFTER_S, self._ask_again)

    def _ask_again(self) -> None:
        self._again = None
        if self._leafing is not None:
            self._ask(self._leafing.next())

    def end(self, error: Exception) -> None:
        """The connection has ended for good."""
        self._ended = error
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(error)

    def _do_not_ask_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
