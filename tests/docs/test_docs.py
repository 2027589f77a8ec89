"""The documents say what is true: examples run, generated files are what the code says."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from evenly_client.links import Link
from evenly_client.local_server import LocalServer
from evenly_client.new_room import set_up
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.turns import CallNext
from evenly_protocol.words import FloorMode, Lobby

ROOT = Path(__file__).parents[2]
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")


def test_the_generated_documents_are_what_the_code_says() -> None:
    """`make docs` changes nothing."""
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of every document."""
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


async def test_the_example_of_the_programmatic_client_runs() -> None:
    """Word for word: it enters, asks for the floor, and waits until it has it."""
    text = (ROOT / "docs" / "programmatic-client.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    server = await LocalServer.start(SERVER)
    link = Link("127.0.0.1", server.port, b"r" * 16, b"s" * 16)
    program = code[1].replace('asyncio.run(main(input("link: ")))', "")
    names: dict[str, object] = {}
    exec(compile(program, "programmatic-client.md", "exec"), names)
    main = names["main"]
    assert callable(main)
    async with Peer(link, DeviceKey.generate(), "Fay", create_key="") as lead:
        await lead.entered()
        await set_up(lead, "Set")
        assert await lead.ask(ChangeSettings(Settings(lobby=Lobby.OFF))) is None
        assert await lead.ask(StartSession([PhasePlan("talk", b"", 60, FloorMode.QUEUE)])) is None
        async with asyncio.timeout(20):
            running = asyncio.ensure_future(main(link.invite_text()))
            await lead.until(lambda room: bool(room.floor.hands))
            assert await lead.ask(CallNext()) is None
            await running
    await server.stop()
