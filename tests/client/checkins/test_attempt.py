"""One attempt at a masked sum: what it comes to, and everything that is refused on the way."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
import pytest
from evenly_client.checkins import derivations, sharing
from evenly_client.checkins.attempt import Attempt, AttemptRefused
from evenly_protocol.relayed import Masked, Masks, MaskSeen, Opened, Released, restorable
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.checkins.table import attempts, devices, epochs, finish, opened, show_masks, shown

LENGTH = 24
KEYS = devices(33)
EPOCHS = {people: epochs(KEYS[:people]) for people in (3, 4, 5, 16, 33)}
"""Of the first so many; as good for any number of attempts as they differ in k."""

replace = msgspec.structs.replace


def round_of(people: int = 4, stage: str = "N", k: int = 1, **more: object) -> list[Attempt]:
    """An attempt of so many, with vectors 1, 2, 3, …"""
    xs = list(range(1, people + 1))
    return attempts(KEYS[:people], EPOCHS[people], xs, stage=stage, k=k, length=LENGTH, **more)  # type: ignore[arg-type]


def masks_of(those: list[Attempt]) -> list[Masked]:
    """Everybody's mask."""
    return [attempt.masked for attempt in those]


@pytest.mark.parametrize("people", EPOCHS)
@pytest.mark.parametrize("stage", ["N", "A", "B"])
def test_everybody_arrives_at_the_sum(people: int, stage: str) -> None:
    """In every stage, among few and many."""
    those = round_of(people, stage)
    finish(those)
    assert {attempt.total for attempt in those} == {people * (people + 1) // 2}


@given(st.lists(st.integers(0, 2 ** (8 * LENGTH) - 1), min_size=4, max_size=4))
@settings(max_examples=25)
def test_the_sum_goes_round_at_the_end_of_the_vector(xs: list[int]) -> None:
    """Modulo 2^(8·length), whatever the vectors hold."""
    those = attempts(KEYS[:4], EPOCHS[4], xs, length=LENGTH)
    finish(those)
    assert {attempt.total for attempt in those} == {sum(xs) % 2 ** (8 * LENGTH)}


def test_a_mask_is_the_same_however_often_it_is_sent_and_another_in_each_attempt() -> None:
    """Fresh seeds each time: nothing of one attempt helps with another."""
    first, second = round_of(k=1), round_of(k=2)
    for one, other in zip(first, second, strict=True):
        assert one.masked is one.masked
        assert one.masked.y != other.masked.y
        assert one.masked.com != other.masked.com
        assert not set(one.masked.shares) & set(other.masked.shares) - {b""}


def test_nothing_is_known_before_every_seed_is_open() -> None:
    """Not to a member either."""
    those = round_of(3)
    assert those[0].total is None
    show_masks(those)
    assert those[0].total is None
    opens = opened(those)
    with pytest.raises(AttemptRefused):
        those[0].check_opens([*opens[:2], Opened()])
    assert those[0].total is None
    those[0].check_opens(opens)
    assert those[0].total == 6


@pytest.mark.parametrize(("people", "blobs"), [(3, 0), (4, 3), (5, 4)])
def test_shares_are_made_where_a_seed_may_have_to_be_restored(people: int, blobs: int) -> None:
    """Among three none: one for each other member otherwise, and never one for oneself."""
    for attempt in round_of(people):
        shares = attempt.masked.shares
        assert [len(share) for share in shares if share] == [48] * blobs
        assert len(shares) == people
        assert shares[attempt.place - 1] == b""


# -- MASKS ---------------------------------------------------------------------------------------------------------


def first(masks: Masks, **changes: object) -> Masks:
    """Masks in which something of the first member's is changed."""
    return Masks([replace(masks.members[0], **changes), *masks.members[1:]], masks.total)


def changed(value: bytes) -> bytes:
    """One bit of it."""
    return bytes([value[0] ^ 1]) + value[1:]


MASKS: dict[str, Callable[[Masks], Masks]] = {
    "one missing": lambda m: Masks(m.members[:-1], m.total),
    "none": lambda m: Masks([], m.total),
    "one twice": lambda m: Masks([*m.members, m.members[0]], m.total),
    "one twice in the place of another": lambda m: Masks([m.members[0], m.members[0], *m.members[2:]], m.total),
    "two swapped": lambda m: Masks([m.members[1], m.members[0], *m.members[2:]], m.total),
    "another vector": lambda m: first(m, y=changed(m.members[0].y)),
    "another commitment": lambda m: first(m, com=changed(m.members[0].com)),
    "other shares": lambda m: first(m, shares_hash=changed(m.members[0].shares_hash)),
    "another signature": lambda m: first(m, signature=changed(m.members[0].signature)),
    "no signature": lambda m: first(m, signature=b""),
    "signed by another": lambda m: first(m, signature=m.members[1].signature),
    "a mask that is none": lambda m: Masks([MaskSeen(b"", b"", b"", b"", b""), *m.members[1:]], m.total),
}


@pytest.mark.parametrize("stage", ["N", "A", "B"])
@pytest.mark.parametrize("change", MASKS.values(), ids=MASKS)
def test_masks_that_are_not_everybodys_own_are_not_opened(stage: str, change: Callable[[Masks], Masks]) -> None:
    """By nobody: neither by a third nor by the one whose they are."""
    those = round_of(stage=stage)
    masks = masks_of(those)
    for attempt in (those[0], those[2]):
        with pytest.raises(AttemptRefused):
            attempt.check_masks(change(shown(masks, stage, attempt.place)))
        assert attempt.h1 == b""
        attempt.check_masks(shown(masks, stage, attempt.place))
        assert attempt.h1


def test_my_own_mask_must_be_the_one_that_i_sent() -> None:
    """Another of my masks, well signed by me, is not."""
    those, again = round_of(), round_of()
    masks = [again[0].masked, *masks_of(those)[1:]]
    those[1].check_masks(shown(masks, "N", 2))
    with pytest.raises(AttemptRefused):
        those[0].check_masks(shown(masks, "N", 1))


@pytest.mark.parametrize("bound", [{"k": 2}, {"stage": "A"}, {"length": LENGTH + 1}, {"bind": b"b" * 32}], ids=str)
def test_masks_of_another_attempt_are_not_opened(bound: dict[str, object]) -> None:
    """Another k, stage, length or slots: replayed, they do not fit."""
    those = round_of()
    other = attempts(KEYS[:4], EPOCHS[4], [1, 2, 3, 4], **{"length": LENGTH, **bound})  # type: ignore[arg-type]
    masks = [those[0].masked, other[1].masked, *masks_of(those)[2:]]
    with pytest.raises(AttemptRefused):
        those[0].check_masks(shown(masks, "N", 1))


def test_masks_of_an_earlier_epoch_are_not_opened() -> None:
    """The same members, other keys."""
    those, other = round_of(), attempts(KEYS[:4], epochs(KEYS[:4]), [1, 2, 3, 4], length=LENGTH)
    with pytest.raises(AttemptRefused):
        those[0].check_masks(shown([those[0].masked, other[1].masked, *masks_of(those)[2:]], "N", 1))


@pytest.mark.parametrize("stage", ["A", "B"])
@pytest.mark.parametrize("total", [b"", b"x" * (LENGTH - 1), b"x" * (LENGTH + 1)], ids=len)
def test_a_sum_of_another_length_is_not_opened(stage: str, total: bytes) -> None:
    """What is added up on the way is as long as a vector."""
    those = round_of(stage=stage)
    with pytest.raises(AttemptRefused):
        those[0].check_masks(Masks(shown(masks_of(those), stage, 1).members, total))


@pytest.mark.parametrize("stage", ["A", "B"])
def test_a_sum_once_shown_cannot_be_exchanged(stage: str) -> None:
    """Nobody opens for a second one; and who were shown different ones do not believe each other's openings."""
    those = round_of(stage=stage)
    masks = shown(masks_of(those), stage, 1)
    those[0].check_masks(masks)
    with pytest.raises(AttemptRefused):
        those[0].check_masks(Masks(masks.members, changed(masks.total)))
    those[0].check_masks(masks)
    for attempt in those[1:]:
        honest = shown(masks_of(those), stage, attempt.place)
        attempt.check_masks(Masks(honest.members, changed(honest.total)))
    with pytest.raises(AttemptRefused):
        those[0].check_opens(opened(those))


# -- OPENS ---------------------------------------------------------------------------------------------------------

OPENS: dict[str, Callable[[list[Opened]], list[Opened]]] = {
    "one too few": lambda o: o[:-1],
    "one too many": lambda o: [*o, o[0]],
    "none": lambda o: [],
    "another seed": lambda o: [replace(o[0], seed=changed(o[0].seed)), *o[1:]],
    "two swapped": lambda o: [o[1], o[0], *o[2:]],
    "signed by another": lambda o: [replace(o[0], signature=o[1].signature), *o[1:]],
    "not signed": lambda o: [replace(o[0], signature=b""), *o[1:]],
    "a seed cut off": lambda o: [replace(o[0], seed=o[0].seed[:-1]), *o[1:]],
    "two missing": lambda o: [Opened(), Opened(), *o[2:]],
    "all missing": lambda o: [Opened()] * len(o),
}


@pytest.mark.parametrize("change", OPENS.values(), ids=OPENS)
def test_openings_that_are_not_what_was_committed_to_are_refused(
    change: Callable[[list[Opened]], list[Opened]],
) -> None:
    """And no share is released for them."""
    those = round_of(4)
    show_masks(those)
    with pytest.raises(AttemptRefused):
        those[2].check_opens(change(opened(those)))
    assert those[2].total is None


def test_a_seed_that_its_own_member_did_not_commit_to_is_refused() -> None:
    """Though it has signed it: whoever saw the others' seeds first cannot choose another sum."""
    those = round_of(4)
    show_masks(those)
    opens, chosen = opened(those), b"s" * 32
    opens[1] = Opened(chosen, KEYS[1].sign(derivations.open_message(those[1].h1, chosen)))
    with pytest.raises(AttemptRefused):
        those[0].check_opens(opens)


def test_openings_before_the_masks_are_refused() -> None:
    """Early: nothing is there to hold them against."""
    those = round_of()
    for attempt in those[1:]:
        attempt.check_masks(shown(masks_of(those), "N", attempt.place))
    opens = [Opened(), *opened(those[1:])]
    with pytest.raises(AttemptRefused):
        those[0].check_opens(opens)
    those[0].check_masks(shown(masks_of(those), "N", 1))
    assert those[0].check_opens(opens) == [1]


def test_an_opening_holds_for_its_attempt_alone() -> None:
    """Neither the seed nor the signature of another one is taken."""
    those, other = round_of(k=1), round_of(k=2)
    show_masks(those)
    show_masks(other)
    mine, replayed = opened(those), opened(other)[1]
    for wrong in (replayed, replace(mine[1], seed=replayed.seed), replace(mine[1], signature=replayed.signature)):
        with pytest.raises(AttemptRefused):
            those[0].check_opens([mine[0], wrong, *mine[2:]])
    assert those[0].check_opens(mine) == []


# -- RECOVER -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "missing"), [(4, [1]), (4, [4]), (5, [3]), (16, [16]), (33, [1, 2]), (33, [7]), (33, [32, 33])]
)
def test_the_sum_is_had_though_some_did_not_open(people: int, missing: list[int]) -> None:
    """As many as the others may restore."""
    assert len(missing) <= restorable(people)
    those = round_of(people)
    finish(those, missing)
    assert {a.total for a in those if a.place not in missing} == {people * (people + 1) // 2}


@pytest.mark.parametrize(("people", "missing"), [(3, [1]), (4, [1, 2]), (5, [2, 5]), (16, [1, 2]), (33, [1, 2, 3])])
def test_one_more_than_may_be_restored_is_refused(people: int, missing: list[int]) -> None:
    """The check-in is lost then."""
    assert len(missing) == restorable(people) + 1
    those = round_of(people)
    show_masks(those)
    opens = opened(those, missing)
    for attempt in those:
        if attempt.place not in missing:
            with pytest.raises(AttemptRefused):
                attempt.check_opens(opens)


def test_claiming_first_one_missing_and_then_another_is_refused() -> None:
    """So that no server has the shares of more than it may."""
    those = round_of(4)
    show_masks(those)
    mine = those[3]
    assert mine.check_opens(opened(those, [1])) == [1]
    assert set(mine.release([1])) == {1}
    assert mine.check_opens(opened(those, [1])) == [1]
    with pytest.raises(AttemptRefused):
        mine.check_opens(opened(those, [2]))


def test_a_share_is_of_the_one_who_is_missing_and_never_of_oneself() -> None:
    """Each releases what it was given."""
    those = round_of(5, seeds=[11, 12, 13, 14, 15], coefficients=[1, 2, 3])
    show_masks(those)
    for attempt in those:
        released = attempt.release([2])
        if attempt.place == 2:
            assert released == {}
            continue
        (value,) = sharing.share(12, 4, [attempt.place], [1, 2, 3])
        assert released == {2: value.to_bytes(32, "little")}


def test_a_share_that_does_not_open_is_not_released() -> None:
    """A server that exchanges blobs gets nothing for it."""
    those = round_of(5)
    masks = shown(masks_of(those), "N", 1)
    blobs = [masks.members[2].share, b"", changed(masks.members[1].share)]
    for blob in blobs:
        attempt = round_of(5)[0]
        seen = [attempt.masked, *masks_of(those)[1:]]
        of_mine = shown(seen, "N", 1)
        of_mine.members[1] = replace(of_mine.members[1], share=blob)
        attempt.check_masks(of_mine)
        assert attempt.release([2]) == {}
        assert set(attempt.release([3])) == {3}


def released_by(those: list[Attempt], missing: list[int]) -> list[Released]:
    """The shares of all who are there."""
    return [Released(a.place, a.release(missing)) for a in those if a.place not in missing]


def test_one_wrong_share_and_the_seed_is_lost() -> None:
    """The commitment shows it; no wrong sum comes of it."""
    those = round_of(5)
    show_masks(those)
    assert those[0].check_opens(opened(those, [3])) == [3]
    released = released_by(those, [3])
    wrong = [replace(released[0], shares={3: changed(released[0].shares[3])}), *released[1:]]
    with pytest.raises(AttemptRefused):
        those[0].restore(wrong)
    assert those[0].total is None
    those[0].restore(released)
    assert those[0].total == 15


def test_one_share_too_few_and_the_seed_is_lost() -> None:
    """Fewer than the threshold are refused, and so are shares of somebody else."""
    those = round_of(5)
    show_masks(those)
    those[0].check_opens(opened(those, [3]))
    released = released_by(those, [3])
    for too_few in (released[:-1], [], [*released[:-1], Released(5, {4: b"x" * 32})], [*released[:-1], released[0]]):
        with pytest.raises(AttemptRefused):
            those[0].restore(too_few)
    assert those[0].total is None


def test_the_shares_of_the_lowest_in_the_roster_are_joined() -> None:
    """With one missing where two may be, one share more than needed is there: the highest one is not looked at."""
    those = round_of(33)
    show_masks(those)
    mine = those[0]
    mine.check_opens(opened(those, [5]))
    released = released_by(those, [5])
    wrong_last = [*released[:-1], replace(released[-1], shares={5: b"x" * 32})]
    wrong_first = [replace(released[0], shares={5: b"x" * 32}), *released[1:]]
    with pytest.raises(AttemptRefused):
        mine.restore(wrong_first)
    mine.restore(wrong_last[::-1])
    assert mine.total == 33 * 34 // 2


def test_early_shares_restore_nothing() -> None:
    """Shares of others, before their openings are there, are too few for anything."""
    those = round_of(5)
    show_masks(those)
    with pytest.raises(AttemptRefused):
        those[0].restore(released_by(those, [3]))
    assert those[0].total is None


@pytest.mark.parametrize("value", [b"", b"x", b"x" * 31, b"\xff" * 32, b"x" * 4_000], ids=len)
def test_shares_that_are_no_numbers_of_the_field_are_no_error(value: bytes) -> None:
    """Refused like every wrong one."""
    those = round_of(5)
    show_masks(those)
    those[0].check_opens(opened(those, [3]))
    released = released_by(those, [3])
    with pytest.raises(AttemptRefused):
        those[0].restore([replace(released[0], shares={3: value}), *released[1:]])


def test_what_is_restored_is_what_was_committed_to() -> None:
    """By hand: the seed of the missing one, from its commitment."""
    seed = secrets.randbelow(sharing.P)
    those = round_of(4, seeds=[seed, None, None, None])
    show_masks(those)
    values = {r.place: derivations.number(r.shares[1]) for r in released_by(those, [1])}
    assert sharing.restore(values) == seed
    assert derivations.seed_commitment(those[0].ctx, seed.to_bytes(32, "little")) == those[0].masked.com
