"""`evenly gateway`: lets people into a room who have nothing installed, by browser or by ssh."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from evenly_client import config as config_module
from evenly_client.errors import UserError
from evenly_client.links import Link
from evenly_client.my_rooms import find, name_of
from evenly_client.store import DEFAULT_PROFILE, open_store, profile_directory
from evenly_client.translation import _

WRONG_USAGE = 2

LINK_AT_MOST = 4096
"""Bytes of a file that are read for a link."""


def gateway(
    link_text: str | None,
    *,
    link_file: Path | None,
    web: int | None,
    ssh: int | None,
    host: str,
    names: tuple[str, ...],
    certificate: Path | None,
    private_key: Path | None,
    insecure: bool,
    visitors: int,
    entries: int,
    room_name: str | None,
    profile: str | None,
) -> int:
    """See `evenly gateway --help`."""
    wrong = _wrong_usage(link_text, link_file, web, ssh, certificate, private_key, visitors, entries)
    if wrong:
        print(f"evenly: {wrong}", file=sys.stderr)  # no words: the program's name
        return WRONG_USAGE
    if os.name != "posix":
        raise UserError(_("A gateway runs on Linux and macOS alone."), _("Run it there, or on a server."))
    from evenly_client.gateway.limits import Limits
    from evenly_client.gateway.serving import Asked, serve

    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, link_text) if link_file is None else _link_in(link_file)
        known = store.room(link.room)
        room = room_name or (name_of(store, known) if known is not None else _("Peer session"))
    asked = Asked(
        link=link,
        room=room,
        # One home for all profiles: two gateways to one room on one computer see each other.
        home=profile_directory(DEFAULT_PROFILE).parents[1] / "gateway" / link.room.hex(),
        web=web,
        ssh=ssh,
        host=host,
        names=names,
        certificate=certificate,
        private_key=private_key,
        insecure=insecure,
        entries=entries,
        limits=Limits(visitors=visitors),
    )
    _run(serve(asked, _say))
    return 0


def _wrong_usage(
    link_text: str | None,
    link_file: Path | None,
    web: int | None,
    ssh: int | None,
    certificate: Path | None,
    private_key: Path | None,
    visitors: int,
    entries: int,
) -> str:
    """What cannot be meant; empty if all can."""
    if link_text is not None and link_file is not None:
        return _("Which room? Give its link or name, or --link-file, not both.")
    if web is None and ssh is None:
        return _("Which way in? Give --web PORT, --ssh PORT, or both.")
    if (certificate is None) != (private_key is None):
        return _("A certificate needs its private key: give both --certificate and --private-key.")
    if visitors < 1 or entries < 0:
        return _("A gateway has at least one visitor, and no fewer than 0 entries to begin with.")
    return ""


def _link_in(file: Path) -> Link:
    """The link that a file holds, which not everybody on this computer can read.

    Raises:
        UserError: it cannot be read, or others can. LinkError: what it holds is no link.
    """
    try:
        with file.open("rb") as opened:
            others_can = os.fstat(opened.fileno()).st_mode & stat.S_IROTH
            text = opened.read(LINK_AT_MOST).decode(errors="replace")
    except OSError as error:
        raise UserError(
            _("The link in {file} cannot be read ({reason}).").format(file=file, reason=error.strerror),
            _("Give a file that holds the link and nothing else."),
        ) from None
    if others_can:
        raise UserError(
            _("Everybody on this computer can read the link in {file}.").format(file=file),
            _("Make it yours alone, with chmod 600; and if others use this computer, take a new link."),
        )
    return Link.parse(text)


def _say(line: str) -> None:
    # A terminal that was closed ends the gateway (SIGHUP), and its visitors are told all the same.
    with contextlib.suppress(OSError):
        print(line, flush=True)


def _run(main: Coroutine[Any, Any, None]) -> None:
    """On the fastest event loop there is here."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
