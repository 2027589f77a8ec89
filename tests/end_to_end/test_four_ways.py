"""Six people, four ways in: two installed, two by browser (one a phone), one by ssh, one in lines. Nothing is lost.

A server and a gateway, each killed once. With EVENLY_PICTURES=FOLDER the screens are kept there as pictures and texts.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.client.gateway.browser import DESKTOP, PHONE, Person, browsing
from tests.end_to_end.killed_server import KilledServer
from tests.end_to_end.terminals import ENTER, ESCAPE, Terminal
from tools.three_nats import free_ports

MARK = r" \(gateway\)"
ANSWER = "\x07"
"""ctrl+g."""


class Gateway:
    """`evenly gateway` of the facilitator's, on ports that stay the same."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.web, self.ssh = free_ports(2)
        self.terminal: Terminal
        self.start()

    def start(self) -> None:
        """Starts it, in a terminal of its own."""
        ways = ("--web", str(self.web), "--ssh", str(self.ssh), "--host", "127.0.0.1", "--entries", "2")
        self.terminal = Terminal(self._home, "gateway", "Set 3", *ways, columns=160, lines=40)
        self.terminal.shows("ctrl\\+c here")

    @property
    def entries(self) -> list[str]:
        """What is handed out to visitors by browser."""
        return re.findall(r"http://\S+/#\w+", self.terminal.text)

    def kill(self) -> None:
        """As a crash would."""
        self.terminal.kill()


class Six:
    """The people: Fay leads, Ana beside her installed; Ben and, on a phone, Chris; Dora by ssh; Emil in lines."""

    def __init__(self, tmp_path: Path, server: KilledServer, ben: Person, chris: Person) -> None:
        self._tmp = tmp_path
        self.ben, self.chris = ben, chris
        self.fay = Terminal(
            tmp_path / "Fay", "open", "Set 3", "--on", f"127.0.0.1:{server.port}", "--my-name", "Fay",
            columns=120, lines=35,
        )  # fmt: skip
        self.link = self.fay.shows(r"evenly://\S+").group(0)
        self.fay.answers("Press enter to open", ENTER)
        self.fay.shows("you can start the session")
        self.gateway = Gateway(tmp_path / "Fay")
        self.key = tmp_path / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        self.dora: Terminal
        self.ana = Terminal(tmp_path / "Ana", "join", self.link, "--name", "Ana")
        self.emil = Terminal(tmp_path / "Emil", "plain", self.link, "--name", "Emil")

    def by_ssh(self) -> Terminal:
        """Dora's screen, through the ssh that she has."""
        options = {
            "StrictHostKeyChecking": "accept-new",
            "UserKnownHostsFile": str(self._tmp / "known_hosts"),
            "IdentitiesOnly": "yes",
            "LogLevel": "ERROR",
        }
        said = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        command = ("ssh", "-F", "none", *said, "-i", str(self.key), "-p", str(self.gateway.ssh))
        return Terminal(self._tmp / "Dora", "set-3@127.0.0.1", command=command)

    async def enter(self) -> None:
        """Everybody comes in; whoever comes through the gateway is let in by the facilitator."""
        self.ana.answers("1 or 2", "1" + ENTER)
        self.ana.shows("Twenty seconds of practice")
        self.ana.until(ESCAPE, "What we agree together")
        self.ana.until("y", "the session has not begun")
        self.emil.shows("Type yes")
        self.emil.press("yes" + ENTER)
        first, second = self.gateway.entries
        for person, entry, name in ((self.ben, first, "Ben"), (self.chris, second, "Chris")):
            await person.enter(entry)
            await person.sees("gateway.s computer")
            await person.sees("Your name in the room")
            await person.page.keyboard.type(name + "\n")
            await person.sees("Twenty seconds")
            await until(person, "Escape", "Waiting to be let in")
            self.let_in(name)
            await person.sees("What we agree together")
            await until(person, "y", "YOU")
        self.dora = self.by_ssh()
        self.dora.shows("gateway.s computer")
        self.dora.answers("Your name in the room", "Dora" + ENTER)
        self.dora.shows("Twenty seconds of practice")
        self.dora.until(ESCAPE, "Waiting to be let in")
        self.let_in("Dora")
        self.dora.shows("What we agree together")
        self.dora.until("y", "the session has not begun")

    async def finish_by_touch(self) -> None:
        """The key on Chris's phone."""
        await self.chris.page.get_by_role("button", name="Finish").tap()

    def let_in(self, name: str) -> None:
        """The facilitator answers the door, and sees how they come."""
        self.fay.shows("1 person waits to be let in")
        self.fay.until("\x07", rf"{name}{MARK} waits to be let in")
        self.fay.until("y", without("waits? to be let in"))

    async def all_see(self, pattern: str) -> None:
        """On every screen; not in Emil's lines."""
        for terminal in (self.fay, self.ana, self.dora):
            terminal.shows(pattern)
        for person in (self.ben, self.chris):
            await person.sees(pattern)

    async def keep(self, when: str) -> None:
        """The screens as they are now, for whoever wants to look."""
        folder = os.environ.get("EVENLY_PICTURES")
        if not folder:
            return
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for name in ("fay", "ana", "dora", "emil"):
            terminal: Terminal = getattr(self, name)
            terminal.look()
            (place / f"{when}-{name}.txt").write_text(terminal.text)
        await self.ben.page.screenshot(path=place / f"{when}-ben.png")
        await self.chris.page.screenshot(path=place / f"{when}-chris.png")

    def close(self) -> None:
        """Everybody goes."""
        for name in ("fay", "ana", "dora", "emil"):
            if hasattr(self, name):
                getattr(self, name).close()
        self.gateway.terminal.close()


