"""Plain lines: anonymous check-ins asked, answered, closed and read; what is said by itself, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.plain.json_check_ins import JsonCheckIns
from evenly_client.plain.json_lines import BadLine
from evenly_client.plain.lines import check_ins_of
from evenly_client.store import Store
from evenly_protocol.agenda import PhasePlan, StartPhase
from evenly_protocol.attendance import LeaveCall
from evenly_protocol.checkins import PlannedCheckIn, check_in_with
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import CheckInKind, CheckInState, FloorMode
from evenly_server import checkins as relay

from tests.client.spoken import Spoken, Table, table
from tests.harness import Member, eventually, make_room, serving

READY = "^Nobody, the facilitator and the server included, can see your answer"


async def started(t: Table) -> None:
    """A session of free talk, everybody on the call."""
    await t.lead.type("start")
    await t.everybody_says("Session 1 begins")


async def asked(t: Table, line: str) -> None:
    """The facilitator asks; everybody can answer."""
    await t.lead.type(line)
    await t.everybody_says(READY)


async def answered(t: Table, *answers: str) -> None:
    """Everybody answers in turn, and is done."""
    for spoken, answer in zip(t.all, answers, strict=True):
        await spoken.type(f"answer {answer}")
        await spoken.type("answered", "^You are done|^You abstain")


def done_at(spoken: Spoken) -> int:
    """How many are done, as far as this member knows."""
    progress = spoken.lines.check_ins.mine.progress(spoken.peer.room.check_ins[-1].id)
    return 0 if progress is None else progress.have


async def test_a_check_in_is_asked_answered_and_told_to_everybody_at_the_same_moment() -> None:
    """The promise before, the question, how to answer; when all are done it closes by itself; figure, then answers."""
    async with table(5) as t:
        await started(t)
        await t.lead.type("ask energy")
        for spoken in t.all:
            await spoken.says("^A check-in is open: “How much energy do you have just now\\?”$")
            await spoken.says(f"{READY}: only the group's total. 5 people take part.")
            await spoken.says("^Type answer and a number from 1, none, to 5, plenty; answer none abstains.")
        await answered(t, "4", "plenty", "4", "2", "none")
        for spoken in t.all:
            await spoken.says("^The check-in is closed: the answers are being added up")
            await spoken.says("^3.8 of 5: “How much energy do you have just now\\?” 4 answered, 1 abstained\\.$")
            for line in ("0 said 1 none", "1 said 2", "0 said 3", "2 said 4", "1 said 5 plenty"):
                await spoken.says(f"^{line}\\.$")
        assert all(spoken.never_said("hides little|not in it|another result") for spoken in t.all)


async def test_nothing_is_said_of_who_has_answered_and_an_answer_can_be_changed() -> None:
    """Until the close; `answer` alone says what is asked, what is hidden, and what I have answered."""
    async with table(3) as t:
        ben, cleo = t.others
        await started(t)
        await asked(t, "ask yesno Shall we go on?")
        before = len(cleo.said)
        await ben.type("answer yes", "^Your answer: yes\\. You can change it until it closes\\. Type answered")
        await ben.type("answer", "^Shall we go on\\?$", READY, "^Not hidden: who takes part", "^Type answer yes or")
        await ben.says("^Your answer: yes\\.$")
        await ben.type("answer n", "^Your answer: no\\.")
        await ben.type("answered", "^You are done\\. You can still change it")
        await cleo.peer.until(lambda room: done_at(cleo) == 1)
        await cleo.type("check-ins", "^1 check-in in this session", "^1: Open, 1 of 3 are done: “Shall we go on")
        assert not any("Ben" in line for line in cleo.said[before:])
        await cleo.type("answer done", "^You abstain, which looks the same to everybody")
        await t.lead.type("answer yes")
        await t.lead.type("close check-in now")
        await t.everybody_says("^50 in 100 said yes: “Shall we go on\\?” 2 answered, 1 abstained\\.$")
        await t.everybody_says("^Among three this hides little")


@pytest.mark.parametrize(
    ("ask", "how", "typed", "told"),
    [
        ("ask scale How clear? | foggy | clear", "from 1, foggy, to 5, clear", "2", "^2.0 of 5: “How clear\\?”"),
        ("ask scale How clear?", "a number from 1 to 5;", "5", "^5.0 of 5"),
        ("ask mood How now?", "and a number;", "very good", "^5.0 of 5"),
        ("ask choice Which? | Monday | Friday", "and a number;", "friday", "^3 chose Friday: “Which\\?”"),
        ("ask multi Which? | a | b | c", "for example answer 1 3", "3, 1", "^3 each chose a and c: “Which\\?”"),
        ("ask fist Shall we?", "fingers from 0", "0", "^0.0 of 5"),
        ("ask words In a word?", "one to three words", "quite calm", "^3 said quite calm: “In a word\\?”"),
        ("ask text And then?", "up to 280 characters", "we rest", "^3 answers: “And then\\?” 3 answered"),
        ("ask pace", "and a number;", "2", "^3 chose just right"),
        ("ask one-word / for 2 minutes", "one to three words", "rested", "^3 said rested"),
    ],
)
async def test_every_kind_is_asked_and_answered_in_its_own_way(ask: str, how: str, typed: str, told: str) -> None:
    """By a template's word, or by its kind and one's own question."""
    async with table(3) as t:
        await started(t)
        await asked(t, ask)
        await t.everybody_says(f"^Type answer.*{how}")
        await answered(t, typed, typed, typed)
        await t.everybody_says(told)
        assert t.lead.peer.room.check_ins[-1].state is CheckInState.RECORDED


async def test_answers_that_there_are_not_are_refused_with_what_to_do() -> None:
    """Before one is open, while one is, and after; nothing is changed by them."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ana.type("ask energy", "No session is running")
        await started(t)
        await ben.type("answer 3", "No check-in is open. Type results")
        await ben.type("ask energy", "Those who lead ask check-ins")
        await ben.type("withdraw", "No check-in is open")
        await ben.type("results", "There is no result yet")
        await ana.type(
            "ask choice Which day?", "Write two to eight different answers. For example: ask choice Which day"
        )
        await ana.type("ask fist", "There is no question. Write what you want to ask")
        await ana.type("ask pace for 2 seconds", "That is no time to answer in. From 10 seconds")
        await ana.type("ask issues", "Fewer than two issues are waiting")
        await asked(t, "ask pace for 20 minutes")
        await ben.type("answer 4", "There is no answer '4'. They are 1 to 3")
        await ben.type("answer 1 2", "One answer is asked for")
        await ben.type("done", "It is not your turn. To be done with the check-in, type answered")
        await ben.type("close check-in", "Your role does not allow that")
        await ana.type("ask energy", "A check-in is open already. Close it, or take it back")
        await ana.type("close", "Type: close check-in, or close queue")
        await cleo.type("leave out", "Nothing is asked of you just now")
        assert not cleo.lines.left
        await ana.type("withdraw")
        await t.everybody_says("The check-in is taken back: no answer was opened")
        await ben.type("answer 1", "No check-in is open")
        await asked(t, "ask words In a word?")
        await ben.type("answer far too many words", "One to three words. Type answer to read what is asked")
        assert ben.lines.check_ins.mine.answer_of(ben.peer.room.check_ins[-1].id) is None


