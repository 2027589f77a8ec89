"""A server that lies, with two members on its side and the link in its hands, against honest members (anonymity.md, 5).

Each attack is played twice: against the program as it is, where it comes to nothing, and against one that leaves out
the rule which is in its way (the control), where it shows somebody's answer. So the attack is one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evenly_client.checkins import derivations, sharing
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.epoch import EpochRefused
from evenly_client.checkins.ledger import Electorate, MemoryLedger
from evenly_client.checkins.participant import Asked, Participant
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.store import Store
from evenly_protocol.relayed import Committed, Masks, Opened, Released, Revealed, pack, restorable, unpack
from evenly_protocol.wire import Relay, RelayType
from evenly_protocol.words import CheckInKind
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.client.checkins.table import (
    ROOM,
    ROOM_KEY,
    Table,
    committed,
    devices,
    handshakes,
    masked_in,
    opening_in,
    released_in,
    said,
    shown,
)

A, B, V, X1, X2 = 1, 2, 3, 4, 5
"""Three honest members, and two on the server's side. It is V's answer that the server wants to know."""

EVERYBODY, WITHOUT_V = [A, B, V, X1, X2], [A, B, X1, X2]
CHOSEN = {A: 0, B: 1, V: 4, X1: 0, X2: 0}
ABSTAINED = 5
"""Where the counter of abstentions stands on a scale."""


# -- programs that leave a rule out --------------------------------------------------------------------------------


class Keeps(Participant):
    """Does not erase older attempts when it sends a mask."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._kept: dict[tuple[bytes, str, int], Attempt] = {}

    def _attempted(self, relay: Relay) -> list[Relay]:
        answers = super()._attempted(relay)
        if self._current is not None and self._is(self._current, relay):
            self._kept[relay.check_in, relay.stage, relay.k] = self._current
        return answers

    def received(self, relay: Relay) -> list[Relay]:
        if relay.type in (RelayType.MASKS, RelayType.OPENS):
            self._current = self._kept.get((relay.check_in, relay.stage, relay.k), self._current)
        return super().received(relay)


class Twice(Participant):
    """Sends a second mask for the same attempt, and takes a check-in that was over for a new one."""

    def _is_newer(self, c: Any, relay: Relay, roster: list[bytes]) -> bool:
        c.wrote_k = 0
        return super()._is_newer(c, relay, roster)

    def open(self, asked: Asked) -> None:
        self._over.discard(asked.id)
        super().open(asked)


class Unburned(MemoryLedger):
    """Does not remember what was opened."""

    def burned(self, check_in: bytes, stage: str, k: int = 0) -> bool:
        return False


class Unguarded(MemoryLedger):
    """Does not remember with whom a question was opened."""

    def electorates(self, question: bytes) -> list[Electorate]:
        return []


class Careless(Unguarded, Unburned):
    """Remembers nothing."""


# -- the server ----------------------------------------------------------------------------------------------------


class Refused(Exception):
    """An honest member did not go along."""


