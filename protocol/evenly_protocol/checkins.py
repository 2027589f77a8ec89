"""Anonymous check-ins: what is asked, when it closes, and the sealed result. Source: domain.md, "Check-ins".

How answers are added up so that nobody, the server included, can tell whose is whose is anonymity.md's: the members'
side does it, and the server hands its messages on (`relayed`). The room knows a question it cannot read, how many took
part, and a result it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from evenly_protocol.facts import Command, Event, Stamp
from evenly_protocol.issues import issue_with
from evenly_protocol.members import attending, author_of
from evenly_protocol.refusals import Refusal, refuse
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.texts import N_
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState, Role

if TYPE_CHECKING:
    from evenly_protocol.facts import Asking
    from evenly_protocol.room import Room

FEWEST = 3
"""Fewer people than this do not open a check-in: each could subtract their own answer."""

FEW = 5
"""Among fewer than this, one answer is easily guessed: whoever answered among more is asked again."""

FEW_WITHIN_S = 30
"""Seconds that the others wait for whether so few are enough."""

MOST_IN_TEXT = 32
"""Answers in words are for at most this many people."""

OPTIONS: dict[CheckInKind, tuple[int, ...]] = {
    CheckInKind.SCALE: (0, 2),
    CheckInKind.CHOICE: tuple(range(2, 9)),
    CheckInKind.MULTI: tuple(range(2, 9)),
}
"""How many options a kind may have, the labels of a scale's two ends being options; every other kind has none."""

COUNTERS: dict[CheckInKind, int] = {
    CheckInKind.SCALE: 5,
    CheckInKind.MOOD: 5,
    CheckInKind.YESNO: 2,
    CheckInKind.FIST: 6,
}
"""How many answers a kind counts; a choice counts one for each of its options."""

BLOCK_BYTES: dict[CheckInKind, int] = {CheckInKind.WORDS: 96, CheckInKind.TEXT: 640}
"""What one sealed answer in words takes, bytes."""

COUNTER_BYTES = 4
SEALED_RESULT_OVERHEAD = 29
"""Bytes that a sealed result has more than the vector of its sum: key id 1, nonce 12, tag 16."""

SECONDS_AT_LEAST, SECONDS_AT_MOST = 10, 3_600
CHECK_INS_KEPT = 300

ENDINGS: dict[str, tuple[str, str]] = {
    "too_few": (
        N_("Fewer than three people were there to the end: nothing was opened."),
        N_("Take a round by name, or ask again when more are there."),
    ),
    "too_many": (
        N_("More than 32 people were there in the end: answers in words are for up to 32."),
        N_("Offer a choice of answers."),
    ),
    "nothing_opened": (
        N_("It could not be closed: nothing was opened, nobody's answer is known."),
        N_("Ask it again."),
    ),
    "lost": (
        N_("Too many left while it closed: the result is lost, and nobody's answer is known."),
        N_("Ask it anew as a check-in of its own."),
    ),
    "spoiled": (
        N_("The counts cannot be right: somebody's program sent what is no answer."),
        N_("Ask who has changed their program; ask it again."),
    ),
    "asked_again": (
        N_("Asking again now, after somebody has left or come, could show one person's answer."),
        N_("Ask it next time, or as a round by name."),
    ),
    "shrunk": (
        N_("Far fewer are there now than when people answered, or others: nothing was opened."),
        N_("Ask it again with those who are there."),
    ),
}
"""Why a check-in came to no result, in words: what happened, and what to do next. Printed into docs/protocol.md."""


class PlannedCheckIn(msgspec.Struct, array_like=True, frozen=True):
    """The check-in that a phase opens. Its texts are sealed to the session's id by who started it.

    `seconds`: after which it closes by itself; 0 for not by itself.
    """

    kind: CheckInKind
    question: bytes
    options: list[bytes] = []
    seconds: int = 0


