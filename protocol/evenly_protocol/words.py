"""The closed vocabularies of a room, spelled as on the wire. Each tuple's order is the order of the documents."""

from __future__ import annotations

from enum import StrEnum

GENERAL_TALK = 0
"""The seat number that stands for nobody in particular."""

SERVER = 0
"""The `by` of what the server does by itself (timers, lost connections)."""

MILLISECONDS_A_MINUTE = 60_000

DEFAULT_PORT = 7447
"""Where a server listens, and a link points, unless it says otherwise."""


class Role(StrEnum):
    """What a member may do. An observer sees, and is never in the queue nor in a check-in."""

    FACILITATOR = "facilitator"
    PARTICIPANT = "participant"
    OBSERVER = "observer"


class FloorMode(StrEnum):
    """Who may speak, and how turns are given."""

    QUEUE = "queue"
    ROUND = "round"
    SOLO = "solo"
    QUESTIONS = "questions"
    OPEN = "open"
    SILENCE = "silence"


class Intent(StrEnum):
    """Why a hand is up, in order of precedence."""

    PROCESS = "process"
    QUESTION = "question"
    CLARIFY = "clarify"
    REPLY = "reply"
    SPEAK = "speak"


PRECEDENCE = {intent: rank for rank, intent in enumerate(Intent)}
"""Lower goes first. `process` goes ahead of all; in `questions` all others are `question`."""


class Order(StrEnum):
    """How the queue is ordered."""

    FAIR = "fair"
    ARRIVAL = "arrival"
    MANUAL = "manual"


class Visibility(StrEnum):
    """Who sees whose counters."""

    MIRROR = "mirror"
    OPEN = "open"


class Lobby(StrEnum):
    """When a newcomer waits for a facilitator to let them in."""

    OFF = "off"
    SESSION = "session"
    ALWAYS = "always"


class Presence(StrEnum):
    """Whether a member is on the call, as far as known: *attending* is `HERE`."""

    GONE = "gone"
    HERE = "here"
    AWAY = "away"


class ActionState(StrEnum):
    """How an action stands. `proposed`: somebody typed it for its owner, who has not confirmed it yet."""

    PROPOSED = "proposed"
    COMMITTED = "committed"
    DOING = "doing"
    BLOCKED = "blocked"
    DONE = "done"
    DROPPED = "dropped"


OPEN_STATES = (ActionState.COMMITTED, ActionState.DOING, ActionState.BLOCKED)
"""The states of an action that is still to be done."""


class PostKind(StrEnum):
    """What stands on the exchange."""

    ASK = "ask"
    OFFER = "offer"
    RESOURCE = "resource"
    INSIGHT = "insight"
    WIN = "win"


class Label(StrEnum):
    """How far an item may go: it stays here, members may take it home, or anybody may have it."""

    ROOM = "room"
    TAKEAWAY = "takeaway"
    SHAREABLE = "shareable"


class Source(StrEnum):
    """How a turn came to be given."""

    QUEUE = "queue"
    SEAT_KEY = "seat_key"
    ROUND = "round"
    SOLO = "solo"
    MARK = "mark"
    UNMARKED = "unmarked"


class CheckInKind(StrEnum):
    """What an anonymous check-in asks for."""

    SCALE = "scale"
    MOOD = "mood"
    YESNO = "yesno"
    CHOICE = "choice"
    MULTI = "multi"
    FIST = "fist"
    WORDS = "words"
    TEXT = "text"


TEXT_KINDS = (CheckInKind.WORDS, CheckInKind.TEXT)
"""The kinds that are answered in words of one's own."""


class CheckInState(StrEnum):
    """How a check-in stands: it is answered while `open`; the others follow, and only one of the last three."""

    OPEN = "open"
    CLOSING = "closing"
    RECORDED = "recorded"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


UNDER_WAY = (CheckInState.OPEN, CheckInState.CLOSING)
"""The states of a check-in that has not ended."""
