"""What a reader may have: each rule of the table in allowed.py."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from evenly_client.checkins.question import Question
from evenly_client.checkins.templates import TEMPLATES
from evenly_client.reports import markdown
from evenly_client.reports.allowed import SOMEBODY, Allowed, Reader, anybody_may_have
from evenly_client.reports.check_ins import CheckInWent
from evenly_client.reports.chronicle import ActionWent, Asked, Chronicle, IssueHeld, NoteWritten, PostWent
from evenly_client.reports.own_record import MyNote, own_record
from evenly_client.reports.session_report import session_report
from evenly_protocol.issues import KeepQuestions
from evenly_protocol.seats import SetRole
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import CheckInKind, Label, PostKind, Role, Visibility

from tests.client.reports.scripted import (
    ANA,
    BEN,
    CLEO,
    DOV,
    OLA,
    QUESTIONS,
    TALK,
    Group,
    peer_set,
    peer_set_told,
    small,
)

TOLD = peer_set_told()
ROOM, TAKEAWAY, SHAREABLE = Label.ROOM, Label.TAKEAWAY, Label.SHAREABLE


def reader(seat: int, made_for: Label = ROOM, *, own: bool = False, told: Chronicle = TOLD) -> Allowed:
    return Allowed(told, Reader(seat, made_for, own))


def item(seat: int, label: Label) -> PostWent:
    return PostWent(b"", seat, PostKind.INSIGHT, "", "", label, 0, 1, b"", 0, False)


MINE = [(label, True) for label in Label]
ITEMS = {
    # made for, own record: (label, mine) that may be had
    (ROOM, False): {(label, mine) for label in Label for mine in (False, True)},
    (TAKEAWAY, False): {(TAKEAWAY, False), (SHAREABLE, False), *MINE},
    (SHAREABLE, False): {(SHAREABLE, False), (SHAREABLE, True)},
    (ROOM, True): {(TAKEAWAY, False), (SHAREABLE, False), *MINE},
    (TAKEAWAY, True): {(TAKEAWAY, False), (SHAREABLE, False), *MINE},
    (SHAREABLE, True): {(SHAREABLE, False), *MINE},
}


@pytest.mark.parametrize(("made_for", "own"), ITEMS)
def test_labels_say_how_far_an_item_goes(made_for: Label, own: bool) -> None:
    """Actions, posts and issues alike; one's own are always in one's own record."""
    allowed = reader(BEN, made_for, own=own)
    for label in Label:
        for mine in (False, True):
            seat = BEN if mine else CLEO
            expected = (label, mine) in ITEMS[made_for, own]
            assert allowed.post(item(seat, label)) is expected, (label, mine)
            assert allowed.issue(IssueHeld(1, seat, "", label)) is expected
            action = dataclasses.replace(TOLD.actions[0], owner=seat, label=label)
            assert allowed.action(action) is expected


def action_of(owner: int, label: Label) -> ActionWent:
    return dataclasses.replace(TOLD.actions[0], owner=owner, label=label)


def note_by(seat: int) -> NoteWritten:
    return NoteWritten(seat, "", 0, False)


def test_a_note_goes_with_the_action_if_its_owner_wrote_it() -> None:
    """Another's note on it stays in the room, or with whoever wrote it."""
    action = action_of(CLEO, TAKEAWAY)
    assert reader(BEN, TAKEAWAY).note(action, note_by(CLEO))
    assert not reader(BEN, TAKEAWAY).note(action, note_by(DOV))
    assert reader(DOV, TAKEAWAY).note(action, note_by(DOV))
    assert reader(BEN).note(action, note_by(DOV))
    assert not reader(DOV, SHAREABLE).note(action_of(CLEO, SHAREABLE), note_by(DOV))


def test_what_others_noted_on_ones_own_action_is_in_ones_record_not_at_home_with_others() -> None:
    """It was said to its owner; for a takeaway, others keep their words in the room."""
    mine = action_of(BEN, ROOM)
    assert reader(BEN, own=True).note(mine, note_by(CLEO))
    assert not reader(BEN, TAKEAWAY, own=True).note(mine, note_by(CLEO))
    assert not reader(BEN, SHAREABLE, own=True).note(mine, note_by(CLEO))
    assert not reader(BEN, TAKEAWAY).note(action_of(CLEO, ROOM), note_by(CLEO))


def asked(kept_by: int = 0) -> Asked:
    return Asked(CLEO, "", 1, BEN, 0, kept_by)


