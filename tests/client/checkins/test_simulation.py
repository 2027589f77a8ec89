"""For what was really seen, every other way in which people may have answered is as possible as the true one.

Not by counting, as in test_distinguisher.py, but exactly: to a real view, and any reassignment of the answers with the
same sum, there are pair masks with which the very same code sends the very same bytes. The masks are what nobody saw,
and each is as likely as any other: so the view says nothing about which it was.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from evenly_client.checkins import ballots, blocks, derivations, sharing
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.epoch import Epoch, Handshake
from evenly_protocol.checkins import counters, vector_bytes
from evenly_protocol.relayed import Released, pack, restorable
from evenly_protocol.words import CheckInKind

from tests.client.checkins.table import (
    CHECK_IN,
    ROOM,
    ROOM_KEY,
    SESSION,
    attempts,
    committed,
    devices,
    opened,
    show_masks,
    shown,
)

Masks = dict[bytes, int]
"""Pair masks by the root that two members share."""


class Round:
    """One real round: its keys, its seeds, and everything that is seen of it.

    Attributes:
        xs: the vectors, in roster order.
        masks: the pair masks that were really in it.
        view: all that leaves the members' machines, to the byte.
    """

    def __init__(self, xs: Sequence[int], length: int, stage: str = "N") -> None:
        self.people, self.xs, self._length, self._stage = len(xs), list(xs), length, stage
        self.keys = devices(self.people)
        self._privates = [X25519PrivateKey.generate() for _ in xs]
        self.standing = self._epochs()
        self._seeds = [sharing.random_below_p() for _ in xs]
        self._coefficients = [sharing.random_below_p() for _ in range(self.people - restorable(self.people) - 1)]
        ctx = self._attempts(xs)[0].ctx
        self.masks = {
            root: derivations.pair_pad(root, ctx, length) for epoch in self.standing for root in epoch.roots.values()
        }
        self.view = self.seen(xs)

    def _epochs(self) -> list[Epoch]:
        shaking = [
            Handshake(ROOM, ROOM_KEY, key, 1, SESSION, private)
            for key, private in zip(self.keys, self._privates, strict=True)
        ]
        revealed = [shake.reveal(committed(self.keys, shaking)) for shake in shaking]
        return [shake.standing(revealed) for shake in shaking]

    def _attempts(self, xs: Sequence[int]) -> list[Attempt]:
        more = {"stage": self._stage, "length": self._length, "bind": b"b" * 32}
        coefficients = self._coefficients if restorable(self.people) else None
        return attempts(self.keys, self.standing, xs, seeds=self._seeds, coefficients=coefficients, **more)

    def root(self, u: int, v: int) -> bytes:
        """What two members share, by their places from 0."""
        return self.standing[u].roots[self.keys[v].public]

    def seen(self, xs: Sequence[int]) -> list[bytes]:
        """All that is sent in this round with these vectors: masks, sums, openings, shares, the sealed result."""
        those = self._attempts(xs)
        show_masks(those)
        masked = [attempt.masked for attempt in those]
        sent = [pack(mask) for mask in masked]
        sent += [pack(shown(masked, self._stage, attempt.place)) for attempt in those]
        opens = opened(those)
        sent += [pack(opening) for opening in opens]
        if restorable(self.people):
            sent += [pack(Released(a.place, a.release([1]))) for a in those[1:]]
        for attempt in those:
            assert attempt.check_opens(opens) == []
            assert attempt.total is not None
            total = derivations.vector(attempt.total, self._length)
            sent.append(derivations.sealed_result(ROOM_KEY, ROOM, CHECK_IN, attempt.h1, total, self._length))
        return sent

    def masks_for(self, xs: Sequence[int], coalition: Collection[int] = ()) -> Masks:
        """Pair masks of the honest with which these vectors would give the same view, if their sum is the same.

        Along a chain of the honest each takes up what the one before it could not: u's mask with the next one grows by
        what is missing so far. Nothing of what the coalition knows is touched.
        """
        masks, missing = dict(self.masks), 0
        honest = [place for place in range(self.people) if place not in coalition]
        for u, v in itertools.pairwise(honest):
            missing += self.xs[u] - xs[u]
            masks[self.root(u, v)] += missing
        return masks

    def seen_with(self, monkeypatch: pytest.MonkeyPatch, xs: Sequence[int], masks: Masks) -> list[bytes]:
        """What would have been seen with these vectors and these masks."""
        with monkeypatch.context() as patched:
            modulus = 1 << 8 * self._length
            patched.setattr(derivations, "pair_pad", lambda root, ctx, length: masks[root] % modulus)
            return self.seen(xs)


def in_numbers(kind: CheckInKind, options: int, answers: Sequence[tuple[int, ...]]) -> tuple[list[int], int]:
    """Ballots with these answers, and how long they are."""
    many = counters(kind, options)
    xs = [ballots.ballot(kind, many, answer) for answer in answers]
    return xs, vector_bytes(kind, options, "N", len(answers))


def reassigned(xs: Sequence[int]) -> list[tuple[int, ...]]:
    """Every way in which these ballots can be dealt out."""
    return sorted(set(itertools.permutations(xs)))


QUESTIONS = {
    "scale of 3": in_numbers(CheckInKind.SCALE, 0, [(0,), (4,), ()]),
    "yes or no of 4": in_numbers(CheckInKind.YESNO, 0, [(0,), (1,), (1,), ()]),
    "scale of 5": in_numbers(CheckInKind.SCALE, 0, [(0,), (1,), (1,), (4,), ()]),
    "several of 4": in_numbers(CheckInKind.MULTI, 3, [(0,), (1, 2), (0, 1, 2), ()]),
}
each_question = pytest.mark.parametrize(("xs", "length"), QUESTIONS.values(), ids=QUESTIONS)


@each_question
def test_every_reassignment_of_the_answers_has_masks_that_give_the_same_view(
    monkeypatch: pytest.MonkeyPatch, xs: list[int], length: int
) -> None:
    """To the byte: masks, seeds, signatures, shares, the sealed result."""
    played = Round(xs, length)
    every = reassigned(xs)
    assert len(every) > 5
    for other in every:
        assert played.seen_with(monkeypatch, other, played.masks_for(other)) == played.view


def test_other_answers_with_the_same_counts_are_as_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where several may be given, not only dealt out anew: all three of one member, or one of each of three."""
    xs, length = in_numbers(CheckInKind.MULTI, 3, [(0, 1, 2), (0,), (0,), ()])
    others, _ = in_numbers(CheckInKind.MULTI, 3, [(0,), (0, 1), (0, 2), ()])
    played = Round(xs, length)
    assert sum(xs) == sum(others)
    assert played.seen_with(monkeypatch, others, played.masks_for(others)) == played.view


