"""Everything that decides what is shown and which keys work now: the outlook, and what only this screen knows."""

from __future__ import annotations

from dataclasses import dataclass

from evenly_protocol.facts import Asking, Command
from evenly_protocol.refusals import Refusal
from evenly_protocol.room import decide

from evenly_client.outlook import Outlook
from evenly_client.peer import State


@dataclass(frozen=True)
class Situation:
    """One moment on this screen.

    Attributes:
        outlook: what the member sees of the room.
        view: a second screen of mine: it only reads.
        typing: a text field is open; no single letter is a command.
        writes: what is typed: `words` for a hand, or an `action`.
        just_begun: my turn began less than 1.5 s ago.
        chosen: the hand that the arrows are on; empty for none.
        pause_ms: how long the pause took that a facilitator is asked about; 0 for none.
        rising: my hand's id while the server has not confirmed it; empty for none.
        lowering: I have asked to take my hand down, and the server has not answered.
        asked: something waits for ctrl+g.
        people_in_check_ins: how many would take part in a check-in, as far as keys are exchanged.
        to_compare: those who lead are to be reminded of the three words.
    """

    outlook: Outlook
    view: bool = False
    typing: bool = False
    writes: str = "words"
    just_begun: bool = False
    chosen: bytes = b""
    pause_ms: int = 0
    rising: bytes = b""
    lowering: bool = False
    asked: bool = False
    people_in_check_ins: int = 0
    to_compare: bool = False

    @property
    def live(self) -> bool:
        """Connected, and in the room."""
        return self.outlook.peer.state is State.LIVE

    def refusal(self, command: Command) -> Refusal | None:
        """Why the rules would refuse this command now, by this device's copy of the room."""
        outlook = self.outlook
        if outlook.me is None or self.view:
            return Refusal("not_allowed")
        answer = decide(outlook.room, command, Asking(outlook.seat, outlook.now, b"", ()))
        return answer if isinstance(answer, Refusal) else None
