"""Can whoever sees everything tell two worlds apart in which people answered differently, and the sum is the same?

Many rounds of either world are played with real keys and real randomness, and every bit that the server sees, and
every bit that it can work out from them, is counted: |z| of the difference stays under 5.5. With a protection taken
away on purpose it shoots up, or this would be no test. What is measured by chance above it once is measured again: of
some 10,000 bits one does so about once in 2,500 times.
"""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Callable, Sequence
from math import sqrt

import pytest
from evenly_client.checkins import ballots, blocks, derivations
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.participant import Answer
from evenly_protocol.relayed import pack
from evenly_protocol.wire import RelayType
from evenly_protocol.words import CheckInKind

from tests.client.checkins.table import Table, attempts, devices, epochs, plain, said, show_masks

MOST = 5.5
SCALE, WORDS = CheckInKind.SCALE, CheckInKind.WORDS
KEYS = devices(4)
ONE, OTHER = ((0,), (4,), (2,), ()), ((), (2,), (0,), (4,))
"""Answers of four to a scale, so that nobody says the same in both worlds: and the sum is the same."""

RUNS = 800
CONTROL_RUNS = 200
ENVELOPE_RUNS = 120


class Bits:
    """How often each bit of many views of one length was set."""

    def __init__(self) -> None:
        self.views = self.length = 0
        self._planes: list[int] = []

    def add(self, view: bytes) -> None:
        """Counts one: all bits at once, in planes of the counters' digits."""
        assert self.length in (0, len(view))
        self.length, self.views = len(view), self.views + 1
        carry = int.from_bytes(view, "little")
        for i, plane in enumerate(self._planes):
            self._planes[i], carry = plane ^ carry, plane & carry
        if carry:
            self._planes.append(carry)

    def counts(self) -> list[int]:
        """For each bit."""
        digits = [f"{plane:0{8 * self.length}b}" for plane in self._planes]
        return [sum((digit == "1") << i for i, digit in enumerate(column)) for column in zip(*digits, strict=True)]


def largest_z(one: Bits, other: Bits) -> float:
    """The largest difference of a bit between two worlds, in standard deviations."""
    assert one.length == other.length
    assert one.views == other.views
    runs, largest = one.views, 0.0
    for a, b in zip(one.counts(), other.counts(), strict=True):
        p = (a + b) / (2 * runs)
        if 0 < p < 1:
            largest = max(largest, abs(a - b) / runs / sqrt(p * (1 - p) * 2 / runs))
    return largest


def measured(view: Callable[[int], bytes], runs: int) -> float:
    """The largest z between the worlds 0 and 1."""
    worlds = Bits(), Bits()
    for _ in range(runs):
        for world, bits in enumerate(worlds):
            bits.add(view(world))
    return largest_z(*worlds)


def cannot_be_told_apart(view: Callable[[int], bytes], runs: int) -> bool:
    """Whether no bit differs; what does by chance does not twice."""
    return measured(view, runs) < MOST or measured(view, runs) < MOST


def can_be_told_apart(view: Callable[[int], bytes]) -> bool:
    """Whether some bit differs by far."""
    return measured(view, CONTROL_RUNS) > 1.5 * MOST


def test_the_measure_itself() -> None:
    """Equal coins look alike; one bit in a thousand with a bias does not."""

    def coins(biased: float) -> Callable[[int], bytes]:
        def view(world: int) -> bytes:
            drawn = random.getrandbits(1_000)
            if world and random.random() < biased:
                drawn |= 1 << 777
            return drawn.to_bytes(125, "little")

        return view

    assert cannot_be_told_apart(coins(0), RUNS)
    assert measured(coins(0.5), RUNS) > MOST
    assert measured(coins(1), CONTROL_RUNS) > MOST


# -- what is seen of an attempt in numbers -------------------------------------------------------------------------


