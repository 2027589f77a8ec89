"""A member in check-ins: keys, answers, whole rounds of every kind, what it says of itself, and what came of it.

What it refuses is in test_participant_refusals.py.
"""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.ballots import BadAnswer, Counts
from evenly_client.checkins.participant import Answer, Asked, Verdict
from evenly_protocol.relayed import Committed, Opened, Progress, Revealed, Standing, pack, unpack
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.checkins.table import ROOM_KEY, Table, length_of, masked_in, opening_in, plain, said, shown

SCALE, WORDS, TEXT = CheckInKind.SCALE, CheckInKind.WORDS, CheckInKind.TEXT


def table(people: int = 5) -> Table:
    """Members who have exchanged keys."""
    made = Table(people)
    made.exchange_keys()
    return made


def answered(at: Table, asked: Asked, *answers: Answer) -> None:
    """These answers, one of each member; an empty one is an abstention."""
    for member, answer in zip(at.members, answers, strict=True):
        member.answer(asked.id, answer)


# -- keys ----------------------------------------------------------------------------------------------------------


def test_after_an_exchange_of_keys_everybody_knows_who_takes_part() -> None:
    """By device key; and has the same three words."""
    at = Table(5)
    assert (at.members[0].people, at.members[0].members, at.members[0].epoch) == (0, [], None)
    at.exchange_keys([1, 2, 4, 5])
    there = [at.members[place - 1] for place in (1, 2, 4, 5)]
    assert {member.people for member in there} == {4}
    assert all(member.members == at.roster_of([1, 2, 4, 5]) for member in there)
    assert len({member.epoch.words for member in there if member.epoch is not None}) == 1
    assert at.members[2].epoch is None


def test_a_key_is_committed_to_once_and_for_newer_epochs_alone() -> None:
    """An older number is not answered, and the same one with the same bytes."""
    at = Table(3)
    ask = Relay(RelayType.COMMIT, 0, epoch=7)
    first = at.send(1, ask)
    assert said(first) == "commit"
    assert at.send(1, ask) == first
    assert at.send(1, Relay(RelayType.COMMIT, 0, epoch=6)) is None
    assert said(at.send(1, Relay(RelayType.COMMIT, 0, epoch=8))) == "commit"


def test_the_key_is_shown_in_its_own_epoch_alone() -> None:
    """And not for bytes that are no commitments."""
    at = Table(3)
    commit = at.send(1, Relay(RelayType.COMMIT, 0, epoch=7))
    assert commit is not None
    committed = [Committed(at.ik(1), commit.payload)]
    assert at.send(1, Relay(RelayType.REVEAL, 0, pack(committed), epoch=8)) is None
    assert at.send(1, Relay(RelayType.REVEAL, 0, b"\xc1", epoch=7)) is None
    assert said(at.send(1, Relay(RelayType.REVEAL, 0, pack(committed), epoch=7))) == "reveal"


def test_the_keys_that_stand_stay_when_an_exchange_comes_to_nothing() -> None:
    """Refused commitments, refused keys: the member goes on with those of before."""
    at = table(3)
    before = at.members[0].epoch
    assert before is not None
    assert at.send(1, Relay(RelayType.COMMIT, 0, epoch=8)) is not None
    assert at.send(1, Relay(RelayType.REVEAL, 0, pack([Committed(at.ik(1), b"x" * 32)]), epoch=8)) is None
    commit = at.send(1, Relay(RelayType.COMMIT, 0, epoch=9))
    assert commit is not None
    committed = [Committed(at.ik(1), commit.payload), Committed(at.ik(2), b"x" * 32)]
    reveal = at.send(1, Relay(RelayType.REVEAL, 0, pack(committed), epoch=9))
    assert reveal is not None
    mine = unpack(reveal.payload, Revealed)
    assert mine is not None
    forged = Revealed(at.ik(2), b"x" * 32, b"n" * 16, b"s" * 64)
    assert at.send(1, Relay(RelayType.ROSTER, 0, pack([mine, forged]), epoch=9)) is None
    assert at.members[0].epoch is before