def test_every_order_of_the_blocks_is_as_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words: whose block stands in which slot."""
    texts = [b"tired", b"awake", b"", b"so-so"]
    sealed = [blocks.sealed_block(b"b" * 32, CheckInKind.WORDS, text) for text in texts]
    xs = [derivations.number(block) << 8 * 96 * r for r, block in enumerate(sealed)]
    played = Round(xs, 4 * 96, "B")
    for other in reassigned(xs):
        assert played.seen_with(monkeypatch, other, played.masks_for(other)) == played.view


@pytest.mark.parametrize("coalition", [(0,), (4,), (2,), (0, 1), (1, 3), (0, 2, 4)], ids=str)
def test_it_holds_among_the_honest_whoever_pools_what_they_know(
    monkeypatch: pytest.MonkeyPatch, coalition: tuple[int, ...]
) -> None:
    """The coalition's own masks, votes and seeds are as they know them; the others' answers can be dealt out anew."""
    xs, length = QUESTIONS["scale of 5"]
    played = Round(xs, length)
    honest = [place for place in range(5) if place not in coalition]
    for dealt in reassigned([xs[place] for place in honest]):
        other = list(xs)
        for place, x in zip(honest, dealt, strict=True):
            other[place] = x
        masks = played.masks_for(other, coalition)
        assert all(
            masks[played.root(u, v)] == played.masks[played.root(u, v)] for u in coalition for v in range(5) if v != u
        )
        assert played.seen_with(monkeypatch, other, masks) == played.view


# -- controls ------------------------------------------------------------------------------------------------------


@each_question
def test_control_answers_with_another_sum_have_no_such_masks(
    monkeypatch: pytest.MonkeyPatch, xs: list[int], length: int
) -> None:
    """What the result says is not hidden: the chain does not close, and the view is another one."""
    played = Round(xs, length)
    other = [xs[1], *xs[1:]]
    assert sum(other) != sum(xs)
    assert played.seen_with(monkeypatch, other, played.masks_for(other)) != played.view


@each_question
def test_control_without_pair_masks_every_reassignment_is_seen(
    monkeypatch: pytest.MonkeyPatch, xs: list[int], length: int
) -> None:
    """The view fits one set of answers: the true one."""
    monkeypatch.setattr(derivations, "pair_pad", lambda root, ctx, length: 0)
    played = Round(xs, length)
    assert [other for other in reassigned(xs) if played.seen(other) == played.view] == [tuple(xs)]


def test_control_with_the_true_masks_only_the_true_answers_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """So whoever knew the masks would know the answers."""
    xs, length = QUESTIONS["scale of 5"]
    played = Round(xs, length)
    fitting = [o for o in reassigned(xs) if played.seen_with(monkeypatch, o, played.masks) == played.view]
    assert fitting == [tuple(xs)]


def test_control_a_member_whose_masks_are_known_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """All others together: nothing is left to change."""
    xs, length = QUESTIONS["scale of 3"]
    played = Round(xs, length)
    for other in reassigned(xs):
        masks = played.masks_for(other, coalition=(0, 1))
        assert masks == played.masks
        assert (played.seen_with(monkeypatch, other, masks) == played.view) is (list(other) == xs)
