"""Members: seats, guest seats, who is on the call, the chair."""

from __future__ import annotations

from evenly_protocol import agreement, attendance, seats
from evenly_protocol import members as m
from evenly_protocol.agenda import SetIssueHolder
from evenly_protocol.hands import RaiseHand
from evenly_protocol.words import FloorMode, Intent, Presence, Role

from .world import MINUTE, NAME, SECOND, World, code, phase


def presence(w: World, seat: int) -> Presence:
    return w.room.members[seat].presence


def test_the_first_member_is_the_facilitator_and_the_others_participants() -> None:
    w = World(3, None)
    assert [x.role for x in w.room.members.values()] == [Role.FACILITATOR, Role.PARTICIPANT, Role.PARTICIPANT]


def test_seats_are_numbered_from_1_and_never_used_again() -> None:
    w = World(3, None)
    w.must(seats.RemoveMember(2))
    assert w.join() == 4
    assert list(w.room.members) == [1, 2, 3, 4]


def test_a_device_that_is_in_already_is_let_in_once() -> None:
    w = World(2, None)
    assert w.do(seats.Admit(w.room.members[2].ik, NAME, b"i" * 16, b"s" * 64), by=0) == []


def test_a_removed_device_does_not_come_in_again_and_the_invitation_is_closed() -> None:
    w = World(3, None)
    ik = w.room.members[3].ik
    w.must(seats.RemoveMember(3))
    assert not w.room.invitation_open
    assert code(w.do(seats.Admit(ik, NAME, b"i" * 16, b"s" * 64), by=0)) == "not_allowed"


def test_a_room_has_at_most_300_members() -> None:
    w = World(1, None)
    for seat in range(2, 301):
        w.room.members[seat] = m.Member(seat, seat.to_bytes(32, "big"), Role.PARTICIPANT, NAME)
    assert code(w.do(seats.Admit(b"x" * 32, NAME, b"i" * 16, b"s" * 64), by=0)) == "room_full"
    assert code(w.do(seats.AddGuest(NAME))) == "room_full"


def test_a_name_has_one_of_the_padded_sizes() -> None:
    w = World(2, None)
    assert code(w.do(seats.SetName(b"n" * 60, b"s" * 64), 2)) == "bad_length"
    assert code(w.do(seats.AddGuest(b""))) == "bad_length"
    w.must(seats.SetName(b"m" * 61, b"t" * 64), 2)
    assert w.room.members[2].name == b"m" * 61


def test_the_last_facilitator_stays() -> None:
    w = World(2, None)
    assert code(w.do(seats.SetRole(1, Role.PARTICIPANT))) == "last_facilitator"
    assert code(w.do(seats.RemoveMember(1))) == "last_facilitator"
    w.must(seats.SetRole(2, Role.FACILITATOR))
    w.must(seats.SetRole(1, Role.PARTICIPANT))
    assert w.room.members[1].role is Role.PARTICIPANT


# -- guest seats ---------------------------------------------------------------------------------------------------


def test_a_guest_seat_is_on_the_call_as_soon_as_it_is_entered() -> None:
    w = World(2)
    seat = w.guest()
    assert w.room.members[seat].is_guest
    assert presence(w, seat) is Presence.HERE


def test_a_guest_seat_entered_before_the_session_is_on_the_call_when_it_starts() -> None:
    w = World(2, None)
    seat = w.guest()
    w.start(phase())
    assert presence(w, seat) is Presence.HERE
    assert seat in w.sums.balance or seat in w.session.timeline[-1].eligible


def test_a_guest_seat_stands_in_rounds_queue_and_air_time_like_anyone() -> None:
    w = World(3)
    seat = w.guest()
    w.hand(seat)
    assert w.next() == seat
    w.later(10 * SECOND)
    assert w.counted(seat) == 10 * SECOND
    w.mode(FloorMode.ROUND)
    assert seat in [w.turn.seat, *(w.floor.round.pending if w.floor.round else [])]