async def test_asking_again_after_somebody_has_left_is_refused_before_it_is_opened() -> None:
    """It could show one person's answer. Another question may be asked."""
    async with table(4) as t:
        *staying, eve = t.all
        await started(t)
        await asked(t, "ask energy")
        await answered(t, "1", "2", "3", "4")
        await t.everybody_says("^2.5 of 5")
        assert await eve.peer.ask(LeaveCall()) is None
        await t.caught_up()
        await t.lead.type("ask energy", "could show one person's answer. Ask it next time, or as a round by name")
        await t.lead.type("ask pace")
        for spoken in staying:
            await spoken.says("^A check-in is open: “How is the pace")


async def test_an_ask_for_the_exchange_is_still_one() -> None:
    """Of members always; of who leads, unless it is a check-in's word or begins with a kind."""
    async with table(3) as t:
        await started(t)
        await t.lead.type("ask energy drinks, who knows a good one?", "Your ask is on the exchange")
        await t.others[0].type("ask words for a letter", "Your ask is on the exchange")
        await t.caught_up()
        assert len(t.lead.peer.room.posts) == 2
        assert not t.lead.peer.room.check_ins


async def test_opening_a_check_in_can_be_undone() -> None:
    """Like every step of who leads."""
    async with table(3) as t:
        await started(t)
        await asked(t, "ask trust")
        await t.lead.type("undo", "That takes back: opening that check-in")
        await t.lead.type("undo yes")
        await t.everybody_says("The check-in is taken back")


