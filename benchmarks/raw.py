"""WebSocket connections by hand, on plain sockets: what is opened here is handed to the load generator."""

from __future__ import annotations

import os
import socket
import struct
from base64 import b64encode

from websockets.frames import Frame, Opcode


def dial(port: int) -> socket.socket:
    """A TCP connection to a server on this machine."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask_upgrade(connection: socket.socket, port: int, path: str = "/") -> None:
    """Asks to speak WebSocket (RFC 6455, 4.1); `upgraded` reads the answer."""
    key = b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )


def upgraded(connection: socket.socket) -> None:
    """Reads the answer to `ask_upgrade`, and nothing behind it.

    Raises:
        ConnectionError: the server does not want to.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError("the server closed the connection")
        head += byte
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise ConnectionError(head.decode("latin-1"))


def client_message(payload: bytes, opcode: Opcode = Opcode.BINARY) -> bytes:
    """A complete, masked message."""
    return bytes(Frame(opcode, payload).serialize(mask=True))


def exactly(connection: socket.socket, length: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise ConnectionError("the server closed the connection")
        data += more
    return data


def message(connection: socket.socket) -> bytes:
    """The payload of the next data message of a server, and nothing behind it; pings are answered."""
    while True:
        first, length = exactly(connection, 2)
        if length == 126:
            (length,) = struct.unpack(">H", exactly(connection, 2))
        elif length == 127:
            (length,) = struct.unpack(">Q", exactly(connection, 8))
        payload = exactly(connection, length)
        if first & 15 == Opcode.PING:
            connection.sendall(client_message(payload, Opcode.PONG))
        elif first & 15 in (Opcode.TEXT, Opcode.BINARY):
            return payload
        elif first & 15 == Opcode.CLOSE:
            raise ConnectionError(f"closed: {payload!r}")
