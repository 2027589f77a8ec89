"""The servers that Evenly's fan-out is compared with, as contestants of the load generator.

    python benchmarks/peer_servers.py       checks that they do what is measured

Socket.IO, plain ws and Hocuspocus, in Node, each as its documentation recommends, otherwise with its default settings;
the programs are in `peers/`. All of them check a command (its kind, its types, and that the hand which it lowers is one
of the sender's own that is up) and broadcast it to everybody in the room, the sender included. Socket.IO and ws number
it first; Hocuspocus merges it into the room's document, whose array is the order. None keeps a journal.

Hocuspocus ends a connection from which nothing has come for 60 seconds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import raw
from load import command_id
from our_servers import started
from websockets.frames import Opcode

FOLDER = Path(__file__).parent / "peers"
TOGETHER = 200
"""So many connections are opened at once, fewer than Node lets wait (511)."""

Command = dict[str, Any]


def node() -> str:
    """The program of Node itself, not a wrapper, with the peers' packages installed as they are locked.

    Raises:
        RuntimeError: Node or npm is missing, or the packages cannot be had.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise RuntimeError("the peers need Node and npm")
    installed, locked = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        done = subprocess.run(["npm", "ci"], cwd=FOLDER, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"npm ci in {FOLDER.name}/ failed: {done.stderr.strip()}")
        os.utime(installed)
    asked = subprocess.run(["node", "--print", "process.execPath"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def raises_and_lowers(sender: int, count: int) -> list[Command]:
    """A sender's commands: a raise, the lowering of that hand, and so on."""
    made: list[Command] = []
    for number in range(count):
        id = command_id(sender, number).hex()
        if number % 2:
            made.append({"kind": "lower", "id": id, "hand": command_id(sender, number - 1).hex()})
        else:
            made.append({"kind": "raise", "id": id, "intent": "say"})
    return made


class Peer:
    """What they have in common. See `load.Contestant`."""

    name: str
    program: str
    numbered_as = "json"
    echoes = True
    heartbeat = (b"", b"")

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def start(self, core: int) -> int:
        """Starts the server on that core. Its process.

        Raises:
            RuntimeError: it cannot be had here, or does not start.
        """
        self._process, self._port = started([node(), str(FOLDER / self.program)], core)
        return self._process.pid

    def stop(self) -> None:
        """Ends the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def connect(self, room: int, members: int) -> list[socket.socket]:
        """Members of one room, connected and let in."""
        sockets: list[socket.socket] = []
        while len(sockets) < members:
            some = [raw.dial(self._port) for _ in range(min(TOGETHER, members - len(sockets)))]
            for member in some:
                raw.ask_upgrade(member, self._port, self._path(room))
            for member in some:
                raw.upgraded(member)
            self._enter(some, room)
            sockets += some
        return sockets

    def base(self, room: int) -> int:
        """The number of the last event of a room where nothing has happened."""
        return 0

    def commands(self, room: int, sender: int, count: int) -> list[bytes]:
        """See `load.Contestant`."""
        return self.messages(raises_and_lowers(sender, count), room)

    def messages(self, commands: Sequence[Command], room: int) -> list[bytes]:
        """Commands of one sender in a room, as complete messages."""
        raise NotImplementedError

    def marker(self, sender: int, number: int) -> bytes:
        """What a command is known by in its event."""
        return command_id(sender, number).hex().encode()

    def before(self, seq: int) -> bytes:
        """What stands right before the marker in the event with this number."""
        return b'"seq":%d,"id":"' % seq

    def _path(self, room: int) -> str:
        raise NotImplementedError

    def _enter(self, members: Sequence[socket.socket], room: int) -> None:
        """What follows the upgrade, until nothing more comes."""


class PlainWs(Peer):
    """ws: a text message of JSON each."""

    name = "ws"
    program = "ws.js"

    def messages(self, commands: Sequence[Command], room: int) -> list[bytes]:
        """See `Peer.messages`."""
        return [raw.client_message(_json(command), Opcode.TEXT) for command in commands]

    def _path(self, room: int) -> str:
        return f"/{room}"


class SocketIO(Peer):
    """Socket.IO by WebSocket alone: Engine.IO protocol 4, Socket.IO protocol 5."""

    name = "Socket.IO"
    program = "socketio.js"
    heartbeat = (b"2", raw.client_message(b"3", Opcode.TEXT))

    def messages(self, commands: Sequence[Command], room: int) -> list[bytes]:
        """See `Peer.messages`."""
        return [raw.client_message(b"42" + _json(["command", command]), Opcode.TEXT) for command in commands]

    def _path(self, room: int) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def _enter(self, members: Sequence[socket.socket], room: int) -> None:
        connect = raw.client_message(b"40" + _json({"room": str(room)}), Opcode.TEXT)
        for member in members:
            _expect(raw.message(member), b"0{")
            member.sendall(connect)
        for member in members:
            _expect(raw.message(member), b"40{")


class Hocuspocus(Peer):
    """Hocuspocus: a command is an item that its sender pushes to an array in the room's document.

    Messages are the document's name, a type, and what belongs to that type; lengths are variable integers as in lib0.
    The updates are made in advance by Yjs itself, each sender's in a document that knows only the sender's own items.
    """

    name = "Hocuspocus"
    program = "hocuspocus.js"
    numbered_as = ""

    def __init__(self) -> None:
        super().__init__()
        self._updates: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """See `Peer.stop`."""
        super().stop()
        if self._updates is not None:
            self._updates.communicate()
            self._updates = None

    def messages(self, commands: Sequence[Command], room: int) -> list[bytes]:
        """See `Peer.messages`."""
        return [_said(room, _SYNC, _UPDATE, _counted(update)) for update in self._made(commands)]

    def before(self, seq: int) -> bytes:
        """The item's key `id`, then a string of 32 bytes; not the number, for there is none."""
        return b"\x02id\x77\x20"

    def _path(self, room: int) -> str:
        return "/"

    def _enter(self, members: Sequence[socket.socket], room: int) -> None:
        """Authenticates, and syncs both ways: nothing is known on this side."""
        name = _counted(str(room).encode())
        for member in members:
            member.sendall(_said(room, _AUTH, _TOKEN, _counted(b"")))
        for member in members:
            _expect(raw.message(member), name + bytes([_AUTH, _AUTHENTICATED]))
            member.sendall(_said(room, _SYNC, _STEP_1, _counted(b"\0")))
        for member in members:
            _expect(raw.message(member), name + bytes([_SYNC, _STEP_1]))
            _expect(raw.message(member), name + bytes([_SYNC, _STEP_2]))
            member.sendall(_said(room, _SYNC, _STEP_2, _counted(b"\0\0")))
        for member in members:
            _expect(raw.message(member), name + bytes([_SYNC_STATUS, 1]))

    def _made(self, commands: Sequence[Command]) -> Iterator[bytes]:
        if self._updates is None:
            command = [node(), str(FOLDER / "updates.js")]
            self._updates = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        asked, made = self._updates.stdin, self._updates.stdout
        assert asked is not None
        assert made is not None
        asked.write(_json(commands) + b"\n")
        asked.flush()
        for _ in commands:
            yield made.read(int.from_bytes(made.read(4)))


_SYNC, _AUTH, _SYNC_STATUS = 0, 2, 8
_STEP_1, _STEP_2, _UPDATE = 0, 1, 2
_TOKEN, _AUTHENTICATED = 0, 2

PEERS: tuple[type[Peer], ...] = (SocketIO, PlainWs, Hocuspocus)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _counted(data: bytes) -> bytes:
    """Bytes after their length: seven bits a byte, the lowest first, the eighth bit set where more follow."""
    length, head = len(data), bytearray()
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes([*head, length]) + data


def _said(room: int, kind: int, what: int, rest: bytes) -> bytes:
    """A complete message to Hocuspocus."""
    return raw.client_message(_counted(str(room).encode()) + bytes([kind, what]) + rest)


def _expect(message: bytes, beginning: bytes) -> None:
    if not message.startswith(beginning):
        raise ConnectionError(f"expected {beginning!r}, not {message!r}")


def _events(member: socket.socket, last: bytes) -> list[tuple[bytes, bytes]]:
    """Number and marker of all events that come to a member until the one that holds this."""
    seen = b""
    while last not in seen:
        seen += raw.message(member)
    return re.findall(rb'(?:"seq":([0-9]+),"id":"|\x02id\x77\x20)([0-9a-f]{32})', seen)


def check(peer: Peer) -> None:
    """Two rooms of 3, in each a sender of commands. The server has to be started.

    Raises:
        AssertionError: a member sees something else than the commands of the room, each once and in order.
    """
    rooms = {sender: peer.connect(room, 3) for room, sender in enumerate((0, 3))}
    commands = {sender: peer.commands(room, sender, 12) for room, sender in enumerate((0, 3))}

    def see(member: socket.socket, sender: int, seqs: range) -> None:
        markers = [peer.marker(sender, seq - 1) for seq in seqs]
        expected = [(b"%d" % seq if peer.numbered_as else b"", m) for seq, m in zip(seqs, markers, strict=True)]
        found = _events(member, peer.before(seqs[-1]) + markers[-1])
        assert found == expected, f"{peer.name}: {found}, not {expected}"

    for sender, (first, *_) in rooms.items():
        first.sendall(b"".join(commands[sender][:10]))
    for sender, members in rooms.items():
        for member in members:
            see(member, sender, range(1, 11))
    leader, second, third = rooms[0]
    leader.sendall(commands[0][10])
    for member in (second, third):
        see(member, 0, range(11, 12))
    unknown = {"kind": "shout", "id": command_id(1, 0).hex(), "intent": "say"}
    foreign = {"kind": "lower", "id": command_id(2, 0).hex(), "hand": command_id(0, 10).hex()}
    for member, command in ((second, unknown), (third, foreign)):
        member.sendall(peer.messages([command], 0)[0])
        assert b"refused" in raw.message(member), f"{peer.name}: not refused: {command}"
    leader.sendall(commands[0][11])
    see(leader, 0, range(11, 13))
    for member in [*rooms[0], *rooms[3]]:
        member.close()


def main() -> None:
    """Checks one after the other. Hocuspocus reports its two refusals as errors."""
    for kind in PEERS:
        peer = kind()
        try:
            peer.start(0)
            check(peer)
        finally:
            peer.stop()
        print(f"{peer.name}: does what is measured")


if __name__ == "__main__":
    main()
