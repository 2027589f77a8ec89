"""The ledger of check-ins on this machine's disk, in the profile's database: synced before anything is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from evenly_client.checkins.ledger import Burned, CannotBurn, Electorate, LedgerFailed, refuse_again
from evenly_client.store import Store

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS burned (
    room BLOB NOT NULL, device BLOB NOT NULL, check_in BLOB NOT NULL, stage TEXT NOT NULL, k INTEGER NOT NULL,
    PRIMARY KEY (room, device, check_in, stage, k)
) STRICT;
CREATE TABLE IF NOT EXISTS electorate (
    room BLOB NOT NULL, device BLOB NOT NULL, question BLOB NOT NULL, session INTEGER NOT NULL, at INTEGER NOT NULL,
    members BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS electorate_of ON electorate (room, device, question);
CREATE TABLE IF NOT EXISTS compared (
    room BLOB NOT NULL, device BLOB NOT NULL, member BLOB NOT NULL, PRIMARY KEY (room, device, member)
) STRICT;
"""
_KEY_BYTES: Final = 32


class StoredLedger:
    """See `Ledger`. `store` is open as long as this is used."""

    def __init__(self, store: Store, room: bytes, device: bytes) -> None:
        self._store, self._of = store, (room, device)
        store.database.executescript(_TABLES)

    def burned(self, check_in: bytes, stage: str, k: int = 0) -> bool:
        """See `Ledger`."""
        with _or_failed():
            row: tuple[int] | None = self._store.database.execute(
                "SELECT 1 FROM burned WHERE room = ? AND device = ? AND check_in = ? AND stage = ? AND k = ?",
                (*self._of, check_in, stage, k),
            ).fetchone()
        return row is not None

    def burn(
        self, check_in: bytes, stage: str, k: int, question: bytes = b"", electorate: Electorate | None = None
    ) -> None:
        """See `Ledger`."""
        try:
            with self._store.transaction():
                self._burn(check_in, stage, k, question, electorate)
        except sqlite3.IntegrityError:
            raise Burned from None
        except sqlite3.Error as error:
            raise CannotBurn from error

    def _burn(self, check_in: bytes, stage: str, k: int, question: bytes, electorate: Electorate | None) -> None:
        database = self._store.database
        database.execute("INSERT INTO burned VALUES (?, ?, ?, ?, ?)", (*self._of, check_in, stage, k))
        refuse_again(self, question, electorate)
        if electorate is not None:
            row = (*self._of, question, electorate.session, electorate.at, b"".join(sorted(electorate.members)))
            database.execute("INSERT INTO electorate VALUES (?, ?, ?, ?, ?, ?)", row)

    def electorates(self, question: bytes) -> list[Electorate]:
        """See `Ledger`."""
        with _or_failed():
            rows: list[tuple[int, int, bytes]] = self._store.database.execute(
                "SELECT session, at, members FROM electorate"
                " WHERE room = ? AND device = ? AND question = ? ORDER BY at",
                (*self._of, question),
            ).fetchall()
        return [Electorate(session, at, _members(joined)) for session, at, joined in rows]

    def compared(self) -> frozenset[bytes]:
        """See `Ledger`."""
        with _or_failed():
            rows: list[tuple[bytes]] = self._store.database.execute(
                "SELECT member FROM compared WHERE room = ? AND device = ?", self._of
            ).fetchall()
        return frozenset(member for (member,) in rows)

    def note_compared(self, members: Iterable[bytes]) -> None:
        """See `Ledger`."""
        with _or_failed(), self._store.transaction():
            self._store.database.executemany(
                "INSERT OR IGNORE INTO compared VALUES (?, ?, ?)", [(*self._of, member) for member in members]
            )


@contextmanager
def _or_failed() -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerFailed from error


def _members(joined: bytes) -> frozenset[bytes]:
    return frozenset(joined[i : i + _KEY_BYTES] for i in range(0, len(joined), _KEY_BYTES))
