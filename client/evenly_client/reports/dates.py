"""A member's calendar of a room: its planned sessions, and what is due of the member's own actions."""

from __future__ import annotations

from datetime import UTC, date, datetime

from evenly_protocol.words import ActionState

from evenly_client import phrases
from evenly_client.calendar_file import DueItem, Meeting, calendar
from evenly_client.due import to_day
from evenly_client.reports.chronicle import ActionWent, Chronicle, MeetingPlanned
from evenly_client.translation import _

MINUTES_UNLESS_SAID = 90
"""How long a planned session is in a calendar when nobody has said."""


def calendar_of(chronicle: Chronicle, seat: int) -> bytes:
    """The calendar file for the member of `seat`. The same room gives the same bytes.

    What is due by the next session stands on that session's day; while none has a date, it is left out.
    """
    name = chronicle.room_name or _("Peer session")
    meetings = [_meeting(chronicle, name, m) for m in chronicle.meetings if m.at]
    mine = (_due(chronicle, action) for action in chronicle.actions if action.owner == seat)
    now = datetime.fromtimestamp(chronicle.until / 1000, UTC)
    return calendar(name, meetings, [item for item in mine if item is not None], now=now)


def _meeting(chronicle: Chronicle, name: str, planned: MeetingPlanned) -> Meeting:
    said: list[str] = []
    if planned.holders:
        said.append(_("Issue: {names}").format(names=phrases.listed([chronicle.name(s) for s in planned.holders])))
    if planned.feedback:
        said.append(_("Feedback alone"))
    if planned.host:
        said.append(_("Host: {name}").format(name=chronicle.name(planned.host)))
    if planned.prework:
        said.append(_("Before it: {task}").format(task=planned.prework))
    return Meeting(
        id=planned.id,
        room=chronicle.room.id,
        start=planned.at,
        minutes=planned.minutes or MINUTES_UNLESS_SAID,
        title=f"{name}: {planned.topic}" if planned.topic else name,
        description="\n".join(said),
        link=chronicle.call_link,
        changed_at=planned.changed_at,
        sequence=planned.sequence,
        cancelled=planned.cancelled,
    )


def _due(chronicle: Chronicle, action: ActionWent) -> DueItem | None:
    by_session = action.due == 0
    day = _session_day(chronicle, action) if by_session else action.due
    if day is None:
        return None
    return DueItem(
        id=action.id,
        room=chronicle.room.id,
        day=day,
        text=action.text,
        changed_at=max(action.changed_at, chronicle.series_changed_at if by_session else 0),
        sequence=action.changed + (chronicle.series_changes + len(chronicle.sessions) if by_session else 0),
        done=action.state is ActionState.DONE,
        cancelled=action.state is ActionState.DROPPED,
    )


def _session_day(chronicle: Chronicle, action: ActionWent) -> int | None:
    """The day of the next session; for what is settled, the day on which it was."""
    if not action.open:
        return _local_day(action.steps[-1].at)
    planned = chronicle.next_meeting()
    return _local_day(planned.at) if planned is not None and planned.at else None


def _local_day(at: int) -> int | None:
    day = date.fromtimestamp(at / 1000)
    return to_day(day) if day.year > 1970 else None
