"""evenly.pyz: one file that runs with nothing but Python, and unpacks itself for this user alone."""

from __future__ import annotations

import ast
import asyncio
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from evenly_client.own_program import own_program
from evenly_protocol.words import Lobby

from tests.harness import Local, make_room, soon
from tests.packaging.conftest import TOOLS, Handed, Settled, ran, tool


@pytest.fixture
def home(settled: Settled) -> Path:
    """The folder of their files."""
    return settled.home


def unpacked(home: Path) -> Path:
    """Where it has unpacked itself, the only one there."""
    [folder] = (home / ".cache" / "evenly" / "one-file").iterdir()
    return folder


async def test_it_enters_a_real_room(handed: Handed, home: Path, local: Local) -> None:
    """As plain lines; and what it has unpacked is its user's alone."""
    async with make_room(local, 1, lobby=Lobby.OFF) as group:
        entering = await asyncio.create_subprocess_exec(
            *(str(handed.python), str(handed.pyz), "plain", group.link.invite_text(), "--name", "Zoe"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=handed.environment(home),
        )
        leader = group.leader
        async with asyncio.timeout(60):
            await super(type(leader), leader).until(lambda room: len(room.members) == 2)
        assert leader.people.name(leader.room, 2) == "Zoe"
        entering.terminate()
        await soon(entering.communicate())
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in (unpacked(home), *inside(unpacked(home))))


def inside(folder: Path) -> Iterator[Path]:
    """All that lies in it, what Python has compiled aside."""
    return (path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_several_that_start_at_once_for_the_first_time_all_run(handed: Handed, settled: Settled) -> None:
    """One of them is first; nobody finds half a folder, and nothing else is left."""
    assert settled.said == [handed.wheel.name.split("-")[1]] * 2
    assert settled.ended == [0] * 2
    assert unpacked(settled.home).is_dir()


def test_what_it_starts_runs_from_the_same_folder(handed: Handed, home: Path) -> None:
    """The server, a program of its own, as `evenly serve` and as whatever else is started by `own_program`."""
    environment = handed.environment(home)
    done = ran(handed.python, handed.pyz, "serve", "--help", env=environment)
    assert "Serve rooms until stopped" in done.stdout, done.stderr
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from evenly_client.own_program import own_program\n"
        "import subprocess\n"
        "sys.exit(subprocess.call([*own_program('evenly_server', '-P'), 'serve', '--help']))"
    )
    done = ran(handed.python, "-c", code, unpacked(home), env=environment)
    assert "Serve rooms until stopped" in done.stdout, done.stderr
    assert own_program("evenly_server") == [sys.executable, "-m", "evenly_server"]


def test_a_folder_that_others_can_write_is_not_run(handed: Handed, home: Path, tmp_path: Path) -> None:
    """Somebody else may have put something there."""
    folder = tmp_path / unpacked(home).relative_to(home)
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    done = ran(handed.python, handed.pyz, "--version", env=handed.environment(tmp_path))
    assert done.returncode == 1
    assert "others can write there" in done.stderr


def test_a_damaged_file_says_so(handed: Handed, tmp_path: Path) -> None:
    """And leaves nothing behind that a next start would take for whole."""
    damaged = tmp_path / "evenly.pyz"
    content = bytearray(handed.pyz.read_bytes())
    with zipfile.ZipFile(handed.pyz) as whole:
        largest = max(whole.infolist(), key=lambda file: file.file_size)
    middle = largest.header_offset + largest.file_size // 2
    content[middle : middle + 64] = bytes(byte ^ 255 for byte in content[middle : middle + 64])
    damaged.write_bytes(content)
    home = tmp_path / "home"
    done = ran(handed.python, damaged, "--version", env=handed.environment(home))
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((home / ".cache" / "evenly" / "one-file").iterdir()) == []


def test_a_python_that_it_has_nothing_for_is_told(handed: Handed, home: Path, tmp_path: Path) -> None:
    """Which it is, and which there are."""
    other = tmp_path / "evenly.pyz"
    tool("one_file").assemble({"cp399-plan9-vax": []}, handed.wheel, other)
    done = ran(handed.python, other, "--version", env=handed.environment(home))
    assert done.returncode == 1
    assert "cp399-plan9-vax" in done.stderr
    assert f"cp{sys.version_info[0]}{sys.version_info[1]}-" in done.stderr


def test_old_pythons_can_read_which_one_is_needed() -> None:
    """The file that says so is of the Python of ten years ago."""
    ast.parse((TOOLS / "pyz_main.py").read_text(), feature_version=(3, 6))


def test_the_same_wheels_make_the_same_file(handed: Handed, tmp_path: Path) -> None:
    """Byte for byte: whoever builds it again can compare."""
    again = tmp_path / "evenly.pyz"
    tool("one_file").assemble({tool("pyz_main").target(): handed.needed}, handed.wheel, again)
    assert again.read_bytes() == handed.pyz.read_bytes()


def test_every_target_is_called_what_its_python_calls_itself() -> None:
    """Of this machine at least."""
    one_file = tool("one_file")
    names = [target.name for target in one_file.TARGETS]
    assert len(set(names)) == len(names) == len(one_file.SYSTEMS) * len(one_file.PYTHONS)
    if sys.platform == "linux" and sys.version_info[:2] in one_file.PYTHONS:
        assert tool("pyz_main").target() in names