class Conspiracy(Table):
    """A table whose server has the link and two members on its side. The honest ones run `program`, with `ledger`."""

    def __init__(
        self, program: type[Participant] = Participant, ledger: type[MemoryLedger] = MemoryLedger, people: int = 5
    ) -> None:
        self.program = program
        self.openings: dict[int, Opened] = {}
        super().__init__(people, [Careless() if p in (X1, X2) else ledger() for p in range(1, people + 1)])
        self.exchange_keys()

    def participant(self, place: int) -> Participant:
        made = super().participant(place)
        kind = Keeps if place in (X1, X2) else self.program
        return kind(
            ROOM,
            ROOM_KEY,
            self.keys[place - 1],
            self.ledgers[place - 1],
            session=made._session,
            now=made._now,
            random_slot=made._random_slot,
        )

    def answered(self, asked: Asked) -> Asked:
        """Everybody answers, and it closes."""
        for place, chosen in CHOSEN.items():
            self.members[place - 1].answer(asked.id, f"said by {place}" if asked.in_words else (chosen,))
        self.close(asked)
        return asked

    def roster(self, asked: Asked, places: Sequence[int] = (), stage: str = "", k: int = 1) -> dict[int, Relay]:
        """The same; whoever is asked whether so few are enough says yes.

        Raises:
            Refused: somebody sends no mask.
        """
        answers = super().roster(asked, places, stage, k)
        for place in places or self.everybody:
            if place not in answers:
                (answers[place],) = self.members[place - 1].go_on(asked.id, agree=True)
        return {place: good(answers[place]) for place in places or self.everybody}

    def reserve(self, asked: Asked) -> None:
        """The slots of an answer in words are drawn, each another one, in the order of the members."""
        self.slots = [10 * place for place in EVERYBODY]
        self.opens(asked, self.masks(asked, self.roster(asked, stage="A")))

    def show(self, asked: Asked, masks: Mapping[int, Relay], to: Collection[int] = ()) -> dict[int, bytes]:
        """Shows these masks to some of those whose they are, or to all. The seeds that they open.

        Raises:
            Refused: somebody opens nothing.
        """
        first, every = next(iter(masks.values())), [masked_in(m) for m in masks.values()]
        seeds: dict[int, bytes] = {}
        for at, place in enumerate(masks, start=1):
            if place in (to or masks):
                payload = shown(every, first.stage, at)
                answer = self.send(place, self.envelope(asked, RelayType.MASKS, payload, first.stage, first.k))
                self.openings[place] = opening_in(good(answer))
                seeds[place] = self.openings[place].seed
        return seeds

    def pretend_missing(
        self, asked: Asked, masks: Mapping[int, Relay], seeds: Mapping[int, bytes], missing: int
    ) -> dict[int, bytes]:
        """Tells all who opened that this one did not. The shares of its seed, by place in the roster."""
        first, places = next(iter(masks.values())), list(masks)
        opens = [Opened() if p == missing else self.openings[p] for p in places]
        envelope = self.envelope(asked, RelayType.OPENS, opens, first.stage, first.k)
        answers = {p: good(self.send(p, envelope)) for p in seeds if p != missing}
        return {places.index(p) + 1: released_in(a)[places.index(missing) + 1] for p, a in answers.items()}

    def context(self, asked: Asked, masks: Mapping[int, Relay]) -> Context:
        """What an attempt is bound to, as one of its members works it out."""
        first, roster = next(iter(masks.values())), self.roster_of(masks)
        member = self.members[X1 - 1]
        assert member.epoch is not None
        return member._context(member._check_ins[asked.id], first, roster, member.epoch)

    def restored(self, context: Context, mask: Relay, shares: Mapping[int, bytes]) -> bytes:
        """A seed from its shares; it is the one that was committed to."""
        seed = sharing.restore({x: derivations.number(s) for x, s in shares.items()}).to_bytes(32, "little")
        assert derivations.seed_commitment(context.hashed(), seed) == masked_in(mask).com
        return seed

    def sum_of(self, asked: Asked, masks: Mapping[int, Relay], seeds: Mapping[int, bytes]) -> int:
        """What the answers of an attempt add up to, for whoever has every seed and the link."""
        assert set(seeds) == set(masks)
        context = self.context(asked, masks)
        ctx, length = context.hashed(), context.length
        hidden = sum(derivations.number(masked_in(m).y) for m in masks.values())
        pads = sum(derivations.own_pad(seed, ctx, length) for seed in seeds.values())
        return (hidden - pads - derivations.group_pad(ROOM_KEY, ctx, length)) % (1 << 8 * length)


def good(answer: Relay | None) -> Relay:
    """An answer that is no refusal."""
    assert answer is not None
    if answer.type is RelayType.REFUSE:
        raise Refused(said(answer))
    return answer


def single(difference: int) -> int:
    """The answer that the difference of two sums is."""
    counters = [difference % (1 << 192) >> 32 * i & 0xFFFFFFFF for i in range(6)]
    assert sorted(counters) == [0, 0, 0, 0, 0, 1], counters
    return counters.index(1)


# -- two electorates of one check-in -------------------------------------------------------------------------------


def two_halves(table: Conspiracy) -> int:
    """The attack of the document: all five, then without V; the first is shown to A and V, the second to B.

    Of each one seed is missing, which the others restore. What V answered.
    """
    asked = table.answered(table.ask())
    first = table.roster(asked, EVERYBODY, k=1)
    second = table.roster(asked, WITHOUT_V, k=2)
    sums: list[int] = []
    for masks, to, missing in ((first, [A, V, X1, X2], B), (second, [B, X1, X2], A)):
        seeds = table.show(asked, masks, to)
        shares = table.pretend_missing(asked, masks, seeds, missing)
        context = table.context(asked, masks)
        sums.append(table.sum_of(asked, masks, seeds | {missing: table.restored(context, masks[missing], shares)}))
    return single(sums[0] - sums[1])


def test_of_two_electorates_of_one_check_in_only_the_newer_can_be_opened() -> None:
    """A has erased the first when it sent its mask for the second: two seeds of the first are missing, not one."""
    with pytest.raises(Refused, match="bad_step"):
        two_halves(Conspiracy())


def test_control_where_older_attempts_are_kept_the_answer_is_recovered() -> None:
    assert two_halves(Conspiracy(Keeps)) == CHOSEN[V]


