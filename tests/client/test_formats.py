"""Formats: the seven built in, reading files, where they lie, the plan of a session, and `evenly formats`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from evenly_client import cli
from evenly_client.checkins.question import Question
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.errors import UserError, explained
from evenly_client.formats import library
from evenly_client.formats.lines import lines_of
from evenly_client.formats.planning import (
    PLAN_BYTES_AT_MOST,
    fits_one_command,
    issues_in,
    minutes_of,
    phase_plans,
    planned,
)
from evenly_client.formats.reading import PLANNED_ACTIVITIES, read, read_text
from evenly_client.formats.shape import Format, PhaseGroup
from evenly_client.formats.table import FormatError
from evenly_client.sealing import RoomKeys, Sealer
from evenly_protocol.activities import ACTIVITIES
from evenly_protocol.agenda import PhasePlan, refused_plan
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind, allowed_length
from evenly_protocol.wire import MESSAGE_AT_MOST
from evenly_protocol.words import CheckInKind, FloorMode
from hypothesis import example, given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")

TABLE = {
    "action-learning": "agreement & check-in round 10 · progress since last time 10 · issue presented 5 (solo) · "
    "clarifying questions 10 · open questions 15 · holder's summary 2 · resources & offers 5 · actions 5 · "
    "process review 5 · check-out round 5",
    "peer-coaching": "agreement 5 · feedback from the last issue-holder 10 · issue 10 (solo) · open questions 25 · "
    'reflection 5 (silence) · "by next session I will" 5 · engagement check-in 3 · check-out 5',
    "leadership-group": "welcome & check-in 15 · expert speaker 45 (solo, not counted) · questions 20 · break 15 · "
    "issues session 60 (two issues) · networking 30 (open, pairs) · actions 10 · check-out 5",
    "study-group": "catch-up round 20 · wins 10 · module discussion 40 · help wanted 20 · actions 10 · check-out 5",
    "peer-network": "agreement 5 · check-in 10 · actions reviewed 20 · issue one 35 · break 10 · issue two 35 · "
    "engagement check-in 5 · networking 15 · commitments 10 · check-out 5",
    "hot-seat": "check-in 10 · review 15 · hot seat 45 · commitments 10 · close 10",
}
"""The table of domain.md, "Formats", word for word."""

STATED = {
    "action-learning": 72,
    "peer-coaching": 68,
    "leadership-group": 200,
    "study-group": 105,
    "peer-network": 150,
    "hot-seat": 90,
    "open": 60,
}

WHOLE = """\
name = "evening"
title = "An evening"
about = "For one."
from = "ours"
people = [2, 8]
minutes = 55

[[phase]]
id = "hello"
activity = "check_in"
minutes = 10

[[phase]]
id = "issues"
title = "Issues"
repeat = 2

[[phase.each]]
id = "presented"
activity = "issue"
minutes = 5
title = "Tell us"

[[phase.each]]
id = "questions"
activity = "questions"
minutes = 15
guidance = \"\"\"
One at a time.
No advice.\"\"\"

[[phase]]
id = "feedback"
activity = "feedback"
minutes = 5
from_session = 2
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the own files of the test lie."""
    monkeypatch.setenv("EVENLY_HOME", str(tmp_path))
    monkeypatch.delenv("EVENLY_CONFIG", raising=False)
    (tmp_path / "formats").mkdir()
    return tmp_path / "formats"


def phases_text(*phases: str, top: str = "") -> str:
    """A format of these phases, each the lines below its `[[phase]]`."""
    return 'name = "a"\ntitle = "A"\n' + top + "".join(f"[[phase]]\n{phase}\n" for phase in phases)


def phase_text(id_: str = "x", **more: object) -> str:
    """The lines of a phase of talk."""
    said = {"activity": "talk", "minutes": 5, **more}
    return "\n".join([f'id = "{id_}"', *(f"{key} = {json.dumps(value)}" for key, value in said.items())])


def refused(text: str) -> FormatError:
    """The error that this text is."""
    with pytest.raises(FormatError) as caught:
        read_text(text, "evening.toml")
    return caught.value


def plain_seal(kind: FieldKind, text: str) -> bytes:
    """A seal that can be read."""
    return f"{kind}:{text}".encode()


# -- the seven ---------------------------------------------------------------------------------------------------


def parts_of(format: Format) -> Iterator[tuple[str, int, str]]:
    """Each part's title, all its minutes, and what the table says about it in brackets."""
    for part in format.phases:
        if isinstance(part, PhaseGroup):
            yield part.title, part.minutes * part.repeat, "two issues" if part.repeat == 2 else ""
        else:
            yield part.title, part.minutes, f"{part.mode}{'' if part.counted else ', not counted'}, pairs"


@pytest.mark.parametrize("name", TABLE)
def test_a_built_in_format_is_what_the_table_of_the_domain_says(name: str) -> None:
    """Phase for phase: its words, its minutes, and what stands in brackets."""
    parts = list(parts_of(library.find(name)))
    said = [re.fullmatch(r'"?(.*?)"? (\d+)(?: \((.*)\))?', part) for part in TABLE[name].split(" · ")]
    assert len(parts) == len(said)
    for (title, minutes, brackets), cell in zip(parts, said, strict=True):
        assert cell is not None
        assert cell[1].replace("&", "and").lower() in title.lower()
        assert minutes == int(cell[2])
        assert all(word in brackets for word in (cell[3] or "").split(", "))


@pytest.mark.parametrize(("name", "minutes"), STATED.items())
def test_the_minutes_of_a_built_in_format_add_up_to_its_stated_length(name: str, minutes: int) -> None:
    """Groups written out."""
    format = library.find(name)
    assert minutes_of(planned(format)) == format.minutes == minutes
    assert tomllib.loads(library.path_of(name).read_text())["minutes"] == minutes


