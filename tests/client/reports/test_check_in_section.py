"""Check-ins in the reports: each question with its answers, and its trend over the sessions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from evenly_client.checkins.question import Question
from evenly_client.checkins.wording import how_little
from evenly_client.reports import csv, html, json, lines, markdown
from evenly_client.reports.check_in_section import NOBODYS
from evenly_client.reports.own_record import own_record
from evenly_client.reports.report import (
    Answer,
    Answers,
    Block,
    Heading,
    Items,
    Paragraph,
    Point,
    Report,
    Section,
    Trend,
)
from evenly_client.reports.session_report import session_report
from evenly_protocol.attendance import ComeBack
from evenly_protocol.checkins import ENDINGS, CloseCheckIn, GiveUpCheckIn, RecordResult
from evenly_protocol.seats import SetRole
from evenly_protocol.words import CheckInKind, Label, Role

from tests.client.reports.scripted import (
    ANA,
    BEN,
    CAMERAS,
    CLEO,
    DAY,
    ENERGY,
    LEAVES,
    ONE_WORD,
    PACE,
    SNACKS,
    TALK,
    Group,
    seven,
)

MOOD = Question(CheckInKind.MOOD, "How are you?")
FIST = Question(CheckInKind.FIST, "Shall we?")


def running(people: int = 5) -> Group:
    """So many people in a session."""
    g = Group(*("Ana", "Ben", "Cleo", "Dov", "Eva", "Finn")[:people])
    g.begin(TALK)
    return g


def again(g: Group) -> None:
    """A day later, the next session."""
    g.end()
    g.later(DAY)
    g.begin(TALK)


def report(g: Group, session: int = 0, seat: int = BEN, made_for: Label = Label.ROOM) -> Report:
    """The report of a session; of the last without a number."""
    allowed = g.for_(seat, made_for)
    found = allowed.chronicle.session(session) if session else allowed.chronicle.sessions[-1]
    assert found is not None
    return session_report(allowed, found)


def section_of(made: Report) -> Section | None:
    return next((s for s in made.sections if s.key == "check_ins"), None)


def blocks(g: Group, session: int = 0, seat: int = BEN, made_for: Label = Label.ROOM) -> tuple[Block, ...]:
    """Behind the sentence that stands before them."""
    found = section_of(report(g, session, seat, made_for))
    assert found is not None
    return found.blocks[1:]


def said(g: Group) -> str:
    """What is said of the one check-in."""
    return next(b.text for b in blocks(g) if isinstance(b, Paragraph))


def trends_of(g: Group, session: int = 0, seat: int = BEN) -> list[Trend]:
    return [b for b in blocks(g, session, seat) if isinstance(b, Trend)]


# -- one check-in ------------------------------------------------------------------------------------------------


def test_a_check_in_has_its_question_how_many_took_part_and_every_answer() -> None:
    """Those that nobody gave too."""
    g = running()
    g.check_in(ENERGY, 0, 3, 3, 4, None)
    assert blocks(g) == (
        Heading(ENERGY.text),
        Paragraph("5 people took part, 1 of them without an answer. On average 3.5 of 5."),
        Answers((Answer("1 none", 1), Answer("2", 0), Answer("3", 0), Answer("4", 2), Answer("5 plenty", 1)), 5),
    )


@pytest.mark.parametrize(
    ("question", "answers", "words"),
    [
        (MOOD, (0, 1, 2, 2, 4), "5 people took part. On average 2.8 of 5."),
        (FIST, (0, 5, 5, 4, 4), "5 people took part. On average 3.6 of 5."),
        (CAMERAS, (0, 0, 0, 0, 1), "5 people took part. 80 in 100 said yes."),
        (PACE, (0, 0, 1, 2, None), "5 people took part, 1 of them without an answer."),
        (
            SNACKS,
            ((0, 1), (0,), (1,), (2,), None),
            "5 people took part, 1 of them without an answer. Each could choose several.",
        ),
        (ONE_WORD, ("a", "b", "", "", "c"), "5 people took part, 2 of them without an answer."),
        (CAMERAS, (None, None, None, None, None), "5 people took part, 5 of them without an answer."),
    ],
)
def test_what_it_came_to_is_said_in_a_sentence(
    question: Question, answers: tuple[int | tuple[int, ...] | str | None, ...], words: str
) -> None:
    """Its figure in the words of the kind, where it has one."""
    g = running()
    g.check_in(question, *answers)
    assert said(g) == words


def test_where_nobody_answered_there_are_no_bars() -> None:
    """The sentence says it."""
    g = running()
    g.check_in(CAMERAS, None, None, None, None, None)
    assert [type(b) for b in blocks(g)] == [Heading, Paragraph]


def test_words_stand_by_how_often_they_came() -> None:
    """The same word, however it is written, once."""
    g = running()
    g.check_in(ONE_WORD, "tired", "awake", "Tired", "light", "AWAKE")
    assert blocks(g)[-1] == Answers((Answer("awake", 2), Answer("tired", 2), Answer("light", 1)), 5)


def test_texts_stand_by_themselves_with_nobody_beside_them() -> None:
    """Nobody is named: nobody is known."""
    g = running()
    g.check_in(LEAVES, "more", "less", "", "", "a plan")
    items = blocks(g)[-1]
    assert isinstance(items, Items)
    assert sorted((i.text, i.about) for i in items.items) == [("a plan", ""), ("less", ""), ("more", "")]


@pytest.mark.parametrize(("people", "hides_little"), [(3, True), (4, True), (5, False)])
def test_how_little_three_or_four_answers_hide_is_said_once(people: int, hides_little: bool) -> None:
    """Before the first question."""
    g = running(people)
    for _ in range(2):
        g.check_in(CAMERAS, *(0 for _ in range(people)))
    found = section_of(report(g))
    assert found is not None
    assert found.blocks[0] == Paragraph(f"{NOBODYS} {how_little(people)}".strip(), quiet=True)
    assert bool(how_little(people)) is hides_little
    assert markdown.render(report(g)).count("this hides little") == hides_little


@pytest.mark.parametrize("code", ENDINGS)
def test_why_a_check_in_came_to_no_result_is_said(code: str) -> None:
    """In the words that everybody saw, without advice that is past its time."""
    g = running()
    id = g.open_check_in(CAMERAS)
    g.must(CloseCheckIn(id))
    g.must(GiveUpCheckIn(id, code), by=0)
    found = section_of(report(g))
    assert found is not None
    assert found.blocks == (Heading(CAMERAS.text), Paragraph(ENDINGS[code][0]))


def test_what_has_no_result_yet_or_none_that_can_be_read_says_so() -> None:
    """Open, closing, unreadable."""
    g = running()
    broken = g.open_check_in(CAMERAS)
    g.must(CloseCheckIn(broken))
    g.must(RecordResult(broken, b"x" * 41, 5), by=0)
    closing = g.open_check_in(ENERGY)
    g.must(CloseCheckIn(closing))
    g.open_check_in(PACE)
    texts = markdown.render(report(g))
    for words in ("Its result cannot be read.", "Its answers have not been added up.", "It is still open."):
        assert words in texts


def test_a_session_without_check_ins_has_no_such_section() -> None:
    """Nor a sentence about them."""
    assert section_of(report(running())) is None


# -- over the sessions -------------------------------------------------------------------------------------------


def test_a_question_that_is_asked_again_has_a_trend_with_its_figures() -> None:
    """From the first session in which it was asked, with a gap where it was not."""
    g = running()
    again(g)
    g.check_in(ENERGY, 0, 0, 0, 1, 1)
    assert trends_of(g) == []
    again(g)
    g.check_in(CAMERAS, 0, 0, 0, 0, 1)
    again(g)
    g.check_in(ENERGY, 4, 4, 4, 3, 3)
    (trend,) = trends_of(g)
    assert trend.points == (Point("2", 14), Point("3", None), Point("4", 46))
    assert (trend.bottom, trend.top) == (10, 50)
    assert "Mean, 1 to 5, over the sessions: ▁·█ (1.4, –, 4.6)" in markdown.render(report(g))
    assert trends_of(g, 2) == []


def test_a_trend_of_yes_or_no_is_of_the_yes_in_100() -> None:
    """Whole figures."""
    g = running()
    g.check_in(CAMERAS, 0, 1, 1, None, None)
    again(g)
    g.check_in(CAMERAS, 0, 0, 0, 0, 0)
    (trend,) = trends_of(g)
    assert (trend.points, trend.bottom, trend.top) == ((Point("1", 33), Point("2", 100)), 0, 100)


def test_asked_twice_in_a_session_the_last_counts_and_has_the_trend() -> None:
    """Once, not under both."""
    g = running()
    g.check_in(ENERGY, 0, 0, 0, 0, 0)
    again(g)
    g.check_in(ENERGY, 1, 1, 1, 1, 1)
    g.check_in(ENERGY, 4, 4, 4, 4, 4)
    found = blocks(g)
    (trend,) = trends_of(g)
    assert found[-1] == trend
    assert trend.points == (Point("1", 10), Point("2", 50))


@pytest.mark.parametrize(
    "other",
    [
        Question(ENERGY.kind, ENERGY.text, ("none", "lots")),
        Question(ENERGY.kind, ENERGY.text),
        Question(CheckInKind.MOOD, ENERGY.text),
    ],
)
def test_another_kind_or_another_scale_is_another_question(other: Question) -> None:
    """Their figures are not of one thing."""
    g = running()
    g.check_in(other, 0, 0, 0, 0, 0)
    again(g)
    g.check_in(ENERGY, 4, 4, 4, 4, 4)
    assert trends_of(g) == []


def test_kinds_without_a_figure_have_no_trend() -> None:
    """A choice, words."""
    g = running()
    for _ in range(2):
        g.check_in(PACE, 0, 0, 1, 1, 2)
        g.check_in(ONE_WORD, "a", "b", "c", "d", "e")
        again(g)
    assert trends_of(g, 2) == []


def test_an_observer_has_the_trend_over_sessions_that_they_attended() -> None:
    """As they have the reports of those alone."""
    g = Group("Ana", "Ben", "Cleo", "Dov")
    g.must(SetRole(4, Role.OBSERVER))
    g.begin(TALK)
    g.check_in(ENERGY, 0, 0, 0)
    for energy in (2, 4):
        again(g)
        g.must(ComeBack(), 4)
        g.later(1_000)
        g.check_in(ENERGY, energy, energy, energy)
    assert [p.label for p in trends_of(g, seat=4)[0].points] == ["2", "3"]
    assert [p.label for p in trends_of(g, seat=BEN)[0].points] == ["1", "2", "3"]


def test_the_tables_of_the_check_ins_are_whole() -> None:
    """For spreadsheets and scripts: what was asked, each answer, the trends; each question in its row."""
    g = running()
    g.check_in(CAMERAS, 0, 0, 0, 1, 1)
    again(g)
    g.check_in(CAMERAS, 0, 0, 0, 0, 1)
    g.check_in(LEAVES, "more", "", "", "", "")
    made = report(g)
    assert csv.render(made, "check_in_answers").splitlines()[1:] == [
        f"1,{CAMERAS.text},yes,4",
        f"1,{CAMERAS.text},no,1",
        f"2,{LEAVES.text},more,1",
    ]
    assert csv.render(made, "check_in_trends").splitlines()[1:] == [
        f"{CAMERAS.text},yesno,1,5,60.0",
        f"{CAMERAS.text},yesno,2,5,80.0",
    ]
    table = next(t for t in made.tables() if t.key == "check_ins")
    assert [row[:3] + row[4:] for row in table.rows] == [
        (1, CAMERAS.text, "yesno", 5, 0, 800, ""),
        (2, LEAVES.text, "text", 5, 4, None, ""),
    ]


# -- one's own record --------------------------------------------------------------------------------------------


def test_ones_own_record_has_the_groups_trends_in_ones_own_sessions() -> None:
    """And says that one's own answers are not told apart."""
    record = own_record(seven().for_(BEN, own=True))
    found = section_of(record)
    assert found is not None
    explains, *trends = found.blocks
    assert isinstance(explains, Paragraph)
    assert NOBODYS in explains.text
    assert [b.title for b in trends if isinstance(b, Trend)] == [
        f"{ENERGY.text} (mean, 1 to 5)",
        f"{CAMERAS.text} (yes in 100)",
    ]
    assert "check_in_trends,How much energy do you have just now?,scale,1,7,2.5" in csv.render(record)


