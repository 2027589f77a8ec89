"""Rooms as one file: what was written is read, and nothing else is taken for it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable

import msgpack
import pytest
from evenly_protocol.archive import (
    GENESIS,
    ArchiveBegins,
    ArchiveEnds,
    ArchiveUnreadable,
    ArchiveWriter,
    BrokenChain,
    Record,
    RoomBegins,
    RoomEnds,
    Snapshot,
    chain,
    entry_hash,
    read_archive,
    verified,
)
from hypothesis import given
from hypothesis import strategies as st

BODIES = st.lists(st.binary(max_size=40), min_size=1, max_size=5)
ROOMS = st.dictionaries(st.binary(max_size=16), BODIES, max_size=4)


def written(rooms: dict[bytes, list[bytes]]) -> bytes:
    """An archive; every room with a snapshot of its last record."""
    out: list[bytes] = []
    writer = ArchiveWriter(out.append, len(rooms))
    for room, bodies in rooms.items():
        records = chain(room, 0, GENESIS, bodies)
        snapshot = Snapshot(records[-1].seq, records[-1].hash, b"state")
        assert writer.room(room, records, 5, snapshot) == len(bodies)
    writer.end()
    return b"".join(out)


def cut(whole: bytes, at: int) -> Iterable[bytes]:
    return (whole[i : i + at] for i in range(0, len(whole), at))


def test_the_hash_of_an_entry_is_the_documented_one() -> None:
    """Each part behind its length."""
    parts = (b"evenly/1/entry", b"r" * 16, (7).to_bytes(8, "big"), GENESIS, b"body")
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert entry_hash(b"r" * 16, 7, GENESIS, b"body") == hashlib.sha256(joined).digest()


@given(ROOMS, st.integers(1, 300))
def test_what_was_written_is_read_in_chunks_of_any_size(rooms: dict[bytes, list[bytes]], size: int) -> None:
    """Room by room, record by record, with the same chain."""
    parts = list(read_archive(cut(written(rooms), size)))
    expected: list[object] = [ArchiveBegins(len(rooms))]
    for room, bodies in rooms.items():
        records = chain(room, 0, GENESIS, bodies)
        last = records[-1]
        expected += [RoomBegins(room, 5, Snapshot(last.seq, last.hash, b"state")), *records]
        expected.append(RoomEnds(len(records), last.hash))
    assert parts == [*expected, ArchiveEnds(len(rooms), sum(map(len, rooms.values())))]


@given(st.binary(max_size=200) | st.lists(st.lists(st.integers() | st.binary() | st.text(), max_size=5)).map(repr))
def test_no_bytes_make_reading_fail_otherwise(garbage: bytes | str) -> None:
    """Garbage is no archive, and is said to be none."""
    with pytest.raises(ArchiveUnreadable):
        list(read_archive([garbage if isinstance(garbage, bytes) else garbage.encode()]))


_nested = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(["room", "record", "room-end", "archive-end"]), _nested, _nested, _nested)))
def test_no_messages_in_the_shape_of_an_archive_make_reading_fail_otherwise(messages: list[object]) -> None:
    """Right at the beginning, wrong thereafter."""
    made_up = b"".join(msgpack.packb(message) for message in (["evenly-archive", 1, 1], *messages))
    with pytest.raises(ArchiveUnreadable):
        list(read_archive([made_up]))


@given(st.data())
def test_a_damaged_archive_is_never_read_to_another_end(data: st.DataObject) -> None:
    """Whatever bytes are changed, cut out or doubled: refused, or what was written."""
    whole = written({b"a": [b"one", b"two"], b"b": [b"three"]})
    damaged = bytearray(whole)
    at = data.draw(st.integers(0, len(whole) - 1))
    until = data.draw(st.integers(at, min(len(whole), at + 50)))
    damaged[at:until] = data.draw(st.binary(max_size=50) | st.just(whole[at:until] * 2))
    with contextlib.suppress(ArchiveUnreadable):
        assert list(read_archive([bytes(damaged)])) == list(read_archive([whole]))


def test_a_chain_with_a_link_missing_changed_or_moved_is_broken_there() -> None:
    """The seq says where."""
    rows = [(record.seq, record.hash, record.body) for record in chain(b"r", 0, GENESIS, [b"a", b"b", b"c"])]
    for wrong in ([rows[0], rows[2]], [rows[0], (2, rows[1][1], b"x"), rows[2]], [rows[0], (2, rows[2][1], b"b")]):
        found: list[Record] = []
        with pytest.raises(BrokenChain) as broken:
            found.extend(verified(b"r", 0, GENESIS, wrong))
        assert broken.value.seq == 2
    assert [record.body for record in verified(b"r", 0, GENESIS, rows)] == [b"a", b"b", b"c"]
