"""Part of every build: the catalogues of words, made of what translators write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Catalogues(BuildHookInterface[Any]):
    """Compiles each language's evenly.po before the files of a wheel or an editable install are gathered."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """`build_data["artifacts"]` gets the .mo files, which git does not have."""
        sys.path.insert(0, str(Path(self.root) / "tools"))
        from catalogues import compile_all

        build_data["artifacts"] += [str(path.relative_to(self.root)) for path in compile_all()]
