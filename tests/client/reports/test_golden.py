"""The reports of one room, as files that a person can read in a diff. `EVENLY_GOLDEN=write` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from evenly_client.reports import csv, html, json, lines, markdown
from evenly_client.reports.allowed import Allowed, Reader
from evenly_client.reports.chronicle import Chronicle
from evenly_client.reports.dates import calendar_of
from evenly_client.reports.own_record import MyNote, own_record
from evenly_client.reports.report import Report
from evenly_client.reports.session_report import session_report
from evenly_client.reports.sponsor_summary import sponsor_summary
from evenly_protocol.words import Label

from tests.client.reports.scripted import ANA, BEN, CLEO, FRIDAY, OLA, peer_set_told, seven_told, small

GOLDEN = Path(__file__).parent / "golden"


def session(
    number: int,
    seat: int,
    made_for: Label = Label.ROOM,
    *,
    air_time: bool = False,
    of: Callable[[], Chronicle] = peer_set_told,
) -> Report:
    told = of()
    went = told.session(number)
    assert went is not None
    return session_report(Allowed(told, Reader(seat, made_for)), went, air_time=air_time)


def own(seat: int, made_for: Label = Label.ROOM, *, of: Callable[[], Chronicle] = peer_set_told) -> Report:
    notes = [MyNote("Nobody else reads this.", FRIDAY)]
    return own_record(Allowed(of(), Reader(seat, made_for, own_record=True)), notes)


def sponsor() -> Report:
    return sponsor_summary([peer_set_told(), small(sessions=3).told(), seven_told()])


FILES: dict[str, Callable[[], str]] = {
    "session-1-of-cleo.md": lambda: markdown.render(session(1, CLEO)),
    "session-1-of-the-observer.md": lambda: markdown.render(session(1, OLA)),
    "session-1-takeaway.md": lambda: markdown.render(session(1, BEN, Label.TAKEAWAY)),
    "session-1-shareable.md": lambda: markdown.render(session(1, CLEO, Label.SHAREABLE)),
    "session-2-of-ana-with-air-time.md": lambda: markdown.render(session(2, ANA, air_time=True)),
    "session-2-of-ben.html": lambda: html.render(session(2, BEN, air_time=True)),
    "session-2-of-ben.csv": lambda: csv.render(session(2, BEN)),
    "session-2-of-ben.json": lambda: json.render(session(2, BEN)),
    "session-2-of-ben.txt": lambda: "\n".join(lines.render(session(2, BEN))) + "\n",
    "session-3-of-seven.md": lambda: markdown.render(session(3, BEN, of=seven_told)),
    "session-3-of-seven.html": lambda: html.render(session(3, BEN, of=seven_told)),
    "session-3-of-seven-takeaway.md": lambda: markdown.render(session(3, BEN, Label.TAKEAWAY, of=seven_told)),
    "session-3-of-seven-shareable.md": lambda: markdown.render(session(3, BEN, Label.SHAREABLE, of=seven_told)),
    "session-3-of-seven-answers.csv": lambda: csv.render(session(3, BEN, of=seven_told), "check_in_answers"),
    "record-of-one-of-seven.md": lambda: markdown.render(own(BEN, of=seven_told)),
    "record-of-ben.md": lambda: markdown.render(own(BEN)),
    "record-of-cleo-shareable.md": lambda: markdown.render(own(CLEO, Label.SHAREABLE)),
    "sponsor.md": lambda: markdown.render(sponsor()),
    "sponsor.html": lambda: html.render(sponsor()),
    "sponsor.csv": lambda: csv.render(sponsor(), "rooms"),
    "sponsor-check-ins.csv": lambda: csv.render(sponsor(), "check_ins"),
    "sponsor.json": lambda: json.render(sponsor()),
    "calendar-of-ben.ics": lambda: calendar_of(peer_set_told(), BEN).decode(),
}


@pytest.mark.parametrize("name", FILES)
def test_the_report_is_the_one_in_the_file(name: str) -> None:
    """To the last byte."""
    made, path = FILES[name]().encode(), GOLDEN / name
    if os.environ.get("EVENLY_GOLDEN") == "write":
        path.write_bytes(made)
    assert made.decode() == path.read_bytes().decode()


def test_there_is_no_file_without_a_report() -> None:
    """What is no longer made goes."""
    assert {path.name for path in GOLDEN.iterdir()} == set(FILES)
