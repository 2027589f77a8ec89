"""Both outboxes keep the same promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from evenly_client.outbox import MemoryOutbox, Outbox, StoredOutbox
from evenly_client.store import OutgoingCommand, Store

ROOM, DEVICE = bytes(16), bytes(32)


@pytest.fixture(params=["memory", "stored"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    if request.param == "memory":
        yield MemoryOutbox()
        return
    with Store(tmp_path / "profile") as store:
        yield StoredOutbox(store, ROOM, DEVICE)


def put(outbox: Outbox, *commands: bytes) -> list[OutgoingCommand]:
    kept: list[OutgoingCommand] = []
    for command in commands:
        kept.append(OutgoingCommand(outbox.next_counter(), command.ljust(16), command))
        outbox.put(kept[-1].counter, kept[-1].command_id, command)
    return kept


def test_counters_begin_at_one_and_have_no_gaps(outbox: Outbox) -> None:
    assert [command.counter for command in put(outbox, b"a", b"b", b"c")] == [1, 2, 3]
    assert outbox.next_counter() == outbox.next_counter() == 4


def test_what_is_kept_comes_back_in_order_until_it_is_acknowledged(outbox: Outbox) -> None:
    first, second, third = put(outbox, b"a", b"b", b"c")
    assert outbox.pending() == [first, second, third]
    outbox.acknowledged(second.counter)
    assert outbox.pending() == [first, third]
    outbox.acknowledged(first.counter)
    outbox.acknowledged(first.counter)
    assert outbox.pending() == [third]


def test_a_counter_is_never_given_again(outbox: Outbox) -> None:
    (only,) = put(outbox, b"a")
    outbox.acknowledged(only.counter)
    assert outbox.pending() == []
    assert outbox.next_counter() == 2


def test_counters_go_on_above_what_the_server_has_seen(outbox: Outbox) -> None:
    outbox.counter_seen(41)
    assert outbox.next_counter() == 42
    outbox.counter_seen(7)
    assert outbox.next_counter() == 42
    assert [command.counter for command in put(outbox, b"a")] == [42]


def test_a_stored_outbox_outlives_its_process_and_keeps_rooms_and_devices_apart(tmp_path: Path) -> None:
    with Store(tmp_path / "profile") as store:
        kept = put(StoredOutbox(store, ROOM, DEVICE), b"a", b"b")
    with Store(tmp_path / "profile") as store:
        again = StoredOutbox(store, ROOM, DEVICE)
        assert again.pending() == kept
        assert again.next_counter() == 3
        for other in (StoredOutbox(store, b"x" * 16, DEVICE), StoredOutbox(store, ROOM, b"x" * 32)):
            assert other.pending() == []
            assert other.next_counter() == 1
