"""The program on the screen. It paints a first frame at once; what goes on after that is the `Conductor`'s.

This module imports Textual and next to nothing else, so that something is seen while the rest is being imported:
the connection, the protocol, the session's screen. Messages of theirs are known here by their names alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from evenly_client.screens import themes
from evenly_client.screens.armed import Armed
from evenly_client.screens.opening import Opening
from evenly_client.screens.terminal import Terminal
from evenly_client.screens.typed_bytes import take_any_bytes
from evenly_client.told_to_end import STATUS, when_told_to_end
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.config import Config
    from evenly_client.peer import Peer
    from evenly_client.screens.agreement import AgreementScreen
    from evenly_client.screens.conductor import Conductor
    from evenly_client.screens.session import SessionScreen
    from evenly_client.store import Store

ALL_THE_REST = "evenly_client.screens.conductor"
UNNAMED = _("Peer session")


def _nothing() -> str:
    return ""


class EvenlyApp(App[None]):
    """A session's screen, run until its member leaves or is turned away.

    Attributes:
        farewell: a sentence or two for whoever started this to print afterwards; may be empty.
        failure: why it could not be begun, or None; for whoever started this to raise.
        return_code: 0 for leaving, 1 for being turned away.
        conductor: None before the first frame has been painted, and a moment longer.
    """

    CSS = themes.ANSI_CSS
    ENABLE_COMMAND_PALETTE = False
    TITLE = "Evenly"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "say_leave", show=False, system=True),
        Binding("ctrl+z", "into_background", show=False, priority=True),
    ]

    def __init__(
        self,
        make_peer: Callable[[], Peer],
        config: Config,
        store: Store | None = None,
        *,
        room: str = UNNAMED,
        practice: bool = False,
        beside: Callable[[], Awaitable[None]] | None = None,
        status: Callable[[], str] = _nothing,
        at_gateway: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """A screen for the peer that `make_peer` makes after the first frame; it is started and stopped here.

        `room`: its name as far as it is known. `practice`: begin with the practice of the one key, unless this
        profile has been through it. `beside` runs next to the peer (the rehearsal). `status`, asked when there is a
        peer, stands in the header ("not encrypted"). `at_gateway`: for somebody elsewhere, who is told what that means.
        `clock`: seconds.
        """
        super().__init__()
        take_any_bytes()
        self._make_peer = make_peer
        self.config = config
        self.store = store
        self.room_name = room
        self._at_gateway = at_gateway
        self._practice = practice
        self._beside = beside
        self._status = status
        self.clock = clock
        self._last_key = float("-inf")
        self._while_mounted = contextlib.ExitStack()
        self.conductor: Conductor | None = None
        self.failure: Exception | None = None
        self.farewell = ""
        self.terminal = Terminal(self._write, bell=config.bell, notify=config.notify)
        for theme in themes.THEMES:
            self.register_theme(theme)
        remembered = store.setting("theme") if store is not None else None
        few_colours = themes.has_few_colours(self.console)
        self.theme = themes.chosen(
            config.theme or remembered, self.available_themes, no_color=self.no_color, few_colours=few_colours
        )
        if not config.motion:
            self.animation_level = "none"

    # -- life ----------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """What is there at once."""
        return Opening(self.room_name, at_gateway=self._at_gateway)

    def on_mount(self) -> None:
        """The terminal's title is kept, to be given back."""
        self.terminal.begin()
        self._while_mounted.enter_context(when_told_to_end(lambda: self.exit(return_code=STATUS)))

    def on_opening_shown(self) -> None:
        """The first frame is painted: the rest may take its time."""
        if self.conductor is None:
            self.run_worker(self._hand_over(), name="hand over", group="hand over", exclusive=True)

    async def _hand_over(self) -> None:
        try:
            # In a thread: the screen and ctrl+q stay alive meanwhile.
            await asyncio.to_thread(importlib.import_module, ALL_THE_REST)
            from evenly_client.screens.conductor import Conductor

            conductor = Conductor(self, self._make_peer(), status=self._status(), practice=self._practice)
            self.conductor = conductor
            await conductor.begin(self._beside)
        except Exception as error:
            self.failure = error
            self.exit(return_code=1)

    async def on_unmount(self) -> None:
        """Gives the terminal's title back, and ends the connection."""
        self._while_mounted.close()
        self.terminal.end()
        if self.conductor is not None:
            await self.conductor.end()

    def _fatal_error(self) -> None:
        """A mistake of the program's ends it without a word here: Textual would print what is in memory.

        `failure` is raised again once the terminal is its user's, and told in two lines, the trace kept in a file.
        """
        if isinstance(self._exception, Exception):
            self.failure = self._exception
        self._close_messages_no_wait()

    def _write(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    # -- keys ----------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """A dialog that has just come takes no key that was meant for what was there before."""
        if isinstance(event, events.Key):
            now = self.clock()
            quiet, self._last_key = now - self._last_key, now
            screen = self.screen if self._screen_stack else None
            if isinstance(screen, Armed) and event.key not in ("escape", "ctrl+q") and not screen.arm(quiet):
                return
        await super().on_event(event)

    def action_into_background(self) -> None:
        """As in any program of a shell, whose `fg` brings it back. A gateway is none."""
        if not self._at_gateway:
            self.action_suspend_process()

    async def action_leave(self) -> None:
        """Leaves, at once if nothing has begun; whoever leads a running session is asked first."""
        if self.conductor is None:
            self.exit(return_code=0)
        else:
            await self.conductor.asked_to_leave()

    def action_say_leave(self) -> None:
        """ctrl+c is what many try first."""
        if self.conductor is not None:
            self.conductor.session.say(_("ctrl+q leaves."))
        if isinstance(self.screen, Opening):
            self.screen.no_key_yet()

    # -- what the screens say ------------------------------------------------------------------------------------

    async def on_session_screen_leaving(self) -> None:
        """The member leaves."""
        if self.conductor is not None:
            await self.conductor.leave()

    def on_session_screen_themed(self, event: SessionScreen.Themed) -> None:
        """Another theme was chosen, for next time too."""
        self.theme = event.theme
        if self.store is not None:
            self.store.keep_setting("theme", event.theme)

    def on_session_screen_agreement_wanted(self) -> None:
        """The member wants to read the agreement now."""
        if self.conductor is not None:
            self.conductor.read_agreement()

    def on_agreement_screen_answered(self, event: AgreementScreen.Answered) -> None:
        """The agreement is answered."""
        if self.conductor is not None:
            self.conductor.answer_agreement(talk=event.talk)

    def on_turned_away_screen_read(self) -> None:
        """It is over, and that has been read."""
        self.exit(return_code=1)
