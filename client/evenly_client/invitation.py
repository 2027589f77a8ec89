"""The message with which people are invited, and its QR code."""

from __future__ import annotations

from importlib.metadata import version
from io import StringIO

import segno

from evenly_client.links import Link


def message(room: str, link: Link) -> str:
    """What it is in two lines, how to install and enter on each system, and what to do if it does not work."""
    text = link.invite_text()
    return f"""\
You are invited to {room}.
Evenly runs in a terminal beside our call: whose turn it is, who is next, and that everyone is heard evenly.
Its server cannot read our names or what we write.

Your link (keep it to yourself, it opens the room):
{text}

You need Python 3.11 or newer and the attached file {wheel()}.
Linux, macOS:    pipx install ./{wheel()}    then    evenly join
Windows:         py -m pip install {wheel()}    then    evenly join
Screen readers:  the same, then    evenly plain
Each asks for the link; paste it there.

If it does not work, come to the call anyway: we will put you in.
"""


def wheel() -> str:
    """The file that `make dist` builds, and that goes with the invitation."""
    return f"evenly-{version('evenly')}-py3-none-any.whl"


def qr_code(link: Link) -> str:
    """The link as a QR code of block characters, for a terminal."""
    out = StringIO()
    segno.make(link.invite_text(), error="m").terminal(out=out, compact=True)
    return out.getvalue()
