"""What an invitation says is typed as it says it, by somebody who has nothing: each time they stand in the room."""

from __future__ import annotations

import asyncio
import functools
import http.server
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from evenly_protocol.words import Lobby

from tests.harness import Local, make_room
from tests.packaging.conftest import Handed, Settled, ran


@pytest.fixture(scope="module")
def address(handed: Handed) -> Iterator[str]:
    """Where what was built can be fetched."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    serve = functools.partial(Quiet, directory=str(handed.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def needed(settled: Settled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that evenly.pyz has unpacked but Evenly itself."""
    [unpacked] = (settled.home / ".cache" / "evenly" / "one-file").iterdir()
    folder = tmp_path_factory.mktemp("needed")
    for path in unpacked.iterdir():
        if not path.name.startswith(("evenly", "__")):
            (folder / path.name).symlink_to(path)
    return folder


def invitation(folder: Path, link: str, *options: str) -> str:
    """What `evenly invite` prints."""
    environment = {"EVENLY_HOME": str(folder), "EVENLY_LANGUAGE": "en", "PATH": "/usr/bin:/bin"}
    done = ran(sys.executable, "-m", "evenly_client.cli", "invite", link, *options, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def typed_after(said: str, title: str) -> list[str]:
    """The lines to type below a title."""
    found = re.search(rf"^{re.escape(title)}\n((?:    .*\n)+)", said, re.MULTILINE)
    assert found is not None, said
    return [line.strip() for line in found[1].splitlines()]


WITH_A_SCREEN, WITH_A_READER = "Linux, macOS:", "With a screen reader, on Linux and macOS:"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("attached", WITH_A_READER),
        ("address", WITH_A_SCREEN),
        ("attached wheel", WITH_A_READER),
    ],
)
async def test_the_lines_lead_into_the_room(
    source: str,
    title: str,
    handed: Handed,
    settled: Settled,
    needed: Path,
    address: str,
    local: Local,
    tmp_path: Path,
) -> None:
    """A file that came along, or one that is fetched; by the screen or as lines of text."""
    if source == "address" and not shutil.which("curl"):
        pytest.skip("there is no curl here")
    attached = {"attached": handed.pyz, "attached wheel": handed.wheel}.get(source)
    options = () if source == "attached" else ("--from", attached.name if attached else f"{address}/evenly.pyz")
    async with make_room(local, 1, lobby=Lobby.OFF) as group:
        link = group.link.invite_text()
        lines = typed_after(invitation(tmp_path / "leads", link, *options), title)
        downloads = tmp_path / "Downloads"
        downloads.mkdir()
        if attached is not None:
            (downloads / attached.name).symlink_to(attached)
        environment = {
            **handed.environment(settled.home),
            # There is no network. Most of what the wheel asks for is there before, which saves half a minute; pip finds
            # the rest (uvloop) in a folder. benchmarks/first_minute.py fetches everything.
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(handed.folder / "needed"),
            "PIP_NO_COMPILE": "1",
            **({"PYTHONPATH": str(needed)} if source == "attached wheel" else {}),
            "EVENLY_HOME": str(tmp_path / "mine"),
            "TERM": "xterm-256color",
            "EVENLY_LANGUAGE": "en",
        }
        shell = await asyncio.to_thread(enter, lines, link, downloads, environment)
        leader = group.leader
        try:
            async with asyncio.timeout(30):
                await super(type(leader), leader).until(lambda room: len(room.members) == 2)
        finally:
            await asyncio.to_thread(shell.close, force=True)
        assert leader.people.name(leader.room, 2) == "Zoe"


def enter(lines: list[str], link: str, folder: Path, environment: dict[str, str]) -> pexpect.spawn[str]:
    """Types the lines, and answers what is asked."""
    shell = pexpect.spawn(
        "/bin/bash",
        ["--norc", "--noprofile", "-c", "set -e\n" + "\n".join(lines)],
        cwd=str(folder),
        env=environment,  # type: ignore[arg-type]
        encoding="utf-8",
        timeout=90,
        dimensions=(24, 80),
    )
    shell.expect("Paste the link")
    shell.sendline(link)
    shell.expect("Your name in the room")
    shell.sendline("Zoe")
    if lines[-1].endswith("join"):
        shell.expect("How would you like to take part")
        shell.sendline("1")
        # The screen: beginning with the practice of one key, seen by nobody.
        shell.expect("\x1b\\[\\?1049h")
    return shell
