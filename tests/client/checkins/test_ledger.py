"""What a machine remembers of check-ins: once in memory, once on a real disk, the same to whoever asks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from evenly_client.checkins.ledger import (
    DAY_MS,
    AskedAgain,
    Burned,
    CannotBurn,
    Electorate,
    Ledger,
    MemoryLedger,
    asked_again,
)
from evenly_client.checkins.stored_ledger import StoredLedger
from evenly_client.store import Store
from hypothesis import given
from hypothesis import strategies as st

ROOM, DEVICE, CHECK_IN, OTHER, QUESTION = b"R" * 16, b"d" * 32, b"C" * 16, b"D" * 16, b"q" * 32
SESSION, NOON = 3, 1_790_000_000_000


def member(number: int) -> bytes:
    """A device key."""
    return bytes([number]) * 32


def members(*numbers: int) -> frozenset[bytes]:
    """Device keys."""
    return frozenset(map(member, numbers))


def of(*numbers: int, session: int = SESSION, at: int = NOON) -> Electorate:
    """An electorate."""
    return Electorate(session, at, members(*numbers))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A profile's store."""
    with Store(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["memory", "disk"])
def ledger(request: pytest.FixtureRequest, store: Store) -> Ledger:
    """A ledger of each sort."""
    return MemoryLedger() if request.param == "memory" else StoredLedger(store, ROOM, DEVICE)


# -- burning -------------------------------------------------------------------------------------------------------


def test_what_is_burned_is_burned_once(ledger: Ledger) -> None:
    """And nothing else with it."""
    assert not ledger.burned(CHECK_IN, "N")
    ledger.burn(CHECK_IN, "N", 0)
    assert ledger.burned(CHECK_IN, "N")
    with pytest.raises(Burned):
        ledger.burn(CHECK_IN, "N", 0)
    assert not ledger.burned(CHECK_IN, "B")
    assert not ledger.burned(OTHER, "N")


def test_an_a_is_burned_for_its_k_alone(ledger: Ledger) -> None:
    """It carries no answer and may be repeated."""
    ledger.burn(CHECK_IN, "A", 1)
    ledger.burn(CHECK_IN, "A", 2)
    assert ledger.burned(CHECK_IN, "A", 1)
    assert not ledger.burned(CHECK_IN, "A", 3)
    with pytest.raises(Burned):
        ledger.burn(CHECK_IN, "A", 2)
    assert not ledger.burned(CHECK_IN, "B")


def test_an_electorate_is_kept_with_its_burn(ledger: Ledger) -> None:
    """By the question's key, whichever check-in asked it; a refused burn leaves none."""
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3))
    ledger.burn(OTHER, "N", 0, QUESTION, of(1, 2, 3, 4, 5, 6, at=NOON + 5))
    with pytest.raises(CannotBurn):
        ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3, 4, 5, 6, 7, 8, 9))
    ledger.burn(CHECK_IN, "A", 1)
    assert ledger.electorates(QUESTION) == [of(1, 2, 3), of(1, 2, 3, 4, 5, 6, at=NOON + 5)]
    assert ledger.electorates(b"Q" * 32) == []


@pytest.mark.parametrize(
    "differing", [of(1, 2, 3, 4), of(1, 2, 3, 4, 5, 6), of(1, 2, 3, 4, 6)], ids=["left", "came", "another"]
)
def test_an_electorate_too_similar_to_an_earlier_one_is_not_burned(ledger: Ledger, differing: Electorate) -> None:
    """Nothing is kept of the attempt: not even that it was made."""
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3, 4, 5))
    with pytest.raises(AskedAgain):
        ledger.burn(OTHER, "N", 0, QUESTION, differing)
    assert not ledger.burned(OTHER, "N")
    assert ledger.electorates(QUESTION) == [of(1, 2, 3, 4, 5)]
    ledger.burn(OTHER, "N", 0, b"Q" * 32, differing)


def test_compared_keys_are_added_up(ledger: Ledger) -> None:
    """Of several epochs; the same one twice is no error."""
    assert ledger.compared() == frozenset()
    ledger.note_compared([member(1), member(2)])
    ledger.note_compared([member(2), member(3)])
    ledger.note_compared([])
    assert ledger.compared() == members(1, 2, 3)


