"""What the process counts, and its Prometheus text (exposition format 0.0.4). No label: nobody is identified.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PREFIX: Final = "evenly_"


class Metric(NamedTuple):
    """A row of the table: the field of `Metrics`, its Prometheus type, and one line of help."""

    name: str
    type: str
    help: str


TABLE: Final = (
    Metric("rooms", "gauge", "Rooms in memory."),
    Metric("connections", "gauge", "Open connections."),
    Metric("passed_on", "gauge", "Connections of these that are passed on to the server their room is at."),
    Metric("commands_total", "counter", "Commands that were decided."),
    Metric("refused_total", "counter", "Commands that were refused."),
    Metric("entries_total", "counter", "Entries written to the journal."),
    Metric("deliveries_total", "counter", "Messages handed to connections."),
    Metric("bytes_out_total", "counter", "Bytes handed to connections."),
    Metric("slow_cut_total", "counter", "Connections cut because they read too slowly."),
    Metric("journal_commits_total", "counter", "Synced transactions of the journal."),
    Metric("journal_queue", "gauge", "Writes waiting for the journal."),
    Metric("door_failed_total", "counter", "Failed tries to enter a room."),
)


@dataclass(slots=True)
class Metrics:
    """Counts since the start of the process (`…_total`) and present values; see `TABLE` for each."""

    rooms: int = 0
    connections: int = 0
    passed_on: int = 0
    commands_total: int = 0
    refused_total: int = 0
    entries_total: int = 0
    deliveries_total: int = 0
    bytes_out_total: int = 0
    slow_cut_total: int = 0
    journal_commits_total: int = 0
    journal_queue: int = 0
    door_failed_total: int = 0

    def exposition(self) -> str:
        """Return the text for `/metrics`, to be sent as `CONTENT_TYPE`."""
        lines: list[str] = []
        for name, kind, text in TABLE:
            full_name = PREFIX + name
            lines.append(f"# HELP {full_name} {text}")
            lines.append(f"# TYPE {full_name} {kind}")
            lines.append(f"{full_name} {getattr(self, name)}")
        return "\n".join(lines) + "\n"