def test_open_is_one_phase_of_talk() -> None:
    """No plan."""
    (phase,) = planned(library.find("open"))
    assert (phase.activity, phase.minutes, phase.mode) == ("talk", 60, FloorMode.QUEUE)


def test_every_built_in_phase_has_a_line_or_two_of_guidance() -> None:
    """The activity's, or its own; short enough to be read while leading."""
    for name in library.BUILT_IN:
        for phase in planned(library.find(name)):
            assert 10 < len(phase.guidance) <= 160, phase.id
            assert phase.guidance.count("\n") <= 1


def test_every_built_in_format_ends_with_a_check_out_but_open() -> None:
    """Which keeps its time."""
    last = {name: planned(library.find(name))[-1].activity for name in library.BUILT_IN}
    assert last.pop("open") == "talk"
    assert set(last.values()) == {"check_out"}


def test_questions_to_the_expert_are_nobodys_issue() -> None:
    """They are asked as questions; nobody is the issue-holder."""
    phase = next(phase for phase in planned(library.find("leadership-group")) if phase.id == "questions")
    assert (phase.mode, phase.issue, phase.counted) == (FloorMode.QUESTIONS, 0, True)


@pytest.mark.parametrize("name", library.BUILT_IN)
def test_a_session_can_have_the_plan_of_every_built_in_format(name: str) -> None:
    """Whichever of a series it is."""
    sealer = Sealer(RoomKeys.from_secret(bytes(16)), bytes(16))
    for first, last in ((True, False), (False, False), (False, True)):
        phases = planned(library.find(name), first=first, last=last)
        plans = phase_plans(
            phases, lambda kind, text: sealer.seal(kind, text, bytes(32), bytes(16)), holders={}, feedback_by=0
        )
        assert refused_plan(Room(bytes(16)), plans) is None


def test_peer_coaching_has_feedback_from_the_second_session_on() -> None:
    """Its first session is ten minutes shorter."""
    format = library.find("peer-coaching")
    first, later = planned(format, first=True), planned(format)
    assert "feedback" not in [phase.activity for phase in first]
    assert "feedback" in [phase.activity for phase in later]
    assert (minutes_of(first), minutes_of(later)) == (58, 68)


def test_the_last_session_of_peer_coaching_has_feedback_alone() -> None:
    """No new issue, and nothing to reflect on."""
    last = planned(library.find("peer-coaching"), last=True)
    assert [phase.activity for phase in last] == ["agreement", "feedback", "commitments", "engagement", "check_out"]
    assert issues_in(library.find("peer-coaching"), last=True) == 0


@pytest.mark.parametrize(
    ("name", "issues"),
    [
        ("action-learning", 1),
        ("peer-coaching", 1),
        ("leadership-group", 2),
        ("study-group", 0),
        ("peer-network", 2),
        ("hot-seat", 1),
        ("open", 0),
    ],
)
def test_issues_are_numbered_from_one(name: str, issues: int) -> None:
    """One for the phases in no group, one for each time that a group happens."""
    format = library.find(name)
    assert issues_in(format) == issues
    numbers = [phase.issue for phase in planned(format) if phase.issue]
    assert sorted(set(numbers)) == list(range(1, issues + 1))
    assert numbers == sorted(numbers)


# -- planning ----------------------------------------------------------------------------------------------------


def test_a_group_is_written_out_with_another_issue_each_time() -> None:
    """In order, the group's title beside each of its phases."""
    phases = planned(read_text(WHOLE, "x"))
    assert [(phase.id, phase.issue, phase.group) for phase in phases] == [
        ("hello", 0, ""),
        ("presented", 1, "Issues"),
        ("questions", 1, "Issues"),
        ("presented", 2, "Issues"),
        ("questions", 2, "Issues"),
        ("feedback", 0, ""),
    ]


def test_phases_of_an_issue_outside_groups_are_one_issue_wherever_they_stand() -> None:
    """Numbers follow the order in which issues begin."""
    group = 'id = "g"\n[[phase.each]]\n' + phase_text("in", activity="questions")
    text = phases_text(phase_text("a", activity="issue"), group, phase_text("b", activity="summary"))
    assert [phase.issue for phase in planned(read_text(text, "x"))] == [1, 2, 1]


def test_a_group_without_an_issue_has_no_number() -> None:
    """Pairs that change, for example."""
    text = phases_text('id = "g"\nrepeat = 3\n[[phase.each]]\n' + phase_text("pairs", activity="networking"))
    assert [phase.issue for phase in planned(read_text(text, "x"))] == [0, 0, 0]


def test_only_what_differs_from_the_activity_is_sealed() -> None:
    """Title and guidance; the rest is empty."""
    plans = phase_plans(planned(read_text(WHOLE, "x")), plain_seal, holders={})
    assert [(plan.title, plan.guidance) for plan in plans[:3]] == [
        (b"", b""),
        (b"title:Tell us", b""),
        (b"", b"guidance:One at a time.\nNo advice."),
    ]


def test_each_issue_has_its_holder_and_others_have_none() -> None:
    """An issue that nobody holds yet has 0; the speaker of its solo is the holder by the rule."""
    plans = phase_plans(planned(read_text(WHOLE, "x")), plain_seal, holders={2: 7})
    assert [(plan.issue, plan.holder, plan.speaker) for plan in plans] == [
        (0, 0, 0),
        (1, 0, 0),
        (1, 0, 0),
        (2, 7, 0),
        (2, 7, 0),
    ]


def test_feedback_is_by_the_last_issue_holder_or_left_out() -> None:
    """They have the floor, and are nobody's issue-holder of today."""
    phases = planned(read_text(WHOLE, "x"))
    assert "feedback" not in [plan.activity for plan in phase_plans(phases, plain_seal, holders={})]
    plan = phase_plans(phases, plain_seal, holders={1: 2, 2: 3}, feedback_by=5)[-1]
    assert (plan.activity, plan.holder, plan.speaker, plan.issue) == ("feedback", 5, 5, 0)


