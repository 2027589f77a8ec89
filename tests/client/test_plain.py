"""Plain lines: a whole session through pipes, as a screen reader's user or a script would hold it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.client.piped import Piped


@pytest.fixture
async def lead(tmp_path: Path) -> AsyncIterator[Piped]:
    """A facilitator in lines, with a room of their own on a server of their own."""
    piped = await Piped.run(tmp_path / "lead", "open", "Peer set 3", "--here", "--port", "0", "--my-name", "Fay")
    yield piped
    await piped.ends()


async def _link(lead: Piped) -> str:
    link = (await lead.says("^evenly://")).strip()
    await lead.says("Type help")
    return link


async def _member(tmp_path: Path, link: str, name: str) -> Piped:
    member = await Piped.run(tmp_path / name, "plain", link, "--name", name)
    await member.says("What this group agrees together")
    await member.says("Type yes")
    member.type("yes")
    await member.says("You are in Peer set 3, seat")
    return member


async def test_a_whole_session_in_lines(lead: Piped, tmp_path: Path) -> None:
    """Two people and a facilitator: hands, turns, words, a pause, undo, air time, the end."""
    link = await _link(lead)
    ana = await _member(tmp_path, link, "Ana")
    ben = await _member(tmp_path, link, "Ben")
    lead.type("start 30")
    for piped in (lead, ana, ben):
        await piped.says("Session 1 begins, 3 people on the call")

    ana.type("hand what about Friday")
    await ana.says("You are next")
    await ana.says("Your hand is up")
    ben.type("hand")
    await ben.says("Your hand is up")
    ben.type("queue")
    await ben.says("2 waiting: 2 Ana, raised first, what about Friday; 3 You, raised first")

    lead.type("next")
    await ana.says("Your turn")
    await ben.says("You are next")
    ben.type("who")
    await ben.says("2 Ana, speaking .*, asks: what about Friday. 3 here: 1 Fay, 2 Ana and 3 You")

    ben.type("pause")
    for piped in (lead, ana, ben):
        await piped.says("Paused. Take the time you need")
    lead.type("pause")
    for piped in (lead, ana, ben):
        await piped.says("It goes on")

    lead.type("all")
    await lead.says("Everything that happens is said")
    ana.type("done")
    await lead.says("The turn is finished")
    lead.type("time")
    await lead.says("29 min .* left, nobody speaking")
    lead.type("next")
    await ben.says("Your turn")
    lead.type("undo")
    await lead.says("That takes back: giving the floor. Type: undo yes")
    ben.type("all")
    await ben.says("Everything that happens is said")
    lead.type("undo yes")
    await ben.says("That turn is taken back")
    ben.type("me")
    await ben.says("next in line")

    lead.type("mode silence")
    await ana.says("Silence: Held silence")
    lead.type("next")
    await lead.says("That does not go with this kind of floor")
    ana.type("end yes")
    await ana.says("Your role does not allow that. Ask a facilitator")
    lead.type("end yes")
    for piped in (lead, ana, ben):
        await piped.says("The session has ended")
    assert await ana.ends() == 0
    assert await ben.ends() == 0


async def test_a_line_that_is_not_understood_says_so_and_changes_nothing(lead: Piped) -> None:
    """Unknown words, missing numbers, quotes that never end."""
    await _link(lead)
    lead.type("frobnicate")
    await lead.says("I do not know 'frobnicate'. Type help for the words")
    lead.type("speaking")
    await lead.says("Which seat")
    lead.type('hand "unfinished')
    await lead.says("No session is running. A facilitator starts one")
    lead.type("mode dance")
    await lead.says("Type mode and one of: queue, round, solo, questions, open, silence")
    lead.type("help undo")
    await lead.says(r"undo \(u\): take the last step back")


async def test_a_newcomer_during_a_session_waits_to_be_let_in(lead: Piped, tmp_path: Path) -> None:
    """Known members enter silently; new ones wait for the facilitator."""
    link = await _link(lead)
    lead.type("start")
    await lead.says("Session 1 begins")
    late = await Piped.run(tmp_path / "late", "plain", link, "--name", "Emil")
    await late.says("A facilitator has been asked to let you in")
    await lead.says("1 waiting to be let in: Emil. Type: let in 1")
    lead.type("let in 1")
    await late.says("What this group agrees")
    late.type("talk")
    await late.says("You are in Peer set 3, seat 2")
    await lead.says("Emil would like to talk about the agreement")
    lead.type("invite 2")
    await late.says("Would you like to come in")
    late.type("not now")
    await lead.says("Emil says: not now")
    assert await late.ends() == 0


async def test_json_lines_tell_events_and_take_commands(lead: Piped, tmp_path: Path) -> None:
    """For scripts: every event by its wire name, every command likewise, bad lines refused."""
    link = await _link(lead)
    ana = await _member(tmp_path, link, "Ana")
    assert await ana.ends() == 0
    script = await Piped.run(tmp_path / "Ana", "plain", link, "--json")
    await script.says('"state":"live"')
    lead.type("start")
    await script.says('"event":"session_started"')
    script.type('{"command": "raise_hand", "intent": "speak"}')
    told = json.loads(await script.says('"event":"hand_raised"'))
    assert told["events"] == [{"event": "hand_raised", "seat": 2, "intent": "speak", "words": ""}]
    assert told["by"] == 2
    script.type('{"command": "raise_hand", "intent": "speak"}')
    assert json.loads(await script.says('"settled":.*"refused":"'))["refused"] == "hand_up"
    for bad in ("not json", "[]", '{"command": "notice_lost", "seat": 1}', '{"command": "raise_hand"}'):
        script.type(bad)
        assert json.loads(await script.says('"refused":"malformed"'))["because"]
    assert await script.ends() == 0


async def test_a_check_in_through_pipes_one_of_them_in_json(lead: Piped, tmp_path: Path) -> None:
    """Three programs add up their answers; a script sees the question and the result in plain text."""
    link = await _link(lead)
    ana = await _member(tmp_path, link, "Ana")
    ben = await _member(tmp_path, link, "Ben")
    assert await ben.ends() == 0
    script = await Piped.run(tmp_path / "Ben", "plain", link, "--json")
    await script.says('"state":"live"')
    lead.type("start")
    await ana.says("Session 1 begins")
    await script.says('"event":"session_started"')
    lead.type("ask yesno Shall we go on?")
    for piped in (lead, ana):
        await piped.says("^A check-in is open: “Shall we go on")
        await piped.says("3 people take part")
        piped.type("answer yes")
        await piped.says("^Your answer: yes")
        piped.type("answered")
    told = json.loads(await script.says('"check_in":.*"people":3'))
    assert (told["question"], told["answers"], told["mine"]) == ("Shall we go on?", ["yes", "no"], None)
    script.type(json.dumps({"command": "answer_check_in", "check_in": told["check_in"], "answer": [2]}))
    assert json.loads(await script.says('"refused":"malformed"'))["because"] == "There is no such answer."
    script.type(json.dumps({"command": "answer_check_in", "check_in": told["check_in"], "answer": [1]}))
    script.type(json.dumps({"command": "finish_check_in", "check_in": told["check_in"]}))
    for piped in (lead, ana):
        await piped.says("^67 in 100 said yes: “Shall we go on\\?” 3 answered")
    result = json.loads(await script.says('"state":"recorded".*"verdict":"in"'))["result"]
    assert [bar["many"] for bar in result["bars"]] == [2, 1]
    assert await script.ends() == 0
    assert await ana.ends() == 0


async def test_a_member_claims_and_gives_back_and_the_facilitator_moves_air_time(lead: Piped, tmp_path: Path) -> None:
    """Spans are numbered as they are shown; a correction is told to those concerned, and can be undone."""
    link = await _link(lead)
    ana = await _member(tmp_path, link, "Ana")
    ben = await _member(tmp_path, link, "Ben")
    lead.type("start")
    await ben.says("Session 1 begins")
    lead.type("speaking 2")
    await ana.says("Your turn")
    lead.type("speaking 3")
    await ben.says("Your turn")
    ben.type("spans")
    await ben.says("1 spans. The last: 1: Ana")
    ben.type("claim 1")
    await ben.says("Air time was moved to Ben")
    await ana.says("Air time was moved to Ben")
    lead.type("undo yes")
    await ben.says("Air time is as it was before")
    lead.type("move 1 0")
    await ana.says("Air time was moved to nobody")
    ben.type("claim 7")
    await ben.says("There is no such span")
    assert await ana.ends() == 0
    assert await ben.ends() == 0
