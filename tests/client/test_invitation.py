"""The invitation: what it says for what was said of how people come in. Its lines are typed in tests/packaging."""

from __future__ import annotations

from pathlib import Path

import pytest
from evenly_client.errors import UserError
from evenly_client.gateway.entries import Entries
from evenly_client.invitation import WaysIn, message
from evenly_client.links import Link
from evenly_client.program_source import ProgramSource, System
from evenly_client.store import Store, profile_directory
from evenly_client.ways_in import known, said

LINK = Link("127.0.0.1", 1, bytes(16), bytes(16))
WHEEL = "evenly-0.3.0-py3-none-any.whl"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A facilitator's."""
    monkeypatch.setenv("EVENLY_HOME", str(tmp_path))
    with Store(profile_directory()) as opened:
        yield opened  # type: ignore[misc]


def test_without_more_evenly_pyz_goes_along() -> None:
    """What it is, the link, and a line for each system; if nothing works, the call does."""
    text = message("Peer set 3", LINK)
    assert text.startswith("You are invited to Peer set 3.\n")
    assert LINK.invite_text() in text.splitlines()
    typed = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert typed == [
        "python3 evenly.pyz join",
        "py evenly.pyz join",
        "python3 evenly.pyz plain",
        "py evenly.pyz plain",
    ]
    assert "the attached file evenly.pyz" in text
    assert text.endswith("If it does not work, come to the call anyway: we will put you in.\n")


@pytest.mark.parametrize(
    ("given", "system", "lines"),
    [
        ("evenly.pyz", System.WINDOWS, ["py evenly.pyz join"]),
        (
            f"dist/{WHEEL}",
            System.POSIX,
            [f"python3 -m venv evenly && evenly/bin/pip install ./{WHEEL} && evenly/bin/evenly join"],
        ),
        (
            f"https://files.example.org/{WHEEL}",
            System.WINDOWS,
            [
                "py -m venv evenly",
                rf'evenly\Scripts\pip install "https://files.example.org/{WHEEL}"',
                r"evenly\Scripts\evenly join",
            ],
        ),
        (
            "https://files.example.org/e.pyz?key=a&b=1",
            System.POSIX,
            ['curl -fLo e.pyz "https://files.example.org/e.pyz?key=a&b=1"', "python3 e.pyz join"],
        ),
        (
            "https://files.example.org/e.pyz",
            System.WINDOWS,
            ['curl.exe -fLo e.pyz "https://files.example.org/e.pyz"', "py e.pyz join"],
        ),
    ],
)
def test_a_source_is_typed_as_its_kind_wants(given: str, system: System, lines: list[str]) -> None:
    """A file that runs, a wheel; here, or somewhere else."""
    assert ProgramSource.parse(given).lines("join", system) == lines


@pytest.mark.parametrize(
    "given",
    [
        "evenly.exe",
        "https://files.example.org/",
        'https://files.example.org/"; rm -rf ~;/evenly.pyz',
        "https://files.example.org/$(id)/evenly.pyz",
        "https://files.example.org/-evenly.pyz",
        "http://files.example.org/evenly.pyz",
        "my files/e venly.pyz",
    ],
)
def test_what_is_no_source_or_would_do_more_is_refused(given: str) -> None:
    """Nothing that a shell would take for more than a name; no program in the clear."""
    with pytest.raises(UserError):
        ProgramSource.parse(given)


def test_what_was_said_is_remembered_until_something_else_is(store: Store) -> None:
    """Where the program is, for all rooms; the gateway, for its room."""
    assert known(store, LINK, "Peer set 3") == WaysIn()
    said(store, LINK, "Peer set 3", program="https://files.example.org/evenly.pyz", ssh="gate.example.org:2222")
    ways = known(store, LINK, "Peer set 3")
    assert str(ways.program) == "https://files.example.org/evenly.pyz"
    assert ways.ssh == "-p 2222 peer-set-3@gate.example.org"
    other = Link("127.0.0.1", 1, bytes(15) + b"\1", bytes(16))
    assert known(store, other, "Peer set 3").ssh is None
    assert said(store, LINK, "Peer set 3", program="", ssh="") == WaysIn()
    text = message("Peer set 3", LINK, ways)
    assert "    ssh -p 2222 peer-set-3@gate.example.org\n" in text
    assert "    ssh -p 2222 peer-set-3@gate.example.org plain\n" in text
    assert "whoever runs it could read what you type" in text


def test_a_gateway_here_makes_an_entry_for_each_invitation(store: Store, tmp_path: Path) -> None:
    """Its address is remembered, its entries open once; of a gateway elsewhere, the line that it printed is given."""
    with pytest.raises(UserError, match="not on this computer"):
        said(store, LINK, "Peer set 3", web="https://gate.example.org:8443")
    home = tmp_path / "gateway" / LINK.room.hex()
    home.mkdir(parents=True)
    first = said(store, LINK, "Peer set 3", web="https://gate.example.org:8443/").web
    second = said(store, LINK, "Peer set 3").web
    assert first is not None
    assert second is not None
    assert first != second
    for entry in (first, second):
        address, _, token = entry.partition("/#")
        assert address == "https://gate.example.org:8443"
        assert Entries(home).use(token) is not None
    given = "https://gate.example.org:8443/#abc"
    assert f"    {given}\n" in message("Peer set 3", LINK, said(store, LINK, "Peer set 3", web=given))
