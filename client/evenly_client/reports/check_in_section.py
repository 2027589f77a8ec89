"""The anonymous check-ins in a session's report: each question with its answers, and its trend over the sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from evenly_protocol.checkins import ENDINGS
from evenly_protocol.words import CheckInKind, CheckInState

from evenly_client.checkins.results import Result, figure_words
from evenly_client.checkins.wording import how_little
from evenly_client.reports import saying
from evenly_client.reports.allowed import Allowed
from evenly_client.reports.check_ins import Asked, CheckInWent
from evenly_client.reports.chronicle import SessionWent
from evenly_client.reports.report import (
    Answer,
    Answers,
    Block,
    Cell,
    Column,
    Heading,
    Item,
    Items,
    Paragraph,
    Section,
    Table,
    Unit,
    section,
)
from evenly_client.reports.trends import check_in_trend, followed, tenths
from evenly_client.translation import N_, _, ngettext, pgettext

NOBODYS: Final = _("Who gave which answer is written down nowhere.")

_CHECK_INS: Final = (
    Column("check_in", pgettext("column", "Check-in"), Unit.COUNT),
    Column("question", pgettext("column", "Question"), Unit.WORDS),
    Column("kind", pgettext("column", "Kind")),
    Column("opened", pgettext("column", "Opened"), Unit.INSTANT),
    Column("took_part", pgettext("column", "Took part"), Unit.COUNT),
    Column("no_answer", pgettext("column", "Without an answer"), Unit.COUNT),
    Column("figure", pgettext("column", "Mean, or yes in 100"), Unit.TENTHS),
    Column("no_result", pgettext("column", "Why without a result")),
)
_ANSWERS: Final = (
    Column("check_in", pgettext("column", "Check-in"), Unit.COUNT),
    Column("question", pgettext("column", "Question"), Unit.WORDS),
    Column("answer", pgettext("column", "Answer"), Unit.WORDS),
    Column("how_many", pgettext("column", "How many"), Unit.COUNT),
)
_TRENDS: Final = (
    Column("question", pgettext("column", "Question"), Unit.WORDS),
    Column("kind", pgettext("column", "Kind")),
    Column("session", pgettext("column", "Session"), Unit.COUNT),
    Column("took_part", pgettext("column", "Took part"), Unit.COUNT),
    Column("figure", pgettext("column", "Mean, or yes in 100"), Unit.TENTHS),
)


def check_in_section(allowed: Allowed, session: SessionWent) -> list[Section]:
    """The check-ins of a session, as far as the reader may have them."""
    numbered = {n: c for n, c in enumerate(session.check_ins, start=1) if allowed.check_in(c)}
    over_time = asked_before(allowed, [s for s in allowed.chronicle.sessions if s.number <= session.number])
    here = followed(numbered.values())
    blocks = [b for n, c in numbered.items() for b in _told(n, c, over_time)]
    people = sorted({c.result.people for c in numbered.values() if c.result is not None})
    return section(
        "check_ins",
        _("Check-ins"),
        Paragraph(" ".join(filter(None, [NOBODYS, *map(how_little, people)])) if people else "", quiet=True),
        *blocks,
        sheets=(
            Table("check_ins", _("Check-ins"), _CHECK_INS, tuple(_row(n, c) for n, c in numbered.items())),
            Table("check_in_answers", _("Answers"), _ANSWERS, tuple(_answer_rows(numbered))),
            trend_table({asked: over_time[asked] for asked in here}),
        ),
    )


def asked_before(allowed: Allowed, sessions: Collection[SessionWent]) -> dict[Asked, dict[int, CheckInWent]]:
    """What can be followed over these sessions, as far as the reader may have it."""
    return followed(c for s in sessions if allowed.session(s) for c in s.check_ins if allowed.check_in(c))


def trend_table(questions: Mapping[Asked, Mapping[int, CheckInWent]]) -> Table:
    """The trends of these questions for scripts and spreadsheets: those that were asked in several sessions."""
    rows = tuple(
        (c.question, c.kind.value, n, _people(c), tenths(c))
        for by_session in questions.values()
        if len(by_session) > 1
        for n, c in sorted(by_session.items())
    )
    return Table("check_in_trends", _("Check-ins over the sessions"), _TRENDS, rows)


def why_without(check_in: CheckInWent) -> str:
    """Why a check-in has no result; empty where it has one."""
    if check_in.result is not None:
        return ""
    match check_in.state:
        case CheckInState.GIVEN_UP:
            return _(ENDINGS.get(check_in.code, (N_("It came to no result."), ""))[0])
        case CheckInState.RECORDED:
            return _("Its result cannot be read.")
        case CheckInState.OPEN:
            return _("It is still open.")
        case _:
            return _("Its answers have not been added up.")


def _told(number: int, check_in: CheckInWent, over_time: Mapping[Asked, Mapping[int, CheckInWent]]) -> Iterator[Block]:
    result = check_in.result
    yield Heading(check_in.question)
    if result is None:
        yield Paragraph(why_without(check_in))
        return
    yield Paragraph(_in_short(result))
    if check_in.answers:
        yield Answers(tuple(Answer(bar.label, bar.many) for bar in (*result.bars, *result.words)), result.people)
    yield Items(f"check_in_{number}", "", tuple(Item(text) for text in result.texts))
    by_session = over_time.get(check_in.asked) if check_in.asked is not None else None
    if by_session is not None and by_session.get(check_in.session) is check_in:
        trend = check_in_trend(by_session, f"check_in_{number}_trend", "")
        if trend is not None:
            yield trend


def _in_short(result: Result) -> str:
    said = [_took_part(result.people, result.abstained)]
    if result.kind is CheckInKind.MULTI:
        said.append(_("Each could choose several."))
    if result.figure is not None:
        figure = figure_words(result.kind, result.figure)
        # Translators: {figure} is for example “3.4 of 5”
        average = _("On average {figure}.").format(figure=figure)
        said.append(f"{figure}." if result.kind is CheckInKind.YESNO else average)
    return " ".join(said)


def _took_part(people: int, abstained: int) -> str:
    if not abstained:
        return saying.took_part(people)
    words = ngettext(
        "{n} person took part, {abstained} of them without an answer.",
        "{n} people took part, {abstained} of them without an answer.",
        people,
    )
    return words.format(n=people, abstained=abstained)


def _people(check_in: CheckInWent) -> int | None:
    return None if check_in.result is None else check_in.result.people


def _row(number: int, check_in: CheckInWent) -> tuple[Cell, ...]:
    abstained = None if check_in.result is None else check_in.result.abstained
    what = (check_in.question, check_in.kind.value, check_in.at)
    return (number, *what, _people(check_in), abstained, tenths(check_in), why_without(check_in))


def _answer_rows(numbered: Mapping[int, CheckInWent]) -> Iterable[tuple[Cell, ...]]:
    for number, check_in in numbered.items():
        result = check_in.result
        if result is None:
            continue
        counted = [(bar.label, bar.many) for bar in (*result.bars, *result.words)]
        for answer, many in [*counted, *((text, 1) for text in result.texts)]:
            yield number, check_in.question, answer, many