def test_what_was_lost_on_the_way_is_asked_for_again_and_answered_the_same() -> None:
    """COMMIT and REVEAL are the same bytes each time; for other commitments the key is not shown."""
    at = Table(3)
    ask = Relay(RelayType.COMMIT, 0, epoch=9)
    commits = [at.send(1, ask), at.send(1, ask)]
    assert commits[0] is not None
    assert commits[0] == commits[1]
    others = [Committed(at.ik(place), bytes([place]) * 32) for place in (2, 3)]
    show = Relay(RelayType.REVEAL, 0, pack([Committed(at.ik(1), commits[0].payload), *others]), epoch=9)
    reveals = [at.send(1, show), at.send(1, show)]
    assert reveals[0] is not None
    assert reveals[0] == reveals[1]
    fewer = Relay(RelayType.REVEAL, 0, pack([Committed(at.ik(1), commits[0].payload), others[0]]), epoch=9)
    assert at.send(1, fewer) is None
    assert at.send(1, show) is None


def test_a_session_with_a_number_that_cannot_be_has_no_check_ins() -> None:
    """Four bytes hold it; whoever says otherwise is not believed, and nothing breaks."""
    at = Table(3)
    at.session = 2**32
    assert at.send(1, Relay(RelayType.COMMIT, 0, epoch=9)) is None
    asked = at.ask()
    at.close(asked)
    assert at.members[0].progress(asked.id) is None


def test_words_that_matched_hold_for_the_same_people_and_not_for_a_new_one() -> None:
    """Whoever was in a compared epoch counts as compared, in whatever company."""
    at = Table(5)
    at.exchange_keys([1, 2, 3, 4])
    assert not at.members[0].compared
    epoch = at.members[0].epoch
    assert epoch is not None
    assert not at.members[0].words_match(("zoo", *epoch.words[1:]))
    assert not at.members[0].compared
    assert at.members[0].words_match(epoch.words)
    assert at.members[0].compared
    assert not at.members[1].compared
    at.exchange_keys([1, 2, 3])
    assert at.members[0].compared
    at.exchange_keys([1, 2, 3, 5])
    assert not at.members[0].compared


def test_nothing_can_be_compared_before_there_are_keys() -> None:
    """Saying so changes nothing."""
    at = Table(3)
    assert not at.members[0].words_match(("abandon", "ability", "able"))
    assert not at.members[0].compared
    assert at.ledgers[0].compared() == frozenset()


# -- answering -----------------------------------------------------------------------------------------------------


def test_an_answer_can_be_changed_until_the_close() -> None:
    """And taken back."""
    at = table()
    asked, mine = at.ask(), at.members[0]
    assert mine.answer_of(asked.id) is None
    mine.answer(asked.id, (3,))
    mine.answer(asked.id, (1,))
    assert mine.answer_of(asked.id) == (1,)
    mine.answer(asked.id, ())
    assert mine.answer_of(asked.id) is None
    mine.answer(asked.id, (4,))
    at.close(asked)
    with pytest.raises(BadAnswer):
        mine.answer(asked.id, (0,))
    assert mine.answer_of(asked.id) == (4,)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (SCALE, (5,)),
        (SCALE, (-1,)),
        (SCALE, (0, 1)),
        (SCALE, "three"),
        (WORDS, (0,)),
        (WORDS, "one two three four"),
        (WORDS, "x" * 67),
        (WORDS, "é" * 34),
        (TEXT, "x" * 281),
        (TEXT, "漢" * 204),
    ],
    ids=str,
)
def test_an_answer_that_the_question_does_not_have_is_refused(kind: CheckInKind, answer: Answer) -> None:
    """What was answered before stays."""
    at = table()
    asked, mine = at.ask(kind), at.members[0]
    before: Answer = "fine" if asked.in_words else (2,)
    mine.answer(asked.id, before)
    with pytest.raises(BadAnswer):
        mine.answer(asked.id, answer)
    assert mine.answer_of(asked.id) == before


@pytest.mark.parametrize(
    ("kind", "answer"), [(WORDS, "x" * 66), (WORDS, "é" * 33), (TEXT, "x" * 280), (TEXT, "漢" * 203)]
)
def test_the_longest_answers_are_taken(kind: CheckInKind, answer: str) -> None:
    """66 bytes; 280 characters, or 610 bytes, whichever ends first."""
    at = table()
    asked = at.ask(kind)
    at.members[0].answer(asked.id, answer)
    assert at.members[0].answer_of(asked.id) == answer