def test_sessions_in_which_one_was_not_are_not_in_ones_own_trends() -> None:
    """They are in the session reports."""
    g = running()
    g.check_in(ENERGY, 0, 0, 0, 0, 0)
    for energy in (2, 4):
        again(g)
        if energy == 2:
            late = g.enter("Gül")
            g.must(ComeBack(), late)
        g.later(1_000)
        g.check_in(ENERGY, *(energy for _ in range(5)))
    found = section_of(own_record(g.for_(late, own=True)))
    assert found is not None
    (trend,) = [b for b in found.blocks if isinstance(b, Trend)]
    assert trend.points == (Point("2", 30), Point("3", 50))


def test_without_a_trend_the_own_record_says_nothing_of_check_ins() -> None:
    """One session is none."""
    g = running()
    g.check_in(ENERGY, 0, 0, 0, 0, 0)
    assert section_of(own_record(g.for_(ANA, own=True))) is None


# -- how far it goes ---------------------------------------------------------------------------------------------

RENDERED: tuple[Callable[[Report], str], ...] = (
    markdown.render,
    html.render,
    csv.render,
    json.render,
    lambda made: "\n".join(lines.render(made)),
)
KEPT = ("zqword", "zqtext", "zqissue", "zqfew", "zqlost", ENDINGS["lost"][0], LEAVES.text, ONE_WORD.text)


