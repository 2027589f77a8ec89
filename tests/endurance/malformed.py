"""Everything that reads what others wrote, each as a function of bytes that must not fail otherwise than it says.

A target has seeds, which are sound, and `take`: whether it is taken; no error but the documented one is a refusal.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from evenly_client import config
from evenly_client.formats.reading import FormatError, read_text
from evenly_client.links import Link, LinkError
from evenly_protocol.archive import GENESIS, ArchiveUnreadable, ArchiveWriter, Snapshot, chain, read_archive
from evenly_protocol.hands import RaiseHand
from evenly_protocol.relayed import Masked, Opened, Progress, Released, Revealed, Standing, pack, unpack
from evenly_protocol.room import Room, evolve
from evenly_protocol.timers import next_due
from evenly_protocol.turns import Finish, GiveFloor
from evenly_protocol.wire import (
    ByeFrame,
    CommandFrame,
    Unreadable,
    Welcome,
    decode_client,
    decode_entry,
    decode_server,
    encode,
    encode_entry,
    encode_events,
)
from evenly_protocol.words import Intent

from benchmarks import meetings
from tests.endurance.scripted import Conversations
from tests.protocol.world import World

FORMATS: Final = Path(config.__file__).parent / "formats" / "builtin"


@dataclass(frozen=True)
class Target:
    """What is given bytes, and bytes that make sense to it."""

    take: Callable[[bytes], bool]
    seeds: tuple[bytes, ...]


@contextlib.contextmanager
def targets() -> Iterator[dict[str, Target]]:
    """All of them, by name."""
    world = _world()
    conversations = Conversations()
    entries = tuple(encode_entry(entry) for entry in world.entries)
    try:
        yield {
            "frames of a member": Target(
                _reader(decode_client, Unreadable), (encode([CommandFrame(b"i" * 16, 1, RaiseHand(Intent.SPEAK))]),)
            ),
            "frames of a server": Target(
                _reader(decode_server, Unreadable),
                (encode([Welcome(1, 2, 3, 0, 1), ByeFrame("late")]), encode_events(entries)),
            ),
            "envelopes": Target(
                _envelope, (pack(Progress(1, 2)), pack(Released(1, {2: b"s"})), pack(Standing(b"h" * 32)))
            ),
            "entries": Target(_Fold(world.room).take, entries[-3:]),
            "conversations": Target(
                lambda data: conversations.hold(cut(data)), tuple(join(seed) for seed in conversations.seeds())
            ),
            "archives": Target(
                _reader(lambda data: list(read_archive([data[:7], data[7:]])), ArchiveUnreadable), (_written(world),)
            ),
            "formats": Target(
                _reader(lambda data: read_text(data.decode(errors="replace"), "a format"), FormatError),
                tuple(path.read_bytes() for path in sorted(FORMATS.glob("*.toml"))),
            ),
            "config": Target(
                _reader(lambda data: config.read(_file(data)), config.ConfigError),
                (b'theme = "evenly-dark"\nbell = true\n',),
            ),
            "links": Target(
                _reader(_link, LinkError),
                (Link("h.example", 7447, bytes(16), bytes(16), b"p" * 16).invite_text().encode(),),
            ),
            "RTTM": Target(
                _reader(lambda data: meetings.one_at_a_time(meetings.read(_file(data))), meetings.Malformed),
                (b"SPEAKER m 1 0.5 2.25 <NA> <NA> a <NA>\nSPEAKER m 1 2 1 <NA> <NA> b <NA> <NA>\n",),
            ),
        }
    finally:
        conversations.close()


def join(messages: Iterable[bytes]) -> bytes:
    """Messages as one string of bytes, each behind its length."""
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


def cut(data: bytes) -> list[bytes]:
    """The messages in a string of bytes; any string is one of messages."""
    messages: list[bytes] = []
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        messages.append(data[2:end])
        data = data[end:]
    return messages


def _world() -> World:
    world = World(4)
    for command in (RaiseHand(Intent.SPEAK), GiveFloor(2)):
        world.do(command)
    world.do(RaiseHand(Intent.PROCESS), by=3)
    world.do(Finish(world.room.floor.turns[0].id), by=2)
    return world


def _written(world: World) -> bytes:
    out: list[bytes] = []
    writer = ArchiveWriter(out.append, 1)
    records = chain(world.room.id, 0, GENESIS, [encode_entry(entry) for entry in world.entries])
    writer.room(world.room.id, records, 5, Snapshot(records[-1].seq, records[-1].hash, b"state"))
    writer.end()
    return b"".join(out)


def _reader(read: Callable[[bytes], object], refusal: type[Exception]) -> Callable[[bytes], bool]:
    """A `take` of what reads bytes."""

    def take(data: bytes) -> bool:
        try:
            read(data)
        except refusal:
            return False
        return True

    return take


def _envelope(data: bytes) -> bool:
    kinds = (Progress, Revealed, Masked, Opened, Released, Standing, list[Revealed], list[Opened])
    read = [unpack(data, kind) for kind in kinds]
    return any(one is not None for one in read)


class _Fold:
    """Folds an entry into a room. Made-up events may be more than a rule understands: whoever folds is ready for that,
    and gives the room up. It must not take long, or for ever, or all memory.
    """

    def __init__(self, room: Room) -> None:
        self._room = msgspec.msgpack.encode(room)

    def take(self, data: bytes) -> bool:
        """See the class."""
        try:
            entry = decode_entry(data)
        except Unreadable:
            return False
        room = msgspec.msgpack.decode(self._room, type=Room)
        try:
            evolve(room, entry)
            next_due(room)
        except (MemoryError, RecursionError):
            raise
        except Exception:
            return False
        return bool(msgspec.msgpack.encode(room))


def _link(data: bytes) -> None:
    link = Link.parse(data.decode(errors="replace"))
    assert Link.parse(link.invite_text()) == link


def _file(data: bytes) -> Path:
    path = Path(tempfile.gettempdir()) / f"evenly-malformed-{os.getpid()}"
    path.write_bytes(data)
    return path