def test_a_question_that_nobody_asked_cannot_be_answered() -> None:
    """Nor one that is settled."""
    at = table()
    asked, mine = at.ask(), at.members[0]
    with pytest.raises(BadAnswer):
        mine.answer(b"?" * 16, (0,))
    mine.given_up(asked.id)
    mine.open(asked)
    with pytest.raises(BadAnswer):
        mine.answer(asked.id, (0,))


def test_done_looks_the_same_whether_one_has_answered_or_abstains() -> None:
    """And says nothing else."""
    at = table()
    asked = at.ask()
    at.members[0].answer(asked.id, (3,))
    sent = [member.done(asked.id) for member in at.members[:2]]
    assert sent[0] == sent[1] == [Relay(RelayType.DONE, 0, check_in=asked.id)]
    assert at.members[0].is_done(asked.id)
    assert not at.members[2].is_done(asked.id)
    at.close(asked)
    assert at.members[2].done(asked.id) == []
    assert at.members[2].done(b"?" * 16) == []


def test_before_the_close_nothing_leaves_this_machine_but_that_one_is_done() -> None:
    """Whatever the server asks for."""
    at = table()
    asked = at.ask()
    answered(at, asked, (0,), (1,), (2,), (3,), (4,))
    at.seen.clear()
    assert {said(r) for r in at.roster(asked).values()} == {"bad_step"}
    for step in (RelayType.MASKS, RelayType.OPENS, RelayType.SHARES):
        assert said(at.send(1, at.envelope(asked, step, []))) == "bad_step"
    assert len({relay.payload for _, relay in at.seen}) == 1


def test_how_many_are_done_and_how_many_are_waited_for_is_heard() -> None:
    """The first while it is open, the second while it closes."""
    at = table()
    asked, mine = at.ask(), at.members[0]
    assert mine.progress(asked.id) is None
    at.send(1, Relay(RelayType.PROGRESS, 0, pack(Progress(2, 5)), asked.id))
    assert mine.progress(asked.id) == Progress(2, 5)
    at.close(asked)
    assert mine.progress(asked.id) is None
    at.send(1, at.envelope(asked, RelayType.PROGRESS, Progress(4, 5)))
    assert mine.progress(asked.id) == Progress(4, 5)
    at.roster(asked)
    assert mine.progress(asked.id) is None
    assert mine.progress(b"?" * 16) is None


def test_it_is_known_without_how_many_it_is_being_closed() -> None:
    """Those of the first attempt who are not in the last."""
    at = table(6)
    asked = at.ask()
    at.close(asked)
    at.roster(asked)
    assert at.members[0].left_out(asked.id) == 0
    at.roster(asked, [1, 2, 3, 4, 5], k=2)
    assert at.members[0].left_out(asked.id) == 1
    assert at.members[0].left_out(b"?" * 16) == 0


# -- whole rounds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "answers", "counted"),
    [
        (SCALE, 0, [(0,), (4,), (4,), (), (2,)], Counts((1, 0, 1, 0, 2), 1)),
        (SCALE, 2, [(0,), (4,), (4,)], Counts((1, 0, 0, 0, 2), 0)),
        (CheckInKind.MOOD, 0, [(1,), (1,), (1,), (1,)], Counts((0, 4, 0, 0, 0), 0)),
        (CheckInKind.YESNO, 0, [(0,), (1,), ()], Counts((1, 1), 1)),
        (CheckInKind.CHOICE, 8, [(7,), (0,), (7,), ()], Counts((1, 0, 0, 0, 0, 0, 0, 2), 1)),
        (CheckInKind.MULTI, 3, [(0, 1, 2), (1,), (), (1, 2)], Counts((1, 3, 2), 1)),
        (CheckInKind.FIST, 0, [(), (), (), ()], Counts((0, 0, 0, 0, 0, 0), 4)),
    ],
    ids=str,
)
def test_the_counts_of_every_numeric_kind_come_out(
    kind: CheckInKind, options: int, answers: list[Answer], counted: Counts
) -> None:
    """The same sealed bytes at everybody's, which say how many answered what."""
    at = table(len(answers))
    asked = at.ask(kind, [bytes([ord("a") + i]) for i in range(options)])
    answered(at, asked, *answers)
    sealed = at.result(asked)
    assert len(sealed) == length_of(asked, len(answers)) + 29
    assert ballots.counts(plain(asked, sealed)) == counted
    for member in at.members:
        member.recorded(asked.id, sealed)
        assert member.verdicts[asked.id] is Verdict.IN  # which says that the same was computed here


