"""The parts of the session's screen, and what each shows now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evenly_protocol import turns
from evenly_protocol.words import FloorMode

from evenly_client.outlook import Outlook
from evenly_client.peer import State
from evenly_client.screens import agenda_parts, parts
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import Row
from evenly_client.screens.situation import Situation
from evenly_client.translation import _

HEADER, SPEAKING, ME, NEXT, AGENDA, PEOPLE, ATTENTION, FOOTER = (
    "header",
    "speaking",
    "me",
    "next",
    "agenda",
    "people",
    "attention",
    "footer",
)
ALL: Final = frozenset({HEADER, SPEAKING, ME, NEXT, AGENDA, PEOPLE, ATTENTION, FOOTER})

PEOPLE_EVERY_S: Final = 5
# Translators: {key} opens the list of commands; “words” finds “Check-ins: compare three words, once…” in it
COMPARE_FIRST: Final = _("Before check-ins, compare three words once · {key} and “words”")
"""Said to those who lead, in the phase in which the group agrees."""

SIDE: Final = 42
"""Cells of the column with the people, its margins included."""


@dataclass(frozen=True)
class Place:
    """How much room there is, in cells; `wide`: the people stand beside."""

    width: int
    height: int
    wide: bool

    @property
    def main(self) -> int:
        """Cells of the column with the session."""
        return self.width - (SIDE if self.wide else 0)


def painted(
    changed: Collection[str],
    s: Situation,
    keys: Keymap,
    place: Place,
    connection: parts.Connection,
    attention: Callable[[], list[Row]],
) -> Iterator[tuple[str, Sequence[Row]]]:
    """Of each changed part its rows. `attention`: the line of what waits for an answer."""
    o, main, tall = s.outlook, place.main, place.height
    if HEADER in changed:
        yield HEADER, parts.header(o, connection, place.width)
    if SPEAKING in changed:
        yield SPEAKING, agenda_parts.pair_rows(o, main) or parts.speaking(s, main, most_words=2 if tall < 30 else 4)
    if ME in changed:
        yield ME, parts.me(s, keys, main)
    if NEXT in changed:
        yield NEXT, parts.next_up(s, main, max(2, min(12, tall - 22)))
    if AGENDA in changed and o.session is None:
        yield AGENDA, agenda_parts.lobby(s, keys, main, lines=max(3, tall - 11))
    elif AGENDA in changed:
        hint = COMPARE_FIRST.format(key=keys.first("commands")) if s.to_compare else ""
        yield AGENDA, agenda_parts.agenda(o, main, lines=max(2, min(8, tall - 20)), hint=hint)
    if PEOPLE in changed and place.wide:
        yield PEOPLE, parts.people(o, SIDE - 4)
    if ATTENTION in changed:
        yield ATTENTION, attention()
    if FOOTER in changed:
        yield FOOTER, parts.footer(s, keys, place.width)


def moved_by_time(o: Outlook, seconds: int) -> Collection[str]:
    """What a second changes, the `seconds`-th: the running clock; now and then what grows with it. Else nothing."""
    moved: set[str] = set() if o.peer.state is State.LIVE else {HEADER, ATTENTION}
    if o.session is None or o.held or o.floor.mode is FloorMode.SILENCE:
        return moved
    now_and_then = seconds % PEOPLE_EVERY_S == 0
    if o.floor.turns:
        moved.add(SPEAKING)
        mine = o.my_turn()
        if mine is not None and turns.limit_of(o.room, mine):
            moved.add(ME)
        if now_and_then:
            moved |= {NEXT, ME, PEOPLE}
    elif o.room.unled_since is not None and now_and_then:
        moved.add(ATTENTION)
    return moved
