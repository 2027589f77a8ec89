"""Names: opened, checked, and kept apart where they look alike."""

import secrets

import pytest
from evenly_client.people import LEFT_TO_RIGHT_MARK, People
from evenly_client.sealing import GATEWAY_MARK, UNREADABLE, DeviceKey, RoomKeys, Sealer
from evenly_protocol.hashing import profile_message
from evenly_protocol.members import Member
from evenly_protocol.room import Room
from evenly_protocol.sealed import FieldKind
from evenly_protocol.wire import Knock
from evenly_protocol.words import Role
from rich.cells import cell_len

ROOM = bytes(range(16))
SEALER = Sealer(RoomKeys.from_secret(bytes(16)), ROOM)


@pytest.fixture
def room() -> Room:
    return Room(ROOM)


@pytest.fixture
def people() -> People:
    return People(SEALER)


def join(room: Room, name: str, key: DeviceKey | None = None) -> Member:
    key = key or DeviceKey.generate()
    id = secrets.token_bytes(16)
    sealed = SEALER.seal(FieldKind.NAME, name, key.public, id)
    seat = len(room.members) + 1
    signature = key.sign(profile_message(ROOM, sealed))
    member = Member(seat, key.public, Role.PARTICIPANT, sealed, key.public, id, signature)
    room.members[seat] = member
    return member


def add_guest(room: Room, name: str, author: DeviceKey) -> Member:
    id = secrets.token_bytes(16)
    seat = len(room.members) + 1
    sealed = SEALER.seal(FieldKind.NAME, name, author.public, id)
    room.members[seat] = Member(seat, b"", Role.PARTICIPANT, sealed, author.public, id)
    return room.members[seat]


def test_a_seat_goes_by_its_members_name(room: Room, people: People) -> None:
    leader = DeviceKey.generate()
    join(room, "Ana", leader)
    add_guest(room, "Gus", leader)
    assert [people.name(room, seat) for seat in (0, 1, 2, 3)] == ["everybody", "Ana", "Gus", "seat 3"]


def test_beside_a_name_stands_that_its_owner_comes_through_a_gateway(room: Room, people: People) -> None:
    """For everybody, before and after they are let in; the name itself is as it was, for who is called the same."""
    key, id = DeviceKey.generate(), bytes(16)
    sealed = SEALER.seal_name("Ben", key.public, id, at_gateway=True)
    signature = key.sign(profile_message(ROOM, sealed))
    assert people.knocking(room, Knock(key.public, sealed, id, signature)) == "Ben (gateway)"
    room.members[1] = Member(1, key.public, Role.PARTICIPANT, sealed, key.public, id, signature)
    join(room, "Ben")
    assert [people.name(room, seat) for seat in (1, 2)] == ["Ben (gateway)", "Ben·2"]
    assert people.taken(room, "ben")
    assert SEALER.open(FieldKind.NAME, sealed, key.public, id) == "Ben"


def test_whoever_is_called_is_found_without_what_stands_beside_their_name(room: Room, people: People) -> None:
    """As it is shown, or the name alone; two of one name are told apart by the number."""
    key, id = DeviceKey.generate(), bytes(16)
    sealed = SEALER.seal_name("Ben", key.public, id, at_gateway=True)
    signature = key.sign(profile_message(ROOM, sealed))
    room.members[1] = Member(1, key.public, Role.PARTICIPANT, sealed, key.public, id, signature)
    join(room, "Ben")
    join(room, "דנה")
    assert people.called(room, "ben (gateway)") == people.called(room, "BEN") == [1]
    assert people.called(room, "Ben·2") == [2]
    assert people.called(room, "דנה") == people.called(room, people.name(room, 3)) == [3]
    assert people.called(room, "") == people.called(room, "Bea") == []


