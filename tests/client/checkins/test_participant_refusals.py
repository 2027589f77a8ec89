"""What a member refuses when a check-in closes, with which code, and why nobody is shown by it.

A code of its own stands for each rule of anonymity.md, "Close"; most tests have a control beside them: the same a
little otherwise, which is not refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from evenly_client.checkins import ballots, derivations
from evenly_client.checkins.ledger import DAY_MS, Electorate
from evenly_client.checkins.participant import Asked
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.store import Store
from evenly_protocol.relayed import Masks
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind

from tests.client.checkins.table import (
    ROOM,
    ROOM_KEY,
    Table,
    closing,
    codes,
    masked_in,
    plain,
    said,
    shown,
)

SCALE, WORDS = CheckInKind.SCALE, CheckInKind.WORDS


def announced(at: Table, asked: Asked, roster: list[bytes], *, place: int = 1, stage: str = "", k: int = 1) -> str:
    """What one member says to this roster."""
    return said(at.send(place, at.envelope(asked, RelayType.ROSTER, roster, stage, k)))


# -- who, and when -------------------------------------------------------------------------------------------------


def test_before_the_close_nothing_is_added_up() -> None:
    """bad_step."""
    at = Table(3)
    at.exchange_keys()
    asked = at.ask()
    assert codes(at.roster(asked)) == {"bad_step"}
    at.close(asked)
    assert codes(at.roster(asked)) == {"mask"}


@pytest.mark.parametrize(
    ("kind", "stage", "code"),
    [(SCALE, "A", "bad_step"), (SCALE, "B", "bad_step"), (SCALE, "x", "bad_step"), (WORDS, "N", "bad_step")],
)
def test_a_stage_that_this_kind_does_not_have(kind: CheckInKind, stage: str, code: str) -> None:
    at, asked = closing(kind=kind)
    assert codes(at.roster(asked, stage=stage)) == {code}


def test_fewer_than_three() -> None:
    """too_few: each could subtract its own answer."""
    at, asked = closing(3)
    assert codes(at.roster(asked, [1, 2])) == {"too_few"}
    assert codes(at.roster(asked, [1])) == {"too_few"}
    assert codes(at.roster(asked, [1, 2, 3])) == {"mask"}


def test_others_than_those_who_were_shown() -> None:
    """shrunk: with the keys of six who are not those whom the member saw, the total would be the one answer."""
    at = Table(11)
    at.exchange_keys([1, 2, 3, 4, 5, 6])
    asked = at.ask()
    at.members[0].answer(asked.id, (4,))
    at.exchange_keys([1, 7, 8, 9, 10, 11])
    at.close(asked)
    assert announced(at, asked, at.roster_of([1, 7, 8, 9, 10, 11])) == "shrunk"
    at.exchange_keys([1, 2, 3, 4, 7, 8])
    assert announced(at, asked, at.roster_of([1, 2, 3, 4, 7, 8])) == ""
    assert at.members[0].asks_few == {asked.id: 6}


def test_words_among_more_than_32() -> None:
    """too_many; numbers are added up among as many as there are."""
    at, asked = closing(33, kind=WORDS)
    assert said(at.send(1, at.envelope(asked, RelayType.ROSTER, at.roster_of(range(1, 34)), "A", 1))) == "too_many"
    assert said(at.send(1, at.envelope(asked, RelayType.ROSTER, at.roster_of(range(1, 33)), "A", 1))) == "mask"
    at, asked = closing(33)
    assert said(at.send(1, at.envelope(asked, RelayType.ROSTER, at.roster_of(range(1, 34)), "N", 1))) == "mask"


def test_a_roster_without_me() -> None:
    """not_in_roster."""
    at, asked = closing(6)
    assert announced(at, asked, at.roster_of([2, 3, 4, 5])) == "not_in_roster"


def test_a_roster_with_somebody_who_has_no_key_of_this_epoch() -> None:
    """other_key: nobody could know what they share with such a one."""
    at, asked = closing()
    made_up = sorted([*at.roster_of([1, 2, 3]), b"i" * 32])
    assert announced(at, asked, made_up) == "other_key"
    assert announced(at, asked, at.roster_of([1, 2, 3, 4])) == "mask"


@pytest.mark.parametrize(
    "places", [[2, 1, 3, 4], [1, 2, 3, 4, 4], [1, 1, 2, 3, 4], [5, 4, 3, 2, 1]], ids=["unsorted", *"tr", "backwards"]
)
def test_a_roster_out_of_order_or_with_one_twice(places: list[int]) -> None:
    """other_key: there is one way to write a roster."""
    at, asked = closing()
    assert announced(at, asked, at.roster_of(places)) == "other_key"


def test_keys_of_another_session() -> None:
    """other_key: a check-in is closed with keys of its own session."""
    at = Table(3)
    at.exchange_keys()
    at.session += 1
    asked = at.ask()
    at.close(asked)
    assert codes(at.roster(asked)) == {"other_key"}
    at.exchange_keys()
    assert codes(at.roster(asked)) == {"mask"}


def test_a_check_in_or_keys_that_are_not_known_here() -> None:
    """stale."""
    at, asked = closing()
    unknown = msgspec.structs.replace(at.envelope(asked, RelayType.ROSTER, at.roster_of(at.everybody)), epoch=99)
    assert said(at.send(1, unknown)) == "stale"
    other = Asked(b"?" * 16, SCALE, at.session, b"How?")
    assert codes(at.roster(other)) == {"stale"}
    assert said(at.send(1, Relay(RelayType.ROSTER, 0, b"\xc1", asked.id, at.epoch, "N", 1))) == "stale"
    at.record(asked, b"sealed")
    assert codes(at.roster(asked)) == {"stale"}


# -- the number of the attempt -------------------------------------------------------------------------------------


def test_an_attempt_that_is_not_newer() -> None:
    """stale: for each number there is one mask, ever."""
    at, asked = closing()
    masks = at.roster(asked, k=2)
    assert codes(masks) == {"mask"}
    assert at.roster(asked, k=2) == masks
    assert codes(at.roster(asked, [1, 2, 3, 4], k=2)) == {"stale"}
    assert codes(at.roster(asked, k=1)) == {"stale"}
    assert codes(at.roster(asked, k=3)) == {"mask"}
    assert codes(at.roster(asked, k=2)) == {"stale"}


def test_a_number_whose_attempt_was_refused_is_used_up() -> None:
    """Its mask was out: another of the same number would have the same pads."""
    at, asked = closing()
    masks = at.roster(asked)
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, Masks([])))) == "bad_step"
    assert said(at.send(1, at.envelope(asked, RelayType.ROSTER, at.roster_of(at.everybody)))) == "stale"
    assert codes(masks) == {"mask"}


def written(at: Table, asked: Asked) -> dict[int, Relay]:
    """Everybody's masks of B, after an A that went well."""
    at.slots = list(range(len(at.members)))
    assert codes(at.attempt(asked)) == {"result"}
    return at.roster(asked, stage="B")


