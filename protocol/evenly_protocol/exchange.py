"""The exchange: asks, offers, resources, insights and wins, in a session and between. Source: domain.md, "Words"."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.members import author_of, is_facilitator, somebody
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import Label, PostKind, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

POSTS_KEPT = 300
"""Posts on the board; the oldest that are settled leave first. The log keeps all."""

POSTS_AT_MOST = 1_000
COACHING_MINUTES_AT_MOST = 600


class Post(msgspec.Struct, array_like=True):
    """Something on the exchange.

    Attributes:
        id: the id of the command that made it.
        seat: whose it is.
        kind: what it is.
        text: sealed; empty once taken back.
        author: the device key that sealed it.
        at: UTC milliseconds.
        session: the number of the session running then, or of the last one; 0 before the first.
        link: a sealed link; empty for none.
        reply_to: the post that it answers; empty for none.
        met_by: who met an ask; 0 for nobody yet.
        introduced: it was met by making two people known to each other.
        taken_back: its author has taken it back.
        label: how far it may go.
    """

    id: bytes
    seat: int
    kind: PostKind
    text: bytes
    author: bytes
    at: int
    session: int
    link: bytes = b""
    reply_to: bytes = b""
    met_by: int = 0
    introduced: bool = False
    taken_back: bool = False
    label: Label = Label.ROOM


class AddPost(Command, frozen=True):
    """Put something on the exchange. `seat`: 0 for oneself; a facilitator may name a guest seat."""

    kind: PostKind
    text: bytes
    link: bytes = b""
    reply_to: bytes = b""
    seat: int = 0


class TakeBackPost(Command, frozen=True):
    """Take one's own text back: it is replaced for everybody."""

    post: bytes


class MeetAsk(Command, frozen=True):
    """An ask is met: by this seat, perhaps by making people known to each other. `by` 0: it is open again."""

    post: bytes
    by: int
    introduced: bool = False


class LogCoaching(Command, frozen=True):
    """I have had so many minutes of coaching, one to one, with this seat."""

    seat: int
    minutes: int


class PostAdded(Event, frozen=True):
    """There is something on the exchange."""

    seat: int
    kind: PostKind
    text: bytes
    author: bytes
    link: bytes
    reply_to: bytes


class PostTakenBack(Event, frozen=True):
    """Its author has taken a text back."""

    post: bytes


class AskMet(Event, frozen=True):
    """An ask is met by this seat; 0: it is open again."""

    post: bytes
    by: int
    introduced: bool


class CoachingLogged(Event, frozen=True):
    """Two members have had so many minutes of coaching."""

    seat: int
    minutes: int


def post_with(room: Room, post: bytes) -> Post | None:
    """The post with this id."""
    return next((p for p in room.posts if p.id == post), None)


def replies(room: Room, post: bytes) -> list[Post]:
    """What answers a post, the oldest first."""
    return [p for p in room.posts if p.reply_to == post]


def open_asks(room: Room) -> list[Post]:
    """Asks of the room's members that nobody has met yet, the oldest first."""
    asks = [p for p in room.posts if p.kind is PostKind.ASK and not p.reply_to]
    return [p for p in asks if not p.met_by and not p.taken_back and somebody(room, p.seat) is not None]


def _add(room: Room, command: AddPost, asking: Asking) -> list[Event] | Refusal:
    member = somebody(room, command.seat or asking.by)
    if member is None or member.role is Role.OBSERVER:
        return refuse("no_such_seat")
    if member.seat != asking.by and not (member.is_guest and is_facilitator(room, asking.by)):
        return refuse("not_allowed")
    if not allowed_length(FieldKind.POST, len(command.text)):
        return refuse("bad_length")
    if command.link and not allowed_length(FieldKind.LINK, len(command.link)):
        return refuse("bad_length")
    answered = post_with(room, command.reply_to)
    if command.reply_to and (answered is None or answered.taken_back):
        return refuse("no_such_post")
    if len(room.posts) >= POSTS_AT_MOST:
        return refuse("board_full")
    # A reply to a reply answers what that one answered: one level, as on any board of this size.
    reply_to = answered.reply_to or answered.id if answered is not None else b""
    return [PostAdded(member.seat, command.kind, command.text, author_of(room, asking.by), command.link, reply_to)]


def _take_back(room: Room, command: TakeBackPost, asking: Asking) -> list[Event] | Refusal:
    post = post_with(room, command.post)
    if post is None:
        return refuse("no_such_post")
    guest = room.members[post.seat].is_guest if post.seat in room.members else False
    if post.seat != asking.by and not (guest and is_facilitator(room, asking.by)):
        return refuse("not_yours")
    return [] if post.taken_back else [PostTakenBack(post.id)]


def _meet(room: Room, command: MeetAsk, asking: Asking) -> list[Event] | Refusal:
    post = post_with(room, command.post)
    if post is None or post.kind is not PostKind.ASK or post.taken_back or post.reply_to:
        return refuse("no_such_post")
    if asking.by not in (post.seat, command.by) and not is_facilitator(room, asking.by):
        return refuse("not_yours")
    if command.by and (somebody(room, command.by) is None or command.by == post.seat):
        return refuse("no_such_seat")
    introduced = command.introduced and command.by != 0
    return (
        [] if (post.met_by, post.introduced) == (command.by, introduced) else [AskMet(post.id, command.by, introduced)]
    )


def _log_coaching(room: Room, command: LogCoaching, asking: Asking) -> list[Event] | Refusal:
    if somebody(room, command.seat) is None or command.seat == asking.by:
        return refuse("no_such_seat")
    if not 1 <= command.minutes <= COACHING_MINUTES_AT_MOST:
        return refuse("bad_number")
    return [CoachingLogged(command.seat, command.minutes)]


def _added(room: Room, event: PostAdded, stamp: Stamp) -> None:
    number = room.session.number if room.session is not None else 0
    room.posts.append(
        Post(stamp.id, event.seat, event.kind, event.text, event.author, stamp.at, number, event.link, event.reply_to)
    )
    if len(room.posts) > POSTS_KEPT:
        _make_room(room)


def _make_room(room: Room) -> None:
    """The oldest post that nobody waits for leaves the board, with its replies; never the one just answered."""
    newest = room.posts[-1]
    stay = {newest.id, newest.reply_to, *(p.id for p in open_asks(room))}
    oldest = next((p for p in room.posts if p.id not in stay and not p.reply_to), None)
    if oldest is not None:
        room.posts = [p for p in room.posts if oldest.id not in (p.id, p.reply_to)]


def _taken_back(room: Room, event: PostTakenBack, stamp: Stamp) -> None:
    post = post_with(room, event.post)
    if post is not None:
        post.text, post.link, post.taken_back = b"", b"", True


def _met(room: Room, event: AskMet, stamp: Stamp) -> None:
    post = post_with(room, event.post)
    if post is None:
        return
    room.introductions += event.introduced - post.introduced
    post.met_by, post.introduced = event.by, event.introduced


def _coached(room: Room, event: CoachingLogged, stamp: Stamp) -> None:
    room.coaching_minutes += event.minutes


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    AddPost: _add,
    TakeBackPost: _take_back,
    MeetAsk: _meet,
    LogCoaching: _log_coaching,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    PostAdded: _added,
    PostTakenBack: _taken_back,
    AskMet: _met,
    CoachingLogged: _coached,
}