def opened_again(table: Conspiracy) -> int:
    """Opened with all, then once more without V."""
    asked = table.answered(table.ask())
    sums: list[int] = []
    for k, places in enumerate((EVERYBODY, WITHOUT_V), start=1):
        masks = table.roster(asked, places, k=k)
        sums.append(table.sum_of(asked, masks, table.show(asked, masks)))
    return single(sums[0] - sums[1])


def test_what_was_opened_once_is_never_opened_again() -> None:
    with pytest.raises(Refused, match="burned"):
        opened_again(Conspiracy())


def test_control_without_the_burn_rule_the_answer_is_recovered() -> None:
    assert opened_again(Conspiracy(ledger=Careless)) == CHOSEN[V]


@pytest.mark.parametrize("ledger", [Unburned, Unguarded], ids=lambda kind: kind.__name__)
def test_that_it_was_opened_and_with_whom_are_each_enough_to_refuse(ledger: type[MemoryLedger]) -> None:
    with pytest.raises(Refused, match=r"burned|asked_again"):
        opened_again(Conspiracy(ledger=ledger))


KILLED = """
import os, sys
from pathlib import Path
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.store import Store
from tests.client.checkins.table import ROOM, Table, devices
from tests.end_to_end.test_checkin_attacks import EVERYBODY, V, Conspiracy

Attempt.opening = lambda attempt: os._exit(9)
table = Conspiracy()
table.ledgers[V - 1] = StoredLedger(Store(Path(sys.argv[1])), ROOM, devices(5)[V - 1].public)
table.members[V - 1] = table.participant(V)
table.exchange_keys()
asked = table.answered(table.ask())
table.show(asked, table.roster(asked, EVERYBODY), [V])
"""


