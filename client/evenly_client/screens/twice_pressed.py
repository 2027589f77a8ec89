"""The keys that are pressed twice: the first press says what the second would do."""

from __future__ import annotations

from collections.abc import Callable

from evenly_protocol import turns, undo
from evenly_protocol.facts import Command

from evenly_client.screens import agenda_flows, deeds
from evenly_client.screens.flows import Host
from evenly_client.screens.keys import Keymap
from evenly_client.screens.twice import Twice


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
        key = self._keys.first("undo") or "again"
        self._host.say(f"{key} again takes back: {deeds.undo_words(self._host.situation())}")

    def next_phase(self) -> bool:
        """Whether the next phase is to begin; if not, it was said which comes."""
        o = self._host.situation().outlook
        if o.session is None:
            return False
        if self._twice.again(("phase", o.session.phase.visit)):
            self._twice.forget()
            return True
        comes, key = agenda_flows.what_comes(o), self._keys.first("next_phase")
        if comes:
            self._host.say(f"{key} again begins: {comes}")
        else:
            self._host.say(f"That was the last phase · {key} again ends the session")
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
            self._host.say(f"{self._keys.first('more_time')} again for one more minute: {words}")
