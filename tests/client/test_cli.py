"""The command line: help with examples, errors in a sentence, nothing imported that is not needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from evenly_client.links import Link

COMMANDS = (
    "demo",
    "open",
    "invite",
    "join",
    "plain",
    "view",
    "stage",
    "status",
    "nudge",
    "formats",
    "report",
    "doctor",
    "serve",
    "backup",
    "restore",
    "export",
    "import",
    "gateway",
    "completion",
)


def _evenly(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenly_client.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "EVENLY_HOME": str(home), **environment},
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    """`--help` is status 0 and shows how the command is typed."""
    done = _evenly(tmp_path, command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"evenly {command}" in " ".join(done.stdout.split("Example:")[1].split())


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    """An unknown command, an unknown option."""
    for arguments in (("frobnicate",), ("status", "--frobnicate")):
        done = _evenly(tmp_path, *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("join", "evenly://nowhere"), "link"),
        (("join", "no such room"), "you have not been in a room called"),
        (("join",), "Which room?"),
        (("view", Link("127.0.0.1", 1, bytes(16), bytes(16)).invite_text()), "You are not a member of that room"),
        (("invite", "nowhere"), "you have not been in a room called"),
        (("backup", "out.evenly", "--journal", "missing.db"), "evenly:"),
        (("restore", "missing.evenly", "--journal", "new.db"), "evenly:"),
        (("export", "no such room"), "you have not been in a room called"),
        (("export", Link("127.0.0.1", 1, bytes(16), bytes(16)).invite_text()), "You are not a member of that room"),
        (("import", "missing.evenly"), "missing.evenly"),
        (("import", "--", "--odd.evenly"), "--odd.evenly"),
        (("serve", "--host", "0.0.0.0", "--port", "0", "--journal", "memory"), "Without a certificate"),
        (("serve", "--port", "0", "--journal", "/dev/null/evenly.db"), "/dev/null"),
    ],
)
def test_errors_say_what_happened_and_what_to_do(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Status 1, a sentence on standard error, never a traceback."""
    done = _evenly(tmp_path, *arguments)
    assert done.returncode == 1, done.stdout
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_config_file_with_a_mistake_is_named(tmp_path: Path) -> None:
    """File and what to write instead."""
    (tmp_path / "config.toml").write_text("thme = 'dark'\n")
    done = _evenly(tmp_path, "status")
    assert done.returncode == 1
    assert "config.toml" in done.stderr
    assert "thme" in done.stderr


def test_status_without_rooms_says_how_to_begin(tmp_path: Path) -> None:
    """An empty state teaches."""
    done = _evenly(tmp_path, "status")
    assert done.returncode == 0
    assert "evenly demo" in done.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("status",), ("plain", "--help"), ("demo", "--help")])
def test_what_needs_no_screen_imports_no_textual(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Cold start: Textual is imported by the command that shows a screen."""
    code = (
        "import sys\n"
        f"sys.argv = ['evenly', *{list(arguments)!r}]\n"
        "from evenly_client.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "loaded = sorted(m for m in sys.modules if m.split('.')[0] in ('textual', 'prompt_toolkit'))\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "EVENLY_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr


def test_doctor_finds_this_machine_usable(tmp_path: Path) -> None:
    """Without a terminal it says so, and that lines work."""
    done = _evenly(tmp_path, "doctor")
    assert done.returncode == 0, done.stdout
    assert "device key" in done.stdout
    assert "evenly plain" in done.stdout


def test_doctor_says_when_a_server_cannot_be_reached(tmp_path: Path) -> None:
    """And exits with 1."""
    link = Link("127.0.0.1", 1, bytes(16), bytes(16)).invite_text()
    done = _evenly(tmp_path, "doctor", link)
    assert done.returncode == 1
    assert "MEND  127.0.0.1:1 cannot be reached" in done.stdout
