"""The room: one state, one `decide`, one `evolve`, composed of the modules that each hold one idea.

`decide` looks and answers with events or a refusal; it changes nothing. `evolve` folds an entry's events into the
room. The server decides; both sides fold with this same code, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Union

import msgspec

from evenly_protocol import (
    actions,
    agenda,
    agreement,
    airtime,
    attendance,
    checkins,
    corrections,
    exchange,
    floor,
    hands,
    issues,
    labels,
    members,
    pairs,
    permissions,
    rounds,
    seats,
    series,
    session,
    settings,
    taking_back,
    turns,
    undo,
)
from evenly_protocol.actions import Action
from evenly_protocol.agreement import Agreement, Call
from evenly_protocol.checkins import CheckIn
from evenly_protocol.exchange import Post
from evenly_protocol.facts import Asking, Command, Event, Stamp
from evenly_protocol.floor import Floor
from evenly_protocol.issues import Issue
from evenly_protocol.members import Member
from evenly_protocol.pairs import Met
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.series import DatePoll, Planned
from evenly_protocol.session import PastSession, Session
from evenly_protocol.settings import Settings

STATE_VERSION = 3
"""Snapshots of another version are not read: the room is folded from its entries instead."""

OUTCOMES_KEPT = 64


class RoomCreated(Event, frozen=True):
    """The room exists. `invite`: SHA-256 of the token that lets people in, 32 bytes."""

    invite: bytes


class CommandsSeen(msgspec.Struct, array_like=True):
    """What the room remembers of a device's commands, so that none is decided twice.

    `highest` is the highest counter accepted; `recent` the ids of the last 64 accepted.
    """

    highest: int = 0
    recent: list[bytes] = []


class Room(msgspec.Struct, array_like=True):
    """Everything that a room is.

    Attributes:
        id: 16 bytes.
        seq: the entries folded so far.
        at: when the last was decided, UTC milliseconds.
        invite: SHA-256 of the invitation's token.
        members: by seat.
        session: the running session, or the last one until the next starts.
        carry: what each seat brings from earlier sessions, milliseconds, never above zero.
        blocked: device keys that were removed.
        timekeeper, chair: a seat, 0 for nobody.
        unled_since: since when no facilitator is on the call, UTC milliseconds.
        seen: commands accepted, by device key; the empty key is for those not recorded to anybody.
        last: the id of the last entry folded.
        actions, issues, posts: the boards, the oldest first.
        series: planned sessions, those that were held first.
        poll: the dates that are being asked about.
        call: where the group meets.
        deputy: who leads when no facilitator is there; 0 for nobody.
        met: who has been paired with whom.
        introductions: people made known to each other through asks that were met.
        coaching_minutes: minutes of coaching one to one.
        check_ins: the check-ins, the oldest first.
    """

    id: bytes
    seq: int = 0
    at: int = 0
    invite: bytes = b""
    invitation_open: bool = True
    name: bytes = b""
    name_author: bytes = b""
    name_id: bytes = b""
    settings: Settings = Settings()
    agreement: Agreement = Agreement()
    members: dict[int, Member] = {}
    session: Session | None = None
    past: list[PastSession] = []
    carry: dict[int, int] = {}
    blocked: list[bytes] = []
    timekeeper: int = 0
    chair: int = 0
    unled_since: int | None = None
    seen: dict[bytes, CommandsSeen] = {}
    last: bytes = b""
    actions: list[Action] = []
    issues: list[Issue] = []
    posts: list[Post] = []
    series: list[Planned] = []
    poll: DatePoll | None = None
    call: Call = Call()
    deputy: int = 0
    met: list[Met] = []
    introductions: int = 0
    coaching_minutes: int = 0
    check_ins: list[CheckIn] = []

    @property
    def running(self) -> Session | None:
        """The running session, None between sessions."""
        return self.session if self.session is not None and self.session.running else None

    @property
    def floor(self) -> Floor:
        """The floor of the running session; an empty one between sessions."""
        return self.session.floor if self.session is not None else Floor()


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One command's outcome, as it is journaled and sent.

    Attributes:
        seq: its place in the room, from 1.
        id: the command's id, 16 bytes; a random one for what the server does by itself.
        at: when it was decided, UTC milliseconds.
        by: the seat that asked; 0 for the server, and where it is not recorded who.
        counter: the device's counter; 0 where it is not recorded who.
        events: what happened.
    """

    seq: int
    id: bytes
    at: int
    by: int
    counter: int
    events: list[AnyEvent]


