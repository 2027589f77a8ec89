"""The way in by ssh: whoever has a key of their own and knows the room's name.

Any key is taken as somebody's identity, once its owner has proved to have it: unknown ones wait in the room's lobby
like everybody. One session a connection, and nothing else: no forwarding, no agent, no X11, no subsystem.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import re
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evenly_client.gateway.crowd import Crowd
from evenly_client.gateway.ssh_connection import SshConnection
from evenly_client.gateway.ssh_session import WINDOW, Channel, Session
from evenly_client.gateway.visits import Visits
from evenly_client.translation import _

LOGIN_S: Final = 10.0
"""Seconds from a connection to its proof, and again until it says what it wants."""

KEEPALIVE_S: Final = 15.0
KEEPALIVES: Final = 2
"""Seconds of silence until the other end is asked whether it is there, and how often it is asked in vain."""

CLOSED_WITHIN_S: Final = 2.0
"""Seconds that connections have to take their last words when the gateway stops."""

NEEDED = _("Evenly: the room's name is the user, and an ssh key of yours is needed (ssh-keygen makes one).")

HOST_KEY: Final = "ssh_host_ed25519_key"


def slug(name: str) -> str:
    """A room's name as a user's name: `Peer set 3` is `peer-set-3`. `room` if no letter of it can be typed anywhere."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-") or "room"


def host_key(home: Path) -> asyncssh.SSHKey:
    """The gateway's own key, in its folder; made on first use."""
    path = home / HOST_KEY
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        temporary.replace(path)
    return asyncssh.read_private_key(path)


def identity_of(key: asyncssh.SSHKey) -> str:
    """Who has this key: a name made of its SHA-256, as ssh shows it."""
    digest = sha256(key.public_data).digest()
    return "ssh-" + base64.b32encode(digest).decode().lower().rstrip("=")


class Ssh:
    """The ssh side of a gateway: `serve` opens it, `close` ends it after `Visits.close`."""

    def __init__(self, visits: Visits, user: str, key: asyncssh.SSHKey) -> None:
        """`user`: the one name by which visitors log in, see `slug`. `key`: see `host_key`."""
        self._visits = visits
        self._user = user
        self._key = key
        self._crowd: Crowd[SshConnection] = Crowd(visits.limits)
        self._server: asyncio.Server | None = None

    async def serve(self, host: str, port: int) -> int:
        """Listens there; the port, for 0 was any.

        Raises:
            OSError: it cannot listen there.
        """
        # It would say who came from where, and what they sent.
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        options = asyncssh.SSHServerConnectionOptions(
            server_factory=self._guest,
            server_host_keys=[self._key],
            server_version="Evenly",
            host_based_auth=False,
            public_key_auth=True,
            password_auth=False,
            kbdint_auth=False,
            gss_host=None,
            x509_trusted_certs=None,
            x11_forwarding=False,
            agent_forwarding=False,
            allow_scp=False,
            line_editor=False,
            encoding=None,
            compression_algs=None,
            login_timeout=LOGIN_S,
            keepalive_interval=KEEPALIVE_S,
            keepalive_count_max=KEEPALIVES,
            window=WINDOW,
            config=None,
        )
        self._server = await loop.create_server(lambda: SshConnection(loop, options, self._crowd), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Takes nobody in any more, and ends the connections there are."""
        if self._server is not None:
            self._server.close()
        connections = self._crowd.here
        for connection in connections:
            # One with a session ends by itself, once its last words have arrived; a disconnect would overtake them.
            if not connection.in_session:
                connection.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSED_WITHIN_S):
                await asyncio.gather(*(connection.gone.wait() for connection in connections))
        for connection in connections:
            connection.abort()

    def _guest(self) -> Guest:
        return Guest(self._visits, self._user)


class Guest(asyncssh.SSHServer):
    """Who is at the other end of a connection: nobody until their key is proved."""

    def __init__(self, visits: Visits, user: str) -> None:
        self._visits = visits
        self._user = user
        self._connection: SshConnection | None = None
        self._key: asyncssh.SSHKey | None = None
        self._identity: str | None = None
        self._session: Session | None = None
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody is there."""
        assert isinstance(conn, SshConnection)
        self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        if self._waiting is not None:
            self._waiting.cancel()

    def begin_auth(self, username: str) -> bool:
        """Nobody is let in without a key."""
        # The same for every name, so that it tells nothing about the room's.
        if self._connection is not None:
            self._connection.send_auth_banner(NEEDED + "\n")
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys it is."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Any key will do for the room's name, once it is proved."""
        # Asked before the signature is looked at, and again with it: the last one asked about before the login was
        # completed is the one that was proved.
        self._key = key
        return username == self._user

    def auth_completed(self) -> None:
        """Their key is proved: it is who they are."""
        if self._key is not None and self._identity is None:
            self._identity = identity_of(self._key)
        self._waiting = asyncio.get_running_loop().call_later(LOGIN_S, self._give_up)

    def session_requested(self) -> tuple[Channel, Session] | bool:
        """One session, and no second one."""
        if self._session is not None or self._identity is None or self._connection is None:
            return False
        connection = self._connection
        connection.in_session = True
        self._session = Session(self._visits, self._identity, connection)
        return Channel(connection), self._session

    def _give_up(self) -> None:
        if self._connection is not None and (self._session is None or not self._session.begun):
            self._connection.close()
