"""How long each seat was on the call in a session. Source: domain.md, "Words": *attending*."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection


class Attended:
    """When who was on the call; all moments are UTC milliseconds."""

    def __init__(self) -> None:
        self._since: dict[int, int] = {}
        self._spans: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def note(self, here: Collection[int], at: int) -> None:
        """These seats are on the call from `at` on."""
        for seat in [s for s in self._since if s not in here]:
            self._spans[seat].append((self._since.pop(seat), at))
        for seat in here:
            self._since.setdefault(seat, at)

    def same_person(self, old: int, new: int) -> None:
        """What `old` attended, `new` did: they are one person."""
        self._spans[new] += self._spans.pop(old, [])
        since = self._since.pop(old, None)
        if since is not None:
            self._since[new] = min(since, self._since.get(new, since))

    def between(self, start: int, end: int) -> dict[int, int]:
        """The milliseconds of each seat that was there at all between `start` and `end`, each moment once."""
        result: dict[int, int] = {}
        for seat in sorted({*self._spans, *self._since}):
            spans = [*self._spans.get(seat, [])]
            if seat in self._since:
                spans.append((self._since[seat], end))
            total, covered = 0, start
            for began, ended in sorted(spans):
                began, ended = max(began, covered), min(ended, end)
                if ended > began:
                    total, covered = total + ended - began, ended
            if total:
                result[seat] = total
        return result