@pytest.mark.parametrize("remembers", [True, False], ids=["with its files", "control: without them"])
def test_a_client_killed_between_its_note_and_its_opening_refuses_once_it_is_back(
    remembers: bool, tmp_path: Path
) -> None:
    """On disk stands that it was opened, though the server never got it: to be safe, it was."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "profile")], check=False)
    assert killed.returncode == 9
    with Store(tmp_path / ("profile" if remembers else "another")) as store:
        table = Conspiracy()
        table.ledgers[V - 1] = StoredLedger(store, ROOM, devices(5)[V - 1].public)
        table.members[V - 1] = table.participant(V)
        table.exchange_keys()
        asked = table.answered(table.ask())
        if remembers:
            with pytest.raises(Refused, match="burned"):
                table.roster(asked, EVERYBODY)
        else:
            assert table.show(asked, table.roster(asked, EVERYBODY), [V])


# -- the same question, almost the same people ---------------------------------------------------------------------


def asked_twice(table: Conspiracy, first: Sequence[int], second: Sequence[int], question: bytes = b"How?") -> int:
    """Two check-ins with one question, of these and of those. What the difference is."""
    sums: list[int] = []
    for places in (first, second):
        asked = table.answered(table.ask(question=question))
        masks = table.roster(asked, places)
        sums.append(table.sum_of(asked, masks, table.show(asked, masks)))
        for member in table.members:
            member.given_up(asked.id)
    return sums[0] - sums[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [(EVERYBODY, WITHOUT_V), (WITHOUT_V, EVERYBODY), ([A, B, V, X1], [A, B, X1, X2])],
    ids=["one fewer", "one more", "one for another"],
)
def test_a_question_is_not_opened_again_with_almost_the_same_people(first: list[int], second: list[int]) -> None:
    with pytest.raises(Refused, match="asked_again"):
        asked_twice(Conspiracy(), first, second)


def test_control_without_the_guard_the_answer_is_recovered() -> None:
    assert single(asked_twice(Conspiracy(ledger=Unguarded), EVERYBODY, WITHOUT_V)) == CHOSEN[V]


def test_the_guard_lets_the_very_same_people_be_asked_again() -> None:
    assert asked_twice(Conspiracy(), EVERYBODY, EVERYBODY) == 0


def test_two_windows_of_one_device_do_not_open_what_one_would_not(tmp_path: Path) -> None:
    """Both have sent their mask before either has opened: the guard is asked again right before."""
    with Store(tmp_path) as one, Store(tmp_path) as other:
        table = Conspiracy()
        first, second = table.ask(), table.ask()
        windows: list[tuple[Participant, int, dict[int, Relay]]] = []
        for store, asked, places in ((one, first, EVERYBODY), (other, second, WITHOUT_V)):
            table.ledgers[A - 1] = StoredLedger(store, ROOM, table.ik(A))
            table.members[A - 1] = window = table.participant(A)
            window.open(asked)
            table.exchange_keys()
            windows.append((window, table.epoch, table.roster(table.answered(asked), places)))
        (table.members[A - 1], table.epoch, masks), (window, epoch, others) = windows
        assert table.show(first, masks, [A])
        table.members[A - 1], table.epoch = window, epoch
        with pytest.raises(Refused, match="asked_again"):
            table.show(second, others, [A])


# -- two masks with one context ------------------------------------------------------------------------------------


def earlier_ballot(table: Conspiracy, asked: Asked, earlier: Relay, masks: Mapping[int, Relay]) -> int:
    """The difference between what V's two masks for one attempt hide, once the later one is opened.

    V's opening is withheld from the others, so they release their shares of its seed in the clear. The shares of the
    earlier seed were sealed with the same keys and nonces: the two ciphertexts and one plaintext give the other.
    """
    seeds = table.show(asked, masks)
    places, context = list(masks), table.context(asked, masks)
    released = table.pretend_missing(asked, masks, seeds, V)
    one, other = masked_in(earlier), masked_in(masks[V])
    shares = {
        x: bytes(a ^ b ^ c for a, b, c in zip(one.shares[x - 1], other.shares[x - 1], share, strict=False))
        for x, share in released.items()
    }
    assert places.index(V) + 1 not in shares
    ctx, length = context.hashed(), context.length
    before = derivations.number(one.y) - derivations.own_pad(table.restored(context, earlier, shares), ctx, length)
    after = derivations.number(other.y) - derivations.own_pad(seeds[V], ctx, length)
    return (before - after) % (1 << 8 * length)


def block_of(difference: int, size: int) -> int:
    """In which block two vectors differ, where they differ in one."""
    return ((difference & -difference).bit_length() - 1) // (8 * size)


def written_twice(table: Conspiracy) -> int:
    """V is brought to write its block a second time, under the same context. In which block it writes."""
    asked = table.answered(table.ask(CheckInKind.WORDS))
    table.reserve(asked)
    masks = table.roster(asked, stage="B")
    earlier = masks[V]
    # No masks at all: V gives this attempt up.
    assert said(table.send(V, table.envelope(asked, RelayType.MASKS, Masks([]), "B"))) == "bad_step"
    masks[V] = good(table.send(V, table.envelope(asked, RelayType.ROSTER, table.roster_of(EVERYBODY), "B")))
    return block_of(earlier_ballot(table, asked, earlier, masks), 96)


def test_an_answer_in_words_is_masked_once_for_an_attempt() -> None:
    with pytest.raises(Refused, match="stale"):
        written_twice(Conspiracy())


def test_control_masked_twice_it_shows_which_block_is_whose() -> None:
    assert written_twice(Conspiracy(Twice)) == EVERYBODY.index(V)


def test_not_even_after_another_check_in_came_between() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask(CheckInKind.WORDS))
    table.reserve(asked)
    table.roster(asked, stage="B")
    other = table.answered(table.ask(question=b"And you?"))
    table.roster(other)
    with pytest.raises(Refused, match="stale"):
        table.roster(asked, stage="B")


def test_words_are_written_only_after_the_slots_of_the_same_attempt() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask(CheckInKind.WORDS))
    with pytest.raises(Refused, match="stale"):
        table.roster(asked, stage="B")
    table.reserve(asked)
    for places, k in ((EVERYBODY, 2), (WITHOUT_V, 1)):
        with pytest.raises(Refused, match="stale"):
            table.roster(asked, places, "B", k)


def opened_as_new(table: Conspiracy) -> int:
    """A check-in is given up before anything was opened, and then opened again under its own id. What V answered."""
    asked = table.answered(table.ask())
    earlier = table.roster(asked)[V]
    for member in table.members:
        member.given_up(asked.id)
        member.open(asked)
    for x in (X1, X2):
        table.members[x - 1]._over.clear()
        table.members[x - 1].open(asked)
    table.close(asked)
    masks = table.roster(asked)
    return earlier_ballot(table, asked, earlier, masks)


def test_a_check_in_that_was_over_is_never_a_new_one() -> None:
    with pytest.raises(Refused, match="stale"):
        opened_as_new(Conspiracy())


def test_control_taken_for_a_new_one_it_shows_what_was_answered_before() -> None:
    """The second time V said nothing, so the difference is its first answer less an abstention."""
    difference = opened_as_new(Conspiracy(Twice))
    assert difference == ((1 << 32 * CHOSEN[V]) - (1 << 32 * ABSTAINED)) % (1 << 192)


# -- split rosters, early shares, two missing ----------------------------------------------------------------------


def test_members_who_were_told_different_rosters_open_nothing() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    rosters = {A: EVERYBODY, X1: EVERYBODY, B: WITHOUT_V, X2: WITHOUT_V, V: [B, V, X1, X2]}
    masks: dict[int, Relay] = {}
    for place in EVERYBODY:
        envelope = table.envelope(asked, RelayType.ROSTER, table.roster_of(rosters[place]))
        answer = table.send(place, envelope)
        masks[place] = good(answer or table.members[place - 1].go_on(asked.id, agree=True)[0])
    for places in (EVERYBODY, WITHOUT_V, [B, V, X1, X2]):
        shown_masks = {p: masks[p] for p in places}
        for place in {A, B, V} & set(places):
            every = [masked_in(m) for m in shown_masks.values()]
            if len({len(m.shares) for m in every}) == 1 or len(every[0].shares) >= len(places):
                payload = shown(every, "N", places.index(place) + 1)
                assert said(table.send(place, table.envelope(asked, RelayType.MASKS, payload))) == "bad_step"
    assert not any(ledger.burned(asked.id, "N") for ledger in table.ledgers[:3])


def test_no_share_is_released_before_the_others_have_opened() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    masks = table.roster(asked)
    opens = [Opened()] * 5
    for payload in (opens, [Opened(bytes(32), bytes(64))] * 5, []):
        assert said(table.send(A, table.envelope(asked, RelayType.OPENS, payload))) == "bad_step"
    assert said(table.send(A, table.envelope(asked, RelayType.SHARES, []))) == "bad_step"
    seeds = table.show(asked, masks)
    for missing in ([B, V], [B, V, X1, X2], [A, B, V, X1, X2]):
        opens = [Opened() if p in missing else table.openings[p] for p in EVERYBODY]
        assert said(table.send(A, table.envelope(asked, RelayType.OPENS, opens))) == "bad_step"
    assert set(seeds) == set(EVERYBODY)


def test_two_are_not_missing_one_after_the_other_either() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    masks = table.roster(asked)
    seeds = table.show(asked, masks)
    assert table.pretend_missing(asked, masks, seeds, B)
    assert table.pretend_missing(asked, masks, seeds, B), "the same again is answered again"
    with pytest.raises(Refused, match="bad_step"):
        table.pretend_missing(asked, masks, seeds, V)


def test_of_three_nobody_is_ever_missing() -> None:
    table = Conspiracy()
    table.exchange_keys([A, B, V])
    asked = table.ask()
    for place in (A, B, V):
        table.members[place - 1].answer(asked.id, (CHOSEN[place],))
    table.close(asked)
    assert restorable(3) == 0
    masks = table.roster(asked, [A, B, V])
    assert all(masked_in(m).shares == [b"", b"", b""] for m in masks.values())
    seeds = table.show(asked, masks)
    with pytest.raises(Refused, match="bad_step"):
        table.pretend_missing(asked, masks, seeds, V)


def test_a_seed_that_was_not_committed_to_is_no_opening() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    table.show(asked, table.roster(asked))
    forged = Opened(bytes(32), table.openings[V].signature)
    opens = [forged if p == V else table.openings[p] for p in EVERYBODY]
    assert said(table.send(A, table.envelope(asked, RelayType.OPENS, opens))) == "bad_step"


@pytest.mark.parametrize(
    "released", [[], [Released(1, {3: bytes(32)})], [Released(n, {3: bytes(32)}) for n in range(5)]]
)
def test_shares_that_give_another_seed_give_nothing(released: list[Released]) -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    masks = table.roster(asked)
    table.pretend_missing(asked, masks, table.show(asked, masks), V)
    answer = table.send(A, table.envelope(asked, RelayType.SHARES, released))
    assert said(answer) == "bad_step"


# -- what was exchanged on the way ---------------------------------------------------------------------------------


def changed(masks: Masks, place: int, **changes: Any) -> Masks:
    members = list(masks.members)
    members[place - 1] = msgspec.structs.replace(members[place - 1], **changes)
    return msgspec.structs.replace(masks, members=members)


@pytest.mark.parametrize("field", ["y", "com", "shares_hash", "signature"])
def test_whatever_is_exchanged_in_a_mask_every_member_refuses_with_the_same_word(field: str) -> None:
    """So the complaint does not tell whose it was, not even V's own."""
    table = Conspiracy()
    asked = table.answered(table.ask())
    masks = table.roster(asked)
    every = [masked_in(m) for m in masks.values()]
    for place in (A, B, V):
        true = shown(every, "N", place)
        false = changed(true, V, **{field: bytes(len(getattr(true.members[V - 1], field)))})
        assert said(table.send(place, table.envelope(asked, RelayType.MASKS, false))) == "bad_step"
    assert not any(ledger.burned(asked.id, "N") for ledger in table.ledgers[:3])


