"""Commands that the server has not acknowledged yet: kept until it has, sent again after each reconnect."""

from __future__ import annotations

from typing import Protocol

from evenly_client.store import OutgoingCommand, Store


class Outbox(Protocol):
    """The commands of one device in one room, each with its counter, in order."""

    def next_counter(self) -> int:
        """The counter of the next command; the first is 1."""
        ...

    def put(self, counter: int, command_id: bytes, command: bytes) -> None:
        """Keeps an encoded command frame."""
        ...

    def acknowledged(self, counter: int) -> None:
        """The command with this counter is settled."""
        ...

    def pending(self) -> list[OutgoingCommand]:
        """What is not settled, in order."""
        ...

    def counter_seen(self, counter: int) -> None:
        """The server knows of a command with this counter."""
        ...


class StoredOutbox:
    """The outbox on this machine's disk."""

    def __init__(self, store: Store, room: bytes, device: bytes) -> None:
        self._store, self._room, self._device = store, room, device

    def next_counter(self) -> int:
        """See `Outbox`."""
        return self._store.next_counter(self._room, self._device)

    def put(self, counter: int, command_id: bytes, command: bytes) -> None:
        """See `Outbox`. On disk when this returns."""
        self._store.put(self._room, self._device, counter, command_id, command)

    def acknowledged(self, counter: int) -> None:
        """See `Outbox`."""
        self._store.acknowledged(self._room, self._device, counter)

    def pending(self) -> list[OutgoingCommand]:
        """See `Outbox`."""
        return self._store.pending(self._room, self._device)

    def counter_seen(self, counter: int) -> None:
        """See `Outbox`."""
        self._store.counter_seen(self._room, self._device, counter)


class MemoryOutbox:
    """An outbox that lives as long as the process: for bots and rehearsals."""

    def __init__(self) -> None:
        self._next = 1
        self._pending: dict[int, OutgoingCommand] = {}

    def next_counter(self) -> int:
        """See `Outbox`."""
        return self._next

    def put(self, counter: int, command_id: bytes, command: bytes) -> None:
        """See `Outbox`."""
        self._next = counter + 1
        self._pending[counter] = OutgoingCommand(counter, command_id, command)

    def acknowledged(self, counter: int) -> None:
        """See `Outbox`."""
        self._pending.pop(counter, None)

    def pending(self) -> list[OutgoingCommand]:
        """See `Outbox`."""
        return [self._pending[counter] for counter in sorted(self._pending)]

    def counter_seen(self, counter: int) -> None:
        """See `Outbox`."""
        self._next = max(self._next, counter + 1)