_PARTS = (
    seats,
    attendance,
    agreement,
    settings,
    session,
    agenda,
    floor,
    hands,
    turns,
    rounds,
    issues,
    pairs,
    actions,
    exchange,
    series,
    labels,
    checkins,
    corrections,
    undo,
)
_DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {}
_EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {}
for _part in _PARTS:
    _DECIDE.update(_part.DECIDE)
    _EVOLVE.update(_part.EVOLVE)
_EVOLVE.update(taking_back.EVOLVE)


def _created(room: Room, event: RoomCreated, stamp: Stamp) -> None:
    room.invite = event.invite


_EVOLVE[RoomCreated] = _created

COMMANDS: tuple[type[Command], ...] = tuple(_DECIDE)
"""Every command, those of the server included."""

MEMBER_COMMANDS: tuple[type[Command], ...] = tuple(
    c for c in COMMANDS if permissions.RULES[c].who is not permissions.Who.SERVER
)
"""The commands that members send."""

EVENTS: tuple[type[Event], ...] = tuple(_EVOLVE)
"""Every event that was ever written."""

if TYPE_CHECKING:
    AnyCommand = Command
    AnyEvent = Event
else:
    AnyCommand = Union[MEMBER_COMMANDS]  # noqa: UP007
    AnyEvent = Union[EVENTS]  # noqa: UP007

UNCOUNTED: frozenset[type[Command]] = frozenset({session.Hold, agreement.AnswerAgreement})
"""Commands that stand outside a device's counter: given twice, they do what they do once."""

UNRECORDED: frozenset[type[Command]] = frozenset({session.Hold})
"""Commands of which it is not recorded who gave them."""

_QUIET = frozenset(
    {
        hands.HandRaised,
        hands.HandWorded,
        hands.HandsLowered,
        hands.HandsRestored,
        hands.HandDeferred,
        hands.HandPlaced,
        hands.QueueSwitched,
        turns.TurnBegan,
        turns.TurnEnded,
        turns.TurnConfirmed,
        turns.TurnUnsure,
        turns.TurnExtended,
        turns.AnswerBegan,
        *actions.EVOLVE,
        *exchange.EVOLVE,
        *series.EVOLVE,
        *labels.EVOLVE,
        *pairs.EVOLVE,
        *checkins.EVOLVE,
    }
)
"""Events that change neither who is eligible nor whether talk counts."""


def decide(room: Room, command: Command, asking: Asking) -> list[Event] | Refusal:
    """What a command makes happen now: events (none, where it is so already), or a refusal. Changes nothing."""
    rule = _DECIDE.get(type(command))
    if rule is None:
        return refuse("unknown_command")
    return permissions.allowed(room, command, asking.by) or rule(room, command, asking)


def evolve(room: Room, entry: Entry) -> None:
    """Folds an entry into the room, in place. Total: every event that was ever written can be folded."""
    stamp = Stamp(entry.seq, entry.at, entry.id, entry.by)
    device = members.author_of(room, entry.by)
    noted = False
    inverses: list[undo.Inverse] = []
    for event in entry.events:
        inverse = None if entry.by == 0 else undo.inverse_of(room, event, stamp)
        if inverse is not None:
            inverses.append(inverse)
        _EVOLVE[type(event)](room, event, stamp)
        noted = noted or type(event) not in _QUIET
    if inverses:
        undo.remember(room, stamp, entry.events, inverses)
    if noted:
        floor.note_members(room, entry.at)
        airtime.note_timeline(room, entry.at)
        attendance.note_leadership(room, entry.at)
    if room.session is not None:
        room.session.floor.just_ended = None
    room.seq, room.at, room.last = entry.seq, entry.at, entry.id
    _note_command(room, entry, device)


def _note_command(room: Room, entry: Entry, device: bytes) -> None:
    if entry.by == 0 and not any(isinstance(e, session.HoldBegan) for e in entry.events):
        return
    seen = room.seen.setdefault(device, CommandsSeen())
    seen.highest = max(seen.highest, entry.counter)
    seen.recent.append(entry.id)
    del seen.recent[:-OUTCOMES_KEPT]


def was_accepted(room: Room, ik: bytes, command_id: bytes) -> bool:
    """Whether the room has accepted this command of this device (or one not recorded to anybody) already."""
    mine, nobodys = room.seen.get(ik), room.seen.get(b"")
    return (mine is not None and command_id in mine.recent) or (nobodys is not None and command_id in nobodys.recent)
