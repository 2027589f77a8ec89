"""What needs more than a key: a few questions one after another, then a command. Each can be left with escape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec
from evenly_protocol import (
    airtime,
    attendance,
    corrections,
    exchange,
    floor,
    hands,
    rounds,
    seats,
    settings,
    turns,
)
from evenly_protocol.facts import Command
from evenly_protocol.refusals import refuse
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import RelayType
from evenly_protocol.words import GENERAL_TALK, FloorMode, Order, PostKind, Role, Visibility

from evenly_client import phrases
from evenly_client.peer import Peer
from evenly_client.screens import deeds, parts
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.situation import Situation
from evenly_client.sealing import TextTooLong
from evenly_client.translation import _, ngettext, pgettext

Value = TypeVar("Value")

SPANS_LISTED = 12
TURN_MINUTES = (1, 2, 3, 5, 10)
LAST_SECONDS = (10, 20, 30, 60, 120)

NOW = pgettext("choice", "now")
"""Beside the one of several that holds at present."""

MODE_HINTS = {
    FloorMode.QUEUE: _("members raise hands; one turn at a time"),
    FloorMode.ROUND: _("everyone attending speaks once, in seat order"),
    FloorMode.SOLO: _("one named member has the floor"),
    FloorMode.QUESTIONS: _("every hand is a question; the issue-holder answers"),
    FloorMode.OPEN: _("everyone marks themselves as speaking; several at once may"),
    FloorMode.SILENCE: _("held silence: no turns, and time is charged to nobody"),
}


class Host(Protocol):
    """What these need of the screen."""

    @property
    def peer(self) -> Peer:
        """The connection."""
        ...

    def situation(self) -> Situation:
        """This moment."""
        ...

    async def choose(self, title: str, choices: Sequence[Choice[Value]], *, body: str = "") -> Value | None:
        """One of several, or None."""
        ...

    async def write(
        self, title: str, *, body: str = "", value: str = "", placeholder: str = "", empty: bool = False
    ) -> str | None:
        """A line, or None. `empty`: an empty line is an answer too."""
        ...

    async def write_lines(self, title: str, *, body: str = "", value: str = "") -> str | None:
        """Several lines, or None."""
        ...

    def use_format(self, name: str) -> None:
        """The format that the sessions of this room have from now on, on this machine."""
        ...

    def do(self, command: Command, id: bytes = b"") -> None:
        """Sends a command; its refusal is said in the status line."""
        ...

    def say(self, text: str) -> None:
        """A sentence in the status line."""
        ...


Flow = Callable[[Host], Awaitable[None]]


async def seat(
    host: Host, title: str, seats: Iterable[int], *, body: str = "", nobody: str = "", empty: str = ""
) -> int | None:
    """A seat, chosen by name or by its number."""
    o = host.situation().outlook
    choices = [
        Choice(s, o.name(s) if s < 10 else f"{s}  {o.name(s)}", _how(host, s), str(s) if s < 10 else "") for s in seats
    ]
    if nobody:
        choices.append(Choice(GENERAL_TALK, nobody, "", "0"))
    if not choices:
        host.say(empty or _("There is nobody to choose."))
        return None
    return await host.choose(title, choices, body=body)


def _how(host: Host, number: int) -> str:
    o = host.situation().outlook
    member = o.room.members[number]
    words = [] if member.role is Role.PARTICIPANT else [phrases.ROLE_WORDS[member.role]]
    if o.session is not None and not member.attending:
        words.append(_("not on the call"))
    return ", ".join(words)


def _speakers(host: Host) -> list[int]:
    o = host.situation().outlook
    return [s for s in o.everybody if o.room.members[s].role is not Role.OBSERVER]


def _others(host: Host) -> list[int]:
    o = host.situation().outlook
    return [s for s in o.everybody if s != o.seat]


# -- how we talk --------------------------------------------------------------------------------------------------


async def mode(host: Host) -> None:
    """Change how we talk."""
    o = host.situation().outlook
    wanted = await host.choose(
        _("How do we talk now?"),
        [
            Choice(m, phrases.MODE_WORDS[m], NOW if m is o.floor.mode else MODE_HINTS[m], str(i))
            for i, m in enumerate(FloorMode, 1)
        ],
        body=_("What is running ends; hands stay."),
    )
    if wanted is None:
        return
    if wanted is FloorMode.SOLO:
        who = await seat(host, _("Who has the floor?"), _speakers(host))
        if who is not None:
            host.do(floor.ChangeMode(wanted, who))
    elif wanted is FloorMode.ROUND:
        await _round(host)
    else:
        host.do(floor.ChangeMode(wanted))


async def _round(host: Host) -> None:
    how = await host.choose(
        _("A round: in which order?"),
        [
            Choice("turn", _("in seat order"), _("whose turn it is to begin rotates from session to session"), "1"),
            Choice("who", _("in seat order, somebody chosen begins"), "", "2"),
            Choice("least", _("least heard first"), "", "3"),
        ],
        body=_("Everybody on the call speaks once; anybody may skip or come later."),
    )
    if how is None:
        return
    beginner = 0
    if how == "who":
        chosen = await seat(host, _("Who begins?"), _speakers(host))
        if chosen is None:
            return
        beginner = chosen
    too = await host.choose(
        _("Do those who lead speak in it too?"), [Choice(False, _("no"), "", "n"), Choice(True, _("yes"), "", "y")]
    )
    if too is not None:
        host.do(floor.ChangeMode(FloorMode.ROUND, beginner, least_heard_first=how == "least", with_facilitators=too))


# -- the floor ---------------------------------------------------------------------------------------------------


async def give_floor(host: Host) -> None:
    """Give the floor to any seat."""
    who = await seat(host, _("Who is speaking?"), _speakers(host), nobody=_("nobody in particular"))
    if who is not None:
        host.do(turns.GiveFloor(who))


async def same_speaker(host: Host) -> None:
    """Who is it that speaks, asked in a dialog (while a text field is open)."""
    turn = host.situation().outlook.asked()
    if turn is not None:
        await give_floor(host)


async def place_hand(host: Host) -> None:
    """Put a hand at a place in line."""
    chosen = await _hand(host, _("Move whose hand?"))
    if chosen is None:
        return
    count = len(host.situation().outlook.floor.hands)
    places = [Choice(n, phrases.place(n - 1), "", str(n)) for n in range(1, min(count, 9) + 1)]
    place = await host.choose(
        _("To which place?"), [*places, Choice(0, _("wherever the order puts it"), _("no fixed place"), "0")]
    )
    if place is not None:
        host.do(hands.PlaceHand(chosen, place))


async def lower_hand(host: Host) -> None:
    """Lower somebody's hand."""
    chosen = await _hand(host, _("Lower whose hand?"))
    if chosen is not None:
        host.do(hands.LowerHand(chosen))


