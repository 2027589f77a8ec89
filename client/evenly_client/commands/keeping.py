"""`evenly export` and `evenly import`: a room as one file, and a file as a room of a server.

The server is a program of its own: what is put into its journal, it puts there itself.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from evenly_protocol.room import Entry
from evenly_protocol.session import SessionStarted
from evenly_protocol.wire import Purpose, read_entry

from evenly_client import archive
from evenly_client import config as config_module
from evenly_client.errors import UserError
from evenly_client.links import Link
from evenly_client.my_rooms import find, my_name, name_of
from evenly_client.own_program import own_program
from evenly_client.peer import Peer, State
from evenly_client.store import DEFAULT_PROFILE, Store, open_store, profile_directory
from evenly_client.translation import _, ngettext
from evenly_client.transport import is_loopback
from evenly_client.whole_file import refuse_existing

ENTERED_WITHIN_S: Final = 8.0
STALLED_AFTER_S: Final = 60.0
"""Seconds without a further entry after which an export gives up."""

SHOWN_AFTER_S: Final = 1.0
"""Progress is shown when it takes longer than this."""


def export(room: str | None, file: Path | None, *, force: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly export --help`."""
    config = config_module.load()
    with open_store(config.profile if profile is None else profile) as store:
        link = find(store, room)
        known = store.room(link.room)
        if known is None:
            raise UserError(_("You are not a member of that room yet."), _("Join it first: evenly join"))
        name = name_of(store, known)
        path = file or Path(archive.file_name(name, time.strftime("%Y-%m-%d")))
        if not force:
            refuse_existing(path)
        bodies = asyncio.run(_records(store, link, insecure=insecure))
    archive.write_archive(path, link.room, bodies, force=force)
    print(_holds(path, name, [read_entry(body)[0] for body in bodies]))
    return 0


async def _records(store: Store, link: Link, *, insecure: bool) -> list[bytes]:
    """The room's record, over a connection that only reads and is never counted."""
    name = my_name(store, link, None)
    began = time.monotonic()
    async with Peer(link, store.device_key(), name, purpose=Purpose.VIEW, insecure=insecure) as peer:
        try:
            async with asyncio.timeout(ENTERED_WITHIN_S) as patience:
                await peer.entered()
                patience.reschedule(asyncio.get_running_loop().time() + STALLED_AFTER_S)

                def progress(done: int, expected: int) -> None:
                    patience.reschedule(asyncio.get_running_loop().time() + STALLED_AFTER_S)
                    if time.monotonic() - began > SHOWN_AFTER_S and sys.stderr.isatty():
                        end = "" if done < expected else "\n"
                        said = _("{done} of {expected} entries").format(done=done, expected=expected)
                        print(f"\r{said}", end=end, file=sys.stderr, flush=True)

                return await peer.records(progress=progress)
        except TimeoutError:
            if peer.state is State.LIVE:
                raise UserError(_("The server has stopped answering."), _("Try again; nothing was written.")) from None
            title = _("The server cannot be reached, and the room's record is there.")
            raise UserError(title, f"{peer.trouble} {_mend(store, link)}".strip()) from None


def _mend(store: Store, link: Link) -> str:
    """What to do about a server that does not answer."""
    title = _opened_here(store, link)
    if title is None:
        return _("Try again when it runs.")
    here = " --here" if link.pin is None else ""
    line = f'evenly open "{title}"{here}'  # no words: a command to type
    return _("It is this computer: type  {command}  in another window, then this again.").format(command=line)


def _opened_here(store: Store, link: Link) -> str | None:
    """The name under which this computer serves a room, None for a room of another server's."""
    title = store.setting(f"title {link.room.hex()}")
    return title if link.pin is not None or is_loopback(link.host) else None


def _holds(path: Path, name: str, entries: list[Entry]) -> str:
    sessions = sum(isinstance(event, SessionStarted) for entry in entries for event in entry.events)
    n = len(entries)
    said = (
        _("{path} holds {room}: {entries}, {sessions}.").format(
            path=path,
            room=name,
            entries=ngettext("{n} entry", "{n} entries", n).format(n=n),
            sessions=ngettext("{n} session", "{n} sessions", sessions).format(n=sessions),
        ),
        _(
            "Names and texts are sealed in it: only who has the room's link can read them. "
            "Keep the link as long as the file."
        ),
        _("On another computer or server:  evenly import {file}").format(file=path.name),
    )
    return "\n".join(said)


def import_(file: Path, *, journal: Path | None, profile: str | None) -> int:
    """See `evenly import --help`."""
    config = config_module.load()
    wanted = profile or config.profile or DEFAULT_PROFILE
    into = journal
    if into is None:
        directory = profile_directory(wanted) / "server"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        into = directory / "evenly.db"
    line = [*own_program("evenly_server"), "import", "--journal", str(into), "--", str(file)]
    status = subprocess.run(line, check=False).returncode
    if status:
        return status
    with open_store(wanted) as store:
        print(_how_to_enter(store, archive.room_in(file), here=journal is None))
    return 0


def _how_to_enter(store: Store, room: bytes | None, *, here: bool) -> str:
    """What members need now: their keys are known, their links name the old server."""
    known = store.room(room) if room is not None else None
    name = name_of(store, known) if known is not None else None
    if not here:
        of = f'"{name}"' if name is not None else "ROOM"
        return _(
            "Members keep their places; what changes is the server's name in their link. A member prints it with\n"
            "  evenly invite {room} --on HOST[:PORT]\n"
            "and whoever has that link enters with  evenly join"
        ).format(room=of)
    if known is None or name is None:
        return _(
            "You have not been in this room with this profile, so its link is not known here, and without it nobody\n"
            "can open the room. Import the file where one of its members is; they can then type  evenly open"
        )
    name = _to_be_opened_as(store, known.link, name)
    return _(
        "Members keep their places; what changes is the server in their link.\n"
        '  evenly open "{room}"\n'
        "serves the room on this computer and prints the new link for everybody."
    ).format(room=name)


def _to_be_opened_as(store: Store, link: Link, name: str) -> str:
    """Has `evenly open NAME` open this room on this computer. The name: another one where that is taken."""
    mine, number, wanted = (link.room + link.secret).hex(), 2, name
    while any(store.setting(setting) not in (None, mine) for setting in _openings(wanted)):
        wanted, number = f"{name} ({number})", number + 1
    for setting in _openings(wanted):
        store.keep_setting(setting, mine)
    store.keep_setting(f"title {link.room.hex()}", wanted)
    return wanted


def _openings(name: str) -> tuple[str, str]:
    """Where commands/opening.py keeps which room a name opens: for everybody, and with --here."""
    return f"opened {name.casefold()} here", f"opened {name.casefold()} 127.0.0.1"  # no words: keys of the store