def confidential() -> Group:
    """Five people; all that stays in the room has a word by which it can be found."""
    g = running()
    issues = (g.issue(BEN, "zqissue"), g.issue(ANA, "zqissue too"))
    for _ in range(2):
        g.check_in(ONE_WORD, "zqword", "zqword", "zqword", "", "")
        g.check_in(LEAVES, "zqtext", "", "", "", "")
        which = Question(CheckInKind.MULTI, "Which?", ("Ben: zqissue", "Ana: zqissue too"), issues=issues)
        g.check_in(which, (0,), (0,), (0,), (1,), (1,))
        g.check_in(Question(CheckInKind.YESNO, "zqfew?"), 0, 0, 0, 0, None)
        lost = g.open_check_in(Question(CheckInKind.YESNO, "zqlost?"))
        g.must(CloseCheckIn(lost))
        g.must(GiveUpCheckIn(lost, "lost"), by=0)
        g.check_in(ENERGY, 4, 4, 3, 3, 3)
        g.later(1_000)
        again(g)
    return g


def kept_in(text: str) -> list[str]:
    """Which of the words are in it, however they are escaped."""
    plain = text.replace("\\", "").replace("&#39;", "'")
    return [word for word in KEPT if word in plain]


@pytest.mark.parametrize("made_for", [Label.TAKEAWAY, Label.SHAREABLE])
def test_words_issues_and_few_answers_are_in_nothing_that_leaves_the_room(made_for: Label) -> None:
    """In no form of it, nor in one's own record; the numbers are."""
    g = confidential()
    for made in (report(g, 1, CLEO, made_for), own_record(g.for_(CLEO, made_for, own=True))):
        for render in RENDERED:
            assert kept_in(render(made)) == [], made.kind
            assert ENERGY.text in render(made)
    for render in RENDERED:
        assert kept_in(render(report(g, 1, CLEO))) == list(KEPT)