async def _hand(host: Host, title: str) -> bytes | None:
    s = host.situation()
    if s.chosen:
        return s.chosen
    waiting = [w for w in s.outlook.waiting() if w.hand is not None]
    return await host.choose(
        title, [Choice(w.hand.id, f"{w.seat:>3}  {w.name}", w.reason, "") for w in waiting if w.hand is not None]
    )


async def order(host: Host) -> None:
    """How the queue is ordered."""
    now = host.situation().outlook.room.settings
    wanted = await host.choose(
        _("How is the queue ordered?"),
        [Choice(o, phrases.ORDER_WORDS[o], NOW if o is now.order else "", str(i)) for i, o in enumerate(Order, 1)],
    )
    if wanted is not None:
        host.do(settings.ChangeSettings(msgspec.structs.replace(now, order=wanted)))


async def turn_length(host: Host) -> None:
    """How long a turn may be: its speaker is told, never cut off."""
    now = host.situation().outlook.room.settings
    lengths = [(n, ngettext("1 minute", "{n} minutes", n).format(n=n)) for n in TURN_MINUTES]
    wanted = await host.choose(
        _("How long may a turn be?"),
        [
            Choice(m * 60_000, words, NOW if m * 60_000 == now.limit_ms else "", str(i))
            for i, (m, words) in enumerate([(0, _("no limit")), *lengths])
        ],
        body=_("Only the speaker is told, before it ends. Nobody is ever cut off."),
    )
    if wanted is not None:
        host.do(settings.ChangeSettings(msgspec.structs.replace(now, limit_ms=wanted)))