@pytest.mark.parametrize("kind", [WORDS, TEXT])
@pytest.mark.parametrize("people", [3, 4, 7])
def test_the_texts_of_everybody_come_out(kind: CheckInKind, people: int) -> None:
    """Abstentions as empty ones; in the order of slots that nobody chose."""
    at = table(people)
    at.slots = [(i * 37 + 11) % 100 for i in range(people)]
    asked = at.ask(kind)
    said_by = [f"so {i} 漢" if i else "" for i in range(people)]
    answered(at, asked, *said_by)
    in_order = [text.encode() for _, text in sorted(zip(at.slots, said_by, strict=True))]
    sealed = at.result(asked)
    assert len(sealed) == length_of(asked, people, "B") + 29
    assert blocks.texts(plain(asked, sealed), people) == in_order


def test_slots_are_drawn_at_random() -> None:
    """Over many rounds every order of three comes up."""
    at = table(3)
    orders: Counter[tuple[bytes, ...]] = Counter()
    for number in range(60):
        asked = at.ask(WORDS, question=b"%d" % number)
        answered(at, asked, "one", "two", "three")
        at.close(asked)
        k = 1
        while {said(r) for r in at.attempt(asked, stage="A", k=k).values()} != {"result"}:
            k += 1
        (sealed,) = {r.payload for r in at.attempt(asked, stage="B", k=k).values()}
        orders[tuple(blocks.texts(plain(asked, sealed), 3) or ())] += 1
        at.record(asked, sealed)
    assert len(orders) == 6, orders


def test_a_collision_is_told_and_the_next_attempt_goes_through() -> None:
    """With new slots; the number of the attempt counts both stages."""
    at = table(4)
    asked = at.ask(WORDS)
    answered(at, asked, "a", "b", "", "d")
    at.close(asked)
    at.slots = [9, 9, 30, 40, 5, 6, 7, 8]
    assert {said(r) for r in at.attempt(asked, k=1).values()} == {"collision"}
    assert {said(r) for r in at.roster(asked, stage="B", k=1).values()} == {"stale"}
    assert {said(r) for r in at.attempt(asked, k=2).values()} == {"result"}
    (sealed,) = {r.payload for r in at.attempt(asked, stage="B", k=2).values()}
    assert blocks.texts(plain(asked, sealed), 4) == [b"a", b"b", b"", b"d"]


def test_somebody_is_missing_before_anything_was_opened_and_the_rest_begin_again() -> None:
    """A smaller roster, a higher number; nobody's answer is lost but that one's."""
    at = table(6)
    asked = at.ask()
    answered(at, asked, (0,), (1,), (2,), (3,), (4,), (0,))
    at.close(asked)
    at.roster(asked)
    (sealed,) = {r.payload for r in at.attempt(asked, [1, 2, 3, 4, 6], k=2).values()}
    assert ballots.counts(plain(asked, sealed)) == Counts((2, 1, 1, 1, 0), 0)


def test_words_begin_again_with_new_slots_when_somebody_is_missing_in_b() -> None:
    """Back to A, with k + 1."""
    at = table(6)
    asked = at.ask(WORDS)
    answered(at, asked, "a", "b", "c", "d", "e", "f")
    at.close(asked)
    at.slots = [1, 2, 3, 4, 5, 6, 90, 80, 70, 60, 50]
    assert {said(r) for r in at.attempt(asked, k=1).values()} == {"result"}
    at.roster(asked, stage="B", k=1)
    those = [1, 2, 3, 4, 6]
    assert {said(r) for r in at.attempt(asked, those, "A", 2).values()} == {"result"}
    (sealed,) = {r.payload for r in at.attempt(asked, those, "B", 2).values()}
    assert blocks.texts(plain(asked, sealed), 5) == [b"f", b"d", b"c", b"b", b"a"]


