"""`evenly gateway` as its keeper runs it, a real server behind it, real clients in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import signal
import ssl
import stat
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncssh
import pytest
from evenly_client.gateway import serving
from evenly_client.links import Link
from evenly_client.store import open_store

from tests.client.piped import Piped
from tests.harness import Group, Local, eventually, make_room, soon

ROOM = "Peer set 3"


@pytest.fixture
async def group(local: Local) -> AsyncIterator[Group]:
    """A room with its facilitator."""
    async with make_room(local, 1, session=True) as made:
        yield made


def knows_the_room(home: Path, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper has been in the room: its name is enough from now on, and its link on no command line."""
    monkeypatch.setenv("EVENLY_HOME", str(home))
    with open_store(None) as store:
        store.remember_room(link, int(time.time() * 1000))
        store.keep_setting(f"name {link.room.hex()}", ROOM)


@contextlib.asynccontextmanager
async def running(home: Path, *arguments: str) -> AsyncIterator[Piped]:
    """A gateway, ended by force if the test has not ended it."""
    gateway = await Piped.run(home, "gateway", ROOM, *arguments)
    try:
        await gateway.says("It runs until")
        yield gateway
    finally:
        if gateway._process.returncode is None:
            gateway._process.kill()
        await soon(gateway._process.wait())


def ssh_of(gateway: Piped) -> tuple[str, int]:
    """The user and the port that it printed."""
    [(port, user)] = [found.groups() for line in gateway.said if (found := re.search(r"ssh -p (\d+) (\S+)@", line))]
    return user, int(port)


@contextlib.asynccontextmanager
async def lines_of(
    gateway: Piped, key: asyncssh.SSHKey, *, terminal: bool = False
) -> AsyncIterator[asyncssh.SSHClientProcess[str]]:
    """Plain lines of somebody with this key."""
    user, port = ssh_of(gateway)
    async with asyncssh.connect(
        "127.0.0.1", port, username=user, client_keys=[key], known_hosts=None, agent_path=None, config=None
    ) as connection:
        yield await connection.create_process("plain", term_type="xterm" if terminal else None, term_size=(80, 24))


async def says(process: asyncssh.SSHClientProcess[str], words: str) -> str:
    """Reads until it has said this; all of it."""
    said = ""
    async with asyncio.timeout(20):
        while words not in said:
            more = await process.stdout.read(4096)
            assert more, f"it ended without {words!r}: {said}"
            said += more
    return said


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def told_to_processes() -> Iterator[str]:
    """The command line and the environment of every process that can be looked into."""
    for folder in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                yield (folder / name).read_text(errors="replace")