def test_a_b_follows_its_own_a_alone() -> None:
    """stale: with the number and the roster of its A, after that A went well."""
    at, asked = closing(kind=WORDS)
    assert codes(at.roster(asked, stage="B")) == {"stale"}
    at.slots = [1, 2, 3, 4, 5]
    masks = at.roster(asked)
    assert codes(at.roster(asked, stage="B")) == {"stale"}
    opens = at.masks(asked, masks)
    assert codes(at.roster(asked, stage="B")) == {"stale"}
    assert codes(at.opens(asked, opens)) == {"result"}
    assert codes(at.roster(asked, stage="B", k=2)) == {"stale"}
    assert codes(at.roster(asked, [1, 2, 3, 4], stage="B")) == {"stale"}
    assert codes(at.roster(asked, stage="B")) == {"mask"}


def test_a_b_is_masked_once() -> None:
    """stale. Two masks of one number have the same pads: once either is opened, their difference is the difference of
    two blocks in one slot, and shows whose slot it is."""
    at, asked = closing(kind=WORDS)
    masks = written(at, asked)
    assert at.roster(asked, stage="B") == masks
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, Masks([]), "B"))) == "bad_step"
    assert announced(at, asked, at.roster_of(at.everybody), stage="B") == "stale"


def test_a_b_whose_mask_another_check_in_has_pushed_out_is_not_masked_again() -> None:
    """stale, by the other way to the same."""
    at, asked = closing(kind=WORDS)
    written(at, asked)
    other = at.ask(question=b"Else?")
    at.close(other)
    assert announced(at, other, at.roster_of(at.everybody)) == "mask"
    assert announced(at, asked, at.roster_of(at.everybody), stage="B") == "stale"


