"""What a member's machine keeps: the device key, the rooms it knows, what is not yet sent, half-typed texts, notes.

One directory a profile, in the platform's place for an application's data or under `EVENLY_HOME`:

    profiles/NAME/             mode 0700
        device.key             32 private bytes, mode 0600, made on first use
        rooms.db               SQLite, mode 0600, WAL, synchronous=FULL: what was kept outlives a crash

Several processes of one profile may have it open at once. Instants are UTC milliseconds; rooms and command
ids are 16 raw bytes, devices are public keys of 32.

    StoreError
    ├── NewerStore     the files were written by a newer version
    └── CounterTaken   another process of this profile has used that counter
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import platformdirs

from evenly_client.links import Link, parse_servers, written
from evenly_client.translation import _

if TYPE_CHECKING:
    from evenly_client.sealing import DeviceKey

DEFAULT_PROFILE: Final = "default"
SCHEMA_VERSION: Final = 1
BUSY_SECONDS: Final = 5.0
"""How long one process waits for another that is writing."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_KEY_BYTES = 32
_SCHEMA = """
CREATE TABLE room (
    room BLOB PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, secret BLOB NOT NULL, pin BLOB,
    my_name TEXT NOT NULL DEFAULT '', last_used INTEGER NOT NULL
) STRICT;
CREATE TABLE counter (
    room BLOB NOT NULL, device BLOB NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (room, device)
) STRICT;
CREATE TABLE outbox (
    room BLOB NOT NULL, device BLOB NOT NULL, counter INTEGER NOT NULL, command_id BLOB NOT NULL,
    command BLOB NOT NULL, PRIMARY KEY (room, device, counter), UNIQUE (room, command_id)
) STRICT;
CREATE TABLE draft (
    room BLOB NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (room, field)
) STRICT;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_NOTES = """
CREATE TABLE IF NOT EXISTS note (
    room BLOB NOT NULL, device BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL,
    created INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (room, device, id)
) STRICT
"""


class StoreError(Exception):
    """This machine's files cannot be used. `title` says why, `advice` what to do."""

    code: str = "store"

    def __init__(self, title: str, advice: str) -> None:
        self.title = title
        self.advice = advice
        super().__init__(f"{title} {advice}")


class NewerStore(StoreError):
    """The files were written by a newer version; they are left alone."""

    code = "newer-store"


class CounterTaken(StoreError):
    """Another process of this profile has used that counter: ask for the next one again."""

    code = "counter-taken"


@dataclass(frozen=True)
class KnownRoom:
    """A room this machine has been in.

    `my_name` is my own name there (empty: none given yet), `last_used` UTC milliseconds.
    """

    link: Link
    my_name: str
    last_used: int


@dataclass(frozen=True)
class OutgoingCommand:
    """A command that the server has not acknowledged yet, encoded as it goes on the wire."""

    counter: int
    command_id: bytes
    command: bytes = field(repr=False)


@dataclass(frozen=True)
class KeptNote:
    """A private note as it lies here: sealed; `created` and `changed` in UTC milliseconds."""

    id: bytes
    sealed: bytes = field(repr=False)
    created: int
    changed: int


def profile_directory(profile: str = DEFAULT_PROFILE, environment: Mapping[str, str] = os.environ) -> Path:
    """Where a profile's files lie: under `EVENLY_HOME` if it is set, else in the platform's place.

    Raises:
        StoreError: the name cannot be one of a directory on every platform.
    """
    if _PROFILE.fullmatch(profile) is None:
        raise StoreError(
            _("{name} cannot be the name of a profile.").format(name=repr(profile)),
            _("Use up to 32 letters, digits, - and _, a letter or digit first."),
        )
    home = environment.get("EVENLY_HOME")
    base = Path(home) if home else platformdirs.user_data_path("evenly", appauthor=False)
    return base / "profiles" / profile


def open_store(profile: str | None) -> Store:
    """The store of a profile, or of the default one.

    Raises:
        StoreError: what is there cannot be used.
    """
    return Store(profile_directory(profile or DEFAULT_PROFILE))


