"""The reports for the screen, after a session."""

from __future__ import annotations

from evenly_client.reports import lines
from evenly_client.reports.of_member import last_session, record
from evenly_client.reports.own_record import MyNote

from tests.client.reports.scripted import BEN, OLA, TALK, Group, peer_set_told


def shown(group: Group | None, seat: int) -> list[str]:
    report = last_session(group.told() if group is not None else peer_set_told(), seat)
    return [] if report is None else lines.render(report)


def test_the_last_session_as_lines_of_text() -> None:
    """Title, what it may hold, then the sections; no line ends in them."""
    text = shown(None, BEN)
    assert text[0] == "Peer set 3: session 2"
    assert text[1].startswith("This report may hold what others said in confidence.")
    assert "HOW THE TIME WAS SHARED" in text
    assert not any("\n" in line for line in text)


def test_an_observer_is_shown_the_last_session_that_they_attended() -> None:
    """Ola was not there in the second."""
    assert shown(None, OLA)[0] == "Peer set 3: session 1"


def test_without_a_session_there_is_no_report() -> None:
    """An empty screen says that itself."""
    assert shown(Group("Ana"), 1) == []


def test_a_session_that_runs_is_shown_so_far() -> None:
    """It says so."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.talk((BEN, 3))
    assert "The session is not over: all of this is so far." in shown(g, BEN)


def test_the_own_record_holds_my_notes() -> None:
    """For their writer alone."""
    text = "\n".join(lines.render(record(peer_set_told(), BEN, [MyNote("ask Cleo for the book", 0)])))
    assert "ask Cleo for the book" in text
