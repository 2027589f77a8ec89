"""What crosses the wire: frames, versions, and the one place where bytes become typed messages.

A WebSocket message is a MessagePack array of frames; a frame is an array, its name first. See docs/protocol.md,
which is generated from these types.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, cast

import msgspec

from evenly_protocol.facts import wire_name
from evenly_protocol.room import AnyCommand, AnyEvent, Entry
from evenly_protocol.texts import N_

VERSION = (1, 3)
"""Major and minor. Another major is refused; of two minors the lower is spoken, and what is unknown is skipped."""

KNOCKS_SINCE = 3
"""The minor version since which whoever knocks waits to be let in. A gateway's client enters by no older server."""

MESSAGE_AT_MOST = 16 * 1024
RELAY_AT_MOST = 128 * 1024
CHUNK = 64 * 1024
"""A snapshot leaves in chunks of at most this many bytes."""


class Bye(StrEnum):
    """Why a connection ends. Stable codes."""

    MALFORMED = "malformed"
    VERSION = "version"
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"
    REMOVED = "removed"
    LATE = "late"
    FULL = "full"
    TOO_FAST = "too_fast"
    STOPPING = "stopping"
    MOVING = "moving"
    UNAVAILABLE = "unavailable"
    DAMAGED = "damaged"
    DENIED = "denied"
    EXISTS = "exists"
    NAME = "name"


FAREWELLS: dict[Bye, tuple[str, str]] = {
    Bye.MALFORMED: (N_("The server could not read that."), N_("Update Evenly, then join again.")),
    Bye.VERSION: (N_("This Evenly and the server's are too far apart."), N_("Update the older of the two.")),
    Bye.REFUSED: (N_("The invitation does not open this room."), N_("Ask the facilitator for a new link.")),
    Bye.ELSEWHERE: (N_("You have joined from another window."), N_("This one is closed; go on over there.")),
    Bye.REMOVED: (N_("You are no longer a member of this room."), N_("Ask the facilitator.")),
    Bye.LATE: (N_("The server heard nothing in time."), N_("Join again.")),
    Bye.FULL: (N_("The server, or the room, is full."), N_("Try again later.")),
    Bye.TOO_FAST: (N_("Too many tries from here."), N_("Wait a minute, then join again.")),
    Bye.STOPPING: (N_("The server is stopping."), N_("Nothing is lost; joining again goes by itself.")),
    Bye.MOVING: (N_("The room is moving to another server."), N_("Nothing is lost; joining again goes by itself.")),
    Bye.UNAVAILABLE: (N_("The server cannot read or save just now."), N_("Nothing is lost; wait a moment.")),
    Bye.DAMAGED: (N_("The record of this room is damaged."), N_("Whoever runs the server can restore its backup.")),
    Bye.DENIED: (N_("A facilitator has not let you in."), N_("Speak to them on the call.")),
    Bye.NAME: (N_("This server does not go by the name in the link."), N_("Its operator can allow it: serve --name.")),
    Bye.EXISTS: (
        N_("The room exists already, or may not be made here."),
        N_("Ask whoever runs the server for its key."),
    ),
}
"""The codes in words: what happened, and what to do next. Printed into docs/protocol.md."""


class Purpose(StrEnum):
    """What a connection is for. `view` and `stage` only read, and are never counted."""

    MEMBER = "member"
    VIEW = "view"
    STAGE = "stage"
    CREATE = "create"


class RelayType(StrEnum):
    """What an envelope carries; the payload is not the server's to read.

    The first three are private words between one seat and the facilitators. The others are the steps of an
    anonymous check-in; what each carries is in `relayed`.
    """

    INVITE = "invite"
    INVITE_ANSWER = "invite_answer"
    AGREEMENT_TALK = "agreement_talk"
    COMMIT = "commit"
    REVEAL = "reveal"
    ROSTER = "roster"
    MASK = "mask"
    MASKS = "masks"
    OPEN = "open"
    OPENS = "opens"
    SHARES = "shares"
    RESULT = "result"
    REFUSE = "refuse"
    DONE = "done"
    WORDS = "words"
    PROGRESS = "progress"


PRIVATE_WORDS = (RelayType.INVITE, RelayType.INVITE_ANSWER, RelayType.AGREEMENT_TALK)


ASKED_FOR = (RelayType.COMMIT, RelayType.REVEAL, RelayType.MASK, RelayType.OPEN, RelayType.SHARES, RelayType.RESULT)
"""What a member sends because the server has asked for it: each once a step, and REFUSE in place of any."""


class Frame(msgspec.Struct, frozen=True, array_like=True, tag=wire_name, tag_field="frame"):
    """One frame."""


# -- from the member's side --------------------------------------------------------------------------------------


class Hello(Frame, frozen=True):
    """Who is there, and for which room. `nonce`: 32 random bytes."""

    major: int
    minor: int
    room: bytes
    ik: bytes
    nonce: bytes
    purpose: Purpose = Purpose.MEMBER