async def test_three_words_are_compared_once() -> None:
    """Asked for by who leads; the same for all; from then on the promise stands without an unless."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await ben.type("words", "There are no three words yet")
        await ana.type("words compare", "Type: start")
        await started(t)
        await ben.type("words compare", "Those who lead ask everybody to compare")
        await ana.type("words compare", "Everybody is asked to compare")
        lines = [await spoken.says(r"^Compare these three words: \w+ \w+ \w+\.$") for spoken in t.all]
        assert len(set(lines)) == 1
        await ben.type("words same", "^Good: nobody stands in between")
        await ben.type("words", r"^\w+ \w+ \w+: compared, and the same")
        await cleo.type("words differ", "answer nothing, tell the group now, and enter by a new link")
        await asked(t, "ask energy")
        assert not any("compare three words to rule that out" in line for line in ben.said)
        assert any("compare three words to rule that out" in line for line in cleo.said)


async def test_a_group_chooses_its_issue() -> None:
    """Over the issues that wait; who leads is told the line that takes what was chosen most."""
    async with table(3) as t:
        ana, ben, cleo = t.all
        await started(t)
        await ben.type("issue my team does not talk", "Your issue is brought")
        await cleo.type("issue money", "Your issue is brought")
        await t.caught_up()
        await asked(t, "ask issues")
        await t.everybody_says("^2: Cleo: money$")
        await answered(t, "1 2", "2", "2")
        await t.everybody_says("^3 chose Cleo: money: “Which issue shall we take")
        await ana.says("^To take what was chosen most, type: issue choose 2$")
        await ana.type("issue choose 2", "It is issue 1 of this session")
        assert ana.peer.room.running is not None
        assert ana.peer.room.running.holders == {1: cleo.peer.seat}
        assert ben.never_said("issue choose")


@pytest.mark.parametrize("last", ["go on", "leave out"])
async def test_who_answered_among_five_is_asked_when_four_are_left(last: str) -> None:
    """Each for themselves; whoever would rather not leaves too few, and nothing is opened."""
    async with table(5) as t:
        *staying, eve = t.all
        await started(t)
        await asked(t, "ask yesno Are you content?")
        for spoken in t.all:
            await spoken.type("answer yes")
        assert await eve.peer.ask(LeaveCall()) is None
        for spoken in staying:
            await spoken.says("^4 people take part now\\. Among four this hides little")
        await t.lead.type("close check-in now")
        for spoken in staying:
            await spoken.says("^Only four take part now:.*Type go on, or leave out")
        for spoken in staying[:3]:
            await spoken.type("go on", "^Your answer goes in\\.$")
        await staying[3].type(last, "^Your answer (goes in|is left out)\\.$")
        for spoken in staying:
            if last == "go on":
                await spoken.says("^100 in 100 said yes: “Are you content\\?” 4 answered\\.$")
                await spoken.says("^Among four this hides little")
            else:
                await spoken.says("^Far fewer are there now than when people answered, or others: nothing was opened")
        assert not staying[3].lines.left
        await staying[3].type(last, "Nothing is asked of you just now")


async def test_a_check_in_with_too_few_left_says_why_and_what_to_do() -> None:
    """Nothing is opened."""
    async with table(3) as t:
        ben, cleo = t.others
        await started(t)
        await asked(t, "ask energy")
        await ben.type("answer 3")
        assert await cleo.peer.ask(LeaveCall()) is None
        await t.lead.type("close check-in now")
        await ben.says("^Fewer than three people were there to the end: nothing was opened\\. Take a round by name")
        await ben.type("results", "^No result: “How much energy")
        await ben.type("check-ins", "^1 check-in in this session", "^1: No result: “How much energy")


async def test_a_member_who_is_waited_for_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number, no name; then it is closed without them."""
    monkeypatch.setattr(relay, "SILENT_S", 0.05)
    monkeypatch.setattr(relay, "STEP_WITHIN_S", 0.3)
    async with table(4) as t:
        await started(t)
        await asked(t, "ask energy")
        for spoken in t.all:
            await spoken.type("answer 3")
        t.all[3].lines.check_ins.stop()
        await t.lead.type("close check-in now")
        for spoken in t.all[:3]:
            await spoken.says("^Waiting for one member…$")
            await spoken.says("^Closing without one member…$")
            await spoken.says("^3.0 of 5: .* 3 answered\\.$")


