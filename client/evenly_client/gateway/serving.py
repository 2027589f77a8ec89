"""A gateway as its keeper runs it: opens the ways in, prints what to hand out, says who comes and goes, and ends."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import ssl
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from evenly_client.certificate import certificate_in
from evenly_client.errors import UserError
from evenly_client.gateway.entries import Entries
from evenly_client.gateway.limits import Limits
from evenly_client.gateway.sentence import GATEWAY_SENTENCE
from evenly_client.gateway.ssh import Ssh, host_key, slug
from evenly_client.gateway.visits import Visits
from evenly_client.gateway.web import Web
from evenly_client.links import Link
from evenly_client.reach import reach_of
from evenly_client.translation import _
from evenly_client.transport import is_loopback

FILES: Final = 4096
"""Open files and connections that a gateway may have in all."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What its keeper wants.

    Attributes:
        link: the room's, with its secret.
        room: the room's name, of which the ssh user is made.
        home: the gateway's folder.
        web, ssh: ports, 0 for any that is free; None where there is no such way in.
        host: the address to listen on.
        names: HOST or HOST:PORT by which visitors reach it; the first is printed.
        certificate, private_key: PEM files for TLS; None: made here on first use.
        insecure: browsers come in the clear, and so may clients go to the room's server.
        entries: how many entries for browsers are printed at first.
    """

    link: Link
    room: str
    home: Path
    web: int | None = None
    ssh: int | None = None
    host: str = "0.0.0.0"
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    private_key: Path | None = None
    insecure: bool = False
    entries: int = 1
    limits: Limits = field(default_factory=Limits)


async def serve(asked: Asked, say: Callable[[str], None]) -> None:
    """Runs a gateway until it is told to stop (SIGINT, SIGTERM, SIGHUP). `say` takes a line for its keeper.

    Raises:
        UserError: it cannot begin, and why.
    """
    _allow_files()
    os.umask(0o077)  # all that is made from here on is its keeper's alone
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    with _alone_in(asked.home):
        visits = Visits(asked.link.invite_text(), asked.home, asked.limits, insecure=asked.insecure, say=say)
        visits.known.forget_strangers()
        async with contextlib.AsyncExitStack() as stack:
            say(_("A gateway to {room}. {sentence}").format(room=asked.room, sentence=GATEWAY_SENTENCE))
            if asked.web is not None:
                await _open_web(asked, asked.web, visits, stack, say)
            if asked.ssh is not None:
                await _open_ssh(asked, asked.ssh, visits, stack, say)
            # Last in, first out: visitors are told before their connections end.
            stack.push_async_callback(visits.close)
            say("\n" + _("It runs until you press ctrl+c here."))
            await stopping.wait()
            say(_("Stopping: visitors are told."))


async def _open_web(
    asked: Asked, port: int, visits: Visits, stack: contextlib.AsyncExitStack, say: Callable[[str], None]
) -> None:
    certificate, private_key = _certificate(asked)
    tls = None if certificate is None else _context(certificate, private_key)
    entries = Entries(asked.home)
    web = Web(visits, entries, names=asked.names, tls=tls)
    try:
        bound = await web.serve(asked.host, port)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(asked.host, port, "--web", error) from None
    stack.push_async_callback(web.close)
    place = _web_address(asked, bound, tls=tls is not None)

    def one_more() -> None:
        say(f"  {place}/#{entries.new()}")

    say("\n" + _("By browser: each line opens once, for one person, within a week. Enter prints one more."))
    for _number in range(asked.entries):
        one_more()
    if certificate is not None and asked.certificate is None:
        say(
            _("Browsers warn of its certificate, which was made here. Its SHA-256 begins with {beginning}.").format(
                beginning=_fingerprint(certificate)
            )
        )
    _on_enter(one_more)


async def _open_ssh(
    asked: Asked, port: int, visits: Visits, stack: contextlib.AsyncExitStack, say: Callable[[str], None]
) -> None:
    key = host_key(asked.home)
    user = slug(asked.room)
    ssh = Ssh(visits, user, key)
    try:
        bound = await ssh.serve(asked.host, port)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(asked.host, port, "--ssh", error) from None
    stack.push_async_callback(ssh.close)
    say("\n" + _("By ssh, for whoever has a key of their own; with plain at the end, as lines of text:"))
    say(f"  ssh -p {bound} {user}@{_host_of(_name(asked, bound))}")  # no words: a command
    say(_("Its key is {fingerprint}: ssh shows it at the first time.").format(fingerprint=key.get_fingerprint()))


def _allow_files() -> None:
    """Many shells allow 1024 files or fewer: less than a crowd at the door would take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextlib.contextmanager
def _alone_in(home: Path) -> Generator[None]:
    """The folder is this gateway's for as long as it runs: two of them would start the same visitor twice."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UserError(_("A gateway to this room runs on this computer already."), _("Stop that one first.")) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _certificate(asked: Asked) -> tuple[Path | None, Path | None]:
    """The files for TLS; none where browsers come in the clear: on this computer, or because it was asked for."""
    if asked.certificate is not None:
        return asked.certificate, asked.private_key
    if asked.insecure or is_loopback(asked.host):
        return None, None
    certificate, private_key, _pin = certificate_in(asked.home)
    return certificate, private_key


def _context(certificate: Path, private_key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, private_key)
    except (OSError, ssl.SSLError):
        raise UserError(
            _("The certificate in {file} cannot be used.").format(file=certificate),
            _("Both files must be PEM, and the key must be the certificate's."),
        ) from None
    return context


def _fingerprint(certificate: Path) -> str:
    """The first eight bytes, as browsers show them."""
    digest = sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).digest()
    return digest[:8].hex(":").upper()


def _name(asked: Asked, port: int) -> str:
    """How visitors are told to reach it."""
    if asked.names:
        return asked.names[0]
    anywhere = asked.host in ("0.0.0.0", "::")
    host = reach_of(port, here_only=False).host if anywhere else asked.host
    return f"[{host}]" if ":" in host else host


def _host_of(name: str) -> str:
    """The host alone of `https://HOST:PORT`, `HOST:PORT` or `HOST`."""
    authority = name.partition("://")[2] or name
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.rstrip("/").partition(":")[0]


def _web_address(asked: Asked, port: int, *, tls: bool) -> str:
    name = _name(asked, port).rstrip("/")
    if "://" in name:
        return name
    has_port = ":" in name.rpartition("]")[2]
    usual = port == (443 if tls else 80)
    return f"http{'s' if tls else ''}://{name}" + ("" if has_port or usual else f":{port}")


def _cannot_listen(host: str, port: int, option: str, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or _("not available")
    return UserError(
        _("Cannot listen on {host}:{port} ({reason}).").format(host=host, port=port, reason=reason),
        _("Another program may be using it: choose another with {option}.").format(option=option),
    )


def _on_enter(pressed: Callable[[], None]) -> None:
    """Calls it in the loop for each line that the keeper enters. The thread ends with the program."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError, ValueError, OSError):  # the loop is closed, or the input
            for _line in sys.stdin:
                loop.call_soon_threadsafe(pressed)

    threading.Thread(target=read, name="enter", daemon=True).start()
