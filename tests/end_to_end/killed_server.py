"""A server for tests that kill it, and start it again where it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.three_nats import free_ports


class KilledServer:
    """`evenly serve` on a port that stays the same, to be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; it listens when this returns."""
        journal = str(self._directory / "evenly.db")
        arguments = ["--port", str(self.port), "--journal", journal, "--create", "anyone", "--log", "error"]
        command = [sys.executable, "-m", "evenly_server", "serve", *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith(b"listening")

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
