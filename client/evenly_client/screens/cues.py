"""Title, bell and notification: told when where I stand has changed, and only then."""

from __future__ import annotations

from evenly_protocol.words import FloorMode

from evenly_client import narration
from evenly_client.outlook import Outlook
from evenly_client.screens.terminal import Cue, Terminal


class Cues:
    """Remembers what the terminal was last told."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._told = Cue.NONE

    def back(self) -> None:
        """Rings: everybody is called back to the group."""
        self._terminal.call(Cue.BACK)

    def give(self, o: Outlook) -> None:
        """Tells the terminal where I stand, if that is news; it rings for my turn, but not where it is calm."""
        cue = where_i_stand(o)
        if cue is self._told:
            return
        self._told = cue
        self._terminal.title(cue)
        if cue is Cue.TURN and not narration.calm(o.floor.mode):
            self._terminal.call(cue)


def where_i_stand(o: Outlook) -> Cue:
    """My turn, the next, or neither."""
    if o.session is None or o.held or o.me is None or not o.me.attending:
        return Cue.NONE
    if o.floor.mode in (FloorMode.OPEN, FloorMode.SILENCE):
        return Cue.NONE
    if o.my_turn() is not None:
        return Cue.TURN
    waiting = o.waiting()
    if waiting and waiting[0].mine and o.floor.mode is not FloorMode.SOLO:
        return Cue.NEXT
    return Cue.NONE