def without(pattern: str) -> str:
    """A pattern for a screen on which nothing matches this one."""
    return rf"(?s)\A(?!.*{pattern})"


async def until(
    person: Person,
    key: str,
    pattern: str,
    *,
    press: Callable[[], Awaitable[None]] | None = None,
    state: Literal["visible", "hidden"] = "visible",
) -> None:
    """Presses a key in a browser again and again until this is seen, or gone: for dialogs that arm after a moment."""
    from playwright.async_api import TimeoutError as NotYet

    row = person.page.locator(".xterm-rows > div").filter(has_text=re.compile(pattern)).first
    for _again in range(30):
        await (person.page.keyboard.press(key) if press is None else press())
        with contextlib.suppress(NotYet):
            await row.wait_for(state=state, timeout=1000)
            return
    raise AssertionError(f"{key!r} never showed {pattern!r}: {await person.page.locator('.xterm-rows').inner_text()}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KilledServer]:
    """A server, running."""
    killed = KilledServer(tmp_path)
    killed.start()
    yield killed
    killed.kill()


@pytest.fixture
async def six(tmp_path: Path, server: KilledServer) -> AsyncIterator[Six]:
    """All six in the room."""
    if shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        pytest.skip("there is no OpenSSH client here")
    async with browsing() as browser, Person(browser, **DESKTOP) as ben, Person(browser, **PHONE) as chris:
        people = Six(tmp_path, server, ben, chris)
        try:
            await people.enter()
            yield people
        finally:
            people.close()


async def test_everybody_is_in_the_session_whichever_way_they_came(six: Six, server: KilledServer) -> None:
    """The floor, a round, a check-in, actions; a server and a gateway killed."""
    fay = six.fay
    await six.keep("1-before")
    fay.until("n", "in which format?")
    fay.until("1", "how long")
    fay.until("1", "Session until")
    await six.all_see("6 of 6 on the call")
    await _hands_and_turns(six)
    await _a_killed_server(six, server)
    await _a_killed_gateway(six)
    await _a_round(six)
    await _a_check_in(six)
    await _actions(six)


async def _hands_and_turns(six: Six) -> None:
    """A key, a key in a browser, a key on the glass, a key through ssh, a word: the same queue."""
    six.ana.press(" ")
    six.fay.shows("Ana raises a hand")
    await six.ben.page.keyboard.press("Space")
    six.fay.shows(rf"Ben{MARK} raises a hand")
    await six.chris.page.get_by_role("button", name="Hand").tap()
    six.fay.shows(rf"Chris{MARK} raises a hand")
    six.dora.press(" ")
    six.fay.shows(rf"Dora{MARK} raises a hand")
    six.emil.press("hand" + ENTER)
    six.fay.shows("Emil raises a hand")
    six.fay.press("n")
    six.ana.shows("IT IS YOUR TURN")
    await six.ben.sees("next in line")
    await six.chris.sees("second in line")
    six.dora.shows("third in line")
    six.emil.press("who" + ENTER)
    six.emil.shows("Ana")
    await six.keep("2-queue")


async def _a_killed_server(six: Six, server: KilledServer) -> None:
    """Everybody is back by themselves, where they were; and in the same order."""
    server.kill()
    await six.all_see("reconnecting|not connected")
    server.start()
    await six.all_see("6 of 6 on the call")
    await six.ben.sees("next in line")
    six.ana.until(ENTER, r"YOU +listening")
    six.fay.press("n")
    await six.ben.sees("IT IS YOUR TURN")


async def _a_killed_gateway(six: Six) -> None:
    """Browsers come back by themselves, to the same seats; ssh is started again."""
    six.gateway.kill()
    await six.ben.page.get_by_text("Connection lost").wait_for()
    six.dora.ends()
    six.gateway.start()
    await six.ben.sees("IT IS YOUR TURN")
    await six.chris.sees("next in line")
    six.dora = six.by_ssh()
    six.dora.shows("second in line")
    await six.all_see("6 of 6 on the call")
    await six.keep("3-after-the-kills")
    await until(six.ben, "Enter", r"YOU +listening")
    six.fay.press("n")
    await six.chris.sees("YOUR TURN")
    await until(six.chris, "", r"YOU +listening", press=six.finish_by_touch)
    six.fay.press("n")
    six.dora.shows("IT IS YOUR TURN")
    six.dora.until(ENTER, r"YOU +listening")
    six.fay.press("n")
    six.emil.shows("Your turn. Type done after")
    six.emil.press("done" + ENTER)
    six.fay.shows(r"SPEAKING +nobody")


async def _a_round(six: Six) -> None:
    """Everybody speaks once, whichever way they came: by a key, by a touch, by a word."""
    for key, shown in (("m", "How do we talk now"), ("2", "in which order"), ("1", "lead speak in it too")):
        six.fay.until(key, shown)
    six.fay.until("n", r"SPEAKING +2 +Emil")
    await six.keep("4-round")
    six.emil.until("who" + ENTER, "2 You, speaking|2 You speaking|You are speaking|2 Emil")
    six.emil.press("done" + ENTER)
    six.ana.shows("IT IS YOUR TURN")
    six.ana.until(ENTER, rf"SPEAKING +4 +Ben{MARK}")
    await until(six.ben, "Enter", rf"SPEAKING +5 +Chris{MARK}")
    await until(six.chris, "", rf"SPEAKING +6 +Dora{MARK}", press=six.finish_by_touch)
    six.dora.shows("IT IS YOUR TURN")
    six.dora.until(ENTER, r"SPEAKING +nobody")


async def _a_check_in(six: Six) -> None:
    """Everybody answers, told once more what the gateway means; the group's total is on every screen."""
    for key, shown in (("k", "what do you ask"), ("1", "open it for 1 minute"), ("y", "Check-in open")):
        six.fay.until(key, shown)
    for terminal in (six.fay, six.ana, six.dora):
        terminal.until(ANSWER, "How much energy")
    await until(six.ben, "Control+g", "How much energy")
    await until(six.chris, "", "How much energy", press=six.chris.page.get_by_role("button", name="Answer").tap)
    for person in (six.ben, six.chris):
        await person.sees("whoever runs it could read")
    six.dora.shows("whoever runs it could read")
    assert "whoever runs it" not in six.ana.text
    await six.keep("5-check-in")
    for terminal, answer in ((six.fay, "3"), (six.ana, "4"), (six.dora, "4")):
        terminal.until(answer, r"enter +done(?!:)")
        terminal.until(ENTER, r"Check-in: answered|result")
    for person in (six.ben, six.chris):
        await until(person, "5", r"enter +done(?!:)")
        await until(person, "Enter", r"Check-in: answered|result")
    six.emil.press("answer 5" + ENTER)
    six.emil.shows("Your answer: 5")
    six.emil.press("answered" + ENTER)
    six.emil.shows("4.3 of 5")
    for terminal in (six.fay, six.ana, six.dora):
        terminal.until(ANSWER, "4.3 of 5")
    for person in (six.ben, six.chris):
        await until(person, "Control+g", "4.3 of 5")
    await six.keep("6-result")
    for terminal in (six.fay, six.ana, six.dora):
        terminal.until(ESCAPE, without("enter closes"))
    for person in (six.ben, six.chris):
        await until(person, "Escape", "enter closes", state="hidden")


async def _actions(six: Six) -> None:
    """What somebody commits to is on everybody's board."""
    await until(six.ben, "a", "I WILL")
    await six.ben.page.keyboard.type("call the bank\n")
    six.fay.until("b", "call the bank")
    six.dora.until("b", "call the bank")
    six.emil.press("actions" + ENTER)
    six.emil.shows("call the bank")
    await six.keep("7-actions")