def test_a_check_in_that_was_settled_is_not_open_again() -> None:
    """stale: under its old id its numbers would begin anew, with the same pads."""
    at, asked = closing()
    assert codes(at.roster(asked)) == {"mask"}
    for member in at.members:
        member.given_up(asked.id)
        member.open(asked)
        member.close(asked.id)
    assert codes(at.roster(asked)) == {"stale"}


# -- one opening ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SCALE, WORDS])
def test_what_was_opened_is_never_opened_again(kind: CheckInKind) -> None:
    """burned: with whatever roster, whatever number."""
    at, asked = closing(6, kind)
    if kind is WORDS:
        at.masks(asked, written(at, asked))
    else:
        at.masks(asked, at.roster(asked))
    assert codes(at.roster(asked, k=1, stage="B" if kind is WORDS else "N")) == {"stale"}
    assert codes(at.roster(asked, k=2)) == {"burned"}
    assert codes(at.roster(asked, [1, 2, 3, 4, 5], k=3)) == {"burned"}


def test_an_a_may_be_repeated() -> None:
    """It carries no answer: a fresh slot each time."""
    at, asked = closing(kind=WORDS)
    assert codes(at.masks(asked, at.roster(asked, k=1))) == {"open"}
    assert codes(at.masks(asked, at.roster(asked, k=2))) == {"open"}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    """The profiles of four members, on disk."""
    opened = [Store(tmp_path / str(number)) for number in range(4)]
    yield opened
    for store in opened:
        store.close()


def on_disk(stores: list[Store], kind: CheckInKind = SCALE) -> tuple[Table, Asked]:
    """Four members with ledgers on disk, and a check-in that closes."""
    at = Table(4)
    at.ledgers = [StoredLedger(store, ROOM, key.public) for store, key in zip(stores, at.keys, strict=True)]
    at.members = [at.participant(place) for place in at.everybody]
    at.exchange_keys()
    asked = at.ask(kind)
    at.close(asked)
    return at, asked


def test_a_program_that_was_killed_after_the_burn_opens_nothing_when_it_is_back(stores: list[Store]) -> None:
    """burned: before OPEN was sent or after, it cannot know."""
    at, asked = on_disk(stores)
    at.masks(asked, at.roster(asked))
    at.members[0] = at.participant(1)
    at.exchange_keys()
    at.members[0].open(asked)
    at.close(asked)
    assert announced(at, asked, at.roster_of(at.everybody), k=5) == "burned"


def test_two_windows_of_one_profile_do_not_open_the_same_check_in(stores: list[Store], tmp_path: Path) -> None:
    """burned, at the last moment: the other window was faster."""
    at, asked = on_disk(stores)
    masks = at.roster(asked)
    with Store(tmp_path / "0") as other:
        StoredLedger(other, ROOM, at.ik(1)).burn(asked.id, "N", 0)
        answers = at.masks(asked, masks)
    assert said(answers[1]) == "burned"
    assert {said(answers[place]) for place in (2, 3, 4)} == {"open"}
    assert stores[0].database.execute("SELECT count(*) FROM burned").fetchone() == (1,)


def test_a_disk_that_does_not_take_the_burn(stores: list[Store]) -> None:
    """bad_step, and nothing is opened, then or later."""
    at, asked = on_disk(stores)
    masks = at.roster(asked)
    stores[0].database.execute("PRAGMA query_only = ON")
    assert said(at.masks(asked, masks)[1]) == "bad_step"
    stores[0].database.execute("PRAGMA query_only = OFF")
    assert said(at.masks(asked, masks)[1]) == "bad_step"
    assert announced(at, asked, at.roster_of(at.everybody), k=2) == "mask"


def test_the_burn_is_written_before_the_seed_is_shown(stores: list[Store]) -> None:
    """In the other profile's eyes too, the moment OPEN is there."""
    at, asked = on_disk(stores)
    masks = at.roster(asked)
    for place, store in enumerate(stores, start=1):
        assert not at.ledgers[place - 1].burned(asked.id, "N")
        envelope = at.envelope(asked, RelayType.MASKS, shown([masked_in(r) for r in masks.values()], "N", place))
        assert said(at.send(place, envelope)) == "open"
        with Store(store.directory) as other:
            ledger = StoredLedger(other, ROOM, at.ik(place))
            assert ledger.burned(asked.id, "N")
            question = derivations.question_key(ROOM_KEY, "scale", b"how?", [])
            members = frozenset(at.roster_of(at.everybody))
            assert ledger.electorates(question) == [Electorate(at.session, at.clock, members)]


