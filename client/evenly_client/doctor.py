"""`evenly doctor`: what this terminal, this computer and the way to a room can do, and what to mend."""

from __future__ import annotations

import asyncio
import locale
import os
import shutil
import sys
from collections.abc import Iterator
from typing import NamedTuple

from evenly_client import config as config_module
from evenly_client.config import ConfigError
from evenly_client.my_rooms import find
from evenly_client.store import DEFAULT_PROFILE, Store, StoreError, profile_directory
from evenly_client.transport import WrongServer, connected

SWALLOWED = {
    "TMUX": "tmux takes its prefix key (ctrl+b as it comes); Evenly uses none of the usual prefixes",
    "STY": "screen takes ctrl+a; Evenly does not use it",
    "SSH_TTY": "ssh takes ~ after enter; Evenly does not use it",
}


class Finding(NamedTuple):
    """One thing looked at. `good` None is neither good nor bad."""

    good: bool | None
    what: str


def examine(link_text: str | None, profile: str | None) -> int:
    """Prints the findings; 1 if something has to be mended."""
    findings = [*_machine(), *_terminal(), *_files(profile)]
    if link_text is not None:
        findings.append(_way(link_text, profile))
    for finding in findings:
        mark = {True: "ok  ", False: "MEND", None: "note"}[finding.good]
        print(f"{mark}  {finding.what}")
    return 1 if any(f.good is False for f in findings) else 0


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), f"Python {version} (3.11 or newer is needed)")


def _terminal() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        yield Finding(None, "no terminal here: the screen needs one, `evenly plain` does not")
        return
    columns, lines = shutil.get_terminal_size()
    big = columns >= 80 and lines >= 24
    yield Finding(True if big else None, f"{columns} columns, {lines} lines" + ("" if big else ": 80 × 24 shows more"))
    unicode = "utf" in (locale.getpreferredencoding() or "").lower()
    yield Finding(unicode, "UTF-8" if unicode else "this terminal is not UTF-8: set LANG, for example to C.UTF-8")
    term = os.environ.get("TERM", "")
    yield Finding(term not in ("", "dumb"), f"TERM is {term or 'not set'}")
    if os.environ.get("NO_COLOR"):
        yield Finding(None, "NO_COLOR is set: no colours, nothing is told by colour alone")
    for variable, words in SWALLOWED.items():
        if words and os.environ.get(variable):
            yield Finding(None, words)


def _files(profile: str | None) -> Iterator[Finding]:
    try:
        config = config_module.load()
        path = config_module.config_path()
        yield Finding(True, f"config: {path}" if path.exists() else f"no config file; it would be {path}")
        profile = profile or config.profile
    except ConfigError as error:
        yield Finding(False, str(error))
    try:
        directory = profile_directory(profile or DEFAULT_PROFILE)
        with Store(directory) as store:
            store.device_key()
            yield Finding(True, f"device key and {len(store.rooms())} rooms in {directory}")
    except StoreError as error:
        yield Finding(False, str(error))


def _way(link_text: str, profile: str | None) -> Finding:
    with Store(profile_directory(profile or DEFAULT_PROFILE)) as store:
        link = find(store, link_text)

    async def there() -> None:
        async with asyncio.timeout(10), connected(link):
            pass

    try:
        asyncio.run(there())
    except WrongServer as error:
        return Finding(False, str(error))
    except TimeoutError:
        return Finding(False, f"{link.server_name} does not answer: a firewall may be in the way")
    except OSError as error:
        return Finding(False, f"{link.server_name} cannot be reached ({type(error).__name__}): is the server running?")
    return Finding(True, f"{link.server_name} answers")
