"""The configuration file: what a person prefers, the same in every room.

`config.toml` in the platform's place for configuration, in `EVENLY_HOME`, or wherever `EVENLY_CONFIG` says:

    server = "evenly.example.org"   # where `evenly open` makes rooms; none: on this machine
    profile = "default"             # which device key
    theme = "evenly-dark"
    motion = true                   # figures and marks that move
    bell = true                     # a sound when it is my turn
    notify = true                   # the terminal's own notification; never a name or a word in it

    [keys]                          # an action's key or keys
    raise_hand = "space"
    finish_turn = ["enter", "f"]

`EVENLY_SERVER`, `EVENLY_PROFILE` and `EVENLY_THEME` go before the file.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import platformdirs

FILE_NAME: Final = "config.toml"

_LINE = re.compile(r"at line (\d+)")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_WRONG = re.compile(r"Expected `(?P<wanted>.*)`, got `(?P<got>.*)`")
_PATH = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_WANTED = {
    "bool": "true or false (without quotes)",
    "str | null": 'a text in quotes, like "…"',
    "str": 'a text in quotes, like "…"',
    "str | array": 'a key\'s name in quotes, or several in brackets, like ["enter", "f"]',
    "object": 'a section: [keys], and below it lines like raise_hand = "space"',
}


class ConfigError(Exception):
    """The configuration cannot be used. `title` says where and why, `advice` what to write instead."""

    code: Final = "config"

    def __init__(self, path: Path, line: int | None, problem: str, advice: str) -> None:
        place = str(path) if line is None else f"{path}, line {line}"
        self.path = path
        self.line = line
        self.title = f"{place}: {problem}"
        self.advice = advice
        super().__init__(f"{self.title} {advice}")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the file says, defaults filled in. `keys` maps an action's name to the keys that do it."""

    server: str | None = None
    profile: str = "default"
    theme: str | None = None
    motion: bool = True
    bell: bool = True
    notify: bool = True
    keys: Mapping[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])

    def keys_of(self, action: str) -> tuple[str, ...]:
        """The keys that the file gives an action; empty: the built-in ones hold."""
        keys = self.keys.get(action, ())
        return (keys,) if isinstance(keys, str) else tuple(keys)


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file is looked for."""
    if named := environment.get("EVENLY_CONFIG"):
        return Path(named)
    if home := environment.get("EVENLY_HOME"):
        return Path(home) / FILE_NAME
    return platformdirs.user_config_path("evenly", appauthor=False) / FILE_NAME


def load(environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration: defaults, then the file, then the environment. A file that is not there is no error,
    unless `EVENLY_CONFIG` names it.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or says something that is not known.
    """
    config = read(config_path(environment), must_exist=bool(environment.get("EVENLY_CONFIG")))
    named = {key: environment.get(f"EVENLY_{key.upper()}") for key in ("server", "profile", "theme")}
    return replace(config, **{key: value for key, value in named.items() if value})


def read(path: Path, *, must_exist: bool = False) -> Config:
    """What one file says; defaults where it says nothing or is not there.

    Raises:
        ConfigError: as `load`.
    """
    text = _text(path, must_exist=must_exist)
    if not text:
        return Config()
    # Not before there is a file: the first frame of a screen waits for this module.
    import tomllib

    import msgspec

    try:
        said = tomllib.loads(text)
        for name in said:
            if name not in Config.__dataclass_fields__:
                raise _explained(path, text, f"Object contains unknown field `{name}`")
        return msgspec.convert(said, Config)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        raise ConfigError(
            path,
            int(found[1]) if found else None,
            f"this is not TOML: {error}.",
            'Each line is a name, = and a value, like bell = true or theme = "evenly-dark".',
        ) from error
    except msgspec.ValidationError as error:
        raise _explained(path, text, str(error)) from error


def _text(path: Path, *, must_exist: bool) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(path, None, "there is no such file.", "Make it, or unset EVENLY_CONFIG.") from None
        return ""
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ConfigError(path, None, f"it cannot be read ({reason}).", "Make it readable for you.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(path, line, "this is not UTF-8.", "Save the file as UTF-8.") from error


def _explained(path: Path, text: str, message: str) -> ConfigError:
    """A person's words for what msgspec found wrong."""
    if unknown := _UNKNOWN.search(message):
        name = unknown["name"]
        known = tuple(Config.__dataclass_fields__)
        close = difflib.get_close_matches(name, known, n=1)
        advice = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
        return ConfigError(path, _line_of(text, name), f"{name} is not known here.", advice)
    where = _PATH.search(message)
    name = where["path"] if where else ""
    wrong = _WRONG.search(message)
    wanted = _WANTED.get(wrong["wanted"], wrong["wanted"]) if wrong else "something else"
    if name.startswith("keys["):
        return ConfigError(
            path, _line_of(text, "keys", section=True), "a key in [keys] is not a text.", f"Write {wanted}."
        )
    return ConfigError(path, _line_of(text, name), f"{name} has a value of the wrong kind.", f"Write {wanted}.")


def _line_of(text: str, name: str, *, section: bool = False) -> int | None:
    """The line, counted from 1, on which `name` is given or the section `[name]` begins."""
    quoted = re.escape(name)
    pattern = rf"\s*\[\s*{quoted}\s*\]" if section else rf"""\s*(\[\s*)?["']?{quoted}["']?\s*[=\].]"""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(pattern, line):
            return number
    return None
