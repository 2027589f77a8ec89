"""Which of several servers serves what is in NATS: the one whose message stands there."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NotFoundError

from .interface import JournalRefused, JournalUnavailable
from .nats_streams import ANSWER_WITHIN_S, LEASE, NO_LEADER, STATE

LEASE_S: Final = 10
"""Seconds after which a server that renews its lease no more serves no more."""

RENEW_EVERY_S: Final = 2.5
EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"
"""The header that names the place of the last message that is known to its author."""

CONFLICT: Final = frozenset({10071, 10164})
"""Error codes of NATS: another message stands there."""

_log = logging.getLogger(__name__)


class Lease:
    """Which server serves: a message that is gone by itself unless it is renewed.

    While NATS does not answer, nobody can take it; so it is lost only when somebody else has it.
    """

    def __init__(self, client: Client) -> None:
        self.lost = False
        self._js = client.jetstream(timeout=ANSWER_WITHIN_S)
        self._manager = client.jsm(timeout=ANSWER_WITHIN_S)
        self._name = secrets.token_bytes(16)
        self._place = 0
        self._until = 0.0
        self._renewing: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Whether it is this server's now, for sure."""
        return asyncio.get_running_loop().time() < self._until

    async def take(self, lost: Callable[[], object], *, wait: bool) -> None:
        """Waits until nobody has it, takes it, and renews it until it is given back or lost.

        Raises:
            JournalRefused: somebody has it, and `wait` says not to wait.
            JournalUnavailable: NATS does not answer, and `wait` says not to wait.
        """
        said = False
        while not self.held:
            try:
                if not await self._renew():
                    if not wait:
                        raise JournalRefused("This journal is served", "Stop that server first")
                    if not said:
                        _log.warning("another server serves; this one waits")
                        said = True
            except (NatsError, TimeoutError, OSError) as error:
                if not wait:
                    raise JournalUnavailable(f"NATS does not answer ({type(error).__name__})", NO_LEADER) from None
            if not self.held:
                await asyncio.sleep(1.0)
        self._renewing = asyncio.create_task(self._keep(lost), name="lease")

    async def give_back(self) -> None:
        """Lets another server have it at once."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self.held:
            self._until = 0.0
            await self._manager.delete_msg(STATE, self._place)

    async def _keep(self, lost: Callable[[], object]) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S if self.held else 0.2)
            with contextlib.suppress(NatsError, TimeoutError, OSError):
                if not await self._renew():
                    break
        self.lost, self._until = True, 0.0
        _log.error("another server serves now")
        lost()

    async def _renew(self) -> bool:
        """Takes the lease, or renews it; whether nobody else has it."""
        for _ in range(3):
            began = asyncio.get_running_loop().time()
            headers = {EXPECTED: str(self._place), "Nats-TTL": f"{LEASE_S}s"}
            try:
                taken = await self._js.publish(LEASE, self._name, timeout=ANSWER_WITHIN_S, headers=headers)
            except APIError as error:
                if error.err_code not in CONFLICT:
                    raise
            else:
                self._place, self._until = taken.seq, began + LEASE_S
                return True
            # It is gone, or a renewal whose answer was lost stands there, or somebody else's.
            try:
                last = await self._manager.get_last_msg(STATE, LEASE)
            except NotFoundError:
                self._place = 0
                continue
            if last.data != self._name:
                return False
            self._place = int(last.seq or 0)
        return False
