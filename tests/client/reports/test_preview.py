"""The report for the screen, after a session."""

from __future__ import annotations

from evenly_client.reports.preview import preview
from evenly_protocol.words import Label

from tests.client.reports.scripted import BEN, CLEO, OLA, TALK, Group, peer_set_told


def test_the_last_session_as_lines_of_text() -> None:
    """Title, what it may hold, then the sections; no line ends in them."""
    shown = preview(peer_set_told(), BEN)
    assert shown[0] == "Peer set 3: session 2"
    assert shown[1].startswith("This report may hold what others said in confidence.")
    assert "HOW THE TIME WAS SHARED" in shown
    assert not any("\n" in line for line in shown)


def test_the_reader_and_the_session_can_be_chosen() -> None:
    """The same rules as in the report."""
    assert "You were heard for" not in "".join(preview(peer_set_told(), OLA, number=1))
    assert "Cleo" not in "".join(preview(peer_set_told(), BEN, number=1, made_for=Label.SHAREABLE))
    assert any("Everybody's air time" in line for line in preview(peer_set_told(), CLEO, air_time=True))


def test_there_is_nothing_without_a_session_or_for_who_was_not_there() -> None:
    """An empty screen says that itself."""
    assert preview(Group("Ana").told(), 1) == []
    assert preview(peer_set_told(), BEN, number=9) == []
    assert preview(peer_set_told(), OLA, number=2) == []


def test_a_session_that_runs_is_shown_so_far() -> None:
    """It says so."""
    g = Group("Ana", "Ben")
    g.begin(TALK)
    g.talk((BEN, 3))
    assert "The session is not over: all of this is so far." in preview(g.told(), BEN)