class CheckIn(msgspec.Struct, array_like=True):
    """A check-in of the room.

    Attributes:
        id: the id of the command that opened it.
        kind: what it asks for.
        question: sealed; the kind of field is `question`, of `options` it is `option`.
        options: sealed, in order.
        author: the device key that sealed them.
        sealed_to: the object id in their seals.
        at: when it was opened, UTC milliseconds.
        session: the number of its session.
        visit: the visit of the phase that opened it; 0 where somebody did by hand.
        closes_at: when it closes by itself, UTC milliseconds; 0 for not by itself.
        state: how it stands.
        ended_at: when it was recorded, given up or withdrawn, UTC milliseconds; 0 before.
        result: the sealed result, once recorded; those of words and texts only until the next session starts.
        taking_part: how many people's answers and abstentions are in the result.
        code: why it was given up, a key of `ENDINGS`.
        issues: the ids of the issues that its options are, where it chooses one.
    """

    id: bytes
    kind: CheckInKind
    question: bytes
    options: list[bytes]
    author: bytes
    sealed_to: bytes
    at: int
    session: int
    visit: int = 0
    closes_at: int = 0
    state: CheckInState = CheckInState.OPEN
    ended_at: int = 0
    result: bytes = b""
    taking_part: int = 0
    code: str = ""
    issues: list[bytes] = []


class OpenCheckIn(Command, frozen=True):
    """Open a check-in. `seconds`: after which it closes by itself, 10 to 3,600; 0 for not by itself.

    `issues`: the issues that its options are, one for each option, where it chooses one.
    """

    kind: CheckInKind
    question: bytes
    options: list[bytes] = []
    seconds: int = 0
    issues: list[bytes] = []


class CloseCheckIn(Command, frozen=True):
    """Close an open check-in: the answers are added up."""

    check_in: bytes


class WithdrawCheckIn(Command, frozen=True):
    """Take an open check-in back: no answer is opened."""

    check_in: bytes


class CloseDueCheckIn(Command, frozen=True):
    """The server: its time is up, or everybody is done."""

    check_in: bytes


class RecordResult(Command, frozen=True):
    """The server: more than half of those who took part have sent this sealed result."""

    check_in: bytes
    result: bytes
    taking_part: int


class GiveUpCheckIn(Command, frozen=True):
    """The server: it could not be closed."""

    check_in: bytes
    code: str


class CheckInOpened(Event, frozen=True):
    """A check-in is open. The fields are those of `check_in`."""

    kind: CheckInKind
    question: bytes
    options: list[bytes]
    author: bytes
    sealed_to: bytes
    visit: int = 0
    closes_at: int = 0
    issues: list[bytes] = []


class CheckInClosed(Event, frozen=True):
    """No answer can be changed any more; they are being added up."""

    check_in: bytes


class ResultRecorded(Event, frozen=True):
    """A check-in has its result."""

    check_in: bytes
    result: bytes
    taking_part: int


class CheckInGivenUp(Event, frozen=True):
    """A check-in came to no result."""

    check_in: bytes
    code: str


class CheckInWithdrawn(Event, frozen=True):
    """A check-in was taken back."""

    check_in: bytes


def check_in_with(room: Room, check_in: bytes) -> CheckIn | None:
    """The check-in with this id."""
    return next((c for c in reversed(room.check_ins) if c.id == check_in), None)


def open_check_in(room: Room) -> CheckIn | None:
    """The check-in that can be answered now: there is at most one."""
    return next((c for c in reversed(room.check_ins) if c.state is CheckInState.OPEN), None)


def closing_check_ins(room: Room) -> list[CheckIn]:
    """The check-ins whose answers are being added up, the oldest first."""
    return [c for c in room.check_ins if c.state is CheckInState.CLOSING]


def electorate(room: Room) -> list[int]:
    """The seats that take part in a check-in now: everybody on the call with a screen who is no observer.

    Facilitators by role only where the room's settings say so; a host or whoever has the chair takes part like anyone.
    """
    return [
        m.seat
        for m in attending(room)
        if m.ik
        and m.role is not Role.OBSERVER
        and (m.role is not Role.FACILITATOR or room.settings.facilitators_answer)
    ]


def counters(kind: CheckInKind, options: int) -> int:
    """How many answers a numeric kind counts, the abstentions left out."""
    return COUNTERS.get(kind, options)