def test_masks_of_an_earlier_attempt_are_not_taken_for_this_one() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    earlier = table.roster(asked, k=1)
    for k, replayed in enumerate(([V], [B, V], EVERYBODY), start=2):
        now = table.roster(asked, k=k)
        mixed = {p: msgspec.structs.replace(earlier[p] if p in replayed else now[p], k=k) for p in EVERYBODY}
        with pytest.raises(Refused, match="bad_step"):
            table.show(asked, mixed, [A])


def test_openings_and_shares_of_another_check_in_are_not_taken_for_this_one() -> None:
    table = Conspiracy()
    first = table.answered(table.ask())
    table.show(first, table.roster(first))
    before = dict(table.openings)
    second = table.answered(table.ask(question=b"Another?"))
    table.show(second, table.roster(second))
    opens = [before[p] if p == V else table.openings[p] for p in EVERYBODY]
    assert said(table.send(A, table.envelope(second, RelayType.OPENS, opens))) == "bad_step"


def test_a_member_does_not_answer_to_an_older_attempt_nor_to_one_of_other_keys() -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    table.roster(asked, k=3)
    for k in (3, 2, 1, 0, -1, 2**32, 2**63 - 1):
        with pytest.raises(Refused, match="stale"):
            table.roster(asked, WITHOUT_V, k=k)
    table.epoch += 1
    with pytest.raises(Refused, match="stale"):
        table.roster(asked, k=4)