def test_feedback_in_a_group_belongs_to_no_issue_of_today() -> None:
    """It is about the last session's."""
    group = 'id = "g"\n[[phase.each]]\n' + phase_text("f", activity="feedback")
    text = phases_text(group + "\n[[phase.each]]\n" + phase_text("q", activity="questions"))
    assert [(phase.activity, phase.issue) for phase in planned(read_text(text, "x"))] == [
        ("feedback", 0),
        ("questions", 1),
    ]


def test_a_speaker_is_named_by_the_place_in_the_phases_given() -> None:
    """Also behind feedback that is left out."""
    text = phases_text(phase_text("f", activity="feedback"), phase_text("e", activity="expert"))
    (plan,) = phase_plans(planned(read_text(text, "x")), plain_seal, holders={}, speakers={1: 4})
    assert (plan.activity, plan.speaker, plan.counted, plan.mode) == ("expert", 4, False, FloorMode.SOLO)


def test_what_the_plan_says_beside_the_texts_is_what_the_format_says() -> None:
    """Minutes, mode, counted, with facilitators."""
    said = phase_text(mode="open", counted=False, with_facilitators=True, minutes=600)
    (plan,) = phase_plans(planned(read_text(phases_text(said), "x")), plain_seal, holders={})
    assert plan == PhasePlan("talk", b"", 600, FloorMode.OPEN, counted=False, with_facilitators=True)


def test_the_largest_texts_that_are_read_can_be_sealed() -> None:
    """126 and 510 bytes, sealed by the real thing, have a length that the server takes."""
    text = phases_text(phase_text(title="t" * 126, guidance="ü" * 255))
    sealer = Sealer(RoomKeys.from_secret(bytes(16)), bytes(16))
    (plan,) = phase_plans(
        planned(read_text(text, "x")), lambda kind, text: sealer.seal(kind, text, bytes(32), bytes(16)), holders={}
    )
    assert allowed_length(FieldKind.TITLE, len(plan.title))
    assert allowed_length(FieldKind.GUIDANCE, len(plan.guidance))


def test_the_size_of_a_plan_is_measured_as_it_will_be_sent() -> None:
    """The largest that fits, really sealed, is within the bound; one phase more is not."""
    sealer = Sealer(RoomKeys.from_secret(bytes(16)), bytes(16))
    one = planned(read_text(phases_text(phase_text(title="t" * 126, guidance="g" * 510)), "x"))
    count = next(n for n in range(1, 64) if not fits_one_command(one * n)) - 1
    plans = phase_plans(one * count, lambda kind, text: sealer.seal(kind, text, bytes(32), bytes(16)), holders={})
    size = len(msgspec.msgpack.encode(plans))
    assert PLAN_BYTES_AT_MOST - size // count < size <= PLAN_BYTES_AT_MOST <= MESSAGE_AT_MOST - 1024


# -- reading -----------------------------------------------------------------------------------------------------


def test_a_file_says_everything_a_format_has() -> None:
    """And the activity gives what it does not say."""
    format = read_text(WHOLE, "x")
    assert (format.name, format.title, format.about, format.tradition) == ("evening", "An evening", "For one.", "ours")
    assert (format.people, format.minutes) == ((2, 8), 55)
    hello = planned(format)[0]
    own = ACTIVITIES["check_in"]
    assert (hello.title, hello.guidance, hello.mode) == (own.title, own.guidance, own.mode)
    assert hello.with_facilitators


def check_in_of(*said: str, activity: str = "talk") -> Question | None:
    """What the one phase of a format asks."""
    return planned(read_text(phases_text("\n".join((phase_text(activity=activity), *said))), "x"))[0].check_in


def test_a_phase_asks_what_its_template_asks_or_its_own_question() -> None:
    assert check_in_of('check_in = "energy"') == TEMPLATES["energy"][1]
    own = check_in_of('check_in = { kind = "choice", question = "Which?", answers = ["a", "b"], seconds = 90 }')
    assert own == Question(CheckInKind.CHOICE, "Which?", ("a", "b"), 90)
    assert check_in_of() is None


def test_an_engagement_phase_asks_whether_one_was_heard_unless_it_says_otherwise() -> None:
    assert check_in_of(activity="engagement") == TEMPLATES["heard"][1]
    assert check_in_of('check_in = "focus"', activity="engagement") == TEMPLATES["focus"][1]
    assert check_in_of('check_in = "none"', activity="engagement") is None


def test_the_plan_carries_the_question_sealed() -> None:
    sealer = Sealer(RoomKeys.from_secret(bytes(16)), bytes(16))
    text = phases_text(phase_text(check_in="pace"))
    (plan,) = phase_plans(
        planned(read_text(text, "x")), lambda kind, text: sealer.seal(kind, text, bytes(32), bytes(16)), holders={}
    )
    assert plan.check_in is not None
    assert plan.check_in.kind is CheckInKind.CHOICE
    assert sealer.open(FieldKind.QUESTION, plan.check_in.question, bytes(32), bytes(16)) == "How is the pace?"
    opened = [sealer.open(FieldKind.OPTION, o, bytes(32), bytes(16)) for o in plan.check_in.options]
    assert opened == ["too slow", "just right", "too fast"]


def test_the_questions_in_the_document_can_be_read() -> None:
    """Both ways of writing one, and every word of a template."""
    (found,) = re.findall(r"```toml\n(check_in.*?)```", DOCUMENT, re.DOTALL)
    assert [check_in_of(line) is not None for line in found.strip().splitlines()] == [True, True]
    for word in TEMPLATES:
        assert f"`{word}`" in DOCUMENT


def test_what_can_be_left_out_is_left_out() -> None:
    """The length is then what the phases add up to."""
    format = read_text(phases_text(phase_text("a"), phase_text("b", minutes=7)), "x")
    assert (format.about, format.tradition, format.people, format.minutes) == ("", "", None, 12)


