"""What one gateway grants: how many visitors, for how long, and how much of this computer to each."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a gateway and of each visitor's client.

    Attributes:
        visitors: clients that run at a time.
        known: identities that have a folder here; 300 is also the most that a room holds.
        connections: open connections on each way in; `connections_of_one`: from one address. A browser needs up to
            six for a page, and many visitors may sit behind one address.
        strangers_of_one: clients at a time of people who came by ssh from one address and were never let into the
            room; `strangers`: from everywhere. The other places stay free for members, and for who has an entry.
        starts_a_minute: clients that are started for one identity, or for strangers from one address;
            `starts_in_all`: for all.
        detached_seconds: how long a client runs on that nobody looks at.
        idle_seconds: how long a client runs in which nobody types.
        memory_bytes: private memory of a client (RLIMIT_DATA; what is mapped for nothing does not count).
        cpu_seconds: processor time of a client; `nice`: how far it stands behind everything else.
        open_files, file_bytes: files of a client at a time, and the size of one.
        least, most: the smallest and the largest window, columns and rows.
    """

    visitors: int = 12
    known: int = 300
    connections: int = 256
    connections_of_one: int = 64
    strangers_of_one: int = 4
    starts_a_minute: int = 6
    starts_in_all: int = 60
    detached_seconds: float = 600
    idle_seconds: float = 4 * 3600
    memory_bytes: int = 768 * MIB
    cpu_seconds: int = 30 * 60
    nice: int = 5
    open_files: int = 128
    file_bytes: int = 64 * MIB
    least: tuple[int, int] = (20, 5)
    most: tuple[int, int] = (300, 100)

    @property
    def strangers(self) -> int:
        """Half of the places, at least one."""
        return max(1, self.visitors // 2)

    def window(self, columns: int, rows: int) -> tuple[int, int]:
        """The size of a window as near to the one that was asked for as a client is given."""
        (few, low), (many, high) = self.least, self.most
        return min(max(columns, few), many), min(max(rows, low), high)
