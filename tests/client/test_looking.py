"""`evenly status`, `evenly nudge`, and the format that `evenly open` remembers: through pipes, on a real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from evenly_client import usual_format
from evenly_client.store import Store

from tests.client.piped import Piped
from tests.client.spoken import table


@pytest.fixture
async def lead(tmp_path: Path) -> AsyncIterator[Piped]:
    """A facilitator in lines, in a room of their own whose sessions are peer coaching."""
    piped = await Piped.run(
        tmp_path / "lead",
        *("open", "Peer set 3", "--here", "--port", "0", "--my-name", "Fay", "--format", "peer-coaching"),
    )
    yield piped
    await piped.ends()


async def _printed(home: Path, *arguments: str) -> str:
    piped = await Piped.run(home, *arguments)
    status = await piped.ends()
    text = "\n".join(piped.said)
    assert status == 0, text
    return text


async def _member(tmp_path: Path, link: str, name: str) -> None:
    member = await Piped.run(tmp_path / name, "plain", link, "--name", name)
    await member.says("Type yes")
    member.type("yes")
    await member.says("You are in Peer set 3, seat")
    assert await member.ends() == 0


async def test_status_tells_what_waits_and_nudge_names_nobody(lead: Piped, tmp_path: Path) -> None:
    """The same facts in lines, as JSON, and without names for the group's chat."""
    link = (await lead.says("^evenly://")).strip()
    await lead.says("Type help")
    for name in ("Ben", "Cleo"):
        await _member(tmp_path, link, name)
    lead.type("series plan every 14 from in two weeks at 10:00")
    await lead.says("^3 sessions are proposed")
    lead.type("series plan yes")
    await lead.says("3 sessions are planned")
    lead.type("series")
    await lead.says("^3: .*feedback alone")
    lead.type("topic 1 Saying no / read page 3")
    await lead.says("^Topic: Saying no")
    lead.type("action water the plants / for Cleo")
    await lead.says("Cleo is asked")
    lead.type("action write the minutes")
    await lead.says("Your action")
    lead.type("call https://meet.example.org/peer")
    await lead.says("The link to the call is kept")

    ben = tmp_path / "Ben"
    block = await _printed(ben, "status")
    assert re.search(r"^Peer set 3: no session is running, \d there\n  next session: \w+ \d+ \w+", block)
    assert "issue: You" in block
    assert "Saying no" in block
    assert "  call: https://meet.example.org/peer\n  waits for you:\n  - You hold the issue" in block
    (room,) = json.loads(await _printed(ben, "status", "--json"))
    assert room["room"] == "Peer set 3"
    assert room["next"]["holders"] == ["You"]
    assert room["next"]["topic"] == "Saying no"
    assert [w["what"] for w in room["waits"]] == ["issue", "prework"]
    (room,) = json.loads(await _printed(tmp_path / "Cleo", "status", "--json"))
    assert "confirm" in [w["what"] for w in room["waits"]]

    text = await _printed(ben, "nudge", "Peer set 3")
    assert re.search(r"^Our next session: \w+day \d+ \w+.* 10:00", text)
    assert "The issue-holder knows that it is theirs." in text
    assert "1 action is due by then" in text
    for private in ("Fay", "Ben", "Cleo", "Saying", "minutes.", "plants", "Peer set", "meet.example", "evenly://"):
        assert private not in text.replace("evenly status", "")
    assert "Call: https://meet.example.org/peer" in await _printed(ben, "nudge", "--call")

    lead.type("start")
    await lead.says("Session 1 begins, 1 person on the call. Agreement, until")
    assert "session 1 is running" in await _printed(ben, "status")
    text = await _printed(ben, "nudge")
    assert "Our session is running now" in text
    assert "due now" in text
    assert "by then" not in text


async def test_nudge_says_why_it_cannot(lead: Piped, tmp_path: Path) -> None:
    """No link kept; no such room; the server away."""
    link = (await lead.says("^evenly://")).strip()
    await lead.says("Type help")
    await _member(tmp_path, link, "Ben")
    piped = await Piped.run(tmp_path / "Ben", "nudge", "--call")
    assert await piped.ends() == 1
    assert "No link to the call is kept in that room" in "".join(piped.said)
    piped = await Piped.run(tmp_path / "Ben", "nudge", "nowhere")
    assert await piped.ends() == 1
    assert "you have not been in a room called that" in "".join(piped.said)
    assert "Our next session: the date is open." in await _printed(tmp_path / "Ben", "nudge")
    await lead.ends()
    piped = await Piped.run(tmp_path / "Ben", "nudge")
    assert await piped.ends() == 1
    assert "The room cannot be looked at" in "".join(piped.said)
    assert "not reachable now" in await _printed(tmp_path / "Ben", "status")


async def test_an_unknown_format_is_refused_before_a_room_is_made(tmp_path: Path) -> None:
    """With what was probably meant."""
    piped = await Piped.run(tmp_path, "open", "Set", "--here", "--format", "peer-coachin")
    assert await piped.ends() == 1
    assert 'There is no format called "peer-coachin". Did you mean peer-coaching?' in "".join(piped.said)


def test_nudge_has_help_with_an_example_and_needs_no_screen(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.argv = ['evenly', 'nudge', '--help']\n"
        "from evenly_client.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "import evenly_client.commands.looking, evenly_client.plain.terminal\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('textual', 'prompt_toolkit')]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Example: evenly nudge" in " ".join(done.stdout.split())


def test_the_rooms_format_is_kept_by_name_or_file(tmp_path: Path) -> None:
    """One that is gone is the one without a plan."""
    with Store(tmp_path) as store:
        assert usual_format.of(store, b"room").name == "open"
        usual_format.keep(store, b"room", "hot-seat")
        assert usual_format.of(store, b"room").name == "hot-seat"
        assert usual_format.of(store, b"moor").name == "open"
        usual_format.keep(store, b"room", "was-deleted")
        assert usual_format.of(store, b"room").name == "open"
        assert usual_format.of(None, b"room").name == "open"


async def test_what_waits_is_said_on_entering() -> None:
    """In one line, between sessions."""
    async with table(2) as t:
        await t.lead.type("ask for a second pair of eyes", "Your ask")
        await t.caught_up()
        ben = t.others[0]
        ben.lines._say_what_waits()
        await ben.says("^1 thing waits for you. Type waits.")
