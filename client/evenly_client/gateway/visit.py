"""A visitor's client: the process in the pseudo-terminal that a gateway opens for each of its visitors.

    python -m evenly_client.gateway.visit        what it needs is on file descriptor 3, as JSON: `Given`

It is the client that anybody has, with three differences: what the gateway means is said first, the room is told
(their name is marked for all, and they wait in the lobby), and a fence keeps it from everything but its own folder.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

GIVEN: Final = 3
"""The file descriptor on which a gateway says what its visitor needs."""


class Given(msgspec.Struct, forbid_unknown_fields=True):
    """What a visitor's client needs.

    Attributes:
        link: the room's link, whole.
        evenly: the folder of all that Evenly keeps on this computer; of it, the visitor has `EVENLY_HOME` alone.
        insecure: connect to another machine in the clear.
        plain: lines of text instead of the screen.
    """

    link: str
    evenly: str
    insecure: bool = False
    plain: bool = False


def main() -> int:
    """Runs the client until its visitor leaves. The exit status: 0, or 1 when they were turned away."""
    # A gateway is no shell: there is nothing to come back to from ^Z.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with os.fdopen(GIVEN, "rb") as handed:
            given = msgspec.json.decode(handed.read(), type=Given)
        from evenly_client.gateway.fence import raise_fence

        raise_fence(Path(os.environ["EVENLY_HOME"]), Path(given.evenly))
        return _visit(given)
    except (KeyboardInterrupt, EOFError):
        return 130
    except Exception as error:
        return _explained(error)


def _explained(error: Exception) -> int:
    """As elsewhere; but where files lie on the gateway's computer is nothing for its visitor: their folder is ~."""
    from evenly_client.errors import explained

    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        status = explained(error)
    print(said.getvalue().replace(os.environ["EVENLY_HOME"], "~"), end="", file=sys.stderr)
    return status


def _visit(given: Given) -> int:
    from evenly_client import config
    from evenly_client.commands.enter import enter
    from evenly_client.gateway.sentence import GATEWAY_SENTENCE
    from evenly_client.links import Link
    from evenly_client.my_rooms import my_name
    from evenly_client.plain.terminal import broken
    from evenly_client.store import open_store

    link = Link.parse(given.link)
    with open_store(None) as store:
        print(broken(GATEWAY_SENTENCE), flush=True)
        name = my_name(store, link, None, ask=True)
        return asyncio.run(
            enter(store, config.load(), link, name, lines=given.plain, insecure=given.insecure, at_gateway=True)
        )


if __name__ == "__main__":
    sys.exit(main())
