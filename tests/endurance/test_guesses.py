"""Nobody gets in by guessing: tokens, signatures, keys and rooms, new ones and ones that were overheard."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from evenly_client.sealing import DeviceKey
from evenly_protocol.wire import Bye, ByeFrame, Proof
from evenly_server import door

from tests.endurance.figures import long, seed
from tests.harness import Group, Local, Wire, make_room, serving, wire


@dataclass
class Forged:
    """A device that says it is another: it has that one's public key, and signs with its own."""

    public: bytes
    own: DeviceKey

    def sign(self, message: bytes) -> bytes:
        """Signs with the wrong key."""
        return self.own.sign(message)


async def guess(local: Local, rooms: list[Group], heard: Proof, dice: random.Random) -> tuple[str, list[int]]:
    """One try to get in. What it was told, and how long the messages were that told it."""
    mine, other = dice.sample(rooms, 2)
    member = dice.choice(mine.members)
    link, key, changes = mine.link, cast(Any, DeviceKey.generate()), dict[str, Any]()
    match dice.randrange(8):
        case 0:
            changes["token"] = dice.randbytes(32)
        case 1:
            changes["token"] = other.leader.keys.invite_token
        case 2:
            link = replace(local.new_link(), room=dice.randbytes(16))
        case 3:
            key = Forged(member.key.public, DeviceKey.generate())
        case 4:
            key, changes["signature"] = member.key, dice.randbytes(64)
        case 5:
            key, changes["signature"] = member.key, heard.signature
        case 6:
            key = Forged(other.leader.key.public, other.leader.key)
            changes["token"] = b""
        case _:
            token = mine.leader.keys.invite_token
            changes["token"] = token[:-1] + bytes([token[-1] ^ 1 << dice.randrange(8)])
    async with wire(link, key) as stranger:
        await stranger.prove(**changes)
        told = [frame.code for frame in await stranger.rest() if isinstance(frame, ByeFrame)]
        return ",".join(told), [len(message) for message in stranger.messages]


async def guesses(times: int, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many tries; the limits of tries are lifted. None gets in, and all are told the same in the same shape."""
    monkeypatch.setattr(door, "FAILED_FROM_ONE_ADDRESS", 10**9)
    monkeypatch.setattr(door, "FAILED_IN_ALL", 10**9)
    monkeypatch.setattr(door.Failures, "note", lambda self, address: None)
    dice = random.Random(first)
    async with serving() as local, make_room(local, 2) as one, make_room(local, 2) as two:
        async with wire(one.link, one.leader.key) as overheard:
            heard = await _proof_of(overheard)
        members = [dict(group.leader.room.members) for group in (one, two)]
        told = Counter([repr(await guess(local, [one, two], heard, dice)) for _ in range(times)])
        assert len(told) == 1, told
        assert Bye.REFUSED in next(iter(told))
        assert [dict(group.leader.room.members) for group in (one, two)] == members


async def _proof_of(overheard: Wire) -> Proof:
    await overheard.prove()
    assert overheard.proof is not None
    return overheard.proof


async def test_three_hundred_guesses_let_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    await guesses(300, seed(1), monkeypatch)


@pytest.mark.endurance
async def test_a_hundred_thousand_guesses_let_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    times = long(100_000)
    await guesses(times, seed(), monkeypatch)
    print(f"{times} guesses: 0 let in, all told the same")
