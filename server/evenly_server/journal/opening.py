"""The journal that `--journal` names: a file, NATS, or memory."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Access:
    """Where NATS is, and how one gets in. What is secret is in files.

    Attributes:
        servers: `nats://HOST:PORT` or `tls://HOST:PORT`, of which any will do.
        files: what is secret.
    """

    servers: tuple[str, ...]
    files: NatsFiles = NO_FILES

    @classmethod
    def parse(cls, text: str, files: NatsFiles = NO_FILES) -> Access:
        """What `--journal` says: addresses with commas between them, the first with its scheme.

        Raises:
            JournalRefused: it is no such address, or there is a password in it.
        """
        scheme, _, hosts = text.partition("://")
        servers = tuple(f"{scheme}://{host.rpartition('://')[2]}" for host in hosts.split(",") if host)
        if scheme not in ("nats", "tls") or not servers:
            raise JournalRefused(
                f"{text} is no address of NATS", "Write nats://HOST:PORT, or several with commas between"
            )
        if "@" in hosts:
            raise JournalRefused("A password has no place in an address", "Give a file: --nats-credentials FILE")
        return cls(servers, files)


async def open_journal(name: str, files: NatsFiles = NO_FILES, *, serving: bool = False) -> Journal:
    """The journal of this name: a file is for one process; in NATS, several may be `serving`, or one is alone with it.

    Raises:
        JournalRefused: it cannot be used.
        JournalUnavailable: NATS has no leader.
    """
    if name == "memory":
        return MemoryJournal()
    if not is_nats(name):
        return await SqliteJournal.open(name)
    access = Access.parse(name, files)
    try:
        from .jetstream import JetStreamJournal
    except ImportError:
        raise JournalRefused("For NATS a library is missing", "Install it: pip install 'evenly[nats]'") from None
    return await JetStreamJournal.open(access, serving=serving)
