"""Keeps a rehearsed series of this version as old data for all later ones: journal, archive, and what they hold.

    python tests/old_data/make.py VERSION

Run once for each release, never again for one that has been released.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

from evenly_client import demo
from evenly_client.formats import library
from evenly_protocol.airtime import totals
from evenly_protocol.checkins import CheckIn
from evenly_protocol.room import Room, evolve
from evenly_protocol.wire import decode_entry
from evenly_server.journal.archive import backup
from evenly_server.journal.sqlite import SqliteJournal

HERE = Path(__file__).parent


async def holds(journal_path: Path) -> dict[str, object]:
    """What a journal with one room holds, folded from its first entry: figures that must never change."""
    journal = await SqliteJournal.open(journal_path)
    try:
        (room_id,) = await journal.rooms()
        room = Room(room_id)
        for record in await journal.read(room_id, 0):
            evolve(room, decode_entry(record.body))
    finally:
        await journal.close()
    assert room.session is not None
    sums = totals(room.session, room.at)
    return {
        "entries": room.seq,
        "members": [[m.seat, str(m.role), m.agreed] for m in room.members.values()],
        "spans": len(room.session.ledger),
        "counted": {str(seat): ms for seat, ms in sums.counted.items()},
        "balance": {str(seat): str(balance) for seat, balance in sums.balance.items()},
        "evenness": str(sums.evenness),
        "coverage": str(sums.coverage),
        "turns": len({span.turn for span in room.session.ledger}),
        "sessions": [[p.number, p.held, p.hosts, p.evenness] for p in room.past],
        "actions": [[a.owner, a.due, str(a.state), a.carried, len(a.history), len(a.notes)] for a in room.actions],
        "posts": [[p.seat, str(p.kind), p.met_by, p.taken_back] for p in room.posts],
        "series": [[p.number, p.at, p.holders, p.host, p.feedback] for p in room.series],
        "issues": [[i.seat, i.session] for i in room.issues],
        **({"check_ins": [_check_in(c) for c in room.check_ins]} if room.check_ins else {}),
    }


def _check_in(c: CheckIn) -> list[object]:
    return [str(c.kind), str(c.state), c.session, c.taking_part, c.code, len(c.result)]


async def main(version: str) -> None:
    """Makes the folder of a version."""
    folder = HERE / version
    folder.mkdir()
    journal = folder / "journal.db"
    plan = demo.Plan(speed=demo.FAST, seed=1, minutes=20, format=library.find("peer-coaching"))
    async with demo.rehearsing(plan, str(journal), at=demo.series_begins(plan)) as rehearsal:
        await demo.play_series(rehearsal, plan, lambda _: None, lambda _: None)
    backup(journal, folder / "archive.evenly")
    (folder / "holds.json").write_text(json.dumps(await holds(journal), indent=1) + "\n")
    with sqlite3.connect(journal) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
    for left in ("journal.db-wal", "journal.db-shm", "journal.db.lock"):
        (folder / left).unlink(missing_ok=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
