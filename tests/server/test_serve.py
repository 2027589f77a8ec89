"""The server as a process: its start, its pages for machines, its orderly end."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import ssl
import stat
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from evenly_client.peer import State, TurnedAway
from evenly_client.sealing import DeviceKey
from evenly_protocol.hands import RaiseHand
from evenly_protocol.wire import Purpose, Welcome
from evenly_protocol.words import Intent
from evenly_server import serve as serve_module
from evenly_server.door import FAILED_FROM_ONE_ADDRESS
from evenly_server.serve import Options, Process, ServeError, is_loopback, open_journal
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.harness import (
    NOON,
    Local,
    Member,
    Server,
    Wire,
    encoded,
    entries_in,
    eventually,
    folded,
    make_room,
    server_command,
    serving,
    soon,
    wire,
)
from tests.self_signed import self_signed


async def page(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, str]:
    """Fetches a page: its status, head and body."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = (await soon(reader.read())).decode()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), head, body


def certificate(directory: Path) -> tuple[Path, Path, bytes]:
    """A self-signed certificate for this machine: its file, its key's file, its PIN."""
    file, key = self_signed(directory)
    return file, key, sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).digest()[:16]


# -- a whole process ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uvloop", [True, False], ids=["uvloop", "asyncio"])
@pytest.mark.parametrize("sending", ["framed-once", "library"])
async def test_a_session_goes_the_same_way_on_both_loops_by_both_ways_of_sending(
    uvloop: bool, sending: str, tmp_path: Path
) -> None:
    async with Server(tmp_path / "rooms.db", "--broadcast", sending, uvloop=uvloop) as server:
        async with make_room(server, 3, session=True) as group:
            for member in group.members:
                assert await member.ask(RaiseHand(Intent.SPEAK)) is None
            refusal = await group.leader.ask(RaiseHand(Intent.SPEAK))
            assert refusal is not None
            assert refusal.code == "hand_up"
            await group.caught_up()
            truth = encoded(folded(group.link.room, entries_in(server.journal, group.link.room)))
            assert {encoded(member.room) for member in group.members} == {truth}
        assert await server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_orderly_stop_tells_the_members_writes_snapshots_and_exits_well(
    number: signal.Signals, server: Server
) -> None:
    async with make_room(server, 2, session=True) as group:
        troubles: list[str] = []
        group.others[0].watch(lambda notice: troubles.append(group.others[0].trouble))
        sent = [member.send(RaiseHand(Intent.SPEAK)) for member in group.members]
        await group.leader.until(lambda room: len(room.floor.hands) == 2)
        assert server.process is not None
        server.process.send_signal(number)
        assert await soon(server.process.wait()) == 0
        await group.others[0].until(lambda room: group.others[0].state is State.LOST)
        assert any(trouble.startswith("The server is stopping.") for trouble in troubles)
        entries = entries_in(server.journal, group.link.room)
        assert [e.id for e in entries[-2:]] == sent
        with contextlib.closing(sqlite3.connect(server.journal)) as db:
            assert db.execute("SELECT seq FROM snapshots").fetchall() == [(entries[-1].seq,)]
        await server.start()
        for member in group.members:
            member.reconnect_now()
            await member.entered()
        assert await group.others[0].ask(RaiseHand(Intent.PROCESS)) is None
        log = server.log.read_text()
        assert log.count('"stopping"') == log.count('"stopped"') == 1
        assert "Traceback" not in log
        assert '"level": "error"' not in log


async def test_a_second_signal_stops_at_once(server: Server) -> None:
    async with wire(server.new_link()) as frozen:
        await frozen.greet()
        frozen.socket.transport.pause_reading()  # it will not answer the goodbye, and the server waits a while
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: '"stopping"' in server.log.read_text())
        server.process.send_signal(signal.SIGTERM)
        assert await soon(server.process.wait()) == 1
        assert '"stopped"' not in server.log.read_text()
        frozen.socket.transport.abort()


async def test_a_journal_that_is_served_cannot_be_served_twice(server: Server) -> None:
    code, out, err = await server_command(
        "serve", "--port", "0", "--journal", str(server.journal), "--create", "anyone"
    )
    assert code == 1
    assert out == ""
    assert "served by another process" in err
    assert "Traceback" not in err
    async with make_room(server, 1):
        pass


