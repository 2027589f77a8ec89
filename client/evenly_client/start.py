"""The entry point of `evenly`.

`evenly join` with a link or a room's name, or with nothing behind it, goes straight to its screen: importing the
definitions of all commands, and what reads them, would take a fifth of the time to the first frame. All else, and every
option, is `cli`'s.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence


def main() -> None:
    """Runs what the command line asks for."""
    arguments = sys.argv[1:]
    if is_plain_join(arguments):
        said_in_sentences(lambda: _join(arguments[1:]))
    else:
        from evenly_client.cli import main as any_command

        any_command()


def is_plain_join(arguments: Sequence[str]) -> bool:
    """Whether a room is to be entered, with no option."""
    return bool(arguments) and arguments[0] == "join" and len(arguments) <= 2 and not arguments[-1].startswith("-")


def _join(link: Sequence[str]) -> None:
    from evenly_client.commands.enter import join

    status = join(link[0] if link else None, name=None, plain=False, insecure=False, profile=None)
    if status:
        sys.exit(status)


def said_in_sentences(run: Callable[[], object]) -> None:
    """Runs a command: every error that is ours is a sentence and exit status 1."""
    from evenly_client import charset
    from evenly_client.errors import explained

    charset.settle()
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except Exception as error:
        sys.exit(explained(error))


if __name__ == "__main__":
    main()