def test_text_is_cleaned() -> None:
    """Nothing in a file reaches a terminal as an escape sequence."""
    text = phases_text('id = "x"\nactivity = "talk"\nminutes = 5\ntitle = "A\\u001b[31m\\u202eB"')
    assert planned(read_text(text, "x"))[0].title == "A[31mB"


PLAIN = phase_text()


MISTAKES: list[tuple[str, int | None, str]] = [
    ("name = evening\n", 1, "this is not TOML: Invalid value. Each line is a name, = and a value, like minutes"),
    ('name = "a"\ntitle = "A', 2, "this is not TOML"),
    ("a = " + "[" * 30_000, None, "this is not TOML"),
    ("\na" + ".a" * 20_000 + " = 1", 2, "more than 200 dots in a line. Take out what is too much"),
    ("\na = " + "1" * 5_000, None, "this is not TOML"),
    ('title = "A"\n', None, 'the format has no name. Use a-z, 0-9 and -, at most 40, like name = "monday-group"'),
    ('name = "Evening"\n', 1, '"Evening" cannot be the name. Use a-z'),
    (f'name = "{"a" * 41}"\n', 1, "cannot be the name"),
    ('name = "-a"\n', 1, "cannot be the name"),
    ("name = 1\n", 1, "1 cannot be the name"),
    ('name = "a"\n' + PLAIN.replace("id", "#"), 3, '"activity" is not known in the format'),
    ('name = "a"\n[[phase]]\n' + PLAIN, None, 'there is no title. Write what people call it, like title = "'),
    ('name = "a"\ntitle = "A"\n', None, "the format has no phase. Begin each phase with a line [[phase]]"),
    (phases_text(top="phase = []\n"), 3, "the format has no phase"),
    (phases_text(top="phase = 3\n"), 3, "phase is 3, not a list of phases"),
    (phases_text(top="phase = [\n1]\n"), 4, "1 is not a phase. Begin each"),
    ('name = "a"\ntitle = "A"\n[phase]\n' + PLAIN, 3, "phase is a table, not a list of phases. Begin each phase"),
    (phases_text(PLAIN, top='titel = "B"\n'), 3, '"titel" is not known in the format. Did you mean title? Known'),
    (phases_text(PLAIN).replace("[[phase]]", "[[phases]]"), 3, "Did you mean phase?"),
    (phases_text(PLAIN, top='"\\u001b[2J" = 1\n'), 3, '"[2J" is not known in the format. Known are: name, title'),
    (
        phases_text(PLAIN, phase_text("y", minute=5)),
        11,
        '"minute" is not known in phase "y". Did you mean minutes?',
    ),
    (phases_text(phase_text(activity="chekin")), 5, '"chekin" is no activity. Did you mean check_in? Known are: t'),
    (phases_text(phase_text(activity="zzz")), 5, '"zzz" is no activity. Known are: talk, agreement, check_in'),
    (phases_text(phase_text(activity="informal")), 5, '"informal" is no activity'),
    (phases_text(phase_text(activity=["talk"])), 5, "a list is no activity"),
    (phases_text('id = "x"\nminutes = 5'), 3, "this phase has no activity. Known are: talk"),
    (phases_text('id = "x"\nactivity = "talk"'), 3, "this phase has no minutes. Write how long it is"),
    (phases_text('activity = "talk"\nminutes = 5'), 3, "phase 1 has no id. Give every phase a word of its own"),
    (phases_text(phase_text("a b")), 4, '"a b" cannot be the id'),
    (phases_text(phase_text(minutes=0)), 6, "minutes is 0. Write a whole number from 1 to 600"),
    (phases_text(phase_text(minutes=-3)), 6, "minutes is -3. Write"),
    (phases_text(phase_text(minutes=601)), 6, "minutes is 601. Write"),
    (phases_text(phase_text(minutes=2.5)), 6, "minutes is 2.5. Write"),
    (phases_text(phase_text(minutes=True)), 6, "minutes is true. Write"),
    (phases_text(phase_text(minutes="5")), 6, 'minutes is "5". Write a whole number from 1 to 600, like minutes ='),
    (phases_text(PLAIN.replace("5", "0x" + "f" * 9_000)), 6, "minutes is a number far too large"),
    (phases_text(PLAIN.replace("5", "2026-01-01")), 6, "minutes is a date or time"),
    (phases_text(PLAIN.replace("5", "nan")), 6, "minutes is nan"),
    (phases_text(PLAIN, PLAIN), 8, "two phases are called x. Give each a word of its own"),
    (phases_text(PLAIN, 'id = "g"\n[[phase.each]]\n' + PLAIN), 10, "two phases are called x"),
    (phases_text(PLAIN, 'id = "x"\n[[phase.each]]\n' + phase_text("y")), 8, "two phases are called x"),
    (phases_text(phase_text(mode="round-robin")), 7, '"round-robin" is no mode. Did you mean round? Known are: q'),
    (phases_text(phase_text(counted="no")), 7, 'counted is "no". Write counted = true or counted = false'),
    (phases_text(phase_text(with_facilitators=1)), 7, "with_facilitators is 1. Write"),
    (
        phases_text(phase_text(check_in="herd")),
        7,
        '"herd" is no check_in. Did you mean heard? Known are: energy, trust',
    ),
    (phases_text(phase_text(check_in=3)), 7, "3 is no check_in. Known are: energy"),
    (phases_text(PLAIN + "\ncheck_in = {}"), 7, "a check-in has a kind and a question. Write check_in"),
    (phases_text(PLAIN + '\ncheck_in = { kind = "text" }'), 7, "a check-in has a kind and a question."),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "skale", question = "q" }'),
        7,
        '"skale" is no kind. Did you mean scale? Known are: scale, mood',
    ),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "choice", question = "q", answers = ["a"] }'),
        7,
        "those answers do not fit. Write two to eight different answers.",
    ),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "choice", question = "q", answers = ["a", 3] }'),
        7,
        "2 is 3, not a text.",
    ),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "text", question = "q", answers = "a" }'),
        7,
        "not a list. Write a list",
    ),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "yesno", question = "q", seconds = 5 }'),
        7,
        "seconds is 5. Write a whole number from 10 to 3600",
    ),
    (
        phases_text(PLAIN + '\ncheck_in = { kind = "yesno", question = "q", anonymous = false }'),
        7,
        '"anonymous" is not known in the check-in of phase "x"',
    ),
    (phases_text(phase_text(unless_last=1)), 7, "unless_last is 1. Write"),
    (phases_text(phase_text(from_session=3)), 7, "from_session is 3. Write a whole number from 1 to 2"),
    (phases_text(phase_text(title="")), 7, "title is empty. Write something, or leave the line out"),
    (phases_text(phase_text(title="\u200b")), 7, "title is empty"),
    (phases_text(phase_text(title=3)), 7, 'title is 3, not a text. Write a text in quotes, like title = "…"'),
    (phases_text(phase_text(title="ü" * 64)), 7, "title is too long: there is room for 126 bytes. Shorten it by 2"),
    (
        phases_text(phase_text(guidance="g" * 511)),
        7,
        "guidance is too long: there is room for 510 bytes. Shorten it",
    ),
    (phases_text(PLAIN, top="people = 3\n"), 3, "people does not say how many at least and how many at most. W"),
    (phases_text(PLAIN, top="people = [3]\n"), 3, "like people = [3, 8]"),
    (phases_text(PLAIN, top="people = [0, 8]\n"), 3, "people"),
    (phases_text(PLAIN, top="people = [8, 3]\n"), 3, "people"),
    (phases_text(PLAIN, top="people = [1, 301]\n"), 3, "up to 300"),
    (phases_text(PLAIN, top="people = [true, 3]\n"), 3, "people"),
    (phases_text(PLAIN, top="minutes = 6\n"), 3, "minutes is 6, and the phases add up to 5. Write minutes = 5, or"),
    (phases_text('id = "g"\nrepeat = 2'), 3, 'group "g" has no phase. Begin each phase with a line [[phase.each]]'),
    (
        phases_text('id = "g"\nrepeat = 0\n[[phase.each]]\n' + PLAIN),
        5,
        "repeat is 0. Write a whole number from 1 t",
    ),
    (phases_text('id = "g"\nrepeat = 9\n[[phase.each]]\n' + PLAIN), 5, "repeat is 9. Write"),
    (phases_text('id = "g"\nrepeat = "2"\n[[phase.each]]\n' + PLAIN), 5, 'repeat is "2". Write'),
    (phases_text('id = "g"\nminutes = 9\n[[phase.each]]\n' + PLAIN), 5, "a group has no minutes of its own. Give "),
    (phases_text('id = "g"\n[[phase.each]]\n' + phase_text(each=[])), 9, '"each" is not known in phase "x"'),
    (phases_text('id = "g"\neach = [\n  {id = "x", activity = "tlk"}\n]'), 6, '"tlk" is no activity. Did you m'),
    (
        phases_text(*(phase_text(f"p{n}") for n in range(65))),
        3,
        "these are 65 phases, groups written out; a session",
    ),
    (
        phases_text(
            *(f'id = "g{n}"\nrepeat = 6\n[[phase.each]]\n' + phase_text(f"p{n}", activity="issue") for n in "abc")
        ),
        3,
        "these are 18 issues; a session has at most 16. Repeat less often",
    ),
    (
        phases_text(*(phase_text(f"p{n}", guidance="g" * 510) for n in range(32))),
        3,
        "its titles and guidance are too long together",
    ),
    (
        phases_text(phase_text("a", from_session=2), phase_text("b", unless_last=True)),
        3,
        "no phase is in every session: the first or the last of a series could be empty",
    ),
    (phases_text(phase_text(activity="feedback")), 3, "no phase is in every session"),
]


