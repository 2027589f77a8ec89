"""A widget of rows: each is known by what it is about, and only those that changed are painted again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from evenly_client.screens.looks import Look, Row


class Rows(Widget):
    """Shows rows, one line each, cut to its width. Nothing in them is ever read as markup."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"rows--{look}" for look in Look}
    ALLOW_SELECT = False
    can_focus = False

    class Pressed(Message):
        """A row was clicked. `action`: of the span under the pointer; `key`: what the row is about."""

        def __init__(self, action: str, key: Hashable) -> None:
            self.action = action
            self.key = key
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []
        self.add_class("-empty")

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def show(self, rows: list[Row]) -> None:
        """Shows these rows. The layout changes only when their number does."""
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self.styles.height = len(rows)
            self.set_class(not rows, "-empty")
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The whole width it is given."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line a row."""
        return len(self._rows)

    def render_line(self, y: int) -> Strip:
        """The strip of one row."""
        width = self.size.width
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[y]
        base = self._style(row.look)
        segments = [
            Segment(span.text, base if span.look is Look.PLAIN else self._style(span.look))
            for span in row.fitted(width)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, look: Look) -> Style:
        return self.get_component_rich_style(f"rows--{look}")

    def on_click(self, event: events.Click) -> None:
        """Says what was clicked."""
        if not 0 <= event.y < len(self._rows):
            return
        row = self._rows[event.y]
        self.post_message(self.Pressed(_pressed_at(row, event.x, self.size.width), row.key))


def _pressed_at(row: Row, x: int, width: int) -> str:
    at = 0
    for span in row.fitted(width):
        at += cell_len(span.text)
        if x < at:
            return span.press
    return ""
