"""The parts of the session screen as rows: what each says now. Pure; widths in terminal cells.

The order on the screen is fixed (experience.md): who speaks, me, the next, the agenda, a line or two of notices,
and the keys that do something now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from evenly_protocol.words import GENERAL_TALK, FloorMode, Intent, Presence, Role, Source
from rich.cells import cell_len

from evenly_client import phrases
from evenly_client.outlook import Outlook, Speaking, Waiting
from evenly_client.peer import State
from evenly_client.screens import deeds
from evenly_client.screens.deeds import Deed
from evenly_client.screens.keys import Keymap
from evenly_client.screens.looks import BLANK, LABEL, Look, Made, Row, Span, flowed, label, labelled, padded, wrapped
from evenly_client.screens.names import padded_name
from evenly_client.screens.situation import Situation
from evenly_client.translation import _, ngettext, pgettext

SEAT = 3
NAME = 14
SPEAKERS_AT_MOST = 4

WORDS_ARE = {
    Intent.QUESTION: _("asks: {words}"),
    Intent.CLARIFY: _("to clarify: {words}"),
    Intent.REPLY: _("replies: {words}"),
    # Translators: what somebody speaks about
    Intent.SPEAK: _("on: {words}"),
    Intent.PROCESS: _("how we work: {words}"),
}

# Translators: the name of a part of the screen, at most 8 cells
LABEL_SPEAKING: Final = pgettext("label", "SPEAKING")
# Translators: the name of a part of the screen, at most 8 cells
LABEL_YOU: Final = pgettext("label", "YOU")
# Translators: the name of a part of the screen, at most 8 cells
LABEL_NEXT: Final = pgettext("label", "NEXT")


@dataclass(frozen=True)
class Connection:
    """How the connection is told. `since_s`: for how long it has been as it is."""

    state: State
    since_s: float = 0.0
    saving: bool = False
    status: str = ""

    @property
    def word(self) -> str:
        """For the header; empty where all is well."""
        if self.state is State.LIVE:
            return _("saving…") if self.saving else ""
        if self.state is State.AGREEMENT:
            return _("the agreement first")
        if self.state is State.CONNECTING:
            return _("connecting")
        return _("reconnecting") if self.since_s < 5 else _("not connected")


# -- the header --------------------------------------------------------------------------------------------------


def header(o: Outlook, connection: Connection, width: int) -> list[Row]:
    """Which room and session, what is going on and until when; who is here, and how the connection stands."""
    facts = [o.room_name]
    if o.session is not None:
        facts.append(_("session {number}").format(number=o.session.number))
        facts.append(_("{phase} paused").format(phase=o.phase) if o.held else f"{o.phase} {o.until}".rstrip())
    else:
        facts.append(o.phase)
    word = connection.word
    total = len(o.everybody)
    count = _("{n} of {total} on the call") if o.session is not None else _("{n} of {total} here")
    said = [connection.status] if connection.status else []
    said.append(word or count.format(n=len(o.here), total=total))
    mark = "●" if connection.state is State.LIVE else "○"
    right = (Span(f"{' · '.join(said)} {mark} ", Look.NOTE if word else Look.PLAIN),)
    room = width - sum(cell_len(s.text) for s in right) - 2
    # The room's name gives way first: what is going on is what one looks up for.
    rest = "".join(f" · {fact}" for fact in facts[1:])
    whole = cell_len(facts[0])
    name = padded(facts[0], min(whole, max(6, room - cell_len(rest))))
    return [Row((Span(f" {name}{rest}"),), right, "header")]


# -- who speaks --------------------------------------------------------------------------------------------------


def speaking(s: Situation, width: int, *, most_words: int = 2) -> list[Row]:
    """Who has the floor, for how long, and what they ask."""
    o = s.outlook
    now = o.speaking()
    if not now:
        return [labelled(LABEL_SPEAKING, (Span(_nobody_speaks(s), Look.DIM),), key="nobody")]
    rows: list[Row] = []
    for index, who in enumerate(now[:SPEAKERS_AT_MOST]):
        rows.append(_speaker(o, who, LABEL_SPEAKING if index == 0 else ""))
        said = speaker_words(who)
        if said and len(now) == 1:
            for line in wrapped(said, width - LABEL - SEAT - 2, most_words):
                rows.append(Row((Span(" " * (LABEL + SEAT)), Span(line, Look.NOTE)), key=("words", who.turn.id)))
    if len(now) > SPEAKERS_AT_MOST:
        more = _and_more(len(now) - SPEAKERS_AT_MOST)
        rows.append(Row((Span(" " * (LABEL + SEAT)), Span(more, Look.DIM)), key="more"))
    return rows


def _and_more(n: int) -> str:
    return ngettext("and {n} more", "and {n} more", n).format(n=n)


def _speaker(o: Outlook, who: Speaking, name_of_part: str) -> Row:
    seat = "" if who.seat == GENERAL_TALK else str(who.seat)
    time = phrases.clock(who.elapsed)
    if who.limit and (who.mine or o.leads):
        # Translators: how long somebody has spoken, of how long they may: 0:40 of 2:00
        time = _("{time} of {limit}").format(time=time, limit=phrases.clock(who.limit))
    look = Look.MINE if who.mine else Look.STRONG
    left = (*label(name_of_part), Span(padded(seat, SEAT), Look.DIM), Span(_who(who), look))
    return Row(left, (Span(f"{time}  ", Look.STRONG),), ("speaker", who.turn.id, who.seat))


def _who(who: Speaking) -> str:
    """Whose turn it is, or that it is nobody's in particular."""
    if who.seat == GENERAL_TALK:
        unmarked = who.turn.source is Source.UNMARKED
        return _("nobody marked") if unmarked else _("general talk: nobody in particular")
    if not who.answering:
        return who.name
    return _("You answer") if who.mine else _("{name} answers").format(name=who.name)


