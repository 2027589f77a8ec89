"""The hand that somebody who leads has chosen with the arrows; it is let go when it is down, or after a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

CHOSEN_LASTS_S: Final = 20.0


class ChosenHand:
    """`clock`: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._hand = b""
        self._at = 0.0

    def now(self, is_up: Callable[[bytes], bool]) -> bytes:
        """The id of the chosen hand; empty for none."""
        if self._hand and (not is_up(self._hand) or self._clock() - self._at > CHOSEN_LASTS_S):
            self._hand = b""
        return self._hand

    def choose(self, hand: bytes) -> None:
        """This one."""
        self._hand, self._at = hand, self._clock()

    def move(self, step: int, hands: Sequence[bytes]) -> None:
        """The next (1) or the one before (-1) of those that wait."""
        if not hands:
            return
        at = hands.index(self._hand) + step if self._hand in hands else (0 if step > 0 else len(hands) - 1)
        self.choose(hands[max(0, min(len(hands) - 1, at))])

    def forget(self) -> None:
        """None is chosen."""
        self._hand = b""
