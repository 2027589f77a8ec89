"""Terminals of few colours, of few letters, of no screen at all: a session is entered and a hand raised on each."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from evenly_client.links import Link
from evenly_client.peer import Peer
from evenly_client.sealing import DeviceKey
from evenly_client.store import Store, profile_directory
from evenly_protocol.agenda import PhasePlan
from evenly_protocol.hands import RaiseHand
from evenly_protocol.sealed import FieldKind
from evenly_protocol.session import StartSession
from evenly_protocol.settings import ChangeSettings, Settings
from evenly_protocol.words import FloorMode, Intent, Lobby

from tests.end_to_end.killed_server import KilledServer
from tests.end_to_end.terminals import ENTER, EVENLY, WITHIN_S, Terminal, environment_of

MORE_THAN_16 = re.compile(rb"\x1b\[[0-9;]*\b[34]8[;:][25][;:]")
"""A sequence that asks for one of 256 colours, or for any."""

BARE = {
    "LC_ALL": None,
    "LC_CTYPE": None,
    "COLORTERM": None,
    "NO_COLOR": None,
    "PYTHONUTF8": None,
    "EVENLY_LANGUAGE": "en",
}
FAY = "Zoë 日本"


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    """A room in which a session runs, and its facilitator waits to speak."""
    server = KilledServer(tmp_path_factory.mktemp("reach"))
    server.start()
    link = Link("127.0.0.1", server.port, secrets.token_bytes(16), secrets.token_bytes(16))

    async def begin() -> None:
        async with Peer(link, DeviceKey.generate(), FAY, create_key="") as fay:
            await fay.entered()
            assert await fay.ask(ChangeSettings(Settings(lobby=Lobby.OFF))) is None
            assert await fay.ask(StartSession([PhasePlan("talk", b"", 60, FloorMode.QUEUE)])) is None
            id = Peer.new_id()
            words = fay.seal(FieldKind.WORDS, "“naïve” – Œuvre ½ 👩‍🚀", id)
            assert await fay.ask(RaiseHand(Intent.SPEAK, words), id) is None

    asyncio.run(begin())
    yield link
    server.kill()


def home_of(tmp_path: Path, link: Link) -> Path:
    """The files of somebody who has been through the practice, and has chosen the screen."""
    with Store(profile_directory(environment={"EVENLY_HOME": str(tmp_path)})) as store:
        store.remember_room(link, 0)
        store.keep_my_name(link.room, f"Ana {tmp_path.name[-6:]}")
        store.keep_practice_done()
        store.keep_setting("surface", "screen")
    return tmp_path


def joined(tmp_path: Path, link: Link, **environment: str | None) -> Terminal:
    return Terminal(home_of(tmp_path, link), "join", link.invite_text(), environment={**BARE, **environment})


def raises_a_hand(terminal: Terminal) -> None:
    terminal.shows("space hand")
    terminal.press(" ")
    terminal.shows("in line")


def leaves(terminal: Terminal) -> None:
    """And the terminal is as it was: its own screen, a cursor, no reports of mouse, focus and keys."""
    terminal.press("\x11")
    terminal.ends()
    for name, on, off in (
        ("the alternate screen", b"\x1b[?1049h", b"\x1b[?1049l"),
        ("a hidden cursor", b"\x1b[?25l", b"\x1b[?25h"),
        ("the mouse", b"\x1b[?1003h", b"\x1b[?1003l"),
        ("the mouse", b"\x1b[?1000h", b"\x1b[?1000l"),
        ("the focus", b"\x1b[?1004h", b"\x1b[?1004l"),
        ("pasting", b"\x1b[?2004h", b"\x1b[?2004l"),
        ("no wrapping", b"\x1b[?7l", b"\x1b[?7h"),
        ("the keyboard protocol", b"\x1b[>", b"\x1b[<u"),
        ("the title", b"\x1b[22;2t", b"\x1b[23;2t"),
    ):
        assert terminal.raw.rfind(on) < terminal.raw.rfind(off), f"{name} stays"


@pytest.mark.parametrize("term", ["screen", "vt100"])
def test_a_terminal_of_16_colours(tmp_path: Path, link: Link, term: str) -> None:
    """Nothing beyond them is asked for; every letter is there."""
    terminal = joined(tmp_path, link, TERM=term)
    try:
        terminal.shows("NEXT")
        raises_a_hand(terminal)
        assert not MORE_THAN_16.search(terminal.raw)
        assert FAY in terminal.raw.decode()
        leaves(terminal)
    finally:
        terminal.close()


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LANG": "POSIX"},
        {"LC_ALL": "de_DE.ISO-8859-1"},
    ],
    ids=lambda environment: "=".join(*environment.items()),
)
def test_a_terminal_of_few_letters(tmp_path: Path, link: Link, environment: dict[str, str]) -> None:
    """Signs and letters are ASCII of the same width, what is typed in the terminal's own character set is taken.

    And the window may become one cell, and whole again.
    """
    terminal = joined(tmp_path, link, TERM="linux", **environment)
    try:
        found = terminal.shows(r"NEXT +1  Zoe \?\?\?\? .*")[0]
        raises_a_hand(terminal)
        terminal.resize(1, 1)
        terminal.look()
        terminal.resize(80, 24)
        assert terminal.shows(r"NEXT +1  Zoe \?\?\?\? .*")[0] == found
        terminal.press("e")
        terminal.shows("WORDS")
        terminal.press(b"k\xe4se")
        terminal.shows("kase" if "LC_ALL" in environment and "ISO" in environment["LC_ALL"] else r"k\?se")
        terminal.press(ENTER)
        assert terminal.raw.isascii()
        assert not MORE_THAN_16.search(terminal.raw)
        leaves(terminal)
    finally:
        terminal.close()


def test_where_no_character_set_is_named_it_is_utf_8(tmp_path: Path, link: Link) -> None:
    """As in most containers."""
    terminal = joined(tmp_path, link, LANG=None)
    try:
        terminal.shows("Zoë")
    finally:
        terminal.close()


def test_a_dumb_terminal_gets_lines_by_itself(tmp_path: Path, link: Link) -> None:
    terminal = joined(tmp_path, link, TERM="dumb", LC_ALL="C")
    try:
        terminal.shows("> ")
        terminal.press("hand" + ENTER)
        terminal.shows("Your hand is up.")
        terminal.press("queue" + ENTER)
        terminal.shows("Zoe")
        assert b"\x1b[?1049h" not in terminal.raw
        assert terminal.raw.isascii()
    finally:
        terminal.close()


def test_a_second_screen_on_a_dumb_terminal_is_refused_in_a_sentence(tmp_path: Path, link: Link) -> None:
    environment = {**BARE, "TERM": "dumb"}
    terminal = Terminal(home_of(tmp_path, link), "view", link.invite_text(), environment=environment)
    terminal.ends()
    assert b"Lines work here: evenly plain" in terminal.raw
    terminal.close()


@pytest.mark.parametrize("ignored", [False, True], ids=["hung up", "hanging up is ignored"])
def test_a_terminal_that_is_closed_ends_the_program(tmp_path: Path, link: Link, ignored: bool) -> None:
    """Also under nohup: nothing is left behind that reads a terminal which is no more."""
    under = ("sh", "-c", "trap '' HUP; exec \"$@\"", "sh") if ignored else ()
    arguments = ("join", link.invite_text())
    terminal = Terminal(home_of(tmp_path, link), *arguments, command=(*under, *EVENLY))
    terminal.shows("NEXT")
    assert terminal.vanish()


def test_lines_in_a_pipe_break_on_no_character_set(tmp_path: Path, link: Link) -> None:
    done = subprocess.run(
        [*EVENLY, "plain", link.invite_text()],
        input="hand\nqueue\n",
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        env=environment_of(home_of(tmp_path, link), {**BARE, "LC_ALL": "de_DE.ISO-8859-1"}),
    )
    assert done.returncode == 0, done.stderr
    assert "Zoe ????" in done.stdout


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")
def test_in_tmux(tmp_path: Path, link: Link) -> None:
    """256 colours reach it, by the name that tmux goes by."""
    tmux = ("tmux", "-L", "evenly", "-f", "/dev/null")
    command = [*EVENLY, "join", link.invite_text()]
    environment = {**BARE, "TMUX": None, "TMUX_TMPDIR": str(tmp_path), "SHELL": "/bin/sh"}
    terminal = Terminal(
        home_of(tmp_path, link),
        *("set-option", "-g", "default-terminal", "screen-256color", ";", "new-session", *command),
        command=tmux,
        environment=environment,
    )
    try:
        terminal.shows("NEXT")
        raises_a_hand(terminal)
        assert MORE_THAN_16.search(terminal.raw)
        terminal.press("\x11")
        terminal.ends()
    finally:
        subprocess.run([*tmux, "kill-server"], env=environment_of(tmp_path, environment), capture_output=True)
        terminal.close()
