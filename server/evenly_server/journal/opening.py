"""The journal that `--journal` names: a file, NATS, or memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .interface import Journal, JournalRefused
from .memory import MemoryJournal
from .sqlite import SqliteJournal


@dataclass(frozen=True)
class NatsFiles:
    """The files by which one gets in at NATS.

    Attributes:
        nats_credentials: A .creds file of NATS (a JWT and its seed).
        nats_ca: PEM certificates to be trusted instead of the system's.
        nats_certificate: A PEM certificate by which Evenly shows itself.
        nats_key: Its private key, PEM.
    """

    nats_credentials: Path | None = None
    nats_ca: Path | None = None
    nats_certificate: Path | None = None
    nats_key: Path | None = None


NO_FILES = NatsFiles()


def is_nats(journal: str) -> bool:
    """Whether a journal is in NATS and no file."""
    return journal.startswith(("nats://", "tls://"))


async def open_journal(
    name: str, files: NatsFiles = NO_FILES, lost: Callable[[], object] = lambda: None, *, wait: bool = True
) -> Journal:
    """The journal of this name. In NATS, this waits until no other server serves; `lost` is called if one does later.

    Without `wait`, it is refused where another one serves, as a file always is.

    Raises:
        JournalRefused: it cannot be served.
    """
    if name == "memory":
        return MemoryJournal()
    if not is_nats(name):
        return await SqliteJournal.open(name)
    try:
        from .jetstream import JetStreamJournal
        from .nats_streams import Access
    except ImportError:
        raise JournalRefused("For NATS a library is missing", "Install it: pip install 'evenly[nats]'") from None
    return await JetStreamJournal.open(Access.parse(name, files), lost, wait=wait)