def test_words_of_questions_stay_in_the_room() -> None:
    """Whoever asked may take their own home; the holder has in their record what they were asked."""
    assert reader(DOV).question(asked())
    assert not reader(DOV, TAKEAWAY).question(asked())
    assert reader(CLEO, TAKEAWAY).question(asked())
    assert not reader(CLEO, SHAREABLE).question(asked())
    assert reader(BEN, own=True).question(asked())
    assert not reader(BEN, TAKEAWAY, own=True).question(asked())
    assert not reader(DOV, own=True).question(asked())


def test_questions_that_the_holder_keeps_are_in_the_holders_own_record_alone() -> None:
    """Nobody else's, not even whoever asked; in no session report."""
    for seat in (ANA, BEN, CLEO, DOV, OLA):
        for made_for in Label:
            assert not reader(seat, made_for).question(asked(BEN))
            expected = seat == BEN and made_for is ROOM
            assert reader(seat, made_for, own=True).question(asked(BEN)) is expected


def test_kept_questions_in_the_reports_themselves() -> None:
    """Kept after the session too; given back, they are there again."""
    g = Group("Ana", "Ben", "Cleo")
    g.begin(msgspec.structs.replace(QUESTIONS, holder=BEN))
    g.ask(CLEO, "what is it really about")
    g.end()
    word = "what is it really about"

    def words_in(seat: int, *, own: bool) -> bool:
        allowed = g.for_(seat, own=own)
        made = own_record(allowed) if own else session_report(allowed, allowed.chronicle.sessions[0])
        return word in markdown.render(made)

    assert words_in(ANA, own=False)
    g.must(KeepQuestions(1, True), BEN)
    assert not any(words_in(seat, own=False) for seat in (ANA, BEN, CLEO))
    assert [words_in(seat, own=True) for seat in (ANA, BEN, CLEO)] == [False, True, False]
    g.must(KeepQuestions(1, False), BEN)
    assert words_in(ANA, own=False)


def check_in(question: Question, *answers: int | tuple[int, ...] | str | None) -> CheckInWent:
    g = Group("Ana", "Ben", "Cleo")
    g.begin(TALK)
    g.check_in(question, *answers)
    return g.told().sessions[0].check_ins[0]


OURS, THEIRS = TEMPLATES["heard"][1], Question(CheckInKind.SCALE, "Was it worth it?")
ISSUES = dataclasses.replace(check_in(OURS, 1, 1, 1, 1, 1), about_issues=True)
CHECK_INS = {
    "our question, five answers": (check_in(OURS, 1, 1, 1, 1, 1), {ROOM, TAKEAWAY, SHAREABLE}),
    "their question, five answers": (check_in(THEIRS, 1, 1, 1, 1, 1), {ROOM, TAKEAWAY}),
    "our question, four answers": (check_in(OURS, 1, 1, 1, 1, None), {ROOM}),
    "about issues": (ISSUES, {ROOM}),
    "words": (check_in(TEMPLATES["one-word"][1], "a", "b", "c", "d", "e"), {ROOM}),
    "texts": (check_in(Question(CheckInKind.TEXT, "Well?"), "a", "b", "c", "d", "e"), {ROOM}),
    "no result": (dataclasses.replace(check_in(OURS, 1, 1, 1, 1, 1), result=None), {ROOM}),
}


@pytest.mark.parametrize("what", CHECK_INS)
@pytest.mark.parametrize("made_for", list(Label))
def test_numbers_of_check_ins_go_home_where_five_or_more_answered(what: str, made_for: Label) -> None:
    """To anybody, if the question is the program's own; what is in words stays. The own record is for home."""
    asked, goes = CHECK_INS[what]
    assert reader(BEN, made_for).check_in(asked) is (made_for in goes)
    assert anybody_may_have(asked) is (SHAREABLE in goes)
    at_home = TAKEAWAY if made_for is ROOM else made_for
    assert reader(BEN, made_for, own=True).check_in(asked) is (at_home in goes)


def test_air_time_of_all_only_where_the_room_was_and_is_open() -> None:
    """For the room, never at home, never in one's own record."""
    session = TOLD.sessions[0]
    assert reader(BEN).air_time_of_all(session)
    assert not reader(BEN, TAKEAWAY).air_time_of_all(session)
    assert not reader(BEN, own=True).air_time_of_all(session)
    g = peer_set(Visibility.MIRROR)
    assert not reader(ANA, told=g.told()).air_time_of_all(g.told().sessions[0])


def test_an_earlier_session_is_not_opened_by_a_later_choice() -> None:
    """What was said while everybody saw their own alone stays so; and the other way round."""
    g = small()
    g.must(ChangeSettings(_visibility(g, Visibility.OPEN)))
    told = g.told()
    assert not reader(ANA, told=told).air_time_of_all(told.sessions[0])
    opened = peer_set()
    opened.must(ChangeSettings(_visibility(opened, Visibility.MIRROR)))
    assert not reader(ANA, told=opened.told()).air_time_of_all(opened.told().sessions[0])


