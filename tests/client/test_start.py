"""The entry point: the plainest way into a room imports no definitions of commands; everything else goes there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from evenly_client.start import is_plain_join


@pytest.mark.parametrize("arguments", [["join"], ["join", "evenly://host/ROOM#SECRET"], ["join", "Peer set 3"]])
def test_entering_a_room_with_no_option_is_plain(arguments: list[str]) -> None:
    assert is_plain_join(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["open"],
        ["join", "--help"],
        ["join", "--", "-odd"],
        ["join", "Peer set 3", "--plain"],
        ["join", "--name", "Ana"],
        ["join", "one", "two"],
    ],
)
def test_every_option_is_for_the_command_line(arguments: list[str]) -> None:
    assert not is_plain_join(arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"), [(("join", "nowhere"), False), (("join", "nowhere", "--plain"), True)]
)
def test_a_plain_join_says_the_same_and_loads_no_command_line(
    arguments: tuple[str, ...], expected: bool, tmp_path: Path
) -> None:
    program = (
        "import sys\nfrom evenly_client.start import main\nsys.argv[0] = 'evenly'\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 1, end.code\n"
        "print('cyclopts' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "EVENLY_HOME": str(tmp_path)},
    )
    assert done.stdout.split()[-1] == str(expected)
    assert "you have not been in a room called that" in done.stderr
