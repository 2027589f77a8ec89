"""Issues: brought, chosen, held; the questions asked about them."""

from __future__ import annotations

from evenly_protocol.agenda import PhasePlan, SetIssueHolder, StartPhase
from evenly_protocol.hands import RaiseHand, WordHand
from evenly_protocol.issues import (
    BringIssue,
    ChooseIssue,
    EditIssue,
    Issue,
    KeepQuestions,
    WithdrawIssue,
    issues_held,
    waiting_issues,
)
from evenly_protocol.seats import RemoveMember, SetRole
from evenly_protocol.turns import CallNext
from evenly_protocol.undo import Undo
from evenly_protocol.words import FloorMode, Intent, Role

from .world import MINUTE, WORDS, World, code, phase

TEXT, OTHER = b"i" * 285, b"j" * 285


def about(activity: str, mode: FloorMode, issue: int = 1, holder: int = 0) -> PhasePlan:
    return PhasePlan(activity, b"", 10, mode, holder=holder, issue=issue)


def bring(w: World, seat: int, text: bytes = TEXT) -> bytes:
    w.must(BringIssue(text), seat)
    return w.entries[-1].id


def go(w: World, index: int) -> None:
    w.must(StartPhase(index, w.session.phase.visit))


PLAN = (
    phase(),
    about("feedback", FloorMode.QUEUE, issue=0, holder=4),
    about("issue", FloorMode.SOLO),
    about("questions", FloorMode.QUESTIONS),
    about("issue", FloorMode.SOLO, issue=2),
)


def session(people: int = 5) -> World:
    w = World(people, None)
    w.start(*PLAN)
    return w


def test_an_issue_is_brought_put_in_other_words_and_taken_back() -> None:
    w = World(3, None)
    issue = bring(w, 2)
    assert [(i.seat, i.text, i.session) for i in w.room.issues] == [(2, TEXT, 0)]
    w.must(EditIssue(issue, OTHER), 2)
    assert w.room.issues[0].text == OTHER
    assert code(w.do(EditIssue(issue, b"x"), 2)) == "bad_length"
    assert code(w.do(EditIssue(issue, TEXT), 3)) == "not_yours"
    assert code(w.do(WithdrawIssue(issue), 1)) == "not_yours"
    w.must(WithdrawIssue(issue), 2)
    assert w.room.issues == []
    assert code(w.do(WithdrawIssue(issue), 2)) == "no_such_issue"


def test_an_issue_has_one_of_the_padded_sizes_and_the_list_has_an_end() -> None:
    w = World(2, None)
    assert code(w.do(BringIssue(b"x"), 2)) == "bad_length"
    w.room.issues = [Issue(n.to_bytes(16, "big"), 2, TEXT, b"", 0) for n in range(400)]
    assert code(w.do(BringIssue(TEXT), 2)) == "board_full"


def test_a_facilitator_brings_and_changes_the_issue_of_a_guest_seat_and_nobody_elses() -> None:
    w = World(3, None)
    guest = w.guest()
    w.must(BringIssue(TEXT, guest))
    issue = w.room.issues[0]
    assert (issue.seat, issue.author) == (guest, w.room.members[1].ik)
    w.must(EditIssue(issue.id, OTHER))
    assert code(w.do(EditIssue(issue.id, TEXT), 2)) == "not_yours"
    assert code(w.do(BringIssue(TEXT, guest), 2)) == "not_allowed"
    assert code(w.do(BringIssue(TEXT, 3))) == "not_allowed"
    assert code(w.do(BringIssue(TEXT, 77))) == "no_such_seat"
    w.must(WithdrawIssue(issue.id))


def test_whoever_brought_the_chosen_issue_is_its_holder() -> None:
    w = session()
    first, second = bring(w, 3), bring(w, 2)
    w.must(ChooseIssue(first))
    w.must(ChooseIssue(second, 2))
    assert w.session.holders == {1: 3, 2: 2}
    assert w.session.brought == {1: first, 2: second}
    assert w.do(ChooseIssue(first)) == []
    go(w, 3)
    assert w.session.phase.holder == 3
    w.must(ChooseIssue(second, 1))
    assert w.session.phase.holder == 2
    assert code(w.do(ChooseIssue(first, 0))) == "bad_number"
    assert code(w.do(ChooseIssue(first, 17))) == "bad_number"
    assert code(w.do(ChooseIssue(b"?" * 16))) == "no_such_issue"


def test_the_last_issue_that_its_holder_brought_goes_with_the_holder() -> None:
    w = World(5, None)
    bring(w, 3)
    last = bring(w, 3)
    w.start(phase(), about("issue", FloorMode.SOLO, holder=3), about("issue", FloorMode.SOLO, 2))
    assert w.session.brought == {1: last}
    w.must(SetIssueHolder(4, 2))
    assert w.session.brought == {1: last}
    brought = bring(w, 4)
    assert w.session.brought == {1: last, 2: brought}
    w.must(SetIssueHolder(2, 2))
    assert w.session.brought == {1: last}
    w.must(WithdrawIssue(last), 3)
    assert w.session.brought == {}