def test_the_own_record_made_for_the_room_holds_no_more_of_check_ins_than_a_takeaway() -> None:
    """What was said in the room stays in the session's report."""
    text = markdown.render(own_record(confidential().for_(CLEO, own=True)))
    assert kept_in(text) == []
    assert ENERGY.text in text


def test_what_anybody_may_have_holds_the_programs_own_questions_alone() -> None:
    """What a member wrote goes home with members."""
    g = running()
    g.check_in(CAMERAS, 0, 0, 0, 0, 1)
    g.check_in(PACE, 0, 0, 0, 0, 1)
    assert [b.text for b in blocks(g, made_for=Label.TAKEAWAY) if isinstance(b, Heading)] == [CAMERAS.text, PACE.text]
    assert [b.text for b in blocks(g, made_for=Label.SHAREABLE) if isinstance(b, Heading)] == [PACE.text]


def test_check_ins_keep_their_numbers_in_every_report() -> None:
    """By which scripts know them."""
    g = running()
    g.check_in(ONE_WORD, "a", "b", "c", "d", "e")
    g.check_in(PACE, 0, 0, 0, 0, 1)
    for made_for in Label:
        table = next(t for t in report(g, made_for=made_for).tables() if t.key == "check_ins")
        assert [r[0] for r in table.rows if r[1] == PACE.text] == [2]