class Proof(Frame, frozen=True):
    """That it is really them.

    Attributes:
        signature: of H("hello", server name, room, server bytes, client bytes), 64 bytes.
        server_name: the name that was signed, `host:port`.
        token: the invitation's token, 32 bytes; empty for a member. When creating: the new room's.
        key: the server's key for making rooms; empty otherwise.
        name, name_id, name_signature: the sealed name, its object id, and the device's signature of it.
        seq: the entries this client holds; −1 for none.
        last: the id of the last of them, so that a server restored from a backup sends a snapshot instead.
        counter: the counter of its oldest unacknowledged command, or of the next one.
        knocks: a newcomer who waits to be let in, whatever the room asks of others: a gateway's visitor.
    """

    signature: bytes
    server_name: str
    token: bytes = b""
    key: str = ""
    name: bytes = b""
    name_id: bytes = b""
    name_signature: bytes = b""
    seq: int = -1
    counter: int = 1
    last: bytes = b""
    knocks: bool = False


class CommandFrame(Frame, frozen=True, tag="command"):
    """A command. `id`: 16 bytes, also of the object it makes; `counter`: 0 for one not recorded to anybody."""

    id: bytes
    counter: int
    body: AnyCommand


class AnswerKnock(Frame, frozen=True):
    """A facilitator lets somebody in (into a guest seat, or 0 for a new one), or does not."""

    ik: bytes
    admit: bool
    guest: int = 0


class Relay(Frame, frozen=True):
    """An envelope. `to`: a seat; 0 is everybody it concerns. From the server, `to` is who sent it, 0 the server itself.

    Attributes:
        check_in: the check-in it belongs to; empty for an epoch's.
        epoch: the number of the epoch.
        stage: `N`, `A` or `B`; empty for an epoch's.
        k: which attempt at closing.
    """

    type: RelayType
    to: int
    payload: bytes = b""
    check_in: bytes = b""
    epoch: int = 0
    stage: str = ""
    k: int = 0


class History(Frame, frozen=True):
    """Send the entries after this one."""

    after: int


class Ping(Frame, frozen=True):
    """What time is it? `sent`: the client's own clock, sent back."""

    sent: int


# -- from the server ---------------------------------------------------------------------------------------------


class Challenge(Frame, frozen=True):
    """Sign these 32 random bytes. The version is the one that will be spoken."""

    major: int
    minor: int
    nonce: bytes


class Waiting(Frame, frozen=True):
    """A facilitator has been asked to let you in."""


class AgreementFirst(Frame, frozen=True):
    """Read and answer this before anything else is shown. The fields are those of the agreement."""

    seat: int
    version: int
    text: bytes
    author: bytes
    id: bytes
    counter: int


class Welcome(Frame, frozen=True):
    """You are in.

    Attributes:
        seat: yours.
        seq: where the server's room stands.
        at: the server's clock, UTC milliseconds.
        chunks: chunks of a snapshot that follow; 0 when the entries after yours follow instead.
        state_version: of the snapshot.
    """

    seat: int
    seq: int
    at: int
    chunks: int
    state_version: int
    read_only: bool = False


class Chunk(Frame, frozen=True):
    """A part of the snapshot, in order."""

    body: bytes


class Events(Frame, frozen=True):
    """Entries, in order, the same bytes for everybody."""

    entries: list[Entry]


class Entries(Frame, frozen=True):
    """A page of history. `more`: ask again after the last."""

    # As the journal keeps them, byte for byte, so that their chain can be made again; `read_entry` reads one.
    entries: list[msgspec.Raw]
    more: bool


class Accepted(Frame, frozen=True):
    """The command with this id is accepted: decided before, or there was nothing to change."""

    id: bytes


class Refused(Frame, frozen=True):
    """The command with this id is refused; an empty id for what could not be read."""

    id: bytes
    code: str


class Knock(msgspec.Struct, frozen=True, array_like=True):
    """Somebody who waits to be let in."""

    ik: bytes
    name: bytes
    name_id: bytes
    name_signature: bytes


class Lobby(Frame, frozen=True):
    """Who waits to be let in; to facilitators."""

    waiting: list[Knock]


class PresenceFrame(Frame, frozen=True, tag="presence"):
    """The seats that have a connection now. No rule uses it. `saving`: the server cannot save just now."""

    connected: list[int]
    saving: bool = False


class Pong(Frame, frozen=True):
    """The client's own clock back, and the server's, UTC milliseconds."""

    sent: int
    at: int


class ByeFrame(Frame, frozen=True, tag="bye"):
    """The connection ends; `code` says why."""

    code: str


ClientFrame = Hello | Proof | CommandFrame | AnswerKnock | Relay | History | Ping
ServerFrame = (
    Challenge
    | Waiting
    | AgreementFirst
    | Welcome
    | Chunk
    | Events
    | Entries
    | Accepted
    | Refused
    | Lobby
    | PresenceFrame
    | Relay
    | Pong
    | ByeFrame
)


