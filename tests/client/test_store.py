"""What a member's machine keeps: real files, real SQLite, a second process."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest
from evenly_client.links import Link, Server
from evenly_client.sealing import DeviceKey
from evenly_client.store import (
    SCHEMA_VERSION,
    CounterTaken,
    KnownRoom,
    NewerStore,
    OutgoingCommand,
    Store,
    StoreError,
    profile_directory,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

ROOM, OTHER, SECRET, PIN = (bytes([number]) * 16 for number in range(4))
DEVICE, DEVICE_2 = b"d" * 32, b"e" * 32
LINK = Link("example.org", 7447, ROOM, SECRET)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A profile's directory that is not there yet."""
    return tmp_path / "home" / "profiles" / "default"


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    """A new profile, open."""
    with Store(directory) as store:
        yield store


def mode(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def command_id(number: int) -> bytes:
    """A command's id, different for each number."""
    return number.to_bytes(16, "big")


def test_a_profile_lies_in_the_platforms_place_or_where_it_was_said(tmp_path: Path) -> None:
    """EVENLY_HOME goes before the platform's own."""
    assert profile_directory("me", {"EVENLY_HOME": str(tmp_path)}) == tmp_path / "profiles" / "me"
    platform = platformdirs.user_data_path("evenly", appauthor=False)
    assert profile_directory(environment={}) == platform / "profiles" / "default"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "a\\b", "-a", "a b", "x" * 33, "é"])
def test_a_profile_cannot_lead_out_of_its_place(name: str) -> None:
    """Only names that are a directory's on every platform."""
    with pytest.raises(StoreError, match="cannot be the name of a profile"):
        profile_directory(name, {})


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_nobody_else_on_the_machine_can_read_a_profile(directory: Path) -> None:
    """The directory and every file in it, SQLite's own beside the database included, under a careless umask."""
    before = os.umask(0)
    try:
        with Store(directory) as store:
            store.device_key()
            store.keep_setting("a", "b")
            names = {path.name for path in directory.iterdir()}
            assert names == {"device.key", "rooms.db", "rooms.db-wal", "rooms.db-shm"}
            assert {mode(path) for path in directory.iterdir()} == {0o600}
            assert mode(directory) == 0o700
    finally:
        os.umask(before)


def test_a_device_key_is_made_once(directory: Path) -> None:
    """The member is the same after every start."""
    with Store(directory) as store:
        first = store.device_key()
        assert store.device_key().public == first.public
    with Store(directory) as store:
        assert store.device_key().to_bytes() == first.to_bytes()
    assert len((directory / "device.key").read_bytes()) == 32


def test_first_starts_at_the_same_time_end_up_with_one_key_and_one_database(tmp_path: Path) -> None:
    """Each of many rounds with eight at once: one key, nothing left lying about, nobody locked out."""

    def start(directory: Path, number: int) -> bytes:
        with Store(directory) as store:
            store.keep_setting(str(number), "here")
            return store.device_key().public

    with ThreadPoolExecutor(8) as pool:
        for attempt in range(20):
            directory = tmp_path / str(attempt)
            keys = set(pool.map(start, [directory] * 8, range(8)))
            assert len(keys) == 1
            with Store(directory) as store:
                assert [store.setting(str(number)) for number in range(8)] == ["here"] * 8
            assert {path.name for path in directory.iterdir()} == {"device.key", "rooms.db"}


def test_a_damaged_key_is_named_and_not_replaced(store: Store, directory: Path) -> None:
    """A new key would be a new member: that is the person's decision."""
    (directory / "device.key").write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged") as caught:
        store.device_key()
    assert caught.value.advice
    assert (directory / "device.key").read_bytes() == b"short"


def test_a_room_is_remembered_with_all_of_its_link(store: Store) -> None:
    """Also with a pin, and again after it was used."""
    pinned = Link("::1", 9, OTHER, SECRET, PIN)
    store.remember_room(LINK, 1000)
    store.remember_room(pinned, 2000)
    assert store.rooms() == [KnownRoom(pinned, "", 2000), KnownRoom(LINK, "", 1000)]
    store.remember_room(LINK, 3000)
    assert [known.link for known in store.rooms()] == [LINK, pinned]


def test_all_servers_of_a_link_are_remembered_until_it_has_others(store: Store) -> None:
    several = LINK.on(Server("::1", 9), Server("other.example", 7447), Server("third.example", 80))
    for link in (several, several.on(*several.others), LINK):
        store.remember_room(link, 1000)
        assert store.rooms() == [KnownRoom(link, "", 1000)]


