"""A member's calendar: the series, and their own dues."""

from __future__ import annotations

from datetime import UTC, date, datetime

from evenly_client.reports.dates import calendar_of
from evenly_protocol.series import ChangePlanned, Draft, PlanSeries
from evenly_protocol.words import ActionState
from icalendar import Calendar, Component

from tests.client.reports.scripted import ANA, BEN, CLEO, DAY, FRIDAY, TALK, Group, peer_set_told

PLAN = b"p" * 16
OTHER = b"o" * 16


def entries(g: Group, seat: int) -> dict[str, Component]:
    """The calendar's entries by their title, read by the library."""
    file = calendar_of(g.told(), seat)
    return {str(event["summary"]): event for event in Calendar.from_ical(file).walk("VEVENT")}


def test_a_calendar_has_the_series_and_my_own_dues() -> None:
    """Held, to come and called off; nobody else's actions."""
    file = calendar_of(peer_set_told(), BEN)
    found = [(str(e["summary"]), str(e["status"])) for e in Calendar.from_ical(file).walk("VEVENT")]
    assert found == [
        ("Peer set 3", "CONFIRMED"),
        ("Peer set 3", "CONFIRMED"),
        ("Peer set 3: Saying no", "CONFIRMED"),
        ("Peer set 3", "CANCELLED"),
        ("Done: Let the team choose the next tool", "CONFIRMED"),
        ("Due: Write down what I no longer decide", "CONFIRMED"),
    ]


def test_the_same_room_gives_the_same_bytes() -> None:
    """Imported again, nothing changes."""
    assert calendar_of(peer_set_told(), CLEO) == calendar_of(peer_set_told(), CLEO)


def test_what_is_due_by_the_next_session_moves_with_it() -> None:
    """And its sequence grows, so that calendars take the newer; without a date it is left out."""
    g = Group("Ana", "Ben")
    g.must(PlanSeries([Draft(PLAN, 0, [BEN], ANA)]))
    g.action(BEN, "call the bank")
    assert entries(g, BEN) == {}
    g.must(ChangePlanned(Draft(PLAN, FRIDAY + DAY, [BEN], ANA)))
    first = entries(g, BEN)["Due: call the bank"]
    assert first["dtstart"].dt == date(2026, 11, 28)
    g.later(1000)
    g.must(ChangePlanned(Draft(PLAN, FRIDAY + 3 * DAY, [BEN], ANA)))
    moved = entries(g, BEN)["Due: call the bank"]
    assert moved["dtstart"].dt == date(2026, 11, 30)
    assert moved["uid"] == first["uid"]
    assert moved["sequence"] > first["sequence"]
    assert moved["last-modified"].dt > first["last-modified"].dt
    g.later(FRIDAY + 3 * DAY - g.at)
    g.begin(TALK, planned=PLAN)
    g.becomes(g.room.actions[0].id, BEN, ActionState.DONE)
    g.end()
    done = entries(g, BEN)["Done: call the bank"]
    assert done["dtstart"].dt == date(2026, 11, 30)
    assert done["sequence"] > moved["sequence"]


def test_a_day_of_its_own_stays() -> None:
    """Whatever the series does; what is dropped is called off."""
    g = Group("Ana", "Ben")
    action = g.action(BEN, "send the letter", due=20_800)
    assert entries(g, BEN)["Due: send the letter"]["dtstart"].dt == date(2026, 12, 13)
    g.becomes(action, BEN, ActionState.DROPPED)
    assert entries(g, BEN)["Due: send the letter"]["status"] == "CANCELLED"
    assert entries(g, ANA) == {}


def test_a_session_left_out_of_the_series_is_called_off_and_can_come_back() -> None:
    """Its sequence grows all the way, so that every calendar ends with the last word."""
    g = Group("Ana", "Ben")
    both = [Draft(PLAN, FRIDAY + DAY, [BEN], ANA, 60), Draft(OTHER, FRIDAY + 8 * DAY, [], ANA, 60, True)]
    seen: list[tuple[str, int]] = []
    for sessions in (both, both[:1], both, both[:1], both):
        g.later(1000)
        g.must(PlanSeries(sessions))
        file = Calendar.from_ical(calendar_of(g.told(), ANA))
        other = next(e for e in file.walk("VEVENT") if e["dtstart"].dt.day == 5)
        seen.append((str(other["status"]), int(other["sequence"])))
    assert [status for status, _ in seen] == ["CONFIRMED", "CANCELLED"] * 2 + ["CONFIRMED"]
    numbers = [sequence for _, sequence in seen]
    assert numbers == sorted(set(numbers))


def test_a_session_without_a_length_takes_an_hour_and_a_half() -> None:
    """Until somebody says otherwise."""
    g = Group("Ana", "Ben")
    g.must(PlanSeries([Draft(PLAN, FRIDAY + DAY, [BEN], ANA)]))
    event = entries(g, ANA)["Peer session"]
    assert event["dtstart"].dt == datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert event["dtend"].dt == datetime(2026, 11, 28, 10, 30, tzinfo=UTC)
    assert event["description"] == "Issue: Ben\nHost: Ana"
