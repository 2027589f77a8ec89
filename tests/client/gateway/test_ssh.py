"""The way in by ssh, by real connections: the session and plain lines, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import Boolean, String, UInt32
from asyncssh.public_key import load_keypairs
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.ssh import Ssh, host_key, identity_of, slug
from evenly_client.gateway.visits import Visits

from tests.client.gateway.looking import CLIENTS, Looker, gateway, told_by
from tests.harness import eventually, soon

USER = "peer-set-3"


@dataclass
class Way:
    """An open way in."""

    visits: Visits
    ssh: Ssh
    port: int
    home: Path

    def connect(self, key: asyncssh.SSHKey | None, user: str = USER, **more: object):
        """A connection of somebody with this key."""
        return asyncssh.connect(
            "127.0.0.1",
            self.port,
            username=user,
            client_keys=[key] if key is not None else None,
            known_hosts=None,
            agent_path=None,
            config=None,
            **more,  # pyright: ignore[reportArgumentType]
        )

    @contextlib.asynccontextmanager
    async def session(
        self, key: asyncssh.SSHKey, command: str | None = None, *, terminal: bool = True, **more: object
    ) -> AsyncIterator[asyncssh.SSHClientProcess[bytes]]:
        """A session of somebody with this key."""
        async with self.connect(key, **more) as connection:
            yield await connection.create_process(
                command,
                encoding=None,
                term_type="xterm-256color" if terminal else None,
                term_size=(90, 25) if terminal else (0, 0),
            )


@contextlib.asynccontextmanager
async def way_in(home: Path, limits: Limits | None = None) -> AsyncIterator[Way]:
    """Opens it; closes it as a gateway does."""
    visits = gateway(home, limits)
    ssh = Ssh(visits, USER, host_key(home))
    port = await ssh.serve("127.0.0.1", 0)
    try:
        yield Way(visits, ssh, port, home)
    finally:
        await soon(visits.close())
        await soon(ssh.close())


@pytest.fixture(autouse=True)
def _standing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CLIENTS))


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    """With the limits that there are."""
    async with way_in(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def keys() -> list[asyncssh.SSHKey]:
    """Three people's."""
    return [asyncssh.generate_private_key("ssh-ed25519") for _ in range(3)]


async def sees(process: asyncssh.SSHClientProcess[bytes], *words: str) -> str:
    """Reads until all of these stand on the screen."""
    looker = Looker()
    async with asyncio.timeout(10):
        while not all(word in looker.text for word in words):
            data = await process.stdout.read(65536)
            assert data, f"{words} did not come before the end: {looker.text}"
            await looker.write(data)
    return looker.text


async def ends(process: asyncssh.SSHClientProcess[bytes]) -> tuple[int | None, str]:
    """How it ends, and what stands on its standard error."""
    done = await soon(process.wait())
    assert isinstance(done.stderr, bytes)
    return done.exit_status, done.stderr.decode()


def pid_in(text: str) -> int:
    """The number of the client that painted this."""
    return int(text.split("pid ")[1].split()[0])


# What there is


