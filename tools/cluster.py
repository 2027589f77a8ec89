"""Evenly on several machines, for a try on this one: `make cluster`, until ctrl+c.

    haproxy ──▶ Evenly server 1 ──▶ three NATS servers, one cluster,
            └─▶ Evenly server 2 ──▶ each message on all three

A room is at one of the two servers; who comes to the other is passed on to it.

Everything lies in a folder (build/cluster) and is there again the next time. Kill what you like, and look.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from three_nats import found, start, start_three

NATS, ROUTES, EVENLY, BALANCER = (4222, 4223, 4224), (6222, 6223, 6224), (7448, 7449), 7447
"""Ports; all are moved by --shift."""

HAPROXY_CONF = """defaults
    mode tcp
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option redispatch
    balance roundrobin
listen evenly
    bind 127.0.0.1:{port}
    option httpchk GET /healthz
    default-server check inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""
"""Long time-outs: a connection may be silent for ten seconds, and lives for hours."""


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("build/cluster"))
    parser.add_argument("--shift", type=int, default=0, help="is added to every port")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt), running(asked.folder.resolve(), asked.shift) as port:
        print(f"\nReady. Open a room: evenly open --on 127.0.0.1:{port}\nctrl+c ends everything.", flush=True)
        signal.pause()


@contextlib.contextmanager
def running(folder: Path, shift: int) -> Generator[int]:
    """All of it, until the end. The balancer's port."""
    haproxy = found("haproxy", "apt install haproxy")
    with contextlib.ExitStack() as stack:
        ports, routes = ([port + shift for port in some] for some in (NATS, ROUTES))
        where, of_nats = start_three(stack, folder, ports, routes)
        for number, process in enumerate(of_nats, 1):
            say(f"nats {number}", process, folder / f"n{number}" / "log")
        evenly = [sys.executable, "-m", "evenly_server"]
        for number, port in enumerate(EVENLY, 1):
            serve = ["serve", "--journal", where, "--port", str(port + shift), "--create", "anyone"]
            name = ["--name", f"127.0.0.1:{BALANCER + shift}", "--connections", "5000"]
            log = folder / f"evenly-{number}.log"
            say(f"Evenly {number}", start(stack, [*evenly, *serve, *name], log), log)
        servers = "\n".join(f"    server e{n} 127.0.0.1:{port + shift}" for n, port in enumerate(EVENLY, 1))
        (folder / "haproxy.cfg").write_text(HAPROXY_CONF.format(port=BALANCER + shift, servers=servers))
        log = folder / "haproxy.log"
        say("haproxy", start(stack, [haproxy, "-q", "-f", str(folder / "haproxy.cfg")], log), log)
        yield BALANCER + shift


def say(name: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Which process it is, for who wants to kill it."""
    print(f"{name}: process {process.pid}, log {log}", flush=True)


if __name__ == "__main__":
    main()
