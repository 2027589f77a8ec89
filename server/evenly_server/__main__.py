"""The server's command line: `serve`, `journal`, `backup`, `restore`, `check`, `import`; `evenly serve` … run this."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

from cyclopts import App, Parameter, validators
from evenly_protocol.words import DEFAULT_PORT

from evenly_server.journal.archive import backup as write_backup
from evenly_server.journal.archive import import_room
from evenly_server.journal.archive import restore as read_backup
from evenly_server.journal.check import check as check_journal
from evenly_server.journal.check import check_rooms
from evenly_server.journal.interface import JournalError, JournalRefused
from evenly_server.journal.moving import Moved, move
from evenly_server.journal.opening import NO_FILES, Access, NatsFiles, is_nats, open_journal
from evenly_server.logs import set_up
from evenly_server.serve import Options, ServeError, run

_T = TypeVar("_T")
app = App(name="evenly", help="Evenly's server: keeps order without reading.", version_flags=[])


@app.command
def serve(
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    journal: str = "evenly.db",
    name: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    certificate: Path | None = None,
    private_key: Path | None = None,
    insecure: Annotated[bool, Parameter(negative="")] = False,
    forwarded: Annotated[bool, Parameter(negative="")] = False,
    create: Literal["anyone", "key", "nobody"] = "key",
    metrics: Annotated[bool, Parameter(negative="")] = False,
    log: Literal["debug", "info", "warning", "error"] = "info",
    broadcast: Literal["framed-once", "library"] = "framed-once",
    clock: Annotated[str, Parameter(show=False)] = "system",
    with_parent: Annotated[bool, Parameter(show=False, negative="")] = False,
    pace: Annotated[bool, Parameter(show=False)] = True,
    connections: int = 0,
    between: str = "",
    nats: Annotated[NatsFiles, Parameter(name="*")] = NO_FILES,
) -> None:
    """Serve rooms until stopped. Example: evenly serve --host 0.0.0.0 --name peers.example.org \
