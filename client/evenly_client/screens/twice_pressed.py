"""The keys that are pressed twice: the first press says what the second would do."""

from __future__ import annotations

from collections.abc import Callable

from evenly_protocol import turns, undo
from evenly_protocol.facts import Command

from evenly_client.screens import agenda_flows, deeds
from evenly_client.screens.flows import Host
from evenly_client.screens.keys import Keymap
from evenly_client.screens.twice import Twice
from evenly_client.translation import _


class TwicePressed:
    """Undo, the next phase, one more minute. `clock`: seconds."""

    def __init__(self, host: Host, keys: Keymap, clock: Callable[[], float]) -> None:
        self._host = host
        self._keys = keys
        self._twice = Twice(clock)

    def forget(self) -> None:
        """Nothing was pressed."""
        self._twice.forget()

    def undo(self, command: Command | None) -> None:
        """Takes back the last step, which is named before."""
        if not isinstance(command, undo.Undo):
            return
        if self._twice.again(command.step):
            self._twice.forget()
            self._host.do(command)
            return
        # Translators: {step} is what was done: giving the floor
        said = _("{key} again takes back: {step}")
        key = self._keys.first("undo") or _("the same")
        self._host.say(said.format(key=key, step=deeds.undo_words(self._host.situation())))

    def next_phase(self) -> bool:
        """Whether the next phase is to begin; if not, it was said which comes."""
        o = self._host.situation().outlook
        if o.session is None:
            return False
        if self._twice.again(("phase", o.session.phase.visit)):
            self._twice.forget()
            return True
        comes, key = agenda_flows.what_comes(o), self._keys.first("next_phase")
        said = (
            _("{key} again begins: {phase}") if comes else _("That was the last phase · {key} again ends the session")
        )
        self._host.say(said.format(key=key, phase=comes))
        return False

    def more_time(self, command: Command | None) -> None:
        """A minute at once where it takes nothing from anybody; else the first press says what it takes."""
        o = self._host.situation().outlook
        if isinstance(command, turns.ExtendTurn) or o.session is None or len(o.agenda) == 1:
            if command is not None:
                self._host.do(command)
            return
        one_more, words = agenda_flows.one_more(o)
        if self._twice.again(("more", o.session.phase.visit)):
            self._host.do(one_more)
        else:
            # Translators: {effect} is what that does to the phases to come: the end moves to 12:31
            said = _("{key} again for one more minute: {effect}")
            self._host.say(said.format(key=self._keys.first("more_time"), effect=words))
