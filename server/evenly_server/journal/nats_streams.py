"""NATS JetStream as the journal wants it: getting in, the streams and their settings, and what is refused.

ROOMS    room.<id>     one message an append: its records, in order; never deleted, never changed
ROOMS_k  room.k.<id>   the same in several streams, each with a leader of its own: a room's is found by a hash of its id
STATE    snap.<id>     the room's last snapshot
         alive.<id>    until when it was alive
         home.<id>     which server the room is at
         server.<id>   a server that lives, and how the others reach it; gone by itself when it is dead
         alone         somebody moves rooms, and no server may serve; gone by itself, too
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import ssl
import zlib
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from .interface import JournalRefused
from .opening import Access

OLDEST: Final = (2, 15)
"""The version from which NATS is used: earlier ones acknowledged writes that broke compare-and-set."""

ROOMS: Final = "ROOMS"
STATE: Final = "STATE"
ALONE: Final = "alone"
SHARDS_AT_MOST: Final = 64
SHARDS_KEY: Final = "evenly-shards"
"""Under this, each stream of rooms says how many there are."""

MESSAGE_AT_MOST: Final = 256 * 1024
"""Bytes of a message in `ROOMS`."""

FIRST_WITHIN_S: Final = 10.0
"""Until a first connection, seconds."""

ASK_WITHIN_S: Final = 5.0
"""Until an answer about streams, seconds."""

ANSWER_WITHIN_S: Final = 1.0
"""Until an answer about a message, seconds; without one it is asked again."""
RIGHTS: Final = "publish $JS.API.>, room.>, snap.*, alive.*, home.*, server.*, alone; subscribe _INBOX.>"
"""What a user of NATS must be allowed."""

NO_LEADER: Final = "Most of its servers must run"
"""What to do when it does not answer."""

_log = logging.getLogger(__name__)


async def connect(access: Access) -> Client:
    """A connection that comes again by itself.

    Raises:
        JournalRefused: NATS cannot be reached, does not let us in, or is too old.
    """
    files = access.files
    for option, file in dataclasses.asdict(files).items():
        if file is not None and not os.access(file, os.R_OK):
            raise JournalRefused(f"{file} cannot be read", f"Look at --{option.replace('_', '-')}, and at its rights")
    where = ", ".join(access.servers)
    try:
        tls = _tls(access)
    except OSError as error:
        raise JournalRefused(f"NATS at {where} cannot be used ({error})", "Look at the certificates") from None
    client, last = Client(), ""

    async def noted(error: Exception) -> None:
        nonlocal last
        # NATS says why and closes; what it had not read then is answered with a reset, which may overtake the reason.
        if not (last and isinstance(error, (ConnectionResetError, BrokenPipeError))):
            last = str(error)
        _log.info("NATS: %s", type(error).__name__)  # its text may name addresses and subjects

    try:
        async with asyncio.timeout(FIRST_WITHIN_S):
            await client.connect(
                list(access.servers),
                name="evenly",
                user_credentials=None if files.nats_credentials is None else str(files.nats_credentials),
                tls=tls,
                ping_interval=5,
                max_outstanding_pings=2,
                connect_timeout=2,
                reconnect_time_wait=0.2,  # pyright: ignore[reportArgumentType] (seconds, and parts of one)
                max_reconnect_attempts=-1,
                error_cb=noted,
            )
    except (NatsError, OSError, ValueError, TypeError, TimeoutError) as error:
        await client.close()
        no_credentials = isinstance(error, TypeError)  # by the library, of another file
        reason = "this is no .creds file" if no_credentials else str(error) or last or "nobody answers"
        advice = "Look at the address, the credentials, the certificates, and whether NATS runs"
        raise JournalRefused(f"NATS at {where} cannot be used ({reason})", advice) from None
    version = client.connected_server_version
    if (version.major, version.minor) < OLDEST:
        await client.close()
        raise JournalRefused(
            f"NATS at {', '.join(access.servers)} is {version.major}.{version.minor}.{version.patch}",
            f"Use {OLDEST[0]}.{OLDEST[1]} or newer: older ones lose writes that they have acknowledged",
        )
    return client


def _tls(access: Access) -> ssl.SSLContext | None:
    files = access.files
    if not (files.nats_ca or files.nats_certificate or access.servers[0].startswith("tls:")):
        return None
    context = ssl.create_default_context(cafile=files.nats_ca)
    if files.nats_certificate is not None:
        context.load_cert_chain(files.nats_certificate, files.nats_key)
    return context


@dataclass(frozen=True)
class Shards:
    """Over how many streams rooms are spread, and in which one a room is.

    Attributes:
        count: 1 is the one stream `ROOMS`.
    """

    count: int = 1

    @property
    def streams(self) -> list[str]:
        """Their names."""
        return [ROOMS] if self.count == 1 else [f"{ROOMS}_{k}" for k in range(self.count)]

    def stream(self, room: bytes) -> str:
        """The name of the stream that holds a room."""
        return self.streams[self._of(room)]

    def subject(self, room: bytes) -> str:
        """A room's subject in its stream."""
        return f"{self.prefix(self._of(room))}{room.hex()}"

    def prefix(self, number: int) -> str:
        """What the subjects of a stream's rooms begin with."""
        return "room." if self.count == 1 else f"room.{number}."

    def _of(self, room: bytes) -> int:
        return zlib.crc32(room) % self.count


