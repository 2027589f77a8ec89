"""A question in plain text becomes a check-in of the room: on a real server."""

from __future__ import annotations

import pytest
from evenly_client.checkins import results
from evenly_client.checkins.asking import CHOOSE_ISSUE, about_issues, open_command
from evenly_client.checkins.question import OPTION_BYTES, BadQuestion, Question
from evenly_client.checkins.templates import TEMPLATES
from evenly_protocol.checkins import check_in_with
from evenly_protocol.issues import BringIssue
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import CheckInKind, CheckInState

from tests.harness import Local, Member, make_room


async def bring(member: Member, *texts: str) -> list[bytes]:
    """Issues of this member. Their ids."""
    ids = [member.new_id() for _ in texts]
    for id, text in zip(ids, texts, strict=True):
        assert await member.ask(BringIssue(member.seal(FieldKind.ISSUE, text, id)), id) is None
    return ids


async def test_a_question_is_asked_and_everybody_reads_it(local: Local) -> None:
    """Its texts sealed to it, its time with it."""
    async with make_room(local, 3, session=True) as group:
        id = group.leader.new_id()
        asked = Question(CheckInKind.CHOICE, "Which one?\u200b", ("this", "that"), 600)
        assert await group.leader.ask(open_command(group.leader, asked, id), id) is None
        await group.caught_up()
        for member in group.members:
            check_in = check_in_with(member.room, id)
            assert check_in is not None
            assert check_in.state is CheckInState.OPEN
            assert results.question_of(member.sealer, check_in) == "Which one?"
            assert results.options_of(member.sealer, check_in) == ["this", "that"]
            assert check_in.closes_at == check_in.at + 600_000


@pytest.mark.parametrize("word", TEMPLATES)
async def test_every_ready_question_can_be_asked(local: Local, word: str) -> None:
    """As it is."""
    async with make_room(local, 3, session=True) as group:
        id = group.leader.new_id()
        assert await group.leader.ask(open_command(group.leader, TEMPLATES[word][1], id), id) is None


async def test_what_cannot_be_asked_is_not_sent(local: Local) -> None:
    """The error is in words, and no command comes of it."""
    async with make_room(local, 3, session=True) as group:
        with pytest.raises(BadQuestion):
            open_command(group.leader, Question(CheckInKind.SCALE, ""), group.leader.new_id())


async def test_the_issues_that_wait_become_a_question(local: Local) -> None:
    """Whose each is, and how it begins; chosen as issues of the room."""
    async with make_room(local, 3, session=True) as group:
        ana, ben, cleo = group.members
        with pytest.raises(BadQuestion, match="Fewer than two issues"):
            about_issues(ana)
        first = await bring(ben, "My team does not talk\nfor weeks now")
        await group.caught_up()
        with pytest.raises(BadQuestion, match="Fewer than two issues"):
            about_issues(ana)
        second = await bring(cleo, "x" * 500)
        await group.caught_up()
        question = about_issues(ana)
        assert (question.kind, question.text) == (CheckInKind.MULTI, CHOOSE_ISSUE)
        assert question.issues == (first[0], second[0])
        assert question.options[0] == "Ben: My team does not talk for weeks now"
        assert question.options[1].startswith("Cleo: xxx")
        assert question.options[1].endswith("…")
        assert len(question.options[1].encode()) <= OPTION_BYTES
        id = ana.new_id()
        assert await ana.ask(open_command(ana, question, id), id) is None
        check_in = check_in_with(ana.room, id)
        assert check_in is not None
        assert check_in.issues == [first[0], second[0]]


async def test_issues_that_read_alike_are_told_apart(local: Local) -> None:
    """By a number, cut off or not."""
    async with make_room(local, 3, session=True) as group:
        await bring(group.others[0], "the same", "the same", "漢" * 200, "漢" * 200 + "!")
        await group.caught_up()
        options = about_issues(group.leader).options
        assert options[:2] == ("1. Ben: the same", "2. Ben: the same")
        assert len(set(options)) == 4
        assert all(len(option.encode()) <= OPTION_BYTES for option in options)
        id = group.leader.new_id()
        assert await group.leader.ask(open_command(group.leader, about_issues(group.leader), id), id) is None


async def test_of_many_issues_the_oldest_eight_are_asked_about(local: Local) -> None:
    """So many answers a question can have."""
    async with make_room(local, 4, session=True) as group:
        ids: list[bytes] = []
        for member in group.members:
            ids += await bring(member, *(f"{member.seat} {i}" for i in range(3)))
            await group.caught_up()
        question = about_issues(group.leader)
        assert question.issues == tuple(ids[:8])
        assert len(question.options) == 8
