"""Who can reach a server that runs on this machine, as far as this machine can know."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from evenly_client.translation import _


@dataclass(frozen=True)
class Reach:
    """The address to put into the link, and in words who can reach it and what to do for the others."""

    host: str
    words: str
    mend: str


def reach_of(port: int, *, here_only: bool) -> Reach:
    """How others reach this machine.

    The address is the one that this machine would use to speak to the internet; nothing is sent to find it.
    """
    ssh = f"ssh -R {port}:localhost:{port} you@your-server"  # no words: a command to type
    elsewhere = _("For people elsewhere: open the room on a server (--on HOST), or forward the port: {command}")
    elsewhere = elsewhere.format(command=ssh)
    address = None if here_only else _outward_address()
    if address is None:
        return Reach("127.0.0.1", _("Only this computer can reach this room."), elsewhere)
    if ipaddress.ip_address(address).is_private:
        words = _("People on the same network as this computer ({address}) can reach it.")
        return Reach(address, words.format(address=address), elsewhere)
    words = _("{address} is a public address: people can reach it if no firewall is in the way.")
    mend = _(
        "If they cannot: for people elsewhere: open the room on a server (--on HOST), or forward the port: {command}"
    )
    return Reach(address, words.format(address=address), mend.format(command=ssh))


def _outward_address() -> str | None:
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                address = str(probe.getsockname()[0])
        except OSError:
            continue
        if not ipaddress.ip_address(address).is_loopback and not ipaddress.ip_address(address).is_unspecified:
            return address
    return None
