"""The exchange: what stands on it, what answers what, asks that are met."""

from __future__ import annotations

import pytest
from evenly_protocol.exchange import (
    POSTS_AT_MOST,
    POSTS_KEPT,
    AddPost,
    LogCoaching,
    MeetAsk,
    Post,
    TakeBackPost,
    open_asks,
    post_with,
    replies,
)
from evenly_protocol.seats import RemoveMember
from evenly_protocol.words import PostKind

from .world import World, code

TEXT, LINK = b"p" * 285, b"l" * 61


def post(w: World, seat: int, kind: PostKind = PostKind.ASK, to: bytes = b"", link: bytes = b"") -> bytes:
    w.must(AddPost(kind, TEXT, link, to), seat)
    return w.entries[-1].id


def found(w: World, id: bytes) -> Post:
    one = post_with(w.room, id)
    assert one is not None
    return one


@pytest.mark.parametrize("kind", PostKind)
def test_there_are_asks_offers_resources_insights_and_wins(kind: PostKind) -> None:
    w = World(2, None)
    one = found(w, post(w, 2, kind, link=LINK))
    assert (one.seat, one.kind, one.text, one.link, one.session) == (2, kind, TEXT, LINK, 0)
    assert one.author == w.room.members[2].ik


def test_posts_and_links_have_the_padded_sizes() -> None:
    w = World(2, None)
    assert code(w.do(AddPost(PostKind.WIN, b"x"), 2)) == "bad_length"
    assert code(w.do(AddPost(PostKind.WIN, TEXT, b"x"), 2)) == "bad_length"


def test_a_reply_to_a_reply_answers_what_that_one_answered() -> None:
    w = World(3, None)
    ask = post(w, 2)
    first = post(w, 3, PostKind.OFFER, ask)
    second = post(w, 2, PostKind.OFFER, first)
    assert [p.id for p in replies(w.room, ask)] == [first, second]
    assert replies(w.room, first) == []
    assert code(w.do(AddPost(PostKind.WIN, TEXT, reply_to=b"?" * 16), 2)) == "no_such_post"


def test_a_text_taken_back_is_gone_for_everybody_with_its_link() -> None:
    w = World(3, None)
    ask = post(w, 2, link=LINK)
    assert code(w.do(TakeBackPost(ask), 3)) == "not_yours"
    assert code(w.do(TakeBackPost(ask), 1)) == "not_yours"
    w.must(TakeBackPost(ask), 2)
    one = found(w, ask)
    assert (one.text, one.link, one.taken_back) == (b"", b"", True)
    assert w.do(TakeBackPost(ask), 2) == []
    assert open_asks(w.room) == []
    assert code(w.do(AddPost(PostKind.WIN, TEXT, reply_to=ask), 3)) == "no_such_post"
    assert code(w.do(MeetAsk(ask, 3), 3)) == "no_such_post"


def test_an_ask_is_met_and_introductions_are_counted_once() -> None:
    w = World(4, None)
    ask = post(w, 2)
    assert [p.id for p in open_asks(w.room)] == [ask]
    assert code(w.do(MeetAsk(ask, 3), 4)) == "not_yours"
    assert code(w.do(MeetAsk(ask, 2), 2)) == "no_such_seat"
    assert code(w.do(MeetAsk(ask, 9), 2)) == "no_such_seat"
    w.must(MeetAsk(ask, 3, introduced=True), 3)
    assert (w.room.introductions, open_asks(w.room)) == (1, [])
    assert w.do(MeetAsk(ask, 3, introduced=True), 2) == []
    w.must(MeetAsk(ask, 4, introduced=True), 2)
    assert w.room.introductions == 1
    w.must(MeetAsk(ask, 4), 2)
    assert w.room.introductions == 0
    w.must(MeetAsk(ask, 3, introduced=True), 2)
    assert code(w.do(MeetAsk(ask, 0), 3)) == "not_yours"
    w.must(MeetAsk(ask, 0, introduced=True), 2)
    assert (w.room.introductions, len(open_asks(w.room))) == (0, 1)


def test_only_an_ask_is_met() -> None:
    w = World(3, None)
    assert code(w.do(MeetAsk(post(w, 2, PostKind.OFFER), 3), 2)) == "no_such_post"
    assert code(w.do(MeetAsk(post(w, 2, PostKind.ASK, post(w, 3)), 3), 2)) == "no_such_post"


def test_a_facilitator_does_for_a_guest_seat_what_members_do_for_themselves() -> None:
    w = World(3, None)
    guest = w.guest()
    w.must(AddPost(PostKind.ASK, TEXT, seat=guest))
    ask = w.entries[-1].id
    assert found(w, ask).author == w.room.members[1].ik
    assert code(w.do(AddPost(PostKind.ASK, TEXT, seat=guest), 2)) == "not_allowed"
    assert code(w.do(AddPost(PostKind.ASK, TEXT, seat=2))) == "not_allowed"
    w.must(MeetAsk(ask, 2))
    w.must(TakeBackPost(ask))


def test_the_oldest_settled_post_leaves_the_board_with_its_replies() -> None:
    w = World(3, None)
    ask = post(w, 2)
    first = post(w, 2, PostKind.WIN)
    post(w, 3, PostKind.WIN, first)
    for _ in range(POSTS_KEPT):
        post(w, 2, PostKind.WIN)
        assert len(w.room.posts) <= POSTS_KEPT
    assert post_with(w.room, ask) is not None
    assert post_with(w.room, first) is None
    assert all(not p.reply_to for p in w.room.posts)


def test_what_was_just_answered_stays_with_its_answer() -> None:
    w = World(3, None)
    old = post(w, 2, PostKind.WIN)
    for _ in range(POSTS_KEPT - 1):
        post(w, 2, PostKind.WIN)
    answer = post(w, 3, PostKind.WIN, old)
    assert [p.id for p in replies(w.room, old)] == [answer]
    assert len(w.room.posts) == POSTS_KEPT


def test_open_asks_are_never_dropped_and_a_board_of_asks_alone_is_full_one_day() -> None:
    w = World(3, None)
    for n in range(POSTS_AT_MOST):
        w.room.posts.append(Post(n.to_bytes(16, "big"), 2, PostKind.ASK, TEXT, b"", 0, 0))
    assert code(w.do(AddPost(PostKind.WIN, TEXT), 2)) == "board_full"
    w.must(MeetAsk(w.room.posts[0].id, 3), 2)
    w.room.posts = w.room.posts[: POSTS_KEPT + 1]
    post(w, 2)
    assert len(open_asks(w.room)) == POSTS_KEPT + 1


def test_the_ask_of_somebody_who_left_waits_for_nobody() -> None:
    w = World(3, None)
    post(w, 2)
    w.must(RemoveMember(2))
    assert open_asks(w.room) == []


def test_coaching_is_counted_in_minutes_alone() -> None:
    w = World(3, None)
    w.must(LogCoaching(3, 45), 2)
    w.must(LogCoaching(2, 15), 3)
    assert w.room.coaching_minutes == 60
    assert code(w.do(LogCoaching(2, 15), 2)) == "no_such_seat"
    assert code(w.do(LogCoaching(9, 15), 2)) == "no_such_seat"
    assert code(w.do(LogCoaching(3, 0), 2)) == "bad_number"
    assert code(w.do(LogCoaching(3, 601), 2)) == "bad_number"