async def test_who_comes_while_one_is_open_hears_of_it() -> None:
    """What is asked, and how to answer, once the keys are there."""
    async with table(4) as t:
        eve = t.all[3]
        await started(t)
        assert await eve.peer.ask(LeaveCall()) is None
        await t.caught_up()
        await t.lead.type("ask energy")
        for spoken in t.all[:3]:
            await spoken.says("3 people take part")
        again = Member(t.group.link, eve.peer.key, "Dov")
        late = Spoken(again)
        async with again:
            await late.says("^A check-in is open: “How much energy")
            await late.says("4 people take part")
            await late.says("^Type answer and a number")


async def test_the_same_question_in_the_next_session_of_the_same_people_has_a_trend() -> None:
    """With keys of its own; the results of both are told."""
    async with table(3) as t:
        for number, answers in enumerate((("1", "2", "3"), ("4", "4", "4")), 1):
            await t.lead.type("start")
            await t.everybody_says(f"Session {number} begins")
            await asked(t, "ask clarity")
            await answered(t, *answers)
            await t.everybody_says(f"^{2 * number}.0 of 5")
            await t.lead.type("end yes")
            await t.everybody_says("The session has ended")
        await t.others[0].type("results", "^4.0 of 5", "^Over the sessions: session 1 2.0 of 5, session 2 4.0 of 5\\.$")


async def test_facilitators_who_do_not_answer_are_told_so() -> None:
    """Where the room says so."""
    async with table(4) as t:
        assert await t.lead.peer.ask(ChangeSettings(Settings(facilitators_answer=False))) is None
        await started(t)
        await t.lead.type("ask energy", "^A check-in is open")
        await t.others[0].says("3 people take part")
        await t.lead.type("answer 3", "You do not take part in this check-in")


def planned(peer: Member, id: bytes) -> PhasePlan:
    """A phase that asks."""
    question = peer.seal(FieldKind.QUESTION, "Were you heard today?", id)
    return PhasePlan("engagement", b"", 5, FloorMode.QUEUE, check_in=PlannedCheckIn(CheckInKind.YESNO, question))


@pytest.mark.parametrize("size", [2, 3])
async def test_a_phase_opens_its_check_in_or_is_a_round_and_says_so(size: int) -> None:
    """With fewer than three there; a phase that is taken back takes its check-in with it."""
    async with table(size) as t:
        ana = t.group.leader
        id = ana.new_id()
        phases = [PhasePlan("talk", b"", 10, FloorMode.QUEUE), planned(ana, id)]
        assert await ana.ask(StartSession(phases), id) is None
        assert await ana.ask(StartPhase(1, 1)) is None
        if size == 2:
            await t.everybody_says("Too few are here for its check-in: a round by name instead\\.$")
            return
        await t.everybody_says("^A check-in is open: “Were you heard today\\?”")
        await t.lead.type("undo yes")
        await t.everybody_says("The check-in is taken back")


