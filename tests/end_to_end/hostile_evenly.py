"""`evenly` with every text of other people replaced by hostile ones, a new one each time a text is opened.

    python hostile_evenly.py COUNTS-FILE ARGUMENTS…

What a seal holds is replaced behind the cipher, so that the one cleaning function and every widget get it as they would
from a hostile member. How many texts of each kind were shown is written to the file.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from evenly_client.people import People
from evenly_client.sealing import Sealer
from evenly_protocol.members import Member
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind

MARKER = "PWNED"
SEQUENCES = (
    "[/]",
    "[@click=app.exit]click[/]",
    "[bold red blink]x",
    "\\[",
    "]0;" + MARKER + "\x07",
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]0;" + MARKER + "\x07",
    "\x1b]8;;http://x\x1b\\" + MARKER + "\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1bc",
    "\x9b31m",
    "\x9d0;" + MARKER + "\x9c",
    "\x90q\x9c",
    "\u202e" + MARKER + "\u202c",
    "\u2066x\u2069",
    "\u200b\u200c\u200d\ufeff\u2060",
    "a" + "\u0301" * 10_000,
    "\U000e0041\U000e0042",
    "\r\n\t\v\f\x00\x07\x08\x7f",
    "👩‍👩‍👧‍👦" * 40,
    "漢字" * 40,
    "مرحبا",
    "{}%s%n$(x)`x`",
    "",
)


def samples() -> Iterator[str]:
    """Hostile texts without end: the sequences, in pieces of each other, and characters from everywhere."""
    draw = random.Random(1)
    yield from SEQUENCES
    while True:
        parts = [draw.choice(SEQUENCES)[:40] for _ in range(draw.randint(1, 4))]
        parts += [chr(draw.randrange(0x110000)) for _ in range(draw.randint(0, 8))]
        draw.shuffle(parts)
        text = "".join(parts)
        yield "".join(c for c in text if unicodedata.category(c) != "Cs")


def main() -> None:
    """Replaces what is inside seals, then is `evenly`."""
    counts_file = Path(sys.argv[1])
    sys.argv = ["evenly", *sys.argv[2:]]
    hostile, counts, calls = samples(), Counter[str](), itertools.count()
    really = Sealer.open_bytes

    def open_bytes(self: Sealer, kind: FieldKind, sealed: bytes, author: bytes, object_id: bytes) -> bytes | None:
        if really(self, kind, sealed, author, object_id) is None:
            return None
        counts[kind.value] += 1
        if next(calls) % 200 == 0:
            whole = counts_file.with_suffix(".new")
            whole.write_text(json.dumps(counts))
            whole.replace(counts_file)
        return next(hostile).encode()

    Sealer.open_bytes = open_bytes
    opened: dict[tuple[int, int], tuple[str, bool]] = {}

    def seen(self: People, room: Room, member: Member) -> tuple[str, bool]:
        """A new name for everybody each time that words have been shown."""
        key = (counts["words"], member.seat)
        if key not in opened:
            opened[key] = self._open(room, member)
        return opened[key]

    People._seen = seen
    from evenly_client.screens import session

    session.PAINT_EVERY_S = 0.001
    from evenly_client.cli import main as evenly

    evenly()


if __name__ == "__main__":
    main()
