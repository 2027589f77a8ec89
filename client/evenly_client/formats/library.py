"""Where formats lie: those built in, and a member's own beside the configuration.

An own file is `formats/NAME.toml` and says `name = "NAME"`; it cannot take the name of one built in. One that cannot
be used is listed with what is wrong with it, and no other suffers.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from evenly_client.config import config_path
from evenly_client.errors import UserError
from evenly_client.formats.reading import read
from evenly_client.formats.shape import Format
from evenly_client.formats.table import FormatError, did_you_mean
from evenly_client.text import clean
from evenly_client.translation import _

BUILT_IN: Final = (
    "action-learning",
    "peer-coaching",
    "leadership-group",
    "study-group",
    "peer-network",
    "hot-seat",
    "open",
)
"""The formats that come with Evenly, in the order in which they are listed."""

_BUILT_IN_FILES: Final = Path(__file__).parent / "builtin"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list. `own`: a member's own file. Either `format` is there or `error`."""

    name: str
    path: Path
    own: bool
    format: Format | None
    error: FormatError | None


def formats_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where own formats lie; it may not exist."""
    if home := environment.get("EVENLY_HOME"):
        return Path(home) / "formats"
    return config_path(environment).parent / "formats"


def entries(environment: Mapping[str, str] = os.environ) -> list[Entry]:
    """Every format, those built in first, own ones by name; those that cannot be used too."""
    paths = [*map(_built_in_path, BUILT_IN), *_own_paths(environment)]
    return [_entry(path, environment) for path in paths]


def names(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The names that `find` knows, in the order of the list."""
    return [entry.name for entry in entries(environment) if entry.format is not None]


def find(name_or_path: str, environment: Mapping[str, str] = os.environ) -> Format:
    """The format with this name, or in this file.

    Raises:
        UserError: there is none.
        FormatError: it cannot be used.
    """
    return load(path_of(name_or_path, environment), environment)


def path_of(name_or_path: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The file of a format; what ends in .toml or has a slash is a path already.

    Raises:
        UserError: no format has this name.
    """
    if name_or_path.endswith(".toml") or any(mark in name_or_path for mark in ("/", os.sep)):
        return Path(name_or_path)
    if name_or_path in BUILT_IN:
        return _built_in_path(name_or_path)
    own = {path.stem: path for path in _own_paths(environment)}
    if name_or_path in own:
        return own[name_or_path]
    close = difflib.get_close_matches(name_or_path[:64], [*BUILT_IN, *own], n=1)
    title = _('There is no format called "{name}".').format(name=clean(name_or_path, cells=40))
    advice = _("`evenly formats list` shows those there are.")
    raise UserError(title, f"{did_you_mean(close[0])} {advice}" if close else advice)


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Format:
    """The format in a file; in the directory of own formats it must be called as its file is.

    Raises:
        FormatError: it cannot be used.
    """
    if path.parent == _BUILT_IN_FILES:
        return _built_in(path)
    format = read(path)
    if path.parent.absolute() == formats_directory(environment).absolute():
        _check_name(path, format.name)
    return format


def _check_name(path: Path, name: str) -> None:
    if path.stem in BUILT_IN:
        free = f"my-{path.stem}"
        advice = _('Rename the file to {name}.toml, and write name = "{name}".').format(name=free)
        problem = _("{name} is the name of a format that is built in.").format(name=path.stem)
        raise FormatError(str(path), None, problem, advice)
    if name != path.stem:
        advice = _('Rename the file to {name}.toml, or write name = "{stem}".').format(name=name, stem=path.stem)
        problem = _('the file is called {stem} and the format "{name}".').format(name=name, stem=path.stem)
        raise FormatError(str(path), None, problem, advice)


def _entry(path: Path, environment: Mapping[str, str]) -> Entry:
    own = path.parent != _BUILT_IN_FILES
    name = clean(path.stem, cells=40)
    try:
        return Entry(name, path, own, load(path, environment), None)
    except FormatError as error:
        return Entry(name, path, own, None, error)


def _own_paths(environment: Mapping[str, str]) -> list[Path]:
    try:
        return sorted(path for path in formats_directory(environment).glob("*.toml") if path.is_file())
    except OSError:
        return []


def _built_in_path(name: str) -> Path:
    return _BUILT_IN_FILES / f"{name}.toml"


@lru_cache(maxsize=len(BUILT_IN))
def _built_in(path: Path) -> Format:
    """Its texts in the reader's language; what a member wrote stays as it is."""
    return read(path, say=_)
