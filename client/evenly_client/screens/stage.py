"""A screen to share in the call: who speaks, who is next, what is going on. No air time, no link, nobody's text.

It is read from across a room, and calls are recorded: names stand alone and large, and no figure moves.
"""

from __future__ import annotations

from typing import ClassVar, Final

from evenly_protocol.words import GENERAL_TALK, FloorMode
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from evenly_client import phrases
from evenly_client.config import Config
from evenly_client.outlook import Outlook
from evenly_client.peer import Notice, Peer, State, StateChanged
from evenly_client.screens import themes
from evenly_client.screens.typed_bytes import take_any_bytes
from evenly_client.translation import _

PAINT_AFTER_S: Final = 0.05
NEXT_AT_MOST: Final = 3


class StageApp(App[None]):
    """Shows, and takes no command but ctrl+q."""

    CSS_PATH = "stage.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q,q", "leave", show=False, priority=True)]

    def __init__(self, peer: Peer, config: Config) -> None:
        """A stage for `peer` (of `Purpose.STAGE`), which is started and stopped here."""
        super().__init__()
        take_any_bytes()
        self._peer = peer
        self._painting: Timer | None = None
        self.farewell = ""
        for theme in themes.THEMES:
            self.register_theme(theme)
        few_colours = themes.has_few_colours(self.console)
        self.theme = themes.chosen(config.theme, self.available_themes, no_color=self.no_color, few_colours=few_colours)
        if not config.motion:
            self.animation_level = "none"

    def get_default_screen(self) -> Screen[None]:
        """The one screen."""
        return StageScreen(self._peer)

    def on_mount(self) -> None:
        """Connects."""
        self._peer.start()
        self._unwatch = self._peer.watch(self._noticed)

    async def on_unmount(self) -> None:
        """Ends the connection."""
        self._unwatch()
        await self._peer.stop()

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged) and notice.state is State.ENDED:
            self.farewell = self._peer.trouble
            self.exit(return_code=1)
        elif self._painting is None:
            self._painting = self.set_timer(PAINT_AFTER_S, self._paint)

    def _paint(self) -> None:
        self._painting = None
        screen = self.screen
        if isinstance(screen, StageScreen):
            screen.paint()

    def action_leave(self) -> None:
        """Closes it; the session goes on."""
        self.exit(return_code=0)


class StageScreen(Screen[None]):
    """The room, what is going on, who speaks, who comes next."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._peer = peer

    def compose(self) -> ComposeResult:
        """Four texts below one another, in the middle."""
        with Vertical(id="stage"):
            yield Static(id="phase", markup=False)
            yield Static(id="speaking", markup=False)
            yield Static(id="words", markup=False)
            yield Static(id="next", markup=False)

    def on_mount(self) -> None:
        """Shows what there is."""
        self.paint()

    def paint(self) -> None:
        """Shows what is so now."""
        o = Outlook(self._peer)
        texts = {
            "phase": stage_phase(o),
            "speaking": stage_speaking(o),
            "words": "" if o.session is None or not o.held else _("Take the time you need."),
            "next": stage_next(o),
        }
        for name, text in texts.items():
            self.query_one(f"#{name}", Static).update(Content(text))


def stage_phase(o: Outlook) -> str:
    """The room, the phase and its end; how the connection stands, if it does not."""
    facts = [o.room_name, f"{o.phase} {o.until}".strip()]
    if o.peer.state is not State.LIVE:
        facts.append(_("connecting") if not o.room.seq else _("reconnecting"))
    return " · ".join(facts)


def stage_speaking(o: Outlook) -> str:
    """Who speaks, by name; while pairs talk, who talks with whom."""
    if o.session is None:
        return ""
    if o.held:
        return _("Paused")
    pairs = o.session.pairs
    if pairs is not None and not pairs.over:
        return "\n".join(phrases.listed([_name(o, seat) for seat in group]) for group in pairs.groups)
    names = [_name(o, who.seat) for who in o.speaking() if who.seat != GENERAL_TALK]
    if names:
        return "\n".join(names[:4])
    return phrases.MODE_WORDS[FloorMode.SILENCE] if o.floor.mode is FloorMode.SILENCE else ""


def stage_next(o: Outlook) -> str:
    """Who comes next, by name."""
    pairs = None if o.session is None else o.session.pairs
    if pairs is not None and not pairs.over:
        return _("back at {time}").format(time=phrases.time_of_day(pairs.ends_at))
    if o.session is None or o.held or o.floor.mode in (FloorMode.SILENCE, FloorMode.OPEN, FloorMode.SOLO):
        return ""
    names = [_name(o, waiting.seat) for waiting in o.waiting()[:NEXT_AT_MOST]]
    return _("next: {names}").format(names=phrases.listed(names)) if names else ""


def _name(o: Outlook, seat: int) -> str:
    return o.peer.name_of(seat)
