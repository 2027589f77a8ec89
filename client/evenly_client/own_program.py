"""How a process of our own is started: a module of ours, by the Python that runs here, from where this one is."""

from __future__ import annotations

import sys
from pathlib import Path


def own_program(module: str, *options: str) -> list[str]:
    """The beginning of a command line that runs a module of Evenly's; `options` are for Python itself.

    An installed module is found by its name. Unpacked from evenly.pyz it is not on Python's path, and the folder that
    it lies in runs it (tools/pyz_again.py).
    """
    folder = Path(__file__).parents[1]
    if (folder / "__main__.py").is_file():
        return [sys.executable, *options, str(folder), module]
    return [sys.executable, *options, "-m", module]