# -- an attempt that was not opened --------------------------------------------------------------------------------


def test_a_new_mask_and_the_older_attempt_is_dead() -> None:
    """bad_step. Otherwise two electorates could be opened: one's masks shown to some, the other's to the rest."""
    at, asked = closing(6)
    first = at.roster(asked, k=1)
    second = at.roster(asked, [1, 2, 3, 4, 5], k=2)
    assert {p: said(r) for p, r in at.masks(asked, first).items()} == {
        **dict.fromkeys([1, 2, 3, 4, 5], "bad_step"),
        6: "open",
    }
    assert codes(at.masks(asked, second)) == {"open"}


def test_a_new_mask_and_the_attempt_of_another_check_in_is_dead() -> None:
    """bad_step: two check-ins with one question, closed together, are the same attack."""
    at, asked = closing()
    other = at.ask(question=b"Else?")
    at.close(other)
    first = at.roster(asked)
    second = at.roster(other)
    assert codes(at.masks(asked, first)) == {"bad_step"}
    assert codes(at.masks(other, second)) == {"open"}


def test_a_new_mask_and_an_a_of_another_check_in_is_dead() -> None:
    """bad_step, opened or not: its B would need it."""
    at, words = closing(kind=WORDS)
    numbers = at.ask(question=b"Else?")
    at.close(numbers)
    at.slots = [1, 2, 3, 4, 5]
    opens = at.masks(words, at.roster(words))
    at.roster(numbers)
    assert codes(at.opens(words, opens)) == {"bad_step"}


def test_an_opened_attempt_lives_on_beside_the_mask_of_another_check_in() -> None:
    """Until its result is there."""
    at, asked = closing()
    other = at.ask(question=b"Else?")
    at.close(other)
    opens = at.masks(asked, at.roster(asked))
    masks = at.roster(other)
    assert codes(at.opens(asked, opens)) == {"result"}
    assert codes(at.masks(other, masks)) == {"open"}


def test_a_check_in_that_is_settled_takes_its_attempt_with_it() -> None:
    """bad_step: nothing is opened for it any more."""
    at, asked = closing()
    masks = at.roster(asked)
    for member in at.members:
        member.given_up(asked.id)
    assert codes(at.masks(asked, masks)) == {"bad_step"}


# -- keys of an older epoch ----------------------------------------------------------------------------------------


def test_keys_of_before_live_until_what_was_begun_with_them_is_settled() -> None:
    """Then they are gone: stale."""
    at, asked = closing(4)
    before = at.epoch
    masks = at.roster(asked)
    at.exchange_keys()
    at.epoch, now = before, at.epoch
    opens = at.masks(asked, masks)
    assert codes(opens) == {"open"}
    assert codes(at.opens(asked, opens)) == {"result"}
    other = at.ask(question=b"Else?")
    at.close(other)
    assert codes(at.roster(other)) == {"mask"}
    for member in at.members:
        member.given_up(other.id)
    at.record(asked, b"sealed")
    last = at.ask(question=b"Last?")
    at.close(last)
    assert codes(at.roster(last)) == {"stale"}
    at.epoch = now
    assert codes(at.roster(last)) == {"mask"}


def test_keys_with_which_nothing_was_begun_are_gone_at_once() -> None:
    """stale."""
    at, asked = closing(4)
    before = at.epoch
    at.exchange_keys()
    at.epoch, now = before, at.epoch
    assert codes(at.roster(asked)) == {"stale"}
    at.epoch = now
    assert codes(at.roster(asked)) == {"mask"}