def speaker_words(who: Speaking) -> str:
    """What goes below a speaker: their words, and what they are; empty for none."""
    if not who.words:
        return _("asks a question") if who.turn.intent is Intent.QUESTION and not who.answering else _bare(who)
    said = _("asked: {words}") if who.answering else WORDS_ARE[who.turn.intent]
    return said.format(words=who.words)


def _bare(who: Speaking) -> str:
    return _("a point about how we work") if who.turn.intent is Intent.PROCESS else ""


def _nobody_speaks(s: Situation) -> str:
    o = s.outlook
    if o.session is None:
        if o.room.session is not None:
            return _("nobody · session {number} has ended").format(number=o.room.session.number)
        if o.leads:
            return _("nobody yet · everybody who joins appears here")
        return _("nobody yet") if o.may_start else _("nobody yet · a facilitator starts the session")
    mode = o.floor.mode
    if mode is FloorMode.SILENCE:
        return _("silence")
    if o.held:
        return _("paused")
    if mode is FloorMode.OPEN:
        return _("free talk · nobody is marked as speaking")
    if o.leads and o.floor.hands:
        return _("nobody · the next in line is waiting")
    return _("nobody")


# -- me ----------------------------------------------------------------------------------------------------------


def me(s: Situation, keys: Keymap, width: int) -> list[Row]:
    """Where I stand. My own turn is a banner that cannot be taken for anything else."""
    o = s.outlook
    if s.view and o.held:
        return [labelled(LABEL_YOU, (Span(o.me_in_words(), Look.STRONG),), key="me")]
    if s.view:
        return [labelled(LABEL_YOU, (Span(_("a second screen: it only shows"), Look.DIM),), key="me")]
    turn = o.my_turn()
    if turn is not None and o.session is not None and not o.held and o.floor.mode is not FloorMode.OPEN:
        return _my_turn(s, keys, width)
    look = Look.STRONG
    if (o.me is None and not s.live) or (o.me is not None and not s.live and o.session is None):
        said = _("not connected yet")
    elif o.session is None and o.room.session is not None and o.me is not None and not o.leads:
        said = _("the session has ended · thank you")
    elif turn is not None and not o.held:
        said = _("you are marked as speaking")
    elif s.lowering and not s.rising:
        said = _("your hand goes down as soon as the server answers")
    elif s.rising and (o.my_hand() is None or s.lowering):
        said = _("your hand goes up as soon as the server answers")
    else:
        said = o.me_in_words()
        look = Look.MINE if o.up_next else Look.STRONG
    rows = [labelled(LABEL_YOU, (Span(said, look),), key="me")]
    mine = o.my_hand()
    words = o.words_of(mine)
    if words and not o.held:
        rows.append(Row((Span(" " * LABEL), Span(phrases.quoted(words), Look.NOTE)), key="my_words"))
    return rows


def _my_turn(s: Situation, keys: Keymap, width: int) -> list[Row]:
    o = s.outlook
    who = next((w for w in o.speaking() if w.mine), None)
    answering = who is not None and who.answering
    said = _("YOU ANSWER") if answering else _("IT IS YOUR TURN")
    key = keys.first("finish_turn")
    finish = _("{key} when you have finished").format(key=key)
    hints = [finish if key and not s.just_begun else _("take your time")]
    if who is not None and who.limit:
        left = who.limit - who.elapsed
        if left < 0:
            hints.insert(0, _("a little over, that is fine"))
        elif left <= phrases.cue_before(who.limit):
            # Translators: {length} is a length of time: 30 seconds
            hints.insert(0, _("{length} left").format(length=phrases.spoken(phrases.cue_before(who.limit))))
    edge = Row((Span("  " + "━" * max(0, width - 4), Look.MINE),), key="edge")
    banner = Row(
        (Span(f"  ▶ {said}  ", Look.BANNER), Span(f" {' · '.join(hints)}", Look.BANNER)),
        (Span(" ", Look.BANNER),),
        "me",
        Look.BANNER,
    )
    return [edge, banner, edge]