@pytest.mark.parametrize(("text", "line", "words"), MISTAKES, ids=[words for _, _, words in MISTAKES])
def test_a_mistake_is_named_with_its_line_and_what_to_write(text: str, line: int | None, words: str) -> None:
    """File, line, what is wrong, what to write instead."""
    error = refused(text)
    assert error.line == line
    assert str(error).startswith("evening.toml: " if line is None else f"evening.toml, line {line}: ")
    assert words in str(error)
    assert error.title.endswith(".")
    assert error.advice.endswith((".", "?"))
    assert error.code == "format"


AWKWARD = '''\
# [[phase]] minutes = 0
"name" = "a"
title = "[[phase]]"
about = """
[[phase]]
minutes = 0 \\"""" # minutes = 0
from = \'\'\'
[[phase]]
minutes = 0\'\'\'\'\'
people = [ # fewest
  2, # [[phase]]
  8,
]
[[ phase ]] # one
id = "one" ; 
'''


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_line_is_right_whatever_stands_around_it(line_end: str) -> None:
    """Comments, texts of several lines that look like phases, quoted keys, inline tables."""
    text = AWKWARD.replace(" ; ", "") + 'activity = "talk"\n\n"minutes" = 5\n[["phase"]]\nid = "two"\n'
    text += "activity = 'talk'\n\n\n'minutes' = 0 # here\n"
    error = refused(text.replace("\n", line_end))
    assert error.title == "evening.toml, line 24: minutes is 0."