def test_a_guest_seat_becomes_that_persons_own_with_what_it_has_said() -> None:
    w = World(3)
    guest = w.guest()
    w.give(guest)
    w.later(20 * SECOND)
    w.finish()
    fresh = w.join()
    w.must(attendance.NoticeConnected(fresh), by=0)
    w.must(seats.GiveGuestSeat(guest, fresh))
    member = w.room.members[guest]
    assert member.ik
    assert not member.is_guest
    assert member.attending
    assert w.counted(guest) == 20 * SECOND
    assert w.room.members[fresh].removed


def test_the_person_of_a_guest_seat_is_one_person_in_the_shares() -> None:
    """While the fresh seat waited to be given the guest seat, the same person sat in both."""
    w = World(3)
    guest = w.guest()
    fresh = w.join()
    w.must(attendance.NoticeConnected(fresh), by=0)
    w.give(2)
    w.later(30 * SECOND)
    w.must(seats.GiveGuestSeat(guest, fresh))
    assert fresh not in w.sums.balance
    assert w.balance(guest) == -10 * SECOND


def test_hands_raised_in_the_fresh_seat_move_with_the_person() -> None:
    w = World(3)
    guest = w.guest()
    fresh = w.join()
    w.must(attendance.NoticeConnected(fresh), by=0)
    w.hand(fresh)
    w.must(seats.GiveGuestSeat(guest, fresh))
    assert w.line == [guest]


def test_a_guest_seat_taken_over_at_the_door_follows_the_connection_from_then_on() -> None:
    w = World(3)
    guest = w.guest()
    w.join(guest)
    assert w.room.members[guest].ik
    assert w.room.members[guest].attending
    w.must(attendance.NoticeLost(guest), by=0)
    assert presence(w, guest) is Presence.GONE


def test_only_a_seat_that_has_not_spoken_is_joined_with_a_guest_seat() -> None:
    w = World(3)
    guest = w.guest()
    w.give(2)
    assert code(w.do(seats.GiveGuestSeat(guest, 2))) == "seat_in_use"
    w.later(SECOND)
    w.finish()
    assert code(w.do(seats.GiveGuestSeat(guest, 2))) == "seat_in_use"
    assert code(w.do(seats.GiveGuestSeat(3, 2))) == "not_a_guest"
    assert code(w.do(seats.GiveGuestSeat(guest, 77))) == "no_such_seat"


def test_a_guest_seat_is_a_participant() -> None:
    w = World(2)
    assert code(w.do(seats.SetRole(w.guest(), Role.FACILITATOR))) == "not_allowed"


# -- attending -----------------------------------------------------------------------------------------------------


def test_those_connected_are_attending_when_a_session_starts() -> None:
    w = World(3, None)
    w.start(phase(), connected=[1, 3])
    assert [x.seat for x in m.attending(w.room)] == [1, 3]


def test_a_member_who_connects_later_arrives() -> None:
    w = World(3, None)
    w.start(phase(), connected=[1])
    w.must(attendance.NoticeConnected(2), by=0)
    assert presence(w, 2) is Presence.HERE


def test_a_member_who_stepped_away_is_away_until_they_come_back() -> None:
    w = World(3)
    w.must(attendance.StepAway(), 2)
    assert presence(w, 2) is Presence.AWAY
    assert w.do(attendance.NoticeConnected(2), by=0) == []
    w.must(attendance.ComeBack(), 2)
    assert presence(w, 2) is Presence.HERE


def test_a_member_who_leaves_or_is_lost_is_gone() -> None:
    w = World(4)
    w.must(attendance.LeaveCall(), 2)
    w.must(attendance.NoticeLost(3), by=0)
    assert presence(w, 2) is presence(w, 3) is Presence.GONE
    assert w.do(attendance.LeaveCall(), 2) == []


def test_a_member_of_whom_a_facilitator_says_that_they_are_on_the_call_stays_when_the_connection_is_lost() -> None:
    w = World(3)
    w.must(attendance.SetAttending(2, True))
    assert w.do(attendance.NoticeLost(2), by=0) == []
    w.must(attendance.SetAttending(2, False))
    assert presence(w, 2) is Presence.GONE