def test_a_room_that_moved_keeps_my_name(store: Store) -> None:
    """The link changes; what I am called there stays."""
    store.remember_room(LINK, 1000)
    store.keep_my_name(ROOM, "Ann")
    moved = Link("other.example", 80, ROOM, SECRET, PIN)
    store.remember_room(moved, 500)
    assert store.room(ROOM) == KnownRoom(moved, "Ann", 1000)
    assert store.room(OTHER) is None


def test_what_was_sent_or_dropped_leaves_nothing_but_its_counter(store: Store, directory: Path) -> None:
    """The texts are overwritten on the disk; the counter must never begin again."""
    store.keep_draft(ROOM, "issue", "half a thought")
    store.put(ROOM, DEVICE, 1, command_id(1), b"sealed bytes")
    store.keep_draft(ROOM, "issue", "")
    store.acknowledged(ROOM, DEVICE, 1)
    assert (store.draft(ROOM, "issue"), store.pending(ROOM, DEVICE)) == ("", [])
    assert store.next_counter(ROOM, DEVICE) == 2
    store.close()
    content = (directory / "rooms.db").read_bytes()
    assert b"half a thought" not in content
    assert b"sealed bytes" not in content


def test_what_is_not_acknowledged_is_sent_again_in_order(store: Store) -> None:
    """By room and by device; an acknowledged command is gone, once or twice acknowledged."""
    for counter in (1, 2, 3):
        store.put(ROOM, DEVICE, counter, command_id(counter), b"c%d" % counter)
    store.put(OTHER, DEVICE, 1, command_id(1), b"elsewhere")
    store.put(ROOM, DEVICE_2, 1, command_id(9), b"other device")
    store.acknowledged(ROOM, DEVICE, 2)
    store.acknowledged(ROOM, DEVICE, 2)
    assert store.pending(ROOM, DEVICE) == [
        OutgoingCommand(1, command_id(1), b"c1"),
        OutgoingCommand(3, command_id(3), b"c3"),
    ]
    assert store.pending(ROOM, DEVICE_2) == [OutgoingCommand(1, command_id(9), b"other device")]


def test_a_counter_is_used_once_and_leaves_no_gap(store: Store) -> None:
    """Asking uses nothing up; a counter that is taken, or that would leave a gap, keeps nothing."""
    assert store.next_counter(ROOM, DEVICE) == store.next_counter(ROOM, DEVICE) == 1
    store.put(ROOM, DEVICE, 1, command_id(1), b"one")
    for wrong in (0, 1, 3):
        with pytest.raises(CounterTaken):
            store.put(ROOM, DEVICE, wrong, command_id(2), b"two")
    assert [outgoing.command for outgoing in store.pending(ROOM, DEVICE)] == [b"one"]
    store.acknowledged(ROOM, DEVICE, 1)
    assert store.next_counter(ROOM, DEVICE) == 2


def test_the_same_command_is_not_kept_twice(store: Store) -> None:
    """An id twice is a mistake of this program; the counter is then not used up."""
    store.put(ROOM, DEVICE, 1, command_id(1), b"one")
    with pytest.raises(sqlite3.IntegrityError):
        store.put(ROOM, DEVICE, 2, command_id(1), b"again")
    assert store.next_counter(ROOM, DEVICE) == 2


def test_a_profile_put_back_from_a_copy_goes_on_above_what_the_server_has_seen(store: Store) -> None:
    """And never below what it has used itself."""
    store.counter_seen(ROOM, DEVICE, 41)
    assert store.next_counter(ROOM, DEVICE) == 42
    store.counter_seen(ROOM, DEVICE, 7)
    assert store.next_counter(ROOM, DEVICE) == 42


def test_drafts_and_settings_stay_until_they_are_changed(directory: Path) -> None:
    """Over a restart; an empty draft is none."""
    with Store(directory) as store:
        assert (store.draft(ROOM, "issue"), store.setting("theme"), store.practice_done) == ("", None, False)
        store.keep_draft(ROOM, "issue", "first")
        store.keep_draft(ROOM, "issue", "I'd like\nto say 👩‍🚀")
        store.keep_draft(ROOM, "post", "x")
        store.keep_draft(ROOM, "post", "")
        store.keep_setting("theme", "ink")
        store.keep_practice_done()
    with Store(directory) as store:
        assert store.draft(ROOM, "issue") == "I'd like\nto say 👩‍🚀"
        assert store.draft(OTHER, "issue") == store.draft(ROOM, "post") == ""
        assert (store.setting("theme"), store.practice_done) == ("ink", True)


