"""The log, folded once: what happened, session by session, and of the room as a whole."""

from __future__ import annotations

import msgspec
from evenly_client.reports.chronicle import Chronicle, SessionWent, chronicle
from evenly_client.sealing import RoomKeys
from evenly_protocol.actions import AddAction, ConfirmAction
from evenly_protocol.agenda import LeaveOpen
from evenly_protocol.attendance import ComeBack, LeaveCall, StepAway
from evenly_protocol.exchange import PostTakenBack, TakeBackPost
from evenly_protocol.issues import WithdrawIssue
from evenly_protocol.room import Entry
from evenly_protocol.sealed import FieldKind
from evenly_protocol.seats import GiveGuestSeat, RemoveMember
from evenly_protocol.series import Draft, PlanSeries
from evenly_protocol.session import EndSession, Hold
from evenly_protocol.turns import GiveFloor
from evenly_protocol.undo import Undo, last_step
from evenly_protocol.words import ActionState, FloorMode, PostKind

from tests.client.reports.scripted import (
    ANA,
    BEN,
    CLEO,
    DAY,
    DOV,
    GUEL,
    OLA,
    QUESTIONS,
    SECRET,
    TALK,
    Group,
    peer_set_told,
    small,
)
from tests.protocol.world import MINUTE, phase


def first(told: Chronicle) -> SessionWent:
    return told.sessions[0]


def test_sessions_have_their_people_phases_and_issues() -> None:
    """As the script has it."""
    one, two = peer_set_told().sessions
    assert (one.number, one.hosts, two.hosts) == (1, (CLEO,), (DOV, ANA))
    assert [p.activity for p in one.phases] == ["talk", "issue", "questions", "actions"]
    assert one.phases[0].title == "Hello | <b>all</b>"
    assert [p.counted for p in one.phases] == [True, True, True, False]
    assert [(i.number, i.holder) for i in one.issues] == [(1, BEN)]
    assert one.issues[0].text.startswith("My team waits")
    assert [(i.holder, i.text[:5]) for i in two.issues] == [(CLEO, "I was")]
    assert one.corrections == 1
    assert one.timekeepers == {DOV}
    assert one.led == {ANA, CLEO}
    assert two.pairs == (((ANA, BEN), (CLEO, DOV)), ((ANA, CLEO), (BEN, DOV)))
    assert not one.running


def test_a_pause_is_not_in_what_a_phase_took() -> None:
    """Two minutes stood still in the questions; whoever was there was there all the same."""
    one = first(peer_set_told())
    questions = one.phases[2]
    assert questions.ended - questions.started - questions.took == 2 * MINUTE
    assert one.attended[ANA] == one.until - one.started_at


def test_attendance_is_from_arrival_until_leaving_without_the_time_away() -> None:
    """Dov stepped away for a minute; the observer left four minutes before the end."""
    one = first(peer_set_told())
    assert one.attended[DOV] == one.attended[BEN] - MINUTE
    assert one.attended[OLA] == one.attended[BEN] - 4 * MINUTE


def test_attendance_ends_with_the_agenda_when_the_room_is_left_open() -> None:
    """Informal talk is no attendance; if it is taken back, everything counts again."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.later(10 * MINUTE)
    g.must(LeaveOpen(g.session.phase.visit))
    g.later(7 * MINUTE)
    told = g.told()
    assert first(told).attended == {1: 10 * MINUTE, 2: 10 * MINUTE}
    assert not first(told).running
    assert [p.activity for p in first(told).phases] == ["talk"]
    step = last_step(g.room, ANA)
    assert step is not None
    g.must(Undo(step.id))
    g.later(MINUTE)
    g.end()
    assert first(g.told()).attended == {1: 18 * MINUTE, 2: 18 * MINUTE}


def test_a_session_that_runs_is_told_so_far() -> None:
    """Until now, in a pause too."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.talk((BEN, 3))
    g.must(Hold(), BEN)
    g.later(MINUTE)
    went = first(g.told())
    assert went.running
    assert went.until == g.at
    assert went.attended[BEN] == 4 * MINUTE
    assert went.phases[0].took == 3 * MINUTE
    assert went.totals.counted == {BEN: 3 * MINUTE}
    earlier = chronicle(g.room.id, g.entries, g.keys)
    assert first(earlier).until == g.entries[-1].at


