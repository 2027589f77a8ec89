"""The sponsor's summary: numbers, and not a name or a word in any form of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from evenly_client.checkins.question import Question
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.reports import csv, html, json, lines, markdown
from evenly_client.reports.report import Paragraph, Point, Report, Table, Trend
from evenly_client.reports.session_report import session_report
from evenly_client.reports.sponsor_summary import sponsor_summary
from evenly_protocol.agreement import NameRoom, SetCallLink
from evenly_protocol.checkins import OPTIONS, counters
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import Draft, PlanSeries, SetTopic
from evenly_protocol.words import TEXT_KINDS, ActionState, CheckInKind, Label, PostKind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client.reports.scripted import DAY, ENERGY, QUESTIONS, TALK, Group, peer_set_told, seven_told, small
from tests.protocol.world import MINUTE

RENDERED: tuple[Callable[[Report], str], ...] = (
    markdown.render,
    html.render,
    csv.render,
    json.render,
    lambda report: "\n".join(lines.render(report)),
)


def table(report: Report, key: str) -> Table:
    return next(t for t in report.tables() if t.key == key)


def row(report: Report, key: str, number: int = 0) -> dict[str, object]:
    found = table(report, key)
    return dict(zip([c.key for c in found.columns], found.rows[number], strict=True))


def test_the_figures_of_one_room() -> None:
    """Added up from the script."""
    report = sponsor_summary([peer_set_told()])
    one, two = peer_set_told().sessions
    attended = sum(ms for s in (one, two) for seat, ms in s.attended.items() if seat != 5)
    assert row(report, "rooms") == {
        "room": "Room 1",
        "sessions": 2,
        "members": 5,
        "attended": attended,
        "evenness": 82,
        "issues": 2,
        "check_ins": 4,
        "coaching": 45 * MINUTE,
    }
    assert row(report, "outcomes") == {
        "room": "Room 1",
        "actions_made": 6,
        "actions_done": 1,
        "actions_open": 4,
        "actions_dropped": 1,
        "asks": 1,
        "asks_met": 1,
        "introductions": 1,
    }


def test_several_rooms_have_a_row_each_and_one_for_all() -> None:
    """The median is over all sessions, not over the rooms' medians."""
    report = sponsor_summary([peer_set_told(), small(sessions=3).told()])
    assert [r[0] for r in table(report, "rooms").rows] == ["Room 1", "Room 2", "All"]
    assert [r[1] for r in table(report, "rooms").rows] == [2, 3, 5]
    assert row(report, "rooms", 2)["evenness"] == 100
    assert len(table(report, "sessions").rows) == 5


def test_a_room_without_a_session() -> None:
    """Nothing to divide by."""
    text = markdown.render(sponsor_summary([Group("Ana").told()]))
    assert "There was no session yet." in text


# -- check-ins ---------------------------------------------------------------------------------------------------


def six(*check_ins: tuple[Question, tuple[int | str | None, ...]]) -> Report:
    """The summary of six people who were asked one of these in each of their sessions."""
    g = Group("Ana", "Ben", "Cleo", "Dov", "Eva", "Finn")
    for question, answers in check_ins:
        g.begin(TALK)
        g.check_in(question, *answers)
        g.end()
        g.later(DAY)
    return sponsor_summary([g.told()])


def said(report: Report) -> list[str]:
    found = next(s for s in report.sections if s.key == "check_ins")
    return [b.text for b in found.blocks if isinstance(b, Paragraph)]


def trends_of(report: Report) -> list[Trend]:
    found = next(s for s in report.sections if s.key == "check_ins")
    return [b for b in found.blocks if isinstance(b, Trend)]


def test_the_programs_own_questions_are_followed_by_their_name_in_numbers() -> None:
    """A row for each session and a trend of the mean."""
    report = six((ENERGY, (0, 1, 1, 2, 2, 3)), (ENERGY, (4, 4, 4, 3, 3, None)))
    assert table(report, "check_ins").rows == (
        ("Room 1", 1, "Energy", 6, 25, "1 to 5"),
        ("Room 1", 2, "Energy", 5, 46, "1 to 5"),
    )
    (trend,) = trends_of(report)
    assert (trend.title, trend.bottom, trend.top) == ("Energy (mean, 1 to 5)", 10, 50)
    assert trend.points == (Point("1", 25), Point("2", 46))
    assert said(report) == ["2 anonymous check-ins came to a result; figures of 2 are here."]