def vector_bytes(kind: CheckInKind, options: int, stage: str, people: int) -> int:
    """The length of one member's vector in a stage (`N`, `A` or `B`), bytes. Source: anonymity.md, "Numbers", "Words".

    `N` has 4 bytes for each counter and for abstentions; `A` a byte for each slot, the smallest power of two that is at
    least 16 times the square of the people; `B` one block for each of the people.
    """
    if stage == "N":
        return COUNTER_BYTES * (counters(kind, options) + 1)
    if stage == "A":
        return 1 << (16 * people * people - 1).bit_length()
    return people * BLOCK_BYTES[kind]


def refused_question(kind: CheckInKind, question: bytes, options: Sequence[bytes], seconds: int) -> Refusal | None:
    """Why this cannot be asked; None when it can."""
    if not allowed_length(FieldKind.QUESTION, len(question)):
        return refuse("bad_length")
    if len(options) not in OPTIONS.get(kind, (0,)):
        return refuse("bad_options")
    if any(not allowed_length(FieldKind.OPTION, len(option)) for option in options):
        return refuse("bad_length")
    if seconds and not SECONDS_AT_LEAST <= seconds <= SECONDS_AT_MOST:
        return refuse("bad_number")
    return None


def refused_people(room: Room, kind: CheckInKind) -> Refusal | None:
    """Why those here now cannot take part in a check-in of this kind; None when they can."""
    people = len(electorate(room))
    if people < FEWEST:
        return refuse("too_few")
    return refuse("too_many") if kind in TEXT_KINDS and people > MOST_IN_TEXT else None


def due(room: Room) -> tuple[int, Command] | None:
    """When the open check-in closes by itself, and the command for it."""
    check_in = open_check_in(room)
    if check_in is None or not check_in.closes_at:
        return None
    return check_in.closes_at, CloseDueCheckIn(check_in.id)


def closing(room: Room) -> list[Event]:
    """What closes the open check-in, when its phase or its session ends."""
    check_in = open_check_in(room)
    return [] if check_in is None else [CheckInClosed(check_in.id)]


def opened_by_phase(room: Room, planned: PlannedCheckIn, asking: Asking) -> list[Event]:
    """What opens the check-in of the phase that begins; nothing where too few, or too many, are there for it.

    Worked out on `room`, a copy on which the phase's beginning has been folded.
    """
    session = room.running
    if session is None or refused_people(room, planned.kind) is not None:
        return []
    return [
        CheckInOpened(
            planned.kind,
            planned.question,
            planned.options,
            session.author,
            session.id,
            session.phase.visit,
            _closes_at(planned.seconds, asking.at),
        )
    ]


def _closes_at(seconds: int, at: int) -> int:
    return at + seconds * 1000 if seconds else 0


def _open(room: Room, command: OpenCheckIn, asking: Asking) -> list[Event] | Refusal:
    refusal = refused_question(command.kind, command.question, command.options, command.seconds)
    if refusal is not None:
        return refusal
    one_each = len(set(command.issues)) == len(command.issues) == len(command.options)
    if command.issues and not (one_each and command.kind in (CheckInKind.CHOICE, CheckInKind.MULTI)):
        return refuse("bad_options")
    if any(issue_with(room, issue) is None for issue in command.issues):
        return refuse("no_such_issue")
    if open_check_in(room) is not None:
        return refuse("check_in_open")
    refusal = refused_people(room, command.kind)
    if refusal is not None:
        return refusal
    return [
        CheckInOpened(
            command.kind,
            command.question,
            command.options,
            author_of(room, asking.by),
            asking.id,
            closes_at=_closes_at(command.seconds, asking.at),
            issues=command.issues,
        )
    ]


def _in_state(room: Room, check_in: bytes, state: CheckInState) -> bool:
    found = check_in_with(room, check_in)
    return found is not None and found.state is state


def _close(room: Room, command: CloseCheckIn, asking: Asking) -> list[Event] | Refusal:
    if not _in_state(room, command.check_in, CheckInState.OPEN):
        return refuse("no_such_check_in")
    return [CheckInClosed(command.check_in)]