async def test_a_port_that_is_taken_is_said_so(server: Server, tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    code, _, err = await server_command("serve", "--port", str(server.port), "--journal", other, "--create", "anyone")
    assert code == 1
    assert f"Cannot listen on 127.0.0.1:{server.port}" in err
    assert "Traceback" not in err


async def test_a_port_that_is_none_is_said_so(tmp_path: Path) -> None:
    process = Process(Options(port=70_000), await open_journal("memory"), serve_module.SystemClock())
    with pytest.raises(ServeError, match="Cannot listen"):
        await process.listen()
    await process.stop()


async def test_other_machines_are_not_served_in_the_clear_unless_it_is_asked_for() -> None:
    for host, insecure, fine in (("0.0.0.0", False, False), ("0.0.0.0", True, True), ("localhost", False, True)):
        options = Options(host=host, port=0, insecure=insecure)
        process = Process(options, await open_journal("memory"), serve_module.SystemClock())
        if fine:
            await process.listen()
        else:
            with pytest.raises(ServeError, match="in the clear"):
                await process.listen()
        await process.stop()


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("c.pem", "c.pem", "c.pem cannot be used. Both files must be PEM"),
        ("c.pem", None, "Give the key that belongs to it too: --private-key"),
        ("gone.pem", "c.pem", "cannot be read .No such file"),
    ],
)
async def test_a_certificate_that_cannot_be_used_is_said_so(
    certificate: str, key: str | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "c.pem").write_text("not a certificate")
    options = Options(port=0, certificate=tmp_path / certificate, private_key=tmp_path / key if key else None)
    process = Process(options, await open_journal("memory"), serve_module.SystemClock())
    with pytest.raises(ServeError, match=said):
        await process.listen()
    await process.stop()


async def test_the_key_for_making_rooms_is_made_once_kept_to_oneself_and_asked_for(tmp_path: Path) -> None:
    async with Server(tmp_path / "rooms.db", create="key") as server:
        key = (tmp_path / "rooms.key").read_text().strip()
        assert stat.S_IMODE(os.stat(tmp_path / "rooms.key").st_mode) == 0o600
        assert key in server.log.read_text()
        for given, made in (("", False), (key + "x", False), (key, True)):
            async with wire(server.new_link()) as founder:
                await founder.prove(Purpose.CREATE, key=given)
                if made:
                    assert (await founder.next(Welcome)).seat == 1
                else:
                    assert await founder.bye() == "exists"
        await server.stop()
        before = server.log.read_text()
        await server.start()
        assert key not in server.log.read_text().removeprefix(before)
        assert (tmp_path / "rooms.key").read_text().strip() == key


async def test_a_server_whose_parent_is_gone_stops(tmp_path: Path) -> None:
    async with Server(tmp_path / "rooms.db", fed=NOON) as server:
        async with make_room(server, 1, session=True) as group:
            await server.tell_time(NOON + 1_000)
            assert await group.leader.ask(RaiseHand(Intent.SPEAK)) is None
            assert entries_in(server.journal, group.link.room)[-1].at == NOON + 1_000
        assert server.process is not None
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert await soon(server.process.wait()) == 0


async def test_a_backup_made_while_people_talk_can_be_served(server: Server, tmp_path: Path) -> None:
    async with make_room(server, 2, session=True) as group, make_room(server, 1) as other:
        talking = True

        async def talk(member: Member) -> None:
            while talking:
                await member.ask(RaiseHand(Intent.SPEAK))

        tasks = [asyncio.create_task(talk(member)) for member in group.members]
        archive, restored = tmp_path / "rooms.evenly", tmp_path / "restored.db"
        code, out, err = await server_command("backup", str(archive), "--journal", str(server.journal))
        assert (code, err) == (0, "")
        assert out.startswith("2 rooms, ")
        talking = False
        await soon(asyncio.gather(*tasks))
        code, out, err = await server_command("restore", str(archive), "--journal", str(restored))
        assert (code, err) == (0, "")
        for link in (group.link, other.link):
            saved, served = entries_in(restored, link.room), entries_in(server.journal, link.room)
            assert saved == served[: len(saved)]
            assert len(saved) > 1
        saved_room = folded(group.link.room, entries_in(restored, group.link.room))
        async with Server(restored) as second:
            link = replace(group.link, port=second.port)
            async with Member(link, group.leader.key, "Ana") as leader:
                await leader.entered()
                kept = entries_in(restored, link.room)[: saved_room.seq]
                assert encoded(folded(link.room, kept)) == encoded(saved_room)
                assert {h.seat for h in saved_room.floor.hands} <= {h.seat for h in leader.room.floor.hands}
                assert leader.name_of(2) == "Ben"
        code, _, err = await server_command("restore", str(archive), "--journal", str(restored))
        assert code == 1
        assert "Traceback" not in err