# -- the same question again ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("those", "again"),
    [
        ((1, 2, 3, 4, 5), False),
        ((1, 2, 3, 4), True),
        ((1, 2, 3), True),
        ((1, 2, 3, 4, 5, 6), True),
        ((1, 2, 3, 4, 5, 6, 7), True),
        ((1, 2, 3, 4, 6), True),
        ((1, 2), False),
        ((1, 2, 3, 4, 5, 6, 7, 8), False),
        ((1, 2, 3, 6, 7), False),
        ((2, 3, 4, 6), False),
        ((6, 7, 8), False),
    ],
    ids=str,
)
def test_one_or_two_people_more_or_fewer_could_show_an_answer(
    ledger: Ledger, those: tuple[int, ...], again: bool
) -> None:
    """The same ones could not; three or more who came and went could not."""
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3, 4, 5))
    assert asked_again(ledger, QUESTION, SESSION, members(*those), NOON + 1) is again
    assert not asked_again(ledger, b"Q" * 32, SESSION, members(*those), NOON + 1)


@pytest.mark.parametrize(
    ("session", "after", "again"),
    [
        (SESSION, 0, True),
        (SESSION, 400 * DAY_MS, True),
        (SESSION + 1, DAY_MS - 1, True),
        (SESSION + 1, DAY_MS, False),
        (SESSION + 1, 14 * DAY_MS, False),
        (SESSION + 1, -DAY_MS, True),
    ],
)
def test_in_this_session_or_within_a_day(ledger: Ledger, session: int, after: int, again: bool) -> None:
    """Across sessions the same question may be asked: there are trends. A clock that was set back frees nothing."""
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3, 4, 5))
    assert asked_again(ledger, QUESTION, session, members(1, 2, 3, 4), NOON + after) is again


def test_every_earlier_electorate_counts(ledger: Ledger) -> None:
    """Not the last one alone."""
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3, 4, 5))
    ledger.burn(OTHER, "N", 0, QUESTION, of(1, 2, 3, 4, 5, 6, 7, 8, 9))
    assert asked_again(ledger, QUESTION, SESSION, members(1, 2, 3, 4), NOON)
    assert asked_again(ledger, QUESTION, SESSION, members(1, 2, 3, 4, 5, 6, 7, 8), NOON)
    assert not asked_again(ledger, QUESTION, SESSION, members(1, 2, 3, 4, 5), NOON)


@given(st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_it_is_by_how_many_they_differ(one: set[int], other: set[int]) -> None:
    """Whoever came and whoever went, added up."""
    ledger = MemoryLedger()
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(*one))
    assert asked_again(ledger, QUESTION, SESSION, members(*other), NOON) is (0 < len(one ^ other) < 3)


# -- on disk -------------------------------------------------------------------------------------------------------


def test_what_was_kept_is_there_after_reopening(tmp_path: Path) -> None:
    """Burns, electorates and compared keys."""
    with Store(tmp_path) as store:
        ledger = StoredLedger(store, ROOM, DEVICE)
        ledger.burn(CHECK_IN, "B", 0, QUESTION, of(3, 1, 2))
        ledger.note_compared([member(1)])
    with Store(tmp_path) as store:
        ledger = StoredLedger(store, ROOM, DEVICE)
        assert ledger.burned(CHECK_IN, "B")
        with pytest.raises(Burned):
            ledger.burn(CHECK_IN, "B", 0)
        assert ledger.electorates(QUESTION) == [of(1, 2, 3)]
        assert ledger.compared() == members(1)


def test_a_burn_is_on_the_disk_before_anything_is_opened(tmp_path: Path) -> None:
    """A process that ends without a word, as in a power cut, the moment `burn` has returned."""
    program = (
        "import os, sys; from pathlib import Path;"
        "from evenly_client.store import Store; from evenly_client.checkins.stored_ledger import StoredLedger;"
        f"StoredLedger(Store(Path(sys.argv[1])), {ROOM!r}, {DEVICE!r}).burn({CHECK_IN!r}, 'N', 0); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=30)
    with Store(tmp_path) as store:
        assert StoredLedger(store, ROOM, DEVICE).burned(CHECK_IN, "N")
        assert store.database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_burn_and_its_electorate_are_there_together_or_not_at_all(store: Store) -> None:
    """The disk refuses the second half: nothing was burned, and nothing may be opened."""
    ledger = StoredLedger(store, ROOM, DEVICE)
    store.database.execute("CREATE TRIGGER full BEFORE INSERT ON electorate BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    with pytest.raises(CannotBurn):
        ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3))
    assert not ledger.burned(CHECK_IN, "N")
    store.database.execute("DROP TRIGGER full")
    ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3))
    assert ledger.burned(CHECK_IN, "N")


def test_a_disk_that_does_not_take_it_is_no_burn(store: Store) -> None:
    """It says so, and is not mistaken for one that was there before."""
    ledger = StoredLedger(store, ROOM, DEVICE)
    store.database.execute("PRAGMA query_only = ON")
    with pytest.raises(CannotBurn) as refused:
        ledger.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3))
    assert not isinstance(refused.value, Burned)
    store.database.execute("PRAGMA query_only = OFF")
    assert not ledger.burned(CHECK_IN, "N")


