"""The program on the screen: one peer, one session screen, and what stands before it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar

from evenly_protocol.members import LeaveCall
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import Purpose
from textual import events, on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from evenly_client.config import Config
from evenly_client.peer import Notice, Peer, State, StateChanged, TurnedAway
from evenly_client.screens import themes
from evenly_client.screens.agreement import AgreementScreen
from evenly_client.screens.dialogs import Armed
from evenly_client.screens.keys import Keymap
from evenly_client.screens.lobby_wait import LobbyWait, TurnedAwayScreen
from evenly_client.screens.practice import Practice
from evenly_client.screens.session import SessionScreen
from evenly_client.screens.terminal import Terminal
from evenly_client.store import Store

LEAVE_WITHIN_S = 1.0


class EvenlyApp(App[None]):
    """The session's screen, run until its member leaves or is turned away.

    Attributes:
        farewell: a sentence or two for whoever started this to print afterwards; may be empty.
        return_code: 0 for leaving, 1 for being turned away.
    """

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    TITLE = "Evenly"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "leave", show=False, priority=True),
        Binding("ctrl+c", "say_leave", "", show=False, system=True),
    ]

    def __init__(
        self,
        peer: Peer,
        config: Config,
        store: Store | None = None,
        *,
        practice: bool = False,
        beside: Callable[[], Awaitable[None]] | None = None,
        status: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """A screen for `peer`, which is started and stopped here.

        `practice`: begin with the practice of the one key, unless this profile has been through it. `beside` runs
        next to the peer (the rehearsal). `status` stands in the header ("not encrypted"). `clock`: seconds.
        """
        super().__init__()
        self._peer = peer
        self._config = config
        self._store = store
        self._beside = beside
        self._clock = clock
        self._keys = Keymap(config)
        self._practising = practice and (store is None or not store.practice_done)
        self._entered = False
        self._leaving = False
        self._gate: Screen[None] | None = None
        self._last_key = float("-inf")
        self._view = getattr(peer, "purpose", getattr(peer, "_purpose", None)) is Purpose.VIEW
        self.farewell = ""
        self.terminal = Terminal(self._write, bell=config.bell, notify=config.notify)
        for theme in themes.THEMES:
            self.register_theme(theme)
        remembered = store.setting("theme") if store is not None else None
        self.theme = themes.chosen(config.theme or remembered, self.available_themes, no_color=self.no_color)
        if not config.motion:
            self.animation_level = "none"
        usable = [t for t in self.available_themes if not (self.no_color and "ansi" in t)]
        own = [t.name for t in themes.THEMES]
        self.session = SessionScreen(
            peer,
            self._keys,
            self.terminal,
            clock,
            store=store,
            status=status,
            view=self._view,
            themes=[*own, *sorted(t for t in usable if t not in own)],
        )

    # -- life ----------------------------------------------------------------------------------------------------

    async def on_mount(self) -> None:
        """The session's screen, with whatever stands before it on top; the peer beside."""
        self.terminal.begin()
        self._unwatch = self._peer.watch(self._noticed)
        await self.push_screen(self.session)
        self._settle()
        self._peer.start()
        if self._beside is not None:
            self.run_worker(self._run_beside(self._beside), name="beside", group="beside", exit_on_error=False)
        unknown = self._keys.unknown(self._config)
        if unknown:
            self.session.say(f"config.toml, [keys]: {unknown[0]} is not an action. ? lists the keys.")

    async def _run_beside(self, beside: Callable[[], Awaitable[None]]) -> None:
        try:
            await beside()
        except Exception as error:
            self.farewell = f"The rehearsal has stopped ({type(error).__name__}: {error})."
            self.exit(return_code=1)

    async def on_unmount(self) -> None:
        """Gives the terminal's title back, and ends the connection."""
        self._unwatch()
        self.terminal.end()
        await self._peer.stop()

    def _write(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    # -- what stands before the session --------------------------------------------------------------------------

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self.call_later(self._settle)

    def _settle(self) -> None:
        """Puts up the screen that goes with the connection's state, and takes down the one that did."""
        state = self._peer.state
        if state is State.LIVE:
            self._entered = True
        if self._leaving:
            return
        if state is not State.AGREEMENT:
            self.session.agreement_waits = False
        wanted = self._wanted(state)
        if isinstance(self._gate, LobbyWait) and isinstance(wanted, LobbyWait):
            self._gate.say(state, self._peer.trouble if state is State.LOST else "")
            return
        if self._gate is not None and wanted is not None and type(self._gate) is type(wanted):
            return
        before, self._gate = self._gate, wanted
        if before is not None and before.is_attached:
            before.dismiss(None)
        if isinstance(wanted, Practice):
            self.push_screen(wanted, self._practised)
        elif wanted is not None:
            self.push_screen(wanted)

    def _wanted(self, state: State) -> Screen[None] | None:
        if state is State.ENDED:
            return self._turned_away()
        if self._practising:
            return Practice(self._keys, self._clock)
        if state is State.AGREEMENT:
            if self.session.typing and not self._agreement_asked:
                self.session.agreement_waits = True
                return None
            return AgreementScreen(self._agreement_text())
        if state is State.LOBBY or not self._entered:
            return LobbyWait(state)
        return None

    _agreement_asked = False

    def _turned_away(self) -> Screen[None]:
        trouble = self._peer.trouble
        title, _, advice = trouble.partition(". ")
        self.farewell = trouble
        return TurnedAwayScreen(f"{title.rstrip('.')}.", advice or "Ask whoever invited you.")

    def _practised(self, result: None) -> None:
        self._practising = False
        if isinstance(self._gate, Practice):
            self._gate = None
        if self._store is not None:
            self._store.keep_practice_done()
        self._settle()

    def _agreement_text(self) -> str:
        asked = self._peer.agreement
        if asked is None or not asked.text:
            return "The group has not written anything down yet."
        return self._peer.sealer.open(FieldKind.AGREEMENT, asked.text, asked.author, asked.id, lines=True)

    @on(SessionScreen.AgreementWanted)
    def _read_agreement(self) -> None:
        self._agreement_asked = True
        self._settle()
        self._agreement_asked = False

    @on(AgreementScreen.Answered)
    def _answered(self, event: AgreementScreen.Answered) -> None:
        self.run_worker(self._answer_agreement(talk=event.talk), group="agreement", exit_on_error=False)

    async def _answer_agreement(self, *, talk: bool) -> None:
        with suppress(TurnedAway):
            await self._peer.answer_agreement(talk=talk)

    @on(TurnedAwayScreen.Read)
    def _over(self) -> None:
        self.exit(return_code=1)

    # -- keys ----------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """A dialog that has just come takes no key that was meant for what was there before."""
        if isinstance(event, events.Key):
            now = self._clock()
            quiet, self._last_key = now - self._last_key, now
            screen = self.screen if self._screen_stack else None
            if isinstance(screen, Armed) and event.key not in ("escape", "ctrl+q") and not screen.arm(quiet):
                return
        await super().on_event(event)

    async def action_leave(self) -> None:
        """Leaves; whoever leads a running session is asked first."""
        if self.screen is self.session:
            self.session.press("leave")
        elif self._gate is not None and self.screen is self._gate:
            self.post_message(SessionScreen.Leaving())
        else:
            self.screen.dismiss(None)

    def action_say_leave(self) -> None:
        """ctrl+c is what many try first."""
        self.session.say("ctrl+q leaves.")

    @on(SessionScreen.Leaving)
    async def _leave(self) -> None:
        if self._leaving:
            return
        self._leaving = True
        if self._peer.state is State.ENDED:
            self.exit(return_code=1)
            return
        me = self._peer.room.members.get(self._peer.seat)
        on_call = self._peer.room.running is not None and me is not None and me.attending
        if on_call and not self._view and self._peer.state is State.LIVE:
            with suppress(TimeoutError, TurnedAway):
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    await self._peer.ask(LeaveCall())
        if not self.farewell and not self._view:
            self.farewell = "You have left. `evenly join` brings you back, any time."
        self.exit(return_code=0)

    @on(SessionScreen.Themed)
    def _themed(self, event: SessionScreen.Themed) -> None:
        self.theme = event.theme
        if self._store is not None:
            self._store.keep_setting("theme", event.theme)
