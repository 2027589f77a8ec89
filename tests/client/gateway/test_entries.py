"""Entries that open the gateway once, and keys with which a browser comes back."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from evenly_client.gateway.entries import VALID_S, Entries


class Clock:
    """Seconds, as the test says."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0

    def __call__(self) -> float:
        return self.at


def test_an_entry_opens_once_and_its_key_brings_the_same_visitor_back(tmp_path: Path) -> None:
    """Whoever came in by an entry has an identity and a key; the entry is none any more."""
    entries = Entries(tmp_path)
    token = entries.new()
    kept = entries.use(token)
    assert kept is not None
    assert entries.use(token) is None
    assert entries.returning(kept.key) == kept.identity
    assert kept.identity.startswith("web-")
    assert kept.key not in kept.identity


def test_every_visitor_is_another(tmp_path: Path) -> None:
    """Two entries are two visitors with two keys."""
    entries = Entries(tmp_path)
    one, other = entries.use(entries.new()), entries.use(entries.new())
    assert one is not None
    assert other is not None
    assert one.identity != other.identity
    assert one.key != other.key


@pytest.mark.parametrize(
    "wrong", ["", "a" * 26, "../../../etc/passwd", "A" * 26, "a" * 27, "é" * 26, "\0" * 26, "/" * 26]
)
def test_what_is_no_entry_opens_nothing(tmp_path: Path, wrong: str) -> None:
    """Neither as an entry nor as a key, and a path is no way out of the folder."""
    entries = Entries(tmp_path)
    assert entries.use(wrong) is None
    assert entries.returning(wrong) is None


def test_an_entry_is_not_a_key_and_a_key_is_no_entry(tmp_path: Path) -> None:
    """One cannot be tried in the place of the other."""
    entries = Entries(tmp_path)
    token = entries.new()
    assert entries.returning(token) is None
    kept = entries.use(token)
    assert kept is not None
    assert entries.use(kept.key) is None


def test_an_entry_ends_after_seven_days(tmp_path: Path) -> None:
    """A moment before, it opens; after that, it does not, and its file is gone with the next one made."""
    clock = Clock()
    entries = Entries(tmp_path, clock)
    early, late = entries.new(), entries.new()
    clock.at += VALID_S - 1
    assert entries.use(early) is not None
    clock.at += 1
    assert entries.use(late) is None
    entries.new()
    assert len(list((tmp_path / "entries").iterdir())) == 1


def test_entries_and_keys_outlive_the_gateway(tmp_path: Path) -> None:
    """Another start on the same folder knows what was handed out, what was used and who may come back."""
    before = Entries(tmp_path)
    unused, used = before.new(), before.new()
    kept = before.use(used)
    assert kept is not None
    after = Entries(tmp_path)
    assert after.gateway == before.gateway != Entries(tmp_path / "another").gateway
    assert after.use(used) is None
    assert after.returning(kept.key) == kept.identity
    assert after.use(unused) is not None


def test_what_was_handed_out_outlives_a_gateway_that_is_killed(tmp_path: Path) -> None:
    """Killed in the middle of making entries: each that anybody saw opens."""
    program = (
        "import sys; from pathlib import Path; from evenly_client.gateway.entries import Entries\n"
        "entries = Entries(Path(sys.argv[1]))\n"
        "while True: print(entries.new(), flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as gateway:
        assert gateway.stdout is not None
        seen = [gateway.stdout.readline().strip() for _ in range(20)]
        gateway.kill()
    entries = Entries(tmp_path)
    assert all(entries.use(token) is not None for token in seen)


def test_of_many_at_the_same_moment_one_comes_in(tmp_path: Path) -> None:
    """Be it in two gateways on the same folder."""
    gateways = [Entries(tmp_path), Entries(tmp_path)]
    for _ in range(20):
        token = gateways[0].new()
        with ThreadPoolExecutor(8) as pool:
            tried = list(pool.map(lambda n, token=token: gateways[n % 2].use(token), range(8)))
        assert sum(kept is not None for kept in tried) == 1


def test_the_folder_is_its_owners_and_tells_no_secret(tmp_path: Path) -> None:
    """Files 0600, folders 0700, and neither a token nor a key in a name or in a file."""
    entries = Entries(tmp_path)
    token = entries.new()
    kept = entries.use(entries.new())
    assert kept is not None
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
        told = path.name + ("" if path.is_dir() else path.read_text())
        assert token not in told
        assert kept.key not in told


def test_a_visitor_who_is_forgotten_does_not_come_back(tmp_path: Path) -> None:
    """Their key is nobody's; being forgotten twice changes nothing."""
    entries = Entries(tmp_path)
    kept = entries.use(entries.new())
    assert kept is not None
    entries.forget(kept.identity)
    entries.forget(kept.identity)
    assert entries.returning(kept.key) is None