@pytest.mark.parametrize(
    "roster",
    [
        pytest.param(lambda t: t.roster_of([B, A, V, X1, X2]), id="not in order"),
        pytest.param(lambda t: t.roster_of([A, A, B, V, X1]), id="one twice"),
        pytest.param(lambda t: [*t.roster_of([A, B, V, X1]), b"\xff" * 32], id="a stranger"),
        pytest.param(lambda t: [*t.roster_of([A, B, V, X1]), b""], id="nobody"),
    ],
)
def test_a_roster_is_of_those_who_have_keys_in_their_order(roster: Any) -> None:
    table = Conspiracy()
    asked = table.answered(table.ask())
    assert said(table.send(A, table.envelope(asked, RelayType.ROSTER, roster(table)))) == "other_key"


@pytest.mark.parametrize(
    ("places", "code"), [([B, V, X1], "not_in_roster"), ([A, X1], "too_few"), ([A, X1, X2], "shrunk")]
)
def test_nobody_is_singled_out_by_a_small_roster(places: list[int], code: str) -> None:
    """With the two on its side, the server would know what A answered."""
    table = Conspiracy()
    asked = table.answered(table.ask())
    assert said(table.send(A, table.envelope(asked, RelayType.ROSTER, table.roster_of(places)))) == code


@pytest.mark.parametrize("stage", ["A", "B"])
def test_a_sum_exchanged_after_the_fact_is_everybodys_complaint_or_nobodys(stage: str) -> None:
    """In the stages of words the server adds up; it must say the sum before anything is opened."""
    table = Conspiracy()
    asked = table.answered(table.ask(CheckInKind.WORDS))
    if stage == "B":
        table.reserve(asked)
    masks = table.roster(asked, stage=stage)
    every = [masked_in(m) for m in masks.values()]
    openings: dict[int, Opened] = {}
    for at, place in enumerate(masks, start=1):
        true = shown(every, stage, at)
        total = true.total
        if place == A:  # A alone is shown another
            total = bytes([total[0] ^ 1]) + total[1:]
        answer = table.send(
            place, table.envelope(asked, RelayType.MASKS, msgspec.structs.replace(true, total=total), stage)
        )
        openings[place] = opening_in(good(answer))
    opens = table.envelope(asked, RelayType.OPENS, list(openings.values()), stage)
    assert {said(table.send(place, opens)) for place in (A, B, V)} == {"bad_step"}


@pytest.mark.parametrize("stage", ["A", "B"])
def test_a_sum_exchanged_for_all_alike_says_the_same_of_all(stage: str) -> None:
    table = Conspiracy()
    table.slots = [1, 2, 3, 4, 5]
    asked = table.answered(table.ask(CheckInKind.WORDS))
    if stage == "B":
        table.reserve(asked)
    masks = table.roster(asked, stage=stage)
    every = [masked_in(m) for m in masks.values()]
    openings: list[Opened] = []
    for at, place in enumerate(masks, start=1):
        true = shown(every, stage, at)
        total = bytearray(true.total)
        total[2 * 96 + 50] ^= 1  # in V's block, or in an empty slot
        false = msgspec.structs.replace(true, total=bytes(total))
        openings.append(opening_in(good(table.send(place, table.envelope(asked, RelayType.MASKS, false, stage)))))
    opens = table.envelope(asked, RelayType.OPENS, openings, stage)
    codes = {said(table.send(place, opens)) for place in (A, B, V)}
    assert codes == {"spoiled" if stage == "B" else "collision"}


