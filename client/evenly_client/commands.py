"""What the commands do. Each returns an exit status; errors that a user can mend are raised (errors.py)."""

from __future__ import annotations

import asyncio
import contextlib
import json as json_module
import secrets
from pathlib import Path

import msgspec
from evenly_protocol.wire import Purpose

from evenly_client import config as config_module
from evenly_client import demo as rehearsed
from evenly_client.certificate import certificate_in
from evenly_client.config import Config
from evenly_client.errors import UserError
from evenly_client.invitation import message, qr_code
from evenly_client.lines_io import run_lines
from evenly_client.links import DEFAULT_PORT, Link, parse_server
from evenly_client.local_server import LocalServer, ServerNotStarted
from evenly_client.my_rooms import find, interactive, my_name, name_of, remember
from evenly_client.outbox import StoredOutbox
from evenly_client.outlook import Outlook
from evenly_client.peer import Peer, State, StateChanged
from evenly_client.reach import Reach, reach_of
from evenly_client.rehearsal import RehearsalFacilitator
from evenly_client.store import DEFAULT_PROFILE, Store, profile_directory
from evenly_client.transport import encrypted

LOOK_S = 3.0
"""Seconds that `status` waits for a room."""

IN_THE_CLEAR = "NOT ENCRYPTED"


# -- demo --------------------------------------------------------------------------------------------------------


def demo(*, as_: str, plain: bool, speed: float, seed: int, minutes: float) -> int:
    """See `evenly demo --help`."""
    if speed < 0 or not 0.5 <= minutes <= 240:
        raise UserError("That cannot be rehearsed.", "--speed is 0 or more, --minutes from 0.5 to 240.")
    plan = rehearsed.Plan(speed, seed, minutes)
    if plain or not interactive():
        ended = asyncio.run(rehearsed.in_lines(plan, lambda line: print(line, flush=True)))
        return 0 if ended else 1
    if speed == 0:
        raise UserError("On a screen time has to pass.", "Give a --speed above 0, or --plain.")
    return asyncio.run(_demo_on_screen(plan, leads=as_ == "facilitator"))


async def _demo_on_screen(plan: rehearsed.Plan, *, leads: bool) -> int:
    from evenly_client.screens.app import EvenlyApp

    server, rehearsal = await rehearsed.started(plan)
    key = rehearsed.device_for(plan.seed)
    peer = Peer(rehearsal.link, key, "Me", create_key="" if leads else None, rate=plan.speed)
    leading: list[RehearsalFacilitator] = []

    async def beside() -> None:
        if leads:
            await peer.until(lambda _: peer.state is State.LIVE)
            await rehearsed.set_up_room(peer, "Rehearsal")
            rehearsal.peers.append(peer)
        await rehearsal.bring()
        await rehearsal.run(lambda: any(lead.over for lead in leading))

    try:
        if not leads:
            lead = await rehearsal.knock("Fay", create=True)
            await rehearsal.enter(lead)
            await rehearsed.set_up_room(lead, "Rehearsal")
            leading.append(RehearsalFacilitator(rehearsal, lead, plan.minutes, plan.seed))
            leading[0].begin()
        app = EvenlyApp(peer, config_module.load(), beside=beside, status="rehearsal")
        await app.run_async()
        if app.farewell:
            print(app.farewell)
        for line in rehearsed.summary(peer):
            print(line)
        return app.return_code or 0
    finally:
        await rehearsal.stop()
        await server.stop()


# -- entering ----------------------------------------------------------------------------------------------------


