"""An event loop whose clock jumps: as soon as nothing is left to do, it is the moment at which something is due.

Ten minutes of waiting take as long as what happens in them. Where nothing is due and somebody still waits, that is
said instead of waited for.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Stuck(AssertionError):
    """Everybody waits, and nothing will ever happen."""


class _Selector(selectors.DefaultSelector):
    """Looks who is ready; where nobody is, the time that there was to wait has passed."""

    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise Stuck("nothing is due, and somebody waits")
        if not ready and timeout:
            self._passes(timeout)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """See the module. Its clock begins at 0. `errors`: what went wrong in what nobody waits for."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self._now = 0.0
        super().__init__(_Selector(self._pass))

    def time(self) -> float:
        """Seconds."""
        return self._now

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context.get("exception") or RuntimeError(context["message"]))

    def _pass(self, seconds: float) -> None:
        self._now += seconds


def jumping() -> asyncio.Runner:
    """A runner of such a loop; close it."""
    return asyncio.Runner(loop_factory=JumpingLoop)


def in_virtual_time(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs this to its end; what went wrong beside it is raised, too."""
    with jumping() as runner:
        try:
            return runner.run(work)
        finally:
            loop = runner.get_loop()
            assert isinstance(loop, JumpingLoop)
            if loop.errors:
                raise loop.errors[0]
