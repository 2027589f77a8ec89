"""Six people in six terminals; the server is killed in the middle of a turn, and everything is where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.killed_server import KilledServer
from tests.end_to_end.terminals import ENTER, ESCAPE, Terminal

NAMES = ("Ana", "Ben", "Chris", "Dora", "Emil")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KilledServer]:
    """A server, running."""
    killed = KilledServer(tmp_path)
    killed.start()
    yield killed
    killed.kill()


@pytest.fixture
def six(server: KilledServer, tmp_path: Path) -> Iterator[list[Terminal]]:
    """A facilitator in a wide terminal and five members in 80×24, in a session of hands and turns."""
    on = f"127.0.0.1:{server.port}"
    lead = Terminal(tmp_path / "Fay", "open", "Set 3", "--on", on, "--my-name", "Fay", columns=120, lines=35)
    terminals = [lead]
    try:
        link = lead.shows(r"evenly://\S+").group(0)
        lead.answers("Press enter to open", ENTER)
        lead.shows("you can start the session")
        for name in NAMES:
            member = Terminal(tmp_path / name, "join", link, "--name", name)
            terminals.append(member)
            member.answers("1 or 2", "1" + ENTER)
            member.shows("Twenty seconds of practice")
            member.until(ESCAPE, "What we agree together")
            member.until("y", "the session has not begun")
        lead.until("n", "in which format?")
        lead.until("1", "how long")
        lead.until("1", "Session until")
        for terminal in terminals:
            terminal.shows("6 of 6 on the call")
        yield terminals
    finally:
        for terminal in terminals:
            terminal.close()


def _speaks(terminal: Terminal, name: str) -> int:
    """How long somebody has been speaking by this screen, seconds."""
    found = terminal.shows(rf"SPEAKING +\d +{name} .*?(\d+):(\d\d)")
    return int(found[1]) * 60 + int(found[2])


def test_a_server_killed_in_the_middle_of_a_turn_loses_nothing(six: list[Terminal], server: KilledServer) -> None:
    """The queue, the running turn and its clock, a half-typed text; everybody is back by themselves."""
    lead, ana, ben, chris, dora, emil = six
    ana.press(" ")
    lead.shows("Ana raises a hand")
    ben.press(" ")
    lead.shows("Ben raises a hand")
    chris.press(" ")
    lead.shows("Chris raises a hand")
    lead.press("n")
    ana.shows("it is your turn|YOUR TURN|Your turn")
    ben.shows(r"YOU +next in line")
    chris.shows(r"YOU +second in line")
    lead.shows(r"SPEAKING +\d +Ana .*?0:0[2-9]")
    before = _speaks(lead, "Ana")

    dora.press("e")
    dora.shows("esc")
    dora.press("what would you lose if you wai")
    dora.shows("what would you lose if you wai")

    server.kill()
    for terminal in six:
        terminal.shows("reconnecting|not connected")
    dora.press("ted")
    dora.shows("what would you lose if you waited")
    emil.press(" ")
    server.start()

    for terminal in six:
        terminal.shows("6 of 6 on the call ●")
    ben.shows(r"YOU +next in line")
    chris.shows(r"YOU +second in line")
    emil.shows(r"YOU +third in line")
    dora.shows("what would you lose if you waited")
    assert _speaks(lead, "Ana") >= before
    later = "|".join(f"{second // 60}:{second % 60:02}" for second in range(before + 1, before + 61))
    lead.shows(rf"SPEAKING +\d +Ana .*?({later})")
    dora.press(ENTER)
    lead.shows("Dora raises a hand")
    ana.until(ENTER, r"YOU +listening")
    lead.press("n")
    ben.shows("it is your turn|YOUR TURN|Your turn")
    lead.shows(r"SPEAKING +3 +Ben")


def test_a_pause_is_still_a_pause_after_a_kill(six: list[Terminal], server: KilledServer) -> None:
    """And nobody's screen says who pressed it."""
    lead, ana, ben, *_ = six
    ben.press("h")
    for terminal in six:
        terminal.shows("Paused. Take the time you need")
    assert "Ben" not in ana.text
    server.kill()
    lead.shows("reconnecting|not connected")
    server.start()
    for terminal in six:
        terminal.shows("6 of 6 on the call ●")
        terminal.shows("Paused. Take the time you need")
    lead.press("h")
    ana.shows(r"YOU +listening")
