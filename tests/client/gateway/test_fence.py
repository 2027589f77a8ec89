"""The fence around a visitor's client: each way out, tried in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BEYOND = {
    "a shell": "import os; os.system('true')",
    "a program": "import subprocess; subprocess.run(['true'])",
    "a program by exec": "import os; os.execv('/bin/true', ['true'])",
    "a child": "import os; os.fork()",
    "a program by spawn": "import os; os.posix_spawn('/bin/true', ['true'], dict())",
    "a file elsewhere": "open({elsewhere!r} + '/new', 'w')",
    "a file elsewhere by number": "import os; os.open({elsewhere!r} + '/new', os.O_CREAT | os.O_WRONLY)",
    "a link to elsewhere": "import os; os.symlink({home!r}, {elsewhere!r} + '/l')",
    "a file by a link": "import os; os.symlink({elsewhere!r}, {home!r} + '/l'); open({home!r} + '/l/new', 'w')",
    "a file moved out": "import os; open({home!r} + '/x', 'w').close(); os.rename({home!r} + '/x', {elsewhere!r})",
    "a file removed": "import os; os.remove({key!r})",
    "the gateway's key": "open({key!r}).read()",
    "the gateway's key by way of my folder": "open({home!r} + '/../../device.key').read()",
    "another visitor's folder": "import os; os.listdir({home!r} + '/..')",
    "another visitor's database": "import sqlite3; sqlite3.connect({home!r} + '/../2/rooms.db')",
    "another visitor's database by a URI": "import sqlite3; sqlite3.connect('file:' + {home!r} + '/../2/db', uri=True)",
    "another visitor's terminal": "import os; n, f = os.openpty(); open(os.ttyname(f))",
    "a file of the computer": "open('/etc/hostname')",
    "whether there is a file": "open('/etc/no-such-file')",
    "what another process was told": "import os; open(f'/proc/{{os.getppid()}}/environ')",
    "a folder of the computer": "import os; os.listdir('/')",
    "a signal to another process": "import os, signal; os.kill(os.getppid(), signal.SIGTERM)",
    "a program that listens": "import socket; socket.socket(socket.AF_UNIX).connect({elsewhere!r} + '/agent')",
}

WITHIN = {
    "a file of one's own": "open({home!r} + '/mine', 'w').write('x')",
    "a database of one's own": "import sqlite3; sqlite3.connect({home!r} + '/mine.db').execute('CREATE TABLE t (x)')",
    "a database in memory": "import sqlite3; sqlite3.connect(':memory:')",
    "the program itself": "import json.tool, zoneinfo; zoneinfo.ZoneInfo('UTC')",
    "a thread": "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "a signal to itself": "import os, signal; os.kill(os.getpid(), 0)",
    "the dates of a language": "from babel.dates import format_date; format_date(locale='de')",
    "a connection": "import socket; socket.create_server(('127.0.0.1', 0)).close()",
}

BEGINS = (
    "from pathlib import Path; from evenly_client.gateway.fence import raise_fence; "
    "raise_fence(Path({home!r}), Path({evenly!r}))\n"
)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """What Evenly keeps on a gateway's computer, and a folder of something else."""
    home = tmp_path / "evenly/visitors/1"
    home.mkdir(parents=True)
    (tmp_path / "evenly/visitors/2").mkdir()
    (tmp_path / "elsewhere").mkdir()
    key = tmp_path / "evenly/device.key"
    key.write_text("secret")
    return {
        "home": str(home),
        "evenly": str(tmp_path / "evenly"),
        "elsewhere": str(tmp_path / "elsewhere"),
        "key": str(key),
    }


def _ran(program: str, places: dict[str, str], *, fenced: bool = True) -> subprocess.CompletedProcess[str]:
    whole = (BEGINS if fenced else "") + program
    return subprocess.run(
        [sys.executable, "-c", whole.format(**places)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("way", BEYOND)
def test_there_is_no_way_out(way: str, places: dict[str, str]) -> None:
    """Each is refused where it is tried, and nothing of it happens."""
    ended = _ran(BEYOND[way], places)
    assert "PermissionError" in ended.stderr, ended
    assert list(Path(places["elsewhere"]).iterdir()) == []
    assert Path(places["key"]).read_text() == "secret"


@pytest.mark.parametrize("way", WITHIN)
def test_what_a_client_needs_goes_on(way: str, places: dict[str, str]) -> None:
    """The fence is not in the way of the client itself."""
    ended = _ran(WITHIN[way], places)
    assert ended.returncode == 0, ended.stderr


def test_without_the_fence_the_ways_are_open(places: dict[str, str]) -> None:
    """The control: what is refused is refused by the fence."""
    ended = _ran(BEYOND["the gateway's key"], places, fenced=False)
    assert ended.returncode == 0, ended.stderr
    assert _ran(BEYOND["a file elsewhere"], places, fenced=False).returncode == 0
    assert list(Path(places["elsewhere"]).iterdir()) != []
