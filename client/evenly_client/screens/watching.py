"""A screen over a session that goes on: what happens only marks it, and it is painted at most 20 times a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.timer import Timer

from evenly_client.notes import Notes
from evenly_client.peer import Notice, Peer, StateChanged
from evenly_client.screens import parts
from evenly_client.screens.drafts import Drafts
from evenly_client.screens.hosting import Hosting
from evenly_client.screens.looks import Row
from evenly_client.screens.rows import Rows

PAINT_EVERY_S: Final = 0.05
WIDE_FROM: Final = 100
SMALL_UP_TO: Final = 60
LOW_UNDER: Final = 16
TALL_FROM: Final = 30
"""Lines with which a narrow screen shows everything all the same: a phone held upright."""


class Watching(Hosting):
    """Watches the peer as long as it is there; has the class `-wide`, or `-small`. It gives `paint` and `second`."""

    PARTS: ClassVar[frozenset[str]] = frozenset()
    """What is painted; `_mark` without a part marks them all."""

    def __init__(self, peer: Peer, notes: Notes, drafts: Drafts, clock: Callable[[], float]) -> None:
        super().__init__(peer, notes, drafts, clock)
        self._changed: set[str] = set()
        self._painting: Timer | None = None
        self._state_since = clock()

    def paint(self, changed: set[str]) -> None:
        """Paints the parts that have changed."""
        raise NotImplementedError

    def second(self) -> None:
        """A second has gone by."""
        raise NotImplementedError

    def noticed(self, notice: Notice) -> None:
        """What the peer has told; everything is marked after it."""

    def on_mount(self) -> None:
        """Watches the peer from now on."""
        self.set_interval(1.0, self.second)
        self._unwatch = self._peer.watch(self._watched)
        self._mark()

    def on_unmount(self) -> None:
        """Watches no longer."""
        self._unwatch()

    def on_resize(self, event: events.Resize) -> None:
        """Wide, or small, or in between."""
        self.set_class(event.size.width >= WIDE_FROM, "-wide")
        narrow = event.size.width <= SMALL_UP_TO and event.size.height < TALL_FROM
        self.set_class(narrow or event.size.height < LOW_UNDER, "-small")
        self._mark()

    @property
    def wide(self) -> bool:
        """Something stands beside."""
        return self.has_class("-wide")

    @property
    def state_lasts_s(self) -> float:
        """Since when the connection stands as it does, in seconds."""
        return self._clock() - self._state_since

    def connection(self, status: str = "") -> parts.Connection:
        """How the connection stands, for the header."""
        return parts.Connection(self._peer.state, self.state_lasts_s, self._peer.saving, status)

    def _watched(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._state_since = self._clock()
        self.noticed(notice)
        self._mark()

    def _mark(self, *changed: str) -> None:
        self._changed.update(changed or self.PARTS)
        if self._painting is None and self.is_mounted:
            self._painting = self.set_timer(PAINT_EVERY_S, self._paint_now)

    def _paint_now(self) -> None:
        self._painting = None
        changed, self._changed = self._changed, set()
        if self.is_running and self.size.width:
            self.paint(changed)

    def _show(self, part: str, rows: Sequence[Row]) -> None:
        self.query_one(f"#{part}", Rows).show(rows)