def test_questions_are_counted_by_seat_and_those_with_words_are_told() -> None:
    """Asked by hand and by seat key; one that was given by mistake was not asked."""
    g = Group("Ana", "Ben", "Cleo")
    g.begin(QUESTIONS)
    g.ask(BEN, "Why?")
    g.give(CLEO)
    g.later(1000)
    g.give(BEN)
    step = last_step(g.room, ANA)
    assert step is not None
    g.must(Undo(step.id))
    g.later(MINUTE)
    g.end()
    went = first(g.told())
    assert went.asked == {BEN: 1, CLEO: 1}
    assert [(q.seat, q.words) for q in went.questions] == [(BEN, "Why?")]


def test_actions_have_their_whole_history_long_after_they_left_the_board() -> None:
    """Five sessions later the board has forgotten it."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    done = g.action(BEN, "write it down")
    open_ = g.action(BEN, "and again")
    g.becomes(done, BEN, ActionState.DONE, "it was short")
    g.end()
    for _ in range(5):
        g.later(DAY)
        g.begin(TALK)
        g.end()
    assert not any(a.id == done for a in g.room.actions)
    told = {a.id: a for a in g.told().actions}
    assert [s.state for s in told[done].steps] == [ActionState.COMMITTED, ActionState.DONE]
    assert [n.text for n in told[done].notes] == ["it was short"]
    assert told[open_].steps[-1].carried == 5
    assert told[open_].state is ActionState.COMMITTED


def test_what_was_typed_for_somebody_and_not_confirmed_is_not_told() -> None:
    """Nor what waits to be confirmed; what was confirmed is the owner's from then on."""
    g = Group("Ana", "Ben")
    no = g.say(FieldKind.ACTION, "he will not", lambda t: AddAction(t, BEN))
    g.say(FieldKind.ACTION, "he may", lambda t: AddAction(t, BEN))
    yes = g.say(FieldKind.ACTION, "he will", lambda t: AddAction(t, BEN))
    g.must(ConfirmAction(no, False), BEN)
    g.must(ConfirmAction(yes, True), BEN)
    told = g.told().actions
    assert [(a.text, [s.state for s in a.steps]) for a in told] == [("he will", [ActionState.COMMITTED])]


def test_texts_that_were_taken_back_are_nowhere() -> None:
    """Though the log has the original: a post, an issue, an action's first words."""
    g = Group("Ana", "Ben")
    post = g.post(PostKind.WIN, BEN, "secret-post", link="https://secret-link.example")
    issue = g.issue(BEN, "secret-issue")
    action = g.action(BEN, "secret-action")
    g.must(TakeBackPost(post), BEN)
    g.must(WithdrawIssue(issue), BEN)
    g.reword(action, BEN, "better words")
    g.begin(phase())
    g.end()
    assert "secret" not in repr(g.told())
    assert "better words" in repr(g.told())


def test_what_is_withdrawn_long_after_is_gone_too() -> None:
    """An issue of an earlier session; a post that has left the board, should a log have such a thing."""
    g = Group("Ana", "Ben")
    issue = g.issue(BEN, "secret-issue")
    post = g.post(PostKind.WIN, BEN, "secret-post")
    g.begin(msgspec.structs.replace(QUESTIONS, holder=BEN))
    g.end()
    g.begin(TALK)
    g.end()
    assert "secret-issue" in repr(g.told())
    g.must(WithdrawIssue(issue), BEN)
    for number in range(300):
        g.post(PostKind.INSIGHT, ANA, f"number {number}")
    assert not any(p.id == post for p in g.room.posts)
    assert "secret-post" in repr(g.told())
    g.tell([PostTakenBack(post)], by=BEN)
    folded = chronicle(g.room.id, g.entries, g.keys)
    assert "secret" not in repr(folded)
    assert folded.sessions[0].issues[0].holder == BEN


def test_posts_that_left_the_board_are_told() -> None:
    """The board keeps 300."""
    g = Group("Ana", "Ben")
    oldest = g.post(PostKind.OFFER, ANA, "the oldest")
    for number in range(300):
        g.post(PostKind.INSIGHT, BEN, f"number {number}")
    assert not any(p.id == oldest for p in g.room.posts)
    told = {p.id: p.text for p in g.told().posts}
    assert len(told) == 301
    assert told[oldest] == "the oldest"


def test_a_guest_who_joins_is_one_person() -> None:
    """What both seats did, one did; a moment in both counts once."""
    g = Group("Ana", "Ben")
    guest = g.enter_guest("Gül")
    g.begin(TALK)
    g.must(GiveFloor(guest))
    g.later(5 * MINUTE)
    fresh = g.enter("Gül")
    g.must(ComeBack(), fresh)
    g.action(fresh, "as a fresh member")
    g.later(2 * MINUTE)
    g.must(GiveGuestSeat(guest, fresh))
    g.later(MINUTE)
    g.end()
    told = g.told()
    assert first(told).attended == {1: 8 * MINUTE, 2: 8 * MINUTE, guest: 8 * MINUTE}
    assert [(told.name(a.owner), a.owner) for a in told.actions] == [("Gül", guest)]