@pytest.mark.parametrize("name", ["דנה", "ليلى", "Dana דנה", "دانا 2"])
def test_what_follows_a_name_from_right_to_left_stays_behind_it(room: Room, people: People, name: str) -> None:
    """A mark of no width: figures after it, a number or a time, do not move before it."""
    join(room, name)
    join(room, name)
    shown = [people.name(room, seat) for seat in (1, 2)]
    assert shown == [f"{name}{LEFT_TO_RIGHT_MARK}", f"{name}{LEFT_TO_RIGHT_MARK}·2"]
    assert [cell_len(text) for text in shown] == [cell_len(name), cell_len(name) + 2]


def test_nobody_types_the_mark_of_a_gateway(room: Room, people: People) -> None:
    """A control character in a name is removed before it is sealed."""
    join(room, f"Ben{GATEWAY_MARK}")
    assert people.name(room, 1) == "Ben"


def test_a_new_name_is_seen_at_once(room: Room, people: People) -> None:
    key = DeviceKey.generate()
    join(room, "Ana", key)
    assert people.name(room, 1) == "Ana"
    room.members[1] = join(Room(ROOM), "Anna", key)
    assert people.name(room, 1) == "Anna"


def test_of_names_that_look_alike_the_later_are_numbered(room: Room, people: People) -> None:
    for name in ("Ana", "ANA", "Ben", "Ａｎａ"):
        join(room, name)
    assert [people.name(room, seat) for seat in (1, 2, 3, 4)] == ["Ana", "ANA·2", "Ben", people.name(room, 4)]
    assert people.name(room, 4).endswith("·3")
    room.members[1].removed = True
    room.seq += 1
    assert people.name(room, 2) == "ANA"


def test_a_name_with_anothers_signature_is_not_shown(room: Room, people: People) -> None:
    join(room, "Ana").signature = bytes(64)
    assert people.name(room, 1) == UNREADABLE


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_copied_name_is_not_shown_and_does_not_spoil_the_one_it_was_copied_from(
    copy_first: bool, room: Room, people: People
) -> None:
    """A member may send the very bytes of another's sealed name, signed with their own key."""
    honest, thief = join(room, "Ana"), join(room, "Ben", key := DeviceKey.generate())
    thief.name, thief.name_id = honest.name, honest.name_id
    thief.signature = key.sign(profile_message(ROOM, thief.name))
    seats = (2, 1) if copy_first else (1, 2)
    shown = {seat: people.name(room, seat) for seat in seats}
    assert shown == {1: "Ana", 2: UNREADABLE}


def test_a_name_from_another_room_is_not_shown(room: Room, people: People) -> None:
    member = join(room, "Ana")
    elsewhere = People(Sealer(RoomKeys.from_secret(b"another secret!!"), ROOM))
    assert elsewhere.name(room, member.seat) == UNREADABLE


def test_a_name_is_taken_by_whoever_goes_by_one_that_looks_the_same(room: Room, people: People) -> None:
    join(room, "Ana")
    assert people.taken(room, "ana")
    assert not people.taken(room, "ana", but=1)
    assert not people.taken(room, "Ann")
    room.members[1].removed = True
    assert not people.taken(room, "ana")


def test_who_knocks_is_shown_by_a_signed_name_alone(room: Room, people: People) -> None:
    member = join(Room(ROOM), "Wil")
    knock = Knock(member.ik, member.name, member.name_id, member.signature)
    assert people.knocking(room, knock) == "Wil"
    assert people.knocking(room, Knock(member.ik, member.name, member.name_id, bytes(64))) == UNREADABLE
    assert people.knocking(room, Knock(DeviceKey.generate().public, *knock.__reduce__()[1][1:])) == UNREADABLE


def test_the_name_of_who_was_removed_can_still_be_read(room: Room, people: People) -> None:
    member = join(room, "Ana")
    room.members[1] = Member(1, b"", Role.PARTICIPANT, member.name, member.name_author, member.name_id, removed=True)
    assert people.name(room, 1) == "Ana"
