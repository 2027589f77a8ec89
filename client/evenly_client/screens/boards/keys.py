"""The keys of the boards: their help, and the line of those that do something now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.types import CSSPathType
from textual.widgets import Static

from evenly_client.screens.looks import BLANK, GAP, Look, Row, Span, flowed
from evenly_client.translation import _, pgettext

KEYS: Final = (
    ("↑ ↓", _("choose an item; page up, page down, home and end too")),
    ("enter", _("open it: all of it, and what can be done with it")),
    ("tab", _("the next board; shift+tab the one before; or 1 to 6")),
    ("a", _("add something to this board; on the series: plan it")),
    ("f", _("actions, exchange: what is shown")),
    ("r", _("actions: the review, owner by owner")),
    ("t", _("actions: type one for somebody else, to confirm")),
    ("m", _("exchange: an ask is met")),
    ("k", _("questions: keep those on my issue to me, or share")),
    ("s", _("questions: all of them into my notes")),
    ("space h", _("my hand, and the pause, as in the session")),  # no words: keys
    ("esc b", _("back to the session")),  # no words: keys
)
"""What the help lists."""


class BoardKeys(ModalScreen[None]):
    """The keys of the boards; closes with escape, `?` or enter."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs.tcss", "boards.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "close", pgettext("key", "close"), show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def compose(self) -> ComposeResult:
        """A line a key."""
        with Vertical(classes="box wide"):  # no words: classes
            yield Static(_("Keys on the boards"), classes="title", markup=False)
            yield Static("\n".join(f" {key:<8} {words}" for key, words in KEYS), markup=False)
            yield Static(_("esc closes"), classes="keys", markup=False)

    def action_close(self) -> None:
        """Back to the boards."""
        self.dismiss(None)


def footer(found: Sequence[tuple[str, str]], width: int) -> list[Row]:
    """The keys that do something; how one gets on and back always has its place."""
    tail = [
        _key(key, word)
        for key, word in (
            ("tab", pgettext("key", "board")),
            ("?", pgettext("key", "keys")),
            ("esc", pgettext("key", "session")),
        )
    ]
    room = width - 1 + GAP - sum(_cells(item) + GAP for item in tail)
    kept: list[tuple[Span, ...]] = []
    for item in (_key(key, word) for key, word in found):
        if _cells(item) + GAP <= room:
            kept.append(item)
            room -= _cells(item) + GAP
    return flowed([*kept, *tail], width, 1) or [BLANK]


def _cells(item: tuple[Span, ...]) -> int:
    return sum(cell_len(span.text) for span in item)


def _key(key: str, word: str) -> tuple[Span, ...]:
    press = f"key:{key}"
    return (Span(key, Look.KEY, press), Span(f" {word}", Look.PLAIN, press))
