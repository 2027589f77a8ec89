"""When my turn began, or I began to answer in one: keys that end it are dead for a moment."""

from __future__ import annotations

from collections.abc import Callable

from evenly_client.outlook import Outlook


class TurnBegun:
    """`clock`: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: tuple[bytes, bool] = (b"", False)
        self._since = 0.0

    def is_another(self, o: Outlook) -> bool:
        """Whether a turn of mine has begun since this was asked last."""
        mine = o.my_turn()
        seen = (mine.id, mine.answer_at is not None) if mine is not None else (b"", False)
        if seen == self._seen:
            return False
        self._seen, self._since = seen, self._clock()
        return mine is not None

    @property
    def lasts_s(self) -> float:
        """For how long it has lasted, in seconds; without end where I have none."""
        return self._clock() - self._since if self._seen[0] else float("inf")
