"""Strangers and one member who mean harm, as a process: `python -m tests.endurance.flooder KIND COUNT SECONDS LINK`.

silent      connections that never say a word
slow        WebSocket connections that say hello, and prove nothing
half        connections that begin a request and go on letter by letter
huge        messages of a mebibyte, one after the other, each on a new connection
fast        a member who asks COUNT times a second (all the others: COUNT at once)

What became of it is printed as one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from evenly_client.links import Link
from evenly_client.sealing import DeviceKey
from evenly_protocol.hands import RaiseHand
from evenly_protocol.wire import Accepted, ByeFrame, Refused
from evenly_protocol.words import Intent
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.harness import Wire, wire

Flood = Callable[[Link, int, float], Awaitable[dict[str, int]]]


async def _each(count: int, seconds: float, one: Callable[[], Awaitable[str]]) -> dict[str, int]:
    """`one`, so many times at once, until the time is up; how they ended."""
    tasks = [asyncio.create_task(one()) for _ in range(count)]
    done, pending = await asyncio.wait(tasks, timeout=seconds)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return dict(Counter([task.result() for task in done] + ["held"] * len(pending)))


async def silent(link: Link, count: int, seconds: float) -> dict[str, int]:
    """See the module."""

    async def one() -> str:
        return await _until_cut(link, b"")

    return await _each(count, seconds, one)


async def half(link: Link, count: int, seconds: float) -> dict[str, int]:
    """See the module."""

    async def one() -> str:
        return await _until_cut(link, b"GET / HTTP/1.1\r\nHost: evenly\r\nX-Slow: " + b"a" * 10_000)

    return await _each(count, seconds, one)


async def _until_cut(link: Link, letters: bytes) -> str:
    try:
        reader, writer = await asyncio.open_connection(link.host, link.port)
    except OSError:
        return "refused"
    try:
        for letter in letters:
            if reader.at_eof() or writer.is_closing():
                break
            writer.write(bytes([letter]))
            await asyncio.sleep(0.1)
        await reader.read()
    except OSError:
        pass
    finally:
        writer.transport.abort()
    return "cut"


async def slow(link: Link, count: int, seconds: float) -> dict[str, int]:
    """See the module."""

    async def one() -> str:
        try:
            async with wire(link) as stranger:
                await stranger.greet()
                return await stranger.bye() or "cut"
        except (OSError, WebSocketException, TimeoutError):
            return "cut"

    return await _each(count, seconds, one)


async def huge(link: Link, count: int, seconds: float) -> dict[str, int]:
    """See the module."""

    async def one() -> str:
        times = 0
        until = asyncio.get_running_loop().time() + seconds - 1
        while asyncio.get_running_loop().time() < until:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                async with connect(f"ws://{link.host}:{link.port}/", compression=None, proxy=None) as socket:
                    await socket.send(bytes(1024 * 1024))
                    async for _ in socket:
                        pass
            times += 1
        return "tried again and again" if times > 1 else "tried"

    return await _each(count, seconds, one)


async def fast(link: Link, count: int, seconds: float) -> dict[str, int]:
    """See the module."""
    async with wire(link, DeviceKey.generate()) as member:
        await member.enter()
        ended: Counter[str] = Counter()
        reading = asyncio.create_task(_count(member, ended))
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        while loop.time() < began + seconds and not reading.done():
            sent += 1
            await member.command(sent, RaiseHand(Intent.SPEAK))
            await asyncio.sleep(max(0.0, began + sent / count - loop.time()))
        await member.socket.close()
        await reading
        return {"sent": sent, **ended}


async def _count(member: Wire, ended: Counter[str]) -> None:
    with contextlib.suppress(WebSocketException):
        while True:
            match await member.frame():
                case Refused(code=code) | ByeFrame(code=code):
                    ended[code] += 1
                case Accepted():
                    ended["accepted"] += 1
                case _:
                    pass


def main(kind: str, count: str, seconds: str, link: str) -> None:
    """See the module."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    flood: Flood = {"silent": silent, "slow": slow, "half": half, "huge": huge, "fast": fast}[kind]
    print(json.dumps(asyncio.run(flood(Link.parse(link), int(count), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
