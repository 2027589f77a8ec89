"""Being told to end (SIGTERM): in order, so that the terminal is its user's again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator
from typing import Final

STATUS: Final = 128 + signal.SIGTERM
"""The exit status of a program that was told to end, as shells have it."""


@contextlib.contextmanager
def when_told_to_end(call: Callable[[], object]) -> Generator[None]:
    """Within this, SIGTERM calls `call` in the running loop, where there are such signals (POSIX, the main thread)."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError, RuntimeError):
        loop.add_signal_handler(signal.SIGTERM, call)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.remove_signal_handler(signal.SIGTERM)