async def test_the_session_is_painted_typed_into_and_resized(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """`ssh ROOM@HOST`: the screen, in a window like the visitor's."""
    async with way.session(keys[0]) as process:
        await sees(process, "screen 90x25", "term xterm-256color")
        process.stdin.write(b"good morning")
        await sees(process, "[good morning]")
        process.change_terminal_size(60, 20)
        await sees(process, "60x20")
        process.stdin.write(b"\rexit 7\r")
        assert await ends(process) == (7, "")


async def test_plain_is_lines_with_or_without_a_terminal(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """`ssh -t … plain` for people, `ssh … plain < file` for programs: its end is theirs."""
    async with way.session(keys[0], "plain") as process:
        await sees(process, "plain 90x25")
    async with way.session(keys[1], "plain", terminal=False) as process:
        process.stdin.write(b"who")
        process.stdin.write_eof()
        done = await soon(process.wait())
        assert done.exit_status == 0
        assert isinstance(done.stdout, bytes)
        assert b"plain 0x0" in done.stdout
        assert b"[who]" in done.stdout
        assert done.stdout.endswith(b"the input has ended")


async def test_whoever_lost_the_connection_comes_back_to_the_same(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """A pulled cable: the half-typed text is there, in the same process."""
    async with way.session(keys[0]) as process:
        before = pid_in(await sees(process, "90x25"))
        process.stdin.write(b"half a tho")
        await sees(process, "[half a tho]")
        process.channel.get_connection().abort()
    async with way.session(keys[0]) as process:
        assert pid_in(await sees(process, "[half a tho]")) == before


async def test_the_same_key_again_takes_over(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """The earlier one is told in a sentence, and has their terminal back."""
    async with way.session(keys[0]) as first:
        before = pid_in(await sees(first, "90x25"))
        async with way.session(keys[0]) as second:
            assert pid_in(await sees(second, "90x25")) == before
            rest = await soon(first.stdout.read())
            assert b"\x1b[?1000l" in rest
            assert b"\x1b[?1049l" in rest
            status, told = await ends(first)
            assert status == 1
            assert "somewhere else" in told


async def test_two_keys_are_two_people(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """Each with a process and a folder of their own, named by the key."""
    async with way.session(keys[0]) as one, way.session(keys[1]) as two:
        assert pid_in(await sees(one, "90x25")) != pid_in(await sees(two, "90x25"))
    folders = {folder.name for folder in (way.home / "gateway" / "room" / "visitors").iterdir()}
    assert folders == {identity_of(key) for key in keys[:2]}


async def test_when_the_gateway_stops_visitors_are_told(tmp_path: Path, keys: list[asyncssh.SSHKey]) -> None:
    """The sentence arrives before the connection ends."""
    async with way_in(tmp_path) as way, way.session(keys[0]) as process:
        await sees(process, "90x25")
        await soon(way.visits.close())
        status, told = await ends(process)
        assert status == 1
        assert "gateway is being stopped" in told


async def test_its_own_key_is_made_once_and_kept_closed(tmp_path: Path) -> None:
    """The same after a restart; nobody else on the computer reads it."""
    first, second = host_key(tmp_path), host_key(tmp_path)
    assert first.public_data == second.public_data
    [path] = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("room", "user"),
    [("Peer set 3", "peer-set-3"), ("  Führung & Mut! ", "fuhrung-mut"), ("会議", "room"), ("a" * 50, "a" * 32)],
)
def test_a_rooms_name_as_a_user(room: str, user: str) -> None:
    """What can be typed on any keyboard."""
    assert slug(room) == user


# Who is let in


async def test_only_the_rooms_name_with_a_proved_key_is_let_in(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """Another name, no key, a password, or somebody else's key without its private half: refused, all alike."""
    lying = load_keypairs([keys[0]])[0]
    lying.public_data = keys[1].public_data
    tries = [
        way.connect(keys[0], "root"),
        way.connect(keys[0], "peer-set-33"),
        way.connect(None),
        way.connect(None, password="peer-set-3", preferred_auth="password,keyboard-interactive"),
        way.connect(lying),  # pyright: ignore[reportArgumentType]
    ]
    said = set[str]()
    for connecting in tries:
        with pytest.raises(asyncssh.PermissionDenied) as no:
            await soon(connecting)
        said.add(str(no.value).partition("for user")[0])
    assert len(said) == 1
    assert way.visits.running == 0


async def test_whoever_does_not_say_who_they_are_is_not_waited_for(
    tmp_path: Path, keys: list[asyncssh.SSHKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the proof, and after it without a session: the connection is closed."""
    monkeypatch.setattr("evenly_client.gateway.ssh.LOGIN_S", 0.4)
    async with way_in(tmp_path) as way:
        reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
        await soon(reader.read())
        writer.close()
        async with way.connect(keys[0]) as connection:
            await soon(connection.wait_closed())


async def test_two_hundred_connections_hold_the_limit(tmp_path: Path, keys: list[asyncssh.SSHKey]) -> None:
    """From one address no more than its share; others come in meanwhile, and the same address does afterwards."""
    async with way_in(tmp_path, Limits(connections_of_one=64)) as way:
        crowd = await asyncio.gather(*[asyncio.open_connection("127.0.0.1", way.port) for _ in range(200)])
        greeted = await soon(asyncio.gather(*[_greeting(reader) for reader, _ in crowd]))
        assert sum(greeting.startswith(b"SSH-2.0-") for greeting in greeted) == 64
        async with way.session(keys[0], local_addr=("127.0.0.2", 0)) as process:
            await sees(process, "90x25")
        for _, writer in crowd:
            writer.transport.abort()
        await eventually(lambda: not way.ssh._crowd.here)
        async with way.session(keys[0]) as process:
            await sees(process, "90x25")


async def _greeting(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await reader.readline()
    return b""


async def test_no_more_visitors_than_there_is_room_for(tmp_path: Path, keys: list[asyncssh.SSHKey]) -> None:
    """The next one is told in a sentence."""
    async with way_in(tmp_path, Limits(visitors=1)) as way, way.session(keys[0]) as first:
        await sees(first, "90x25")
        async with way.session(keys[1]) as second:
            status, told = await ends(second)
            assert status == 1
            assert "No place is free" in told


async def test_strangers_from_one_address_wait_for_each_other(tmp_path: Path, keys: list[asyncssh.SSHKey]) -> None:
    """Until one of them is let into the room; from elsewhere somebody may come meanwhile."""
    async with way_in(tmp_path, Limits(strangers_of_one=1)) as way, way.session(keys[0]) as first:
        await sees(first, "90x25")
        async with way.session(keys[1]) as second:
            status, told = await ends(second)
            assert status == 1
            assert "wait here to be let into the room" in told
        async with way.session(keys[2], local_addr=("127.0.0.2", 0)) as third:
            await sees(third, "90x25")


# What there is not


@pytest.mark.parametrize("command", ["sh", "ls -l", "plain; sh", "plain sh", "PLAIN", "scp -t /tmp", "$(plain)"])
async def test_there_is_no_other_command(way: Way, keys: list[asyncssh.SSHKey], command: str) -> None:
    """One sentence, status 2, and nothing was started."""
    async with way.session(keys[0], command) as process:
        status, told = await ends(process)
        assert status == 2
        assert told.count("\n") == 1
        assert "no shell" in told
    assert way.visits.running == 0


async def test_the_screen_needs_a_terminal(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """How to have one is said."""
    async with way.session(keys[0], terminal=False) as process:
        status, told = await ends(process)
        assert status == 2
        assert "ssh -t" in told


async def test_there_are_no_files(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """Neither by sftp nor by scp."""
    async with way.connect(keys[0]) as connection:
        with pytest.raises((asyncssh.ChannelOpenError, asyncssh.SFTPError)):
            await soon(connection.start_sftp_client())
    async with way.connect(keys[0]) as connection:
        with pytest.raises((asyncssh.Error, OSError)):
            await soon(asyncssh.scp((connection, "/etc/passwd"), str(way.home / "stolen")))
    assert not (way.home / "stolen").exists()


async def test_there_is_no_forwarding(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """Out, back, by paths, in whatever order: each is refused, and the session goes on."""
    async with way.session(keys[0]) as process:
        await sees(process, "90x25")
        connection = process.channel.get_connection()
        assert isinstance(connection, asyncssh.SSHClientConnection)
        for opening in (
            connection.open_connection("127.0.0.1", way.port),
            connection.open_unix_connection("/var/run/docker.sock"),
            connection.create_process(encoding=None),
        ):
            with pytest.raises(asyncssh.ChannelOpenError):
                await soon(opening)
        for listening in (
            connection.start_server(lambda *_: None, "127.0.0.1", 0),
            connection.start_unix_server(lambda *_: None, str(way.home / "socket")),
        ):
            with pytest.raises(asyncssh.ChannelListenError):
                await soon(listening)
        process.stdin.write(b"still here")
        await sees(process, "[still here]")


async def test_no_agent_no_x11_and_no_environment(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """Each request is refused; of what was offered, nothing reaches the client."""
    async with way.connect(keys[0]) as connection:
        process = await connection.create_process(
            encoding=None,
            term_type="xterm-256color",
            term_size=(90, 25),
            env={"LD_PRELOAD": "/tmp/evil.so", "EVENLY_HOME": "/", "PYTHONSTARTUP": "/tmp/evil.py"},
        )
        await sees(process, "90x25")
        process.stdin.write(b"tell\r")
        environment, _ = await told_by(identity_of(keys[0]), way.home)
        assert "evil" not in str(environment)
        assert environment["EVENLY_HOME"] != "/"
        ask = process.channel._make_request
        assert not await soon(ask(b"auth-agent-req@openssh.com"))
        cookie = (Boolean(False), String("MIT-MAGIC-COOKIE-1"), String("00" * 16), UInt32(0))
        assert not await soon(ask(b"x11-req", *cookie))
        assert not await soon(ask(b"subsystem", String("sftp")))
        assert not await soon(ask(b"exec", String("sh")))
        assert not await soon(ask(b"env", String("A"), String("b")))


async def test_somebody_who_does_not_read_is_kept_nothing_for(way: Way, keys: list[asyncssh.SSHKey]) -> None:
    """However wide a window they offer: the client waits, and the gateway holds no more than its buffers."""
    async with way.connect(keys[0]) as connection:
        process = await connection.create_process(
            encoding=None, term_type="xterm", term_size=(90, 25), window=2**31, max_pktsize=32768
        )
        pid = pid_in(await sees(process, "90x25"))
        wire = connection._transport
        assert wire is not None
        wire.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
        process.stdin.write(b"flood\r")
        [ours] = way.ssh._crowd.here
        await eventually(lambda: not ours._has_room.is_set())
        # The client has been stopped by its full terminal.
        await eventually(lambda: _sleeps(pid))
        assert ours._wire is not None
        assert ours._wire.get_write_buffer_size() < 1024 * 1024
        connection.abort()


def _sleeps(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


async def test_nothing_of_anybody_is_logged(
    way: Way, keys: list[asyncssh.SSHKey], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither who came, nor from where, nor what they asked for."""
    async with way.session(keys[0], "secret words") as process:
        await ends(process)
    assert caplog.text == ""