def wanted(replicas: int, shards: Shards) -> list[api.StreamConfig]:
    """How the streams are made."""
    rooms = [
        api.StreamConfig(
            name=name,
            subjects=[f"{shards.prefix(number)}*"],
            storage=api.StorageType.FILE,
            num_replicas=replicas,
            discard=api.DiscardPolicy.NEW,
            deny_delete=True,
            deny_purge=True,
            max_msg_size=MESSAGE_AT_MOST,
            allow_direct=True,
            metadata={SHARDS_KEY: str(shards.count)},
        )
        for number, name in enumerate(shards.streams)
    ]
    state = api.StreamConfig(
        name=STATE,
        subjects=["snap.*", "alive.*", "home.*", "server.*", ALONE],
        storage=api.StorageType.FILE,
        num_replicas=replicas,
        max_msgs_per_subject=1,
        allow_msg_ttl=True,
    )
    return [*rooms, state]


_MUST_BE: Final = ("subjects", "storage", "discard", "deny_delete", "deny_purge", "allow_direct")
_MUST_BE_OF_STATE: Final = ("subjects", "storage", "max_msgs_per_subject", "allow_msg_ttl")
"""Settings without which something would be lost, or not work."""


_FLAGS: Final = {
    "discard": "--discard=new",
    "deny_delete": "--deny-delete",
    "deny_purge": "--deny-purge",
    "allow_direct": "--allow-direct",
    "max_msgs_per_subject": "--max-msgs-per-subject=1",
    "allow_msg_ttl": "--allow-msg-ttl",
}
"""What NATS's own command line calls them (https://github.com/nats-io/natscli)."""


async def make_streams(client: Client, replicas: int, count: int = 1) -> list[str]:
    """Makes the streams that are not there; one of an earlier version is given the subjects that it lacks. Their names.

    Raises:
        JournalRefused: NATS does not, or rooms are spread over another number of streams already.
    """
    manager = client.jsm(timeout=ASK_WITHIN_S)
    there = await _shards_there(client)
    if there is not None and there.count != count:
        raise JournalRefused(
            f"Rooms are in {there.count} {'stream' if there.count == 1 else 'streams'} here, and stay there",
            f"Say --shards {there.count}, or move them into a NATS without rooms: evenly journal move",
        )
    made: list[str] = []
    for config in wanted(replicas, Shards(count)):
        name = str(config.name)
        try:
            found = await _info(client, name)
            if found is None:
                await manager.add_stream(config)
            elif name == STATE and set(config.subjects or ()) - set(found.config.subjects or ()):
                await manager.update_stream(replace(found.config, subjects=config.subjects))
            else:
                continue
        except (NatsError, TimeoutError) as error:
            raise _refused(f"The stream {name} cannot be made", error) from None
        made.append(name)
    return made


@dataclass(frozen=True)
class Streams:
    """What there is.

    Attributes:
        shards: where rooms are.
        found: of each stream its replicas and what it holds, by name.
    """

    shards: Shards
    found: dict[str, api.StreamInfo]


async def check_streams(client: Client) -> Streams:
    """Whether all streams are there as they must be.

    Raises:
        JournalRefused: one is missing, or set differently.
    """
    shards = await _shards_there(client) or Shards()
    found: dict[str, api.StreamInfo] = {}
    for config in wanted(1, shards):
        name = str(config.name)
        info = await _info(client, name)
        if info is None:
            raise JournalRefused(f"NATS has no stream {name}", "Make it: evenly journal init nats://…")
        for setting in _MUST_BE_OF_STATE if name == STATE else _MUST_BE:
            is_so, must_be = getattr(info.config, setting), getattr(config, setting)
            if is_so != must_be:
                raise JournalRefused(
                    f"The stream {name} has {setting} {_said(is_so)}, and needs {_said(must_be)}", _mend(name, setting)
                )
        found[name] = info
    return Streams(shards, found)


async def _shards_there(client: Client) -> Shards | None:
    """Over how many streams rooms are spread here; None when there is none. The first of several says how many."""
    if await _info(client, ROOMS) is not None:
        return Shards()
    first = await _info(client, f"{ROOMS}_0")
    if first is None:
        return None
    said = (first.config.metadata or {}).get(SHARDS_KEY, "")
    if not (said.isdecimal() and 1 < int(said) <= SHARDS_AT_MOST):
        raise JournalRefused(
            f"The stream {ROOMS}_0 does not say over how many streams rooms are spread",
            f"Mend it: nats stream edit {ROOMS}_0 --metadata {SHARDS_KEY}=NUMBER",
        )
    return Shards(int(said))


async def _info(client: Client, name: str) -> api.StreamInfo | None:
    try:
        return await client.jsm(timeout=ASK_WITHIN_S).stream_info(name)
    except NotFoundError:
        return None
    except (NatsError, TimeoutError) as error:
        raise _refused(f"The stream {name} cannot be looked at", error) from None


def _said(setting: object) -> str:
    return str(setting.value) if isinstance(setting, Enum) else str(setting)


def _mend(stream: str, setting: str) -> str:
    if stream == STATE and setting == "subjects":
        return "It is of an earlier version. Mend it: evenly journal init nats://…"
    flag = _FLAGS.get(setting)
    if flag is None:
        return "It cannot be changed afterwards: make the stream anew"
    return f"Mend it: nats stream edit {stream} {flag}"


def _refused(title: str, error: Exception) -> JournalRefused:
    if isinstance(error, TimeoutError):
        advice = f"There may be no leader; or this user lacks a right: {RIGHTS}"
        return JournalRefused(f"{title}: no answer", advice)
    if isinstance(error, APIError) and error.err_code == 10074:
        return JournalRefused(f"{title}: NATS has fewer servers than --replicas", "Start the others, or ask for fewer")
    return JournalRefused(f"{title} ({error})", "Look at NATS's own log: JetStream must be on, with room on its disks")