# -- pages for machines ------------------------------------------------------------------------------------------


async def test_healthz_says_ok_and_other_pages_are_not_found(local: Local) -> None:
    status, _, body = await page(local.port, "/healthz?from=a-probe")
    assert (status, body) == (200, "ok\n")
    for path in ("/rooms", "/metrics/", "/../etc/passwd", "/healthz/"):
        assert (await page(local.port, path))[0] == 404
    assert (await page(local.port, "/"))[0] == 426


async def test_metrics_count_what_happened(local: Local) -> None:
    async with make_room(local, 3) as group:
        assert await group.leader.ask(RaiseHand(Intent.SPEAK)) is not None
        status, head, body = await page(local.port, "/metrics")
        assert status == 200
        assert "text/plain; version=0.0.4" in head
        figures = {line.split()[0]: line.split()[1] for line in body.splitlines() if not line.startswith("#")}
        assert figures["evenly_connections"] == "3"
        assert figures["evenly_rooms"] == "1"
        assert figures["evenly_refused_total"] == "1"
        assert int(figures["evenly_entries_total"]) == group.leader.room.seq - 2  # but the making
        assert int(figures["evenly_deliveries_total"]) > 5


@pytest.mark.parametrize("shown", [True, False])
async def test_other_machines_see_metrics_only_when_it_is_asked_for(
    shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(metrics=shown) as server:
        monkeypatch.setattr(serve_module, "is_loopback", lambda host: False)
        assert (await page(server.port, "/metrics"))[0] == (200 if shown else 404)
        assert (await page(server.port, "/healthz"))[0] == 200


def test_loopback_is_this_machine_alone() -> None:
    here = ("localhost", "127.0.0.1", "127.1.2.3", "::1")
    there = ("0.0.0.0", "::", "192.168.1.2", "example.org", "", "127.0.0.1.example.org")
    assert all(map(is_loopback, here))
    assert not any(map(is_loopback, there))


async def test_pages_of_other_sites_cannot_open_a_connection() -> None:
    async with serving(names=["peers.example.org"]) as server:
        for origin, fine in (
            ("https://evil.example.org", False),
            ("http://peers.example.org", False),
            ("null", False),
            ("https://peers.example.org", True),
        ):
            attempt = connect(f"ws://127.0.0.1:{server.port}/", origin=origin, proxy=None)  # type: ignore[arg-type]
            if fine:
                async with attempt:
                    pass
            else:
                with pytest.raises(InvalidStatus) as refused:
                    await attempt
                assert refused.value.response.status_code == 403


# -- encrypted ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uvloop", [True, False], ids=["uvloop", "asyncio"])
async def test_a_self_signed_certificate_is_enough_with_its_pin(uvloop: bool, tmp_path: Path) -> None:
    cert, key, pin = certificate(tmp_path)
    arguments = ("--certificate", str(cert), "--private-key", str(key))
    async with Server(tmp_path / "rooms.db", *arguments, uvloop=uvloop) as server:
        link = replace(server.new_link(), pin=pin)
        async with Member(link, DeviceKey.generate(), "Ana", create_key="") as leader:
            await leader.entered()
            async with Member(link, DeviceKey.generate(), "Ben") as other:
                await other.entered()
                assert other.name_of(1) == "Ana"
        assert await server.stop() == 0


async def test_a_wrong_pin_is_found_before_any_frame_is_sent(tmp_path: Path) -> None:
    cert, key, pin = certificate(tmp_path)
    async with serving(certificate=cert, private_key=key) as server:
        seen: list[object] = []
        real = server.process._door.enter  # type: ignore[union-attr]

        async def enter(line: object, frames: object, *rest: object) -> object:
            async def watched() -> object:
                async for frame in frames:  # type: ignore[attr-defined]
                    seen.append(frame)
                    yield frame

            return await real(line, watched(), *rest)  # type: ignore[arg-type]

        server.process._door.enter = enter  # type: ignore[union-attr,method-assign]
        wrong = replace(server.new_link(), pin=bytes(16))
        async with Member(wrong, DeviceKey.generate(), "Ana", create_key="") as member:
            with pytest.raises(TurnedAway) as ended:
                await member.entered()
            assert ended.value.code == "name"
            assert "certificate" in member.trouble
        assert seen == []
        async with Member(replace(wrong, pin=pin), DeviceKey.generate(), "Ana", create_key="") as member:
            await member.entered()
        assert seen


async def test_a_server_that_insists_on_encryption_hears_nothing_in_the_clear(tmp_path: Path) -> None:
    cert, key, _ = certificate(tmp_path)
    async with serving(certificate=cert, private_key=key) as server:
        async with Member(server.new_link(), DeviceKey.generate(), "Ana", create_key="") as member:
            await member.until(lambda room: member.state is State.LOST)
        assert server.process._numbers == 0


@pytest.mark.skipif(sys.platform != "linux", reason="another process's limits are seen on Linux")
@pytest.mark.parametrize(("hard", "expected"), [(4_000, 1_300), (600, 600)])
async def test_as_many_files_may_be_open_as_connections_need(tmp_path: Path, hard: int, expected: int) -> None:
    import resource

    limited = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard})); "
    log = tmp_path / "log"
    with log.open("wb") as written:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", limited + "from evenly_server.__main__ import app; app()"),
            *("serve", "--port", "0", "--journal", "memory", "--create", "anyone", "--connections", "300"),
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
        )
    assert server.stdout is not None
    await soon(server.stdout.readline())
    try:
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (expected, hard)
        assert ("this machine allows fewer connections" in log.read_text()) is (hard < 1_300)
    finally:
        server.terminate()
        await soon(server.wait())


