"""A server moves the messages of a check-in and keeps none: once it is over, nothing that it holds leads to one."""

from __future__ import annotations

import gc
from types import FunctionType, MethodType, ModuleType

import pytest
from evenly_client.checkins import derivations
from evenly_client.checkins.ledger import MemoryLedger
from evenly_client.checkins.taking_part import CheckIns
from evenly_protocol.checkins import OpenCheckIn, check_in_with
from evenly_protocol.sealed import FieldKind
from evenly_protocol.words import CheckInKind, CheckInState

from tests.harness import Group, Member, eventually, make_room, serving

PEOPLE = 4


def held_by(start: object) -> set[bytes]:
    """All bytes that are reached from here over containers and what is made of the server's and the rules' classes."""
    seen: dict[int, object] = {}
    held: set[bytes] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        if id(at) in seen or isinstance(at, type | ModuleType | FunctionType):
            continue
        seen[id(at)] = at
        package = type(at).__module__.split(".")[0]
        if isinstance(at, bytes | bytearray):
            held.add(bytes(at))
        elif isinstance(at, MethodType) or package in ("builtins", "collections", "evenly_server", "evenly_protocol"):
            todo.extend(gc.get_referents(at))
    return held


async def held_check_in(group: Group, kind: CheckInKind, answer: tuple[int, ...] | str) -> bytes:
    """A check-in from its question to its result, which is returned as it was recorded."""
    id, leader = Member.new_id(), group.leader
    parts = [CheckIns(member, MemoryLedger()) for member in group.members]
    assert await leader.ask(OpenCheckIn(kind, leader.seal(FieldKind.QUESTION, "How is it?", id)), id) is None
    for member, part in zip(group.members, parts, strict=True):
        await member.until(lambda room, part=part: part.open is not None and part.mine.people == PEOPLE)  # type: ignore[misc]
        part.answer(id, answer)
    for part in parts:
        part.done(id)
    for member in group.members:
        await member.until(lambda room: (c := check_in_with(room, id)) is not None and c.state is CheckInState.RECORDED)
    for part in parts:
        part.stop()
    check_in = check_in_with(leader.room, id)
    assert check_in is not None
    return check_in.result


@pytest.mark.parametrize(("kind", "answer"), [(CheckInKind.SCALE, (2,)), (CheckInKind.TEXT, "As ever.")])
async def test_of_a_check_in_that_is_over_the_server_holds_the_sealed_result_alone(
    monkeypatch: pytest.MonkeyPatch, kind: CheckInKind, answer: tuple[int, ...] | str
) -> None:
    seeds: set[bytes] = set()
    vectors: set[bytes] = set()
    hash_of_vector, seed_commitment = derivations.hash_of_vector, derivations.seed_commitment

    def hashing(y: bytes) -> bytes:
        vectors.add(y)
        return hash_of_vector(y)

    def committing(ctx: bytes, seed: bytes) -> bytes:
        seeds.add(seed)
        return seed_commitment(ctx, seed)

    monkeypatch.setattr(derivations, "hash_of_vector", hashing)
    monkeypatch.setattr(derivations, "seed_commitment", committing)
    async with serving(paced=False) as server, make_room(server, PEOPLE, session=True) as group:
        result = await held_check_in(group, kind, answer)
        await group.caught_up()
        assert len(seeds) >= PEOPLE
        assert len(vectors) >= PEOPLE
        await eventually(lambda: not any(part in held for held in held_by(server.process) for part in seeds | vectors))
        assert result in held_by(server.process)
