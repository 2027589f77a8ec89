"""The configuration file: what a person prefers, the same in every room.

`config.toml` in the platform's place for configuration, in `EVENLY_HOME`, or wherever `EVENLY_CONFIG` says:

    server = "evenly.example.org"   # where `evenly open` makes rooms (several: commas between); none: on this machine
    profile = "default"             # which device key
    theme = "evenly-dark"
    language = "de"                 # of the words on screen; by default the system's
    motion = true                   # figures and marks that move
    bell = true                     # a sound when it is my turn
    notify = true                   # the terminal's own notification; never a name or a word in it

    [keys]                          # an action's key or keys
    raise_hand = "space"
    finish_turn = ["enter", "f"]

`EVENLY_SERVER`, `EVENLY_PROFILE`, `EVENLY_THEME` and `EVENLY_LANGUAGE` go before the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import platformdirs

from evenly_client.translation import N_, _

FILE_NAME: Final = "config.toml"

_LINE = re.compile(r"at line (\d+)")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_WRONG = re.compile(r"Expected `(?P<wanted>.*)`, got `(?P<got>.*)`")
_PATH = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_WANTED = {
    "bool": N_("true or false (without quotes)"),
    "str | null": N_('a text in quotes, like "…"'),
    "str": N_('a text in quotes, like "…"'),
    "str | array": N_('a key\'s name in quotes, or several in brackets, like ["enter", "f"]'),
    "object": N_('a section: [keys], and below it lines like raise_hand = "space"'),
}


class ConfigError(Exception):
    """The configuration cannot be used. `title` says where and why, `advice` what to write instead."""

    code: Final = "config"

    def __init__(self, path: Path, line: int | None, problem: str, advice: str) -> None:
        place = str(path) if line is None else _("{path}, line {line}").format(path=path, line=line)
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
    language: str | None = None
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
    named = {key: environment.get(f"EVENLY_{key.upper()}") for key in ("server", "profile", "theme", "language")}
    return replace(config, **{key: value for key, value in named.items() if value})


def language_named(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the file names; empty where it names none, or cannot be read: whoever loads it says why.

    It is asked for before there are words to refuse the file with.
    """
    try:
        text = config_path(environment).read_text(encoding="utf-8-sig")
        import tomllib

        name = tomllib.loads(text).get("language")
    except (OSError, ValueError):
        return ""
    return name if isinstance(name, str) else ""


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
                raise _explained(path, text, f"Object contains unknown field `{name}`")  # no words: as msgspec says it
        return msgspec.convert(said, Config)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        raise ConfigError(
            path,
            int(found[1]) if found else None,
            _("this is not TOML: {reason}.").format(reason=error),
            _('Each line is a name, = and a value, like bell = true or theme = "evenly-dark".'),
        ) from error
    except msgspec.ValidationError as error:
        raise _explained(path, text, str(error)) from error


def _text(path: Path, *, must_exist: bool) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(path, None, _("there is no such file."), _("Make it, or unset EVENLY_CONFIG.")) from None
        return ""
    except OSError as error:
        said = _("it cannot be read ({reason}).").format(reason=error.strerror or _("unknown reason"))
        raise ConfigError(path, None, said, _("Make it readable for you.")) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(path, line, _("this is not UTF-8."), _("Save the file as UTF-8.")) from error


def _explained(path: Path, text: str, message: str) -> ConfigError:
    """A person's words for what msgspec found wrong."""
    if unknown := _UNKNOWN.search(message):
        name = unknown["name"]
        known = tuple(Config.__dataclass_fields__)
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        advice = _("Did you mean {name}?").format(name=close[0]) if close else ""
        advice = advice or _("Known are: {names}.").format(names=", ".join(known))
        return ConfigError(path, _line_of(text, name), _("{name} is not known here.").format(name=name), advice)
    where = _PATH.search(message)
    name = where["path"] if where else ""
    wrong = _WRONG.search(message)
    wanted = _WANTED.get(wrong["wanted"], wrong["wanted"]) if wrong else N_("something else")
    # Translators: {what} is for example “true or false (without quotes)”
    write = _("Write {what}.").format(what=_(wanted))
    if name.startswith("keys["):
        return ConfigError(path, _line_of(text, "keys", section=True), _("a key in [keys] is not a text."), write)
    said = _("{name} has a value of the wrong kind.").format(name=name)
    return ConfigError(path, _line_of(text, name), said, write)


def _line_of(text: str, name: str, *, section: bool = False) -> int | None:
    """The line, counted from 1, on which `name` is given or the section `[name]` begins."""
    quoted = re.escape(name)
    pattern = rf"\s*\[\s*{quoted}\s*\]" if section else rf"""\s*(\[\s*)?["']?{quoted}["']?\s*[=\].]"""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(pattern, line):
            return number
    return None