class _LooseEvents(Frame, frozen=True, tag="events"):
    """`Events` with entries not yet looked at."""

    entries: list[msgspec.Raw]


class _LooseEntry(msgspec.Struct, frozen=True, array_like=True):
    """An `Entry` with events not yet looked at."""

    seq: int
    id: bytes
    at: int
    by: int
    counter: int
    events: list[msgspec.Raw]


_encoder = msgspec.msgpack.Encoder()
_client = msgspec.msgpack.Decoder(list[ClientFrame])
_server = msgspec.msgpack.Decoder(list[ServerFrame])
_raws = msgspec.msgpack.Decoder(list[msgspec.Raw])
_event = msgspec.msgpack.Decoder(AnyEvent)
_loose_events = msgspec.msgpack.Decoder(_LooseEvents)
_loose_entry = msgspec.msgpack.Decoder(_LooseEntry)
_one_server = msgspec.msgpack.Decoder(ServerFrame)
_entry = msgspec.msgpack.Decoder(Entry)
_DAMAGE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""What decoding bytes of anybody's making may raise."""


class Unreadable(ValueError):
    """A message that is not an array of frames of this protocol. `id`: of the command in it, where it has one."""

    def __init__(self, reason: str, command_id: bytes = b"") -> None:
        super().__init__(reason)
        self.id = command_id


def encode(frames: Iterable[Frame]) -> bytes:
    """The message that carries these frames."""
    return _encoder.encode(list(frames))


def encode_entry(entry: Entry) -> bytes:
    """An entry as it is journaled."""
    return _encoder.encode(entry)


def decode_entry(body: bytes) -> Entry:
    """A journaled entry.

    Raises:
        Unreadable: the bytes are not an entry of this version or an older one.
    """
    try:
        return _entry.decode(body)
    except _DAMAGE as error:
        raise Unreadable(str(error)) from None


def read_entry(body: bytes | msgspec.Raw) -> tuple[Entry, int]:
    """An entry of any version, without the events that this version does not know, and how many were left out.

    Raises:
        Unreadable: the bytes are not an entry at all.
    """
    try:
        return _entry.decode(body), 0
    except _DAMAGE:
        pass
    try:
        loose = _loose_entry.decode(body)
    except _DAMAGE as error:
        raise Unreadable(str(error)) from None
    events: list[AnyEvent] = []
    for event in loose.events:
        try:
            events.append(_event.decode(event))
        except _DAMAGE:
            continue
    entry = Entry(loose.seq, loose.id, loose.at, loose.by, loose.counter, events)
    return entry, len(loose.events) - len(events)


def encode_events(bodies: Iterable[bytes]) -> bytes:
    """The message that carries entries which are encoded already."""
    return _encoder.encode([["events", [msgspec.Raw(body) for body in bodies]]])


def decode_client(message: bytes) -> list[ClientFrame]:
    """The frames of a message from a member's side.

    Raises:
        Unreadable: it is not an array of such frames.
    """
    try:
        return _client.decode(message)
    except _DAMAGE as error:
        raise Unreadable(str(error), _command_id(message)) from None


def decode_server(message: bytes) -> tuple[list[ServerFrame], int]:
    """The frames of a message from the server, and how many were skipped because this version does not know them.

    Raises:
        Unreadable: it is not an array of frames at all.
    """
    try:
        return _server.decode(message), 0
    except _DAMAGE:
        pass
    known: list[ServerFrame] = []
    skipped = 0
    try:
        raws = _raws.decode(message)
    except _DAMAGE as error:
        raise Unreadable(str(error)) from None
    for raw in raws:
        try:
            known.append(_one_server.decode(raw))
        except _DAMAGE:
            readable, missing = _readable_entries(raw)
            known.extend(readable)
            skipped += missing
    return known, skipped


def _readable_entries(raw: msgspec.Raw) -> tuple[list[ServerFrame], int]:
    """A frame of entries without the events that this version does not know, and how many were left out."""
    try:
        read = [read_entry(body) for body in _loose_events.decode(raw).entries]
    except (*_DAMAGE, Unreadable):
        return [], 1
    return [Events([entry for entry, _ in read])], sum(skipped for _, skipped in read)


def _command_id(message: bytes) -> bytes:
    """The id of an unreadable command, so that its refusal can name it; empty where none is to be found."""
    try:
        frames = cast("object", msgspec.msgpack.decode(message))
    except _DAMAGE:
        return b""
    if not isinstance(frames, list):
        return b""
    for frame in cast("list[Any]", frames):
        if isinstance(frame, list) and len(cast("list[Any]", frame)) > 1 and frame[0] == "command":
            found = cast("object", frame[1])
            return found if isinstance(found, bytes) and len(found) == 16 else b""
    return b""
