"""`evenly doctor`: what this terminal, this computer and the way to a room can do, and what to mend."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from typing import NamedTuple

from evenly_client import config as config_module
from evenly_client.charset import named
from evenly_client.config import ConfigError
from evenly_client.dumb_terminal import is_dumb
from evenly_client.links import Link
from evenly_client.my_rooms import find
from evenly_client.store import DEFAULT_PROFILE, Store, StoreError, profile_directory
from evenly_client.text import cell_width
from evenly_client.translation import _, ngettext, pgettext
from evenly_client.transport import UNTRUSTED, WrongServer, connected

SWALLOWED = {
    "TMUX": _("tmux takes its prefix key (ctrl+b as it comes); Evenly uses none of the usual prefixes"),
    "STY": _("screen takes ctrl+a; Evenly does not use it"),
    "SSH_TTY": _("ssh takes ~ after enter; Evenly does not use it"),
}


MARKS = {
    True: pgettext("before a finding", "ok"),
    False: pgettext("before a finding", "MEND"),
    None: pgettext("before a finding", "note"),
}


class Finding(NamedTuple):
    """One thing looked at. `good` None is neither good nor bad."""

    good: bool | None
    what: str


def examine(link_text: str | None, profile: str | None) -> int:
    """Prints the findings; 1 if something has to be mended."""
    findings = [*_machine(), *_terminal(), *_files(profile)]
    if link_text is not None:
        with Store(profile_directory(profile or DEFAULT_PROFILE)) as store:
            link = find(store, link_text)
        findings += (_way(link.on(server)) for server in link.servers)
    width = max(cell_width(mark) for mark in MARKS.values())
    for finding in findings:
        mark = MARKS[finding.good]
        print(f"{mark}{' ' * (width - cell_width(mark))}  {finding.what}")
    return 1 if any(f.good is False for f in findings) else 0


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), _("Python {version} (3.11 or newer is needed)").format(version=version))


def _terminal() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        yield Finding(None, _("no terminal here: the screen needs one, `evenly plain` does not"))
        return
    columns, lines = shutil.get_terminal_size()
    big = columns >= 80 and lines >= 24
    words = _("{columns} columns, {lines} lines") if big else _("{columns} columns, {lines} lines: 80 × 24 shows more")
    yield Finding(True if big else None, words.format(columns=columns, lines=lines))
    yield _charset()
    term = os.environ.get("TERM", "")
    if is_dumb():
        yield Finding(None, _("TERM is {term}: no screen can be shown, you get lines").format(term=term))
    else:
        yield Finding(bool(term), _("TERM is {term}").format(term=term) if term else _("TERM is not set"))
        yield _colours()
    if os.environ.get("NO_COLOR"):
        yield Finding(None, _("NO_COLOR is set: no colours, nothing is told by colour alone"))
    for variable, words in SWALLOWED.items():
        if words and os.environ.get(variable):
            yield Finding(None, words)


def _charset() -> Finding:
    charset = named()
    if charset.utf8:
        return Finding(True, "UTF-8")
    words = _(
        "{variable} says that this terminal is not UTF-8 ({charset}): it gets plain letters and signs."
        " If it is, set {variable}, for example to C.UTF-8"
    )
    return Finding(None, words.format(variable=charset.said_by, charset=charset.name))


def _colours() -> Finding:
    """By the library that paints the screen."""
    from rich.console import Console

    system = Console(force_terminal=True, legacy_windows=False).color_system
    if system in ("256", "truecolor"):
        return Finding(True, _("256 colours or more"))
    return Finding(None, _("16 colours: the screen uses the terminal's own text and ground, unless you chose a theme"))


def _files(profile: str | None) -> Iterator[Finding]:
    try:
        config = config_module.load()
        path = config_module.config_path()
        yield Finding(
            True, (_("config: {path}") if path.exists() else _("no config file; it would be {path}")).format(path=path)
        )
        profile = profile or config.profile
    except ConfigError as error:
        yield Finding(False, str(error))
    try:
        directory = profile_directory(profile or DEFAULT_PROFILE)
        with Store(directory) as store:
            store.device_key()
            n = len(store.rooms())
            words = ngettext("device key and {n} room in {path}", "device key and {n} rooms in {path}", n)
            yield Finding(True, words.format(n=n, path=directory))
    except StoreError as error:
        yield Finding(False, str(error))


def _way(link: Link) -> Finding:
    async def there() -> None:
        async with asyncio.timeout(10), connected(link):
            pass

    try:
        asyncio.run(there())
    except WrongServer as error:
        return Finding(False, str(error))
    except TimeoutError:
        return Finding(
            False, _("{server} does not answer: a firewall may be in the way").format(server=link.server_name)
        )
    except ssl.SSLCertVerificationError:
        return Finding(False, f"{link.server_name}: {UNTRUSTED}")
    except OSError as error:
        words = _("{server} cannot be reached ({reason}): is the server running?")
        return Finding(False, words.format(server=link.server_name, reason=type(error).__name__))
    return Finding(True, _("{server} answers").format(server=link.server_name))
