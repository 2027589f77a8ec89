"""A lease: a message in NATS that is gone by itself unless whoever wrote it renews it."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NotFoundError

from .interface import JournalUnavailable
from .nats_streams import ANSWER_WITHIN_S, STATE

LEASE_S: Final = 10
"""Seconds after which what is renewed no more is gone."""

RENEW_EVERY_S: Final = 2.5
EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"
"""The header that names the place of the last message that is known to its author."""

CONFLICT: Final = frozenset({10071, 10164})
"""Error codes of NATS: another message stands there, or is just being written."""

TRIES: Final = 3
"""How often a conflict is looked into at a time: one that stays is a message of which NATS does not know yet."""

_log = logging.getLogger(__name__)


async def _nothing() -> None:
    pass


class Lease:
    """One subject's message. It lapses while NATS does not answer, and comes back unless somebody else has it.

    `regained` is awaited after it had lapsed, before it counts as held again: others may have taken it for gone. Should
    that raise `JournalUnavailable`, both are tried again.
    """

    def __init__(self, client: Client, subject: str, data: bytes) -> None:
        self.lost = False
        self.regained: Callable[[], Awaitable[None]] = _nothing
        self._subject = subject
        self._data = data
        self._js = client.jetstream(timeout=ANSWER_WITHIN_S)
        self._manager = client.jsm(timeout=ANSWER_WITHIN_S)
        self._place = 0
        self._until = 0.0
        self._lapsed = False
        self._given_back = False
        self._renewing: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Whether it stands there now, for sure."""
        return not self._lapsed and asyncio.get_running_loop().time() < self._until

    async def take(self) -> bool:
        """Takes it, if nobody has it, and renews it from then on; whether it was had.

        Raises:
            NatsError, TimeoutError, OSError: NATS does not answer.
        """
        if not await self._renew():
            return False
        self._renewing = asyncio.create_task(self._keep(), name=f"lease {self._subject}")
        return True

    async def give_back(self) -> None:
        """Lets others know at once that it is gone.

        Raises:
            NatsError, TimeoutError, OSError: NATS does not answer; it will be gone by itself.
        """
        self._given_back = True
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        if self.held:
            self._until = 0.0
            await self._manager.delete_msg(STATE, self._place)

    async def _keep(self) -> None:
        # Asked each time, too: what NATS's library waits with may swallow a cancellation (Python 3.11).
        while not self._given_back:
            await asyncio.sleep(RENEW_EVERY_S if self.held else 0.2)
            try:
                if not await self._renew():
                    self.lost, self._until = True, 0.0
                    return
            except (NatsError, TimeoutError, OSError, JournalUnavailable) as error:
                _log.info("a lease is not renewed (%s)", type(error).__name__)

    async def _renew(self) -> bool:
        """Takes the lease, or renews it; whether nobody else has it."""
        clock = asyncio.get_running_loop().time
        self._lapsed = self._lapsed or 0 < self._until <= clock()
        tries = 0
        while True:
            tries += 1
            began = clock()
            headers = {EXPECTED: str(self._place), "Nats-TTL": f"{LEASE_S}s"}
            try:
                taken = await self._js.publish(self._subject, self._data, timeout=ANSWER_WITHIN_S, headers=headers)
            except APIError as error:
                if error.err_code not in CONFLICT or tries == TRIES:
                    raise
            else:
                self._place, self._until = taken.seq, began + LEASE_S
                if self._lapsed:
                    _log.warning("NATS had not heard of this server for a while")
                    await self.regained()
                    self._lapsed = False
                return True
            # It is gone, or a renewal whose answer was lost stands there, or somebody else's.
            with contextlib.suppress(NotFoundError):
                last = await self._manager.get_last_msg(STATE, self._subject)
                if last.data != self._data:
                    return False
                self._place = int(last.seq or 0)
                continue
            self._lapsed = self._lapsed or self._place > 0
            self._place = 0