def _withdraw(room: Room, command: WithdrawCheckIn, asking: Asking) -> list[Event] | Refusal:
    if not _in_state(room, command.check_in, CheckInState.OPEN):
        return refuse("no_such_check_in")
    return [CheckInWithdrawn(command.check_in)]


def _close_due(room: Room, command: CloseDueCheckIn, asking: Asking) -> list[Event] | Refusal:
    return [CheckInClosed(command.check_in)] if _in_state(room, command.check_in, CheckInState.OPEN) else []


def _record(room: Room, command: RecordResult, asking: Asking) -> list[Event] | Refusal:
    if not _in_state(room, command.check_in, CheckInState.CLOSING):
        return []
    return [ResultRecorded(command.check_in, command.result, command.taking_part)]


def _give_up(room: Room, command: GiveUpCheckIn, asking: Asking) -> list[Event] | Refusal:
    if not _in_state(room, command.check_in, CheckInState.CLOSING):
        return []
    return [CheckInGivenUp(command.check_in, command.code)]


def _opened(room: Room, event: CheckInOpened, stamp: Stamp) -> None:
    session = room.session
    room.check_ins.append(
        CheckIn(
            stamp.id,
            event.kind,
            event.question,
            event.options,
            event.author,
            event.sealed_to,
            stamp.at,
            session.number if session is not None else 0,
            event.visit,
            event.closes_at,
            issues=event.issues,
        )
    )
    del room.check_ins[:-CHECK_INS_KEPT]


def _closed(room: Room, event: CheckInClosed, stamp: Stamp) -> None:
    check_in = check_in_with(room, event.check_in)
    if check_in is not None and check_in.state is CheckInState.OPEN:
        check_in.state = CheckInState.CLOSING


def _recorded(room: Room, event: ResultRecorded, stamp: Stamp) -> None:
    check_in = check_in_with(room, event.check_in)
    if check_in is not None and check_in.state is CheckInState.CLOSING:
        check_in.state, check_in.ended_at = CheckInState.RECORDED, stamp.at
        check_in.result, check_in.taking_part = event.result, event.taking_part


def _given_up(room: Room, event: CheckInGivenUp, stamp: Stamp) -> None:
    check_in = check_in_with(room, event.check_in)
    if check_in is not None and check_in.state is CheckInState.CLOSING:
        check_in.state, check_in.ended_at, check_in.code = CheckInState.GIVEN_UP, stamp.at, event.code


def _withdrawn(room: Room, event: CheckInWithdrawn, stamp: Stamp) -> None:
    withdraw(check_in_with(room, event.check_in), stamp.at)


def withdraw(check_in: CheckIn | None, at: int) -> None:
    """An open check-in is open no more, and never was answered. A fold."""
    if check_in is not None and check_in.state is CheckInState.OPEN:
        check_in.state, check_in.ended_at = CheckInState.WITHDRAWN, at


def stand_still(room: Room, since: int, at: int) -> None:
    """A pause is over: whoever was answering has as long as before. A fold."""
    check_in = open_check_in(room)
    if check_in is not None and check_in.closes_at:
        check_in.closes_at += at - max(since, check_in.at)


def clear(room: Room, number: int) -> None:
    """A session of this number begins: what was said in words before it is in the log alone. A fold."""
    for check_in in room.check_ins:
        if check_in.session < number and check_in.kind in TEXT_KINDS:
            check_in.result = b""


DECIDE: dict[type[Command], Callable[[Room, Any, Asking], list[Event] | Refusal]] = {
    OpenCheckIn: _open,
    CloseCheckIn: _close,
    WithdrawCheckIn: _withdraw,
    CloseDueCheckIn: _close_due,
    RecordResult: _record,
    GiveUpCheckIn: _give_up,
}
EVOLVE: dict[type[Event], Callable[[Room, Any, Stamp], None]] = {
    CheckInOpened: _opened,
    CheckInClosed: _closed,
    ResultRecorded: _recorded,
    CheckInGivenUp: _given_up,
    CheckInWithdrawn: _withdrawn,
}