# -- the next ----------------------------------------------------------------------------------------------------


def next_up(s: Situation, width: int, most: int) -> list[Row]:
    """The first of those who wait, with why they stand there. The chosen one is always among them."""
    o = s.outlook
    if o.session is None:
        return []
    waiting = o.waiting()
    if not waiting:
        return _nobody_waits(s)
    first = 0
    if s.chosen:
        at = next((i for i, w in enumerate(waiting) if w.hand is not None and w.hand.id == s.chosen), 0)
        first = max(0, at - most + 1)
    shown = waiting[first : first + most]
    rows = [_waits(s, w, LABEL_NEXT if i == 0 else "", width) for i, w in enumerate(shown)]
    rest = len(waiting) - first - len(shown)
    if rest and most > 2:
        rows[-1] = Row(
            (Span(" " * (LABEL + SEAT)), Span(_and_more(rest + 1), Look.DIM)),
            key="more",
        )
    elif rest or first:
        n = len(waiting)
        in_line = ngettext("{n} in line", "{n} in line", n).format(n=n)
        rows[-1] = Row(rows[-1].left, (Span(f"{in_line}  ", Look.DIM),), rows[-1].key)
    return rows


def _waits(s: Situation, w: Waiting, name_of_part: str, width: int) -> Row:
    chosen = w.hand is not None and w.hand.id == s.chosen
    look = Look.MINE if w.mine else Look.PLAIN
    name = min(24, NAME) if width < 100 else 24
    mark = "▸" if chosen else " "
    spans = [
        *label(name_of_part, mark),
        Span(padded(str(w.seat), SEAT), Look.DIM),
        Span(padded_name(w.name, name) + " ", look),
        Span(pgettext("hand", "chosen · ") if chosen else "", Look.KEY),
        Span(w.reason, Look.DIM),
    ]
    if w.words:
        spans.append(Span("  " + phrases.quoted(w.words), Look.NOTE))
    return Row(tuple(spans), (), w.hand.id if w.hand is not None else ("seat", w.seat))


def _nobody_waits(s: Situation) -> list[Row]:
    o = s.outlook
    if o.floor.mode in (FloorMode.SILENCE, FloorMode.OPEN, FloorMode.SOLO) or o.held:
        return []
    if o.floor.round is not None:
        return [labelled(LABEL_NEXT, (Span(_("nobody: this is the last of the round"), Look.DIM),), key="nobody")]
    said = _("nobody is waiting") if o.floor.queue_open else _("nobody is waiting · the queue is closed for now")
    return [labelled(LABEL_NEXT, (Span(said, Look.DIM),), key="nobody")]


# -- the people, beside ------------------------------------------------------------------------------------------


def people(o: Outlook, width: int) -> Sequence[Row]:
    """Everybody in seat order, with how they are here; counters only for those who may see them."""
    counters = o.counted()
    heading = Row(
        (Span(pgettext("label", "PEOPLE"), Look.LABEL),),
        (Span(_("air time") if counters else "", Look.DIM),),
        "people",
    )
    speaking_now = {who.seat for who in o.speaking()}
    seats = o.everybody
    below = _invitable(o)

    def row(at: int) -> Row:
        if at == 0:
            return heading
        if at > len(seats):
            return below[at - len(seats) - 1]
        return _person(o, seats[at - 1], width, speaking_now, counters)

    return Made(1 + len(seats) + len(below), row)


def _invitable(o: Outlook) -> list[Row]:
    """Whom those who lead could ask in."""
    invite = o.could_invite() if o.leads and o.session is not None and not o.held else []
    if not invite:
        return []
    could = _("could invite: {seats}").format(seats=_seats(invite))
    return [BLANK, Row((Span(could, Look.DIM),), key="invite")]


def _person(o: Outlook, seat: int, width: int, speaking_now: set[int], counters: Mapping[int, int]) -> Row:
    look = Look.MINE if seat == o.seat else Look.STRONG if seat in speaking_now else Look.PLAIN
    time = f" {phrases.clock(counters[seat])}" if seat in counters else ""
    return _person_row(seat, o.name(seat), look, _presence(o, seat, speaking_now), time, width)


@lru_cache(maxsize=1024)
def _person_row(seat: int, name: str, look: Look, presence: str, time: str, width: int) -> Row:
    left = (
        Span(padded(str(seat), SEAT), Look.DIM),
        Span(padded_name(name, max(8, min(24, width - SEAT - 22))) + " ", look),
        Span(presence, Look.DIM),
    )
    return Row(left, (Span(time, Look.DIM),) if time else (), ("seat", seat))


