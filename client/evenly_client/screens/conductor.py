"""Which screen is there when: the peer's state decides what stands before the session, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from evenly_protocol.attendance import LeaveCall
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import Purpose
from textual.screen import Screen

from evenly_client.peer import Notice, Peer, State, StateChanged, TurnedAway
from evenly_client.screens import themes
from evenly_client.screens.agreement import AgreementScreen
from evenly_client.screens.keys import Keymap
from evenly_client.screens.lobby_wait import LobbyWait, TurnedAwayScreen
from evenly_client.screens.opening import Opening
from evenly_client.screens.practice import Practice
from evenly_client.screens.session import SessionScreen
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.screens.app import EvenlyApp

LEAVE_WITHIN_S = 1.0


class Conductor:
    """One peer, one session screen, and a gate on top of it as long as there is one.

    Attributes:
        session: the session's screen; it is there, below whatever stands before it, from `begin` on.
    """

    def __init__(self, app: EvenlyApp, peer: Peer, *, status: str, practice: bool) -> None:
        """As `EvenlyApp`, which this works for."""
        self._app = app
        self._peer = peer
        self._keys = Keymap(app.config)
        self._practising = practice and (app.store is None or not app.store.practice_done)
        self._entered = False
        self._leaving = False
        self._agreement_asked = False
        self._gate: Screen[None] | None = None
        self._view = peer.purpose is Purpose.VIEW
        self._unwatch = peer.watch(self._noticed)
        self.session = SessionScreen(
            peer,
            self._keys,
            app.terminal,
            app.clock,
            store=app.store,
            status=status,
            view=self._view,
            themes=themes.offered(app.available_themes, no_color=app.no_color),
        )

    # -- life ----------------------------------------------------------------------------------------------------

    async def begin(self, beside: Callable[[], Awaitable[None]] | None) -> None:
        """Connects; puts up the session's screen with whatever stands before it on top. `beside` runs along."""
        self._peer.start()
        with self._app.batch_update():
            await self._app.push_screen(self.session)
            self._settle()
        if beside is not None:
            self._app.run_worker(self._run_beside(beside), name="beside", group="beside", exit_on_error=False)
        unknown = self._keys.unknown(self._app.config)
        if unknown:
            self.session.say(
                _("config.toml, [keys]: {name} is not an action. ? lists the keys.").format(name=unknown[0])
            )

    async def _run_beside(self, beside: Callable[[], Awaitable[None]]) -> None:
        try:
            await beside()
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._app.farewell = _("The rehearsal has stopped ({why}).").format(why=why)
            self._app.exit(return_code=1)

    async def end(self) -> None:
        """Ends the connection."""
        self._unwatch()
        await self._peer.stop()

    # -- what stands before the session --------------------------------------------------------------------------

    def _noticed(self, notice: Notice) -> None:
        if isinstance(notice, StateChanged):
            self._app.call_later(self._settle)

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
        if isinstance(self._gate, Opening) and isinstance(wanted, Opening):
            self._gate.say(self._trouble)
            return
        if self._gate is not None and wanted is not None and type(self._gate) is type(wanted):
            return
        before, self._gate = self._gate, wanted
        if before is not None and before.is_attached:
            before.dismiss(None)
        if isinstance(wanted, Practice):
            self._app.push_screen(wanted, self._practised)
        elif wanted is not None:
            self._app.push_screen(wanted)

    def _wanted(self, state: State) -> Screen[None] | None:
        if state is State.ENDED:
            return self._turned_away()
        if self._practising:
            return Practice(self._keys, self._app.clock)
        if state is State.AGREEMENT:
            if self.session.typing and not self._agreement_asked:
                self.session.agreement_waits = True
                return None
            return AgreementScreen(self._agreement_text())
        if state is State.LOBBY:
            return LobbyWait()
        if self._entered:
            return None
        return Opening(self._app.room_name, self._trouble, at_gateway=self._peer.at_gateway)

    @property
    def _trouble(self) -> str:
        return self._peer.trouble if self._peer.state is State.LOST else ""

    def _turned_away(self) -> Screen[None]:
        self._app.farewell = self._peer.trouble
        away = self._peer.turned_away
        if away is None:
            return TurnedAwayScreen(self._peer.trouble, _("Ask whoever invited you."))
        return TurnedAwayScreen(away.title, away.advice)

    def _practised(self, result: None) -> None:
        self._practising = False
        if isinstance(self._gate, Practice):
            self._gate = None
        if self._app.store is not None:
            self._app.store.keep_practice_done()
        self._settle()

    # -- the agreement -------------------------------------------------------------------------------------------

    def _agreement_text(self) -> str:
        asked = self._peer.agreement
        if asked is None or not asked.text:
            return _("The group has not written anything down yet.")
        return self._peer.sealer.open(FieldKind.AGREEMENT, asked.text, asked.author, asked.id, lines=True)

    def read_agreement(self) -> None:
        """Puts it up, over a text that is being typed."""
        self._agreement_asked = True
        self._settle()
        self._agreement_asked = False

    def answer_agreement(self, *, talk: bool) -> None:
        """It is accepted; with `talk` the facilitators are told that one would like to talk about it."""
        self._app.run_worker(self._answer_agreement(talk=talk), group="agreement", exit_on_error=False)

    async def _answer_agreement(self, *, talk: bool) -> None:
        with suppress(TurnedAway):
            await self._peer.answer_agreement(talk=talk)

    # -- leaving -------------------------------------------------------------------------------------------------

    async def asked_to_leave(self) -> None:
        """The key for leaving: it closes a dialog, and leaves from anywhere else."""
        screen = self._app.screen
        if screen is self.session:
            self.session.press("leave")
        elif screen is self._gate or isinstance(screen, Opening):
            await self.leave()
        else:
            screen.dismiss(None)

    async def leave(self) -> None:
        """Leaves: off the call, if the server can be told so soon."""
        if self._leaving:
            return
        self._leaving = True
        if self._peer.state is State.ENDED:
            self._app.exit(return_code=1)
            return
        me = self._peer.room.members.get(self._peer.seat)
        on_call = self._peer.room.running is not None and me is not None and me.attending
        if on_call and not self._view and self._peer.state is State.LIVE:
            with suppress(TimeoutError, TurnedAway):
                async with asyncio.timeout(LEAVE_WITHIN_S):
                    await self._peer.ask(LeaveCall())
        if not self._app.farewell and not self._view:
            self._app.farewell = (
                _("You have left. Come in again as you came before, any time.")
                if self._peer.at_gateway
                else _("You have left. `evenly join` brings you back, any time.")
            )
        self._app.exit(return_code=0)
