"""The sponsor's summary: numbers, and not a name or a word in any form of it."""

from __future__ import annotations

from collections.abc import Callable

from evenly_client.reports import csv, html, json, lines, markdown
from evenly_client.reports.report import Report, Table
from evenly_client.reports.sponsor_summary import sponsor_summary
from evenly_protocol.agreement import NameRoom, SetCallLink
from evenly_protocol.labels import LabelItem
from evenly_protocol.sealed import FieldKind
from evenly_protocol.series import Draft, PlanSeries, SetTopic
from evenly_protocol.words import ActionState, Label, PostKind
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.client.reports.scripted import DAY, QUESTIONS, TALK, Group, peer_set_told, small
from tests.protocol.world import MINUTE

RENDERED: tuple[Callable[[Report], str], ...] = (
    markdown.render,
    html.render,
    csv.render,
    json.render,
    lambda report: "\n".join(lines.render(report)),
)


def table(report: Report, key: str) -> Table:
    return next(t for t in report.tables() if t.key == key)


def row(report: Report, key: str, number: int = 0) -> dict[str, object]:
    found = table(report, key)
    return dict(zip([c.key for c in found.columns], found.rows[number], strict=True))


def test_the_figures_of_one_room() -> None:
    """Added up from the script."""
    report = sponsor_summary([peer_set_told()])
    one, two = peer_set_told().sessions
    attended = sum(ms for s in (one, two) for seat, ms in s.attended.items() if seat != 5)
    assert row(report, "rooms") == {
        "room": "Room 1",
        "sessions": 2,
        "members": 5,
        "attended": attended,
        "evenness": 82,
        "issues": 2,
        "coaching": 45 * MINUTE,
    }
    assert row(report, "outcomes") == {
        "room": "Room 1",
        "actions_made": 6,
        "actions_done": 1,
        "actions_open": 4,
        "actions_dropped": 1,
        "asks": 1,
        "asks_met": 1,
        "introductions": 1,
    }


def test_several_rooms_have_a_row_each_and_one_for_all() -> None:
    """The median is over all sessions, not over the rooms' medians."""
    report = sponsor_summary([peer_set_told(), small(sessions=3).told()])
    assert [r[0] for r in table(report, "rooms").rows] == ["Room 1", "Room 2", "All"]
    assert [r[1] for r in table(report, "rooms").rows] == [2, 3, 5]
    assert row(report, "rooms", 2)["evenness"] == 100
    assert len(table(report, "sessions").rows) == 5


def test_a_room_without_a_session() -> None:
    """Nothing to divide by."""
    text = markdown.render(sponsor_summary([Group("Ana").told()]))
    assert "There was no session yet." in text


MARKED = st.text("abcdefghijklmnop|<>*_=\"'&é漢", min_size=1, max_size=12).map(lambda t: f"zq{t}qz")


@st.composite
def rooms(draw: st.DrawFn) -> tuple[list[Group], list[str]]:
    """Rooms in which every text has a mark, and the texts."""
    marks: list[str] = []

    def mark() -> str:
        marks.append(draw(MARKED))
        return marks[-1]

    return [_room(draw, mark) for _ in range(draw(st.integers(1, 2)))], marks


def _room(draw: st.DrawFn, mark: Callable[[], str]) -> Group:
    g = Group(*(mark() for _ in range(draw(st.integers(2, 4)))))
    seats = st.sampled_from(sorted(g.room.members))
    g.say(FieldKind.ROOM, mark(), NameRoom)
    g.say(FieldKind.LINK, mark(), SetCallLink)
    g.must(PlanSeries([Draft(b"p" * 16, g.at + DAY, [2], 1)]))
    g.say(FieldKind.TITLE, mark(), lambda t: SetTopic(b"p" * 16, t), about=b"p" * 16)
    for _ in range(draw(st.integers(0, 2))):
        g.issue(2, mark())
        g.begin(TALK, QUESTIONS, titles={0: mark(), 1: mark()})
        g.talk(*((seat, draw(st.integers(1, 3))) for seat in g.room.members))
        g.phase(1)
        g.ask(draw(seats), mark())
        for _ in range(draw(st.integers(0, 3))):
            owner = draw(seats)
            action = g.action(owner, mark())
            g.becomes(action, owner, draw(st.sampled_from([ActionState.DONE, ActionState.DROPPED])), mark())
            g.must(LabelItem(action, Label.SHAREABLE), owner)
        for _ in range(draw(st.integers(0, 3))):
            g.post(draw(st.sampled_from(list(PostKind))), draw(seats), mark(), link=mark())
        g.end()
        g.later(DAY)
    return g


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rooms())
def test_nothing_that_anybody_said_is_in_any_form_of_it(made: tuple[list[Group], list[str]]) -> None:
    """Names, titles, words: none, however they are escaped; nor the letters around them."""
    groups, marks = made
    report = sponsor_summary([g.told() for g in groups])
    for render in RENDERED:
        text = render(report)
        assert "zq" not in text
        assert not any(mark in text for mark in marks)


def test_the_marks_would_be_found() -> None:
    """In a report that has words, they are."""
    assert any(word in markdown.render(_session_of_marked()) for word in ("zqBenqz",))


def _session_of_marked() -> Report:
    from evenly_client.reports.session_report import session_report

    g = Group("zqAnaqz", "zqBenqz")
    g.begin(TALK)
    g.talk((2, 3))
    g.end()
    allowed = g.for_(1)
    return session_report(allowed, allowed.chronicle.sessions[0])
