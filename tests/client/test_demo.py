"""`evenly demo` without a terminal: a session of any format, or a series, as lines: repeatable, bounded, summed up."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from evenly_client import demo
from evenly_client.checkins.verdict import Verdict
from evenly_client.demo import Plan
from evenly_client.formats import library
from evenly_client.formats.planning import planned
from evenly_client.rehearsal import FAY, MEMBERS, RehearsalMember, texts, transcript
from evenly_client.rehearsal.by_format import in_proportion
from evenly_client.rehearsal.texts import Decks
from evenly_protocol.words import CheckInState

NAMES = ("Ana", "Ben", "Chris", "Dora", "Emil")


def _demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    speed = () if "--speed" in arguments else ("--speed", "0")
    command = [sys.executable, "-m", "evenly_client.cli", "demo", *speed, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


async def lines_of(plan: Plan) -> list[str]:
    """What a session prints."""
    lines: list[str] = []
    assert await demo.in_lines(plan, lines.append)
    return lines


def test_it_ends_with_status_0_and_a_summary() -> None:
    """Turns, the air time of each, evenness."""
    done = _demo("--plain", "--minutes", "6")
    assert done.returncode == 0, done.stderr
    turns = re.search(r"^(\d+) turns$", done.stdout, re.MULTILINE)
    assert turns
    assert int(turns[1]) > 5
    for name in NAMES:
        assert re.search(rf"^  \d  {name} +\d+:\d\d$", done.stdout, re.MULTILINE)
    assert "shared" in done.stdout.splitlines()[-1]


def test_without_a_terminal_it_prints_lines_by_itself() -> None:
    """No --plain needed in a pipe."""
    done = _demo("--minutes", "1")
    assert done.returncode == 0, done.stderr
    assert "The session has ended." in done.stdout


def without_times(text: str) -> str:
    """The same without the times of day, which are those of the run."""
    return re.sub(r"\b(until|at) \d\d:\d\d", r"\1", text)


@pytest.mark.parametrize("format", [None, "leadership-group", "peer-coaching"])
async def test_the_same_seed_gives_the_same_session_and_another_another(format: str | None) -> None:
    """Repeatable to the line, but for the times of day."""
    runs: list[str] = []
    for seed in (3, 3, 4):
        found = library.find(format) if format is not None else None
        lines = await lines_of(Plan(speed=demo.FAST, seed=seed, minutes=4 if found is None else 40, format=found))
        runs.append(without_times("\n".join(lines)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


ASKS = """
name = "asks"
title = "Asks"
minutes = 12
[[phase]]
id = "talk"
activity = "talk"
minutes = 4
check_in = { kind = "text", question = "What would you change?" }
[[phase]]
id = "days"
activity = "engagement"
minutes = 4
check_in = { kind = "multi", question = "Which days?", answers = ["Monday", "Friday", "Sunday"], seconds = 60 }
[[phase]]
id = "mood"
activity = "engagement"
minutes = 4
check_in = { kind = "mood", question = "How now?" }
"""


async def test_what_is_said_in_words_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """Though nobody can tell which answer is whose: every kind is answered in its own way."""
    path = tmp_path / "asks.toml"
    path.write_text(ASKS)
    runs = [await lines_of(Plan(speed=demo.FAST, seed=7, minutes=0, format=library.find(str(path)))) for _ in range(3)]
    told = [without_times("\n".join(lines)) for lines in runs]
    assert told[0] == told[1] == told[2]
    assert re.search(r"[3-6] answers: “What would you change\?” [3-6] answered", told[0])
    assert re.search(r"chose .*: “Which days\?”", told[0])
    assert re.search(r"\d said so-so\.", told[0])


async def test_every_kind_of_floor_comes_up() -> None:
    """A round, hands and turns, questions with an answer, a pause, free talk, a late arrival let in."""
    told = "\n".join(await lines_of(Plan(speed=demo.FAST, seed=1, minutes=8)))
    for sentence in (
        "A round:",
        "Hands and turns:",
        "Open questions:",
        "The question is put.",
        "Paused.",
        "It goes on.",
        "Free talk:",
        "Emil has joined",
    ):
        assert sentence in told


async def test_a_session_without_a_plan_begins_and_ends_with_a_check_in() -> None:
    """The words compared before; each with its result and its answers, nobody missing, whoever came late included."""
    lines = await lines_of(Plan(speed=demo.FAST, seed=1, minutes=8))
    told = "\n".join(lines)
    compared, energy, energy_told, word, word_told, ended = (
        next(i for i, line in enumerate(lines) if re.search(pattern, line))
        for pattern in (
            "They are the same for everybody",
            "A check-in is open: “How much energy do you have just now",
            r"of 5: “How much energy do you have just now\?” [345] answered",
            "A check-in is open: “How do you leave",
            r": “How do you leave\? One to three words\.” [3456] answered",
            r"The session has ended\.",
        )
    )
    assert energy < energy_told < word < word_told < ended
    assert compared < energy_told
    said = [int(line.split()[0]) for line in lines[energy_told + 1 : energy_told + 6]]
    answered = re.search(r"(\d) answered(?:, (\d) abstained)?", lines[energy_told])
    assert answered is not None
    assert sum(said) == int(answered[1])
    assert sum(said) + int(answered[2] or 0) == 5
    answered = re.search(r"(\d) answered(?:, (\d) abstained)?", lines[word_told])
    assert answered is not None
    assert int(answered[1]) + int(answered[2] or 0) == 6
    assert "no answer was opened" not in told
    assert "nothing was opened" not in told


async def test_a_phase_is_left_once_its_check_in_has_a_result() -> None:
    """The one that a format asks, and the one in which the group chooses its issue."""
    lines = await lines_of(Plan(speed=demo.FAST, seed=1, minutes=0, format=library.find("peer-coaching")))
    chosen, issue, engagement, heard, check_out = (
        next(i for i, line in enumerate(lines) if re.search(pattern, line))
        for pattern in (
            "chose .*: “Which issue shall we take",
            " Issue, until",
            "Engagement check-in, until",
            "of 5: “Were you heard today",
            "Check-out round, until",
        )
    )
    assert chosen < issue < engagement < heard < check_out
    (holder,) = re.findall(r"\d chose (\w+): ", lines[chosen])
    assert f"{holder} holds the issue" in lines[issue]


async def test_whoever_never_answers_does_not_hold_the_group_up() -> None:
    """A little after the end of the phase the check-in is closed: an abstention like any other."""
    plan = Plan(speed=demo.FAST, seed=1, minutes=0, format=library.find("peer-coaching"))
    lines: list[str] = []
    async with demo.rehearsing(plan) as rehearsal:
        lead = RehearsalMember(rehearsal, FAY)
        await lead.arrive(create=True)
        assert lead.peer is not None
        assert lead.check_ins is not None
        transcript.everything(lead.peer, lead.check_ins, lines.append)
        await demo.bring(rehearsal, MEMBERS[:3])
        zoe = await rehearsal.knock("Zoe")
        assert await rehearsal.enter(zoe)
        leading = demo.led(rehearsal, lead.peer, plan)
        await rehearsal.run(lambda: leading.over)
        last = [c for c in lead.peer.room.check_ins if not c.issues][-1]
        assert last.state is CheckInState.RECORDED
        assert last.taking_part == 5
        assert rehearsal.parts[zoe].mine.verdicts[last.id] is Verdict.IN
        assert lead.peer.room.session is not None
        phase = lead.peer.room.session.visits[last.visit - 1]
        assert phase.started == last.at < last.ended_at <= phase.ended
    assert any("Were you heard today" in line and "abstained" in line for line in lines)


@pytest.mark.parametrize("name", library.BUILT_IN)
async def test_a_format_is_played_phase_by_phase_to_its_end(name: str) -> None:
    """Every phase of it begins, in order, and something is said or written in it; it ends about when it should."""
    format = library.find(name)
    lines = await lines_of(Plan(speed=demo.FAST, seed=2, minutes=0, format=format))
    told = "\n".join(lines)
    activities = planned(format, first=True)
    begun = [line for line in lines if re.search(r", (until|back at) \d\d:\d\d\.", line) and " more, until" not in line]
    if name != "open":
        assert len(begun) == len(activities)
        for line, phase in zip(begun, activities, strict=True):
            title = phase.title[:1].lower() + phase.title[1:]
            assert phase.title in line or title in line
    assert "The session is over. The room stays open" in told
    minutes = sum(phase.minutes for phase in activities)
    hours, at = re.findall(r"(?:(\d+):)?(\d\d?):\d\d  The session has ended\.", told)[0]
    assert 0.7 * minutes < int(hours or 0) * 60 + int(at) < 1.15 * minutes + 2


async def test_members_do_what_the_phases_ask_of_them() -> None:
    """Issues brought, questions put, actions committed to and cheered, posts, a pause, a phase extended, pairs."""
    plan = Plan(speed=demo.FAST, seed=1, minutes=0, format=library.find("action-learning"))
    told = "\n".join(await lines_of(plan))
    for sentence in (
        "Ana has brought an issue.",
        "Ben holds the issue.",
        "The question is put.",
        "commits to an action, by the next session.",
        "is listening this time.",
        "on the exchange.",
        " cheers ",
        "Paused.",
        " min more, until",
        "Minutes: ",
    ):
        assert sentence in told, sentence
    plan = Plan(speed=demo.FAST, seed=1, minutes=0, format=library.find("leadership-group"))
    told = "\n".join(await lines_of(plan))
    assert "You talk with" in told
    assert "Back to the group." in told
    assert "Paused." not in told  # it has a break


async def test_minutes_shorten_every_phase_in_proportion() -> None:
    """At least a minute each."""
    assert in_proportion([10, 10, 5, 10, 15, 2, 5, 5, 5, 5], 36) == [5, 5, 3, 5, 8, 1, 3, 2, 2, 2]
    assert in_proportion([45, 5, 5], 11) == [9, 1, 1]
    assert in_proportion([10, 10, 10], 2) == [1, 1, 1]
    assert sum(in_proportion([15, 45, 20, 15, 5, 20, 5, 5, 20, 5, 30, 10, 5], 50)) == 50
    lines = await lines_of(Plan(speed=demo.FAST, seed=1, minutes=12, format=library.find("action-learning")))
    ended = next(line for line in lines if "The session has ended." in line)
    assert 8 <= int(ended.split(":")[0]) <= 18


async def test_real_time_passes_at_the_speed_asked_for() -> None:
    """At 60 times, a session of a minute takes a second or more, not none."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await demo.in_lines(Plan(speed=60.0, seed=1, minutes=1), lambda _: None)
    assert loop.time() - began >= 0.9


