"""What a member refuses of an attempt that is under way: masks, openings and shares, and what changed programs send.

Whether it begins one at all is in test_participant_refusals.py.
"""

from __future__ import annotations

import msgspec
import pytest
from evenly_client.checkins import derivations
from evenly_client.checkins.attempt import Attempt
from evenly_client.checkins.derivations import Context
from evenly_client.checkins.participant import Asked
from evenly_protocol.relayed import Masks, Opened, Released, pack
from evenly_protocol.wire import RelayType
from evenly_protocol.words import CheckInKind

from tests.client.checkins.table import (
    ROOM,
    ROOM_KEY,
    Table,
    closing,
    codes,
    length_of,
    masked_in,
    opening_in,
    said,
    shown,
)

SCALE, WORDS = CheckInKind.SCALE, CheckInKind.WORDS


# -- masks, openings, shares ---------------------------------------------------------------------------------------


def test_masks_that_are_not_good() -> None:
    """bad_step; and the attempt is dead, though good ones come after."""
    at, asked = closing(3)
    masks = at.roster(asked)
    seen = shown([masked_in(r) for r in masks.values()], "N", 1)
    changed = Masks([seen.members[0], msgspec.structs.replace(seen.members[1], com=b"x" * 32), seen.members[2]])
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, changed))) == "bad_step"
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, seen))) == "bad_step"
    assert not at.ledgers[0].burned(asked.id, "N")


def test_other_masks_of_an_attempt_that_was_opened() -> None:
    """bad_step: it was opened for those that were shown first."""
    at, asked = closing(4, WORDS)
    at.slots = [1, 2, 3, 4]
    masks = at.roster(asked)
    at.masks(asked, masks)
    seen = shown([masked_in(r) for r in masks.values()], "A", 1)
    forged = msgspec.structs.replace(seen, total=bytes(len(seen.total)))
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, forged))) == "bad_step"
    assert said(at.send(1, at.envelope(asked, RelayType.MASKS, seen))) == "open"


@pytest.mark.parametrize("type", [RelayType.MASKS, RelayType.OPENS, RelayType.SHARES])
def test_a_step_before_its_turn(type: RelayType) -> None:
    """bad_step: without a mask, without an opening, and of another attempt."""
    at, asked = closing(4)
    payloads = {RelayType.MASKS: Masks([]), RelayType.OPENS: [Opened()] * 4, RelayType.SHARES: [Released(1, {})]}
    envelope = at.envelope(asked, type, payloads[type])
    assert said(at.send(1, envelope)) == "bad_step"
    masks = at.roster(asked)
    if type is not RelayType.MASKS:
        assert said(at.send(1, envelope)) == "bad_step"
        at.masks(asked, masks)
    for other in ({"k": 2}, {"stage": "B"}, {"epoch": 99}, {"check_in": b"?" * 16}, {"payload": b"\xc1"}):
        assert said(at.send(1, msgspec.structs.replace(envelope, **other))) == "bad_step", other


def test_early_shares_come_to_nothing() -> None:
    """bad_step: before the openings are there nothing is joined."""
    at, asked = closing(4)
    at.masks(asked, at.roster(asked))
    early = [Released(place, {1: b"x" * 32}) for place in (2, 3, 4)]
    assert said(at.send(2, at.envelope(asked, RelayType.SHARES, early))) == "bad_step"


def test_two_claimed_missing_where_one_may_be() -> None:
    """bad_step, at once or one after the other; no second share is released."""
    at, asked = closing(5)
    opens = at.masks(asked, at.roster(asked))
    assert codes(at.opens(asked, opens, missing=[1, 2])) == {"bad_step"}
    sent = [opening_in(r) for r in opens.values()]

    def without(place: int) -> str:
        lacking = [Opened() if p == place else o for p, o in enumerate(sent, start=1)]
        return said(at.send(5, at.envelope(asked, RelayType.OPENS, lacking)))

    assert without(1) == "shares"
    assert without(2) == "bad_step"
    assert without(1) == "shares"


def test_one_opening_missing_among_three() -> None:
    """bad_step: no seed of three can be restored."""
    at, asked = closing(3)
    opens = at.masks(asked, at.roster(asked))
    assert codes(at.opens(asked, opens, missing=[1])) == {"bad_step"}


def test_shares_of_which_one_is_wrong() -> None:
    """bad_step: no result comes of them, but at the one who was missing and knows its own seed."""
    at, asked = closing(4)
    opens = at.masks(asked, at.roster(asked))
    shares = at.opens(asked, opens, missing=[4])
    shares[1] = msgspec.structs.replace(shares[1], payload=pack({4: b"x" * 32}))
    ended = at.shares(asked, shares, [1, 2, 3, 4])
    assert {place: said(r) for place, r in ended.items()} == {1: "bad_step", 2: "bad_step", 3: "bad_step", 4: "result"}
    at.members[0].given_up(asked.id)
    assert at.members[0].own_results == {}


def test_an_opening_of_another_attempt() -> None:
    """bad_step: replayed, it does not fit."""
    at, asked = closing(4)
    old = at.masks(asked, at.roster(asked))
    for member in at.members:
        member.given_up(asked.id)
    other = at.ask(question=b"Else?")
    at.close(other)
    opens = at.masks(other, at.roster(other))
    assert codes(at.opens(other, {**opens, 1: old[1]})) == {"bad_step"}


# -- changed programs ----------------------------------------------------------------------------------------------


def forged(at: Table, asked: Asked, place: int, x: int, stage: str) -> Attempt:
    """An attempt of the member in this place whose vector is no ballot, otherwise as it must be."""
    epoch, people = at.members[place - 1].epoch, len(at.members)
    assert epoch is not None
    roster = tuple(epoch.keys.items())
    question = derivations.question_key(ROOM_KEY, asked.kind.value, asked.question, asked.options)
    length = length_of(asked, people, stage)
    context = Context(ROOM, at.session, epoch.roster_hash, asked.id, question, stage, 1, length, b"", roster)
    return Attempt(context, at.keys[place - 1], ROOM_KEY, epoch.roots, x)


@pytest.mark.parametrize(
    ("kind", "x", "code"),
    [
        (SCALE, 2, "spoiled"),
        (SCALE, 0, "spoiled"),
        (SCALE, 2**32, "result"),
        (SCALE, 1 + 2**32, "spoiled"),
        (SCALE, 2**192 - 1, "spoiled"),
        (WORDS, 1 << 80 | 1 << 160, "collision"),
        (WORDS, 0, "collision"),
        (WORDS, 2 << 80, "collision"),
        (WORDS, 1 << 80, "result"),
    ],
)
def test_a_vector_that_is_no_ballot(kind: CheckInKind, x: int, code: str) -> None:
    """spoiled: the counts become impossible, or the slots; all the others say the same."""
    at, asked = closing(4, kind)
    stage = "A" if kind is WORDS else "N"
    at.slots = [30, 31, 32, 33]
    changed = forged(at, asked, 4, x, stage)
    masks = [masked_in(r) for r in at.roster(asked).values()]
    masks[3] = changed.masked
    opens: list[Opened] = []
    for place in (1, 2, 3):
        answer = at.send(place, at.envelope(asked, RelayType.MASKS, shown(masks, stage, place)))
        assert answer is not None
        opens.append(opening_in(answer))
    changed.check_masks(shown(masks, stage, 4))
    opens.append(changed.opening())
    envelope = at.envelope(asked, RelayType.OPENS, opens)
    assert {said(at.send(place, envelope)) for place in (1, 2, 3)} == {code}