def test_shares_that_do_not_open_are_not_told_apart_from_others() -> None:
    """A server that exchanges the blob of one member learns of it only that it was the blob of that member."""
    table = Conspiracy()
    asked = table.answered(table.ask())
    masks = table.roster(asked)
    every = [masked_in(m) for m in masks.values()]
    openings: list[Opened] = []
    for at, place in enumerate(masks, start=1):
        true = shown(every, "N", at)
        false = changed(true, V, share=bytes(48)) if place == A else true
        openings.append(opening_in(good(table.send(place, table.envelope(asked, RelayType.MASKS, false)))))
    opens = [Opened() if p == V else o for p, o in zip(EVERYBODY, openings, strict=True)]
    released = {p: released_in(good(table.send(p, table.envelope(asked, RelayType.OPENS, opens)))) for p in (A, B)}
    assert (released[A], list(released[B])) == ({}, [V])


# -- keys ----------------------------------------------------------------------------------------------------------


def exchange(
    table: Table, reveals: Any = lambda revealed, place: revealed, commits: Any = lambda commits, place: commits
) -> list[str]:
    """Keys are exchanged by a server that may tell each something else. The words on each screen; empty for none."""
    table.epoch += 1
    everybody = table.everybody
    commitments: list[Committed] = []
    for place in everybody:
        answer = table.send(place, Relay(RelayType.COMMIT, 0, epoch=table.epoch))
        assert answer is not None
        commitments.append(Committed(table.ik(place), answer.payload))
    revealed: dict[int, Revealed] = {}
    for place in everybody:
        asked = Relay(RelayType.REVEAL, 0, pack(commits(commitments, place)), epoch=table.epoch)
        answer = table.send(place, asked)
        shown = None if answer is None else unpack(answer.payload, Revealed)
        if shown is not None:
            revealed[place] = shown
    before = [member.epoch for member in table.members]
    for place in everybody:
        payload = reveals(list(revealed.values()), place)
        table.send(place, Relay(RelayType.ROSTER, 0, pack(payload), epoch=table.epoch))
    now = [member.epoch for member in table.members]
    return ["" if n is None or n is b else " ".join(n.words) for b, n in zip(before, now, strict=True)]


def test_in_an_honest_exchange_all_see_the_same_three_words() -> None:
    words = exchange(Table(4))
    assert len(set(words)) == 1
    assert len(words[0].split()) == 3


class Middle:
    """A server that stands between A and B: it knows the link, and shows A a key of its own for B's."""

    def __init__(self, table: Table) -> None:
        self.key = devices(40)[-1]
        (self.shake,) = handshakes([self.key])
        self.shake.session = table.session
        self.fake = Committed(table.ik(B), self.shake.commitment())

    def commits(self, commitments: list[Committed], place: int) -> list[Committed]:
        return [self.fake if c.ik == self.fake.ik and place == A else c for c in commitments]

    def reveals(self, revealed: list[Revealed], place: int) -> list[Revealed]:
        mine = derivations.key_message(ROOM, self.shake.session, self.shake._xk)
        fake = Revealed(self.fake.ik, self.shake._xk, self.shake._nonce, self.key.sign(mine))
        return [fake if r.ik == self.fake.ik and place == A else r for r in revealed]


def test_a_key_that_its_member_did_not_sign_is_refused() -> None:
    table = Table(4)
    middle = Middle(table)
    words = exchange(table, middle.reveals, middle.commits)
    assert words[0] == ""


def test_a_key_other_than_the_one_committed_to_is_refused_though_it_is_signed() -> None:
    """Otherwise the server could try keys until the words are the same."""
    table = Table(4)

    def reveals(revealed: list[Revealed], place: int) -> list[Revealed]:
        nonce = bytes(16)
        return [msgspec.structs.replace(r, nonce=nonce) if r.ik == table.ik(B) else r for r in revealed]

    assert exchange(table, reveals) == ["", "", "", ""]


@pytest.mark.parametrize("left_out", [A, B])
def test_exactly_those_who_committed_show_their_keys(left_out: int) -> None:
    table = Table(4)
    words = exchange(table, lambda revealed, place: [r for r in revealed if r.ik != table.ik(left_out)])
    assert words == ["", "", "", ""]