async def test_what_was_opened_is_remembered_on_this_machine(tmp_path: Path) -> None:
    """In the profile's store, where there is one."""
    with Store(tmp_path / "store.db") as store:
        async with table(3, store=store) as t:
            await started(t)
            await asked(t, "ask energy")
            await answered(t, "1", "2", "3")
            await t.everybody_says("^2.0 of 5")
            peer, check_in = t.lead.peer, t.lead.peer.room.check_ins[-1].id
            assert StoredLedger(store, peer.link.room, peer.key.public).burned(check_in, "N")
            assert not StoredLedger(store, peer.link.room, t.others[0].peer.key.public).burned(check_in, "N")


class Script:
    """A member in lines of JSON."""

    def __init__(self, peer: Member) -> None:
        self.peer = peer
        self.said: list[dict[str, Any]] = []
        self.part = JsonCheckIns(peer, check_ins_of(peer, None))
        peer.watch(lambda notice: self.said.extend(map(json.loads, self.part.lines_of(notice))))

    async def says(self, **fields: object) -> dict[str, Any]:
        """Waits for a line with these fields."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.said if fields.items() <= line.items()), None)

        await eventually(found)
        line = found()
        assert line is not None
        return line


async def test_scripts_ask_answer_and_read_check_ins_in_lines_of_json() -> None:
    """What is asked, how many take part, and the result are told; bad lines are refused with a reason."""
    async with serving() as server, make_room(server, 3, session=True) as group:
        scripts = [Script(member) for member in group.members]
        assert scripts[0].part.takes(json.dumps({"command": "compare_words"}))
        words = [(await script.says(compare=True))["words"] for script in scripts]
        assert words[0] == words[1] == words[2]
        for script in scripts:
            assert script.part.takes(json.dumps({"command": "words_compared", "words": words[0], "same": True}))
            with pytest.raises(BadLine, match="Other words stand here now"):
                script.part.takes('{"command": "words_compared", "words": ["a", "b", "c"], "same": true}')
        ask = {"command": "ask_check_in", "kind": "multi", "question": "Which?", "options": ["a", "b"]}
        assert scripts[0].part.takes(json.dumps(ask))
        for script in scripts:
            line = await script.says(state="open", people=3, question="Which?", compared=True)
            assert line["answers"] == ["a", "b"]
            for bad in ([7], "a", 3):
                with pytest.raises(BadLine):
                    script.part.takes(
                        json.dumps({"command": "answer_check_in", "check_in": line["check_in"], "answer": bad})
                    )
            answer = {"command": "answer_check_in", "check_in": line["check_in"], "answer": [0, 1]}
            assert script.part.takes(json.dumps(answer))
            await script.says(mine=[0, 1])
            assert script.part.takes(json.dumps({"command": "finish_check_in", "check_in": line["check_in"]}))
        for script in scripts:
            line = await script.says(state="recorded", verdict="in")
            assert line["result"]["bars"] == [{"label": "a", "many": 3}, {"label": "b", "many": 3}]
            assert line["result"]["people"] == 3
            assert not script.part.takes('{"command": "raise_hand", "intent": "speak"}')
            assert not script.part.takes("not json")
        assert check_in_with(group.leader.room, group.leader.room.check_ins[-1].id) is not None


async def test_who_closes_so_early_that_the_counts_could_tell_is_told_first() -> None:
    """Nothing is closed then; it is, once they say so again."""
    async with table(3) as t:
        await started(t)
        await asked(t, "ask energy")
        await t.lead.type(
            "close check-in", "^Nobody is done: closed now, the counts could show whose answers these are\\."
        )
        ben = t.others[0]
        await ben.type("answer 4")
        await ben.type("answered")
        for spoken in t.all:
            await spoken.peer.until(lambda _, spoken=spoken: _done(spoken) == 1)
        await t.lead.type("close check-in", "^Only one is done: .* type: close check-in now$")
        await t.lead.type("close check-in now")
        await t.everybody_says("^4\\.0 of 5: “How much energy do you have just now\\?” 1 answered, 2 abstained\\.$")


def _done(spoken: Spoken) -> int:
    check_ins = spoken.lines.check_ins
    progress = check_ins.mine.progress(check_ins.open.id) if check_ins.open is not None else None
    return progress.have if progress is not None else 0
