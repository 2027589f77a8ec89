"""The three words over the screen: one member reads theirs aloud, everybody else looks whether they are the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.types import CSSPathType

from evenly_client.checkins import wording
from evenly_client.peer import Notice, Peer
from evenly_client.screens.armed import Armed
from evenly_client.screens.checkins.following import Following
from evenly_client.screens.checkins.saying import lines
from evenly_client.screens.looks import BLANK, Look, Row, Span, flowed
from evenly_client.screens.rows import Rows
from evenly_client.translation import _, pgettext

ASKED: Final = _("Press y if yours are the same, n if they are not.")
SAME: Final = _("Compared: nobody stands between you.")
WIDTH: Final = 73
WORDS_AT: Final = 6


class ThreeWords(Armed[str], ModalScreen[str]):
    """Closes with a sentence that is to be said, empty for none."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs.tcss", "checkins.tcss"]
    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, peer: Peer, following: Following) -> None:
        super().__init__(classes="dialog")
        self._peer = peer
        self._following = following
        self._words: Sequence[str] = ()
        self._differ = False

    def compose(self) -> ComposeResult:
        """What is to be done, the words, the keys."""
        with Vertical(classes="box asked"):  # no words: classes
            yield Rows([BLANK], id="said")
            yield Rows([BLANK], id="keys")

    def on_mount(self) -> None:
        """The words change with the keys of those who are there."""
        self._unwatch = self._peer.watch(self._noticed)
        self._paint()

    def on_unmount(self) -> None:
        """Follows no longer."""
        self._unwatch()

    def on_resize(self, event: events.Resize) -> None:
        """The lines are broken anew."""
        self._paint()

    def _noticed(self, notice: Notice) -> None:
        epoch = self._following.check_ins.mine.epoch
        if epoch is not None and epoch.words != self._words:
            self._paint()

    def _paint(self) -> None:
        epoch = self._following.check_ins.mine.epoch
        if not self.size.width or (epoch is None and not self._differ):
            return
        if epoch is not None and epoch.words != self._words and not self._differ:
            self._words, self.armed = epoch.words, False
        width = min(WIDTH, self.size.width * 96 // 100 - 6)
        self.query_one("#said", Rows).show(self._said(width))
        self.query_one("#keys", Rows).show(flowed(self._keys(), width, 1))

    def _said(self, width: int) -> list[Row]:
        if self._differ:
            return lines(wording.WORDS_DIFFER, Look.STRONG, width, 4)
        rows = lines(wording.COMPARE, Look.NOTE, width, 3)
        for word in self._words:
            rows += [BLANK, Row((Span(" " * WORDS_AT), Span(f" {' '.join(word.upper())} ", Look.MINE)), (), word)]
        # Translators: whose words are to be the same.
        who = _("With: {names}").format(names=", ".join(self._following.names))
        return [*rows, BLANK, *lines(ASKED, Look.STRONG, width, 2), *lines(who, Look.DIM, width, 4)]

    def _keys(self) -> list[tuple[Span, ...]]:
        if self._differ:
            return [_key("enter", pgettext("key", "closes"), "close")]
        return [
            _key("y", pgettext("key", "the same"), "y"),
            _key("n", pgettext("key", "not the same"), "n"),
            _key("esc", pgettext("key", "later"), "close"),
        ]

    def on_key(self, event: events.Key) -> None:
        """The two answers."""
        event.stop()
        event.prevent_default()
        self._press("close" if event.key in ("escape", "enter") else event.character or "")

    @on(Rows.Pressed)
    def _clicked(self, event: Rows.Pressed) -> None:
        event.stop()
        self._press(event.action)

    def _press(self, what: str) -> None:
        if what == "close":
            self.dismiss("")
        elif what == "y" and not self._differ:
            if self._following.check_ins.words_compared(self._words, match=True):
                self.dismiss(SAME)
        elif what == "n" and not self._differ:
            self._following.check_ins.words_compared(self._words, match=False)
            self._differ = True
            self._paint()


def _key(key: str, words: str, press: str) -> tuple[Span, ...]:
    return (Span(key, Look.KEY, press), Span(f" {words}", Look.PLAIN, press))