class Keys:
    """Epochs of four: new keys every so often, a new number of an attempt every time.

    Attributes:
        standing: the epoch as each of them has it.
    """

    def __init__(self) -> None:
        self._k = 0
        self.standing = epochs(KEYS)

    def attempts(self, xs: Sequence[int], stage: str = "N", length: int = 24) -> list[Attempt]:
        """An attempt of all with these vectors."""
        self._k += 1
        if self._k % 25 == 0:
            self.standing = epochs(KEYS)
        return attempts(KEYS, self.standing, xs, stage=stage, k=self._k, length=length, bind=b"b" * 32)


def without_own_pads(those: Sequence[Attempt], *, group: bool) -> list[int]:
    """What is left of each vector once the seeds are open; `group`: the server has the link, so g goes away too."""
    length = those[0].context.length
    left: list[int] = []
    for attempt in those:
        seed = attempt.opening().seed
        y = derivations.number(attempt.masked.y) - derivations.own_pad(seed, attempt.ctx, length)
        if group and attempt.place == 1:
            y -= derivations.group_pad(b"K" * 32, attempt.ctx, length)
        left.append(y)
    return left


def seen(those: Sequence[Attempt], *, group: bool = True) -> bytes:
    """Everything of an opened attempt: masks, seeds, one member's shares, and what they come to for any of them."""
    length = those[0].context.length
    parts = [pack(attempt.masked) for attempt in those]
    parts += [attempt.opening().seed for attempt in those]
    parts += [those[place].masked.shares[1] for place in (0, 2, 3)]
    left = without_own_pads(those, group=group)
    for size in range(1, len(those) + 1):
        parts += [derivations.vector(sum(some), length) for some in itertools.combinations(left, size)]
    return b"".join(parts)


def numbers(
    worlds: tuple[Sequence[Sequence[int]], ...] = (ONE, OTHER), *, group: bool = True
) -> Callable[[int], bytes]:
    """Views of attempts in which these were answered."""
    keys = Keys()
    vectors = [[ballots.ballot(SCALE, 5, answer) for answer in answers] for answers in worlds]
    return lambda world: seen(keys.attempts(vectors[world]), group=group)


def test_the_two_worlds_have_one_sum() -> None:
    """And nobody's answer is the same."""
    sums = [sum(ballots.ballot(SCALE, 5, answer) for answer in answers) for answers in (ONE, OTHER)]
    assert sums[0] == sums[1]
    assert all(one != other for one, other in zip(ONE, OTHER, strict=True))


def test_who_said_what_cannot_be_told_even_by_a_server_with_the_link() -> None:
    """It takes off what it can: the own pads, the group's; and adds up the vectors of any of them."""
    assert cannot_be_told_apart(numbers(), RUNS)


def test_it_can_be_told_when_the_pair_masks_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    monkeypatch.setattr(derivations, "pair_pad", lambda root, ctx, length: 0)
    assert can_be_told_apart(numbers())


@pytest.mark.parametrize("byte", [0, 8, 16, 20])
def test_it_can_be_told_when_one_byte_of_the_pair_masks_is_missing(monkeypatch: pytest.MonkeyPatch, byte: int) -> None:
    """Control: whichever counter it lies over."""
    whole = derivations.pair_pad

    def lacking(root: bytes, ctx: bytes, length: int) -> int:
        return whole(root, ctx, length) & ~(0xFF << 8 * byte)

    monkeypatch.setattr(derivations, "pair_pad", lacking)
    assert can_be_told_apart(numbers())