def test_two_processes_of_a_profile_see_each_others_writing(store: Store, directory: Path) -> None:
    """The second, a real one, takes a counter while the first is open."""
    program = (
        "import sys; from pathlib import Path; from evenly_client.store import Store\n"
        "with Store(Path(sys.argv[1])) as store: store.put(bytes(16), b'd' * 32, 1, bytes(16), b'theirs')"
    )
    subprocess.run([sys.executable, "-c", program, str(directory)], check=True, timeout=60)
    with pytest.raises(CounterTaken):
        store.put(ROOM, DEVICE, 1, command_id(1), b"mine")
    assert [outgoing.command for outgoing in store.pending(ROOM, DEVICE)] == [b"theirs"]


def test_what_was_kept_outlives_a_killed_process(directory: Path) -> None:
    """No closing, no last words."""
    program = (
        "import os, signal, sys; from pathlib import Path; from evenly_client.store import Store\n"
        "Store(Path(sys.argv[1])).put(bytes(16), b'd' * 32, 1, bytes(16), b'kept')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(directory)], check=False, timeout=60)
    with Store(directory) as store:
        assert [outgoing.command for outgoing in store.pending(ROOM, DEVICE)] == [b"kept"]
        assert store.next_counter(ROOM, DEVICE) == 2


def test_the_database_is_synced_before_a_command_counts_as_kept(store: Store, directory: Path) -> None:
    """WAL in the file, and a schema version that a newer program can tell."""
    with closing(sqlite3.connect(directory / "rooms.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert store._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._database.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_files_of_a_newer_version_are_refused_and_left_alone(directory: Path) -> None:
    """The sentence says what to do."""
    Store(directory).close()
    with closing(sqlite3.connect(directory / "rooms.db")) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = (directory / "rooms.db").read_bytes()
    with pytest.raises(NewerStore, match="newer version of Evenly") as caught:
        Store(directory)
    assert caught.value.code == "newer-store"
    assert "Update Evenly" in caught.value.advice
    assert (directory / "rooms.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at" * 40])
def test_a_file_that_is_not_a_store_is_refused(directory: Path, content: bytes) -> None:
    """Nothing of it is changed."""
    directory.mkdir(parents=True)
    (directory / "rooms.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"rooms\.db|cannot use its files"):
        Store(directory)
    assert (directory / "rooms.db").read_bytes() == content


def test_a_place_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    """A file where the directory should be."""
    (tmp_path / "profiles").write_text("")
    with pytest.raises(StoreError, match="cannot use its files") as caught:
        Store(tmp_path / "profiles" / "default")
    assert caught.value.advice


def test_nothing_secret_is_shown_by_accident(store: Store) -> None:
    """Neither a room's secret nor a command's bytes."""
    store.remember_room(LINK, 1)
    store.put(ROOM, DEVICE, 1, command_id(1), b"the command")
    shown = repr(store.rooms()) + repr(store.pending(ROOM, DEVICE)) + repr(DeviceKey.generate())
    assert repr(SECRET) not in shown
    assert "the command" not in shown


class OutboxMachine(RuleBasedStateMachine):
    """Puts, acknowledgements and restarts in any order: counters without gaps, commands in order, none lost."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(self.temporary()) / "profile"
        self.store = Store(self.directory)
        self.next = 1
        self.waiting: dict[int, bytes] = {}

    def temporary(self) -> str:
        """A directory that goes away with the machine."""
        import tempfile

        self.holder = tempfile.TemporaryDirectory()
        return self.holder.name

    @rule(command=st.binary(max_size=20))
    def put(self, command: bytes) -> None:
        """A command is kept under the next counter."""
        self.store.put(ROOM, DEVICE, self.next, command_id(self.next), command)
        self.waiting[self.next] = command
        self.next += 1

    @precondition(lambda self: self.waiting)
    @rule(pick=st.randoms(use_true_random=False))
    def acknowledge(self, pick) -> None:  # type: ignore[no-untyped-def]
        """One of those that wait, not always the first."""
        counter = pick.choice(sorted(self.waiting))
        self.store.acknowledged(ROOM, DEVICE, counter)
        del self.waiting[counter]

    @rule()
    def restart(self) -> None:
        """The program ends and starts again."""
        self.store.close()
        self.store = Store(self.directory)

    @invariant()
    def all_that_wait_are_there(self) -> None:
        """In the order of their counters."""
        pending = {outgoing.counter: outgoing.command for outgoing in self.store.pending(ROOM, DEVICE)}
        assert list(pending.items()) == sorted(self.waiting.items())
        assert self.store.next_counter(ROOM, DEVICE) == self.next

    def teardown(self) -> None:
        """Lets go of the files."""
        self.store.close()
        self.holder.cleanup()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
