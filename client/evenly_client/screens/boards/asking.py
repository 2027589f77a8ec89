"""How the boards ask and send: a text, an item, one of several; then a command, whose refusal is said.

What was typed is never lost to a refusal: it is said why, and the dialog is there again with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Final, TypeVar

from evenly_protocol.facts import Command
from evenly_protocol.labels import LabelItem
from evenly_protocol.refusals import Refusal
from evenly_protocol.sealed import OVERHEAD, SIZES
from evenly_protocol.words import Label

from evenly_client import phrases
from evenly_client.peer import Notice, Peer, Settled, State, StateChanged
from evenly_client.screens.dialogs import Choice
from evenly_client.screens.hosting import KEPT, BoardHost
from evenly_client.screens.looks import padded
from evenly_client.sealing import TextTooLong
from evenly_client.text import one_line
from evenly_client.translation import _, pgettext

Item = TypeVar("Item")
BoardFlow = Callable[[BoardHost], Awaitable[None]]
ANSWERED_WITHIN_S: Final = 5.0
"""How long a flow waits for the server's answer before it takes the command for kept."""

ANY_TEXT: Final = bytes(SIZES[0] + OVERHEAD)
"""As long as a sealed text may be, to ask the rules before anything is typed."""


class Sent(Enum):
    """How the server took a command: it is done, or it is kept until there is an answer."""

    DONE = "done"
    KEPT = "kept"


async def sent(host: BoardHost, command: Command, id: bytes) -> Sent | Refusal:
    """Sends a command that the rules accept. Its refusal by this device's copy of the room, or by the server."""
    refusal = host.situation().refusal(command)
    if refusal is not None:
        return refusal
    peer = host.peer
    answer: asyncio.Future[Sent | Refusal] = asyncio.get_running_loop().create_future()

    def noticed(notice: Notice) -> None:
        if answer.done():
            return
        if isinstance(notice, Settled) and notice.id == id:
            answer.set_result(notice.refusal or Sent.DONE)
        elif isinstance(notice, StateChanged) and peer.state is not State.LIVE:
            answer.set_result(Sent.KEPT)

    unwatch = peer.watch(noticed)
    try:
        host.do(command, id)
        if peer.state is not State.LIVE:
            return Sent.KEPT
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            return await answer
    except TimeoutError:
        return Sent.KEPT
    finally:
        unwatch()


async def does(host: BoardHost, command: Command, said: str = "") -> bool:
    """Sends a command, and says its refusal, or (`said`) that it is done."""
    id = Peer.new_id()
    outcome = await sent(host, command, id)
    if outcome is Sent.KEPT:
        host.drafts.sent(id, "")
    _say(host, outcome, said)
    return not isinstance(outcome, Refusal)


def _say(host: BoardHost, outcome: Sent | Refusal, said: str) -> None:
    if isinstance(outcome, Refusal):
        host.say(phrases.refusal_words(outcome))
    elif outcome is Sent.KEPT:
        host.say(KEPT)
    elif said:
        host.say(said)


async def typed(
    host: BoardHost,
    title: str,
    make: Callable[[str, bytes], Awaitable[Command | None]],
    *,
    draft: str,
    beside: Sequence[str] = (),
    said: str = "",
    body: str = "",
    value: str = "",
    placeholder: str = "",
    line: bool = False,
) -> bool:
    """A text, and the command that `make` makes of it under an id (None: back to the text). Whether it was taken.

    What is half-typed, left or refused stays under the kind `draft` (what belongs to it, under the kinds `beside`) and
    stands there the next time, in the place of `value`. `said`: what is said when it is done.
    """
    drafts = host.drafts

    def keep(half: str) -> None:
        drafts.keep(draft, "" if half == value else half)

    last, trouble = drafts.text(draft) or value, ""
    while True:
        single = line and "\n" not in last
        text = await host.write_kept(
            title, body=trouble or body, value=last, keep=keep, placeholder=placeholder, line=single
        )
        if text is None:
            return False
        id, last, trouble = Peer.new_id(), text, ""
        try:
            command = await make(text, id)
        except TextTooLong as error:
            trouble = f"{error.title} {error.advice}"
            continue
        if command is None:
            continue
        try:
            outcome = await sent(host, command, id)
        except asyncio.CancelledError:
            # Something else is asked: whether it was taken is told later.
            drafts.sent(id, text, draft, *beside)
            raise
        if isinstance(outcome, Refusal):
            trouble = " ".join((phrases.refusal_words(outcome), _("What you typed is still here.")))
            continue
        if outcome is Sent.KEPT:
            drafts.sent(id, text, draft, *beside)
        else:
            drafts.forget(draft, *beside)
        _say(host, outcome, said)
        return True


async def one_of(
    host: BoardHost, title: str, found: Sequence[Item], line: Callable[[Item], tuple[str, str]], empty: str
) -> Item | None:
    """One of several; the only one at once."""
    if not found:
        host.say(empty)
        return None
    if len(found) == 1:
        return found[0]
    return await host.choose(title, [Choice(each, *line(each)) for each in found])


def short(text: str) -> str:
    """The beginning of a text, in a line."""
    return padded(one_line(text), 46).rstrip()


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(parts).strip("\n")


async def pick(host: BoardHost, title: str, parts: Sequence[str], can: Sequence[tuple[str, str, str]]) -> str | None:
    """An item in full; `can`: what can be done with it, as name, words and key."""
    choices = [Choice(name, words, "", key) for name, words, key in can]
    return await host.choose(title, choices or [Choice("", pgettext("key", "close"), "", "")], body=_lines(parts))


def other_label(label: Label) -> Label:
    """A label that is not this one, to ask the rules before one is chosen."""
    return Label.ROOM if label is not Label.ROOM else Label.TAKEAWAY


async def how_far(host: BoardHost, item: bytes, now: Label) -> None:
    """How far an item may go."""
    wanted = await host.choose(
        _("How far may it go?"),
        [
            Choice(each, words, pgettext("choice", "now") if each is now else hint, str(number))
            for number, (each, words, hint) in enumerate(
                (
                    (Label.ROOM, _("it stays here"), _("it stands in nobody's report")),
                    (Label.TAKEAWAY, _("members may take it home"), _("in their own reports")),
                    (Label.SHAREABLE, _("it may be shared"), _("with anybody")),
                ),
                1,
            )
        ],
    )
    if wanted is not None:
        await does(host, LabelItem(item, wanted))
