"""What crosses the wire: every frame, command and event there and back, and nothing else let in."""

from __future__ import annotations

import contextlib
from typing import Any, get_args

import msgpack
import msgspec
import pytest
from evenly_protocol import wire
from evenly_protocol.facts import Command, Event, wire_name
from evenly_protocol.hands import RaiseHand
from evenly_protocol.room import COMMANDS, EVENTS, MEMBER_COMMANDS, Entry
from evenly_protocol.seats import SetName
from evenly_protocol.turns import CallNext, Finish
from evenly_protocol.words import Intent
from hypothesis import given
from hypothesis import strategies as st

from .shapes import of_type, struct
from .world import World

CLIENT_FRAMES = [f for f in get_args(wire.ClientFrame) if f is not wire.CommandFrame]
SERVER_FRAMES = [f for f in get_args(wire.ServerFrame) if f not in (wire.Events, wire.Entries)]


def as_an_entry(events: list[Event]) -> Entry:
    return Entry(7, b"i" * 16, 1_000, 2, 3, events)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_event_is_the_same_after_the_journal(kind: type[Event], data: st.DataObject) -> None:
    entry = as_an_entry([data.draw(struct(kind))])
    body = wire.encode_entry(entry)
    assert wire.decode_entry(body) == entry
    assert msgpack.unpackb(body, strict_map_key=False)[5][0][0] == wire_name(kind.__name__)


