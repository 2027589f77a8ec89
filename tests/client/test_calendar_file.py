"""Sessions and dues as an iCalendar file."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from evenly_client.calendar_file import DueItem, Meeting, Reminders, calendar, uid
from evenly_client.due import to_day
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Component

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROOM = bytes(range(16))
START = int(datetime(2026, 12, 3, 10, tzinfo=UTC).timestamp() * 1000)
CHANGED = int(datetime(2026, 11, 20, 9, 30, tzinfo=UTC).timestamp() * 1000)

MEETING = Meeting(
    id=b"m" * 16,
    room=ROOM,
    start=START,
    minutes=90,
    title="Session 3",
    description="Ana brings an issue.\nBen hosts.",
    link="https://call.example.org/our-room?p=1",
    changed_at=CHANGED,
    sequence=2,
)
DUE = DueItem(
    id=b"d" * 16, room=ROOM, day=to_day(date(2026, 12, 4)), text="call the bank", owner="Ana", changed_at=CHANGED
)

_PROPERTIES = ("BEGIN:VEVENT", "END:VEVENT", "ATTENDEE:mailto:a@b", "X-EVIL:1")
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [*'\r\n\x85\u2028\x0b\x00\u202e;,:"\\ =😀é', "\r\n", "\\n", "\x1b[2J", "^n", "%0A", *_PROPERTIES]
        ),
        max_size=30,
    ).map("".join),
    st.sampled_from(["x" * 4096, "é" * 2048, "😀" * 1024, "; , \\ \n" * 500]),
)


def _read(file: bytes) -> Component:
    return Calendar.from_ical(file)


def _entries(file: bytes) -> list[Component]:
    return list(_read(file).walk("VEVENT"))


def _content_lines(file: bytes) -> list[tuple[str, str]]:
    """Names (with parameters) and raw values of the unfolded lines: RFC 5545 section 3.1, read without the library."""
    assert file.endswith(b"\r\n")
    raw = file[:-2].split(b"\r\n")
    for line in raw:
        assert len(line) <= 75
        assert not set(line) & (set(range(32)) - {9}), line
    unfolded: list[bytes] = []
    for line in raw:
        if line[:1] in (b" ", b"\t"):
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    return [(name, value) for name, _, value in (line.decode().partition(":") for line in unfolded)]


def _unescaped(value: str) -> str:
    """A TEXT value, RFC 5545 section 3.3.11; a bare comma or semicolon would be the start of something else."""
    out, rest = "", value
    while rest:
        if rest[0] == "\\":
            assert rest[1] in "\\;,nN", rest
            out, rest = out + ("\n" if rest[1] in "nN" else rest[1]), rest[2:]
        else:
            assert rest[0] not in ",;", value
            out, rest = out + rest[0], rest[1:]
    return out


def _names(file: bytes) -> list[str]:
    return [name for name, _ in _content_lines(file)]


def test_a_session_has_its_time_its_place_and_two_reminders() -> None:
    """As every calendar shows it."""
    file = calendar("Our group", [MEETING], [], now=NOW)
    (event,) = _entries(file)
    assert event["summary"] == "Session 3"
    assert event["description"] == "Ana brings an issue.\nBen hosts."
    assert event["location"] == event["url"] == MEETING.link
    assert event["dtstart"].dt == datetime(2026, 12, 3, 10, tzinfo=UTC)
    assert event["dtend"].dt == datetime(2026, 12, 3, 11, 30, tzinfo=UTC)
    assert event["status"] == "CONFIRMED"
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [timedelta(days=-1), timedelta(minutes=-15)]
    whole = _read(file)
    assert whole["method"] == "PUBLISH"
    assert whole["version"] == "2.0"
    assert "Evenly" in whole["prodid"]
    assert whole["x-wr-calname"] == "Our group"


def test_what_is_due_is_a_whole_day_that_keeps_nobody_busy() -> None:
    """Reminded of at nine in the morning, wherever the reader is."""
    file = calendar("Our group", [], [DUE], now=NOW)
    (event,) = _entries(file)
    assert event["summary"] == "Due: call the bank (Ana)"
    assert event["dtstart"].dt == date(2026, 12, 4)
    assert event["dtend"].dt == date(2026, 12, 5)
    assert event["transp"] == "TRANSPARENT"
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [timedelta(hours=9)]
    assert ("DTSTART;VALUE=DATE", "20261204") in _content_lines(file)


def test_what_nobody_owns_names_nobody() -> None:
    """No empty brackets."""
    (event,) = _entries(calendar("g", [], [replace(DUE, owner="")], now=NOW))
    assert event["summary"] == "Due: call the bank"


def test_what_is_cancelled_stays_in_the_file_and_reminds_of_nothing() -> None:
    """So that a calendar that has it takes it away."""
    file = calendar("g", [replace(MEETING, cancelled=True)], [replace(DUE, cancelled=True)], now=NOW)
    assert [event["status"] for event in _entries(file)] == ["CANCELLED", "CANCELLED"]
    assert not _read(file).walk("VALARM")


def test_what_is_done_says_so_and_reminds_of_nothing() -> None:
    """It stays for whoever looks back."""
    (event,) = _entries(calendar("g", [], [replace(DUE, done=True)], now=NOW))
    assert event["summary"] == "Done: call the bank (Ana)"
    assert event["status"] == "CONFIRMED"
    assert not event.walk("VALARM")


def test_reminders_can_be_chosen() -> None:
    """Other times, or none."""
    other = Reminders(before=(timedelta(hours=2),), at_hour=0)
    alarms = _read(calendar("g", [MEETING], [DUE], now=NOW, reminders=other)).walk("VALARM")
    assert [alarm["trigger"].dt for alarm in alarms] == [timedelta(hours=-2), timedelta(0)]
    none = Reminders(before=(), at_hour=None)
    assert not _read(calendar("g", [MEETING], [DUE], now=NOW, reminders=none)).walk("VALARM")


def test_the_same_state_gives_the_same_bytes() -> None:
    """Later, and in whatever order the entries come."""
    second = replace(MEETING, id=b"n" * 16)
    file = calendar("g", [MEETING, second], [DUE, replace(DUE, id=b"e" * 16)], now=NOW)
    later = NOW + timedelta(days=40)
    assert file == calendar("g", [second, MEETING], [replace(DUE, id=b"e" * 16), DUE], now=later)


def test_importing_again_updates() -> None:
    """The same UID, a higher SEQUENCE and a later stamp for what changed; the rest byte by byte as it was."""
    kept = replace(MEETING, id=b"k" * 16)
    moved = replace(MEETING, start=START + 3_600_000, sequence=3, changed_at=CHANGED + 60_000)
    before = {event["uid"]: event for event in _entries(calendar("g", [MEETING, kept], [DUE], now=NOW))}
    after = {event["uid"]: event for event in _entries(calendar("g", [moved, kept], [DUE], now=NOW))}
    assert before.keys() == after.keys()
    one = uid(MEETING.id, ROOM)
    assert (before[one]["sequence"], after[one]["sequence"]) == (2, 3)
    assert after[one]["last-modified"].dt - before[one]["last-modified"].dt == timedelta(minutes=1)
    assert after[one]["dtstamp"].dt == after[one]["last-modified"].dt
    assert after[one]["dtstart"].dt == before[one]["dtstart"].dt + timedelta(hours=1)
    for name in before.keys() - {one}:
        assert before[name].to_ical() == after[name].to_ical()


def test_a_uid_names_the_entry_and_not_the_room() -> None:
    """The room's id would be half of its invite link."""
    name = uid(MEETING.id, ROOM)
    assert name == f"{'6d' * 16}@{hashlib.sha256(ROOM).hexdigest()[:16]}.evenly"
    assert ROOM.hex().encode() not in calendar("g", [MEETING], [DUE], now=NOW)
    assert uid(MEETING.id, bytes(16)) != name