--certificate fullchain.pem --private-key key.pem

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    journal
        The file that keeps the rooms (SQLite), nats://HOST:PORT[,…] for NATS JetStream, or "memory" to keep nothing.
    name
        A name by which links may call this server, HOST or HOST:PORT. May be given several times.
    certificate
        TLS certificate chain, PEM.
    private_key
        Its private key, PEM.
    insecure
        Serve other machines in the clear: only behind a proxy that does TLS.
    forwarded
        Behind a proxy on this machine: who connects is what it says in X-Forwarded-For. Limits then hold for each.
    create
        Who may make rooms: anyone, those who have the key (printed at first start), or nobody.
    metrics
        Show /metrics to other machines too.
    log
        How much to say on standard error.
    broadcast
        How events are sent; "library" is slower and all the library's own.
    connections
        At most so many, in all and from one address; 0: 5000, and 200 from one.
    between
        HOST:PORT at which other servers on the same NATS reach this one, in a private network; without it a free port
        of the address by which NATS is reached.
    nats
        How one gets in at NATS.
    """
    set_up(log)
    try:
        if is_nats(journal):
            Access.parse(journal)  # refused before a key is made
        creation_key = _creation_key(journal) if create == "key" else ""
    except (JournalRefused, OSError) as error:
        _fail(error)
    options = Options(
        host=host,
        port=port,
        journal=journal,
        names=list(name),
        certificate=certificate,
        private_key=private_key,
        insecure=insecure,
        forwarded=forwarded,
        create=create,
        key=creation_key,
        metrics=metrics,
        nats=nats,
        between=between,
        fed_clock=None if clock == "system" else int(clock.removeprefix("stdin:")),
        with_parent=with_parent,
        framed_once=broadcast == "framed-once",
        paced=pace,
    )
    if connections:
        options.limit_in_all = options.limit_of_one = connections
    _collect_cycles_seldom()
    try:
        _runner()(run(options))
    except (ServeError, JournalError, OSError) as error:
        _fail(error)


journal_app = App(
    name="journal", help="Keep rooms in NATS, on several machines. Example: evenly journal init nats://n1:4222"
)
app.command(journal_app)


@journal_app.command
def init(
    where: str,
    *,
    replicas: int = 3,
    shards: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=64))] = 1,
    nats: Annotated[NatsFiles, Parameter(name="*")] = NO_FILES,
) -> None:
    """Make the streams that rooms are kept in. Example: evenly journal init nats://n1:4222,n2:4222,n3:4222

    Parameters
    ----------
    where
        NATS: nats://HOST:PORT or tls://HOST:PORT, several with commas between.
    replicas
        On how many of its servers everything is kept: 3, or 1 for a try.
    shards
        Over how many streams rooms are spread, 1 to 64; cannot be changed later. Above some thousand writes a second.
    nats
        How one gets in.
    """

    async def make() -> None:
        client = await connect(Access.parse(where, nats))
        try:
            made = await make_streams(client, replicas, shards)
            print("\n".join(f"Made: {name}" for name in made) or "They are there already.")
            await check_streams(client)
        finally:
            await client.close()

    from evenly_server.journal.nats_streams import check_streams, connect, make_streams

    _at_once(make())


@journal_app.command(name="check")
def check_nats(where: str, *, nats: Annotated[NatsFiles, Parameter(name="*")] = NO_FILES) -> None:
    """Read everything through, also while it is served. Example: evenly journal check nats://n1:4222

    The streams' settings, then every room's hashes from the first entry on. Exit status 1 when something is wrong.

    Parameters
    ----------
    where
        NATS: nats://HOST:PORT or tls://HOST:PORT, several with commas between.
    nats
        How one gets in.
    """

    async def look() -> bool:
        client = await connect(Access.parse(where, nats))
        try:
            streams = await check_streams(client)
            for name, info in streams.found.items():
                print(f"{name}: {info.config.num_replicas} replicas, {info.state.messages} messages")
            rooms = await check_rooms(JetStreamReader(client, streams.shards), _progress)
        finally:
            await client.close()
        for damage in rooms.damaged:
            print(damage, file=sys.stderr)
        print(f"{_rooms(rooms.rooms)} whole, {rooms.records} entries")
        return not rooms.damaged

    from evenly_server.journal.jetstream_reading import JetStreamReader
    from evenly_server.journal.nats_streams import check_streams, connect

    if not _at_once(look()):
        sys.exit(1)


@journal_app.command(name="move")
def move_(source: str, target: str, *, nats: Annotated[NatsFiles, Parameter(name="*")] = NO_FILES) -> None:
    """Copy all rooms into another journal, while neither is served. Example: evenly journal move evenly.db nats://n1:4222

    Every hash is followed on the way. What was broken off is gone on with when it is called again.

    Parameters
    ----------
    source
        A file, or nats://HOST:PORT; it stays as it is.
    target
        A file, or nats://HOST:PORT whose streams are there.
    nats
        How one gets in at NATS.
    """

    async def go() -> Moved:
        if not is_nats(source) and not Path(source).exists():
            raise JournalRefused(f"{source} is not there", "Give a journal's file, or nats://HOST:PORT")
        one = await open_journal(source, nats)
        try:
            other = await open_journal(target, nats)
            try:
                return await move(one, other, _progress)
            finally:
                await other.close()
        finally:
            await one.close()

    moved = _at_once(go())
    print(f"{_rooms(moved.rooms)}, {moved.records} entries in {target}")


def _at_once(work: Coroutine[object, object, _T]) -> _T:
    try:
        return asyncio.run(work)
    except (JournalError, OSError) as error:
        _fail(error)


@app.command
def backup(file: Path, *, journal: Path = Path("evenly.db"), force: bool = False) -> None:
    """Write every room to one file, while the server runs. Example: evenly backup rooms.evenly --journal evenly.db

    Parameters
    ----------
    file
        Where to.
    journal
        The journal's file.
    force
        Replace the file if it exists.
    """
    try:
        done = write_backup(journal, file, _progress, force=force)
    except (JournalError, OSError) as error:
        _fail(error)
    for damaged in done.left_out:
        print(f"Left out: {damaged}", file=sys.stderr)
    print(f"{_rooms(done.rooms)}, {done.records} entries in {file}")
    if done.left_out:
        sys.exit(1)


@app.command
def restore(file: Path, *, journal: Path) -> None:
    """Build a fresh journal from a backup, checking every entry. Example: evenly restore rooms.evenly --journal new.db

    Parameters
    ----------
    file
        The backup.
    journal
        The journal to make; it must not exist.
    """
    try:
        done = read_backup(file, journal, _progress)
    except (JournalError, OSError) as error:
        _fail(error)
    print(f"{_rooms(done.rooms)}, {done.records} entries in {journal}")


@app.command(show=False)
def check(journal: Path) -> None:
    """Read a journal through, also while it is served. Example: evenly doctor --journal evenly.db

    Every entry's hash is followed from the room's first. Exit status 1 when a room is damaged: it is named, and the
    others can be served.

    Parameters
    ----------
    journal
        The journal's file.
    """
    try:
        found = check_journal(journal, _progress)
    except (JournalError, OSError) as error:
        _fail(error)
    for damage in found.damaged:
        print(damage, file=sys.stderr)
    print(f"{_rooms(found.rooms)} whole, {found.records} entries in {journal}")
    if found.damaged:
        sys.exit(1)


@app.command(name="import")
def import_(file: Path, *, journal: Path = Path("evenly.db")) -> None:
    """Put an exported room into a journal, also while it is served. Example: evenly import set.evenly --journal a.db

    Parameters
    ----------
    file
        What `evenly export` wrote.
    journal
        The journal's file; made if there is none.
    """
    try:
        done = import_room(file, journal)
    except (JournalError, OSError) as error:
        _fail(error)
    print(f"1 room, {done.records} entries put into {journal}")


def _rooms(count: int) -> str:
    return "1 room" if count == 1 else f"{count} rooms"


def _progress(done: int, expected: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {expected} rooms", end="" if done < expected else "\n", file=sys.stderr, flush=True)


def _creation_key(journal: str) -> str:
    """The key with which rooms are made here: beside the journal, made and printed at the first start."""
    if journal == "memory":
        key = os.environ.get("EVENLY_CREATE_KEY") or secrets.token_urlsafe(16)
        print(f"key for making rooms: {key}", file=sys.stderr, flush=True)
        return key
    path = Path("evenly.key") if is_nats(journal) else Path(journal).with_suffix(".key")
    if path.exists():
        return path.read_text().strip()
    key = secrets.token_urlsafe(16)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(key + "\n")
    print(f"key for making rooms (kept in {path}): {key}", file=sys.stderr, flush=True)
    return key


def _collect_cycles_seldom() -> None:
    """Rooms and connections that end leave no cycles. By Python's own thresholds all that are alive would be looked
    through every few seconds, and nobody is served meanwhile: benchmarks/many_rooms.py shows it in its p99."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 10)


def _runner():
    """The fastest event loop there is here."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run


def _fail(error: Exception) -> NoReturn:
    print(f"evenly: {error}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    app()
