"""Terminals on which no screen can be shown, because nothing can be put at a place of theirs: lines can."""

from __future__ import annotations

import os
from collections.abc import Mapping


def is_dumb(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says so (TERM): as in a shell inside an editor."""
    return environment.get("TERM") in ("dumb", "unknown")