async def visibility(host: Host) -> None:
    """Who sees whose air time; the group's choice."""
    now = host.situation().outlook.room.settings
    wanted = await host.choose(
        _("Who sees whose air time?"),
        [
            Choice(Visibility.MIRROR, _("each their own"), _("those who lead or mark see all"), "1"),
            Choice(Visibility.OPEN, _("everybody everybody's"), _("the group's choice, not one person's"), "2"),
        ],
        body=_("Now: each their own.") if now.visibility is Visibility.MIRROR else _("Now: everybody everybody’s."),
    )
    if wanted is not None:
        host.do(settings.ChangeSettings(msgspec.structs.replace(now, visibility=wanted)))


async def round_other(host: Host) -> None:
    """In a round: somebody comes later, or listens this time."""
    current = host.situation().outlook.floor.round
    if current is None:
        return
    who = await seat(host, _("Who?"), list(current.pending))
    if who is None:
        return
    later = await host.choose(
        _("Later, or not this time?"),
        [Choice(True, _("later in this round"), "", "l"), Choice(False, _("listens"), "", "s")],
    )
    if later is not None:
        host.do(rounds.ComeBackLater(who) if later else rounds.SkipRound(who))


# -- people ------------------------------------------------------------------------------------------------------


async def invite(host: Host) -> None:
    """Ask one seat privately; leaves no trace."""
    o = host.situation().outlook
    could = o.could_invite()
    here = [s for s in _others(host) if s in o.peer.connected and o.room.members[s].role is not Role.OBSERVER]
    said = [_("“Would you like to come in?” Nobody else sees it, and it leaves no trace.")]
    if could:
        # Translators: {seats} are numbers: 3, 5 and 6
        said.append(_("There is room for {seats}.").format(seats=phrases.listed([str(s) for s in could])))
    who = await seat(
        host,
        _("Ask whom privately?"),
        here,
        body="\n".join(said),
        empty=_("Nobody else is here with a screen."),
    )
    if who is not None:
        _invite(host, who)


def _invite(host: Host, who: int) -> None:
    host.peer.tell(RelayType.INVITE, who)
    host.say(_("{name} is asked, privately.").format(name=host.situation().outlook.name(who)))


async def answer_invite(host: Host) -> None:
    """My answer to a private invitation: yes is my hand, and only "not now" is told."""
    answer = await host.choose(
        _("Would you like to come in?"),
        [Choice(True, _("yes"), _("your hand goes up"), "y"), Choice(False, _("not now"), "", "n")],
        body=_("A facilitator asks you, privately."),
    )
    if answer is None:
        return
    if not answer:
        host.peer.tell(RelayType.INVITE_ANSWER)
        return
    s = host.situation()
    offered = deeds.offer("raise_hand", s)
    if isinstance(offered, deeds.Deed) and offered.command and not deeds.my_hand(s):
        host.do(offered.command)


async def introduce(host: Host) -> None:
    """After a talk in pairs: whom I have offered to introduce goes on the exchange."""
    text = await host.write(
        _("Anyone you offered to introduce?"), placeholder=_("to whom, and whom"), body=_("It is an offer.")
    )
    if text is None:
        return
    id = Peer.new_id()
    try:
        host.do(exchange.AddPost(PostKind.OFFER, host.peer.seal(FieldKind.POST, text, id)), id)
    except TextTooLong as error:
        host.say(f"{error.title} {error.advice}")


async def guest(host: Host) -> None:
    """A seat for somebody on the call without a screen."""
    name = await host.write(_("Who is on the call without a screen?"), placeholder=_("their name"))
    if name is None:
        return
    id = Peer.new_id()
    sealed = host.peer.seal(FieldKind.NAME, name, id)
    host.do(seats.AddGuest(sealed), id)


