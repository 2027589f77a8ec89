"""What a recorded check-in says, in plain data: for screens, plain lines and reports alike.

Everything is opened with the room's key, so whoever reads the room reads it; nothing in it belongs to a member.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from evenly_protocol.checkins import BLOCK_BYTES, COUNTER_BYTES, CheckIn
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import TEXT_KINDS, CheckInKind, CheckInState

from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.sealing import UNREADABLE, Sealer
from evenly_client.text import clean
from evenly_client.translation import _, pgettext
from evenly_client.written import decimal

# Translators: at most 11 cells each, for they stand below keys; how somebody is.
MOODS: Final = (
    pgettext("mood", "very low"),
    pgettext("mood", "low"),
    pgettext("mood", "so-so"),
    pgettext("mood", "good"),
    pgettext("mood", "very good"),
)
FACES: Final = ("☹☹", "☹", "·", "☺", "☺☺")
SPARKS: Final = "▁▂▃▄▅▆▇█"

MEASURED: Final[dict[CheckInKind, tuple[int, int]]] = {
    CheckInKind.SCALE: (1, 5),
    CheckInKind.MOOD: (1, 5),
    CheckInKind.FIST: (0, 5),
    CheckInKind.YESNO: (0, 100),
}
"""Kinds with a figure that a trend can follow: from the least to the most. Of yes or no it is the yes in 100."""


@dataclass(frozen=True)
class Bar:
    """One answer, and how many gave it."""

    label: str
    many: int


@dataclass(frozen=True)
class Result:
    """A result as people read it.

    Attributes:
        question: the question, cleaned.
        kind: what it asked for.
        people: how many took part, abstentions included.
        abstained: how many gave no answer.
        bars: numeric kinds: each answer in its order.
        words: the kind `words`: each answer and how often it came, the most frequent first.
        texts: the kind `text`: every answer, in random order.
        figure: the mean of the answers, or the yes in 100; None where there is none.
    """

    question: str
    kind: CheckInKind
    people: int
    abstained: int
    bars: tuple[Bar, ...] = ()
    words: tuple[Bar, ...] = ()
    texts: tuple[str, ...] = ()
    figure: float | None = None


@dataclass(frozen=True)
class TrendPoint:
    """What a question came to in a session: its number, when (UTC milliseconds), the figure, how many took part."""

    session: int
    at: int
    figure: float
    people: int


def question_of(sealer: Sealer, check_in: CheckIn) -> str:
    """The question, cleaned for a screen."""
    return sealer.open(FieldKind.QUESTION, check_in.question, check_in.author, check_in.sealed_to)


def options_of(sealer: Sealer, check_in: CheckIn) -> list[str]:
    """Its options, cleaned for a screen."""
    return [sealer.open(FieldKind.OPTION, o, check_in.author, check_in.sealed_to) for o in check_in.options]


def labels(kind: CheckInKind, options: Sequence[str], *, faces: bool = False) -> list[str]:
    """Each numeric answer in words, in its order; none for kinds answered in words. `faces`: moods with a face."""
    match kind:
        case CheckInKind.SCALE:
            low, high = (f" {o}" for o in options) if len(options) == 2 else ("", "")
            return [f"1{low}", "2", "3", "4", f"5{high}"]
        case CheckInKind.MOOD:
            return [f"{face} {mood}" for face, mood in zip(FACES, MOODS, strict=True)] if faces else list(MOODS)
        case CheckInKind.YESNO:
            return [_("yes"), _("no")]
        case CheckInKind.FIST:
            return [str(i) for i in range(6)]
        case CheckInKind.CHOICE | CheckInKind.MULTI:
            return list(options)
        case _:
            return []


def result_of(sealer: Sealer, room_key: bytes, room: bytes, check_in: CheckIn, sealed: bytes = b"") -> Result | None:
    """The result of a check-in; None where there is none or it cannot be read. `sealed`: another than the recorded."""
    plain = derivations.opened_result(room_key, room, check_in.id, sealed or check_in.result)
    if plain is None:
        return None
    question = question_of(sealer, check_in)
    if check_in.kind in TEXT_KINDS:
        return _in_words(check_in, question, plain)
    shown = labels(check_in.kind, options_of(sealer, check_in))
    if not shown or len(plain) != COUNTER_BYTES * (len(shown) + 1):
        return None
    found = ballots.counts(plain)
    bars = tuple(Bar(label, many) for label, many in zip(shown, found.answers, strict=True))
    figure = figure_of(check_in.kind, found.answers)
    return Result(question, check_in.kind, _people(check_in, found), found.abstained, bars, figure=figure)


def _people(check_in: CheckIn, found: ballots.Counts) -> int:
    """How many took part, by the counts: the server's word for it is believed only within what they leave open."""
    if check_in.kind is not CheckInKind.MULTI:
        return found.people
    fewest, most = max(found.answers) + found.abstained, sum(found.answers) + found.abstained
    return min(max(check_in.taking_part, fewest), most)