def test_fewer_than_five_answers_are_left_out_and_that_is_said() -> None:
    """Whoever abstained hides nobody: five who took part are not five who answered."""
    report = six((ENERGY, (0, 1, 1, 2, 2)), (ENERGY, (4, 4, 4, 3)), (ENERGY, (2, 2, 2, 3, None, None)))
    assert [row[1] for row in table(report, "check_ins").rows] == [1]
    assert trends_of(report) == []
    assert said(report) == [
        "3 anonymous check-ins came to a result; figures of 1 are here.",
        "2 are left out: fewer than five answered, and so few hide little.",
    ]
    text = markdown.render(report)
    assert "2.2" in text
    assert not any(mean in text for mean in ("4.8", "3.2"))
    assert said(six((ENERGY, (4, 4, 4))))[1:] == ["1 is left out: fewer than five answered, and so few hide little."]


@pytest.mark.parametrize(
    "question",
    [
        Question(CheckInKind.SCALE, "How is it going with our boss?"),
        Question(ENERGY.kind, ENERGY.text, ("none", "lots")),
        Question(ENERGY.kind, ENERGY.text.lower(), ENERGY.options),
        Question(CheckInKind.YESNO, ENERGY.text),
        Question(CheckInKind.SCALE, TEMPLATES["willing"][1].text),
    ],
)
def test_a_question_that_is_not_the_programs_to_the_letter_is_only_counted(question: Question) -> None:
    """It is a text that somebody wrote."""
    report = six((question, (0, 0, 1, 1, 0, 1)), (question, (0, 0, 1, 1, 0, 1)))
    assert row(report, "rooms")["check_ins"] == 2
    assert "check_ins" not in [t.key for t in report.tables()]
    assert trends_of(report) == []
    assert said(report) == [
        "2 anonymous check-ins came to a result; figures of 0 are here.",
        "2 others are only counted: the question or the answers are somebody's words.",
    ]


def test_words_are_only_counted_whoever_wrote_the_question() -> None:
    """The answers are people's."""
    report = six((TEMPLATES["one-word"][1], ("calm", "calm", "calm", "calm", "calm", "calm")))
    assert said(report)[1:] == ["1 other is only counted: the question or the answers are somebody's words."]
    assert "calm" not in markdown.render(report)


def test_what_came_to_no_result_is_no_check_in() -> None:
    """Nor is what was taken back."""
    told = peer_set_told()
    assert sum(len(s.check_ins) for s in told.sessions) == 5
    assert row(sponsor_summary([told]), "rooms")["check_ins"] == 4


def test_several_rooms_have_trends_of_their_own() -> None:
    """By number, never added up over rooms."""
    report = sponsor_summary([seven_told(), peer_set_told(), seven_told()])
    assert [t.title for t in trends_of(report)] == ["Room 1: Energy (mean, 1 to 5)", "Room 3: Energy (mean, 1 to 5)"]
    assert [t.key for t in trends_of(report)] == ["room_1_check_in_energy", "room_3_check_in_energy"]
    assert [c["check_ins"] for c in (row(report, "rooms", n) for n in range(4))] == [10, 4, 10, 24]


def test_a_summary_without_check_ins_says_nothing_of_them() -> None:
    """No empty section."""
    assert [s.key for s in sponsor_summary([small().told()]).sections] == ["in_short", "rooms", "trends"]


# -- no word of anybody's ----------------------------------------------------------------------------------------


MARKED = st.text("abcdefghijklmnop|<>*_=\"'&é漢", min_size=1, max_size=12).map(lambda t: f"zq{t}qz")


@st.composite
def rooms(draw: st.DrawFn) -> tuple[list[Group], list[str]]:
    """Rooms in which every text has a mark, and the texts."""
    marks: list[str] = []

    def mark() -> str:
        marks.append(draw(MARKED))
        return marks[-1]

    return [_room(draw, mark) for _ in range(draw(st.integers(1, 2)))], marks


