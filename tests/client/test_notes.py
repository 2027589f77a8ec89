"""Private notes: sealed on this machine, for this device and this room alone."""

import sqlite3
from pathlib import Path

import pytest
from evenly_client.notes import NOTE_BYTES_AT_MOST, MemoryShelf, Notes, NoteTooLong
from evenly_client.sealing import UNREADABLE, DeviceKey
from evenly_client.store import Store

ROOM, OTHER = bytes(16), bytes([1] * 16)
SECRET = "Kim will not stay: tell nobody"


@pytest.fixture(params=["store", "memory"])
def shelf(request, tmp_path):
    if request.param == "memory":
        yield MemoryShelf()
        return
    with Store(tmp_path / "profile") as store:
        yield store


def test_a_note_is_kept_changed_and_deleted(shelf):
    notes = Notes(DeviceKey.generate(), ROOM, shelf)
    first = notes.keep("one\nline two", 1_000)
    second = notes.keep("two", 2_000)
    assert [n.text for n in notes.all()] == ["two", "one\nline two"]
    notes.keep("one, changed", 3_000, first)
    assert [(n.id, n.text, n.created, n.changed) for n in notes.all()] == [
        (first, "one, changed", 1_000, 3_000),
        (second, "two", 2_000, 2_000),
    ]
    notes.delete(first)
    assert [n.id for n in notes.all()] == [second]
    assert notes.note(first) is None


def test_a_half_typed_note_is_kept_beside_the_note_until_it_is_kept(shelf):
    notes = Notes(DeviceKey.generate(), ROOM, shelf)
    id = notes.keep("as it was", 1)
    notes.keep_draft("as it wi", 2, id)
    notes.keep_draft("a new on", 2)
    assert (notes.draft(id), notes.draft()) == ("as it wi", "a new on")
    assert [n.text for n in notes.all()] == ["as it was"]
    notes.keep("as it will be", 3, id)
    assert notes.draft(id) == ""
    notes.keep_draft(" \n", 4)
    assert notes.draft() == ""


def test_another_device_or_another_room_has_none_of_them(shelf):
    key = DeviceKey.generate()
    Notes(key, ROOM, shelf).keep(SECRET, 1)
    assert Notes(key, OTHER, shelf).all() == []
    assert Notes(DeviceKey.generate(), ROOM, shelf).all() == []


def test_a_wrong_key_a_moved_note_or_a_changed_byte_does_not_open():
    key, shelf = DeviceKey.generate(), MemoryShelf()
    mine = Notes(key, ROOM, shelf)
    id, other = mine.keep(SECRET, 1), mine.keep("other", 1)
    sealed = next(n.sealed for n in shelf.notes(ROOM, key.public) if n.id == id)
    stranger = DeviceKey.generate()
    shelf.keep_note(ROOM, stranger.public, id, sealed, 1)
    assert [n.text for n in Notes(stranger, ROOM, shelf).all()] == [UNREADABLE]
    shelf.keep_note(ROOM, key.public, other, sealed, 1)
    assert mine.note(other).text == UNREADABLE
    shelf.keep_note(ROOM, key.public, other, sealed[:-1] + bytes([sealed[-1] ^ 1]), 1)
    assert mine.note(other).text == UNREADABLE
    shelf.keep_note(ROOM, key.public, other, b"", 1)
    assert mine.note(other).text == UNREADABLE
    assert mine.note(id).text == SECRET


def test_nothing_of_a_note_or_its_draft_can_be_read_in_the_files(tmp_path: Path):
    directory = tmp_path / "profile"
    with Store(directory) as store:
        key = store.device_key()
        notes = Notes(key, ROOM, store)
        id = notes.keep(SECRET, 1)
        notes.keep_draft(f"{SECRET}, half-typed", 2, id)
        for file in directory.iterdir():
            if file.name != "device.key":
                found = file.read_bytes()
                assert b"Kim" not in found
                assert b"nobody" not in found
    with Store(directory) as again:
        assert Notes(again.device_key(), ROOM, again).note(id).text == SECRET


def test_files_of_before_there_were_notes_are_given_a_place_for_them(tmp_path: Path):
    directory = tmp_path / "profile"
    Store(directory).close()
    database = sqlite3.connect(directory / "rooms.db")
    database.execute("DROP TABLE note")
    database.close()
    with Store(directory) as store:
        assert Notes(store.device_key(), ROOM, store).all() == []


def test_what_is_too_long_is_refused_in_words_and_changes_nothing():
    notes = Notes(DeviceKey.generate(), ROOM, MemoryShelf())
    id = notes.keep("x" * NOTE_BYTES_AT_MOST, 1)
    with pytest.raises(NoteTooLong, match="Make two of it"):
        notes.keep("x" * (NOTE_BYTES_AT_MOST + 1), 2, id)
    assert len(notes.note(id).text) == NOTE_BYTES_AT_MOST
    notes.keep_draft("x" * (NOTE_BYTES_AT_MOST + 50), 3)
    assert len(notes.draft()) == NOTE_BYTES_AT_MOST


def test_equal_notes_look_different_and_lengths_say_little():
    key, shelf = DeviceKey.generate(), MemoryShelf()
    notes = Notes(key, ROOM, shelf)
    for text in ("yes", "yes", "a somewhat longer note"):
        notes.keep(text, 1)
    sealed = [n.sealed for n in shelf.notes(ROOM, key.public)]
    assert len(set(sealed)) == 3
    assert len({len(s) for s in sealed}) == 1
