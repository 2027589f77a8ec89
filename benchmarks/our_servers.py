"""Evenly's server, and the limit, as contestants of the load generator."""

from __future__ import annotations

import dataclasses
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TypeVar

import raw
from evenly_client.links import Link
from evenly_client.sealing import DeviceKey, RoomKeys, Sealer
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.facts import Command
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.hashing import hello_message, profile_message
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import GiveFloor
from evenly_protocol.wire import (
    VERSION,
    Challenge,
    CommandFrame,
    Events,
    Hello,
    Proof,
    Purpose,
    Refused,
    ServerFrame,
    Welcome,
    decode_server,
    encode,
)
from evenly_protocol.words import FloorMode, Intent, Lobby
from load import command_id, compiled

F = TypeVar("F")

LIFTED = """\
import evenly_protocol.seats
evenly_protocol.seats.MEMBERS_AT_MOST = 2_000
from evenly_server.__main__ import app
app()
"""
"""Starts the server without the limit of 300 members a room."""


AT_THE_DOOR = 50
"""Members who enter at a time: each has 5 seconds from the connection to the proof."""


def started(command: list[str], core: int) -> tuple[subprocess.Popen[str], int]:
    """Starts a server on a core and waits until it says `listening PORT`."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("listening "):
        raise RuntimeError(f"{command[0]} did not start: {line}")
    return process, int(line.split()[1])


class _Member:
    """One member's connection while the room is set up."""

    def __init__(self, link: Link, purpose: Purpose) -> None:
        self.key = DeviceKey.generate()
        self.socket = raw.dial(link.port)
        self._link, self._purpose = link, purpose
        self._nonce = secrets.token_bytes(32)
        self._frames: list[ServerFrame] = []
        raw.ask_upgrade(self.socket, link.port)

    def greet(self) -> None:
        """Says hello."""
        raw.upgraded(self.socket)
        self.send(Hello(*VERSION, self._link.room, self.key.public, self._nonce, self._purpose))

    def prove(self) -> None:
        """Answers the server's challenge."""
        link, keys = self._link, RoomKeys.from_secret(self._link.secret)
        theirs = self.next(Challenge).nonce
        name_id = secrets.token_bytes(16)
        name = Sealer(keys, link.room).seal(FieldKind.NAME, "Wil", self.key.public, name_id)
        self.send(
            Proof(
                self.key.sign(hello_message(link.server_name, link.room, theirs, self._nonce)),
                link.server_name,
                keys.invite_token,
                "",
                name,
                name_id,
                self.key.sign(profile_message(link.room, name)),
            )
        )

    def send(self, *frames: Hello | Proof | CommandFrame) -> None:
        """Sends frames as one message."""
        self.socket.sendall(raw.client_message(encode(frames)))

    def next(self, kind: type[F] | tuple[type[F], ...]) -> F:
        """The next frame of a kind, or of one of several; others are passed over."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if isinstance(frame, kind):
                    return frame
            self._frames.extend(decode_server(raw.message(self.socket))[0])

    def ask(self, counter: int, command: Command) -> int:
        """Gives a command and waits for its entry. The entry's number."""
        id = secrets.token_bytes(16)
        self.send(CommandFrame(id, counter, command))
        while True:
            frame = self.next((Events, Refused))
            if isinstance(frame, Refused):
                raise RuntimeError(f"{type(command).__name__} was refused: {frame.code}")
            for entry in frame.entries:
                if entry.id == id:
                    return entry.seq


