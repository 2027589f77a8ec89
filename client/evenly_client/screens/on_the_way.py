"""What I have asked for and the server has not answered yet; my hand above all, which is shown on its way."""

from __future__ import annotations

from evenly_protocol import hands
from evenly_protocol.facts import Command
from evenly_protocol.words import Intent

from evenly_client.outlook import Outlook


class OnTheWay:
    """The commands of this screen that are not settled, by their ids, in the order in which they were sent."""

    def __init__(self) -> None:
        self._commands: dict[bytes, Command] = {}

    def __contains__(self, id: bytes) -> bool:
        return id in self._commands

    def sent(self, id: bytes, command: Command) -> None:
        """A command was sent."""
        self._commands[id] = command

    def settled(self, id: bytes) -> bool:
        """A command was done or refused: whether it was one of these."""
        return self._commands.pop(id, None) is not None

    def rising(self) -> bytes:
        """The id of my hand that is on its way up; empty for none."""
        lowered = {c.hand for c in self._commands.values() if isinstance(c, hands.LowerHand)}
        up = (id for id, c in reversed(self._commands.items()) if _is_my_hand(c) and id not in lowered)
        return next(up, b"")

    def lowering(self, o: Outlook) -> bool:
        """Whether my hand is up, and on its way down."""
        mine = o.my_hand()
        return mine is not None and any(
            isinstance(c, hands.LowerHand) and c.hand == mine.id for c in self._commands.values()
        )


def _is_my_hand(command: Command) -> bool:
    return isinstance(command, hands.RaiseHand) and command.seat == 0 and command.intent is not Intent.PROCESS