async def guest_seat(host: Host) -> None:
    """A guest seat becomes the own seat of a member who has joined."""
    o = host.situation().outlook
    guests = [s for s in o.everybody if o.room.members[s].is_guest]
    old = await seat(host, _("Which guest seat?"), guests)
    if old is None:
        return
    fresh = [s for s in o.everybody if not o.room.members[s].is_guest and s != o.seat]
    new = await seat(host, _("Who is {name}?").format(name=o.name(old)), fresh)
    if new is not None:
        host.do(seats.GiveGuestSeat(old, new))


async def door(host: Host) -> None:
    """Let in, or not, the first who waits."""
    waiting = host.peer.waiting
    if not waiting:
        host.say(_("Nobody waits at the door."))
        return
    knock = waiting[0]
    o = host.situation().outlook
    name = host.peer.people.knocking(o.room, knock)
    guests = [s for s in o.everybody if o.room.members[s].is_guest]
    choices = [Choice(0, _("let in"), "", "y")]
    choices += [
        Choice(
            s,
            _("let in as {name}").format(name=o.name(s)),
            _("guest seat {n}").format(n=s),
            str(s) if s < 10 else "",
        )
        for s in guests
    ]
    choices.append(Choice(-1, _("do not let in"), "", "x"))
    answer = await host.choose(_("{name} waits to be let in.").format(name=name), choices)
    if answer is not None:
        host.peer.answer_knock(knock, admit=answer >= 0, guest=max(0, answer))


async def timekeeper(host: Host) -> None:
    """Who marks the speaker, beside those who lead."""
    o = host.situation().outlook
    who = await seat(
        host,
        _("Who marks who is speaking?"),
        [s for s in o.everybody if not o.room.members[s].is_guest],
        nobody=_("only those who lead"),
        body=_("They press the seat keys, and see everybody's air time."),
    )
    if who is not None:
        host.do(seats.SetTimekeeper(who))


async def on_call(host: Host) -> None:
    """Say that somebody is on the call, or is not."""
    who = await seat(host, _("Who?"), _others(host))
    if who is None:
        return
    there = await host.choose(
        _("Are they on the call?"),
        [Choice(True, _("on the call"), "", "y"), Choice(False, _("not on the call"), "", "n")],
    )
    if there is not None:
        host.do(attendance.SetAttending(who, there))


async def role(host: Host) -> None:
    """Give somebody another role."""
    o = host.situation().outlook
    who = await seat(host, _("Whose role?"), [s for s in o.everybody if not o.room.members[s].is_guest])
    if who is None:
        return
    wanted = await host.choose(
        _("{name}: which role?").format(name=o.name(who)),
        [Choice(r, phrases.ROLE_WORDS[r], NOW if o.room.members[who].role is r else "", "") for r in Role],
    )
    if wanted is not None:
        host.do(seats.SetRole(who, wanted))


async def visitor(host: Host) -> None:
    """Somebody watches this session as a visitor, and is no member any more when it ends."""
    o = host.situation().outlook
    able = [s for s in _others(host) if not o.room.members[s].is_guest and not o.room.members[s].visitor]
    who = await seat(
        host,
        _("Who is a visitor of this session?"),
        able,
        body=_("They watch. When the session ends they are no member any more, and their device is kept out."),
    )
    if who is not None:
        host.do(seats.SetVisitor(who))


async def my_name(host: Host) -> None:
    """Change my name."""
    o = host.situation().outlook
    name = await host.write(_("Your name in this room"), value=host.peer.name_of(o.seat))
    if name is None:
        return
    if host.peer.people.taken(o.room, name, but=o.seat):
        host.say(_("Somebody in the room has that name, or one that looks the same. Add a letter or two."))
        return
    id = Peer.new_id()
    try:
        host.do(seats.SetName(*host.peer.signed_name(name, id)), id)
    except TextTooLong:
        host.say(_("That name is too long."))