def test_a_clock_that_runs_ahead_does_not_stamp_the_future() -> None:
    """Else no later change would count as newer."""
    (event,) = _entries(calendar("g", [replace(MEETING, changed_at=START)], [], now=NOW))
    assert event["dtstamp"].dt == NOW


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_text_can_add_a_line_of_its_own(name: str, title: str, description: str, link: str) -> None:
    """The lines are those of a plain file, whatever the texts; by the library's parser and by one without it."""
    plain = _names(calendar("g", [MEETING], [DUE], now=NOW))
    meeting = replace(MEETING, title=title, description=description, link=link)
    file = calendar(name, [meeting], [replace(DUE, text=title, owner=name)], now=NOW)
    optional = {"DESCRIPTION", "LOCATION", "URL"}
    assert [line for line in _names(file) if line not in optional] == [line for line in plain if line not in optional]
    assert set(_names(file)) <= set(plain)
    assert [event["uid"] for event in _entries(file)] == [uid(MEETING.id, ROOM), uid(DUE.id, ROOM)]


@given(HOSTILE)
def test_what_is_written_is_read_back(text: str) -> None:
    """The cleaned text, whole, by both parsers."""
    from evenly_client.text import clean

    file = calendar("g", [replace(MEETING, title=text, description=text)], [], now=NOW)
    (event,) = _entries(file)
    assert event["summary"] == clean(text)
    assert event.get("description", "") == clean(text, lines=True)
    lines = _content_lines(file)
    assert _unescaped(next(value for line, value in lines if line == "SUMMARY")) == clean(text)
    first = lines.index(("BEGIN", "VALARM"))
    said = [value for line, value in lines[:first] if line == "DESCRIPTION"]
    assert "".join(map(_unescaped, said)) == clean(text, lines=True)


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "file:///etc/passwd", "room 4, second floor", "https://", "https://a b", "http://[", "héé"],
)
def test_only_a_web_address_can_be_opened(link: str) -> None:
    """Anything else is a place, in words."""
    (event,) = _entries(calendar("g", [replace(MEETING, link=link)], [], now=NOW))
    assert event["location"] == link
    assert "url" not in event


def test_without_a_link_or_words_the_lines_are_left_out() -> None:
    """Not empty ones."""
    (event,) = _entries(calendar("g", [replace(MEETING, link="", description=" \n ")], [], now=NOW))
    assert not {"location", "url", "description"} & {name.lower() for name in event}


def test_times_that_no_calendar_has_are_refused() -> None:
    """And so is a due item that has no day of its own."""
    for meeting in (replace(MEETING, start=10**18), replace(MEETING, changed_at=-(10**18))):
        with pytest.raises(ValueError, match="no time a calendar has"):
            calendar("g", [meeting], [], now=NOW)
    with pytest.raises(ValueError, match="no day of its own"):
        calendar("g", [], [replace(DUE, day=0)], now=NOW)
    for far in (replace(MEETING, start=253_402_300_799_000), replace(MEETING, minutes=10**12)):
        with pytest.raises(ValueError, match="no time a calendar has"):
            calendar("g", [far], [], now=NOW)


def test_importing_it_loads_no_calendars() -> None:
    """The library is loaded when a file is written."""
    program = "import sys, evenly_client.calendar_file; print('icalendar' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