def _room(draw: st.DrawFn, mark: Callable[[], str]) -> Group:
    g = Group(*(mark() for _ in range(draw(st.sampled_from((3, 6, 7))))))
    seats = st.sampled_from(sorted(g.room.members))
    g.say(FieldKind.ROOM, mark(), NameRoom)
    g.say(FieldKind.LINK, mark(), SetCallLink)
    g.must(PlanSeries([Draft(b"p" * 16, g.at + DAY, [2], 1)]))
    g.say(FieldKind.TITLE, mark(), lambda t: SetTopic(b"p" * 16, t), about=b"p" * 16)
    for _ in range(draw(st.integers(0, 2))):
        g.issue(2, mark())
        g.begin(TALK, QUESTIONS, titles={0: mark(), 1: mark()})
        g.talk(*((seat, draw(st.integers(1, 3))) for seat in g.room.members))
        g.phase(1)
        g.ask(draw(seats), mark())
        for _ in range(draw(st.integers(0, 3))):
            owner = draw(seats)
            action = g.action(owner, mark())
            g.becomes(action, owner, draw(st.sampled_from([ActionState.DONE, ActionState.DROPPED])), mark())
            g.must(LabelItem(action, Label.SHAREABLE), owner)
        for _ in range(draw(st.integers(0, 3))):
            g.post(draw(st.sampled_from(list(PostKind))), draw(seats), mark(), link=mark())
        for _ in range(draw(st.integers(0, 4))):
            _check_in(draw, g, mark)
        g.end()
        g.later(DAY)
    return g


def _check_in(draw: st.DrawFn, g: Group, mark: Callable[[], str]) -> None:
    question, people = draw(_questions(mark)), len(g.room.members)
    if question.kind in TEXT_KINDS:
        g.check_in(question, *(draw(st.sampled_from(("", mark()))) for _ in range(people)))
        return
    answers = st.integers(0, counters(question.kind, len(question.options)) - 1)
    abstained = draw(st.integers(0, 2))
    g.check_in(question, *(draw(answers) if n >= abstained else None for n in range(people)))


@st.composite
def _questions(draw: st.DrawFn, mark: Callable[[], str]) -> Question:
    """The program's own, and those that look like one but for a word; everything else in them has a mark."""
    own = draw(st.sampled_from([question for _, question in TEMPLATES.values()]))
    match draw(st.integers(0, 4)):
        case 0:
            return own
        case 1:
            return Question(own.kind, mark(), own.options)
        case 2:
            return Question(CheckInKind.CHOICE, TEMPLATES["pace"][1].text, ("too slow", mark()))
        case 3:
            return Question(draw(st.sampled_from(TEXT_KINDS)), mark())
        case _:
            kind = draw(st.sampled_from(list(CheckInKind)))
            return Question(kind, mark(), tuple(mark() for _ in range(max(OPTIONS.get(kind, (0,))))))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rooms())
def test_nothing_that_anybody_said_is_in_any_form_of_it(made: tuple[list[Group], list[str]]) -> None:
    """Names, titles, words: none, however they are escaped; nor the letters around them."""
    groups, marks = made
    report = sponsor_summary([g.told() for g in groups])
    for render in RENDERED:
        text = render(report)
        assert "zq" not in text
        assert not any(mark in text for mark in marks)


@pytest.mark.parametrize("word", ["zqBenqz", "zqquestionqz", "zqoptionqz", "zqwordqz", "zqTextqz"])
def test_the_marks_would_be_found(word: str) -> None:
    """In a report that has words, they are: names, and what was asked and answered in check-ins."""
    assert word in markdown.render(_session_of_marked())


def _session_of_marked() -> Report:
    g = Group("zqAnaqz", "zqBenqz", "zqCleoqz")
    g.begin(TALK)
    g.talk((2, 3))
    g.check_in(Question(CheckInKind.CHOICE, "zqquestionqz", ("zqoptionqz", "b")), 0, 1, None)
    g.check_in(Question(CheckInKind.WORDS, "words?"), "zqwordqz", "", "")
    g.check_in(Question(CheckInKind.TEXT, "text?"), "zqTextqz", "", "")
    g.end()
    allowed = g.for_(1)
    return session_report(allowed, allowed.chronicle.sessions[0])