def _visibility(g: Group, visibility: Visibility) -> Settings:
    return msgspec.structs.replace(g.room.settings, visibility=visibility)


def test_others_air_time_is_in_no_report_that_did_not_ask() -> None:
    """The facilitator's neither: the sentence and one's own."""
    allowed = reader(ANA)
    keys = [t.key for t in session_report(allowed, TOLD.sessions[0]).tables()]
    assert "air_time" not in keys
    keys = [t.key for t in session_report(allowed, TOLD.sessions[0], air_time=True).tables()]
    assert "air_time" in keys


def test_asking_for_others_air_time_does_not_open_a_room_of_mirrors() -> None:
    """Whoever calls it: the command refuses before, the report has no such table."""
    told = peer_set(Visibility.MIRROR).told()
    made = session_report(reader(ANA, told=told), told.sessions[0], air_time=True)
    assert "air_time" not in [t.key for t in made.tables()]
    assert "air_time_chart" not in [getattr(b, "key", "") for s in made.sections for b in s.blocks]


def test_what_others_asked_and_offered_is_not_in_ones_own_record() -> None:
    """Only what one may learn from: insights and resources that they let one take."""
    g = Group("Ana", "Ben")
    g.labelled(g.post(PostKind.ASK, ANA, "who can help"), ANA, SHAREABLE)
    g.labelled(g.post(PostKind.INSIGHT, ANA, "it helps"), ANA, SHAREABLE)
    text = markdown.render(own_record(g.for_(BEN, own=True)))
    assert "it helps" in text
    assert "who can help" not in text


def test_how_often_an_action_was_carried_over_is_its_owners_and_the_facilitators_to_know() -> None:
    """Not in the words, not in the history."""
    for seat, knows in ((ANA, True), (CLEO, True), (BEN, False), (DOV, False), (OLA, False)):
        allowed = reader(seat)
        text = markdown.render(session_report(allowed, TOLD.sessions[1]))
        assert ("carried over" in text) is knows, seat


def test_private_notes_are_in_ones_own_record_alone() -> None:
    """And not in one that is made for anybody."""
    notes = [MyNote("for my eyes", 0)]
    for made_for in Label:
        text = markdown.render(own_record(reader(BEN, made_for, own=True), notes))
        assert ("for my eyes" in text) is (made_for is not SHAREABLE)
    assert not reader(BEN).private_notes


def test_in_what_anybody_may_have_nobody_is_named_but_the_reader() -> None:
    """Nor the room, nor titles that people wrote."""
    allowed = reader(BEN, SHAREABLE)
    assert (allowed.name(BEN), allowed.name(CLEO)) == ("Ben", SOMEBODY)
    text = markdown.render(session_report(allowed, TOLD.sessions[0]))
    for word in ("Ana", "Cleo", "Dov", "Ola", "Gül", "Peer set 3", "Hello"):
        assert word not in text


def test_observers_have_reports_of_sessions_that_they_attended() -> None:
    """Members of all."""
    assert reader(OLA).session(TOLD.sessions[0])
    assert not reader(OLA).session(TOLD.sessions[1])
    assert reader(BEN).session(TOLD.sessions[1])
    assert not reader(99).session(TOLD.sessions[1])
    g = small()
    g.enter("Dov")
    assert reader(4, told=g.told()).session(g.told().sessions[0])
    g.must(SetRole(4, Role.OBSERVER))
    assert not reader(4, told=g.told()).session(g.told().sessions[0])


@pytest.mark.parametrize("seat", [ANA, BEN, CLEO, DOV, OLA])
@pytest.mark.parametrize("made_for", [TAKEAWAY, SHAREABLE])
def test_nothing_of_others_that_stays_in_the_room_is_in_what_leaves_it(seat: int, made_for: Label) -> None:
    """Of the whole script, in both reports, whoever reads."""
    kept = {
        BEN: ["My team waits", "no longer decide", "Deciding is not", "worth it?"],
        CLEO: ["asked to lead", "Ask Ben", "two people who lead"],
        DOV: ["to the minutes", "good book", "afraid of losing"],
        ANA: ["Book a room", "lend you one", "looked relieved"],
        0: ["tired but", "I can say no", "alone.", "Same time", "Were you heard"],
    }
    allowed, own = reader(seat, made_for), reader(seat, made_for, own=True)
    texts = [session_report(allowed, s) for s in TOLD.sessions]
    told = "".join(markdown.render(t) for t in [*texts, own_record(own)])
    for owner, words in kept.items():
        if owner != seat:
            for word in words:
                assert word not in told
