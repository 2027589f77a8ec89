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

KEYS: Final = (
    ("↑ ↓", "choose an item; page up, page down, home and end too"),
    ("enter", "open it: all of it, and what can be done with it"),
    ("tab", "the next board; shift+tab the one before; or 1 to 6"),
    ("a", "add something to this board; on the series: plan it"),
    ("f", "actions, exchange: what is shown"),
    ("r", "actions: the review, owner by owner"),
    ("t", "actions: type one for somebody else, to confirm"),
    ("m", "exchange: an ask is met"),
    ("k", "questions: keep those on my issue to me, or share"),
    ("s", "questions: all of them into my notes"),
    ("space h", "my hand, and the pause, as in the session"),
    ("esc b", "back to the session"),
)
"""What the help lists."""


class BoardKeys(ModalScreen[None]):
    """The keys of the boards; closes with escape, `?` or enter."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs.tcss", "boards.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,q", "close", "close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def compose(self) -> ComposeResult:
        """A line a key."""
        with Vertical(classes="box wide"):
            yield Static("Keys on the boards", classes="title", markup=False)
            yield Static("\n".join(f" {key:<8} {words}" for key, words in KEYS), markup=False)
            yield Static("esc closes", classes="keys", markup=False)

    def action_close(self) -> None:
        """Back to the boards."""
        self.dismiss(None)


def footer(found: Sequence[tuple[str, str]], width: int) -> list[Row]:
    """The keys that do something; how one gets on and back always has its place."""
    tail = [_key(key, word) for key, word in (("tab", "board"), ("?", "keys"), ("esc", "session"))]
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
    return (Span(key, Look.KEY, f"key:{key}"), Span(f" {word}", Look.PLAIN, f"key:{key}"))