def test_of_two_keys_of_two_members_none_is_the_other() -> None:
    keys = devices(3)
    shaking = handshakes(keys)
    shaking[2]._private, shaking[2]._xk, shaking[2]._nonce = shaking[1]._private, shaking[1]._xk, bytes(16)
    commitments = committed(keys, shaking)
    revealed = [shake.reveal(commitments) for shake in shaking]
    with pytest.raises(EpochRefused):
        shaking[0].standing(revealed)


def test_who_is_told_of_other_members_sees_other_words() -> None:
    """A server with the link may make up a member, or leave one out, for some: then the words are not the same."""
    table = Table(5)

    def commits(commitments: list[Committed], place: int) -> list[Committed]:
        return [c for c in commitments if place != A or c.ik != table.ik(V)]

    def reveals(revealed: list[Revealed], place: int) -> list[Revealed]:
        return [r for r in revealed if place != A or r.ik != table.ik(V)]

    words = exchange(table, reveals, commits)
    assert all(words)
    assert words[0] != words[1]
    assert len(set(words[1:])) == 1


def test_commitments_are_shown_once_and_keys_of_an_old_exchange_are_not_taken() -> None:
    table = Table(4)
    older: list[Relay] = []
    exchange(table)
    older = [relay for _, relay in table.seen]
    exchange(table)
    now = [member.epoch for member in table.members]
    for relay in older:
        for place in table.everybody:
            table.send(place, msgspec.structs.replace(relay, type=RelayType.ROSTER))
            table.send(place, relay)
    assert [member.epoch for member in table.members] == now
    assert table.send(A, Relay(RelayType.COMMIT, 0, epoch=table.epoch)) is None
    assert table.send(A, Relay(RelayType.COMMIT, 0, epoch=table.epoch - 1)) is None


def test_a_member_shows_its_key_for_one_set_of_commitments() -> None:
    table = Table(4)
    table.epoch += 1
    commits = [
        Committed(table.ik(p), answer.payload)
        for p in table.everybody
        if (answer := table.send(p, Relay(RelayType.COMMIT, 0, epoch=table.epoch))) is not None
    ]
    assert table.send(A, Relay(RelayType.REVEAL, 0, pack(commits), epoch=table.epoch)) is not None
    for other in (commits[:3], commits):
        assert table.send(A, Relay(RelayType.REVEAL, 0, pack(other), epoch=table.epoch)) is None


# -- whatever comes ------------------------------------------------------------------------------------------------

KINDS: Mapping[RelayType, Any] = {
    RelayType.REVEAL: list[Committed],
    RelayType.ROSTER: list[bytes],
    RelayType.MASKS: Masks,
    RelayType.OPENS: list[Opened],
    RelayType.SHARES: list[Released],
}


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Bytes, some of them of the shapes that payloads have."""
    from tests.protocol.shapes import of_type

    kind = draw(st.sampled_from([*KINDS.values(), list[Revealed], dict[int, bytes], None]))
    return draw(st.binary(max_size=80)) if kind is None else pack(draw(of_type(kind)))


@examples(max_examples=150, deadline=None)
@given(data=st.data(), in_words=st.booleans())
def test_no_envelope_makes_a_member_fail(data: st.DataObject, in_words: bool) -> None:
    """Whatever a server sends, at whatever step, is answered or is not; and nothing is opened by it."""
    table = Conspiracy()
    asked = table.answered(table.ask(CheckInKind.WORDS if in_words else CheckInKind.SCALE))
    stage = "A" if in_words else "N"
    masks = table.roster(asked)
    if data.draw(st.booleans(), "opened"):
        table.show(asked, masks)
    seen = [relay for _, relay in table.seen]
    opened = [ledger.burned(asked.id, "N") for ledger in table.ledgers]
    for _ in range(data.draw(st.integers(1, 8))):
        replayed = data.draw(st.sampled_from(seen)).payload
        relay = Relay(
            data.draw(st.sampled_from(RelayType)),
            0,
            data.draw(payloads() | st.just(replayed)),
            data.draw(st.sampled_from([asked.id, asked.id, b"", b"?" * 16])),
            data.draw(st.sampled_from([table.epoch, table.epoch, 0, -1, table.epoch + 1, 2**63 - 1])),
            data.draw(st.sampled_from([stage, stage, "N", "A", "B", "", "Ω"])),
            data.draw(st.sampled_from([1, 1, 2, 0, -1, 2**32 - 1, 2**32, 2**63 - 1])),
        )
        for answer in table.members[A - 1].received(relay):
            assert isinstance(answer, Relay)
    assert [ledger.burned(asked.id, "N") for ledger in table.ledgers] == opened
