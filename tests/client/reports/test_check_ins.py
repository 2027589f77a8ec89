"""Check-ins in the chronicle: what was asked and answered, and what was taken back, lost or forgotten by the room."""

from __future__ import annotations

import pytest
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.participant import Answer
from evenly_client.checkins.question import Question
from evenly_client.checkins.results import Bar
from evenly_client.checkins.taking_part import CheckIns
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.reports.check_ins import WITHDRAWN, CheckInWent
from evenly_client.reports.chronicle import chronicle
from evenly_client.sealing import UNREADABLE, RoomKeys
from evenly_protocol.checkins import (
    CloseCheckIn,
    GiveUpCheckIn,
    OpenCheckIn,
    RecordResult,
    WithdrawCheckIn,
    check_in_with,
)
from evenly_protocol.issues import EditIssue, WithdrawIssue
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import CheckInKind, CheckInState

from tests.client.reports.scripted import (
    BEN,
    CAMERAS,
    CLEO,
    DAY,
    ENERGY,
    HEARD,
    LEAVES,
    ONE_WORD,
    SNACKS,
    TALK,
    Group,
    peer_set_told,
)
from tests.harness import Group as Connected
from tests.harness import make_room, serving


def running() -> Group:
    """Three people in a session."""
    g = Group("Ana", "Ben", "Cleo")
    g.begin(TALK)
    return g


def went(g: Group, session: int = 1) -> tuple[CheckInWent, ...]:
    """The check-ins of a session."""
    found = g.told().session(session)
    assert found is not None
    return found.check_ins


def only(g: Group) -> CheckInWent:
    """The one check-in of the one session."""
    (check_in,) = went(g)
    return check_in


def undo(g: Group) -> None:
    """The facilitator's *undo*."""
    step = last_step(g.room, 1)
    assert step is not None
    g.must(Undo(step.id))


# -- what came of it ---------------------------------------------------------------------------------------------


def test_a_session_has_its_check_ins_with_what_they_came_to() -> None:
    """As the script has it."""
    one, two = peer_set_told().sessions
    assert [(c.kind, c.question) for c in one.check_ins] == [(q.kind, q.text) for q in (HEARD, ONE_WORD)]
    assert [c.state for c in two.check_ins] == [CheckInState.RECORDED, CheckInState.RECORDED, CheckInState.GIVEN_UP]
    heard = one.check_ins[0].result
    assert heard is not None
    assert heard.bars == (Bar("1 hardly", 0), Bar("2", 1), Bar("3", 0), Bar("4", 2), Bar("5 fully", 0))
    assert (heard.people, heard.abstained) == (4, 1)
    assert (two.check_ins[2].code, two.check_ins[2].result) == ("lost", None)


def test_answers_in_words_outlive_the_rooms_memory() -> None:
    """The room forgets them when its next session begins; the log has them."""
    g = running()
    words, text = g.check_in(ONE_WORD, "calm", "Calm", ""), g.check_in(LEAVES, "more", "less", "")
    g.end()
    g.later(DAY)
    g.begin(TALK)
    for id in (words, text):
        check_in = check_in_with(g.room, id)
        assert check_in is not None
        assert check_in.result == b""
    in_words, in_text = (c.result for c in went(g))
    assert in_words is not None
    assert in_words.words == (Bar("calm", 2),)
    assert in_text is not None
    assert sorted(in_text.texts) == ["less", "more"]


def test_check_ins_that_the_room_no_longer_holds_are_told() -> None:
    """It keeps the last three hundred."""
    g = running()
    oldest = g.check_in(CAMERAS, 0, 1, 1)
    for _ in range(300):
        g.must(WithdrawCheckIn(g.open_check_in(CAMERAS)))
    assert check_in_with(g.room, oldest) is None
    assert only(g).result is not None


def test_texts_stand_in_an_order_of_their_own_that_stays() -> None:
    """Not in that in which they were written down; in every report of this check-in the same, of another another."""
    g = running()
    said = [f"number {n}" for n in range(8)]
    orders: list[tuple[str, ...]] = []
    for _ in range(2):
        g.check_in(LEAVES, *said)
        result = went(g)[-1].result
        assert result is not None
        assert sorted(result.texts) == said
        orders.append(result.texts)
    assert list(orders[0]) != said
    assert orders[0] != orders[1]
    again = went(g)[0].result
    assert again is not None
    assert again.texts == orders[0]


@pytest.mark.parametrize("how", ["withdrawn", "undone", "its phase taken back"])
def test_what_was_taken_back_was_never_asked(how: str) -> None:
    """In whichever way."""
    g = Group("Ana", "Ben", "Cleo")
    g.begin(TALK, TALK, asks={1: CAMERAS})
    match how:
        case "withdrawn":
            g.must(WithdrawCheckIn(g.open_check_in(CAMERAS)))
        case "undone":
            g.open_check_in(CAMERAS)
            undo(g)
        case _:
            g.phase(1)
            assert only(g).state is CheckInState.OPEN
            undo(g)
    assert went(g) == ()


def test_a_phases_check_in_is_told_like_any_other() -> None:
    """It is sealed to the session, and has the id of what began the phase."""
    g = Group("Ana", "Ben", "Cleo")
    g.begin(TALK, TALK, asks={1: ENERGY})
    g.phase(1)
    g.record(g.room.check_ins[-1].id, ENERGY, 4, 4, 3)
    assert (only(g).question, only(g).built_in, only(g).answers) == (ENERGY.text, "energy", 3)