def join(link_text: str | None, *, name: str | None, plain: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly join --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        lines = plain or not interactive() or _prefers_lines(store)
        return asyncio.run(_enter(store, config, link, who, lines=lines, insecure=insecure))


def plain(
    link_text: str | None, *, name: str | None, everything: bool, json: bool, insecure: bool, profile: str | None
) -> int:
    """See `evenly plain --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        link = find(store, link_text)
        who = my_name(store, link, name)
        peer = _peer(store, link, who, insecure=insecure)
        return asyncio.run(run_lines(peer, everything=everything, json=json))


def look_on(link_text: str | None, *, stage: bool, insecure: bool, profile: str | None) -> int:
    """See `evenly view --help` and `evenly stage --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        link = find(store, link_text)
        if store.room(link.room) is None:
            raise UserError("You are not a member of that room yet.", "Join it first: evenly join")
        purpose = Purpose.STAGE if stage else Purpose.VIEW
        peer = Peer(link, store.device_key(), my_name(store, link, None), purpose=purpose, insecure=insecure)
        return asyncio.run(_look_on(peer, config, stage=stage, insecure=insecure))


async def _look_on(peer: Peer, config: Config, *, stage: bool, insecure: bool) -> int:
    status = "" if encrypted(peer.link, insecure=insecure) else _clear_status(peer.link)
    if stage:
        from evenly_client.screens.stage import StageApp

        app = StageApp(peer, config)
    else:
        from evenly_client.screens.app import EvenlyApp

        app = EvenlyApp(peer, config, status=status)
    await app.run_async()
    return app.return_code or 0


async def _enter(
    store: Store,
    config: Config,
    link: Link,
    name: str,
    *,
    lines: bool,
    insecure: bool,
    create_key: str | None = None,
) -> int:
    peer = _peer(store, link, name, insecure=insecure, create_key=create_key)
    if create_key is not None:
        _set_up_once(peer, store.setting(f"title {link.room.hex()}") or "Peer session")
    if lines:
        return await run_lines(peer)
    from evenly_client.screens.app import EvenlyApp

    status = "" if encrypted(link, insecure=insecure) else _clear_status(link)
    practice = create_key is None and not store.practice_done()
    app = EvenlyApp(peer, config, store, practice=practice, status=status)
    await app.run_async()
    if app.farewell:
        print(app.farewell)
    return app.return_code or 0


def _peer(store: Store, link: Link, name: str, *, insecure: bool, create_key: str | None = None) -> Peer:
    key = store.device_key()
    outbox = StoredOutbox(store, link.room, key.public)
    peer = Peer(link, key, name, outbox=outbox, create_key=create_key, insecure=insecure)
    remember(store, peer)
    return peer


def _set_up_once(peer: Peer, title: str) -> None:
    """A room made just now gets its name and the agreement's template, once its maker is in."""
    tasks: set[asyncio.Task[None]] = set()

    def live(notice: object) -> None:
        if isinstance(notice, StateChanged) and notice.state is State.LIVE and not peer.room.agreement.version:
            task = asyncio.ensure_future(rehearsed.set_up_room(peer, title))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    peer.watch(live)


def _prefers_lines(store: Store) -> bool:
    """Asked the first time: a screen, or plain lines."""
    chosen = store.setting("surface")
    if chosen is None:
        print("How would you like to take part?  1 screen · 2 plain lines (also for screen readers)")
        chosen = "plain" if input("1 or 2 [1]: ").strip() == "2" else "screen"
        store.keep_setting("surface", chosen)
    return chosen == "plain"


def _clear_status(link: Link) -> str:
    from evenly_client.transport import is_loopback

    return "" if is_loopback(link.host) else IN_THE_CLEAR


# -- opening -----------------------------------------------------------------------------------------------------


def open_room(
    name: str,
    *,
    on: str | None,
    key: str | None,
    my_name: str | None,
    here: bool,
    port: int | None,
    plain: bool,
    insecure: bool,
    profile: str | None,
) -> int:
    """See `evenly open --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        on = on or config.server
        if on is not None:
            return asyncio.run(_open_there(store, config, name, on, key, my_name, plain=plain, insecure=insecure))
        directory = profile_directory(profile or config.profile or DEFAULT_PROFILE) / "server"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return asyncio.run(_open_here(store, config, name, directory, port, my_name, here=here, plain=plain))


async def _open_there(
    store: Store,
    config: Config,
    name: str,
    on: str,
    key: str | None,
    given: str | None,
    *,
    plain: bool,
    insecure: bool,
) -> int:
    host, port = parse_server(on)
    key = key or store.setting(f"create key {host}:{port}") or ""
    store.keep_setting(f"create key {host}:{port}", key)
    link = _link_of(store, name, host, port, None)
    who = my_name(store, link, given)
    _show_invitation(name, link, None)
    lines = plain or not interactive()
    create = key if store.room(link.room) is None else None
    return await _enter(store, config, link, who, lines=lines, insecure=insecure, create_key=create)


async def _open_here(
    store: Store,
    config: Config,
    name: str,
    directory: Path,
    port: int | None,
    given: str | None,
    *,
    here: bool,
    plain: bool,
) -> int:
    server, used = await _start_here(store, directory, port, here=here)
    reach = reach_of(used, here_only=here)
    try:
        pin = None if here else certificate_in(directory)[2]
        link = _link_of(store, name, reach.host, used, pin)
        who = my_name(store, link, given)
        _show_invitation(name, link, reach)
        create = (directory / "evenly.key").read_text().strip() if store.room(link.room) is None else None
        lines = plain or not interactive()
        return await _enter(store, config, link, who, lines=lines, insecure=False, create_key=create)
    finally:
        await server.stop()


async def _start_here(store: Store, directory: Path, port: int | None, *, here: bool) -> tuple[LocalServer, int]:
    """A server on this computer, on the port used last if it is free."""
    wanted = port if port is not None else int(store.setting("server port") or DEFAULT_PORT)
    arguments = ["--journal", str(directory / "evenly.db"), "--host", "127.0.0.1" if here else "0.0.0.0"]
    if not here:
        certificate, private_key, _ = certificate_in(directory)
        arguments += ["--certificate", str(certificate), "--private-key", str(private_key)]
    log = directory / "server.log"
    try:
        server = await LocalServer.start([*arguments, "--port", str(wanted)], log=log)
    except ServerNotStarted as error:
        if port is not None or "Cannot listen" not in str(error):
            raise
        server = await LocalServer.start([*arguments, "--port", "0"], log=log)
    store.keep_setting("server port", str(server.port))
    return server, server.port


def _link_of(store: Store, name: str, host: str, port: int, pin: bytes | None) -> Link:
    """The link of the room with this name on that server: the same room and secret each time."""
    setting = f"opened {name.casefold()} {host if pin is None else 'here'}"
    kept = store.setting(setting)
    if kept is None:
        room, secret = secrets.token_bytes(16), secrets.token_bytes(16)
        store.keep_setting(setting, (room + secret).hex())
        store.keep_setting(f"title {room.hex()}", name)
    else:
        both = bytes.fromhex(kept)
        room, secret = both[:16], both[16:]
    return Link(host, port, room, secret, pin)


def _show_invitation(name: str, link: Link, reach: Reach | None) -> None:
    if reach is not None:
        print(f"{reach.words}\n{reach.mend}\n")
    print("Paste this into an e-mail or the call's chat:\n")
    print(message(name, link))
    if interactive():
        input("Press enter to open your screen. ")


def invite(room: str | None, *, qr: bool, profile: str | None) -> int:
    """See `evenly invite --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        link = find(store, room)
        known = store.room(link.room)
        print(message(name_of(store, known) if known is not None else "Peer session", link))
        if qr:
            print(qr_code(link))
    return 0


# -- status ------------------------------------------------------------------------------------------------------


def status(*, json: bool, profile: str | None) -> int:
    """See `evenly status --help`."""
    config = config_module.load()
    with _store(config, profile) as store:
        rooms = store.rooms()
        if not rooms:
            print("[]" if json else "You have not been in a room yet. Try: evenly demo, or evenly join")
            return 0
        found = asyncio.run(_look_at(store, [room.link for room in rooms]))
        names = [name_of(store, room) for room in rooms]
    if json:
        told = [{"room": name, **msgspec.to_builtins(state)} for name, state in zip(names, found, strict=True)]
        print(json_module.dumps(told))
        return 0
    for name, state in zip(names, found, strict=True):
        print(f"{name}: {state.words}")
    return 0


class Waiting(msgspec.Struct, frozen=True):
    """What waits for a member in a room. `here`: people on the call or connected."""

    reachable: bool
    session: int
    here: int
    words: str


async def _look_at(store: Store, links: list[Link]) -> list[Waiting]:
    return list(await asyncio.gather(*(_look(store, link) for link in links)))


async def _look(store: Store, link: Link) -> Waiting:
    peer = Peer(link, store.device_key(), my_name(store, link, None), purpose=Purpose.VIEW)
    async with peer:
        try:
            async with asyncio.timeout(LOOK_S):
                await peer.entered()
                await peer.until(lambda _: bool(peer.connected) or not peer.room.members)
        except TimeoutError:
            if peer.state is not State.LIVE:
                return Waiting(False, 0, 0, f"not reachable now. {peer.trouble}".strip())
        except Exception:
            return Waiting(False, 0, 0, peer.trouble)
        look = Outlook(peer)
        here = len(look.here)
        if look.session is None:
            return Waiting(True, 0, here, f"no session is running, {here} there")
        words = f"session {look.session.number} is running, {here} on the call; you: {look.me_in_words()}"
        return Waiting(True, look.session.number, here, words)


def _store(config: Config, profile: str | None) -> contextlib.AbstractContextManager[Store]:
    return Store(profile_directory(profile or config.profile or DEFAULT_PROFILE))
