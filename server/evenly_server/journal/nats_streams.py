"""NATS JetStream as the journal wants it: getting in, the two streams and their settings, and what is refused.

ROOMS   room.<id>    one message an append: its records, in order; never deleted, never changed
STATE   snap.<id>    the room's last snapshot
        alive.<id>   until when it was alive
        lease        which server serves; gone by itself when that one is dead
"""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import logging
import ssl
from enum import Enum
from typing import Any, Final

import nats
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
LEASE: Final = "lease"

MESSAGE_AT_MOST: Final = 256 * 1024
"""Bytes of a message in `ROOMS`."""

FIRST_WITHIN_S: Final = 10.0
"""Until a first connection, seconds."""

ASK_WITHIN_S: Final = 5.0
"""Until an answer about streams, seconds."""

ANSWER_WITHIN_S: Final = 1.0
"""Until an answer about a message, seconds; without one it is asked again."""
RIGHTS: Final = "publish $JS.API.>, room.*, snap.*, alive.*, lease; subscribe _INBOX.>"
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
    try:
        async with asyncio.timeout(FIRST_WITHIN_S):
            client = await nats.connect(
                list(access.servers),
                name="evenly",
                user_credentials=None if files.nats_credentials is None else str(files.nats_credentials),
                tls=_tls(access),
                ping_interval=5,
                max_outstanding_pings=2,
                connect_timeout=2,
                reconnect_time_wait=0.2,
                max_reconnect_attempts=-1,
                error_cb=_noted,
            )
    except (NatsError, OSError, ValueError, TimeoutError) as error:
        where, reason = ", ".join(access.servers), str(error) or "nobody answers"
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


async def _noted(error: Exception) -> None:
    """What the library meets by itself, by kind alone: its text may name addresses and subjects."""
    _log.info("NATS: %s", type(error).__name__)


def wanted(replicas: int) -> tuple[api.StreamConfig, api.StreamConfig]:
    """How the two streams are made."""
    rooms = api.StreamConfig(
        name=ROOMS,
        subjects=["room.*"],
        storage=api.StorageType.FILE,
        num_replicas=replicas,
        discard=api.DiscardPolicy.NEW,
        deny_delete=True,
        deny_purge=True,
        max_msg_size=MESSAGE_AT_MOST,
        allow_direct=True,
    )
    state = api.StreamConfig(
        name=STATE,
        subjects=["snap.*", "alive.*", LEASE],
        storage=api.StorageType.FILE,
        num_replicas=replicas,
        max_msgs_per_subject=1,
        allow_msg_ttl=True,
    )
    return rooms, state


_MUST_BE: Final = {
    ROOMS: ("subjects", "storage", "discard", "deny_delete", "deny_purge", "allow_direct"),
    STATE: ("subjects", "storage", "max_msgs_per_subject", "allow_msg_ttl"),
}
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


async def make_streams(client: Client, replicas: int) -> list[str]:
    """Makes the streams that are not there. Their names.

    Raises:
        JournalRefused: NATS does not.
    """
    manager = client.jsm(timeout=ASK_WITHIN_S)
    made: list[str] = []
    for config in wanted(replicas):
        name = str(config.name)
        try:
            await manager.stream_info(name)
        except NotFoundError:
            try:
                await manager.add_stream(config)
            except (NatsError, TimeoutError) as error:
                raise _refused(f"The stream {name} cannot be made", error) from None
            made.append(name)
        except (NatsError, TimeoutError) as error:
            raise _refused(f"The stream {name} cannot be looked at", error) from None
    return made


async def check_streams(client: Client) -> dict[str, Any]:
    """Whether both streams are there as they must be; their replicas and what they hold, by name.

    Raises:
        JournalRefused: one is missing, or set differently.
    """
    manager = client.jsm(timeout=ASK_WITHIN_S)
    found: dict[str, Any] = {}
    for config in wanted(1):
        name = str(config.name)
        try:
            info = await manager.stream_info(name)
        except NotFoundError:
            raise JournalRefused(f"NATS has no stream {name}", "Make it: evenly journal init nats://…") from None
        except (NatsError, TimeoutError) as error:
            raise _refused(f"The stream {name} cannot be looked at", error) from None
        for setting in _MUST_BE[name]:
            is_so, must_be = getattr(info.config, setting), getattr(config, setting)
            if is_so != must_be:
                raise JournalRefused(
                    f"The stream {name} has {setting} {_said(is_so)}, and needs {_said(must_be)}", _mend(name, setting)
                )
        found[name] = info
    return found


def _said(setting: object) -> str:
    return str(setting.value) if isinstance(setting, Enum) else str(setting)


def _mend(stream: str, setting: str) -> str:
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