async def test_a_visitor_is_let_in_and_comes_back_after_the_gateway_was_killed(
    tmp_path: Path, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the lobby, marked for all; killed, the gateway takes its clients with it; the same key is the same member."""
    knows_the_room(tmp_path, group.link, monkeypatch)
    secret = group.link.invite_text().partition("#")[2]
    key = asyncssh.generate_private_key("ssh-ed25519")
    arguments = ("--ssh", "0", "--host", "127.0.0.1")
    async with running(tmp_path, *arguments) as gateway:
        assert ssh_of(gateway)[0] == "peer-set-3"
        async with lines_of(gateway, key, terminal=True) as visitor:
            await says(visitor, "whoever runs it could read what you type")
            visitor.stdin.write("Zoe\n")
            leader = group.leader
            await eventually(lambda: leader.waiting)
            assert leader.people.knocking(leader.room, leader.waiting[0]) == "Zoe (gateway)"
            leader.answer_knock(leader.waiting[0], admit=True)
            await leader.until(lambda room: len(room.members) == 2)
            visitor.stdin.write("who\n")
            await says(visitor, "Ana")
            visitor.stdin.write("start /etc/hostname\n")
            await says(visitor, "that file is not the visitor's")
            assert open_to_others(tmp_path / "gateway") == []
            [child] = children_of(gateway._process.pid)
            assert [told for told in told_to_processes() if secret in told or secret.replace("-", "") in told] == []
            gateway._process.send_signal(signal.SIGKILL)
            await eventually(lambda: not Path(f"/proc/{child}").exists())
        assert not any(secret in line or "Zoe" in line for line in gateway.said)
    async with running(tmp_path, *arguments) as again, lines_of(again, key) as visitor:
        visitor.stdin.write("who\n")
        await says(visitor, "Ana")
        assert len(group.leader.room.members) == 2
        assert not group.leader.waiting
        await again.says("Visitor 1 is here")
        again._process.send_signal(signal.SIGINT)
        await again.says("Stopping")
        assert await again.ends() == 0
        done = await soon(visitor.wait())
        assert done.exit_status == 1
        assert isinstance(done.stderr, str)
        assert "gateway is being stopped" in done.stderr


def open_to_others(folder: Path) -> list[Path]:
    """What others on this computer could look into, the folder itself and all below."""
    return [path for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077]


def test_a_gateway_may_have_many_files_open() -> None:
    """Whatever the shell allows it at first, as far as the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        serving._allow_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(serving.FILES, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_the_link_is_read_from_a_file_that_others_cannot_read(tmp_path: Path, group: Group) -> None:
    """So it stands on no command line. One that everybody can read, or that is not there, is refused."""
    file = tmp_path / "link"
    secret = group.link.invite_text().partition("#")[2]
    arguments = ("gateway", "--link-file", str(file), "--ssh", "0", "--host", "127.0.0.1")
    refusal = await Piped.run(tmp_path, *arguments)
    await refusal.says("cannot be read")
    assert await refusal.ends() == 1
    file.write_text(f"{group.link.invite_text()}\n")
    for mode, words in ((0o644, "Everybody on this computer can read the link"), (0o400, "It runs until")):
        file.chmod(mode)
        gateway = await Piped.run(tmp_path, *arguments)
        await gateway.says(words)
    assert not any(secret in told for told in told_to_processes())
    gateway._process.send_signal(signal.SIGTERM)
    assert await gateway.ends() == 0
    both = await Piped.run(tmp_path, "gateway", ROOM, *arguments[1:])
    await both.says("not both")
    assert await both.ends() == 2


async def test_what_it_prints_to_hand_out(tmp_path: Path, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that differ, one more for each Enter; in TLS, by a certificate that it made; and only one at a time."""
    knows_the_room(tmp_path, group.link, monkeypatch)
    arguments = ("--web", "0", "--host", "0.0.0.0", "--name", "peers.example.org", "--entries", "2")
    async with running(tmp_path, *arguments) as gateway:
        gateway.type("")
        entry = re.compile(r"  https://peers\.example\.org:(\d+)/#([a-z2-7]{26})")
        await eventually_says(gateway, entry, 3)
        found = [match for line in gateway.said if (match := entry.fullmatch(line))]
        assert len({match[2] for match in found}) == 3
        home = tmp_path / "gateway" / group.link.room.hex()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "certificate.key").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "certificate.pem").stat().st_mode) == 0o600
        context = ssl.create_default_context(cafile=home / "certificate.pem")
        context.check_hostname = False
        port = int(found[0][1])
        reader, writer = await soon(asyncio.open_connection("127.0.0.1", port, ssl=context))
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
        assert (await soon(reader.readline())).startswith(b"HTTP/1.1 200 ")
        writer.transport.abort()
        second = await Piped.run(tmp_path, "gateway", ROOM, *arguments)
        await second.says("runs on this computer already")
        assert await second.ends() == 1


async def eventually_says(gateway: Piped, pattern: re.Pattern[str], times: int) -> None:
    """Waits until so many lines match."""
    while sum(pattern.fullmatch(line) is not None for line in gateway.said) < times:
        await gateway.says(pattern.pattern)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give --web PORT, --ssh PORT, or both."),
        (("--web", "0", "--certificate", "c.pem"), "give both --certificate and --private-key"),
        (("--web", "0", "--visitors", "0"), "at least one visitor"),
    ],
)
async def test_wrong_usage_is_said(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """In a sentence, status 2, before anything is opened."""
    gateway = await Piped.run(tmp_path, "gateway", ROOM, *arguments)
    await gateway.says(re.escape(words))
    assert await gateway.ends() == 2
    assert os.listdir(tmp_path) == []


async def test_a_port_that_is_taken_is_said(tmp_path: Path, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which option chooses another; status 1."""
    knows_the_room(tmp_path, group.link, monkeypatch)
    taken = str(group.link.port)
    for option in ("--web", "--ssh"):
        gateway = await Piped.run(tmp_path, "gateway", ROOM, "--host", "127.0.0.1", option, taken)
        await gateway.says(f"Cannot listen on 127.0.0.1:{taken}.*{option}")
        assert await gateway.ends() == 1