def test_leaving_and_coming_back() -> None:
    """Away, gone, back: each only as long as it was."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    for leave in (StepAway(), LeaveCall()):
        g.later(MINUTE)
        g.must(leave, BEN)
        g.later(MINUTE)
        g.must(ComeBack(), BEN)
    g.later(MINUTE)
    g.end()
    assert first(g.told()).attended == {ANA: 5 * MINUTE, BEN: 3 * MINUTE}


def test_of_the_whole_room() -> None:
    """Introductions, coaching, the series, the call's link."""
    told = peer_set_told()
    assert (told.introductions, told.coaching_minutes) == (1, 45)
    assert [(c.by, c.seat) for c in told.coached] == [(CLEO, BEN)]
    assert told.room_name == "Peer set 3"
    assert told.call_link == "https://call.example.org/set-3"
    assert told.name(GUEL) == "Gül"
    following = told.next_meeting()
    assert following is not None
    assert (following.topic, following.holders, following.host) == ("Saying no", (DOV,), BEN)
    assert [m.number for m in told.meetings if not m.cancelled] == [1, 2, 0]
    assert [m.cancelled for m in told.meetings] == [False, False, False, True]


def test_progress_grows_to_the_number_of_entries() -> None:
    """It is told now and then, and at the end."""
    g = small(sessions=1)
    entries = [*g.entries]
    while len(entries) < 1_234:
        last = entries[-1]
        entries.append(Entry(last.seq + 1, b"x" * 16, last.at, 0, 0, []))
    seen: list[tuple[int, int]] = []
    chronicle(g.room.id, entries, g.keys, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(500, 1_234), (1_000, 1_234), (1_234, 1_234)]


def test_an_empty_room_has_a_chronicle() -> None:
    """Nothing happened."""
    told = chronicle(b"r" * 16, [], RoomKeys.from_secret(SECRET))
    assert (told.sessions, told.actions, told.posts, told.next_meeting()) == ((), (), (), None)


def test_another_rooms_link_opens_nothing() -> None:
    """Every text says so; nothing breaks."""
    g = small()
    told = chronicle(g.room.id, g.entries, RoomKeys.from_secret(b"x" * 16))
    assert set(told.names.values()) >= {"(cannot be read)"}


def test_two_sessions_in_one_entry_are_two() -> None:
    """Starting the next ends the one that was left open."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.later(5 * MINUTE)
    g.must(LeaveOpen(g.session.phase.visit))
    g.later(5 * MINUTE)
    g.begin(phase(FloorMode.SILENCE))
    g.later(3 * MINUTE)
    g.must(EndSession(2))
    one, two = g.told().sessions
    assert (one.attended[BEN], two.attended[BEN]) == (5 * MINUTE, 3 * MINUTE)


def test_who_leaves_for_ever_is_told_with_what_they_did() -> None:
    """By the name that they had; what they had still to do was dropped, the series goes on without them."""
    g = Group("Ana", "Ben", "Cleo")
    g.must(PlanSeries([Draft(b"p" * 16, g.at + DAY, [BEN], ANA)]))
    before = g.told()
    g.begin(TALK)
    g.talk((BEN, 3), (CLEO, 3))
    g.action(BEN, "call the bank")
    g.must(RemoveMember(BEN))
    g.end()
    told = g.told()
    assert told.name(BEN) == "Ben"
    assert told.sessions[0].attended[BEN] == 6 * MINUTE
    assert told.actions[0].state is ActionState.DROPPED
    assert told.actions[0].changed_at == told.actions[0].steps[-1].at
    assert told.meetings[0].holders == ()
    assert told.meetings[0].sequence > before.meetings[0].sequence
    assert told.series_changes > before.series_changes


def test_a_plan_that_was_undone_is_as_it_was() -> None:
    """Nothing is called off that is planned again; what calendars have is older than what they get."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.must(PlanSeries([Draft(b"p" * 16, g.at + DAY, [BEN], ANA)]))
    planned = g.told()
    g.must(PlanSeries([]))
    assert [m.cancelled for m in g.told().meetings] == [True]
    step = last_step(g.room, ANA)
    assert step is not None
    g.must(Undo(step.id))
    told = g.told()
    assert [m.cancelled for m in told.meetings] == [False]
    assert told.meetings[0].sequence > planned.meetings[0].sequence
    assert told.series_changes > planned.series_changes