def test_an_issue_is_held_when_a_phase_of_it_began_and_waits_on_otherwise() -> None:
    w = session()
    first, second = bring(w, 3), bring(w, 2)
    w.must(ChooseIssue(first))
    w.must(ChooseIssue(second, 2))
    go(w, 1)
    assert issues_held(w.session) == {}
    go(w, 2)
    assert issues_held(w.session) == {1: 3}
    w.end()
    assert [i.id for i in waiting_issues(w.room)] == [second]
    assert w.room.issues[0].session == 1
    w.start(phase())
    assert w.room.past[-1].held == [3]


def test_a_phase_that_is_taken_back_held_nothing() -> None:
    w = session()
    w.must(ChooseIssue(bring(w, 3)))
    go(w, 3)
    w.must(Undo(w.entries[-1].id))
    w.end()
    assert waiting_issues(w.room) != []
    w.start(phase())
    assert w.room.past[-1].held == []


def test_the_last_60_held_issues_are_kept() -> None:
    w = World(2, None)
    for n in range(62):
        bring(w, 2)
        w.start(about("issue", FloorMode.SOLO, holder=2))
        w.end()
        assert w.room.issues[-1].session == n + 1
    assert [i.session for i in w.room.issues] == list(range(3, 63))


# -- questions -----------------------------------------------------------------------------------------------------


def asked(w: World, seat: int, words: bytes = WORDS) -> bytes:
    """Somebody asks; the turn's id."""
    w.must(RaiseHand(Intent.QUESTION, words), seat)
    w.must(CallNext(w.turn.id if w.floor.turns else b""))
    return w.turn.id


def questioning() -> World:
    w = session()
    w.must(SetIssueHolder(3, 1))
    go(w, 3)
    return w


def test_questions_in_words_are_on_the_list_once_their_turn_is_over() -> None:
    w = questioning()
    turn = asked(w, 2)
    assert w.session.questions == []
    asked(w, 4, b"")
    asked(w, 5)
    w.must(SetIssueHolder(2, 2))
    go(w, 4)
    listed = w.session.questions
    assert [(q.seat, q.words, q.issue) for q in listed] == [(2, WORDS, 1), (5, WORDS, 1)]
    assert (listed[0].turn, listed[0].author) == (turn, w.room.members[2].ik)


def test_words_that_are_no_question_are_not_on_the_list() -> None:
    w = session()
    w.must(RaiseHand(Intent.SPEAK, WORDS), 2)
    w.next()
    w.finish()
    assert w.session.questions == []


def test_a_question_given_by_mistake_is_not_on_the_list_and_the_one_before_is_there_once_as_last_worded() -> None:
    w = questioning()
    first = asked(w, 2)
    asked(w, 4)
    assert len(w.session.questions) == 1
    w.must(Undo(w.entries[-1].id))
    assert w.turn.id == first
    assert w.turn.hand is not None
    w.must(WordHand(w.turn.hand.id, b"v" * 61), 2)
    w.later(MINUTE)
    w.finish()
    assert [(q.seat, q.words) for q in w.session.questions] == [(2, b"v" * 61)]


def test_the_question_of_somebody_who_was_removed_is_not_kept() -> None:
    w = questioning()
    asked(w, 2)
    w.must(RemoveMember(2))
    assert w.session.questions == []


def test_only_the_issue_holder_keeps_the_questions_and_shares_them_again() -> None:
    w = questioning()
    assert code(w.do(KeepQuestions(1, True))) == "not_yours"
    assert code(w.do(KeepQuestions(2, True), 3)) == "not_yours"
    w.must(KeepQuestions(1, True), 3)
    assert w.session.questions_kept == [1]
    assert w.do(KeepQuestions(1, True), 3) == []
    w.end()
    w.must(KeepQuestions(1, False), 3)
    assert w.session.questions_kept == []
    assert code(w.do(KeepQuestions(-9, True), 3)) == "not_yours"


def test_whoever_left_leaves_no_issue_that_waits() -> None:
    w = World(4, None)
    bring(w, 2)
    bring(w, 3)
    w.start(about("issue", FloorMode.SOLO, holder=2), phase())
    w.must(RemoveMember(2))
    w.must(RemoveMember(3))
    assert [i.seat for i in w.room.issues] == [2]
    w.end()
    assert w.room.issues[0].session == 1


def test_an_observer_brings_no_issue() -> None:
    w = World(3, None)
    w.must(SetRole(3, Role.OBSERVER))
    assert code(w.do(BringIssue(TEXT), 3)) == "not_allowed"
