"""A room as one file, sealed as it is: `evenly export` writes it, reports and `evenly import` read it.

The entries stand in it as they stand in the server's journal (`evenly_protocol.archive`): names and texts are sealed
in them, and only the room's link opens them. The link is not in the file.

    ArchiveRefused     the file is no whole archive of one room, or is of another room
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from evenly_protocol.archive import (
    GENESIS,
    READ_AT_ONCE,
    ArchiveBegins,
    ArchiveEnds,
    ArchiveUnreadable,
    ArchiveWriter,
    Record,
    RoomBegins,
    chain,
)
from evenly_protocol.archive import read_archive as read_parts
from evenly_protocol.room import Entry
from evenly_protocol.wire import Unreadable, read_entry

from evenly_client.errors import UserError
from evenly_client.links import Link
from evenly_client.translation import _
from evenly_client.whole_file import appearing

SUFFIX = ".evenly"
NAME_AT_MOST = 60
"""Characters of the room's name in a file's name."""


class ArchiveRefused(UserError):
    """An archive that cannot be read; nothing was changed."""


def write_archive(path: Path, room: bytes, bodies: Sequence[bytes], *, force: bool = False) -> None:
    """Writes a room's entries (as `Peer.records` gives them) to a file of mode 0600, which appears whole or not at all.

    Raises:
        FileRefused: there is such a file already, and `force` is not given.
        OSError: it cannot be written.
    """
    with appearing(path, force=force) as out:
        writer = ArchiveWriter(out.write, 1)
        writer.room(room, chain(room, 0, GENESIS, bodies))
        writer.end()


def read_archive(path: Path, link: Link) -> list[Entry]:
    """The entries of an exported room, oldest first, every hash of the file checked.

    Events that this version does not know are left out.

    Raises:
        ArchiveRefused: it is damaged, not an archive of one room, or of another room than the link's.
        OSError: it cannot be read.
    """
    entries: list[Entry] = []
    with path.open("rb") as source:
        try:
            for part in read_parts(_chunks(source)):
                match part:
                    case ArchiveBegins() if part.rooms != 1:
                        raise _not_one(path, part.rooms)
                    case RoomBegins() if part.room != link.room:
                        raise ArchiveRefused(
                            _("{path} is of another room than the link.").format(path=path), _("Give that room's link.")
                        )
                    case Record():
                        entry = read_entry(part.body)[0]
                        if entry.seq != part.seq:
                            raise ArchiveRefused(
                                _("{path} counts its entries wrong.").format(path=path), _("Use another copy.")
                            )
                        entries.append(entry)
                    case ArchiveEnds() if part.rooms != 1:
                        raise _not_one(path, part.rooms)
                    case _:
                        pass
        except ArchiveUnreadable as unreadable:
            raise ArchiveRefused(f"{path}: {_reason(unreadable)}.", _(unreadable.advice)) from None
        except Unreadable:
            raise ArchiveRefused(
                _("{path} holds what is no entry of a room.").format(path=path), _("Use another copy.")
            ) from None
    return entries


def room_in(path: Path) -> bytes | None:
    """The room that an archive begins with, None where that cannot be read. Nothing is checked yet."""
    with suppress(OSError, ArchiveUnreadable), path.open("rb") as source:
        for part in read_parts(_chunks(source)):
            if isinstance(part, RoomBegins):
                return part.room
    return None


def file_name(room_name: str, date: str) -> str:
    """A name for a room's file that every system takes: letters and digits of the room's name, and the date."""
    words = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", room_name))[:NAME_AT_MOST].strip("-_")
    return f"{words or 'room'}-{date}{SUFFIX}"


def _not_one(path: Path, rooms: int) -> ArchiveRefused:
    words = _("{path} holds {n} rooms, not one.")
    return ArchiveRefused(words.format(path=path, n=rooms), _("Give an exported room."))


def _reason(unreadable: ArchiveUnreadable) -> str:
    """Why an archive is none, in the reader's language; without a full stop."""
    values = {name: _(value) if isinstance(value, str) else value for name, value in unreadable.values.items()}
    return _(unreadable.reason).format(**values)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    return iter(partial(source.read, READ_AT_ONCE), b"")
