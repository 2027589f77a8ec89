"""Hostile texts on every widget of the session screen, in a real pseudo-terminal: only text reaches it."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest
from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.new_room import set_up
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.hands import DeferHand, RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import GiveFloor
from evenly_protocol.words import FloorMode, Intent, Lobby, Order

from tests.end_to_end.hostile_evenly import MARKER
from tests.end_to_end.terminals import ESCAPE, Terminal

MANY = 2_000
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error", "--no-pace")
OURS = re.compile(
    r"\x1b\[[0-9;:?>=<]*[ -/]*[@-~]"  # colours, the cursor, modes
    r"|\x1bP[=+$0-9a-zA-Z;]*\x1b\\"  # questions to the terminal
    r"|\x1b\][0-2];Evenly[a-z:. ]*(\x07|\x1b\\)"  # the title
    r"|\x1b\]22;[a-z]*(\x07|\x1b\\)"  # the pointer's shape
    r"|\x1b[=>78]"
    r"|\u200e"  # behind a name from right to left
)


def foreign(raw: bytes) -> set[str]:
    """What reached the terminal beside text and the program's own sequences."""
    text = raw.decode(errors="replace")
    rest = OURS.sub("", text).replace("\r", "").replace("\n", "").replace("\x0f", "").replace("\x07", "", 1)
    found = re.finditer(r"[^\n]", rest)
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    strange = (m for m in found if m[0] not in "\u200d\ufe0e\ufe0f" and unicodedata.category(m[0]) in kinds)
    return {ascii(rest[max(0, m.start() - 10) : m.end() + 20]) for m in itertools.islice(strange, 5)}


def test_the_search_finds_what_it_looks_for() -> None:
    """A control: the raw samples are found."""
    for hostile in ("\x1b]52;c;UFdORUQ=\x07", "\x1b]0;PWNED\x07", "\u202ex", "\x9b31m", "a\x08", "\u200b"):
        assert foreign(hostile.encode())
    assert not foreign("\x1b[1;31mplain\x1b[0m 👩‍👩‍👧 \x1b]0;Evenly: your turn\x07".encode())


@pytest.mark.parametrize(
    ("columns", "lines", "shown"),
    [
        (80, 24, {"name": MANY, "words": MANY, "room": 100}),
        (120, 35, {"name": MANY, "words": MANY, "room": 100}),
        pytest.param(80, 24, {"name": MANY, "words": MANY, "room": MANY}, marks=pytest.mark.endurance),
    ],
)
async def test_only_text_reaches_the_terminal(columns: int, lines: int, shown: dict[str, int], tmp_path: Path) -> None:
    """Names and words 2,000 times something else, and the room's name; that too 2,000 times in the long form."""
    server = await LocalServer.start(SERVER)
    link = Link("127.0.0.1", server.port, b"r" * 16, b"s" * 16)
    counts = tmp_path / "counts.json"
    lead = Peer(link, DeviceKey.generate(), "lead", create_key="")
    others = [Peer(link, DeviceKey.generate(), f"member {n}") for n in range(5)]
    terminal = None
    try:
        lead.start()
        await lead.entered()
        await set_up(lead, "room")
        assert await lead.ask(ChangeSettings(Settings(order=Order.ARRIVAL, lobby=Lobby.OFF))) is None
        for other in others:
            other.start()
            await other.until(lambda _, other=other: other.agreement is not None)
            await other.answer_agreement()
            await other.entered()
        phases = [PhasePlan("talk", lead.seal(FieldKind.TITLE, "title", b"t" * 16), 60, FloorMode.QUEUE)]
        assert await lead.ask(StartSession(phases), b"t" * 16) is None
        program = str(Path(__file__).with_name("hostile_evenly.py"))
        terminal = await asyncio.to_thread(
            Terminal,
            tmp_path / "home",
            str(counts),
            "join",
            link.invite_text(),
            "--name",
            "Me",
            columns=columns,
            lines=lines,
            command=(sys.executable, program),
        )
        await asyncio.to_thread(_enter, terminal)
        await _busy(lead, others, terminal, counts, shown)
        assert terminal.alive
        terminal.press("\x11")
        await asyncio.to_thread(terminal.ends)
    finally:
        if terminal is not None:
            terminal.close()
        for peer in (lead, *others):
            await peer.stop()
        await server.stop()
    assert foreign(bytes(terminal.raw)) == set()
    for title in re.findall(rb"\x1b\][^\x07\x1b]*", bytes(terminal.raw)):
        assert MARKER.encode() not in title


def _enter(terminal: Terminal) -> None:
    terminal.answers("1 or 2", "1\r")
    terminal.shows("Twenty seconds of practice")
    terminal.until(ESCAPE, "What we agree together")
    terminal.until("y", "SPEAKING")


async def _busy(lead: Peer, others: list[Peer], terminal: Terminal, counts: Path, wanted: Mapping[str, int]) -> None:
    """Hands with words go up, turns change, until enough has been shown."""
    for other in others:
        id = other.new_id()
        await other.ask(RaiseHand(Intent.SPEAK, other.seal(FieldKind.WORDS, "words", id)), id)
    async with asyncio.timeout(150):
        while True:
            for other in others:
                await lead.ask(GiveFloor(other.seat))
                hand = next((h for h in other.room.floor.hands if h.seat == other.seat), None)
                id = other.new_id()
                if hand is None:
                    await other.ask(RaiseHand(Intent.SPEAK, other.seal(FieldKind.WORDS, "words", id)), id)
                else:
                    await other.ask(DeferHand(hand.id))
                await asyncio.to_thread(terminal.look, 0.0, drawn=False)
            shown = json.loads(counts.read_text()) if counts.exists() else {}
            if all(shown.get(kind, 0) >= number for kind, number in wanted.items()):
                return
