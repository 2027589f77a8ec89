"""Typing and printing lines: in a terminal, where output never breaks a half-typed line, and through a pipe."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import textwrap
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from evenly_client.charset import legible
from evenly_client.peer import Notice, Peer, State
from evenly_client.plain import json_lines
from evenly_client.plain.json_check_ins import JsonCheckIns
from evenly_client.plain.lines import PlainLines, check_ins_of
from evenly_client.told_to_end import STATUS, when_told_to_end

if TYPE_CHECKING:
    from evenly_client.store import Store

LAST_ANSWERS_S = 2.0
"""After the input has ended: how long answers to what was typed are waited for, seconds."""


async def run_lines(peer: Peer, *, everything: bool = False, json: bool = False, store: Store | None = None) -> int:
    """The session in lines until the user leaves or the input ends. The exit status.

    `store`: what this machine keeps: the room's usual format, private notes, and which check-ins were opened here.
    """
    if json:
        return await _run_json(peer, store)
    client = PlainLines(peer, _print, everything=everything, store=store)
    if not sys.stdin.isatty():
        return await _run_text(client, peer)
    running = asyncio.current_task()
    assert running is not None
    with when_told_to_end(running.cancel):
        try:
            return await _run_text(client, peer)
        except asyncio.CancelledError:
            return STATUS


async def _run_text(client: PlainLines, peer: Peer) -> int:
    async with peer:
        async for line in typed(client, peer):
            await client.heard(line)
            if client.left:
                break
        else:
            await _settled(peer)
    return 1 if peer.state is State.ENDED else 0


def _print(line: str) -> None:
    print(legible(broken(line)), flush=True)


def broken(line: str) -> str:
    """A line for standard output: where that is a terminal, broken at spaces, which it would not do itself."""
    if sys.stdout.isatty() and len(line) > (width := shutil.get_terminal_size().columns):
        return "\n".join(textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False))
    return line


async def _run_json(peer: Peer, store: Store | None) -> int:
    check_ins = JsonCheckIns(peer, check_ins_of(peer, store))

    def tell(notice: Notice) -> None:
        line = json_lines.line_of(peer, notice)
        for told in (*(() if line is None else (line,)), *check_ins.lines_of(notice)):
            print(told, flush=True)

    peer.watch(tell)
    async with peer:
        async for line in _piped():
            if peer.state is State.ENDED:
                break
            if not line.strip():
                continue
            try:
                if not check_ins.takes(line):
                    peer.send(json_lines.command_of(line))
            except json_lines.BadLine as error:
                print(f'{{"refused":"malformed","because":{_quoted(str(error))}}}', flush=True)  # no words: JSON
        else:
            await _settled(peer)
    return 1 if peer.state is State.ENDED else 0


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


async def _settled(peer: Peer) -> None:
    """Waits a moment for what was asked to be settled."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(LAST_ANSWERS_S):
            await peer.until(lambda _: peer.state is State.LIVE and not peer.unsent)


async def typed(client: PlainLines, peer: Peer) -> AsyncIterator[str]:
    """The lines that are typed, until the input or the session ends for this member."""
    source = _in_terminal() if sys.stdin.isatty() else _after_entering(peer)
    reading = aiter(source)
    ended = asyncio.ensure_future(_until_ended(peer))
    line: asyncio.Future[str | None] | None = None
    try:
        while True:
            line = asyncio.ensure_future(_next(reading))
            await asyncio.wait({line, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not line.done():
                return
            text = line.result()
            if text is None:
                return
            yield text
            if client.left:
                return
    finally:
        ended.cancel()
        if line is not None and not line.done():
            # Waited for: a prompt that is cut short while something is printed above it may never end.
            line.cancel()
            await asyncio.gather(line, return_exceptions=True)


async def _next(lines: AsyncIterator[str]) -> str | None:
    return await anext(lines, None)


async def _until_ended(peer: Peer) -> None:
    with contextlib.suppress(Exception):
        await peer.until(lambda _: False)


async def _after_entering(peer: Peer) -> AsyncIterator[str]:
    """Lines from a pipe, the first once the room (or the agreement) is there."""
    with contextlib.suppress(Exception):
        await peer.until(lambda _: peer.state in (State.LIVE, State.AGREEMENT, State.LOBBY))
    async for line in _piped():
        yield line


async def _piped() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line


async def _in_terminal() -> AsyncIterator[str]:
    """One prompt line; what is printed meanwhile appears above it."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession()
    with patch_stdout():
        while True:
            try:
                yield await session.prompt_async("> ")
            except (EOFError, KeyboardInterrupt):
                return
