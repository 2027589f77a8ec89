"""A widget of rows: each is known by what it is about, and only those that changed are painted again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

import textual.style
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.errors import NoWidget
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from evenly_client.screens.looks import Look, Made, Row

if TYPE_CHECKING:
    from textual.app import App


LOOKS: Final = {
    Look.PLAIN: "$foreground",
    Look.LABEL: "bold $primary",
    Look.DIM: "$foreground 75%",
    Look.STRONG: "bold $foreground",
    Look.MINE: "bold $accent",
    Look.KEY: "bold $accent",
    Look.NOTE: "$secondary",
    Look.BANNER: "bold $background on $accent",  # no words: a style
}
"""In the theme's colours. (Component classes would be matched for every row widget at every change of a style.)"""

LOOKS_WITHOUT_COLOURS: Final = {
    Look.PLAIN: "",
    Look.LABEL: "bold",
    Look.DIM: "",
    Look.STRONG: "bold",
    Look.MINE: "bold",
    Look.KEY: "bold",
    Look.NOTE: "",
    Look.BANNER: "bold reverse",  # no words: a style
}
"""In the terminal's own two colours. Nothing is faint: how faint that is, is the terminal's to say."""


class Rows(Widget):
    """Shows rows, one line each, cut to its width. Nothing in them is ever read as markup."""

    DEFAULT_CSS = """
    Rows {
        height: auto;
        width: 1fr;
        background: $background;
    }
    """
    ALLOW_SELECT = False
    can_focus = False

    class Pressed(Message):
        """A row was clicked. `action`: of the span under the pointer; `key`: what the row is about."""

        def __init__(self, action: str, key: Hashable) -> None:
            self.action = action
            self.key = key
            super().__init__()

    def __init__(self, rows: Sequence[Row] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Row] = rows
        self._take_room()
        self._styles: dict[Look, Style] = {}

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def show(self, rows: Sequence[Row]) -> None:
        """Shows these rows. The layout changes only when their number does.

        Of `Made` rows, those out of sight are not looked at.
        """
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self.styles.height = len(rows)
            self._take_room()
            self.refresh(layout=True)
            return
        in_sight = self._in_sight() if isinstance(rows, Made) else range(len(rows))
        width = self.size.width
        changed = [Region(0, y, width, 1) for y in in_sight if before[y] != rows[y]]
        if len(in_sight) < len(rows):
            # Painted anew when they are scrolled into sight.
            changed += [Region(0, 0, width, in_sight.start), Region(0, in_sight.stop, width, len(rows) - in_sight.stop)]
        if changed:
            self.refresh(*changed)

    def _take_room(self) -> None:
        """Without rows there is no room for it, whatever the stylesheet says; else that decides.

        (A class for it would be looked at only after the layout, and ask for a second one.)
        """
        self.styles.display = None if self._rows else "none"

    def _in_sight(self) -> range:
        """The rows that stand on the screen as it was laid out last."""
        try:
            place = self.screen.find_widget(self)
        except NoWidget:
            return range(0)
        top = max(0, place.visible_region.y - place.region.y)
        return range(top, min(len(self._rows), top + place.visible_region.height))

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
        if look not in self._styles:
            program: App[None] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            looks = LOOKS_WITHOUT_COLOURS if program.native_ansi_color else LOOKS
            own = textual.style.Style.parse(looks[look], program.theme_variables)
            self._styles[look] = (self.visual_style + own).rich_style
        return self._styles[look]

    def notify_style_update(self) -> None:
        """Another theme, or another ground: the looks are worked out anew."""
        self._styles.clear()
        super().notify_style_update()

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