# -- how many ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "left", "code"),
    [(9, 6, "mask"), (9, 5, "shrunk"), (8, 6, "mask"), (8, 5, "shrunk"), (12, 8, "mask"), (12, 7, "shrunk")],
)
def test_far_fewer_than_when_i_answered(people: int, left: int, code: str) -> None:
    """shrunk: under two thirds of the number that stood in my dialog."""
    at = Table(people)
    at.exchange_keys()
    asked = at.ask()
    at.members[0].answer(asked.id, (1,))
    at.exchange_keys(list(range(1, left + 1)))
    at.close(asked)
    assert announced(at, asked, at.roster_of(range(1, left + 1))) == code


def test_it_is_the_number_of_when_i_answered_last() -> None:
    """An answer given again among fewer is given to those."""
    at = Table(9)
    at.exchange_keys()
    asked = at.ask()
    at.members[0].answer(asked.id, (1,))
    at.members[1].done(asked.id)
    at.exchange_keys([1, 2, 3, 4, 5])
    at.members[0].answer(asked.id, (2,))
    at.members[1].done(asked.id)
    at.close(asked)
    roster = at.roster_of([1, 2, 3, 4, 5])
    assert announced(at, asked, roster, place=1) == "mask"
    assert announced(at, asked, roster, place=2) == "shrunk"


def test_where_no_dialog_was_seen_it_is_the_number_of_those_with_keys() -> None:
    """shrunk: an abstention is hidden by others too."""
    at, asked = closing(9)
    assert codes(at.roster(asked, [1, 2, 3, 4, 5])) == {"shrunk"}
    assert codes(at.roster(asked, [1, 2, 3, 4, 5, 6])) == {"mask"}


def few(people: int, left: int) -> tuple[Table, Asked, list[int]]:
    """Everybody has answered among so many, and fewer are left at the close."""
    at = Table(people)
    at.exchange_keys()
    asked = at.ask()
    for member in at.members:
        member.answer(asked.id, (1,))
    at.close(asked)
    return at, asked, list(range(1, left + 1))


@pytest.mark.parametrize(
    ("people", "left", "asks"), [(5, 4, True), (6, 4, True), (4, 4, False), (4, 3, False), (6, 5, False), (5, 5, False)]
)
def test_five_or_more_have_become_three_or_four(people: int, left: int, asks: bool) -> None:
    """The member is asked again, and nothing is sent before it says so."""
    at, asked, those = few(people, left)
    assert codes(at.roster(asked, those)) == (set() if asks else {"mask"})
    assert at.members[0].asks_few == ({asked.id: left} if asks else {})


def test_a_member_who_agrees_goes_on_and_is_not_asked_twice() -> None:
    """Its mask is the answer to what was held back; the next attempt goes by itself."""
    at, asked, those = few(5, 4)
    at.roster(asked, those)
    answers = [at.members[place - 1].go_on(asked.id, agree=True) for place in those]
    assert [[said(r) for r in sent] for sent in answers] == [["mask"]] * 4
    assert at.members[0].asks_few == {}
    assert at.members[0].go_on(asked.id, agree=True) == []
    (sealed,) = {r.payload for r in at.attempt(asked, those, k=2).values()}
    assert ballots.counts(plain(asked, sealed)).answers == (0, 4, 0, 0, 0)


def test_a_member_who_does_not_agree() -> None:
    """declined; and it is asked anew for every attempt."""
    at, asked, those = few(5, 4)
    at.roster(asked, those)
    assert [said(r) for r in at.members[0].go_on(asked.id, agree=False)] == ["declined"]
    assert at.members[0].asks_few == {}
    assert codes(at.roster(asked, those, k=2)) == set()
    assert at.members[0].asks_few == {asked.id: 4}


def test_a_member_who_abstained_is_not_asked_whether_so_few_are_enough() -> None:
    """It said nothing that they would have to hide."""
    at, asked = closing(5)
    assert codes(at.roster(asked, [1, 2, 3, 4])) == {"mask"}


def test_what_was_asked_lapses_when_the_close_goes_on_with_more() -> None:
    """The question is gone from the screen, and an answer to it does nothing."""
    at, asked, those = few(5, 4)
    at.roster(asked, those)
    assert codes(at.roster(asked, k=2)) == {"mask"}
    assert at.members[0].asks_few == {}
    assert at.members[0].go_on(asked.id, agree=False) == []


def test_what_was_asked_lapses_when_it_is_settled() -> None:
    """Recorded or given up."""
    at, asked, those = few(5, 4)
    at.roster(asked, those)
    at.members[0].given_up(asked.id)
    at.members[1].recorded(asked.id, b"sealed")
    assert (at.members[0].asks_few, at.members[1].asks_few) == ({}, {})
    assert at.members[0].go_on(asked.id, agree=True) == []