def _presence(o: Outlook, seat: int, speaking_now: set[int]) -> str:
    member = o.room.members[seat]
    if seat in speaking_now:
        # Translators: these stand behind a name, in at most 14 cells
        return pgettext("presence", "speaking")
    if member.role is Role.OBSERVER and (member.attending or seat in o.peer.connected):
        return pgettext("presence", "watching")
    if o.session is None:
        if member.is_guest:
            return pgettext("presence", "no screen") if member.attending else pgettext("presence", "not here")
        return pgettext("presence", "here") if seat in o.peer.connected else pgettext("presence", "not here")
    if member.presence is Presence.AWAY:
        return pgettext("presence", "away")
    if not member.attending:
        return pgettext("presence", "not here")
    if any(h.seat == seat for h in o.floor.hands):
        return pgettext("presence", "hand up")
    if member.is_guest:
        return pgettext("presence", "no screen")
    if seat not in o.peer.connected and o.peer.state is State.LIVE:
        return pgettext("presence", "reconnecting")
    return pgettext("presence", "listening") if member.listening else pgettext("presence", "on the call")


def _seats(seats: Sequence[int]) -> str:
    return ", ".join(str(seat) for seat in seats)


def nobody_waiting(o: Outlook) -> str:
    """What *next* says when nobody waits."""
    could = o.could_invite()
    if not could:
        return _("Nobody is waiting.")
    return _("Nobody is waiting. Could invite: {seats}.").format(seats=_seats(could))


# -- the footer --------------------------------------------------------------------------------------------------

MINE = (
    "answer",
    "give_chosen",
    "finish_turn",
    "same_speaker",
    "lead_check_in",
    "come_back",
    "raise_hand",
    "word_hand",
    "skip_round",
    "come_later",
    "resume",
    "hold",
    "defer_hand",
    "boards",
    "read_report",
    "step_away",
    "point_of_process",
    "how_i_stand",
)
"""What the footer's first line offers, the most needed first."""

LEADING = ("start_session", "next_turn", "who_speaks", "next_phase", "more_time", "keep_end", "undo")
"""What it offers to facilitators; with *pause* the six that matter."""

ALWAYS = ("help", "commands", "leave")


def footer(s: Situation, keys: Keymap, width: int) -> list[Row]:
    """The keys that do something now, for me, in this state."""
    if s.typing:
        enter = pgettext("key", "keep it") if s.writes == "action" else pgettext("key", "put it to my hand")
        words = [("enter", enter), ("esc", pgettext("key", "close, the text is kept"))]
        if s.asked:
            words.insert(0, (keys.first("answer"), pgettext("key", "answer")))
        typed = [_key(key, word) for key, word in words]
        return flowed([*typed, (Span(_("letters are text now"), Look.DIM),)], width, 1)
    tail = _always_there(s, keys, short=width <= 60)
    mine = [item for name in MINE if (item := _item(s, keys, name))]
    leading = [item for name in LEADING if (item := _item(s, keys, name))]
    if not leading:
        return flowed(_with_tail(mine, tail, width), width, 1) or [BLANK]
    first = flowed(mine, width, 1) if mine else []
    line = _with_tail(leading, tail, width)
    if len(line) < len(leading) + len(tail):
        # The keys for leading go before the long words of those that are always there.
        line = _with_tail(leading, _always_there(s, keys, short=True), width)
    return [*first, *flowed(line, width, 1)]


def _always_there(s: Situation, keys: Keymap, *, short: bool) -> list[tuple[Span, ...]]:
    return [item for name in ALWAYS if (item := _item(s, keys, name, short=short))]


def _with_tail(items: list[tuple[Span, ...]], tail: list[tuple[Span, ...]], width: int) -> list[tuple[Span, ...]]:
    """The items that leave room for the tail, then the tail."""
    room = width - 1 - sum(_size(item) + 3 for item in tail[:2])
    kept: list[tuple[Span, ...]] = []
    for item in items:
        if _size(item) <= room:
            kept.append(item)
            room -= _size(item) + 3
    return [*kept, *tail]


def _size(item: tuple[Span, ...]) -> int:
    return sum(cell_len(span.text) for span in item)


def _item(s: Situation, keys: Keymap, name: str, *, short: bool = False) -> tuple[Span, ...] | None:
    offered = deeds.offer(name, s)
    key = keys.first(name)
    if not isinstance(offered, Deed) or not offered.word or not key:
        return None
    if name == "who_speaks" and keys.keys(name)[:1] == ("1",):
        key = "1…8"
    return _key(key, (short and offered.short) or offered.word, name)


def _key(key: str, word: str, name: str = "") -> tuple[Span, ...]:
    return (Span(key, Look.KEY, name), Span(f" {word}", Look.PLAIN, name))