def places_of(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and index of what a TOML text says."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places_of(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places_of(inner, (*place, index))


SPELLED = {"k0": "k0", "k 1": '"k 1"', "k.2": "'k.2'", 'k"3': '"k\\"3"', "k4": '"k\\u0034"', "k-5": "k-5"}
KEYS = st.sampled_from(sorted(SPELLED.values()))
SCALARS = st.sampled_from(
    [
        "1",
        "true",
        "-inf",
        "1979-05-27 07:32:00",
        '"a # ]"',
        "'}'",
        '"""\n"a""\n]]"""""',
        "'''\n[[k0]]\n'''",
        '"\\\\"',
        '""',
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[ # ]\n" + ",\n".join(items) + "\n]"),
        st.lists(st.tuples(KEYS, inner), max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES),
    st.builds("{} . {} = {} # x = 1".format, KEYS, KEYS, VALUES),
    st.builds("[[{}]]".format, KEYS),
    st.builds("[[ {}.{} ]]".format, KEYS, KEYS),
    st.builds("[{} . {}] # [[k]]".format, KEYS, KEYS),
    st.sampled_from(["", "# [[k0]]", "\t"]),
)


def toml_of(lines: list[str]) -> str:
    """As many of these lines as are TOML together."""
    text = ""
    for line in lines:
        try:
            tomllib.loads(text + line + "\n")
        except ValueError:
            continue
        text += line + "\n"
    return text


@given(st.lists(LINES, max_size=12).map(toml_of))
def test_everything_that_toml_says_has_its_line(text: str) -> None:
    """The same keys as the reader of the standard library, and each where its name stands."""
    found = lines_of(text)
    assert set(places_of(tomllib.loads(text))) == set(found)
    written = text.split("\n")
    for place, line in found.items():
        if isinstance(place[-1], str):
            assert SPELLED[place[-1]] in written[line - 1], (place, line)


# -- files -------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """None there, and a directory in its place."""
    with pytest.raises(FormatError, match="there is no such file"):
        read(tmp_path / "none.toml")
    with pytest.raises(FormatError, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(FormatError, match="cannot be read"):
        read(Path("a\0b.toml"))


def test_a_file_in_another_encoding_says_on_which_line(tmp_path: Path) -> None:
    """As an old editor on Windows saves it."""
    path = tmp_path / "a.toml"
    path.write_bytes(b'name = "a"\n# gr\xfc\xdfe\n')
    with pytest.raises(FormatError, match="UTF-8") as caught:
        read(path)
    assert caught.value.line == 2


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    """As a newer editor on Windows saves it."""
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert read(path) == read_text(WHOLE, "x")


def test_a_file_over_64_kib_is_refused_and_one_of_64_is_not(tmp_path: Path) -> None:
    """Without reading the rest of it."""
    path = tmp_path / "a.toml"
    path.write_text(WHOLE + "#" * (64 * 1024 - len(WHOLE)))
    assert read(path).name == "evening"
    path.write_text(WHOLE + "#" * (64 * 1024 - len(WHOLE) + 1))
    with pytest.raises(FormatError, match="larger than 64 KiB"):
        read(path)


PIECES = st.sampled_from(
    [
        *'"[]{}=#.,\n\\',
        "\x00",
        "\x1b[2J",
        "ü",
        '"""',
        "'''",
        "[[phase]]\n",
        "[[phase.each]]\n",
        "[phase]\n",
        "repeat = 8\n",
        "each = 1\n",
        "id = 1\n",
        "minutes = -1\n",
        "nan",
        "true",
        "1979-05-27",
        "0xffffffffffffffffffffff",
        "\\ud800",
        "[" * 2000,
    ]
)


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """A right file with pieces put in, taken out, or doubled."""
    text = draw(st.sampled_from([WHOLE, *(library.path_of(n).read_text() for n in library.BUILT_IN)]))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 30)))
        middle = draw(st.one_of(PIECES, st.just(""), st.just(text[begin:end] * 2), st.text(max_size=4)))
        text = text[:begin] + middle + text[end:]
    return text


def format_or_error(text: str) -> Format | FormatError:
    """What comes of a text."""
    try:
        return read_text(text, "f.toml")
    except FormatError as error:
        return error


@given(spoilt())
@example("phase = [[]]")
@example("a." * 500 + "a = 1")
def test_whatever_a_file_holds_it_is_a_format_or_an_error(text: str) -> None:
    """Never another exception; an error names a line that there is, in plain characters."""
    outcome = format_or_error(text)
    if isinstance(outcome, FormatError):
        assert outcome.line is None or 1 <= outcome.line <= text.count("\n") + 1
        assert str(outcome).isprintable()
    else:
        assert minutes_of(planned(outcome)) == outcome.minutes
        assert fits_one_command(planned(outcome))


@given(st.binary(max_size=200))
def test_whatever_bytes_a_file_has_it_is_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Two hundred bytes by chance are no format."""
    path = tmp_path_factory.getbasetemp() / "chance.toml"
    path.write_bytes(raw)
    with pytest.raises(FormatError):
        read(path)


# -- the library -------------------------------------------------------------------------------------------------


def test_own_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    """Or in EVENLY_HOME."""
    assert library.formats_directory({"EVENLY_HOME": str(tmp_path)}) == tmp_path / "formats"
    assert library.formats_directory({"EVENLY_CONFIG": str(tmp_path / "c.toml")}) == tmp_path / "formats"


def test_own_formats_stand_behind_those_built_in(home: Path) -> None:
    """By name; without a directory there are none."""
    (home / "evening.toml").write_text(WHOLE)
    (home / "brunch.toml").write_text(WHOLE.replace("evening", "brunch"))
    (home / "notes.txt").write_text("")
    assert library.names() == [*library.BUILT_IN, "brunch", "evening"]
    assert library.find("evening").title == "An evening"
    assert library.names({"EVENLY_HOME": str(home / "none")}) == list(library.BUILT_IN)


def test_a_broken_own_file_does_not_break_the_list(home: Path) -> None:
    """It is listed with its error, and cannot be had."""
    (home / "evening.toml").write_text(WHOLE)
    (home / "broken.toml").write_text(WHOLE.replace("minutes = 15", "minutes = 0"))
    broken = next(entry for entry in library.entries() if entry.name == "broken")
    assert broken.format is None
    assert broken.error is not None
    assert broken.error.line == 27
    assert "broken" not in library.names()
    assert "evening" in library.names()
    with pytest.raises(FormatError, match=r"broken\.toml, line 27"):
        library.find("broken")


def test_an_own_file_may_not_take_a_built_in_name(home: Path) -> None:
    """The built-in one stays; the file is listed with what to do."""
    (home / "open.toml").write_text(WHOLE.replace("evening", "open"))
    assert len(planned(library.find("open"))) == 1
    (own,) = [entry for entry in library.entries() if entry.own]
    assert own.error is not None
    assert 'Rename the file to my-open.toml, and write name = "my-open".' in str(own.error)


def test_a_file_name_cannot_reach_the_terminal_as_an_escape_sequence(home: Path) -> None:
    """Nor in what is to be done about it."""
    (home / "a\x1b[31m.toml").write_text(WHOLE)
    (own,) = [entry for entry in library.entries() if entry.own]
    assert str(own.error).isprintable()
    assert own.name.isprintable()


def test_an_own_file_is_called_as_its_format(home: Path) -> None:
    """So that there are never two of one name."""
    (home / "morning.toml").write_text(WHOLE)
    with pytest.raises(FormatError, match=r'Rename the file to evening\.toml, or write name = "morning"'):
        library.find("morning")


def test_a_format_is_found_by_its_path_too(tmp_path: Path) -> None:
    """Anywhere, under any file name."""
    path = tmp_path / "whatever.toml"
    path.write_text(WHOLE)
    assert library.find(str(path)).name == "evening"


def test_an_unknown_name_is_refused_with_what_was_meant(home: Path) -> None:
    """Own names count too."""
    (home / "evening.toml").write_text(WHOLE)
    with pytest.raises(UserError, match=r'There is no format called "evenin"\. Did you mean evening\?'):
        library.find("evenin")
    with pytest.raises(UserError, match="Did you mean peer-coaching"):
        library.find("peer-coching")


# -- the document ------------------------------------------------------------------------------------------------


def test_the_example_of_the_document_is_a_format() -> None:
    """As it stands there, with all that it shows."""
    found = re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found
    format = read_text(found[1], "docs/formats.md")
    assert (format.minutes, issues_in(format)) == (60, 2)
    assert planned(format)[0].guidance == "One sentence each.\nWhoever is late begins."
    for key in ("id", "activity", "minutes", "title", "guidance", "mode", "counted", "with_facilitators"):
        assert re.search(rf"^{key} = ", found[1], re.MULTILINE), key


def test_the_document_has_the_seven_and_every_activity() -> None:
    """With the minutes and people of each, and each activity's title and mode."""
    for name in library.BUILT_IN:
        format = library.find(name)
        people = "any" if format.people is None else "{}–{}".format(*format.people)
        assert f"| `{name}` | {format.minutes} | {people} |" in DOCUMENT
    for word in PLANNED_ACTIVITIES:
        assert f"| `{word}` | {ACTIVITIES[word].title} | `{ACTIVITIES[word].mode}` |" in DOCUMENT


# -- the commands ------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


Evenly = Callable[..., Said]


@pytest.fixture
def evenly(home: Path, capsys: pytest.CaptureFixture[str]) -> Evenly:
    """`evenly`, as typed, in this process."""

    def run(*arguments: str) -> Said:
        status = 0
        try:
            cli.app(arguments, result_action="return_value", exit_on_error=False, print_error=True)
        except SystemExit as end:
            status = int(end.code or 0)
        except Exception as error:
            status = explained(error)
        out, err = capsys.readouterr()
        assert "unexpected" not in err
        return Said(status, out, err)

    return run


def test_list_has_a_line_for_each(evenly: Evenly, home: Path) -> None:
    """Name, minutes, people, about; own ones marked, broken ones with their error."""
    (home / "evening.toml").write_text(WHOLE)
    (home / "broken.toml").write_text("name = 1\n")
    said = evenly("formats", "list")
    lines = said.out.splitlines()
    assert said.status == 0
    assert [line.split()[0] for line in lines[:8]] == [*library.BUILT_IN, "evening"]
    assert re.match(r"action-learning +72 minutes +4–8 people +One member", lines[0])
    assert re.match(r"evening +55 minutes +2–8 people +\(yours\) For one\.", lines[7])
    assert lines[8].startswith("broken cannot be used. ")
    assert "line 1: 1 cannot be the name." in lines[8]
    assert "yours" not in "".join(lines[:7])


def test_show_prints_phases_as_a_table(evenly: Evenly) -> None:
    """Minutes, title, mode in words, counted, guidance; the group as one; the total."""
    out = evenly("formats", "show", "leadership-group").out
    assert re.search(r"^     45  Expert speaker +one voice +not counted$", out, re.MULTILINE)
    assert "One voice. Hands collect meanwhile" in out
    assert re.search(r"^ +2 × Issues session, 30 minutes each$", out, re.MULTILINE)
    assert re.search(r"^      5    Issue presented +one voice +counted$", out, re.MULTILINE)
    assert out.endswith("Together 200 minutes, 2 issues.\n")
    columns = {line.index(words) for line in out.splitlines() for words in ("one voice", "free talk") if words in line}
    assert len(columns) == 1


def test_show_says_what_is_not_in_every_session(evenly: Evenly) -> None:
    """And how long the first and the last of a series are."""
    out = evenly("formats", "show", "peer-coaching").out
    assert out.count("(from the second session of a series on)") == 1
    assert out.count("(not in the last session of a series)") == 3
    assert "Together 68 minutes, 1 issue, the first session of a series 58, the last 28." in out


def test_show_for_scripts_is_json(evenly: Evenly) -> None:
    """Everything that the format says."""
    told = json.loads(evenly("formats", "show", "peer-coaching", "--json").out)
    assert (told["name"], told["minutes"], told["people"], told["issues"]) == ("peer-coaching", 68, [3, 8], 1)
    assert (told["minutes_first_session"], told["minutes_last_session"]) == (58, 28)
    assert told["phases"][2]["mode"] == "solo"
    group = json.loads(evenly("formats", "show", "leadership-group", "--json").out)["phases"][4]
    assert (group["repeat"], len(group["phases"])) == (2, 3)


def test_check_says_ok_or_what_is_wrong(evenly: Evenly, tmp_path: Path) -> None:
    """Each file; status 1 if one is bad."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(WHOLE)
    bad.write_text(WHOLE.replace("minutes = 10", "minutes = 1000"))
    assert evenly("formats", "check", str(good)).status == 0
    said = evenly("formats", "check", str(bad), str(good), "nothing-like-it", str(tmp_path / "none.toml"))
    lines = said.out.splitlines()
    assert said.status == 1
    assert lines[0].startswith(f"{bad}, line 11: minutes is 1000. Write")
    assert lines[1] == f"{good}: ok, 6 phases, 55 minutes"
    assert lines[2].startswith('There is no format called "nothing-like-it".')
    assert "there is no such file" in lines[3]
    assert evenly("formats", "check").status == 1


@pytest.mark.parametrize("source", library.BUILT_IN)
def test_new_copies_a_format_under_a_new_name(evenly: Evenly, home: Path, source: str) -> None:
    """Word for word but for the name; it says where, and what to do next."""
    said = evenly("formats", "new", "a", "--from", source)
    path = home / "a.toml"
    assert said.status == 0
    assert said.out.splitlines()[0] == str(path)
    assert f"evenly formats check {path}" in said.out
    assert path.read_text() == library.path_of(source).read_text().replace(f'name = "{source}"', 'name = "a"', 1)
    assert evenly("formats", "check", "a").status == 0


def test_new_makes_the_directory_and_copies_own_files_too(evenly: Evenly, home: Path, tmp_path: Path) -> None:
    """Comments and line ends stay as they are."""
    home.rmdir()
    path = tmp_path / "mine.toml"
    path.write_bytes(b"# mine\r\n" + WHOLE.replace("\n", "\r\n").encode())
    assert evenly("formats", "new", "n", "--from", str(path)).status == 0
    assert (home / "n.toml").read_bytes() == path.read_bytes().replace(b'"evening"', b'"n"')


@pytest.mark.parametrize("first", ["name = '''\nevening'''", '"name" = "evening"'])
def test_new_refuses_a_name_that_it_cannot_change(evenly: Evenly, home: Path, tmp_path: Path, first: str) -> None:
    """Rather than writing a file that is wrong."""
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE.replace('name = "evening"', first))
    said = evenly("formats", "new", "n", "--from", str(path))
    assert said.status == 1
    assert "cannot be changed" in said.err
    assert not (home / "n.toml").exists()


def test_new_never_overwrites(evenly: Evenly, home: Path) -> None:
    """What somebody has written stays."""
    (home / "monday.toml").write_text("mine")
    said = evenly("formats", "new", "monday")
    assert said.status == 1
    assert "is there already" in said.err
    assert (home / "monday.toml").read_text() == "mine"


@pytest.mark.parametrize("name", ["open", "Monday", "../x", "a" * 41, ""])
def test_new_refuses_a_name_that_is_taken_or_no_name(evenly: Evenly, home: Path, name: str) -> None:
    """Before anything is written."""
    said = evenly("formats", "new", name)
    assert said.status == 1
    assert said.err.startswith("evenly: ")
    assert list(home.iterdir()) == []


def test_new_opens_the_editor_and_checks_what_it_left(
    evenly: Evenly, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake made there is said at once."""
    monkeypatch.delenv("VISUAL", raising=False)
    editor = tmp_path / "editor.py"
    editor.write_text("import sys\nopen(sys.argv[1], 'a').write('minutes = 0\\n')\n")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    said = evenly("formats", "new", "monday", "--edit")
    assert said.status == 1
    assert "this is not TOML" in said.out
    assert (home / "monday.toml").read_text().endswith("minutes = 0\n")
    monkeypatch.setenv("EDITOR", "no-such-editor-at-all")
    assert "did not work" in evenly("formats", "new", "tuesday", "--edit").err
    monkeypatch.delenv("EDITOR")
    assert "No editor is set" in evenly("formats", "new", "friday", "--edit").err


@pytest.mark.parametrize("command", ["list", "show", "check", "new"])
def test_every_command_has_help_with_an_example(evenly: Evenly, command: str) -> None:
    """Status 0, and how it is typed."""
    said = evenly("formats", command, "--help")
    assert said.status == 0
    assert f"evenly formats {command}" in " ".join(said.out.split("Example:")[1].split())


def test_the_commands_work_without_textual_and_in_a_narrow_encoding(tmp_path: Path) -> None:
    """What the terminal cannot show becomes a question mark."""
    code = (
        "import sys\n"
        "from evenly_client.cli import main\n"
        "for arguments in (['list'], ['show', 'leadership-group'], ['new', 'a'], ['check', 'a']):\n"
        "    sys.argv = ['evenly', 'formats', *arguments]\n"
        "    main()\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('textual', 'asyncio')]\n"
    )
    environment = {**os.environ, "EVENLY_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert "4?8 people" in done.stdout


def test_the_files_of_the_built_in_formats_are_part_of_the_package() -> None:
    """Nothing else lies there, and nothing is missing."""
    folder = Path(library.__file__).parent / "builtin"
    assert {path.name for path in folder.iterdir()} == {f"{name}.toml" for name in library.BUILT_IN}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [ROOT / package for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    assert any(folder.is_relative_to(package) for package in packages)