class Store:
    """One profile's files, open. Close it or use it in a `with`, and in the thread that opened it.

    A write that fails (a full disk, another process that holds on for longer than `BUSY_SECONDS`) raises
    `sqlite3.OperationalError` and changes nothing.
    """

    def __init__(self, directory: Path) -> None:
        """Opens the files in `directory`, and makes what is not there.

        Raises:
            NewerStore: they were written by a newer version.
            StoreError: they cannot be read or written.
        """
        self.directory: Final = directory
        path = directory / "rooms.db"
        try:
            _make_private_directory(directory)
            if not path.exists():
                _create_database(path)
            self._database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(directory, error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            raise _unusable(directory, error) from error
        except StoreError:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the files; what was kept is on the disk already."""
        self._database.close()

    # The device key

    def device_key(self) -> DeviceKey:
        """This profile's device key, made on first use; two processes at once end up with the same one.

        Raises:
            StoreError: the key file is damaged, or cannot be read or written.
        """
        path = self.directory / "device.key"
        try:
            if not path.exists():
                _create_key(path)
            raw = path.read_bytes()
        except OSError as error:
            raise _unusable(self.directory, error) from error
        if len(raw) != _KEY_BYTES:
            raise StoreError(
                _("The device key in {path} is damaged.").format(path=path),
                _("Put a copy back, or delete it to begin as a new member."),
            )
        from evenly_client.sealing import DeviceKey

        return DeviceKey.from_bytes(raw)

    # Rooms

    def remember_room(self, link: Link, at: int) -> None:
        """Keeps a room's link, and that it was used at the instant `at`; the name stays."""
        with self.transaction():
            self._database.execute(
                "INSERT INTO room (room, host, port, secret, pin, last_used) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (room) DO UPDATE SET host = excluded.host, port = excluded.port,"
                " secret = excluded.secret, pin = excluded.pin, last_used = max(last_used, excluded.last_used)",
                (link.room, link.host, link.port, link.secret, link.pin, at),
            )
            self.keep_setting(_others_of(link.room), written(link.others))

    def rooms(self) -> list[KnownRoom]:
        """All rooms this profile knows, the last used first."""
        return list(self._rooms("ORDER BY last_used DESC, room"))

    def room(self, room: bytes) -> KnownRoom | None:
        """What is known of a room, or None."""
        return next(self._rooms("WHERE room = ?", room), None)

    def keep_my_name(self, room: bytes, name: str) -> None:
        """Keeps my own name in a room that is known."""
        self._database.execute("UPDATE room SET my_name = ? WHERE room = ?", (name, room))

    # The outbox

    def next_counter(self, room: bytes, device: bytes) -> int:
        """The counter that this device's next command carries in a room; the first is 1.

        It is used up by `put` and never given again, outbox empty or not. Asking uses nothing up: a
        crash in between leaves no gap, which a server would refuse.
        """
        row: tuple[int] | None = self._database.execute(
            "SELECT next FROM counter WHERE room = ? AND device = ?", (room, device)
        ).fetchone()
        return 1 if row is None else row[0]

    def put(self, room: bytes, device: bytes, counter: int, command_id: bytes, command: bytes) -> None:
        """Keeps an encoded command until it is acknowledged; on the disk when this returns.

        Raises:
            CounterTaken: `counter` is not the next one; nothing was kept.
        """
        with self.transaction():
            if counter != self.next_counter(room, device):
                raise CounterTaken(_("Another window of this profile was faster."), _("Try again."))
            self._set_next_counter(room, device, counter + 1)
            self._database.execute(
                "INSERT INTO outbox (room, device, counter, command_id, command) VALUES (?, ?, ?, ?, ?)",
                (room, device, counter, command_id, command),
            )

    def acknowledged(self, room: bytes, device: bytes, counter: int) -> None:
        """The server has journaled (or refused for good) the command with this counter: it is let go."""
        self._database.execute(
            "DELETE FROM outbox WHERE room = ? AND device = ? AND counter = ?", (room, device, counter)
        )

    def pending(self, room: bytes, device: bytes) -> list[OutgoingCommand]:
        """What was not acknowledged yet, in the order in which it is sent again."""
        rows: list[tuple[int, bytes, bytes]] = self._database.execute(
            "SELECT counter, command_id, command FROM outbox WHERE room = ? AND device = ? ORDER BY counter",
            (room, device),
        ).fetchall()
        return [OutgoingCommand(*row) for row in rows]

    def counter_seen(self, room: bytes, device: bytes, counter: int) -> None:
        """The server has seen this counter (of a profile put back from a copy): later ones go above it."""
        with self.transaction():
            if counter >= self.next_counter(room, device):
                self._set_next_counter(room, device, counter + 1)

    # Private notes

    def keep_note(self, room: bytes, device: bytes, id: bytes, sealed: bytes, at: int) -> None:
        """Keeps a sealed note, in the place of the one with this id; `at`: UTC milliseconds."""
        self._database.execute(
            "INSERT INTO note (room, device, id, sealed, created, changed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (room, device, id) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed",
            (room, device, id, sealed, at, at),
        )

    def notes(self, room: bytes, device: bytes) -> list[KeptNote]:
        """The notes of a device in a room, the last changed first."""
        rows: list[tuple[bytes, bytes, int, int]] = self._database.execute(
            "SELECT id, sealed, created, changed FROM note WHERE room = ? AND device = ?"
            " ORDER BY changed DESC, created DESC, id",
            (room, device),
        ).fetchall()
        return [KeptNote(*row) for row in rows]

    def delete_note(self, room: bytes, device: bytes, id: bytes) -> None:
        """Deletes a note; its bytes are overwritten."""
        self._database.execute("DELETE FROM note WHERE room = ? AND device = ? AND id = ?", (room, device, id))

    # Drafts and settings

    def keep_draft(self, room: bytes, field: str, text: str) -> None:
        """Keeps a half-typed text; an empty one is forgotten."""
        if not text:
            self._database.execute("DELETE FROM draft WHERE room = ? AND field = ?", (room, field))
            return
        self._database.execute("INSERT OR REPLACE INTO draft (room, field, text) VALUES (?, ?, ?)", (room, field, text))

    def draft(self, room: bytes, field: str) -> str:
        """The half-typed text of a field, empty if there is none."""
        row: tuple[str] | None = self._database.execute(
            "SELECT text FROM draft WHERE room = ? AND field = ?", (room, field)
        ).fetchone()
        return "" if row is None else row[0]

    @property
    def practice_done(self) -> bool:
        """Whether this profile has been through the practice room."""
        return self.setting("practice_done") == "yes"

    def keep_practice_done(self) -> None:
        """Keeps that this profile has been through the practice room."""
        self.keep_setting("practice_done", "yes")

    def setting(self, name: str) -> str | None:
        """A small value kept by this program, or None."""
        row: tuple[str] | None = self._database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def keep_setting(self, name: str, value: str) -> None:
        """Keeps a small value under a name of this program's choosing."""
        self._database.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    # Inside

    def _prepare(self) -> None:
        # Deleted texts and secrets are overwritten, not merely unlinked.
        for pragma in ("secure_delete = ON", "synchronous = FULL"):
            self._database.execute(f"PRAGMA {pragma}")
        row: tuple[int] = self._database.execute("PRAGMA user_version").fetchone()
        version = row[0]
        if version > SCHEMA_VERSION:
            words = _(
                "The files in {path} were written by a newer version of Evenly "
                "(form {version}; this one knows {known})."
            )
            raise NewerStore(
                words.format(path=self.directory, version=version, known=SCHEMA_VERSION),
                _("Update Evenly, or use another profile (--profile NAME)."),
            )
        if version < SCHEMA_VERSION:
            raise StoreError(
                _("rooms.db in {path} is not a file of Evenly's.").format(path=self.directory),
                _("Move it elsewhere, or use another profile (--profile NAME)."),
            )
        # Files of before there were notes have no place for them yet.
        self._database.execute(_NOTES)

    def _rooms(self, clause: str, *values: bytes) -> Iterator[KnownRoom]:
        rows: list[tuple[str, int, bytes, bytes, bytes | None, str, int]] = self._database.execute(
            "SELECT host, port, room, secret, pin, my_name, last_used FROM room " + clause,  # noqa: S608 (clauses of ours)
            values,
        ).fetchall()
        for host, port, room, secret, pin, my_name, last_used in rows:
            others = self.setting(_others_of(room))
            further = tuple(parse_servers(others)) if others else ()
            yield KnownRoom(Link(host, port, room, secret, pin, further), my_name, last_used)

    def _set_next_counter(self, room: bytes, device: bytes, counter: int) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO counter (room, device, next) VALUES (?, ?, ?)", (room, device, counter)
        )

    # For the tables of others

    @property
    def database(self) -> sqlite3.Connection:
        """The open database, in autocommit; whoever has tables of its own here makes them there."""
        return self._database

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; on the disk once it ends."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def _unusable(directory: Path, error: Exception) -> StoreError:
    return StoreError(
        _("Evenly cannot use its files in {path} ({reason}).").format(path=directory, reason=error),
        _("See that the directory is yours and the disk is not full, or use another profile (--profile NAME)."),
    )


def _make_private_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)


def _create_database(path: Path) -> None:
    with _appearing(path) as temporary, closing(sqlite3.connect(temporary, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _create_key(path: Path) -> None:
    from evenly_client.sealing import DeviceKey

    with _appearing(path) as temporary:
        temporary.write_bytes(DeviceKey.generate().to_bytes())


@contextmanager
def _appearing(path: Path) -> Generator[Path]:
    """A new file, mode 0600, that appears at `path` whole or not at all; one that is there stays."""
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            _give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _give_name(temporary: Path, path: Path) -> None:
    """Raises FileExistsError when there is something at `path` already."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, such as FAT: two first starts at once are not told apart there.
        if not path.exists():
            temporary.replace(path)


def _others_of(room: bytes) -> str:
    """Where the further servers of a room's link are kept: files of before there were any have them nowhere."""
    return f"other servers {room.hex()}"  # no words: a key of the store
