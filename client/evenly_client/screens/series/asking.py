"""What the flows of the series share: a moment, a number, a text, a planned session; asked for until it is one.

What was typed and is not understood is asked for again with what is wrong with it: nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from evenly_protocol import series
from evenly_protocol.facts import Command
from evenly_protocol.series import Planned
from evenly_protocol.words import Role

from evenly_client import phrases
from evenly_client.call_links import NotALink
from evenly_client.due import NotADate
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.flows import Host
from evenly_client.sealing import TextTooLong
from evenly_client.series_words import EXAMPLE, parse_moment, planned_words
from evenly_client.translation import _

KEYS: Final = "123456789"


async def moment(host: Host, title: str, *, body: str = "", value: str = "") -> int | None:
    """A day and a time of day, asked for until it is one; None when it is left."""
    said = body
    while True:
        value = await host.write(title, body=said, value=value, placeholder=EXAMPLE) or ""
        if not value:
            return None
        at = parse_moment(value, host.situation().outlook.now)
        if not isinstance(at, NotADate):
            return at
        said = f"{at} {body}".strip()


async def number(host: Host, title: str, *, least: int, most: int, value: str = "", body: str = "") -> int | None:
    said = body
    while True:
        value = await host.write(title, body=said, value=value) or ""
        if not value:
            return None
        if value.isascii() and value.isdigit() and least <= int(value[:6]) <= most:
            return int(value)
        bounds = _("A number from {least} to {most}.").format(least=least, most=most)
        said = f"{bounds} {body}".strip()


async def text_for(
    host: Host,
    title: str,
    use: Callable[[str], None],
    *,
    value: str = "",
    body: str = "",
    several: bool = False,
    empty: bool = False,
) -> bool:
    """A text for `use`, asked for until it fits; whether there was one. `empty`: an empty line is one too."""
    said = body
    while True:
        if several:
            written = await host.write_lines(title, body=said, value=value)
        else:
            written = await host.write(title, body=said, value=value, empty=empty)
        if written is None:
            return False
        try:
            use(written)
        except (TextTooLong, NotALink) as error:
            value, said = written, f"{error.title} {error.advice}"
            continue
        return True


async def one_planned(host: Host, title: str, *, body: str = "") -> Planned | None:
    """One of the sessions to come."""
    o = host.situation().outlook
    coming = series.to_come(o.room)
    if not coming:
        host.say(_("No sessions are planned yet."))
        return None
    return await host.choose(
        title,
        [Choice(p, planned_words(o, p), "", KEYS[i] if i < len(KEYS) else "") for i, p in enumerate(coming)],
        body=body,
    )


def may_lead(host: Host) -> list[int]:
    """Seats with a screen of their own that may lead."""
    o = host.situation().outlook
    members = (o.room.members[s] for s in o.everybody)
    return [m.seat for m in members if not m.is_guest and m.role is not Role.OBSERVER]


def give(host: Host, command: Command, id: bytes = b"") -> bool:
    """Gives a command, unless the rules refuse it already; then that is said at once."""
    refusal = host.situation().refusal(command)
    if refusal is not None:
        host.say(phrases.refusal_words(refusal))
        return False
    host.do(command, id)
    return True
