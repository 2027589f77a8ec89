"""What a check-in says at each of its stages, before its keys: rows of text, widths in terminal cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from evenly_protocol.checkins import CheckIn
from evenly_protocol.words import CheckInState

from evenly_client import phrases
from evenly_client.checkins import results, wording
from evenly_client.narration import check_ins as told
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer
from evenly_client.screens.checkins import issues, shown
from evenly_client.screens.checkins.following import Following
from evenly_client.screens.looks import BLANK, Look, Row, Span, wrapped
from evenly_client.translation import _, ngettext

PROMISE_LINES: Final = 12
QUESTION_LINES: Final = 20
NAMES_LINES: Final = 60
IN_SECONDS_UNDER_MS: Final = 120_000

GETTING_READY: Final = _("One moment: the keys are not there yet.")
NOT_MINE: Final = _("You do not take part in this one: the result comes here too.")
TAKEN_BACK: Final = _("It was taken back: no answer was opened.")
NOT_SENT: Final = _("What you had typed and not sent is not in it.")
CANNOT_BE_READ: Final = _("It has a result, which cannot be read here.")
SOMEBODY_UNKNOWN: Final = _("Is somebody among them whom you do not know? Then ask, before you answer.")


class Stage(Enum):
    """What stands there."""

    ASKED = auto()
    WATCHED = auto()
    FEW = auto()
    CLOSING = auto()
    RECORDED = auto()
    GIVEN_UP = auto()
    TAKEN_BACK = auto()

    @property
    def is_end(self) -> bool:
        """Nothing is asked any more."""
        return self in (Stage.RECORDED, Stage.GIVEN_UP, Stage.TAKEN_BACK)


def stage_of(following: Following, check_in: CheckIn | None) -> Stage:
    """At which stage a check-in is for this member."""
    if check_in is None:
        return Stage.TAKEN_BACK
    match check_in.state:
        case CheckInState.OPEN:
            return Stage.ASKED if following.takes_part(check_in) else Stage.WATCHED
        case CheckInState.CLOSING:
            return Stage.FEW if following.few(check_in.id) else Stage.CLOSING
        case CheckInState.RECORDED:
            return Stage.RECORDED
        case CheckInState.GIVEN_UP:
            return Stage.GIVEN_UP
        case CheckInState.WITHDRAWN:
            return Stage.TAKEN_BACK


@dataclass(frozen=True)
class Reading:
    """How it is read.

    Attributes:
        width: cells for text.
        low: there is no room for empty lines.
        people: who takes part is asked for.
        own: what the result came to on this machine is asked for.
        unsent: something was typed that went nowhere.
    """

    width: int
    low: bool = False
    people: bool = False
    own: bool = False
    unsent: bool = False


class Saying:
    """The words of one check-in."""

    def __init__(self, peer: Peer, following: Following) -> None:
        self._peer = peer
        self._following = following

    def head(self, check_in: CheckIn, stage: Stage) -> Row:
        """How many are done, and when it closes by itself."""
        facts: list[str] = []
        if stage in (Stage.ASKED, Stage.WATCHED):
            facts = [
                wording.done_words(self._following.check_ins.mine.progress(check_in.id)),
                closes(Outlook(self._peer), check_in),
            ]
        right = " · ".join(fact for fact in facts if fact)
        return Row((Span(_("CHECK-IN"), Look.LABEL),), (Span(right, Look.DIM),) if right else (), "head")

    def said(self, check_in: CheckIn, stage: Stage, reading: Reading) -> Iterator[Row]:
        """Everything before the keys of the answers."""
        width = reading.width
        if reading.people:
            yield from self._people(width)
            return
        blank = [] if reading.low else [BLANK]
        if stage is Stage.ASKED:
            compared = self._following.check_ins.mine.compared
            promise = wording.before_answering(
                self._following.people, compared=compared, at_gateway=self._peer.at_gateway
            )
            yield from lines(promise, Look.NOTE, width, PROMISE_LINES)
            yield from blank
        yield from lines(told.question_words(self._peer, check_in), Look.STRONG, width, QUESTION_LINES)
        yield from blank
        match stage:
            case Stage.FEW:
                yield from self._few(check_in, width)
            case Stage.CLOSING:
                mine = self._following.check_ins.mine
                closing = wording.closing_words(mine.progress(check_in.id), mine.left_out(check_in.id))
                yield from lines(closing, Look.STRONG, width, 2)
            case Stage.RECORDED:
                yield from self._result(check_in, width)
            case Stage.GIVEN_UP:
                yield from lines(wording.ending_words(check_in), Look.STRONG, width, 4)
            case Stage.WATCHED | Stage.TAKEN_BACK:
                yield from lines(NOT_MINE if stage is Stage.WATCHED else TAKEN_BACK, Look.NOTE, width, 2)
            case Stage.ASKED:
                pass
        if reading.unsent and stage is not Stage.FEW:
            yield from lines(NOT_SENT, Look.NOTE, width, 2)
        if stage.is_end:
            yield from self._own_result(check_in, reading)
            chosen = lines(issues.most_chosen_words(self._peer, check_in), Look.STRONG, width, 4)
            yield from [BLANK, *chosen] if chosen else []

    def _people(self, width: int) -> Iterator[Row]:
        people = self._following.people
        taking_part = ngettext("{n} person takes part:", "{n} people take part:", people).format(n=people)
        said = taking_part if people else GETTING_READY
        yield from lines(said, Look.NOTE, width, 2)
        yield BLANK
        yield from lines(", ".join(self._following.names), Look.STRONG, width, NAMES_LINES)
        yield BLANK
        yield from lines(SOMEBODY_UNKNOWN, Look.NOTE, width, 3)

    def _few(self, check_in: CheckIn, width: int) -> Iterator[Row]:
        yield from lines(wording.fewer_now(self._following.few(check_in.id)), Look.STRONG, width, 8)
        left = max(1, round(self._following.few_left_s(check_in.id)))
        said = ngettext(
            "Without an answer within {n} second yours stays out.",
            "Without an answer within {n} seconds yours stays out.",
            left,
        )
        yield from lines(said.format(n=left), Look.NOTE, width, 2)

    def _result(self, check_in: CheckIn, width: int) -> Iterator[Row]:
        peer = self._peer
        result = told.result_of(peer, check_in)
        if result is None:
            yield from lines(CANNOT_BE_READ, Look.STRONG, width, 2)
            return
        yield from shown.result_rows(result, width)
        points = results.trend(peer.sealer, peer.keys.room_key, peer.link.room, peer.room.check_ins, check_in)
        trend = shown.trend_rows(result.kind, points, width)
        yield from [BLANK, *trend] if trend else []
        own_part, small = self._following.own_part(check_in.id), wording.how_little(result.people)
        beside = [*lines(own_part, Look.NOTE, width, 3), *lines(small, Look.NOTE, width, 4)]
        yield from [BLANK, *beside] if beside else []

    def own(self, check_in: bytes) -> bool:
        """Whether it came to something else on this machine than in the room."""
        return check_in in self._following.check_ins.mine.own_results

    def _own_result(self, check_in: CheckIn, reading: Reading) -> Iterator[Row]:
        sealed = self._following.check_ins.mine.own_results.get(check_in.id)
        own = None if sealed is None else told.result_of(self._peer, check_in, sealed)
        if own is not None and reading.own:
            yield BLANK
            yield from lines(_("Here it came to this:"), Look.STRONG, reading.width, 1)
            yield from shown.result_rows(own, reading.width)


def closes(o: Outlook, check_in: CheckIn) -> str:
    """When it closes by itself, empty for not; in a pause nothing runs."""
    if not check_in.closes_at or o.held:
        return ""
    ms = check_in.closes_at - o.now
    if ms >= IN_SECONDS_UNDER_MS:
        return _("closes at {time}").format(time=phrases.time_of_day(check_in.closes_at))
    return _("closes in {time}").format(time=phrases.clock(ms))


def lines(text: str, look: Look, width: int, most: int) -> list[Row]:
    """A text in at most so many rows; none for none."""
    return [Row((Span(line, look),), (), (text, i)) for i, line in enumerate(wrapped(text, width, most))]
