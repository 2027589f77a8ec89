"""Anonymous check-ins as they went: what each session was asked, and what the group's answers came to.

A room keeps answers in words only until its next session begins; the log keeps them, sealed. Nothing here belongs to a
member: whose an answer was is written down nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from evenly_protocol.checkins import CheckIn, CheckInOpened, ResultRecorded, check_in_with
from evenly_protocol.facts import Event
from evenly_protocol.room import Room
from evenly_protocol.words import CheckInKind, CheckInState

from evenly_client.checkins.results import Bar, Result, options_of, question_of, result_of
from evenly_client.checkins.templates import template_of
from evenly_client.sealing import UNREADABLE, RoomKeys, Sealer
from evenly_client.translation import _

Asked = tuple[CheckInKind, str, tuple[str, ...]]
"""What makes two check-ins the same question: the kind, the words, the options."""

WITHDRAWN: Final = _("(an issue that was withdrawn)")


@dataclass(frozen=True, slots=True)
class CheckInWent:
    """A check-in that nobody took back.

    Attributes:
        session: the number of its session.
        at: when it was opened, UTC milliseconds.
        kind: what it asked for.
        question: as it was written.
        options: the answers of a choice, or the labels of a scale's two ends.
        about_issues: it chose among issues: its options are what members brought.
        state: how it ended, or stands.
        code: why it was given up, a key of `ENDINGS`; empty where it was not.
        result: what it came to; None for nothing, or nothing that can be read.
    """

    session: int
    at: int
    kind: CheckInKind
    question: str
    options: tuple[str, ...]
    about_issues: bool
    state: CheckInState
    code: str
    result: Result | None

    @property
    def asked(self) -> Asked | None:
        """By which it is known as the same question; None where it cannot be read."""
        readable = UNREADABLE not in (self.question, *self.options)
        return (self.kind, self.question, self.options) if readable else None

    @property
    def built_in(self) -> str:
        """The key in `TEMPLATES` of the question that it asks, to the letter; empty for one that somebody wrote."""
        return template_of(*self.asked) if self.asked is not None else ""

    @property
    def in_numbers(self) -> bool:
        """Whether it came to numbers, and not to words."""
        return self.result is not None and bool(self.result.bars)

    @property
    def answers(self) -> int:
        """How many people gave an answer: those who abstained are not among them."""
        result = self.result
        if result is None:
            return 0
        if self.kind is CheckInKind.MULTI:
            return result.people - result.abstained
        return sum(bar.many for bar in (*result.bars, *result.words)) + len(result.texts)


class CheckInsNoted:
    """What is noted of check-ins, entry by entry."""

    def __init__(self) -> None:
        self._check_ins: list[CheckIn] = []
        self._results: dict[bytes, bytes] = {}

    def note(self, room: Room, event: Event) -> None:
        """What an event says of them; `room` as it stands after the event's entry."""
        match event:
            case CheckInOpened():
                self._check_ins.append(room.check_ins[-1])
            case ResultRecorded():
                recorded = check_in_with(room, event.check_in)
                if recorded is not None:
                    self._results[recorded.id] = recorded.result
            case _:
                pass

    def by_session(
        self, keys: RoomKeys, sealer: Sealer, room: bytes, brought: Mapping[bytes, str]
    ) -> dict[int, tuple[CheckInWent, ...]]:
        """Those that nobody took back, opened, by the number of their session.

        `room`: its id, 16 bytes. `brought`: by id, the issues that nobody withdrew, as they are told.
        """
        went: defaultdict[int, list[CheckInWent]] = defaultdict(list)
        for check_in in self._check_ins:
            if check_in.state is not CheckInState.WITHDRAWN:
                went[check_in.session].append(self._went(check_in, keys, sealer, room, brought))
        return {session: tuple(there) for session, there in went.items()}

    def _went(
        self, check_in: CheckIn, keys: RoomKeys, sealer: Sealer, room: bytes, brought: Mapping[bytes, str]
    ) -> CheckInWent:
        result: Result | None = None
        if check_in.state is CheckInState.RECORDED:
            result = result_of(sealer, keys.room_key, room, check_in, self._results.get(check_in.id, b""))
        options = options_of(sealer, check_in)
        if check_in.issues:
            # The options hold what was withdrawn or reworded since.
            options = [brought.get(issue, WITHDRAWN) for issue in check_in.issues]
            if result is not None and len(result.bars) == len(options):
                told = zip(options, result.bars, strict=True)
                result = replace(result, bars=tuple(Bar(label, bar.many) for label, bar in told))
        return CheckInWent(
            session=check_in.session,
            at=check_in.at,
            kind=check_in.kind,
            question=question_of(sealer, check_in),
            options=tuple(options),
            about_issues=bool(check_in.issues),
            state=check_in.state,
            code=check_in.code,
            result=result,
        )