def _in_words(check_in: CheckIn, question: str, plain: bytes) -> Result | None:
    people, rest = divmod(len(plain), BLOCK_BYTES[check_in.kind])
    found = blocks.texts(plain, people)
    if found is None or rest or not people:
        return None
    said = [_cleaned(text) for text in found if text]
    abstained = people - len(said)
    if check_in.kind is CheckInKind.WORDS:
        often = Counter(text.casefold() for text in said)
        bars = tuple(Bar(word, many) for word, many in sorted(often.items(), key=lambda i: (-i[1], i[0])))
        return Result(question, check_in.kind, people, abstained, words=bars)
    # The same order on every screen, which comes of the answers and the check-in alone: nobody's own.
    said.sort()
    random.Random(check_in.id).shuffle(said)
    return Result(question, check_in.kind, people, abstained, texts=tuple(said))


def _cleaned(text: bytes) -> str:
    try:
        return clean(text.decode())
    except UnicodeDecodeError:
        return UNREADABLE


def figure_of(kind: CheckInKind, answers: Sequence[int]) -> float | None:
    """The mean answer of a scale, mood or fist of five, the yes in 100 of a yes or no; None where there is none."""
    if kind not in MEASURED or not sum(answers):
        return None
    if kind is CheckInKind.YESNO:
        return 100 * answers[0] / sum(answers)
    least = MEASURED[kind][0]
    return sum((least + i) * many for i, many in enumerate(answers)) / sum(answers)


def same_question(sealer: Sealer, one: CheckIn, other: CheckIn) -> bool:
    """Whether two check-ins ask the same; those that cannot be read do not."""
    asked = _asked(sealer, one)
    return UNREADABLE not in (asked[1], *asked[2]) and asked == _asked(sealer, other)


def _asked(sealer: Sealer, check_in: CheckIn) -> tuple[CheckInKind, str, tuple[str, ...]]:
    return check_in.kind, question_of(sealer, check_in), tuple(options_of(sealer, check_in))


def trend(
    sealer: Sealer, room_key: bytes, room: bytes, check_ins: Iterable[CheckIn], like: CheckIn
) -> list[TrendPoint]:
    """What a question came to in each session in which it was asked, the last time in each, in order."""
    points: dict[int, TrendPoint] = {}
    for check_in in check_ins:
        if check_in.state is not CheckInState.RECORDED or not same_question(sealer, check_in, like):
            continue
        result = result_of(sealer, room_key, room, check_in)
        if result is not None and result.figure is not None:
            points[check_in.session] = TrendPoint(check_in.session, check_in.at, result.figure, result.people)
    return [points[number] for number in sorted(points)]


def sparkline(kind: CheckInKind, figures: Sequence[float]) -> str:
    """A trend as a row of little bars, from the least that the kind can be to the most."""
    low, high = MEASURED[kind]
    return "".join(SPARKS[round((f - low) / (high - low) * (len(SPARKS) - 1))] for f in figures)


def figure_words(kind: CheckInKind, figure: float) -> str:
    """A figure as it is said: `3.4 of 5`, `80 in 100 said yes`."""
    if kind is CheckInKind.YESNO:
        return _("{n} in 100 said yes").format(n=round(figure))
    # Translators: a mean of answers, of the most that it can be: “3.4 of 5”
    return _("{figure} of {most}").format(figure=decimal(figure), most=MEASURED[kind][1])