def test_it_can_be_told_when_two_share_no_masks_with_the_other_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: they hide behind each other alone."""
    keys = Keys()
    apart = {keys.standing[i].roots[KEYS[j].public] for i in (0, 1) for j in (2, 3)}
    whole = derivations.pair_pad
    monkeypatch.setattr(derivations, "pair_pad", lambda root, *more: 0 if root in apart else whole(root, *more))
    vectors = [[ballots.ballot(SCALE, 5, answer) for answer in answers] for answers in (ONE, OTHER)]
    numbered = itertools.count(1)

    def view(world: int) -> bytes:
        made = attempts(KEYS, keys.standing, vectors[world], k=next(numbered))
        return seen(made)

    assert can_be_told_apart(view)


# -- not even the total --------------------------------------------------------------------------------------------


def test_a_server_without_the_link_cannot_tell_the_total() -> None:
    """Two worlds with different sums: the group's pad hides it."""
    assert cannot_be_told_apart(numbers((ONE, ((1,), (1,), (1,), (1,))), group=False), RUNS // 2)


def test_it_can_when_the_pad_of_the_group_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    monkeypatch.setattr(derivations, "group_pad", lambda room_key, ctx, length: 0)
    assert can_be_told_apart(numbers((ONE, ((1,), (1,), (1,), (1,))), group=False))


# -- an attempt that was not opened --------------------------------------------------------------------------------


def left_of_the_first() -> Callable[[int], bytes]:
    """All others, with the server and the link, against one: what its mask is without all they know, its seed shut."""
    keys = Keys()

    def view(world: int) -> bytes:
        those = keys.attempts([ballots.ballot(SCALE, 5, (ONE, OTHER)[world][0]), 0, 0, 0])
        mine, ctx, length = those[0], those[0].ctx, those[0].context.length
        left = derivations.number(mine.masked.y) - derivations.group_pad(b"K" * 32, ctx, length)
        left -= sum(derivations.pair_pad(root, ctx, length) for root in mine._roots.values())
        return derivations.vector(left, length) + pack(mine.masked)

    return view


def test_an_attempt_that_was_not_opened_hides_an_answer_from_all_others_together() -> None:
    """So nothing is lost when somebody is missing and it begins again."""
    assert cannot_be_told_apart(left_of_the_first(), RUNS // 2)


def test_it_does_not_when_the_own_pad_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    monkeypatch.setattr(derivations, "own_pad", lambda seed, ctx, length: 0)
    assert can_be_told_apart(left_of_the_first())


# -- words ---------------------------------------------------------------------------------------------------------

TEXTS = (b"tired", b"awake", b"", b"so-so"), (b"so-so", b"", b"tired", b"awake")


def written() -> Callable[[int], bytes]:
    """Views of stage B: slots were drawn before, in an order that nobody chose."""
    keys = Keys()

    def view(world: int) -> bytes:
        order = random.sample(range(4), 4)
        xs = [
            derivations.number(blocks.sealed_block(b"b" * 32, WORDS, text)) << 8 * 96 * r
            for text, r in zip(TEXTS[world], order, strict=True)
        ]
        return seen(keys.attempts(xs, "B", 4 * 96))

    return view


def test_who_wrote_what_cannot_be_told_by_a_server_with_the_link() -> None:
    """Which block is whose is in none of the bits."""
    assert cannot_be_told_apart(written(), RUNS // 4)


def test_it_can_be_told_when_a_blocks_place_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without pair masks, and with slots in the order of the members."""
    monkeypatch.setattr(derivations, "pair_pad", lambda root, ctx, length: 0)
    monkeypatch.setattr(random, "sample", lambda places, many: list(places))
    monkeypatch.setattr(secrets, "token_bytes", bytes)
    assert can_be_told_apart(written())


def orders(runs: int, *, drawn: bool = True) -> float:
    """The largest z of an order in which texts come out of whole check-ins, between the two worlds."""
    at = Table(3)
    at.exchange_keys()
    number = itertools.count()

    def view(world: int) -> bytes:
        asked = at.ask(WORDS, question=b"%d" % next(number))
        texts = (("a", "b", "c"), ("c", "a", "b"))[world]
        for member, text in zip(at.members, texts, strict=True):
            member.answer(asked.id, text)
        at.close(asked)
        k = 1
        at.slots = [] if drawn else [10, 20, 30]
        while {said(answer) for answer in at.attempt(asked, stage="A", k=k).values()} != {"result"}:
            k += 1
        (sealed,) = {answer.payload for answer in at.attempt(asked, stage="B", k=k).values()}
        at.record(asked, sealed)
        order = tuple(blocks.texts(plain(asked, sealed), 3) or ())
        return bytes(order == one for one in itertools.permutations((b"a", b"b", b"c")))

    return measured(view, runs)


def test_the_order_of_the_texts_says_nothing() -> None:
    """It is that of slots drawn at random."""
    assert orders(60) < MOST or orders(60) < MOST


def test_it_does_when_slots_are_not_drawn() -> None:
    """Control."""
    assert orders(25, drawn=False) > MOST


# -- every envelope, its size, and the order in which they come ----------------------------------------------------

Envelopes = list[tuple[int, RelayType, str, int, bytes]]


def envelopes(
    kind: CheckInKind, answers: Sequence[Answer], options: int = 0, *, abstainers_done: bool = True
) -> Envelopes:
    """All that members send in a whole check-in, keys included, one opening lost on the way and made up for."""
    at = Table(4)
    at.exchange_keys()
    asked = at.ask(kind, [b"%d" % i for i in range(options)])
    for place, member, answer in zip(at.everybody, at.members, answers, strict=True):
        if answer:
            member.answer(asked.id, answer)
        if answer or abstainers_done:
            at.seen += [(place, relay) for relay in member.done(asked.id)]
    at.close(asked)
    if asked.in_words:
        at.slots = random.sample(range(256), 4)
        at.attempt(asked)
    stage = "B" if asked.in_words else "N"
    shares = at.opens(asked, at.masks(asked, at.roster(asked, stage=stage)), missing=[2])
    at.shares(asked, shares, at.everybody)
    return [(place, relay.type, relay.stage, relay.k, relay.payload) for place, relay in at.seen]


def outside(sent: Envelopes) -> list[tuple[int, RelayType, str, int, int]]:
    """From whom, which, of which attempt, how long: in their order."""
    return [(place, type, stage, k, len(payload)) for place, type, stage, k, payload in sent]


@pytest.mark.parametrize(
    ("kind", "options", "worlds"),
    [
        (SCALE, 0, (ONE, OTHER, ((), (), (), ()), ((1,), (1,), (1,), (1,)))),
        (CheckInKind.MULTI, 3, (((0,), (1,), (), ()), ((0, 1, 2), (), (), (2,)))),
        (WORDS, 0, (("a", "b", "c", ""), ("", "x" * 66, "", ""), ("", "", "", ""))),
        (CheckInKind.TEXT, 0, (("a", "b", "c", ""), ("", "x" * 280, "", "漢" * 200))),
    ],
)
def test_no_answer_changes_the_size_or_the_order_of_anything(
    kind: CheckInKind, options: int, worlds: Sequence[Sequence[Answer]]
) -> None:
    """Short or long, one or several, given or not."""
    assert len({tuple(outside(envelopes(kind, answers, options))) for answers in worlds}) == 1


def test_it_would_show_if_whoever_abstains_kept_quiet() -> None:
    """Control: one envelope fewer."""
    quiet = [outside(envelopes(SCALE, answers, abstainers_done=False)) for answers in (ONE, OTHER)]
    assert quiet[0] != quiet[1]


def everything(world: int) -> bytes:
    """Every byte of every envelope of a whole check-in."""
    return b"".join(payload for *_, payload in envelopes(SCALE, (ONE, OTHER)[world]))


def test_no_bit_of_any_envelope_tells_the_worlds_apart() -> None:
    """Of a check-in from its keys to its sealed result."""
    assert cannot_be_told_apart(everything, ENVELOPE_RUNS)


def test_some_would_without_any_pads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    for pad in ("own_pad", "pair_pad", "group_pad"):
        monkeypatch.setattr(derivations, pad, lambda key, ctx, length: 0)
    assert measured(everything, ENVELOPE_RUNS // 4) > MOST


def test_the_attempts_measured_are_ones_that_can_be_opened() -> None:
    """And give the sum: nothing else was looked at than what members send."""
    those = Keys().attempts([ballots.ballot(SCALE, 5, answer) for answer in ONE])
    show_masks(those)
    opens = [attempt.opening() for attempt in those]
    assert those[0].check_opens(opens) == []
    assert those[0].total == sum(ballots.ballot(SCALE, 5, answer) for answer in OTHER)