@pytest.mark.parametrize("kind", MEMBER_COMMANDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_command_of_members_is_the_same_after_the_wire(kind: type[Command], data: st.DataObject) -> None:
    frame = wire.CommandFrame(b"i" * 16, 4, data.draw(struct(kind)))
    message = wire.encode([frame])
    assert wire.decode_client(message) == [frame]
    assert msgpack.unpackb(message, strict_map_key=False)[0][3][0] == wire_name(kind.__name__)


@pytest.mark.parametrize("kind", sorted(set(COMMANDS) - set(MEMBER_COMMANDS), key=lambda kind: kind.__name__))
@given(data=st.data())
def test_a_command_of_the_server_is_not_taken_from_a_member(kind: type[Command], data: st.DataObject) -> None:
    message = msgspec.msgpack.encode([["command", b"i" * 16, 4, data.draw(struct(kind))]])
    with pytest.raises(wire.Unreadable) as unreadable:
        wire.decode_client(message)
    assert unreadable.value.id == b"i" * 16


@pytest.mark.parametrize("kind", CLIENT_FRAMES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_frame_of_the_members_side_is_the_same_after_the_wire(kind: Any, data: st.DataObject) -> None:
    frame = data.draw(of_type(kind))
    assert wire.decode_client(wire.encode([frame, frame])) == [frame, frame]


@pytest.mark.parametrize("kind", SERVER_FRAMES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_frame_of_the_server_is_the_same_after_the_wire(kind: Any, data: st.DataObject) -> None:
    frame = data.draw(of_type(kind))
    assert wire.decode_server(wire.encode([frame])) == ([frame], 0)


def test_names_on_the_wire_are_words_and_no_two_are_the_same() -> None:
    for kinds in (COMMANDS, EVENTS):
        names = [wire_name(kind.__name__) for kind in kinds]
        assert len(set(names)) == len(names)
        assert all(name.replace("_", "").islower() for name in names)


def test_entries_that_are_encoded_already_make_the_same_message() -> None:
    w = World(3)
    w.hand(2)
    bodies = [wire.encode_entry(entry) for entry in w.entries]
    message = wire.encode_events(bodies)
    assert message == wire.encode([wire.Events(w.entries)])
    assert wire.decode_server(message) == ([wire.Events(w.entries)], 0)
    page = wire.Entries([msgspec.Raw(body) for body in bodies], more=True)
    assert wire.encode([page]) == msgspec.msgpack.encode([["entries", w.entries, True]])
    assert wire.decode_server(wire.encode([page])) == ([page], 0)
    assert [wire.read_entry(raw) for raw in page.entries] == [(entry, 0) for entry in w.entries]


def test_entries_keep_their_bytes_and_what_a_newer_version_wrote_in_them_is_left_out_and_counted() -> None:
    """An unknown event, a field of tomorrow in an event and in the entry itself: in a page, and among the events."""
    known = ["invitation_set", False]
    written = [7, b"i" * 16, 1_000, 2, 3, [["pixie_dust_thrown", 7], [*known, "more"], known], "tomorrow"]
    body = msgspec.msgpack.encode(written)
    message = msgspec.msgpack.encode([["entries", [written], False, "tomorrow"], ["events", [written], "tomorrow"]])
    (page, happened), skipped = wire.decode_server(message)
    assert isinstance(page, wire.Entries)
    assert [bytes(raw) for raw in page.entries] == [body]
    entry, left_out = wire.read_entry(page.entries[0])
    assert (len(entry.events), left_out) == (2, 1)
    assert entry.events[0] == entry.events[1]
    assert happened == wire.Events([entry])
    assert skipped == 1


def test_what_a_newer_server_says_is_skipped_and_counted() -> None:
    pong = wire.Pong(1, 2)
    message = msgspec.msgpack.encode([["sunrise", 4], pong, ["pong", 1, 2, "a field of tomorrow"]])
    assert wire.decode_server(message) == ([pong, pong], 1)


def test_fields_that_came_later_have_defaults() -> None:
    old = msgspec.msgpack.encode([7, b"i" * 16, 1_000, 2, 3, [["turn_began", 2, "speak", "queue"]]])
    (event,) = wire.decode_entry(old).events
    assert event == type(event)(2, "speak", "queue")
    finish = msgspec.msgpack.encode([["command", b"i" * 16, 1, ["finish", b"t"]]])
    assert wire.decode_client(finish) == [wire.CommandFrame(b"i" * 16, 1, Finish(b"t"))]


def test_values_are_checked_at_the_door() -> None:
    for body in (["raise_hand", "shout"], ["raise_hand"], ["raise_hand", 4], ["call_next", "text"], ["unheard_of"], []):
        message = msgspec.msgpack.encode([["command", b"i" * 16, 1, body]])
        with pytest.raises(wire.Unreadable) as unreadable:
            wire.decode_client(message)
        assert unreadable.value.id == b"i" * 16
    assert wire.decode_client(wire.encode([wire.CommandFrame(b"i", 1, RaiseHand(Intent.SPEAK))]))


@pytest.mark.parametrize("damaged", [b"", b"\x90\x90", b"\xc1", b"\x80", b"\x91\x92\xa7command\x01", b"\x91" * 5_000])
def test_an_unreadable_message_is_only_ever_unreadable(damaged: bytes) -> None:
    for decode in (wire.decode_client, wire.decode_entry, wire.read_entry):
        with pytest.raises(wire.Unreadable):
            decode(damaged)


@pytest.mark.parametrize("decode", [wire.decode_client, wire.decode_server, wire.decode_entry, wire.read_entry])
@given(message=st.binary(max_size=60) | st.lists(st.integers(0, 2**63) | st.binary()).map(msgspec.msgpack.encode))
def test_no_bytes_make_a_decoder_fail_otherwise(decode: Any, message: bytes) -> None:
    with contextlib.suppress(wire.Unreadable):
        decode(message)


@given(st.data())
def test_a_damaged_message_is_read_or_is_unreadable(data: st.DataObject) -> None:
    frames = [wire.CommandFrame(b"i" * 16, 1, SetName(b"n" * 61, b"s" * 64)), wire.Hello(1, 0, b"r", b"k", b"n")]
    pairs = [
        (wire.decode_client, wire.encode(frames)),
        (wire.decode_server, wire.encode([wire.Welcome(1, 2, 3, 0, 1), wire.ByeFrame("late")])),
        (wire.decode_entry, wire.encode_entry(World(2).entries[-1])),
    ]
    decode, message = data.draw(st.sampled_from(pairs))
    damaged = bytearray(message)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(wire.Unreadable):
        decode(bytes(damaged))


def test_every_code_of_farewell_has_words() -> None:
    assert set(wire.FAREWELLS) == set(wire.Bye)
    assert wire.decode_client(wire.encode([wire.CommandFrame(b"i" * 16, 1, CallNext())]))
