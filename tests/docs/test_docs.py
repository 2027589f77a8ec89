"""The documents say what is true: examples run, generated files are what the code says."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from cyclopts import App
from evenly_client.cli import app as members_side
from evenly_client.gateway.failed_tries import FROM_ONE_ADDRESS, IN_ALL
from evenly_client.gateway.limits import MIB, Limits
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
from evenly_server.__main__ import app as servers_side

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
SERVER = ("--port", "0", "--journal", "memory", "--create", "anyone", "--log", "error")


def test_the_generated_documents_are_what_the_code_says() -> None:
    """`make docs` changes nothing."""
    run_script("generate.py", "--check")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    """Every relative link of every document: the file is there, and the heading that it names."""
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text()), target


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent == DOCS], ids=lambda page: page.name)
def test_every_page_says_at_once_who_it_is_for(page: Path) -> None:
    """In its third line; the index says where everybody finds theirs."""
    if page.name != "index.md":
        assert page.read_text().splitlines()[2].startswith("*For ")


@pytest.mark.parametrize("app", [members_side, servers_side], ids=["client", "server"])
def test_every_command_has_a_section_with_an_example(app: App) -> None:
    """Those that are hidden from `--help` aside."""
    sections = re.split(r"^##+ evenly ", (DOCS / "commands.md").read_text(), flags=re.MULTILINE)[1:]
    described = {section.partition("\n")[0]: section for section in sections}
    for name in [name for name in app if not name.startswith("-") and app[name].show]:
        assert "```console\nevenly " in described[name], name


def test_the_page_for_participants_is_one_screen_long() -> None:
    """45 lines of 100 characters at most, the picture aside: nobody reads a manual before a call."""
    text = re.sub(r"!\[.*?\]\(.*?\)", "", (DOCS / "participant.md").read_text())
    text = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text).replace("|---|---|\n", "")
    lines = [row for line in text.splitlines() for row in textwrap.wrap(line, 100) or [""]]
    assert len(lines) <= 45


def test_the_limits_of_a_gateway_are_those_that_it_has() -> None:
    """The table's figures, from the program's."""
    it = Limits()
    memory, size = it.memory_bytes // MIB, it.file_bytes // MIB
    (few, low), (many, high) = it.least, it.most
    text = (DOCS / "gateway.md").read_text()
    for row in (
        f"| visitors at a time | {it.visitors}, or",
        f"| {it.strangers_of_one} from one address, half of the places in all |",
        f"| visitors that it knows | {it.known} |",
        f"| ends after {it.detached_seconds / 60:.0f} minutes |",
        f"| ends after {it.idle_seconds / 3600:.0f} hours |",
        f"| {memory} MiB, {it.cpu_seconds // 60} minutes, {it.open_files}, {size} MiB |",
        f"| {few} × {low} to {many} × {high} |",
        f"| {it.connections}, of one address {it.connections_of_one} |",
        f"| {it.starts_a_minute} of one visitor, {it.starts_in_all} of all |",
        f"| {FROM_ONE_ADDRESS} a minute from one address, {IN_ALL} a second in all |",
    ):
        assert row in text


def test_the_picture_in_the_readme_is_what_the_program_shows() -> None:
    """`docs/pictures.py` makes it again, byte for byte."""
    run_script("pictures.py", "--check", "session")


def test_the_pictures_fetch_nothing() -> None:
    """Textual's own would load fonts from a content network."""
    assert "No page loads anything from another host." in run_script("elsewhere.py", str(DOCS / "pictures"))


@pytest.mark.parametrize(
    "loads",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<img src="//cdn.example/x.png">',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        "<style>@font-face { src: url('https://cdn.example/x.woff2') }</style>",
        '<p style="background: url(https://cdn.example/x.png)">',
    ],
)
def test_a_page_that_loads_something_from_another_host_is_found(loads: str, tmp_path: Path) -> None:
    """A link alone loads nothing; it is listed."""
    (tmp_path / "page.html").write_text('<a href="https://linked.example/">there</a>')
    assert "https://linked.example/" in run_script("elsewhere.py", str(tmp_path))
    (tmp_path / "page.html").write_text(loads)
    with pytest.raises(subprocess.CalledProcessError):
        run_script("elsewhere.py", str(tmp_path))


def run_script(name: str, *arguments: str) -> str:
    """What one of the documents' scripts prints."""
    command = [sys.executable, str(DOCS / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def without_code(text: str) -> str:
    """The text without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as forges and Sphinx make them."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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