def test_between_sessions_nobody_is_noticed_coming_or_going() -> None:
    w = World(2, None)
    assert w.do(attendance.NoticeConnected(2), by=0) == []
    assert w.do(attendance.NoticeLost(2), by=0) == []


def test_raising_a_hand_or_being_given_the_floor_shows_that_somebody_is_on_the_call() -> None:
    w = World(4, None)
    w.start(phase(), connected=[1])
    w.hand(2)
    w.give(3)
    assert presence(w, 2) is presence(w, 3) is Presence.HERE


def test_listening_today_is_a_members_own_and_ends_with_the_session() -> None:
    w = World(3)
    w.must(attendance.ListenToday(True), 2)
    assert w.room.members[2].listening
    assert w.do(attendance.ListenToday(True), 2) == []
    w.end()
    assert not w.room.members[2].listening


# -- roles and removal on the floor --------------------------------------------------------------------------------


def test_an_observer_has_no_hand_no_turn_and_no_place_in_a_round() -> None:
    w = World(4)
    w.hand(3)
    w.give(3)
    w.later(5 * SECOND)
    w.hand(3)
    w.must(seats.SetRole(3, Role.OBSERVER))
    assert w.line == []
    assert w.speaking == []
    assert w.session.ledger[-1].end == w.at
    assert code(w.do(RaiseHand(Intent.SPEAK), 3)) == "not_allowed"


def test_whoever_is_removed_leaves_the_floor() -> None:
    w = World(4)
    w.mode(FloorMode.ROUND)
    seat = w.turn.seat
    behind = next(s for s in (2, 3, 4) if s != seat)
    w.hand(behind)
    w.must(seats.RemoveMember(behind))
    w.must(seats.RemoveMember(seat))
    assert w.speaking == []
    assert w.floor.hands == []
    assert w.floor.round is not None
    assert not {seat, behind} & set(w.floor.round.pending)


def test_a_removed_hand_lowers_the_pins_behind_it_and_frees_who_let_it_go_first() -> None:
    from evenly_protocol.hands import DeferHand, PlaceHand

    w = World(5)
    w.hand(2)
    third, last = w.hand(3), w.hand(4)
    w.hand(5)
    w.must(PlaceHand(last, 4))
    assert w.line == [2, 3, 5, 4]
    w.must(DeferHand(w.up(2).id), 2)
    assert w.up(2).behind == third
    w.must(seats.RemoveMember(3))
    assert w.up(2).behind == b""
    assert w.up(4).pin == 3


# -- the timekeeper, the chair -------------------------------------------------------------------------------------


def test_a_timekeeper_marks_who_is_speaking_until_the_session_ends() -> None:
    w = World(3)
    assert not m.tracks(w.room, 3)
    w.must(seats.SetTimekeeper(3))
    w.give(2, by=3)
    assert w.speaking == [2]
    w.end()
    assert w.room.timekeeper == 0


def test_an_observer_can_keep_time() -> None:
    w = World(4, observers=[4])
    w.must(seats.SetTimekeeper(4))
    w.give(2, by=4)
    w.finish(by=4)
    assert w.speaking == []


def test_a_participant_may_take_the_chair_after_5_minutes_without_a_facilitator() -> None:
    w = World(3)
    w.must(attendance.LeaveCall(), 1)
    w.later(5 * MINUTE - 1)
    assert code(w.do(attendance.TakeChair(), 2)) == "chair_taken"
    w.later(1)
    w.must(attendance.TakeChair(), 2)
    assert m.is_facilitator(w.room, 2)
    assert code(w.do(attendance.TakeChair(), 3)) == "chair_taken"


def test_the_chair_goes_back_when_a_facilitator_returns() -> None:
    w = World(3)
    w.must(attendance.LeaveCall(), 1)
    w.later(5 * MINUTE)
    w.must(attendance.TakeChair(), 2)
    w.must(attendance.StepAway(), 2)
    w.must(attendance.ComeBack(), 2)
    assert w.room.chair == 2
    w.must(attendance.NoticeConnected(1), by=0)
    assert w.room.chair == 0
    assert not m.is_facilitator(w.room, 2)


