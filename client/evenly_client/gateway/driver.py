"""Textual's driver as a visitor's client uses it: who looks on may change, and so may the terminal.

Named to Textual by `TEXTUAL_DRIVER` in the environment that the gateway gives (hosted.py).
"""

from __future__ import annotations

import asyncio
import signal
from types import FrameType

from textual.drivers.linux_driver import LinuxDriver


class VisitorDriver(LinuxDriver):
    """Paints the whole screen whenever the window is said to have changed, also to one of the same size.

    And it never lets the terminal tell its size within what is typed (mode 2048): the next one may not know how.
    """

    def _query_in_band_window_resize(self) -> None:
        """Not asked."""

    def start_application_mode(self) -> None:
        """As always; then listens for a change of window in its own way too."""
        super().start_application_mode()
        resized = signal.getsignal(signal.SIGWINCH)
        loop = asyncio.get_running_loop()

        def heard(number: int, frame: FrameType | None) -> None:
            if callable(resized):
                resized(number, frame)
            loop.call_soon_threadsafe(self._paint_anew)

        signal.signal(signal.SIGWINCH, heard)

    def _paint_anew(self) -> None:
        self._app.refresh(layout=True)