def test_a_missing_opening_is_made_up_for_with_shares() -> None:
    """The result holds for the missing one too."""
    at = table(5)
    asked = at.ask()
    answered(at, asked, (0,), (1,), (2,), (3,), (4,))
    at.close(asked)
    opens = at.masks(asked, at.roster(asked))
    shares = at.opens(asked, opens, missing=[2])
    assert {said(r) for r in shares.values()} == {"shares"}
    assert list(shares) == [1, 3, 4, 5]
    ended = at.shares(asked, shares, at.everybody)
    (sealed,) = {r.payload for r in ended.values()}
    assert len(ended) == 5
    assert ballots.counts(plain(asked, sealed)) == Counts((1, 1, 1, 1, 1), 0)


def test_whose_opening_is_missing_releases_nothing() -> None:
    """It is told so, and waits for the shares of the others."""
    at = table(5)
    asked = at.ask()
    at.close(asked)
    opens = at.masks(asked, at.roster(asked))
    sent = [Opened() if p == 2 else opening_in(r) for p, r in opens.items()]
    assert at.send(2, at.envelope(asked, RelayType.OPENS, sent)) is None


# -- the same again ------------------------------------------------------------------------------------------------


def test_whatever_is_asked_for_again_is_answered_with_the_same_bytes() -> None:
    """A server that has lost the answer gets it again: MASK, OPEN, SHARES, RESULT."""
    at = table(4)
    asked = at.ask()
    answered(at, asked, (0,), (1,), (2,), ())
    at.close(asked)
    masks = at.roster(asked)
    assert at.roster(asked) == masks
    opens = at.masks(asked, masks)
    assert at.masks(asked, masks) == opens
    shares = at.opens(asked, opens, missing=[4])
    assert at.opens(asked, opens, missing=[4]) == shares
    ended = at.shares(asked, shares, at.everybody)
    assert at.shares(asked, shares, at.everybody) == ended
    assert {r.payload for r in at.opens(asked, opens).values()} == {r.payload for r in ended.values()}


def test_an_answer_in_words_is_written_once() -> None:
    """Its block is the same when it is asked for again, though blocks are sealed with a random nonce."""
    at = table(4)
    asked = at.ask(WORDS)
    answered(at, asked, "a", "b", "c", "d")
    at.close(asked)
    at.slots = [1, 2, 3, 4]
    at.attempt(asked)
    masks = at.roster(asked, stage="B")
    assert at.roster(asked, stage="B") == masks
    opens = at.masks(asked, masks)
    assert at.masks(asked, masks) == opens


# -- how it stands -------------------------------------------------------------------------------------------------


def standing(at: Table, place: int, asked: Asked | None) -> tuple[Standing, Relay]:
    """What a member says when it is asked how it stands."""
    relay = at.send(place, Relay(RelayType.ROSTER, 0, check_in=asked.id if asked is not None else b""))
    assert relay is not None
    found = unpack(relay.payload, Standing)
    assert found is not None
    return found, relay


def test_after_a_reconnect_a_member_says_how_it_stands() -> None:
    """Its keys, the highest k, whether it is done; and what it has opened."""
    at = Table(4)
    asked = at.ask()
    assert standing(at, 1, asked)[0] == Standing(b"")
    at.exchange_keys()
    mine = at.members[0]
    assert mine.epoch is not None
    mine.done(asked.id)
    assert standing(at, 1, asked)[0] == Standing(mine.epoch.roster_hash, 0, True)
    at.close(asked)
    masks = at.roster(asked, k=3)
    said_now, relay = standing(at, 1, asked)
    assert said_now == Standing(mine.epoch.roster_hash, 3, True)
    assert (relay.check_in, relay.epoch) == (asked.id, at.epoch)
    opens = at.masks(asked, masks)
    opened = standing(at, 1, asked)[0]
    assert (opened.stage, opened.k, opened.roster, opened.done) == ("N", 3, at.roster_of(at.everybody), True)
    assert opened.opened == opening_in(opens[1])
    assert len({standing(at, place, asked)[0].h1 for place in at.everybody} | {opened.h1}) == 1


def test_a_member_that_knows_nothing_of_a_check_in_says_which_keys_it_has() -> None:
    """Of one that is settled, and of none."""
    at = table(3)
    epoch = at.members[0].epoch
    assert epoch is not None
    asked = at.ask()
    at.members[0].given_up(asked.id)
    for about in (asked, None):
        found, relay = standing(at, 1, about)
        assert found == Standing(epoch.roster_hash)
        assert relay.epoch == epoch.number