def test_a_chair_that_leaves_can_be_taken_by_another_5_minutes_later() -> None:
    w = World(3)
    w.must(attendance.LeaveCall(), 1)
    w.later(5 * MINUTE)
    w.must(attendance.TakeChair(), 2)
    w.must(attendance.LeaveCall(), 2)
    w.later(5 * MINUTE)
    w.must(attendance.TakeChair(), 3)
    assert w.room.chair == 3


def test_while_the_host_is_on_the_call_the_chair_is_not_free() -> None:
    w = World(3, None)
    w.start(phase(), host=2)
    w.must(attendance.LeaveCall(), 1)
    w.later(10 * MINUTE)
    assert code(w.do(attendance.TakeChair(), 3)) == "chair_taken"


def test_making_an_absent_member_facilitator_leaves_the_chair_where_it_is() -> None:
    w = World(4, None)
    w.start(phase(), connected=[1, 2, 3])
    w.must(attendance.LeaveCall(), 1)
    w.later(5 * MINUTE)
    w.must(attendance.TakeChair(), 2)
    w.must(seats.SetRole(4, Role.FACILITATOR), by=1)
    assert w.room.chair == 2
    w.must(seats.SetRole(3, Role.FACILITATOR), by=1)
    assert w.room.chair == 0


# -- agreement, names, invitation ----------------------------------------------------------------------------------


def test_an_agreement_has_versions_and_each_answers_the_latest() -> None:
    w = World(3, None)
    w.must(agreement.SetAgreement(b"a" * 285))
    assert (w.room.agreement.version, w.room.members[1].agreed) == (1, 1)
    w.must(agreement.AnswerAgreement(1), 2)
    assert w.do(agreement.AnswerAgreement(1), 2) == []
    w.must(agreement.SetAgreement(b"b" * 285))
    assert code(w.do(agreement.AnswerAgreement(1), 3)) == "old_version"
    assert w.room.members[2].agreed == 1
    assert code(w.do(agreement.SetAgreement(b"b" * 286))) == "bad_length"


def test_a_room_has_a_name_and_an_invitation_that_opens_and_closes() -> None:
    w = World(2, None)
    w.must(agreement.NameRoom(NAME))
    assert w.room.name == NAME
    assert code(w.do(agreement.NameRoom(b"x"))) == "bad_length"
    w.must(agreement.SetInvitation(False))
    assert not w.room.invitation_open
    assert w.do(agreement.SetInvitation(False)) == []


def test_the_issue_holder_is_a_member() -> None:
    w = World(2)
    assert code(w.do(SetIssueHolder(9))) == "no_such_seat"
    w.must(SetIssueHolder(2))
    assert w.session.phase.holder == 2


def test_where_the_group_meets_is_a_sealed_link() -> None:
    w = World(2, None)
    assert w.do(agreement.SetCallLink(b"")) == []
    assert code(w.do(agreement.SetCallLink(b"x"))) == "bad_length"
    w.must(agreement.SetCallLink(b"l" * 61))
    assert (w.room.call.link, w.room.call.author) == (b"l" * 61, w.room.members[1].ik)
    assert w.room.call.id == w.entries[-1].id
    w.must(agreement.SetCallLink(b""))
    assert w.room.call.link == b""


def test_a_visitor_watches_and_is_no_member_any_more_when_the_session_ends() -> None:
    w = World(3)
    assert code(w.do(seats.SetVisitor(1))) == "not_allowed"
    assert code(w.do(seats.SetVisitor(3), 2)) == "not_allowed"
    w.must(seats.SetVisitor(3))
    assert w.room.members[3].role is Role.OBSERVER
    assert code(w.do(RaiseHand(Intent.SPEAK), 3)) == "not_allowed"
    w.end()
    assert w.room.members[3].removed
    assert (3).to_bytes(32, "big") in w.room.blocked
    assert not w.room.members[2].removed


def test_a_visitor_who_is_given_a_role_stays() -> None:
    w = World(3)
    w.must(seats.SetVisitor(3))
    w.must(seats.SetRole(3, Role.PARTICIPANT))
    w.end()
    assert not w.room.members[3].removed