async def proxied_page(port: int, path: str, forwarded: str) -> int:
    """The status of a page that a proxy on this machine asks for, for somebody."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{forwarded}\r\n".encode())
    answer = await soon(reader.readline())
    writer.close()
    return int(answer.split()[1])


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("X-Forwarded-For: 203.0.113.7\r\n", 404),
        ("X-Forwarded-For: 127.0.0.1, 203.0.113.7\r\n", 404),
        ("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 2001:db8::1\r\n", 404),
        ("X-Forwarded-For: nobody\r\n", 200),
        ("", 200),
    ],
)
async def test_behind_a_proxy_metrics_are_for_this_machine_alone(forwarded: str, status: int) -> None:
    async with serving(forwarded=True) as server:
        assert await proxied_page(server.port, "/metrics", forwarded) == status
    async with serving() as server:
        assert await proxied_page(server.port, "/metrics", forwarded) == 200, "only a proxy of one's own is believed"


async def test_behind_a_proxy_each_address_fails_for_itself() -> None:
    async with serving(forwarded=True) as server, make_room(server, 1) as group:
        link = replace(group.link, secret=bytes(16))

        async def wrong(address: str) -> str:
            url = f"ws://{link.server_name}/"
            headers = {"X-Forwarded-For": address}
            async with connect(url, compression=None, proxy=None, additional_headers=headers) as socket:
                stranger = Wire(socket, link, DeviceKey.generate())
                await stranger.prove()
                return await stranger.bye()

        said = [await wrong("203.0.113.7") for _ in range(FAILED_FROM_ONE_ADDRESS)]
        assert said == ["refused"] * FAILED_FROM_ONE_ADDRESS
        async with connect(
            f"ws://{link.server_name}/", proxy=None, additional_headers={"X-Forwarded-For": "203.0.113.7"}
        ) as socket:
            assert await Wire(socket, link, DeviceKey.generate()).bye() == "too_fast"
        assert await wrong("203.0.113.8") == "refused"