class Evenly:
    """Our server; with its journal at full durability, or (`journal=False`) without.

    Members raise their hands and take them down again while somebody speaks. The limits of 5 commands a second and 300
    members a room are lifted, nothing else.
    """

    numbered_as = "msgpack"
    echoes = True
    heartbeat = (b"", b"")

    def __init__(self, *, journal: bool = True, library: bool = False, uvloop: bool = True) -> None:
        self.name = "Evenly"
        self.name += ("" if journal else ", no journal") + (", library's broadcast" if library else "")
        self.name += "" if uvloop else ", standard loop"
        self._journal, self._library, self._uvloop = journal, library, uvloop
        self._folder = tempfile.TemporaryDirectory()
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.others_port = 0
        """Where those come who have not made the room, if it is not the same."""
        self._bases: list[int] = []

    def start(self, core: int) -> int:
        """See `Contestant.start`."""
        journal = str(Path(self._folder.name) / "evenly.db") if self._journal else "memory"
        options = ["--broadcast", "library"] if self._library else []
        program = LIFTED if self._uvloop else f"import sys; sys.modules['uvloop'] = None\n{LIFTED}"
        self._process, self.port = started(
            [sys.executable, "-c", program, "serve", "--port", "0", "--journal", journal, "--create", "anyone",
             "--no-pace", "--connections", "10000", "--log", "error", *options], core)  # fmt: skip
        return self._process.pid

    def connect(self, room: int, members: int) -> list[socket.socket]:
        """A room whose facilitator has begun a session and speaks; members whom nobody lets in one by one."""
        link = Link("127.0.0.1", self.port, secrets.token_bytes(16), secrets.token_bytes(16))
        leader, link = _Member(link, Purpose.CREATE), dataclasses.replace(link, port=self.others_port or self.port)
        leader.greet()
        leader.prove()
        leader.next(Welcome)
        leader.ask(1, ChangeSettings(Settings(lobby=Lobby.OFF)))
        others: list[_Member] = []
        while len(others) < members - 1:
            some = [_Member(link, Purpose.MEMBER) for _ in range(min(AT_THE_DOOR, members - 1 - len(others)))]
            others += some
            for step in (_Member.greet, _Member.prove):
                for member in some:
                    step(member)
            for member in some:
                member.next(Welcome)
        leader.ask(2, StartSession([PhasePlan("talk", b"", 60, FloorMode.QUEUE, True)]))
        self._bases.append(leader.ask(3, GiveFloor(1)))
        return [leader.socket, *(member.socket for member in others)]

    def base(self, room: int) -> int:
        """See `Contestant.base`."""
        return self._bases[room]

    def commands(self, room: int, sender: int, count: int) -> list[bytes]:
        """See `Contestant.commands`."""
        made: list[bytes] = []
        for number in range(count):
            raised = command_id(sender, number - number % 2)
            body = LowerHand(raised) if number % 2 else RaiseHand(Intent.SPEAK)
            made.append(raw.client_message(encode([CommandFrame(command_id(sender, number), number + 1, body)])))
        return made

    def syncs(self) -> int:
        """Commits of the journal until now, each with one sync."""
        if not self._journal:
            return 0
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            found = re.search(r"^evenly_journal_commits_total (\d+)", answer.read().decode(), re.MULTILINE)
        assert found is not None
        return int(found[1])

    def stop(self) -> None:
        """See `Contestant.stop`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


class Limit:
    """A C program that numbers and broadcasts, and does nothing else; see native/limit.c."""

    numbered_as = "msgpack"
    echoes = True
    heartbeat = (b"", b"")

    def __init__(self, *, coalesced: bool) -> None:
        self.name = "C, coalesced" if coalesced else "C, one write each"
        self._way = "coalesced" if coalesced else "single"
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def start(self, core: int) -> int:
        """See `Contestant.start`."""
        self._process, self._port = started([str(compiled("limit")), self._way], core)
        return self._process.pid

    def connect(self, room: int, members: int) -> list[socket.socket]:
        """See `Contestant.connect`."""
        sockets = [raw.dial(self._port) for _ in range(members)]
        for connection in sockets:
            connection.sendall(raw.client_message(room.to_bytes(4)))
        for connection in sockets:
            raw.message(connection)
        return sockets

    def base(self, room: int) -> int:
        """See `Contestant.base`."""
        return 0

    def commands(self, room: int, sender: int, count: int) -> list[bytes]:
        """See `Contestant.commands`: as long as Evenly's."""
        return [raw.client_message(bytes(8) + command_id(sender, number) + bytes(24)) for number in range(count)]

    def stop(self) -> None:
        """See `Contestant.stop`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