def test_a_result_that_comes_after_the_end_is_the_sessions_in_which_it_was_asked() -> None:
    """The end of the session closes it."""
    g = running()
    id = g.open_check_in(CAMERAS)
    g.end()
    assert only(g).state is CheckInState.CLOSING
    g.must(GiveUpCheckIn(id, "nothing_opened"), by=0)
    assert (only(g).state, only(g).code) == (CheckInState.GIVEN_UP, "nothing_opened")


def test_a_result_that_cannot_be_read_breaks_nothing() -> None:
    """It is there, and has nothing in it."""
    g = running()
    id = g.open_check_in(CAMERAS)
    g.must(CloseCheckIn(id))
    g.must(RecordResult(id, b"x" * 41, 3), by=0)
    assert (only(g).state, only(g).result, only(g).answers) == (CheckInState.RECORDED, None, 0)


def test_another_rooms_link_opens_no_question() -> None:
    """Nor is what cannot be read the same question as anything else."""
    g = running()
    g.check_in(ENERGY, 0, 1, 2)
    told = chronicle(g.room.id, g.entries, RoomKeys.from_secret(b"x" * 16))
    (check_in,) = told.sessions[0].check_ins
    assert check_in.question == UNREADABLE
    assert (check_in.asked, check_in.built_in, check_in.result) == (None, "", None)


# -- issues ------------------------------------------------------------------------------------------------------


def test_a_choice_of_issues_tells_them_as_they_stand_now() -> None:
    """What was withdrawn is not in it, what was reworded in its new words alone."""
    g = running()
    kept, gone = g.issue(BEN, "OLD words"), g.issue(CLEO, "WITHDRAWN words")
    question = Question(CheckInKind.MULTI, "Which?", ("Ben: OLD words", "Cleo: WITHDRAWN words"), issues=(kept, gone))
    g.check_in(question, (0,), (1,), (0, 1))
    g.say(FieldKind.ISSUE, "new\nwords", lambda t: EditIssue(kept, t), BEN, about=kept)
    g.must(WithdrawIssue(gone), CLEO)
    result = only(g).result
    assert result is not None
    assert result.bars == (Bar("Ben: new words", 2), Bar(WITHDRAWN, 2))
    assert only(g).options == ("Ben: new words", WITHDRAWN)
    assert only(g).about_issues


# -- what it counts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (ENERGY, (0, 4, None, 1)),
        (SNACKS, ((0, 1), (0, 1, 2), None, (2,))),
        (ONE_WORD, ("calm", "calm", "", "awake")),
        (LEAVES, ("a", "b", "", "c")),
    ],
)
def test_answers_are_people_who_answered(question: Question, given: tuple[int | tuple[int, ...] | str | None]) -> None:
    """However many each chose; whoever abstained is not among them."""
    g = running()
    g.check_in(question, *given)
    result = only(g).result
    assert result is not None
    assert (result.people, result.abstained, only(g).answers) == (4, 1, 3)


def test_a_question_is_the_programs_own_to_the_letter() -> None:
    """Kind, words and options; every one of them is known."""
    g = running()
    for key, (_, own) in TEMPLATES.items():
        g.must(CloseCheckIn(g.open_check_in(own)))
        assert went(g)[-1].built_in == key
    for other in (
        Question(ENERGY.kind, ENERGY.text),
        Question(ENERGY.kind, ENERGY.text, ("none", "lots")),
        Question(ENERGY.kind, f"{ENERGY.text}!", ENERGY.options),
        Question(CheckInKind.CHOICE, ENERGY.text, ENERGY.options),
    ):
        g.must(CloseCheckIn(g.open_check_in(other)))
        assert went(g)[-1].built_in == ""


# -- among real members ------------------------------------------------------------------------------------------


async def asked(group: Connected, parts: list[CheckIns], question: Question, *answers: Answer) -> None:
    """A check-in over real connections, closed when everybody is done."""
    leader, id = group.leader, group.leader.new_id()
    planned = question.sealed(lambda kind, text: leader.seal(kind, text, id))
    refusal = await leader.ask(OpenCheckIn(planned.kind, planned.question, planned.options), id)
    assert refusal is None
    for member, part, answer in zip(group.members, parts, answers, strict=True):
        await member.until(lambda _, part=part: part.open is not None and part.mine.people == len(parts))
        part.answer(id, answer)
    for part in parts:
        part.done(id)
    await leader.until(lambda room: _state(room, id) is CheckInState.RECORDED)


def _state(room: Room, id: bytes) -> CheckInState | None:
    check_in = check_in_with(room, id)
    return None if check_in is None else check_in.state


async def test_what_members_answered_over_real_connections_is_told() -> None:
    """Numbers and words, out of the server's record."""
    async with serving(paced=True) as server, make_room(server, 3, session=True) as group:
        parts = [CheckIns(m, MemoryLedger()) for m in group.members]
        await asked(group, parts, CAMERAS, (0,), (1,), (1,))
        await asked(group, parts, LEAVES, "courage", "", "a plan")
        leader = group.leader
        told = chronicle(leader.link.room, await leader.history(), leader.keys, now=leader.now())
    cameras, leaves = told.sessions[0].check_ins
    assert cameras.result is not None
    assert cameras.result.bars == (Bar("yes", 1), Bar("no", 2))
    assert leaves.result is not None
    assert (sorted(leaves.result.texts), leaves.result.abstained) == (["a plan", "courage"], 1)