def test_a_series_is_printed_session_by_session_with_a_table_at_the_end() -> None:
    """Five members, six sessions: everybody holds an issue once, nobody hosts their own, the last gives feedback."""
    done = _demo("--series", "--plain", "--minutes", "16")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    head, *rows = done.stdout.rstrip().splitlines()[-7:]
    assert head.split() == ["date", "issue", "host", "feedback", "away", "new", "done", "carried", "check-in", "even"]
    cells = [re.split(r"  +", row) for row in rows]
    assert [row[0] for row in cells] == ["1", "2", "3", "4", "5", "6"]
    holders, hosts, feedback, away = ([row[i] for row in cells] for i in (2, 3, 4, 5))
    assert sorted(holders) == sorted([*NAMES, "–"])
    assert holders[-1] == "–"
    assert feedback == ["–", *holders[:-1]]
    assert all(host != holder for host, holder in zip(hosts, holders, strict=True))
    assert set(hosts) == set(NAMES)
    assert len([name for name in away if name != "–"]) == 1
    assert all(re.fullmatch(r"[1-5]\.\d of 5", row[9]) for row in cells)
    for sentence in ("Emil has joined", "cannot come to the session", "feedback alone", "carried over."):
        assert sentence in done.stdout


def test_a_series_of_two_issues_a_session() -> None:
    """The planner's number of sessions, whatever the format."""
    done = _demo("--series", "--plain", "--format", "peer-network", "--minutes", "30")
    assert done.returncode == 0, done.stderr
    issues = re.findall(r"^Session \d: .* issue: (\w+)(?: and (\w+))? ", done.stdout, re.MULTILINE)
    assert sorted(name for names in issues for name in names if name) == sorted(NAMES)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--minutes", "0"), 1, "--minutes is from 0.5 to 240."),
        (("--minutes", "nan"), 1, "--minutes is from 0.5 to 240."),
        (("--speed", "-1"), 1, "--speed is from 0 to 1000"),
        (("--speed", "inf"), 1, "--speed is from 0 to 1000"),
        (("--format", "action-lerning"), 1, "Did you mean action-learning?"),
        (("--format", "/no/such/file.toml"), 1, "/no/such/file.toml"),
        (("--as", "spectator"), 2, ""),
        (("--seed", "one"), 2, ""),
    ],
)
def test_nonsense_is_refused_in_a_sentence(arguments: tuple[str, ...], status: int, said: str) -> None:
    """Wrong usage is status 2, an impossible wish 1; never a traceback."""
    done = _demo("--plain", *arguments)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_leaves_no_server_behind() -> None:
    """Ctrl-C in the middle of a session: status 130, and the process that was started is gone."""
    command = [sys.executable, "-m", "evenly_client.cli", "demo", "--plain", "--speed", "1"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # the tests may run where it is ignored
    ) as running:
        assert running.stdout is not None
        while "begins" not in running.stdout.readline():
            pass
        servers = _children(running.pid)
        assert servers
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert not any(Path(f"/proc/{pid}").exists() for pid in servers)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("this system does not list a process's children")
    return [int(child) for child in listed.read_text().split()]


def test_which_text_is_said_next_does_not_depend_on_the_language() -> None:
    """The same seed takes the same places of two decks that differ in their words alone."""
    here, there = Decks(random.Random(7)), Decks(random.Random(7))
    elsewhere = tuple(f"{9999 - place} {text[::-1]}" for place, text in enumerate(texts.QUESTIONS))
    for _ in range(2 * len(texts.QUESTIONS)):
        assert texts.QUESTIONS.index(here.take(texts.QUESTIONS)) == elsewhere.index(there.take(elsewhere))