def test_an_opened_attempt_names_its_own_keys_though_others_stand_now() -> None:
    """The server can finish it after a new exchange of keys."""
    at = table(4)
    asked = at.ask()
    at.close(asked)
    at.masks(asked, at.roster(asked))
    before = at.members[0].epoch
    assert before is not None
    at.exchange_keys()
    found, relay = standing(at, 1, asked)
    assert (found.roster_hash, relay.epoch) == (before.roster_hash, before.number)


# -- what came of it -----------------------------------------------------------------------------------------------


def test_a_member_whose_answer_is_in_it_is_told_nothing_else() -> None:
    """Abstentions are in it too."""
    at = table(3)
    asked = at.ask()
    at.members[0].answer(asked.id, (1,))
    at.record(asked, at.result(asked))
    assert {member.verdicts[asked.id] for member in at.members} == {Verdict.IN}
    assert at.members[0].own_results == {}


def test_a_member_who_was_left_out_is_told_so_if_it_had_answered() -> None:
    """Otherwise it had no part in it, like one who never heard of it."""
    at = table(7)
    asked = at.ask()
    for place in range(1, 7):
        at.members[place - 1].answer(asked.id, (1,))
    sealed = at.result(asked, [1, 2, 3, 4, 5])
    at.record(asked, sealed)
    assert at.members[5].verdicts[asked.id] is Verdict.NOT_IN
    assert at.members[6].verdicts[asked.id] is Verdict.ABSENT
    at.members[6].recorded(b"?" * 16, sealed)
    assert at.members[6].verdicts[b"?" * 16] is Verdict.ABSENT


def test_a_member_whose_connection_was_lost_after_its_mask_cannot_know() -> None:
    """The others may have opened with it."""
    at = table(5)
    asked = at.ask()
    at.members[0].answer(asked.id, (1,))
    at.close(asked)
    at.roster(asked)
    at.members[0].recorded(asked.id, b"sealed")
    assert at.members[0].verdicts[asked.id] is Verdict.UNKNOWN


def test_a_reserved_slot_is_no_answer_yet() -> None:
    """Whoever was lost after A is not in it."""
    at = table(5)
    asked = at.ask(WORDS)
    at.members[0].answer(asked.id, "fine")
    at.close(asked)
    at.roster(asked)
    at.members[0].recorded(asked.id, b"sealed")
    assert at.members[0].verdicts[asked.id] is Verdict.NOT_IN


def test_a_member_who_has_opened_and_heard_no_more_knows_by_the_nonce_whether_it_can_be_in_it() -> None:
    """It begins with h1: of the attempt that it has opened, or of another. What it comes to was not computed here."""
    at = table(5)
    asked = at.ask()
    answered(at, asked, (0,), (1,), (2,), (3,), (4,))
    at.close(asked)
    opens = at.masks(asked, at.roster(asked))
    first = next(iter(opens.values()))
    sent = [opening_in(relay) for relay in opens.values()]
    envelope = at.envelope(asked, RelayType.OPENS, sent, first.stage, first.k)
    ended = at.send(2, envelope)
    assert ended is not None
    at.members[0].recorded(asked.id, ended.payload)
    assert at.members[0].verdicts[asked.id] is Verdict.UNKNOWN
    at.members[2].recorded(asked.id, ended.payload[:1] + b"another one!" + ended.payload[13:])
    assert at.members[2].verdicts[asked.id] is Verdict.NOT_IN


def test_another_result_than_was_computed_here_is_told_and_mine_is_kept() -> None:
    """Somebody's program is changed."""
    at = table(3)
    asked = at.ask()
    sealed = at.result(asked)
    other = derivations.sealed_result(b"K" * 32, b"R" * 16, asked.id, sealed[1:13], b"other", 24)
    at.members[0].recorded(asked.id, other)
    assert at.members[0].verdicts[asked.id] is Verdict.DIFFERS
    assert at.members[0].own_results == {asked.id: sealed}


def test_a_result_that_was_not_recorded_is_kept_here() -> None:
    """The room gave it up; this machine had it already."""
    at = table(3)
    asked, other = at.ask(), at.ask(question=b"And?")
    sealed = at.result(asked)
    at.members[0].given_up(asked.id)
    at.members[0].given_up(other.id)
    assert at.members[0].own_results == {asked.id: sealed}
    assert asked.id not in at.members[0].verdicts


