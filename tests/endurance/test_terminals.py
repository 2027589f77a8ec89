"""What terminals do to a member's program: they are left as they were, the member in the room or cleanly out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from evenly_protocol.hands import LowerHand, RaiseHand
from evenly_protocol.words import Intent

from tests.end_to_end.terminals import ENTER, ESCAPE, EVENLY, Terminal
from tests.endurance.figures import seed
from tests.harness import Group, Server, eventually, make_room

FAR: Final = 2
"""The seat of whoever sits at the terminal."""
AFTERWARDS: Final = {25: "h", 7: "h"}
"""Modes of a terminal that are on; all others that a program turns on it turns off again (ECMA-48, xterm)."""

HERE: Final = r"YOU +listening . space"
AROUND: Final = 'stty -g; "$@"; echo "ended $?"; stty -g'
"""A shell command that runs another, with the settings of the terminal before and after."""

_T = TypeVar("_T")


class Seat:
    """A terminal with a shell in it, and in that a member's program."""

    def __init__(self, group: Group, terminal: Terminal) -> None:
        self.group = group
        self.terminal = terminal

    async def do(self, what: Callable[..., _T], *arguments: Any) -> _T:
        """Something at the terminal, while everything else goes on."""
        return await asyncio.to_thread(what, *arguments)

    async def enters(self, *, plain: bool = False) -> None:
        """Goes through what a newcomer is asked."""
        terminal = self.terminal
        if plain:
            await self.do(terminal.shows, "You are in")
        else:
            await self.do(terminal.answers, "1 or 2", "1" + ENTER)
            await self.do(terminal.shows, "Twenty seconds of practice")
            await self.do(terminal.until, ESCAPE, HERE)
        await self.is_in()

    async def is_in(self) -> None:
        """Waits until the member is in the room."""
        await eventually(lambda: FAR in self.group.leader.connected)

    async def is_out(self) -> None:
        """Waits until the member is not."""
        await eventually(lambda: FAR not in self.group.leader.connected)

    async def raises_a_hand(self, keys: str = " ") -> None:
        """What is pressed reaches the room."""
        hands = len(self.group.leader.room.floor.hands)
        await self.do(self.terminal.press, keys)
        await self.group.leader.until(lambda room: len(room.floor.hands) != hands)

    async def something_happens(self) -> None:
        """Something that the screen draws."""
        leader = self.group.leader
        assert await leader.ask(RaiseHand(Intent.SPEAK)) is None
        (mine,) = [hand.id for hand in leader.room.floor.hands if hand.seat == 1]
        assert await leader.ask(LowerHand(mine)) is None

    def send(self, number: int) -> None:
        """A signal to the member's program."""
        shell = self.terminal._process.pid
        (program,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        os.kill(int(program), number)

    async def ended(self) -> int:
        """Waits until the program is over and the terminal as it was before. Its exit status."""
        await self.do(self.terminal.ends)
        said = bytes(self.terminal.raw).decode(errors="replace")
        before, after = re.findall(r"^[0-9a-f]+(?::[0-9a-f]+){10,}\r?$", said, re.MULTILINE)
        assert before == after
        assert left_on(said) == set()
        found = re.search(r"ended (\d+)", said)
        assert found is not None
        return int(found[1])


def left_on(said: str) -> set[int]:
    """The modes that a terminal is in after these bytes and was not in before (xterm: DECSET, DECRST)."""
    last: dict[int, str] = {}
    for numbers, way in re.findall(r"\x1b\[\?([\d;]+)([hl])", said):
        last.update({int(number): way for number in numbers.split(";")})
    return {mode for mode, way in last.items() if way != AFTERWARDS.get(mode, "l")}


@pytest.fixture
async def group(tmp_path: Path) -> AsyncGenerator[Group]:
    async with Server(tmp_path / "rooms.db") as server, make_room(server, 1, session=True) as made:
        yield made


@contextlib.contextmanager
def seat(
    group: Group, home: Path, *options: str, environment: Mapping[str, str | None] | None = None
) -> Iterator[Seat]:
    """Somebody who joins in a terminal of 80 by 24."""
    evenly = (*EVENLY, "join", group.link.invite_text(), "--name", "Far", *options)
    terminal = Terminal(home / "far", command=("sh", "-c", AROUND, "sh", *evenly), environment=environment)
    try:
        yield Seat(group, terminal)
    finally:
        terminal.close()


async def test_told_to_end(group: Group, tmp_path: Path) -> None:
    with seat(group, tmp_path) as far:
        await far.enters()
        far.send(signal.SIGTERM)
        assert await far.ended() == 128 + signal.SIGTERM
        await far.is_out()


async def test_lines_told_to_end(group: Group, tmp_path: Path) -> None:
    with seat(group, tmp_path, "--plain") as far:
        await far.enters(plain=True)
        far.send(signal.SIGTERM)
        assert await far.ended() == 128 + signal.SIGTERM
        await far.is_out()


async def test_control_c_says_how_to_leave_and_that_leaves(group: Group, tmp_path: Path) -> None:
    with seat(group, tmp_path) as far:
        await far.enters()
        await far.do(far.terminal.press, "\x03")
        await far.do(far.terminal.shows, "ctrl.q leaves")
        await far.raises_a_hand()
        await far.do(far.terminal.press, "\x11")
        assert await far.ended() == 0
        await far.is_out()


async def test_control_c_in_lines_leaves(group: Group, tmp_path: Path) -> None:
    with seat(group, tmp_path, "--plain") as far:
        await far.enters(plain=True)
        await far.do(far.terminal.press, "\x03")
        await far.ended()
        await far.is_out()


async def test_a_window_of_every_size_also_of_none(group: Group, tmp_path: Path) -> None:
    dice = random.Random(seed(1))
    sizes = [(1, 1), (2, 1), (1, 40), (500, 2)] + [(dice.randint(1, 200), dice.randint(1, 60)) for _ in range(12)]
    with seat(group, tmp_path) as far:
        await far.enters()
        for columns, lines in sizes:
            far.terminal.resize(columns, lines)
            await far.something_happens()
            await far.do(far.terminal.look, 0.0)
        far.terminal.resize(80, 24)
        await far.do(far.terminal.shows, HERE)
        await far.raises_a_hand()
        await far.do(far.terminal.press, "\x11")
        assert await far.ended() == 0


async def test_a_window_closed_while_it_is_drawn(group: Group, tmp_path: Path) -> None:
    evenly = (*EVENLY, "join", group.link.invite_text(), "--name", "Far")
    terminal = Terminal(tmp_path / "far", command=evenly)
    far = Seat(group, terminal)
    await far.enters()
    busy = asyncio.create_task(_again_and_again(far.something_happens))
    try:
        assert await far.do(terminal.vanish), "it runs on without a terminal"
        await far.is_out()
    finally:
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)