async def at_seat(host: Host, number: int) -> None:
    """What can be done about somebody whose row was clicked."""
    o = host.situation().outlook
    if number not in o.room.members or o.session is None or not o.leads:
        return
    member = o.room.members[number]
    choices = [Choice("floor", _("is speaking now"), "", "1")] if member.role is not Role.OBSERVER else []
    if number in o.peer.connected and number != o.seat:
        choices.append(Choice("invite", _("ask privately: would you like to come in?"), "", "2"))
    if number != o.seat:
        there = _("is not on the call") if member.attending else _("is on the call")
        choices.append(Choice("call", there, "", "3"))
    wanted = await host.choose(f"{number}  {o.name(number)}", choices)
    if wanted == "floor":
        host.do(turns.GiveFloor(number))
    elif wanted == "invite":
        _invite(host, number)
    elif wanted == "call":
        host.do(attendance.SetAttending(number, not member.attending))


# -- air time ----------------------------------------------------------------------------------------------------


async def move_time(host: Host) -> None:
    """Whose was it? A stretch of talk, all of it or its end, to somebody else."""
    o = host.situation().outlook
    if o.room.session is None:
        return
    ledger = o.room.session.ledger
    listed = list(enumerate(ledger))[-SPANS_LISTED:][::-1]
    span = await host.choose(
        _("Which stretch of talk?"),
        [
            Choice(index, f"{phrases.time_of_day(part.start)}  {_owner(host, index)}", _length(part))
            for index, part in listed
        ],
        body=_("The last first. Only what was marked wrongly needs this; it can be taken back."),
    )
    if span is None:
        return
    length = ledger[span].end - ledger[span].start
    parts_of = [(0, _("all of it"))]
    # Translators: {length} is a length of time: 30 seconds, 2 min
    parts_of += [(n * 1000, _("its last {length}").format(length=phrases.spoken(n * 1000))) for n in LAST_SECONDS]
    last = await host.choose(
        _("How much of it?"),
        [Choice(ms, words, "", str(i)) for i, (ms, words) in enumerate(parts_of) if ms < length],
    )
    if last is None:
        return
    if o.tracks:
        to = await seat(host, _("Whose was it?"), _speakers(host), nobody=_("nobody in particular"))
    else:
        mine = [Choice(o.seat, _("mine"), "", "1"), Choice(GENERAL_TALK, _("not mine: nobody in particular"), "", "0")]
        to = await host.choose(_("Whose was it?"), mine)
    if to is not None:
        host.do(corrections.CorrectAirTime(span, to, last))


def _owner(host: Host, index: int) -> str:
    o = host.situation().outlook
    last = o.room.session
    seat = GENERAL_TALK if last is None else airtime.owner_from(last, index, last.ledger[index].start)
    return f"{seat:>2}  {o.name(seat)}" if seat else _("nobody in particular")


def _length(part: airtime.Span) -> str:
    """How long a stretch of talk was; and where nobody was sure whose it is, that."""
    length = phrases.spoken(part.end - part.start)
    return length if part.sure else _("{length}, nobody was sure").format(length=length)


def say_refusal(s: Situation, code: str) -> str:
    """A refusal in two sentences; nobody waiting also says who could be invited."""
    refusal = refuse(code)
    if code == "nobody_waiting" and s.outlook.leads:
        return parts.nobody_waiting(s.outlook)
    return phrases.refusal_words(refusal)


FLOWS: dict[str, Flow] = {
    "floor_mode": mode,
    "give_floor": give_floor,
    "place_hand": place_hand,
    "lower_hand": lower_hand,
    "order": order,
    "turn_length": turn_length,
    "visibility": visibility,
    "round_skip": round_other,
    "invite": invite,
    "guest": guest,
    "guest_seat": guest_seat,
    "door": door,
    "timekeeper": timekeeper,
    "on_call": on_call,
    "role": role,
    "visitor": visitor,
    "my_name": my_name,
    "move_time": move_time,
}
"""The actions that ask something first."""