def test_a_block_exchanged_on_the_way_is_noticed_by_everybody_in_the_same_words() -> None:
    """Whose it was does not show: all say the same."""
    at = table(4)
    asked = at.ask(WORDS)
    answered(at, asked, "a", "b", "c", "d")
    at.close(asked)
    at.slots = [1, 2, 3, 4]
    at.attempt(asked)
    masks = [masked_in(relay) for relay in at.roster(asked, stage="B").values()]
    opens: dict[int, Relay] = {}
    for place in at.everybody:
        honest = shown(masks, "B", place)
        forged = msgspec.structs.replace(honest, total=bytes([honest.total[0] ^ 1]) + honest.total[1:])
        answer = at.send(place, at.envelope(asked, RelayType.MASKS, forged, "B"))
        assert answer is not None
        opens[place] = answer
    assert {said(r) for r in at.opens(asked, opens).values()} == {"spoiled"}


def test_a_member_whose_block_was_exchanged_for_a_good_one_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block opens, there are as many as people: but mine is not among them."""
    written: list[bytes] = []
    seal = blocks.sealed_block

    def kept(*sealing: object) -> bytes:
        written.append(seal(*sealing))  # type: ignore[arg-type]
        return written[-1]

    at = table(4)
    asked = at.ask(WORDS)
    answered(at, asked, "a", "b", "c", "d")
    at.close(asked)
    at.slots = [1, 2, 3, 4]
    at.attempt(asked)
    with monkeypatch.context() as patched:
        patched.setattr(blocks, "sealed_block", kept)
        masks = [masked_in(relay) for relay in at.roster(asked, stage="B").values()]
    occupancy = bytes(int(slot in (1, 2, 3, 4)) for slot in range(256))
    forged = seal(derivations.ballot_key(ROOM_KEY, derivations.binding(occupancy)), WORDS, b"forged")
    change = (derivations.number(forged) - derivations.number(written[1])) << 8 * 96
    opens: dict[int, Relay] = {}
    for place in at.everybody:
        honest = shown(masks, "B", place)
        total = derivations.vector(derivations.number(honest.total) + change, 4 * 96)
        answer = at.send(place, at.envelope(asked, RelayType.MASKS, msgspec.structs.replace(honest, total=total), "B"))
        assert answer is not None
        opens[place] = answer
    ended = at.opens(asked, opens)
    assert {place: said(r) for place, r in ended.items()} == {1: "result", 2: "spoiled", 3: "result", 4: "result"}
    assert blocks.texts(plain(asked, ended[1].payload), 4) == [b"a", b"forged", b"c", b"d"]


# -- junk ----------------------------------------------------------------------------------------------------------

_junk = st.one_of(
    st.binary(max_size=80),
    st.recursive(
        st.one_of(st.none(), st.integers(-(2**40), 2**40), st.binary(max_size=40), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.integers(0, 5), inner, max_size=3)),
        max_leaves=12,
    ).map(pack),
)


@given(
    st.sampled_from(list(RelayType)),
    _junk,
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from(["", "N", "A", "B", "x"]),
    st.one_of(st.integers(-2, 3), st.integers(2**31, 2**66)),
)
@settings(max_examples=200)
def test_no_envelope_is_an_error(type: RelayType, payload: bytes, mine: bool, epoch: int, stage: str, k: int) -> None:
    """Whatever the server sends: an answer, a refusal, or nothing."""
    asked = JUNK_TABLE.ask(WORDS) if mine else None
    if asked is not None:
        JUNK_TABLE.close(asked)
    check_in = asked.id if asked is not None else b""
    at_epoch = JUNK_TABLE.epoch if epoch == 3 else epoch
    JUNK_TABLE.send(1, Relay(type, 0, payload, check_in, at_epoch, stage, k))


JUNK_TABLE = table(3)


@given(st.integers(-(2**70), 2**70))
def test_no_number_of_an_attempt_is_an_error(k: int) -> None:
    """Four bytes, from 1; every other is refused."""
    at = JUNK_TABLE
    asked = at.ask()
    at.close(asked)
    assert {said(r) for r in at.roster(asked, k=k).values()} == {"mask" if 0 < k < 2**32 else "stale"}