def test_a_profile_that_another_window_holds_for_too_long_is_no_burn(tmp_path: Path) -> None:
    """It is waited for, and then nothing is opened."""
    with Store(tmp_path) as store, closing(sqlite3.connect(tmp_path / "rooms.db", isolation_level=None)) as other:
        ledger = StoredLedger(store, ROOM, DEVICE)
        store.database.execute("PRAGMA busy_timeout = 50")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CannotBurn):
            ledger.burn(CHECK_IN, "N", 0)
        other.execute("ROLLBACK")
        ledger.burn(CHECK_IN, "N", 0)


def test_of_two_windows_of_one_profile_one_burns(tmp_path: Path) -> None:
    """Eight at once, each with its own connection, for twenty check-ins: one each, and each is seen by all."""

    def burn(_: int) -> list[bool]:
        with Store(tmp_path) as store:
            ledger, burned = StoredLedger(store, ROOM, DEVICE), []
            for number in range(20):
                try:
                    ledger.burn(bytes([number]) * 16, "N", 0, QUESTION, of(1, 2, 3))
                    burned.append(True)
                except Burned:
                    burned.append(False)
            return burned

    with Store(tmp_path) as store:
        StoredLedger(store, ROOM, DEVICE)
    with ThreadPoolExecutor(8) as pool:
        windows = list(pool.map(burn, range(8)))
    assert [sum(window[i] for window in windows) for i in range(20)] == [1] * 20
    with Store(tmp_path) as store:
        assert len(StoredLedger(store, ROOM, DEVICE).electorates(QUESTION)) == 20


def test_of_two_windows_of_one_profile_one_opens_the_same_question(tmp_path: Path) -> None:
    """With electorates that differ by one: both results together could show an answer. For twenty questions at once."""

    def burn(window: int) -> list[bool]:
        with Store(tmp_path) as store:
            ledger, burned = StoredLedger(store, ROOM, DEVICE), []
            for number in range(20):
                those = of(1, 2, 3, 4) if window % 2 else of(1, 2, 3, 4, 5)
                try:
                    ledger.burn(bytes([number, window]) * 8, "N", 0, bytes([number]) * 32, those)
                    burned.append(True)
                except AskedAgain:
                    burned.append(False)
            return burned

    with Store(tmp_path) as store:
        StoredLedger(store, ROOM, DEVICE)
    with ThreadPoolExecutor(8) as pool:
        windows = list(pool.map(burn, range(8)))
    for number in range(20):
        odd, even = ({window[number] for window in windows[parity::2]} for parity in (1, 0))
        assert {frozenset(odd), frozenset(even)} == {frozenset([True]), frozenset([False])}


def test_of_two_processes_of_one_profile_one_burns(tmp_path: Path) -> None:
    """Whoever comes second is told."""
    program = (
        "import sys; from pathlib import Path; from evenly_client.store import Store\n"
        "from evenly_client.checkins.stored_ledger import StoredLedger\n"
        "from evenly_client.checkins.ledger import Burned\n"
        f"ledger = StoredLedger(Store(Path(sys.argv[1])), {ROOM!r}, {DEVICE!r})\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"try: ledger.burn({CHECK_IN!r}, 'N', 0); print('burned')\n"
        "except Burned: print('too late')\n"
    )
    Store(tmp_path).close()
    arguments = [sys.executable, "-c", program, str(tmp_path)]
    processes = [
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=30)[0].strip() for process in processes)
    assert said == ["burned", "too late"]


def test_rooms_and_devices_of_one_profile_do_not_mix(store: Store) -> None:
    """Each has a ledger of its own in the same file."""
    mine, elsewhere, another = (
        StoredLedger(store, room, device) for room, device in ((ROOM, DEVICE), (b"r" * 16, DEVICE), (ROOM, b"e" * 32))
    )
    mine.burn(CHECK_IN, "N", 0, QUESTION, of(1, 2, 3))
    mine.note_compared([member(1)])
    for other in (elsewhere, another):
        assert not other.burned(CHECK_IN, "N")
        assert other.electorates(QUESTION) == []
        assert other.compared() == frozenset()
        other.burn(CHECK_IN, "N", 0)


def test_no_answer_is_in_the_file(tmp_path: Path) -> None:
    """It knows what was opened, with whom, and nothing else."""
    with Store(tmp_path) as store:
        StoredLedger(store, ROOM, DEVICE)
        names = {row[1] for row in store.database.execute("PRAGMA table_info(burned)")}
        names |= {row[1] for row in store.database.execute("PRAGMA table_info(electorate)")}
        names |= {row[1] for row in store.database.execute("PRAGMA table_info(compared)")}
    assert names == {"room", "device", "check_in", "stage", "k", "question", "session", "at", "members", "member"}
