"""What can be asked at all, and what is said where it cannot; the questions that are ready."""

from __future__ import annotations

import pytest
from evenly_client.checkins.question import OPTION_BYTES, QUESTION_BYTES, BadQuestion, Question, checked
from evenly_client.checkins.templates import TEMPLATES
from evenly_protocol.checkins import refused_question
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.words import CheckInKind

SCALE, CHOICE, MULTI = CheckInKind.SCALE, CheckInKind.CHOICE, CheckInKind.MULTI


def sealed_length(kind: FieldKind, text: str) -> bytes:
    """As long as a seal of this text would be, the smallest that it fits into."""
    size = len(text.encode()) + 2
    return bytes(29 + next(s for s in (32, 64, 128, 256, 512, 1024, 2048, 4096, 10**9) if s >= size))


@pytest.mark.parametrize(
    "question",
    [
        Question(SCALE, "How?"),
        Question(SCALE, "How?", ("low", "high")),
        Question(CheckInKind.MOOD, "How?"),
        Question(CheckInKind.YESNO, "Shall we?", seconds=10),
        Question(CheckInKind.FIST, "Shall we?", seconds=3_600),
        Question(CHOICE, "Which?", ("a", "b")),
        Question(MULTI, "Which?", tuple("abcdefgh")),
        Question(CheckInKind.WORDS, "How?"),
        Question(CheckInKind.TEXT, "x" * QUESTION_BYTES),
        Question(CHOICE, "Which?", ("x" * OPTION_BYTES, "b")),
        *(question for _, question in TEMPLATES.values()),
    ],
    ids=lambda q: f"{q.kind}-{q.text[:10]}",
)
def test_a_good_question_stays_as_it_is(question: Question) -> None:
    """And the server would take it."""
    assert checked(question) == question
    planned = question.sealed(sealed_length)
    assert refused_question(planned.kind, planned.question, planned.options, planned.seconds) is None


@pytest.mark.parametrize(
    ("question", "title", "advice"),
    [
        (Question(SCALE, ""), "no question", "Write"),
        (Question(SCALE, " \u200b\n"), "no question", "Write"),
        (Question(SCALE, "x" * (QUESTION_BYTES + 1)), "too long", "two sentences"),
        (Question(SCALE, "How?", ("low",)), "do not fit", "both its ends"),
        (Question(SCALE, "How?", ("low", "mid", "high")), "do not fit", "both its ends"),
        (Question(CheckInKind.MOOD, "How?", ("a", "b")), "do not fit", "leave them out"),
        (Question(CheckInKind.YESNO, "How?", ("yes", "no")), "do not fit", "leave them out"),
        (Question(CheckInKind.TEXT, "How?", ("a", "b")), "do not fit", "leave them out"),
        (Question(CHOICE, "Which?"), "do not fit", "two to eight"),
        (Question(CHOICE, "Which?", ("a",)), "do not fit", "two to eight"),
        (Question(MULTI, "Which?", tuple("abcdefghi")), "do not fit", "two to eight"),
        (Question(CHOICE, "Which?", ("a", "")), "do not fit", "different"),
        (Question(CHOICE, "Which?", ("a", "a")), "do not fit", "different"),
        (Question(CHOICE, "Which?", ("a", " a\u200b")), "do not fit", "different"),
        (Question(CHOICE, "Which?", ("a", "x" * (OPTION_BYTES + 1))), "too long for an answer", "126"),
        (Question(SCALE, "How?", seconds=9), "no time", "10 seconds"),
        (Question(SCALE, "How?", seconds=3_601), "no time", "an hour"),
        (Question(SCALE, "How?", seconds=-1), "no time", "10 seconds"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_asked_says_why_and_what_to_do(question: Question, title: str, advice: str) -> None:
    """In words; before anything is sent."""
    with pytest.raises(BadQuestion) as refused:
        checked(question)
    assert title in refused.value.title
    assert advice in refused.value.advice


def test_texts_are_cleaned() -> None:
    """As all that is typed: and so the same question is the same bytes however it was typed."""
    typed = Question(CHOICE, "  Which\none?\u200b ", ("a\tb", "\x1b[1mc"), 30)
    assert checked(typed) == Question(CHOICE, "Which one?", ("a b", "[1mc"), 30)


def test_issues_stay_with_their_question() -> None:
    issues = (b"1" * 16, b"2" * 16)
    assert checked(Question(MULTI, "Which?", ("a", "b"), issues=issues)).issues == issues


def test_every_text_is_sealed_as_what_it_is() -> None:
    """The question as a question, each answer as an option, in their order."""
    asked = Question(CHOICE, "Which?", ("a", "b"), 30)
    planned = asked.sealed(lambda kind, text: f"{kind}:{text}".encode())
    assert planned.question == b"question:Which?"
    assert planned.options == [b"option:a", b"option:b"]
    assert (planned.kind, planned.seconds) == (CHOICE, 30)


def test_ready_questions_are_one_word_each_for_lines_and_files() -> None:
    """What they are called differs; what they ask too, so that each has a trend of its own."""
    assert all(word.replace("-", "").isalpha() and word.islower() for word in TEMPLATES)
    assert len({name for name, _ in TEMPLATES.values()}) == len(TEMPLATES)
    assert len({question.text for _, question in TEMPLATES.values()}) == len(TEMPLATES)
    assert {"energy", "trust", "pace", "willing", "one-word"} <= set(TEMPLATES)
    assert allowed_length(FieldKind.QUESTION, len(sealed_length(FieldKind.QUESTION, "x" * QUESTION_BYTES)))
