"""The message with which people are invited, and its QR code."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

import segno

from evenly_client.links import Link
from evenly_client.program_source import ProgramSource, System
from evenly_client.translation import _


@dataclass(frozen=True)
class WaysIn:
    """How those who are invited may come in.

    Attributes:
        program: how they get it.
        web: an entry link of a gateway, which opens once; None if there is none.
        ssh: what is typed after `ssh` to reach a gateway; None if there is none.
    """

    program: ProgramSource = field(default_factory=ProgramSource)
    web: str | None = None
    ssh: str | None = None


def message(room: str, link: Link, ways: WaysIn | None = None) -> str:
    """What it is in two lines, what to type on each system, and what to do if it does not work.

    Lines that are to be typed are indented by four blanks, and nothing else is.
    """
    ways = ways or WaysIn()
    what = (
        _("You are invited to {room}.").format(room=room),
        _(
            "Evenly runs in a terminal beside our call: "
            "whose turn it is, who is next, and that everyone is heard evenly."
        ),
        _("Its server cannot read our names or what we write."),
    )
    parts = [
        "\n".join(what),
        _("Your link (keep it to yourself, it opens the room):") + f"\n{link.invite_text()}",
        _with_program(ways.program),
    ]
    if ways.web or ways.ssh:
        parts.append(_through_gateway(ways))
    parts.append(_("If it does not work, come to the call anyway: we will put you in."))
    return "\n\n".join(parts) + "\n"


def _with_program(program: ProgramSource) -> str:
    if program.address:
        needed = _("You need Python 3.11 or newer. In a terminal:")
    else:
        needed = _("You need Python 3.11 or newer, and the attached file {file}. In a terminal, in the file's folder:")
    posix = _("Linux, macOS:"), program.lines("join", System.POSIX)
    windows = _("Windows:"), program.lines("join", System.WINDOWS)
    posix_lines = _("With a screen reader, on Linux and macOS:"), program.lines("plain", System.POSIX)
    windows_lines = _("With a screen reader, on Windows:"), program.lines("plain", System.WINDOWS)
    shown = [
        "\n".join((title, *(f"    {line}" for line in typed)))
        for title, typed in (posix, windows, posix_lines, windows_lines)
    ]
    return "\n".join((needed.format(file=program.file), *shown, _("It asks for the link; paste it there.")))


def _through_gateway(ways: WaysIn) -> str:
    from evenly_client.gateway.sentence import GATEWAY_SENTENCE

    lines = [_("Or with nothing to install, once we let you in. {sentence}").format(sentence=GATEWAY_SENTENCE)]
    if ways.web:
        lines += [_("In a browser, for one person:"), f"    {ways.web}"]
    if ways.ssh:
        lines += [_("By ssh, if you have an ssh key:"), f"    ssh {ways.ssh}"]  # no words: typed
        lines += [_("By ssh, with a screen reader:"), f"    ssh {ways.ssh} plain"]  # no words: typed
    return "\n".join(lines)


def qr_code(link: Link) -> str:
    """The link as a QR code of block characters, for a terminal."""
    out = StringIO()
    segno.make(link.invite_text(), error="m").terminal(out=out, compact=True)
    return out.getvalue()