# -- the same question again ---------------------------------------------------------------------------------------


def after_one(people: int = 6, question: bytes = b"How?") -> Table:
    """A check-in with this question was opened by the first five."""
    at = Table(people)
    at.exchange_keys([1, 2, 3, 4, 5])
    asked = at.ask(question=question)
    at.record(asked, at.result(asked, [1, 2, 3, 4, 5]))
    at.exchange_keys()
    return at


def again(at: Table, places: list[int], **more: object) -> set[str]:
    """What these say when it is asked now."""
    asked = at.ask(**more)  # type: ignore[arg-type]
    at.close(asked)
    return codes(at.roster(asked, places))


def test_the_same_question_again_after_somebody_has_left_or_come() -> None:
    """asked_again: the difference of the two results could be one person's answer."""
    at = after_one(8)
    at.exchange_keys([1, 2, 3, 4])
    assert again(at, [1, 2, 3, 4]) == {"asked_again"}
    at.exchange_keys([1, 2, 3, 4, 5, 6])
    assert again(at, [1, 2, 3, 4, 5, 6]) == {"asked_again", "mask"}
    at.exchange_keys([1, 2, 3, 4, 5])
    assert again(at, [1, 2, 3, 4, 5]) == {"mask"}
    at.exchange_keys()
    assert again(at, at.everybody) == {"mask"}


def test_another_question_kind_or_answer_is_not_the_same_one() -> None:
    """It is by question, kind and options together."""
    at = after_one()
    assert again(at, at.everybody) == {"asked_again", "mask"}
    assert again(at, at.everybody, question=b"How now?") == {"mask"}
    assert again(at, at.everybody, kind=CheckInKind.MOOD) == {"mask"}
    assert again(at, at.everybody, options=[b"low", b"high"]) == {"mask"}


def test_in_the_next_session_and_a_day_later_it_may_be_asked() -> None:
    """There are trends."""
    at = after_one()
    at.session += 1
    at.exchange_keys()
    assert again(at, at.everybody) == {"asked_again", "mask"}
    at.clock += DAY_MS
    assert again(at, at.everybody) == {"mask"}


def test_an_opened_round_that_was_lost_counts() -> None:
    """Somebody may know its result."""
    at, asked = closing(6)
    at.masks(asked, at.roster(asked))
    for member in at.members:
        member.given_up(asked.id)
    assert again(at, [1, 2, 3, 4, 5]) == {"asked_again"}


def test_a_round_that_was_not_opened_does_not_count_and_neither_do_slots() -> None:
    """An A has no answers in it."""
    at, asked = closing(6, WORDS)
    at.masks(asked, at.roster(asked))
    for member in at.members:
        member.given_up(asked.id)
    assert again(at, [1, 2, 3, 4, 5], kind=WORDS) == {"mask"}


def test_in_words_it_is_looked_at_before_the_slots_are_drawn() -> None:
    """asked_again, in A already."""
    at, asked = closing(6, WORDS)
    at.masks(asked, written(at, asked))
    at.record(asked, b"sealed")
    assert again(at, [1, 2, 3, 4, 5], kind=WORDS) == {"asked_again"}


@pytest.mark.parametrize("kind", [SCALE, WORDS])
def test_it_is_looked_at_again_right_before_opening(stores: list[Store], tmp_path: Path, kind: CheckInKind) -> None:
    """asked_again: another window has opened the same question with one more in the meantime."""
    at, asked = on_disk(stores, kind)
    masks = at.roster(asked)
    question = derivations.question_key(ROOM_KEY, kind.value, b"how?", [])
    others = Electorate(at.session, at.clock, frozenset([*at.roster_of(at.everybody), b"i" * 32]))
    with Store(tmp_path / "0") as other:
        StoredLedger(other, ROOM, at.ik(1)).burn(b"?" * 16, "N", 0, question, others)
    answers = at.masks(asked, masks)
    assert said(answers[1]) == "asked_again"
    assert {said(answers[place]) for place in (2, 3, 4)} == {"open"}
    assert not at.ledgers[0].burned(asked.id, masks[1].stage, 0 if kind is SCALE else 1)
