"""`evenly report` as people type it: from an exported room, and from a server."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from evenly_client import archive
from evenly_client.commands import report as report_module
from evenly_client.commands.report import Wanted, report
from evenly_client.errors import UserError
from evenly_client.notes import Notes
from evenly_client.store import open_store, profile_directory
from evenly_protocol.wire import encode_entry
from evenly_protocol.words import Visibility
from icalendar import Calendar

from tests.client.reports.scripted import BEN, OLA, Group, peer_set, small
from tests.client.test_keeping import NAME, a_room_with_a_past, evenly
from tests.harness import Server

OPEN_ROOM, MIRROR = peer_set(), peer_set(Visibility.MIRROR)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A member's computer."""
    monkeypatch.setenv("EVENLY_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def exported(home: Path, g: Group = OPEN_ROOM, seat: int = BEN) -> Path:
    """The room in a file, on the computer of the member of this seat, who has been in it."""
    directory = profile_directory()
    with open_store(None):
        pass
    (directory / "device.key").write_bytes(g.key(seat).to_bytes())
    with open_store(None) as store:
        store.remember_room(g.link, g.at)
        store.keep_setting(f"name {g.link.room.hex()}", "Peer set 3")
    path = home / "set.evenly"
    archive.write_archive(path, g.room.id, [encode_entry(e) for e in g.entries])
    return path


def out(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().out


def refused(wanted: Wanted, *rooms: str) -> str:
    with pytest.raises(UserError) as error:
        report(rooms, wanted)
    return str(error.value)


def test_by_default_the_last_session_as_markdown(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Printed; of a file, without asking any server."""
    assert report((), Wanted(from_=exported(home))) == 0
    text = out(capfd)
    assert text.startswith("# Peer set 3: session 2\n\n**This report may hold what others said in confidence.")
    assert "You were heard for" in text


def test_every_kind_in_every_form(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is printed can be read as what it is said to be."""
    path = exported(home)
    for kind in ("session", "own", "sponsor"):
        for form, begins in (("markdown", "# "), ("html", "<!doctype html>"), ("csv", "table,"), ("json", "{")):
            assert report(("Peer set 3",), Wanted(kind=kind, format=form, from_=path)) == 0
            text = out(capfd)
            assert text.startswith(begins)
            if form == "json":
                assert json.loads(text)["report"] == kind
    assert report((), Wanted(format="ics", from_=path)) == 0
    assert len(Calendar.from_ical(out(capfd)).walk("VEVENT")) == 6


def test_a_session_and_a_table_can_be_chosen(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And how far it may go, and everybody's air time."""
    path = exported(home)
    assert report((), Wanted(session=1, from_=path, air_time=True)) == 0
    text = out(capfd)
    assert "# Peer set 3: session 1" in text
    assert "Everybody's air time" in text
    assert report((), Wanted(format="csv", table="attendance", from_=path)) == 0
    assert out(capfd).splitlines()[0] == "member,attended"
    assert report((), Wanted(session=1, format="csv", table="check_in_answers", from_=path)) == 0
    assert "2,How do you leave? One to three words.,relieved,2" in out(capfd)
    assert report((), Wanted(made_for="shareable", from_=path)) == 0
    assert "Cleo" not in out(capfd)


def test_my_private_notes_are_in_my_own_record(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """And in nothing else."""
    path = exported(home)
    with open_store(None) as store:
        Notes(store.device_key(), OPEN_ROOM.link.room, store).keep("a thought of my own", OPEN_ROOM.at)
    assert report((), Wanted(kind="own", from_=path)) == 0
    assert "a thought of my own" in out(capfd)
    assert report((), Wanted(from_=path)) == 0
    assert "a thought" not in out(capfd)


def test_a_file_is_written_for_me_alone_and_never_over_another(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """CSV begins with the mark by which Excel knows UTF-8."""
    path, to = exported(home), home / "r.csv"
    assert report((), Wanted(from_=path, format="csv", out=to)) == 0
    assert out(capfd) == f"Written: {to}\n"
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert to.read_bytes().startswith(b"\xef\xbb\xbftable,")
    assert "exists already" in refused(Wanted(from_=path, out=to))
    assert report((), Wanted(from_=path, out=to, force=True)) == 0
    assert to.read_text().startswith("# Peer set 3")


@pytest.mark.parametrize(
    ("wanted", "rooms", "says"),
    [
        (Wanted(), ("a", "b"), "sponsor's summary alone"),
        (Wanted(kind="sponsor", from_=Path("x")), ("a", "b"), "A file holds one room"),
        (Wanted(kind="sponsor", format="ics"), (), "no dates"),
        (Wanted(kind="own", session=1), (), "session report is of one session"),
        (Wanted(table="x"), (), "--format csv"),
        (Wanted(kind="own", air_time=True), (), "session report alone"),
        (Wanted(air_time=True, made_for="takeaway"), (), "stays in the room"),
        (Wanted(from_=Path("/nowhere/set.evenly")), (), "is no exported room"),
        (Wanted(), ("no such room",), "you have not been in a room called that"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(
    home: Path, wanted: Wanted, rooms: tuple[str, ...], says: str
) -> None:
    """Before any server is asked."""
    assert says in refused(wanted, *rooms)


def test_what_the_room_does_not_give_is_refused(home: Path) -> None:
    """A session that was not, a table that is not, everybody's air time in a room of mirrors."""
    path = exported(home, MIRROR)
    assert "The room has had sessions 1 to 2." in refused(Wanted(session=7, from_=path))
    assert "It has: agenda" in refused(Wanted(format="csv", table="nothing", from_=path))
    assert "own air time alone" in refused(Wanted(air_time=True, from_=path))


def test_an_observer_has_the_sessions_that_they_attended(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not the last one, here."""
    path = exported(home, seat=OLA)
    assert "You were not on the call" in refused(Wanted(from_=path))
    assert report((), Wanted(session=1, from_=path)) == 0


def test_who_is_no_member_has_numbers_alone(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With the link and the file."""
    path = exported(home, seat=77)
    assert "You are not a member" in refused(Wanted(from_=path))
    assert report((), Wanted(kind="sponsor", from_=path)) == 0
    assert "Numbers alone" in out(capfd)


def test_a_room_without_a_session_has_no_report_yet(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """But an own record, empty."""
    path = exported(home, Group("Ana", "Ben"))
    assert "There has been no session" in refused(Wanted(from_=path))
    assert report((), Wanted(kind="own", from_=path)) == 0
    assert "Sessions attended" in out(capfd)


def test_progress_is_told_when_it_takes_long(
    home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error, so that the report can be piped."""
    monkeypatch.setattr(report_module, "SHOWN_AFTER_S", 0.0)
    monkeypatch.setattr("evenly_client.reports.chronicle.TOLD_EVERY", 20)
    assert report((), Wanted(from_=exported(home, small(sessions=3)))) == 0
    captured = capfd.readouterr()
    assert "entries read" in captured.err
    assert captured.out.startswith("# ")


async def test_from_a_server_over_a_connection_that_is_never_counted(server: Server, home: Path) -> None:
    """Typed as people type it: the session, the calendar, several rooms in one summary."""
    await a_room_with_a_past(server, home)
    done = await evenly(home, "report", NAME)
    assert done.status == 0, done.err
    assert done.out.startswith(f"# {NAME}: session 1")
    assert (await evenly(home, "report", NAME, "--format", "ics")).out.startswith("BEGIN:VCALENDAR")
    assert (await evenly(home, "report", NAME, "--kind", "own", "--for", "takeaway")).status == 0
    written = await evenly(home, "report", NAME, "--format", "html", "--out", "r.html")
    assert written.status == 0, written.err
    assert (home / "r.html").read_text().startswith("<!doctype html>")
    again = await evenly(home, "report", NAME, "--out", "r.html")
    assert again.status == 1
    assert "--force" in again.err
    twice = await evenly(home, "report", NAME, NAME, "--kind", "sponsor")
    assert (twice.status, "Name each room once" in twice.err) == (1, True)
    assert (await evenly(home, "report", "--kind", "nonsense")).status == 2