async def _again_and_again(something: Callable[[], Awaitable[None]]) -> None:
    while True:
        await something()
        await asyncio.sleep(0.1)


async def test_a_terminal_that_can_do_nothing_gets_lines(group: Group, tmp_path: Path) -> None:
    with seat(group, tmp_path, environment={"TERM": "dumb"}) as far:
        await far.enters(plain=True)
        await far.raises_a_hand("hand" + ENTER)
        await far.do(far.terminal.press, "leave" + ENTER)
        assert await far.ended() == 0
        assert "\x1b[?1049h" not in bytes(far.terminal.raw).decode(errors="replace")


async def test_a_terminal_without_utf_8(group: Group, tmp_path: Path) -> None:
    ascii_only = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with seat(group, tmp_path, environment=ascii_only) as far:
        await far.enters()
        await far.something_happens()
        await far.raises_a_hand()
        await far.do(far.terminal.press, "\x11")
        assert await far.ended() == 0
        assert bytes(far.terminal.raw).isascii()


async def test_into_the_background_and_back(group: Group, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "far", command=("bash", "--norc", "-i"), environment={"PS1": "ready> "})
    far = Seat(group, terminal)
    try:
        await far.do(terminal.shows, "ready>")
        line = shlex.join([*EVENLY, "join", group.link.invite_text(), "--name", "Far"])
        await far.do(terminal.press, line + ENTER)
        await far.enters()
        await far.do(terminal.press, "\x1a")
        await far.do(terminal.shows, "Stopped")
        assert left_on(bytes(terminal.raw).decode(errors="replace")) <= {2004}, "bash pastes in brackets"
        await far.do(terminal.press, "echo $((6 * 7))" + ENTER)
        await far.do(terminal.shows, "42")
        await far.something_happens()
        await far.do(terminal.press, "fg" + ENTER)
        await far.is_in()
        await far.do(terminal.shows, HERE)
        await far.raises_a_hand()
        await far.do(terminal.press, "\x11")
        await far.do(terminal.until, ENTER, "ready>")
        await far.is_out()
    finally:
        terminal.close()


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here")
async def test_a_terminal_that_tmux_keeps_while_nobody_looks(group: Group, tmp_path: Path) -> None:
    tmux = ("tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null")
    line = shlex.join([*EVENLY, "join", group.link.invite_text(), "--name", "Far"])
    terminal = Terminal(tmp_path / "far", command=(*tmux, "new-session", line))
    far = Seat(group, terminal)
    try:
        await far.enters()
        await far.do(terminal.press, "\x02d")
        await far.do(terminal.ends)
        await far.something_happens()
        await far.is_in()
        far.terminal = terminal = Terminal(tmp_path / "far", columns=100, lines=30, command=(*tmux, "attach"))
        await far.do(terminal.shows, HERE)
        await far.raises_a_hand()
        terminal.kill()
        await far.something_happens()
        await far.is_in()
    finally:
        terminal.close()
        await far.do(lambda: subprocess.run([*tmux, "kill-server"], check=False, capture_output=True))
    await far.is_out()
